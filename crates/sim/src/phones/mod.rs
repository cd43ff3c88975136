//! The simulated phones, one folder per family.

pub mod aastra;
mod cisco;
pub mod cisco_7940;
pub mod cisco_79xx;
mod parts;
mod signature;
pub mod yealink;

pub use signature::Signature;
