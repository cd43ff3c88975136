//! What `ringback doctor` says of a computer that is well, of one with a firewall, and of one with another server
//! on the phone's cable; and the report for a colleague.

use std::process::Command;

use serde_json::Value;

use crate::support::{Net, Running, Scratch, have, ip, ringback, run};

/// The doctor's words in the first of two namespaces, as JSON, and its exit status.
fn doctor(net: &Net, scratch: &Scratch, more: &[&str]) -> (Value, Option<i32>) {
    let mut command = ringback(&scratch.folder("state"));
    command.args(["doctor", "--json", "--iface", &net.iface(0), "--probe-seconds", "2"]).args(more);
    let output = net.inside(0, &command).output().unwrap();
    let said = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    (said, output.status.code())
}

fn check<'a>(said: &'a Value, name: &str) -> &'a Value {
    let checks = said["checks"].as_array().unwrap();
    checks.iter().find(|c| c["name"] == name).unwrap_or_else(|| panic!("no {name} in {said:#}"))
}

#[test]
fn a_computer_that_is_well_is_told_so_and_plays_a_phone_to_itself() {
    let Some(net) = Net::pair() else { return };
    let scratch = Scratch::new();
    let (said, status) = doctor(&net, &scratch, &[]);
    assert_eq!((status, &said["fit"]), (Some(0), &true.into()), "{said:#}");
    for name in ["rights", "interface", "link", "other-dhcp", "ports", "clock", "disk", "self-test"] {
        assert_eq!(check(&said, name)["how"], "good", "{said:#}");
    }
    let played = check(&said, "self-test")["says"].as_str().unwrap();
    for used in ["cnf.xml by TFTP", "HTTP", "DNS", "NTP", "SIP", "SCCP"] {
        assert!(played.contains(used), "{used}: {said:#}");
    }
    let loopback = said["interfaces"].as_array().unwrap().iter().find(|i| i["name"] == "lo").unwrap();
    assert_eq!(loopback["fits"], "no");
    assert!(net.addresses(0).split_whitespace().all(|w| !w.contains('.')), "nothing is left: {}", net.addresses(0));
}

#[test]
fn a_firewall_is_named_with_the_rule_that_is_missing_and_with_that_rule_all_is_well() {
    if !have(&["nft"]) {
        return;
    }
    let Some(net) = Net::pair() else { return };
    let scratch = Scratch::new();
    let nft = |words: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", words]);
        let (status, said) = run(net.inside(0, &command));
        assert!(status.success(), "{words}: {said}");
    };
    nft(
        "nft add table inet guard && nft 'add chain inet guard in { type filter hook input priority 0; policy drop; }'",
    );
    nft("nft add rule inet guard in ct state established,related accept");
    let (said, status) = doctor(&net, &scratch, &["--no-self-test"]);
    assert_eq!(status, Some(1));
    let firewall = check(&said, "firewall");
    assert_eq!((&firewall["how"], &firewall["code"]), (&"bad".into(), &"RB510".into()), "{said:#}");
    let missing: Vec<&str> = firewall["remedy"].as_array().unwrap().iter().map(|r| r.as_str().unwrap()).collect();
    assert!(missing[0].contains("nft insert rule inet guard in") && missing[0].contains(&net.iface(0)), "{missing:?}");
    // The lines are pasted, as the person would.
    for line in missing {
        nft(line.trim_start_matches("sudo "));
    }
    let (said, status) = doctor(&net, &scratch, &["--no-self-test"]);
    assert_eq!(check(&said, "firewall")["how"], "good", "{said:#}");
    assert_eq!(status, Some(0));
}

#[test]
fn another_server_and_a_busy_port_are_in_the_way() {
    if !have(&["dnsmasq"]) {
        return;
    }
    let Some(net) = Net::pair() else { return };
    let scratch = Scratch::new();
    ip(&format!("-n {} address add 10.79.0.1/24 dev {}", net.at(1), net.iface(1)));
    let mut command = Command::new("dnsmasq");
    command.args(["--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--no-ping", "--log-facility=-"]);
    command.args(["--dhcp-range=10.79.0.50,10.79.0.200,1h", "--user=root", "--bind-interfaces", "--log-dhcp"]);
    command.arg(format!("--interface={}", net.iface(1)));
    command.arg(format!("--dhcp-leasefile={}", scratch.path().join("leases").display()));
    command.arg(format!("--pid-file={}", scratch.path().join("pid").display()));
    let dnsmasq = Running::start(net.inside(1, &command));
    dnsmasq.line(&["DHCP, IP range"]);
    let _held = net.udp(0, 69);
    let (said, status) = doctor(&net, &scratch, &["--no-self-test"]);
    assert_eq!((status, &said["fit"]), (Some(1), &false.into()));
    let other = check(&said, "other-dhcp");
    assert_eq!(other["code"], "RB101", "{said:#}");
    assert!(other["says"].as_str().unwrap().contains("10.79.0.1"), "{said:#}");
    assert!(!dnsmasq.text().contains("DHCPREQUEST"), "nothing that was offered is taken:\n{}", dnsmasq.text());
    let port = check(&said, "ports");
    assert!(port["code"] == "RB502" && port["says"].as_str().unwrap().contains("TFTP"), "{said:#}");
}

#[test]
fn a_report_holds_the_story_and_scrubbed_nothing_of_the_network() {
    let scratch = Scratch::new();
    let journal = scratch.file(
        "20261122.jsonl",
        concat!(
            r#"{"n":1,"at":0,"seen":"bench-started","version":"0","wall_ms":1,"iface":"eth1","server":"10.20.30.1","prefix":24}"#,
            "\n",
            r#"{"n":2,"at":1,"phone":"00:11:bb:73:ad:61","seen":"file-asked","via":"tftp","name":"SEP0011BB73AD61.cnf.xml.sgn","from":"10.20.30.9"}"#,
            "\n"
        ),
    );
    let report = |more: &[&str]| {
        let mut command = ringback(&scratch.folder("state"));
        command.arg("report").arg(&journal).args(["--output", "-"]).args(more);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let open: Value = serde_json::from_str(&report(&[])).unwrap();
    assert_eq!(open["findings"]["RB302"], 1, "{open:#}");
    assert_eq!(open["journal"]["observations"].as_array().unwrap().len(), 2);
    assert!(open["ringback"].is_string() && open["system"]["kernel"].is_string(), "{open:#}");
    let scrubbed = report(&["--scrub"]);
    for foreign in ["10.20.30", "73ad61", "73AD61", "73:ad:61"] {
        assert!(!scrubbed.contains(foreign), "{foreign} in {scrubbed}");
    }
    let scrubbed: Value = serde_json::from_str(&scrubbed).unwrap();
    assert_eq!(scrubbed["findings"], open["findings"]);

    let file = scratch.path().join("report.json");
    let write = || {
        let mut command = ringback(&scratch.folder("state"));
        command.arg("report").arg(&journal).arg("--output").arg(&file);
        run(command)
    };
    assert!(write().0.success() && file.is_file());
    let (status, said) = write();
    assert!(!status.success() && said.contains("RB508"), "what is there is not overwritten: {said}");
}
