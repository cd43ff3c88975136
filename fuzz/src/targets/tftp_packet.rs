//! One TFTP packet: whatever is read is written so that the same is read again.

use proto::tftp::{Mode, Packet, options::MAX_OPTIONS};

/// Reads the input as a datagram.
pub fn run(input: &[u8]) {
    let packet = match Packet::parse(input) {
        Ok(packet) => packet,
        Err(malformed) => {
            assert!(!malformed.to_string().is_empty());
            return;
        }
    };
    match packet {
        Packet::Rrq(request) | Packet::Wrq(request) => {
            assert!(!request.name.is_empty() && !request.name.contains(&0));
            assert!(request.options.iter().count() <= MAX_OPTIONS);
            assert_eq!(Mode::from_word(request.mode.word()), request.mode);
            let _ = (request.options.number("tsize"), format!("{request:?}"));
        }
        Packet::Oack(options) => assert!(options.iter().all(|(name, _)| !name.is_empty())),
        Packet::Error { text, .. } => assert!(!text.contains(&0)),
        Packet::Data { .. } | Packet::Ack { .. } => {}
    }
    // The last NUL of a request may be missing; it is written.
    let bytes = packet.to_vec();
    let again = Packet::parse(&bytes).unwrap_or_else(|e| panic!("what was written is not read: {e}"));
    assert_eq!(again.to_vec(), bytes);
    assert_eq!(format!("{again:?}"), format!("{packet:?}"));
}
