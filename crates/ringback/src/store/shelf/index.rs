//! The shelf's index: one JSON object a line, the whole file replaced at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use bench::shelf::Blob;
use serde::{Deserialize, Serialize};

use crate::store::{FileError, atomic};

/// The index in the state folder.
pub(super) const NAME: &str = "index.jsonl";

/// A blob, and how its file looked when it was last read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// What it is.
    #[serde(flatten)]
    pub(super) blob: Blob,
    /// Time of the file's last change, nanoseconds since 1970.
    mtime_ns: i64,
    /// The file's number on its disk; 0 where an older program did not keep it.
    #[serde(default)]
    inode: u64,
    /// Which [`JUDGE`] looked at it.
    #[serde(default)]
    judge: u32,
}

/// Counts up whenever files are judged differently: what an older program judged is looked at again, once.
const JUDGE: u32 = 3;

impl Entry {
    /// The entry of a blob whose file is at `place` already.
    pub(super) fn of(blob: Blob, place: &Path) -> io::Result<Entry> {
        let stamp = Stamp::of(place)?;
        Ok(Entry { blob, mtime_ns: stamp.mtime_ns, inode: stamp.inode, judge: JUDGE })
    }

    /// Whether the file has the length, the time and the number that it had. Bytes that were changed so
    /// that all three stayed are not noticed; reading them again is what tells.
    pub(super) fn is_as_it_was(&self, place: &Path) -> bool {
        self.judge == JUDGE
            && Stamp::of(place)
                .is_ok_and(|now| (now.size, now.mtime_ns, now.inode) == (self.blob.size, self.mtime_ns, self.inode))
    }

    /// Takes the file's stamp anew, and what is thought of it now: its bytes were read again.
    pub(super) fn judged(&mut self, blob: Blob, place: &Path) -> io::Result<()> {
        *self = Entry::of(blob, place)?;
        Ok(())
    }
}

/// The index. A blob may have several names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    entries: BTreeMap<(String, String), Entry>,
    hashes: BTreeSet<String>,
    /// Lines that are not entries.
    pub(super) unreadable: usize,
}

impl Index {
    /// Where a state folder has it.
    pub(super) fn path(state_dir: &Path) -> PathBuf {
        state_dir.join(NAME)
    }

    /// Reads it; empty when there is none.
    pub(super) fn read(state_dir: &Path) -> Result<Index, FileError> {
        let path = Index::path(state_dir);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Index::default()),
            Err(error) => return Err(FileError::io("read", &path, &error)),
        };
        let mut index = Index::default();
        for line in text.split(|&b| b == b'\n').filter(|l| !l.is_empty()) {
            match serde_json::from_slice::<Entry>(line) {
                // The hash becomes a file's name: nothing else may.
                Ok(entry) if is_sha256(&entry.blob.sha256) => index.put(entry),
                _ => index.unreadable += 1,
            }
        }
        Ok(index)
    }

    /// Replaces the file.
    pub(super) fn write(&self, state_dir: &Path) -> Result<(), FileError> {
        let path = Index::path(state_dir);
        let mut text = Vec::new();
        for entry in self.entries.values() {
            let line = serde_json::to_vec(entry).map_err(|e| FileError::io("write", &path, &io::Error::other(e)))?;
            text.extend_from_slice(&line);
            text.push(b'\n');
        }
        atomic::replace(&path, &text)
    }

    /// All blobs, by name.
    pub(super) fn blobs(&self) -> impl Iterator<Item = &Blob> {
        self.entries.values().map(|e| &e.blob)
    }

    /// Whether this blob is listed under this name.
    pub(super) fn has(&self, blob: &Blob) -> bool {
        self.entries.contains_key(&(blob.name.clone(), blob.sha256.clone()))
    }

    /// Whether what is listed under this name and hash is known to be what somebody vouches for.
    pub(super) fn is_proven(&self, blob: &Blob) -> bool {
        self.entries.get(&(blob.name.clone(), blob.sha256.clone())).is_some_and(|e| e.blob.proven.is_some())
    }

    /// Whether these bytes are listed under any name.
    pub(super) fn has_sha256(&self, sha256: &str) -> bool {
        self.hashes.contains(sha256)
    }

    /// Lists one.
    pub(super) fn put(&mut self, entry: Entry) {
        self.hashes.insert(entry.blob.sha256.clone());
        self.entries.insert((entry.blob.name.clone(), entry.blob.sha256.clone()), entry);
    }

    /// Keeps those that `keep` says yes to; it may change them.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&mut Entry) -> bool) {
        let entries = std::mem::take(&mut self.entries).into_values();
        let kept = entries.filter_map(|mut entry| keep(&mut entry).then_some(entry));
        self.entries = kept.map(|e| ((e.blob.name.clone(), e.blob.sha256.clone()), e)).collect();
        self.hashes = self.entries.keys().map(|(_, sha256)| sha256.clone()).collect();
    }
}

/// Whether this is a SHA-256 in lower-case hex.
pub(super) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

struct Stamp {
    size: u64,
    mtime_ns: i64,
    inode: u64,
}

impl Stamp {
    fn of(place: &Path) -> io::Result<Stamp> {
        let meta = fs::metadata(place)?;
        let mtime_ns = meta.mtime().saturating_mul(1_000_000_000).saturating_add(meta.mtime_nsec());
        Ok(Stamp { size: meta.len(), mtime_ns, inode: meta.ino() })
    }
}
