//! Programs that look after interfaces by themselves, and the line that tells each to leave one alone.
//!
//! From what they keep in `/run` and from the processes there are; only NetworkManager is asked by its own tool.
//! Nothing is changed.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// A program that may take an interface's address away, or ask for one there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Manager {
    /// Its name.
    pub(crate) name: String,
    /// What it does with the interface.
    pub(crate) what: String,
    /// The line that makes it leave the interface alone.
    pub(crate) remedy: String,
}

/// Those that look after this interface.
pub(crate) fn of(iface: &str, index: u32) -> Vec<Manager> {
    let mut found = Vec::new();
    let processes = processes(Path::new("/proc"));
    if processes.iter().any(|p| p.0 == "NetworkManager") {
        found.extend(network_manager(iface, &nmcli(iface)));
    }
    let link = Path::new("/run/systemd/netif/links").join(index.to_string());
    found.extend(fs::read_to_string(link).ok().and_then(|text| networkd(iface, &text)));
    found.extend(processes.iter().filter_map(|(name, words)| client(iface, name, words)));
    found.dedup();
    found
}

/// `nmcli`'s answer: `100 (connected)`, `10 (unmanaged)`; empty when it cannot be asked.
fn network_manager(iface: &str, state: &str) -> Option<Manager> {
    let number: u32 = state.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0);
    let what = match number {
        // Unmanaged, or of no use to it.
        10 | 20 => return None,
        0 => "it runs, and cannot be asked about this interface",
        _ => "it looks after this interface",
    };
    Some(Manager {
        name: "NetworkManager".to_owned(),
        what: what.to_owned(),
        remedy: format!("sudo nmcli device set {iface} managed no"),
    })
}

/// systemd-networkd's file about a link.
fn networkd(iface: &str, text: &str) -> Option<Manager> {
    let state = text.lines().find_map(|l| l.strip_prefix("ADMIN_STATE="))?;
    (!matches!(state, "unmanaged" | "initialized" | "pending")).then(|| Manager {
        name: "systemd-networkd".to_owned(),
        what: format!("it looks after this interface ({})", proto::text::escape_short(state.as_bytes(), 40)),
        remedy: format!(
            "printf '[Match]\\nName={iface}\\n[Link]\\nUnmanaged=yes\\n' | sudo tee \
             /run/systemd/network/00-{iface}.network && sudo networkctl reload"
        ),
    })
}

/// A DHCP client that was started for this interface, or for all.
fn client(iface: &str, name: &str, words: &[String]) -> Option<Manager> {
    if !matches!(name, "dhclient" | "dhcpcd" | "udhcpc" | "connmand" | "wickedd") {
        return None;
    }
    let names_one = words.iter().any(|w| w == iface);
    let for_all = matches!(name, "connmand" | "wickedd") || (name == "dhcpcd" && words.len() <= 2);
    (names_one || for_all).then(|| Manager {
        name: name.to_owned(),
        what: "it asks for an address there".to_owned(),
        remedy: format!("sudo systemctl stop {name}, or sudo pkill -x {name}; start it again afterwards"),
    })
}

fn nmcli(iface: &str) -> String {
    let asked =
        Command::new("nmcli").args(["-g", "GENERAL.STATE", "device", "show", iface]).stdin(Stdio::null()).output();
    asked
        .ok()
        .filter(|o| o.status.success())
        .map(|o| String::from_utf8_lossy(&o.stdout).into_owned())
        .unwrap_or_default()
}

/// Name and words of every process that is in this thread's network: those of containers look after others.
fn processes(proc: &Path) -> Vec<(String, Vec<String>)> {
    let Ok(entries) = fs::read_dir(proc) else { return Vec::new() };
    let own = fs::read_link(proc.join("thread-self/ns/net")).ok();
    // What may not be looked at is somebody's who has more rights, so most likely the system's own.
    let is_here = |path: &Path| fs::read_link(path.join("ns/net")).ok().is_none_or(|net| own.as_ref() == Some(&net));
    let is_process =
        |path: &Path| path.file_name().is_some_and(|n| n.as_encoded_bytes().iter().all(u8::is_ascii_digit));
    entries
        .flatten()
        .map(|e| e.path())
        .filter(|p| is_process(p) && is_here(p))
        .filter_map(|path| {
            let name = fs::read_to_string(path.join("comm")).ok()?.trim().to_owned();
            let words = fs::read(path.join("cmdline")).unwrap_or_default();
            let words = words.split(|b| *b == 0).filter(|w| !w.is_empty());
            Some((name, words.map(|w| String::from_utf8_lossy(w).into_owned()).collect()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networkmanager_is_told_only_where_it_looks_after_the_interface() {
        assert_eq!(network_manager("eth1", "10 (unmanaged)\n"), None);
        assert!(
            network_manager("eth1", "100 (connected)").unwrap().remedy.contains("nmcli device set eth1 managed no")
        );
        assert!(network_manager("eth1", "").unwrap().what.contains("cannot be asked"));
    }

    #[test]
    fn networkd_says_what_it_manages() {
        let text = |state: &str| format!("# private\nADMIN_STATE={state}\nOPER_STATE=carrier\n");
        assert_eq!(networkd("eth1", &text("unmanaged")), None);
        assert!(networkd("eth1", &text("configured")).unwrap().remedy.contains("Unmanaged=yes"));
        assert_eq!(networkd("eth1", ""), None);
    }

    #[test]
    fn clients_are_told_by_their_words() {
        let words = |w: &[&str]| w.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        assert!(client("eth1", "dhclient", &words(&["dhclient", "-4", "eth1"])).is_some());
        assert!(client("eth1", "dhclient", &words(&["dhclient", "eth0"])).is_none());
        assert!(client("eth1", "dhcpcd", &words(&["dhcpcd"])).is_some());
        assert!(client("eth1", "sshd", &words(&["sshd", "eth1"])).is_none());
        assert!(!processes(Path::new("/proc")).is_empty());
    }
}
