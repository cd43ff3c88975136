//! Other people on the wire: another DHCP server, and a thousand stations that are not phones.

use std::net::{Ipv4Addr, UdpSocket};
use std::process::Command;
use std::time::{Duration, Instant};

use proto::Mac;
use proto::dhcp::{DhcpOption, Message, MessageType};

use crate::dnsmasq::dnsmasq;
use crate::support::{Ear, Heard, Net, Running, SOON, Scratch, have, ip, ringback, run, until};

const BENCH: usize = 0;
const SERVER: usize = 1;
const CLIENT: usize = 2;
const OURS: Ipv4Addr = Ipv4Addr::new(10, 78, 0, 1);
const THEIRS: Ipv4Addr = Ipv4Addr::new(10, 79, 0, 1);

fn bench(net: &Net, scratch: &Scratch) -> Running {
    let mut command = ringback(&scratch.folder("state"));
    command.args(["run", "--iface", &net.iface(BENCH), "--plain", "--probe-seconds", "3"]);
    command.args(["--ip", "10.78.0.1/24", "--pool", "10.78.0.50-10.78.0.200"]);
    Running::start(net.inside(BENCH, &command))
}

/// Asks everybody on the wire for an address; the answer may come by broadcast.
fn discover(socket: &UdpSocket, mac: Mac, xid: u32, vendor_class: Option<&str>) {
    let mut message = Message::request(mac, xid);
    message.flags = proto::dhcp::packet::BROADCAST_FLAG;
    message.options.set(MessageType::Discover.option());
    if let Some(class) = vendor_class {
        message.options.set(DhcpOption::text(60, class));
    }
    message.options.set(DhcpOption::raw(55, [1, 3, 6, 15, 66, 150]));
    socket.send_to(&message.emit(), (Ipv4Addr::BROADCAST, 67)).unwrap();
}

fn phone(socket: &UdpSocket, xid: u32) {
    discover(socket, Mac([0x00, 0x11, 0xbb, 0, 0, 1]), xid, Some("Cisco Systems, Inc. IP Phone CP-7965G"));
}

fn count(ear: &mut Ear, server: Ipv4Addr) -> usize {
    ear.replies().iter().filter(|h| h.message.server_id() == Some(server)).count()
}

#[test]
fn with_another_server_on_the_wire_the_bench_never_answers() {
    if !have(&["dnsmasq"]) {
        return;
    }
    let Some(net) = Net::three() else { return };
    let scratch = Scratch::new();
    let _dnsmasq = dnsmasq(&net, SERVER, "10.79.0", &scratch, &["--dhcp-authoritative"]);
    let mut ear = net.ear(CLIENT);
    let bench = bench(&net, &scratch);
    let said = bench.line(&["RB101", &THEIRS.to_string()]);
    bench.line(&["DHCP is not answered any more"]);
    let socket = net.udp(CLIENT, 68);
    // Until the other server has answered many times, ours has had every chance.
    let mut xid = 0;
    let answered = until(SOON, || {
        xid += 1;
        phone(&socket, xid);
        count(&mut ear, THEIRS) >= 50
    });
    assert!(answered, "{said}\n{}", bench.text());
    assert_eq!(count(&mut ear, OURS), 0, "{}", bench.text());
    assert!(!bench.text().contains("phones are answered now"), "{}", bench.text());
}

#[test]
fn when_another_server_comes_later_the_bench_stops_within_a_second() {
    if !have(&["dnsmasq"]) {
        return;
    }
    let Some(net) = Net::three() else { return };
    let scratch = Scratch::new();
    let mut ear = net.ear(CLIENT);
    let bench = bench(&net, &scratch);
    bench.line(&["ready"]);
    let socket = net.udp(CLIENT, 68);
    let mut xid = 0;
    let served = until(SOON, || {
        xid += 1;
        phone(&socket, xid);
        count(&mut ear, OURS) > 0
    });
    assert!(served, "{}", bench.text());

    let _dnsmasq = dnsmasq(&net, SERVER, "10.79.0", &scratch, &["--dhcp-authoritative"]);
    let first = |ear: &mut Ear| {
        let replies = ear.replies();
        replies.iter().find(|h| h.message.server_id() == Some(THEIRS)).map(|h| h.when)
    };
    let end = Instant::now() + SOON;
    // Two seconds after the other's first word both have been asked many times.
    while first(&mut ear).is_none_or(|when| when.elapsed() < Duration::from_secs(2)) {
        assert!(Instant::now() < end, "{}", bench.text());
        xid += 1;
        phone(&socket, xid);
        until(Duration::from_millis(20), || false);
    }
    let first = first(&mut ear).unwrap();
    let late = |h: &&&Heard| h.message.server_id() == Some(OURS) && h.when > first + Duration::from_secs(1);
    let replies = ear.replies();
    assert_eq!(replies.iter().filter(late).count(), 0, "{}", bench.text());
    bench.line(&["DHCP is not answered any more", "RB101", &THEIRS.to_string()]);
}

#[test]
fn a_thousand_stations_that_are_no_phones_get_no_answer() {
    let Some(net) = Net::pair() else { return };
    let scratch = Scratch::new();
    let mut ear = net.ear(1);
    let bench = bench(&net, &scratch);
    bench.line(&["ready"]);
    let socket = net.udp(1, 68);
    let classes = [None, Some("MSFT 5.0"), Some("android-dhcp-13"), Some("udhcp 1.35.0"), Some("PXEClient:Arch:00000")];
    for n in 0..1_000u32 {
        let [_, _, high, low] = n.to_be_bytes();
        discover(&socket, Mac([0x02, 0x5a, 0, 0, high, low]), n, classes[n as usize % classes.len()]);
    }
    // A phone that asks after them is answered, so all of them were read.
    let mut xid = 10_000;
    let served = until(SOON, || {
        xid += 1;
        phone(&socket, xid);
        !ear.replies().is_empty()
    });
    assert!(served, "{}", bench.text());
    assert!(ear.requests() > 1_000);
    let phones = Mac([0x00, 0x11, 0xbb, 0, 0, 1]);
    assert!(ear.replies().iter().all(|h| h.message.mac() == Some(phones)), "only the phone is answered");
}

#[test]
fn a_browser_that_is_no_phone_gets_nothing_from_the_bench() {
    if !have(&["curl"]) {
        return;
    }
    let Some(net) = Net::pair() else { return };
    let scratch = Scratch::new();
    let bench = bench(&net, &scratch);
    bench.line(&["ready"]);
    ip(&format!("-n {} address add 10.78.0.9/24 dev {}", net.at(1), net.iface(1)));
    // The second is a phone's own name for its file, but by a MAC of no maker of phones.
    for path in ["", "SEP025A00000001.cnf.xml", "XMLDefault.cnf.xml", "term65.default.loads"] {
        let mut curl = Command::new("curl");
        curl.args([
            "-sS",
            "--max-time",
            "20",
            "-o",
            "-",
            "-w",
            "%{size_download} %{http_code}",
            &format!("http://{OURS}/{path}"),
        ]);
        let (_, said) = run(net.inside(1, &curl));
        assert!(said.contains("0 000"), "{path}: {said}");
    }
    bench.line(&["10.78.0.9 is not known to be a phone", "RB104"]);
}
