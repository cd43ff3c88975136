use super::*;
use crate::text::escape;
use proptest::prelude::*;

const REGISTER: &[u8] = b"REGISTER sip:10.0.0.1 SIP/2.0\r\n\
Via: SIP/2.0/UDP 10.0.0.20:5060;branch=z9hG4bK7a3d\r\n\
From: <sip:0011bb73ad61@10.0.0.1>;tag=0011bb73ad6100021\r\n\
To: <sip:0011bb73ad61@10.0.0.1>\r\n\
Call-ID: 0011bb73-ad610002@10.0.0.20\r\n\
CSeq: 101 REGISTER\r\n\
User-Agent: Cisco-CP7960G/8.0\r\n\
Contact: <sip:0011bb73ad61@10.0.0.20:5060;transport=udp>;+sip.instance=\"<urn:uuid:00000000-0000-0000-0000-0011bb73ad61>\"\r\n\
Expires: 3600\r\n\
Content-Length: 0\r\n\r\n";

#[test]
fn a_phone_registers() {
    let m = Message::parse(REGISTER).expect("sip");
    assert_eq!(m.method(), Some("REGISTER"));
    assert_eq!(m.uri(), Some(&b"sip:10.0.0.1"[..]));
    assert_eq!(m.cseq(), Some(CSeq { number: 101, method: "REGISTER".into() }));
    assert_eq!(m.header("user-agent").map(escape).as_deref(), Some("Cisco-CP7960G/8.0"));
    assert_eq!(m.via().map(|v| (v.host, v.port)), Some(("10.0.0.20".into(), Some(5060))));
    assert_eq!(m.headers.iter().count(), 8);
    assert!(m.body.is_empty() && m.odd.is_empty() && m.missing == 0);
}

#[test]
fn its_answer_carries_what_belongs_to_the_transaction() {
    let asked = Message::parse(REGISTER).expect("sip");
    let answer = asked.answer(200, "OK", "rb1").with("Expires", "60");
    let read = Message::parse(&answer.to_vec()).expect("what was written is read");
    assert_eq!(read, answer);
    assert_eq!(read.code(), Some(200));
    assert_eq!(read.to().and_then(|to| to.tag().map(str::to_owned)).as_deref(), Some("rb1"));
    assert_eq!(read.header("Call-ID"), asked.header("i"));
    let again = read.answer(200, "OK", "other");
    assert_eq!(again.to().and_then(|to| to.tag().map(str::to_owned)).as_deref(), Some("rb1"), "a tag is kept");
}

#[test]
fn what_phones_get_wrong_is_still_read() {
    let m = Message::parse(
        b"\r\n\r\nSUBSCRIBE sip:a SIP/2.0\nv : SIP/2.0/UDP 10.0.0.9\nf: \"B\xfcro\" <sip:a@b>\nnonsense\n\
t: <sip:a>\nCSEQ:1 SUBSCRIBE\no: ua-profile;\n profile-type=\"device\";\n\tvendor=\"V\"\nl: 3\n\nabcdef",
    )
    .expect("sip");
    assert_eq!(m.method(), Some("SUBSCRIBE"));
    assert_eq!(m.header("Event"), Some(&b"ua-profile; profile-type=\"device\"; vendor=\"V\""[..]), "folded");
    assert_eq!(m.header("From").map(escape).as_deref(), Some("\"B\\xfcro\" <sip:a@b>"), "Latin-1");
    assert_eq!(m.from().and_then(|f| f.tag().map(str::to_owned)), None, "no tag, as RFC 2543 allows");
    assert_eq!(m.odd, [b"nonsense".to_vec()]);
    assert_eq!(m.body, b"abc", "as long as its Content-Length says");
    let short = Message::parse(b"NOTIFY sip:a SIP/2.0\r\nl: 9\r\n\r\nab").expect("sip");
    assert_eq!((short.body.as_slice(), short.missing), (&b"ab"[..], 7));
}

#[test]
fn every_kind_of_malformed_is_told_apart() {
    let said = |d: &[u8]| Message::parse(d).expect_err("malformed");
    assert_eq!(said(b""), Malformed::KeepAlive);
    assert_eq!(said(b"\r\n\r\n\0"), Malformed::KeepAlive);
    assert_eq!(said(b"hello"), Malformed::StartLine);
    assert_eq!(said(b"GET / HTTP/1.1\r\n\r\n"), Malformed::Version);
    assert_eq!(said(b"SIP/3.0 200 OK"), Malformed::Version);
    assert_eq!(said(b"SIP/2.0 99 No"), Malformed::Status);
    assert_eq!(said(b"SIP/2.0 2000 No"), Malformed::Status);
    assert_eq!(said(b"RE\xffG sip:a SIP/2.0"), Malformed::StartLine);
    assert_eq!(said(&vec![b'a'; MAX_BYTES + 1]), Malformed::TooLong(MAX_BYTES + 1));
    let mut many = b"OPTIONS sip:a SIP/2.0\r\n".to_vec();
    many.extend_from_slice(&b"a: b\r\n".repeat(MAX_HEADERS + 1));
    assert_eq!(said(&many), Malformed::TooManyHeaders);
}

#[test]
fn a_header_cannot_break_out() {
    let m = Message::request("NOTIFY", "sip:a").with("Event", "check-sync\r\nEvil: yes");
    assert_eq!(Message::parse(&m.to_vec()).expect("sip").header("Evil"), None);
}

proptest! {
    #[test]
    fn what_is_emitted_parses_to_the_same(
        method in "[A-Z]{1,12}", uri in "sip:[!-~]{1,30}",
        headers in proptest::collection::vec(("X-[A-Za-z0-9-]{1,12}", "[!-~]([ -~]{0,30}[!-~])?"), 0..20),
        body in proptest::collection::vec(any::<u8>(), 0..200), code in 100u16..700,
    ) {
        for mut m in [Message::request(&method, &uri), Message::status(code, "Some reason")] {
            for (name, value) in &headers {
                m = m.with(name, value);
            }
            m.body.clone_from(&body);
            prop_assert_eq!(Message::parse(&m.to_vec()), Ok(m));
        }
    }

    #[test]
    fn no_bytes_panic_and_what_parses_survives_a_second_trip(
        head in "(REGISTER sip:a SIP/2.0|SIP/2.0 200 OK)\r?\n", rest in proptest::collection::vec(
            prop_oneof![Just(b':'), Just(b'\n'), Just(b' '), Just(b'\r'), any::<u8>()], 0..80),
    ) {
        let mut datagram = head.into_bytes();
        datagram.extend_from_slice(&rest);
        if let Ok(m) = Message::parse(&datagram) {
            let _ = (m.via(), m.from(), m.to(), m.cseq());
            let again = Message::parse(&m.to_vec()).expect("emitted");
            prop_assert_eq!(again.to_vec(), m.to_vec());
        }
    }
}
