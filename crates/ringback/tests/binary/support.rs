//! What the tests of the real program need: the program itself, networks of their own, stock clients.
//!
//! Nothing waits for a fixed time: every wait ends with what it waits for, or fails at its deadline with
//! everything that was said until then. Whatever a test began is ended when its guard goes.

use std::fmt::Write as _;
use std::io::{BufRead, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fd::AsFd;
use socket2::{Domain, Protocol, Socket, Type};

/// Long enough for the slowest machine; no test waits for it to pass.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// `ringback` with its state in `state`.
pub(crate) fn ringback(state: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringback"));
    command.env("RINGBACK_STATE", state).env("COLUMNS", "100").stdin(Stdio::null());
    command
}

/// Says loudly, past the harness, that this test did not run; where skipping is forbidden it fails.
pub(crate) fn skip(why: &str) {
    let name = thread::current().name().unwrap_or("?").to_owned();
    assert!(std::env::var_os("RINGBACK_FORBID_SKIPS").is_none(), "{name} must not be skipped here: {why}");
    let _ = writeln!(std::io::stderr(), "skipped: {why} [{name}]");
}

/// Says past the harness what is different on this computer, where nothing is left out for it.
pub(crate) fn note(what: &str) {
    let name = thread::current().name().unwrap_or("?").to_owned();
    let _ = writeln!(std::io::stderr(), "note: {what} [{name}]");
}

/// Says a figure past the harness, which keeps back what a passing test prints, so that it can be quoted.
pub(crate) fn measured(what: &str) {
    let _ = writeln!(std::io::stderr(), "measured: {what}");
}

/// Whether these programs are here; says so when not.
pub(crate) fn have(tools: &[&str]) -> bool {
    let missing: Vec<&str> = tools.iter().copied().filter(|t| which(t).is_none()).collect();
    if !missing.is_empty() {
        skip(&format!("needs {}", missing.join(", ")));
    }
    missing.is_empty()
}

/// Where a program is.
pub(crate) fn which(tool: &str) -> Option<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    path.split(':').chain(["/usr/sbin", "/sbin"]).map(|d| Path::new(d).join(tool)).find(|p| p.is_file())
}

/// A folder of one test, removed with everything in it.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Scratch {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("rbi-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// A folder in it.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    /// A file in it.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// A script in it that `sh` runs.
    pub(crate) fn script(&self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.file(name, format!("#!/bin/sh\n{text}\n"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A program that runs beside the test, with everything that it says.
pub(crate) struct Running {
    child: Child,
    said: Arc<(Mutex<Vec<String>>, Condvar)>,
    readers: Vec<thread::JoinHandle<()>>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Running {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
        let said = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let out: Box<dyn Read + Send> = Box::new(child.stdout.take().unwrap());
        let err: Box<dyn Read + Send> = Box::new(child.stderr.take().unwrap());
        let readers = [out, err].map(|stream| {
            let said = Arc::clone(&said);
            thread::spawn(move || {
                for line in std::io::BufReader::new(stream).split(b'\n') {
                    let Ok(line) = line else { return };
                    said.0.lock().unwrap().push(String::from_utf8_lossy(&line).into_owned());
                    said.1.notify_all();
                }
            })
        });
        Running { child, said, readers: readers.into() }
    }

    /// Waits for a line that has all these words, and answers it.
    #[track_caller]
    pub(crate) fn line(&self, words: &[&str]) -> String {
        self.line_within(SOON, words)
    }

    #[track_caller]
    pub(crate) fn line_within(&self, span: Duration, words: &[&str]) -> String {
        let end = Instant::now() + span;
        let mut said = self.said.0.lock().unwrap();
        let mut read = 0;
        loop {
            if let Some(line) = said[read..].iter().find(|l| words.iter().all(|w| l.contains(w))) {
                return line.clone();
            }
            read = said.len();
            let left = end.saturating_duration_since(Instant::now());
            // Looked at before the last lines are: a program that has ended says nothing more.
            let ended = self.readers.iter().all(thread::JoinHandle::is_finished) && said.len() == read;
            assert!(!left.is_zero() && !ended, "no line with {words:?} in:\n{}", said.join("\n"));
            said = self.said.1.wait_timeout(said, left.min(Duration::from_millis(200))).unwrap().0;
        }
    }

    /// Everything said until now.
    pub(crate) fn text(&self) -> String {
        self.said.0.lock().unwrap().join("\n")
    }

    /// Waits for its end: how it ended, and all that it said.
    #[track_caller]
    pub(crate) fn end_within(&mut self, span: Duration) -> (ExitStatus, String) {
        let child = &mut self.child;
        let mut status = None;
        let ended = until(span, || {
            status = child.try_wait().unwrap();
            status.is_some()
        });
        assert!(ended, "it still runs:\n{}", self.text());
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        (status.unwrap(), self.text())
    }

    /// Asks it to stop, as Ctrl-C does, and waits for its end.
    #[track_caller]
    pub(crate) fn stop(&mut self) -> (ExitStatus, String) {
        self.signal(rustix::process::Signal::INT);
        self.end_within(SOON)
    }

    /// Ends it on the spot (`kill -9`).
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks until it is so; false at the deadline.
pub(crate) fn until(span: Duration, mut so: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + span;
    loop {
        if so() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Runs a command to its end, at most `SOON`: its status and everything it said.
#[track_caller]
pub(crate) fn run(command: Command) -> (ExitStatus, String) {
    Running::start(command).end_within(SOON)
}

/// Network namespaces on one wire, deleted when the test ends.
pub(crate) struct Net {
    names: Vec<String>,
}

/// The interface that every namespace has.
pub(crate) fn iface(name: &str) -> String {
    // Unique on this computer: some DHCP clients keep files named after it.
    name.replace("rbi-", "rb").replace('-', "")
}

impl Net {
    /// Two stations on one cable; none (and the reason is said) where that cannot be made.
    pub(crate) fn pair() -> Option<Net> {
        let net = Net::empty(&["a", "b"])?;
        let (a, b) = (net.at(0), net.at(1));
        ip(&format!("link add {} netns {a} type veth peer name {} netns {b}", iface(a), iface(b)));
        for name in [a, b] {
            ip(&format!("-n {name} link set {} up", iface(name)));
            ip(&format!("-n {name} link set lo up"));
        }
        Some(net)
    }

    /// Three stations on one switch.
    pub(crate) fn three() -> Option<Net> {
        let net = Net::empty(&["a", "b", "c", "s"])?;
        let switch = net.at(3);
        ip(&format!("-n {switch} link add br0 type bridge"));
        ip(&format!("-n {switch} link set br0 up"));
        for (at, name) in net.names.iter().take(3).enumerate() {
            ip(&format!("link add {} netns {name} type veth peer name p{at} netns {switch}", iface(name)));
            ip(&format!("-n {switch} link set p{at} master br0 up"));
            ip(&format!("-n {name} link set {} up", iface(name)));
            ip(&format!("-n {name} link set lo up"));
        }
        Some(net)
    }

    fn empty(stations: &[&str]) -> Option<Net> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        if !have(&["ip"]) {
            return None;
        }
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut net = Net { names: Vec::new() };
        for station in stations {
            let name = format!("rbi-{}-{n}-{station}", std::process::id());
            let made = Command::new("ip").args(["netns", "add", &name]).output().unwrap();
            if !made.status.success() {
                skip(&format!("needs root for network namespaces ({})", String::from_utf8_lossy(&made.stderr).trim()));
                return None;
            }
            net.names.push(name);
        }
        Some(net)
    }

    /// The name of a namespace.
    pub(crate) fn at(&self, at: usize) -> &str {
        &self.names[at]
    }

    /// The interface of a namespace.
    pub(crate) fn iface(&self, at: usize) -> String {
        iface(self.at(at))
    }

    /// This command, in that namespace. `ip` becomes the command, so its process id is the command's.
    pub(crate) fn inside(&self, at: usize, command: &Command) -> Command {
        let mut inner = Command::new("ip");
        inner.args(["netns", "exec", self.at(at)]).arg(command.get_program()).args(command.get_args());
        for (key, value) in command.get_envs() {
            match value {
                Some(value) => inner.env(key, value),
                None => inner.env_remove(key),
            };
        }
        inner
    }

    /// The IPv4 addresses of a namespace, without the loopback's.
    pub(crate) fn addresses(&self, at: usize) -> String {
        ip(&format!("-n {} -4 -brief address show {}", self.at(at), self.iface(at)))
    }

    /// Does something in that namespace, on a thread of its own: sockets made there stay there.
    pub(crate) fn within<T: Send>(&self, at: usize, work: impl FnOnce() -> T + Send) -> T {
        let file = std::fs::File::open(Path::new("/run/netns").join(self.at(at))).unwrap();
        thread::scope(|scope| {
            let worker = scope.spawn(|| {
                let network = rustix::thread::LinkNameSpaceType::Network;
                rustix::thread::move_into_link_name_space(file.as_fd(), Some(network)).unwrap();
                work()
            });
            worker.join().unwrap()
        })
    }

    /// A UDP socket there that may broadcast, on this port of any address.
    pub(crate) fn udp(&self, at: usize, port: u16) -> std::net::UdpSocket {
        let device = self.iface(at);
        self.within(at, || {
            let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP)).unwrap();
            socket.set_reuse_address(true).unwrap();
            socket.set_broadcast(true).unwrap();
            socket.bind_device(Some(device.as_bytes())).unwrap();
            let any: std::net::SocketAddr = (std::net::Ipv4Addr::UNSPECIFIED, port).into();
            socket.bind(&any.into()).unwrap();
            socket.into()
        })
    }

    /// Hears every frame that comes to or goes from a station.
    pub(crate) fn ear(&self, at: usize) -> Ear {
        const ALL: u16 = 0x0003;
        let socket = self.within(at, || {
            let all = Protocol::from(i32::from(ALL.to_be()));
            let socket = Socket::new(Domain::PACKET, Type::RAW, Some(all)).unwrap();
            socket.set_recv_buffer_size(16 << 20).unwrap();
            socket.set_nonblocking(true).unwrap();
            socket
        });
        Ear { socket, heard: Vec::new() }
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        for name in &self.names {
            // Daemons part from the process that was started, and would outlive it. Nothing but this test's is there.
            let pids = Command::new("ip").args(["netns", "pids", name]).output();
            let pids = pids.map(|run| String::from_utf8_lossy(&run.stdout).into_owned()).unwrap_or_default();
            let own = i32::try_from(std::process::id()).unwrap_or(0);
            for pid in pids.split_whitespace().filter_map(|p| p.parse().ok()).filter(|p| *p != own) {
                if let Some(pid) = rustix::process::Pid::from_raw(pid) {
                    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
                }
            }
            let _ = Command::new("ip").args(["netns", "del", name]).output();
        }
    }
}

/// A DHCP message heard on the wire.
pub(crate) struct Heard {
    pub(crate) when: Instant,
    pub(crate) message: proto::dhcp::Message,
}

/// Hears DHCP on a wire.
pub(crate) struct Ear {
    socket: Socket,
    heard: Vec<Heard>,
}

impl Ear {
    /// Every DHCP reply heard until now.
    pub(crate) fn replies(&mut self) -> Vec<&Heard> {
        self.of(proto::dhcp::packet::BOOTREPLY)
    }

    /// How many DHCP requests were heard until now.
    pub(crate) fn requests(&mut self) -> usize {
        self.of(proto::dhcp::packet::BOOTREQUEST).len()
    }

    fn of(&mut self, op: u8) -> Vec<&Heard> {
        let mut buf = [0u8; 4_096];
        while let Ok(len) = (&self.socket).read(&mut buf) {
            let Ok(frame) = proto::ethernet::Frame::parse(&buf[..len]) else { continue };
            let Ok(datagram) = proto::ethernet::UdpDatagram::parse(&frame) else { continue };
            if ![67, 68].contains(&datagram.src.port()) {
                continue;
            }
            let Ok(message) = proto::dhcp::Message::parse(datagram.payload) else { continue };
            self.heard.push(Heard { when: Instant::now(), message });
        }
        self.heard.iter().filter(|h| h.message.op == op).collect()
    }
}

/// `ip` with these words; fails the test when `ip` fails.
#[track_caller]
pub(crate) fn ip(words: &str) -> String {
    let run = Command::new("ip").args(words.split_whitespace()).output().unwrap();
    assert!(run.status.success(), "ip {words}: {}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8_lossy(&run.stdout).into_owned()
}

/// Bytes that look like nothing, the same every time.
pub(crate) fn noise(len: usize) -> Vec<u8> {
    let mut x = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        x.to_le_bytes()
    };
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        bytes.extend(next());
    }
    bytes.truncate(len);
    bytes
}

/// SHA-256 in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().fold(String::new(), |mut text, b| {
        let _ = write!(text, "{b:02x}");
        text
    })
}
