//! Conversations with phones, strangers and troublemakers.

use super::*;
use crate::dhcp::client::{self, Client, Mode, Templates};

mod crowd;
mod requests;

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 164, 183, 1);
const OTHER_SERVER: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 1);
const INTRUDER: Mac = Mac([0x02, 9, 9, 9, 9, 9]);

fn ip(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 164, 183, last)
}

fn phone(n: u32) -> Mac {
    let [a, b, c, d] = n.to_be_bytes();
    Mac([0x00, 0x15, a, b, c, d])
}

fn at(secs: u64) -> Time {
    Time::from_secs(secs)
}

fn ms(millis: u64) -> Time {
    Time::from_millis(millis)
}

fn settings() -> Settings {
    Settings { arp_check: false, ..Settings::new(SERVER, 24, ip(10), ip(99)) }
}

fn server() -> Server {
    Server::new(settings(), at(0))
}

fn drain(server: &mut Server) -> Vec<Action> {
    std::iter::from_fn(|| server.poll_action()).collect()
}

fn message(kind: MessageType, mac: Mac) -> Message {
    let mut message = Message::request(mac, 0x0a0b_0c0d);
    message.options.set(kind.option());
    message
}

fn selecting(mac: Mac, server: Ipv4Addr, address: Ipv4Addr) -> Message {
    let mut request = message(MessageType::Request, mac);
    request.options.set(DhcpOption::address(code::SERVER_ID, server));
    request.options.set(DhcpOption::address(code::REQUESTED_ADDRESS, address));
    request
}

fn rebooting(mac: Mac, address: Ipv4Addr) -> Message {
    let mut request = message(MessageType::Request, mac);
    request.options.set(DhcpOption::address(code::REQUESTED_ADDRESS, address));
    request
}

fn renewing(mac: Mac, address: Ipv4Addr) -> Message {
    Message { ciaddr: address, ..message(MessageType::Request, mac) }
}

/// Hands a message of a known phone in and takes everything that comes out.
fn say(server: &mut Server, now: Time, message: &Message) -> Vec<Action> {
    server.handle(now, message, &Wishes::default(), Standing::Known);
    drain(server)
}

fn say_stranger(server: &mut Server, now: Time, message: &Message) -> Vec<Action> {
    server.handle(now, message, &Wishes::default(), Standing::Stranger);
    drain(server)
}

/// The only message among the actions.
fn only_reply(actions: &[Action]) -> (MessageType, Message, Destination) {
    let mut replies = actions.iter().filter_map(|action| match action {
        Action::Transmit { message, to, .. } => Some((message.message_type().unwrap(), message.clone(), *to)),
        _ => None,
    });
    let reply = replies.next().unwrap_or_else(|| panic!("no reply in {actions:?}"));
    assert_eq!(replies.next(), None, "{actions:?}");
    reply
}

fn offered(server: &mut Server, now: Time, mac: Mac) -> Ipv4Addr {
    let (kind, offer, _) = only_reply(&say(server, now, &message(MessageType::Discover, mac)));
    assert_eq!(kind, MessageType::Offer);
    offer.yiaddr
}

fn bound(server: &mut Server, now: Time, mac: Mac) -> Ipv4Addr {
    let address = offered(server, now, mac);
    let actions = say(server, now, &selecting(mac, SERVER, address));
    assert_eq!(only_reply(&actions).0, MessageType::Ack);
    assert!(actions.iter().any(|a| matches!(a, Action::Bound(l) if l.mac == mac && l.address == address)));
    address
}

fn ignored(mac: Mac, why: IgnoreReason) -> Vec<Action> {
    vec![Action::Ignored { mac, why }]
}

#[test]
fn discover_offer_request_ack() {
    let mut server = server();
    let wishes = Wishes {
        options: [
            DhcpOption::addresses(150, &[SERVER]),
            DhcpOption::text(66, "10.164.183.1"),
            DhcpOption::u8(53, 99),
            DhcpOption::u32(51, 1),
            DhcpOption::address(3, SERVER),
        ]
        .into_iter()
        .collect(),
        siaddr: SERVER,
        boot_file: b"boot.ld".to_vec(),
        lease: Duration::from_secs(300),
    };
    let discover = message(MessageType::Discover, phone(1));
    server.handle(at(0), &discover, &wishes, Standing::Known);
    let (kind, offer, to) = only_reply(&drain(&mut server));
    assert_eq!(kind, MessageType::Offer);
    assert_eq!(to, Destination::Hardware { address: offer.yiaddr, mac: phone(1) });
    assert_eq!((offer.op, offer.xid, offer.mac()), (2, discover.xid, Some(phone(1))));
    assert_eq!(offer.options.codes(), [53, 54, 51, 1, 150, 66, 3], "ours first, then the wishes in their order");
    assert_eq!(offer.options.u32(51), Some(300));
    assert_eq!(offer.options.address(1), Some(Ipv4Addr::new(255, 255, 255, 0)));
    assert_eq!((offer.siaddr, offer.file.as_slice()), (SERVER, &b"boot.ld"[..]));

    let request = selecting(phone(1), SERVER, offer.yiaddr);
    server.handle(at(1), &request, &wishes, Standing::Known);
    let actions = drain(&mut server);
    let (kind, ack, _) = only_reply(&actions);
    assert_eq!((kind, ack.yiaddr), (MessageType::Ack, offer.yiaddr));
    assert_eq!(ack.options.codes(), offer.options.codes());
    assert_eq!(server.lease_of(phone(1)).map(|l| l.expires), Some(301_000));
    assert_eq!(server.poll_timeout(), Some((at(301), "a DHCP lease runs out")));
}

#[test]
fn replies_go_where_the_standard_says() {
    let mut server = Server::new(Settings { answer_relayed: true, ..settings() }, at(0));
    let discover = message(MessageType::Discover, phone(1));
    let broadcast = Message { flags: BROADCAST_FLAG, ..discover.clone() };
    assert_eq!(only_reply(&say(&mut server, at(0), &broadcast)).2, Destination::Broadcast);
    let mut relayed = Message { giaddr: ip(200), ..discover };
    relayed.options.set(DhcpOption::raw(82, *b"\x01\x02p1"));
    let (_, offer, to) = only_reply(&say(&mut server, at(0), &relayed));
    assert_eq!((to, offer.options.get(82)), (Destination::Relay(ip(200)), Some(&b"\x01\x02p1"[..])));
    let address = bound(&mut server, at(6), phone(1));
    let (_, ack, to) = only_reply(&say(&mut server, at(7), &renewing(phone(1), address)));
    assert_eq!((to, ack.ciaddr), (Destination::Client(address), address));
    let stale = rebooting(phone(2), Ipv4Addr::new(192, 168, 1, 7));
    assert_eq!(only_reply(&say(&mut server, at(8), &stale)).2, Destination::Broadcast);
    let relayed = Message { giaddr: ip(200), ..stale };
    let (kind, nak, to) = only_reply(&say(&mut server, at(8), &relayed));
    assert_eq!((kind, nak.broadcast(), to), (MessageType::Nak, true, Destination::Relay(ip(200))));
}

#[test]
fn the_size_a_client_accepts_comes_with_the_reply() {
    let mut server = server();
    let mut discover = message(MessageType::Discover, phone(1));
    discover.options.set(DhcpOption::u16(57, 1000));
    let actions = say(&mut server, at(0), &discover);
    assert!(matches!(actions[..], [Action::Transmit { max_payload: 972, .. }]));
}

#[test]
fn the_same_discover_gets_the_same_offer_at_once() {
    let mut server = server();
    let first = offered(&mut server, at(0), phone(1));
    for second in 1..4 {
        assert_eq!(offered(&mut server, at(second), phone(1)), first);
    }
}

#[test]
fn a_client_gets_the_same_address_again() {
    let mut server = server();
    let address = bound(&mut server, at(0), phone(1));
    let mut release = message(MessageType::Release, phone(1));
    release.ciaddr = address;
    say(&mut server, at(10), &release);
    assert_eq!(offered(&mut server, at(20), phone(1)), address);
    assert_eq!(offered(&mut self::server(), at(0), phone(1)), address, "even by a server that never saw it");
}

#[test]
fn boot_loader_and_application_with_different_identifiers_share_one_address() {
    let mut server = server();
    let mut loader = message(MessageType::Discover, phone(1));
    loader.options.set(DhcpOption::raw(61, [1, 2, 3]));
    let first = only_reply(&say(&mut server, at(0), &loader)).1.yiaddr;
    assert_eq!(bound(&mut server, at(1), phone(1)), first);
    assert_eq!(server.leases().len(), 1);
}

#[test]
fn client_identifiers_of_any_length_are_accepted_and_kept() {
    let mut server = server();
    for (n, length) in [0usize, 1, 7, 255].into_iter().enumerate() {
        let mac = phone(n as u32);
        let address = offered(&mut server, at(0), mac);
        let mut request = selecting(mac, SERVER, address);
        request.options.set(DhcpOption::raw(61, vec![7; length]));
        assert_eq!(only_reply(&say(&mut server, at(0), &request)).0, MessageType::Ack);
        assert_eq!(server.lease_of(mac).map(|l| l.client_id.len()), Some(length));
    }
}

#[test]
fn an_offer_is_reserved_until_it_runs_out() {
    let mut server = Server::new(Settings { last: ip(10), ..settings() }, at(0));
    assert_eq!(offered(&mut server, at(0), phone(1)), ip(10));
    let discover = message(MessageType::Discover, phone(2));
    assert_eq!(say(&mut server, at(30), &discover), ignored(phone(2), IgnoreReason::NoAddressLeft));
    assert_eq!(server.poll_timeout(), Some((at(60), "a DHCP offer runs out")));
    assert_eq!(offered(&mut server, at(60), phone(2)), ip(10));
}

#[test]
fn choosing_another_server_withdraws_our_offer() {
    let mut server = Server::new(Settings { last: ip(10), ..settings() }, at(0));
    offered(&mut server, at(0), phone(1));
    let actions = say(&mut server, at(1), &selecting(phone(1), OTHER_SERVER, Ipv4Addr::new(192, 168, 1, 9)));
    assert_eq!(actions, [Action::ChoseOther { mac: phone(1), server: OTHER_SERVER }]);
    assert_eq!(offered(&mut server, at(1), phone(2)), ip(10));
}

#[test]
fn a_lease_runs_out_and_says_so() {
    let mut server = server();
    let address = bound(&mut server, at(0), phone(1));
    server.handle_timeout(at(599));
    assert_eq!(drain(&mut server), []);
    server.handle_timeout(at(600));
    assert!(matches!(&drain(&mut server)[..],
        [Action::Released { lease, why: LeaseEnd::Expired }] if lease.address == address));
    assert_eq!((server.leases(), server.poll_timeout()), (vec![], None));
}

#[test]
fn a_release_frees_only_what_the_sender_holds() {
    let mut server = server();
    let address = bound(&mut server, at(0), phone(1));
    let release = |mac| Message { ciaddr: address, ..message(MessageType::Release, mac) };
    assert_eq!(
        say(&mut server, at(1), &release(phone(2))),
        ignored(phone(2), IgnoreReason::NotItsAddress(MessageType::Release, Some(address)))
    );
    let mut elsewhere = release(phone(1));
    elsewhere.options.set(DhcpOption::address(54, OTHER_SERVER));
    assert_eq!(say(&mut server, at(1), &elsewhere), ignored(phone(1), IgnoreReason::OtherServer(OTHER_SERVER)));
    let actions = say(&mut server, at(2), &release(phone(1)));
    assert!(matches!(&actions[..], [Action::Released { why: LeaseEnd::Released, .. }]));
    assert_eq!(server.leases(), []);
}

#[test]
fn a_declined_address_is_parked() {
    let mut server = server();
    let address = bound(&mut server, at(0), phone(1));
    let mut decline = selecting(phone(2), SERVER, address);
    decline.options.set(MessageType::Decline.option());
    let why = IgnoreReason::NotItsAddress(MessageType::Decline, Some(address));
    assert_eq!(say(&mut server, at(1), &decline), ignored(phone(2), why), "no one else can park it");
    let mut decline = selecting(phone(1), SERVER, address);
    decline.options.set(MessageType::Decline.option());
    let actions = say(&mut server, at(1), &decline);
    assert!(matches!(actions[0], Action::Released { why: LeaseEnd::Declined, .. }));
    assert_eq!(actions[1], Action::Parked { address, why: ParkReason::Declined(phone(1)) });
    let mut wants_it = message(MessageType::Discover, phone(1));
    wants_it.options.set(DhcpOption::address(50, address));
    assert_ne!(only_reply(&say(&mut server, at(2), &wants_it)).1.yiaddr, address);
    assert_eq!(only_reply(&say(&mut server, at(602), &rebooting(phone(3), address))).0, MessageType::Ack);
}

#[test]
fn inform_gets_options_only() {
    let mut server = server();
    let inform = Message { ciaddr: ip(5), ..message(MessageType::Inform, phone(1)) };
    let (kind, ack, to) = only_reply(&say(&mut server, at(0), &inform));
    assert_eq!((kind, to), (MessageType::Ack, Destination::Client(ip(5))));
    assert_eq!((ack.yiaddr, ack.options.codes()), (Ipv4Addr::UNSPECIFIED, vec![53, 54, 1]));
    assert_eq!(server.leases(), []);
    let foreign = Ipv4Addr::new(172, 16, 0, 9);
    let inform = Message { ciaddr: foreign, ..inform };
    let (_, _, to) = only_reply(&say(&mut server, at(0), &inform));
    assert_eq!(to, Destination::Hardware { address: foreign, mac: phone(1) });
}

#[test]
fn what_is_not_answered_is_told_with_its_reason() {
    let mut server = server();
    let discover = message(MessageType::Discover, phone(1));
    let none = Mac::ZERO;
    let mut bare = discover.clone();
    bare.options.remove(53);
    for (odd, mac, why) in [
        (Message { op: 2, ..discover.clone() }, phone(1), IgnoreReason::NotFromAClient),
        (message(MessageType::Offer, phone(1)), phone(1), IgnoreReason::NotFromAClient),
        (Message { htype: 6, ..discover.clone() }, none, IgnoreReason::NoEthernetAddress),
        (Message { giaddr: ip(3), ..discover.clone() }, phone(1), IgnoreReason::Relayed(ip(3))),
        (bare, phone(1), IgnoreReason::NoMessageType),
        (message(MessageType::Discover, Mac::BROADCAST), Mac::BROADCAST, IgnoreReason::NoEthernetAddress),
        (message(MessageType::Request, phone(1)), phone(1), IgnoreReason::NoAddressAsked),
    ] {
        assert_eq!(say(&mut server, at(0), &odd), ignored(mac, why), "{why}");
    }
}

#[test]
fn a_client_that_talks_too_much_is_not_heard_for_a_while() {
    let mut server = server();
    let discover = message(MessageType::Discover, phone(1));
    for _ in 0..6 {
        assert_eq!(only_reply(&say(&mut server, at(0), &discover)).0, MessageType::Offer);
    }
    assert_eq!(say(&mut server, at(4), &discover), ignored(phone(1), IgnoreReason::Flood));
    offered(&mut server, at(4), phone(2));
    offered(&mut server, at(5), phone(1));
}

#[test]
fn the_operator_clears_a_lease() {
    let mut server = server();
    bound(&mut server, at(0), phone(1));
    assert!(server.clear(phone(1)));
    assert!(matches!(&drain(&mut server)[..], [Action::Released { why: LeaseEnd::Cleared, .. }]));
    assert!(!server.clear(phone(1)));
}

#[test]
fn leases_survive_a_restart() {
    let day = 86_400_000;
    let mut first = Server::new(Settings { wall_offset: 20_000 * day, ..settings() }, at(0));
    let address = bound(&mut first, at(100), phone(1));
    let kept = first.leases();
    // Five minutes later by the clock on the wall, in a process that has just begun to count.
    let settings = Settings { wall_offset: 20_000 * day + 400_000, ..settings() };
    let mut again = Server::restore(settings.clone(), at(0), kept.clone());
    assert_eq!(again.leases(), kept);
    assert_eq!(again.poll_timeout().map(|t| t.0), Some(at(300)));
    assert_eq!(only_reply(&say(&mut again, at(1), &renewing(phone(1), address))).0, MessageType::Ack);

    let odd = [
        Lease { mac: phone(2), client_id: vec![], address: ip(9), expires: u64::MAX },
        Lease { mac: phone(3), client_id: vec![], address: ip(20), expires: 0 },
        Lease { mac: phone(4), client_id: vec![], address: ip(21), expires: u64::MAX },
        Lease { mac: phone(5), client_id: vec![], address: ip(21), expires: u64::MAX },
        Lease { mac: phone(4), client_id: vec![], address: ip(22), expires: u64::MAX },
    ];
    let mut odd = Server::restore(settings, at(0), odd);
    assert_eq!(odd.leases().iter().map(|l| (l.mac, l.address)).collect::<Vec<_>>(), [(phone(4), ip(21))]);
    assert_eq!(odd.poll_timeout().map(|t| t.0), Some(at(86_400)), "a wrong clock keeps nothing for ever");
    assert_eq!(offered(&mut odd, at(0), phone(3)), ip(20), "an old lease is still a preference");
}

#[test]
fn the_pool_stays_inside_the_subnet_and_off_the_server() {
    let wide = Settings { first: Ipv4Addr::UNSPECIFIED, last: Ipv4Addr::BROADCAST, ..settings() };
    let mut server = Server::new(Settings { prefix_len: 29, flood_limit: None, ..wide }, at(0));
    let mut given: Vec<u8> = (0..5).map(|n| offered(&mut server, at(0), phone(n)).octets()[3]).collect();
    given.sort_unstable();
    assert_eq!(given, [2, 3, 4, 5, 6]);
    let discover = message(MessageType::Discover, phone(9));
    assert_eq!(say(&mut server, at(0), &discover), ignored(phone(9), IgnoreReason::NoAddressLeft));
    for (prefix_len, mask) in [(0, [0, 0, 0, 0]), (8, [255, 0, 0, 0]), (32, [255; 4]), (40, [255; 4])] {
        assert_eq!(Settings { prefix_len, ..settings() }.mask(), Ipv4Addr::from(mask));
    }
    let mut backwards = Server::new(Settings { first: ip(20), last: ip(10), ..settings() }, at(0));
    assert_eq!(say(&mut backwards, at(0), &discover), ignored(phone(9), IgnoreReason::NoAddressLeft));
}
