//! dnsmasq: DHCP and TFTP, with and without `log-dhcp`.
//!
//! A file is named by its path on the server's disk, and only when all of it was sent.

use proto::Mac;
use proto::text::escape_short;

use super::{Said, address_in, name, number};

/// Reads what follows `dnsmasq…[id]:`.
pub(super) fn read(program: &str, rest: &str) -> Option<Said> {
    match program {
        "dnsmasq-dhcp" => Some(dhcp(rest).unwrap_or(Said::Nothing)),
        "dnsmasq-tftp" => Some(tftp(rest).unwrap_or(Said::Nothing)),
        // Names that were looked up are not a part of the story yet.
        _ => Some(Said::Nothing),
    }
}

fn dhcp(rest: &str) -> Option<Said> {
    // With `log-dhcp` every line begins with the number of the client's message.
    let (id, rest) = match rest.split_once(' ') {
        Some((id, after)) if id.bytes().all(|b| b.is_ascii_digit()) => (id.parse().ok(), after.trim_start()),
        _ => (None, rest),
    };
    let text = |t: &str| Some(escape_short(t.trim().as_bytes(), 128));
    if let (Some(id), Some(class)) = (id, rest.strip_prefix("vendor class: ")) {
        return Some(Said::Client { id, vendor_class: text(class), host_name: None });
    }
    if let (Some(id), Some(host)) = (id, rest.strip_prefix("client provides name: ")) {
        return Some(Said::Client { id, vendor_class: None, host_name: text(host) });
    }
    let (kind, after) = rest.split_once('(')?;
    let (_, after) = after.split_once(") ")?;
    let mut words = after.split_whitespace();
    // An address stands before the MAC where there is one.
    let first = words.next()?;
    let (address, mac): (_, Mac) = match first.parse().ok() {
        Some(address) => (Some(address), words.next()?.parse().ok()?),
        None => (None, first.parse().ok()?),
    };
    Some(match kind {
        "DHCPDISCOVER" => Said::Dhcp { mac, kind: "Discover", id },
        "DHCPREQUEST" => Said::Dhcp { mac, kind: "Request", id },
        "DHCPINFORM" => Said::Dhcp { mac, kind: "Inform", id },
        "DHCPDECLINE" => Said::Dhcp { mac, kind: "Decline", id },
        "DHCPRELEASE" => Said::Dhcp { mac, kind: "Release", id },
        "DHCPOFFER" => Said::Offered { mac: Some(mac), address: address? },
        "DHCPACK" => Said::Gave { mac: Some(mac), address },
        "DHCPNAK" => Said::Nak { mac },
        _ => Said::Nothing,
    })
}

fn tftp(rest: &str) -> Option<Said> {
    let key = None;
    if let Some((file, to)) = rest.strip_prefix("sent ").and_then(|r| r.rsplit_once(" to ")) {
        return Some(Said::Sent { to: address_in(to), name: Some(name(file)), key, bytes: 0, repeats: 0 });
    }
    if let Some((file, to)) = rest.strip_prefix("failed sending ").and_then(|r| r.rsplit_once(" to ")) {
        let why = "the server gave it up".to_owned();
        return Some(Said::Failed { to: address_in(to), name: Some(name(file)), key, why });
    }
    if let Some((file, to)) = rest.strip_prefix("file ").and_then(|r| r.rsplit_once(" not found for ")) {
        let why = "the server did not find it".to_owned();
        return Some(Said::Refused { to: address_in(to), name: Some(name(file)), key, code: "RB210", why });
    }
    if let Some((file, why)) = rest.strip_prefix("cannot access ").and_then(|r| r.rsplit_once(": ")) {
        let why = format!("the server may not read it: {}", name(why));
        return Some(Said::Refused { to: None, name: Some(name(file)), key, code: "RB215", why });
    }
    // `error 0 TEXT received from 10.0.0.9`: the phone's own word.
    let (words, from) = rest.strip_prefix("error ").and_then(|r| r.rsplit_once(" received from "))?;
    number(words)?;
    let why = format!("the phone said \"{}\"", name(words.trim_start_matches(|c: char| c.is_ascii_digit())));
    Some(Said::Failed { to: address_in(from), name: None, key, why })
}
