//! Sockets, and the loop that owns the bench. Nothing here decides; it carries bytes and obeys outputs.

pub(crate) mod cable;
pub(crate) mod clock;
pub(crate) mod content;
pub(crate) mod ftp;
pub(crate) mod http;
pub(crate) mod https;
pub(crate) mod link;
pub(crate) mod message;
pub(crate) mod poller;
pub(crate) mod run_loop;
pub(crate) mod sharing;
pub(crate) mod shown;
pub(crate) mod sockets;
pub(crate) mod streams;
pub(crate) mod sys;
pub(crate) mod tcp_server;
pub(crate) mod transfers;
pub(crate) mod uploads;
