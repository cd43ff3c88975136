//! One thread that owns journal, ledger and leases while a bench runs, so that the bench never waits for a disk.
//!
//! A disk that fails is told once and tried again; the bench goes on.

mod desk;
mod outbox;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bench::Observation;
use bench::ledger::Row;
use proto::dhcp::server::Lease;

use self::desk::Desk;
use self::outbox::{Job, Outbox};
use super::FileError;

/// Jobs taken at once, so that many rows are one commit.
const BATCH: usize = 4_096;

/// Where errors of the disk are told: each kind once, until it has worked again.
pub(crate) type Report = Box<dyn FnMut(&FileError) + Send>;

/// The writer's end that the loop holds. Dropping it writes everything out, as [`Writer::finish`] does.
#[derive(Debug)]
pub(crate) struct Writer {
    outbox: Option<Outbox>,
    thread: Option<JoinHandle<()>>,
    journal: PathBuf,
}

impl Writer {
    /// Opens the ledger, begins a journal, and starts the thread. `wall_ms` is the run's begin,
    /// milliseconds since 1970.
    pub(crate) fn start(state_dir: &Path, wall_ms: u64, report: Report) -> Result<Writer, FileError> {
        let desk = Desk::open(state_dir, wall_ms, report)?;
        let journal = desk.journal_path().to_owned();
        let (outbox, jobs) = Outbox::new();
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || work(desk, &jobs))
            .map_err(|e| FileError::io("write", &journal, &e))?;
        Ok(Writer { outbox: Some(outbox), thread: Some(thread), journal })
    }

    /// This run's journal.
    pub(crate) fn journal_path(&self) -> &Path {
        &self.journal
    }

    /// Appends a line to the journal. When the disk falls far behind, lines of no phone are counted instead.
    pub(crate) fn journal(&mut self, observation: Observation) {
        if let Some(outbox) = &mut self.outbox {
            outbox.line(observation);
        }
    }

    /// Whether lines wait for [`Writer::flush`].
    pub(crate) fn has_lines(&self) -> bool {
        self.outbox.as_ref().is_some_and(Outbox::has_lines)
    }

    /// Hands all lines to the thread. They are handed over in batches otherwise, and before any row.
    pub(crate) fn flush(&mut self) {
        if let Some(outbox) = &mut self.outbox {
            outbox.flush();
        }
    }

    /// Writes or replaces a row of the ledger, after the journal up to here has been synced.
    pub(crate) fn row(&mut self, row: Row) {
        if let Some(outbox) = &mut self.outbox {
            outbox.send(Job::Row(Box::new(row)));
        }
    }

    /// Writes the leases: the last ones said, once a second at most, and at the end.
    pub(crate) fn leases(&mut self, leases: Vec<Lease>) {
        if let Some(outbox) = &mut self.outbox {
            outbox.send(Job::Leases(leases));
        }
    }

    /// Writes everything out, syncs it, and ends the thread.
    pub(crate) fn finish(self) {
        drop(self);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(outbox) = self.outbox.take() {
            outbox.close();
        }
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed by it.
            let _ = thread.join();
        }
    }
}

fn work(mut desk: Desk, jobs: &Receiver<Job>) {
    loop {
        let wait = desk.due().map_or(Duration::from_secs(3_600), |due| due.saturating_duration_since(Instant::now()));
        let job = jobs.recv_timeout(wait);
        let now = Instant::now();
        match job {
            Ok(job) => {
                desk.take(now, job);
                jobs.try_iter().take(BATCH).for_each(|job| desk.take(now, job));
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        desk.settle(now);
    }
    desk.finish(Instant::now());
}

#[cfg(test)]
mod tests;
