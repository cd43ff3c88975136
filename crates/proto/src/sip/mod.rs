//! SIP (RFC 3261), as much of it as desk phones on a bench need.
//!
//! | module | what |
//! | --- | --- |
//! | [`message`] | a datagram ↔ a request or an answer: headers in their order, as bytes |
//! | [`header`] | what stands in `Via`, `From`, `Contact`, `CSeq`, and in a URI |
//! | [`pnp`] | tells a phone that asks the group 224.0.1.75 where its configuration is |
//! | [`registrar`] | takes any phone; tells a registered one to start again |
//!
//! Phones write SIP of many ages: short header names, folded lines, bare line feeds, Latin-1 in display names,
//! no branch in `Via` and no tag in `From` (RFC 2543). All of that is read. What is written follows RFC 3261.
//!
//! What is not here: TCP and TLS framing, authentication, calls, proxying. Nothing is ever forwarded.

pub mod header;
pub mod message;
pub mod pnp;
pub mod registrar;

pub use header::{CSeq, NameAddr, Params, Uri, Via};
pub use message::{Headers, Malformed, Message, Start};
pub use registrar::{Binding, Notice, Registrar};
