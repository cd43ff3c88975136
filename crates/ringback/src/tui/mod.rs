//! The terminal: plain lines for pipes and logs, a live screen for people.

mod choose;
pub(crate) mod lines;
pub(crate) mod plain;
pub(crate) mod screen;
mod typed;
