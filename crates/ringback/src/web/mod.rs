//! The web screens: pages for people, JSON for scripts, one stream of events for both.
//!
//! | file | what |
//! | --- | --- |
//! | [`listen`], [`server`] | where it listens; accepting, limits, time-outs |
//! | [`gate`] | who may ask: loopback, Host, Origin, token, never the phones' side |
//! | [`routes`] | every address in one table; the router and the API's description are made from it |
//! | [`pages`], [`fragments`], [`now`], [`names`], [`picture`], [`icons`], [`words`] | HTML, made from the view |
//! | [`live`] | pieces of pages that have changed, as server-sent events |
//! | [`commands`] | what a technician wants: becomes a [`bench::Command`] in the mailbox |
//! | [`shelf`], [`ledger`] | firmware brought by drag and drop; what was done to which phone |
//! | [`api`] | JSON, events, and their description |
//! | [`demo`] | the hands of the demo's person; not there on a real bench |
//! | [`assets`], [`open`] | style sheet and script; showing the page on this desktop |
//!
//! A page changes nothing: it sends commands, and puts files on the shelf by the code of `ringback shelf add`.
//! There is deliberately no TLS here and no accounts: it is a program for the person in front of it.

mod api;
mod assets;
mod commands;
pub(crate) mod demo;
mod fragments;
mod gate;
mod icons;
mod ledger;
pub(crate) mod listen;
mod live;
mod names;
mod now;
pub(crate) mod open;
mod pages;
mod picture;
mod routes;
mod server;
mod shelf;
#[cfg(test)]
mod tests;
mod words;

use std::path::PathBuf;
use std::sync::Arc;

use bench::View;
use profile::Profiles;

use crate::io::clock::Clock;
use crate::io::message::Mailbox;
use crate::io::shown::Shown;

pub(crate) use listen::Listening;
pub(crate) use server::spawn;

/// The program's version, as pages and API name it.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What all requests share.
pub(crate) struct Desk {
    /// What the loop shows.
    pub(crate) shown: Shown,
    /// Where commands go.
    pub(crate) mailbox: Mailbox,
    /// What is known about phones: which procedures fit.
    pub(crate) profiles: Arc<Profiles>,
    /// Where shelf and ledger are.
    pub(crate) state: PathBuf,
    /// To tell pages how fast the bench's clock runs.
    pub(crate) clock: Clock,
    /// The demo's hands, if this is one.
    pub(crate) demo: Option<Arc<demo::Hands>>,
    /// One upload writes to the shelf at a time.
    pub(crate) adding: Arc<tokio::sync::Mutex<()>>,
}

impl Desk {
    /// The newest view; none before the first.
    fn view(&self) -> Option<Arc<View>> {
        self.shown.newest().view
    }
}
