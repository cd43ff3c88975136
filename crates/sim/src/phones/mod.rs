//! The simulated phones, one folder per family.

pub mod aastra;
pub mod cisco_79xx;
mod kit;
pub mod yealink;
