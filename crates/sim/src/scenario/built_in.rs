//! The scenarios of this repository, built into the program.

/// The files of `scenarios/`, sorted: name without `.toml`, and text.
pub static BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/scenarios.in"));
