//! The messages of a phone that asks for an address (RFC 2131 §2, 2132), and what it reads from answers.
//!
//! Written for speed; that they are right is checked against `proto`, which the servers' side uses.

use std::net::Ipv4Addr;

/// Where servers listen.
pub(crate) const SERVER_PORT: u16 = 67;
/// Where phones listen.
pub(crate) const CLIENT_PORT: u16 = 68;

/// Message type of a Discover.
pub(crate) const DISCOVER: u8 = 1;
/// Message type of an Offer.
pub(crate) const OFFER: u8 = 2;
/// Message type of a Request.
pub(crate) const REQUEST: u8 = 3;
/// Message type of an Ack.
pub(crate) const ACK: u8 = 5;
/// Message type of a Nak.
pub(crate) const NAK: u8 = 6;

/// What a Cisco 7965G says it is; the NUL is its own.
const VENDOR_CLASS: &[u8] = b"Cisco Systems, Inc. IP Phone CP-7965G\0";
/// What it asks for: mask, TFTP server name, router, DNS, domain, TFTP server address, log server.
const WANTED: &[u8] = &[1, 66, 6, 3, 15, 150, 35];
const MAGIC: [u8; 4] = [99, 130, 83, 99];
/// Where the options start.
const OPTIONS: usize = 240;
/// The least a message may have (RFC 1542 §2.1).
const LEAST: usize = 300;

/// The MAC address of a phone, from its number: locally administered.
pub(crate) fn mac(number: u32) -> [u8; 6] {
    let [a, b, c, d] = number.to_be_bytes();
    [0x02, 0x50, a, b, c, d]
}

/// A Discover of the phone with this number, which is its transaction as well.
pub(crate) fn discover(number: u32) -> Vec<u8> {
    finish(begin(number, DISCOVER))
}

/// A Request for what this server offered.
pub(crate) fn request(number: u32, address: Ipv4Addr, server: Ipv4Addr) -> Vec<u8> {
    let mut message = begin(number, REQUEST);
    message.extend_from_slice(&[50, 4]);
    message.extend_from_slice(&address.octets());
    message.extend_from_slice(&[54, 4]);
    message.extend_from_slice(&server.octets());
    finish(message)
}

fn begin(number: u32, kind: u8) -> Vec<u8> {
    let mut message = Vec::with_capacity(LEAST + 32);
    // op, htype, hlen, hops; then the transaction, no seconds, the broadcast flag.
    message.extend_from_slice(&[1, 1, 6, 0]);
    message.extend_from_slice(&number.to_be_bytes());
    message.extend_from_slice(&[0, 0, 0x80, 0]);
    message.resize(28, 0);
    message.extend_from_slice(&mac(number));
    message.resize(OPTIONS - 4, 0);
    message.extend_from_slice(&MAGIC);
    message.extend_from_slice(&[53, 1, kind]);
    message
}

fn finish(mut message: Vec<u8>) -> Vec<u8> {
    for (code, value) in [(60, VENDOR_CLASS), (55, WANTED)] {
        message.extend_from_slice(&[code, u8::try_from(value.len()).unwrap_or(0)]);
        message.extend_from_slice(value);
    }
    message.push(255);
    message.resize(message.len().max(LEAST), 0);
    message
}

/// What a phone reads from an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// Whose it is.
    pub(crate) number: u32,
    /// Message type (option 53).
    pub(crate) kind: u8,
    /// The address that is offered or given.
    pub(crate) address: Ipv4Addr,
    /// Who says so (option 54).
    pub(crate) server: Ipv4Addr,
}

/// Reads an answer to one of our phones; `None` for anything else.
pub(crate) fn reply(message: &[u8]) -> Option<Reply> {
    let number = u32::from_be_bytes(array(message, 4)?);
    let ours = message.first() == Some(&2) && array(message, 28)? == mac(number) && array(message, 236)? == MAGIC;
    let (kind, server) = (option(message, 53)?, option(message, 54).and_then(|value| array(value, 0)));
    ours.then_some(Reply {
        number,
        kind: *kind.first()?,
        address: Ipv4Addr::from(array::<4>(message, 16)?),
        server: Ipv4Addr::from(server.unwrap_or([0; 4])),
    })
}

/// The do-nothing server's answer: the request turned round, with an address made from the MAC.
pub(crate) fn null_reply(request: &[u8], server: Ipv4Addr) -> Option<Vec<u8>> {
    let kind = match *option(request, 53)?.first()? {
        DISCOVER => OFFER,
        REQUEST => ACK,
        _ => return None,
    };
    let [high, low] = array::<2>(request, 32)?;
    let mut message = request.get(..OPTIONS)?.to_vec();
    *message.first_mut()? = 2;
    message.get_mut(16..20)?.copy_from_slice(&[10, 77, high, low]);
    message.extend_from_slice(&[53, 1, kind, 51, 4, 0, 0, 2, 88, 1, 4, 255, 255, 0, 0, 54, 4]);
    message.extend_from_slice(&server.octets());
    message.push(255);
    message.resize(LEAST, 0);
    Some(message)
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// The value of an option.
fn option(message: &[u8], wanted: u8) -> Option<&[u8]> {
    let mut rest = message.get(OPTIONS..)?;
    loop {
        match *rest {
            [255, ..] | [] => return None,
            [0, ref behind @ ..] => rest = behind,
            [code, len, ref behind @ ..] => {
                let (value, behind) = behind.split_at_checked(usize::from(len))?;
                if code == wanted {
                    return Some(value);
                }
                rest = behind;
            }
            [_] => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proto::Mac;
    use proto::dhcp::{Message, MessageType};

    use super::*;

    #[test]
    fn a_discover_is_a_phones() {
        let message = Message::parse(&discover(7)).unwrap();
        assert_eq!(message.message_type(), Some(MessageType::Discover));
        assert_eq!((message.mac(), message.xid), (Some(Mac(mac(7))), 7));
        assert!(message.broadcast());
        assert_eq!(message.options.get(60), Some(VENDOR_CLASS));
        assert_eq!(message.parameter_request_list(), WANTED);
        assert!(discover(7).len() >= LEAST);
    }

    #[test]
    fn a_request_names_the_address_and_the_server() {
        let (address, server) = (Ipv4Addr::new(10, 77, 1, 9), Ipv4Addr::new(10, 77, 0, 1));
        let message = Message::parse(&request(7, address, server)).unwrap();
        assert_eq!(message.message_type(), Some(MessageType::Request));
        assert_eq!((message.requested_address(), message.server_id()), (Some(address), Some(server)));
    }

    #[test]
    fn the_null_server_answers_each_phone_with_an_address_of_its_own() {
        let server = Ipv4Addr::new(10, 77, 0, 1);
        let offer = null_reply(&discover(0x0102), server).unwrap();
        assert_eq!(Message::parse(&offer).unwrap().message_type(), Some(MessageType::Offer));
        let address = Ipv4Addr::new(10, 77, 1, 2);
        assert_eq!(reply(&offer), Some(Reply { number: 0x0102, kind: OFFER, address, server }));
        let ack = null_reply(&request(0x0102, address, server), server).unwrap();
        assert_eq!(reply(&ack).map(|r| r.kind), Some(ACK));
    }

    #[test]
    fn what_is_cut_short_or_not_ours_is_no_reply() {
        let offer = null_reply(&discover(7), Ipv4Addr::LOCALHOST).unwrap();
        assert!((0..OPTIONS).all(|len| reply(&offer[..len]).is_none()));
        assert_eq!(reply(&discover(7)), None, "a request is no answer");
        let mut other = offer;
        other[33] ^= 1;
        assert_eq!(reply(&other), None, "another phone's");
    }
}
