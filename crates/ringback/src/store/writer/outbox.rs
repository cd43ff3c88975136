//! What waits for the writer: bounded by leaving out, and counting, what may be left out.
//!
//! Lines go over in batches: waking the writer for each would cost more than writing it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use bench::ledger::Row;
use bench::{Observation, Seen};
use proto::Time;
use proto::dhcp::server::Lease;

/// From so many waiting lines on, those of no phone are left out.
const STRANGERS: usize = 100_000;
/// From so many on, all are.
const PHONES: usize = 400_000;
/// Lines handed over at once.
const BATCH: usize = 256;

/// One thing to write.
#[derive(Debug)]
pub(super) enum Job {
    /// Lines of the journal; the counter of those that wait goes down with them.
    Lines(Vec<Observation>, Waiting),
    /// A row of the ledger.
    Row(Box<Row>),
    /// All leases.
    Leases(Vec<Lease>),
}

/// Counts waiting lines for as long as it lives.
#[derive(Debug)]
pub(super) struct Waiting(Arc<AtomicUsize>, usize);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(self.1, Ordering::Relaxed);
    }
}

/// The sending end.
#[derive(Debug)]
pub(super) struct Outbox {
    jobs: Sender<Job>,
    waiting: Arc<AtomicUsize>,
    /// Not handed over yet.
    lines: Vec<Observation>,
    /// Number and time of the last line left out, and how many were since the last one that was not.
    left_out: Option<(u64, Time, u64)>,
}

impl Outbox {
    /// An outbox, and where its jobs arrive.
    pub(super) fn new() -> (Outbox, Receiver<Job>) {
        let (jobs, arriving) = channel();
        (Outbox { jobs, waiting: Arc::default(), lines: Vec::new(), left_out: None }, arriving)
    }

    /// A line of the journal. A line that is left out takes no place; the next one that is not is
    /// preceded by an observation that says how many were, under the last one's number.
    pub(super) fn line(&mut self, observation: Observation) {
        let most = if observation.phone.is_some() { PHONES } else { STRANGERS };
        if self.waiting.load(Ordering::Relaxed) >= most {
            let count = self.left_out.map_or(0, |l| l.2) + 1;
            self.left_out = Some((observation.n, observation.at, count));
            return;
        }
        self.tell_left_out();
        self.send_line(observation);
    }

    /// A row or leases, behind all lines up to here. These are few, and never left out.
    pub(super) fn send(&mut self, job: Job) {
        self.flush();
        self.hand_over(job);
    }

    /// Whether lines have not been handed over.
    pub(super) fn has_lines(&self) -> bool {
        !self.lines.is_empty()
    }

    /// Hands over all lines.
    pub(super) fn flush(&mut self) {
        if !self.lines.is_empty() {
            let lines = std::mem::take(&mut self.lines);
            let waiting = Waiting(Arc::clone(&self.waiting), lines.len());
            self.hand_over(Job::Lines(lines, waiting));
        }
    }

    fn hand_over(&self, job: Job) {
        // The thread ends only when this end is gone, or by a panic that was printed.
        let _ = self.jobs.send(job);
    }

    /// Nothing more follows.
    pub(super) fn close(mut self) {
        self.tell_left_out();
        self.flush();
    }

    fn tell_left_out(&mut self) {
        if let Some((n, at, count)) = self.left_out.take() {
            self.send_line(Observation { n, at, phone: None, seen: Seen::Unkept { count } });
        }
    }

    fn send_line(&mut self, observation: Observation) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.lines.push(observation);
        if self.lines.len() >= BATCH {
            self.flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use proto::Mac;

    use super::*;

    fn line(n: u64, phone: bool) -> Observation {
        let phone = phone.then_some(Mac([0, 1, 2, 3, 4, 5]));
        Observation { n, at: Time::from_millis(n), phone, seen: Seen::DhcpNak }
    }

    #[test]
    fn strangers_are_left_out_and_counted_phones_are_not() {
        let (mut outbox, jobs) = Outbox::new();
        let full = STRANGERS as u64;
        (1..=full + 5).for_each(|n| outbox.line(line(n, false)));
        outbox.line(line(full + 6, true));
        outbox.flush();
        let written: Vec<Observation> = jobs
            .try_iter()
            .filter_map(|job| match job {
                Job::Lines(lines, _) => Some(lines),
                _ => None,
            })
            .flatten()
            .collect();
        assert_eq!(written.len() as u64, full + 2);
        let [.., last, unkept, phone] = written.as_slice() else { panic!("too few") };
        assert_eq!((last.n, phone.n), (full, full + 6));
        assert_eq!((unkept.n, &unkept.seen), (full + 5, &Seen::Unkept { count: 5 }));
        outbox.line(line(full + 7, false));
        outbox.flush();
        assert_eq!(jobs.try_iter().count(), 1, "there is room again");
    }
}
