//! Many phones on one thread: a socket each, readiness by epoll, one read and one write a block.
//!
//! Time is read once per batch of events. A phone asks from its own address and from a fresh port for
//! every file, and talks to the port it was answered from alone. Loss, where wanted, happens here: a
//! datagram is counted and forgotten, or not sent. That needs nothing from the kernel and is the same
//! for every server.

use std::net::SocketAddrV4;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use rustix::net::{self, AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

use super::PORT;
use super::fetch::{Fetch, Step};
use super::job::{Job, Outcome, Rounds};
use super::packet::{STOP, ack, rrq};
use crate::lab;

/// Silence after which a phone repeats what it said.
const RETRY: Duration = Duration::from_secs(1);
/// How often the phones are looked through for silence.
const LOOK: Duration = Duration::from_millis(50);

struct Phone {
    fd: Option<OwnedFd>,
    fetch: Fetch,
    /// Answered, and so connected to the port the answer came from.
    connected: bool,
    begun: Option<Instant>,
    ended: bool,
    heard: Instant,
    rounds: u32,
}

struct Fleet<'a> {
    job: &'a Job<'a>,
    request: Vec<u8>,
    epoll: OwnedFd,
    phones: Vec<Phone>,
    opened: usize,
    unanswered: usize,
    answered_once: usize,
    running: usize,
    over: bool,
    luck: u32,
    began: Instant,
    outcome: Outcome,
}

/// Plays the phones until they are done or time is over.
pub(crate) fn run(job: &Job<'_>) -> Result<Outcome> {
    let began = Instant::now();
    let phone = || Phone {
        fd: None,
        fetch: Fetch::new(),
        connected: false,
        begun: None,
        ended: false,
        heard: began,
        rounds: 0,
    };
    let mut fleet = Fleet {
        job,
        request: rrq(job.name, job.blksize, job.window),
        epoll: epoll::create(CreateFlags::CLOEXEC)?,
        phones: (0..job.phones).map(|_| phone()).collect(),
        opened: 0,
        unanswered: 0,
        answered_once: 0,
        running: job.phones,
        over: false,
        luck: 0x9e37_79b9,
        began,
        outcome: Outcome::default(),
    };
    // Sockets first, so that a burst is one.
    for index in 0..job.phones.min(job.opening) {
        fleet.open_socket(index)?;
    }
    fleet.began = Instant::now();
    fleet.play()?;
    Ok(fleet.finish())
}

impl Fleet<'_> {
    fn play(&mut self) -> Result<()> {
        let mut events: Vec<Event> = Vec::with_capacity(256);
        let mut buf = vec![0; 65_536];
        let mut looked = self.began;
        let wait = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };
        while self.running > 0 {
            while self.opened < self.phones.len() && self.unanswered < self.job.opening {
                let index = self.opened;
                self.opened += 1;
                self.begin(index)?;
            }
            events.clear();
            match epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&wait)) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error).context("waiting for datagrams"),
            }
            let now = Instant::now();
            for event in &events {
                self.readable(now, usize::try_from(event.data.u64())?, &mut buf)?;
            }
            if now.duration_since(looked) >= LOOK {
                looked = now;
                self.look_for_silence(now);
            }
            let time = now.duration_since(self.began);
            self.over = matches!(self.job.rounds, Rounds::For(limit) if time >= limit);
            if self.over || time >= self.job.limit {
                break;
            }
        }
        self.outcome.took = self.began.elapsed();
        Ok(())
    }

    fn open_socket(&mut self, index: usize) -> Result<()> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let fd = net::socket_with(AddressFamily::INET, SocketType::DGRAM, flags, None).context("a phone's socket")?;
        net::bind(&fd, &SocketAddrV4::new(lab::phone_address(index), 0)).context("a phone's address")?;
        epoll::add(&self.epoll, &fd, EventData::new_u64(index as u64), EventFlags::IN)?;
        if let Some(phone) = self.phones.get_mut(index) {
            phone.fd = Some(fd);
        }
        Ok(())
    }

    /// Sends a phone's request, for its first file or its next one.
    fn begin(&mut self, index: usize) -> Result<()> {
        if self.phones.get(index).is_some_and(|phone| phone.fd.is_none()) {
            self.open_socket(index)?;
        }
        let lost = self.lost();
        let Some(phone) = self.phones.get_mut(index) else { return Ok(()) };
        let now = Instant::now();
        phone.begun.get_or_insert(now);
        phone.heard = now;
        self.unanswered += 1;
        if !lost {
            phone.ask(&self.request);
        }
        Ok(())
    }

    fn readable(&mut self, now: Instant, index: usize, buf: &mut [u8]) -> Result<()> {
        // A window arrives in one go; lock-step has one datagram at most.
        for _ in 0..self.job.window {
            let lost = self.lost();
            let (content, all) = (self.job.content, self.phones.len());
            let Some(phone) = self.phones.get_mut(index) else { return Ok(()) };
            let Some(fd) = &phone.fd else { return Ok(()) };
            let len = if phone.connected {
                match net::recv(fd, &mut *buf, RecvFlags::empty()) {
                    Ok((_, len)) => len,
                    Err(_) => return Ok(()),
                }
            } else {
                let Ok((_, len, Some(from))) = net::recvfrom(fd, &mut *buf, RecvFlags::empty()) else { return Ok(()) };
                if lost {
                    phone.fetch.datagrams += 1;
                    continue;
                }
                net::connect(fd, &SocketAddrV4::try_from(from)?)?;
                phone.connected = true;
                self.unanswered -= 1;
                if phone.rounds == 0 {
                    self.answered_once += 1;
                    if self.answered_once == all {
                        self.outcome.all_answered = now.duration_since(self.began);
                    }
                }
                len
            };
            if lost {
                phone.fetch.datagrams += 1;
                continue;
            }
            phone.heard = now;
            match phone.fetch.handle(buf.get(..len).unwrap_or_default(), content) {
                Step::Wait => {}
                Step::Ack(block) => {
                    if !self.lost() {
                        self.send(index, &ack(block));
                    }
                }
                Step::Last(block) => {
                    if !self.lost() {
                        self.send(index, &ack(block));
                    }
                    return self.arrived(now, index);
                }
                Step::Bad(why) => {
                    if self.outcome.failed == 0 {
                        self.outcome.why = why;
                    }
                    self.outcome.failed += 1;
                    self.running -= 1;
                    phone.ended = true;
                    phone.fd = None;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// A phone has a whole file: the next one, or it is done.
    fn arrived(&mut self, now: Instant, index: usize) -> Result<()> {
        self.outcome.files += 1;
        let Some(phone) = self.phones.get_mut(index) else { return Ok(()) };
        phone.rounds += 1;
        if matches!(self.job.rounds, Rounds::Each(rounds) if phone.rounds >= rounds) {
            phone.ended = true;
            self.outcome.phones.extend(phone.begun.map(|begun| now.duration_since(begun)));
            self.running -= 1;
            // With loss its last acknowledgement may have been lost: it stays to say it again.
            if self.job.lose_one_in == 0 {
                phone.fd = None;
            }
            return Ok(());
        }
        self.outcome.count(&phone.fetch);
        phone.fetch = Fetch::new();
        phone.connected = false;
        phone.fd = None;
        self.begin(index)
    }

    fn look_for_silence(&mut self, now: Instant) {
        for index in 0..self.opened {
            let lost = self.lost();
            let Some(phone) = self.phones.get_mut(index) else { return };
            if phone.ended || now.duration_since(phone.heard) < RETRY {
                continue;
            }
            phone.heard = now;
            self.outcome.retries += 1;
            if !lost {
                match phone.connected {
                    true => phone.say(&ack(phone.fetch.acknowledged())),
                    false => phone.ask(&self.request),
                }
            }
        }
    }

    fn send(&self, index: usize, bytes: &[u8]) {
        if let Some(phone) = self.phones.get(index) {
            phone.say(bytes);
        }
    }

    /// Whether the next datagram is lost (xorshift32; the same luck for every server).
    fn lost(&mut self) -> bool {
        if self.job.lose_one_in == 0 {
            return false;
        }
        self.luck ^= self.luck << 13;
        self.luck ^= self.luck >> 17;
        self.luck ^= self.luck << 5;
        self.luck.is_multiple_of(self.job.lose_one_in)
    }

    fn finish(mut self) -> Outcome {
        for phone in &self.phones {
            self.outcome.count(&phone.fetch);
            if !phone.ended {
                phone.say(STOP);
            }
        }
        self.outcome.unfinished = if self.over { 0 } else { self.running as u64 };
        self.outcome
    }
}

impl Phone {
    fn ask(&self, request: &[u8]) {
        if let Some(fd) = &self.fd {
            let server = SocketAddrV4::new(lab::SERVER, PORT);
            let _ = net::sendto(fd, request, SendFlags::empty(), &server);
        }
    }

    fn say(&self, bytes: &[u8]) {
        if let Some(fd) = self.fd.as_ref().filter(|_| self.connected) {
            let _ = net::send(fd, bytes, SendFlags::empty());
        }
    }
}
