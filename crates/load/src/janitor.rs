//! Cleaning up, whatever happens: a second process that waits until the first one is gone.
//!
//! It holds the reading end of a pipe whose writing end only the load program has. That end closes
//! on a normal end, an error, Ctrl-C and a kill alike; then the janitor ends every process in the
//! server's namespace (all of which the load program started), deletes both namespaces and the
//! temporary folder. It sits in a process group of its own, so that Ctrl-C does not reach it.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use rustix::process::{Pid, Signal, kill_process};

/// What is to be cleaned up.
#[derive(Args)]
pub(crate) struct JanitorArgs {
    /// The namespace in which every process is ended.
    #[arg(long)]
    server_ns: String,
    /// The other namespace.
    #[arg(long)]
    client_ns: String,
    /// The folder to remove.
    #[arg(long)]
    folder: PathBuf,
}

/// The janitor, seen from the load program.
pub(crate) struct Janitor {
    child: Child,
}

impl Janitor {
    /// Starts it; it waits from now on.
    pub(crate) fn start(server_ns: &str, client_ns: &str, folder: &Path) -> Result<Janitor> {
        let child = Command::new("/proc/self/exe")
            .args(["janitor", "--server-ns", server_ns, "--client-ns", client_ns, "--folder"])
            .arg(folder)
            .stdin(Stdio::piped())
            .process_group(0)
            .spawn()
            .context("starting the janitor")?;
        Ok(Janitor { child })
    }
}

impl Drop for Janitor {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Waits for the end of the load program, then cleans up.
pub(crate) fn run(args: &JanitorArgs) {
    let mut rest = Vec::new();
    let _ = std::io::stdin().read_to_end(&mut rest);
    end_all_in(&args.server_ns);
    for ns in [&args.server_ns, &args.client_ns] {
        let _ = Command::new("ip").args(["netns", "del", ns]).stderr(Stdio::null()).status();
    }
    let _ = std::fs::remove_dir_all(&args.folder);
}

/// Ends every process in a namespace of ours.
pub(crate) fn end_all_in(ns: &str) {
    // A server that forks may be in the middle of it: a few rounds until none is left.
    for _ in 0..50 {
        let Ok(found) = Command::new("ip").args(["netns", "pids", ns]).stderr(Stdio::null()).output() else { return };
        let pids: Vec<Pid> = String::from_utf8_lossy(&found.stdout)
            .split_whitespace()
            .filter_map(|word| word.parse().ok().and_then(Pid::from_raw))
            .collect();
        if pids.is_empty() {
            return;
        }
        for pid in pids {
            let _ = kill_process(pid, Signal::KILL);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
