//! Hostile bytes for everything that reads bytes.
//!
//! | module | what |
//! | --- | --- |
//! | [`targets`] | one function per codec and machine: any bytes in, a panic when something is not as promised |
//! | [`mutate`] | inputs made into other inputs |
//! | [`feed`] | bytes as decisions, for targets that want steps |
//! | [`seeds`] | the hand-made inputs of `corpus/` |
//! | [`corpus`] | the files of `corpus/` |
//! | [`hunt`] | the loop: mutate, run, keep and cut down what panics |
//!
//! Not here: coverage feedback. Targets are plain functions, so any other fuzzer can drive them too.

pub mod corpus;
pub mod feed;
pub mod hunt;
pub mod mutate;
pub mod rng;
pub mod seeds;
pub mod targets;
