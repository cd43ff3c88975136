//! What the kernel says about a server: CPU time, memory, open descriptors, drops at its sockets.
//!
//! A server that forks is counted with its children, living and reaped.

use std::fs;
use std::time::Duration;

/// Clock ticks a second, as `/proc` counts; 100 on every Linux there is.
const TICKS: u64 = 100;

/// One look at a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// User and system time since it was started.
    pub(crate) cpu: Duration,
    /// Resident memory now, in bytes; of children only what is their own.
    pub(crate) rss: u64,
    /// The most resident memory there was; for children the same as now.
    pub(crate) peak: u64,
    /// Open descriptors, without those of children.
    pub(crate) fds: usize,
    /// Datagrams its network namespace threw away because a socket's buffer was full.
    pub(crate) drops: u64,
}

/// Looks at a process and its children.
pub(crate) fn usage(pid: u32) -> Usage {
    let read = |name: &str| fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap_or_default();
    let (own, reaped) = cpu_ticks(&read("stat"));
    let status = read("status");
    let (rss, peak) = (kib(&status, "VmRSS:"), kib(&status, "VmHWM:"));
    let mut usage = Usage {
        cpu: ticks(own + reaped),
        rss,
        peak,
        fds: fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count),
        drops: udp_drops(&read("net/snmp")),
    };
    for child in children(pid) {
        let read = |name: &str| fs::read_to_string(format!("/proc/{child}/{name}")).unwrap_or_default();
        usage.cpu += ticks(cpu_ticks(&read("stat")).0);
        usage.rss += kib(&read("status"), "RssAnon:");
    }
    usage.peak = usage.peak.max(usage.rss);
    usage
}

/// Whether it forks: then its memory is only known while its children live.
pub(crate) fn has_children(pid: u32) -> bool {
    !children(pid).is_empty()
}

fn children(pid: u32) -> Vec<u32> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    list.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

/// So many clock ticks.
pub(crate) fn ticks(count: u64) -> Duration {
    Duration::from_millis(count * (1000 / TICKS))
}

/// (own, reaped children's) ticks of a `/proc/<pid>/stat` line.
pub(crate) fn cpu_ticks(stat: &str) -> (u64, u64) {
    // The name is in brackets and may hold anything; the fields are counted from behind it.
    let fields: Vec<u64> = stat
        .rsplit_once(')')
        .map(|(_, rest)| rest.split_whitespace().map(|word| word.parse().unwrap_or(0)).collect())
        .unwrap_or_default();
    let field = |n: usize| fields.get(n).copied().unwrap_or(0);
    (field(11) + field(12), field(13) + field(14))
}

/// A line like `VmRSS:   1234 kB`, in bytes.
fn kib(status: &str, key: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|l| l.split_whitespace().next()).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// `RcvbufErrors` of the UDP lines in `/proc/<pid>/net/snmp`.
fn udp_drops(snmp: &str) -> u64 {
    let mut lines = snmp.lines().filter(|line| line.starts_with("Udp:"));
    let (Some(names), Some(values)) = (lines.next(), lines.next()) else { return 0 };
    let pair = names.split_whitespace().zip(values.split_whitespace()).find(|(name, _)| *name == "RcvbufErrors");
    pair.and_then(|(_, value)| value.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_line_with_an_awkward_name() {
        let line = "42 (a) b (c) S 1 42 42 0 -1 4194560 1 2 3 4 150 250 10 20 20 0 1 0 100 1000 10";
        assert_eq!(cpu_ticks(line), (400, 30));
        assert_eq!(cpu_ticks("nonsense"), (0, 0));
        assert_eq!(ticks(150), Duration::from_millis(1500));
    }

    #[test]
    fn memory_and_drops() {
        assert_eq!(kib("Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t 1024 kB\n", "VmRSS:"), 1 << 20);
        assert_eq!(kib("", "VmRSS:"), 0);
        let snmp = "Ip: a b\nIp: 1 2\nUdp: InDatagrams RcvbufErrors InCsumErrors\nUdp: 7 11 0\n";
        assert_eq!(udp_drops(snmp), 11);
    }

    #[test]
    fn this_process_can_be_looked_at() {
        let usage = usage(std::process::id());
        assert!(usage.rss > 0 && usage.peak >= usage.rss && usage.fds > 0, "{usage:?}");
    }
}
