//! The hand-made inputs of the corpus, as code: `ringback-fuzz seeds` writes them, and a test compares.
//!
//! What was found later stands beside them in `corpus/` under names that say what it shows.

mod firmware;
mod hearsay;
mod machines;
mod packets;
mod signalling;
mod stories;

/// Target, file name, bytes.
pub type Seed = (&'static str, String, Vec<u8>);

/// Every hand-made input.
pub fn all() -> Vec<Seed> {
    [packets::all(), firmware::all(), machines::all(), signalling::all(), stories::all(), hearsay::all()].concat()
}

/// Inputs of one target, named by their number and a word.
fn of(target: &'static str, inputs: Vec<(&str, Vec<u8>)>) -> Vec<Seed> {
    inputs.into_iter().map(|(name, bytes)| (target, format!("made-{name}"), bytes)).collect()
}
