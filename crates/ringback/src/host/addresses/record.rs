//! The list of changes to take back, on disk.

use std::fs::{self, File as Handle};
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::host::process::{Identity, boot_id};

/// One change of one interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Name of the interface.
    pub(super) interface: String,
    /// Its index.
    pub(super) index: u32,
    /// What was done to it.
    pub(super) change: Change,
    /// The program that did it.
    pub(super) by: Identity,
    /// During which run of the computer.
    pub(super) boot: String,
    /// When, in seconds since 1970.
    pub(super) time: u64,
}

/// A change that can be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Change {
    /// An address was added.
    Address {
        /// The address.
        address: Ipv4Addr,
        /// Prefix length.
        prefix: u8,
    },
    /// An address was added towards one other station alone.
    Peer {
        /// The address.
        address: Ipv4Addr,
        /// The other station.
        peer: Ipv4Addr,
    },
    /// It was off.
    SwitchedOn,
}

impl Change {
    /// For "could not … eth0".
    pub(super) fn infinitive(&self) -> String {
        match self {
            Change::Address { address, prefix } => format!("add the address {address}/{prefix} to"),
            Change::Peer { address, peer } => format!("add the address {address}, for {peer} alone, to"),
            Change::SwitchedOn => "switch on".into(),
        }
    }
}

impl Record {
    /// A change that this program makes now.
    pub(super) fn new(interface: &str, index: u32, change: Change) -> Record {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        Record { interface: interface.to_owned(), index, change, by: Identity::own(), boot: boot_id(), time }
    }
}

/// The file; absent when the list is empty.
#[derive(Debug)]
pub(super) struct File {
    path: PathBuf,
}

impl File {
    pub(super) fn new(state_dir: &Path) -> File {
        File { path: state_dir.join("host-undo.json") }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads, changes and writes the list; no other program can do so meanwhile. When this returns, the
    /// list is on the disk.
    pub(super) fn change(&self, change: impl FnOnce(&mut Vec<Record>)) -> io::Result<()> {
        if let Some(dir) = self.path.parent() {
            fs::create_dir_all(dir)?;
        }
        let lock = Handle::options().create(true).append(true).open(self.path.with_extension("lock"))?;
        lock.lock()?;
        let before = self.read()?;
        let mut after = before.clone();
        change(&mut after);
        if after == before { Ok(()) } else { self.write(&after) }
    }

    fn read(&self) -> io::Result<Vec<Record>> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        serde_json::from_slice(&bytes).or_else(|_| {
            // Kept for a person to look at; going on without it is better than never starting again.
            fs::rename(&self.path, self.path.with_extension("unreadable"))?;
            Ok(Vec::new())
        })
    }

    /// Whole or not at all: a new file takes the place of the old one.
    fn write(&self, records: &[Record]) -> io::Result<()> {
        if records.is_empty() {
            return fs::remove_file(&self.path);
        }
        let new = self.path.with_extension("new");
        let mut file = Handle::create(&new)?;
        file.write_all(&serde_json::to_vec_pretty(records)?)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        self.path.parent().map_or(Ok(()), |dir| Handle::open(dir)?.sync_all())
    }
}
