//! Hand-made packets, round trips, damage.

use proptest::prelude::*;

use super::*;

const PHONE: Mac = Mac([0x00, 0x11, 0xbb, 0x73, 0xad, 0x61]);

/// Chassis 10.0.0.50, port, 180 s, name, capabilities bridge and telephone, 802.1 VLAN 1, MED class
/// III, voice policy VLAN 100 priority 5 DSCP 46, model, then end and padding.
const PACKET: &[u8] = b"\x02\x06\x05\x01\x0a\x00\x00\x32\
    \x04\x10\x070011BB73AD61:P1\
    \x06\x02\x00\xb4\
    \x0a\x0fSEP0011BB73AD61\
    \x0e\x04\x00\x24\x00\x24\
    \x10\x0c\x05\x01\x0a\x00\x00\x32\x02\x00\x00\x00\x01\x00\
    \xfe\x06\x00\x80\xc2\x01\x00\x01\
    \xfe\x07\x00\x12\xbb\x01\x00\x33\x03\
    \xfe\x08\x00\x12\xbb\x02\x01\x40\xc9\x6e\
    \xfe\x07\x00\x12\xbb\x04\x50\x00\x3f\
    \xfe\x0c\x00\x12\xbb\x0aCP-7962G\
    \x00\x00\0\0\0\0";

#[test]
fn a_phone_introduces_itself() {
    let lldp = Lldp::parse(PACKET).unwrap();
    assert_eq!(lldp.chassis_id().and_then(|id| id.address()), Some(Ipv4Addr::new(10, 0, 0, 50)));
    assert_eq!(lldp.port_id(), Some(Id::port_text("0011BB73AD61:P1")));
    assert_eq!(lldp.ttl(), Some(180));
    assert_eq!(lldp.system_name(), Some(&b"SEP0011BB73AD61"[..]));
    let both = capability::BRIDGE | capability::TELEPHONE;
    assert_eq!(lldp.capabilities(), Some((both, both)));
    assert_eq!(lldp.management_address(), Some(Ipv4Addr::new(10, 0, 0, 50)));
    assert_eq!(lldp.port_vlan(), Some(1));
    assert_eq!(lldp.med_capabilities(), Some((0x33, 3)));
    let voice = NetworkPolicy { application: 1, unknown: false, tagged: true, vlan: 100, priority: 5, dscp: 46 };
    assert_eq!(lldp.network_policies(), [voice]);
    assert_eq!(lldp.power(), Some(6300));
    assert_eq!(lldp.inventory(med::MODEL), Some(&b"CP-7962G"[..]));
    assert_eq!(lldp.inventory(med::SERIAL_NUMBER), None);
    assert_eq!(lldp.oddities, []);
    assert_eq!(lldp.emit(), PACKET[..PACKET.len() - 4]);
}

#[test]
fn what_a_simulated_phone_or_switch_says_is_understood() {
    let inventory = [
        (med::HARDWARE_REVISION, "12"),
        (med::FIRMWARE_REVISION, "tnp62.8-3-1-21a.bin"),
        (med::SOFTWARE_REVISION, "SCCP42.9-3-1ES27S"),
        (med::SERIAL_NUMBER, "FCH00000000"),
        (med::MANUFACTURER, "Cisco Systems, Inc."),
    ];
    let mut more = vec![
        Tlv::text(kind::PORT_DESCRIPTION, "SW PORT"),
        Tlv::text(kind::SYSTEM_DESCRIPTION, "a phone"),
        Tlv::capabilities(capability::TELEPHONE, 0),
    ];
    more.extend(inventory.map(|(subtype, text)| Tlv::med(subtype, text.as_bytes())));
    let lldp = Lldp::new(&Id::chassis_mac(PHONE), &Id { subtype: 3, value: PHONE.0.to_vec() }, 120, more);
    let bytes = lldp.emit_frame(PHONE);
    let frame = Frame::parse(&bytes).unwrap();
    assert_eq!((frame.destination, frame.source), (DESTINATION, PHONE));
    let read = Lldp::parse_frame(&frame).unwrap();
    assert_eq!(read, lldp);
    assert_eq!(read.chassis_id().and_then(|id| id.mac()), Some(PHONE));
    assert_eq!(read.port_id().and_then(|id| id.mac()), Some(PHONE));
    assert_eq!(Id::chassis_address(Ipv4Addr::LOCALHOST).mac(), None);
    assert_eq!(read.port_description(), Some(&b"SW PORT"[..]));
    assert_eq!(read.system_description(), Some(&b"a phone"[..]));
    for (subtype, text) in inventory {
        assert_eq!(read.inventory(subtype), Some(text.as_bytes()));
    }
}

#[test]
fn broken_packets_keep_what_was_before() {
    let cut = Lldp::parse(&PACKET[..6]).unwrap();
    assert_eq!(cut.oddities, [Oddity::Cut { kind: 1, declared: 6, present: 4 }]);
    assert_eq!(cut.chassis_id().map(|id| id.subtype), Some(5));
    assert_eq!(Lldp::parse(&PACKET[..8]).unwrap().oddities, [Oddity::NoEnd]);
    assert_eq!(Lldp::parse(&PACKET[8..]), Err(Malformed::NoChassis));
    assert_eq!(Lldp::parse(b""), Err(Malformed::NoChassis));
    assert_eq!(Lldp::parse_frame(&Frame::typed(DESTINATION, PHONE, 0x0800, PACKET)), Err(Malformed::NotLldp));
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(tlvs in prop::collection::vec((1u8..=127, prop::collection::vec(any::<u8>(), 0..=511)), 0..8)) {
        let more = tlvs.into_iter().map(|(kind, value)| Tlv { kind, value }).collect();
        let lldp = Lldp::new(&Id::chassis_mac(PHONE), &Id::port_text("1"), 120, more);
        prop_assert_eq!(Lldp::parse(&lldp.emit()), Ok(lldp));
    }

    #[test]
    fn policies_keep_every_bit(application: u8, unknown: bool, tagged: bool, vlan in 0u16..4096, priority in 0u8..8, dscp in 0u8..64) {
        let policy = NetworkPolicy { application, unknown, tagged, vlan, priority, dscp };
        let lldp = Lldp { tlvs: vec![policy.tlv()], ..Lldp::default() };
        prop_assert_eq!(lldp.network_policies(), vec![policy]);
    }

    #[test]
    fn damage_never_panics(hits in prop::collection::vec((0..PACKET.len(), any::<u8>()), 0..12), keep in 0..PACKET.len()) {
        let mut bytes = PACKET.to_vec();
        for (at, byte) in hits {
            bytes[at] = byte;
        }
        bytes.truncate(keep);
        if let Ok(lldp) = Lldp::parse(&bytes) {
            let _ = (lldp.chassis_id(), lldp.port_id(), lldp.ttl(), lldp.capabilities(), lldp.management_address());
            let _ = (lldp.port_vlan(), lldp.med_capabilities(), lldp.network_policies(), lldp.power(), lldp.emit());
        }
    }
}
