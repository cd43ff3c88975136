//! The simulated phone's thread: its packets become datagrams on loopback.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::thread::JoinHandle;
use std::time::Duration;

use bench::observe::Asked;
use sim::rig::Hands;
use sim::{Input, Output, Phone, Wire};

use super::SERVER;
use crate::io::clock::Clock;
use crate::io::message::{Mailbox, Message};
use crate::io::poller::Poller;

/// A phone's processor needs a while for each block; without it the demo would be over before it is seen.
const PACE: Duration = Duration::from_micros(350);
/// Sockets of finished transfers kept before the oldest is closed.
const KEPT: usize = 16;

/// The phone's side of the table.
pub(crate) struct Table {
    /// The bench's DHCP socket.
    pub(crate) dhcp: SocketAddrV4,
    /// The bench's TFTP socket.
    pub(crate) tftp: SocketAddrV4,
    /// Frames.
    pub(crate) frames: UnixDatagram,
    /// Where the bench's DHCP replies arrive.
    pub(crate) dhcp_socket: UdpSocket,
}

struct PhoneSide {
    table: Table,
    phone: Box<dyn Phone + Send>,
    hands: Hands,
    poller: Poller,
    /// Sockets by the phone's own address and port, in the order in which they were opened.
    sockets: BTreeMap<SocketAddrV4, UdpSocket>,
    opened: Vec<SocketAddrV4>,
}

/// Starts the phone's thread: gives it power and lets it live until the receiver's other end is gone.
/// What the bench asks of a person arrives through that receiver.
pub(crate) fn spawn(
    table: Table,
    phone: Box<dyn Phone + Send>,
    hands: Hands,
    clock: Clock,
    asks: Receiver<Asked>,
    mailbox: Mailbox,
) -> io::Result<JoinHandle<io::Result<sim::PhoneStatus>>> {
    let poller = Poller::new()?;
    poller.add(&table.frames, 1)?;
    poller.add(&table.dhcp_socket, 2)?;
    let side = PhoneSide { table, phone, hands, poller, sockets: BTreeMap::new(), opened: Vec::new() };
    std::thread::Builder::new().name("phone".to_owned()).spawn(move || side.live(clock, &asks, &mailbox))
}

impl PhoneSide {
    fn live(mut self, clock: Clock, asks: &Receiver<Asked>, mailbox: &Mailbox) -> io::Result<sim::PhoneStatus> {
        let mut ready = Vec::new();
        let mut buf = vec![0u8; 65_536];
        let mac = self.phone.mac();
        self.phone.handle_input(clock.now(), Input::Power(true));
        loop {
            match asks.try_recv() {
                Ok(asked) => self.hands.ask(clock.now(), &asked),
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => return Ok(self.phone.status()),
            }
            let now = clock.now();
            while let Some(input) = self.hands.poll_input(now) {
                self.phone.handle_input(now, input);
            }
            if self.hands.take_done().is_some_and(|asked| asked.confirm) {
                let _ = mailbox.send(Message::Command(bench::Command::Confirm { phone: mac }));
            }
            self.drain()?;
            let now = clock.now();
            let waits = [self.phone.poll_timeout().map(|t| t.0), self.hands.poll_timeout()];
            let wake = waits.into_iter().flatten().min();
            if self.phone.poll_timeout().is_some_and(|t| t.0 <= now) {
                self.phone.handle_input(now, Input::Timeout);
                continue;
            }
            let longest =
                wake.map_or(Duration::from_millis(50), |at| clock.real(at.since(now))).min(Duration::from_millis(50));
            self.poller.wait(Some(longest), &mut ready)?;
            self.read(&clock, &mut buf);
        }
    }

    fn drain(&mut self) -> io::Result<()> {
        while let Some(output) = self.phone.poll_output() {
            self.hands.see(&output);
            match output {
                Output::Wire(Wire::Frame(frame)) => {
                    let _ = self.table.frames.send(&frame);
                }
                Output::Wire(Wire::Udp { src, dst, bytes }) => self.send(src, dst, &bytes)?,
                Output::Interface(_) | Output::Screen(_) | Output::Lamps(_) | Output::Note(_) => {}
                // There is no TCP on the demo's table.
                Output::Order(_) => {}
            }
        }
        Ok(())
    }

    fn send(&mut self, src: SocketAddrV4, dst: SocketAddrV4, bytes: &[u8]) -> io::Result<()> {
        if dst.port() == 67 {
            let _ = self.table.dhcp_socket.send_to(bytes, self.table.dhcp);
            return Ok(());
        }
        // Any other address is somebody else's, and nobody else is here.
        if *dst.ip() != SERVER {
            return Ok(());
        }
        let to = if dst.port() == 69 { self.table.tftp } else { dst };
        if !self.sockets.contains_key(&src) {
            let socket = UdpSocket::bind(src)?;
            socket.set_nonblocking(true)?;
            self.poller.add(&socket, 3)?;
            self.sockets.insert(src, socket);
            self.opened.push(src);
            if self.opened.len() > KEPT {
                self.sockets.remove(&self.opened.remove(0));
            }
        }
        if let Some(socket) = self.sockets.get(&src) {
            std::thread::sleep(PACE);
            let _ = socket.send_to(bytes, to);
        }
        Ok(())
    }

    fn read(&mut self, clock: &Clock, buf: &mut [u8]) {
        let mut heard: Vec<Wire> = Vec::new();
        while let Ok(len) = self.table.frames.recv(buf) {
            heard.push(Wire::Frame(buf[..len].to_vec()));
        }
        while let Ok((len, _)) = self.table.dhcp_socket.recv_from(buf) {
            let src = SocketAddrV4::new(SERVER, 67);
            heard.push(Wire::Udp { src, dst: SocketAddrV4::new(Ipv4Addr::BROADCAST, 68), bytes: buf[..len].to_vec() });
        }
        for (own, socket) in &self.sockets {
            while let Ok((len, SocketAddr::V4(src))) = socket.recv_from(buf) {
                heard.push(Wire::Udp { src, dst: *own, bytes: buf[..len].to_vec() });
            }
        }
        for wire in heard {
            self.phone.handle_input(clock.now(), Input::Wire(wire));
        }
    }
}
