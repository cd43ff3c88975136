//! What a frame means, in both directions, and back.
//!
//! Short forms are read: what an old phone leaves out is zero or empty. Texts stay bytes, without the NULs behind
//! them. Messages that a bench has no use for are [`Message::Other`] with their body kept.

mod wire;

/// Most entries that are read of a list of capabilities: as many as the message has room for.
pub const MAX_CAPABILITIES: usize = 18;

/// How a phone introduces itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register {
    /// `SEP0011BB73AD61`.
    pub name: Vec<u8>,
    /// Its own address, wire order.
    pub ip: [u8; 4],
    /// Its device type: a number by which call managers know models.
    pub device_type: u32,
    /// Protocol version that it speaks; 0 where the phone does not say.
    pub protocol: u8,
    /// The load it runs, where it says so (phones from 8.5 on).
    pub load: Vec<u8>,
    /// The version stamp of its configuration, where it says so.
    pub stamp: Vec<u8>,
    /// Length of the body, bytes: 40 on a 7936, 68 on a 7960 with 8.1(2).
    pub length: usize,
}

/// What a phone is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetKind {
    /// 1: start again.
    Reset,
    /// 2: read the configuration again.
    Restart,
    /// 3: apply the configuration.
    ApplyConfig,
    /// Any other number.
    Other(u32),
}

impl From<u32> for ResetKind {
    fn from(n: u32) -> ResetKind {
        match n {
            1 => ResetKind::Reset,
            2 => ResetKind::Restart,
            3 => ResetKind::ApplyConfig,
            n => ResetKind::Other(n),
        }
    }
}

impl ResetKind {
    /// The number on the wire.
    pub const fn number(self) -> u32 {
        match self {
            ResetKind::Reset => 1,
            ResetKind::Restart => 2,
            ResetKind::ApplyConfig => 3,
            ResetKind::Other(n) => n,
        }
    }
}

/// A moment as phones are told it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Moment {
    pub year: u32,
    /// 1 to 12.
    pub month: u32,
    /// 0 is Sunday.
    pub week_day: u32,
    pub day: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    pub millis: u32,
    /// Seconds since 1970, UTC.
    pub unix: u32,
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields are named as the sources name them")]
pub enum Message {
    // From the phone.
    KeepAlive,
    Register(Register),
    LineStatReq {
        line: u32,
    },
    ConfigStatReq,
    TimeDateReq,
    ButtonTemplateReq,
    /// Codec numbers.
    CapabilitiesRes(Vec<u32>),
    Alarm {
        severity: u32,
        text: Vec<u8>,
        p1: u32,
        p2: u32,
    },
    SoftKeySetReq,
    Unregister,
    SoftKeyTemplateReq,
    RegisterTokenReq {
        name: Vec<u8>,
    },
    OffHook,
    OnHook,
    // To the phone.
    RegisterAck {
        keep_alive: u32,
        secondary: u32,
        protocol: u8,
    },
    SetRinger {
        mode: u32,
        duration: u32,
        line: u32,
        call: u32,
    },
    SetLamp {
        stimulus: u32,
        instance: u32,
        state: u32,
    },
    LineStat {
        line: u32,
        number: Vec<u8>,
        name: Vec<u8>,
    },
    ConfigStat {
        device: Vec<u8>,
        user: Vec<u8>,
        server: Vec<u8>,
        lines: u32,
        speed_dials: u32,
    },
    DefineTimeDate(Moment),
    /// Definitions of the buttons in their order: 0x09 line, 0x02 speed dial.
    ButtonTemplate(Vec<u8>),
    CapabilitiesReq,
    RegisterReject {
        text: Vec<u8>,
    },
    Reset(ResetKind),
    KeepAliveAck,
    /// Labels by the numbers of built-in texts.
    SoftKeyTemplateRes(Vec<u8>),
    /// For each set, the positions (from 1) of its keys in the template.
    SoftKeySetRes(Vec<Vec<u8>>),
    SelectSoftKeys {
        line: u32,
        call: u32,
        set: u32,
        mask: u32,
    },
    CallState {
        state: u32,
        line: u32,
        call: u32,
    },
    DisplayPromptStatus {
        timeout: u32,
        text: Vec<u8>,
        line: u32,
        call: u32,
    },
    UnregisterAck,
    RegisterTokenAck,
    /// Everything else.
    Other {
        id: u32,
        body: Vec<u8>,
    },
}

#[cfg(test)]
mod tests {
    use super::wire::features;
    use super::*;
    use crate::skinny::packet::{Frame, Malformed};
    use proptest::prelude::*;

    #[test]
    fn a_7960_introduces_itself_in_68_bytes() {
        let mut body = b"SEP0011BB73AD61\0".to_vec();
        body.extend_from_slice(&[0; 8]);
        body.extend_from_slice(&[10, 0, 0, 9, 7, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0x0b, 0, 0x60, 0x85]);
        body.resize(68, 0);
        let read = Message::parse(&Frame { version: 0, id: 1, body });
        let Ok(Message::Register(r)) = read else { panic!("{read:?}") };
        assert_eq!((r.name.as_slice(), r.ip, r.device_type), (&b"SEP0011BB73AD61"[..], [10, 0, 0, 9], 7));
        assert_eq!((r.protocol, r.load.as_slice(), r.length), (11, &b""[..], 68));
    }

    #[test]
    fn sizes_on_the_wire_are_those_of_the_sources() {
        let size = |m: Message| m.frame(0).body.len();
        assert_eq!(size(Message::RegisterAck { keep_alive: 30, secondary: 30, protocol: 11 }), 20);
        assert_eq!(size(Message::ButtonTemplate(vec![9])), 12 + 84);
        assert_eq!(size(Message::SoftKeyTemplateRes(vec![1])), 12 + 640);
        assert_eq!(size(Message::SoftKeySetRes(vec![vec![1]])), 12 + 768);
        assert_eq!(size(Message::LineStat { line: 1, number: vec![], name: vec![] }), 112);
        assert_eq!(size(Message::DisplayPromptStatus { timeout: 0, text: vec![], line: 0, call: 0 }), 44);
        assert_eq!(features(17), [11, 0x20, 0xf1, 0xff], "newer phones are kept at 11");
        assert_eq!(features(5), [5, 0x20, 0, 0xfe]);
    }

    #[test]
    fn what_is_cut_short_is_told() {
        let parse = |id, body: &[u8]| Message::parse(&Frame { version: 0, id, body: body.to_vec() });
        assert_eq!(parse(1, b"SEP"), Err(Malformed::Short { id: 1, need: 32, have: 3 }));
        assert_eq!(parse(0x20, &[0; 83]), Err(Malformed::Short { id: 0x20, need: 84, have: 83 }));
        assert_eq!(parse(0x10, &[255; 4]), Ok(Message::CapabilitiesRes(Vec::new())), "a count is not believed");
        assert_eq!(parse(0x7777, b"x"), Ok(Message::Other { id: 0x7777, body: b"x".to_vec() }));
    }

    fn text(most: usize) -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(1u8.., 0..=most)
    }

    proptest! {
        #[test]
        fn what_is_emitted_parses_to_the_same(
            a: u32, b: u32, c: u32, short in text(16), long in text(32), longer in text(40), alarm in text(80),
            small in proptest::collection::vec(1u8.., 0..=32), protocol in 4u8..=11,
            codecs in proptest::collection::vec(any::<u32>(), 0..=MAX_CAPABILITIES),
        ) {
            let register = |length, load: &[u8], protocol| Message::Register(Register {
                name: short.clone(), ip: a.to_be_bytes(), device_type: b, protocol, load: load.to_vec(),
                stamp: Vec::new(), length,
            });
            for message in [
                register(36, b"", 0), register(40, b"", 0), register(68, b"", protocol), register(172, &long, protocol),
                Message::LineStatReq { line: a }, Message::CapabilitiesRes(codecs),
                Message::Alarm { severity: a, text: alarm, p1: b, p2: c }, Message::RegisterTokenReq { name: short.clone() },
                Message::RegisterAck { keep_alive: a, secondary: b, protocol },
                Message::SetRinger { mode: a, duration: b, line: c, call: a }, Message::SetLamp { stimulus: a, instance: b, state: c },
                Message::LineStat { line: a, number: short.clone(), name: longer.clone() },
                Message::ConfigStat { device: short.clone(), user: longer.clone(), server: longer, lines: a, speed_dials: b },
                Message::ButtonTemplate(small.clone()), Message::SoftKeyTemplateRes(small.clone()),
                Message::SoftKeySetRes(small.chunks(8).map(<[u8]>::to_vec).collect()),
                Message::SelectSoftKeys { line: a, call: b, set: c, mask: a }, Message::CallState { state: a, line: b, call: c },
                Message::DisplayPromptStatus { timeout: a, text: long, line: b, call: c }, Message::Reset(a.into()),
                Message::RegisterReject { text: short }, Message::KeepAlive, Message::KeepAliveAck, Message::CapabilitiesReq,
            ] {
                prop_assert_eq!(Message::parse(&message.frame(0)), Ok(message));
            }
        }

        #[test]
        fn no_body_panics(id in prop_oneof![0u32..0x30, 0x80u32..0xa0, 0x100u32..0x120, any::<u32>()],
            body in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(message) = Message::parse(&Frame { version: 0, id, body }) {
                let again = Message::parse(&message.frame(0));
                prop_assert!(again.is_ok(), "{message:?} {again:?}");
            }
        }
    }
}
