//! The driver against pages that differ in everything but what they want, each served as strictly as a boot
//! loader would: one segment, a GET first, no field too many.

#![allow(clippy::unwrap_used, reason = "a test's own helpers")]

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use proto::Time;

use super::*;

const PHONE: Ipv4Addr = Ipv4Addr::new(169, 254, 168, 234);
const BENCH: Ipv4Addr = Ipv4Addr::new(169, 254, 168, 233);

/// What a page's server wants before it fetches.
struct Server {
    /// Pages by path.
    pages: BTreeMap<&'static str, &'static str>,
    /// The form's target and its method.
    target: (&'static str, &'static str),
    /// Exactly these values, in any order.
    wants: &'static [(&'static str, &'static str)],
    /// What it says when it got them.
    says: &'static str,
    /// What it says when it got something else.
    refuses: &'static str,
    /// Whether it takes the form only after a refused GET of the target.
    stubborn: bool,
    provoked: bool,
    got_page: bool,
    asks: bool,
    log: Vec<String>,
}

const REFUSES: &str = "HTTP/1.0 200 OK\r\nContent-Type: text/html;\r\n\r\n<html><body>Invalid Parameters</body></html>";
const DOWNLOADS: &str =
    "HTTP/1.0 200 OK\r\nContent-Type: text/html;\r\n\r\n<html><body>Firmware Downloading..Please Wait</body></html>";

impl Server {
    fn new(page: &'static str, target: &'static str, wants: &'static [(&'static str, &'static str)]) -> Server {
        Server {
            pages: BTreeMap::from([("/", page)]),
            target: ("POST", target),
            wants,
            says: DOWNLOADS,
            refuses: REFUSES,
            stubborn: false,
            provoked: false,
            got_page: false,
            asks: false,
            log: Vec::new(),
        }
    }

    /// One connection, one segment.
    fn takes(&mut self, segment: &[u8]) -> String {
        let text = String::from_utf8_lossy(segment).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let line = head.lines().next().unwrap_or_default().to_owned();
        self.log.push(line.clone());
        let mut words = line.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let (wanted_method, target) = self.target;
        if method == "GET"
            && query.is_empty()
            && path == target
            && wanted_method == "POST"
            && !self.pages.contains_key(path)
        {
            self.provoked = true;
            return "HTTP/1.0 405 Method Not Allowed\r\n\r\n405 Method not supported".to_owned();
        }
        if method == "GET" && query.is_empty() {
            self.got_page = true;
            return match self.pages.get(path) {
                Some(page) => format!(
                    "HTTP/1.0 200 OK\r\nContent-Length: {}\r\nContent-Type: text/html;\r\n\r\n{page}",
                    page.len()
                ),
                None => "HTTP/1.0 404 Not Found\r\n\r\nnot found".to_owned(),
            };
        }
        assert!(segment.len() < 1_400, "{} bytes are no single segment", segment.len());
        assert!(!head.contains("Expect") && !head.contains("chunked"), "{head}");
        let length = head.lines().find_map(|l| l.strip_prefix("Content-Length: ")).and_then(|l| l.parse().ok());
        if method == "POST" && length != Some(body.len()) {
            return self.refuses.to_owned();
        }
        let values = if method == "POST" { body } else { query };
        let mut got: Vec<(String, String)> = values
            .split('&')
            .filter_map(|p| p.split_once('='))
            .map(|(n, v)| (n.replace('+', " "), v.replace('+', " ")))
            .collect();
        let mut wants: Vec<(String, String)> =
            self.wants.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        got.sort();
        wants.sort();
        let good = self.got_page && method == wanted_method && path == target && got == wants;
        if good && (!self.stubborn || self.provoked) {
            self.asks = self.says == DOWNLOADS;
            return self.says.to_owned();
        }
        self.refuses.to_owned()
    }
}

fn goal() -> Goal {
    Goal {
        page: SocketAddrV4::new(PHONE, 80),
        server: BENCH,
        file: "57i.st".to_owned(),
        size: 3_000_000,
        protocols: vec![Protocol::Tftp, Protocol::Http, Protocol::Ftp],
        patience: Duration::from_secs(30),
        seed: 7,
        only_look: false,
    }
}

/// Drives it to its end: how it ended, and every attempt.
fn drive(server: &mut Server) -> (Ended, Vec<Tried>) {
    let mut now = Time::ZERO;
    let mut driver = Driver::new(now, goal());
    let mut tried = Vec::new();
    for _ in 0..500 {
        match driver.poll() {
            Some(Step::Exchange(exchange)) => {
                let answer = server.takes(&exchange.bytes);
                driver.answered(now, answer.as_bytes(), End::Closed);
                if std::mem::take(&mut server.asks) {
                    driver.file_asked(now);
                }
            }
            Some(Step::Tried(one)) => tried.push(one),
            Some(Step::Found(_)) => {}
            Some(Step::Ended(ended)) => return (ended, tried),
            None => {
                now = driver.poll_timeout().expect("it waits for something").0;
                driver.handle_timeout(now);
            }
        }
    }
    panic!("it does not end: {:#?}", server.log);
}

#[track_caller]
fn accepted(mut server: Server) -> Vec<Tried> {
    let (ended, tried) = drive(&mut server);
    assert!(matches!(ended, Ended::Accepted { uploaded: false, .. }), "{ended:?}\n{tried:#?}\n{:#?}", server.log);
    tried
}

const TFTP_WANTS: &[(&str, &str)] = &[("fn", "57i.st"), ("s", "169.254.168.233"), ("p", "")];

#[test]
fn a_table_with_labels() {
    let page = "<html><head><title>Aastra 57i</title></head><body><form action=\"/dl.html\" method=\"post\"><table>\
        <tr><td>Filename</td><td><input type=text name=fn value=\"\"></td></tr>\
        <tr><th colspan=2>TFTP</th></tr>\
        <tr><td>TFTP Server</td><td><input type=text name=s></td></tr>\
        <tr><td>TFTP Path</td><td><input type=text name=p value=\"/old\"></td></tr>\
        </table><input type=submit name=go value=\"Download Firmware\"></form></body></html>";
    let tried = accepted(Server::new(page, "/dl.html", TFTP_WANTS));
    assert_eq!(tried.len(), 1, "the first way is taken: {tried:#?}");
}

#[test]
fn no_labels_but_names_that_speak() {
    let page = "<FORM METHOD=POST ACTION=fw.cgi><INPUT NAME=protocol TYPE=hidden VALUE=TFTP>\
        <INPUT NAME=fwfile><INPUT NAME=tftpserv VALUE=0.0.0.0><INPUT NAME=tftppath VALUE=x>\
        <INPUT NAME=ftpserv VALUE=10.1.1.1><INPUT NAME=ftppath><INPUT NAME=ftpuser VALUE=u><INPUT NAME=ftppass VALUE=p>\
        <INPUT TYPE=SUBMIT VALUE=OK></FORM>";
    accepted(Server::new(
        page,
        "/fw.cgi",
        &[
            ("protocol", "TFTP"),
            ("fwfile", "57i.st"),
            ("tftpserv", "169.254.168.233"),
            ("tftppath", ""),
            ("ftpserv", "10.1.1.1"),
            ("ftppath", ""),
            ("ftpuser", "u"),
            ("ftppass", "p"),
        ],
    ));
}

#[test]
fn unclosed_tags_and_radio_buttons() {
    let page = "<h1>Web Recovery<p>firmware<form method=post action=/x><input type=radio name=m value=0>TFTP\
        <input type=radio name=m value=1 checked>FTP<br>Server <input name=a1><br>File name <input name=a2>\
        <br>Path <input name=a3><br><input type=submit name=b value=Go>";
    accepted(Server::new(page, "/x", &[("m", "0"), ("a1", "169.254.168.233"), ("a2", "57i.st"), ("a3", "")]));
}

#[test]
fn a_form_by_get() {
    let page = "<form action='/recover'>Protocol <select name=proto><option value=ftp selected>FTP<option value=tftp>TFTP\
        </select> IP address <input name=ip> Firmware file <input name=file></form>";
    let mut server = Server::new(page, "/recover", &[("proto", "tftp"), ("ip", "169.254.168.233"), ("file", "57i.st")]);
    server.target = ("GET", "/recover");
    accepted(server);
}

#[test]
fn the_form_in_a_frame_of_a_frame() {
    let page = "<frameset rows='20%,*'><frame src=top.html><frame src='m/main.html'></frameset>";
    let main = "<html><body><form method=post action=../go.html><label for=x>Image</label><input id=x name=fn>\
        <label for=y>TFTP host</label><input id=y name=s><input name=p value='' title='Path'></form>";
    let mut server = Server::new(page, "/go.html", TFTP_WANTS);
    server.pages.insert("/top.html", "<h1>Aastra</h1>");
    server.pages.insert("/m/main.html", main);
    accepted(server);
}

#[test]
fn a_button_that_has_to_be_pressed() {
    let page = "<form method=post action=/x>File <input name=fn><br>TFTP Server <input name=s><br>Path <input name=p><br>\
        <input type=submit name=go value='Start Download'><input type=submit name=no value=Cancel></form>";
    let wants = &[("fn", "57i.st"), ("s", "169.254.168.233"), ("p", ""), ("go", "Start Download")];
    let tried = accepted(Server::new(page, "/x", wants));
    assert_eq!(tried.iter().map(|t| t.verdict).collect::<Vec<_>>(), [Verdict::InvalidParameters, Verdict::Accepted]);
}

#[test]
fn a_server_that_wants_to_refuse_a_get_first() {
    let page =
        "<form method=post action=/x>File <input name=fn><br>Server <input name=s><br>Path <input name=p></form>";
    let mut server = Server::new(page, "/x", TFTP_WANTS);
    server.stubborn = true;
    let tried = accepted(server);
    assert!(tried.last().is_some_and(|t| t.way.contains("after a GET")), "{tried:#?}");
}

#[test]
fn two_hundred_with_words_that_say_no() {
    let page = "<form method=post action=/x>File <input name=fn> Server <input name=s> Path <input name=p></form>\
        <p>If it says Download failed, press the button again.";
    let mut server = Server::new(page, "/x", TFTP_WANTS);
    server.says = "HTTP/1.0 200 OK\r\n\r\n<html>Firmware Download Failed</html>";
    let (ended, tried) = drive(&mut server);
    assert_eq!(ended, Ended::DownloadFailed, "{tried:#?}");
    assert_eq!(tried.len(), 3, "one way for each protocol, since the form is understood: {tried:#?}");
}

#[test]
fn a_page_that_takes_nothing_ends_with_its_words() {
    let page = "<form method=post action=/x>File <input name=fn> Server <input name=s></form>";
    let (ended, tried) = drive(&mut Server::new(page, "/x", &[("never", "")]));
    assert!(matches!(&ended, Ended::Refused { why } if why.contains("Invalid Parameters")), "{ended:?}");
    assert!(tried.len() <= 16, "{}", tried.len());
}

#[test]
fn a_phone_that_says_yes_and_asks_nobody() {
    let page = "<form method=post action=/x>File <input name=fn> TFTP Server <input name=s> Path <input name=p></form>";
    let mut server = Server::new(page, "/x", TFTP_WANTS);
    server.says = "HTTP/1.0 200 OK\r\n\r\nFirmware Downloading..Please  Wait.";
    assert_eq!(drive(&mut server).0, Ended::NotAsked);
}

#[test]
fn what_runs_wants_a_password_and_is_left_alone() {
    let mut driver = Driver::new(Time::ZERO, goal());
    driver.handle_timeout(Time::ZERO);
    assert!(matches!(driver.poll(), Some(Step::Exchange(_))));
    let answer =
        b"HTTP/1.1 401 Unauthorized\r\nServer: Aragorn\r\nWWW-Authenticate: Basic realm=\"Aastra 6757i\"\r\n\r\n";
    driver.answered(Time::ZERO, answer, End::Closed);
    assert_eq!(driver.poll(), Some(Step::Ended(Ended::NotInRecovery { realm: Some("Aastra 6757i".to_owned()) })));
}

#[test]
fn nobody_there_is_knocked_at_for_a_while() {
    let mut now = Time::ZERO;
    let mut driver = Driver::new(now, goal());
    let mut knocks = 0;
    let ended = loop {
        match driver.poll() {
            Some(Step::Exchange(_)) => {
                knocks += 1;
                driver.answered(now, b"", End::NotReached("no route".to_owned()));
            }
            Some(Step::Ended(ended)) => break ended,
            Some(_) => {}
            None => {
                now = driver.poll_timeout().unwrap().0;
                driver.handle_timeout(now);
            }
        }
    };
    assert_eq!(ended, Ended::Unreachable { why: "no route".to_owned() });
    assert!((8..=12).contains(&knocks), "{knocks}");
}

#[test]
fn a_page_that_takes_the_file_itself() {
    let page = "<form method=post enctype='multipart/form-data' action=/up><input type=hidden name=k value=1>\
        Select firmware <input type=file name=newfile><input type=submit name=s value=Upload></form>";
    let mut now = Time::ZERO;
    let mut driver = Driver::new(now, Goal { file: "6867i.st".to_owned(), ..goal() });
    let mut sent = None;
    let ended = loop {
        match driver.poll() {
            Some(Step::Exchange(exchange)) => match exchange.behind {
                Some(behind) => {
                    sent = Some((exchange.bytes.clone(), behind));
                    driver.answered(now, b"HTTP/1.0 200 OK\r\n\r\nUpgrading. Please wait", End::Closed);
                }
                None => driver.answered(now, page.as_bytes(), End::Closed),
            },
            Some(Step::Ended(ended)) => break ended,
            Some(_) => {}
            None => {
                now = driver.poll_timeout().unwrap().0;
                driver.handle_timeout(now);
            }
        }
    };
    assert!(matches!(ended, Ended::Accepted { uploaded: true, .. }), "{ended:?}");
    let (head, behind) = sent.unwrap();
    let text = String::from_utf8(head).unwrap();
    let (top, before) = text.split_once("\r\n\r\n").unwrap();
    let length: u64 = top.lines().find_map(|l| l.strip_prefix("Content-Length: ")).unwrap().parse().unwrap();
    assert_eq!(length, before.len() as u64 + 3_000_000 + behind.len() as u64);
    assert!(text.contains("name=\"newfile\"; filename=\"6867i.st\""), "{text}");
    assert!(!top.contains("Expect"), "{top}");
}

#[test]
fn a_page_without_end_or_sense_ends_it() {
    for page in ["<form>".repeat(50_000), "<frame src=/a><frame src=/b>".repeat(5_000), "\0".repeat(300_000)] {
        let mut now = Time::ZERO;
        let mut driver = Driver::new(now, goal());
        let mut exchanges = 0;
        loop {
            match driver.poll() {
                Some(Step::Exchange(_)) => {
                    exchanges += 1;
                    driver.answered(now, page.as_bytes(), End::CutOff("too long".to_owned()));
                }
                Some(Step::Ended(ended)) => {
                    assert!(matches!(ended, Ended::NoForm { .. }), "{ended:?}");
                    break;
                }
                Some(_) => {}
                None => {
                    now = driver.poll_timeout().unwrap().0;
                    driver.handle_timeout(now);
                }
            }
        }
        assert!(exchanges <= 8, "{exchanges}");
    }
}
