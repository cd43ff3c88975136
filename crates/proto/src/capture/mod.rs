//! Capture files: pcap and pcapng (draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng), read as a stream.
//!
//! Bytes are pushed in pieces of any size, packets come out; no more is kept than the largest packet and the
//! last piece. Blocks that carry no packets are skipped without being kept. A damaged block is counted and
//! stepped over where its length still holds; a capture that was cut off ends where it was cut.
//! Deliberately not here: writing captures, name resolution and decryption secrets, reassembly.

mod link;

use std::fmt;

use pcap_parser::pcapng::{Block, parse_block_be, parse_block_le};
use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{PcapHeader, parse_pcap_frame, parse_pcap_frame_be, parse_pcap_frame_modified, parse_pcap_header};

pub use link::LinkType;

/// The largest packet or description that is taken, bytes. Tools write 256 KiB at most.
const LARGEST: usize = 1 << 20;
/// Interfaces remembered of a pcapng section.
const INTERFACES: usize = 1_024;
/// The first four bytes of a pcapng file: the type of a section header, the same in both byte orders.
const SECTION: u32 = 0x0a0d_0d0a;

/// A packet of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Its number in the file, as other tools count it; the first is 1.
    pub number: u64,
    /// When it was captured, microseconds since 1970; `None` where the file does not say (simple blocks).
    pub at_us: Option<u64>,
    /// What the bytes begin with.
    pub link: LinkType,
    /// The bytes that were kept.
    pub bytes: &'a [u8],
    /// How long the packet was on the wire, bytes.
    pub length: u32,
}

/// What reading comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// A packet.
    Packet(Packet<'a>),
    /// Push more, or it is over.
    More,
    /// Nothing further can be read.
    End(Malformed),
}

/// Why nothing further can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// The first bytes belong to no capture file.
    NotACapture,
    /// A packet or block of this length: the file is damaged there.
    Length(u64),
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::NotACapture => f.write_str("neither pcap nor pcapng"),
            Malformed::Length(length) => write!(f, "a block of {length} bytes: the file is damaged from here on"),
        }
    }
}

impl std::error::Error for Malformed {}

/// Whether a file that begins so is a capture.
pub fn is_capture(first: &[u8]) -> bool {
    let Some(magic) = first.first_chunk::<4>() else { return false };
    matches!(u32::from_le_bytes(*magic), SECTION | 0xa1b2_c3d4 | 0xa1b2_3c4d | 0xa1b2_cd34 | 0xd4c3_b2a1 | 0x4d3c_b2a1)
}

/// One interface of a pcapng section.
#[derive(Clone, Copy, Debug)]
struct Interface {
    link: LinkType,
    /// The raw option: a power of ten, or of two with the highest bit set.
    resolution: u8,
    /// Seconds to add.
    offset: i64,
}

#[derive(Clone, Debug)]
enum Form {
    Unknown,
    Pcap { header: PcapHeader },
    Pcapng { big_endian: bool },
}

/// Reads a capture as a stream.
#[derive(Clone, Debug)]
pub struct Reader {
    form: Form,
    buffer: Vec<u8>,
    /// How much of the buffer is used up.
    used: usize,
    /// Bytes of a block without packets that are still to be skipped.
    skip: u64,
    interfaces: Vec<Interface>,
    number: u64,
    damaged: u64,
    ended: Option<Malformed>,
}

impl Default for Reader {
    fn default() -> Reader {
        Reader::new()
    }
}

impl Reader {
    /// A reader that has read nothing.
    pub const fn new() -> Reader {
        Reader {
            form: Form::Unknown,
            buffer: Vec::new(),
            used: 0,
            skip: 0,
            interfaces: Vec::new(),
            number: 0,
            damaged: 0,
            ended: None,
        }
    }

    /// Hands in the next bytes of the file. Take every packet by [`Reader::step`] before handing in more: what was
    /// not taken is kept.
    pub fn push(&mut self, bytes: &[u8]) {
        let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(bytes.len());
        // Only an empty buffer can have something left to skip.
        self.skip -= skipped as u64;
        self.buffer.drain(..self.used);
        self.used = 0;
        self.buffer.extend_from_slice(bytes.get(skipped..).unwrap_or_default());
    }

    /// The next packet, if one is whole.
    pub fn step(&mut self) -> Step<'_> {
        loop {
            if let Some(malformed) = self.ended {
                return Step::End(malformed);
            }
            let found = match &self.form {
                Form::Unknown => self.begin(),
                Form::Pcap { .. } => self.record(),
                Form::Pcapng { big_endian } => self.block(*big_endian),
            };
            match found {
                Ok(Found::Packet { at_us, link, from, to, length }) => {
                    self.number += 1;
                    let bytes = self.buffer.get(from..to).unwrap_or_default();
                    return Step::Packet(Packet { number: self.number, at_us, link, bytes, length });
                }
                Ok(Found::Other) => {}
                Ok(Found::More) => return Step::More,
                Err(malformed) => self.ended = Some(malformed),
            }
        }
    }

    /// Packets read until now.
    pub const fn packets(&self) -> u64 {
        self.number
    }

    /// Blocks that were damaged and stepped over.
    pub const fn damaged(&self) -> u64 {
        self.damaged
    }

    /// Bytes that are left when the file has ended: more than none means that it was cut off.
    pub fn left(&self) -> usize {
        self.buffer.len() - self.used
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.used..).unwrap_or_default()
    }

    fn begin(&mut self) -> Result<Found, Malformed> {
        let Some(magic) = self.rest().first_chunk::<4>() else { return Ok(Found::More) };
        if u32::from_le_bytes(*magic) == SECTION {
            self.form = Form::Pcapng { big_endian: false };
            return Ok(Found::Other);
        }
        if !is_capture(magic) {
            return Err(Malformed::NotACapture);
        }
        let header = match parse_pcap_header(self.rest()) {
            Ok((_, header)) => header,
            Err(nom_error) if nom_error.is_incomplete() => return Ok(Found::More),
            Err(_) => return Err(Malformed::NotACapture),
        };
        self.used += header.size();
        self.form = Form::Pcap { header };
        Ok(Found::Other)
    }

    /// One record of a pcap file.
    fn record(&mut self) -> Result<Found, Malformed> {
        let Form::Pcap { header } = &self.form else { return Ok(Found::More) };
        let rest = self.rest();
        let before = if header.is_modified_format() { 24 } else { 16 };
        let Some(captured) = rest.get(8..12).and_then(|b| b.first_chunk::<4>()) else { return Ok(Found::More) };
        let captured =
            if header.is_bigendian() { u32::from_be_bytes(*captured) } else { u32::from_le_bytes(*captured) };
        if captured as usize > LARGEST {
            return Err(Malformed::Length(captured.into()));
        }
        let parsed = match (header.is_modified_format(), header.is_bigendian()) {
            (true, _) => parse_pcap_frame_modified(rest),
            (false, true) => parse_pcap_frame_be(rest),
            (false, false) => parse_pcap_frame(rest),
        };
        let Ok((_, record)) = parsed else { return Ok(Found::More) };
        let fraction = u64::from(record.ts_usec) / if header.is_nanosecond_precision() { 1_000 } else { 1 };
        let at_us = Some(u64::from(record.ts_sec) * 1_000_000 + fraction);
        let (link, length) = (LinkType::from_number(header.network.0), record.origlen);
        let from = self.used + before;
        let to = from + captured as usize;
        self.used = to;
        Ok(Found::Packet { at_us, link, from, to, length })
    }

    /// One block of a pcapng file.
    fn block(&mut self, big_endian: bool) -> Result<Found, Malformed> {
        const INTERFACE: u32 = 1;
        const SIMPLE: u32 = 3;
        const ENHANCED: u32 = 6;
        let Some((head, _)) = self.rest().split_first_chunk::<12>() else { return Ok(Found::More) };
        let number = |at: usize, big: bool| {
            let four = [head[at], head[at + 1], head[at + 2], head[at + 3]];
            if big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
        };
        let kind = number(0, big_endian);
        // A section says its own byte order, by which its length is written, too.
        let big_endian = if kind == SECTION { head[8..12] == [0x1a, 0x2b, 0x3c, 0x4d] } else { big_endian };
        let length = number(4, big_endian);
        if length < 12 || !length.is_multiple_of(4) {
            return Err(Malformed::Length(length.into()));
        }
        if kind == SECTION {
            self.form = Form::Pcapng { big_endian };
            self.interfaces.clear();
        }
        if !matches!(kind, INTERFACE | SIMPLE | ENHANCED) || length as usize > LARGEST {
            self.step_over(length);
            return Ok(Found::Other);
        }
        let Some(bytes) = self.rest().get(..length as usize) else { return Ok(Found::More) };
        let parsed = if big_endian { parse_block_be(bytes) } else { parse_block_le(bytes) };
        let found = match parsed {
            Ok((_, Block::InterfaceDescription(told))) => {
                let link = LinkType::from_number(told.linktype.0);
                let offset = if big_endian { told.if_tsoffset.swap_bytes() } else { told.if_tsoffset };
                let interface = Interface { link, resolution: told.if_tsresol, offset };
                if self.interfaces.len() < INTERFACES {
                    self.interfaces.push(interface);
                }
                Found::Other
            }
            Ok((_, Block::EnhancedPacket(packet))) => {
                let at = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                let (length, kept) = (packet.origlen, packet.packet_data().len());
                self.packet(packet.if_id as usize, Some(at), 28, kept, length)
            }
            Ok((_, Block::SimplePacket(packet))) => {
                let length = packet.origlen;
                let kept = packet.packet_data().len();
                self.packet(0, None, 12, kept, length)
            }
            _ => {
                self.damaged += 1;
                Found::Other
            }
        };
        self.used += length as usize;
        Ok(found)
    }

    /// A packet whose bytes begin so far into the block; damaged when nothing has described its interface.
    fn packet(&mut self, interface: usize, at: Option<u64>, before: usize, kept: usize, length: u32) -> Found {
        let Some(interface) = self.interfaces.get(interface) else {
            self.damaged += 1;
            return Found::Other;
        };
        let at_us = at.map(|at| micros(at, interface));
        let from = self.used + before;
        Found::Packet { at_us, link: interface.link, from, to: from + kept, length }
    }

    fn step_over(&mut self, length: u32) {
        let here = self.left().min(length as usize);
        self.used += here;
        self.skip = u64::from(length) - here as u64;
    }
}

/// What was found in the buffer.
enum Found {
    Packet { at_us: Option<u64>, link: LinkType, from: usize, to: usize, length: u32 },
    Other,
    More,
}

/// A time stamp in an interface's units (option `if_tsresol`) as microseconds since 1970.
fn micros(at: u64, interface: &Interface) -> u64 {
    let power = u32::from(interface.resolution & 0x7f);
    let units = if interface.resolution & 0x80 != 0 { 2u128.checked_pow(power) } else { 10u128.checked_pow(power) };
    // What no clock can count in has no seconds.
    let micros = units.map_or(0, |units| u128::from(at) * 1_000_000 / units);
    let offset = i128::from(interface.offset) * 1_000_000;
    u64::try_from(i128::try_from(micros).unwrap_or(i128::MAX).saturating_add(offset)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
