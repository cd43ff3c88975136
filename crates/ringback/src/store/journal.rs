//! Journals on disk: one file a run, one observation a line, appended and never changed.

mod lines;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bench::Observation;

use super::{FileError, atomic};

/// A line is handed to the system at most this late, so that a kill loses no more than that.
pub(crate) const LATEST: Duration = Duration::from_millis(200);
/// Lines that the disk does not take are kept up to this many bytes; further ones are lost.
const KEPT: usize = 8 << 20;
/// From this many bytes on a line is written at once.
const FULL: usize = 64 << 10;
/// Journals kept, this run's among them.
const JOURNALS: usize = 200;
/// Bytes of journals kept.
const JOURNALS_BYTES: u64 = 1 << 30;

/// The journal of this run.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes in the file up to the last whole line.
    len: u64,
    waiting: Vec<u8>,
    /// When the oldest waiting line has to be written.
    due: Option<Instant>,
    lost: u64,
}

impl Journal {
    /// Begins a journal in `journals/` and removes the oldest ones. `wall_ms` is the run's begin,
    /// milliseconds since 1970.
    pub(crate) fn create(state_dir: &Path, wall_ms: u64) -> Result<Journal, FileError> {
        let folder = folder(state_dir);
        atomic::private_folder(&folder)?;
        prune(&folder, JOURNALS - 1, JOURNALS_BYTES)?;
        let mut n = 1;
        loop {
            let path = folder.join(file_name(wall_ms, n));
            match File::create_new(&path) {
                Ok(file) => return Ok(Journal { path, file, len: 0, waiting: Vec::new(), due: None, lost: 0 }),
                // Two benches may begin within one millisecond.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists && n < 100 => n += 1,
                Err(e) => return Err(FileError::io("create", &path, &e)),
            }
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Lines that were lost because the disk took none for long.
    pub(crate) fn lost(&self) -> u64 {
        self.lost
    }

    /// Appends a line. An error means that it waits, and is tried again with the next call.
    pub(crate) fn append(&mut self, now: Instant, observation: &Observation) -> Result<(), FileError> {
        if self.waiting.len() >= KEPT {
            self.lost += 1;
        } else {
            self.waiting.extend_from_slice(bench::journal::line(observation).as_bytes());
            self.waiting.push(b'\n');
            self.due.get_or_insert(now + LATEST);
        }
        if self.waiting.len() >= FULL { self.flush(now) } else { Ok(()) }
    }

    /// When [`Journal::flush`] has to be called.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Hands all lines to the system. After an error they are tried again later.
    pub(crate) fn flush(&mut self, now: Instant) -> Result<(), FileError> {
        if self.waiting.is_empty() {
            self.due = None;
            return Ok(());
        }
        if let Err(error) = self.file.write_all(&self.waiting) {
            // Half a line must not have a whole one glued to it.
            let _ = self.file.set_len(self.len).and_then(|()| io::Seek::seek(&mut self.file, io::SeekFrom::End(0)));
            self.due = Some(now + 5 * LATEST);
            return Err(FileError::io("write", &self.path, &error));
        }
        self.len += self.waiting.len() as u64;
        self.waiting.clear();
        self.due = None;
        Ok(())
    }

    /// Makes all lines last over a loss of power.
    pub(crate) fn sync(&mut self, now: Instant) -> Result<(), FileError> {
        self.flush(now)?;
        self.file.sync_data().map_err(|e| FileError::io("write", &self.path, &e))
    }
}

/// Reads a journal line by line. What is not an observation comes as [`bench::journal::Line::Unreadable`]
/// with the reason.
pub(crate) fn read(path: &Path) -> Result<impl Iterator<Item = bench::journal::Line>, FileError> {
    lines::read(path)
}

/// All journals of a state folder, newest first.
pub(crate) fn list(state_dir: &Path) -> Result<Vec<PathBuf>, FileError> {
    newest_first(&folder(state_dir)).map(|files| files.into_iter().map(|f| f.0).collect())
}

fn folder(state_dir: &Path) -> PathBuf {
    state_dir.join("journals")
}

/// Sorts by time as text does, and keeps the number by which the ledger names the run.
fn file_name(wall_ms: u64, n: u32) -> String {
    let time = i64::try_from(wall_ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    let time = time.unwrap_or(jiff::Timestamp::MAX).strftime("%Y%m%dT%H%M%SZ");
    if n == 1 { format!("{time}-{wall_ms}.jsonl") } else { format!("{time}-{wall_ms}-{n}.jsonl") }
}

fn newest_first(folder: &Path) -> Result<Vec<(PathBuf, u64)>, FileError> {
    let files = match fs::read_dir(folder) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(FileError::io("read", folder, &error)),
    };
    let mut journals: Vec<(PathBuf, u64)> = files
        .flatten()
        .filter(|f| f.path().extension().is_some_and(|e| e == "jsonl"))
        .filter_map(|f| Some((f.path(), f.metadata().ok().filter(fs::Metadata::is_file)?.len())))
        .collect();
    journals.sort_unstable_by(|a, b| b.0.cmp(&a.0));
    Ok(journals)
}

fn prune(folder: &Path, keep: usize, keep_bytes: u64) -> Result<(), FileError> {
    let mut bytes = 0u64;
    for (n, (path, size)) in newest_first(folder)?.into_iter().enumerate() {
        bytes = bytes.saturating_add(size);
        if n >= keep || bytes > keep_bytes {
            fs::remove_file(&path).map_err(|e| FileError::io("remove", &path, &e))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use bench::Seen;
    use bench::journal::Line;
    use proto::Time;

    use super::*;
    use crate::store::scratch::Scratch;

    fn observation(n: u64) -> Observation {
        Observation { n, at: Time::from_millis(n), phone: None, seen: Seen::Link { up: n.is_multiple_of(2) } }
    }

    #[test]
    fn what_is_appended_is_read_again_after_at_most_the_delay() {
        let scratch = Scratch::new("journal");
        let mut journal = Journal::create(scratch.path(), 1_795_000_000_123).unwrap();
        assert_eq!(journal.path().file_name().unwrap(), "20261118T110640Z-1795000000123.jsonl");
        let now = Instant::now();
        for n in 1..=3 {
            journal.append(now, &observation(n)).unwrap();
        }
        assert_eq!(read(journal.path()).unwrap().count(), 0, "lines are written together");
        assert_eq!(journal.due(), Some(now + LATEST));
        journal.flush(now).unwrap();
        assert_eq!(journal.due(), None);
        let lines: Vec<Line> = read(journal.path()).unwrap().collect();
        assert_eq!(lines, (1..=3).map(|n| Line::Observation(Box::new(observation(n)))).collect::<Vec<_>>());
    }

    #[test]
    fn two_runs_of_one_millisecond_have_a_journal_each() {
        let scratch = Scratch::new("journal");
        let first = Journal::create(scratch.path(), 5).unwrap();
        let second = Journal::create(scratch.path(), 5).unwrap();
        assert_ne!(first.path(), second.path());
        assert_eq!(list(scratch.path()).unwrap().len(), 2);
    }

    #[test]
    fn only_the_newest_journals_are_kept() {
        let scratch = Scratch::new("journal");
        let folder = folder(scratch.path());
        for n in 0..300u64 {
            scratch.file(&format!("journals/{}", file_name(n * 1_000_000_000, 1)), b"{}\n");
        }
        scratch.file("journals/notes.txt", b"mine");
        let journal = Journal::create(scratch.path(), 1_795_000_000_123).unwrap();
        let left = list(scratch.path()).unwrap();
        assert_eq!((left.len(), left[0].as_path()), (JOURNALS, journal.path()));
        assert!(folder.join("notes.txt").exists());
        assert!(!folder.join(file_name(100_000_000_000, 1)).exists());
        prune(&folder, 100, 6).unwrap();
        assert_eq!(list(scratch.path()).unwrap().len(), 3, "the empty one and two of three bytes");
    }

    #[test]
    fn a_full_disk_keeps_lines_waiting() {
        let mut journal = Journal {
            path: "/dev/full".into(),
            file: File::options().write(true).open("/dev/full").unwrap(),
            len: 0,
            waiting: Vec::new(),
            due: None,
            lost: 0,
        };
        let now = Instant::now();
        journal.append(now, &observation(1)).unwrap();
        let error = journal.flush(now).unwrap_err().to_string();
        assert!(error.starts_with("RB508: cannot write /dev/full: ") && error.contains("Make room"), "{error}");
        assert!(journal.due().is_some_and(|due| due > now), "it is tried again");
        let scratch = Scratch::new("journal");
        journal.path = scratch.file("later.jsonl", b"");
        journal.file = File::options().write(true).open(&journal.path).unwrap();
        journal.flush(now).unwrap();
        assert_eq!(read(&journal.path).unwrap().collect::<Vec<_>>(), [Line::Observation(Box::new(observation(1)))]);
    }
}
