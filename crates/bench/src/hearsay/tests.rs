use std::net::SocketAddrV4;

use proto::dhcp::option::code;
use proto::dhcp::{DhcpOption, Message, MessageType};
use proto::ethernet::cdp::{Tlv, kind};
use proto::ethernet::udp::Checksum;
use proto::ethernet::{Arp, Cdp, UdpDatagram};
use proto::tftp::{Mode, OptionsBuf, Packet, Request};

use super::*;

const PHONE: Mac = Mac([0, 0x11, 0xbb, 0x73, 0xad, 0x61]);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 9);

fn hearsay() -> Hearsay {
    let (profiles, problems) = Profiles::built_in();
    assert!(problems.is_empty(), "{problems:?}");
    Hearsay::new(profiles, Who::default())
}

/// A cable that a capture listens to; every frame takes ten milliseconds.
struct Cable {
    heard: Hearsay,
    packets: u64,
    vlan: Option<u16>,
}

impl Cable {
    fn new() -> Cable {
        Cable { heard: hearsay(), packets: 0, vlan: None }
    }

    fn frame(&mut self, bytes: &[u8]) {
        self.packets += 1;
        self.heard.frame(self.packets, Time::from_millis(10 * self.packets), bytes);
    }

    fn udp(&mut self, from: (Mac, Ipv4Addr, u16), to: (Ipv4Addr, u16), payload: &[u8]) {
        let datagram = UdpDatagram {
            src_mac: from.0,
            dst_mac: Mac::BROADCAST,
            vlan: self.vlan,
            src: SocketAddrV4::new(from.1, from.2),
            dst: SocketAddrV4::new(to.0, to.1),
            ttl: 64,
            checksum: Checksum::Good,
            payload,
        };
        self.frame(&datagram.emit_frame().unwrap());
    }

    fn dhcp(&mut self, kind: MessageType) {
        let mut message = Message::request(PHONE, 1);
        message.options.set(kind.option());
        message.options.set(DhcpOption::text(code::VENDOR_CLASS, "Cisco Systems, Inc. IP Phone CP-7965G"));
        self.udp((PHONE, Ipv4Addr::UNSPECIFIED, 68), (Ipv4Addr::BROADCAST, 67), &message.emit());
    }

    fn dhcp_answer(&mut self, server: Ipv4Addr, kind: MessageType) {
        let mut message = Message::request(PHONE, 1).reply();
        message.options.set(kind.option());
        message.options.set(DhcpOption::address(code::SERVER_ID, server));
        message.options.set(DhcpOption::address(150, SERVER));
        message.yiaddr = ADDRESS;
        self.udp((mac_of(server), server, 67), (Ipv4Addr::BROADCAST, 68), &message.emit());
    }

    fn bound(&mut self) {
        self.dhcp(MessageType::Discover);
        self.dhcp_answer(SERVER, MessageType::Offer);
        self.dhcp(MessageType::Request);
        self.dhcp_answer(SERVER, MessageType::Ack);
    }

    fn asks(&mut self, port: u16, name: &str) {
        self.asks_of(SERVER, port, name);
    }

    fn asks_of(&mut self, server: Ipv4Addr, port: u16, name: &str) {
        let options = OptionsBuf::new();
        let request = Request { name: name.as_bytes(), mode: Mode::Octet, options: options.view() };
        self.udp((PHONE, ADDRESS, port), (server, 69), &Packet::Rrq(request).to_vec());
    }

    fn server_says(&mut self, port: u16, packet: &Packet<'_>) {
        self.udp((mac_of(SERVER), SERVER, 40_000 + port % 1_000), (ADDRESS, port), &packet.to_vec());
    }

    fn phone_says(&mut self, port: u16, packet: &Packet<'_>) {
        self.udp((PHONE, ADDRESS, port), (SERVER, 40_000 + port % 1_000), &packet.to_vec());
    }

    fn misses(&mut self, port: u16, name: &str) {
        self.asks(port, name);
        self.server_says(port, &Packet::Error { code: 1.into(), text: b"File not found" });
    }

    fn gets(&mut self, port: u16, name: &str, bytes: usize) {
        self.asks(port, name);
        let content = vec![7; bytes];
        let mut blocks: Vec<&[u8]> = content.chunks(512).collect();
        if bytes.is_multiple_of(512) {
            blocks.push(&[]);
        }
        for (block, data) in (1u16..).zip(blocks) {
            self.server_says(port, &Packet::Data { block, data });
            self.phone_says(port, &Packet::Ack { block });
        }
    }

    fn runs(&mut self, load: &str) {
        let text = |(kind, text)| Tlv::text(kind, text);
        let told = [
            (kind::DEVICE_ID, "SEP0011BB73AD61"),
            (kind::SOFTWARE_VERSION, load),
            (kind::PLATFORM, "Cisco IP Phone 7965"),
        ];
        let cdp = Cdp::new(told.map(text).to_vec());
        self.frame(&cdp.emit_frame(PHONE));
    }

    fn phone(&self) -> report::PhoneRead {
        let phones = self.heard.report().phones;
        assert_eq!(phones.len(), 1, "{phones:?}");
        phones.into_iter().next().unwrap()
    }
}

fn mac_of(address: Ipv4Addr) -> Mac {
    let [a, b, c, d] = address.octets();
    Mac([0x52, 0x54, a, b, c, d])
}

fn findings(phone: &report::PhoneRead) -> Vec<(&str, bool)> {
    phone.findings.iter().map(|f| (f.code, f.open)).collect()
}

#[test]
fn a_boot_seen_in_passing_tells_what_was_wanted_and_got() {
    let mut cable = Cable::new();
    cable.bound();
    cable.misses(50_001, "CTLSEP0011BB73AD61.tlv");
    cable.gets(50_002, "SEP0011BB73AD61.cnf.xml", 1_024);
    cable.asks(50_003, "SCCP45.9-4-2SR1-1S.loads");
    let phone = cable.phone();
    assert_eq!((phone.mac, phone.address, phone.boots), (Some(PHONE), Some(ADDRESS), 1));
    assert!(phone.who.contains("7965"), "{}", phone.who);
    let got: Vec<_> = phone.files.iter().map(|f| (f.name.as_str(), f.got, f.asked.number)).collect();
    assert_eq!(
        got,
        [
            ("CTLSEP0011BB73AD61.tlv", "refused", 5),
            ("SEP0011BB73AD61.cnf.xml", "whole", 7),
            ("SCCP45.9-4-2SR1-1S.loads", "no answer", 14)
        ]
    );
    assert_eq!(phone.files[1].done.map(|d| d.number), Some(13));
}

#[test]
fn an_old_load_that_starts_over_a_new_list_is_auth_fail_with_its_packets() {
    let mut cable = Cable::new();
    cable.runs("SCCP45.8-3-2S");
    cable.bound();
    cable.gets(50_001, "SCCP45.9-4-2SR1-1S.loads", 100);
    cable.bound();
    let phone = cable.phone();
    assert_eq!(findings(&phone), [("RB301", true)]);
    let places: Vec<_> = phone.findings[0].evidence.iter().map(|e| e.at.number).collect();
    // Its CDP frame, and the acknowledgement of the list's last block.
    assert_eq!(places, [1, 8]);
    assert_eq!(phone.findings[0].from.number, 9, "when it started again");
}

#[test]
fn a_phone_that_turns_to_its_old_server_and_one_in_a_vlan_of_its_own() {
    let mut cable = Cable::new();
    cable.bound();
    let old = Ipv4Addr::new(192, 168, 1, 5);
    let who_has = Arp::request(PHONE, ADDRESS, old).emit_frame();
    cable.frame(&who_has);
    assert!(findings(&cable.phone()).is_empty(), "an answer may come");
    cable.frame(&who_has);
    assert_eq!(findings(&cable.phone()), [("RB103", true)]);

    let mut cable = Cable::new();
    cable.bound();
    cable.asks_of(old, 50_001, "CTLSEP0011BB73AD61.tlv");
    cable.asks_of(old, 50_001, "CTLSEP0011BB73AD61.tlv");
    assert_eq!(findings(&cable.phone()), [("RB103", true)], "by way of a router no ARP names it");

    let mut cable = Cable { vlan: Some(100), ..Cable::new() };
    cable.dhcp(MessageType::Discover);
    cable.dhcp(MessageType::Discover);
    assert_eq!(findings(&cable.phone()), [("RB102", true)]);
    let mut cable = Cable { vlan: Some(100), ..Cable::new() };
    cable.bound();
    cable.dhcp(MessageType::Request);
    assert!(findings(&cable.phone()).is_empty(), "a server answers in that VLAN");
}

#[test]
fn a_second_dhcp_server_is_found_and_the_bench_s_own_search_is_no_phone() {
    let mut cable = Cable::new();
    cable.bound();
    assert!(cable.heard.report().cable.is_empty());
    cable.dhcp_answer(Ipv4Addr::new(10, 0, 0, 2), MessageType::Offer);
    assert_eq!(cable.heard.report().cable.iter().map(|f| f.code).collect::<Vec<_>>(), ["RB101"]);

    let mut cable = Cable::new();
    let mut guard = crate::guard::Guard::new(
        Time::ZERO,
        true,
        Mac([2, 0, 0, 0, 0, 1]),
        Duration::from_secs(10),
        Duration::from_secs(60),
        7,
    );
    guard.ask_as(Some("Cisco Systems, Inc. IP Phone CP-7965G".to_owned()));
    for second in 0..10 {
        if let Some(question) = guard.poll(Time::from_secs(second)).0 {
            let mac = question.mac().unwrap();
            cable.udp((mac, Ipv4Addr::UNSPECIFIED, 68), (Ipv4Addr::BROADCAST, 67), &question.emit());
        }
    }
    assert!(cable.packets > 3 && cable.heard.report().phones.is_empty());
}

#[test]
fn phones_behind_one_address_are_told_apart_by_the_names_that_they_ask_for() {
    let mut heard = hearsay();
    for (n, line) in [
        "Nov 22 06:10:11 pbx in.tftpd[1]: RRQ from 10.0.0.2 filename CTLSEP0011BB73AD61.tlv",
        "Nov 22 06:10:11 pbx in.tftpd[1]: sending NAK (1, File not found) to 10.0.0.2",
        "Nov 22 06:10:12 pbx in.tftpd[2]: RRQ from 10.0.0.2 filename SEP001E4AA03203.cnf.xml",
        "Nov 22 06:10:13 pbx in.tftpd[3]: RRQ from 10.0.0.2 filename SCCP45.9-4-2SR1-1S.loads",
    ]
    .into_iter()
    .enumerate()
    {
        heard.line(n as u64 + 1, line.as_bytes());
    }
    heard.end();
    let report = heard.report();
    let of = |phone: &report::PhoneRead| {
        (phone.mac.unwrap().to_string(), phone.files.iter().map(|f| (f.name.clone(), f.got)).collect::<Vec<_>>())
    };
    assert_eq!(
        report.phones.iter().map(of).collect::<Vec<_>>(),
        [
            ("00:11:bb:73:ad:61".to_owned(), vec![("CTLSEP0011BB73AD61.tlv".to_owned(), "refused")]),
            (
                "00:1e:4a:a0:32:03".to_owned(),
                vec![("SEP001E4AA03203.cnf.xml".to_owned(), "whole"), ("SCCP45.9-4-2SR1-1S.loads".to_owned(), "part")]
            ),
        ]
    );
}

#[test]
fn a_phone_that_shows_no_mac_is_known_by_its_address_until_a_name_tells() {
    let lines = |more: &[&str]| {
        let mut heard = hearsay();
        let first = [
            "Connection received from 10.0.0.9 on port 49152 [22/11 06:10:11.000]",
            "Read request for file <term65.default.loads>. Mode octet [22/11 06:10:11.001]",
            "File <term65.default.loads> : error 2 in system call CreateFile The system cannot find the file specified. [22/11 06:10:11.002]",
        ];
        for (n, line) in first.iter().chain(more).enumerate() {
            heard.line(n as u64 + 1, line.as_bytes());
        }
        heard.end();
        heard.report()
    };
    let alone = lines(&[]);
    assert_eq!((alone.phones.len(), alone.phones[0].mac, alone.phones[0].address), (1, None, Some(ADDRESS)));
    assert_eq!(findings(&alone.phones[0]), [("RB206", true)]);
    assert_eq!(alone.phones[0].findings[0].evidence[0].at.number, 2);
    let named = lines(&[
        "Connection received from 10.0.0.9 on port 49153 [22/11 06:10:12.000]",
        "Read request for file <SEP0011BB73AD61.cnf.xml>. Mode octet [22/11 06:10:12.001]",
    ]);
    assert_eq!((named.phones.len(), named.phones[0].mac, named.phones[0].files.len()), (1, Some(PHONE), 2));
}

#[test]
fn stations_that_are_no_phones_are_counted_and_bounded() {
    let mut heard = hearsay();
    for n in 0..6_000u32 {
        let mac = Mac([2, 0, 0, 0, (n >> 8) as u8, n as u8]);
        let line = format!("dnsmasq-dhcp[1]: DHCPDISCOVER(eth0) {mac}");
        heard.line(u64::from(n) + 1, line.as_bytes());
    }
    heard.end();
    let report = heard.report();
    assert_eq!((report.phones.len(), report.strangers, report.lines.unknown), (0, STATIONS, 0));
}

#[test]
fn a_place_is_read_from_a_number() {
    let n = number(3, 1 << 33, 7);
    assert_eq!(Place::of(n), Place { file: 3, number: 1 << 33 });
    assert!(number(0, 5, 9) < number(0, 6, 0) && number(0, u64::MAX, u16::MAX) < number(1, 0, 0));
}

#[test]
fn a_phone_that_only_announces_itself_is_named_when_that_lasts() {
    let mut cable = Cable::new();
    cable.runs("SCCP45.9-4-2SR1-1S");
    assert!(findings(&cable.phone()).is_empty(), "it may only be starting");
    cable.heard.frame(2, Time::from_secs(130), &Arp::probe(mac_of(SERVER), ADDRESS).emit_frame());
    cable.heard.end();
    assert_eq!(findings(&cable.phone()), [("RB110", true)]);
    cable.packets = 20_000;
    cable.dhcp(MessageType::Discover);
    assert_eq!(findings(&cable.phone()), [("RB110", false)]);
}
