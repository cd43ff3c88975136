//! The messages of SCCP, written from the facts.
//!
//! A message is length (4 + payload), version, id, payload; all numbers are 32 bits little-endian, texts
//! have a fixed size and end with NUL.

use std::net::Ipv4Addr;

use proto::Mac;

pub(super) mod id {
    pub(crate) const KEEP_ALIVE: u32 = 0x00;
    pub(crate) const REGISTER: u32 = 0x01;
    pub(crate) const LINE_STAT_REQ: u32 = 0x0b;
    pub(crate) const CONFIG_STAT_REQ: u32 = 0x0c;
    pub(crate) const TIME_DATE_REQ: u32 = 0x0d;
    pub(crate) const BUTTON_TEMPLATE_REQ: u32 = 0x0e;
    pub(crate) const CAPABILITIES_RES: u32 = 0x10;
    pub(crate) const ALARM: u32 = 0x20;
    pub(crate) const SOFT_KEY_SET_REQ: u32 = 0x25;
    pub(crate) const SOFT_KEY_TEMPLATE_REQ: u32 = 0x28;
    pub(crate) const REGISTER_ACK: u32 = 0x81;
    pub(crate) const SET_RINGER: u32 = 0x85;
    pub(crate) const LINE_STAT: u32 = 0x92;
    pub(crate) const CONFIG_STAT: u32 = 0x93;
    pub(crate) const DEFINE_TIME_DATE: u32 = 0x94;
    pub(crate) const BUTTON_TEMPLATE: u32 = 0x97;
    pub(crate) const DISPLAY_TEXT: u32 = 0x99;
    pub(crate) const CAPABILITIES_REQ: u32 = 0x9b;
    pub(crate) const REGISTER_REJECT: u32 = 0x9d;
    pub(crate) const RESET: u32 = 0x9f;
    pub(crate) const KEEP_ALIVE_ACK: u32 = 0x100;
    pub(crate) const SOFT_KEY_TEMPLATE_RES: u32 = 0x108;
    pub(crate) const SOFT_KEY_SET_RES: u32 = 0x109;
    pub(crate) const DISPLAY_PROMPT_STATUS: u32 = 0x112;
    pub(crate) const DISPLAY_NOTIFY: u32 = 0x114;
}

/// Which form of Register a phone sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// 68 bytes, protocol 11.
    Classic,
    /// With lines, IPv6 and the load, protocol 17.
    Java,
}

/// Who registers.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub(crate) mac: Mac,
    pub(crate) device_type: u32,
    pub(crate) load: String,
    pub(crate) address: Ipv4Addr,
    pub(crate) form: Form,
}

impl Who {
    fn name(&self) -> String {
        format!("SEP{}", self.mac.bare_upper())
    }

    /// Why it started last.
    pub(super) fn alarm(&self, last: &str) -> Vec<u8> {
        /// Informational.
        const SEVERITY: u32 = 2;
        let text = format!("Name={} Load={} Last={}", self.name(), self.load, last);
        let mut out = SEVERITY.to_le_bytes().to_vec();
        out.extend(fixed(&text, 80));
        out.extend([0; 4]);
        out.extend(self.address.octets());
        out
    }

    /// Who it is.
    pub(super) fn register(&self) -> Vec<u8> {
        let Who { mac, device_type, load, address, form } = self;
        let mut out = fixed(&self.name(), 16);
        // User and instance.
        out.extend([0_u32, 1].map(u32::to_le_bytes).concat());
        out.extend(address.octets());
        // Streams at most, and under way.
        out.extend([*device_type, 5, 0].map(u32::to_le_bytes).concat());
        out.extend(match form {
            Form::Classic => [0x0b, 0x00, 0x60, 0x85],
            Form::Java => [0x11, 0x00, 0x72, 0x85],
        });
        // Conferences at most, and under way.
        out.extend([0; 8]);
        out.extend(fixed(&mac.bare_upper(), 12));
        out.extend([0; 4]);
        if let Form::Java = form {
            // Lines, the IPv6 address and its scope.
            out.extend(2_u32.to_le_bytes());
            out.extend([0; 20]);
            out.extend(fixed(load, 32));
            out.extend([0; 48]);
        }
        out
    }
}

/// A whole message.
pub(super) fn whole(form: Form, kind: u32, payload: &[u8]) -> Vec<u8> {
    let version: u32 = match form {
        Form::Classic => 0,
        Form::Java => 0x11,
    };
    let length = u32::try_from(payload.len() + 4).unwrap_or(u32::MAX);
    let mut bytes = [length, version, kind].map(u32::to_le_bytes).concat();
    bytes.extend_from_slice(payload);
    bytes
}

/// G.711 both ways and G.729, 40 frames each.
pub(super) fn capabilities() -> Vec<u8> {
    const CODECS: [u32; 3] = [4, 2, 11];
    let mut out = u32::try_from(CODECS.len()).unwrap_or(0).to_le_bytes().to_vec();
    for codec in CODECS {
        out.extend([codec, 40, 0, 0].map(u32::to_le_bytes).concat());
    }
    out.resize(4 + 18 * 16, 0);
    out
}

/// Text in a field of fixed size.
pub(super) fn fixed(text: &str, size: usize) -> Vec<u8> {
    let mut out: Vec<u8> = text.bytes().take(size).collect();
    out.resize(size, 0);
    out
}

/// The number at a place; zero when the payload is too short for it.
pub(super) fn number(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |n| u32::from_le_bytes(*n))
}

/// The text of a field of fixed size, up to its first NUL.
pub(super) fn text(bytes: &[u8], at: usize, size: usize) -> String {
    let field = bytes.get(at..).unwrap_or_default();
    let field = field.get(..field.len().min(size)).unwrap_or_default();
    let end = field.iter().position(|b| *b == 0).unwrap_or(field.len());
    String::from_utf8_lossy(field.get(..end).unwrap_or_default()).into_owned()
}
