//! Skinny (SCCP, TCP port 2000): as much of a call manager as a phone needs to come up on a bench.
//!
//! | module | what |
//! | --- | --- |
//! | [`packet`] | a stream of bytes ↔ frames: length, version, message number, body |
//! | [`message`] | a frame ↔ its meaning, in both directions |
//! | [`server`] | one phone's conversation: registration, buttons, keep-alive, a text, one ring, a restart |
//!
//! There is no public standard. The layouts are those on which three open sources agree (chan-sccp, wazo-libsccp
//! and Wireshark's dissector); all numbers are little-endian, texts have a fixed size and are filled with NULs.
//!
//! What is not here: calls, media, the messages of protocol 17 and later. Static messages and protocol 11 are
//! enough for every phone of this kind (wazo-libsccp). The crate named `sccp` is another protocol, of SS7.

pub mod message;
pub mod packet;
pub mod server;

pub use message::{Message, Register, ResetKind};
pub use packet::{Frame, Framer, Malformed};
pub use server::{Event, Settings, Station};

/// The port that phones connect to.
pub const PORT: u16 = 2000;
