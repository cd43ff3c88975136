//! All decisions of Ringback, without a socket, a file or a clock.
//!
//! # The contract
//! [`Bench::handle_input`]`(now, input)`, then [`Bench::poll_output`] until it answers
//! [`Output::Timeout`]. **One change, then drain.** The host does what it is told and never looks inside
//! a packet.
//!
//! # The one path
//! Everything that happens becomes an [`Observation`], and every observation goes once through
//! **observe → identify → plan → advance → diagnose → tell**: it is numbered and journalled, folded into
//! the phone's [`session`], the running procedure looks at it, rules look at the session. The journal
//! alone gives the same sessions, findings and rows again ([`State`]).
//!
//! | where | what |
//! | --- | --- |
//! | [`input`], [`output`] | two closed lists: all that can happen, all that can be asked for |
//! | [`observe`], [`journal`] | the vocabulary; its lines |
//! | [`session`], [`state`] | the folds |
//! | [`identify`] | who a phone is, with evidence and grade |
//! | [`plan`] | what it is told and given |
//! | [`procedure`] | the engine of guided steps |
//! | [`diagnose`] | rules, findings, codes |
//! | [`guard`] | when DHCP is answered at all |
//! | [`hearsay`] | captures and logs of others, as the same observations |
//! | [`view`] | what every screen shows |
//!
//! What is deliberately absent: makers' names (they are in `profiles/`), bytes of firmware (the app
//! finds them by hash), and any knowledge of who shows the view.

mod bench;
pub mod config;
pub mod diagnose;
pub mod exchange;
pub mod guard;
pub mod hearsay;
pub mod identify;
pub mod input;
pub mod job;
pub mod journal;
pub mod ledger;
mod limit;
pub mod observe;
mod on_command;
mod on_dhcp;
mod on_dns;
mod on_file;
mod on_frame;
mod on_pnp;
mod on_sccp;
mod on_sip;
mod on_stream;
mod on_syslog;
mod on_time;
mod on_web;
pub mod output;
pub mod plan;
pub mod procedure;
pub mod session;
pub mod shelf;
pub mod signalling;
mod silence;
pub mod state;
pub mod view;
pub mod web_login;
pub mod web_recovery;

pub use bench::Bench;
pub use config::Config;
pub use input::{Command, ConnId, Input, Service, StreamEvent, Ticket, TransferId, TransferNews};
pub use job::{Job, JobId, JobNews};
pub use observe::{Observation, Outcome, Seen, Via};
pub use output::Output;
pub use state::State;
pub use view::View;
