//! The one answer that a request for a file gets: Serve, Refuse or Ignore, the same for every protocol.

use std::sync::Arc;

use proto::tftp::ErrorCode;

use crate::observe::Layer;

/// The answer to one request for a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The phone gets these bytes.
    Serve {
        /// The layer they come from.
        layer: Layer,
        /// The bytes, or where the app finds them.
        content: Content,
    },
    /// The phone is told why not.
    Refuse(Refusal),
    /// The phone hears nothing; the reason is for the journal.
    Ignore(&'static str),
}

/// Bytes, or where the app finds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Made for this phone.
    Bytes(Arc<[u8]>),
    /// On the shelf, by SHA-256 (lower-case hex) and length in bytes.
    Blob {
        /// SHA-256, lower-case hex.
        sha256: String,
        /// Bytes.
        size: u64,
    },
    /// In the served folder, by its path there.
    Folder {
        /// Path below the folder, with `/`.
        path: String,
        /// Length when the folder was last looked at, bytes.
        size: u64,
    },
}

impl Content {
    /// Length, bytes, as far as known before the file is opened.
    pub fn size(&self) -> u64 {
        match self {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Blob { size, .. } | Content::Folder { size, .. } => *size,
        }
    }
}

/// Why a phone does not get a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such file for this phone.
    NotFound,
    /// The name points outside of what phones may see, or is not a name.
    BadName(String),
    /// Writing is switched off.
    WriteRefused,
    /// A write is over its limits.
    TooLarge,
    /// The protocol has no such way of asking (an unknown TFTP mode, an HTTP method other than GET and HEAD).
    BadRequest(String),
    /// The file is on the shelf and could not be opened.
    Unreadable,
}

impl Refusal {
    /// The code that `ringback explain` knows.
    pub const fn code(&self) -> &'static str {
        match self {
            Refusal::NotFound => "RB210",
            Refusal::BadName(_) => "RB211",
            Refusal::WriteRefused => "RB212",
            Refusal::TooLarge => "RB213",
            Refusal::BadRequest(_) => "RB214",
            Refusal::Unreadable => "RB215",
        }
    }

    /// The reason in words. It goes to the journal and, shortened, to the phone; it names no path of this computer.
    pub fn words(&self) -> String {
        match self {
            Refusal::NotFound => "file not found".to_owned(),
            Refusal::BadName(why) => format!("name refused: {why}"),
            Refusal::WriteRefused => "writing is switched off".to_owned(),
            Refusal::TooLarge => "larger than the quarantine allows".to_owned(),
            Refusal::BadRequest(why) => format!("request refused: {why}"),
            Refusal::Unreadable => "the file could not be read".to_owned(),
        }
    }

    /// The TFTP error for it. Access violation (2) is never sent: phones show it as an authorisation
    /// fault, where "file not found" lets them go on.
    pub const fn tftp(&self) -> ErrorCode {
        match self {
            Refusal::NotFound | Refusal::BadName(_) | Refusal::Unreadable => ErrorCode::FileNotFound,
            Refusal::TooLarge => ErrorCode::DiskFull,
            Refusal::WriteRefused | Refusal::BadRequest(_) => ErrorCode::IllegalOperation,
        }
    }

    /// The HTTP status for it.
    pub const fn http(&self) -> u16 {
        match self {
            Refusal::NotFound | Refusal::BadName(_) => 404,
            Refusal::WriteRefused => 405,
            Refusal::TooLarge => 413,
            Refusal::BadRequest(_) => 400,
            Refusal::Unreadable => 500,
        }
    }
}
