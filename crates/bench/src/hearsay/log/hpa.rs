//! tftpd-hpa, and other daemons of that descent, in syslog (`-v`).
//!
//! A process of its own serves each request, and says nothing when all went well.

use super::{Said, address_in, name};

/// Reads what follows `in.tftpd[id]:`.
pub(super) fn read(id: Option<u64>, rest: &str) -> Option<Said> {
    if let Some((from, file)) = rest.strip_prefix("RRQ from ").and_then(|r| r.split_once(" filename ")) {
        // `filename a remapped to b`: the first is what was asked for.
        let file = file.split_once(" remapped to ").map_or(file, |(asked, _)| asked);
        return Some(Said::Asked { from: address_in(from), name: name(file), key: id, told_at_end: false });
    }
    if let Some((what, to)) = rest.strip_prefix("sending NAK (").and_then(|r| r.rsplit_once(") to ")) {
        let (number, words) = what.split_once(", ").unwrap_or((what, ""));
        let code = match number {
            "1" => "RB210",
            "2" => "RB211",
            "4" => "RB214",
            _ => "RB215",
        };
        let why = format!("the server said \"{}\"", name(words));
        return Some(Said::Refused { to: address_in(to), name: None, key: id, code, why });
    }
    // Newer relatives name the client and the outcome.
    if let Some(client) = rest.strip_prefix("Client ") {
        let to = address_in(client);
        if let Some((_, file)) = client.split_once(" finished ") {
            return Some(Said::Sent { to, name: Some(name(file)), key: id, bytes: 0, repeats: 0 });
        }
        if let Some((_, file)) = client.split_once(" File not found ") {
            let why = "the server did not find it".to_owned();
            return Some(Said::Refused { to, name: Some(name(file)), key: id, code: "RB210", why });
        }
        if client.contains(" timed out") {
            let why = "the phone stopped acknowledging".to_owned();
            return Some(Said::Failed { to, name: None, key: id, why });
        }
    }
    if rest.contains("read(ack)") || rest.contains("timeout") {
        let why = format!("the server said \"{}\"", name(rest));
        return Some(Said::Failed { to: None, name: None, key: id, why });
    }
    Some(Said::Nothing)
}
