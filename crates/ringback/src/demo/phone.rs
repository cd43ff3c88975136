//! The simulated phones' thread: their packets become datagrams on loopback.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream, UdpSocket};
use std::os::fd::AsFd;
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
use crate::io::poller::{Poller, Token};
use crate::web::demo::{Act, Deed, Hands as WebHands};

/// A phone's processor needs a while for each block; without it the demo would be over before it is seen.
const PACE: Duration = Duration::from_micros(350);
/// Sockets of finished transfers kept for each phone before the oldest is closed.
const KEPT: usize = 16;
/// Which descriptor is ready: frames, the bench's DHCP replies, then sockets and streams in the order of their opening.
const FRAMES: Token = 1;
const DHCP: Token = 2;
const FIRST: Token = 3;
/// Where a DHCP message names whom it is for (`chaddr`, RFC 2131 section 2).
const CHADDR: std::ops::Range<usize> = 28..34;
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
    /// Whose a descriptor is.
    owners: BTreeMap<Token, Owner>,
    next_token: Token,
    /// Sockets by a phone's own address and port, with the phone's number; and in the order of their opening.
    sockets: BTreeMap<SocketAddrV4, (UdpSocket, usize, Token)>,
    opened: Vec<SocketAddrV4>,
    /// Streams by the phone's number and its own port.
    streams: BTreeMap<(usize, u16), (TcpStream, Token)>,
    /// The phones' addresses of now, by their numbers.
    addresses: Vec<Ipv4Addr>,
    /// When each phone wants its next turn: with hundreds of phones most sleep.
    due: Vec<Time>,
    /// How the phones look.
    looks: Vec<PhoneStatus>,
}

#[derive(Clone, Copy)]
enum Owner {
    Socket(SocketAddrV4),
    Stream(usize, u16),
}

/// Whom something is for.
#[derive(Clone, Copy)]
enum Whom {
    Everybody,
    Mac(Mac),
    Number(usize),
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
    poller.add(&table.frames, FRAMES)?;
    poller.add(&table.dhcp_socket, DHCP)?;
    let side = PhoneSide {
        table,
        addresses: vec![Ipv4Addr::LOCALHOST; places.len()],
        due: vec![Time::ZERO; places.len()],
        looks: places.iter().map(|p| p.phone.status()).collect(),
        places,
        poller,
        owners: BTreeMap::new(),
        next_token: FIRST,
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
        if let Some(by_hand) = by_hand {
            by_hand.looks.show(self.looks.clone());
        }
        loop {
            // All that was said by now: what is left would pile up, since more is said than there are turns.
            loop {
                match asks.try_recv() {
                    Ok(asks) => self.hear(&clock, &asks),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return Ok(self.statuses()),
                }
            }
            if let Some(by_hand) = by_hand {
                by_hand.deeds.try_iter().for_each(|deed| self.touch(clock.now(), deed));
            }
            let mut changed = false;
            for n in 0..self.places.len() {
                if self.due.get(n).is_some_and(|due| *due <= clock.now()) {
                    let wake = self.turn(n, &clock, mailbox)?;
                    self.due.get_mut(n).into_iter().for_each(|d| *d = wake);
                    changed |= self.look_at(n);
                }
            }
            if let Some(by_hand) = by_hand.filter(|_| changed) {
                by_hand.looks.show(self.looks.clone());
            }
            let wake = self.due.iter().copied().min().unwrap_or(Time::NEVER);
            let longest = clock.real(wake.since(clock.now())).min(LONGEST_WAIT);
            self.poller.wait(Some(longest), &mut ready)?;
            for token in &ready {
                self.read(&clock, *token, &mut buf);
            }
        }
    }

    /// The bench says something to whom it may concern.
    fn hear(&mut self, clock: &Clock, (mac, said, asked): &Asks) {
        for n in 0..self.places.len() {
            let place = self.places.get_mut(n).filter(|p| mac.is_none_or(|m| p.phone.mac() == m));
            let Some(place) = place else { continue };
            said.iter().for_each(|said| place.hands.hear(said));
            asked.iter().for_each(|asked| place.hands.ask(clock.now(), asked));
            self.wake(n);
        }
    }

    fn statuses(&self) -> Vec<PhoneStatus> {
        self.places.iter().map(|p| p.phone.status()).collect()
    }

    /// Whether the phone looks otherwise than before.
    fn look_at(&mut self, n: usize) -> bool {
        let (Some(place), Some(was)) = (self.places.get(n), self.looks.get_mut(n)) else { return false };
        let is = place.phone.status();
        let changed = *was != is;
        *was = is;
        changed
    }

    fn wake(&mut self, n: usize) {
        self.due.get_mut(n).into_iter().for_each(|d| *d = Time::ZERO);
    }

    /// Something happens to a phone; it has its turn at once.
    fn give(&mut self, n: usize, now: Time, input: Input) {
        if let Some(place) = self.places.get_mut(n) {
            place.phone.handle_input(now, input);
            self.wake(n);
        }
    }

    fn touch(&mut self, now: Time, deed: Deed) {
        let input = match deed.act {
            Act::Power { on } => Input::Power(on),
            Act::Key { key, down } => Input::Key { key, down },
        };
        let n = self.places.iter().position(|p| deed.phone.is_none_or(|mac| p.phone.mac() == mac));
        n.into_iter().for_each(|n| self.give(n, now, input.clone()));
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
        self.give(n, clock.now(), Input::Stream { port, event });
    }

    /// Watches a descriptor that is this phone's.
    fn watch(&mut self, fd: impl AsFd, owner: Owner) -> io::Result<Token> {
        let token = self.next_token;
        self.next_token += 1;
        self.poller.add(fd, token)?;
        self.owners.insert(token, owner);
        Ok(token)
    }

    fn stream(&mut self, clock: &Clock, n: usize, port: u16, act: StreamAct) {
        match act {
            StreamAct::Open(to) => {
                let opened = self.connect(n, port, to).and_then(|stream| {
                    let token = self.watch(&stream, Owner::Stream(n, port))?;
                    Ok((stream, token))
                });
                match opened {
                    Ok(stream) => {
                        self.hang_up(n, port);
                        self.streams.insert((n, port), stream);
                        self.tell(clock, n, port, StreamEvent::Opened);
                    }
                    Err(_) => self.tell(clock, n, port, StreamEvent::Closed),
                }
            }
            StreamAct::Send(bytes) => {
                // One that fails is seen by its reader.
                let _ = self.streams.get_mut(&(n, port)).map(|stream| stream.0.write_all(&bytes));
            }
            StreamAct::Close => self.hang_up(n, port),
        }
    }

    fn hang_up(&mut self, n: usize, port: u16) {
        if let Some((_, token)) = self.streams.remove(&(n, port)) {
            self.owners.remove(&token);
        }
    }

    /// From the phone's own address, by which the bench knows it.
    fn connect(&self, n: usize, port: u16, to: SocketAddrV4) -> io::Result<TcpStream> {
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
        if let Some((socket, ..)) = self.sockets.get(&src) {
            std::thread::sleep(PACE);
            let _ = socket.send_to(bytes, to);
        }
        Ok(())
    }

    fn open(&mut self, n: usize, src: SocketAddrV4) -> io::Result<()> {
        if !self.sockets.contains_key(&src) {
            let socket = UdpSocket::bind(src)?;
            socket.set_nonblocking(true)?;
            let token = self.watch(&socket, Owner::Socket(src))?;
            self.sockets.insert(src, (socket, n, token));
            self.opened.push(src);
            if self.opened.len() > KEPT * self.places.len()
                && let Some((_, _, token)) = self.sockets.remove(&self.opened.remove(0))
            {
                self.owners.remove(&token);
            }
        }
        Ok(())
    }

    fn read(&mut self, clock: &Clock, token: Token, buf: &mut [u8]) {
        match (token, self.owners.get(&token).copied()) {
            (FRAMES, _) => {
                while let Ok(len) = self.table.frames.recv(buf) {
                    let frame = buf.get(..len).unwrap_or_default();
                    self.deliver(clock, named(frame, 0..6), &Wire::Frame(frame.to_vec()));
                }
            }
            (DHCP, _) => {
                let (src, dst) = (SocketAddrV4::new(SERVER, 67), SocketAddrV4::new(Ipv4Addr::BROADCAST, 68));
                while let Ok((len, _)) = self.table.dhcp_socket.recv_from(buf) {
                    let bytes = buf.get(..len).unwrap_or_default();
                    // A broadcast; the others would only look whom it is for.
                    self.deliver(clock, named(bytes, CHADDR), &Wire::Udp { src, dst, bytes: bytes.to_vec() });
                }
            }
            (_, Some(Owner::Socket(own))) => {
                while let Some((socket, n, _)) = self.sockets.get(&own)
                    && let Ok((len, SocketAddr::V4(src))) = socket.recv_from(buf)
                {
                    let bytes = buf.get(..len).unwrap_or_default().to_vec();
                    self.deliver(clock, Whom::Number(*n), &Wire::Udp { src, dst: own, bytes });
                }
            }
            (_, Some(Owner::Stream(n, port))) => {
                let Some((stream, _)) = self.streams.get_mut(&(n, port)) else { return };
                match stream.read(buf) {
                    Ok(len @ 1..) => {
                        let bytes = buf.get(..len).unwrap_or_default().to_vec();
                        self.tell(clock, n, port, StreamEvent::Bytes(bytes));
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Ok(0) | Err(_) => {
                        self.hang_up(n, port);
                        self.tell(clock, n, port, StreamEvent::Closed);
                    }
                }
            }
            (_, None) => {}
        }
    }

    fn deliver(&mut self, clock: &Clock, whom: Whom, wire: &Wire) {
        for n in 0..self.places.len() {
            let is_meant = match whom {
                Whom::Everybody => true,
                Whom::Mac(mac) => self.places.get(n).is_some_and(|p| p.phone.mac() == mac),
                Whom::Number(number) => number == n,
            };
            if is_meant {
                self.give(n, clock.now(), Input::Wire(wire.clone()));
            }
        }
    }
}

/// Whom the address at this place names; everybody, if it is a group's or there is none.
fn named(bytes: &[u8], at: std::ops::Range<usize>) -> Whom {
    let mac = bytes.get(at).and_then(|b| <[u8; 6]>::try_from(b).ok()).map(Mac);
    mac.filter(|m| !m.is_group()).map_or(Whom::Everybody, Whom::Mac)
}
