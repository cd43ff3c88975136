//! What one DHCP message costs: read, written, and through the whole server.

use std::net::Ipv4Addr;
use std::time::Duration;

use divan::{Bencher, black_box};
use proto::dhcp::option::code;
use proto::dhcp::server::{Server, Settings, Standing, Wishes};
use proto::dhcp::{DhcpOption, Message, MessageType};
use proto::{Mac, Time};

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);

fn main() {
    divan::main();
}

fn mac(n: usize) -> Mac {
    let [.., a, b, c] = n.to_be_bytes();
    Mac([0, 0x11, 0xbb, a, b, c])
}

fn discover(n: usize) -> Message {
    let mut message = Message::request(mac(n), 1);
    message.options = [
        MessageType::Discover.option(),
        DhcpOption::raw(code::CLIENT_ID, [&[1], &mac(n).0[..]].concat()),
        DhcpOption::text(code::HOST_NAME, "SEP0011BB73AD61"),
        DhcpOption::raw(code::VENDOR_CLASS, *b"Cisco Systems, Inc. IP Phone CP-7965G\0"),
        DhcpOption::raw(code::PARAMETER_REQUEST_LIST, [1, 66, 6, 3, 15, 150, 35]),
    ]
    .into_iter()
    .collect();
    message
}

fn request(n: usize, address: Ipv4Addr) -> Message {
    let mut message = discover(n);
    message.options.set(MessageType::Request.option());
    message.options.set(DhcpOption::address(code::REQUESTED_ADDRESS, address));
    message.options.set(DhcpOption::address(code::SERVER_ID, SERVER));
    message
}

fn wishes() -> Wishes {
    let options = [
        DhcpOption::address(3, SERVER),
        DhcpOption::address(6, SERVER),
        DhcpOption::address(150, SERVER),
        DhcpOption::text(66, "10.0.0.1"),
    ];
    Wishes { options: options.into_iter().collect(), siaddr: SERVER, ..Wishes::default() }
}

#[divan::bench]
fn parse_discover(bencher: Bencher<'_, '_>) {
    let bytes = discover(1).emit();
    bencher.bench(|| Message::parse(black_box(&bytes)));
}

#[divan::bench]
fn emit_offer(bencher: Bencher<'_, '_>) {
    let mut offer = discover(1).reply();
    offer.options.set(MessageType::Offer.option());
    wishes().options.iter().for_each(|o| offer.options.set(o.clone()));
    bencher.bench(|| black_box(&offer).emit_within(548));
}

/// Discover, Offer, Request, Ack and Release of one client while so many others hold leases.
#[divan::bench(args = [1, 1_000])]
fn dora(bencher: Bencher<'_, '_>, others: usize) {
    let mut settings = Settings::new(SERVER, 16, Ipv4Addr::new(10, 0, 1, 0), Ipv4Addr::new(10, 0, 200, 0));
    settings.arp_check = false;
    settings.flood_limit = None;
    settings.lease_time = Duration::from_secs(1 << 30);
    let mut server = Server::new(settings, Time::ZERO);
    let wishes = wishes();
    let mut lease = |n: usize, keep: bool| {
        server.handle(Time::ZERO, &discover(n), &wishes, Standing::Known);
        while server.poll_action().is_some() {}
        // Nothing but the offer says the address, so the machine is asked which it was.
        let offered = server.lease_of(mac(n)).map_or(Ipv4Addr::UNSPECIFIED, |l| l.address);
        server.handle(Time::ZERO, &request(n, offered), &wishes, Standing::Known);
        while server.poll_action().is_some() {}
        if !keep && let Some(address) = server.lease_of(mac(n)).map(|l| l.address) {
            let mut release = discover(n);
            release.options.set(MessageType::Release.option());
            release.ciaddr = address;
            server.handle(Time::ZERO, &release, &wishes, Standing::Known);
            while server.poll_action().is_some() {}
        }
    };
    (0..others).for_each(|n| lease(n, true));
    bencher.bench_local(|| lease(others, false));
}
