//! Captures and logs of others.

use std::net::{Ipv4Addr, SocketAddrV4};

use proto::Mac;
use proto::dhcp::{DhcpOption, Message, MessageType, option::code};
use proto::ethernet::udp::Checksum;
use proto::ethernet::{Arp, UdpDatagram};
use proto::tftp::{ErrorCode, Packet};

use super::{Seed, of};

const PHONE: Mac = Mac([0x00, 0x11, 0xbb, 0x73, 0xad, 0x61]);
const SERVER_MAC: Mac = Mac([0x52, 0x54, 0, 0, 0, 1]);
const IP: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 9);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);

pub(super) fn all() -> Vec<Seed> {
    let logs: [(&str, &str); 4] = [
        (
            "tftpd32",
            "Rcvd DHCP Discover Msg for IP 0.0.0.0, Mac 00:11:BB:73:AD:61 [22/11 06:10:01.201]\n\
             Connection received from 10.0.0.9 on port 49152 [22/11 06:10:03.000]\n\
             Read request for file <SEP0011BB73AD61.cnf.xml>. Mode octet [22/11 06:10:03.000]\n\
             <SEP0011BB73AD61.cnf.xml>: sent 3 blks, 4012 bytes in 0 s. 1 blk resent [22/11 06:10:03.090]\n\
             Peer returns ERROR <x> -> aborting transfer\n",
        ),
        (
            "dnsmasq",
            "Nov 22 06:10:01 h dnsmasq-dhcp[9]: 3974 vendor class: Cisco Systems, Inc. IP Phone CP-7965G\n\
             Nov 22 06:10:01 h dnsmasq-dhcp[9]: 3974 DHCPDISCOVER(eth0) 00:11:bb:73:ad:61\n\
             dnsmasq-dhcp: DHCPACK(eth0) 10.0.0.9 00:11:bb:73:ad:61 SEP0011BB73AD61\n\
             dnsmasq-tftp[9]: sent /srv/tftp/SCCP45.9-4-2SR1-1S.loads to 10.0.0.9\n",
        ),
        (
            "syslog",
            "<29>Nov 22 06:38:21 in.tftpd[54]: RRQ from 10.0.0.9 filename CTLSEP0011BB73AD61.tlv\n\
             <30>Nov 22 06:38:21 in.tftpd[54]: sending NAK (1, File not found) to 10.0.0.9\n\
             Nov 22 06:38:22 h atftpd[22.14]: Serving term65.default.loads to 10.0.0.9:58532\n\
             Nov 22 06:38:22 h atftpd[22.14]: File /x/term65.default.loads not found\n",
        ),
        (
            "others",
            "[2026-11-22 06:10:11 +0000] 'OS79XX.TXT' of type 'octet' is requested from 10.0.0.9:50123\n\
             \u{2b06} Transfer of 'OS79XX.TXT' finished.\n\
             11/22/2026 6:10:11 PM :Sent SEP0011BB73AD61.cnf.xml to (10.0.0.9), 4012 bytes\n",
        ),
    ];
    let frames = frames();
    let wire = frames.iter().flat_map(|f| [&[f.len() as u8][..], f].concat()).collect();
    let captures = vec![("pcap", pcap(&frames)), ("pcapng", pcapng(&frames))];
    let logs = logs.map(|(name, text)| (name, text.as_bytes().to_vec())).to_vec();
    [of("hearsay_log", logs), of("hearsay_wire", vec![("boot", wire)]), of("hearsay_capture", captures)].concat()
}

/// Short frames: a length in one byte stands before each.
fn frames() -> Vec<Vec<u8>> {
    let udp = |from: (Mac, Ipv4Addr, u16), to: (Ipv4Addr, u16), payload: &[u8]| {
        let datagram = UdpDatagram {
            src_mac: from.0,
            dst_mac: Mac::BROADCAST,
            vlan: None,
            src: SocketAddrV4::new(from.1, from.2),
            dst: SocketAddrV4::new(to.0, to.1),
            ttl: 64,
            checksum: Checksum::Good,
            payload,
        };
        datagram.emit_frame().unwrap_or_default()
    };
    let mut discover = Message::request(PHONE, 1);
    discover.options.set(MessageType::Discover.option());
    discover.options.set(DhcpOption::text(code::VENDOR_CLASS, "Cisco Systems, Inc. IP Phone CP-7965G"));
    let missed = Packet::Error { code: ErrorCode::FileNotFound, text: b"none" }.to_vec();
    vec![
        udp((PHONE, IP, 50_001), (SERVER, 69), b"\0\x01SEP0011BB73AD61.cnf.xml\0octet\0"),
        udp((SERVER_MAC, SERVER, 40_001), (IP, 50_001), &Packet::Data { block: 1, data: b"x" }.to_vec()),
        udp((PHONE, IP, 50_001), (SERVER, 40_001), &Packet::Ack { block: 1 }.to_vec()),
        udp((PHONE, IP, 50_002), (SERVER, 69), b"\0\x01CTLSEP0011BB73AD61.tlv\0octet\0"),
        udp((SERVER_MAC, SERVER, 40_002), (IP, 50_002), &missed),
        Arp::request(PHONE, IP, SERVER).emit_frame(),
        udp((PHONE, Ipv4Addr::UNSPECIFIED, 68), (Ipv4Addr::BROADCAST, 67), &discover.emit())
            .into_iter()
            .take(255)
            .collect(),
    ]
}

fn pcap(frames: &[Vec<u8>]) -> Vec<u8> {
    // The first byte says how large the pieces are.
    let mut file = vec![64, 0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0];
    file.extend([0; 8]);
    file.extend([0xff, 0xff, 0, 0, 1, 0, 0, 0]);
    for (second, frame) in (1u32..).zip(frames) {
        let len = frame.len() as u32;
        file.extend([second.to_le_bytes(), [0; 4], len.to_le_bytes(), len.to_le_bytes()].concat());
        file.extend(frame);
    }
    file
}

fn pcapng(frames: &[Vec<u8>]) -> Vec<u8> {
    let block = |kind: u32, body: &[u8]| {
        let len = (12 + body.len() as u32).to_le_bytes();
        [&kind.to_le_bytes()[..], &len, body, &len].concat()
    };
    let mut file = vec![255];
    file.extend(block(0x0a0d_0d0a, &[&[0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0][..], &[0xff; 8]].concat()));
    file.extend(block(1, &[1, 0, 0, 0, 0, 0, 0, 0]));
    for (micros, frame) in (1u32..).zip(frames) {
        let len = (frame.len() as u32).to_le_bytes();
        let mut body = [[0; 4], [0; 4], micros.to_le_bytes(), len, len].concat();
        body.extend(frame);
        body.resize(20 + frame.len().next_multiple_of(4), 0);
        file.extend(block(6, &body));
    }
    file
}
