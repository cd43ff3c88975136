//! Tftpd32 and Tftpd64: the log window, pasted.
//!
//! A request takes two lines (who connected, which file), the outcome names only the file or nothing at all.

use super::{Said, address_in, between, name, number};

/// Reads a line; `None` when it is none of this server's.
pub(super) fn read(text: &str) -> Option<Said> {
    if let Some(rest) = text.strip_prefix("Rcvd DHCP ") {
        let kind = match rest.split(' ').next()? {
            "Discover" => "Discover",
            "Rqst" | "Request" => "Request",
            "Inform" => "Inform",
            "release" | "Release" => "Release",
            _ => return Some(Said::Nothing),
        };
        let mac = rest.split_once("Mac ").and_then(|(_, m)| m.split(' ').next()?.parse().ok())?;
        return Some(Said::Dhcp { mac, kind, id: None });
    }
    if let Some(rest) = text.strip_prefix("DHCP: proposed address ") {
        return Some(Said::Offered { mac: None, address: address_in(rest)? });
    }
    if text.starts_with("Previously allocated address") {
        return Some(Said::Gave { mac: None, address: address_in(before_stamp(text)) });
    }
    if let Some(rest) = text.strip_prefix("Connection received from ") {
        return Some(Said::From { address: address_in(rest)? });
    }
    if let Some(file) = between(text, "Read request for file <", ">") {
        return Some(Said::Asked { from: None, name: name(file), key: None, told_at_end: true });
    }
    if let Some(rest) = text.strip_prefix('<')
        && let Some((file, rest)) = rest.split_once(">: sent ")
    {
        let bytes = rest.split(", ").nth(1).and_then(number).unwrap_or(0);
        let repeats = rest.split(". ").nth(1).and_then(number).unwrap_or(0);
        return Some(Said::Sent { to: None, name: Some(name(file)), key: None, bytes, repeats });
    }
    if let Some(rest) = text.strip_prefix("File <")
        && let Some((file, rest)) = rest.split_once('>')
    {
        return Some(error(name(file), rest));
    }
    if let Some(words) = between(text, "Peer returns ERROR <", ">") {
        let why = format!("the phone said \"{}\"", name(words));
        return Some(Said::Failed { to: None, name: None, key: None, why });
    }
    if text.starts_with("TIMEOUT waiting for") || text.starts_with("TIMEOUT while") {
        let why = "the phone stopped acknowledging".to_owned();
        return Some(Said::Failed { to: None, name: None, key: None, why });
    }
    let idle =
        ["OACK: <", "Using local port", "Client requested address", "Write request for file <", "DHCP: ", "Listening "];
    let known = idle.iter().any(|i| text.starts_with(i)) || text.contains("Request 2 not processed");
    known.then_some(Said::Nothing)
}

/// `: error 2 in system call CreateFile …`: the numbers are Windows' own.
fn error(file: String, rest: &str) -> Said {
    let code = rest.split_once("error ").and_then(|(_, r)| number(r)).unwrap_or(0);
    let (to, key, file) = (None, None, Some(file));
    let why = format!(
        "the server said{}",
        super::name(before_stamp(rest).trim_start_matches(" :")).replacen("error", " error", 1)
    );
    match code {
        // Not found: the file, its folder; a name that cannot be one.
        2 | 3 | 123 => Said::Refused { to, name: file, key, code: "RB210", why },
        5 | 32 => Said::Refused { to, name: file, key, code: "RB215", why },
        _ => Said::Failed { to, name: file, key, why },
    }
}

/// The text without `[22/11 06:10:11.123]` at its end.
fn before_stamp(text: &str) -> &str {
    text.rsplit_once('[').filter(|(_, stamp)| stamp.ends_with(']')).map_or(text, |(before, _)| before.trim_end())
}
