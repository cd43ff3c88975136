//! Sockets, and the loop that owns the bench. Nothing here decides; it carries bytes and obeys outputs.

pub(crate) mod content;
pub(crate) mod http;
pub(crate) mod message;
