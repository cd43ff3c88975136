//! The writer's work, one step at a time and with the time as an argument.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bench::ledger::Row;
use proto::dhcp::server::Lease;

use super::Report;
use super::outbox::Job;
use crate::store::journal::Journal;
use crate::store::ledger::Ledger;
use crate::store::{FileError, leases};

/// Leases are written at most this often, and what the disk refused is tried again so often.
const EVERY: Duration = Duration::from_secs(1);

/// What is told once.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Journal,
    Ledger,
    Leases,
}

/// Journal, ledger and leases, and what waits to be written.
pub(super) struct Desk {
    state_dir: PathBuf,
    journal: Journal,
    ledger: Ledger,
    rows: Vec<Row>,
    rows_due: Option<Instant>,
    leases: Option<Vec<Lease>>,
    leases_due: Option<Instant>,
    leases_written: Option<Instant>,
    report: Report,
    told: [bool; 3],
}

impl Desk {
    /// Opens the ledger and begins a journal.
    pub(super) fn open(state_dir: &Path, wall_ms: u64, report: Report) -> Result<Desk, FileError> {
        Ok(Desk {
            state_dir: state_dir.to_owned(),
            ledger: Ledger::open(state_dir)?,
            journal: Journal::create(state_dir, wall_ms)?,
            rows: Vec::new(),
            rows_due: None,
            leases: None,
            leases_due: None,
            leases_written: None,
            report,
            told: [false; 3],
        })
    }

    /// Where the journal is.
    pub(super) fn journal_path(&self) -> &Path {
        self.journal.path()
    }

    /// Takes one thing to write.
    pub(super) fn take(&mut self, now: Instant, job: Job) {
        match job {
            Job::Lines(lines, _waiting) => {
                for observation in &lines {
                    let result = self.journal.append(now, observation);
                    self.tell(Kind::Journal, result);
                }
            }
            Job::Row(row) => {
                self.rows.retain(|r| (r.run, r.stay) != (row.run, row.stay));
                self.rows.push(*row);
                self.rows_due.get_or_insert(now);
            }
            Job::Leases(leases) => {
                self.leases = Some(leases);
                let earliest = self.leases_written.map_or(now, |at| at + EVERY);
                self.leases_due.get_or_insert(earliest);
            }
        }
    }

    /// When [`Desk::settle`] has to be called next.
    pub(super) fn due(&self) -> Option<Instant> {
        [self.journal.due(), self.rows_due, self.leases_due].into_iter().flatten().min()
    }

    /// Does everything that is due.
    pub(super) fn settle(&mut self, now: Instant) {
        if self.rows_due.is_some_and(|due| due <= now) {
            self.write_rows(now);
        }
        if self.journal.due().is_some_and(|due| due <= now) {
            let result = self.journal.flush(now);
            self.tell(Kind::Journal, result);
        }
        if self.leases_due.is_some_and(|due| due <= now) {
            self.write_leases(now);
        }
    }

    /// Writes and syncs all that waits.
    pub(super) fn finish(&mut self, now: Instant) {
        if self.rows.is_empty() {
            let result = self.journal.sync(now);
            self.tell(Kind::Journal, result);
        } else {
            self.write_rows(now);
        }
        self.write_leases(now);
        if self.journal.lost() > 0 || !self.rows.is_empty() {
            let what = "not everything of this run could be kept".to_owned();
            let why = format!("{} journal lines and {} rows found no room", self.journal.lost(), self.rows.len());
            (self.report)(&FileError::new(what, why, "Make room on that disk before the next run"));
        }
    }

    /// The journal first: a row must never tell of what the journal does not hold.
    fn write_rows(&mut self, now: Instant) {
        let synced = self.journal.sync(now);
        self.tell(Kind::Journal, synced);
        let written = self.ledger.put_all(&self.rows);
        self.rows_due = written.is_err().then_some(now + EVERY);
        if written.is_ok() {
            self.rows.clear();
        }
        self.tell(Kind::Ledger, written);
    }

    fn write_leases(&mut self, now: Instant) {
        let Some(leases) = &self.leases else { return };
        let written = leases::write(&self.state_dir, leases);
        self.leases_due = written.is_err().then_some(now + EVERY);
        self.leases_written = Some(now);
        if written.is_ok() {
            self.leases = None;
        }
        self.tell(Kind::Leases, written);
    }

    fn tell(&mut self, kind: Kind, result: Result<(), FileError>) {
        let told = &mut self.told[kind as usize];
        match result {
            Ok(()) => *told = false,
            Err(error) if !*told => {
                *told = true;
                (self.report)(&error);
            }
            Err(_) => {}
        }
    }
}
