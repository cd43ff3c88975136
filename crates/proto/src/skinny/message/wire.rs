//! Messages from and to the bytes of their frames.

use super::{MAX_CAPABILITIES, Message, Moment, Register};
use crate::skinny::packet::{Frame, Malformed, number};

/// Buttons of a template message.
const BUTTONS: usize = 42;
/// Softkeys of a template message.
const SOFT_KEYS: usize = 32;
/// Sets of softkeys, and keys in each.
const SETS: usize = 16;

impl Message {
    /// What a frame means.
    pub fn parse(frame: &Frame) -> Result<Message, Malformed> {
        let body = Body { id: frame.id, bytes: &frame.body };
        let n = |at: usize| number(&frame.body, at).unwrap_or(0);
        Ok(match frame.id {
            0x00 => Message::KeepAlive,
            0x01 => Message::Register(register(&body)?),
            0x06 => Message::OffHook,
            0x07 => Message::OnHook,
            0x0b => Message::LineStatReq { line: body.need(4).map(|()| n(0))? },
            0x0c => Message::ConfigStatReq,
            0x0d => Message::TimeDateReq,
            0x0e => Message::ButtonTemplateReq,
            0x10 => {
                body.need(4)?;
                let count = usize::try_from(n(0)).unwrap_or(usize::MAX).min(MAX_CAPABILITIES);
                Message::CapabilitiesRes((0..count).filter_map(|i| number(&frame.body, 4 + 16 * i)).collect())
            }
            0x20 => {
                body.need(84)?;
                Message::Alarm { severity: n(0), text: body.text(4, 80), p1: n(84), p2: n(88) }
            }
            0x25 => Message::SoftKeySetReq,
            0x27 => Message::Unregister,
            0x28 => Message::SoftKeyTemplateReq,
            0x29 => Message::RegisterTokenReq { name: body.need(16).map(|()| body.text(0, 16))? },
            0x81 => {
                body.need(20)?;
                let protocol = frame.body.get(16).copied().unwrap_or(0);
                Message::RegisterAck { keep_alive: n(0), secondary: n(12), protocol }
            }
            0x85 => {
                body.need(8).map(|()| Message::SetRinger { mode: n(0), duration: n(4), line: n(8), call: n(12) })?
            }
            0x86 => body.need(12).map(|()| Message::SetLamp { stimulus: n(0), instance: n(4), state: n(8) })?,
            0x92 => {
                body.need(68)?;
                Message::LineStat { line: n(0), number: body.text(4, 24), name: body.text(28, 40) }
            }
            0x93 => {
                body.need(112)?;
                Message::ConfigStat {
                    device: body.text(0, 16),
                    user: body.text(24, 40),
                    server: body.text(64, 40),
                    lines: n(104),
                    speed_dials: n(108),
                }
            }
            0x94 => {
                body.need(36)?;
                let [year, month, week_day, day, hour, minute, second, millis, unix] =
                    [0, 1, 2, 3, 4, 5, 6, 7, 8].map(|i| n(4 * i));
                Message::DefineTimeDate(Moment { year, month, week_day, day, hour, minute, second, millis, unix })
            }
            0x97 => {
                let count = body.list(BUTTONS)?;
                Message::ButtonTemplate((0..count).filter_map(|i| frame.body.get(13 + 2 * i).copied()).collect())
            }
            0x9b => Message::CapabilitiesReq,
            0x9d => Message::RegisterReject { text: body.text(0, 33) },
            0x9f => Message::Reset(body.need(4).map(|()| n(0).into())?),
            0x100 => Message::KeepAliveAck,
            0x108 => {
                let count = body.list(SOFT_KEYS)?;
                Message::SoftKeyTemplateRes((0..count).filter_map(|i| frame.body.get(13 + 20 * i).copied()).collect())
            }
            0x109 => {
                let count = body.list(SETS)?;
                let set = |i: usize| {
                    let keys = frame.body.get(12 + 48 * i..28 + 48 * i).unwrap_or_default();
                    keys.iter().copied().filter(|k| *k != 0).collect()
                };
                Message::SoftKeySetRes((0..count).map(set).collect())
            }
            0x110 => {
                body.need(16).map(|()| Message::SelectSoftKeys { line: n(0), call: n(4), set: n(8), mask: n(12) })?
            }
            0x111 => body.need(12).map(|()| Message::CallState { state: n(0), line: n(4), call: n(8) })?,
            0x112 => {
                body.need(36)?;
                Message::DisplayPromptStatus { timeout: n(0), text: body.text(4, 32), line: n(36), call: n(40) }
            }
            0x118 => Message::UnregisterAck,
            0x11a => Message::RegisterTokenAck,
            id => Message::Other { id, body: frame.body.clone() },
        })
    }

    /// The frame that carries it, with this header version. Texts and lists that do not fit are cut.
    pub fn frame(&self, version: u32) -> Frame {
        let mut w = Writer(Vec::new());
        let id = match self {
            Message::KeepAlive => 0x00,
            Message::Register(r) => {
                w.text(&r.name, 16).numbers(&[0, 0]).bytes(&r.ip).numbers(&[r.device_type, 0]);
                if r.length > 36 {
                    w.numbers(&[0]);
                }
                if r.length > 40 {
                    w.bytes(&[r.protocol, 0, 0x60, 0x85]).numbers(&[0, 0]).text(&[], 12).numbers(&[0]);
                }
                if r.length > 68 {
                    w.numbers(&[0]).text(&[], 16).numbers(&[0]).text(&r.load, 32).text(&r.stamp, 48);
                }
                0x01
            }
            Message::OffHook => 0x06,
            Message::OnHook => 0x07,
            Message::LineStatReq { line } => w.numbers(&[*line]).id(0x0b),
            Message::ConfigStatReq => 0x0c,
            Message::TimeDateReq => 0x0d,
            Message::ButtonTemplateReq => 0x0e,
            Message::CapabilitiesRes(codecs) => {
                let codecs = codecs.get(..MAX_CAPABILITIES).unwrap_or(codecs);
                w.numbers(&[u32::try_from(codecs.len()).unwrap_or(0)]);
                for i in 0..MAX_CAPABILITIES {
                    w.numbers(&[codecs.get(i).copied().unwrap_or(0), 0, 0, 0]);
                }
                0x10
            }
            Message::Alarm { severity, text, p1, p2 } => {
                w.numbers(&[*severity]).text(text, 80).numbers(&[*p1, *p2]).id(0x20)
            }
            Message::SoftKeySetReq => 0x25,
            Message::Unregister => 0x27,
            Message::SoftKeyTemplateReq => 0x28,
            Message::RegisterTokenReq { name } => w.text(name, 16).id(0x29),
            Message::RegisterAck { keep_alive, secondary, protocol } => {
                // The template has six bytes and two of padding.
                w.numbers(&[*keep_alive]).text(b"D/M/Y", 8).numbers(&[*secondary]).bytes(&features(*protocol)).id(0x81)
            }
            Message::SetRinger { mode, duration, line, call } => w.numbers(&[*mode, *duration, *line, *call]).id(0x85),
            Message::SetLamp { stimulus, instance, state } => w.numbers(&[*stimulus, *instance, *state]).id(0x86),
            Message::LineStat { line, number, name } => {
                w.numbers(&[*line]).text(number, 24).text(name, 40).text(name, 44).id(0x92)
            }
            Message::ConfigStat { device, user, server, lines, speed_dials } => w
                .text(device, 16)
                .numbers(&[0, 0])
                .text(user, 40)
                .text(server, 40)
                .numbers(&[*lines, *speed_dials])
                .id(0x93),
            Message::DefineTimeDate(m) => {
                w.numbers(&[m.year, m.month, m.week_day, m.day, m.hour, m.minute, m.second, m.millis, m.unix]).id(0x94)
            }
            Message::ButtonTemplate(kinds) => {
                let kinds = kinds.get(..BUTTONS).unwrap_or(kinds);
                let count = u32::try_from(kinds.len()).unwrap_or(0);
                w.numbers(&[0, count, count]);
                for i in 0..BUTTONS {
                    let instance = u8::try_from(i + 1).unwrap_or(0);
                    w.bytes(&kinds.get(i).map_or([0, 0xff], |kind| [instance, *kind]));
                }
                0x97
            }
            Message::CapabilitiesReq => 0x9b,
            Message::RegisterReject { text } => w.text(text, 33).id(0x9d),
            Message::Reset(kind) => w.numbers(&[kind.number()]).id(0x9f),
            Message::KeepAliveAck => 0x100,
            Message::SoftKeyTemplateRes(labels) => {
                let labels = labels.get(..SOFT_KEYS).unwrap_or(labels);
                let count = u32::try_from(labels.len()).unwrap_or(0);
                w.numbers(&[0, count, count]);
                for i in 0..SOFT_KEYS {
                    // `0x80 NN` is the phone's own text NN; the event is the place, from 1.
                    match labels.get(i) {
                        Some(label) => w.text(&[0x80, *label], 16).numbers(&[u32::try_from(i + 1).unwrap_or(0)]),
                        None => w.text(&[], 16).numbers(&[0]),
                    };
                }
                0x108
            }
            Message::SoftKeySetRes(sets) => {
                let sets = sets.get(..SETS).unwrap_or(sets);
                let count = u32::try_from(sets.len()).unwrap_or(0);
                w.numbers(&[0, count, count]);
                for i in 0..SETS {
                    let keys = sets.get(i).map(Vec::as_slice).unwrap_or_default();
                    w.text(keys, 16);
                    for k in 0..16 {
                        // Help texts begin 300 above the key's place.
                        let info = keys.get(k).filter(|key| **key != 0).map_or(0, |key| u16::from(*key) + 300);
                        w.bytes(&info.to_le_bytes());
                    }
                }
                0x109
            }
            Message::SelectSoftKeys { line, call, set, mask } => w.numbers(&[*line, *call, *set, *mask]).id(0x110),
            Message::CallState { state, line, call } => w.numbers(&[*state, *line, *call, 0, 4, 0]).id(0x111),
            Message::DisplayPromptStatus { timeout, text, line, call } => {
                w.numbers(&[*timeout]).text(text, 32).numbers(&[*line, *call]).id(0x112)
            }
            Message::UnregisterAck => w.numbers(&[0]).id(0x118),
            Message::RegisterTokenAck => 0x11a,
            Message::Other { id, body } => w.bytes(body).id(*id),
        };
        Frame { version, id, body: w.0 }
    }
}

/// What the bytes of a protocol answer to a phone are: `(protocol, three feature bytes)` (wazo-libsccp).
pub(super) const fn features(protocol: u8) -> [u8; 4] {
    match protocol {
        0..=3 => [3, 0, 0, 0],
        4..=10 => [protocol, 0x20, 0, 0xfe],
        _ => [11, 0x20, 0xf1, 0xff],
    }
}

fn register(body: &Body<'_>) -> Result<Register, Malformed> {
    body.need(32)?;
    let n = |at| number(body.bytes, at).unwrap_or(0);
    let ip = body.bytes.get(24..).and_then(|b| b.first_chunk()).copied().unwrap_or_default();
    Ok(Register {
        name: body.text(0, 16),
        ip,
        device_type: n(28),
        protocol: body.bytes.get(40).copied().unwrap_or(0),
        load: body.text(92, 32),
        stamp: body.text(124, 48),
        length: body.bytes.len(),
    })
}

/// A message's body, for reading fixed places.
struct Body<'a> {
    id: u32,
    bytes: &'a [u8],
}

impl Body<'_> {
    fn need(&self, need: usize) -> Result<(), Malformed> {
        let have = self.bytes.len();
        if have >= need { Ok(()) } else { Err(Malformed::Short { id: self.id, need, have }) }
    }

    /// The text of at most `room` bytes at `at`, up to its first NUL; empty where the body ends before it.
    fn text(&self, at: usize, room: usize) -> Vec<u8> {
        let rest = self.bytes.get(at..).unwrap_or_default();
        let field = rest.get(..room).unwrap_or(rest);
        field.iter().take_while(|b| **b != 0).copied().collect()
    }

    /// How many entries a list has behind its offset, count and total.
    fn list(&self, most: usize) -> Result<usize, Malformed> {
        self.need(12)?;
        Ok(usize::try_from(number(self.bytes, 4).unwrap_or(0)).unwrap_or(usize::MAX).min(most))
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn numbers(&mut self, numbers: &[u32]) -> &mut Writer {
        for n in numbers {
            self.0.extend_from_slice(&n.to_le_bytes());
        }
        self
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Writer {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Text of a fixed size: cut, or filled with NULs.
    fn text(&mut self, text: &[u8], room: usize) -> &mut Writer {
        let text = text.get(..room).unwrap_or(text);
        self.0.extend_from_slice(text);
        self.0.resize(self.0.len() + room - text.len(), 0);
        self
    }

    const fn id(&mut self, id: u32) -> u32 {
        id
    }
}
