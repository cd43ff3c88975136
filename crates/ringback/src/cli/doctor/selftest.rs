//! The self-test: this program twice on a cable made in software, as the bench and as a phone.
//!
//! It has a network of its own; what it shows is that program, rights and kernel do what they must. The real cable,
//! its firewall rules and its other servers are looked at by the other checks.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use bench::journal::{self, Line};
use bench::{Seen, Via};

use super::{Check, How};
use crate::host::namespace::{ENDS, with_cable};
use crate::host::ports::{Protocol, owners};

/// A phone that starts twenty times as fast needs a few seconds.
const PATIENCE: Duration = Duration::from_secs(40);
const MAC: &str = "00:11:bb:00:00:01";

/// What came through.
#[derive(Debug, Default)]
struct Through {
    serves: bool,
    address: Option<Ipv4Addr>,
    server: Option<Ipv4Addr>,
    /// Files that arrived whole, by TFTP.
    files: Vec<String>,
    registered: Option<String>,
    open: Vec<&'static str>,
    http: Option<String>,
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
    let _phone = Command::new(exe)
        .args(["simulate", "--iface", far, "--mac", MAC, "--load", "SCCP45.9-4-2SR1-1S", "--faster", "20"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(Running)?;
    through.until(&lines, end, |t| t.address.is_some() && !t.files.is_empty());
    through.look_at_ports();
    through.ask_by_http();
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
            Seen::BenchStarted { server, .. } => self.server = Some(server),
            Seen::ServingBegan => self.serves = true,
            Seen::DhcpBound { address } => self.address = Some(address),
            Seen::FileDone { name, .. } => self.files.push(name),
            Seen::Registered { protocol, .. } => self.registered = Some(protocol),
            _ => {}
        }
    }

    fn look_at_ports(&mut self) {
        let services = [
            (Protocol::Udp, 67, "DHCP"),
            (Protocol::Udp, 69, "TFTP"),
            (Protocol::Tcp, 80, "HTTP"),
            (Protocol::Udp, 53, "DNS"),
            (Protocol::Udp, 123, "NTP"),
            (Protocol::Udp, 514, "syslog"),
            (Protocol::Udp, 5060, "SIP"),
            (Protocol::Tcp, 2000, "SCCP"),
        ];
        let open = |(protocol, port, _): &(Protocol, u16, &str)| owners(*protocol, *port).is_ok_and(|o| !o.is_empty());
        self.open = services.iter().filter(|s| open(s)).map(|s| s.2).collect();
    }

    /// From this computer itself, which is no phone: the bench takes the question and answers nothing.
    fn ask_by_http(&mut self) {
        let Some(server) = self.server else { return };
        let ask = || -> std::io::Result<()> {
            let to = SocketAddr::from((server, 80));
            let mut stream = TcpStream::connect_timeout(&to, Duration::from_secs(5))?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            stream.write_all(b"GET /XMLDefault.cnf.xml HTTP/1.0\r\n\r\n")?;
            let mut answer = Vec::new();
            match stream.take(1_024).read_to_end(&mut answer) {
                Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset => Err(error),
                _ => Ok(()),
            }
        };
        self.http = Some(ask().map_or_else(|e| format!("HTTP does not answer: {e}"), |()| String::new()));
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
        let Some(file) = self.files.first() else {
            return vec![bad(format!(
                "a simulated phone got the address {address}, and no file by {}",
                Via::Tftp.name()
            ))];
        };
        let registered = self.registered.as_ref().map_or_else(String::new, |p| format!(", registered by {p}"));
        let says = format!(
            "on a cable of its own a simulated phone got the address {address} and {file} by TFTP{registered}; open: {}",
            self.open.join(", ")
        );
        let mut checks = vec![Check::good("self-test", says)];
        if let Some(trouble) = self.http.as_ref().filter(|t| !t.is_empty()) {
            checks.push(bad(trouble.clone()));
        }
        checks
    }
}
