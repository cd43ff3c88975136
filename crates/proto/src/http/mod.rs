//! HTTP as small devices speak it: requests made byte by byte, answers read however they are written.
//!
//! The server in a phone's boot loader may want the whole request in one segment, and may answer with a status
//! line, without one, with a wrong length or with nothing at all. So a request is one buffer with an exact
//! length ([`request`]), and reading an answer never fails ([`answer`]). Old form: HTTP/1.0, one request a
//! connection, no `Expect`, no chunks, no compression (RFC 1945; RFC 9112 for what answers may look like).
//!
//! Not here: the server for phones' own requests, and anything that opens a connection.

pub mod answer;
pub mod form;
pub mod request;
mod target;

pub use answer::Answer;
pub use request::Request;
pub use target::target;
