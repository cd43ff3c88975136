//! Questions to name servers and what they answer (RFC 1035 §4), also by multicast (RFC 6762).

use std::net::Ipv4Addr;

/// What is asked for.
pub(crate) const A: u16 = 1;
/// See [`A`].
pub(crate) const PTR: u16 = 12;
/// See [`A`].
pub(crate) const SRV: u16 = 33;
/// Most records that are looked at.
const MOST: usize = 64;

/// A query. One by multicast has the id zero and does not want recursion.
pub(crate) fn query(id: u16, name: &str, kind: u16) -> Vec<u8> {
    let mut out = Vec::from(id.to_be_bytes());
    out.extend([u8::from(id != 0), 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.split('.').filter(|l| !l.is_empty()) {
        let label = label.as_bytes();
        let label = label.get(..label.len().min(63)).unwrap_or_default();
        out.push(u8::try_from(label.len()).unwrap_or(63));
        out.extend_from_slice(label);
    }
    out.push(0);
    out.extend(kind.to_be_bytes());
    out.extend([0, 1]);
    out
}

/// One record of an answer; kinds that no phone asks for are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    Address { name: String, address: Ipv4Addr },
    Pointer { name: String, to: String },
    Service { name: String, port: u16, host: String },
}

/// All records of an answer; `None` is no answer to the query of this id.
pub(crate) fn answers(id: u16, bytes: &[u8]) -> Option<Vec<Record>> {
    if word(bytes, 0)? != id || word(bytes, 2)? & 0x8000 == 0 {
        return None;
    }
    let mut at = 12;
    for _ in 0..word(bytes, 4)? {
        at = name(bytes, at)?.1 + 4;
    }
    let count = [6, 8, 10].into_iter().map(|field| word(bytes, field).map_or(0, usize::from)).sum::<usize>();
    let mut records = Vec::new();
    for _ in 0..count.min(MOST) {
        let Some((owner, head)) = name(bytes, at) else { break };
        let (Some(kind), Some(length)) = (word(bytes, head), word(bytes, head + 8)) else { break };
        let data = head + 10;
        at = data + usize::from(length);
        let record = match kind {
            A => bytes
                .get(data..)
                .and_then(|d| d.first_chunk::<4>())
                .map(|a| Record::Address { name: owner, address: Ipv4Addr::from(*a) }),
            PTR => name(bytes, data).map(|(to, _)| Record::Pointer { name: owner, to }),
            SRV => word(bytes, data + 4).zip(name(bytes, data + 6)).map(|(port, (host, _))| Record::Service {
                name: owner,
                port,
                host,
            }),
            _ => None,
        };
        records.extend(record);
    }
    Some(records)
}

/// The first address of an answer.
pub(crate) fn address(id: u16, bytes: &[u8]) -> Option<Option<Ipv4Addr>> {
    let found = answers(id, bytes)?.into_iter().find_map(|record| match record {
        Record::Address { address, .. } => Some(address),
        _ => None,
    });
    Some(found)
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|w| u16::from_be_bytes(*w))
}

/// A name in lower case and where what follows it begins.
fn name(bytes: &[u8], start: usize) -> Option<(String, usize)> {
    let (mut at, mut behind, mut labels) = (start, None, Vec::new());
    // A pointer may lead to a pointer; a loop ends here.
    for _ in 0..128 {
        match *bytes.get(at)? {
            0 => return Some((labels.join("."), behind.unwrap_or(at + 1))),
            high @ 0xc0.. => {
                let low = *bytes.get(at + 1)?;
                behind = behind.or(Some(at + 2));
                at = usize::from(high & 0x3f) << 8 | usize::from(low);
            }
            length => {
                let label = bytes.get(at + 1..)?.get(..usize::from(length))?;
                labels.push(String::from_utf8_lossy(label).to_ascii_lowercase());
                at += 1 + usize::from(length);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_and_nonsense_is_none() {
        let question = query(7, "prov.example.net", A);
        assert_eq!(question[12..], *b"\x04prov\x07example\x03net\0\0\x01\0\x01");
        let mut reply = question.clone();
        reply[2] = 0x81;
        assert_eq!(address(7, &reply), Some(None), "no such name");
        reply[7] = 1;
        reply.extend(b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x0a\0\0\x01");
        assert_eq!(address(7, &reply), Some(Some(Ipv4Addr::new(10, 0, 0, 1))));
        assert_eq!((address(8, &reply), address(7, &question)), (None, None));
        (0..reply.len()).for_each(|cut| drop(answers(7, &reply[..cut])));
    }

    #[test]
    fn a_service_is_found_through_its_pointers() {
        let mut reply = query(0, "_x._tcp.local", PTR);
        reply[2] = 0x84;
        (reply[5], reply[7], reply[11]) = (0, 1, 1);
        // A multicast answer repeats no question: the name stands in the first record.
        let name = reply.split_off(12)[..15].to_vec();
        reply.extend(&name);
        reply.extend(b"\0\x0c\0\x01\0\0\0\x78\0\x04\x01a\xc0\x0c");
        reply.extend(b"\x01a\xc0\x0c\0\x21\0\x01\0\0\0\x78\0\x0a\0\0\0\0\0\x45\x01h\xc0\x14");
        let records = answers(0, &reply).unwrap();
        assert_eq!(records[0], Record::Pointer { name: "_x._tcp.local".into(), to: "a._x._tcp.local".into() });
        let service = Record::Service { name: "a._x._tcp.local".into(), port: 69, host: "h.local".into() };
        assert_eq!(records[1], service);
    }

    #[test]
    fn a_name_that_points_at_itself_ends() {
        let mut loops = query(1, "", A);
        loops[2] = 0x81;
        loops[7] = 1;
        loops.extend(b"\xc0\x11\0\x01\0\x01\0\0\0\0\0\x04\x01\x02\x03\x04");
        assert_eq!(answers(1, &loops), Some(Vec::new()));
    }
}
