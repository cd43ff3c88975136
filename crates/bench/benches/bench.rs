//! What one step through the whole bench costs, from its bytes to the last output drained.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use bench::shelf::{Blob, BlobKind, FolderFile};
use bench::{Bench, Config, Input, Output, Service, TransferId, TransferNews};
use divan::{Bencher, black_box};
use profile::{Origin, Profiles};
use proto::dhcp::option::code;
use proto::dhcp::{DhcpOption, Message, MessageType};
use proto::ethernet::{Cdp, cdp};
use proto::{Mac, Time};

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const LIST: &str = "SCCP45.9-4-2SR1-1S.loads";
const CLASS: &str = "Cisco Systems, Inc. IP Phone CP-7965G";
/// A family as it is built in, for making up many of its kind.
const FAMILY: &str = include_str!("../../../profiles/cisco-79xx-java/family.toml");
/// What a phone of this family asks for while it starts.
const BOOT: [&str; 6] =
    ["CTLSEP{M}.tlv", "ITLSEP{M}.tlv", "SEP{M}.cnf.xml", "XMLDefault.cnf.xml", "RingList.xml", "dialplan.xml"];

fn main() {
    divan::main();
}

/// What kind of table.
#[derive(Clone, Copy)]
struct Kind {
    phones: usize,
    folder: bool,
    /// Whether files are made for phones.
    auto: bool,
    /// The procedure that runs for every phone.
    procedure: Option<&'static str>,
    class: &'static str,
    /// Families beside the built-in ones.
    families: usize,
}

impl Kind {
    fn of(phones: usize) -> Kind {
        Kind { phones, folder: false, auto: false, procedure: None, class: CLASS, families: 0 }
    }
}

/// A bench with phones that have addresses and have asked for their boot files.
struct Table {
    bench: Bench,
    now: Time,
    phones: Vec<(Mac, Ipv4Addr)>,
    turn: usize,
    class: &'static str,
}

impl Table {
    fn new(kind: Kind) -> Table {
        let Kind { phones, folder, class, .. } = kind;
        let mut config = Config::new(SERVER, 16);
        config.auto = kind.auto;
        config.procedure = kind.procedure.map(str::to_owned);
        config.pool = Some((Ipv4Addr::new(10, 0, 1, 0), Ipv4Addr::new(10, 0, 200, 0)));
        config.mac = Mac([2, 0, 0, 0, 0, 1]);
        // Whether an address is free is asked by ARP, which is a wait and not a cost.
        config.frames = false;
        config.folder = folder;
        config.any = folder;
        config.lease = Duration::from_secs(1 << 30);
        let mut profiles = Profiles::built_in().0;
        for n in 0..kind.families {
            let text = FAMILY
                .replace("id = \"cisco-79xx-java\"", &format!("id = \"more-{n}\""))
                .replace("Cisco", &format!("Maker{n}"));
            profiles.add(&Origin::BuiltIn, [(format!("more-{n}/family.toml"), text)]);
        }
        assert!(profiles.families().count() >= kind.families);
        let mut bench = Bench::new(Time::ZERO, config, profiles, Vec::new());
        let blob = |name: &str| Blob {
            name: name.to_owned(),
            sha256: format!("{:064x}", name.len()),
            size: 600,
            kind: BlobKind::Other,
            faults: Vec::new(),
            cautions: Vec::new(),
            archive: None,
            proven: None,
            disproven: None,
        };
        bench.handle_input(
            Time::ZERO,
            Input::Shelf((0..200).map(|n| blob(&format!("file-{n}.bin"))).chain([blob(LIST)]).collect()),
        );
        let listed = (0..200).map(|n| format!("file-{n}.bin")).chain([LIST.to_owned()]);
        bench.handle_input(Time::ZERO, Input::Folder(listed.map(|path| FolderFile { path, size: 600 }).collect()));
        let mut table = Table { bench, now: Time::ZERO, phones: Vec::new(), turn: 0, class };
        for n in 0..phones {
            let [.., a, b, c] = n.to_be_bytes();
            let mac = Mac([0, 0x11, 0xbb, a, b, c]);
            let address = table.dora(mac);
            table.phones.push((mac, address));
            for name in BOOT {
                table.ask(mac, address, name);
            }
        }
        table
    }

    /// The next phone; time goes on so that no limit is reached.
    fn next(&mut self) -> (Mac, Ipv4Addr) {
        self.turn = (self.turn + 1) % self.phones.len();
        self.now += Duration::from_secs(1);
        self.phones[self.turn]
    }

    fn give(&mut self, input: Input<'_>) -> Option<(Ipv4Addr, Option<TransferId>)> {
        self.bench.handle_input(self.now, input);
        let mut said = None;
        loop {
            match black_box(self.bench.poll_output()) {
                Output::Timeout { .. } => return said,
                Output::Dhcp { bytes, .. } => {
                    said = Message::parse(&bytes).ok().map(|m| (m.yiaddr, None));
                }
                Output::Transfer { id, .. } => said = Some((SERVER, Some(id))),
                _ => {}
            }
        }
    }

    fn dhcp(&mut self, message: &Message) -> Ipv4Addr {
        let from = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 68);
        let said = self.give(Input::Datagram { service: Service::Dhcp, from, bytes: &message.emit() });
        said.map_or(Ipv4Addr::UNSPECIFIED, |s| s.0)
    }

    fn dora(&mut self, mac: Mac) -> Ipv4Addr {
        let offered = self.dhcp(&message(mac, MessageType::Discover, self.class));
        let mut request = message(mac, MessageType::Request, self.class);
        request.options.set(DhcpOption::address(code::REQUESTED_ADDRESS, offered));
        request.options.set(DhcpOption::address(code::SERVER_ID, SERVER));
        self.dhcp(&request)
    }

    /// A read request; what is served is fetched whole.
    fn ask(&mut self, mac: Mac, address: Ipv4Addr, name: &str) -> bool {
        let request = [b"\0\x01", name.replace("{M}", &mac.bare_upper()).as_bytes(), b"\0octet\0"].concat();
        let from = SocketAddrV4::new(address, 49_152);
        let said = self.give(Input::Datagram { service: Service::Tftp, from, bytes: &request });
        let Some((_, Some(id))) = said else { return false };
        self.give(Input::Transfer { id, news: TransferNews::Done { bytes: 600, repeats: 0 } });
        true
    }
}

fn message(mac: Mac, kind: MessageType, class: &str) -> Message {
    let mut message = Message::request(mac, 1);
    message.options = [
        kind.option(),
        DhcpOption::raw(code::CLIENT_ID, [&[1], &mac.0[..]].concat()),
        DhcpOption::text(code::HOST_NAME, "SEP0011BB73AD61"),
        DhcpOption::text(code::VENDOR_CLASS, class),
        DhcpOption::raw(code::PARAMETER_REQUEST_LIST, [1, 66, 6, 3, 15, 150, 35]),
    ]
    .into_iter()
    .collect();
    message
}

/// One Discover of a phone that is known, and its Offer; with as many families as are built in, and with twenty more.
#[divan::bench(args = [(1, 0), (1_000, 0), (1_000, 20)])]
fn discover(bencher: Bencher<'_, '_>, (phones, families): (usize, usize)) {
    let mut table = Table::new(Kind { families, ..Kind::of(phones) });
    bencher.bench_local(|| {
        let (mac, _) = table.next();
        table.dhcp(&message(mac, MessageType::Discover, CLASS))
    });
}

/// One Request of a phone that is known, and its Ack; phones together (a shelf that gets power) or a second apart.
#[divan::bench(args = [("apart", 1), ("apart", 1_000), ("together", 1_000)])]
fn request(bencher: Bencher<'_, '_>, (when, phones): (&str, usize)) {
    let mut table = Table::new(Kind::of(phones));
    bencher.bench_local(|| {
        let now = table.now;
        let (mac, address) = table.next();
        if when == "together" {
            table.now = now + Duration::from_millis(1);
        }
        let mut request = message(mac, MessageType::Request, CLASS);
        request.options.set(DhcpOption::address(code::REQUESTED_ADDRESS, address));
        table.dhcp(&request)
    });
}

/// A small file asked for, handed out and done: two inputs.
#[divan::bench(args = [("folder", 1, 0), ("phone", 1, 0), ("phone", 1_000, 0), ("phone", 1_000, 20)])]
fn small_file(bencher: Bencher<'_, '_>, (mode, phones, families): (&str, usize, usize)) {
    let mut table = Table::new(Kind { folder: mode == "folder", families, ..Kind::of(phones) });
    bencher.bench_local(|| {
        let (mac, address) = table.next();
        assert!(table.ask(mac, address, LIST));
    });
}

/// A file that is made for the phone.
#[divan::bench(args = [1, 1_000])]
fn made_file(bencher: Bencher<'_, '_>, phones: usize) {
    let mut table = Table::new(Kind { auto: true, ..Kind::of(phones) });
    bencher.bench_local(|| {
        let (mac, address) = table.next();
        assert!(table.ask(mac, address, "SEP{M}.cnf.xml"));
    });
}

/// A file that is not here.
#[divan::bench(args = [1, 1_000])]
fn missing_file(bencher: Bencher<'_, '_>, phones: usize) {
    let mut table = Table::new(Kind::of(phones));
    bencher.bench_local(|| {
        let (mac, address) = table.next();
        table.ask(mac, address, "SEP{M}.cnf.xml")
    });
}

/// A phone that has asked for as many files as are remembered asks for one more.
#[divan::bench]
fn file_of_a_long_stay(bencher: Bencher<'_, '_>) {
    let mut table = Table::new(Kind::of(1));
    let mut n = 0;
    let mut ask = || {
        let (mac, address) = table.next();
        n += 1;
        table.ask(mac, address, &format!("jar45sccp.{n}.sbn"))
    };
    (0..400).for_each(|_| assert!(!ask()));
    bencher.bench_local(ask);
}

/// The cheapest input there is, while a procedure waits for so many phones.
#[divan::bench(args = [1, 1_000])]
fn timeout_with_procedures(bencher: Bencher<'_, '_>, phones: usize) {
    let class = "Cisco Systems, Inc. IP Phone CP-7960G";
    let mut table = Table::new(Kind { procedure: Some("soft-reset"), class, ..Kind::of(phones) });
    assert!(table.bench.state().sessions.values().all(|s| s.procedure.is_some()));
    bencher.bench_local(|| table.give(Input::Timeout));
}

/// An announcement: the same again, or with another load.
#[divan::bench(args = ["same", "news"])]
fn cdp_frame(bencher: Bencher<'_, '_>, words: &str) {
    let mut table = Table::new(Kind::of(1));
    let frame = |mac: Mac, load: &str| {
        Cdp::new(vec![
            cdp::Tlv::text(cdp::kind::DEVICE_ID, &format!("SEP{}", mac.bare_upper())),
            cdp::Tlv::text(cdp::kind::PLATFORM, "Cisco IP Phone 7965"),
            cdp::Tlv::text(cdp::kind::SOFTWARE_VERSION, load),
            cdp::Tlv::text(cdp::kind::PORT_ID, "Port 1"),
        ])
        .emit_frame(mac)
    };
    let mac = table.phones[0].0;
    let frames = [frame(mac, "SCCP45.8-5-2S"), frame(mac, "SCCP45.9-4-2SR1-1S")];
    let mut n = 0;
    bencher.bench_local(|| {
        table.next();
        n += usize::from(words == "news");
        table.give(Input::Frame { bytes: &frames[n % 2], vlan: None });
    });
}
