//! The terminal: plain lines for pipes and logs, a live screen for people.

mod choose;
mod draw;
pub(crate) mod lines;
pub(crate) mod plain;
mod prompt;
pub(crate) mod screen;
#[cfg(test)]
mod tests;
mod typed;
