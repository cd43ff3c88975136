//! One question to a name server, and its answer (RFC 1035 §4): a phone that was told a file server by
//! name, or nothing at all.

use std::net::Ipv4Addr;

/// A query for the address of a name.
pub(in crate::phones) fn query(id: u16, name: &str) -> Vec<u8> {
    let mut out = Vec::from(id.to_be_bytes());
    // Recursion desired; one question.
    out.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.split('.').filter(|l| !l.is_empty()) {
        let label = label.as_bytes();
        let label = label.get(..label.len().min(63)).unwrap_or_default();
        out.push(u8::try_from(label.len()).unwrap_or(63));
        out.extend_from_slice(label);
    }
    // Root; type A; class IN.
    out.extend([0, 0, 1, 0, 1]);
    out
}

/// The first address in an answer to the query of this id: `None` is no answer to it, and inside,
/// that the name has no address.
pub(in crate::phones) fn answer(id: u16, bytes: &[u8]) -> Option<Option<Ipv4Addr>> {
    let word = |at: usize| bytes.get(at..)?.first_chunk().map(|w| u16::from_be_bytes(*w));
    if word(0)? != id || word(2)? & 0x8000 == 0 {
        return None;
    }
    let mut at = 12;
    for _ in 0..word(4)? {
        at = behind_name(bytes, at)? + 4;
    }
    for _ in 0..word(6)? {
        at = behind_name(bytes, at)?;
        let (kind, length) = (word(at)?, usize::from(word(at + 8)?));
        let data = bytes.get(at + 10..)?.get(..length)?;
        if let (1, Some(address)) = (kind, data.first_chunk::<4>()) {
            return Some(Some(Ipv4Addr::from(*address)));
        }
        at += 10 + length;
    }
    Some(None)
}

fn behind_name(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *bytes.get(at)? {
            0 => return Some(at + 1),
            0xc0.. => return Some(at + 2),
            length => at += 1 + usize::from(length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_and_nonsense_is_none() {
        let question = query(7, "CiscoCM1.example");
        assert_eq!(question[12..], *b"\x08CiscoCM1\x07example\0\0\x01\0\x01");
        let mut reply = question.clone();
        reply[2] = 0x81;
        assert_eq!(answer(7, &reply), Some(None), "no such name");
        reply[7] = 1;
        reply.extend(b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x0a\0\0\x01");
        assert_eq!(answer(7, &reply), Some(Some(Ipv4Addr::new(10, 0, 0, 1))));
        assert_eq!(answer(8, &reply), None);
        assert_eq!(answer(7, &question), None, "a query");
        for cut in 0..reply.len() {
            let _ = answer(7, &reply[..cut]);
        }
    }
}
