//! Changes to this computer's interfaces, each written down before it is made and taken back after use.
//!
//! The list is `host-undo.json` in the state folder. [`Undo`] takes its changes back when dropped; what
//! a killed run left behind is taken back by [`clean_up`] at the next start. Only what the bench itself
//! changed is ever touched: an address that was there before is neither written down nor removed. Not
//! here: which address to add (see [`super::subnet`]).

mod record;

use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::path::Path;

use super::netlink;
use super::process::boot_id;
use crate::io::sys::interface_index;
use crate::trouble::Trouble;

use record::{Change, File, Record};

/// Whether a change was needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    /// Made now; it will be taken back.
    Now,
    /// It was so before; it will be left so.
    Before,
}

/// Takes back what it changed, at the latest when dropped.
#[derive(Debug)]
pub(crate) struct Undo {
    file: File,
    made: Vec<Record>,
}

impl Undo {
    /// Nothing changed yet; the list is kept in `state_dir`.
    pub(crate) fn new(state_dir: &Path) -> Undo {
        Undo { file: File::new(state_dir), made: Vec::new() }
    }

    /// Adds an address to the interface of this name and index.
    pub(crate) fn add_address(
        &mut self,
        interface: &str,
        index: u32,
        address: Ipv4Addr,
        prefix: u8,
    ) -> Result<Made, Trouble> {
        let there = netlink::addresses().map_err(|e| failed("read the addresses of", interface, &e))?;
        if there.iter().any(|a| (a.index, a.address, a.prefix) == (index, address, prefix)) {
            return Ok(Made::Before);
        }
        self.make(Record::new(interface, index, Change::Address { address, prefix }))
    }

    /// Adds an address to the interface for one other station alone: nothing else of this computer's traffic is led
    /// there, whatever other networks it is on.
    pub(crate) fn add_peer(
        &mut self,
        interface: &str,
        index: u32,
        address: Ipv4Addr,
        peer: Ipv4Addr,
    ) -> Result<Made, Trouble> {
        self.make(Record::new(interface, index, Change::Peer { address, peer }))
    }

    /// Takes one such address back.
    pub(crate) fn remove_peer(&mut self, address: Ipv4Addr, peer: Ipv4Addr) {
        let is_it = |r: &Record| r.change == Change::Peer { address, peer };
        if let Some(at) = self.made.iter().position(is_it) {
            let record = self.made.remove(at);
            self.take_back(record);
        }
    }

    /// Switches the interface of this name and index on, if it is off (`up` is what is known of it).
    pub(crate) fn switch_on(&mut self, interface: &str, index: u32, up: bool) -> Result<Made, Trouble> {
        if up { Ok(Made::Before) } else { self.make(Record::new(interface, index, Change::SwitchedOn)) }
    }

    /// Takes everything back, the last change first.
    pub(crate) fn undo(&mut self) -> Vec<Undone> {
        let made = std::mem::take(&mut self.made);
        made.into_iter().rev().map(|record| self.take_back(record)).collect()
    }

    fn make(&mut self, record: Record) -> Result<Made, Trouble> {
        self.file.change(|records| records.push(record.clone())).map_err(|e| unwritable(self.file.path(), &e))?;
        let outcome = match record.change {
            Change::Address { address, prefix } => netlink::add_address(record.index, address, prefix),
            Change::Peer { address, peer } => netlink::add_peer(record.index, address, peer),
            Change::SwitchedOn => netlink::set_up(record.index, true),
        };
        match outcome {
            Ok(()) => {
                self.made.push(record);
                Ok(Made::Now)
            }
            Err(error) => {
                // It was not made, so it must not be taken back either.
                self.file.change(|records| records.retain(|r| *r != record)).ok();
                match error.kind() {
                    io::ErrorKind::AlreadyExists => Ok(Made::Before),
                    _ => Err(failed(&record.change.infinitive(), &record.interface, &error)),
                }
            }
        }
    }

    fn take_back(&mut self, record: Record) -> Undone {
        let undone = take_back(record);
        if !matches!(undone.outcome, Outcome::Failed(_)) {
            // Left in the list when it cannot be written: the next start finds nothing to do then.
            self.file.change(|records| records.retain(|r| *r != undone.record)).ok();
        }
        undone
    }
}

impl Drop for Undo {
    fn drop(&mut self) {
        self.undo();
    }
}

/// What became of one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undone {
    record: Record,
    /// How it went.
    pub(crate) outcome: Outcome,
}

/// How taking a change back went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is as it was before.
    Undone,
    /// There was nothing to take back any more.
    Gone,
    /// The program that made it still runs: it keeps it.
    InUse,
    /// It did not work, for this reason; it stays in the list.
    Failed(String),
}

/// Takes back what earlier runs left behind (RB506 when there was something). A run that still goes on keeps what
/// it has.
pub(crate) fn clean_up(state_dir: &Path) -> Result<Vec<Undone>, Trouble> {
    let file = File::new(state_dir);
    let mut report = Vec::new();
    // The list stays locked meanwhile, so that a second bench that starts now waits.
    let change = |records: &mut Vec<Record>| {
        for record in std::mem::take(records).into_iter().rev() {
            let undone = if record.by.runs() && record.boot == boot_id() {
                Undone { record, outcome: Outcome::InUse }
            } else {
                take_back(record)
            };
            if matches!(undone.outcome, Outcome::InUse | Outcome::Failed(_)) {
                records.insert(0, undone.record.clone());
            }
            report.push(undone);
        }
    };
    file.change(change).map_err(|e| unwritable(file.path(), &e))?;
    Ok(report)
}

fn take_back(record: Record) -> Undone {
    let outcome = match try_take_back(&record) {
        Ok(true) => Outcome::Undone,
        Ok(false) => Outcome::Gone,
        Err(error) => match error.raw_os_error() {
            // The address or the interface went away by itself, in between.
            Some(libc::EADDRNOTAVAIL | libc::ENODEV) => Outcome::Gone,
            _ => Outcome::Failed(error.to_string()),
        },
    };
    Undone { record, outcome }
}

/// Whether there was something to do.
fn try_take_back(record: &Record) -> io::Result<bool> {
    // Nothing outlives a restart, and an interface that was unplugged comes back with another index: what
    // looks the same then is someone else's.
    if record.boot != boot_id() || interface_index(&record.interface).ok() != Some(record.index) {
        return Ok(false);
    }
    let mut addresses = netlink::addresses()?;
    addresses.retain(|a| a.index == record.index);
    match record.change {
        Change::Address { address, prefix } => {
            if !addresses.iter().any(|a| (a.address, a.prefix) == (address, prefix)) {
                return Ok(false);
            }
            netlink::remove_address(record.index, address, prefix)?;
        }
        Change::Peer { address, peer } => {
            if !addresses.iter().any(|a| a.address == address) {
                return Ok(false);
            }
            netlink::remove_peer(record.index, address, peer)?;
        }
        Change::SwitchedOn => {
            if !addresses.is_empty() {
                // Somebody else uses it by now.
                return Ok(false);
            }
            netlink::set_up(record.index, false)?;
        }
    }
    Ok(true)
}

fn failed(what: &str, interface: &str, error: &io::Error) -> Trouble {
    match error.kind() {
        io::ErrorKind::PermissionDenied => super::privileges::no_permission(&format!("{what} {interface}")),
        _ if error.raw_os_error() == Some(libc::ENODEV) => Trouble::new(
            "RB503",
            format!("could not {what} {interface}: it is gone"),
            "Plug the network adapter in again, then start again.",
        ),
        _ => Trouble::new("RB503", format!("could not {what} {interface}: {error}"), ""),
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Trouble {
    Trouble::new(
        "RB508",
        format!("could not write {}: {error}", path.display()),
        "Nothing is changed on an interface without writing down how to take it back.",
    )
}

impl fmt::Display for Undone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Record { interface, by, change, .. } = &self.record;
        let what = match change {
            Change::Address { address, prefix } => format!("{address}/{prefix} on {interface}"),
            Change::Peer { address, peer } => format!("{address} (for {peer} alone) on {interface}"),
            Change::SwitchedOn => format!("{interface}, which the bench had switched on"),
        };
        match (&self.outcome, change) {
            (Outcome::Undone, Change::Address { .. } | Change::Peer { .. }) => write!(f, "removed {what}"),
            (Outcome::Undone, Change::SwitchedOn) => write!(f, "switched off {what}"),
            (Outcome::Gone, _) => write!(f, "nothing to take back for {what}"),
            (Outcome::InUse, _) => write!(f, "left {what}: {} (process {}) uses it", by.program, by.pid),
            (Outcome::Failed(why), _) => write!(f, "could not take back {what}: {why}"),
        }
    }
}

#[cfg(test)]
mod tests;
