//! The datagrams a phone sends (RFC 1350 §5, 2347, 2348, 7440), and the options it is answered with.
//!
//! Written for speed; that they are right is checked against `proto`, which the servers' side uses.

/// A block of RFC 1350.
pub(crate) const BLOCK: usize = 512;

/// Opcode of DATA.
pub(crate) const DATA: u16 = 3;
/// Opcode of ACK.
pub(crate) const ACK: u16 = 4;
/// Opcode of ERROR.
pub(crate) const ERROR: u16 = 5;
/// Opcode of OACK.
pub(crate) const OACK: u16 = 6;

/// A read request, in octet mode; options only where they differ from RFC 1350.
pub(crate) fn rrq(name: &str, blksize: usize, window: u16) -> Vec<u8> {
    let mut bytes = vec![0, 1];
    let mut words = vec![name.to_owned(), "octet".to_owned()];
    if blksize != BLOCK {
        words.extend(["blksize".to_owned(), blksize.to_string()]);
    }
    if window != 1 {
        words.extend(["windowsize".to_owned(), window.to_string()]);
    }
    for word in words {
        bytes.extend_from_slice(word.as_bytes());
        bytes.push(0);
    }
    bytes
}

/// An acknowledgement.
pub(crate) fn ack(block: u16) -> [u8; 4] {
    let [high, low] = block.to_be_bytes();
    [0, 4, high, low]
}

/// "Not needed any more": an ERROR with code 0.
pub(crate) const STOP: &[u8] = b"\0\x05\0\0stop\0";

/// The first two numbers of a datagram and what follows; `None` for one shorter than that.
pub(crate) fn split(datagram: &[u8]) -> Option<(u16, u16, &[u8])> {
    let (&[a, b, c, d], rest) = datagram.split_first_chunk::<4>()?;
    Some((u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]), rest))
}

/// `blksize` and `windowsize` of an OACK or of a request's options; the standard's where it names none.
pub(crate) fn agreed(options: &[u8]) -> (usize, u16) {
    let words: Vec<&[u8]> = options.split(|&b| b == 0).collect();
    let value = |name: &str| {
        let found = words.chunks(2).find(|pair| pair.first().is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes())));
        found.and_then(|pair| pair.get(1)).and_then(|v| std::str::from_utf8(v).ok()).and_then(|v| v.parse::<u16>().ok())
    };
    (value("blksize").map_or(BLOCK, usize::from), value("windowsize").unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use proto::tftp::Packet;

    use super::*;

    #[test]
    fn a_plain_request_has_no_options() {
        let bytes = rrq("a.bin", BLOCK, 1);
        let Ok(Packet::Rrq(request)) = Packet::parse(&bytes) else { panic!("{bytes:?}") };
        assert_eq!((request.name, request.options.is_empty()), (b"a.bin".as_slice(), true));
    }

    #[test]
    fn a_request_with_options_says_both() {
        let bytes = rrq("a.bin", 1428, 8);
        let Ok(Packet::Rrq(request)) = Packet::parse(&bytes) else { panic!("{bytes:?}") };
        assert_eq!(request.options.number("blksize"), Some(1428));
        assert_eq!(request.options.number("windowsize"), Some(8));
    }

    #[test]
    fn acknowledgements_and_the_stop_are_what_servers_read() {
        assert_eq!(Packet::parse(&ack(0x1234)), Ok(Packet::Ack { block: 0x1234 }));
        assert!(matches!(Packet::parse(STOP), Ok(Packet::Error { text: b"stop", .. })));
    }

    #[test]
    fn an_oack_is_read_without_regard_to_case_or_order() {
        assert_eq!(agreed(b"WindowSize\x008\0blksize\x001428\0"), (1428, 8));
        assert_eq!(agreed(b"blksize\0lots\0"), (BLOCK, 1));
        assert_eq!(agreed(b""), (BLOCK, 1));
    }
}
