//! `ringback config`: every kind of file that the bench makes, as the program shows it, and how it differs from what
//! a phone fetched last.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use quick_xml::Reader;
use quick_xml::events::Event;
use sim::firmware::classic::{Name, Pack};

use crate::support::{Net, Running, Scratch, ringback, run};

const MAC: &str = "00:0d:bc:a0:00:01";
const BARE: &str = "000DBCA00001";

/// The files shown for a phone, by name: how many bytes each has, and its text.
fn files(state: &Path, model: &str, more: &[&str]) -> BTreeMap<String, (usize, String)> {
    let mut command = ringback(state);
    command.args(["config", model, "--mac", MAC, "--server", "10.9.8.7"]).args(more);
    let (status, said) = run(command);
    assert!(status.success(), "{said}");
    let mut files = BTreeMap::new();
    for part in format!("\n{said}").split("\n==== ").skip(1) {
        let (head, text) = part.split_once('\n').unwrap_or((part, ""));
        let (name, size) = head.split_once(" (").unwrap();
        let size = size.strip_suffix(" bytes)").unwrap().parse().unwrap();
        assert!(
            !text.contains("{{") && !text.contains("{%") && !text.contains("{#"),
            "{name} is not filled in:\n{text}"
        );
        files.insert(name.to_owned(), (size, text.to_owned()));
    }
    files
}

/// `key: value` or `key: "value"`, a line each; comments are left out.
fn settings(text: &str) -> BTreeMap<&str, &str> {
    let lines = text.lines().filter(|l| !l.starts_with('#'));
    let pairs = lines.map(|l| l.split_once(':').unwrap_or_else(|| panic!("no setting: {l}")));
    pairs.map(|(key, value)| (key, value.trim().trim_matches('"'))).collect()
}

/// The paths of all elements with their texts; fails on anything that is not well-formed.
fn elements(text: &str) -> BTreeMap<String, String> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let (mut path, mut found, mut roots) = (Vec::<String>::new(), BTreeMap::new(), 0);
    loop {
        match reader.read_event().unwrap_or_else(|e| panic!("{e} at {}\n{text}", reader.buffer_position())) {
            Event::Start(tag) => {
                roots += usize::from(path.is_empty());
                path.push(tag.name().as_ref().to_owned());
                found.entry(path.join("/")).or_insert_with(String::new);
            }
            Event::End(_) => drop(path.pop()),
            Event::Text(text) if !text.as_ref().trim().is_empty() => {
                found.insert(path.join("/"), text.as_ref().trim().to_owned());
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(path.is_empty() && roots == 1, "one root: {text}");
    found
}

/// A state folder whose shelf has these packs for the 7940 and 7960.
fn shelf(scratch: &Scratch, loads: &[&str]) -> std::path::PathBuf {
    for load in loads {
        for (name, bytes) in Pack::new(&Name::parse(load).unwrap(), 2_000).files() {
            scratch.file(&format!("firmware/{name}"), bytes);
        }
    }
    let state = scratch.folder("state");
    let mut command = ringback(&state);
    command.args(["shelf", "add"]).arg(scratch.path().join("firmware"));
    let (status, said) = run(command);
    assert!(status.success(), "{said}");
    state
}

#[test]
fn sip_defaults_and_the_phones_own_file_give_a_7960_its_load_a_password_and_a_line() {
    let scratch = Scratch::new();
    let state = shelf(&scratch, &["P0S3-8-12-00"]);
    let files = files(&state, "7960", &["--load", "P0S3-8-12-00"]);
    let all = settings(&files["SIPDefault.cnf"].1);
    for (key, value) in [
        ("image_version", "P0S3-8-12-00"),
        ("phone_password", "cisco"),
        ("proxy1_address", "10.9.8.7"),
        ("proxy1_port", "5060"),
        ("proxy_register", "1"),
    ] {
        assert_eq!(all.get(key), Some(&value), "{key} in {all:?}");
    }
    let own = settings(&files[&format!("SIP{BARE}.cnf")].1);
    for (key, value) in [
        ("image_version", "P0S3-8-12-00"),
        ("phone_password", "cisco"),
        ("line1_name", BARE),
        ("line1_authname", BARE),
        ("line1_password", "bench"),
    ] {
        assert_eq!(own.get(key), Some(&value), "{key} in {own:?}");
    }
    assert!(files.values().all(|(size, _)| *size < 8_000), "old phones are said to read no more than 8 KB");
}

#[test]
fn without_a_load_a_sip_phone_keeps_the_one_it_runs_and_has_its_line_all_the_same() {
    let scratch = Scratch::new();
    let files = files(&scratch.path().join("state"), "7940", &[]);
    let own = settings(&files[&format!("SIP{BARE}.cnf")].1);
    assert!(!own.contains_key("image_version") && own["line1_name"] == BARE, "{own:?}");
    assert!(!settings(&files["SIPDefault.cnf"].1).contains_key("image_version"));
    assert!(!files.contains_key("OS79XX.TXT"), "a hint without a name is none");
}

#[test]
fn xml_of_both_generations_is_valid_and_names_load_server_and_protocol() {
    let scratch = Scratch::new();
    let state = scratch.path().join("state");
    let manager = "callManagerGroup/members/member/callManager";
    for (model, load, protocol, by_type) in [
        ("7960", "P0030801SR02", "SCCP", "loadInformation7"),
        ("7940", "P0S3-8-12-00", "SIP", "loadInformation8"),
        ("7965", "SCCP45.9-4-2SR1-1S", "SCCP", "loadInformation436"),
        ("7965", "SIP45.9-4-2SR1-1S", "SIP", "loadInformation436"),
    ] {
        let files = files(&state, model, &["--load", load]);
        let own = elements(&files[&format!("SEP{BARE}.cnf.xml")].1);
        assert_eq!(own["device/deviceProtocol"], protocol, "{model} {load}");
        assert_eq!(own["device/loadInformation"], load);
        assert_eq!(own[&format!("device/devicePool/{manager}/processNodeName")], "10.9.8.7");
        assert_eq!(own[&format!("device/devicePool/{manager}/ports/ethernetPhonePort")], "2000");
        let all = elements(&files["XMLDefault.cnf.xml"].1);
        assert_eq!(all[&format!("Default/{by_type}")], load, "{all:?}");
        assert_eq!(all[&format!("Default/{manager}/processNodeName")], "10.9.8.7");
        let line = "device/sipProfile/sipLines/line";
        assert_eq!(own.contains_key(line), model == "7965" && protocol == "SIP", "{model} {load}");
        if own.contains_key(line) {
            assert_eq!(
                (own[&format!("{line}/name")].as_str(), own[&format!("{line}/featureID")].as_str()),
                (BARE, "9")
            );
            assert_eq!(own["device/transportLayerProtocol"], "2", "by datagrams");
        }
    }
}

#[test]
fn the_hint_for_old_loads_is_the_loaders_name_and_not_a_byte_more() {
    let scratch = Scratch::new();
    let state = shelf(&scratch, &["P0S3-8-12-00", "P0S30202"]);
    for (load, hint) in [("P0S3-8-12-00", "P003-8-12-00"), ("P0S30202", "P0S30202")] {
        let files = files(&state, "7960", &["--load", load, "--file", "OS79XX"]);
        assert_eq!(files.keys().collect::<Vec<_>>(), ["OS79XX.TXT"]);
        let (size, text) = &files["OS79XX.TXT"];
        assert_eq!((*size, text.trim_end()), (hint.len(), hint), "{load}");
    }
}

#[test]
fn mgcp_phones_are_given_the_image_by_name() {
    let scratch = Scratch::new();
    let state = shelf(&scratch, &["P0M3-08-0-00", "P0S3-8-12-00"]);
    let image = |load: &str, file: &str| {
        let files = files(&state, "7940", &["--load", load, "--file", file]);
        settings(&files[file].1).get("image_version").map(|v| (*v).to_owned())
    };
    for file in ["MGCDefault.cnf", &format!("MGC{BARE}.cnf")] {
        assert_eq!(image("P0M3-08-0-00", file).as_deref(), Some("P0M3-08-0-00"));
        // Out of MGCP, the universal loader goes first.
        assert_eq!(image("P0S3-8-12-00", file).as_deref(), Some("P003-8-12-00"));
    }
}

#[test]
fn aastra_and_mitel_files_win_over_what_the_phone_has_stored() {
    let scratch = Scratch::new();
    let state = scratch.path().join("state");
    for model in ["6757i", "6867i"] {
        let files = files(&state, model, &[]);
        let all = settings(&files["aastra.cfg"].1);
        for (key, value) in [
            ("^admin password", "22222"),
            ("^tftp server", "10.9.8.7"),
            ("^tftp path", ""),
            ("^contact rcs", "0"),
            ("^xml application post list", "10.9.8.7"),
            ("^sip line9 user name", ""),
        ] {
            assert_eq!(all.get(key), Some(&value), "{model}: {key} in {all:?}");
        }
        assert_eq!(files["aastra.cfg"], files["startup.cfg"], "{model}: sources disagree on who asks for which");
        let own = settings(&files[&format!("{BARE}.cfg")].1);
        assert_eq!((own["^admin password"], own["^contact rcs"]), ("22222", "0"), "{model}");
    }
}

#[test]
fn yealink_files_begin_with_their_mark_and_put_the_makers_password_back() {
    let scratch = Scratch::new();
    let files = files(&scratch.path().join("state"), "T46G", &[]);
    let boot = &files[&format!("{BARE}.boot")].1;
    assert!(boot.starts_with("#!version:1.0.0.1\n"), "{boot}");
    assert!(boot.contains(&format!("include:config \"ringback-{}.cfg\"", BARE.to_lowercase())), "{boot}");
    let own = &files[&format!("{BARE}.cfg")].1;
    assert!(own.starts_with("#!version:1.0.0.1\n"), "{own}");
    for line in ["security.user_password = admin:admin", "static.auto_provision.server.url = %NULL%"] {
        assert!(own.lines().any(|l| l == line), "no {line} in {own}");
    }
}

#[test]
fn what_a_phone_fetched_last_is_compared_with_what_it_would_get() {
    let Some(net) = Net::pair() else { return };
    let scratch = Scratch::new();
    let state = shelf(&scratch, &["P0S3-8-12-00"]);
    let mut command = ringback(&state);
    command.args(["run", "--iface", &net.iface(0), "--plain", "--probe-seconds", "1", "--no-web"]);
    command.args(["--ip", "10.79.0.1/24", "--pool", "10.79.0.10-10.79.0.99"]);
    let mut bench = Running::start(net.inside(0, &command));
    bench.line(&["ready"]);
    let mut command = ringback(&scratch.folder("phone"));
    command.args(["simulate", "--iface", &net.iface(1), "--mac", MAC, "--model", "7960", "--load", "P0S3-8-12-00"]);
    command.args(["--faster", "20", "--seconds", "120"]);
    let mut phone = Running::start(net.inside(1, &command));
    bench.line_within(Duration::from_secs(60), &["registered"]);
    phone.kill();
    bench.stop();

    let own = format!("SIP{BARE}.cnf");
    let diff = |more: &[&str]| {
        let mut command = ringback(&state);
        command.args(["config", "7960", "--mac", MAC, "--file", &own, "--diff"]).args(more);
        let (status, said) = run(command);
        assert!(status.success(), "{said}\n{}", bench.text());
        said
    };
    // What a procedure would lay out is more than what a phone without one was given.
    let said = diff(&["--server", "10.79.0.1"]);
    assert!(said.contains("fetched last: observation "), "{said}");
    assert!(said.contains("+ phone_password: \"cisco\"") && !said.contains("\n- "), "{said}");
    assert!(!said.contains("line1_password"), "lines that are far from a difference are left out: {said}");
    // For another network, and by name.
    let mut command = ringback(&state);
    command.args(["config", "7960", "--mac", MAC, "--file", "SIPDefault", "--diff", "--server", "192.0.2.7"]);
    let (_, said) = run(command);
    assert!(
        said.contains("- proxy1_address: \"10.79.0.1\"") && said.contains("+ proxy1_address: \"192.0.2.7\""),
        "{said}"
    );
    // Nobody else fetched it.
    let mut command = ringback(&state);
    command.args(["config", "7960", "--mac", "00:0d:bc:a0:00:02", "--file", "SIPDefault", "--diff"]);
    let (_, said) = run(command);
    assert!(said.contains("no journal knows"), "{said}");
}
