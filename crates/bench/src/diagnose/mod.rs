//! Naming the cause: rules look at a session after every observation and say what is wrong with it.
//!
//! A rule is one file in `rules/` and one line in [`rules::RULES`]. Codes that are not rules (refusals,
//! the network's safety, the laptop) stand in [`codes`]; `ringback explain` reads both.

pub mod codes;
pub mod finding;
pub mod page;
pub mod rules;
pub mod screens;

pub use finding::{Finding, Rule, Severity};
