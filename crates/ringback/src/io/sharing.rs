//! Sockets that many TFTP transfers share, told apart by the phone's address and port.
//!
//! A phone's transfers one after another never come from the same port of ours as long as a late packet of the
//! earlier one may be about, so that each is known by its TID as RFC 1350 §4 wants it. Not here: the transfers.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use proto::Time;

use super::poller::{Poller, Token};
use super::sockets;

/// Makes a socket for one transfer, or for many.
pub(crate) type OpenSocket = Arc<dyn Fn() -> io::Result<UdpSocket> + Send + Sync>;

/// Shared sockets at most; who finds no place in one gets a socket of its own.
const SOCKETS: usize = 4;
/// Tokens of shared sockets: this plus the number.
const TOKENS: Token = 1 << 48;
/// Room for the acknowledgements of a thousand phones that come while something else is done, bytes.
const RECEIVE_BUFFER: usize = 8 << 20;
/// A phone that has ended a transfer may repeat its last acknowledgement for so long.
const LINGERS: Duration = Duration::from_secs(10);
/// Ended transfers remembered.
const ENDED_KEPT: usize = 16_384;

/// Whose a datagram is.
pub(crate) enum Whose {
    /// The transfer's in this slot; so many bytes.
    Slot(usize, usize),
    /// A transfer's that has ended.
    Past,
    /// Nobody's that is known here.
    Stranger(SocketAddrV4),
    /// There is none.
    Nobody,
}

/// What a phone has on a shared socket.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Busy(usize),
    Ended(Time),
}

/// The shared sockets.
pub(crate) struct Sharing {
    open: OpenSocket,
    sockets: Vec<UdpSocket>,
    places: HashMap<(usize, SocketAddrV4), Place>,
    ended: VecDeque<(Time, usize, SocketAddrV4)>,
}

/// Which shared socket a token belongs to.
pub(crate) fn number(token: Token) -> Option<usize> {
    token.checked_sub(TOKENS).and_then(|n| usize::try_from(n).ok())
}

impl Sharing {
    /// None opened yet.
    pub(crate) fn new(open: OpenSocket) -> Sharing {
        Sharing { open, sockets: Vec::new(), places: HashMap::new(), ended: VecDeque::new() }
    }

    /// A socket that is not shared.
    pub(crate) fn open(&self) -> io::Result<UdpSocket> {
        (self.open)()
    }

    /// Gives a phone's port a place on a socket on which it has none; none when it has one on each.
    pub(crate) fn take(
        &mut self,
        poller: &Poller,
        now: Time,
        peer: SocketAddrV4,
        slot: usize,
    ) -> io::Result<Option<usize>> {
        self.forget(now);
        let free = (0..SOCKETS).find(|n| !self.places.contains_key(&(*n, peer)));
        let Some(number) = free else { return Ok(None) };
        if number >= self.sockets.len() {
            let socket = (self.open)()?;
            sockets::enlarge(&socket, RECEIVE_BUFFER);
            poller.add(&socket, TOKENS + number as u64)?;
            self.sockets.push(socket);
        }
        self.places.insert((number, peer), Place::Busy(slot));
        Ok(Some(number))
    }

    /// A transfer has ended.
    pub(crate) fn give_back(&mut self, now: Time, number: usize, peer: SocketAddrV4) {
        let until = now + LINGERS;
        self.places.insert((number, peer), Place::Ended(until));
        self.ended.push_back((until, number, peer));
        self.forget(now);
    }

    /// Sends a packet; a full send buffer is a lost datagram.
    pub(crate) fn send(&self, number: usize, packet: &[u8], to: SocketAddrV4) -> io::Result<usize> {
        self.sockets.get(number).map_or(Ok(0), |socket| socket.send_to(packet, to))
    }

    /// The next datagram, into `buf`.
    pub(crate) fn recv(&mut self, now: Time, number: usize, buf: &mut [u8]) -> Whose {
        let Some(socket) = self.sockets.get(number) else { return Whose::Nobody };
        let (len, from) = match socket.recv_from(buf) {
            Ok((len, SocketAddr::V4(from))) => (len, from),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Whose::Nobody,
            // An ICMP error of an earlier datagram; the timers decide what it means.
            Ok(_) | Err(_) => return Whose::Past,
        };
        match self.places.get(&(number, from)) {
            Some(Place::Busy(slot)) => Whose::Slot(*slot, len),
            Some(Place::Ended(until)) if now < *until => Whose::Past,
            Some(Place::Ended(_)) | None => Whose::Stranger(from),
        }
    }

    fn forget(&mut self, now: Time) {
        while let Some((until, number, peer)) = self.ended.front().copied() {
            if until > now && self.ended.len() <= ENDED_KEPT {
                return;
            }
            self.ended.pop_front();
            if self.places.get(&(number, peer)) == Some(&Place::Ended(until)) {
                self.places.remove(&(number, peer));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const LOCAL: Ipv4Addr = Ipv4Addr::LOCALHOST;

    fn sharing() -> (Sharing, Poller) {
        (Sharing::new(Arc::new(|| sockets::transfer_socket(None, LOCAL))), Poller::new().unwrap())
    }

    fn peer(port: u16) -> SocketAddrV4 {
        SocketAddrV4::new(LOCAL, port)
    }

    #[test]
    fn a_phones_next_transfer_has_another_port_of_ours() {
        let (mut sharing, poller) = sharing();
        let mut at = Time::from_secs(1);
        let take = |sharing: &mut Sharing, at, port| sharing.take(&poller, at, peer(port), 7).unwrap();
        for number in 0..SOCKETS {
            assert_eq!(take(&mut sharing, at, 5_000), Some(number));
            sharing.give_back(at, number, peer(5_000));
            assert_eq!(take(&mut sharing, at, 6_000 + number as u16), Some(0), "others share the first");
        }
        assert_eq!(take(&mut sharing, at, 5_000), None, "it gets one of its own");
        at += LINGERS;
        assert_eq!(take(&mut sharing, at, 5_000), Some(0), "later it is forgotten");
        assert_eq!(sharing.sockets.len(), SOCKETS);
    }

    #[test]
    fn datagrams_are_told_apart_by_sender() {
        let (mut sharing, poller) = sharing();
        let now = Time::from_secs(1);
        let phones: Vec<UdpSocket> = (0..3).map(|_| UdpSocket::bind((LOCAL, 0)).unwrap()).collect();
        let address = |n: usize| match phones[n].local_addr().unwrap() {
            SocketAddr::V4(address) => address,
            SocketAddr::V6(_) => panic!("not asked for"),
        };
        for n in 0..2 {
            assert_eq!(sharing.take(&poller, now, address(n), n).unwrap(), Some(0));
        }
        sharing.give_back(now, 0, address(1));
        let ours = sharing.sockets[0].local_addr().unwrap();
        let mut buf = [0u8; 16];
        let mut heard = |n: usize, at| {
            phones[n].send_to(b"ack", ours).unwrap();
            sharing.recv(at, 0, &mut buf)
        };
        assert!(matches!(heard(0, now), Whose::Slot(0, 3)));
        assert!(matches!(heard(1, now), Whose::Past), "a late one is not answered");
        assert!(matches!(heard(1, now + LINGERS), Whose::Stranger(from) if from == address(1)));
        assert!(matches!(heard(2, now), Whose::Stranger(from) if from == address(2)));
        assert!(matches!(sharing.recv(now, 0, &mut buf), Whose::Nobody));
    }

    #[test]
    fn what_ended_is_bounded() {
        let (mut sharing, _poller) = sharing();
        for n in 0..ENDED_KEPT + 100 {
            let from = SocketAddrV4::new(Ipv4Addr::from_bits(n as u32), 1);
            sharing.give_back(Time::ZERO, 0, from);
        }
        assert!(sharing.places.len() <= ENDED_KEPT && sharing.ended.len() <= ENDED_KEPT);
    }
}
