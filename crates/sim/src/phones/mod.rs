//! The simulated phones, one folder per family.

pub mod cisco_79xx;
