//! A network of its own for one test: its own interfaces, routes and `/sys`, gone when the test ends.
#![allow(unsafe_code, reason = "unshare(2) has no safe wrapper among our libraries")]

use std::io::Write;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::process::Command;

/// Runs `test` on a thread that has a fresh network namespace. The namespace has no name, so nothing
/// of it can be left behind. Without the rights for that it says so and does not run the test.
pub(crate) fn in_namespace(test: impl FnOnce() + Send) {
    let name = std::thread::current().name().unwrap_or("?").to_owned();
    let done = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                if let Err(why) = enter() {
                    // Past the test harness, which keeps back what a passing test prints.
                    let _ = writeln!(std::io::stderr(), "skipped: needs root and `ip` ({why}) [{name}]");
                    return;
                }
                test();
            })
            .join()
    });
    if let Err(panic) = done {
        std::panic::resume_unwind(panic);
    }
}

/// `ip` with these words; fails the test when `ip` fails.
pub(crate) fn ip(words: &str) {
    let run = Command::new("ip").args(words.split_whitespace()).output().unwrap();
    assert!(run.status.success(), "ip {words}: {}", String::from_utf8_lossy(&run.stderr));
}

/// Waits until there is something to read; a test to which nothing comes fails.
pub(crate) fn readable(socket: BorrowedFd<'_>) {
    let mut wanted = libc::pollfd { fd: socket.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: `wanted` is one valid pollfd, which lives through the call.
    let ready = unsafe { libc::poll(&raw mut wanted, 1, 10_000) };
    assert_eq!(ready, 1, "nothing came");
}

fn enter() -> Result<(), String> {
    // SAFETY: no memory is touched; only this thread moves to new namespaces.
    if unsafe { libc::unshare(libc::CLONE_NEWNET | libc::CLONE_NEWNS) } != 0 {
        return Err(std::io::Error::last_os_error().to_string());
    }
    // `/sys/class/net` shows the namespace that mounted it.
    for words in ["--make-rprivate /", "-t sysfs sysfs /sys"] {
        let run = Command::new("mount").args(words.split_whitespace()).output().map_err(|e| e.to_string())?;
        if !run.status.success() {
            return Err(String::from_utf8_lossy(&run.stderr).into_owned());
        }
    }
    Command::new("ip").arg("-V").output().map(|_| ()).map_err(|e| format!("ip: {e}"))
}
