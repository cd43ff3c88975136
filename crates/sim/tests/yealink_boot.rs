//! Conversations with simulated Yealink phones: provisioning, codes, resets.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod lab;

use std::net::SocketAddrV4;

use lab::{Lab, SERVER};
use proto::Mac;
use proto::dhcp::DhcpOption;
use sim::firmware::rom::{RomSpec, rom};
use sim::person::{Act, Deed, Keys};
use sim::phones::yealink::{Model, Yealink, YealinkSpec};
use sim::{Input, Key};

const MAC: Mac = Mac([0x00, 0x15, 0x65, 0x4a, 0xa9, 0x37]);
const LINE: &str = "#!version:1.0.0.1\n";

fn spec() -> YealinkSpec {
    YealinkSpec::new(MAC)
}

fn with(settings: &[(&str, &str)]) -> YealinkSpec {
    YealinkSpec { settings: settings.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(), ..spec() }
}

fn lab(spec: YealinkSpec) -> Lab {
    let mut lab = Lab::new(Yealink::new(spec));
    lab.dhcp = Some(|reply| {
        reply.options.set(DhcpOption::text(66, &format!("http://{SERVER}")));
        reply.options.set(DhcpOption::address(6, SERVER));
    });
    lab
}

fn press(lab: &mut Lab, keys: &str) {
    for key in Key::sequence(keys).unwrap() {
        tap(lab, key);
    }
}

fn tap(lab: &mut Lab, key: Key) {
    lab.give(Input::Key { key, down: true });
    lab.give(Input::Key { key, down: false });
}

fn login(lab: &mut Lab, password: &str) -> bool {
    let body = format!("username=admin&pwd={password}");
    lab.post("/servlet?p=login&q=login", &body).1.contains("Firmware Version")
}

#[test]
fn since_v81_boot_files_come_first() {
    let lab = lab(spec()).started();
    let wanted = ["0015654aa937.boot", "y000000000000.boot", "y000000000028.cfg", "0015654aa937.cfg"];
    assert_eq!(lab.asked, wanted.map(|f| format!("http {f}")));
    assert_eq!(lab.orders[0].user_agent, "Yealink SIP-T46G 28.83.0.120 00:15:65:4a:a9:37");
    assert_eq!(lab.asked_names, ["rps.yealink.com"]);
    assert_eq!(lab.discovers[0].vendor_class(), Some(&b"yealink"[..]));
    assert_eq!(lab.discovers[0].parameter_request_list(), [1, 2, 3, 4, 6, 7, 12, 15, 28, 42, 66, 67, 43, 120]);
    let asked: Vec<_> = lab.others.iter().filter(|(to, _)| to.to_string() == "224.0.1.75:5060").collect();
    assert_eq!(asked.len(), 3, "it asks the link before it believes DHCP");
}

#[test]
fn before_v81_there_are_none() {
    for (model, load, common) in
        [("T28P", "2.70.0.10", "y000000000000.cfg"), ("T46G", "28.80.0.95", "y000000000028.cfg")]
    {
        let model = Model::find(model).unwrap();
        let lab = lab(YealinkSpec { model, load: Some(load.into()), ..spec() }).started();
        assert_eq!(lab.asked, [format!("http {common}"), "http 0015654aa937.cfg".to_owned()]);
    }
}

#[test]
fn each_release_takes_its_own_dialect_and_only_with_the_first_line() {
    let old = "security.user_password = admin:neutral\n";
    for (load, text, taken) in [
        ("28.80.0.95", format!("{LINE}{old}"), true),
        ("28.83.0.120", format!("{LINE}{old}"), false),
        ("28.83.0.120", format!("{LINE}static.{old}"), true),
        ("28.83.0.120", format!("{LINE}static.{old}{old}"), true),
        ("28.80.0.95", format!("static.{old}{old}"), false),
        ("28.80.0.95", old.to_owned(), false),
    ] {
        let provider = YealinkSpec { load: Some(load.into()), ..with(&[("security.user_password.admin", "secret")]) };
        let mut lab = lab(provider).file("y000000000028.cfg", text.clone()).started();
        assert_eq!((login(&mut lab, "neutral"), login(&mut lab, "secret")), (taken, !taken), "{load} {text}");
    }
}

#[test]
fn a_file_that_has_not_changed_is_not_applied_again() {
    let text = |n: u32| format!("{LINE}static.security.user_password = admin:a{n}\n");
    let mut lab = lab(spec()).file("0015654aa937.cfg", text(1)).started();
    assert!(login(&mut lab, "a1"));
    for (file, skipped) in [(text(1), true), (text(2), false)] {
        lab.notes.clear();
        lab.files.insert("0015654aa937.cfg".into(), file.into());
        lab.give(Input::Power(false));
        lab.power_on();
        lab.run_to_state("idle");
        assert_eq!(lab.noted("is the same as last time"), skipped);
    }
    assert!(login(&mut lab, "a2"));
}

#[test]
fn a_boot_file_that_overwrites_sets_everything_back() {
    let provider = with(&[("security.user_password.admin", "secret"), ("account.1.enable", "1")]);
    let boot = format!("{LINE}overwrite_mode = 1\ninclude:config neutral.cfg\n[T48G]include:config other.cfg\n");
    let lab = lab(provider).file("0015654aa937.boot", boot).file("neutral.cfg", format!("{LINE}phone.x = 1"));
    let mut lab = lab.started();
    assert_eq!(lab.asked, ["http 0015654aa937.boot", "http neutral.cfg"]);
    assert!(login(&mut lab, "admin") && !login(&mut lab, "secret"));
}

#[test]
fn who_answers_its_question_is_asked_for_files() {
    let mut lab = Lab::new(Yealink::new(spec())).file("boot/0015654aa937.boot", LINE);
    lab.other = |src, dst, bytes| {
        if dst.to_string() != "224.0.1.75:5060" {
            return Vec::new();
        }
        let text = String::from_utf8_lossy(bytes).into_owned();
        let call = text.lines().find(|l| l.starts_with("Call-ID")).unwrap().to_owned();
        let url = "tftp://10.11.12.1/boot";
        let notify = format!(
            "NOTIFY sip:x SIP/2.0\r\nVia: v\r\nFrom: f\r\nTo: t\r\n{call}\r\nCSeq: 1 NOTIFY\r\nEvent: ua-profile\r\n\
             Subscription-State: terminated;reason=timeout\r\nContent-Type: application/url\r\nContent-Length: {}\r\n\r\n{url}",
            url.len()
        );
        let from = SocketAddrV4::new(SERVER, 5060);
        vec![(from, src, format!("SIP/2.0 200 OK\r\n{call}\r\n\r\n").into_bytes()), (from, src, notify.into_bytes())]
    };
    let lab = lab.started();
    assert_eq!(lab.asked, ["tftp boot/0015654aa937.boot"]);
    let subscribes = lab.others.iter().filter(|(to, _)| to.port() == 5060 && to.ip().is_multicast()).count();
    assert_eq!(subscribes, 1, "it does not ask again");
    let replied = lab.others.iter().filter(|(to, _)| *to.ip() == SERVER).map(|(_, bytes)| bytes.clone());
    assert!(replied.into_iter().any(|bytes| bytes.starts_with(b"SIP/2.0 200 OK\r\n")), "it thanks for the URL");
}

#[test]
fn a_locked_one_asks_only_its_provider_and_trusts_only_known_certificates() {
    let locked = [
        ("auto_provision.server.url", "https://prov.example.net/yealink"),
        ("auto_provision.pnp_enable", "0"),
        ("auto_provision.dhcp_option.enable", "0"),
    ];
    let mut trusting = locked.to_vec();
    trusting.push(("security.trust_certificates", "0"));
    for (settings, noted) in [(&locked[..], true), (&trusting[..], false)] {
        let mut lab = lab(with(settings)).file("yealink/0015654aa937.boot", LINE);
        lab.names.insert("prov.example.net".into(), SERVER);
        let lab = lab.started();
        assert_eq!(lab.asked_names, ["prov.example.net"]);
        assert_eq!(lab.asked[0], "https yealink/0015654aa937.boot");
        assert_eq!(lab.noted("does not trust the server's certificate"), noted);
        assert!(lab.others.is_empty());
    }
}

#[test]
fn a_dialled_code_fetches_from_where_its_entry_says() {
    let code = [("autoprovision.1.code", "**7283"), ("autoprovision.1.url", "http://prov.example.net/reset")];
    let mut settings = code.to_vec();
    settings.extend([("security.user_password.admin", "secret"), ("auto_provision.power_on", "0")]);
    let text = format!("{LINE}static.security.user_password = admin:admin\n");
    let phone = |registered| {
        let mut lab = lab(YealinkSpec { registered, ..with(&settings) }).file("reset/0015654aa937.cfg", text.clone());
        lab.names.insert("prov.example.net".into(), SERVER);
        lab.started()
    };
    let mut free = phone(false);
    assert_eq!((free.asked.len(), free.status().screen.clone()), (0, vec!["No Service".to_owned()]));
    press(&mut free, "**7283");
    tap(&mut free, Key::Ok);
    assert_eq!(free.status().screen, ["Auto-P now?"]);
    tap(&mut free, Key::Ok);
    free.run_to("fed", |l| l.asked.len() == 4);
    free.run_to_state("idle");
    assert!(login(&mut free, "admin"));

    let mut busy = phone(true);
    press(&mut busy, "**7283");
    tap(&mut busy, Key::Ok);
    busy.run_for(60);
    assert!(busy.asked.is_empty() && busy.noted("calls **7283 at its provider"));

    let mut unknown = phone(false);
    press(&mut unknown, "**7284");
    tap(&mut unknown, Key::Ok);
    assert!(unknown.noted("no code of its own"));
}

#[test]
fn ok_held_resets_unless_its_provider_forbids_it() {
    let held = |settings: &[(&str, &str)]| {
        let mut all = settings.to_vec();
        all.push(("security.user_password.admin", "4711"));
        let mut lab = lab(with(&all)).started();
        lab.give(Input::Key { key: Key::Ok, down: true });
        lab.run_for(6);
        lab.give(Input::Key { key: Key::Ok, down: false });
        lab
    };
    let mut open = held(&[]);
    assert_eq!(open.status().screen, ["Reset to factory setting?"]);
    tap(&mut open, Key::Ok);
    open.run_to_state("boot loader");
    open.run_to_state("idle");
    assert!(login(&mut open, "admin"));

    let mut guarded = held(&[("features.factory_pwd_enable", "1")]);
    assert_eq!(guarded.status().screen, ["Admin password:"]);
    press(&mut guarded, "1234");
    tap(&mut guarded, Key::Ok);
    assert!(guarded.showed("Incorrect password"));

    let forbidden = held(&[("features.reset_by_long_press_enable", "0")]);
    assert_eq!(forbidden.status().screen, ["No Service"]);
}

#[test]
fn a_reset_may_lead_back_to_the_provider() {
    let custom = [("security.user_password.admin".to_owned(), "secret".to_owned())].into();
    let mut lab = lab(YealinkSpec { custom_factory: custom, ..spec() }).started();
    lab.give(Input::Key { key: Key::Ok, down: true });
    lab.run_for(6);
    lab.give(Input::Key { key: Key::Ok, down: false });
    tap(&mut lab, Key::Ok);
    lab.run_to_state("boot loader");
    lab.run_to_state("idle");
    assert!(login(&mut lab, "secret"));
}

#[test]
fn an_image_for_another_phone_only_restarts_it() {
    let config = |url: &str| format!("{LINE}static.firmware.url = {url}\n");
    let url = "http://10.11.12.1/T46.rom";
    let good = rom(&RomSpec::new("T46G", "28.81.0.110", 4_000));
    let mut right = lab(spec()).file("y000000000028.cfg", config(url)).file("T46.rom", good);
    right.power_on();
    right.run_to("the older firmware", |l| l.status().load.as_deref() == Some("28.81.0.110"));

    let other = rom(&RomSpec::new("T48G", "35.83.0.120", 4_000));
    let branded = rom(&RomSpec { oem: "TELCO".into(), ..RomSpec::new("T46G", "28.81.0.110", 4_000) });
    for image in [other, branded] {
        let mut wrong = lab(spec()).file("y000000000028.cfg", config(url)).file("T46.rom", image);
        wrong.power_on();
        wrong.run_to("a restart", |l| l.noted("not for this phone"));
        wrong.run_to_state("idle");
        assert_eq!(wrong.status().load.as_deref(), Some("28.83.0.120"));
    }
}

#[test]
fn old_pages_ask_for_a_password_and_later_ones_show_a_form() {
    let old = YealinkSpec { model: Model::find("T20P").unwrap(), ..spec() };
    let mut lab = lab(old).started();
    let conn = lab.connect();
    let answer = String::from_utf8(lab.segment(conn, b"GET / HTTP/1.0\r\n\r\n").bytes).unwrap();
    assert!(answer.contains("Basic realm=\"Enterprise IP phone SIP-T20P\""), "{answer}");
    assert!(answer.contains("Server: mini_httpd/1.19"));
    let mut new = self::lab(spec()).started();
    assert_eq!(new.get("/").0, 302);
    assert!(new.get("/servlet?p=login&q=loginForm&jumpto=status").1.contains("T46G"));
}

#[test]
fn the_speaker_key_was_a_reset_once() {
    let deeds = || {
        vec![
            Deed::now(Act::Hold(Key::Speaker)),
            Deed::now(Act::Power(true)),
            Deed::at(20, Act::Release(Key::Speaker)),
            Deed::at(21, Act::Type(Keys(Vec::new()))),
        ]
    };
    let locked =
        |load: &str| YealinkSpec { load: Some(load.into()), ..with(&[("security.user_password.admin", "secret")]) };
    let mut old = lab(locked("28.72.0.1")).doing(deeds());
    old.run_to_state("idle");
    assert!(login(&mut old, "admin") && old.noted("factory reset"));
    let mut new = lab(locked("28.83.0.120")).doing(deeds());
    new.run_to_state("recovery");
    assert_eq!(new.status().screen, [">TFTP", " USB"]);
}

#[test]
fn the_link_tells_its_vlan_before_what_was_set_by_hand() {
    let tagged = YealinkSpec { stored_vlan: Some(110), ..spec() };
    let mut lab = lab(tagged.clone());
    lab.power_on();
    lab.run_to_state("waiting for a VLAN");
    // LLDP-MED: application voice, untagged.
    let head = [0x01, 0x80, 0xc2, 0, 0, 0x0e, 2, 0, 0, 0, 0, 1, 0x88, 0xcc];
    let frame = [&head[..], &[0xfe, 8, 0x00, 0x12, 0xbb, 2, 1, 0, 0, 0x2e, 0, 0]].concat();
    lab.give(Input::Wire(sim::Wire::Frame(frame)));
    lab.run_to_state("idle");
    assert!(lab.noted("the link tells voice VLAN 0"));
    let mut quiet = self::lab(tagged);
    quiet.power_on();
    quiet.run_to_state("idle");
    assert!(!quiet.noted("the link tells"));
}
