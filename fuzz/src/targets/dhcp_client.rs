//! A DHCP client that hears whatever a server, or somebody else, may say.

use std::net::Ipv4Addr;
use std::time::Duration;

use proto::dhcp::client::{Action, Client, Mode, Settings, Templates};
use proto::dhcp::{DhcpOption, Message, MessageType, Options, option::code};
use proto::{Mac, Time};

use super::dhcp_server::SPANS;
use crate::feed::Feed;

const MAC: Mac = Mac([0, 0x11, 0xbb, 0, 0, 1]);
/// Actions that one call may cause.
const MOST: usize = 8;

/// The input is the settings, then steps.
pub fn run(input: &[u8]) {
    let mut feed = Feed::new(input);
    let probes = feed.octet() & 3 == 0;
    let mode = if probes {
        Mode::Probe { tries: u32::from(feed.octet() & 7), every: Duration::from_millis(600) }
    } else {
        let check = Duration::from_millis(u64::from(feed.octet() & 1) * 1_000);
        Mode::Lease { check, first_retry: Duration::from_secs(4), longest_retry: Duration::from_secs(64) }
    };
    let template: Options = feed
        .bytes()
        .iter()
        .map(|code| DhcpOption::raw(*code, [*code; 4]))
        .filter(|o| o.code != code::OVERLOAD)
        .collect();
    let templates = Templates { discover: template.clone(), request: template.clone(), decline: template };
    let settings = Settings { mac: MAC, xid: u32::MAX - 1, broadcast: feed.flag(), templates, mode };
    let mut client = Client::new(settings);
    let mut now = Time::ZERO;
    // The transaction numbers heard, so that answers can fit.
    let mut xid = 0;
    while !feed.is_done() {
        match feed.below(8) {
            0 => client.start(now),
            1 => client.start_with_address(now, Ipv4Addr::new(10, 0, 0, feed.octet())),
            2 => client.release(now),
            3 => now += Duration::from_micros(feed.pick(SPANS)),
            4 => now = client.poll_timeout().map_or(now, |(at, _)| at.max(now)),
            5 => client.handle_arp(now, Ipv4Addr::new(10, 0, 0, feed.octet()), Mac([2, 0, 0, 0, 0, feed.octet()])),
            _ => client.handle(now, &answer(&mut feed, xid)),
        }
        look(&mut client, now, probes, &mut xid);
        // A timer that is due is dealt with in a few calls, however many states that takes.
        for left in (0..8).rev() {
            let Some((_, why)) = client.poll_timeout().filter(|(at, _)| *at <= now) else { break };
            assert!(left > 0, "{why} stays overdue at {now}");
            client.handle_timeout(now);
            look(&mut client, now, probes, &mut xid);
        }
    }
}

fn answer(feed: &mut Feed<'_>, xid: u32) -> Message {
    let mut message = Message::request(MAC, xid).reply();
    let kind = feed.octet();
    let fields = feed.octet();
    message.yiaddr = Ipv4Addr::new(10, 0, 0, feed.octet());
    if let Some(kind) = MessageType::from_code([2, 5, 6][usize::from(kind) % 3]) {
        message.options.set(kind.option());
    }
    for (bit, code) in [(1, code::LEASE_TIME), (2, code::RENEWAL_TIME), (4, code::REBINDING_TIME)] {
        if fields & bit != 0 {
            message.options.set(DhcpOption::u32(code, feed.pick(&[600, 0, 1, 60, 3_600, u32::MAX, u32::MAX - 1])));
        }
    }
    if fields & 8 != 0 {
        message.options.set(DhcpOption::address(code::SERVER_ID, Ipv4Addr::new(10, 0, 0, feed.octet())));
    }
    if fields & 16 != 0 {
        message.options.set(DhcpOption::raw(feed.octet(), feed.bytes()));
    }
    if fields & 128 != 0 {
        message.xid = message.xid.wrapping_add(u32::from(feed.octet()));
        message.yiaddr = Ipv4Addr::UNSPECIFIED;
    }
    message
}

fn look(client: &mut Client, now: Time, probes: bool, xid: &mut u32) {
    let mut count = 0;
    while let Some(action) = client.poll_action() {
        count += 1;
        assert!(count <= MOST, "more than {MOST} actions from one call");
        match action {
            Action::Transmit { message, .. } => {
                let kind = message.message_type();
                assert!(!probes || kind == Some(MessageType::Discover), "a probe sent {kind:?}");
                assert_eq!(message.mac(), Some(MAC));
                assert_eq!(Message::parse(&message.emit()), Ok(message.clone()));
                *xid = message.xid;
            }
            Action::Bound(binding) => {
                assert!(!probes && !binding.address.is_unspecified());
                assert!(binding.expires >= now);
            }
            _ => {}
        }
    }
    assert!(!probes || client.binding().is_none());
}
