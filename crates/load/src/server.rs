//! The servers that are compared: how each is started, seen to be ready, looked at and ended.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use clap::ValueEnum;
use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;

use crate::lab::{Lab, SERVER_IF};
use crate::procfs::{Usage, usage};
use crate::{cpus, janitor, tftp};

/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long it may be busy with itself then.
const SETTLED_BY: Duration = Duration::from_secs(10);
/// It sleeps when it took no CPU time for so long.
const LOOK: Duration = Duration::from_millis(200);
/// How long a server may take to end by itself.
const GRACE: Duration = Duration::from_secs(2);

/// A server that can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// The program all this is about.
    Ringback,
    /// Another build of it, to see what a change has brought.
    Before,
    /// dnsmasq, for files and addresses.
    Dnsmasq,
    /// `in.tftpd` of tftpd-hpa: a process for each file.
    TftpdHpa,
    /// Kea's DHCPv4 server.
    Kea,
    /// The do-nothing server of this program: what could be reached at most.
    Null,
}

/// Where programs are that are not simply installed.
#[derive(Clone, Copy)]
pub(crate) struct Builds<'a> {
    /// The program called Ringback.
    pub(crate) ringback: &'a Path,
    /// The other build of it.
    pub(crate) before: Option<&'a Path>,
}

/// What a server is started with.
pub(crate) struct Setup<'a> {
    /// Where it runs.
    pub(crate) lab: &'a Lab,
    /// Where Ringback is.
    pub(crate) builds: Builds<'a>,
    /// The folder with the files.
    pub(crate) files: &'a Path,
    /// The one file the do-nothing server serves.
    pub(crate) file: &'a str,
    /// Where it is to keep its state; fresh for every start.
    pub(crate) state: &'a Path,
}

/// How a server shows that it is ready.
enum Ready {
    /// It prints this.
    Prints(&'static str),
    /// It says nothing; it is asked for a file that does not exist.
    Answers,
}

impl Kind {
    /// Its name, as on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Ringback => "ringback",
            Kind::Before => "before",
            Kind::Dnsmasq => "dnsmasq",
            Kind::TftpdHpa => "tftpd-hpa",
            Kind::Kea => "kea",
            Kind::Null => "null",
        }
    }

    /// Its program; an error says that it is not installed, and what to do.
    pub(crate) fn program(self, builds: Builds<'_>) -> Result<PathBuf, String> {
        let (name, package) = match self {
            Kind::Ringback => return built(builds.ringback),
            Kind::Before => return built(builds.before.ok_or("no build given (see --before)")?),
            Kind::Null => return std::env::current_exe().map_err(|e| format!("where is this program? {e}")),
            Kind::Dnsmasq => ("dnsmasq", "dnsmasq"),
            Kind::TftpdHpa => ("in.tftpd", "tftpd-hpa"),
            Kind::Kea => ("kea-dhcp4", "kea-dhcp4-server"),
        };
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from));
        let found = folders.map(|folder| folder.join(name)).find(|program| program.is_file());
        found.ok_or_else(|| format!("not installed: no {name} on this machine (Debian package {package})"))
    }

    /// Whether the kernel tells what CPU time it took. What children took that it never waits for is lost.
    pub(crate) fn tells_cpu(self) -> bool {
        self != Kind::TftpdHpa
    }

    /// The first line of what it says about its version.
    pub(crate) fn version(self, program: &Path) -> String {
        let flag = match self {
            Kind::Ringback | Kind::Before | Kind::Dnsmasq | Kind::Null => "--version",
            Kind::TftpdHpa | Kind::Kea => "-V",
        };
        let said = Command::new(program).arg(flag).stdin(Stdio::null()).output();
        let said = said.map(|out| String::from_utf8_lossy(&out.stdout).lines().next().unwrap_or_default().to_owned());
        said.unwrap_or_default().split("  ").next().unwrap_or_default().to_owned()
    }

    fn ready(self) -> Ready {
        match self {
            Kind::Ringback | Kind::Before | Kind::Null => Ready::Prints("ready"),
            Kind::Dnsmasq => Ready::Prints("started, version"),
            Kind::Kea => Ready::Prints("DHCP4_STARTED"),
            Kind::TftpdHpa => Ready::Answers,
        }
    }

    fn command(self, program: &Path, setup: &Setup<'_>) -> Result<Command> {
        let mut command = setup.lab.in_server_ns(program);
        let option = |name: &str, path: &Path| format!("{name}{}", path.display());
        match self {
            Kind::Ringback | Kind::Before => {
                command.arg("serve").arg(setup.files).args(["--iface", SERVER_IF, "--ip", "10.77.0.1/16"]);
                command.args(["--pool", "10.77.1.1-10.77.254.250", "--services", "dhcp,tftp", "--any", "--no-ui"]);
                command.arg("--state").arg(setup.state);
            }
            Kind::Dnsmasq => {
                command.args(["--conf-file=/dev/null", "--keep-in-foreground", "--log-facility=-", "--port=0"]);
                command.args([
                    "--user=root",
                    "--pid-file",
                    "--no-resolv",
                    "--no-hosts",
                    "--no-poll",
                    "--bind-interfaces",
                ]);
                command.args([&format!("--interface={SERVER_IF}"), "--except-interface=lo"]);
                command.args(["--enable-tftp", "--tftp-max=2000", "--tftp-no-fail", "--quiet-tftp"]);
                command.arg(option("--tftp-root=", setup.files));
                command.args(["--dhcp-range=10.77.1.1,10.77.254.250,255.255.0.0,10m", "--no-ping", "--quiet-dhcp"]);
                command.args(["--dhcp-lease-max=65000", "--dhcp-authoritative"]);
                command.args(["--dhcp-option=66,10.77.0.1", "--dhcp-option=150,10.77.0.1"]);
                command.arg(option("--dhcp-leasefile=", &setup.state.join("leases")));
            }
            Kind::TftpdHpa => {
                command.args(["-L", "--address", "10.77.0.1:69", "--user", "root", "-s"]).arg(setup.files);
            }
            Kind::Kea => {
                let config = setup.state.join("kea.json");
                fs::write(&config, kea_config(setup.state).to_string())?;
                command.env("KEA_PIDFILE_DIR", setup.state).env("KEA_LOCKFILE_DIR", "none");
                command.arg("-c").arg(config);
            }
            Kind::Null => {
                command.args(["null-server", "--file"]).arg(setup.files.join(setup.file));
            }
        }
        Ok(command)
    }
}

fn built(path: &Path) -> Result<PathBuf, String> {
    if !path.is_file() {
        return Err(format!("not built: there is no {} (see --ringback)", path.display()));
    }
    fs::canonicalize(path).map_err(|e| format!("{}: {e}", path.display()))
}

/// Kea's configuration: leases in memory and a file, as it is delivered, and nothing said about each lease.
fn kea_config(state: &Path) -> serde_json::Value {
    let logger = |name: &str, severity: &str| serde_json::json!({"name": name, "severity": severity, "output_options": [{"output": "stdout", "flush": true}]});
    serde_json::json!({"Dhcp4": {
        "interfaces-config": {"interfaces": [SERVER_IF], "dhcp-socket-type": "raw"},
        "lease-database": {"type": "memfile", "persist": true, "name": state.join("leases.csv"), "lfc-interval": 0},
        "valid-lifetime": 600,
        "option-def": [{"name": "phone-tftp", "code": 150, "type": "ipv4-address", "array": true}],
        "option-data": [
            {"name": "tftp-server-name", "data": "10.77.0.1"},
            {"name": "phone-tftp", "data": "10.77.0.1"},
        ],
        "subnet4": [{"subnet": "10.77.0.0/16", "pools": [{"pool": "10.77.1.1-10.77.254.250"}]}],
        "loggers": [logger("kea-dhcp4", "WARN"), logger("kea-dhcp4.dhcp4", "INFO")],
    }})
}

/// A server that runs.
pub(crate) struct Server {
    child: Child,
    namespace: String,
    log: PathBuf,
    /// As it was when it was ready and nobody had asked for anything.
    pub(crate) idle: Usage,
}

impl Server {
    /// Starts it and waits until it is ready.
    pub(crate) fn start(kind: Kind, setup: &Setup<'_>) -> Result<Server> {
        let program = kind.program(setup.builds).map_err(|why| anyhow!("{}: {why}", kind.name()))?;
        let _ = fs::remove_dir_all(setup.state);
        fs::create_dir_all(setup.state)?;
        setup.lab.reset_server_side()?;
        let log = setup.lab.folder().join(format!("{}.log", kind.name()));
        let out = File::options().create(true).append(true).open(&log).context("a server's log")?;
        let before = out.metadata()?.len();
        let mut command = kind.command(&program, setup)?;
        command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out);
        let child = cpus::on_servers_side(|| command.spawn()).with_context(|| format!("starting {}", kind.name()))?;
        let namespace = setup.lab.server_ns().to_owned();
        let mut server = Server { child, namespace, log, idle: Usage::default() };
        let began = Instant::now();
        loop {
            if let Some(status) = server.child.try_wait()? {
                bail!("{} ended at once ({status}): {}", kind.name(), server.last_words());
            }
            let ready = match kind.ready() {
                Ready::Prints(words) => server.said_since(before).contains(words),
                Ready::Answers => tftp::lone::answers(),
            };
            if ready {
                break;
            }
            if began.elapsed() > PATIENCE {
                bail!("{} is not ready after {PATIENCE:?}: {}", kind.name(), server.last_words());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        server.settle();
        Ok(server)
    }

    /// Waits until it sleeps: what it still does at its start, such as probing its whole pool by ARP, is no part
    /// of what is measured.
    fn settle(&mut self) {
        let until = Instant::now() + SETTLED_BY;
        loop {
            let before = self.usage();
            std::thread::sleep(LOOK);
            self.idle = self.usage();
            if self.idle.cpu == before.cpu || Instant::now() >= until {
                return;
            }
        }
    }

    /// How it is now.
    pub(crate) fn usage(&self) -> Usage {
        usage(self.child.id())
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// An error when it does not run any more.
    pub(crate) fn still_runs(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("the server ended by itself ({status}): {}", self.last_words()),
            None => Ok(()),
        }
    }

    fn said_since(&self, offset: u64) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        let new = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..)).unwrap_or_default();
        String::from_utf8_lossy(new).into_owned()
    }

    fn last_words(&self) -> String {
        let all = self.said_since(0);
        let lines: Vec<&str> = all.lines().rev().take(5).collect();
        lines.into_iter().rev().map(|line| format!("\n    {line}")).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::TERM);
        }
        let began = Instant::now();
        while began.elapsed() < GRACE && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Children of a server that forks for each file outlive it.
        janitor::end_all_in(&self.namespace);
    }
}
