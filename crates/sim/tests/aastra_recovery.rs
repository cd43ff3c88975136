//! Conversations with simulated Aastra phones in Web Recovery.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod lab;

use std::time::Duration;

use lab::{Lab, SERVER};
use proto::Mac;
use proto::tftp::ErrorCode;
use sim::firmware::st::{StSpec, st};
use sim::person::{Act, Deed};
use sim::phones::aastra::{Aastra, AastraSpec, Model, page::Spelling};
use sim::stream::Answer;
use sim::wire::Address;
use sim::{Input, Jack, Key};

const MAC: Mac = Mac([0x00, 0x08, 0x5d, 0x19, 0xe4, 0x01]);

fn broken() -> AastraSpec {
    AastraSpec { broken: true, ..AastraSpec::new(MAC) }
}

fn image(model: &str, version: &str) -> Vec<u8> {
    st(&StSpec { model: model.into(), version: version.into(), size: 20_000 })
}

fn waiting(spec: AastraSpec) -> Lab {
    let mut lab = Lab::new(Aastra::new(spec)).file("57i.st", image("57i", "3.3.1.4365"));
    lab.power_on();
    lab.run_to_state("web recovery");
    lab
}

fn plain(file: &str, tftp: &str, path: &str) -> String {
    format!(
        "filename={file}&protocol=TFTP&tftp={tftp}&tftppath={path}&ftpserv=&ftppath=&ftpuser=&ftppass=&httpserv=&httppath="
    )
}

/// Holds these keys while powering, lets go after a minute.
fn held(keys: &[Key]) -> Vec<Deed> {
    let mut deeds: Vec<Deed> = keys.iter().map(|key| Deed::now(Act::Hold(*key))).collect();
    deeds.push(Deed::now(Act::Power(true)));
    deeds.extend(keys.iter().map(|key| Deed::at(60, Act::Release(*key))));
    deeds
}

#[test]
fn one_and_hash_lead_to_recovery() {
    let mut lab = Lab::new(Aastra::new(AastraSpec::new(MAC))).doing(held(&[Key::Digit(1), Key::Hash]));
    lab.run_to_state("web recovery");
    assert_eq!(lab.status().screen, ["Web Recovery", "http://10.11.12.50/"]);
    assert!(lab.asked.is_empty(), "no file is asked for");
    let (status, page) = lab.get("/");
    assert_eq!(status, 200);
    assert!(page.contains("<TITLE>Aastra 6757i</TITLE>"), "{page}");
}

#[test]
fn other_keys_and_late_keys_do_not() {
    let late =
        vec![Deed::now(Act::Power(true)), Deed::at(2, Act::Hold(Key::Digit(1))), Deed::at(2, Act::Hold(Key::Hash))];
    for deeds in [held(&[Key::Digit(4), Key::Digit(6)]), held(&[Key::Star, Key::Hash]), late] {
        let mut lab = Lab::new(Aastra::new(AastraSpec::new(MAC))).doing(deeds);
        lab.run_to_state("idle");
    }
    let refusing = AastraSpec { refuses_recovery: true, ..AastraSpec::new(MAC) };
    let mut lab = Lab::new(Aastra::new(refusing)).doing(held(&[Key::Digit(1), Key::Hash]));
    lab.run_to_state("idle");
    assert!(lab.noted("recovery is switched off"));
}

#[test]
fn a_phone_without_firmware_is_fed_and_starts() {
    let mut lab = waiting(broken());
    assert!(lab.status().bricked);
    let (status, page) = lab.post("/webrecovery.html", &plain("57i.st", "10.11.12.1", ""));
    assert_eq!((status, page.contains("Firmware Downloading..Please Wait")), (200, true));
    lab.run_to_state("writing firmware");
    assert_eq!(lab.asked, ["tftp 57i.st"]);
    let began = lab.now;
    lab.run_to_state("idle");
    assert!(lab.now.since(began) > Duration::from_secs(120), "it takes minutes");
    assert_eq!(lab.status().load.as_deref(), Some("3.3.1.4365"));
}

#[test]
fn ftp_and_http_do_as_well() {
    for (protocol, server, asked) in [("FTP", "ftpserv", "ftp 57i.st"), ("HTTP", "httpserv", "http 57i.st")] {
        let mut lab = waiting(broken());
        let form = plain("57i.st", "", "").replace("protocol=TFTP", &format!("protocol={protocol}"));
        lab.post("/webrecovery.html", &form.replace(&format!("{server}="), &format!("{server}=10.11.12.1")));
        lab.run_to_state("idle");
        assert_eq!(lab.asked[0], asked);
    }
}

#[test]
fn a_form_in_two_segments_has_invalid_parameters() {
    let mut lab = waiting(broken());
    let form = plain("57i.st", "10.11.12.1", "");
    let head = format!("POST /webrecovery.html HTTP/1.0\r\nContent-Length: {}\r\n\r\n", form.len());
    let conn = lab.connect();
    let answer = lab.segment(conn, head.as_bytes());
    assert!(answer.close && String::from_utf8_lossy(&answer.bytes).contains("Invalid Parameters"));
    assert_eq!(lab.segment(conn, form.as_bytes()), Answer::hang_up());
    let browser = format!("POST /webrecovery.html HTTP/1.1\r\nUser-Agent: {}\r\n", "x".repeat(1_400));
    let (status, page) = lab.request(&format!("{browser}Content-Length: {}\r\n\r\n{form}", form.len()));
    assert_eq!((status, page.contains("Invalid Parameters")), (400, true), "longer than a segment");
    let conn = lab.connect();
    let expects = head.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(lab.segment(conn, expects.as_bytes()), Answer::silence());
    lab.run_for(60);
    assert!(lab.asked.is_empty());
    assert_eq!(lab.get("/webrecovery.html").0, 405);
}

#[test]
fn a_path_or_a_click_spoils_it() {
    let mut lab = waiting(broken());
    let (_, page) = lab.post("/webrecovery.html", &plain("57i.st", "10.11.12.1", "%2F"));
    assert!(page.contains("Firmware Download Failed"), "{page}");
    let click = format!("{}&Submit=Download+Firmware", plain("57i.st", "10.11.12.1", ""));
    assert!(lab.post("/webrecovery.html", &click).1.contains("Invalid Parameters"));
    lab.run_for(60);
    assert!(lab.asked.is_empty());
}

#[test]
fn a_wrong_image_is_refused_at_its_first_bytes_and_the_page_does_not_say_so() {
    let mut lab = waiting(broken()).file("57i.st", image("53i", "3.3.1.4365"));
    lab.post("/webrecovery.html", &plain("57i.st", "10.11.12.1", ""));
    lab.run_for(60);
    assert_eq!(lab.errors, [ErrorCode::NotDefined]);
    assert!(lab.get("/").1.contains("Firmware Downloading..Please Wait"));
    assert_eq!(
        (lab.status().state, lab.status().message.as_deref()),
        ("web recovery", Some("Incompatible with phone model"))
    );
}

#[test]
fn a_cut_image_and_a_missing_one_fail() {
    let mut cut = image("57i", "3.3.1.4365");
    cut.truncate(11_000);
    let mut lab = waiting(broken()).file("57i.st", cut);
    lab.post("/webrecovery.html", &plain("57i.st", "10.11.12.1", ""));
    lab.run_for(30);
    assert_eq!((lab.status().state, lab.status().load.as_deref()), ("web recovery", None));
    assert!(lab.get("/").1.contains("Firmware Download Failed"));
    lab.post("/webrecovery.html", &plain("6757i.st", "10.11.12.1", ""));
    lab.run_for(30);
    assert!(lab.get("/").1.contains("Firmware Download Failed"));
    assert_eq!(lab.asked, ["tftp 57i.st", "tftp 6757i.st"]);
}

#[test]
fn power_pulled_while_it_writes_leaves_it_without_firmware() {
    let sound = AastraSpec::new(MAC);
    let mut lab = Lab::new(Aastra::new(sound)).file("57i.st", image("57i", "2.6.0.2019"));
    lab = lab.doing(held(&[Key::Digit(1), Key::Hash]));
    lab.run_to_state("web recovery");
    lab.person = None;
    lab.give(Input::Key { key: Key::Hash, down: false });
    lab.post("/webrecovery.html", &plain("57i.st", "10.11.12.1", ""));
    lab.run_to_state("writing firmware");
    lab.run_for(30);
    lab.give(Input::Power(false));
    lab.run_for(5);
    lab.power_on();
    lab.run_to_state("web recovery");
    assert!(lab.status().bricked && lab.noted("power was cut while firmware was written"));
}

#[test]
fn in_the_lan_socket_the_page_is_there_and_the_file_is_not_fetched() {
    let mut lab = waiting(AastraSpec { jack: Jack::Lan, ..broken() });
    lab.post("/webrecovery.html", &plain("57i.st", "10.11.12.1", ""));
    lab.run_for(60);
    assert!(lab.asked.is_empty() && lab.get("/").1.contains("Firmware Download Failed"));
    lab.give(Input::Jack(Jack::Pc));
    lab.post("/webrecovery.html", &plain("57i.st", "10.11.12.1", ""));
    lab.run_to_state("idle");
}

#[test]
fn silence_on_the_lan_socket_is_another_habit() {
    let mut lab = Lab::new(Aastra::new(AastraSpec { jack: Jack::Lan, lan_is_silent: true, ..broken() }));
    lab.power_on();
    lab.run_for(120);
    assert!(lab.discovers.is_empty() && !lab.phone.listens(80));
}

#[test]
fn where_its_page_is_depends_on_who_gives_addresses() {
    let address = |lab: &Lab| lab.status().address.map(|a| a.to_string()).unwrap_or_default();
    let mut alone = Lab::new(Aastra::new(broken()));
    alone.dhcp = None;
    alone.power_on();
    alone.run_to_state("web recovery");
    assert_eq!(address(&alone), "169.254.228.1");
    assert!(alone.discovers.len() > 1, "it asked before");

    let fixed = Address { ip: "192.168.1.5".parse().unwrap(), mask: "255.255.255.0".parse().unwrap(), router: None };
    let small = Model::find("6753i").unwrap();
    let lab = waiting(AastraSpec { static_address: Some(fixed), model: small, ..broken() });
    assert_eq!(
        (address(&lab).as_str(), lab.status().screen[1].as_str()),
        ("192.168.1.5", "WEB RECOVERY AT: 192.168.1.5")
    );

    let lab = waiting(AastraSpec { nonsense_address: Some("192.168.6".into()), ..broken() });
    assert_eq!((address(&lab).as_str(), lab.status().screen[1].as_str()), ("10.11.12.50", "http://192.168.6/"));
    let nonsense = AastraSpec { nonsense_address: Some("192.168.6".into()), nonsense_is_true: true, ..broken() };
    assert_eq!(address(&waiting(nonsense)), "");
}

#[test]
fn the_first_form_of_the_reload_page_is_never_accepted() {
    let mut lab = waiting(AastraSpec { page: Spelling::find("reload").unwrap(), ..broken() });
    let form = "filename=57i.st&tftp=10.11.12.1&tftppath=&ftpserv=&ftppath=";
    assert!(lab.post("/webrecovery.html", form).1.contains("Invalid Parameters"));
    assert!(lab.post("/webrecovery.html", form).1.contains("Invalid Parameters"));
    assert_eq!(lab.get("/webrecovery.html").0, 405);
    assert!(lab.post("/webrecovery.html", form).1.contains("Downloading"));
}

#[test]
fn a_6867i_takes_its_image_from_the_computer_in_many_segments() {
    let model = Model::find("6867i").unwrap();
    let spec =
        AastraSpec { model, page: Spelling::find("upload").unwrap(), load: Some("4.3.0.1077".into()), ..broken() };
    let mut lab = waiting(spec);
    let file = image("6867i", "5.1.0.1024");
    let part = b"--XX\r\nContent-Disposition: form-data; name=\"firmware\"; filename=\"6867i.st\"\r\n\r\n";
    let body = [&part[..], &file, b"\r\n--XX--\r\n"].concat();
    let head = "POST /upload.cgi HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=XX\r\n";
    let request = [format!("{head}Content-Length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat();
    let conn = lab.connect();
    let mut last = Answer::silence();
    for segment in request.chunks(1_460) {
        assert_eq!(last, Answer::silence());
        last = lab.segment(conn, segment);
    }
    assert!(String::from_utf8_lossy(&last.bytes).contains("upgrade in progress"));
    lab.run_to_state("idle");
    assert_eq!(lab.status().load.as_deref(), Some("5.1.0.1024"));
    assert!(lab.asked.is_empty(), "nothing was fetched: {:?}", lab.asked);
}

fn uploaded(running: &str, image_version: &str) -> Lab {
    let model = Model::find("6867i").unwrap();
    let spec = AastraSpec { model, page: Spelling::find("upload").unwrap(), load: Some(running.into()), ..broken() };
    let mut lab = waiting(spec);
    let part = "--XX\r\nContent-Disposition: form-data; name=\"firmware\"; filename=\"6867i.st\"\r\n\r\n";
    let body = [part.as_bytes(), &image("6867i", image_version), b"\r\n--XX--\r\n"].concat();
    let head = "POST /upload.cgi HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=XX\r\n";
    let request = [format!("{head}Content-Length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat();
    let conn = lab.connect();
    lab.segment(conn, &request);
    lab.run_for(600);
    lab
}

#[test]
fn a_step_that_is_left_out_is_refused_and_one_kills_the_phone() {
    assert_eq!(uploaded("4.3.0.1077", "6.3.0.1020").status().load, None);
    assert_eq!(uploaded("5.1.0.1024", "6.3.0.1020").status().load.as_deref(), Some("6.3.0.1020"));
    let mut dead = uploaded("4.1.0.128", "6.0.0.368");
    assert_eq!((dead.status().state, dead.status().bricked), ("dead", true));
    dead.give(Input::Power(false));
    dead.power_on();
    dead.run_for(600);
    assert_eq!(dead.status().state, "dead");
    assert_eq!(uploaded("4.1.0.128", "4.3.0.1077").status().load.as_deref(), Some("4.3.0.1077"));
}

#[test]
fn what_is_stored_in_the_phone_goes_with_recovery_or_stays() {
    for (keeps, password) in [(false, "401"), (true, "200")] {
        let local = [("admin password".to_owned(), "98765".to_owned())].into();
        let mut lab = waiting(AastraSpec { local, recovery_keeps_local: keeps, ..broken() });
        lab.post("/webrecovery.html", &plain("57i.st", &SERVER.to_string(), ""));
        lab.run_to_state("idle");
        let old = "GET / HTTP/1.0\r\nAuthorization: Basic YWRtaW46OTg3NjU=\r\n\r\n";
        assert_eq!(lab.request(old).0.to_string(), password);
    }
}
