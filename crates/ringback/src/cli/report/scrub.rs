//! Takes out of a report what it would tell about somebody's network.
//!
//! The same thing is replaced by the same stand-in everywhere, so that the story stays readable: addresses by those
//! that documents use (RFC 5737), the second half of a MAC by a number, host names, serial numbers and who approved
//! what by words. What follows a word for a secret goes altogether. Makers' parts of MACs, names of loads and versions
//! stay, though some versions look like addresses: they are the story.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use proto::Mac;
use serde_json::Value;

/// Keys whose text is replaced as a whole.
const PRIVATE: &[&str] = &["serial", "host_name", "file", "approved_by", "approved_why"];
/// Keys whose text has a version of the phone's software in it.
const VERSIONED: &[&str] = &["software", "load", "version", "user_agent", "target"];
/// Keys whose text is an address.
const ADDRESSED: &[&str] = &["address", "from", "server", "target_address"];
/// Words that a secret follows.
const SECRETS: &[&str] = &["password", "passwd", "secret", "pin=", "token", "authname", "auth_name", "community"];

/// What was replaced by what.
#[derive(Debug, Default)]
pub(super) struct Scrub {
    addresses: BTreeMap<Ipv4Addr, Ipv4Addr>,
    macs: BTreeMap<Mac, Mac>,
    words: BTreeMap<String, String>,
    /// Versions of four numbers, which are no addresses.
    versions: BTreeSet<Ipv4Addr>,
    /// Who approved something, and why, in their words.
    people: BTreeSet<String>,
}

impl Scrub {
    /// Everything in a value.
    pub(super) fn value(&mut self, value: &mut Value) {
        let (mut addresses, mut versions) = (BTreeSet::new(), BTreeSet::new());
        self.look(value, &mut addresses, &mut versions);
        self.versions.extend(versions.difference(&addresses));
        self.replace(value);
    }

    /// What is what: the same four numbers are an address in one report and a version in another.
    fn look(&mut self, value: &Value, addresses: &mut BTreeSet<Ipv4Addr>, versions: &mut BTreeSet<Ipv4Addr>) {
        match value {
            Value::Array(all) => all.iter().for_each(|v| self.look(v, addresses, versions)),
            Value::Object(fields) => {
                let is_approval = fields.get("seen").is_some_and(|s| s == "approved");
                for (key, field) in fields {
                    let Value::String(text) = field else {
                        self.look(field, addresses, versions);
                        continue;
                    };
                    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'));
                    let numbers = words.filter_map(|w| w.parse::<Ipv4Addr>().ok());
                    if ADDRESSED.contains(&key.as_str()) {
                        addresses.extend(numbers);
                    } else if VERSIONED.contains(&key.as_str()) {
                        versions.extend(numbers);
                    }
                    if is_approval && ["who", "why"].contains(&key.as_str()) && !text.is_empty() {
                        self.people.insert(text.clone());
                    }
                }
            }
            _ => {}
        }
    }

    fn replace(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(all) => all.iter_mut().for_each(|v| self.replace(v)),
            Value::Object(fields) => {
                for (key, field) in fields.iter_mut() {
                    match field {
                        Value::String(text) if PRIVATE.contains(&key.as_str()) && !text.is_empty() => {
                            *text = self.word(key, text);
                        }
                        field => self.replace(field),
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// One text: word by word, what stands between words as it is.
    fn text(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for said in self.people.clone() {
            if text.contains(&said) {
                text = text.replace(&said, &self.word("person", &said));
            }
        }
        let text = text.as_str();
        let lower = text.to_ascii_lowercase();
        if let Some(at) = SECRETS.iter().filter_map(|s| lower.find(s).map(|at| at + s.len())).min() {
            // Lower case keeps every length in ASCII, so the place is the same.
            return format!("{}[taken out]", self.text_without_secrets(text.get(..at).unwrap_or_default()));
        }
        self.text_without_secrets(text)
    }

    fn text_without_secrets(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut word = String::new();
        for c in text.chars() {
            if c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-' | '_') {
                word.push(c);
                continue;
            }
            out.push_str(&self.replaced(&word));
            word.clear();
            out.push(c);
        }
        out.push_str(&self.replaced(&word));
        out
    }

    fn replaced(&mut self, word: &str) -> String {
        let bare = word.trim_end_matches(['.', ':']);
        let tail = word.get(bare.len()..).unwrap_or_default();
        if let Ok(address) = bare.parse::<Ipv4Addr>() {
            if self.versions.contains(&address) {
                return word.to_owned();
            }
            return format!("{}{tail}", self.address(address));
        }
        // An address with a port.
        if let Some((address, port)) = bare.split_once(':')
            && let Ok(address) = address.parse::<Ipv4Addr>()
        {
            return format!("{}:{port}{tail}", self.address(address));
        }
        if bare.len() >= 12
            && let Ok(mac) = bare.parse::<Mac>()
        {
            let stand_in = self.mac(mac);
            return if bare.contains([':', '-', '.']) {
                format!("{stand_in}{tail}")
            } else {
                stand_in.bare_upper() + tail
            };
        }
        // A MAC within a name: `SEP0011BB73AD61.cnf.xml`.
        if let Some(mac) = Mac::find_in(bare) {
            let stand_in = self.mac(mac);
            return word
                .replace(&mac.bare_upper(), &stand_in.bare_upper())
                .replace(&mac.bare_lower(), &stand_in.bare_lower());
        }
        if is_host_name(bare) {
            return self.word("host", bare) + tail;
        }
        word.to_owned()
    }

    fn address(&mut self, address: Ipv4Addr) -> Ipv4Addr {
        if address.is_unspecified() || address.is_broadcast() || address.is_loopback() || address.is_multicast() {
            return address;
        }
        let n = self.addresses.len();
        *self.addresses.entry(address).or_insert_with(|| {
            let nets = [[192, 0, 2], [198, 51, 100], [203, 0, 113]];
            let [a, b, c] = nets[n / 254 % nets.len()];
            Ipv4Addr::new(a, b, c, u8::try_from(n % 254 + 1).unwrap_or(254))
        })
    }

    fn mac(&mut self, mac: Mac) -> Mac {
        if mac == Mac::BROADCAST || mac == Mac::ZERO {
            return mac;
        }
        let n = self.macs.len() + 1;
        *self.macs.entry(mac).or_insert_with(|| {
            let [a, b, c, ..] = mac.0;
            let [_, x, y, z] = u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes();
            Mac([a, b, c, x, y, z])
        })
    }

    fn word(&mut self, kind: &str, text: &str) -> String {
        let n = self.words.len() + 1;
        self.words.entry(text.to_owned()).or_insert_with(|| format!("{kind}-{n}")).clone()
    }
}

/// `pbx.example.com`: labels with a known kind of end, and no file name of a phone.
fn is_host_name(word: &str) -> bool {
    const ENDS: &[&str] = &[
        "com", "net", "org", "local", "lan", "de", "at", "ch", "uk", "us", "eu", "fr", "nl", "ca", "au", "io", "corp",
        "internal",
    ];
    let labels: Vec<&str> = word.split('.').collect();
    let fine = |l: &&str| !l.is_empty() && l.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    labels.len() >= 2
        && labels.iter().all(fine)
        && labels.last().is_some_and(|end| ENDS.contains(&end.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn versions_stay_and_people_go() {
        let mut report = json!([
            { "seen": "lldp", "software": "28.83.0.120", "address": "10.1.2.3" },
            { "seen": "http", "user_agent": "Yealink SIP-T46G 28.83.0.120", "what": "28.83.0.120 runs at 10.1.2.3" },
            { "seen": "approved", "who": "Mr Jones", "why": "returned by the customer" },
            { "seen": "step-done", "because": "approved by Mr Jones" },
            { "seen": "step-began", "why": "the address is 10.9.9.9" },
            { "seen": "lldp", "software": "10.9.9.9", "server": "10.9.9.9" },
        ]);
        Scrub::default().value(&mut report);
        let text = report.to_string();
        assert_eq!(text.matches("28.83.0.120").count(), 3, "{text}");
        for foreign in ["Jones", "customer", "10.1.2.3", "10.9.9.9"] {
            assert!(!text.contains(foreign), "{foreign} is still in {text}");
        }
    }

    #[test]
    fn the_same_is_replaced_by_the_same_and_the_story_stays() {
        let mut report = json!({
            "address": "10.20.30.40",
            "mac": "00:11:bb:73:ad:61",
            "name": "SEP0011BB73AD61.cnf.xml",
            "serial": "FCH1234A5BC",
            "why": "10.20.30.40:50123 asked pbx.example.com for SCCP45.9-4-2SR1-1S.loads, not 0.0.0.0",
            "words": ["the phone at 10.20.30.40.", "admin password: 4711x", "at 10.20.30.41"],
        });
        Scrub::default().value(&mut report);
        let text = report.to_string();
        for foreign in ["10.20.30", "73ad61", "73AD61", "73:ad:61", "FCH1234", "example.com", "4711x"] {
            assert!(!text.contains(foreign), "{foreign} is still in {text}");
        }
        assert_eq!(report["address"], "192.0.2.1");
        assert_eq!(report["mac"], "00:11:bb:00:00:01");
        assert_eq!(report["name"], "SEP0011BB000001.cnf.xml");
        assert_eq!(report["words"][0], "the phone at 192.0.2.1.");
        assert_eq!(report["words"][2], "at 192.0.2.2");
        assert!(report["why"].as_str().unwrap().contains("SCCP45.9-4-2SR1-1S.loads, not 0.0.0.0"));
        assert!(report["why"].as_str().unwrap().starts_with("192.0.2.1:50123 asked host-"));
    }
}
