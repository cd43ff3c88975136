//! One vocabulary for everything that happened: on the wire, to a file, to a procedure, by a person.
//!
//! Observations are numbered, kept in the journal, and are the only thing that sessions, screens,
//! findings and the ledger are made from. Texts in them are foreign and already escaped.
//! Progress of a transfer is deliberately not an observation: it may be dropped, what is here may not.

mod seen;

use profile::procedure::Ask;
use proto::{Mac, Time};
use serde::{Deserialize, Serialize};

pub use self::seen::Seen;

/// One thing that happened, numbered in the order in which the bench learnt of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Its number; the first is 1.
    pub n: u64,
    /// When, microseconds since the bench was switched on.
    pub at: Time,
    /// The phone it is about, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Mac>,
    /// What happened.
    #[serde(flatten)]
    pub seen: Seen,
}

/// The way by which a file is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// TFTP.
    Tftp,
    /// HTTP.
    Http,
    /// HTTP inside TLS.
    Https,
    /// FTP.
    Ftp,
}

impl Via {
    /// The protocol's name.
    pub const fn name(self) -> &'static str {
        match self {
            Via::Tftp => "TFTP",
            Via::Http => "HTTP",
            Via::Https => "HTTPS",
            Via::Ftp => "FTP",
        }
    }
}

/// Which layer of the overlay a file came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// Made for this phone.
    Generated,
    /// Pinned by its procedure.
    Pinned,
    /// On the shelf under another name, which a person has said.
    Mapped,
    /// On its family's shelf.
    Family,
    /// In the folder that `ringback serve` was given.
    Folder,
}

/// How a procedure ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Outcome {
    /// The result was proven.
    Recovered,
    /// Something was reached, not all of it.
    Partly,
    /// A step did not happen, and there was no other way.
    GaveUp,
    /// The technician stopped it, or the bench was switched off.
    Aborted,
    /// It was not begun: something that it needs is missing.
    Refused,
}

impl Outcome {
    /// The word for a ledger and a screen.
    pub const fn word(self) -> &'static str {
        match self {
            Outcome::Recovered => "Recovered",
            Outcome::Partly => "Partly",
            Outcome::GaveUp => "GaveUp",
            Outcome::Aborted => "Aborted",
            Outcome::Refused => "Refused",
        }
    }
}

/// What came of a try to log in to a phone's web page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginResult {
    /// It took name and password.
    In,
    /// It refused them.
    Refused,
    /// It wants the password in a form that the bench does not make.
    Encrypted,
    /// There was no page, or none that is understood.
    NoPage,
}

/// What a phone's own page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WebState {
    /// It takes firmware and wants no password: the phone is in recovery.
    Recovery,
    /// It wants a password: the phone runs.
    Runs,
    /// Nobody answers.
    Silent,
    /// It is something else.
    Other,
}

/// How the work with a recovery page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WebOutcome {
    /// The phone fetches the file.
    Accepted,
    /// The phone has taken the file itself.
    Uploaded,
    /// Nobody answered.
    Unreachable,
    /// The phone runs.
    NotInRecovery,
    /// The page has no form that could be filled in.
    NoForm,
    /// No way of sending it was taken.
    Refused,
    /// The phone said yes and asked for nothing.
    NotAsked,
    /// The phone said that it could not fetch the file.
    DownloadFailed,
    /// The phone turned the file down.
    ImageRefused,
}

impl WebOutcome {
    /// Whether the phone takes the file.
    pub const fn is_good(self) -> bool {
        matches!(self, WebOutcome::Accepted | WebOutcome::Uploaded)
    }

    /// The code of what went wrong; none when nothing did.
    pub const fn code(self) -> Option<&'static str> {
        Some(match self {
            WebOutcome::Accepted | WebOutcome::Uploaded => return None,
            WebOutcome::Unreachable => "RB120",
            WebOutcome::NotAsked => "RB121",
            WebOutcome::NotInRecovery => "RB122",
            WebOutcome::NoForm => "RB123",
            WebOutcome::Refused => "RB124",
            WebOutcome::DownloadFailed => "RB125",
            WebOutcome::ImageRefused => "RB273",
        })
    }
}

/// What a phone that starts does sooner or later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Awaited {
    /// To ask for an address.
    Dhcp,
    /// To ask for a file, once it has an address.
    Files,
    /// To be heard at all.
    Word,
}

/// A file of a load as it is pinned for one phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinnedFile {
    /// Its true name.
    pub name: String,
    /// Its SHA-256, hex.
    pub sha256: String,
}

/// What a person is asked for, with everything a screen needs to draw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Asked {
    /// Of the closed set.
    pub ask: Ask,
    /// The key to hold while power is connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<String>,
    /// The keys to type, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<String>,
    /// What the phone shows when it is ready for the keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<String>,
    /// What the phone shows when it took them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<String>,
    /// How long the phone waits for the keys, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_s: Option<u32>,
    /// Keys pressed together, by their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<String>,
    /// The way through the phone's menus: the names of the entries, then of the softkey.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub menu: Vec<String>,
    /// What the screen may show; the person says which.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<String>,
    /// Whether the person has to confirm (otherwise the wire shows it).
    pub confirm: bool,
    /// Whether somebody has to approve it, with name and reason.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approval: bool,
}

impl Asked {
    /// This, and nothing else said of it.
    pub const fn only(ask: Ask) -> Asked {
        Asked {
            ask,
            hold: None,
            keys: None,
            ready: None,
            accepted: None,
            window_s: None,
            together: Vec::new(),
            menu: Vec::new(),
            answers: Vec::new(),
            confirm: false,
            approval: false,
        }
    }
}

/// A step that was not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unrun {
    /// Its id.
    pub step: String,
    /// Why.
    pub why: String,
}
