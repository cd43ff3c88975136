//! Many clients: a power-up burst, an attack, and random conversations checked against what must
//! always hold.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// The real client machine against the server, in the same instant.
fn converse(server: &mut Server, clients: &mut [Client], now: Time) {
    for client in clients {
        while let Some(action) = client.poll_action() {
            if let client::Action::Transmit { message, .. } = action {
                let heard = Message::parse(&message.emit()).unwrap();
                server.handle(now, &heard, &Wishes::default(), Standing::Known);
                while let Some(action) = server.poll_action() {
                    if let Action::Transmit { message, .. } = action {
                        client.handle(now, &message);
                    }
                }
            }
        }
    }
}

#[test]
fn a_thousand_phones_power_up_in_one_instant() {
    let last = Ipv4Addr::new(10, 164, 190, 0);
    let settings = Settings { prefix_len: 16, first: Ipv4Addr::new(10, 164, 180, 1), last, ..settings() };
    let mut server = Server::new(settings, at(0));
    let client = |n| {
        let mode = Mode::Lease { check: Duration::ZERO, first_retry: at(4) - at(0), longest_retry: at(64) - at(0) };
        let templates = Templates::default();
        Client::new(client::Settings { mac: phone(n), xid: n, broadcast: true, templates, mode })
    };
    let mut clients: Vec<Client> = (0..1000).map(client).collect();
    clients.iter_mut().for_each(|c| c.start(at(0)));
    converse(&mut server, &mut clients, at(0));
    let addresses: BTreeSet<Ipv4Addr> = clients.iter().map(|c| c.binding().unwrap().address).collect();
    assert_eq!((addresses.len(), server.leases().len()), (1000, 1000));
    clients.iter_mut().for_each(|c| c.handle_timeout(at(300)));
    converse(&mut server, &mut clients, at(300));
    assert!(clients.iter().all(|c| c.binding().is_some_and(|b| b.expires == at(900))));
}

#[test]
fn ten_thousand_random_clients_cost_bounded_memory_and_known_ones_are_served() {
    let wide =
        Settings { prefix_len: 8, first: Ipv4Addr::new(10, 0, 0, 1), last: Ipv4Addr::new(10, 255, 0, 0), ..settings() };
    let mut server = Server::new(Settings { arp_check: true, max_leases: 500, ..wide }, at(0));
    say(&mut server, at(0), &message(MessageType::Discover, phone(0)));
    server.handle_timeout(at(1));
    let mine = only_reply(&drain(&mut server)).1.yiaddr;
    assert_eq!(only_reply(&say(&mut server, at(1), &selecting(phone(0), SERVER, mine))).0, MessageType::Ack);
    for n in 1..=10_000 {
        let now = ms(1_000 + u64::from(n));
        say(&mut server, now, &message(MessageType::Discover, phone(n)));
    }
    assert_eq!(server.pool.clients(), 500);
    assert!(server.waiting.len() <= 500);
    assert!(server.flood.len() <= 4_096);
    let (kind, ack, _) = only_reply(&say(&mut server, at(12), &renewing(phone(0), mine)));
    assert_eq!((kind, ack.yiaddr), (MessageType::Ack, mine));
    let late = message(MessageType::Discover, phone(10_001));
    assert_eq!(say(&mut server, at(12), &late), ignored(phone(10_001), IgnoreReason::TooManyClients));
}

#[derive(Debug, Clone)]
enum Event {
    Says(u8, u8, u8, bool),
    Arp(u8, u8),
    Wait(u16),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (0u8..6, 0u8..8, 9u8..16, any::<bool>()).prop_map(|(m, k, a, b)| Event::Says(m, k, a, b)),
        1 => (9u8..16, 0u8..8).prop_map(|(a, m)| Event::Arp(a, m)),
        3 => (0u16..2000).prop_map(Event::Wait),
    ]
}

fn said(mac: u8, what: u8, address: u8) -> Message {
    let (mac, address) = (phone(u32::from(mac)), ip(address));
    match what {
        0 | 1 => message(MessageType::Discover, mac),
        2 => selecting(mac, SERVER, address),
        3 => selecting(mac, OTHER_SERVER, address),
        4 => rebooting(mac, address),
        5 => renewing(mac, address),
        6 => Message { ciaddr: address, ..message(MessageType::Release, mac) },
        _ => {
            let mut decline = selecting(mac, SERVER, address);
            decline.options.set(MessageType::Decline.option());
            decline
        }
    }
}

proptest! {
    /// Whatever is said in whatever order: an address has one client, a client one address, nothing
    /// outside the pool is given, strangers hear no Nak, and time always goes on.
    #[test]
    fn whatever_happens_leases_stay_apart(arp_check: bool, events in prop::collection::vec(event(), 0..120)) {
        let settings = Settings { arp_check, last: ip(13), ..settings() };
        let mut server = Server::new(settings, at(0));
        let mut now = at(0);
        for event in events {
            let mut stranger = false;
            match event {
                Event::Says(mac, what, address, known) => {
                    stranger = !known;
                    let standing = if known { Standing::Known } else { Standing::Stranger };
                    server.handle(now, &said(mac, what, address), &Wishes::default(), standing);
                }
                Event::Arp(address, mac) => server.handle_arp(now, ip(address), phone(u32::from(mac))),
                Event::Wait(millis) => {
                    now += Duration::from_millis(u64::from(millis) * 20);
                    server.handle_timeout(now);
                }
            }
            for action in drain(&mut server) {
                if let Action::Transmit { message, .. } = action {
                    prop_assert!(!(stranger && message.message_type() == Some(MessageType::Nak)));
                    let given = message.yiaddr;
                    prop_assert!(given.is_unspecified() || (ip(10)..=ip(13)).contains(&given));
                }
            }
            let leases = server.leases();
            let addresses: BTreeSet<_> = leases.iter().map(|l| l.address).collect();
            let macs: BTreeSet<_> = leases.iter().map(|l| l.mac).collect();
            prop_assert_eq!((addresses.len(), macs.len()), (leases.len(), leases.len()));
            prop_assert!(leases.iter().all(|l| server.lease_of(l.mac) == Some(l)));
            prop_assert!(server.poll_timeout().is_none_or(|(at, _)| at > now));
        }
        // Left alone, everything ends.
        server.handle_timeout(now + Duration::from_secs(100_000));
        prop_assert_eq!((server.leases().len(), server.pool.clients()), (0, 0));
        prop_assert!((10..=13).all(|a| server.pool.free().contains(ip(a))));
    }
}
