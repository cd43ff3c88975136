//! atftpd, in syslog or a file of its own.
//!
//! Usually it names each request and no outcome; with `--verbose=6` also what was not found, with 7 the good ends.

use super::{Said, address_in, between, name};

/// Reads what follows `atftpd[id]:`.
pub(super) fn read(id: Option<u64>, rest: &str) -> Option<Said> {
    if let Some((file, to)) = rest.strip_prefix("Serving ").and_then(|r| r.rsplit_once(" to ")) {
        return Some(Said::Asked { from: address_in(to), name: name(file), key: id, told_at_end: true });
    }
    if let Some(file) = rest.strip_prefix("File ").and_then(|r| r.strip_suffix(" not found")) {
        let why = "the server did not find it".to_owned();
        return Some(Said::Refused { to: None, name: Some(name(file)), key: id, code: "RB210", why });
    }
    if rest == "End of transfer" {
        return Some(Said::Sent { to: None, name: None, key: id, bytes: 0, repeats: 0 });
    }
    if let Some(words) = between(rest, "received ERROR <", ">") {
        let why = format!("the phone said \"{}\"", name(words));
        return Some(Said::Failed { to: None, name: None, key: id, why });
    }
    if rest.starts_with("client (") && rest.ends_with("not responding") {
        let why = "the phone stopped acknowledging".to_owned();
        return Some(Said::Failed { to: address_in(rest), name: None, key: id, why });
    }
    Some(Said::Nothing)
}
