//! A procedure's course, as the observations tell it.

use proto::Time;

use super::Session;
use crate::observe::{Asked, Observation, Outcome, PinnedFile, Seen, Unrun};

/// A procedure's course, as the observations tell it.
#[derive(Clone, Debug)]
pub struct ProcedureNote {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// When it began.
    pub began: Time,
    /// The load at its end.
    pub target: Option<String>,
    /// Its rungs.
    pub rungs: Vec<String>,
    /// All its steps' ids.
    pub steps: Vec<String>,
    /// The steps taken, in order; a step of a rung appears once per rung.
    pub course: Vec<StepNote>,
    /// The load that is pinned, with its files.
    pub pinned: Option<(String, Vec<PinnedFile>)>,
    /// Who approved that the phone is erased, and why.
    pub approved: Option<(String, String)>,
    /// How it ended.
    pub ended: Option<(Outcome, String, Time)>,
    /// Steps not run, with reasons.
    pub unrun: Vec<Unrun>,
}

/// One step taken.
#[derive(Clone, Debug)]
pub struct StepNote {
    /// Its id.
    pub id: String,
    /// What is shown.
    pub say: String,
    /// Why the bench waits.
    pub why: String,
    /// When it began.
    pub began: Time,
    /// Until when.
    pub until: Option<Time>,
    /// What the person is asked for.
    pub ask: Option<Asked>,
    /// How it went; `None` while it runs.
    pub went: Option<Result<String, String>>,
}

impl ProcedureNote {
    /// The step that runs now.
    pub fn current(&self) -> Option<&StepNote> {
        self.course.last().filter(|s| s.went.is_none() && self.ended.is_none())
    }
}

impl Session {
    pub(super) fn course(&mut self, obs: &Observation) {
        if let Seen::ProcedureStarted { id, title, target, rungs, steps } = &obs.seen {
            self.procedure = Some(ProcedureNote {
                id: id.clone(),
                title: title.clone(),
                began: obs.at,
                target: target.clone(),
                rungs: rungs.clone(),
                steps: steps.clone(),
                course: Vec::new(),
                pinned: None,
                approved: None,
                ended: None,
                unrun: Vec::new(),
            });
            return;
        }
        let Some(procedure) = &mut self.procedure else { return };
        match &obs.seen {
            Seen::Approved { who, why } => procedure.approved = Some((who.clone(), why.clone())),
            Seen::Pinned { load, files } => procedure.pinned = Some((load.clone(), files.clone())),
            Seen::StepBegan { id, say, why, until, ask } => procedure.course.push(StepNote {
                id: id.clone(),
                say: say.clone(),
                why: why.clone(),
                began: obs.at,
                until: *until,
                ask: ask.clone(),
                went: None,
            }),
            Seen::StepDone { because, .. } => {
                if let Some(step) = procedure.course.last_mut() {
                    step.went = Some(Ok(because.clone()));
                }
            }
            Seen::StepMissed { then, .. } => {
                if let Some(step) = procedure.course.last_mut() {
                    step.went = Some(Err(then.clone()));
                }
            }
            Seen::ProcedureEnded { outcome, why, unrun, .. } => {
                procedure.ended = Some((*outcome, why.clone(), obs.at));
                procedure.unrun = unrun.clone();
            }
            _ => {}
        }
    }
}
