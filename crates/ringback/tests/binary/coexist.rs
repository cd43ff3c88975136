//! Beside a network's own DHCP server: the bench hands out no address, and recovers the phone all the same.

use std::time::Duration;

use sim::firmware::{LoadSpec, Protocol, R8_5_2, R9_4_2SR1, load_set};

use crate::dnsmasq::dnsmasq;
use crate::support::{Net, Running, Scratch, have, ip, ringback};

const BENCH: usize = 0;
const SERVER: usize = 1;
const PHONE: usize = 2;
/// Where the bench is in that network.
const OURS: &str = "10.79.0.2";
/// A whole recovery, on the slowest machine.
const LONG: Duration = Duration::from_secs(180);

#[test]
fn with_addresses_from_another_server_a_phone_is_recovered() {
    if !have(&["dnsmasq"]) {
        return;
    }
    let Some(net) = Net::three() else { return };
    let scratch = Scratch::new();
    let folder = scratch.folder("firmware");
    for release in [R8_5_2, R9_4_2SR1] {
        for (name, bytes) in load_set(&LoadSpec::released("45", Protocol::Sccp, release, 20_000)) {
            std::fs::write(folder.join(name), bytes).unwrap();
        }
    }
    ip(&format!("-n {} address add {OURS}/24 dev {}", net.at(BENCH), net.iface(BENCH)));
    // Told what `--coexist` prints for it.
    let dnsmasq = dnsmasq(&net, SERVER, "10.79.0", &scratch, &[&format!("--dhcp-option=150,{OURS}")]);
    let mut ear = net.ear(PHONE);
    let mut command = ringback(&scratch.folder("state"));
    command.args(["run", "--coexist", "--iface", &net.iface(BENCH), "--plain", "--stop-after", "1"]);
    command.args(["--add", folder.to_str().unwrap()]);
    let mut bench = Running::start(net.inside(BENCH, &command));
    bench.line(&["dhcp-option=150", OURS]);
    let mut command = ringback(&scratch.folder("phone"));
    command.args(["simulate", "--iface", &net.iface(PHONE), "--load", "SCCP45.8-3-2S"]);
    command.args(["--wants", "SCCP45.9-4-2SR1-1S", "--faster", "20", "--seconds", "170"]);
    let phone = Running::start(net.inside(PHONE, &command));
    let (status, said) = bench.end_within(LONG);
    assert_eq!(status.code(), Some(0), "{said}\n{}\n{}", phone.text(), dnsmasq.text());
    assert!(said.contains("RECOVERED"), "{said}");
    let ours = OURS.parse().ok();
    assert_eq!(ear.replies().iter().filter(|h| h.message.server_id() == ours).count(), 0, "the bench stays silent");
    assert!(net.addresses(BENCH).contains(OURS), "the interface keeps the address that it had");
}
