//! Stock DHCP clients: from `serve --any` they get a lease that they understand; from a bench that answers
//! phones only they get nothing at all.

use std::path::PathBuf;
use std::process::Command;

use crate::support::{Net, Running, SOON, Scratch, have, ringback, until, which};

const SERVER: &str = "10.77.0.1";
const POOL: &str = "10.77.0.50-10.77.0.60";

/// What asks, and how to read what it got: a file of `name=value` lines.
struct Client {
    command: Command,
    got: PathBuf,
}

fn udhcpc(net: &Net, scratch: &Scratch) -> Client {
    let got = scratch.path().join("udhcpc.got");
    let text = format!("[ \"$1\" = bound ] && env > {0}.new && mv {0}.new {0}; exit 0", got.display());
    let script = scratch.script("udhcpc.sh", &text);
    let mut command = Command::new("udhcpc");
    command
        .args(["-i", &net.iface(1), "-f", "-n", "-q", "-T", "1", "-t", "20", "-O", "66", "-O", "150", "-s"])
        .arg(script);
    Client { command, got }
}

fn dhclient(net: &Net, scratch: &Scratch) -> Client {
    let got = scratch.path().join("dhclient.got");
    let conf = "option cisco-tftp code 150 = array of ip-address;\n\
        request subnet-mask, tftp-server-name, cisco-tftp;\ninitial-interval 1;\n";
    let conf = scratch.file("dhclient.conf", format!("{conf}timeout 20;\n"));
    let text = format!("[ \"$reason\" = BOUND ] && env > {0}.new && mv {0}.new {0}; exit 0", got.display());
    let script = scratch.script("dhclient.sh", &text);
    // Where a system confines it by its path, it could neither read nor run what is here.
    let copy = scratch.path().join("dhclient");
    std::fs::copy(which("dhclient").unwrap(), &copy).unwrap();
    let mut command = Command::new(copy);
    command.args(["-4", "-1", "-d", "-cf"]).arg(conf).arg("-sf").arg(script);
    command.arg("-lf").arg(scratch.file("dhclient.leases", "")).arg("-pf").arg(scratch.path().join("dhclient.pid"));
    command.arg(net.iface(1));
    Client { command, got }
}

fn dhcpcd(net: &Net, scratch: &Scratch) -> Client {
    let got = scratch.path().join("dhcpcd.got");
    let text = format!("[ \"$reason\" = BOUND ] && env > {0}.new && mv {0}.new {0}; exit 0", got.display());
    let script = scratch.script("dhcpcd.sh", &text);
    let conf = "define 150 array ipaddress cisco_tftp\noption subnet_mask, tftp_server_name, cisco_tftp\nnoarp\n";
    let conf = scratch.file("dhcpcd.conf", conf);
    let mut command = Command::new("dhcpcd");
    command.args(["-4", "-1", "-B", "--noipv4ll", "-t", "20", "-f"]).arg(conf).arg("-c").arg(script).arg(net.iface(1));
    Client { command, got }
}

type Make = fn(&Net, &Scratch) -> Client;

/// The client's words for address, mask, option 66 and option 150.
struct Words {
    address: &'static str,
    mask: (&'static str, &'static str),
    name: &'static str,
    servers: (&'static str, &'static str),
}

fn served(tool: &str, make: Make, words: &Words) {
    if !have(&[tool]) {
        return;
    }
    let Some(net) = Net::pair() else { return };
    let scratch = Scratch::new();
    let mut serve = ringback(&scratch.folder("state"));
    serve.arg("serve").arg(scratch.folder("files")).args(["--iface", &net.iface(0), "--ip", &format!("{SERVER}/24")]);
    serve.args(["--pool", POOL, "--any", "--plain", "--probe-seconds", "1"]);
    let serve = Running::start(net.inside(0, &serve));
    serve.line(&["ready"]);
    let client = make(&net, &scratch);
    let running = Running::start(net.inside(1, &client.command));
    assert!(until(SOON, || client.got.exists()), "{}\n{}", running.text(), serve.text());
    let got = std::fs::read_to_string(&client.got).unwrap();
    let value = |name: &str| {
        let line = got.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix('='));
        line.unwrap_or_else(|| panic!("no {name} in:\n{got}"))
    };
    let address = value(words.address);
    assert!(address.strip_prefix("10.77.0.").is_some_and(|n| (50..=60).contains(&n.parse().unwrap())), "{address}");
    assert_eq!(value(words.mask.0), words.mask.1);
    assert_eq!(value(words.name), SERVER);
    assert_eq!(value(words.servers.0), words.servers.1);
    serve.line(&["has the address", address]);
}

/// A bench serves nobody but phones: the client asks again and again, and no reply is ever on the wire.
fn silent(tool: &str, make: Make) {
    if !have(&[tool]) {
        return;
    }
    for command in ["run", "serve"] {
        let Some(net) = Net::pair() else { return };
        let scratch = Scratch::new();
        let mut bench = ringback(&scratch.folder("state"));
        bench.arg(command);
        if command == "serve" {
            bench.arg(scratch.folder("files"));
        }
        bench.args(["--iface", &net.iface(0), "--ip", &format!("{SERVER}/24"), "--pool", POOL, "--plain"]);
        let bench = Running::start(net.inside(0, bench.args(["--probe-seconds", "1"])));
        bench.line(&["ready"]);
        let mut ear = net.ear(1);
        let client = make(&net, &scratch);
        let running = Running::start(net.inside(1, &client.command));
        bench.line(&["not answered", "RB104"]);
        // It asks again only because nobody answered the first time.
        assert!(until(SOON, || ear.requests() >= 2), "{}", running.text());
        assert!(ear.replies().is_empty(), "{command} answered {}", ear.replies().len());
        assert!(!client.got.exists(), "{command}: {}", running.text());
        assert!(!net.addresses(1).contains('.'), "{}", net.addresses(1));
    }
}

#[test]
fn udhcpc_gets_a_lease_from_serve() {
    let words = Words { address: "ip", mask: ("mask", "24"), name: "tftp", servers: ("opt150", "0a4d0001") };
    served("udhcpc", udhcpc, &words);
}

#[test]
fn dhclient_gets_a_lease_from_serve() {
    let mask = ("new_subnet_mask", "255.255.255.0");
    let words =
        Words { address: "new_ip_address", mask, name: "new_tftp_server_name", servers: ("new_cisco_tftp", SERVER) };
    served("dhclient", dhclient, &words);
}

#[test]
fn dhcpcd_gets_a_lease_from_serve() {
    let mask = ("new_subnet_mask", "255.255.255.0");
    let words =
        Words { address: "new_ip_address", mask, name: "new_tftp_server_name", servers: ("new_cisco_tftp", SERVER) };
    served("dhcpcd", dhcpcd, &words);
}

#[test]
fn udhcpc_gets_nothing_from_a_bench_for_phones() {
    silent("udhcpc", udhcpc);
}

#[test]
fn dhclient_gets_nothing_from_a_bench_for_phones() {
    silent("dhclient", dhclient);
}

#[test]
fn dhcpcd_gets_nothing_from_a_bench_for_phones() {
    silent("dhcpcd", dhcpcd);
}
