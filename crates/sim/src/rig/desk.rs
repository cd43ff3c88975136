//! What a technician does at the laptop, beside what the bench does by itself: fills in a phone's recovery page by
//! hand, begins a procedure.
//!
//! The mistakes that people make with such pages are made here. The bench knows nothing of it but what it sees.
//! The demo does not play it.

use std::net::Ipv4Addr;
use std::time::Duration;

use bench::{Command, Input as BenchInput};
use proto::{Mac, Time};
use serde::Deserialize;

use super::Rig;

/// One deed at the laptop.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    /// When, in seconds since start.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub at: Duration,
    /// What.
    #[serde(rename = "do")]
    pub act: AtDesk,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AtDesk {
    /// The phone's recovery page is filled in, in a browser.
    Form(Typed),
    /// This procedure is begun.
    Start(String),
    /// The procedure that runs is stopped.
    Stop,
}

/// What somebody types into a recovery page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typed {
    /// The TFTP server.
    pub server: Ipv4Addr,
    /// The path there.
    #[serde(default)]
    pub path: String,
    /// The file's name.
    pub file: String,
}

impl Rig {
    /// Something will be done at the laptop for the phone at this place.
    pub fn at_desk(&mut self, place: usize, deed: &Desk) {
        self.desk.entry((Time::ZERO + deed.at, place)).or_default().push(deed.act.clone());
    }

    pub(super) fn desk_timeout(&self) -> Time {
        self.desk.first_key_value().map_or(Time::NEVER, |((at, _), _)| *at)
    }

    pub(super) fn sit_down(&mut self) {
        while let Some(entry) = self.desk.first_entry().filter(|e| e.key().0 <= self.now) {
            let ((_, place), acts) = entry.remove_entry();
            for act in acts {
                match act {
                    AtDesk::Form(typed) => {
                        let what = format!("server {}, path {:?}, file {}", typed.server, typed.path, typed.file);
                        let came = self.type_in(place, &typed).unwrap_or_else(|why| why);
                        self.notes.push((self.now, place, format!("its page is filled in by hand: {what}; {came}")));
                    }
                    AtDesk::Start(id) => {
                        self.command(place, |phone| Command::Start { phone, procedure: Some(id.clone()), to: None })
                    }
                    AtDesk::Stop => self.command(place, |phone| Command::Abort { phone }),
                }
            }
        }
    }

    fn command(&mut self, place: usize, command: impl FnOnce(Mac) -> Command) {
        if let Some(phone) = self.phone(place).map(|p| p.mac()) {
            self.tell_bench(BenchInput::Command(command(phone)));
        }
    }
}
