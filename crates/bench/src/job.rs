//! Long sequential work that the bench asks for and the host does beside it: filling in a phone's web page,
//! for one. Not here: how it is done (the host's `jobs/`), and anything that fits into a datagram.

use std::net::Ipv4Addr;

use proto::Mac;

use crate::observe::LoginResult;

/// By which a job is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// Fill in the recovery page of a phone that has lost its firmware, so that it fetches a file from the bench.
    WebRecovery {
        /// Whose.
        phone: Mac,
        /// Where its page is.
        address: Ipv4Addr,
        /// The firmware file's name, as it lies on the shelf.
        file: String,
    },
    /// Log in to a phone's web page, to prove that name and password hold.
    WebLogin {
        /// Whose.
        phone: Mac,
        /// Where its page is.
        address: Ipv4Addr,
        /// How its maker's pages take a name and a password.
        web: profile::Web,
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
    /// What came of a try to log in. The job ends with it.
    Login {
        /// What came of it.
        result: LoginResult,
        /// What was seen.
        what: String,
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
