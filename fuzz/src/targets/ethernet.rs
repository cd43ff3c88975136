//! Frames and what they carry: whatever is read is written so that the same is read again.

use proto::Mac;
use proto::ethernet::frame::{ARP, IPV4};
use proto::ethernet::udp::Checksum;
use proto::ethernet::{Arp, Cdp, Content, Frame, Lldp, UdpDatagram, lldp};

const PHONE: Mac = Mac([0x00, 0x11, 0xbb, 0x73, 0xad, 0x61]);

/// Reads the input as a frame, and its payload as everything that it might be.
pub fn frame(input: &[u8]) {
    let first = match Frame::parse(input) {
        Ok(frame) => frame,
        Err(malformed) => return assert!(!malformed.to_string().is_empty()),
    };
    assert!(first.tags.len() <= 2 && first.vlan() != Some(0));
    let bytes = first.emit();
    assert!(bytes.len() >= 60);
    let second = Frame::parse(&bytes).unwrap_or_else(|e| panic!("what was written is not read: {e}"));
    match (first.content, second.content) {
        // Padding counts as payload where no length is written.
        (Content::Typed { ethertype, payload }, Content::Typed { ethertype: again, payload: padded }) => {
            assert_eq!(ethertype, again);
            assert!(padded.starts_with(payload) && padded[payload.len()..].iter().all(|b| *b == 0));
        }
        (content, again) => assert_eq!(content, again),
    }
    assert_eq!((first.destination, first.source, &first.tags), (second.destination, second.source, &second.tags));
    let _ = UdpDatagram::parse(&first);
    let _ = Cdp::parse_frame(&first);
    let _ = Lldp::parse_frame(&first);
    if let Content::Typed { ethertype: ARP, payload } = first.content {
        arp(payload);
    }
}

/// Reads the input as the payload of an ARP frame.
pub fn arp(input: &[u8]) {
    match Arp::parse(input) {
        Ok(first) => {
            assert_eq!(Arp::parse(&first.emit()), Ok(first));
            assert_eq!(Frame::parse(&first.emit_frame()).map(|f| f.source), Ok(first.sender_mac));
            assert_eq!(first.reply(PHONE).target_ip, first.sender_ip);
            assert!(!(first.is_probe() && first.is_announcement()));
        }
        Err(malformed) => assert!(!malformed.to_string().is_empty()),
    }
}

/// Reads the input as an IPv4 packet.
pub fn udp(input: &[u8]) {
    let first = match UdpDatagram::parse(&Frame::typed(PHONE, Mac::BROADCAST, IPV4, input)) {
        Ok(datagram) => datagram,
        Err(malformed) => return assert!(!malformed.to_string().is_empty()),
    };
    let Ok(bytes) = first.emit_frame() else { return assert!(first.payload.len() > 65_507) };
    let frame = Frame::parse(&bytes).unwrap_or_else(|e| panic!("what was written is not read: {e}"));
    assert_eq!(UdpDatagram::parse(&frame), Ok(UdpDatagram { checksum: Checksum::Good, ..first }));
}

/// Reads the input as what follows the SNAP header of a CDP frame.
pub fn cdp(input: &[u8]) {
    let first = match Cdp::parse(input) {
        Ok(cdp) => cdp,
        Err(malformed) => return assert!(!malformed.to_string().is_empty()),
    };
    let _ = (first.addresses(), first.management_addresses(), first.capabilities(), first.native_vlan());
    let _ = (first.power_request(), first.power_available(), first.voip_vlan_reply(), first.power_consumption());
    let _ = (first.device_id(), first.port_id(), first.platform(), first.trust(), first.cos(), first.full_duplex());
    let wanted = Cdp { oddities: Vec::new(), ..first };
    assert_eq!(Cdp::parse(&wanted.emit()), Ok(wanted.clone()));
    assert!(Frame::parse(&wanted.emit_frame(PHONE)).is_ok());
}

/// Reads the input as the payload of an LLDP frame.
pub fn lldp(input: &[u8]) {
    let first = match Lldp::parse(input) {
        Ok(lldp) => lldp,
        Err(malformed) => return assert!(!malformed.to_string().is_empty()),
    };
    let _ = (first.chassis_id().map(|id| (id.mac(), id.address())), first.port_id(), first.ttl(), first.power());
    let _ = (first.management_address(), first.port_vlan(), first.capabilities(), first.med_capabilities());
    let _ = (first.system_name(), first.inventory(lldp::med::MODEL));
    for policy in first.network_policies() {
        let alone = Lldp { tlvs: vec![policy.tlv()], oddities: Vec::new() };
        assert_eq!(alone.network_policies(), [policy]);
    }
    let wanted = Lldp { oddities: Vec::new(), ..first };
    assert_eq!(Lldp::parse(&wanted.emit()), Ok(wanted.clone()));
    assert!(Frame::parse(&wanted.emit_frame(PHONE)).is_ok());
}
