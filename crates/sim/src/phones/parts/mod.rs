//! Parts that the phones of all makers are put together from. None knows a model.
//!
//! | file | what |
//! | --- | --- |
//! | `body`, `face` | power, plugs, keys, what is said of the inside; screen and lamps |
//! | `station`, `lease` | a station of an IP network: VLAN, address, ports; what it says in DHCP |
//! | `dns`, `question` | names and services; one question, asked until it is answered |
//! | `place`, `tftp`, `download` | where files are; one file by TFTP; one by whichever protocol |
//! | `lldp` | what a phone says on the link, and the voice VLAN that a switch tells |
//! | `model` | a model's name in a scenario file |
//! | `http` | how a small web server reads a request |
//!
//! Each is written for the phones' side only; the bench has its own, so that each checks the other.

pub(super) mod body;
pub(super) mod dns;
pub(super) mod download;
pub(super) mod face;
pub(super) mod http;
pub(super) mod lease;
pub(super) mod lldp;
pub(super) mod model;
pub(super) mod place;
pub(super) mod question;
pub(super) mod station;
pub(super) mod tftp;
