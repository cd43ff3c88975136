//! Rules of nftables, as `nft -j list ruleset` writes them (libnftables-json(5)).

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Fate, Packet, in_network};
use crate::host::ports::Protocol;

/// Jumps followed within each other: more is a circle.
const DEPTH: u32 = 16;

#[derive(Debug, Default)]
struct Chain {
    /// Its priority, when packets to this computer come through it.
    input: Option<i64>,
    drops: bool,
    rules: Vec<Vec<Value>>,
}

/// All rules.
#[derive(Debug, Default)]
pub(super) struct Ruleset {
    /// By family, table and name.
    chains: BTreeMap<[String; 3], Chain>,
}

enum End {
    Accept,
    Drop,
    /// The chain is over; the one that called goes on.
    Return,
}

impl Ruleset {
    /// Reads the tool's answer.
    pub(super) fn read(text: &str) -> serde_json::Result<Ruleset> {
        let all: Value = serde_json::from_str(text)?;
        let mut ruleset = Ruleset::default();
        for item in all["nftables"].as_array().into_iter().flatten() {
            let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
            if let Some(chain) = item.get("chain") {
                let key = [text(&chain["family"]), text(&chain["table"]), text(&chain["name"])];
                let is_filter = chain["type"] == "filter" && chain["hook"] == "input";
                let ours = is_filter && matches!(chain["family"].as_str(), Some("ip" | "inet"));
                let entry = ruleset.chains.entry(key).or_default();
                entry.input = ours.then(|| chain["prio"].as_i64().unwrap_or(0));
                entry.drops = chain["policy"] == "drop";
            } else if let Some(rule) = item.get("rule") {
                let key = [text(&rule["family"]), text(&rule["table"]), text(&rule["chain"])];
                let expressions = rule["expr"].as_array().cloned().unwrap_or_default();
                ruleset.chains.entry(key).or_default().rules.push(expressions);
            }
        }
        Ok(ruleset)
    }

    pub(super) fn has_table(&self, name: &str) -> bool {
        self.chains.keys().any(|k| k[1] == name)
    }

    pub(super) fn has_chain(&self, name: &str) -> bool {
        self.chains.keys().any(|k| k[2] == name)
    }

    /// Whether anything at all is said about packets to this computer.
    pub(super) fn filters(&self) -> bool {
        self.chains.values().any(|c| c.input.is_some() && (c.drops || !c.rules.is_empty()))
    }

    /// Through every chain that hears of incoming packets: one that drops is enough.
    pub(super) fn fate(&self, packet: &Packet<'_>, unsure: &mut Vec<String>) -> Fate {
        let mut bases: Vec<_> = self.chains.iter().filter(|(_, c)| c.input.is_some()).collect();
        bases.sort_by_key(|(_, c)| c.input);
        for (key, chain) in bases {
            let dropped = match self.walk(key, packet, unsure, 0) {
                End::Accept => false,
                End::Drop => true,
                End::Return => chain.drops,
            };
            if dropped {
                return Fate::Dropped(key.to_vec());
            }
        }
        Fate::In
    }

    fn walk(&self, key: &[String; 3], packet: &Packet<'_>, unsure: &mut Vec<String>, depth: u32) -> End {
        let Some(chain) = self.chains.get(key).filter(|_| depth < DEPTH) else { return End::Return };
        for rule in &chain.rules {
            match self.rule(rule, key, packet, unsure, depth) {
                // The rule did not fit, or said nothing final.
                None => {}
                Some(End::Return) => return End::Return,
                Some(end) => return end,
            }
        }
        End::Return
    }

    fn rule(
        &self,
        expressions: &[Value],
        key: &[String; 3],
        packet: &Packet<'_>,
        unsure: &mut Vec<String>,
        depth: u32,
    ) -> Option<End> {
        for expression in expressions {
            if let Some(test) = expression.get("match") {
                match fits(test, packet) {
                    Some(true) => {}
                    Some(false) => return None,
                    None => {
                        unsure.push(format!("a rule of {} looks at {}", key[2], short(&test["left"])));
                        return None;
                    }
                }
            } else if let Some(map) = expression.get("vmap") {
                let verdict = chosen(map, packet)?;
                return self.verdict(&verdict, key, packet, unsure, depth);
            } else if let Some(end) = self.verdict(expression, key, packet, unsure, depth) {
                return Some(end);
            }
        }
        None
    }

    fn verdict(
        &self,
        said: &Value,
        key: &[String; 3],
        packet: &Packet<'_>,
        unsure: &mut Vec<String>,
        depth: u32,
    ) -> Option<End> {
        let to = |name: &Value| [key[0].clone(), key[1].clone(), name.as_str().unwrap_or_default().to_owned()];
        if said.get("accept").is_some() {
            Some(End::Accept)
        } else if said.get("drop").is_some() || said.get("reject").is_some() {
            Some(End::Drop)
        } else if said.get("return").is_some() {
            Some(End::Return)
        } else if let Some(jump) = said.get("jump") {
            match self.walk(&to(&jump["target"]), packet, unsure, depth + 1) {
                End::Return => None,
                end => Some(end),
            }
        } else {
            said.get("goto").map(|goto| self.walk(&to(&goto["target"]), packet, unsure, depth + 1))
        }
    }
}

/// Whether a test fits; none when it looks at something that is not known here.
fn fits(test: &Value, packet: &Packet<'_>) -> Option<bool> {
    let fits = equals(&test["left"], &test["right"], packet)?;
    Some(if test["op"] == "!=" { !fits } else { fits })
}

fn equals(left: &Value, right: &Value, packet: &Packet<'_>) -> Option<bool> {
    if let Some(set) = right.get("set").and_then(Value::as_array).or(right.as_array()) {
        let each: Vec<Option<bool>> = set.iter().map(|one| equals(left, one, packet)).collect();
        return if each.contains(&Some(true)) {
            Some(true)
        } else {
            each.into_iter().collect::<Option<Vec<_>>>().map(|_| false)
        };
    }
    let protocol = match packet.protocol {
        Protocol::Udp => "udp",
        Protocol::Tcp => "tcp",
    };
    if let Some(meta) = left.get("meta") {
        return match meta["key"].as_str()? {
            "iifname" | "iif" => Some(is_named(packet.iface, right.as_str()?)),
            "l4proto" => Some(right.as_str()? == protocol),
            "nfproto" => Some(right == "ipv4"),
            "pkttype" => Some((right == "broadcast") == packet.destination.is_broadcast()),
            _ => None,
        };
    }
    if let Some(payload) = left.get("payload") {
        return match (payload["protocol"].as_str()?, payload["field"].as_str()?) {
            ("udp" | "tcp" | "th", "dport") => {
                let of = payload["protocol"].as_str()?;
                Some((of == "th" || of == protocol) && is_port(right, packet.port)?)
            }
            // A phone's own port may be any.
            ("udp", "sport") if packet.port == 67 => is_port(right, 68),
            ("udp" | "tcp", _) if payload["protocol"] != protocol => Some(false),
            ("ip", "protocol") => Some(right.as_str()? == protocol),
            ("ip", "saddr") => network(right).and_then(|n| in_network(packet.source, &n)),
            ("ip", "daddr") => network(right).and_then(|n| in_network(packet.destination, &n)),
            ("icmp" | "icmpv6" | "igmp" | "ip6" | "sctp" | "dccp", _) => Some(false),
            _ => None,
        };
    }
    if left.get("ct").is_some_and(|ct| ct["key"] == "state") {
        let state = if packet.established { "established" } else { "new" };
        return Some(right.as_str()? == state);
    }
    None
}

/// What a map of verdicts says to the packet.
fn chosen(map: &Value, packet: &Packet<'_>) -> Option<Value> {
    let entries = map["data"].get("set")?.as_array()?;
    entries.iter().find_map(|entry| {
        let [key, verdict] = entry.as_array()?.as_slice() else { return None };
        equals(&map["key"], key, packet)?.then(|| verdict.clone())
    })
}

fn is_named(iface: &str, name: &str) -> bool {
    name.strip_suffix('*').map_or(iface == name, |start| iface.starts_with(start))
}

fn is_port(right: &Value, port: u16) -> Option<bool> {
    if let Some([first, last]) = right.get("range").and_then(Value::as_array).map(Vec::as_slice) {
        return Some((first.as_u64()?..=last.as_u64()?).contains(&port.into()));
    }
    // Known ports may be written by their names.
    let number = match right.as_str() {
        Some(name) => u64::from(named_port(name)?),
        None => right.as_u64()?,
    };
    Some(number == u64::from(port))
}

fn named_port(name: &str) -> Option<u16> {
    [
        ("bootps", 67),
        ("bootpc", 68),
        ("tftp", 69),
        ("http", 80),
        ("https", 443),
        ("ssh", 22),
        ("domain", 53),
        ("ntp", 123),
    ]
    .into_iter()
    .find_map(|(n, port)| (n == name).then_some(port))
    .or_else(|| name.parse().ok())
}

fn network(right: &Value) -> Option<String> {
    match right.get("prefix") {
        Some(prefix) => Some(format!("{}/{}", prefix["addr"].as_str()?, prefix["len"].as_u64()?)),
        None => right.as_str().map(str::to_owned),
    }
}

fn short(left: &Value) -> String {
    proto::text::escape_short(left.to_string().as_bytes(), 80)
}
