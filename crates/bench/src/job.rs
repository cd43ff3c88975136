//! Long sequential work that the bench asks for and the host does beside it: filling in a phone's web page,
//! for one. Not here: how it is done (the host's `jobs/`), and anything that fits into a datagram.

use std::net::SocketAddrV4;

use crate::plan::answer::Content;
use crate::web_recovery::End;

/// By which a job is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// One exchange with a phone's own web server: connect, write all of this, read what comes.
    Exchange {
        /// Where its server is.
        to: SocketAddrV4,
        /// The request, to be written in one piece: small servers look at one segment only.
        bytes: Vec<u8>,
        /// A file whose bytes follow, and what stands behind them.
        file: Option<(Content, Vec<u8>)>,
    },
}

/// What a job has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobNews {
    /// It has come this far, in words for the technician.
    Progress {
        /// What was done or answered.
        what: String,
    },
    /// An exchange is over.
    Exchanged {
        /// What came, as far as it was read.
        bytes: Vec<u8>,
        /// How it ended.
        end: End,
    },
    /// It is done.
    Done {
        /// What was reached.
        what: String,
    },
    /// It ended early.
    Failed {
        /// `RB` and three digits.
        code: String,
        /// Why.
        why: String,
    },
}
