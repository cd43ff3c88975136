//! Lines of other servers' logs, as people paste them.
//!
//! | file | server | how its form is known |
//! | --- | --- | --- |
//! | [`tftpd32`] | Tftpd32, Tftpd64 | published logs |
//! | [`dnsmasq`] | dnsmasq: DHCP and TFTP | the program itself |
//! | [`hpa`] | tftpd-hpa (and its relatives) in syslog | the program itself |
//! | [`atftpd`] | atftpd in syslog or a file of its own | the program itself |
//! | [`macos`] | TftpServer of macOS | a quoted log |
//! | [`plain`] | SolarWinds, 3CDaemon and any other that names address, file and what happened in one line | inferred |
//!
//! A line that nobody knows is counted, never an error. Deliberately not here: dates (a log's own clock only says
//! how much time passed), and a server's settings.

mod atftpd;
mod book;
mod dnsmasq;
mod hpa;
mod macos;
mod plain;
mod stamp;
mod tftpd32;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use profile::Profiles;
use proto::{Mac, Time};

use super::Heard;

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Said {
    /// A client's DHCP message.
    Dhcp { mac: Mac, kind: &'static str, id: Option<u32> },
    /// What the client says of itself in the message of this id: option 60, or its host name.
    Client { id: u32, vendor_class: Option<String>, host_name: Option<String> },
    /// An address was offered; without a MAC, to whoever asked last.
    Offered { mac: Option<Mac>, address: Ipv4Addr },
    /// An address was given.
    Gave { mac: Option<Mac>, address: Option<Ipv4Addr> },
    /// An address was refused.
    Nak { mac: Mac },
    /// Somebody connected; the file's name stands in a later line.
    From { address: Ipv4Addr },
    /// A file was asked for; without an address, by whoever connected last.
    Asked { from: Option<Ipv4Addr>, name: String, key: Option<u64>, told_at_end: bool },
    /// The file was sent whole.
    Sent { to: Option<Ipv4Addr>, name: Option<String>, key: Option<u64>, bytes: u64, repeats: u64 },
    /// The file is not here, or may not be read.
    Refused { to: Option<Ipv4Addr>, name: Option<String>, key: Option<u64>, code: &'static str, why: String },
    /// The transfer broke off.
    Failed { to: Option<Ipv4Addr>, name: Option<String>, key: Option<u64>, why: String },
    /// Known, and of no consequence.
    Nothing,
}

/// What became of the lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Lines in all.
    pub lines: u64,
    /// Lines that are empty.
    pub empty: u64,
    /// Lines that nobody knows.
    pub unknown: u64,
    /// Known lines, by the server that writes them so.
    pub known: BTreeMap<&'static str, u64>,
}

/// Reads one log.
#[derive(Debug, Default)]
pub(super) struct Log {
    clock: stamp::Clock,
    book: book::Book,
    pub(super) counts: Counts,
}

impl Log {
    /// Takes a line; answers its time, as far as the log tells.
    pub(super) fn line(&mut self, line: &[u8], profiles: &Profiles, out: &mut Vec<Heard>) -> Time {
        self.counts.lines += 1;
        let text = String::from_utf8_lossy(line);
        let text = text.trim();
        if text.is_empty() {
            self.counts.empty += 1;
            return self.clock.now();
        }
        let now = self.clock.read(text);
        match read(text, profiles) {
            Some((server, said)) => {
                *self.counts.known.entry(server).or_default() += 1;
                self.book.enter(now, said, profiles, out);
            }
            None => self.counts.unknown += 1,
        }
        now
    }

    /// The log is over.
    pub(super) fn end(&mut self, out: &mut Vec<Heard>) {
        self.book.end(out);
    }
}

/// What a line says, and whose it is.
fn read(text: &str, profiles: &Profiles) -> Option<(&'static str, Said)> {
    if let Some((program, id, rest)) = tagged(text) {
        let said = match program {
            "dnsmasq-dhcp" | "dnsmasq-tftp" | "dnsmasq" => dnsmasq::read(program, rest).map(|s| ("dnsmasq", s)),
            "in.tftpd" | "tftpd" | "tftpd-hpa" => hpa::read(id, rest).map(|s| ("tftpd", s)),
            "atftpd" => atftpd::read(id, rest).map(|s| ("atftpd", s)),
            _ => None,
        };
        // A syslog has lines of many programs; those of others are no TFTP server's in other words.
        return said;
    }
    tftpd32::read(text)
        .map(|s| ("Tftpd32", s))
        .or_else(|| macos::read(text).map(|s| ("TftpServer", s)))
        .or_else(|| plain::read(text, profiles).map(|s| ("plain words", s)))
}

/// `… program[id]: rest` or `program: rest`, as syslog and its relatives write it.
fn tagged(text: &str) -> Option<(&str, Option<u64>, &str)> {
    const PROGRAMS: [&str; 7] = ["dnsmasq-dhcp", "dnsmasq-tftp", "dnsmasq", "in.tftpd", "tftpd-hpa", "atftpd", "tftpd"];
    for program in PROGRAMS {
        for (at, _) in text.match_indices(program) {
            let begins = at == 0 || text[..at].ends_with(|c: char| c.is_whitespace() || c == '/');
            let Some(rest) = text.get(at + program.len()..).filter(|_| begins) else { continue };
            let (id, rest) = match rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
                // Process, or process and thread: `812.140213`.
                Some((id, rest)) => (id.bytes().filter(u8::is_ascii_digit).try_fold(0u64, digit), rest),
                None => (None, rest),
            };
            if let Some(rest) = rest.strip_prefix(':') {
                return Some((program, id, rest.trim_start()));
            }
        }
    }
    None
}

fn digit(number: u64, digit: u8) -> Option<u64> {
    number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
}

/// The first IPv4 address in a text.
fn address_in(text: &str) -> Option<Ipv4Addr> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '.')).find_map(|word| word.trim_matches('.').parse().ok())
}

/// The number that a text begins with.
fn number(text: &str) -> Option<u64> {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

/// What stands between two marks: `name` in `file <name>. Mode`.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

/// A name as it is kept: escaped, bounded.
fn name(text: &str) -> String {
    proto::text::escape_short(text.trim().as_bytes(), 255)
}

#[cfg(test)]
mod tests;
