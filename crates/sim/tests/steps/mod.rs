//! Anything that can happen to a bench, for the tests that let it happen in any order.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use bench::{Command, Service, TransferNews, Via};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proto::Mac;
use proto::dhcp::{DhcpOption, Message};
use proto::ethernet::cdp::{Cdp, Tlv, kind};
use proto::ethernet::udp::Checksum;
use proto::ethernet::{Arp, UdpDatagram, arp, lldp};

use super::drive::{self, PHONE_CLASS, phone};

/// One thing that happens.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Wait(Duration),
    Sleep(Duration),
    Datagram {
        service: Service,
        from: SocketAddrV4,
        bytes: Vec<u8>,
    },
    /// From the address that this phone has, whichever it is.
    Tftp {
        phone: u8,
        port: u16,
        bytes: Vec<u8>,
    },
    Frame {
        bytes: Vec<u8>,
        vlan: Option<u16>,
    },
    File {
        via: Via,
        phone: u8,
        name: Vec<u8>,
        user_agent: Option<Vec<u8>>,
    },
    News {
        id: u64,
        news: TransferNews,
    },
    Link(bool),
    Shelf(usize),
    Folder(Vec<String>),
    Command(Command),
}

const NAMES: &[&str] = &[
    "CTLSEP001E4AD00001.tlv",
    "ITLSEP001E4AD00002.tlv",
    "SEP001E4AD00001.cnf.xml",
    "SEP001E4AD00002.cnf.xml.sgn",
    "XMLDefault.cnf.xml",
    "SCCP45.8-5-2S.loads",
    "SCCP45.9-4-2SR1-1S.loads",
    "term65.default.loads",
    "jar45sccp.8-5-2TH1-9.sbn",
    "cvm45sccp.9-4-2ES9.sbn",
    "../../etc/passwd",
    "C:\\boot.ini",
    "",
    "%2e%2e/x",
    "OS79XX.TXT",
];

const CLASSES: &[Option<&str>] = &[
    Some(PHONE_CLASS),
    Some("Cisco Systems, Inc. IP Phone CP-7942G"),
    Some("Cisco Systems, Inc. IP Phone 7960"),
    Some("MSFT 5.0"),
    Some("\u{1b}[2J"),
    None,
];

fn mac() -> impl Strategy<Value = Mac> {
    prop_oneof![6 => (0u8..4).prop_map(phone), 1 => any::<[u8; 6]>().prop_map(Mac)]
}

fn address() -> impl Strategy<Value = Ipv4Addr> {
    prop_oneof![
        4 => (0u8..=255).prop_map(|n| Ipv4Addr::new(10, 79, 0, n)),
        1 => any::<u32>().prop_map(Ipv4Addr::from_bits),
        1 => Just(Ipv4Addr::UNSPECIFIED),
    ]
}

/// Bytes as they are, or as a bad cable or a bad neighbour might make them.
fn maybe_mangled(bytes: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let mangle = prop_oneof![5 => Just(None), 1 => any::<(Index, u8, Index)>().prop_map(Some)];
    (bytes, mangle).prop_map(|(mut bytes, mangle)| {
        if let Some((at, byte, cut)) = mangle.filter(|_| !bytes.is_empty()) {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes.truncate(cut.index(bytes.len()) + 1);
        }
        bytes
    })
}

fn dhcp() -> impl Strategy<Value = Vec<u8>> {
    let options = (
        0u8..=9,
        select(CLASSES),
        proptest::option::weighted(0.5, address()),
        proptest::option::weighted(0.3, prop_oneof![40 => Just(drive::SERVER), 1 => address()]),
    );
    let header =
        (mac(), any::<u32>(), address(), prop_oneof![9 => Just(Ipv4Addr::UNSPECIFIED), 1 => address()], any::<bool>());
    (header, options).prop_map(|((mac, xid, ciaddr, giaddr, broadcast), (kind, class, asked, server))| {
        let mut message = Message::request(mac, xid);
        message.giaddr = giaddr;
        if kind >= 7 {
            message.ciaddr = ciaddr;
        }
        message.flags = if broadcast { 0x8000 } else { 0 };
        message.options.set(DhcpOption::raw(53, [kind]));
        if let Some(class) = class {
            message.options.set(DhcpOption::text(60, class));
        }
        for (code, address) in [(50, asked), (54, server)] {
            if let Some(address) = address {
                message.options.set(DhcpOption::address(code, address));
            }
        }
        message.options.set(DhcpOption::raw(55, [1, 66, 6, 3, 15, 150, 35]));
        message.emit()
    })
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => select(NAMES).prop_map(|n| n.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..300),
    ]
}

fn tftp() -> impl Strategy<Value = Vec<u8>> {
    let kinds = prop_oneof![6 => Just(1u8), 1 => Just(2), 1 => 0u8..9];
    let modes = prop_oneof![6 => Just("octet"), 1 => select(&["netascii", "mail", "OCTET", ""])];
    let options = select(&["", "blksize\x001468\0", "tsize\x000\0windowsize\x0064\0", "blksize\0zero\0", "x\0"]);
    (kinds, name(), modes, options).prop_map(|(kind, name, mode, options)| {
        [&[0, kind][..], &name, b"\0", mode.as_bytes(), b"\0", options.as_bytes()].concat()
    })
}

fn frame() -> impl Strategy<Value = Vec<u8>> {
    let load =
        select(&["SCCP45.8-3-2S", "SCCP45.8-5-2S", "SCCP45.9-4-2SR1-1S", "SIP42.9-4-2SR1-1S", "P0030702T023", ""]);
    let platform = select(&["Cisco IP Phone 7965", "Cisco IP Phone 7960", "cisco WS-C2960", ""]);
    let cdp = (mac(), load.clone(), platform).prop_map(|(mac, load, platform)| {
        let tlvs = [(kind::DEVICE_ID, "SEP"), (kind::SOFTWARE_VERSION, load), (kind::PLATFORM, platform)];
        Cdp::new(tlvs.map(|(kind, text)| Tlv::text(kind, text)).to_vec()).emit_frame(mac)
    });
    let lldp = (mac(), load).prop_map(|(mac, load)| {
        let med =
            [(lldp::med::MODEL, "CP-7965G"), (lldp::med::SOFTWARE_REVISION, load), (lldp::med::SERIAL_NUMBER, "FCH1")];
        let tlvs = med.map(|(kind, text)| lldp::Tlv::med(kind, text.as_bytes())).to_vec();
        lldp::Lldp::new(&lldp::Id::chassis_mac(mac), &lldp::Id::port_text("P1"), 180, tlvs).emit_frame(mac)
    });
    let arp = (mac(), address(), address(), 0u16..4).prop_map(|(mac, sender, target, operation)| {
        let operation = match operation {
            1 => arp::Operation::Request,
            2 => arp::Operation::Reply,
            other => arp::Operation::Other(other),
        };
        Arp { operation, ..Arp::request(mac, sender, target) }.emit_frame()
    });
    // No server's answers: after those the bench answers nobody.
    let udp = (mac(), address(), address(), select(&[68u16, 69, 1024]), select(&[67u16, 69, 5060]), dhcp()).prop_map(
        |(src_mac, from, to, from_port, to_port, payload)| {
            let datagram = UdpDatagram {
                src_mac,
                dst_mac: Mac::BROADCAST,
                vlan: None,
                src: SocketAddrV4::new(from, from_port),
                dst: SocketAddrV4::new(to, to_port),
                ttl: 64,
                checksum: Checksum::Good,
                payload: &payload,
            };
            datagram.emit_frame().unwrap()
        },
    );
    prop_oneof![cdp, lldp, arp, udp, vec(any::<u8>(), 0..80)]
}

fn command() -> impl Strategy<Value = Command> {
    let procedures = select(&[
        None,
        Some("step-over-8.5.2"),
        Some("full-wipe"),
        Some("revive-wiped"),
        Some("soft-reset"),
        Some("none"),
    ]);
    let to = select(&[None, Some("9.4(2)SR1"), Some("SCCP45.8-5-2S"), Some("tomorrow")]);
    prop_oneof![
        4 => (mac(), procedures, to).prop_map(|(phone, procedure, to)| Command::Start {
            phone,
            procedure: procedure.map(str::to_owned),
            to: to.map(str::to_owned),
        }),
        4 => mac().prop_map(|phone| Command::Confirm { phone }),
        2 => mac().prop_map(|phone| Command::Abort { phone }),
        1 => mac().prop_map(|phone| Command::Allow { phone }),
    ]
}

/// Anything that can happen.
pub(crate) fn step() -> impl Strategy<Value = Step> {
    let port = prop_oneof![3 => 50_000u16..50_003, 1 => any::<u16>()];
    let news = prop_oneof![
        any::<(u64, u64)>().prop_map(|(bytes, size)| TransferNews::Progress { bytes, size }),
        any::<(u64, u64)>().prop_map(|(bytes, repeats)| TransferNews::Done { bytes, repeats }),
        any::<u64>().prop_map(|bytes| TransferNews::Failed { bytes, why: "\u{7}gone".to_owned() }),
    ];
    let services = select(&Service::ALL);
    let from = || (address(), any::<u16>()).prop_map(|(ip, port)| SocketAddrV4::new(ip, port));
    prop_oneof![
        6 => (0u64..30_000).prop_map(|ms| Step::Wait(Duration::from_millis(ms))),
        1 => (0u64..90_000).prop_map(|s| Step::Sleep(Duration::from_secs(s))),
        10 => (from(), maybe_mangled(dhcp())).prop_map(|(from, bytes)| Step::Datagram { service: Service::Dhcp, from, bytes }),
        1 => (services, from(), vec(any::<u8>(), 0..64)).prop_map(|(service, from, bytes)| Step::Datagram { service, from, bytes }),
        10 => (0u8..4, port, maybe_mangled(tftp())).prop_map(|(phone, port, bytes)| Step::Tftp { phone, port, bytes }),
        8 => (maybe_mangled(frame()), proptest::option::weighted(0.1, any::<u16>())).prop_map(|(bytes, vlan)| Step::Frame { bytes, vlan }),
        2 => (select(&[Via::Tftp, Via::Http, Via::Ftp]), 0u8..4, name(), proptest::option::of(name()))
            .prop_map(|(via, phone, name, user_agent)| Step::File { via, phone, name, user_agent }),
        6 => (0u64..12, news).prop_map(|(id, news)| Step::News { id, news }),
        1 => any::<bool>().prop_map(Step::Link),
        1 => prop_oneof![Just(99usize), 0usize..20].prop_map(Step::Shelf),
        1 => vec(select(NAMES).prop_map(str::to_owned), 0..4).prop_map(Step::Folder),
        3 => command().prop_map(Step::Command),
    ]
}
