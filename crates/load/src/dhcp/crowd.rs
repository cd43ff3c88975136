//! Many phones that ask for an address: all at once, or so many at a time for a while.
//!
//! One socket without an address of its own, as phones have none; replies are broadcast to it. A phone
//! without an answer for a second starts again with the message it sent last. Which address each got is
//! kept: the same address given twice is counted.

use std::collections::{BTreeSet, VecDeque};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use socket2::{Domain, Protocol, Socket, Type};

use super::packet::{self, Reply};
use crate::lab;

/// Silence after which a phone repeats what it said.
const RETRY: Duration = Duration::from_secs(1);

/// What the phones do.
#[derive(Clone, Copy)]
pub(crate) struct Job {
    /// How many are without an address at any time.
    pub(crate) outstanding: u32,
    /// How many there are at most.
    pub(crate) most: u32,
    /// New ones come until this time is over.
    pub(crate) newcomers: Duration,
    /// When to stop, come what may.
    pub(crate) limit: Duration,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// From the first Discover until the last phone was bound, or time was over.
    pub(crate) took: Duration,
    /// Phones that were bound.
    pub(crate) bound: u32,
    /// Phones that were not.
    pub(crate) left: u32,
    /// How often a phone had to repeat itself.
    pub(crate) retries: u32,
    /// Phones that were told no.
    pub(crate) naks: u32,
    /// Phones that were given an address another one has.
    pub(crate) same_address: u32,
}

enum State {
    Discovering,
    Requesting(Reply),
    Bound,
}

struct Crowd {
    socket: UdpSocket,
    phones: Vec<(State, Instant)>,
    /// What was sent when, oldest first; void where the phone has said something since.
    sent: VecDeque<(Instant, u32)>,
    addresses: BTreeSet<Ipv4Addr>,
    outcome: Outcome,
}

/// Plays the phones.
pub(crate) fn run(job: Job) -> Result<Outcome> {
    let mut crowd = Crowd {
        socket: socket()?,
        phones: Vec::new(),
        sent: VecDeque::new(),
        addresses: BTreeSet::new(),
        outcome: Outcome::default(),
    };
    let mut buf = [0; 2048];
    let began = Instant::now();
    let (mut now, mut last_bound) = (began, began);
    loop {
        let waiting = u32::try_from(crowd.phones.len())? - crowd.outcome.bound;
        let may_come = now.duration_since(began) < job.newcomers || crowd.phones.is_empty();
        let room = (job.most - u32::try_from(crowd.phones.len())?).min(job.outstanding.saturating_sub(waiting));
        if may_come {
            for _ in 0..room {
                crowd.newcomer();
            }
        }
        let waiting = u32::try_from(crowd.phones.len())? - crowd.outcome.bound;
        if waiting == 0 || now.duration_since(began) >= job.limit {
            crowd.outcome.left = waiting;
            break;
        }
        match crowd.socket.recv(&mut buf) {
            Ok(len) => {
                now = Instant::now();
                if let Some(reply) = buf.get(..len).and_then(packet::reply)
                    && crowd.answered(now, reply)
                {
                    last_bound = now;
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => now = Instant::now(),
            Err(error) => return Err(error).context("receiving DHCP answers"),
        }
        crowd.repeat(now);
    }
    crowd.outcome.took = if crowd.outcome.left == 0 { last_bound } else { now }.duration_since(began);
    Ok(crowd.outcome)
}

fn socket() -> Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_broadcast(true)?;
    socket.bind_device(Some(lab::CLIENT_IF.as_bytes()))?;
    rustix::net::sockopt::set_socket_recv_buffer_size_force(&socket, 64 << 20)?;
    socket.set_read_timeout(Some(Duration::from_millis(20)))?;
    socket
        .bind(&SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, packet::CLIENT_PORT).into())
        .context("the phones' port 68")?;
    Ok(socket.into())
}

impl Crowd {
    fn newcomer(&mut self) {
        let number = u32::try_from(self.phones.len()).unwrap_or(u32::MAX);
        self.phones.push((State::Discovering, Instant::now()));
        self.say(number);
    }

    /// Sends what a phone has to say now.
    fn say(&mut self, number: u32) {
        let Some((state, at)) = self.phones.get_mut(number as usize) else { return };
        let message = match state {
            State::Discovering => packet::discover(number),
            State::Requesting(offer) => packet::request(number, offer.address, offer.server),
            State::Bound => return,
        };
        *at = Instant::now();
        self.sent.push_back((*at, number));
        let _ = self.socket.send_to(&message, SocketAddrV4::new(Ipv4Addr::BROADCAST, packet::SERVER_PORT));
    }

    /// Takes an answer; whether it made a phone bound.
    fn answered(&mut self, now: Instant, reply: Reply) -> bool {
        let Some((state, at)) = self.phones.get_mut(reply.number as usize) else { return false };
        match (&state, reply.kind) {
            (State::Discovering, packet::OFFER) => *state = State::Requesting(reply),
            (State::Requesting(offer), packet::ACK) if offer.address == reply.address => {
                *state = State::Bound;
                *at = now;
                self.outcome.bound += 1;
                self.outcome.same_address += u32::from(!self.addresses.insert(reply.address));
                return true;
            }
            (State::Requesting(_), packet::NAK) => {
                self.outcome.naks += 1;
                *state = State::Discovering;
            }
            _ => return false,
        }
        self.say(reply.number);
        false
    }

    fn repeat(&mut self, now: Instant) {
        while let Some((at, number)) = self.sent.pop_front_if(|(at, _)| now.saturating_duration_since(*at) >= RETRY) {
            let silent = self
                .phones
                .get(number as usize)
                .is_some_and(|(state, last)| *last == at && !matches!(state, State::Bound));
            if silent {
                self.outcome.retries += 1;
                self.say(number);
            }
        }
    }
}

impl Outcome {
    /// An error unless every phone got an address and no two the same.
    pub(crate) fn whole(self) -> Result<Outcome> {
        if self.same_address > 0 {
            bail!("{} phones were given an address that another one has", self.same_address);
        }
        if self.left > 0 {
            bail!("{} of {} phones had no address when time was over", self.left, self.left + self.bound);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_given_twice_or_not_at_all_is_an_error() {
        assert!(Outcome { bound: 3, ..Outcome::default() }.whole().is_ok());
        assert!(Outcome { bound: 3, same_address: 1, ..Outcome::default() }.whole().is_err());
        assert!(Outcome { bound: 3, left: 1, ..Outcome::default() }.whole().is_err());
    }
}
