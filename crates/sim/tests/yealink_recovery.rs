//! Conversations with simulated Yealink phones in recovery: typed addresses, TFTP, USB sticks.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod lab;

use lab::{Lab, SERVER};
use proto::Mac;
use sim::firmware::rom::{RomSpec, part, rom};
use sim::firmware::stick::{Layout, stick};
use sim::phones::yealink::{Model, RecoveryFile, Yealink, YealinkSpec};
use sim::{Input, Key};

const MAC: Mac = Mac([0x00, 0x15, 0x65, 0x4a, 0xa9, 0x37]);

fn broken(model: &str) -> YealinkSpec {
    YealinkSpec { broken: true, model: Model::find(model).unwrap(), ..YealinkSpec::new(MAC) }
}

/// The recovery set of a model under the names it asks for.
fn set(model: &str, version: &str) -> Vec<(String, Vec<u8>)> {
    let model = Model::find(model).unwrap();
    let [bin, rfs, name] = model.recovery;
    let image = rom(&RomSpec::new(model.inner, version, 9_000));
    vec![(bin.into(), part(bin, 3_000)), (rfs.into(), part(rfs, 5_000)), (name.into(), image)]
}

/// In the recovery menu of a phone that got these files on its server.
fn menu(spec: YealinkSpec, files: Vec<(String, Vec<u8>)>) -> Lab {
    let mut lab = Lab::new(Yealink::new(spec));
    lab.dhcp = None;
    lab.files.extend(files);
    lab.give(Input::Key { key: Key::Speaker, down: true });
    lab.power_on();
    lab.run_to_state("recovery");
    lab.give(Input::Key { key: Key::Speaker, down: false });
    lab
}

fn tap(lab: &mut Lab, key: Key) {
    lab.give(Input::Key { key, down: true });
    lab.give(Input::Key { key, down: false });
}

fn type_address(lab: &mut Lab, address: &str) {
    for key in Key::sequence(&address.replace('.', "*")).unwrap() {
        tap(lab, key);
    }
    tap(lab, Key::Ok);
}

fn type_all(lab: &mut Lab, server: &str) {
    for address in ["10.11.12.50", "255.255.255.0", "10.11.12.1", server] {
        type_address(lab, address);
    }
}

#[test]
fn a_broken_one_stays_as_it_is_until_it_is_helped() {
    let mut lab = Lab::new(Yealink::new(broken("T46G")));
    lab.power_on();
    lab.run_for(3_600);
    assert_eq!((lab.status().state, lab.status().screen.len()), ("stuck", 2));
    assert_eq!(lab.status().screen[1], "Initializing... please wait");
    assert!(lab.discovers.is_empty());
}

#[test]
fn the_speaker_key_must_be_held_long_enough() {
    let mut lab = Lab::new(Yealink::new(broken("T46G")));
    lab.give(Input::Key { key: Key::Speaker, down: true });
    lab.power_on();
    lab.run_for(4);
    lab.give(Input::Key { key: Key::Speaker, down: false });
    lab.run_for(60);
    assert_eq!(lab.status().state, "stuck");
}

#[test]
fn three_files_by_tftp_bring_it_back() {
    let mut lab = menu(broken("T46G"), set("T46G", "28.83.0.120"));
    assert_eq!(lab.status().screen, [">TFTP", " USB"]);
    tap(&mut lab, Key::Ok);
    type_all(&mut lab, "10.11.12.1");
    lab.run_to("written", |l| l.noted("recovered"));
    assert_eq!(lab.asked, ["tftp T46G.rom", "tftp T46G.bin", "tftp T46G.rfs"]);
    assert_eq!(
        (lab.status().address.map(|a| a.to_string()).as_deref(), lab.status().load.as_deref()),
        (Some("10.11.12.50"), Some("28.83.0.120"))
    );
    assert!(lab.discovers.is_empty(), "DHCP has no part in it");
}

#[test]
fn the_first_t21p_has_names_of_its_own_and_no_menu() {
    let order = [RecoveryFile::Bin, RecoveryFile::Rfs, RecoveryFile::Rom];
    let spec = YealinkSpec { recovery_order: order, ..broken("T21P") };
    let mut lab = menu(spec, set("T21P", "34.72.14.6"));
    assert_eq!(lab.status().screen[0], ">1. IP-address: ");
    type_all(&mut lab, "10.11.12.1");
    lab.run_to("written", |l| l.noted("recovered"));
    assert_eq!(lab.asked, ["tftp T2XD.bin", "tftp T2CD.rfs", "tftp T21D.rom"]);
}

#[test]
fn typing_can_be_mended_and_nonsense_is_not_taken() {
    let mut lab = menu(broken("T21P"), set("T21P", "34.72.14.6"));
    type_address(&mut lab, "10.11.12");
    assert_eq!(lab.status().screen[0], ">1. IP-address: 10.11.12");
    tap(&mut lab, Key::Cancel);
    type_address(&mut lab, "2.50");
    assert_eq!(lab.status().screen[..2], [" 1. IP-address: 10.11.12.50", ">2. Netmask: "]);
}

#[test]
fn what_goes_wrong_is_said_and_can_be_tried_again() {
    let with = |files: Vec<(String, Vec<u8>)>, server: &str| {
        let mut lab = menu(broken("T21P"), files);
        type_all(&mut lab, server);
        lab.run_for(120);
        lab
    };
    let failed = |lab: &Lab| lab.status().screen.get(1).cloned().unwrap_or_default();
    assert_eq!(failed(&with(Vec::new(), "10.11.12.1")), "File not found");
    assert_eq!(
        failed(&with(
            set("T46G", "28.83.0.120")
                .into_iter()
                .zip(["T2XD.bin", "T2CD.rfs", "T21D.rom"])
                .map(|(f, n)| (n.into(), f.1))
                .collect(),
            "10.11.12.1"
        )),
        "File is not for this phone"
    );
    let mut cut = set("T21P", "34.72.14.6");
    cut[2].1.truncate(4_000);
    let mut lab = with(cut, "10.11.12.1");
    assert_eq!(failed(&lab), "File is damaged");
    lab.files.extend(set("T21P", "34.72.14.6"));
    tap(&mut lab, Key::Ok);
    (0..4).for_each(|_| tap(&mut lab, Key::Ok));
    lab.run_to("written", |l| l.noted("recovered"));
    let mut silent = menu(broken("T21P"), set("T21P", "34.72.14.6"));
    silent.silent.insert("T21D.rom".into());
    type_all(&mut silent, &SERVER.to_string());
    silent.run_for(120);
    assert_eq!(failed(&silent), "TFTP timeout");
}

#[test]
fn a_stick_with_three_files_brings_it_back() {
    let plugged = |image: Option<Vec<u8>>| {
        let mut lab = menu(broken("T46G"), Vec::new());
        lab.give(Input::Stick(image.map(Into::into)));
        tap(&mut lab, Key::Down);
        tap(&mut lab, Key::Ok);
        lab.run_for(30);
        lab
    };
    let files = set("T46G", "28.83.0.120");
    let mut lab = plugged(Some(stick(Layout::Fat, &files)));
    lab.run_to("written", |l| l.noted("recovered"));
    assert_eq!(lab.status().load.as_deref(), Some("28.83.0.120"));
    assert!(lab.asked.is_empty());
    for (image, why) in [
        (None, "No USB disk"),
        (Some(stick(Layout::NoTable, &files)), "No DOS partition"),
        (Some(stick(Layout::Ntfs, &files)), "No file system"),
        (Some(stick(Layout::Gpt, &files)), "No file system"),
        (Some(stick(Layout::Fat, &files[..2])), "File not found"),
    ] {
        let lab = plugged(image);
        assert_eq!(lab.status().screen, ["Update failed", why]);
    }
}

#[test]
fn power_pulled_while_it_writes_breaks_a_sound_one() {
    let mut lab = menu(YealinkSpec::new(MAC), set("T46G", "28.81.0.110"));
    tap(&mut lab, Key::Ok);
    type_all(&mut lab, "10.11.12.1");
    lab.run_to("writing", |l| l.noted("writes the recovery set"));
    lab.run_for(10);
    lab.give(Input::Power(false));
    lab.power_on();
    lab.run_for(60);
    assert_eq!((lab.status().state, lab.status().bricked), ("stuck", true));
}
