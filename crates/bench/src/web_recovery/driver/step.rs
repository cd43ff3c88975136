//! What the driver is to reach, what it asks for, what it tells, and how it ends.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use crate::web_recovery::fields::Protocol;
use crate::web_recovery::verdict::Verdict;

/// What is to be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// Where the phone's page is.
    pub page: SocketAddrV4,
    /// The bench, as this phone reaches it.
    pub server: Ipv4Addr,
    /// The file's name as the phone is to ask for it.
    pub file: String,
    /// Its length, bytes.
    pub size: u64,
    /// The ways in which the bench serves it, the best first.
    pub protocols: Vec<Protocol>,
    /// How long to knock before giving up.
    pub patience: Duration,
    /// A number that the boundary of a sent file is made from.
    pub seed: u64,
    /// Whether it ends when the form is found: nothing is sent then.
    pub only_look: bool,
}

/// The next thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Open a connection, write the bytes in one piece, read what comes, tell [`Driver::answered`].
    Exchange(Exchange),
    /// This was tried; it is worth telling.
    Tried(Tried),
    /// The form was found: what is told of it.
    Found(String),
    /// It is over.
    Ended(Ended),
}

/// One exchange of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// With whom.
    pub to: SocketAddrV4,
    /// The request, or all of it that stands before the file's bytes.
    pub bytes: Vec<u8>,
    /// What stands behind the file's bytes; none when no file is sent.
    pub behind: Option<Vec<u8>>,
}

/// How an exchange ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The answer was whole, or the phone closed the connection.
    Closed,
    /// No connection was made, for this reason.
    NotReached(String),
    /// The time was over, or the answer too long.
    CutOff(String),
}

/// One attempt, as it is shown and kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// In which way, in words.
    pub way: String,
    /// What was sent, escaped and cut.
    pub sent: String,
    /// What was answered, escaped and cut.
    pub answered: String,
    /// What that means.
    pub verdict: Verdict,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The phone fetches the file, or has taken it.
    Accepted {
        /// In which way.
        way: String,
        /// Whether the file was sent along, so that nothing is fetched.
        uploaded: bool,
    },
    /// The form was found, and nothing more was wanted.
    Found {
        /// The page's title, else its first words.
        title: String,
    },
    /// Nobody answered.
    Unreachable {
        /// What was met last.
        why: String,
    },
    /// The page is the one of a phone that runs: it wants a password.
    NotInRecovery {
        /// The realm that it names, which holds the model.
        realm: Option<String>,
    },
    /// No form was found that a file's name and a server can be written into.
    NoForm {
        /// What was found.
        why: String,
    },
    /// No way of sending was taken.
    Refused {
        /// The last words.
        why: String,
    },
    /// The phone was told to fetch the file and said yes, and did not ask for it.
    NotAsked,
    /// The phone says that it could not fetch the file, and did not ask for it here.
    DownloadFailed,
    /// The phone turns the file itself down.
    ImageRefused {
        /// Its words.
        why: String,
    },
}
