//! What the program keeps on disk, in one state folder of its owner's.
//!
//! | in the folder | module | what |
//! | --- | --- | --- |
//! | `blobs/`, `index.jsonl` | [`shelf`] | firmware and other files that phones ask for, by SHA-256 |
//! | `journals/` | [`journal`] | every observation, one file a run |
//! | `ledger.sqlite` | [`ledger`] | one row for each phone's stay |
//! | `leases.json` | [`leases`] | addresses handed out |
//!
//! [`writer`] owns journal, ledger and leases while a bench runs; [`folder`] lists and watches the folder
//! of `ringback serve`. Everything survives a kill at any moment: files are written beside their place
//! and renamed, rows are committed, a journal may lose the end of its last line.

pub(crate) mod atomic;
pub(crate) mod error;
pub(crate) mod folder;
pub(crate) mod journal;
pub(crate) mod leases;
pub(crate) mod ledger;
pub(crate) mod shelf;
pub(crate) mod writer;

#[cfg(test)]
pub(crate) mod scratch;

pub(crate) use error::FileError;
