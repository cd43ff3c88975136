//! Bytes become inputs: mostly such as phones and their surroundings cause, now and then any bytes at all.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::OnceLock;
use std::time::Duration;

use bench::shelf::{Blob, FolderFile, examine};
use bench::{Bench, Command, ConnId, Input, Service, StreamEvent, Ticket, TransferId, TransferNews, Via};
use proto::dhcp::{DhcpOption, Message, MessageType, option::code};
use proto::ethernet::udp::Checksum;
use proto::ethernet::{Arp, Cdp, Frame, Lldp, Tag, UdpDatagram, cdp, lldp};
use proto::{Mac, Time};
use sim::firmware::{LoadSpec, Protocol, R8_3_2, R8_5_2, R9_4_2SR1, load_set};

use super::watch::{Said, Watch};
use super::{OWN, SERVER};
use crate::feed::Feed;
use crate::targets::dhcp_server::SPANS;

/// Who is on the cable: phones, a computer, the bench itself, and nobody.
pub const MACS: &[Mac] = &[
    Mac([0, 0x11, 0xbb, 0x73, 0xad, 0x61]),
    Mac([0, 0x11, 0xbb, 0x73, 0xad, 0x62]),
    Mac([0, 0x08, 0x5d, 0x01, 0x02, 0x03]),
    Mac([0x52, 0x54, 0, 0, 0, 9]),
    OWN,
    Mac::ZERO,
    Mac::BROADCAST,
];
/// Option 60, by its place here.
pub const CLASSES: &[&[u8]] = &[
    b"Cisco Systems, Inc. IP Phone CP-7965G\0",
    b"Cisco Systems, Inc. IP Phone CP-7940G\0",
    b"Cisco Systems, Inc. IP Phone CP-7945G\0",
    b"Cisco Systems, Inc. IP Phone CP-\x1b[2J\0",
    b"MSFT 5.0",
    b"",
];
/// Names asked for; `{M}` is the asking phone's MAC.
pub const NAMES: &[&str] = &[
    "SEP{M}.cnf.xml",
    "CTLSEP{M}.tlv",
    "ITLSEP{M}.tlv",
    "SEP{M}.cnf.xml.sgn",
    "XMLDefault.cnf.xml",
    "SCCP45.9-4-2SR1-1S.loads",
    "SCCP45.8-5-2S.loads",
    "SCCP45.8-3-2S.loads",
    "jar45sccp.8-5-2TH1-9.sbn",
    "cnu45.8-5-2TH1-9.sbn",
    "apps45.8-5-2TH1-9.sbn",
    "dsp45.8-5-2TH1-9.sbn",
    "cvm45sccp.8-5-2TH1-9.sbn",
    "jar45sccp.9-4-2ES9.sbn",
    "cnu45.9-4-2ES9.sbn",
    "apps45.9-4-2ES9.sbn",
    "dsp45.9-4-2ES9.sbn",
    "cvm45sccp.9-4-2ES9.sbn",
    "term65.default.loads",
    "term45.default.loads",
    "OS79XX.TXT",
    "SIPDefault.cnf",
    "SIP{M}.cnf",
    "/English_United_States/g3-tones.xml",
    "./RINGLIST.DAT",
    "Folder\\a.BIN",
    "..\\..\\secret",
    "jar99sccp.1-2.sbn",
    "SEP001122334455.cnf.xml",
];
/// What announcements say of the running load.
pub const LOADS: &[&str] =
    &["SCCP45.8-3-2S", "SCCP45.8-5-2S", "SCCP45.9-4-2SR1-1S", "P00308010200", "\u{1b}]0;x\u{7}", ""];
const PLATFORMS: &[&str] = &["Cisco IP Phone 7965", "Cisco IP Phone 7940", "cisco WS-C2960", ""];
/// Procedures that are or were in the built-in families, and one that is in none.
pub const PROCEDURES: &[&str] =
    &["step-over-8.5.2", "full-wipe", "revive-wiped", "soft-reset", "unlock-password-file", "nothing"];

/// A bench, a clock and everybody around.
pub struct Table {
    bench: Bench,
    watch: Watch,
    now: Time,
    wake: Time,
    next_ticket: u64,
}

impl Table {
    /// A bench that was just switched on.
    pub fn new(mut bench: Bench) -> Table {
        let mut watch = Watch::new();
        let wake = watch.drain(Time::ZERO, &mut bench).at();
        Table { bench, watch, now: Time::ZERO, wake, next_ticket: 1 }
    }

    /// The last checks.
    pub fn finish(mut self) {
        self.give(Input::Command(Command::Stop)).none();
        self.watch.finish(self.now, &self.bench);
    }

    /// One step; which one is the first byte.
    pub fn step(&mut self, feed: &mut Feed<'_>) {
        match feed.below(18) {
            0 => self.dhcp(feed),
            1 => {
                let bytes = feed.long_bytes();
                self.datagram(Service::Dhcp, SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 68), bytes).none();
            }
            2 => self.ask(feed, 1),
            3 => self.ask(feed, 2),
            4 => {
                let from = SocketAddrV4::new(self.address(feed.pick(MACS)), 49_152);
                let bytes = feed.bytes();
                self.datagram(Service::Tftp, from, bytes).one_tftp(from);
            }
            5 => self.frame(feed),
            6 => {
                let vlan = feed.flag().then(|| feed.u16());
                let bytes = feed.long_bytes();
                self.give(Input::Frame { bytes, vlan }).none();
            }
            7 => self.file_request(feed),
            8 => self.news(feed),
            9 => self.command(feed),
            10 => self.give(Input::Link { up: feed.flag() }).none(),
            11 => self.shelf(feed),
            12 => self.pass(Duration::from_micros(feed.pick(SPANS))),
            13 => self.pass(self.wake.since(self.now)),
            14 => {
                // The oldest transfer arrives.
                let Some(id) = self.watch.open.keys().next().copied() else { return };
                self.end(id, TransferNews::Done { bytes: u64::from(feed.octet()), repeats: 0 });
            }
            15 => self.start(feed),
            16 => {
                let from = SocketAddrV4::new(self.address(feed.pick(MACS)), 5_060);
                let bytes = feed.long_bytes();
                self.datagram(Service::Sip, from, bytes).none();
            }
            _ => {
                let from = SocketAddrV4::new(self.address(feed.pick(MACS)), 50_000);
                let conn = ConnId(u64::from(feed.octet() & 7));
                let event = match feed.below(4) {
                    0 => StreamEvent::Opened,
                    1 => StreamEvent::Closed,
                    _ => StreamEvent::Bytes(feed.long_bytes()),
                };
                self.give(Input::Stream { conn, service: Service::Sccp, from, event }).none();
            }
        }
    }

    fn give(&mut self, input: Input<'_>) -> Said {
        self.bench.handle_input(self.now, input);
        let said = self.watch.drain(self.now, &mut self.bench);
        self.wake = said.at();
        said
    }

    /// Lets time pass, waking the bench whenever it wants to be.
    fn pass(&mut self, span: Duration) {
        // For ever would be a long time to be woken every few seconds.
        let end = self.now + span.min(Duration::from_secs(86_400));
        let mut left = 300;
        while self.wake <= end && left > 0 {
            let before = self.now;
            self.now = self.wake.max(self.now);
            self.give(Input::Timeout).none();
            left -= 1;
            assert!(self.now > before || self.wake > self.now, "it wants to be called again at {}", self.now);
        }
        self.now = end.max(self.now);
        self.give(Input::Timeout).none();
        assert!(self.wake > self.now, "it wants to be called at {} and it is {}", self.wake, self.now);
    }

    /// A phone's address: its own, or one outside of the pool.
    fn address(&self, mac: Mac) -> Ipv4Addr {
        let known = self.bench.state().sessions.get(&mac).and_then(|s| s.address);
        known.unwrap_or(Ipv4Addr::new(10, 0, 0, 200 + (mac.0[5] & 15)))
    }

    fn datagram(&mut self, service: Service, from: SocketAddrV4, bytes: &[u8]) -> Said {
        self.give(Input::Datagram { service, from, bytes })
    }

    fn send(&mut self, message: &Message) {
        let bytes = message.emit();
        self.datagram(Service::Dhcp, SocketAddrV4::new(message.ciaddr, 68), &bytes).none();
    }

    fn dhcp(&mut self, feed: &mut Feed<'_>) {
        let mac = feed.pick(MACS);
        let mut message = message(feed, mac);
        let fields = feed.octet();
        if fields & 1 != 0 {
            message.options.set(DhcpOption::address(code::REQUESTED_ADDRESS, self.address(mac)));
        }
        if fields & 2 != 0 {
            message.options.set(DhcpOption::address(code::SERVER_ID, SERVER));
        }
        if fields & 4 != 0 {
            message.ciaddr = self.address(mac);
        }
        if fields & 8 != 0 {
            message.giaddr = Ipv4Addr::new(10, 0, 0, feed.octet());
        }
        if fields & 16 != 0 {
            message.options.set(DhcpOption::address(code::SERVER_ID, Ipv4Addr::new(10, 0, 0, feed.octet())));
        }
        if fields & 32 != 0 {
            message.options.set(DhcpOption::raw(feed.octet(), feed.bytes()));
        }
        self.send(&message);
    }

    /// A phone starts: it asks for an address until it has one, or not.
    fn start(&mut self, feed: &mut Feed<'_>) {
        let mac = feed.pick(MACS);
        let class = feed.pick(CLASSES);
        for kind in [MessageType::Discover, MessageType::Request] {
            let mut message = with_class(mac, class);
            message.options.set(kind.option());
            if kind == MessageType::Request {
                self.pass(Duration::from_millis(300));
                let offered = self.watch.offers.get(&mac).copied().unwrap_or(Ipv4Addr::UNSPECIFIED);
                message.options.set(DhcpOption::address(code::REQUESTED_ADDRESS, offered));
                message.options.set(DhcpOption::address(code::SERVER_ID, SERVER));
            }
            self.send(&message);
        }
    }

    /// A read (1) or write (2) request.
    fn ask(&mut self, feed: &mut Feed<'_>, opcode: u8) {
        let mac = feed.pick(MACS);
        let from = SocketAddrV4::new(self.address(mac), 49_152 + u16::from(feed.octet() & 3));
        let mut request = vec![0, opcode];
        request.extend(name(feed, mac));
        request.extend(b"\0octet\0");
        request.extend(feed.pick(&[&b""[..], b"tsize\x000\0", b"blksize\x001428\0windowsize\x008\0", b"tsize\0"]));
        self.datagram(Service::Tftp, from, &request).one_tftp(from);
    }

    fn file_request(&mut self, feed: &mut Feed<'_>) {
        let mac = feed.pick(MACS);
        let name = name(feed, mac);
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        let user_agent = feed.flag().then(|| feed.bytes());
        let via = feed.pick(&[Via::Http, Via::Ftp, Via::Tftp]);
        let from = self.address(mac);
        self.give(Input::FileRequest { ticket, via, from, name: &name, user_agent }).one_answer(ticket);
    }

    fn frame(&mut self, feed: &mut Feed<'_>) {
        let mac = feed.pick(MACS);
        let address = self.address(mac);
        let bytes = match feed.below(6) {
            0 => Cdp::new(vec![
                cdp::Tlv::text(cdp::kind::DEVICE_ID, &format!("SEP{}", mac.bare_upper())),
                cdp::Tlv::text(cdp::kind::PLATFORM, feed.pick(PLATFORMS)),
                cdp::Tlv::text(cdp::kind::SOFTWARE_VERSION, feed.pick(LOADS)),
            ])
            .emit_frame(mac),
            1 => {
                let (model, software) = (feed.pick(&["CP-7965G", "CP-7942G", ""]), feed.pick(LOADS));
                let more = vec![
                    lldp::Tlv::med(lldp::med::MODEL, model.as_bytes()),
                    lldp::Tlv::med(lldp::med::SOFTWARE_REVISION, software.as_bytes()),
                    lldp::Tlv::med(lldp::med::SERIAL_NUMBER, feed.bytes()),
                ];
                Lldp::new(&lldp::Id::chassis_mac(mac), &lldp::Id::port_text("1"), 180, more).emit_frame(mac)
            }
            2 => Arp::request(mac, address, Ipv4Addr::new(10, 0, 0, feed.octet())).emit_frame(),
            3 => Arp::announcement(mac, Ipv4Addr::new(10, 0, 0, feed.octet())).emit_frame(),
            4 => {
                // Another server offers something.
                let mut offer = Message::request(feed.pick(MACS), 7).reply();
                offer.options.set(feed.pick(&[MessageType::Offer, MessageType::Ack, MessageType::Discover]).option());
                offer.yiaddr = Ipv4Addr::new(10, 9, 0, feed.octet());
                udp(mac, SocketAddrV4::new(Ipv4Addr::new(10, 9, 0, 1), 67), 68, &offer.emit())
            }
            _ => udp(mac, SocketAddrV4::new(address, 68), 67, &message(feed, mac).emit()),
        };
        let tagged = feed.octet();
        let vlan = (tagged & 3 == 3).then(|| u16::from(tagged));
        if tagged & 3 == 2
            && let Ok(frame) = Frame::parse(&bytes)
        {
            let bytes = Frame { tags: vec![Tag::vlan(u16::from(tagged))], ..frame }.emit();
            return self.give(Input::Frame { bytes: &bytes, vlan }).none();
        }
        self.give(Input::Frame { bytes: &bytes, vlan }).none();
    }

    fn news(&mut self, feed: &mut Feed<'_>) {
        let ids: Vec<TransferId> = self.watch.open.keys().copied().collect();
        let id = match ids.is_empty() || feed.octet() > 240 {
            true => TransferId(u64::from(feed.octet())),
            false => feed.pick(&ids),
        };
        match feed.below(3) {
            0 => {
                let (bytes, size) = (u64::from(feed.octet()), feed.pick(&[255, 0, u64::MAX]));
                self.give(Input::Transfer { id, news: TransferNews::Progress { bytes, size } }).none();
            }
            1 => self.end(id, TransferNews::Done { bytes: feed.pick(&[1, 0, u64::MAX]), repeats: 1 }),
            _ => {
                let why = String::from_utf8_lossy(feed.bytes()).into_owned();
                self.end(id, TransferNews::Failed { bytes: u64::MAX, why });
            }
        }
    }

    fn end(&mut self, id: TransferId, news: TransferNews) {
        self.watch.open.remove(&id);
        self.give(Input::Transfer { id, news }).none();
    }

    fn command(&mut self, feed: &mut Feed<'_>) {
        let phone = feed.pick(MACS);
        let command = match feed.below(5) {
            0 => {
                let procedure = feed.flag().then(|| feed.pick(PROCEDURES).to_owned());
                let to = feed.flag().then(|| feed.pick(LOADS).to_owned());
                Command::Start { phone, procedure, to }
            }
            1 => Command::Confirm { phone },
            2 => Command::Abort { phone },
            3 => {
                self.watch.allow(phone);
                Command::Allow { phone }
            }
            _ if feed.octet() > 200 => Command::Stop,
            _ => Command::Confirm { phone },
        };
        self.give(Input::Command(command)).none();
    }

    fn shelf(&mut self, feed: &mut Feed<'_>) {
        let leave_out = feed.octet();
        if leave_out == 255 {
            let paths = feed
                .pick(&[&["a.bin", "Folder/A.bin", "SEP0011BB73AD61.cnf.xml", "jar45sccp.8-5-2TH1-9.sbn"][..], &[]]);
            self.watch.folder = paths.iter().map(|p| (*p).to_owned()).collect();
            let files = paths.iter().map(|p| FolderFile { path: (*p).to_owned(), size: 9 }).collect();
            return self.give(Input::Folder(files)).none();
        }
        let kept =
            |at: &usize| leave_out == 0 || *at != usize::from(leave_out) && (leave_out < 128 || at.is_multiple_of(2));
        let blobs: Vec<Blob> = blobs().iter().enumerate().filter(|(at, _)| kept(at)).map(|(_, b)| b.clone()).collect();
        self.watch.blobs = blobs.iter().map(|b| b.sha256.clone()).collect();
        self.give(Input::Shelf(blobs)).none();
    }
}

fn message(feed: &mut Feed<'_>, mac: Mac) -> Message {
    let kind = feed.octet();
    let mut message = with_class(mac, feed.pick(CLASSES));
    if let Some(kind) = MessageType::from_code(kind % 9) {
        message.options.set(kind.option());
    }
    message
}

fn with_class(mac: Mac, class: &[u8]) -> Message {
    let mut message = Message::request(mac, 1);
    if !class.is_empty() {
        message.options.set(DhcpOption::raw(code::VENDOR_CLASS, class));
    }
    message.options.set(DhcpOption::raw(code::PARAMETER_REQUEST_LIST, [1, 66, 6, 3, 15, 150, 35]));
    message
}

/// A name of [`NAMES`], or, behind the last of them, any bytes.
fn name(feed: &mut Feed<'_>, mac: Mac) -> Vec<u8> {
    match NAMES.get(feed.below(NAMES.len() + 4)) {
        Some(name) => name.replace("{M}", &mac.bare_upper()).into_bytes(),
        None => feed.bytes().iter().copied().filter(|b| *b != 0).collect(),
    }
}

fn udp(mac: Mac, src: SocketAddrV4, port: u16, payload: &[u8]) -> Vec<u8> {
    let dst = SocketAddrV4::new(Ipv4Addr::BROADCAST, port);
    let (src_mac, dst_mac) = (mac, Mac::BROADCAST);
    let datagram = UdpDatagram { src_mac, dst_mac, vlan: None, src, dst, ttl: 64, checksum: Checksum::Good, payload };
    datagram.emit_frame().unwrap_or_default()
}

/// What may lie on the shelf: three loads of the 7945 and 7965.
fn blobs() -> &'static [Blob] {
    static BLOBS: OnceLock<Vec<Blob>> = OnceLock::new();
    BLOBS.get_or_init(|| {
        let specs = [R8_3_2, R8_5_2, R9_4_2SR1].map(|r| LoadSpec::released("45", Protocol::Sccp, r, 0));
        specs.iter().flat_map(load_set).map(|(name, bytes)| examine(&name, &bytes)).collect()
    })
}
