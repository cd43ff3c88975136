//! The server over real sockets: what is answered, what is turned away, what reaches the loop.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use bench::{Bench, Command, Config, Input, Observation, Seen, View};
use profile::Profiles;
use proto::{Mac, Time};

use super::{Desk, Listening, api, demo, listen, spawn};
use crate::io::clock::Clock;
use crate::io::message::{Mailbox, Message};
use crate::io::shown::{Screens, Shown};

const PHONE: Mac = Mac([0x00, 0x11, 0xbb, 0, 0, 1]);

/// A site without a bench behind it: what it shows is put there, what it says is looked at.
struct Site {
    address: SocketAddr,
    shown: Shown,
    said: Receiver<Message>,
    state: PathBuf,
    _server: crate::io::tcp_server::Server,
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.state);
    }
}

impl Site {
    fn open(web: &str) -> (Site, Option<String>) {
        let listening: Listening = listen::listen(Some(web.parse().unwrap())).unwrap();
        let token = listening.token.clone();
        let address = listening.listener.local_addr().unwrap();
        let state = std::env::temp_dir().join(format!("ringback-web-{}-{}", std::process::id(), address.port()));
        let (mailbox, said, _bell) = Mailbox::new().unwrap();
        let shown: Shown = Arc::new(Screens::default());
        let desk = Desk {
            shown: Arc::clone(&shown),
            mailbox,
            profiles: Arc::new(Profiles::built_in().0),
            state: state.clone(),
            clock: Clock::start(),
            demo: None,
            adding: Arc::default(),
        };
        let server = spawn(listening, desk, (Ipv4Addr::new(10, 179, 40, 1), 24)).unwrap();
        (Site { address, shown, said, state, _server: server }, token)
    }

    /// With a phone that says these things of itself.
    fn with_phone(host_name: &str) -> Site {
        let (site, _) = Site::open("127.0.0.1:0");
        site.shown.show(view(host_name), false);
        site
    }

    fn ask(&self, request: &str, body: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.address.port())).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let has_host = request.to_ascii_lowercase().contains("\nhost:");
        let host = if has_host { String::new() } else { format!("Host: 127.0.0.1:{}\r\n", self.address.port()) };
        let head = format!("{request}\r\n{host}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).unwrap();
        // A server that has answered already may have hung up.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        (status, answer)
    }

    fn get(&self, path: &str) -> (u16, String) {
        self.ask(&format!("GET {path} HTTP/1.1"), b"")
    }

    fn post(&self, path: &str, json: &str) -> (u16, String) {
        self.ask(&format!("POST {path} HTTP/1.1\r\nContent-Type: application/json"), json.as_bytes())
    }

    fn command(&self) -> Option<Command> {
        match self.said.try_recv() {
            Ok(Message::Command(command)) => Some(command),
            _ => None,
        }
    }
}

fn view(host_name: &str) -> View {
    view_after(host_name, Vec::new())
}

/// A 7965 that calls itself so, after more observations of it.
fn view_after(host_name: &str, more: Vec<Seen>) -> View {
    let mut config = Config::new(Ipv4Addr::new(10, 179, 40, 1), 24);
    config.iface = "test0".into();
    let mut bench = Bench::new(Time::ZERO, config, Profiles::built_in().0, Vec::new());
    bench.handle_input(Time::ZERO, Input::Shelf(Vec::new()));
    let (profiles, mut state) = (Profiles::built_in().0, bench.state().clone());
    let platform = "Cisco IP Phone 7965".to_owned();
    let story = [
        Seen::Cdp { device_id: String::new(), platform, version: "SCCP45.9-4-2SR1-1S".into(), port: String::new() },
        Seen::Dhcp {
            kind: "Discover".into(),
            vendor_class: None,
            wants: vec![],
            host_name: Some(host_name.into()),
            address: None,
        },
    ];
    for (n, seen) in (state.n + 1..).zip(story.into_iter().chain(more)) {
        state.apply(&profiles, &Observation { n, at: Time::from_secs(n), phone: Some(PHONE), seen });
    }
    View::of_state(&state, &profiles, Time::from_secs(60))
}

#[test]
fn every_page_and_every_operation_is_answered_and_guarded() {
    let site = Site::with_phone("SEP0011BB000001");
    for path in
        ["/", "/phones/00:11:bb:00:00:01", "/shelf", "/ledger", "/help", "/ledger/export.csv", "/assets/ringback.js"]
    {
        let (status, answer) = site.get(path);
        assert_eq!(status, 200, "{path}");
        assert!(
            answer.contains("content-security-policy: default-src 'none'; style-src 'self'; script-src 'self'"),
            "{path}"
        );
        assert!(
            answer.contains("x-frame-options: DENY") && answer.contains("x-content-type-options: nosniff"),
            "{path}"
        );
    }
    for operation in api::OPERATIONS.iter().filter(|o| o.id() != "events") {
        let path = operation.path.replace("{mac}", &PHONE.to_string()).replace("{name}", "notes.txt");
        let (status, answer) = match operation.method {
            "get" => site.get(&path),
            method => {
                site.ask(&format!("{} {path} HTTP/1.1\r\nContent-Type: application/json", method.to_uppercase()), b"{}")
            }
        };
        assert!(!matches!(status, 0 | 404 | 405 | 500), "{path}: {answer}");
        assert!(answer.contains("content-security-policy"), "{path}");
    }
    for path in ["/demo/phone", "/demo/phones", "/nothing", "/assets/..%2fmod.rs", "/ledger/1/2"] {
        assert_eq!(site.get(path).0, 404, "{path}");
    }
    assert_eq!(site.post("/demo/act", r#"{"act":"power","on":true}"#).0, 404);
}

#[test]
fn what_a_phone_calls_itself_is_text() {
    let site = Site::with_phone("<img src=x onerror=alert(1)>\"'&");
    for path in ["/", "/phones/0011bb000001"] {
        let (_, page) = site.get(path);
        assert!(!page.contains("<img") && page.contains("&#60;img src=x onerror=alert(1)&#62;"), "{page}");
    }
    let (_, ledger) = site.get("/ledger?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E");
    assert!(!ledger.contains("<script>alert"), "{ledger}");
}

#[test]
fn other_names_and_other_sites_are_turned_away_before_anything_happens() {
    let site = Site::with_phone("a");
    let port = site.address.port();
    assert_eq!(site.ask(&format!("GET / HTTP/1.1\r\nHost: rebound.example:{port}"), b"").0, 421);
    let path = format!("/api/v1/phones/{PHONE}/allow");
    let cross = format!("POST {path} HTTP/1.1\r\nOrigin: http://evil.example\r\nContent-Type: text/plain");
    let (status, answer) = site.ask(&cross, b"");
    assert_eq!((status, answer.contains("RB572")), (403, true), "{answer}");
    let cross = format!("PUT /api/v1/shelf/x.bin HTTP/1.1\r\nOrigin: http://localhost:{port}");
    assert_eq!(site.ask(&cross, b"x").0, 403);
    assert_eq!(site.command(), None);
    assert_eq!(site.post(&path, "{}").0, 202);
    assert_eq!(site.command(), Some(Command::Allow { phone: PHONE }));
}

#[test]
fn what_erases_is_begun_only_when_that_is_agreed_to() {
    let site = Site::with_phone("a");
    let path = format!("/api/v1/phones/{PHONE}/start");
    for body in [r#"{"procedure":"full-wipe"}"#, r#"{"procedure":"full-wipe","erase":"settings"}"#] {
        let (status, answer) = site.post(&path, body);
        assert_eq!((status, answer.contains("RB577")), (409, true), "{answer}");
    }
    assert_eq!(site.post(&path, r#"{"procedure":"no-such"}"#).0, 409);
    assert_eq!(site.post(&path, r#"{"colour":"grey"}"#).0, 400);
    assert_eq!(site.post("/api/v1/phones/00:11:bb:00:00:77/start", "{}").0, 404);
    assert_eq!(site.post(&format!("/api/v1/phones/{PHONE}/confirm"), "{}").0, 409, "nothing runs");
    assert_eq!(site.command(), None);
    assert_eq!(site.post(&path, r#"{"procedure":"full-wipe","erase":"firmware"}"#).0, 202);
    let start = Command::Start { phone: PHONE, procedure: Some("full-wipe".into()), to: None };
    assert_eq!(site.command(), Some(start));
    // The same from a form without a script: back to the page.
    let form = format!("POST /phones/{PHONE}/start HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded");
    assert_eq!(site.ask(&form, b"procedure=full-wipe&erase=firmware").0, 303);
}

#[test]
fn an_approval_is_taken_with_name_and_reason_when_it_is_asked_for() {
    let site = Site::with_phone("a");
    let path = format!("/api/v1/phones/{PHONE}/approve");
    let whole = r#"{"who":" Mr Jones ","why":"returned"}"#;
    assert_eq!(site.post(&path, whole).0, 409, "nobody asks");
    let ask = serde_json::json!({ "ask": "confirm-wipe", "confirm": false, "approval": true });
    let story = vec![
        Seen::ProcedureStarted {
            id: "full-wipe".into(),
            title: "Wipe".into(),
            target: None,
            rungs: vec![],
            steps: vec!["approval".into()],
        },
        Seen::StepBegan {
            id: "approval".into(),
            say: "Say who approved it, and why.".into(),
            why: "It erases.".into(),
            until: None,
            ask: Some(serde_json::from_value(ask).unwrap()),
        },
    ];
    site.shown.show(view_after("a", story), false);
    let (_, page) = site.get("/");
    assert!(page.contains("name=\"who\"") && page.contains("name=\"why\""), "{page}");
    for half in [r#"{"who":"Mr Jones"}"#, r#"{"who":" ","why":"returned"}"#, "{}"] {
        let (status, answer) = site.post(&path, half);
        assert_eq!((status, answer.contains("RB574")), (400, true), "{answer}");
    }
    assert_eq!(site.post(&path, r#"{"who":"a","why":"b","step":"keys.7"}"#).0, 409, "another step was on the page");
    let cross = format!(
        "POST /phones/{PHONE}/approve HTTP/1.1\r\nOrigin: http://evil.example\r\nContent-Type: application/x-www-form-urlencoded"
    );
    assert_eq!(site.ask(&cross, b"who=a&why=b").0, 403);
    assert_eq!(site.command(), None);
    assert_eq!(site.post(&path, whole).0, 202);
    let approve = Command::Approve { phone: PHONE, who: "Mr Jones".into(), why: "returned".into() };
    assert_eq!(site.command(), Some(approve));
}

#[test]
fn a_name_is_given_a_file_that_the_shelf_has_and_no_other() {
    let site = Site::with_phone("a");
    let from = Ipv4Addr::new(10, 179, 40, 20);
    let asked =
        |name: &str| Seen::FileAsked { via: bench::observe::Via::Tftp, name: name.into(), from, user_agent: None };
    let refused = |name: &str| Seen::FileRefused { name: name.into(), code: "RB210".into(), why: "not here".into() };
    let story = vec![asked("<odd>.bin"), refused("<odd>.bin")];
    let mut shown = view_after("a", story);
    shown.files = Arc::new(vec!["jar45sccp.9-4-2TH1-1.sbn".to_owned()]);
    site.shown.show(shown, false);
    let (_, page) = site.get("/");
    assert!(page.contains("<option>&#60;odd&#62;.bin</option>"), "{page}");
    let path = format!("/phones/{PHONE}/map");
    let form = format!("POST {path} HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded");
    assert_eq!(site.ask(&form, b"asked=odd.bin&file=none.sbn").0, 409);
    assert_eq!(site.ask(&form, b"asked=odd.bin&file=").0, 400);
    let cross = format!("{form}\r\nOrigin: http://evil.example");
    assert_eq!(site.ask(&cross, b"asked=odd.bin&file=JAR45sccp.9-4-2TH1-1.sbn").0, 403);
    assert_eq!(site.command(), None);
    assert_eq!(site.ask(&form, b"asked=odd.bin&file=JAR45sccp.9-4-2TH1-1.sbn").0, 303);
    let map = Command::Map { phone: PHONE, asked: "odd.bin".into(), file: "jar45sccp.9-4-2TH1-1.sbn".into() };
    assert_eq!(site.command(), Some(map));
}

#[test]
fn elsewhere_nothing_is_shown_without_the_token() {
    let (site, token) = Site::open("0.0.0.0:0");
    let token = token.unwrap();
    for path in ["/", "/api/v1/view", "/assets/ringback.css", "/live?page=bench"] {
        assert_eq!(site.get(path).0, 401, "{path}");
    }
    let (status, welcome) = site.get(&format!("/?token={token}"));
    assert_eq!((status, welcome.contains("SameSite=Strict") && welcome.contains("HttpOnly")), (303, true), "{welcome}");
    assert_eq!(site.ask(&format!("GET /help HTTP/1.1\r\nCookie: ringback={token}"), b"").0, 200);
    assert_eq!(site.ask(&format!("GET /api/v1/codes HTTP/1.1\r\nAuthorization: Bearer {token}"), b"").0, 200);
}

#[test]
fn an_upload_goes_to_the_shelf_and_one_that_is_too_large_is_not_even_read() {
    let site = Site::with_phone("a");
    let load = sim::firmware::LoadSpec::released("45", sim::firmware::Protocol::Sccp, sim::firmware::R9_4_2SR1, 2_000);
    let image = sim::firmware::load_set(&load).into_iter().find(|f| f.0.ends_with(".sbn"));
    let (name, bytes) = image.unwrap();
    let (status, answer) = site.ask(&format!("PUT /api/v1/shelf/{name} HTTP/1.1"), &bytes);
    assert_eq!((status, answer.contains(&format!("\"new\":[\"{name}\"]"))), (200, true), "{answer}");
    assert!(site.get("/api/v1/shelf").1.contains(&name));
    let (status, answer) = site.ask("PUT /api/v1/shelf/notes.txt HTTP/1.1", b"only words");
    assert_eq!((status, answer.contains("RB249")), (200, true), "{answer}");
    assert!(!site.get("/api/v1/shelf").1.contains("notes.txt"), "what is no firmware stays out");
    assert!(!site.state.join("incoming").exists());
    let mut stream = TcpStream::connect(site.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head =
        format!("PUT /api/v1/shelf/x.zip HTTP/1.1\r\nHost: {}\r\nContent-Length: 99999999999\r\n\r\n", site.address);
    stream.write_all(head.as_bytes()).unwrap();
    let mut first = String::new();
    BufReader::new(stream).read_line(&mut first).unwrap();
    assert!(first.contains("413"), "{first}");
    for name in ["..%2fescape", "%2e%2e", ".hidden", "a%5cb"] {
        assert!(matches!(site.ask(&format!("PUT /api/v1/shelf/{name} HTTP/1.1"), b"x").0, 400 | 404), "{name}");
    }
}

#[test]
fn who_follows_the_events_gets_what_it_missed_and_then_what_comes() {
    let site = Site::with_phone("a");
    let seen = |n| Observation { n, at: Time::from_secs(n), phone: None, seen: Seen::Link { up: n % 2 == 0 } };
    (1..=5).for_each(|n| site.shown.observed(&seen(n)));
    let mut stream = TcpStream::connect(site.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "GET /api/v1/events HTTP/1.1\r\nHost: {}\r\nLast-Event-ID: 3\r\n\r\n", site.address).unwrap();
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let mut next = || lines.by_ref().find_map(|l| l.strip_prefix("id: ").map(str::to_owned));
    assert_eq!((next().as_deref(), next().as_deref()), (Some("4"), Some("5")));
    site.shown.observed(&seen(6));
    assert_eq!(next().as_deref(), Some("6"));
}

#[test]
fn the_live_stream_sends_everything_once_and_then_only_what_changed() {
    let site = Site::with_phone("first");
    let mut stream = TcpStream::connect(site.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "GET /live?page=bench HTTP/1.1\r\nHost: {}\r\n\r\n", site.address).unwrap();
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let mut next = || {
        let data = lines.by_ref().find_map(|l| l.strip_prefix("data: ").map(str::to_owned)).unwrap();
        serde_json::from_str::<serde_json::Value>(&data).unwrap()
    };
    let all = next();
    assert_eq!(all["order"][0], "p-0011bb000001");
    assert!(all["set"]["f-now"].is_string() && all["set"]["f-wire"].is_string());
    site.shown.show(view("second"), false);
    let changed = next();
    assert!(changed["set"]["f-known"].as_str().unwrap().contains("second"), "{changed}");
    assert!(changed["set"]["f-wire"].is_null() && changed["order"].is_null(), "{changed}");
    site.shown.show(view("second"), true);
    assert_eq!(next()["ended"], true);
}

#[test]
fn a_demos_hands_say_what_is_done_and_show_what_is_seen() {
    let (deeds, done) = std::sync::mpsc::channel();
    let hands = demo::Hands::new(deeds);
    hands.show(Vec::new());
    let deed: demo::Deed = serde_json::from_str(r##"{"act":"key","key":"#","down":true}"##).unwrap();
    assert_eq!(deed.act, demo::Act::Key { key: sim::Key::Hash, down: true });
    drop((hands, done));
}
