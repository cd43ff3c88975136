//! Conversations with servers, good and bad.

use super::*;

const MAC: Mac = Mac([0x00, 0x11, 0xbb, 0x73, 0xad, 0x61]);
const OTHER: Mac = Mac([2, 0, 0, 0, 0, 9]);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const MINE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 50);

fn at(secs: u64) -> Time {
    Time::from_secs(secs)
}

fn order(codes: &[u8]) -> Options {
    codes.iter().map(|&c| DhcpOption::raw(c, [c])).collect()
}

fn phone(mode: Mode) -> Client {
    let templates = Templates {
        discover: order(&[53, 61, 12, 60, 55]),
        request: order(&[53, 54, 61, 12, 60, 50, 55]),
        decline: order(&[53, 61, 60, 50, 54]),
    };
    Client::new(Settings { mac: MAC, xid: 100, broadcast: true, templates, mode })
}

fn sent(client: &mut Client) -> (Message, Destination) {
    match client.poll_action() {
        Some(Action::Transmit { message, to }) => (message, to),
        other => panic!("expected a message, got {other:?}"),
    }
}

fn answer(to: &Message, kind: MessageType, lease: u32) -> Message {
    let mut reply = to.reply();
    reply.yiaddr = MINE;
    reply.options.set(kind.option());
    reply.options.set(DhcpOption::address(code::SERVER_ID, SERVER));
    reply.options.set(DhcpOption::u32(code::LEASE_TIME, lease));
    reply
}

/// Discover to Bound with a lease of ten minutes, starting at zero; the check ends at one second.
fn bound(client: &mut Client) {
    client.start(at(0));
    let (discover, _) = sent(client);
    client.handle(at(0), &answer(&discover, MessageType::Offer, 600));
    assert!(matches!(client.poll_action(), Some(Action::Offered(_))));
    let (request, _) = sent(client);
    client.handle(at(0), &answer(&request, MessageType::Ack, 600));
    assert_eq!(client.poll_action(), Some(Action::ProbeAddress(MINE)));
    client.handle_timeout(at(1));
    assert!(matches!(client.poll_action(), Some(Action::Bound(b)) if b.address == MINE));
}

#[test]
fn a_probe_collects_offers_and_never_requests() {
    let mut probe = phone(Mode::Probe { tries: 3, every: Duration::from_secs(4) });
    probe.start(at(0));
    let (discover, to) = sent(&mut probe);
    assert_eq!((discover.message_type(), to), (Some(MessageType::Discover), Destination::Broadcast));
    for _ in 0..2 {
        probe.handle(at(1), &answer(&discover, MessageType::Offer, 600));
        assert!(matches!(probe.poll_action(), Some(Action::Offered(o)) if o.server_id() == Some(SERVER)));
    }
    probe.handle(at(1), &answer(&discover, MessageType::Ack, 600));
    assert_eq!(probe.poll_action(), None);
    for second in [4, 8] {
        assert_eq!(probe.poll_timeout(), Some((at(second), "waiting for foreign DHCP offers")));
        probe.handle_timeout(at(second));
        assert_eq!(sent(&mut probe).0.secs, second as u16);
    }
    probe.handle_timeout(at(12));
    assert_eq!(probe.poll_action(), Some(Action::Finished));
    assert_eq!(probe.poll_timeout(), None);
}

#[test]
fn a_lease_that_ends_before_its_check_is_never_used() {
    let mut client = phone(Mode::LEASE);
    client.start(at(0));
    let (discover, _) = sent(&mut client);
    client.handle(at(0), &answer(&discover, MessageType::Offer, 0));
    client.poll_action();
    let (request, _) = sent(&mut client);
    client.handle(at(0), &answer(&request, MessageType::Ack, 0));
    assert_eq!(client.poll_action(), Some(Action::ProbeAddress(MINE)));
    client.handle_timeout(at(1));
    assert_eq!(sent(&mut client).0.message_type(), Some(MessageType::Discover));
    assert_eq!(client.binding(), None);
}

#[test]
fn options_go_out_in_the_phones_own_order() {
    let mut client = phone(Mode::LEASE);
    client.start(at(0));
    let (discover, _) = sent(&mut client);
    assert_eq!(discover.options.codes(), [53, 61, 12, 60, 55]);
    assert!(discover.broadcast());
    client.handle(at(0), &answer(&discover, MessageType::Offer, 600));
    client.poll_action();
    let (request, to) = sent(&mut client);
    assert_eq!(request.options.codes(), [53, 54, 61, 12, 60, 50, 55]);
    assert_eq!((request.server_id(), request.requested_address()), (Some(SERVER), Some(MINE)));
    assert_eq!((request.xid, to), (discover.xid, Destination::Broadcast));
}

#[test]
fn a_bare_template_still_makes_valid_messages() {
    let templates = Templates::default();
    let mut client = Client::new(Settings { mac: MAC, xid: 1, broadcast: false, templates, mode: Mode::LEASE });
    client.start(at(0));
    let (discover, _) = sent(&mut client);
    assert_eq!(discover.options.codes(), [53]);
    client.handle(at(0), &answer(&discover, MessageType::Offer, 600));
    client.poll_action();
    assert_eq!(sent(&mut client).0.options.codes(), [53, 54, 50]);
}

#[test]
fn silence_is_met_with_back_off() {
    let mut client = phone(Mode::LEASE);
    client.start(at(0));
    let mut last = at(0);
    let mut pauses = Vec::new();
    for _ in 0..7 {
        assert_eq!(sent(&mut client).0.message_type(), Some(MessageType::Discover));
        let (next, _) = client.poll_timeout().unwrap();
        pauses.push(next.since(last).as_secs_f64());
        client.handle_timeout(next);
        last = next;
    }
    for (pause, wanted) in pauses.iter().zip([4.0, 8.0, 16.0, 32.0, 64.0, 64.0, 64.0]) {
        assert!((pause - wanted).abs() <= 1.0, "{pauses:?}");
    }
}

#[test]
fn a_request_without_answer_starts_over_with_a_new_transaction() {
    let mut client = phone(Mode::LEASE);
    client.start(at(0));
    let (discover, _) = sent(&mut client);
    client.handle(at(0), &answer(&discover, MessageType::Offer, 600));
    client.poll_action();
    for _ in 0..4 {
        assert_eq!(sent(&mut client).0.message_type(), Some(MessageType::Request));
        let (next, _) = client.poll_timeout().unwrap();
        client.handle_timeout(next);
    }
    let (again, _) = sent(&mut client);
    assert_eq!((again.message_type(), again.xid), (Some(MessageType::Discover), discover.xid + 1));
}

#[test]
fn answers_to_others_are_not_heard() {
    let mut client = phone(Mode::LEASE);
    client.start(at(0));
    let (discover, _) = sent(&mut client);
    let good = answer(&discover, MessageType::Offer, 600);
    let mut other_mac = good.clone();
    other_mac.chaddr[5] ^= 1;
    for wrong in [Message { xid: good.xid + 1, ..good.clone() }, Message { op: 1, ..good }, other_mac] {
        client.handle(at(0), &wrong);
    }
    assert_eq!(client.poll_action(), None);
}

#[test]
fn renews_at_half_and_stays_bound() {
    let mut client = phone(Mode::LEASE);
    bound(&mut client);
    assert_eq!(client.poll_timeout(), Some((at(300), "DHCP renewal is due")));
    client.handle_timeout(at(300));
    let (renewal, to) = sent(&mut client);
    assert_eq!((renewal.ciaddr, to), (MINE, Destination::Server(SERVER)));
    assert_eq!((renewal.requested_address(), renewal.server_id()), (None, None));
    client.handle_timeout(at(413));
    assert_eq!(sent(&mut client).0.xid, renewal.xid, "a repeat belongs to the same exchange");
    client.handle(at(413), &answer(&renewal, MessageType::Ack, 600));
    assert!(matches!(client.poll_action(), Some(Action::Bound(b)) if b.expires == at(1013)));
    assert_eq!(client.poll_timeout(), Some((at(713), "DHCP renewal is due")));
}

#[test]
fn without_its_server_it_asks_everyone_and_then_loses_the_address() {
    let mut client = phone(Mode::LEASE);
    bound(&mut client);
    let mut asked = Vec::new();
    while let Some((next, _)) = client.poll_timeout() {
        client.handle_timeout(next);
        match client.poll_action() {
            Some(Action::Transmit { message, to }) if message.ciaddr == MINE => {
                asked.push((next.as_millis() / 1000, to))
            }
            Some(Action::Lost { address: MINE, why: Lost::Expired }) => {
                assert_eq!(next, at(600));
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    let server = Destination::Server(SERVER);
    assert_eq!(asked[..3], [(300, server), (412, server), (472, server)]);
    assert!(asked.contains(&(525, Destination::Broadcast)), "{asked:?}");
    assert_eq!(sent(&mut client).0.message_type(), Some(MessageType::Discover));
}

#[test]
fn a_conflict_is_declined_and_followed_by_a_pause() {
    let mut client = phone(Mode::LEASE);
    client.start(at(0));
    let (discover, _) = sent(&mut client);
    client.handle(at(0), &answer(&discover, MessageType::Offer, 600));
    client.poll_action();
    let (request, _) = sent(&mut client);
    client.handle(at(0), &answer(&request, MessageType::Ack, 600));
    client.poll_action();
    client.handle_arp(at(0), MINE, MAC);
    assert_eq!(client.poll_action(), None, "its own ARP is no conflict");
    client.handle_arp(at(0), MINE, OTHER);
    let (decline, to) = sent(&mut client);
    assert_eq!((decline.message_type(), to), (Some(MessageType::Decline), Destination::Broadcast));
    assert_eq!(decline.options.codes(), [53, 61, 60, 50, 54]);
    assert_eq!((decline.requested_address(), decline.server_id()), (Some(MINE), Some(SERVER)));
    assert_eq!(client.poll_action(), Some(Action::Lost { address: MINE, why: Lost::Conflict(OTHER) }));
    client.handle_timeout(at(10));
    assert_eq!(sent(&mut client).0.message_type(), Some(MessageType::Discover));
}

#[test]
fn a_remembered_address_is_asked_for_and_a_nak_accepted() {
    let mut client = phone(Mode::LEASE);
    client.start_with_address(at(0), Ipv4Addr::new(192, 168, 1, 7));
    let (request, _) = sent(&mut client);
    assert_eq!(request.options.codes(), [53, 61, 12, 60, 50, 55], "no server id in INIT-REBOOT");
    client.handle(at(0), &answer(&request, MessageType::Nak, 0));
    assert!(matches!(client.poll_action(), Some(Action::Lost { why: Lost::Nak, .. })));
    client.handle_timeout(at(1));
    assert_eq!(sent(&mut client).0.message_type(), Some(MessageType::Discover));
}

#[test]
fn a_release_gives_the_address_back() {
    let mut client = phone(Mode::LEASE);
    bound(&mut client);
    client.release(at(5));
    let (release, to) = sent(&mut client);
    assert_eq!((release.message_type(), release.ciaddr), (Some(MessageType::Release), MINE));
    assert_eq!((release.server_id(), release.requested_address()), (Some(SERVER), None));
    assert!(!release.broadcast(), "nobody answers a Release");
    assert_eq!(to, Destination::Server(SERVER));
    assert_eq!(client.poll_action(), Some(Action::Lost { address: MINE, why: Lost::Released }));
    assert_eq!(client.poll_timeout(), None);
}

#[test]
fn an_unlimited_lease_sets_no_timer() {
    let mut client = phone(Mode::Lease {
        check: Duration::ZERO,
        first_retry: Duration::from_secs(4),
        longest_retry: Duration::from_secs(64),
    });
    client.start_with_address(at(0), MINE);
    let (request, _) = sent(&mut client);
    client.handle(at(0), &answer(&request, MessageType::Ack, u32::MAX));
    assert!(matches!(client.poll_action(), Some(Action::Bound(b)) if b.expires == Time::NEVER));
    assert_eq!(client.poll_timeout(), None);
}
