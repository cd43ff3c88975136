//! Web pages as small devices write them: forms, frames and words, out of a stream of tokens.
//!
//! There is deliberately no tree. Old pages open a form between two rows of a table, close tags in the wrong
//! order or never; a tree parser then moves the form away from its fields. A stream with a "current form" keeps
//! them together. Scripts are not run, styles not looked at, and everything is bounded: a page of any length
//! gives a [`Page`] of limited size.
//!
//! | file | what |
//! | --- | --- |
//! | [`page`] | what a page has: title, words, forms, frames |
//! | `read` | the stream of tokens, folded into a page |
//! | `label` | which words stand beside a control |

mod label;
pub mod page;
mod read;
#[cfg(test)]
mod tests;

pub use page::{Charset, Choice, Control, Encoding, Form, Kind, Method, Page};
