//! Vectors, round trips, a second opinion, and hostile bytes.

use proptest::prelude::*;

use super::*;

const MAC: Mac = Mac([0x00, 0x11, 0xbb, 0x73, 0xad, 0x61]);

/// A Discover as a desk phone sends it, byte by byte.
fn phone_discover() -> Vec<u8> {
    let mut bytes = vec![1, 1, 6, 0, 0xbb, 0x73, 0xad, 0x61, 0, 3, 0x80, 0];
    bytes.extend([0; 16]);
    bytes.extend(MAC.0);
    bytes.extend([0; 10 + 64 + 128]);
    bytes.extend([99, 130, 83, 99]);
    bytes.extend(b"\x35\x01\x01\x3d\x07\x01\x00\x11\xbb\x73\xad\x61\x0c\x0fSEP0011BB73AD61");
    bytes.extend(b"\x3c\x26Cisco Systems, Inc. IP Phone CP-7940G\x00");
    bytes.extend(b"\x37\x07\x01\x42\x06\x03\x0f\x96\x23\xff");
    bytes
}

#[test]
fn a_phone_is_read_to_the_last_detail() {
    let m = Message::parse(&phone_discover()).unwrap();
    assert_eq!(m.message_type(), Some(MessageType::Discover));
    assert_eq!(m.mac(), Some(MAC));
    assert_eq!(m.xid, 0xbb73_ad61);
    assert_eq!(m.secs, 3);
    assert!(m.broadcast());
    assert_eq!(m.client_id(), Some(&b"\x01\x00\x11\xbb\x73\xad\x61"[..]));
    assert_eq!(m.host_name(), Some(&b"SEP0011BB73AD61"[..]));
    assert_eq!(m.vendor_class(), Some(&b"Cisco Systems, Inc. IP Phone CP-7940G"[..]));
    assert_eq!(m.parameter_request_list(), [1, 66, 6, 3, 15, 150, 35]);
    assert_eq!(m.fingerprint().option_order, [53, 61, 12, 60, 55]);
    assert_eq!(m.max_payload(), 548);
    assert_eq!(m.options.oddities(), []);
}

#[test]
fn what_cannot_be_read_says_why() {
    let good = phone_discover();
    assert_eq!(Message::parse(&[]), Err(Malformed::Short(0)));
    assert_eq!(Message::parse(&good[..239]), Err(Malformed::Short(239)));
    let mut bad = good.clone();
    bad[0] = 3;
    assert_eq!(Message::parse(&bad), Err(Malformed::Op(3)));
    let mut bootp = good.clone();
    bootp[236..240].fill(0);
    assert_eq!(Message::parse(&bootp), Err(Malformed::Magic([0; 4])));
    assert_eq!(Malformed::Op(3).to_string(), "op 3 is neither a request (1) nor a reply (2)");
    assert!(Message::parse(&good[..240]).is_ok(), "a header without options is readable");
}

#[test]
fn a_silly_hardware_length_is_clamped_and_told() {
    let mut bytes = phone_discover();
    bytes[2] = 200;
    let m = Message::parse(&bytes).unwrap();
    assert_eq!((m.hlen, m.mac()), (6, Some(MAC)));
    assert_eq!(m.options.oddities(), [Oddity::HardwareLength(200)]);
    bytes[1] = 6;
    let m = Message::parse(&bytes).unwrap();
    assert_eq!((m.hlen, m.mac()), (16, None));
}

#[test]
fn overloaded_fields_are_read_file_first() {
    let mut m = Message::request(MAC, 1);
    m.options.set(MessageType::Offer.option());
    let mut bytes = m.emit();
    bytes[240..247].copy_from_slice(b"\x35\x01\x02\x34\x01\x03\xff");
    bytes[44..52].copy_from_slice(b"\x43\x03.rd\x3c\x00\xff");
    bytes[108..115].copy_from_slice(b"\x43\x02ab\x0c\x00\xff");
    let m = Message::parse(&bytes).unwrap();
    assert_eq!(m.options.codes(), [53, 67, 12, 60]);
    assert_eq!(m.options.text(67), Some(&b"ab.rd"[..]));
    assert!(m.sname.is_empty() && m.file.is_empty());
}

#[test]
fn a_meaningless_overload_value_stays_an_option() {
    let mut m = Message::request(MAC, 1);
    m.file = b"boot".to_vec();
    let mut bytes = m.emit();
    bytes[240..244].copy_from_slice(b"\x34\x01\x07\xff");
    let m = Message::parse(&bytes).unwrap();
    assert_eq!(m.options.codes(), [52]);
    assert_eq!(m.file, b"boot");
}

#[test]
fn small_messages_are_padded_to_300() {
    let mut m = Message::request(MAC, 7);
    m.options.set(MessageType::Discover.option());
    let bytes = m.emit();
    assert_eq!(bytes.len(), 300);
    assert_eq!(bytes[240..244], [53, 1, 1, 255]);
    assert!(bytes[244..].iter().all(|&b| b == 0));
}

#[test]
fn a_long_option_is_split_and_joined() {
    let mut m = Message::request(MAC, 7);
    m.options.set(DhcpOption::raw(43, vec![b'x'; 600]));
    m.options.set(DhcpOption::u8(53, 2));
    let bytes = m.emit();
    assert_eq!((bytes[240], bytes[241]), (43, 255));
    assert_eq!((bytes[497], bytes[498]), (43, 255));
    assert_eq!((bytes[754], bytes[755]), (43, 90));
    assert_eq!(Message::parse(&bytes).unwrap(), m);
}

#[test]
fn a_full_reply_spills_into_file_then_sname() {
    let mut m = Message::request(MAC, 7);
    m.options.set(DhcpOption::raw(43, vec![1; 240]));
    m.options.set(DhcpOption::raw(66, vec![2; 100]));
    m.options.set(DhcpOption::raw(67, vec![3; 60]));
    let plain = m.emit_within(1472);
    assert_eq!((plain.bytes.len(), plain.left_out.len()), (240 + 242 + 102 + 62 + 1, 0));
    let spilled = m.emit_within(548);
    assert!(spilled.bytes.len() <= 548);
    assert!(spilled.left_out.is_empty());
    assert_eq!((spilled.bytes[108], spilled.bytes[44]), (66, 67));
    assert_eq!(Message::parse(&spilled.bytes).unwrap(), m);
}

#[test]
fn what_finds_no_room_is_told_and_the_boot_file_stays() {
    let mut m = Message::request(MAC, 7);
    m.file = b"boot.rom".to_vec();
    m.options.set(DhcpOption::raw(43, vec![1; 250]));
    m.options.set(DhcpOption::raw(66, vec![2; 100]));
    m.options.set(DhcpOption::raw(67, vec![3; 40]));
    let emitted = m.emit_within(548);
    assert_eq!(emitted.left_out, [66]);
    let read = Message::parse(&emitted.bytes).unwrap();
    assert_eq!(read.file, b"boot.rom");
    assert_eq!(read.options.codes(), [43, 67]);
}

#[test]
fn the_end_mark_needs_its_byte_too() {
    let mut m = Message::request(MAC, 7);
    m.options.set(DhcpOption::raw(43, vec![1; 57]));
    assert_eq!(m.emit_within(300).bytes[240 + 59], 255);
    m.options.set(DhcpOption::raw(43, vec![1; 58]));
    let emitted = m.emit_within(300);
    assert_eq!((emitted.bytes.len(), emitted.bytes[108]), (300, 43), "goes on in `file`");
}

#[test]
fn the_size_a_client_accepts_is_kept_sane() {
    let with = |size| {
        let mut m = Message::request(MAC, 1);
        m.options.set(DhcpOption::u16(57, size));
        m.max_payload()
    };
    assert_eq!([with(0), with(576), with(1000), with(1500), with(65535)], [548, 548, 972, 1472, 1472]);
}

fn any_message() -> impl Strategy<Value = Message> {
    let option = (1u8..=254).prop_filter("made by the emitter", |c| *c != 52);
    let value =
        prop_oneof![4 => prop::collection::vec(any::<u8>(), 0..40), 1 => prop::collection::vec(any::<u8>(), 240..600)];
    let options = prop::collection::vec((option, value), 0..12);
    let header =
        (1u8..=2, any::<u8>(), 0u8..=16, any::<u8>(), any::<u32>(), any::<u16>(), any::<u16>(), any::<[u32; 4]>());
    let text = |max| prop::collection::vec(1u8..=255, 0..=max);
    (header, any::<[u8; 16]>(), text(64usize), text(128usize), options).prop_map(|(h, chaddr, sname, file, options)| {
        Message {
            op: h.0,
            htype: h.1,
            hlen: h.2,
            hops: h.3,
            xid: h.4,
            secs: h.5,
            flags: h.6,
            ciaddr: h.7[0].into(),
            yiaddr: h.7[1].into(),
            siaddr: h.7[2].into(),
            giaddr: h.7[3].into(),
            chaddr,
            sname,
            file,
            options: options.into_iter().map(|(code, value)| DhcpOption::raw(code, value)).collect(),
        }
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(m in any_message()) {
        prop_assert_eq!(Message::parse(&m.emit()).unwrap(), m);
    }

    #[test]
    fn within_a_limit_nothing_is_lost_untold(m in any_message(), max in 300usize..1500) {
        let emitted = m.emit_within(max);
        prop_assert!(emitted.bytes.len() <= max);
        let mut kept = m.clone();
        for code in emitted.left_out {
            kept.options.remove(code);
        }
        prop_assert_eq!(Message::parse(&emitted.bytes).unwrap(), kept);
    }

    #[test]
    fn damage_never_panics(m in any_message(), hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20), keep in any::<prop::sample::Index>()) {
        let mut bytes = m.emit();
        for (at, byte) in hits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(keep.index(bytes.len() + 1));
        if let Ok(read) = Message::parse(&bytes) {
            let _ = (read.mac(), read.message_type(), read.fingerprint(), read.max_payload(), format!("{read:?}"));
            // Reading what was salvaged once more must change nothing.
            prop_assert_eq!(Message::parse(&read.emit()).map(|m| m.options.codes()), Ok(read.options.codes().into_iter().filter(|c| *c != 52).collect::<Vec<_>>()));
        }
    }

    /// Header and every option that fits one TLV are the same to an independent decoder.
    #[test]
    fn an_independent_decoder_agrees(m in any_message()) {
        let options: Options = m.options.iter().filter(|o| o.value.len() <= 255).cloned().collect();
        let m = Message { hlen: 6, htype: 1, options, ..m };
        let bytes = m.emit();
        let other = dhcproto::v4::borrowed::Message::new(&bytes).unwrap();
        prop_assert_eq!(other.xid(), m.xid);
        prop_assert_eq!(other.secs(), m.secs);
        prop_assert_eq!((other.ciaddr(), other.yiaddr()), (m.ciaddr, m.yiaddr));
        prop_assert_eq!((other.siaddr(), other.giaddr()), (m.siaddr, m.giaddr));
        prop_assert_eq!(other.chaddr(), &m.chaddr[..6]);
        let theirs: Vec<(u8, Vec<u8>)> = other.opts().map(|o| (o.code().into(), o.data().to_vec())).collect();
        let ours: Vec<(u8, Vec<u8>)> = m.options.iter().map(|o| (o.code, o.value.clone())).collect();
        prop_assert_eq!(theirs, ours);
    }

    /// What an independent encoder writes, we read.
    #[test]
    fn an_independent_encoder_is_understood(xid: u32, mac: [u8; 6], lease: u32, size: u16, addresses: [u32; 3], name in "[a-zA-Z0-9-]{1,30}") {
        use dhcproto::Encodable;
        use dhcproto::v4;
        let [ciaddr, yiaddr, router] = addresses.map(Ipv4Addr::from);
        let zero = Ipv4Addr::UNSPECIFIED;
        let mut theirs = v4::Message::new_with_id(xid, ciaddr, yiaddr, zero, zero, &mac);
        theirs.opts_mut().insert(v4::DhcpOption::MessageType(v4::MessageType::Request));
        theirs.opts_mut().insert(v4::DhcpOption::AddressLeaseTime(lease));
        theirs.opts_mut().insert(v4::DhcpOption::MaxMessageSize(size));
        theirs.opts_mut().insert(v4::DhcpOption::Hostname(name.clone()));
        theirs.opts_mut().insert(v4::DhcpOption::Router(vec![router, yiaddr]));
        let ours = Message::parse(&theirs.to_vec().unwrap()).unwrap();
        prop_assert_eq!((ours.xid, ours.ciaddr, ours.yiaddr, ours.mac()), (xid, ciaddr, yiaddr, Some(Mac(mac))));
        prop_assert_eq!(ours.message_type(), Some(MessageType::Request));
        prop_assert_eq!(ours.options.u32(code::LEASE_TIME), Some(lease));
        prop_assert_eq!(ours.options.u16(code::MAX_MESSAGE_SIZE), Some(size));
        prop_assert_eq!(ours.host_name(), Some(name.as_bytes()));
        prop_assert_eq!(ours.options.addresses(code::ROUTER), vec![router, yiaddr]);
    }
}
