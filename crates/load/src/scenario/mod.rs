//! The scenarios: what each plays, with which servers, and what it measures.

mod dhcp;
mod half_open;
mod loss;
mod tftp;

use std::fmt;
use std::path::Path;

use anyhow::Result;
use clap::ValueEnum;
use serde::Serialize;

use crate::content::Content;
use crate::lab::Lab;
use crate::server::{Kind, Server, Setup};

/// Something that phones do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Scenario {
    /// Phones fetch a load, block for block, as in 1992.
    #[value(name = "tftp-512")]
    #[serde(rename = "tftp-512")]
    Tftp512,
    /// The same with larger blocks and a window.
    #[value(name = "tftp-1428w8")]
    #[serde(rename = "tftp-1428w8")]
    Tftp1428w8,
    /// Phones fetch small files over and over.
    TftpSmall,
    /// Phones ask for a file in the same instant.
    TftpBurst,
    /// Phones ask for an address in the same instant.
    DhcpBurst,
    /// Ever new phones ask for an address.
    DhcpRate,
    /// Requests that nobody ever acknowledges, while one phone works on.
    HalfOpen,
    /// Datagrams are lost both ways.
    Loss,
}

/// A scenario of a certain size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Case {
    /// What is played.
    pub(crate) scenario: Scenario,
    /// By how many phones.
    pub(crate) phones: usize,
    /// Smaller and shorter than it should be.
    pub(crate) quick: bool,
}

/// A number that a scenario measures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Metric {
    /// Its name in the JSON.
    pub(crate) key: &'static str,
    /// Its name and unit in the table.
    pub(crate) title: &'static str,
    /// Digits behind the point.
    pub(crate) digits: usize,
}

const fn metric(key: &'static str, title: &'static str, digits: usize) -> Metric {
    Metric { key, title, digits }
}

/// What every run of a case needs.
pub(crate) struct Bench<'a> {
    /// The namespaces.
    pub(crate) lab: &'a mut Lab,
    /// What is served.
    pub(crate) content: &'a Content,
    /// Where Ringback is.
    pub(crate) ringback: &'a Path,
}

impl Bench<'_> {
    /// Starts a server afresh; `file` is what the do-nothing server serves.
    pub(crate) fn start(&self, kind: Kind, file: &str) -> Result<Server> {
        let state = self.lab.folder().join("state");
        let setup = Setup { lab: self.lab, ringback: self.ringback, files: self.content.folder(), file, state: &state };
        Server::start(kind, &setup)
    }
}

impl Scenario {
    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Scenario::Tftp512 => "tftp-512",
            Scenario::Tftp1428w8 => "tftp-1428w8",
            Scenario::TftpSmall => "tftp-small",
            Scenario::TftpBurst => "tftp-burst",
            Scenario::DhcpBurst => "dhcp-burst",
            Scenario::DhcpRate => "dhcp-rate",
            Scenario::HalfOpen => "half-open",
            Scenario::Loss => "loss",
        }
    }

    /// The sizes it is played in.
    pub(crate) fn cases(self, quick: bool) -> Vec<Case> {
        let phones: &[usize] = match self {
            Scenario::Tftp512 => &[1, 32, 256, 1000],
            Scenario::Tftp1428w8 | Scenario::Loss => &[32],
            Scenario::TftpSmall | Scenario::DhcpRate => &[64],
            Scenario::TftpBurst | Scenario::DhcpBurst => &[1000],
            Scenario::HalfOpen => &[1],
        };
        phones.iter().map(|&phones| Case { scenario: self, phones, quick }).collect()
    }

    /// The servers that can take part.
    pub(crate) fn servers(self) -> &'static [Kind] {
        match self {
            Scenario::DhcpBurst | Scenario::DhcpRate => &[Kind::Ringback, Kind::Dnsmasq, Kind::Kea, Kind::Null],
            // A process for each request, and nothing that could repeat itself or be kept busy.
            Scenario::HalfOpen => &[Kind::Ringback, Kind::Dnsmasq],
            Scenario::Loss => &[Kind::Ringback, Kind::Dnsmasq, Kind::TftpdHpa],
            _ => &[Kind::Ringback, Kind::Dnsmasq, Kind::TftpdHpa, Kind::Null],
        }
    }

    /// The server the others are compared with.
    pub(crate) fn reference(self) -> Kind {
        if self == Scenario::DhcpRate { Kind::Kea } else { Kind::Dnsmasq }
    }

    /// What it measures; the first is what is compared.
    pub(crate) fn metrics(self) -> &'static [Metric] {
        match self {
            Scenario::Tftp512 | Scenario::Tftp1428w8 => tftp::THROUGHPUT,
            Scenario::TftpSmall => tftp::SMALL,
            Scenario::TftpBurst => tftp::BURST,
            Scenario::DhcpBurst => dhcp::BURST,
            Scenario::DhcpRate => dhcp::RATE,
            Scenario::HalfOpen => half_open::METRICS,
            Scenario::Loss => loss::METRICS,
        }
    }

    /// The most turns that make sense; what takes a minute is not repeated at will.
    pub(crate) fn most_turns(self, quick: bool) -> u32 {
        match self {
            Scenario::HalfOpen if quick => 1,
            Scenario::HalfOpen => 2,
            Scenario::Loss => 3,
            _ => u32::MAX,
        }
    }
}

impl Case {
    /// Finds sizes that suit this machine, by a short run against one of the servers.
    pub(crate) fn prepare(&self, bench: &mut Bench<'_>, yardstick: Kind) -> Result<Prepared> {
        match self.scenario {
            Scenario::Tftp512 => tftp::calibrate(bench, yardstick, self, tftp::LOCK_STEP),
            Scenario::Tftp1428w8 => tftp::calibrate(bench, yardstick, self, tftp::WINDOWED),
            _ => Ok(Prepared::default()),
        }
    }

    /// Plays it once against a server; one number for each metric.
    pub(crate) fn play(&self, bench: &mut Bench<'_>, kind: Kind, prepared: Prepared) -> Result<Vec<f64>> {
        bench.lab.address_phones(!matches!(self.scenario, Scenario::DhcpBurst | Scenario::DhcpRate))?;
        match self.scenario {
            Scenario::Tftp512 => tftp::throughput(bench, kind, self, prepared, tftp::LOCK_STEP),
            Scenario::Tftp1428w8 => tftp::throughput(bench, kind, self, prepared, tftp::WINDOWED),
            Scenario::TftpSmall => tftp::small(bench, kind, self),
            Scenario::TftpBurst => tftp::burst(bench, kind, self),
            Scenario::DhcpBurst => dhcp::burst(bench, kind, self),
            Scenario::DhcpRate => dhcp::rate(bench, kind, self),
            Scenario::HalfOpen => half_open::play(bench, kind, self),
            Scenario::Loss => loss::play(bench, kind, self),
        }
    }
}

/// Sizes that were found for this machine.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Prepared {
    /// Bytes of the file.
    pub(crate) size: usize,
    /// How often each phone fetches it.
    pub(crate) rounds: u32,
}

impl fmt::Display for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rounds > 0 { write!(f, ", {} × {} bytes each", self.rounds, self.size) } else { Ok(()) }
    }
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_has_cases_servers_metrics_and_its_reference_among_the_servers() {
        for scenario in Scenario::value_variants() {
            assert!(!scenario.cases(true).is_empty() && !scenario.metrics().is_empty(), "{scenario:?}");
            assert!(scenario.servers().contains(&scenario.reference()), "{scenario:?}");
            assert_eq!(scenario.to_possible_value().unwrap().get_name(), scenario.name());
            assert_eq!(serde_json::to_value(scenario).unwrap(), scenario.name());
        }
    }
}
