//! One DHCP message: whatever is read is written so that the same is read again.

use proto::dhcp::option::code;
use proto::dhcp::{Message, Oddity};

/// Reads the input as a UDP payload.
pub fn run(input: &[u8]) {
    let first = match Message::parse(input) {
        Ok(message) => message,
        Err(malformed) => {
            assert!(!malformed.to_string().is_empty());
            return;
        }
    };
    let _ = (first.mac(), first.message_type(), first.fingerprint(), first.reply(), format!("{first:?}"));
    assert!((548..=1472).contains(&first.max_payload()));
    assert!(first.sname.len() <= 64 && first.file.len() <= 128 && first.hlen <= 16);
    // An overload that makes no sense is read as an option and never written.
    let mut wanted = first.clone();
    wanted.options.remove(code::OVERLOAD);
    let bytes = first.emit();
    assert!(bytes.len() >= 300);
    let second = Message::parse(&bytes).unwrap_or_else(|e| panic!("what was written is not read: {e}"));
    assert_eq!(second, wanted);
    assert!(second.options.oddities().iter().all(|o| matches!(o, Oddity::HardwareLength(_))));
    assert_eq!(second.emit(), bytes);
    for max in [0, 548, first.max_payload()] {
        let emitted = wanted.emit_within(max);
        assert!(emitted.bytes.len() <= max.max(300));
        let mut kept = wanted.clone();
        emitted.left_out.iter().for_each(|code| drop(kept.options.remove(*code)));
        assert_eq!(Message::parse(&emitted.bytes), Ok(kept));
    }
}
