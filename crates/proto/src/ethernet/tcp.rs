//! One TCP segment in IPv4 in a frame, for listening to conversations of others (RFC 9293 §3.1).
//!
//! Reading only, lenient about checksums and about frames that a capture cut short: the payload is what is there,
//! its length what the headers say. Not here: reassembly, options, writing.

use std::net::SocketAddrV4;

use super::frame::{Content, Frame, IPV4};

const TCP: u8 = 6;

/// A segment as it stands on the cable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcpSegment<'a> {
    /// Sender.
    pub src: SocketAddrV4,
    /// Receiver.
    pub dst: SocketAddrV4,
    /// Number of the first byte of the payload (of SYN, when it is set).
    pub seq: u32,
    /// The next byte that the sender expects; meaningless without ACK.
    pub ack: u32,
    /// SYN: a conversation begins.
    pub syn: bool,
    /// FIN: the sender has nothing more to say.
    pub fin: bool,
    /// RST: the conversation is broken off.
    pub rst: bool,
    /// ACK: the acknowledgement counts.
    pub has_ack: bool,
    /// Length of the payload on the wire, bytes.
    pub length: u32,
    /// The payload, as much as is there.
    pub payload: &'a [u8],
}

impl<'a> TcpSegment<'a> {
    /// Reads the segment in a frame; `None` for anything else, for fragments and for headers that are not whole.
    pub fn parse(frame: &Frame<'a>) -> Option<TcpSegment<'a>> {
        let Content::Typed { ethertype: IPV4, payload: ip } = frame.content else { return None };
        let (fixed, _) = ip.split_first_chunk::<20>()?;
        let header_len = usize::from(fixed[0] & 0x0f) * 4;
        let is_fragment = u16::from_be_bytes([fixed[6], fixed[7]]) & 0x3fff != 0;
        if fixed[0] >> 4 != 4 || header_len < 20 || fixed[9] != TCP || is_fragment {
            return None;
        }
        // Zero where the sending host's card was to fill it in.
        let total = match usize::from(u16::from_be_bytes([fixed[2], fixed[3]])) {
            0 => ip.len(),
            total => total,
        };
        let there = ip.get(header_len..total.min(ip.len()))?;
        let (tcp, _) = there.split_first_chunk::<20>()?;
        let data_at = usize::from(tcp[12] >> 4) * 4;
        if data_at < 20 {
            return None;
        }
        let [.., a, b, c, d, e, f, g, h] = *fixed;
        Some(TcpSegment {
            src: SocketAddrV4::new([a, b, c, d].into(), u16::from_be_bytes([tcp[0], tcp[1]])),
            dst: SocketAddrV4::new([e, f, g, h].into(), u16::from_be_bytes([tcp[2], tcp[3]])),
            seq: u32::from_be_bytes([tcp[4], tcp[5], tcp[6], tcp[7]]),
            ack: u32::from_be_bytes([tcp[8], tcp[9], tcp[10], tcp[11]]),
            syn: tcp[13] & 0x02 != 0,
            fin: tcp[13] & 0x01 != 0,
            rst: tcp[13] & 0x04 != 0,
            has_ack: tcp[13] & 0x10 != 0,
            length: u32::try_from(total.checked_sub(header_len + data_at)?).ok()?,
            payload: there.get(data_at..).unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mac;

    /// A segment with a payload of `len` bytes, flags as on the wire.
    fn segment(flags: u8, len: usize) -> Vec<u8> {
        let mut ip = vec![0x45, 0];
        ip.extend(u16::try_from(40 + len).unwrap().to_be_bytes());
        ip.extend([0, 0, 0x40, 0, 64, TCP, 0, 0, 10, 0, 0, 9, 10, 0, 0, 1]);
        ip.extend([0xc0, 0, 0, 80, 0, 0, 0, 7, 0, 0, 0, 9, 0x50, flags, 0, 0, 0, 0, 0, 0]);
        ip.extend(std::iter::repeat_n(b'x', len));
        ip
    }

    #[test]
    fn a_segment_is_read_and_its_padding_is_not() {
        let mut ip = segment(0x18, 3);
        ip.extend([0; 9]);
        let found = TcpSegment::parse(&Frame::typed(Mac::ZERO, Mac::ZERO, IPV4, &ip)).unwrap();
        assert_eq!((found.src.port(), found.dst.port(), found.seq, found.ack), (49_152, 80, 7, 9));
        assert_eq!((found.payload, found.length, found.has_ack, found.syn), (&b"xxx"[..], 3, true, false));
    }

    #[test]
    fn a_capture_that_kept_only_the_heads_still_tells_the_length() {
        let ip = segment(0x10, 1_000);
        let found = TcpSegment::parse(&Frame::typed(Mac::ZERO, Mac::ZERO, IPV4, &ip[..60])).unwrap();
        assert_eq!((found.payload.len(), found.length), (20, 1_000));
        for cut in 0..40 {
            assert_eq!(TcpSegment::parse(&Frame::typed(Mac::ZERO, Mac::ZERO, IPV4, &ip[..cut])), None);
        }
    }
}
