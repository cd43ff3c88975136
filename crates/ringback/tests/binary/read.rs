//! What stock tools captured and other servers logged, read again: the same findings as a bench that was there.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use sim::firmware::{LoadSpec, Protocol, R9_4_2SR1, load_set};

use crate::support::{Net, Running, SOON, Scratch, have, ringback, run};

const MAC: &str = "00:11:bb:73:ad:61";
const BEFORE: &str = "SCCP45.8-3-2S";
const TARGET: &str = "SCCP45.9-4-2SR1-1S";
const LIST: &str = "SCCP45.9-4-2SR1-1S.loads";
const SERVER: usize = 0;
const PHONE: usize = 1;
const ADDRESS: &str = "10.77.0.1";

/// The newer load alone: a phone with the old one fetches its list, cannot check it, and starts again.
fn firmware(scratch: &Scratch) -> PathBuf {
    let folder = scratch.folder("firmware");
    for (name, bytes) in load_set(&LoadSpec::released("45", Protocol::Sccp, R9_4_2SR1, 20_000)) {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    folder
}

/// The same with the phone's configuration of its former system, which names the load.
fn tftp_root(scratch: &Scratch) -> PathBuf {
    let folder = firmware(scratch);
    let config = format!("<device><loadInformation>{TARGET}</loadInformation></device>");
    std::fs::write(folder.join("SEP0011BB73AD61.cnf.xml"), config).unwrap();
    folder
}

fn phone(net: &Net, scratch: &Scratch) -> Running {
    let mut command = ringback(&scratch.folder("phone"));
    command.args(["simulate", "--iface", &net.iface(PHONE), "--mac", MAC, "--load", BEFORE, "--wants", TARGET]);
    command.args(["--faster", "20", "--seconds", "120"]);
    Running::start(net.inside(PHONE, &command))
}

/// tshark on the phone's end of the cable.
fn tshark(net: &Net, file: &Path, form: &str) -> Running {
    let mut command = Command::new("tshark");
    command.args(["-i", &net.iface(PHONE), "-F", form, "-w"]).arg(file);
    let tshark = Running::start(net.inside(PHONE, &command));
    tshark.line(&["Capturing on"]);
    // It says so before it listens.
    tshark.line(&["File:"]);
    tshark
}

fn dnsmasq(net: &Net, scratch: &Scratch, more: &[&str]) -> Running {
    let option = format!("--dhcp-option=150,{ADDRESS}");
    crate::dnsmasq::dnsmasq(net, SERVER, "10.77.0", scratch, &[&["--dhcp-authoritative", &option], more].concat())
}

/// What `ringback read --json` says.
fn read(scratch: &Scratch, files: &[&Path]) -> Value {
    let output = ringback(&scratch.folder("reader")).args(["read", "--json"]).args(files).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every code that a story found for our phone, and no other phone may be in it.
fn codes(story: &Value) -> BTreeSet<String> {
    let phones = story["phones"].as_array().unwrap();
    assert_eq!(phones.len(), 1, "{story:#}");
    assert_eq!(phones[0]["mac"], MAC, "{story:#}");
    let findings = phones[0]["findings"].as_array().unwrap();
    findings.iter().map(|f| f["code"].as_str().unwrap().to_owned()).collect()
}

/// What became of each file, at last.
fn files(story: &Value) -> BTreeMap<String, String> {
    let files = story["phones"][0]["files"].as_array().unwrap();
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    files.iter().filter(|f| f["boot"] == 1).map(|f| (text(&f["name"]), text(&f["got"]))).collect()
}

fn auth_fail() -> BTreeSet<String> {
    BTreeSet::from(["RB301".to_owned()])
}

#[test]
fn a_capture_beside_the_bench_says_what_the_bench_said() {
    if !have(&["tshark"]) {
        return;
    }
    let Some(net) = Net::pair() else { return };
    let scratch = Scratch::new();
    let (state, folder) = (scratch.folder("state"), firmware(&scratch));
    let file = scratch.path().join("wire.pcapng");
    let mut tshark = tshark(&net, &file, "pcapng");
    let mut command = ringback(&state);
    command.args(["run", "--iface", &net.iface(SERVER), "--plain", "--probe-seconds", "1", "--add"]);
    let mut bench = Running::start(net.inside(SERVER, command.arg(&folder)));
    bench.line(&["ready"]);
    let mut phone = phone(&net, &scratch);
    // It goes round: the second time the bench has seen it start again.
    times(&bench, "has SCCP45.9-4-2SR1-1S.loads whole", 3);
    phone.kill();
    let (status, said) = bench.stop();
    assert!(status.success(), "{said}");
    tshark.stop();

    let rows: Value =
        serde_json::from_slice(&ringback(&state).args(["ledger", "--json"]).output().unwrap().stdout).unwrap();
    let live: BTreeSet<String> =
        rows[0]["findings"].as_array().unwrap().iter().map(|c| c.as_str().unwrap().to_owned()).collect();
    assert_eq!(live, auth_fail());

    let capture = read(&scratch, &[&file]);
    let story = &capture["stories"][0];
    assert_eq!(codes(story), live);
    let journal = std::fs::read_dir(state.join("journals")).unwrap().next().unwrap().unwrap().path();
    let journalled = read(&scratch, &[&journal]);
    assert_eq!(codes(&journalled["stories"][0]), live);
    assert_eq!(files(story), files(&journalled["stories"][0]));
    assert_eq!(files(story)[LIST], "whole");

    // The evidence can be looked up: that packet really is the phone's.
    let evidence = &story["phones"][0]["findings"][0]["evidence"][0];
    let number = evidence["at"]["number"].as_u64().unwrap().to_string();
    let mut look = Command::new("tshark");
    look.args(["-r"]).arg(&file).args([
        "-Y",
        &format!("frame.number=={number}"),
        "-T",
        "fields",
        "-e",
        "cdp.software_version",
    ]);
    let (_, said) = run(look);
    assert!(said.contains(BEFORE), "{evidence} against {said}");
    // And for people.
    let (status, said) = run({
        let mut command = ringback(&state);
        command.arg("read").arg(&file);
        command
    });
    assert!(
        status.success() && said.contains("RB301") && said.contains(&format!("packet {number}: it runs")),
        "{said}"
    );
}

#[test]
fn dnsmasq_s_log_and_a_capture_beside_it_name_the_cause() {
    if !have(&["tshark", "dnsmasq"]) {
        return;
    }
    let Some(net) = Net::pair() else { return };
    let scratch = Scratch::new();
    let folder = tftp_root(&scratch);
    let file = scratch.path().join("wire.pcap");
    let mut tshark = tshark(&net, &file, "pcap");
    let root = format!("--tftp-root={}", folder.display());
    let mut dnsmasq = dnsmasq(&net, &scratch, &["--enable-tftp", &root]);
    let mut phone = phone(&net, &scratch);
    times(&dnsmasq, &format!("/{LIST} to "), 3);
    phone.kill();
    let log = dnsmasq.text();
    dnsmasq.kill();
    tshark.stop();
    let log = scratch.file("dnsmasq.log", log);

    let both = read(&scratch, &[&log, &file]);
    let [capture, logged] = both["stories"].as_array().unwrap().as_slice() else { panic!("{both:#}") };
    assert_eq!((&capture["counted"], &logged["counted"]), (&"packets".into(), &"lines".into()));
    assert_eq!(codes(capture), auth_fail());
    // A log does not know what CDP said; that the phone goes round it shows, too.
    assert_eq!(codes(logged), auth_fail(), "{logged:#}");
    assert_eq!(files(capture), files(logged));
    assert_eq!(logged["lines"]["unknown"], 0, "{logged:#}");
}

#[test]
fn tftpd_hpa_s_syslog_and_a_capture_beside_it_name_the_cause() {
    if !have(&["tshark", "dnsmasq", "in.tftpd"]) {
        return;
    }
    let Some(net) = Net::pair() else { return };
    let scratch = Scratch::new();
    let folder = tftp_root(&scratch);
    let syslog = UnixDatagram::bind(scratch.path().join("log")).unwrap();
    syslog.set_read_timeout(Some(SOON)).unwrap();
    let file = scratch.path().join("wire.pcapng");
    let mut tshark = tshark(&net, &file, "pcapng");
    let _dnsmasq = dnsmasq(&net, &scratch, &[]);
    // What `ip netns exec` runs has mounts of its own: a /dev with our log in it harms nobody.
    let script = scratch.script(
        "tftpd",
        &format!(
            "mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 && mknod -m 666 /dev/urandom c 1 9\n\
             chmod 777 {log} && ln -s {log} /dev/log && exec in.tftpd -L -v -v -u root -s {root}",
            log = scratch.path().join("log").display(),
            root = folder.display()
        ),
    );
    let _tftpd = Running::start(net.inside(SERVER, &Command::new(script)));
    let mut phone = phone(&net, &scratch);
    let (mut log, mut buffer, mut lists) = (String::new(), [0u8; 4_096], 0);
    while lists < 3 {
        let len = syslog.recv(&mut buffer).unwrap_or_else(|e| panic!("{e}; until then:\n{log}\n{}", phone.text()));
        let line = String::from_utf8_lossy(&buffer[..len]).into_owned();
        lists += usize::from(line.contains(LIST));
        log.push_str(line.trim_end_matches(['\0', '\n']));
        log.push('\n');
    }
    phone.kill();
    tshark.stop();
    let log = scratch.file("syslog", log);
    let both = read(&scratch, &[&file, &log]);
    let [capture, logged] = both["stories"].as_array().unwrap().as_slice() else { panic!("{both:#}") };
    assert_eq!(codes(capture), auth_fail());
    assert_eq!(logged["lines"]["unknown"], 0, "{logged:#}");
    assert_eq!(logged["phones"][0]["mac"], MAC, "by the names alone, and by what the capture showed");
    let asked = |story: &Value| {
        let files = story["phones"][0]["files"].as_array().unwrap();
        files.iter().map(|f| f["name"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    assert_eq!(asked(capture), asked(logged));
}

/// Waits until a program has said this so often.
#[track_caller]
fn times(program: &Running, words: &str, n: usize) {
    let end = Instant::now() + Duration::from_secs(90);
    while program.text().matches(words).count() < n {
        assert!(Instant::now() < end, "not {n} times {words} in:\n{}", program.text());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A capture of so many bytes: one phone that fetches the same file again and again.
fn large(file: &Path, bytes: u64) -> u64 {
    use proto::Mac;
    use proto::ethernet::UdpDatagram;
    use proto::ethernet::udp::Checksum;
    use std::io::Write;
    use std::net::{Ipv4Addr, SocketAddrV4};

    let (phone, server) = (Ipv4Addr::new(10, 0, 0, 9), Ipv4Addr::new(10, 0, 0, 1));
    let frame = |up: bool, port: u16, to: u16, payload: &[u8]| {
        let macs = [Mac([0, 0x11, 0xbb, 0x73, 0xad, 0x61]), Mac([0x52, 0x54, 0, 0, 0, 1])];
        let ends = [SocketAddrV4::new(phone, port), SocketAddrV4::new(server, to)];
        let (src, dst) = if up { (0, 1) } else { (1, 0) };
        let datagram = UdpDatagram {
            src_mac: macs[src],
            dst_mac: macs[dst],
            vlan: None,
            src: ends[src],
            dst: ends[dst],
            ttl: 64,
            checksum: Checksum::Good,
            payload,
        };
        datagram.emit_frame().unwrap()
    };
    let mut out = std::io::BufWriter::new(std::fs::File::create(file).unwrap());
    out.write_all(&[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0]).unwrap();
    let (mut packets, mut written) = (0u64, 0u64);
    let mut put = |frame: &[u8]| {
        packets += 1;
        let len = u32::try_from(frame.len()).unwrap().to_le_bytes();
        let second = u32::try_from(packets / 1_000).unwrap().to_le_bytes();
        out.write_all(&[second, [0; 4], len, len].concat()).unwrap();
        out.write_all(frame).unwrap();
        written += 16 + frame.len() as u64;
        written
    };
    let content = [7u8; 1_428];
    for port in (50_000..60_000).cycle() {
        put(&frame(true, port, 69, b"\0\x01SCCP45.9-4-2SR1-1S.loads\0octet\0blksize\x001428\0"));
        put(&frame(false, port, 40_000, b"\0\x06blksize\x001428\0"));
        for block in 1..=1_000u16 {
            let data = if block < 1_000 { &content[..] } else { &content[..9] };
            put(&frame(false, port, 40_000, &[&[0, 3], &block.to_be_bytes()[..], data].concat()));
            put(&frame(true, port, 40_000, &[&[0, 4], &block.to_be_bytes()[..]].concat()));
        }
        if put(&frame(true, port, 40_001, b"end")) >= bytes {
            break;
        }
    }
    packets
}

#[test]
fn a_capture_larger_than_the_memory_that_it_may_use_is_read_as_fast_as_tshark_does() {
    if !have(&["tshark"]) {
        return;
    }
    let scratch = Scratch::new();
    let file = scratch.path().join("large.pcap");
    let packets = large(&file, 320 << 20);
    let quickest = |mut command: Box<dyn FnMut() -> Command>| {
        let time = || {
            let began = Instant::now();
            let (status, said) = run(command());
            assert!(status.success(), "{said}");
            (began.elapsed(), said)
        };
        let times: Vec<_> = std::iter::repeat_with(time).take(2).collect();
        times.into_iter().min_by_key(|t| t.0).unwrap()
    };
    let (state, capture) = (scratch.folder("reader"), file.clone());
    let (ours, said) = quickest(Box::new(move || {
        // Address space, KiB: less than the file has.
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -v 250000 && exec \"$@\"", "sh", env!("CARGO_BIN_EXE_ringback"), "read"]);
        command.arg(&capture).env("RINGBACK_STATE", &state);
        command
    }));
    assert!(said.contains(&format!("{packets} packets")) && said.contains("whole"), "{said}");
    let (theirs, _) = quickest(Box::new(move || {
        let mut command = Command::new("tshark");
        // Alone, `-q` does not even look into the packets; any count makes it.
        command.args(["-q", "-z", "io,stat,0", "-r"]).arg(&file);
        command
    }));
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    println!("{packets} packets: {ours:?}, tshark -q -z io,stat,0 {theirs:?}, ratio {ratio:.2}");
    // Not optimised, on a machine that does other things: a regression of another order is what this finds.
    assert!(ratio < 2.0, "{ours:?} against tshark's {theirs:?}");
}
