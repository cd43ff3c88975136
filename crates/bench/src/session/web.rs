//! What is known of a phone's own web page, and of the work with it.

use super::{Running, Session};
use crate::observe::{Observation, Seen, WebOutcome, WebState};
use crate::web_recovery::Verdict;

/// Attempts at a page remembered per stay.
const TRIES_KEPT: usize = 32;

/// What is known of a phone's own web page, and of the work with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebNote {
    /// What the page was when it was looked at last, by which observation, in which boot.
    pub state: Option<(WebState, u64, u32)>,
    /// The observation by which the last filling-in began, and the file that the phone is to take.
    pub began: Option<(u64, String)>,
    /// What was tried since, oldest first.
    pub tries: Vec<(String, Verdict)>,
    /// How it ended, why, and by which observation.
    pub ended: Option<(WebOutcome, String, u64)>,
    /// In which boot the phone took the file.
    pub taken_boot: Option<u32>,
    /// The action that is under way on the page of the running phone, since which observation.
    pub acting: Option<(String, u64)>,
    /// The last action on the page of the running phone: its id, whether it was taken, words, observation.
    pub acted: Option<(String, bool, String, u64)>,
    /// Whether the maker's password was taken, by which observation.
    pub let_in: Option<(bool, u64)>,
}

impl Session {
    pub(super) fn page(&mut self, obs: &Observation) {
        match &obs.seen {
            Seen::WebSeen { state, .. } => {
                self.web.state = Some((*state, obs.n, self.boots));
                if *state == WebState::Recovery {
                    self.does(obs.at, "shows its recovery page".to_owned());
                }
            }
            Seen::WebBegan { file, .. } => {
                self.web.began = Some((obs.n, file.clone()));
                self.web.tries.clear();
                self.web.ended = None;
            }
            Seen::WebFound { .. } => self.web.state = Some((WebState::Recovery, obs.n, self.boots)),
            Seen::WebTried { way, verdict, .. } => {
                if self.web.tries.len() < TRIES_KEPT {
                    self.web.tries.push((way.clone(), *verdict));
                }
                self.does(obs.at, "is told by its recovery page to take a file".to_owned());
            }
            Seen::WebEnded { outcome, why } => {
                self.web.ended = Some((*outcome, why.clone(), obs.n));
                if outcome.is_good() {
                    self.web.taken_boot = Some(self.boots);
                }
            }
            Seen::WebActing { action } => self.web.acting = Some((action.clone(), obs.n)),
            Seen::WebActed { action, taken, why, version, .. } => {
                self.web.acted = Some((action.clone(), *taken, why.clone(), obs.n));
                if action == "look" {
                    self.web.let_in = Some((*taken, obs.n));
                }
                if let Some(version) = version {
                    self.load_before.get_or_insert_with(|| version.clone());
                    self.load = Some(Running { name: version.clone(), n: obs.n, how: "its own web page" });
                }
            }
            _ => {}
        }
    }
}
