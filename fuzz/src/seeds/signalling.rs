//! What phones say to a call server.

use proto::sip::Message as Sip;
use proto::skinny::message::Register;
use proto::skinny::{Message, ResetKind};

use super::{Seed, of};

pub(super) fn all() -> Vec<Seed> {
    [sip(), registrar(), skinny(), station()].concat()
}

fn register() -> Sip {
    Sip::request("REGISTER", "sip:10.0.0.1")
        .with("Via", "SIP/2.0/UDP 10.0.0.20:5060;branch=z9hG4bK7a3d")
        .with("From", "<sip:0011BB73AD61@10.0.0.1>;tag=0011bb73ad6100021")
        .with("To", "<sip:0011BB73AD61@10.0.0.1>")
        .with("Call-ID", "0011bb73-ad610002@10.0.0.20")
        .with("CSeq", "101 REGISTER")
        .with("User-Agent", "Cisco-CP7960G/8.0")
        .with("Contact", "<sip:0011BB73AD61@10.0.0.20:5060>;+sip.instance=\"<urn:uuid:0011bb73ad61>\";+u.sip!model.ccm.cisco.com=\"7\"")
        .with("Expires", "3600")
}

fn sip() -> Vec<Seed> {
    let folded = b"\r\nSUBSCRIBE sip:MAC%3a001565112233@224.0.1.75 SIP/2.0\nv : SIP/2.0/UDP 10.0.0.9;rport\n\
f: \"B\xfcro\" <sip:a@b>\nnonsense\nt: <sip:a>\no: ua-profile;\n profile-type=\"device\";\n\tvendor=\"V\"\nl: 3\n\nabcdef";
    of(
        "sip_message",
        vec![
            ("register", register().to_vec()),
            ("answer", register().answer(200, "OK", "t").with("Expires", "60").to_vec()),
            ("folded", folded.to_vec()),
            ("keep-alive", b"\r\n\r\n".to_vec()),
        ],
    )
}

/// Who, what (0 message, 1 notice, 2 wait, 3 next), and its own.
fn registrar() -> Vec<Seed> {
    let said = |message: &Sip| {
        let bytes = message.to_vec();
        let len = u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes();
        [&[0, 0][..], &len, &bytes].concat()
    };
    let options = Sip::request("OPTIONS", "sip:10.0.0.1").with("Via", "SIP/2.0/UDP 10.0.0.20;rport");
    of(
        "sip_registrar",
        vec![
            ("notified", [said(&register()), vec![0, 1, 0, 0, 3, 0, 3, 0, 2, 0x40, 0]].concat()),
            ("asked", [said(&options), said(&Sip::request("INVITE", "sip:1@a").with("Via", "SIP/2.0/UDP b"))].concat()),
        ],
    )
}

fn phone(name: &[u8]) -> Vec<Message> {
    vec![
        Message::Alarm {
            severity: 2,
            text: b"Name=SEP0011BB73AD61 Load=8.1(2) Last=Initialized".to_vec(),
            p1: 0,
            p2: 0,
        },
        Message::Register(Register {
            name: name.to_vec(),
            device_type: 7,
            protocol: 11,
            length: 68,
            ..Register::default()
        }),
        Message::CapabilitiesRes(vec![4, 2]),
        Message::ButtonTemplateReq,
        Message::SoftKeyTemplateReq,
        Message::SoftKeySetReq,
        Message::ConfigStatReq,
        Message::LineStatReq { line: 1 },
        Message::TimeDateReq,
        Message::KeepAlive,
    ]
}

fn bytes(messages: &[Message]) -> Vec<u8> {
    messages.iter().flat_map(|m| m.frame(0).to_vec()).collect()
}

fn skinny() -> Vec<Seed> {
    let server = [
        Message::RegisterAck { keep_alive: 30, secondary: 30, protocol: 11 },
        Message::CapabilitiesReq,
        Message::ButtonTemplate(vec![9]),
        Message::SelectSoftKeys { line: 0, call: 0, set: 0, mask: u32::MAX },
        Message::DisplayPromptStatus { timeout: 0, text: b"Recovered".to_vec(), line: 0, call: 0 },
        Message::Reset(ResetKind::Restart),
    ];
    of(
        "skinny_message",
        vec![
            ("phone", bytes(&phone(b"SEP0011BB73AD61"))),
            ("server", bytes(&server)),
            ("http", b"GET / HTTP/1.1\r\n\r\n".to_vec()),
        ],
    )
}

/// What (0 bytes, 2 ring, 3 reset, 4 show, 5 wait), and its own.
fn station() -> Vec<Seed> {
    let said = |bytes: Vec<u8>| {
        let len = u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes();
        [&[0][..], &len, &bytes].concat()
    };
    let up = said(bytes(&phone(b"SEP0011BB73AD61")));
    of(
        "skinny_station",
        vec![
            ("rings", [up.clone(), vec![2, 5, 0x13, 0x88, 3, 2, 4]].concat()),
            ("silent", [up, vec![5, 0xff, 0xff, 5, 0xff, 0xff]].concat()),
            ("signs-off", [said(bytes(&phone(b"")[..2])), said(bytes(&[Message::Unregister]))].concat()),
        ],
    )
}
