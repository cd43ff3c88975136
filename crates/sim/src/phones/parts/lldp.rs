//! LLDP with its media endpoint extension, as phones send and hear it (IEEE 802.1AB, TIA-1057).

use proto::Mac;

const GROUP: [u8; 6] = [0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e];
const ETHERTYPE: [u8; 2] = [0x88, 0xcc];
const MED: [u8; 3] = [0x00, 0x12, 0xbb];

/// A frame as it is written, one TLV after the other.
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn new(mac: Mac) -> Writer {
        Writer([&GROUP[..], &mac.0, &ETHERTYPE].concat())
    }

    /// A TLV of the base standard.
    pub(crate) fn tlv(&mut self, kind: u16, value: &[u8]) {
        let length = u16::try_from(value.len()).unwrap_or(u16::MAX) & 0x1ff;
        self.0.extend((kind << 9 | length).to_be_bytes());
        self.0.extend_from_slice(value);
    }

    /// A TLV of the media endpoint extension.
    pub(crate) fn med(&mut self, subtype: u8, value: &[u8]) {
        self.tlv(127, &[&MED[..], &[subtype], value].concat());
    }

    /// The frame with its end, as long as Ethernet wants it.
    pub(crate) fn end(mut self) -> Vec<u8> {
        self.tlv(0, &[]);
        self.0.resize(self.0.len().max(60), 0);
        self.0
    }
}

/// What a phone says about itself.
#[derive(Clone, Debug)]
pub(crate) struct Said<'a> {
    pub(crate) mac: Mac,
    pub(crate) name: &'a str,
    pub(crate) maker: &'a str,
    pub(crate) model: &'a str,
    /// The software revision.
    pub(crate) load: &'a str,
    /// Seconds that a listener keeps it.
    pub(crate) ttl: u16,
}

/// The frame.
pub(crate) fn frame(said: &Said<'_>) -> Vec<u8> {
    let mut frame = Writer::new(said.mac);
    // Chassis and port by their link address.
    frame.tlv(1, &[&[4][..], &said.mac.0].concat());
    frame.tlv(2, &[&[3][..], &said.mac.0].concat());
    frame.tlv(3, &said.ttl.to_be_bytes());
    frame.tlv(5, said.name.as_bytes());
    frame.tlv(6, format!("{} {}", said.model, said.load).as_bytes());
    frame.tlv(7, &[0, 0x24, 0, 0x24]);
    // Capabilities, policy, power and inventory; class III.
    frame.med(1, &[0, 0x33, 3]);
    // Voice: policy not known yet.
    frame.med(2, &[1, 0x80, 0, 0]);
    frame.med(7, said.load.as_bytes());
    frame.med(8, said.mac.bare_lower().as_bytes());
    frame.med(9, said.maker.as_bytes());
    frame.med(10, said.model.as_bytes());
    frame.end()
}

/// The voice VLAN that a switch's policy tells; 0 is none at all.
pub(crate) fn voice_vlan(frame: &[u8]) -> Option<u16> {
    let mut rest = frame.strip_prefix(&GROUP)?.get(6..)?.strip_prefix(&ETHERTYPE)?;
    loop {
        let (head, behind) = rest.split_first_chunk()?;
        let head = u16::from_be_bytes(*head);
        let (value, next) = behind.split_at_checked(usize::from(head & 0x1ff))?;
        match (head >> 9, value.strip_prefix(&MED)) {
            (0, _) => return None,
            // Application voice; a flag says that the policy is not known, another that the VLAN is tagged.
            (127, Some([2, 1, high, low, _])) if high & 0x80 == 0 => {
                let tagged = high & 0x40 != 0;
                let vlan = u16::from(high & 0x1f) << 7 | u16::from(low >> 1);
                return Some(if tagged { vlan } else { 0 });
            }
            _ => rest = next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::ethernet::{Content, Frame, Lldp};

    #[test]
    fn the_bench_reads_what_a_phone_says() {
        let mac = Mac([0, 0x15, 0x65, 1, 2, 3]);
        let said = Said { mac, name: "SIP-T46G", maker: "Yealink", model: "T46G", load: "28.83.0.120", ttl: 180 };
        let bytes = frame(&said);
        let parsed = Frame::parse(&bytes).unwrap();
        let Content::Typed { payload, .. } = parsed.content else { panic!("{parsed:?}") };
        assert!(format!("{:?}", Lldp::parse(payload)).contains("Ok"), "{:?}", Lldp::parse(payload));
        assert_eq!(voice_vlan(&bytes), None, "its own policy is not known");
    }

    #[test]
    fn a_policy_is_read_to_the_bit() {
        let switch = |policy: [u8; 4]| {
            let head = [&GROUP[..], &[2, 0, 0, 0, 0, 1], &ETHERTYPE].concat();
            [&head[..], &[0xfe, 8], &MED, &[2], &policy, &[0, 0]].concat()
        };
        // Voice, tagged, VLAN 110, priority 5; then untagged; then unknown.
        assert_eq!(voice_vlan(&switch([1, 0x40, 0xdd, 0x6e])), Some(110));
        assert_eq!(voice_vlan(&switch([1, 0x00, 0x00, 0x2e])), Some(0));
        assert_eq!(voice_vlan(&switch([1, 0x80, 0x00, 0x00])), None);
        assert_eq!(voice_vlan(&switch([2, 0x40, 0xdc, 0x2e])), None, "another application");
    }
}
