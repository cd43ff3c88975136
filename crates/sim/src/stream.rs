//! What phones do over TCP, told in whole things instead of segments with numbers.
//!
//! A phone's own web server is a machine of byte streams: each segment that arrives goes to
//! [`crate::Phone::on_segment`] and comes back as an [`Answer`]. A file that a phone fetches by HTTP, HTTPS or
//! FTP is an [`Order`]; its bytes come as [`Part`]s. The rig carries both without TCP, `crate::netstack` with
//! it. TFTP is not here: phones speak it themselves, datagram by datagram.

use std::net::SocketAddrV4;

/// By which protocol a file is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are the protocols'")]
pub enum Scheme {
    Tftp,
    Http,
    Https,
    Ftp,
}

impl Scheme {
    /// Its usual port.
    pub const fn port(self) -> u16 {
        match self {
            Scheme::Tftp => 69,
            Scheme::Http => 80,
            Scheme::Https => 443,
            Scheme::Ftp => 21,
        }
    }

    /// As it begins a URL.
    pub const fn name(self) -> &'static str {
        match self {
            Scheme::Tftp => "tftp",
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::Ftp => "ftp",
        }
    }
}

/// A file that a phone wants by HTTP, HTTPS or FTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// By which the phone knows its parts again.
    pub id: u16,
    /// The protocol; never TFTP.
    pub scheme: Scheme,
    /// The server's address and port.
    pub server: SocketAddrV4,
    /// The server as the phone was told of it: a name, or the address in text.
    pub host: String,
    /// The file with its folders, without a leading slash, nothing percent-encoded.
    pub path: String,
    /// User and password, when the phone has some.
    pub login: Option<(String, String)>,
    /// HTTP User-Agent.
    pub user_agent: String,
    /// Over TLS it speaks only to servers whose certificate it can trace to a maker's or public authority.
    pub trusted_only: bool,
}

/// What becomes of an [`Order`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The next bytes of the file.
    Data(Vec<u8>),
    /// That was all.
    Done,
    /// There is no such file (HTTP 404, FTP 550).
    Missing,
    /// It is not given (HTTP 401, 403, FTP 530, 5xx).
    Denied,
    /// The server's certificate is not one to trust.
    Untrusted,
    /// No connection, or it broke.
    Failed,
}

/// A TCP connection to a phone's own server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conn {
    /// Which.
    pub id: u64,
    /// Who connected.
    pub from: SocketAddrV4,
    /// The phone's port.
    pub port: u16,
}

/// What a phone's server does about a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// What it sends; nothing at all: it waits, perhaps for ever.
    pub bytes: Vec<u8>,
    /// It ends the connection after that.
    pub close: bool,
}

impl Answer {
    /// Nothing, and the connection stays.
    pub fn silence() -> Answer {
        Answer::default()
    }

    /// Nothing, and the connection ends.
    pub fn hang_up() -> Answer {
        Answer { bytes: Vec::new(), close: true }
    }

    /// This, and the connection ends.
    pub fn last(bytes: impl Into<Vec<u8>>) -> Answer {
        Answer { bytes: bytes.into(), close: true }
    }
}
