//! This computer: its interfaces, addresses, ports and rights.
//!
//! | module | what |
//! | --- | --- |
//! | [`interfaces`] | which there are, which may be used, and why the others may not |
//! | [`addresses`] | adding an address so that it is taken back even after a crash |
//! | [`subnet`] | a subnet that nothing else here uses |
//! | [`firewall`] | whether phones are let in, and the rule that is missing |
//! | [`managers`] | programs that look after an interface by themselves |
//! | [`namespace`] | a cable in software, for a self-test |
//! | [`ports`] | who holds a port |
//! | [`privileges`] | which rights are missing, and the line that gives them |
//!
//! What is not here: no packet is read or sent, and no phone is known. The parts that only one
//! operating system has ([`netlink`], [`process`], `interfaces/linux.rs`) stand behind plain types.

pub(crate) mod addresses;
pub(crate) mod firewall;
pub(crate) mod interfaces;
pub(crate) mod managers;
pub(crate) mod namespace;
mod netlink;
mod nofile;
pub(crate) mod ports;
pub(crate) mod privileges;
pub(crate) mod process;
pub(crate) mod subnet;
#[cfg(test)]
pub(crate) mod testspace;

pub(crate) use netlink::{Route, routes};
pub(crate) use nofile::raise as raise_nofile;
