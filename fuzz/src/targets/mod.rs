//! One function per codec and machine. Any bytes may come in; a panic says that a promise was broken.

pub mod bench;
pub mod dhcp_client;
pub mod dhcp_packet;
pub mod dhcp_server;
pub mod ethernet;
pub mod hearsay;
pub mod image;
pub mod journal;
pub mod mac;
pub mod pattern;
pub mod sip;
pub mod skinny;
pub mod text;
pub mod tftp_client;
pub mod tftp_name;
pub mod tftp_packet;
pub mod tftp_receive;
pub mod tftp_transfer;
pub mod version;

/// Something that takes any bytes.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, which is also its folder's in `corpus/`.
    pub name: &'static str,
    /// What it does with the bytes.
    pub about: &'static str,
    /// Takes one input; panics when something is not as promised.
    pub run: fn(&[u8]),
    /// Pieces of the format, for mutations.
    pub words: &'static [&'static [u8]],
    /// The longest input worth trying, bytes.
    pub longest: usize,
    /// Mutations of each kept input that `cargo test` runs.
    pub mutations: u32,
}

const fn codec(name: &'static str, about: &'static str, run: fn(&[u8]), words: &'static [&'static [u8]]) -> Target {
    Target { name, about, run, words, longest: 2_048, mutations: 400 }
}

const fn machine(name: &'static str, about: &'static str, run: fn(&[u8])) -> Target {
    Target { name, about, run, words: &[], longest: 600, mutations: 100 }
}

const DHCP: &[&[u8]] = &[
    b"\x63\x82\x53\x63",
    b"\x35\x01\x01",
    b"\x35\x01\x03",
    b"\x34\x01\x01",
    b"\x34\x01\x02",
    b"\x34\x01\x03",
    b"\x32\x04\x0a\x00\x00\x05",
    b"\x36\x04\x0a\x00\x00\x01",
    b"\x39\x02\x05\xdc",
    b"\x52\x04\x01\x02ab",
    b"\xff",
    b"\x3c\x04abcd",
];
const TFTP: &[&[u8]] = &[
    b"\0octet\0",
    b"\0netascii\0",
    b"\0mail\0",
    b"blksize\x001428\0",
    b"tsize\x000\0",
    b"timeout\x005\0",
    b"windowsize\x0064\0",
    b"\0\x01",
    b"\0\x02",
    b"\0\x03",
    b"\0\x04",
    b"\0\x05",
    b"\0\x06",
];
const NAMES: &[&[u8]] = &[
    b"..",
    b"../",
    b"..\\",
    b"/",
    b"\\",
    b"\\\\",
    b"C:",
    b":",
    b".",
    b" ",
    b"con",
    b"nul",
    b"com1",
    b"lpt9",
    b"\xff",
    b"\xc2\xb9",
    b"\n",
    b"\0",
    b"SEP0011BB73AD61.cnf.xml",
    b"%2e%2e",
];
const FRAMES: &[&[u8]] = &[
    b"\x81\x00",
    b"\x88\xa8",
    b"\x08\x00",
    b"\x08\x06",
    b"\x88\xcc",
    b"\xaa\xaa\x03\x00\x00\x0c\x20\x00",
    b"\x01\x00\x0c\xcc\xcc\xcc",
    b"\x01\x80\xc2\x00\x00\x0e",
    b"\x00\x12\xbb",
    b"\xfe\x05",
    b"\x45\x00",
    b"\x00\x43\x00\x44",
];
const FIRMWARE: &[&[u8]] = &[
    b"\x01\x00\x02\x01\x01",
    b"\x02\x00\x02",
    b"\x0d",
    b"\x0e\x00",
    b"\x0c\x01\x00",
    b"CNU_File_Archive_3.0",
    b"kup1",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"<html",
    b"<!doctype html",
    b".loads\0",
    b".sbn\0",
    b"LA_VERSION=",
    b"\xad\x24\xec\x0b\0\0\0\x80",
    b"66.84.0.15",
    b"57iCT",
    b"#HARDWARE_COMP_1 ",
    b"# load version ",
    b"P003-8-12-00",
    b"PAS30830",
    b"\r\n",
];
const VERSIONS: &[&[u8]] = &[
    b"SCCP45.",
    b"P003",
    b"P0S3-",
    b"8-5-2",
    b"8.5(2)",
    b"SR1",
    b"ES26",
    b"TH1",
    b"-9",
    b"S",
    b".loads",
    b".sbn",
    b"65535",
    b"65536",
    b"0801SR02",
];
const PATTERNS: &[&[u8]] =
    &[b"{mac}", b"{nn}", b"{hex}", b"{load}", b"*", b"{", b"}", b"/", b".", b"\0", b"0011BB73AD61"];
const JOURNAL: &[&[u8]] = &[
    b"\"n\":",
    b"\"at\":",
    b"\"phone\":\"00:11:bb:73:ad:61\"",
    b"\"seen\":\"dhcp\"",
    b"\"seen\":\"left\"",
    b"18446744073709551615",
    b"4294967295",
    b"-1",
    b"null",
    b"\\u001b",
    b"\n",
    b"{",
    b"}",
    b"\"10.0.0.1\"",
    b"\"wall_ms\":",
    b"\"count\":",
    b"\"seen\":\"file-asked\"",
    b"\"seen\":\"step-done\"",
    b"\"boots\":",
];
const MACS: &[&[u8]] = &[b":", b"-", b".", b" ", b"0011BB73AD61", b"SEP", b"\xc3\xbc"];
const TEXTS: &[&[u8]] = &[
    b"\x1b[2J",
    b"\r\n",
    b"\xe2\x80\xae",
    b"\xc2\x85",
    b"\xd8\x9c",
    b"\xef\xbb\xbf",
    b"\\",
    b"\0",
    b"\xff",
    b"\xf3\xa0\x80\xa1",
    b"\xc2\xad",
    b"\xef\xbf\xb9",
];

const SIP: &[&[u8]] = &[
    b" SIP/2.0\r\n",
    b"SIP/2.0 200 OK\r\n",
    b"\r\n\r\n",
    b"Via: SIP/2.0/UDP 10.0.0.9;rport;branch=z9hG4bK1\r\n",
    b"\nv:",
    b"\nm: <sip:1@10.0.0.9:5060>;expires=0",
    b"\nl: 4294967296",
    b"\n\t",
    b";tag=",
    b"\"",
    b"<",
    b">",
    b",",
    b"REGISTER",
    b"SUBSCRIBE",
];
const SKINNY: &[&[u8]] = &[
    b"\x04\0\0\0\0\0\0\0\0\0\0\0",
    b"\x08\0\0\0\0\0\0\0\x0b\0\0\0\x01\0\0\0",
    b"\x00\x10\0\0",
    b"\xff\xff\xff\xff",
    b"\x01\0\0\0",
    b"\x20\0\0\0",
    b"\x08\x01\0\0",
    b"\x09\x01\0\0",
    b"SEP0011BB73AD61\0",
];
const LOGS: &[&[u8]] = &[
    b"\n",
    b"\r\n",
    b"\xff\xfe",
    b"Read request for file <",
    b"Connection received from 10.0.0.9 on port 5",
    b"dnsmasq-dhcp[1]: ",
    b"dnsmasq-tftp: sent ",
    b"in.tftpd[5]: RRQ from 10.0.0.9 filename ",
    b"atftpd[5.6]: Serving ",
    b" not found",
    b"' of type 'octet' is requested from ",
    b"SEP0011BB73AD61.cnf.xml",
    b"23:59:59",
    b"12:00:00 AM",
];
const CAPTURES: &[&[u8]] = &[
    b"\x0a\x0d\x0d\x0a",
    b"\xd4\xc3\xb2\xa1",
    b"\xa1\xb2\xc3\xd4",
    b"\x4d\x3c\x2b\x1a",
    b"\x1a\x2b\x3c\x4d",
    b"\x06\0\0\0",
    b"\x01\0\0\0",
    b"\x03\0\0\0",
    b"\xff\xff\xff\xff",
    b"\x20\0\0\0",
];

/// Every target.
pub static TARGETS: &[Target] = &[
    codec("dhcp_packet", "a DHCP message: read, written, read again the same", dhcp_packet::run, DHCP),
    machine("dhcp_server", "messages, ARP and time for a DHCP server", dhcp_server::run),
    machine("dhcp_client", "answers, ARP and time for a DHCP client", dhcp_client::run),
    codec("tftp_packet", "a TFTP packet: read, written, read again the same", tftp_packet::run, TFTP),
    codec("tftp_name", "a file name never leads out", tftp_name::run, NAMES),
    machine("tftp_transfer", "a read being served ends, and sends no more than it may", tftp_transfer::run),
    machine("tftp_client", "a read being taken ends", tftp_client::run),
    machine("tftp_receive", "a write being taken ends, within its limit", tftp_receive::run),
    codec("ethernet_frame", "a frame and whatever it carries", ethernet::frame, FRAMES),
    codec("ethernet_arp", "an ARP packet", ethernet::arp, FRAMES),
    codec("ethernet_udp", "an IPv4 packet with UDP", ethernet::udp, FRAMES),
    codec("ethernet_cdp", "a CDP packet", ethernet::cdp, FRAMES),
    codec("ethernet_lldp", "an LLDP packet", ethernet::lldp, FRAMES),
    Target { longest: 8_192, ..codec("image_identify", "a firmware file under a name", image::identify, FIRMWARE) },
    codec("image_other", "a header of another maker, and texts in a file", image::other_makers, FIRMWARE),
    codec("cisco_header", "a signed header", image::header, FIRMWARE),
    Target { longest: 8_192, ..codec("cisco_archive", "an archive's table", image::archive, FIRMWARE) },
    codec("cisco_loads", "a list of files, and the one-line hint", image::loads, FIRMWARE),
    codec("cisco_gen_a", "an unsigned image", image::gen_a, FIRMWARE),
    codec("image_zip", "how a zip ends, and two headers of one file", image::zip_ends, FIRMWARE),
    codec("sum_list", "a list of sums", image::sum_list, FIRMWARE),
    codec("version", "a load version: read, shown, read again the same", version::run, VERSIONS),
    codec("pattern", "a pattern and a name", pattern::run, PATTERNS),
    Target { longest: 16_384, mutations: 40, ..codec("journal", "lines of a journal, folded", journal::run, JOURNAL) },
    codec("sip_message", "a SIP message: read, written, read again the same", sip::message, SIP),
    Target { longest: 4_096, ..machine("sip_registrar", "messages, wishes and time for a registrar", sip::registrar) },
    codec("skinny_message", "a stream of Skinny frames", skinny::message, SKINNY),
    Target {
        longest: 4_096,
        ..machine("skinny_station", "a phone's conversation with its call server", skinny::station)
    },
    codec("mac", "a MAC in any spelling", mac::run, MACS),
    codec("text", "foreign bytes become harmless text", text::run, TEXTS),
    Target {
        longest: 4_096,
        mutations: 60,
        ..codec("hearsay_capture", "a capture file, read as a stream and folded", hearsay::capture, CAPTURES)
    },
    Target { mutations: 60, ..codec("hearsay_wire", "frames of a wire, folded", hearsay::wire, FRAMES) },
    Target {
        longest: 4_096,
        mutations: 60,
        ..codec("hearsay_log", "lines of other servers' logs, folded", hearsay::log, LOGS)
    },
    Target { longest: 1_500, mutations: 40, ..machine("bench", "all that can happen to a whole bench", bench::run) },
];
