//! Filling in a phone's recovery page, whatever its fields are called.
//!
//! A phone in recovery serves a small page that asks for a protocol, a server and a file. How its fields are
//! named was never published, so nothing here knows a page: the form is read, each field is understood from the
//! words beside it, its name, its type and its value ([`fields`]), filled ([`fill`]), sent in the ways that small
//! servers take, one after the other, and the answer's words are judged ([`verdict`]). [`driver`] is the machine
//! that does so; it opens nothing and waits for nothing itself: one exchange of bytes at a time is asked for.
//!
//! Everything a page can do is bounded: pages, attempts, waits, lengths.

pub mod driver;
pub mod fields;
pub mod fill;
#[cfg(test)]
mod tests;
pub mod ui;
pub mod verdict;

pub use driver::{Driver, End, Ended, Goal, Step, Tried};
pub use fields::Protocol;
pub use ui::{Ui, UiGoal};
pub use verdict::Verdict;
