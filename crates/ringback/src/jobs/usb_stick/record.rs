//! What is under way, written down before the first byte, so that a writer that was killed is told of.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::host::process::{Identity, boot_id};
use crate::store::{FileError, atomic};
use crate::trouble::Trouble;
use crate::tui::plain::stamp;

const NAME: &str = "stick.json";

/// A stick or an image that is being written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// What is written to, for people: `sdb: SanDisk Cruzer, 8.0 GB`.
    pub(crate) target: String,
    /// The unfinished image, which is thrown away; none for a stick.
    pub(crate) image: Option<PathBuf>,
    /// The model that it is for.
    pub(crate) model: String,
    /// When it began, milliseconds since 1970 (UTC).
    pub(crate) began_ms: u64,
    /// Who writes, and in which run of the computer.
    writer: Identity,
    boot: String,
}

impl Record {
    /// A record of this process.
    pub(crate) fn new(target: String, image: Option<PathBuf>, model: &str, began_ms: u64) -> Record {
        Record { target, image, model: model.to_owned(), began_ms, writer: Identity::own(), boot: boot_id() }
    }

    /// Writes it down. It is on the disk when this returns.
    pub(crate) fn begin(&self, state: &Path) -> Result<(), FileError> {
        atomic::private_folder(state)?;
        let bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        atomic::replace(&state.join(NAME), &bytes)
    }

    fn is_written_now(&self) -> bool {
        self.boot == boot_id() && self.writer.runs()
    }
}

/// The work ended, well or with an error that was told.
pub(crate) fn end(state: &Path) {
    // What stays is told once more at the next start.
    let _ = fs::remove_file(state.join(NAME));
    let _ = atomic::sync_folder(state);
}

/// Whether another process writes a stick now.
pub(crate) fn other_writer(state: &Path) -> Option<Record> {
    read(state).filter(Record::is_written_now)
}

/// What a killed writer left, told once: half an image is removed, a stick is to be written again.
pub(crate) fn unfinished(state: &Path) -> Option<Trouble> {
    let record = read(state).filter(|r| !r.is_written_now())?;
    if let Some(image) = &record.image {
        let _ = fs::remove_file(image);
    }
    end(state);
    let what = format!(
        "the last stick was not finished: {} for a {}, begun {} UTC, was interrupted",
        record.target,
        record.model,
        stamp(record.began_ms)
    );
    Some(Trouble::of("RB556", what))
}

fn read(state: &Path) -> Option<Record> {
    serde_json::from_reader(File::open(state.join(NAME)).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::scratch::Scratch;

    #[test]
    fn a_killed_writer_is_told_once_and_a_running_one_is_not() {
        let scratch = Scratch::new("record");
        let state = scratch.path().join("state");
        assert!(unfinished(&state).is_none());
        let half = scratch.file("half", b"half");
        let mut record = Record::new("sdb: Made Up, 8.0 GB".into(), Some(half.clone()), "T46G", 0);
        record.begin(&state).unwrap();
        assert!(unfinished(&state).is_none(), "this process writes it");
        assert!(other_writer(&state).is_some());
        record.writer.started += 1;
        record.begin(&state).unwrap();
        let told = unfinished(&state).unwrap().to_string();
        assert!(told.starts_with("RB556") && told.contains("sdb") && told.contains("T46G"), "{told}");
        assert!(!half.exists());
        assert!(unfinished(&state).is_none(), "told once");
    }
}
