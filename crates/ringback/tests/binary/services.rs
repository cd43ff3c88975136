//! Stock clients against FTP, DNS, NTP and multicast DNS of the real program, in namespaces with the real ports.

use std::path::Path;
use std::process::Command;

use crate::support::{Net, Running, Scratch, have, ip, noise, ringback, run};

const SERVER: &str = "10.79.0.1";
const PHONE: &str = "10.79.0.9";

/// `serve` at the near end with these services, for everybody; the far end has an address.
fn serve(net: &Net, scratch: &Scratch, services: &str) -> Running {
    ip(&format!("-n {} addr add {PHONE}/24 dev {}", net.at(1), net.iface(1)));
    let mut serve = ringback(&scratch.folder("state"));
    serve.arg("serve").arg(scratch.folder("files")).args(["--iface", &net.iface(0)]);
    serve.args(["--ip", &format!("{SERVER}/24"), "--services", services, "--any", "--plain"]);
    let running = Running::start(net.inside(0, &serve));
    running.line(&["ready"]);
    running
}

fn client(net: &Net, folder: &Path, tool: &str, args: &[&str]) -> (bool, String) {
    let mut command = Command::new(tool);
    command.args(args);
    let mut inner = net.inside(1, &command);
    inner.current_dir(folder);
    let (status, said) = run(inner);
    (status.success(), said)
}

#[test]
fn curl_and_lftp_fetch_by_ftp_active_and_passive() {
    if !have(&["curl", "lftp"]) {
        return;
    }
    let Some(net) = Net::pair() else { return };
    let scratch = Scratch::new();
    let bytes = noise(700_000);
    scratch.file("files/57i.st", &bytes);
    let mut served = serve(&net, &scratch, "ftp");
    let got = scratch.folder("got");
    let fetched = |name: &str| std::fs::read(got.join(name)).unwrap_or_default();
    let url = format!("ftp://{SERVER}/57i.st");
    // A phone leaves its path blank: a slash too many stands before the name then.
    let blank = format!("ftp://{SERVER}//57i.st");
    let named = format!("ftp://technician:secret@{SERVER}/57i.st");
    let ways: [(&str, &[&str]); 5] = [
        ("passive", &[&url]),
        ("pasv", &["--disable-epsv", &url]),
        ("active", &["--ftp-port", "-", &url]),
        ("blank", &[&blank]),
        ("named", &[&named]),
    ];
    for (name, args) in ways {
        let (good, said) = client(&net, &got, "curl", &[&["-sS", "--max-time", "20", "-o", name], args].concat());
        assert!(good && fetched(name) == bytes, "{name}: {said}\n{}", served.text());
    }
    for (name, mode) in [("lftp-passive", "on"), ("lftp-active", "off")] {
        let script = format!(
            "set ftp:passive-mode {mode}; set net:timeout 10; set net:max-retries 2; get 57i.st -o {name}; bye"
        );
        let (_, said) = client(&net, &got, "lftp", &["-e", &script, &format!("ftp://{SERVER}")]);
        assert!(fetched(name) == bytes, "{name}: {said}\n{}", served.text());
    }
    let (good, _) =
        client(&net, &got, "curl", &["-sS", "--max-time", "20", "-T", "passive", &format!("ftp://{SERVER}/x")]);
    assert!(!good, "nothing is written");
    let (good, _) = client(&net, &got, "curl", &["-sS", "-f", "--max-time", "20", &format!("ftp://{SERVER}/nothing")]);
    assert!(!good, "what is not there is not there");
    served.stop();
}

#[test]
fn dig_finds_every_name_here_and_nobody_outside_is_answered() {
    if !have(&["dig"]) {
        return;
    }
    let Some(net) = Net::pair() else { return };
    let scratch = Scratch::new();
    let mut served = serve(&net, &scratch, "dns,mdns");
    let dig = |words: &[&str]| {
        let at = format!("@{SERVER}");
        client(&net, scratch.path(), "dig", &[&[at.as_str(), "+time=3", "+tries=2", "+short"], words].concat()).1
    };
    assert_eq!(dig(&["prov.oldvoip.example", "A"]).trim(), SERVER);
    assert_eq!(dig(&["rcs.aastra.com"]).trim(), SERVER);
    assert_eq!(dig(&["prov.oldvoip.example", "AAAA"]).trim(), "");
    assert_eq!(dig(&["-x", "192.0.2.1"]).trim(), "");
    let (_, said) = client(
        &net,
        scratch.path(),
        "dig",
        &[&format!("@{SERVER}"), "-p", "5353", "+time=3", "+tries=2", "_aastra-cfg._tcp.local", "PTR"],
    );
    for word in ["Ringback", "protocol=tftp", SERVER, "SRV"] {
        assert!(said.contains(word), "no {word} in {said}");
    }
    // Another network's question is not answered, although it reaches this computer.
    ip(&format!("-n {} addr add 192.0.2.9/24 dev {}", net.at(1), net.iface(1)));
    ip(&format!("-n {} route add 192.0.2.0/24 dev {}", net.at(0), net.iface(0)));
    let (_, said) = client(
        &net,
        scratch.path(),
        "dig",
        &["-b", "192.0.2.9", &format!("@{SERVER}"), "+time=1", "+tries=1", "prov.oldvoip.example"],
    );
    assert!(!said.contains("ANSWER SECTION"), "{said}");
    served.stop();
}

#[test]
fn a_clock_is_set_by_ntp() {
    let Some(net) = Net::pair() else { return };
    let scratch = Scratch::new();
    let mut served = serve(&net, &scratch, "ntp");
    let asked = net.udp(1, 40_123);
    asked.set_read_timeout(Some(std::time::Duration::from_secs(10))).unwrap();
    let mut request = [0u8; 48];
    request[0] = 0x1b;
    request[40..48].copy_from_slice(b"CLIENT T".as_slice());
    asked.send_to(&request, (SERVER, 123)).unwrap();
    let mut answer = [0u8; 64];
    let (len, _) = asked.recv_from(&mut answer).unwrap();
    assert_eq!((len, answer[0], &answer[24..32]), (48, 0x1c, &b"CLIENT T"[..]));
    let seconds = u64::from(u32::from_be_bytes(answer[40..44].try_into().unwrap())) - 2_208_988_800;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!(now.abs_diff(seconds) <= 5, "{seconds} is not {now}");
    if have(&["ntpdate"]) {
        let (good, said) = client(&net, scratch.path(), "ntpdate", &["-q", SERVER]);
        assert!(good && said.contains(SERVER), "{said}");
    }
    // chronyd, which measures several times before it believes a server; it leaves the clock alone and ends.
    if have(&["chronyd"]) {
        let server = format!("server {SERVER} iburst");
        let pidfile = format!("pidfile {}", scratch.path().join("chronyd.pid").display());
        let words = ["-Q", "-u", "root", "-t", "25", &server, "cmdport 0", &pidfile];
        let (good, said) = client(&net, scratch.path(), "chronyd", &words);
        let wrong = said.split("System clock wrong by ").nth(1).and_then(|rest| rest.split_whitespace().next());
        let wrong: f64 = wrong.unwrap_or_else(|| panic!("no offset in: {said}")).parse().unwrap();
        assert!(good && wrong.abs() < 1.0, "{said}");
    }
    served.stop();
}

#[test]
fn a_port_that_is_taken_does_not_stop_the_bench() {
    let Some(net) = Net::pair() else { return };
    let scratch = Scratch::new();
    let _taken = net.within(0, || {
        let any = std::net::Ipv4Addr::UNSPECIFIED;
        (std::net::UdpSocket::bind((any, 53)).unwrap(), std::net::TcpListener::bind((any, 21)).unwrap())
    });
    let mut bench = ringback(&scratch.folder("state"));
    bench.args(["run", "--iface", &net.iface(0), "--plain", "--probe-seconds", "1"]);
    let mut bench = Running::start(net.inside(0, &bench));
    bench.line(&["ready"]);
    let said = bench.text();
    assert!(said.contains("Going on without DNS") && said.contains("Going on without FTP"), "{said}");
    assert!(said.contains("RB502"), "{said}");
    bench.stop();
}
