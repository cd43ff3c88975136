//! CDP and LLDP frames as Cisco phones send them, and the one answer they wait for.
//!
//! Encoded here from the facts and not by the bench's own codec, so that each checks the other.

use std::net::Ipv4Addr;

use proto::Mac;

use crate::phones::parts::lldp::Writer;

const CDP_GROUP: [u8; 6] = [0x01, 0x00, 0x0c, 0xcc, 0xcc, 0xcc];
/// LLC SNAP with the maker's OUI and the protocol number of CDP.
const CDP_SNAP: [u8; 8] = [0xaa, 0xaa, 0x03, 0x00, 0x00, 0x0c, 0x20, 0x00];
/// Seconds a listener keeps what it heard.
const TTL: u8 = 180;

/// What a phone says about itself on the link.
pub(crate) struct Said<'a> {
    pub(crate) mac: Mac,
    /// `SEP…` or `SIP…`, by the protocol of its load.
    pub(crate) cdp_name: String,
    /// As DHCP hears it: `SEP…`.
    pub(crate) host_name: String,
    /// `Cisco IP Phone 7965`.
    pub(crate) platform: String,
    /// `7965G`.
    pub(crate) product: &'a str,
    /// The running load.
    pub(crate) load: &'a str,
    /// Its boot loader: `tnp65.8-3-1-21a.bin`.
    pub(crate) boot_load: String,
    pub(crate) serial: &'a str,
    pub(crate) address: Option<Ipv4Addr>,
    /// What CDP says it can do: a bit each, as [`HOST`].
    pub(crate) capabilities: u32,
}

/// A host.
pub(crate) const HOST: u32 = 0x10;
/// A host, a phone, and a relay with two ports.
pub(crate) const HOST_PHONE_RELAY: u32 = 0x490;

/// A CDP frame: 802.3 with LLC SNAP, version 2.
pub(crate) fn cdp(said: &Said<'_>) -> Vec<u8> {
    let mut tlvs = Vec::new();
    let mut tlv = |kind: u16, value: &[u8]| {
        tlvs.extend(kind.to_be_bytes());
        tlvs.extend(u16::try_from(value.len() + 4).unwrap_or(u16::MAX).to_be_bytes());
        tlvs.extend_from_slice(value);
    };
    tlv(0x01, said.cdp_name.as_bytes());
    if let Some(address) = said.address {
        tlv(0x02, &[&[0, 0, 0, 1, 1, 1, 0xcc, 0, 4][..], &address.octets()].concat());
    }
    tlv(0x03, b"Port 1");
    tlv(0x04, &said.capabilities.to_be_bytes());
    tlv(0x05, said.load.as_bytes());
    tlv(0x06, said.platform.as_bytes());
    tlv(0x0b, &[1]);
    // The voice VLAN is asked for.
    tlv(0x0f, &[0x20, 0x02, 0x00, 0x01]);
    // Milliwatts.
    tlv(0x10, &6300_u16.to_be_bytes());

    let mut packet = vec![2, TTL, 0, 0];
    packet.extend(tlvs);
    let sum = cdp_sum(&packet);
    packet.splice(2..4, sum.to_be_bytes());
    let length = u16::try_from(CDP_SNAP.len() + packet.len()).unwrap_or(u16::MAX);
    let mut frame = [&CDP_GROUP[..], &said.mac.0, &length.to_be_bytes(), &CDP_SNAP, &packet].concat();
    frame.resize(frame.len().max(60), 0);
    frame
}

/// The one's-complement sum, with the sign error of Cisco equipment: a last odd byte is added as a
/// low byte, and above 0x7f as `0xff00 + byte - 1`.
fn cdp_sum(packet: &[u8]) -> u16 {
    let (pairs, odd) = packet.as_chunks::<2>();
    let mut sum: u32 = pairs.iter().map(|pair| u32::from(u16::from_be_bytes(*pair))).sum();
    sum += match odd.first() {
        Some(last) if *last >= 0x80 => 0xff00 + u32::from(*last) - 1,
        Some(last) => u32::from(*last),
        None => 0,
    };
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(0)
}

/// An LLDP frame with the MED inventory.
pub(crate) fn lldp(said: &Said<'_>) -> Vec<u8> {
    let mut frame = Writer::new(said.mac);
    let address = said.address.unwrap_or(Ipv4Addr::UNSPECIFIED).octets();
    // Chassis: subtype 5 (network address), family 1 (IPv4). Port: subtype 7 (locally assigned).
    frame.tlv(1, &[&[5, 1][..], &address].concat());
    frame.tlv(2, &[&[7][..], said.mac.bare_upper().as_bytes(), b":P1"].concat());
    frame.tlv(3, &u16::from(TTL).to_be_bytes());
    frame.tlv(4, b"SW PORT");
    frame.tlv(5, said.host_name.as_bytes());
    frame.tlv(6, format!("Cisco IP Phone {},V{REVISION}, {}", said.product, said.load).as_bytes());
    // Bridge and telephone, both there and both on.
    frame.tlv(7, &[0, 0x24, 0, 0x24]);
    // Capabilities, policy, power and inventory; class III.
    frame.med(1, &[0, 0x33, 3]);
    // Voice and voice signalling: policy not known yet.
    frame.med(2, &[1, 0x80, 0, 0]);
    frame.med(2, &[2, 0x80, 0, 0]);
    // A powered device on its line's power, 6.3 W.
    frame.med(4, &[0x43, 0, 63]);
    frame.med(5, REVISION.as_bytes());
    frame.med(6, said.boot_load.as_bytes());
    frame.med(7, said.load.as_bytes());
    frame.med(8, said.serial.as_bytes());
    frame.med(9, b"Cisco Systems, Inc.");
    frame.med(10, format!("CP-{}", said.product).as_bytes());
    frame.end()
}

/// The hardware revision that inventories tell.
const REVISION: &str = "12";

/// The voice VLAN in a switch's CDP frame, if it tells one.
pub(crate) fn voice_vlan(frame: &[u8]) -> Option<u16> {
    let body = frame.strip_prefix(&CDP_GROUP)?.get(6..)?;
    let (length, packet) = body.split_first_chunk()?;
    let packet = packet.get(..usize::from(u16::from_be_bytes(*length)))?.strip_prefix(&CDP_SNAP)?;
    let mut rest = packet.get(4..)?;
    while let Some((kind, behind)) = rest.split_first_chunk() {
        let (length, _) = behind.split_first_chunk()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let value = rest.get(4..length)?;
        if u16::from_be_bytes(*kind) == 0x0e {
            // One byte of application, then the VLAN.
            return value.get(1..)?.first_chunk().map(|vlan| u16::from_be_bytes(*vlan));
        }
        rest = rest.get(length..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said() -> Said<'static> {
        Said {
            mac: Mac([0, 0x11, 0x22, 0x33, 0x44, 0x55]),
            cdp_name: "SEP001122334455".into(),
            host_name: "SEP001122334455".into(),
            platform: "Cisco IP Phone 7962".into(),
            product: "7962G",
            load: "SCCP42.9-3-1ES27S",
            boot_load: "tnp62.8-3-1-21a.bin".into(),
            serial: "FCH1",
            address: None,
            capabilities: HOST_PHONE_RELAY,
        }
    }

    #[test]
    fn a_cdp_frame_has_its_length_and_a_sum_that_comes_out_even() {
        let frame = cdp(&said());
        assert_eq!(usize::from(u16::from_be_bytes([frame[12], frame[13]])), frame.len() - 14);
        assert_eq!(frame[22..24], [2, 180]);
        // 4 + 19 + 10 + 8 + 21 + 23 + 5 + 8 + 6 bytes are even: a plain Internet sum over them is zero.
        let plain = frame[22..].chunks(2).map(|p| u32::from(p[0]) << 8 | u32::from(p[1])).sum::<u32>();
        assert_eq!((plain & 0xffff) + (plain >> 16), 0xffff);
        assert!(frame.windows(8).any(|w| w == [0, 0x0f, 0, 8, 0x20, 2, 0, 1]), "asks for the voice VLAN");
    }

    #[test]
    fn the_odd_last_byte_is_summed_as_cisco_does() {
        assert_eq!(cdp_sum(&[0x01, 0x02, 0x7f]), !0x0181);
        assert_eq!(cdp_sum(&[0x01, 0x02, 0x80]), !(0x0102_u16.wrapping_add(0xff7f).wrapping_add(1)));
    }

    #[test]
    fn lldp_tells_load_boot_load_and_serial() {
        let frame = lldp(&said());
        let text = String::from_utf8_lossy(&frame).into_owned();
        for part in ["Cisco IP Phone 7962G,V12, SCCP42.9-3-1ES27S", "tnp62.8-3-1-21a.bin", "001122334455:P1", "FCH1"] {
            assert!(text.contains(part), "{part}");
        }
    }

    #[test]
    fn the_voice_vlan_is_found_and_its_absence_too() {
        let mut frame = [&CDP_GROUP[..], &[2, 0, 0, 0, 0, 1], &[0, 0], &CDP_SNAP, &[2, 180, 0, 0]].concat();
        frame.extend([0, 1, 0, 6, b's', b'w', 0, 0x0e, 0, 7, 1, 0, 110]);
        let length = u16::try_from(frame.len() - 14).unwrap();
        frame[12..14].copy_from_slice(&length.to_be_bytes());
        assert_eq!(voice_vlan(&frame), Some(110));
        assert_eq!(voice_vlan(&cdp(&said())), None, "a question is no answer");
        for cut in 0..frame.len() {
            assert_eq!(voice_vlan(&frame[..cut]), None);
        }
    }
}
