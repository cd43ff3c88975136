//! Which frames the kernel hands to a [`super::Link`], as a classic BPF program.
//!
//! All that carries a VLAN tag; 802.3 frames (CDP, spanning tree); ARP; LLDP; IPv4 UDP from or to ports
//! 67 and 68 (DHCP), and to port 69 (a TFTP request). Nothing else: no data of a transfer, whose ports
//! are others, and no later fragment, which has no ports.

use socket2::SockFilter;

// Instruction codes of Linux's bpf_common.h.
const LOAD_WORD: u16 = 0x20;
const LOAD_HALF: u16 = 0x28;
const LOAD_BYTE: u16 = 0x30;
/// Half a word, this many bytes after the IPv4 header.
const LOAD_HALF_AFTER_HEADER: u16 = 0x48;
/// Length of the IPv4 header at this offset, for the one above.
const MEASURE_HEADER: u16 = 0xb1;
const IF_EQUAL: u16 = 0x15;
const IF_AT_LEAST: u16 = 0x35;
const IF_ANY_BIT: u16 = 0x45;
const RETURN: u16 = 0x06;
/// Whether the card or the kernel took a VLAN tag off (`SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT`).
const TAG_TAKEN_OFF: u32 = 0xffff_f000 + 48;
/// Accepts so many bytes of a frame: all.
const WHOLE: u32 = 0x4_0000;

/// Where in an untagged frame.
const TYPE: u32 = 12;
const IP: u32 = 14;
const IP_FRAGMENT: u32 = IP + 6;
const IP_PROTOCOL: u32 = IP + 9;

/// What to do when a test holds, or does not.
#[derive(Clone, Copy)]
enum To {
    Next,
    Accept,
    Ignore,
}

use To::{Accept, Ignore, Next};

/// `(code, value, when it holds, when it does not)`; what loads always goes on with the next.
const STEPS: &[(u16, u32, To, To)] = &[
    (LOAD_WORD, TAG_TAKEN_OFF, Next, Next),
    (IF_AT_LEAST, 1, Accept, Next),
    (LOAD_HALF, TYPE, Next, Next),
    // A tag still in its place.
    (IF_EQUAL, 0x8100, Accept, Next),
    (IF_EQUAL, 0x88a8, Accept, Next),
    (IF_EQUAL, 0x0806, Accept, Next),
    (IF_EQUAL, 0x88cc, Accept, Next),
    // Less is a length: 802.3.
    (IF_AT_LEAST, 0x0600, Next, Accept),
    (IF_EQUAL, 0x0800, Next, Ignore),
    (LOAD_BYTE, IP_PROTOCOL, Next, Next),
    (IF_EQUAL, 17, Next, Ignore),
    (LOAD_HALF, IP_FRAGMENT, Next, Next),
    (IF_ANY_BIT, 0x1fff, Ignore, Next),
    (MEASURE_HEADER, IP, Next, Next),
    (LOAD_HALF_AFTER_HEADER, IP, Next, Next),
    (IF_EQUAL, 67, Accept, Next),
    (IF_EQUAL, 68, Accept, Next),
    (LOAD_HALF_AFTER_HEADER, IP + 2, Next, Next),
    (IF_EQUAL, 67, Accept, Next),
    (IF_EQUAL, 68, Accept, Next),
    (IF_EQUAL, 69, Accept, Ignore),
];

/// The program: the steps, then the two ways it ends.
pub(super) fn program() -> Vec<SockFilter> {
    let jump = |at: usize, to: To| match to {
        Next => 0,
        // Counted from the instruction after this one; the steps are far fewer than 255.
        Accept => (STEPS.len() - at - 1) as u8,
        Ignore => (STEPS.len() - at) as u8,
    };
    let steps = STEPS.iter().enumerate();
    let steps = steps.map(|(at, (code, value, yes, no))| SockFilter::new(*code, jump(at, *yes), jump(at, *no), *value));
    steps.chain([SockFilter::new(RETURN, 0, 0, WHOLE), SockFilter::new(RETURN, 0, 0, 0)]).collect()
}
