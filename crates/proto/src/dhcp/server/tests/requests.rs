//! Request in the four states of RFC 2131 §4.3.2, and the ARP check.

use super::*;

const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 77);

fn kind_of(actions: &[Action]) -> MessageType {
    only_reply(actions).0
}

#[test]
fn selecting_what_was_not_offered_is_refused() {
    let mut server = server();
    let address = offered(&mut server, at(0), phone(1));
    assert_eq!(kind_of(&say(&mut server, at(0), &selecting(phone(1), SERVER, ip(98)))), MessageType::Nak);
    assert_eq!(kind_of(&say(&mut server, at(0), &selecting(phone(2), SERVER, address))), MessageType::Nak);
    assert_eq!(kind_of(&say(&mut server, at(0), &selecting(phone(1), SERVER, address))), MessageType::Ack);
}

#[test]
fn selecting_without_naming_the_address_means_our_offer() {
    let mut server = server();
    let address = offered(&mut server, at(0), phone(1));
    let mut request = selecting(phone(1), SERVER, address);
    request.options.remove(50);
    assert_eq!(only_reply(&say(&mut server, at(0), &request)).1.yiaddr, address);
}

#[test]
fn rebooting_clients_keep_their_address_or_hear_no() {
    let mut server = server();
    let address = bound(&mut server, at(0), phone(1));
    assert_eq!(only_reply(&say(&mut server, at(1), &rebooting(phone(1), address))).1.yiaddr, address);
    let (kind, nak, _) = only_reply(&say(&mut server, at(1), &rebooting(phone(1), ELSEWHERE)));
    assert_eq!(kind, MessageType::Nak);
    assert_eq!((nak.yiaddr, nak.options.codes()), (Ipv4Addr::UNSPECIFIED, vec![53, 54, 56]));
    assert_eq!(server.lease_of(phone(1)).map(|l| l.address), Some(address), "a wrong question costs nothing");
    assert_eq!(kind_of(&say(&mut server, at(1), &rebooting(phone(2), address))), MessageType::Nak);
    let regained = say(&mut server, at(1), &rebooting(phone(3), ip(98)));
    assert_eq!((kind_of(&regained), only_reply(&regained).1.yiaddr), (MessageType::Ack, ip(98)));
}

#[test]
fn renewing_and_rebinding_extend_the_lease_or_hear_no() {
    let mut server = server();
    let address = bound(&mut server, at(0), phone(1));
    let (kind, ack, _) = only_reply(&say(&mut server, at(300), &renewing(phone(1), address)));
    assert_eq!((kind, ack.yiaddr, ack.options.u32(51)), (MessageType::Ack, address, Some(600)));
    assert_eq!(server.lease_of(phone(1)).map(|l| l.expires), Some(900_000));
    assert_eq!(kind_of(&say(&mut server, at(301), &renewing(phone(2), ELSEWHERE))), MessageType::Nak);
    assert_eq!(kind_of(&say(&mut server, at(301), &renewing(phone(2), address))), MessageType::Nak);
}

#[test]
fn a_stranger_is_served_but_never_refused() {
    let mut server = server();
    let (_, offer, _) = only_reply(&say_stranger(&mut server, at(0), &message(MessageType::Discover, phone(1))));
    let mine = offer.yiaddr;
    assert_eq!(kind_of(&say_stranger(&mut server, at(0), &selecting(phone(1), SERVER, mine))), MessageType::Ack);
    assert_eq!(kind_of(&say_stranger(&mut server, at(1), &rebooting(phone(1), mine))), MessageType::Ack);
    for (mac, request, address) in [
        (phone(1), rebooting(phone(1), ELSEWHERE), ELSEWHERE),
        (phone(2), renewing(phone(2), ELSEWHERE), ELSEWHERE),
        (phone(2), selecting(phone(2), SERVER, mine), mine),
        (phone(3), rebooting(phone(3), ip(98)), ip(98)),
    ] {
        assert_eq!(say_stranger(&mut server, at(1), &request), ignored(mac, IgnoreReason::StaleRequest(address)));
    }
}

fn checking() -> Server {
    Server::new(Settings { arp_check: true, ..settings() }, at(0))
}

fn probed(actions: &[Action]) -> Vec<Ipv4Addr> {
    let probes = actions.iter().filter_map(|a| if let Action::ProbeAddress(ip) = a { Some(*ip) } else { None });
    probes.collect()
}

#[test]
fn the_pool_is_probed_ahead_so_that_offers_do_not_wait() {
    let mut server = checking();
    assert_eq!(probed(&drain(&mut server)).len(), 90);
    assert_eq!(server.poll_timeout(), Some((ms(200), "waiting for an ARP answer")));
    server.handle_timeout(ms(200));
    for n in 0..40 {
        offered(&mut server, at(1), phone(n));
    }
}

#[test]
fn a_large_pool_is_probed_a_slice_at_a_time_and_who_waits_does_not_wait_for_them() {
    let wide = Settings { prefix_len: 16, first: Ipv4Addr::new(10, 164, 0, 10), ..settings() };
    let mut server =
        Server::new(Settings { arp_check: true, last: Ipv4Addr::new(10, 164, 15, 249), ..wide.clone() }, at(0));
    let swept = probed(&drain(&mut server));
    assert_eq!(swept.len(), 256);
    let mut asked = Vec::new();
    for n in 0..40 {
        asked.extend(probed(&say(&mut server, ms(50), &message(MessageType::Discover, phone(n)))));
    }
    assert!(!asked.is_empty() && asked.iter().all(|a| !swept.contains(a)), "those waited for are asked at once");
    server.handle_timeout(ms(250));
    let offers = drain(&mut server).iter().filter(|a| matches!(a, Action::Transmit { .. })).count();
    assert_eq!(offers, 40, "and nobody waits for the sweep");

    let huge = Settings { arp_check: true, last: Ipv4Addr::new(10, 164, 255, 250), ..wide };
    let mut server = Server::new(huge, at(0));
    let mut probes = probed(&drain(&mut server));
    for n in 1..260 {
        server.handle_timeout(ms(n * 5));
        probes.extend(probed(&drain(&mut server)));
    }
    assert_eq!(probes.len(), 65_520, "all but the server's own are swept, a slice every five milliseconds");
}

#[test]
fn an_offer_not_yet_cleared_waits_for_its_probe() {
    let mut server = checking();
    drain(&mut server);
    let discover = message(MessageType::Discover, phone(1));
    assert_eq!(say(&mut server, ms(100), &discover), []);
    assert_eq!(say(&mut server, ms(150), &discover), [], "asking twice does not make two offers");
    server.handle_timeout(ms(199));
    assert_eq!(drain(&mut server), []);
    server.handle_timeout(ms(200));
    assert_eq!(kind_of(&drain(&mut server)), MessageType::Offer);
}

#[test]
fn after_a_long_sleep_no_stale_offer_is_sent() {
    let mut server = checking();
    drain(&mut server);
    assert_eq!(say(&mut server, ms(100), &message(MessageType::Discover, phone(1))), []);
    server.handle_timeout(at(4_000));
    assert!(drain(&mut server).iter().all(|a| matches!(a, Action::ProbeAddress(_))));
}

#[test]
fn an_address_in_use_is_parked_and_its_client_gets_another() {
    let mut server = checking();
    drain(&mut server);
    let expected = offered(&mut self::server(), at(0), phone(1));
    assert_eq!(say(&mut server, ms(100), &message(MessageType::Discover, phone(1))), []);
    server.handle_arp(ms(120), expected, INTRUDER);
    assert_eq!(drain(&mut server), [Action::Parked { address: expected, why: ParkReason::InUse(INTRUDER) }]);
    server.handle_timeout(ms(200));
    let (_, offer, _) = only_reply(&drain(&mut server));
    assert_ne!(offer.yiaddr, expected);
}

#[test]
fn a_waiting_request_for_an_address_in_use_is_refused_not_redirected() {
    let mut server = checking();
    drain(&mut server);
    assert_eq!(say(&mut server, ms(100), &rebooting(phone(1), ip(50))), []);
    server.handle_arp(ms(120), ip(50), INTRUDER);
    assert_eq!(kind_of(&drain(&mut server)), MessageType::Nak);
    server.handle_timeout(ms(200));
    assert_eq!(drain(&mut server), []);
}

#[test]
fn a_station_that_uses_an_address_may_have_it() {
    let mut server = checking();
    drain(&mut server);
    server.handle_arp(ms(10), ip(50), phone(1));
    drain(&mut server);
    assert_eq!(kind_of(&say(&mut server, at(1), &rebooting(phone(2), ip(50)))), MessageType::Nak);
    let actions = say(&mut server, at(1), &rebooting(phone(1), ip(50)));
    assert_eq!((kind_of(&actions), only_reply(&actions).1.yiaddr), (MessageType::Ack, ip(50)));
}

#[test]
fn a_client_answering_its_own_probe_is_answered_at_once() {
    let mut server = checking();
    drain(&mut server);
    assert_eq!(say(&mut server, ms(100), &rebooting(phone(1), ip(50))), []);
    server.handle_arp(ms(110), ip(50), phone(1));
    assert_eq!(kind_of(&drain(&mut server)), MessageType::Ack);

    let mut discover = message(MessageType::Discover, phone(2));
    discover.options.set(DhcpOption::address(50, ip(60)));
    assert_eq!(say(&mut server, ms(120), &discover), []);
    server.handle_arp(ms(130), ip(60), phone(2));
    assert_eq!(kind_of(&drain(&mut server)), MessageType::Offer);
    assert_eq!(kind_of(&say(&mut server, ms(140), &discover)), MessageType::Offer);
}

#[test]
fn another_station_on_a_leased_address_ends_the_lease() {
    let mut server = server();
    let address = bound(&mut server, at(0), phone(1));
    server.handle_arp(at(1), address, phone(1));
    server.handle_arp(at(1), ip(250), INTRUDER);
    server.handle_arp(at(1), Ipv4Addr::UNSPECIFIED, INTRUDER);
    assert_eq!(drain(&mut server), []);
    server.handle_arp(at(2), address, INTRUDER);
    let actions = drain(&mut server);
    assert!(matches!(actions[0], Action::Released { why: LeaseEnd::Conflict(INTRUDER), .. }));
    assert_eq!(actions[1], Action::Parked { address, why: ParkReason::InUse(INTRUDER) });
    server.handle_arp(at(300), address, INTRUDER);
    assert_eq!(drain(&mut server), [], "parked once, however often it is seen");
    assert_eq!(kind_of(&say(&mut server, at(301), &renewing(phone(1), address))), MessageType::Nak);
    assert_eq!(server.poll_timeout(), Some((at(900), "a parked address may be used again")));
}

#[test]
fn clearance_is_renewed_before_it_lapses() {
    let mut server = checking();
    drain(&mut server);
    server.handle_timeout(ms(200));
    drain(&mut server);
    assert_eq!(server.poll_timeout(), Some((at(540), "the pool is to be probed by ARP again")));
    server.handle_timeout(at(540));
    assert_eq!(probed(&drain(&mut server)).len(), 90);
    offered(&mut server, ms(540_100), phone(1));
    server.handle_timeout(ms(540_200));
    offered(&mut server, at(1_100), phone(2));
}

#[test]
fn a_new_cable_forgets_what_was_clear() {
    let mut server = checking();
    server.handle_timeout(ms(200));
    drain(&mut server);
    server.sweep(at(10));
    assert_eq!(probed(&drain(&mut server)).len(), 90);
    assert_eq!(say(&mut server, at(10), &message(MessageType::Discover, phone(1))), []);
    // Moved again while the probes are out: all are sent anew, the one waited for first.
    server.sweep(ms(10_100));
    let again = probed(&drain(&mut server));
    assert_eq!(again.len(), 90);
    server.handle_timeout(ms(10_200));
    assert_eq!(drain(&mut server), []);
    server.handle_timeout(ms(10_300));
    assert_eq!(only_reply(&drain(&mut server)).1.yiaddr, again[0]);
}

#[test]
fn an_address_given_back_is_probed_before_anyone_gets_it_again() {
    let mut server = checking();
    server.handle_timeout(ms(200));
    drain(&mut server);
    let address = bound(&mut server, at(10), phone(1));
    let release = Message { ciaddr: address, ..message(MessageType::Release, phone(1)) };
    say(&mut server, at(300), &release);
    assert_eq!(probed(&say(&mut server, at(300), &message(MessageType::Discover, phone(1)))), [address]);
    server.handle_timeout(at(301));
    assert_eq!(kind_of(&drain(&mut server)), MessageType::Offer);
    say(&mut server, at(301), &selecting(phone(1), OTHER_SERVER, ELSEWHERE));
    server.handle_timeout(at(540));
    assert_eq!(probed(&drain(&mut server)).len(), 89, "what was asked about lately is not asked again");
}

#[test]
fn a_client_with_a_lease_never_waits() {
    let mut server = checking();
    server.handle_timeout(ms(200));
    drain(&mut server);
    let address = bound(&mut server, at(1), phone(1));
    for second in [301, 601, 901] {
        assert_eq!(kind_of(&say(&mut server, at(second), &renewing(phone(1), address))), MessageType::Ack);
    }
    assert_eq!(offered(&mut server, at(902), phone(1)), address);
}

#[test]
fn a_declined_address_is_not_preferred_later() {
    let mut server = server();
    let usual = offered(&mut self::server(), at(0), phone(1));
    assert_ne!(usual, ip(98));
    assert_eq!(kind_of(&say(&mut server, at(0), &rebooting(phone(1), ip(98)))), MessageType::Ack);
    let mut decline = selecting(phone(1), SERVER, ip(98));
    decline.options.set(MessageType::Decline.option());
    say(&mut server, at(1), &decline);
    assert_eq!(offered(&mut server, at(700), phone(1)), usual);
}
