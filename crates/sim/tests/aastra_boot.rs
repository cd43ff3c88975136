//! Conversations with simulated Aastra phones that start as they should.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod lab;

use lab::{Lab, SERVER};
use proto::Mac;
use proto::dhcp::DhcpOption;
use sim::Key;
use sim::firmware::st::{StSpec, st};
use sim::phones::aastra::{Aastra, AastraSpec, Model, Provider};

const MAC: Mac = Mac([0x00, 0x08, 0x5d, 0x19, 0xe4, 0x01]);

fn spec() -> AastraSpec {
    AastraSpec::new(MAC)
}

fn image(model: &str, version: &str) -> Vec<u8> {
    st(&StSpec { model: model.into(), version: version.into(), size: 20_000 })
}

fn lab(spec: AastraSpec) -> Lab {
    let mut lab = Lab::new(Aastra::new(spec));
    lab.dhcp = Some(|reply| {
        reply.options.set(DhcpOption::text(66, &SERVER.to_string()));
        reply.options.set(DhcpOption::address(6, SERVER));
    });
    lab
}

/// Without a word of what the redirection service was asked.
fn files(lab: &Lab) -> Vec<&str> {
    lab.asked.iter().map(String::as_str).collect()
}

#[test]
fn a_6757i_asks_for_its_files_in_order() {
    let lab = lab(spec()).file("aastra.cfg", "contact rcs: 0\n").started();
    let wanted = ["security.tuz", "aastra.cfg", "57i.cfg", "00085D19E401.cfg", "57i.st"];
    assert_eq!(files(&lab), wanted.map(|f| format!("tftp {f}")));
    let discover = &lab.discovers[0];
    assert_eq!(discover.vendor_class(), Some(&b"AastraIPPhone57i"[..]));
    assert_eq!(discover.parameter_request_list(), [1, 3, 6, 42, 43, 2, 66, 159, 160]);
    assert_eq!(lab.asked_names, ["rcs.aastra.com"], "as it left the factory it asks the maker first");
    assert_eq!(lab.status().screen, ["No Service"]);
}

#[test]
fn an_old_one_knows_no_model_file_and_says_less() {
    let old = AastraSpec { load: Some("2.6.0.1008".into()), long_class: true, ..spec() };
    let lab = lab(old).file("aastra.cfg", "contact rcs: 0").started();
    assert_eq!(files(&lab), ["security.tuz", "aastra.cfg", "00085D19E401.cfg", "57i.st"].map(|f| format!("tftp {f}")));
    assert_eq!(lab.discovers[0].vendor_class(), Some(&b"AastraIPPhone6757i"[..]));
    assert_eq!(lab.discovers[0].parameter_request_list(), [1, 3, 6, 42, 43, 2, 66]);
}

#[test]
fn without_a_line_in_aastra_cfg_its_own_file_is_not_asked_for() {
    for general in [None, Some(""), Some("# only a comment\n\n")] {
        let mut lab = lab(spec());
        lab.files.extend(general.map(|text| ("aastra.cfg".to_owned(), text.into())));
        let lab = lab.started();
        assert_eq!(files(&lab), ["tftp security.tuz", "tftp aastra.cfg", "tftp 57i.st"], "{general:?}");
        assert!(lab.showed("Conf. Unavailable"));
    }
}

#[test]
fn a_6867i_asks_for_startup_cfg() {
    let new = AastraSpec { model: Model::find("6867i").unwrap(), ..spec() };
    let lab = lab(new).file("startup.cfg", "contact rcs: 0").started();
    assert_eq!(
        files(&lab),
        ["security.tuz", "startup.cfg", "6867i.cfg", "00085D19E401.cfg", "6867i.st"].map(|f| format!("tftp {f}"))
    );
}

#[test]
fn what_is_stored_in_the_phone_wins_unless_it_is_overwritten() {
    let local = [("admin password", "98765"), ("xml application post list", "10.11.12.1")];
    let stored = AastraSpec { local: local.map(|(k, v)| (k.into(), v.into())).into(), ..spec() };
    let login = |password: &str| {
        let coded = match password {
            "22222" => "YWRtaW46MjIyMjI=",
            _ => "YWRtaW46OTg3NjU=",
        };
        format!("GET /sysinfo.html HTTP/1.0\r\nAuthorization: Basic {coded}\r\n\r\n")
    };
    let mut plain = lab(stored.clone()).file("aastra.cfg", "admin password: 22222").started();
    assert_eq!((plain.request(&login("22222")).0, plain.request(&login("98765")).0), (401, 200));
    let old = AastraSpec { load: Some("2.1.2.30".into()), ..stored.clone() };
    let mut old = lab(old).file("aastra.cfg", "language: 0\n^admin password: 22222").started();
    assert_eq!(old.request(&login("98765")).0, 200, "marks came with 2.4");
    let mut overwritten = lab(stored).file("aastra.cfg", "^admin password: 22222").started();
    assert_eq!((overwritten.request(&login("22222")).0, overwritten.request(&login("98765")).0), (200, 401));
}

#[test]
fn any_other_image_is_taken_and_only_the_right_one() {
    let cfg = ("aastra.cfg", "contact rcs: 0");
    let mut newer = lab(spec()).file(cfg.0, cfg.1).file("57i.st", image("57i", "2.6.0.2019"));
    newer.power_on();
    newer.run_to("the older firmware", |l| l.status().load.as_deref() == Some("2.6.0.2019"));
    newer.run_to_state("idle");
    assert!(newer.showed("New Firmware. Do not unplug phone!"));
    assert_eq!(newer.asked.iter().filter(|f| *f == "tftp 57i.st").count(), 2, "looked at again and found the same");

    let mut other = lab(spec()).file(cfg.0, cfg.1).file("57i.st", image("53i", "2.6.0.2019")).started();
    assert_eq!(other.status().load.as_deref(), Some("3.3.1.4365"));
    assert_eq!(other.errors, [proto::tftp::ErrorCode::NotDefined]);
    other.run_for(60);
    let mut cut = image("57i", "2.6.0.2019");
    cut.truncate(9_000);
    let lab = lab(spec()).file(cfg.0, cfg.1).file("57i.st", cut).started();
    assert!(lab.showed("Cannot use firmware."));
    assert_eq!(lab.status().load.as_deref(), Some("3.3.1.4365"));
}

#[test]
fn option_43_names_a_server_and_keeps_it_from_the_redirection_service() {
    let mut lab = Lab::new(Aastra::new(spec())).file("boot/aastra.cfg", "language: 0");
    lab.dhcp = Some(|reply| {
        let subs: [(u8, &[u8]); 2] = [(2, b"http://10.11.12.1/boot"), (3, &[0])];
        reply.options.set(DhcpOption::encapsulated(43, &subs));
        reply.options.set(DhcpOption::text(66, "10.99.99.99"));
        reply.options.set(DhcpOption::address(6, SERVER));
    });
    let lab = lab.started();
    assert!(lab.asked_names.is_empty());
    assert_eq!(files(&lab)[..2], ["http boot/security.tuz", "http boot/aastra.cfg"]);
    assert_eq!(lab.orders[0].user_agent, "Aastra57i MAC:00-08-5D-19-E4-01 V:3.3.1.4365-SIP");
}

#[test]
fn the_old_provider_comes_back_after_a_reset() {
    let provider = Provider {
        url: "http://prov.example.net/aastra".into(),
        settings: [("admin password".into(), "98765".into())].into(),
    };
    let within_reach = AastraSpec { provider: Some(provider), ..spec() };
    let mut lab = lab(within_reach);
    lab.names.insert("prov.example.net".into(), SERVER);
    let lab = lab.file("aastra/aastra.cfg", "admin password: 22222").started();
    assert_eq!(lab.asked_names, ["rcs.aastra.com", "prov.example.net"]);
    assert_eq!(files(&lab)[1], "http aastra/aastra.cfg");
    assert!(lab.noted("is redirected to http://prov.example.net/aastra"));
}

#[test]
fn without_any_server_it_asks_all_stations() {
    let mut lab = Lab::new(Aastra::new(spec())).file("aastra.cfg", "contact rcs: 0");
    lab.other = |src, dst, _| {
        if dst.to_string() != "224.0.0.251:5353" {
            return Vec::new();
        }
        let mut reply = vec![0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 2];
        reply.extend(b"\x0b_aastra-cfg\x04_tcp\x05local\0\0\x0c\0\x01\0\0\0\x78\0\x05\x02rb\xc0\x0c");
        reply.extend(b"\xc0\x2e\0\x21\0\x01\0\0\0\x78\0\x0b\0\0\0\0\0\x45\x02rb\xc0\x1d");
        reply.extend(b"\x02rb\xc0\x1d\0\x01\0\x01\0\0\0\x78\0\x04");
        reply.extend(SERVER.octets());
        vec![(SocketAddr(SERVER, 5353), src, reply)]
    };
    let lab = lab.started();
    assert!(lab.showed("Auto Discovery..."));
    assert_eq!(files(&lab)[1], "tftp aastra.cfg");
}

#[allow(non_snake_case, reason = "reads as the type does")]
fn SocketAddr(ip: std::net::Ipv4Addr, port: u16) -> std::net::SocketAddrV4 {
    std::net::SocketAddrV4::new(ip, port)
}

#[test]
fn a_stuck_one_goes_on_as_soon_as_it_is_fed() {
    let mut lab = lab(AastraSpec { stuck_updating: true, model: Model::find("6753i").unwrap(), ..spec() });
    lab.power_on();
    lab.run_for(300);
    assert_eq!(lab.status().screen, ["Updating configuration"]);
    lab.files.insert("aastra.cfg".into(), b"contact rcs: 0".to_vec());
    lab.run_to_state("idle");
}

#[test]
fn its_web_page_wants_a_look_before_a_form_and_everything_in_one_segment() {
    let local = [("tftp server".to_owned(), "10.99.99.99".to_owned())];
    let mut lab = lab(AastraSpec { local: local.into(), ..spec() }).file("aastra.cfg", "contact rcs: 0").started();
    let conn = lab.connect();
    let answer = String::from_utf8(lab.segment(conn, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").bytes).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    assert!(answer.contains("Server: Aragorn\r\n") && answer.contains("realm=\"Aastra 6757i\""), "{answer}");
    let auth = "Authorization: Basic YWRtaW46MjIyMjI=";
    let form = format!("POST /reset.html HTTP/1.0\r\n{auth}\r\nContent-Length: 13\r\n\r\nresetOption=2");
    assert!(lab.request(&form).1.contains("Please visit"));
    let conn = lab.connect();
    let (head, body) = form.split_at(form.len() - 13);
    assert_eq!(lab.segment(conn, head.as_bytes()), sim::stream::Answer::silence());
    assert_eq!(lab.segment(conn, body.as_bytes()), sim::stream::Answer::silence());

    assert!(
        lab.request(&format!("GET /localcfg.html HTTP/1.0\r\n{auth}\r\n\r\n")).1.contains("tftp server: 10.99.99.99")
    );
    assert!(lab.request(&form).1.contains("Local configuration file has been deleted"));
    assert!(lab.request(&form.replace("=2", "=0")).1.contains("Restarting"));
    lab.run_to_state("boot loader");
    lab.run_to_state("idle");
    assert!(!lab.request(&format!("GET /localcfg.html HTTP/1.0\r\n{auth}\r\n\r\n")).1.contains("10.99.99.99"));
}

#[test]
fn text_can_be_pushed_by_who_is_on_the_list() {
    let xml = "xml=<AastraIPPhoneTextScreen><Title>Ringback</Title><Text>Recovered</Text></AastraIPPhoneTextScreen>";
    let mut closed = lab(spec()).file("aastra.cfg", "contact rcs: 0").started();
    assert_eq!(closed.post("/", xml).0, 401);
    let list = format!("^xml application post list: {SERVER}");
    let mut open = lab(spec()).file("aastra.cfg", list).started();
    assert_eq!(open.post("/", xml).0, 200);
    assert_eq!(open.status().screen, ["Ringback", "Recovered"]);
}

#[test]
fn one_key_alone_does_nothing() {
    let mut lab = lab(spec()).file("aastra.cfg", "contact rcs: 0");
    lab.give(sim::Input::Key { key: Key::Hash, down: true });
    lab.power_on();
    lab.run_to_state("idle");
}
