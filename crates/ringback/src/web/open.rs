//! Shows the page on this desktop, if there is one and a person sits at it.

use std::io::IsTerminal;
use std::process::{Command, Stdio};

/// Opens `url` in the person's own browser. Never over ssh, never without a desktop, never for a pipe.
pub(crate) fn open(url: &str) {
    let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    let desktop = (set("DISPLAY") || set("WAYLAND_DISPLAY")) && !set("SSH_CONNECTION") && !set("SSH_TTY");
    if !desktop || !std::io::stdout().is_terminal() {
        return;
    }
    let mut command = Command::new("xdg-open");
    command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // With sudo the desktop is another person's: a browser of root's would be dangerous, and most refuse.
    let number = |name: &str| std::env::var(name).ok().and_then(|v| v.parse::<u32>().ok());
    if let (Some(uid), Some(gid)) = (number("SUDO_UID"), number("SUDO_GID")) {
        use std::os::unix::process::CommandExt;
        command.uid(uid).gid(gid);
    } else if rustix::process::geteuid().is_root() {
        return;
    }
    // Without that program the address stands on the terminal.
    if let Ok(mut child) = command.spawn() {
        let _ = std::thread::Builder::new().name("open".to_owned()).spawn(move || child.wait());
    }
}
