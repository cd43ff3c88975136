//! FTP, the server's side of the control connection, as far as a phone needs it to read a file (RFC 959, 1123
//! §4.1, 2428, 3659 §4).
//!
//! | file | what |
//! | --- | --- |
//! | [`command`] | a line becomes a command |
//! | [`session`] | one conversation: what is answered, and what the host has to do |
//!
//! Deliberately absent: writing, listing (a phone's files are not the files of a folder), starting in the middle
//! of a file, TLS, and data connections to or from anybody but the phone itself (RFC 2577).

pub mod command;
pub mod session;

pub use command::Command;
pub use session::{Act, Session};
