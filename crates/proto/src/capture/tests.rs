use proptest::prelude::*;

use super::*;

/// A pcap file of these packets: microseconds since 1970 and bytes.
fn pcap(packets: &[(u64, Vec<u8>)], big: bool, nano: bool) -> Vec<u8> {
    let n4 = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let n2 = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let mut file = n4(if nano { 0xa1b2_3c4d } else { 0xa1b2_c3d4 }).to_vec();
    file.extend([n2(2), n2(4)].concat());
    file.extend([n4(0), n4(0), n4(65_535), n4(1)].concat());
    for (at, bytes) in packets {
        let fraction = (at % 1_000_000) as u32 * if nano { 1_000 } else { 1 };
        let len = bytes.len() as u32;
        file.extend([n4((at / 1_000_000) as u32), n4(fraction), n4(len), n4(len + 7)].concat());
        file.extend(bytes);
    }
    file
}

/// A pcapng file of them, with a block of another kind before each.
fn pcapng(packets: &[(u64, Vec<u8>)], big: bool) -> Vec<u8> {
    let n4 = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let n2 = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
    let block = |kind: u32, body: &[u8]| {
        let len = n4(12 + body.len() as u32);
        [&n4(kind)[..], &len, body, &len].concat()
    };
    let mut file = block(SECTION, &[&n4(0x1a2b_3c4d)[..], &n2(1), &n2(0), &[0xff; 8]].concat());
    // Microseconds are the usual resolution; the second interface counts in 2^-20 seconds.
    file.extend(block(1, &[&n2(1)[..], &n2(0), &n4(0)].concat()));
    file.extend(block(1, &[&n2(1)[..], &n2(0), &n4(0), &n2(9), &n2(1), &[0x94, 0, 0, 0], &n4(0)].concat()));
    for (at, bytes) in packets {
        file.extend(block(5, &[0; 400]));
        let len = bytes.len() as u32;
        let mut body = [n4(0), n4((at >> 32) as u32), n4(*at as u32), n4(len), n4(len + 7)].concat();
        body.extend(bytes);
        body.resize(20 + bytes.len().next_multiple_of(4), 0);
        file.extend(block(6, &body));
    }
    file
}

/// Everything read when the file comes in pieces of this size.
/// Numbers and bytes of frames, the reader as it ends, and what stopped it.
type Came = (Vec<(u64, Vec<u8>)>, Reader, Option<Malformed>);

fn read(file: &[u8], piece: usize) -> Came {
    let (mut reader, mut packets) = (Reader::new(), Vec::new());
    for bytes in file.chunks(piece.max(1)) {
        reader.push(bytes);
        loop {
            match reader.step() {
                Step::Packet(packet) => {
                    assert_eq!(packet.number, packets.len() as u64 + 1);
                    packets.push((packet.at_us.unwrap_or(0), packet.bytes.to_vec()));
                }
                Step::More => break,
                Step::End(malformed) => return (packets, reader, Some(malformed)),
            }
        }
    }
    (packets, reader, None)
}

proptest! {
    #[test]
    fn what_was_captured_is_read(
        packets in proptest::collection::vec((0u64..4_000_000_000_000_000, proptest::collection::vec(any::<u8>(), 0..90)), 0..6),
        piece in 1usize..200,
        big: bool,
        nano: bool,
    ) {
        for file in [pcap(&packets, big, nano), pcapng(&packets, big)] {
            prop_assert!(is_capture(&file));
            let (found, reader, ended) = read(&file, piece);
            prop_assert_eq!((&found, ended, reader.left(), reader.damaged()), (&packets, None, 0, 0));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), 0..400), form in 0usize..4, piece in 1usize..90) {
        let starts: [&[u8]; 4] = [&[], &[0x0a, 0x0d, 0x0d, 0x0a], &[0xd4, 0xc3, 0xb2, 0xa1], &[0xa1, 0xb2, 0xc3, 0xd4]];
        let mut file = starts[form].to_vec();
        file.append(&mut bytes);
        let (_, reader, _) = read(&file, piece);
        prop_assert!(reader.buffer.len() <= file.len());
    }
}

#[test]
fn a_file_that_was_cut_off_ends_there() {
    let packets = [(1, vec![1; 60]), (2, vec![2; 60])];
    for file in [pcap(&packets, false, false), pcapng(&packets, false)] {
        let (found, reader, ended) = read(&file[..file.len() - 3], 64);
        assert_eq!((found.len(), ended), (1, None));
        assert!(reader.left() > 0);
    }
}

#[test]
fn a_length_that_cannot_be_ends_the_reading_and_a_huge_other_block_does_not() {
    let mut file = pcap(&[(1, vec![1; 60])], false, false);
    file.extend([0xff; 16]);
    let (found, _, ended) = read(&file, 16);
    assert_eq!((found.len(), ended), (1, Some(Malformed::Length(0xffff_ffff))));

    let mut file = pcapng(&[], false);
    file.extend([0x0a, 0, 0, 0]);
    let long = 4 * (LARGEST as u32) + 12;
    file.extend(long.to_le_bytes());
    file.resize(file.len() + long as usize - 8, 0);
    let (_, reader, ended) = read(&file, 4_096);
    assert_eq!((ended, reader.left()), (None, 0));
    assert!(reader.buffer.capacity() <= 64 * 1_024, "what is skipped is not kept");
}

#[test]
fn resolutions_are_powers_of_ten_or_two() {
    let at = |resolution, offset, at| micros(at, &Interface { link: LinkType::Ethernet, resolution, offset });
    assert_eq!(at(6, 0, 1_500_000), 1_500_000);
    assert_eq!(at(9, 10, 1_500_000_000), 11_500_000);
    assert_eq!(at(0x94, 0, 3 << 19), 1_500_000);
    assert_eq!((at(0xff, 0, 1), at(127, 0, 1), at(6, i64::MIN, 1)), (0, 0, 0));
}

#[test]
fn cooked_captures_become_frames() {
    let mac = [0, 0x11, 0xbb, 0x73, 0xad, 0x61];
    let cooked = [&[0, 0, 0, 1, 0, 6][..], &mac, &[0, 0, 0x08, 0], &[0x45, 1, 2]].concat();
    let frame = LinkType::LinuxCooked.ethernet(&cooked).unwrap();
    assert_eq!(frame[6..], [&mac[..], &[0x08, 0, 0x45, 1, 2]].concat());
    let cooked2 = [&[0x88, 0xcc, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6][..], &mac, &[0, 0], &[9]].concat();
    let frame = LinkType::LinuxCooked2.ethernet(&cooked2).unwrap();
    assert_eq!(frame[..6], crate::ethernet::lldp::DESTINATION.0);
    assert_eq!(LinkType::from_number(147).ethernet(&cooked), None);
}
