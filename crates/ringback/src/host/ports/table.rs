//! The socket tables of `/proc/net/{udp,tcp,udp6,tcp6}`; see proc_net(5).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The state of a TCP socket that listens.
const LISTEN: &str = "0A";

/// One socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// The address it is bound to.
    pub(super) address: IpAddr,
    /// The port it is bound to.
    pub(super) port: u16,
    /// What `/proc/PID/fd/…` calls it.
    pub(super) inode: u64,
}

/// Sockets of a table, only listening ones if so wanted. Lines that cannot be read are passed over.
pub(super) fn parse(text: &str, listening: bool) -> Vec<Entry> {
    text.lines().skip(1).filter_map(|line| entry(line, listening)).collect()
}

/// The number in `socket:[4711]`.
pub(super) fn socket_inode(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

fn entry(line: &str, listening: bool) -> Option<Entry> {
    let mut fields = line.split_whitespace();
    let (address, port) = fields.nth(1)?.split_once(':')?;
    let state = fields.nth(1)?;
    let inode = fields.nth(5)?.parse().ok()?;
    let entry = Entry { address: ip(address)?, port: u16::from_str_radix(port, 16).ok()?, inode };
    (!listening || state == LISTEN).then_some(entry)
}

/// Each 32-bit word as this computer holds it in memory, printed as a number.
fn ip(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| Some(u32::from_str_radix(hex.get(at..at + 8)?, 16).ok()?.to_ne_bytes());
    match hex.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let words = [word(0)?, word(8)?, word(16)?, word(24)?];
            Some(Ipv6Addr::from(<[u8; 16]>::try_from(words.concat()).ok()?).into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn a_table_is_read() {
        let udp = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
            \x20 212: 00000000:0043 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 31415 2 0000000000000000 0\n\
            \x20 990: 3500007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 27182 2 0000000000000000 0\n\
            \x20 cut: 3500007F\n";
        let at = |address: &str, port, inode| Entry { address: address.parse().unwrap(), port, inode };
        assert_eq!(parse(udp, false), [at("0.0.0.0", 67, 31415), at("127.0.0.53", 53, 27182)]);
        assert_eq!(parse(udp, true), []);
        let tcp6 = "  sl  local_address\n\
            \x20  0: 0000000000000000FFFF000028B3A80A:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 16180 1 0000000000000000 100 0 0 10 0\n\
            \x20  1: 00000000000000000000000001000000:0050 00000000000000000000000001000000:C000 01 00000000:00000000 00:00000000 00000000     0        0 7 1 0000000000000000 100 0 0 10 0\n";
        assert_eq!(parse(tcp6, true), [at("::ffff:10.168.179.40", 80, 16180)]);
    }

    #[test]
    fn an_inode_is_read_from_a_link() {
        assert_eq!(socket_inode("socket:[4711]"), Some(4711));
        assert_eq!(socket_inode("pipe:[4711]"), None);
        assert_eq!(socket_inode("/dev/null"), None);
    }
}
