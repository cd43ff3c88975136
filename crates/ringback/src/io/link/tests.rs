use std::net::{Ipv4Addr, SocketAddrV4};

use proto::Mac;
use proto::ethernet::udp::Checksum;
use proto::ethernet::{Arp, Cdp, Frame, Lldp, Tag, UdpDatagram, cdp, frame, lldp};

use super::*;
use crate::host::testspace::{in_namespace, ip, readable};

const PHONE: Mac = Mac([0x00, 0x11, 0xbb, 0, 0, 1]);

/// The next frame and its VLAN.
pub(crate) fn wait(link: &Link) -> (Vec<u8>, Option<u16>) {
    let mut buffer = [0; 2048];
    loop {
        if let Some(received) = link.recv(&mut buffer).unwrap() {
            return (buffer[..received.len].to_vec(), received.vlan);
        }
        readable(link.as_fd());
    }
}

/// Waits until frames can be sent.
pub(crate) fn ready(interface: &str) {
    let mut watch = LinkWatch::open(interface).unwrap();
    while watch.poll().unwrap() != Some(LinkState::Carrier) {
        readable(watch.as_fd());
    }
}

/// Both ends of a cable: the phone's and the bench's.
fn cable(test: impl FnOnce(Link, Link) + Send) {
    in_namespace(|| {
        ip("link add va type veth peer name vb");
        ip("link set va up");
        ip("link set vb up");
        ready("va");
        ready("vb");
        test(Link::open("va").unwrap(), Link::open("vb").unwrap());
    });
}

/// Sends them all; none must be heard but the last.
#[track_caller]
fn only_the_last(phone: &Link, bench: &Link, frames: &[Vec<u8>]) {
    for frame in frames {
        phone.send(frame).unwrap();
    }
    assert_eq!(&wait(bench).0, frames.last().unwrap());
}

fn arp() -> Vec<u8> {
    Arp::probe(PHONE, Ipv4Addr::new(10, 179, 40, 20)).emit_frame()
}

fn udp(source: u16, destination: u16, vlan: Option<u16>) -> Vec<u8> {
    let at = |host, port| SocketAddrV4::new(Ipv4Addr::new(10, 179, 40, host), port);
    let (src, dst) = (at(20, source), at(1, destination));
    let payload = &[7; 500];
    UdpDatagram {
        src_mac: PHONE,
        dst_mac: Mac::BROADCAST,
        vlan,
        src,
        dst,
        ttl: 64,
        checksum: Checksum::Absent,
        payload,
    }
    .emit_frame()
    .unwrap()
}

#[test]
fn what_tells_a_phone_apart_is_heard() {
    cable(|phone, bench| {
        let neighbour = Cdp::new(vec![cdp::Tlv::text(cdp::kind::DEVICE_ID, "SEP0011BB000001")]);
        let id = lldp::Id::chassis_mac(PHONE);
        let frames = [
            arp(),
            neighbour.emit_frame(PHONE),
            Lldp::new(&id, &lldp::Id::port_text("SW"), 120, vec![]).emit_frame(PHONE),
            udp(68, 67, None),
            udp(67, 68, None),
            udp(50_000, 67, None),
            udp(68, 50_000, None),
            udp(51_000, 69, None),
        ];
        for frame in &frames {
            phone.send(frame).unwrap();
        }
        for frame in &frames {
            assert_eq!(wait(&bench), (frame.clone(), None));
        }
        assert_eq!(bench.recv(&mut [0; 2048]).unwrap(), None);
    });
}

#[test]
fn a_tagged_frame_comes_with_its_vlan_and_without_its_tag() {
    cable(|phone, bench| {
        let (bare, tagged) = (udp(40_000, 50_000, None), udp(40_000, 50_000, Some(100)));
        phone.send(&tagged).unwrap();
        assert_eq!(wait(&bench), (bare.clone(), Some(100)), "whatever it carries");
        // Priority 5 and VLAN 0: the tag of a phone that knows no voice VLAN.
        let tags = vec![Tag { priority: 5, ..Tag::vlan(0) }];
        let payload = &arp()[14..];
        phone.send(&Frame { tags, ..Frame::typed(Mac::BROADCAST, PHONE, frame::ARP, payload) }.emit()).unwrap();
        assert_eq!(wait(&bench), (arp(), Some(0)));
        // Of two tags the inner one stays in the frame.
        let inner = Frame { tags: vec![Tag::vlan(7)], ..Frame::typed(Mac::BROADCAST, PHONE, frame::ARP, payload) };
        let both = Frame { tags: vec![Tag::vlan(100), Tag::vlan(7)], ..inner.clone() };
        phone.send(&both.emit()).unwrap();
        let (heard, vlan) = wait(&bench);
        assert_eq!((Frame::parse(&heard).unwrap().vlan(), vlan), (Some(7), Some(100)));
    });
}

#[test]
fn everything_else_is_left_in_the_kernel() {
    cable(|phone, bench| {
        let ipv6 = Frame::typed(Mac::BROADCAST, PHONE, 0x86dd, &[0x60; 60]).emit();
        let mut tcp = udp(68, 67, None);
        tcp[23] = 6;
        // A later fragment, whose first bytes look like ports.
        let mut fragment = udp(68, 67, None);
        fragment[21] = 1;
        only_the_last(&phone, &bench, &[udp(40_000, 50_000, None), udp(69, 40_000, None), ipv6, tcp, fragment, arp()]);
    });
}

#[test]
fn ports_are_found_behind_ip_options() {
    cable(|phone, bench| {
        let with_options = |frame: Vec<u8>| {
            let mut frame = frame;
            frame[14] = 0x46;
            frame.splice(34..34, [1, 1, 1, 0]);
            frame
        };
        only_the_last(&phone, &bench, &[with_options(udp(40_000, 50_000, None)), with_options(udp(68, 67, None))]);
    });
}

#[test]
fn frames_for_others_are_heard_and_ones_own_are_not() {
    cable(|phone, bench| {
        let mut frame = arp();
        frame[..6].copy_from_slice(&[0x02, 9, 9, 9, 9, 9]);
        bench.send(&arp()).unwrap();
        Link::open("vb").unwrap().send(&arp()).unwrap();
        phone.send(&frame).unwrap();
        assert_eq!(wait(&bench), (frame, None));
        assert_eq!(wait(&phone), (arp(), None));
    });
}

#[test]
fn the_card_is_told_not_to_sort_out_by_address() {
    cable(|_phone, _bench| {
        let flags = std::fs::read_to_string("/sys/class/net/vb/flags").unwrap();
        let flags = i32::from_str_radix(flags.trim().trim_start_matches("0x"), 16).unwrap();
        assert_eq!(flags & libc::IFF_PROMISC, libc::IFF_PROMISC);
        assert_eq!(flags & libc::IFF_ALLMULTI, libc::IFF_ALLMULTI);
    });
}

#[test]
fn a_frame_longer_than_the_buffer_is_cut() {
    cable(|phone, bench| {
        phone.send(&udp(68, 67, None)).unwrap();
        readable(bench.as_fd());
        let mut buffer = [0; 100];
        assert_eq!(bench.recv(&mut buffer).unwrap(), Some(Received { len: 100, vlan: None }));
        assert_eq!(buffer[..], udp(68, 67, None)[..100]);
    });
}

#[test]
fn it_hears_again_after_the_interface_was_off() {
    cable(|phone, bench| {
        ip("link set vb down");
        assert_eq!(bench.recv(&mut [0; 2048]).unwrap(), None);
        ip("link set vb up");
        ready("va");
        ready("vb");
        phone.send(&arp()).unwrap();
        assert_eq!(wait(&bench).0, arp());
        ip("link del vb");
        assert_eq!(bench.recv(&mut [0; 2048]).unwrap(), None);
        assert!(bench.send(&arp()).is_err());
    });
}

#[test]
fn an_interface_that_is_not_there() {
    assert_eq!(Link::open("nosuch0").unwrap_err().kind(), io::ErrorKind::NotFound);
}
