//! What a phone is told by DHCP: its family's options, in the family's order.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use profile::Family;
use profile::family::OptionKind;
use profile::template::fill;

/// The options and the header fields for one phone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// (code, value as on the wire), in order.
    pub options: Vec<(u8, Vec<u8>)>,
    /// The server named in the header, if any.
    pub siaddr: Option<Ipv4Addr>,
}

/// The offer for a phone of this family, or for a stranger: routers, TFTP server by 66, 150 and siaddr.
pub fn offer(family: Option<&Family>, server: Ipv4Addr, values: &BTreeMap<&str, String>) -> Offer {
    let Some(family) = family else {
        return Offer {
            options: vec![(66, server.to_string().into_bytes()), (150, server.octets().to_vec())],
            siaddr: Some(server),
        };
    };
    let options = family.dhcp.options.iter().filter_map(|option| {
        let text = fill(&option.value, values).ok()?;
        Some((option.code, encode(option.kind, &text)?))
    });
    Offer { options: options.collect(), siaddr: family.dhcp.siaddr.then_some(server) }
}

/// A value as it is written on the wire; `None` when the text is not of that kind.
pub fn encode(kind: OptionKind, text: &str) -> Option<Vec<u8>> {
    match kind {
        OptionKind::Text => Some(text.as_bytes().to_vec()),
        OptionKind::Addresses => {
            let mut bytes = Vec::new();
            for part in text.split(',') {
                bytes.extend(part.trim().parse::<Ipv4Addr>().ok()?.octets());
            }
            Some(bytes)
        }
        OptionKind::U8 => text.trim().parse::<u8>().ok().map(|n| vec![n]),
        OptionKind::U16 => text.trim().parse::<u16>().ok().map(|n| n.to_be_bytes().to_vec()),
        OptionKind::U32 => text.trim().parse::<u32>().ok().map(|n| n.to_be_bytes().to_vec()),
        OptionKind::Hex => {
            let digits: Vec<u32> = text
                .chars()
                .filter(|c| !c.is_whitespace() && *c != ':')
                .map(|c| c.to_digit(16))
                .collect::<Option<_>>()?;
            let bytes = digits.chunks(2).map(|pair| match pair {
                [high, low] => u8::try_from(high * 16 + low).ok(),
                _ => None,
            });
            bytes.collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_bytes_or_nothing() {
        assert_eq!(encode(OptionKind::Addresses, "10.0.0.1, 10.0.0.2"), Some(vec![10, 0, 0, 1, 10, 0, 0, 2]));
        assert_eq!(encode(OptionKind::Addresses, "bench"), None);
        assert_eq!(encode(OptionKind::Hex, "0a:FF"), Some(vec![0x0a, 0xff]));
        assert_eq!(encode(OptionKind::Hex, "0af"), None);
        assert_eq!(encode(OptionKind::U16, "4094"), Some(vec![0x0f, 0xfe]));
        assert_eq!(encode(OptionKind::U8, "256"), None);
    }

    #[test]
    fn a_stranger_learns_the_server_three_ways() {
        let offer = offer(None, Ipv4Addr::new(10, 1, 2, 3), &BTreeMap::new());
        assert_eq!(offer.siaddr, Some(Ipv4Addr::new(10, 1, 2, 3)));
        assert_eq!(offer.options, vec![(66, b"10.1.2.3".to_vec()), (150, vec![10, 1, 2, 3])]);
    }
}
