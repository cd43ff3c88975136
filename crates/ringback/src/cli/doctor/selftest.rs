//! The self-test: this program on both ends of a cable made in software, as the bench and as two phones.
//!
//! It has a network of its own; what it shows is that program, rights and kernel do what they must. A port of the
//! computer cannot hear itself: the real cable, its firewall rules and its other servers are looked at by the other
//! checks.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use bench::journal::{self, Line};
use bench::{Seen, Via};

use super::{Check, How};
use crate::host::namespace::{ENDS, with_cable};

/// Phones that start twenty times as fast need a few seconds.
const PATIENCE: Duration = Duration::from_secs(60);
/// Who plays: model, address, load. Together they use everything in [`NEEDED`].
const PHONES: [(&str, &str, &str); 2] =
    [("7965", "00:11:bb:00:00:01", "SCCP45.9-4-2SR1-1S"), ("T46G", "00:15:65:00:00:01", "28.83.0.120")];
/// What has to be answered, as far as a phone can tell.
const NEEDED: [&str; 8] = ["DHCP", "TFTP", "HTTP", "HTTPS", "DNS", "NTP", "SIP", "SCCP"];

/// What came through.
#[derive(Debug, Default)]
struct Through {
    serves: bool,
    address: Option<Ipv4Addr>,
    /// Files asked for by TFTP, and one of them that arrived whole.
    asked: BTreeSet<String>,
    file: Option<String>,
    /// Requests by HTTP; who asks again has had an answer.
    http: u32,
    /// Services that answered a phone.
    used: BTreeSet<&'static str>,
    said: Vec<String>,
}

/// Ends what was begun, whatever happens.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(super) fn play() -> Vec<Check> {
    let exe = match std::env::current_exe() {
        Ok(exe) => exe,
        Err(error) => return vec![Check::of("self-test", How::Unknown, "RB517", error.to_string())],
    };
    let state = std::env::temp_dir().join(format!("ringback-doctor-{}", std::process::id()));
    let through = with_cable(|| between(&exe, &state));
    let _ = std::fs::remove_dir_all(&state);
    let through = match through {
        Ok(Ok(through)) => through,
        Ok(Err(error)) => return vec![Check::of("self-test", How::Bad, "RB516", format!("it broke off: {error}"))],
        Err(error) => {
            let says = format!("a network of its own cannot be made for it: {error}");
            return vec![Check::of("self-test", How::Unknown, "RB517", says).remedy("sudo ringback doctor")];
        }
    };
    through.checks()
}

/// In the namespace: the bench on one end, the phone on the other.
fn between(exe: &std::path::Path, state: &std::path::Path) -> std::io::Result<Through> {
    let [near, far] = ENDS;
    let mut bench = Command::new(exe)
        .args(["run", "--iface", near, "--json", "--probe-seconds", "1", "--state"])
        .arg(state)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map(Running)?;
    let lines = lines_of(&mut bench.0);
    let mut through = Through::default();
    let end = Instant::now() + PATIENCE;
    through.until(&lines, end, |t| t.serves);
    if !through.serves {
        return Ok(through);
    }
    let mut phones = Vec::new();
    for (model, mac, load) in PHONES {
        let phone = Command::new(exe)
            .args(["simulate", "--iface", far, "--model", model, "--mac", mac, "--load", load, "--faster", "20"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        phones.push(Running(phone));
    }
    through.until(&lines, end, |t| t.missing().is_empty());
    Ok(through)
}

fn lines_of(child: &mut Child) -> Receiver<String> {
    let (send, receive) = channel();
    let pipes: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|p| Box::new(p) as Box<dyn Read + Send>),
        child.stderr.take().map(|p| Box::new(p) as Box<dyn Read + Send>),
    ];
    for pipe in pipes.into_iter().flatten() {
        let send = send.clone();
        // Ends with the program that it listens to.
        let _ = std::thread::Builder::new().name("self-test".to_owned()).spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
    }
    receive
}

impl Through {
    fn until(&mut self, lines: &Receiver<String>, end: Instant, done: impl Fn(&Through) -> bool) {
        while !done(self) {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(line) = lines.recv_timeout(left) else { return };
            match journal::read(&line) {
                Line::Observation(observation) => self.see(observation.seen),
                // What the program says to people.
                _ if self.said.len() < 20 => self.said.push(proto::text::escape_short(line.as_bytes(), 200)),
                _ => {}
            }
        }
    }

    fn see(&mut self, seen: Seen) {
        match seen {
            Seen::ServingBegan => self.serves = true,
            Seen::DhcpBound { address } => {
                self.address = Some(address);
                self.used.insert("DHCP");
            }
            Seen::FileAsked { via: Via::Http, .. } => {
                self.http += 1;
                if self.http > 1 {
                    self.used.insert("HTTP");
                }
            }
            Seen::FileAsked { via: Via::Tftp, name, .. } => drop(self.asked.insert(name)),
            Seen::FileDone { name, .. } if self.asked.contains(&name) => {
                self.file.get_or_insert(name);
                self.used.insert("TFTP");
            }
            // The phone trusts nobody here; that it said so shows that TLS is spoken.
            Seen::TlsRefused { .. } => drop(self.used.insert("HTTPS")),
            Seen::NameAsked { answer: Some(_), .. } => drop(self.used.insert("DNS")),
            Seen::TimeTold => drop(self.used.insert("NTP")),
            Seen::PnpTold { .. } => drop(self.used.insert("SIP")),
            Seen::Registered { protocol, .. } if protocol == "sccp" => drop(self.used.insert("SCCP")),
            _ => {}
        }
    }

    /// What no phone could use.
    fn missing(&self) -> Vec<&'static str> {
        NEEDED.into_iter().filter(|service| !self.used.contains(service)).collect()
    }

    fn checks(&self) -> Vec<Check> {
        let bad = |says: String| {
            let check = Check::of("self-test", How::Bad, "RB516", says);
            self.said.iter().fold(check, |check, line| check.remedy(line))
        };
        if !self.serves {
            return vec![bad("the bench did not begin to serve on a cable of its own".to_owned())];
        }
        let Some(address) = self.address else {
            return vec![bad("a simulated phone got no address".to_owned())];
        };
        let missing = self.missing();
        if !missing.is_empty() {
            return vec![bad(format!("a simulated phone got the address {address}; not used: {}", missing.join(", ")))];
        }
        let file = self.file.as_deref().unwrap_or_default();
        let says = format!(
            "on a cable of its own two simulated phones got addresses (one {address}), {file} by TFTP, and used {}",
            NEEDED.join(", ")
        );
        vec![Check::good("self-test", says)]
    }
}
