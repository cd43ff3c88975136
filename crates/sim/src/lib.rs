//! Simulated phones, people, cables and faults, written from the facts and never from `profiles/`.
//!
//! | module | what |
//! | --- | --- |
//! | [`wire`], [`key`] | what goes into and comes out of a phone: packets, keys, screen, lamps |
//! | [`stream`] | files by TCP, and a phone's own server |
//! | [`phones`] | the phones, one folder per family |
//! | [`firmware`] | made-up firmware files in the makers' formats |
//! | [`faults`] | a cable that loses, repeats, delays and swaps packets |
//! | [`person`] | somebody who presses keys and pulls plugs |
//! | [`netstack`] | a phone's UDP and TCP as Ethernet frames |
//! | [`rig`] | a bench, phones and people on one table, in virtual time |
//! | [`scenario`] | a trouble from plug-in to outcome, as TOML |
//!
//! Everything here is driven alike: `handle_input`, then `poll_output` until it says no, then sleep
//! until `poll_timeout`. Time and seeds are arguments, so the same inputs give the same outputs.
//! Because no phone here knows what the bench believes, a wrong profile fails against these phones
//! instead of agreeing with itself; [`rig`] and [`scenario`] hand profiles to the bench unread.

mod base64;
pub mod faults;
pub mod firmware;
pub mod key;
pub mod netstack;
pub mod person;
pub mod phones;
pub mod rig;
mod rng;
pub mod scenario;
mod seconds;
pub mod stream;
pub mod wire;

pub use faults::{Cable, CableSpec};
pub use key::Key;
pub use netstack::Wired;
pub use person::Person;
pub use wire::{Input, Interface, Jack, Lamp, Output, Phone, PhoneStatus, StreamAct, StreamEvent, Wire};
