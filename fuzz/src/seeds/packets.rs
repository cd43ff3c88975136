//! Packets, names and words.

use std::net::{Ipv4Addr, SocketAddrV4};

use proto::Mac;
use proto::dhcp::{DhcpOption, Message, MessageType, option::code};
use proto::ethernet::udp::Checksum;
use proto::ethernet::{Arp, Cdp, Frame, Lldp, Tag, UdpDatagram, cdp, frame, lldp};
use proto::tftp::{ErrorCode, Packet};

use super::{Seed, of};

const PHONE: Mac = Mac([0x00, 0x11, 0xbb, 0x73, 0xad, 0x61]);
const IP: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 9);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);

pub(super) fn all() -> Vec<Seed> {
    [dhcp(), tftp(), names(), frames(), words()].concat()
}

fn discover() -> Message {
    let mut message = Message::request(PHONE, 0xbb73_ad61);
    message.flags = 0x8000;
    message.options = [
        MessageType::Discover.option(),
        DhcpOption::raw(code::CLIENT_ID, *b"\x01\x00\x11\xbb\x73\xad\x61"),
        DhcpOption::text(code::HOST_NAME, "SEP0011BB73AD61"),
        DhcpOption::raw(code::VENDOR_CLASS, *b"Cisco Systems, Inc. IP Phone CP-7940G\0"),
        DhcpOption::raw(code::PARAMETER_REQUEST_LIST, [1, 66, 6, 3, 15, 150, 35]),
    ]
    .into_iter()
    .collect();
    message
}

fn offer() -> Message {
    let mut message = discover().reply();
    message.yiaddr = IP;
    message.siaddr = SERVER;
    message.options = [
        MessageType::Offer.option(),
        DhcpOption::address(code::SERVER_ID, SERVER),
        DhcpOption::u32(code::LEASE_TIME, 600),
        DhcpOption::text(code::TFTP_SERVER_NAME, "10.0.0.1"),
        DhcpOption::addresses(code::TFTP_SERVER_ADDRESS, &[SERVER, IP]),
        DhcpOption::encapsulated(43, &[(1, b"a"), (2, b"bc")]),
        DhcpOption::sip_servers(&[SERVER]),
    ]
    .into_iter()
    .collect();
    message
}

fn dhcp() -> Vec<Seed> {
    let mut crowded = offer();
    crowded.options.set(DhcpOption::raw(224, vec![7; 300]));
    (0..8).for_each(|n| crowded.options.set(DhcpOption::raw(225 + n, vec![n; 40])));
    let mut named = offer();
    (named.sname, named.file) = (b"server".to_vec(), b"boot.bin".to_vec());
    let mut cut = discover().emit();
    cut.truncate(260);
    let mut long_address = discover().emit();
    long_address[2] = 200;
    of(
        "dhcp_packet",
        vec![
            ("discover", discover().emit()),
            ("offer", offer().emit()),
            ("overloaded", crowded.emit_within(548).bytes),
            ("long-option", crowded.emit()),
            ("named", named.emit()),
            ("cut", cut),
            ("long-address", long_address),
            ("bare", Message::request(PHONE, 1).emit()),
        ],
    )
}

fn tftp() -> Vec<Seed> {
    of(
        "tftp_packet",
        vec![
            ("rrq", b"\0\x01SEP0011BB73AD61.cnf.xml\0octet\0tsize\x000\0blksize\x001428\0".to_vec()),
            ("rrq-bare", b"\0\x01OS79XX.TXT\0netascii".to_vec()),
            ("rrq-padded", b"\0\x01a\0OCTET\0tsize\0\0timeout\x005\0\0\0\0".to_vec()),
            ("wrq", b"\0\x02trace.txt\0image\0windowsize\x0064\0".to_vec()),
            ("data", Packet::Data { block: 1, data: b"hello" }.to_vec()),
            ("ack", b"\0\x04\0\x07junk".to_vec()),
            ("error", Packet::Error { code: ErrorCode::OptionRefused, text: b"size only" }.to_vec()),
            ("oack", b"\0\x06blksize\x001428\0windowsize\x008\0".to_vec()),
        ],
    )
}

fn names() -> Vec<Seed> {
    let names: [&[u8]; 12] = [
        b"SEP0011BB73AD61.cnf.xml",
        b"/P0S3-8-12-00.loads",
        b"Desktops\\320x196x4//./List.xml",
        b"..\\..\\etc/passwd",
        b"\\\\host\\share\\f",
        b"C:boot.ini",
        b"file.txt::$DATA",
        b"a/AUX.txt",
        b"dir /file.",
        b"caf\xe9.cfg",
        b"./a\nb",
        b"\xe2\x80\xaegpj.exe",
    ];
    let numbered: Vec<(String, &[u8])> = names.into_iter().enumerate().map(|(n, name)| (n.to_string(), name)).collect();
    of("tftp_name", numbered.iter().map(|(n, name)| (n.as_str(), name.to_vec())).collect())
}

fn frames() -> Vec<Seed> {
    let cdp = Cdp::new(vec![
        cdp::Tlv::text(cdp::kind::DEVICE_ID, "SEP0011BB73AD61"),
        cdp::Tlv::addresses(cdp::kind::ADDRESSES, &[IP]),
        cdp::Tlv::text(cdp::kind::PORT_ID, "Port 1"),
        cdp::Tlv::raw(cdp::kind::CAPABILITIES, [0, 0, 4, 0x90]),
        cdp::Tlv::text(cdp::kind::SOFTWARE_VERSION, "P00308010200"),
        cdp::Tlv::text(cdp::kind::PLATFORM, "Cisco IP Phone 7940"),
        cdp::Tlv::voip_vlan_query(),
        cdp::Tlv::raw(cdp::kind::DUPLEX, [1]),
        cdp::Tlv::raw(cdp::kind::POWER_REQUEST, [0, 1, 0, 0, 0, 0, 0x18, 0x9c]),
    ]);
    let policy = lldp::NetworkPolicy { application: 1, unknown: false, tagged: true, vlan: 100, priority: 5, dscp: 46 };
    let more = vec![
        lldp::Tlv::text(lldp::kind::SYSTEM_NAME, "SEP0011BB73AD61"),
        lldp::Tlv::capabilities(0x24, 0x24),
        lldp::Tlv::raw(lldp::kind::MANAGEMENT_ADDRESS, [5, 1, 10, 0, 0, 9, 1, 0, 0, 0, 0, 0]),
        lldp::Tlv::med(lldp::med::MODEL, b"CP-7965G"),
        lldp::Tlv::med(lldp::med::POWER, &[0, 0, 63]),
        lldp::Tlv::organisation(lldp::IEEE_8021, 1, &[0, 7]),
        policy.tlv(),
    ];
    let lldp = Lldp::new(&lldp::Id::chassis_address(IP), &lldp::Id::port_text("P1"), 180, more);
    let arp = Arp::request(PHONE, IP, SERVER);
    let payload = &discover().emit();
    let datagram = UdpDatagram {
        src_mac: PHONE,
        dst_mac: Mac::BROADCAST,
        vlan: None,
        src: SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 68),
        dst: SocketAddrV4::new(Ipv4Addr::BROADCAST, 67),
        ttl: 64,
        checksum: Checksum::Good,
        payload,
    };
    let tagged = UdpDatagram { vlan: Some(100), payload: b"hi!", ..datagram };
    let content = frame::Content::Llc { dsap: 0x42, ssap: 0x42, control: 3, payload: b"spanning tree" };
    let llc = Frame { content, tags: vec![Tag::vlan(1), Tag::vlan(2)], ..Frame::typed(PHONE, PHONE, 0x0800, b"") };
    let frames = vec![
        ("cdp", cdp.emit_frame(PHONE)),
        ("lldp", lldp.emit_frame(PHONE)),
        ("arp", arp.emit_frame()),
        ("discover", datagram.emit_frame().unwrap_or_default()),
        ("tagged", tagged.emit_frame().unwrap_or_default()),
        ("llc", llc.emit()),
    ];
    [
        of("ethernet_frame", frames),
        of("ethernet_arp", vec![("request", arp.emit()), ("reply", arp.reply(PHONE).emit())]),
        of(
            "ethernet_udp",
            vec![("discover", datagram.emit().unwrap_or_default()), ("short", tagged.emit().unwrap_or_default())],
        ),
        of("ethernet_cdp", vec![("phone", cdp.emit()), ("bare", Cdp::new(Vec::new()).emit())]),
        of("ethernet_lldp", vec![("phone", lldp.emit())]),
    ]
    .concat()
}

fn words() -> Vec<Seed> {
    let text = |t: &str| t.as_bytes().to_vec();
    [
        of(
            "mac",
            vec![
                ("colons", text("00:11:bb:73:ad:61")),
                ("dots", text("0011.BB73.AD61")),
                ("in-a-name", text("CTLSEP0011BB73AD61.tlv")),
                ("json", text("\"00-11-bb-73-ad-61\"")),
                ("glued", text("face0011BB73AD61")),
            ],
        ),
        of(
            "text",
            vec![
                ("plain", text("Cisco Systems, Inc. IP Phone CP-7965G\0")),
                ("hostile", b"\x1b[2Jroot\r\n\xff\0c\\".to_vec()),
                ("turned", text("\u{202e}gpj.exe \u{200b}\u{feff}")),
                ("umlauts", text("Häßlich 漢字 🙂")),
            ],
        ),
        of(
            "version",
            vec![
                ("load", text("SIP42.9-4-2SR3-1S.loads")),
                ("document", text("8.5(2)SR1")),
                ("build", text("jar45sccp.8-5-2TH1-9.sbn")),
                ("special", text("9-4-2ES26")),
                ("dashed", text("P0S3-8-12-00.sb2")),
                ("packed", text("P00308000700")),
                ("service", text("P0030801SR02")),
                ("two", text("8.5(2)\n8.5(2)SR1")),
            ],
        ),
        of(
            "pattern",
            vec![
                ("mac", text("SEP{mac}.cnf.xml\0sep0011bb73ad61.CNF.XML")),
                ("load", text("{load}.loads\0SCCP45.8-5-2S.loads")),
                ("digits", text("term{nn}.default.loads\0TERM65.default.loads")),
                ("any", text("jar{nn}*.sbn\0jar45sccp.8-5-2TH1-9.sbn")),
                ("two", text("{locale}/{words}.jar\0English_United_States/mk-sccp.jar")),
                ("hex", text("{hex}-{hex}.x*\0dead-beef.xyz")),
                ("bad", text("{load\0x")),
            ],
        ),
    ]
    .concat()
}
