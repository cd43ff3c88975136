//! A DHCP server kept busy by a few clients, strangers' ARP and the clock.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use proto::dhcp::server::{Action, FloodLimit, Server, Settings, Standing, Wishes};
use proto::dhcp::{DhcpOption, Message, MessageType, option::code};
use proto::{Mac, Time};

use crate::feed::Feed;

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const MACS: &[Mac] = &[
    Mac([0, 0x11, 0xbb, 0, 0, 1]),
    Mac([0, 0x11, 0xbb, 0, 0, 2]),
    Mac([0, 0x11, 0xbb, 0, 0, 3]),
    Mac([0, 0x11, 0xbb, 0, 0, 4]),
    Mac([0, 0x11, 0xbb, 0, 0, 5]),
    Mac([0, 0x11, 0xbb, 0, 0, 6]),
    Mac::ZERO,
    Mac::BROADCAST,
];
/// Microseconds.
pub(super) const SPANS: &[u64] =
    &[0, 1, 1_000, 199_999, 200_000, 1_000_000, 5_000_000, 60_000_000, 300_000_000, 600_000_000, 86_400_000_000];
/// Actions that one call may cause: a sweep of the whole pool and a little more.
const MOST: usize = 2_000;

/// The input is the settings, then steps.
pub fn run(input: &[u8]) {
    let mut feed = Feed::new(input);
    let settings = settings(&mut feed);
    let mut now = Time::from_secs(u64::from(feed.octet()));
    let mut server = Server::new(settings.clone(), now);
    look(&mut server, now, None);
    while !feed.is_done() {
        let mut standing = None;
        match feed.below(8) {
            0..=2 => {
                let message = message(&mut feed);
                standing = Some(if feed.flag() { Standing::Known } else { Standing::Stranger });
                server.handle(now, &message, &wishes(&mut feed), standing.unwrap_or(Standing::Known));
            }
            3 => {
                if let Ok(message) = Message::parse(feed.long_bytes()) {
                    server.handle(now, &message, &Wishes::default(), Standing::Known);
                }
            }
            4 => now += Duration::from_micros(feed.pick(SPANS)),
            5 => now = server.poll_timeout().map_or(now, |(at, _)| at.max(now)),
            6 => server.handle_arp(now, address(&mut feed), feed.pick(MACS)),
            _ => match feed.below(8) {
                0 => server.sweep(now),
                1 => drop(server.clear(feed.pick(MACS))),
                2 => {
                    let leases = server.leases();
                    server = Server::restore(settings.clone(), now, leases);
                }
                _ => {}
            },
        }
        if standing.is_none() {
            server.handle_timeout(now);
        }
        look(&mut server, now, standing);
    }
}

fn settings(feed: &mut Feed<'_>) -> Settings {
    let (first, last) = (feed.octet(), feed.octet());
    let host = |n| Ipv4Addr::new(10, 0, 0, n);
    let mut settings = Settings::new(SERVER, feed.pick(&[24, 0, 8, 28, 30, 31, 32]), host(first), host(last));
    let bits = feed.octet();
    settings.arp_check = bits & 1 != 0;
    settings.answer_relayed = bits & 2 != 0;
    settings.flood_limit = (bits & 4 != 0).then(FloodLimit::default);
    settings.max_leases = if bits & 8 != 0 { 3 } else { 4_096 };
    settings.lease_time = Duration::from_secs(u64::from(feed.octet()) * 10);
    settings
}

fn address(feed: &mut Feed<'_>) -> Ipv4Addr {
    match feed.octet() {
        0 => Ipv4Addr::UNSPECIFIED,
        255 => Ipv4Addr::BROADCAST,
        254 => Ipv4Addr::new(192, 168, 0, 7),
        last => Ipv4Addr::new(10, 0, 0, last),
    }
}

/// A client's message with any of the fields that decide about its answer.
pub(super) fn message(feed: &mut Feed<'_>) -> Message {
    let mut message = Message::request(feed.pick(MACS), u32::from(feed.octet()));
    let kind = feed.octet();
    let fields = feed.octet();
    if let Some(kind) = MessageType::from_code(kind % 10) {
        message.options.set(kind.option());
    }
    if fields & 1 != 0 {
        message.options.set(DhcpOption::address(code::REQUESTED_ADDRESS, address(feed)));
    }
    if fields & 2 != 0 {
        let server = if feed.flag() { SERVER } else { address(feed) };
        message.options.set(DhcpOption::address(code::SERVER_ID, server));
    }
    if fields & 4 != 0 {
        message.ciaddr = address(feed);
    }
    if fields & 8 != 0 {
        message.giaddr = address(feed);
        message.options.set(DhcpOption::raw(code::RELAY_AGENT, feed.bytes()));
    }
    if fields & 16 != 0 {
        message.flags = feed.u16();
    }
    if fields & 32 != 0 {
        message.options.set(DhcpOption::raw(feed.octet(), feed.bytes()));
    }
    if fields & 64 != 0 {
        message.options.set(DhcpOption::u16(code::MAX_MESSAGE_SIZE, feed.u16()));
    }
    if fields & 128 != 0 {
        let odd = feed.octet();
        (message.op, message.htype, message.hlen) = (1 + (odd & 1), odd >> 4, feed.octet() % 17);
    }
    message
}

fn wishes(feed: &mut Feed<'_>) -> Wishes {
    let mut wishes = Wishes { lease: Duration::from_secs(u64::from(feed.octet())), ..Wishes::default() };
    if feed.flag() {
        wishes.boot_file = feed.bytes().iter().copied().filter(|b| *b != 0).collect();
        wishes.options.set(DhcpOption::raw(feed.octet(), feed.bytes()));
    }
    wishes
}

/// Drains the server and checks what it holds.
fn look(server: &mut Server, now: Time, standing: Option<Standing>) {
    let settings = server.settings().clone();
    let mut count = 0;
    while let Some(action) = server.poll_action() {
        count += 1;
        assert!(count < MOST, "more than {MOST} actions from one call");
        if let Action::Transmit { message, to: _, max_payload } = action {
            let emitted = message.emit_within(max_payload);
            assert!(emitted.bytes.len() <= max_payload);
            assert!(Message::parse(&emitted.bytes).is_ok());
            let kind = message.message_type();
            assert!(matches!(kind, Some(MessageType::Offer | MessageType::Ack | MessageType::Nak)));
            if kind == Some(MessageType::Nak) {
                assert!(standing != Some(Standing::Stranger), "a stranger was refused");
                assert!(message.yiaddr.is_unspecified());
            } else if !message.yiaddr.is_unspecified() {
                assert!(in_pool(&settings, message.yiaddr), "{} is not of the pool", message.yiaddr);
                assert!(message.options.contains(code::LEASE_TIME));
            }
            assert_eq!(message.server_id(), Some(settings.server));
        }
    }
    let mut by_mac = BTreeMap::new();
    let mut by_address = BTreeMap::new();
    for lease in server.leases() {
        assert!(in_pool(&settings, lease.address), "{} is not of the pool", lease.address);
        assert_eq!(server.lease_of(lease.mac), Some(&lease));
        assert_eq!(by_mac.insert(lease.mac, lease.address), None, "{} has two leases", lease.mac);
        assert_eq!(by_address.insert(lease.address, lease.mac), None, "{} is leased twice", lease.address);
        assert!(!lease.mac.is_group() && lease.mac != Mac::ZERO);
    }
    assert!(by_mac.len() <= settings.max_leases);
    if let Some((at, why)) = server.poll_timeout() {
        assert!(at > now, "{why} is overdue: {at} at {now}");
    }
}

fn in_pool(settings: &Settings, address: Ipv4Addr) -> bool {
    (settings.first..=settings.last).contains(&address) && address != settings.server && settings.is_local(address)
}
