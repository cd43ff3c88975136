//! Files on their way over TCP, without TCP: what a phone orders reaches the bench as a request, what the bench
//! answers reaches the phone in pieces.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use bench::{Input as BenchInput, Job, JobId, Ticket, TransferId, TransferNews, observe::Via};
use proto::Time;

use super::{Rig, host::Answered};
use crate::Input;
use crate::stream::{Order, Part, Scheme};

/// How long a connection to nobody takes to fail.
const NOBODY: Duration = Duration::from_secs(9);
/// From the request to the first bytes, and between two pieces.
const PAUSE: Duration = Duration::from_millis(10);
/// Before a page is opened.
const CLICK: Duration = Duration::from_secs(1);
/// Bytes of a piece: with [`PAUSE`] some 6 MB/s.
const PIECE: usize = 64 * 1024;

/// What is under way.
#[derive(Debug, Default)]
pub(super) struct Flows {
    /// By when the next thing happens.
    due: BTreeMap<(Time, u64), Flow>,
    asked: BTreeMap<Ticket, (usize, u16)>,
    count: u64,
}

#[derive(Debug)]
struct Flow {
    place: usize,
    order: u16,
    what: What,
}

#[derive(Debug)]
enum What {
    /// Only this end.
    End(Part),
    Bytes {
        id: TransferId,
        data: Arc<[u8]>,
        at: usize,
    },
    /// Work of the bench's that begins now.
    Job(JobId, Job),
}

impl Flows {
    pub(super) fn poll_timeout(&self) -> Time {
        self.due.keys().next().map_or(Time::NEVER, |(at, _)| *at)
    }

    /// A number that was not given before.
    pub(super) fn number(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    fn add(&mut self, at: Time, flow: Flow) {
        let number = self.number();
        self.due.insert((at, number), flow);
    }
}

impl Rig {
    /// A phone wants a file.
    pub(super) fn order(&mut self, place: usize, order: &Order) {
        let now = self.now;
        let from = self.phone(place).and_then(|p| p.status().address).unwrap_or(Ipv4Addr::UNSPECIFIED);
        let end = |at, part| (at, Flow { place, order: order.id, what: What::End(part) });
        if !self.host.is_ours(*order.server.ip()) || self.host.blocks(order.server.port()) {
            let (at, flow) = end(now + NOBODY, Part::Failed);
            return self.flows.add(at, flow);
        }
        if order.scheme == Scheme::Https && order.trusted_only {
            // No certificate of a bench's can be traced to an authority.
            let host = order.host.parse::<Ipv4Addr>().is_err().then(|| order.host.clone());
            let why = "it does not trust the bench's certificate (UnknownCA)".to_owned();
            self.tell_bench(BenchInput::TlsRefused { from, host, why });
            let (at, flow) = end(now + PAUSE, Part::Untrusted);
            return self.flows.add(at, flow);
        }
        let via = match order.scheme {
            Scheme::Https => Via::Https,
            Scheme::Ftp => Via::Ftp,
            Scheme::Http | Scheme::Tftp => Via::Http,
        };
        let ticket = Ticket(self.flows.number());
        self.flows.asked.insert(ticket, (place, order.id));
        let agent = (order.scheme != Scheme::Ftp).then_some(order.user_agent.as_bytes());
        self.tell_bench(BenchInput::FileRequest { ticket, via, from, name: order.path.as_bytes(), user_agent: agent });
    }

    /// Takes up what the bench has answered.
    pub(super) fn take_answers(&mut self) {
        for Answered { ticket, id, data } in self.host.take_answers() {
            let Some((place, order)) = self.flows.asked.remove(&ticket) else { continue };
            let what = match data {
                Ok(data) => What::Bytes { id, data, at: 0 },
                Err(part) => What::End(part),
            };
            self.flows.add(self.now + PAUSE, Flow { place, order, what });
        }
    }

    /// Takes up the work that the bench wants done.
    pub(super) fn take_jobs(&mut self) {
        for (id, job) in std::mem::take(&mut self.host.jobs) {
            let flow = Flow { place: usize::MAX, order: 0, what: What::Job(id, job) };
            self.flows.add(self.now + CLICK, flow);
        }
    }

    /// Everything that is due by now.
    pub(super) fn flow(&mut self) {
        while let Some(first) = self.flows.due.first_entry()
            && first.key().0 <= self.now
        {
            let Flow { place, order, what } = first.remove();
            match what {
                What::End(part) => self.part(place, order, part),
                What::Job(id, job) => self.work(id, &job),
                What::Bytes { id, data, at } => self.piece(place, order, id, data, at),
            }
        }
    }

    fn piece(&mut self, place: usize, order: u16, id: TransferId, data: Arc<[u8]>, at: usize) {
        let total = data.len() as u64;
        let alive = self.places.get(place).is_some_and(|p| p.powered && p.plugged);
        let news = if !alive {
            TransferNews::Failed { bytes: at as u64, why: "the connection broke".to_owned() }
        } else if at >= data.len() {
            TransferNews::Done { bytes: total, repeats: 0 }
        } else {
            let end = (at + PIECE).min(data.len());
            self.part(place, order, Part::Data(data.get(at..end).unwrap_or_default().to_vec()));
            let what = What::Bytes { id, data, at: end };
            self.flows.add(self.now + PAUSE, Flow { place, order, what });
            return;
        };
        if alive {
            self.part(place, order, Part::Done);
        }
        self.tell_bench(BenchInput::Transfer { id, news });
    }

    fn part(&mut self, place: usize, id: u16, part: Part) {
        self.give(place, Input::Part { id, part });
    }
}
