//! Rules of iptables, as `iptables-save` writes them.

use std::collections::BTreeMap;

use super::{Fate, Packet, in_network};
use crate::host::ports::Protocol;

const DEPTH: u32 = 16;

/// The table `filter`.
#[derive(Debug, Default)]
pub(super) struct Filter {
    /// Chains with what happens at their end (`ACCEPT`, `DROP`, `-` for those that are called) and their rules.
    chains: BTreeMap<String, (String, Vec<Vec<String>>)>,
}

enum End {
    Accept,
    Drop,
    Return,
}

impl Filter {
    /// Reads the tool's answer; lines that are none of the table's are left out.
    pub(super) fn read(text: &str) -> Filter {
        let mut filter = Filter::default();
        let mut inside = false;
        for line in text.lines() {
            if let Some(table) = line.strip_prefix('*') {
                inside = table.trim() == "filter";
            } else if let Some(chain) = line.strip_prefix(':').filter(|_| inside) {
                let mut words = chain.split_whitespace();
                if let (Some(name), Some(policy)) = (words.next(), words.next()) {
                    filter.chains.entry(name.to_owned()).or_default().0 = policy.to_owned();
                }
            } else if let Some(rule) = line.strip_prefix("-A ").filter(|_| inside) {
                let mut words = split(rule);
                if !words.is_empty() {
                    let chain = words.remove(0);
                    filter.chains.entry(chain).or_default().1.push(words);
                }
            }
        }
        filter
    }

    /// Whether it says nothing about packets to this computer.
    pub(super) fn is_empty(&self) -> bool {
        self.chains.get("INPUT").is_none_or(|(policy, rules)| policy != "DROP" && rules.is_empty())
    }

    pub(super) fn has_chain(&self, name: &str) -> bool {
        self.chains.contains_key(name)
    }

    pub(super) fn fate(&self, packet: &Packet<'_>, unsure: &mut Vec<String>) -> Fate {
        let dropped = match self.walk("INPUT", packet, unsure, 0) {
            End::Accept => false,
            End::Drop => true,
            End::Return => self.chains.get("INPUT").is_some_and(|c| c.0 == "DROP"),
        };
        if dropped { Fate::Dropped(vec!["INPUT".to_owned()]) } else { Fate::In }
    }

    fn walk(&self, name: &str, packet: &Packet<'_>, unsure: &mut Vec<String>, depth: u32) -> End {
        let Some((_, rules)) = self.chains.get(name).filter(|_| depth < DEPTH) else { return End::Return };
        for rule in rules {
            let Some((target, goes)) = applies(rule, name, packet, unsure) else { continue };
            let end = match target {
                "ACCEPT" => End::Accept,
                "DROP" | "REJECT" => End::Drop,
                "RETURN" => End::Return,
                // What only writes a line or a mark goes on.
                other if !self.chains.contains_key(other) => continue,
                other => match self.walk(other, packet, unsure, depth + 1) {
                    End::Return if !goes => continue,
                    end => end,
                },
            };
            return end;
        }
        End::Return
    }
}

/// The target of a rule that fits, and whether it goes there for good (`-g`).
fn applies<'r>(
    rule: &'r [String],
    chain: &str,
    packet: &Packet<'_>,
    unsure: &mut Vec<String>,
) -> Option<(&'r str, bool)> {
    let mut words = rule.iter().map(String::as_str);
    let (mut not, mut target) = (false, None);
    while let Some(word) = words.next() {
        if word == "!" {
            not = true;
            continue;
        }
        let fits = match word {
            "-i" | "--in-interface" => {
                let name = words.next()?;
                name.strip_suffix('+').map_or(packet.iface == name, |start| packet.iface.starts_with(start))
            }
            "-p" | "--protocol" => is_protocol(words.next()?, packet.protocol),
            "-s" | "--source" => in_network(packet.source, words.next()?)?,
            "-d" | "--destination" => in_network(packet.destination, words.next()?)?,
            "--dport" | "--destination-port" => is_port(words.next()?, packet.port)?,
            "--dports" | "--destination-ports" => {
                words.next()?.split(',').any(|p| is_port(p, packet.port) == Some(true))
            }
            "--sport" | "--source-port" if packet.port == 67 => is_port(words.next()?, 68)?,
            "--ctstate" | "--state" => {
                let state = if packet.established { "ESTABLISHED" } else { "NEW" };
                words.next()?.split(',').any(|s| s == state)
            }
            "--dst-type" => {
                let kind = if packet.destination.is_broadcast() { "BROADCAST" } else { "LOCAL" };
                words.next()?.split(',').any(|t| t == kind)
            }
            "-m" | "--match" => {
                words.next();
                true
            }
            // For people only, or of what is done and not when.
            "--comment" | "--reject-with" | "--log-prefix" | "--log-level" | "--limit" | "--limit-burst" => {
                words.next();
                true
            }
            "-j" | "--jump" => {
                target = Some((words.next()?, false));
                true
            }
            "-g" | "--goto" => {
                target = Some((words.next()?, true));
                true
            }
            other => {
                unsure.push(format!("a rule of {chain} looks at {}", proto::text::escape_short(other.as_bytes(), 40)));
                return None;
            }
        };
        if fits == not {
            return None;
        }
        not = false;
    }
    target
}

fn is_protocol(word: &str, protocol: Protocol) -> bool {
    match word {
        "all" | "0" => true,
        "udp" | "17" => protocol == Protocol::Udp,
        "tcp" | "6" => protocol == Protocol::Tcp,
        _ => false,
    }
}

/// `67`, or a range `67:69`.
fn is_port(word: &str, port: u16) -> Option<bool> {
    match word.split_once(':') {
        Some((first, last)) => Some((first.parse::<u16>().ok()?..=last.parse::<u16>().ok()?).contains(&port)),
        None => Some(word.parse::<u16>().ok()? == port),
    }
}

/// Words; what stands in quotation marks is one.
fn split(rule: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in rule.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}
