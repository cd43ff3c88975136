//! The failure signatures of the facts, F1 to F23, as faults with names: `fault = "F3"` in a scenario brings
//! the trouble about by whatever in the phone makes it. The seed of the phone picks among several ways.
//!
//! What lies outside of the phone is not brought about here: an incomplete pack (F10) is the shelf's, and
//! what a server refuses (F18) is the server's; these faults make the phone go there.

use std::net::Ipv4Addr;
use std::time::Duration;

use serde::Deserialize;

use super::cisco_79xx::TrustList;
use super::{cisco_79xx, cisco_7940};
use crate::firmware::classic::{Name, Protocol};
use crate::wire::Address;

/// A failure signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Signature {
    /// It says who it is and never asks for an address: a long wait for a switch, or a stored VLAN.
    F1,
    /// No DHCP: a stored address.
    F2,
    /// Files are asked of another address.
    F3,
    /// It believes no way of telling the file server and asks for `CiscoCM1`.
    F4,
    /// Answers to its requests do not reach it.
    F5,
    /// The early loader loops on the trust list.
    F6,
    /// It asks for `OS79XX.TXT` and goes nowhere when that is written unsuitably.
    F7,
    /// Nothing: its load is looked at in every start, and is current.
    F8,
    /// Its load cannot check what it is told to take.
    F9,
    /// It is told to take a load, of whose pack a file may be missing.
    F10,
    /// A trust list: of the Java-screened phones a CTL file, an ITL file, or both.
    F11,
    /// Its board wants a newer load.
    F12,
    /// It is told to take a load of another model.
    F13,
    /// Its default load is named like a serial number.
    F14,
    /// The loader has no valid application.
    F15,
    /// An MGCP image, which shows its own lamps at power-on with `#`.
    F16,
    /// Its call server is another address.
    F17,
    /// It registers as a type that nobody knows.
    F18,
    /// A SIP phone without a line reads its configuration again and again.
    F19,
    /// It was wiped.
    F20,
    /// A 7970 on weak power, wiped.
    F21,
    /// No link without a switch or a crossed cable.
    F22,
    /// Its configuration is too long for it.
    F23,
}

impl Signature {
    /// All of them.
    pub const ALL: [Signature; 23] = {
        use Signature::*;
        [F1, F2, F3, F4, F5, F6, F7, F8, F9, F10, F11, F12, F13, F14, F15, F16, F17, F18, F19, F20, F21, F22, F23]
    };

    /// Brings it about in a 7940 or 7960; false: no such phone can have it.
    pub fn bring_to_7940(self, spec: &mut cisco_7940::PhoneSpec) -> bool {
        let load = |text: &str| Name::parse(text).unwrap_or_else(|| spec.load.clone());
        match self {
            Signature::F1 if spec.seed % 2 == 1 => spec.stored_vlan = Some(110),
            Signature::F1 => spec.vlan_wait = LONG,
            Signature::F2 => (spec.static_address, spec.alternate_tftp) = (Some(OLD_ADDRESS), Some(OLD_SERVER)),
            Signature::F3 => spec.alternate_tftp = Some(OLD_SERVER),
            Signature::F4 => spec.server_order.clear(),
            Signature::F5 => spec.hears_files = false,
            Signature::F6 => {
                spec.load = load("P0S3-07-2-00");
                spec.loader = None;
                spec.no_application = true;
            }
            Signature::F7 if spec.seed % 2 == 1 => spec.load = load("P0M3-06-1-00"),
            Signature::F7 => spec.load = load("P0S30202"),
            Signature::F8 => {}
            Signature::F10 => spec.wanted_load = Some("P0030801SR02".to_owned()),
            Signature::F11 => (spec.trust_list, spec.load) = (true, load("P00308000700")),
            Signature::F13 => spec.wanted_load = Some("SCCP45.8-5-2S".to_owned()),
            Signature::F15 => spec.no_application = true,
            Signature::F16 => spec.load = load("P0M3-06-1-00"),
            Signature::F17 => (spec.call_server, spec.load) = (Some(OLD_SERVER), load("P00308000700")),
            Signature::F18 => (spec.device_type, spec.load) = (Some(UNKNOWN_TYPE), load("P00308000700")),
            Signature::F19 if spec.load.protocol != Protocol::Sip => spec.load = load("P0S3-8-12-00"),
            Signature::F19 => {}
            Signature::F22 => spec.no_link = true,
            Signature::F23 => spec.config_limit = SHORT,
            Signature::F9 | Signature::F12 | Signature::F14 | Signature::F20 | Signature::F21 => return false,
        }
        true
    }

    /// Brings it about in a Java-screened 7900; false: no such phone can have it.
    pub fn bring_to_79xx(self, spec: &mut cisco_79xx::PhoneSpec) -> bool {
        let images = spec.model.images;
        match self {
            Signature::F1 if spec.seed % 2 == 1 => spec.stored_vlan = Some(110),
            Signature::F1 => spec.vlan_wait = LONG,
            Signature::F2 => (spec.static_address, spec.alternate_tftp) = (Some(OLD_ADDRESS), Some(OLD_SERVER)),
            Signature::F3 => spec.alternate_tftp = Some(OLD_SERVER),
            Signature::F4 => spec.server_order.clear(),
            Signature::F5 => spec.hears_files = false,
            Signature::F8 => {}
            Signature::F9 => {
                spec.load = Some(format!("SCCP{images}.8-3-2S"));
                spec.wanted_load = Some(format!("SCCP{images}.9-4-2SR1-1S"));
                spec.checks_lists = spec.seed.is_multiple_of(2);
            }
            Signature::F10 => {
                spec.load = Some(format!("SCCP{images}.8-5-2S"));
                spec.wanted_load = Some(format!("SCCP{images}.9-4-2SR1-1S"));
            }
            Signature::F11 => {
                spec.trust_lists = match spec.seed % 3 {
                    0 => [TrustList::Itl].into(),
                    1 => [TrustList::Ctl].into(),
                    _ => [TrustList::Itl, TrustList::Ctl].into(),
                };
            }
            Signature::F12 => {
                spec.board_level = Some(1 << 30);
                spec.wanted_load = Some(format!("SCCP{images}.8-5-2S"));
            }
            Signature::F13 => {
                let other = if images == "42" { "45" } else { "42" };
                spec.wanted_load = Some(format!("SCCP{other}.8-5-2S"));
            }
            Signature::F14 => spec.load = Some("FCH1101963K".to_owned()),
            Signature::F17 => spec.call_server = Some(OLD_SERVER),
            Signature::F18 => spec.device_type = Some(UNKNOWN_TYPE),
            Signature::F19 => spec.load = Some(format!("SIP{images}.8-5-2S")),
            Signature::F20 => spec.wiped = true,
            Signature::F21 if images == "70" => (spec.wiped, spec.weak_power) = (true, true),
            Signature::F22 => spec.no_link = true,
            Signature::F23 => spec.config_limit = SHORT,
            Signature::F6 | Signature::F7 | Signature::F15 | Signature::F16 | Signature::F21 => return false,
        }
        true
    }
}

/// A wait that outlasts patience.
const LONG: Duration = Duration::from_secs(3_600);
/// Fewer bytes than any useful configuration has.
const SHORT: u64 = 64;
/// Where the old system was.
const OLD_SERVER: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 5);
const OLD_ADDRESS: Address =
    Address { ip: Ipv4Addr::new(192, 168, 1, 77), mask: Ipv4Addr::new(255, 255, 255, 0), router: None };
/// A type that is in no table.
const UNKNOWN_TYPE: u32 = 65_001;
