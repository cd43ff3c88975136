//! The simulated phones' thread: their packets become datagrams on loopback.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::thread::JoinHandle;
use std::time::Duration;

use bench::observe::Asked;
use proto::{Mac, Time};
use sim::rig::Hands;
use sim::{Input, Output, Phone, PhoneStatus, StreamAct, StreamEvent, Wire};

use super::SERVER;
use crate::io::clock::Clock;
use crate::io::message::{Mailbox, Message};
use crate::io::poller::Poller;
use crate::web::demo::{Act, Deed, Hands as WebHands};

/// A phone's processor needs a while for each block; without it the demo would be over before it is seen.
const PACE: Duration = Duration::from_micros(350);
/// Sockets of finished transfers kept for each phone before the oldest is closed.
const KEPT: usize = 16;
/// The thread looks up at least this often.
const LONGEST_WAIT: Duration = Duration::from_millis(50);

/// What the bench says to the person beside a phone, or to everybody: its line, and what it asks for.
pub(crate) type Asks = (Option<Mac>, Option<String>, Option<Asked>);

/// The phones' side of the table.
pub(crate) struct Table {
    /// The bench's DHCP socket.
    pub(crate) dhcp: SocketAddrV4,
    /// The bench's TFTP socket.
    pub(crate) tftp: SocketAddrV4,
    /// The bench's SIP socket.
    pub(crate) sip: SocketAddrV4,
    /// Where the bench takes SCCP.
    pub(crate) sccp: SocketAddrV4,
    /// Frames.
    pub(crate) frames: UnixDatagram,
    /// Where the bench's DHCP replies arrive.
    pub(crate) dhcp_socket: UdpSocket,
}

/// One phone and who stands beside it.
pub(crate) struct Place {
    /// The phone.
    pub(crate) phone: Box<dyn Phone + Send>,
    /// The person.
    pub(crate) hands: Hands,
    /// When it gets power by itself; never, where hands on a page give it.
    pub(crate) power_at: Option<Time>,
}

/// A person on a page: what they do, and where they look.
pub(crate) struct ByHand {
    /// What they do.
    pub(crate) deeds: Receiver<Deed>,
    /// Where they look.
    pub(crate) looks: Arc<WebHands>,
}

struct PhoneSide {
    table: Table,
    places: Vec<Place>,
    poller: Poller,
    /// Sockets by a phone's own address and port, with the phone's number; and in the order of their opening.
    sockets: BTreeMap<SocketAddrV4, (UdpSocket, usize)>,
    opened: Vec<SocketAddrV4>,
    /// Streams by the phone's number and its own port.
    streams: BTreeMap<(usize, u16), TcpStream>,
    /// The phones' addresses of now, by their numbers.
    addresses: Vec<Ipv4Addr>,
}

/// Starts the phones' thread and lets them live until the receiver's other end is gone. What the bench asks
/// of a person arrives through that receiver.
pub(crate) fn spawn(
    table: Table,
    places: Vec<Place>,
    clock: Clock,
    asks: Receiver<Asks>,
    by_hand: Option<ByHand>,
    mailbox: Mailbox,
) -> io::Result<JoinHandle<io::Result<Vec<PhoneStatus>>>> {
    let poller = Poller::new()?;
    poller.add(&table.frames, 1)?;
    poller.add(&table.dhcp_socket, 2)?;
    let side = PhoneSide {
        table,
        addresses: vec![Ipv4Addr::LOCALHOST; places.len()],
        places,
        poller,
        sockets: BTreeMap::new(),
        opened: Vec::new(),
        streams: BTreeMap::new(),
    };
    let live = move || side.live(clock, &asks, by_hand.as_ref(), &mailbox);
    std::thread::Builder::new().name("phones".to_owned()).spawn(live)
}

impl PhoneSide {
    fn live(
        mut self,
        clock: Clock,
        asks: &Receiver<Asks>,
        by_hand: Option<&ByHand>,
        mailbox: &Mailbox,
    ) -> io::Result<Vec<PhoneStatus>> {
        let mut ready = Vec::new();
        let mut buf = vec![0u8; 65_536];
        loop {
            match asks.try_recv() {
                Ok((mac, said, asked)) => {
                    for place in self.places.iter_mut().filter(|p| mac.is_none_or(|m| p.phone.mac() == m)) {
                        said.iter().for_each(|said| place.hands.hear(said));
                        asked.iter().for_each(|asked| place.hands.ask(clock.now(), asked));
                    }
                }
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => return Ok(self.statuses()),
            }
            if let Some(by_hand) = by_hand {
                by_hand.deeds.try_iter().for_each(|deed| self.touch(clock.now(), deed));
            }
            let mut wake = Time::NEVER;
            for n in 0..self.places.len() {
                wake = wake.min(self.turn(n, &clock, mailbox)?);
            }
            if let Some(by_hand) = by_hand {
                by_hand.looks.show(self.statuses());
            }
            let longest = clock.real(wake.since(clock.now())).min(LONGEST_WAIT);
            self.poller.wait(Some(longest), &mut ready)?;
            self.read(&clock, &mut buf);
        }
    }

    fn statuses(&self) -> Vec<PhoneStatus> {
        self.places.iter().map(|p| p.phone.status()).collect()
    }

    fn touch(&mut self, now: Time, deed: Deed) {
        let input = match deed.act {
            Act::Power { on } => Input::Power(on),
            Act::Key { key, down } => Input::Key { key, down },
        };
        let place = self.places.iter_mut().find(|p| deed.phone.is_none_or(|mac| p.phone.mac() == mac));
        place.into_iter().for_each(|p| p.phone.handle_input(now, input.clone()));
    }

    /// One phone's turn; answers when it wants the next.
    fn turn(&mut self, n: usize, clock: &Clock, mailbox: &Mailbox) -> io::Result<Time> {
        let now = clock.now();
        let Some(place) = self.places.get_mut(n) else { return Ok(Time::NEVER) };
        if place.power_at.is_some_and(|at| at <= now) {
            place.power_at = None;
            place.phone.handle_input(now, Input::Power(true));
        }
        while let Some(input) = place.hands.poll_input(now) {
            place.phone.handle_input(now, input);
        }
        while let Some(command) = place.hands.poll_command(place.phone.mac()) {
            let _ = mailbox.send(Message::Command(command));
        }
        if let Some((_, answer)) = place.hands.take_answer(now) {
            let _ = mailbox.send(Message::Command(bench::Command::Answer { phone: place.phone.mac(), answer }));
        }
        if place.hands.take_done().is_some_and(|asked| asked.confirm) {
            let _ = mailbox.send(Message::Command(bench::Command::Confirm { phone: place.phone.mac() }));
        }
        if place.phone.poll_timeout().is_some_and(|t| t.0 <= now) {
            place.phone.handle_input(now, Input::Timeout);
        }
        let mut said = Vec::new();
        while let Some(output) = place.phone.poll_output() {
            place.hands.see(&output);
            said.push(output);
        }
        let waits = [place.phone.poll_timeout().map(|t| t.0), place.hands.poll_timeout(), place.power_at];
        let wake = waits.into_iter().flatten().min().unwrap_or(Time::NEVER);
        for output in said {
            match output {
                Output::Wire(Wire::Frame(frame)) => {
                    let _ = self.table.frames.send(&frame);
                }
                Output::Wire(Wire::Udp { src, dst, bytes }) => self.send(n, src, dst, &bytes)?,
                Output::Stream { port, act } => self.stream(clock, n, port, act),
                Output::Interface(interface) => {
                    let address = interface.address.map_or(Ipv4Addr::LOCALHOST, |a| a.ip);
                    self.addresses.get_mut(n).into_iter().for_each(|a| *a = address);
                }
                // Files come by TFTP alone on the demo's table.
                Output::Screen(_) | Output::Lamps(_) | Output::Note(_) | Output::Order(_) => {}
            }
        }
        // What a stream told it is answered at once.
        let more = self.places.get(n).is_some_and(|p| p.phone.poll_timeout().is_some_and(|t| t.0 <= clock.now()));
        Ok(if more { clock.now() } else { wake })
    }

    fn tell(&mut self, clock: &Clock, n: usize, port: u16, event: StreamEvent) {
        let place = self.places.get_mut(n);
        place.into_iter().for_each(|p| p.phone.handle_input(clock.now(), Input::Stream { port, event: event.clone() }));
    }

    fn stream(&mut self, clock: &Clock, n: usize, port: u16, act: StreamAct) {
        match act {
            StreamAct::Open(to) => match self.connect(n, port, to) {
                Ok(stream) => {
                    self.streams.insert((n, port), stream);
                    self.tell(clock, n, port, StreamEvent::Opened);
                }
                Err(_) => self.tell(clock, n, port, StreamEvent::Closed),
            },
            StreamAct::Send(bytes) => {
                // One that fails is seen by its reader.
                let _ = self.streams.get_mut(&(n, port)).map(|stream| stream.write_all(&bytes));
            }
            StreamAct::Close => drop(self.streams.remove(&(n, port))),
        }
    }

    /// From the phone's own address, by which the bench knows it.
    fn connect(&mut self, n: usize, port: u16, to: SocketAddrV4) -> io::Result<TcpStream> {
        let to = match (*to.ip(), to.port()) {
            (SERVER, 2000) => self.table.sccp,
            (SERVER, _) => to,
            // Any other address is somebody else's, and nobody else is here.
            _ => return Err(io::ErrorKind::TimedOut.into()),
        };
        let address = self.addresses.get(n).copied().unwrap_or(Ipv4Addr::LOCALHOST);
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        socket.bind(&SocketAddrV4::new(address, port).into())?;
        socket.connect_timeout(&to.into(), Duration::from_millis(500))?;
        socket.set_nonblocking(true)?;
        self.poller.add(&socket, 4)?;
        Ok(socket.into())
    }

    fn send(&mut self, n: usize, src: SocketAddrV4, dst: SocketAddrV4, bytes: &[u8]) -> io::Result<()> {
        if dst.port() == 67 {
            let _ = self.table.dhcp_socket.send_to(bytes, self.table.dhcp);
            return Ok(());
        }
        // Any other address is somebody else's, and nobody else is here.
        if *dst.ip() != SERVER {
            return Ok(());
        }
        let to = match dst.port() {
            69 => self.table.tftp,
            5060 => self.table.sip,
            _ => dst,
        };
        if dst.port() == 5060 {
            // Answers come to where the message says, not to where it comes from.
            self.open(n, SocketAddrV4::new(*src.ip(), 5060))?;
        }
        self.open(n, src)?;
        if let Some((socket, _)) = self.sockets.get(&src) {
            std::thread::sleep(PACE);
            let _ = socket.send_to(bytes, to);
        }
        Ok(())
    }

    fn open(&mut self, n: usize, src: SocketAddrV4) -> io::Result<()> {
        if !self.sockets.contains_key(&src) {
            let socket = UdpSocket::bind(src)?;
            socket.set_nonblocking(true)?;
            self.poller.add(&socket, 3)?;
            self.sockets.insert(src, (socket, n));
            self.opened.push(src);
            if self.opened.len() > KEPT * self.places.len() {
                self.sockets.remove(&self.opened.remove(0));
            }
        }
        Ok(())
    }

    fn read(&mut self, clock: &Clock, buf: &mut [u8]) {
        let mut heard: Vec<(Option<usize>, Wire)> = Vec::new();
        while let Ok(len) = self.table.frames.recv(buf) {
            heard.push((None, Wire::Frame(buf[..len].to_vec())));
        }
        while let Ok((len, _)) = self.table.dhcp_socket.recv_from(buf) {
            let src = SocketAddrV4::new(SERVER, 67);
            let dst = SocketAddrV4::new(Ipv4Addr::BROADCAST, 68);
            heard.push((None, Wire::Udp { src, dst, bytes: buf[..len].to_vec() }));
        }
        for (own, (socket, n)) in &self.sockets {
            while let Ok((len, SocketAddr::V4(src))) = socket.recv_from(buf) {
                heard.push((Some(*n), Wire::Udp { src, dst: *own, bytes: buf[..len].to_vec() }));
            }
        }
        for (whose, wire) in heard {
            for (n, place) in self.places.iter_mut().enumerate() {
                if whose.is_none_or(|w| w == n) {
                    place.phone.handle_input(clock.now(), Input::Wire(wire.clone()));
                }
            }
        }
        let mut news = Vec::new();
        for (whose, stream) in &mut self.streams {
            match stream.read(buf) {
                Ok(len @ 1..) => news.push((*whose, StreamEvent::Bytes(buf[..len].to_vec()))),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(0) | Err(_) => news.push((*whose, StreamEvent::Closed)),
            }
        }
        for ((n, port), event) in news {
            if event == StreamEvent::Closed {
                self.streams.remove(&(n, port));
            }
            self.tell(clock, n, port, event);
        }
    }
}
