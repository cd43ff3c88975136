//! Two stations on one cable.

use super::*;
use crate::wire::Address;

const A: Mac = Mac([2, 0, 0, 0, 0, 0xa]);
const B: Mac = Mac([2, 0, 0, 0, 0, 0xb]);
const IP_A: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 10);
const IP_B: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 11);

fn at(ms: u64) -> Time {
    Time::from_millis(ms)
}

fn interface(ip: Ipv4Addr, vlan: Option<u16>) -> Interface {
    let mask = Ipv4Addr::new(255, 255, 255, 0);
    Interface { vlan, address: Some(Address { ip, mask, router: Some(IP_B) }) }
}

fn station(mac: Mac, ip: Ipv4Addr, vlan: Option<u16>) -> NetStack {
    let mut stack = NetStack::new(mac);
    stack.set_interface(interface(ip, vlan));
    while stack.poll_frame().is_some() {}
    stack
}

fn datagram(dst: Ipv4Addr) -> Wire {
    Wire::Udp { src: SocketAddrV4::new(IP_A, 1000), dst: SocketAddrV4::new(dst, 69), bytes: b"hello".to_vec() }
}

/// Carries frames to and fro until both are silent; answers how many there were.
fn carry(now: Time, a: &mut NetStack, b: &mut NetStack) -> usize {
    let mut count = 0;
    loop {
        let (from_a, from_b) = (a.poll_frame(), b.poll_frame());
        if from_a.is_none() && from_b.is_none() {
            return count;
        }
        for (frame, to) in [(from_a, &mut *b), (from_b, &mut *a)] {
            if let Some(frame) = frame {
                count += 1;
                to.receive(now, &frame);
            }
        }
    }
}

#[test]
fn a_datagram_waits_for_its_arp_answer_and_the_next_does_not() {
    let (mut a, mut b) = (station(A, IP_A, None), station(B, IP_B, None));
    a.send(at(0), datagram(IP_B));
    a.send(at(0), datagram(IP_B));
    assert_eq!(carry(at(0), &mut a, &mut b), 4, "question, answer, two datagrams");
    assert_eq!(b.poll_wire(), Some(datagram(IP_B)));
    assert_eq!(b.poll_wire(), Some(datagram(IP_B)));
    a.send(at(1), datagram(IP_B));
    assert_eq!(carry(at(1), &mut a, &mut b), 1);
    a.send(at(301_000), datagram(IP_B));
    assert_eq!(carry(at(301_000), &mut a, &mut b), 3, "forgotten after five minutes");
}

#[test]
fn nobody_there_is_asked_for_a_few_times_and_given_up() {
    let mut a = station(A, IP_A, None);
    a.send(at(0), datagram(IP_B));
    let mut questions = 0;
    while let Some((when, _)) = a.poll_timeout() {
        questions += std::iter::from_fn(|| a.poll_frame()).count();
        a.handle_timeout(when);
    }
    assert_eq!(questions, 4);
    assert_eq!(a.poll_frame(), None);
}

#[test]
fn other_networks_go_by_the_router() {
    let (mut a, mut b) = (station(A, IP_A, None), station(B, IP_B, None));
    let far = Ipv4Addr::new(192, 0, 2, 9);
    a.send(at(0), datagram(far));
    let question = a.poll_frame().unwrap();
    assert_eq!(question[38..42], IP_B.octets());
    b.receive(at(0), &question);
    a.receive(at(0), &b.poll_frame().unwrap());
    let frame = a.poll_frame().unwrap();
    assert_eq!((&frame[..6], &frame[30..34]), (&B.0[..], &far.octets()[..]));
    b.receive(at(0), &frame);
    assert_eq!(b.poll_wire(), None, "not its address");

    let mut stranded = NetStack::new(A);
    let mut alone = interface(IP_A, None);
    alone.address = alone.address.map(|a| Address { router: None, ..a });
    stranded.set_interface(alone);
    stranded.poll_frame();
    stranded.send(at(0), datagram(far));
    assert_eq!(stranded.poll_frame(), None);
}

#[test]
fn before_it_has_an_address_only_dhcp_goes_and_comes() {
    let (mut a, mut b) = (NetStack::new(A), station(B, IP_B, None));
    let src = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 68);
    let discover = Wire::Udp { src, dst: SocketAddrV4::new(Ipv4Addr::BROADCAST, 67), bytes: vec![1; 300] };
    a.send(at(0), discover.clone());
    a.send(at(0), datagram(IP_B));
    assert_eq!(carry(at(0), &mut a, &mut b), 1);
    assert_eq!(b.poll_wire(), Some(discover));
    for (port, heard) in [(68, true), (69, false)] {
        let dst = SocketAddrV4::new(IP_A, port);
        let packet = frame::udp(SocketAddrV4::new(IP_B, 67), dst, 1, b"offer");
        a.receive(at(0), &frame::ethernet(A, B, None, frame::IPV4, &packet));
        assert_eq!(a.poll_wire().is_some(), heard);
    }
}

#[test]
fn a_new_address_is_announced() {
    let mut a = NetStack::new(A);
    a.set_interface(interface(IP_A, None));
    let frame = a.poll_frame().unwrap();
    assert_eq!(frame[..6], [0xff; 6]);
    assert_eq!((&frame[28..32], &frame[38..42]), (&IP_A.octets()[..], &IP_A.octets()[..]));
    a.set_interface(interface(IP_A, None));
    assert_eq!(a.poll_frame(), None, "once");
}

#[test]
fn another_vlan_is_another_cable() {
    let mut a = station(A, IP_A, Some(110));
    let (mut same, mut other) = (station(B, IP_B, Some(110)), station(B, IP_B, None));
    a.send(at(0), datagram(IP_B));
    let question = a.poll_frame().unwrap();
    assert_eq!(question[12..16], [0x81, 0x00, 0, 110]);
    other.receive(at(0), &question);
    assert_eq!(other.poll_frame(), None);
    same.receive(at(0), &question);
    assert_eq!(same.poll_frame().map(|f| f[12..16].to_vec()), Some(vec![0x81, 0x00, 0, 110]));
}

#[test]
fn multicast_frames_pass_untouched() {
    let mut a = station(A, IP_A, Some(110));
    let cdp = [&[0x01, 0, 0x0c, 0xcc, 0xcc, 0xcc][..], &B.0, &[0, 4, 1, 2, 3, 4]].concat();
    a.receive(at(0), &cdp);
    assert_eq!(a.poll_wire(), Some(Wire::Frame(cdp.clone())));
    a.send(at(0), Wire::Frame(cdp.clone()));
    assert_eq!(a.poll_frame(), Some(cdp));
}
