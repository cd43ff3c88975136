//! `ringback doctor`: this computer before the phone. Looks, asks, plays a phone to itself; changes nothing.

mod checks;
mod search;
mod selftest;

use std::io::Write;

use clap::Args;
use serde::Serialize;

use super::StateArgs;
use crate::host::interfaces::{self, Verdict, judge};

/// Look at this computer before the phone: interface, firewall, ports, rights, other servers
///
/// Ends with a self-test: a simulated phone is played through the services on a cable made in software, in a network
/// of its own. Nothing is changed, and no interface is asked anything that is not fit for phones. The exit status is
/// 0 when nothing is in the way, 1 when something is.
#[derive(Args)]
pub(crate) struct DoctorArgs {
    /// The interface that the phone is or will be on; none picks the one that fits
    #[arg(long, value_name = "IF")]
    iface: Option<String>,
    /// Leave the self-test out
    #[arg(long)]
    no_self_test: bool,
    /// How long to look for other DHCP servers
    #[arg(long, value_name = "SECONDS", default_value_t = 4.0)]
    probe_seconds: f64,
    #[command(flatten)]
    state: StateArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum How {
    /// As it must be.
    Good,
    /// Worth knowing.
    Note,
    /// It is in the way.
    Bad,
    /// It could not be looked at.
    Unknown,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Check {
    /// What: a word for scripts.
    pub(super) name: &'static str,
    pub(super) how: How,
    /// The code, unless all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<&'static str>,
    /// What was found.
    pub(super) says: String,
    /// What to do: lines that can be pasted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) remedy: Vec<String>,
}

impl Check {
    pub(super) fn good(name: &'static str, says: impl Into<String>) -> Check {
        Check { name, how: How::Good, code: None, says: says.into(), remedy: Vec::new() }
    }

    pub(super) fn of(name: &'static str, how: How, code: &'static str, says: impl Into<String>) -> Check {
        Check { name, how, code: Some(code), says: says.into(), remedy: Vec::new() }
    }

    pub(super) fn remedy(mut self, line: impl Into<String>) -> Check {
        self.remedy.push(line.into());
        self
    }
}

/// An interface with what speaks for and against it.
#[derive(Debug, Serialize)]
struct InterfaceSeen {
    name: String,
    kind: String,
    fits: &'static str,
    reasons: Vec<String>,
    carrier: Option<bool>,
    speed_mbit: Option<u32>,
    addresses: Vec<String>,
    chosen: bool,
}

pub(super) fn run(args: &DoctorArgs) -> super::Result {
    let list = interfaces::list()?;
    let chosen = interfaces::choose(&list, args.iface.as_deref(), None);
    let seen: Vec<InterfaceSeen> = list
        .iter()
        .map(|interface| {
            let fit = judge(interface);
            InterfaceSeen {
                name: interface.name.clone(),
                kind: format!("{:?}", interface.kind).to_lowercase(),
                fits: match fit.verdict {
                    Verdict::Good => "good",
                    Verdict::Usable => "usable",
                    Verdict::Refused => "no",
                },
                reasons: fit.reasons,
                carrier: interface.carrier,
                speed_mbit: interface.speed_mbit,
                addresses: interface.addresses.iter().map(|(a, p)| format!("{a}/{p}")).collect(),
                chosen: chosen.as_ref().is_ok_and(|c| c.name == interface.name),
            }
        })
        .collect();
    let mut checks = vec![checks::rights(), checks::interface(&chosen)];
    if let Ok(interface) = &chosen {
        checks.extend(checks::link(interface));
        checks.extend(checks::managers(interface));
        checks.push(search::other_servers(interface, args.probe_seconds));
    }
    checks.extend(checks::ports());
    // Without a fitting interface the rules are asked about one that is named, or about a new one.
    let asked_about = chosen.as_ref().map(|i| i.name.clone()).ok().or_else(|| args.iface.clone());
    checks.extend(checks::firewall(asked_about.as_deref().unwrap_or("eth1")));
    checks.push(checks::clock());
    checks.push(checks::disk(&args.state.folder()));
    if !args.no_self_test {
        checks.extend(selftest::play());
    }
    let in_the_way = checks.iter().any(|c| c.how == How::Bad);
    let mut out = std::io::stdout().lock();
    if args.json {
        let all = serde_json::json!({ "fit": !in_the_way, "interfaces": seen, "checks": checks });
        writeln!(out, "{}", serde_json::to_string_pretty(&all)?)?;
    } else {
        words(&mut out, &seen, &checks)?;
    }
    Ok(u8::from(in_the_way))
}

fn words(out: &mut impl Write, interfaces: &[InterfaceSeen], checks: &[Check]) -> std::io::Result<()> {
    writeln!(out, "Interfaces")?;
    for interface in interfaces {
        let mark = if interface.chosen { "→" } else { " " };
        let speed = interface.speed_mbit.map_or_else(String::new, |s| format!(", {s} Mbit/s"));
        let addresses =
            if interface.addresses.is_empty() { String::new() } else { format!(", {}", interface.addresses.join(" ")) };
        writeln!(out, "{mark} {}  {} ({}{speed}{addresses})", interface.name, fits(interface.fits), interface.kind)?;
        interface.reasons.iter().try_for_each(|r| writeln!(out, "      {r}"))?;
    }
    writeln!(out)?;
    for check in checks {
        let mark = match check.how {
            How::Good => "ok  ",
            How::Note => "note",
            How::Bad => "BAD ",
            How::Unknown => "?   ",
        };
        let code = check.code.map_or_else(String::new, |c| format!("{c}: "));
        writeln!(out, "{mark}  {code}{}", check.says)?;
        check.remedy.iter().try_for_each(|r| writeln!(out, "        → {r}"))?;
    }
    let bad = checks.iter().filter(|c| c.how == How::Bad).count();
    match bad {
        0 => writeln!(out, "\nNothing is in the way of a phone, as far as this computer can tell."),
        1 => writeln!(out, "\nOne thing is in the way. `ringback explain CODE` says more."),
        n => writeln!(out, "\n{n} things are in the way. `ringback explain CODE` says more."),
    }
}

fn fits(word: &str) -> &'static str {
    match word {
        "good" => "fits",
        "usable" => "fits, with a word",
        _ => "does not fit",
    }
}
