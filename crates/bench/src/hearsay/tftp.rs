//! TFTP transfers of others, followed block by block (RFC 1350, 2347–2349, 7440).
//!
//! What counts is what the phone acknowledged: a file arrived when its last block was. Not here: the content.

use std::collections::BTreeMap;
use std::net::SocketAddrV4;
use std::time::Duration;

use proto::Time;
use proto::text::escape_short;
use proto::tftp::{Packet, Request};

use super::{By, Heard};
use crate::observe::{Layer, Seen, Via};

/// Transfers followed at once.
const FLOWS: usize = 8_192;
/// One that is silent for so long has ended without a word.
const SILENT: Duration = Duration::from_secs(60);
/// The longest name that is kept.
const NAME_KEPT: usize = 255;

/// One transfer.
#[derive(Debug)]
struct Flow {
    name: String,
    server: SocketAddrV4,
    /// The port that the server chose for it.
    port: Option<u16>,
    began: Time,
    last: Time,
    blksize: usize,
    size: u64,
    /// The highest block sent, counted on where the number on the wire begins anew.
    highest: u64,
    bytes: u64,
    last_block: Option<u64>,
    repeats: u64,
    started: bool,
}

/// All transfers under way, by the phone's address and port.
#[derive(Debug, Default)]
pub(super) struct Tftp {
    flows: BTreeMap<SocketAddrV4, Flow>,
}

impl Tftp {
    /// A datagram to port 69.
    pub(super) fn request(
        &mut self,
        at: Time,
        src: SocketAddrV4,
        dst: SocketAddrV4,
        payload: &[u8],
        out: &mut Vec<Heard>,
    ) {
        let by = By::Address(*src.ip());
        let request = match Packet::parse(payload) {
            Ok(Packet::Rrq(request)) => request,
            Ok(_) => return,
            Err(bad) => {
                let what = format!("{bad} (from {})", src.ip());
                return out.push(Heard { by, seen: Seen::Malformed { service: "TFTP".to_owned(), what } });
            }
        };
        let name = escape_short(request.name, NAME_KEPT);
        if let Some(flow) = self.flows.get(&src) {
            // Asked again because nothing was heard yet: the same request.
            if flow.name == name && !flow.started && at.since(flow.last) < SILENT {
                return;
            }
            self.give_up(src, "the phone asked for something else before it had all of it", out);
        }
        self.make_room(at, out);
        out.push(Heard {
            by,
            seen: Seen::FileAsked { via: Via::Tftp, name: name.clone(), from: *src.ip(), user_agent: None },
        });
        self.flows.insert(src, Flow::new(at, name, dst, &request));
    }

    /// A request that nobody hears is no transfer.
    pub(super) fn unheard(&mut self, src: SocketAddrV4, dst: SocketAddrV4) {
        if self.flows.get(&src).is_some_and(|f| f.server == dst && !f.started) {
            self.flows.remove(&src);
        }
    }

    /// Any other datagram; answers whether it belongs to a transfer.
    pub(super) fn datagram(
        &mut self,
        at: Time,
        src: SocketAddrV4,
        dst: SocketAddrV4,
        payload: &[u8],
        out: &mut Vec<Heard>,
    ) -> bool {
        if let Some(flow) = self.flows.get_mut(&dst).filter(|f| f.server.ip() == src.ip()) {
            if flow.port.is_some_and(|p| p != src.port()) {
                return true;
            }
            flow.port = Some(src.port());
            flow.last = at;
            if flow.server_says(payload, By::Address(*dst.ip()), out) {
                self.flows.remove(&dst);
            }
            return true;
        }
        let Some(flow) = self.flows.get_mut(&src).filter(|f| f.server.ip() == dst.ip()) else { return false };
        flow.last = at;
        if flow.phone_says(at, payload, By::Address(*src.ip()), out) {
            self.flows.remove(&src);
        }
        true
    }

    fn give_up(&mut self, src: SocketAddrV4, why: &str, out: &mut Vec<Heard>) {
        let Some(flow) = self.flows.remove(&src).filter(|f| f.started) else { return };
        // All was sent, and the phone went on: only its last word was not captured.
        let seen = if flow.last_block == Some(flow.highest) {
            flow.done(flow.last)
        } else {
            Seen::FileFailed { name: flow.name, bytes: flow.bytes, why: why.to_owned() }
        };
        out.push(Heard { by: By::Address(*src.ip()), seen });
    }

    /// When there are too many, those that fell silent are looked for; else the first goes.
    fn make_room(&mut self, at: Time, out: &mut Vec<Heard>) {
        if self.flows.len() < FLOWS {
            return;
        }
        let silent: Vec<SocketAddrV4> =
            self.flows.iter().filter(|(_, f)| at.since(f.last) >= SILENT).map(|(src, _)| *src).collect();
        for src in silent {
            self.give_up(src, "nothing more was heard of it", out);
        }
        if self.flows.len() >= FLOWS {
            self.flows.pop_first();
        }
    }
}

impl Flow {
    fn new(at: Time, name: String, server: SocketAddrV4, request: &Request<'_>) -> Flow {
        Flow {
            name,
            server,
            port: None,
            began: at,
            last: at,
            blksize: 512,
            size: request.options.number("tsize").unwrap_or(0),
            highest: 0,
            bytes: 0,
            last_block: None,
            repeats: 0,
            started: false,
        }
    }

    /// Answers whether the transfer is over.
    fn server_says(&mut self, payload: &[u8], by: By, out: &mut Vec<Heard>) -> bool {
        match Packet::parse(payload) {
            Ok(Packet::Oack(options)) => {
                let blksize = options.number("blksize").and_then(|n| usize::try_from(n).ok());
                self.blksize = blksize.filter(|n| (8..=65_464).contains(n)).unwrap_or(512);
                self.size = options.number("tsize").unwrap_or(self.size);
                self.start(by, out);
                false
            }
            Ok(Packet::Data { block, data }) => {
                let block = counted_on(block, self.highest);
                if block > self.highest {
                    self.highest = block;
                    self.bytes += data.len() as u64;
                } else {
                    self.repeats += 1;
                }
                if data.len() < self.blksize {
                    self.last_block = Some(block);
                }
                self.start(by, out);
                false
            }
            Ok(Packet::Error { code, text }) => {
                let words = format!("the server said \"{}\" ({})", escape_short(text, 120), code.name());
                let name = self.name.clone();
                out.push(Heard {
                    by,
                    seen: if self.started {
                        Seen::FileFailed { name, bytes: self.bytes, why: words }
                    } else {
                        Seen::FileRefused { name, code: refusal(code.into()).to_owned(), why: words }
                    },
                });
                true
            }
            _ => false,
        }
    }

    /// Answers whether the transfer is over.
    fn phone_says(&mut self, at: Time, payload: &[u8], by: By, out: &mut Vec<Heard>) -> bool {
        match Packet::parse(payload) {
            Ok(Packet::Ack { block }) => {
                // Where only the phone's side was captured, its word is all there is.
                self.start(by, out);
                let arrived = self.last_block.is_some_and(|last| counted_on(block, last.saturating_sub(1)) == last);
                if arrived {
                    out.push(Heard { by, seen: self.done(at) });
                }
                arrived
            }
            Ok(Packet::Error { code, text }) => {
                let why = format!("the phone said \"{}\" ({})", escape_short(text, 120), code.name());
                // Phones that only ask how long a file is end the transfer so.
                out.push(Heard { by, seen: Seen::FileFailed { name: self.name.clone(), bytes: self.bytes, why } });
                true
            }
            _ => false,
        }
    }

    fn start(&mut self, by: By, out: &mut Vec<Heard>) {
        if !self.started {
            self.started = true;
            let seen = Seen::FileServed {
                name: self.name.clone(),
                layer: Layer::Folder,
                sha256: String::new(),
                size: self.size,
            };
            out.push(Heard { by, seen });
        }
    }

    fn done(&self, at: Time) -> Seen {
        let millis = u64::try_from(at.since(self.began).as_millis()).unwrap_or(u64::MAX);
        Seen::FileDone { name: self.name.clone(), bytes: self.bytes, millis, repeats: self.repeats }
    }
}

/// The code under which a bench would have refused.
const fn refusal(error: u16) -> &'static str {
    match error {
        1 => "RB210",
        2 => "RB211",
        4 => "RB214",
        _ => "RB215",
    }
}

/// A block number of sixteen bits as one that does not begin anew: the one nearest to what was sent last.
fn counted_on(block: u16, near: u64) -> u64 {
    let base = near & !0xffff;
    let candidates = [base.checked_sub(0x1_0000), Some(base), base.checked_add(0x1_0000)];
    let numbers = candidates.into_iter().flatten().map(|b| b | u64::from(block));
    numbers.min_by_key(|n| n.abs_diff(near)).unwrap_or(block.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn block_numbers_are_counted_on() {
        assert_eq!(counted_on(1, 0), 1);
        assert_eq!(counted_on(0, 65_535), 65_536);
        assert_eq!(counted_on(65_535, 65_536), 65_535);
        assert_eq!(counted_on(2, 131_071), 131_074);
        assert_eq!(counted_on(0xffff, 3), 0xffff, "before the first there is nothing");
    }
}
