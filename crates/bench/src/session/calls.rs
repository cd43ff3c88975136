//! A phone's registrations with the bench's own call servers, and its alarms.

use proto::Time;

use super::Session;
use crate::observe::{Observation, Seen};

/// Alarms remembered per stay.
const ALARMS_KEPT: usize = 8;

/// A registration with the bench's own call server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// `sccp` or `sip`.
    pub protocol: String,
    /// The name by which it registered.
    pub name: String,
    /// The load that it named, or its User-Agent: what it said of its software.
    pub software: Option<String>,
    /// The observation.
    pub n: u64,
    /// When.
    pub at: Time,
    /// The text on its screen, once it is idle.
    pub shows: Option<String>,
}

/// An alarm of the phone: why it started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmNote {
    /// As it words it.
    pub text: String,
    /// The reason of its last start, where it names one.
    pub last: Option<String>,
    /// The observation.
    pub n: u64,
    /// In which start, as in [`Session::boots`].
    pub boot: u32,
}

impl Session {
    pub(super) fn signal(&mut self, obs: &Observation) {
        match &obs.seen {
            Seen::Registered { protocol, name, load, user_agent, .. } => {
                self.registrations += 1;
                self.registered = Some(Registration {
                    protocol: protocol.clone(),
                    name: name.clone(),
                    software: load.clone().or_else(|| user_agent.clone()),
                    n: obs.n,
                    at: obs.at,
                    shows: None,
                });
                self.registered_last.clone_from(&self.registered);
                self.does(obs.at, "is registered".to_owned());
            }
            Seen::Shows { text } => {
                if let Some(registered) = &mut self.registered {
                    registered.shows = Some(text.clone());
                }
            }
            Seen::Unregistered { .. } => self.registered = None,
            Seen::Alarm { text, last, .. } => {
                if self.alarms.len() >= ALARMS_KEPT {
                    self.alarms.remove(0);
                }
                self.alarms.push(AlarmNote { text: text.clone(), last: last.clone(), n: obs.n, boot: self.boots });
            }
            _ => {}
        }
    }
}
