//! One phone's procedure as it runs: where it stands, and the next observations to make.

use std::time::Duration;

use profile::procedure::{Answer, Ask, Expect, Otherwise, Pinned, Told};
use profile::{Family, KeySequence, Procedure, Profiles, Step, StepKind};
use proto::Time;

use super::expect::{self, Against};
use super::gate::{Ready, pin};
use crate::observe::{Asked, Outcome, PinnedFile, Seen, Unrun};
use crate::plan::ladder;
use crate::plan::overlay::Laid;
use crate::session::Session;
use crate::shelf::Shelf;

/// A procedure that runs for one phone.
#[derive(Clone, Debug)]
pub struct Run {
    family: String,
    procedure: Procedure,
    model: Option<String>,
    ready: Ready,
    target: Option<String>,
    at: usize,
    rung: usize,
    stage: Stage,
    config: bool,
    empty: Vec<profile::Pattern>,
    pinned_n: u64,
    /// Somebody has to approve before the first step.
    approval: Approval,
    /// When the bench tries the phone's web page next, while a step waits for it.
    login_at: Option<Time>,
    /// What the phone is to be told.
    wish: Option<Told>,
    ended: bool,
}

/// Whether somebody has to approve that the phone is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Approval {
    /// Nobody, or it was done.
    None,
    /// It was not asked for yet.
    Needed,
    /// It was.
    Asked,
}

/// The id of the step that the bench puts before a procedure that somebody has to approve.
pub const APPROVAL_STEP: &str = "approval";
/// Between two tries to log in to a phone's web page: it may be starting still.
const LOGIN_EVERY: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The step has not begun.
    Before,
    /// It runs since this observation, at most until this time.
    Running { since: u64, until: Option<Time>, confirmed: bool, answered: Option<usize> },
}

/// What the engine looks at.
pub struct Look<'a> {
    /// Everything known about phones.
    pub profiles: &'a Profiles,
    /// The family that the procedure was begun for.
    pub family: &'a Family,
    /// The shelf, to pin from.
    pub shelf: &'a Shelf,
    /// The phone's stay.
    pub session: &'a Session,
    /// Names for texts.
    pub values: &'a std::collections::BTreeMap<&'static str, String>,
    /// The number that the next observation will have.
    pub next_n: u64,
}

impl Run {
    /// A procedure about to begin, through its gate already.
    /// With `approval`, nothing is done before somebody has approved it.
    pub fn new(family: &Family, procedure: &Procedure, model: Option<&str>, ready: Ready, approval: bool) -> Run {
        let target = ready.rungs.last().cloned().or_else(|| ready.recovery.as_ref().map(|r| r.0.clone()));
        Run {
            family: family.id.clone(),
            procedure: procedure.clone(),
            model: model.map(str::to_owned),
            ready,
            target,
            at: 0,
            rung: 0,
            stage: Stage::Before,
            config: false,
            empty: Vec::new(),
            pinned_n: 0,
            approval: if approval { Approval::Needed } else { Approval::None },
            login_at: None,
            wish: None,
            ended: false,
        }
    }

    /// The first observation: what runs and what it will do.
    pub fn started(&self) -> Seen {
        Seen::ProcedureStarted {
            id: self.procedure.id.clone(),
            title: self.procedure.title.clone(),
            target: self.target.clone(),
            rungs: self.ready.rungs.clone(),
            steps: self.procedure.steps.iter().map(|s| s.id.clone()).collect(),
        }
    }

    /// The procedure's id.
    pub fn id(&self) -> &str {
        &self.procedure.id
    }

    /// The id of the family that it was begun for. What the phone is taken for may change meanwhile.
    pub fn family(&self) -> &str {
        &self.family
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.ended
    }

    /// What the phone sees because of it. It stays so after the end, for the phone's next start.
    pub fn laid(&self, session: &Session) -> Laid {
        let pinned = session.procedure.as_ref().and_then(|p| p.pinned.clone());
        Laid { pinned, target: self.target.clone(), config: self.config, empty: self.empty.clone() }
    }

    /// When to look again, and why.
    pub fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        match self.stage {
            _ if self.ended => None,
            Stage::Running { until, .. } => {
                let over = until.map(|at| (at, "a step's time is over then"));
                let login = self.login_at.map(|at| (at, "the phone's web page is tried again"));
                [over, login].into_iter().flatten().min()
            }
            Stage::Before => None,
        }
    }

    /// Whether the phone's web page is to be tried now; the next try is some seconds later.
    pub fn wants_login(&mut self, now: Time) -> bool {
        let due = !self.ended && self.login_at.is_some_and(|at| at <= now);
        if due {
            self.login_at = Some(now + LOGIN_EVERY);
        }
        due
    }

    /// Whether somebody has to approve before it goes on.
    pub fn awaits_approval(&self) -> bool {
        !self.ended && self.approval != Approval::None
    }

    /// The person confirmed the current step.
    pub fn confirm(&mut self) {
        if let Stage::Running { confirmed, .. } = &mut self.stage {
            *confirmed = true;
        }
    }

    /// The person says what the screen shows: the words of that answer, if the current step has it.
    pub fn answer(&mut self, answer: usize) -> Option<String> {
        let StepKind::Ask { answers, .. } = &self.procedure.steps.get(self.at)?.kind else { return None };
        let words = answers.get(answer)?.shows.clone();
        let Stage::Running { answered, .. } = &mut self.stage else { return None };
        *answered = Some(answer);
        Some(words)
    }

    /// What the registered phone is to be told now; once.
    pub fn take_wish(&mut self) -> Option<Told> {
        self.wish.take()
    }

    /// Ends it from outside.
    pub fn abort(&mut self, why: &str) -> Option<Seen> {
        (!self.ended).then(|| self.end(Outcome::Aborted, why.to_owned()))
    }

    /// The next observations to make, empty when there is nothing to do but wait. Call again after making them.
    pub fn advance(&mut self, now: Time, look: &Look<'_>) -> Vec<Seen> {
        if self.ended {
            return Vec::new();
        }
        if self.approval != Approval::None {
            return self.approve(look);
        }
        let Some(step) = self.procedure.steps.get(self.at).cloned() else {
            return vec![self.end(Outcome::Partly, "the steps ended without a proof".to_owned())];
        };
        let Stage::Running { since, until, confirmed, answered } = self.stage else {
            return self.begin(now, &step, look);
        };
        let against = Against {
            profiles: look.profiles,
            since,
            pinned_n: self.pinned_n,
            target: self.target.as_deref(),
            to_protocol: self.procedure.to_protocol.as_deref(),
        };
        let over = until.is_some_and(|u| now >= u);
        match &step.kind {
            StepKind::Serve { load, config, empty } => {
                self.empty.clone_from(empty);
                self.serve(*load, *config, look)
            }
            StepKind::Wait { .. } if over => self.done("the time is over".to_owned()),
            StepKind::Wait { .. } => Vec::new(),
            StepKind::Branch { when, goto } => match expect::seen(*when, look.session, &against) {
                Some(because) => self.goto(goto, Seen::StepDone { id: step.id.clone(), because }),
                None => self.done("not so; going on".to_owned()),
            },
            StepKind::Tell { wish, .. } if look.session.registered.is_some() => {
                self.wish = Some(*wish);
                self.done("it is registered: it is told so".to_owned())
            }
            StepKind::Tell { otherwise, .. } => self.missed(otherwise, look, Some("it is not registered here")),
            StepKind::Goto { goto } => {
                self.goto(goto, Seen::StepDone { id: step.id.clone(), because: "going on there".to_owned() })
            }
            StepKind::Ask { ask, until: expected, otherwise, answers, .. } => {
                let shown = expected.and_then(|e| expect::seen(e, look.session, &against));
                let answer = answered.and_then(|n| answers.get(n));
                // Who approved has confirmed.
                let approved = look.session.procedure.as_ref().and_then(|p| p.approved.as_ref());
                if let Some((who, _)) = approved.filter(|_| *ask == Ask::ConfirmWipe) {
                    return self.done(format!("approved by {who}"));
                }
                match (shown, answer) {
                    (Some(because), _) => self.done(because),
                    (None, Some(answer)) => self.answered(&step, answer, look),
                    (None, None) if confirmed && answers.is_empty() => self.done("the technician said so".to_owned()),
                    (None, None) if over => self.missed(otherwise, look, None),
                    (None, None) => Vec::new(),
                }
            }
            StepKind::WebRecover { otherwise, .. } => {
                let web = &look.session.web;
                let began = web.began.as_ref().is_some_and(|b| b.0 >= since);
                match web.ended.as_ref().filter(|e| began && e.2 >= since) {
                    Some((outcome, why, _)) if outcome.is_good() => self.done(why.clone()),
                    Some((_, why, _)) => self.missed(otherwise, look, Some(why)),
                    None if over => self.missed(otherwise, look, None),
                    // A phone without an address has no page either.
                    None if !began && look.session.address.is_some() => self.fill_page(look),
                    None => Vec::new(),
                }
            }
            StepKind::WebUi { action, otherwise, .. } => {
                let web = &look.session.web;
                let began = web.acting.as_ref().is_some_and(|a| a.0 == *action && a.1 >= since);
                match web.acted.as_ref().filter(|a| began && a.0 == *action && a.3 >= since) {
                    Some((_, true, why, _)) => self.done(why.clone()),
                    Some((_, false, why, _)) => self.missed(otherwise, look, Some(why)),
                    None if over => self.missed(otherwise, look, None),
                    None if !began && look.session.address.is_some() => {
                        vec![Seen::WebActing { action: action.clone() }]
                    }
                    None => Vec::new(),
                }
            }
            StepKind::Expect { see, otherwise, .. } => match expect::seen(*see, look.session, &against) {
                Some(because) => self.done(because),
                None if over => self.missed(otherwise, look, None),
                None => Vec::new(),
            },
            StepKind::Verify { see, otherwise, .. } => match expect::seen(*see, look.session, &against) {
                Some(because) => {
                    let proven = Seen::StepDone { id: step.id.clone(), because: because.clone() };
                    vec![proven, self.end(Outcome::Recovered, because)]
                }
                None if over => self.missed(otherwise, look, None),
                None => Vec::new(),
            },
        }
    }

    fn begin(&mut self, now: Time, step: &Step, look: &Look<'_>) -> Vec<Seen> {
        let seconds = match &step.kind {
            StepKind::Wait { seconds } => Some(*seconds),
            StepKind::Expect { within_s, .. }
            | StepKind::Verify { within_s, .. }
            | StepKind::WebRecover { within_s, .. }
            | StepKind::WebUi { within_s, .. } => Some(*within_s),
            StepKind::Ask { within_s, .. } => *within_s,
            StepKind::Serve { .. } | StepKind::Branch { .. } | StepKind::Goto { .. } | StepKind::Tell { .. } => None,
        };
        let until = seconds.map(|s| now + Duration::from_secs(u64::from(s)));
        let waits_for_login = match &step.kind {
            StepKind::Ask { until, .. } => *until == Some(Expect::LoggedIn),
            StepKind::Expect { see, .. } | StepKind::Verify { see, .. } => *see == Expect::LoggedIn,
            _ => false,
        };
        self.login_at = waits_for_login.then_some(now);
        self.stage = Stage::Running { since: look.next_n, until, confirmed: false, answered: None };
        let load = self.pin_of(step, look).map(|p| p.0);
        let mut values = look.values.clone();
        if let Some(load) = load.or_else(|| self.ready.rungs.get(self.rung).cloned()) {
            values.insert("load", load);
        }
        if let Some(target) = &self.target {
            values.insert("target", target.clone());
        }
        // A text that cannot be filled is shown as it stands: better odd words than none.
        let text = |t: &str| profile::template::fill(t, &values).unwrap_or_else(|_| t.to_owned());
        let ask = self.asked(step, look);
        vec![Seen::StepBegan { id: step.id.clone(), say: text(&step.say), why: text(&step.why), until, ask }]
    }

    /// The step before all others: who approves, and why.
    fn approve(&mut self, look: &Look<'_>) -> Vec<Seen> {
        let approved = look.session.procedure.as_ref().and_then(|p| p.approved.clone());
        match (self.approval, approved) {
            (Approval::Asked, Some((who, _))) => {
                self.approval = Approval::None;
                vec![Seen::StepDone { id: APPROVAL_STEP.to_owned(), because: format!("approved by {who}") }]
            }
            (Approval::Needed, _) => {
                self.approval = Approval::Asked;
                let ask = Asked { approval: true, ..Asked::only(Ask::ConfirmWipe) };
                vec![Seen::StepBegan {
                    id: APPROVAL_STEP.to_owned(),
                    say: format!("{} erases this phone. Say who approved it, and why.", self.procedure.title),
                    why: "This bench is set so that nothing is erased without a name and a reason. Both are kept in the ledger.".to_owned(),
                    until: None,
                    ask: Some(ask),
                }]
            }
            (_, None) | (Approval::None, _) => Vec::new(),
        }
    }

    fn asked(&self, step: &Step, look: &Look<'_>) -> Option<Asked> {
        let StepKind::Ask { ask, keys, menu, answers, until, .. } = &step.kind else { return None };
        let (model, protocol) = (self.model.as_deref().unwrap_or_default(), look.session.protocol.as_ref());
        let protocol = protocol.map(|p| p.0.as_str());
        let sequence = |id: &String| look.family.key_sequence(id, model, protocol);
        let menu = menu.as_ref().and_then(|id| look.family.menu(id, model, protocol));
        let unlock = menu.and_then(|m| m.unlock.as_ref());
        let sequence: Option<&KeySequence> = keys.as_ref().or(unlock).and_then(sequence);
        let mut way = menu.map(|m| m.path.clone()).unwrap_or_default();
        way.extend(menu.iter().flat_map(|m| m.softkeys.iter().map(|key| format!("softkey {key}"))));
        Some(Asked {
            ask: *ask,
            hold: sequence.and_then(|k| k.hold.clone()),
            keys: sequence.map(|k| k.keys.clone()).filter(|k| !k.is_empty()),
            ready: sequence.and_then(|k| k.ready.clone()),
            accepted: sequence.and_then(|k| k.accepted.clone()),
            window_s: sequence.and_then(|k| k.window_s),
            together: sequence.map(|k| k.together.clone()).unwrap_or_default(),
            menu: way,
            answers: answers.iter().map(|a| a.shows.clone()).collect(),
            confirm: until.is_none() && *ask != Ask::DoNotUnplug,
            approval: false,
        })
    }

    /// What the screen shows decides where to go.
    fn answered(&mut self, step: &Step, answer: &Answer, look: &Look<'_>) -> Vec<Seen> {
        let because = format!("it shows \"{}\"", answer.shows);
        match (&answer.goto, &answer.give_up) {
            (_, Some(words)) => self.missed(&Otherwise::GiveUp(words.clone()), look, None),
            (Some(id), None) => self.goto(id, Seen::StepDone { id: step.id.clone(), because }),
            (None, None) => self.done(because),
        }
    }

    fn pin_of(&self, step: &Step, look: &Look<'_>) -> Option<(String, Vec<PinnedFile>)> {
        let StepKind::Serve { load, .. } = step.kind else { return None };
        let name = match load {
            Pinned::None => return None,
            Pinned::Rung => self.ready.rungs.get(self.rung)?,
            Pinned::Target => self.target.as_ref()?,
            Pinned::Recovery => return self.ready.recovery.clone(),
        };
        let model = self.model.as_ref().and_then(|m| look.family.model(m));
        ladder::load(look.family, model, look.shelf, name).map(|l| (l.name.clone(), pin(&l)))
    }

    fn serve(&mut self, load: Pinned, config: bool, look: &Look<'_>) -> Vec<Seen> {
        self.config = config;
        if load == Pinned::None {
            return self.done("laid out".to_owned());
        }
        let Some(step) = self.procedure.steps.get(self.at).cloned() else { return Vec::new() };
        let Some((load, files)) = self.pin_of(&step, look) else {
            // The gate was open, so the shelf has changed since.
            return vec![self.end(Outcome::GaveUp, "the load is no longer on the shelf".to_owned())];
        };
        self.pinned_n = look.next_n;
        let mut seen = vec![Seen::Pinned { load: load.clone(), files }];
        seen.extend(self.done(format!("{load} is laid out for the phone")));
        seen
    }

    /// Has the recovery page filled in with the image that is laid out.
    fn fill_page(&mut self, look: &Look<'_>) -> Vec<Seen> {
        let pinned = look.session.procedure.as_ref().and_then(|p| p.pinned.as_ref()).and_then(|p| p.1.first());
        let blob = pinned.and_then(|file| look.shelf.exact(&file.name, &file.sha256));
        match blob {
            Some(blob) => {
                vec![Seen::WebBegan { file: blob.name.clone(), sha256: blob.sha256.clone(), size: blob.size }]
            }
            None => vec![self.end(Outcome::GaveUp, "no image is laid out for its recovery page".to_owned())],
        }
    }

    fn done(&mut self, because: String) -> Vec<Seen> {
        let Some(step) = self.procedure.steps.get(self.at) else { return Vec::new() };
        let seen = vec![Seen::StepDone { id: step.id.clone(), because }];
        let block_ends = step.each_rung && !self.procedure.steps.get(self.at + 1).is_some_and(|s| s.each_rung);
        if block_ends && self.rung + 1 < self.ready.rungs.len() {
            self.rung += 1;
            self.at = self.procedure.steps.iter().position(|s| s.each_rung).unwrap_or(self.at + 1);
        } else {
            self.at += 1;
        }
        self.stage = Stage::Before;
        seen
    }

    fn goto(&mut self, id: &str, seen: Seen) -> Vec<Seen> {
        match self.procedure.steps.iter().position(|s| s.id == id) {
            Some(at) => {
                self.at = at;
                self.stage = Stage::Before;
                vec![seen]
            }
            None => vec![seen, self.end(Outcome::GaveUp, format!("the profile has no step `{id}`"))],
        }
    }

    /// `because` is what was met, where more is known than that the time is over.
    fn missed(&mut self, otherwise: &Otherwise, look: &Look<'_>, because: Option<&str>) -> Vec<Seen> {
        let Some(step) = self.procedure.steps.get(self.at).cloned() else { return Vec::new() };
        match otherwise {
            Otherwise::Goto(id) => {
                let because = because.unwrap_or("not seen in time");
                let then = format!("{because}; going to `{id}`");
                self.goto(id, Seen::StepMissed { id: step.id, then })
            }
            Otherwise::GiveUp(text) => {
                let mut values = look.values.clone();
                values.insert("why", because.unwrap_or("It did not happen in time").to_owned());
                if let Some(target) = &self.target {
                    values.insert("target", target.clone());
                }
                let why = profile::template::fill(text, &values).unwrap_or_else(|_| text.clone());
                let reached = look.session.load.as_ref().map(|l| l.name.as_str());
                let moved = reached.is_some_and(|l| self.ready.rungs.iter().any(|r| expect::same_load(r, l)));
                let outcome = if moved { Outcome::Partly } else { Outcome::GaveUp };
                vec![Seen::StepMissed { id: step.id, then: why.clone() }, self.end(outcome, why)]
            }
        }
    }

    fn end(&mut self, outcome: Outcome, why: String) -> Seen {
        self.ended = true;
        let rest = self.procedure.steps.iter().skip(self.at + 1);
        let unrun = rest.map(|s| Unrun {
            step: s.id.clone(),
            why: if outcome == Outcome::Recovered {
                "not needed".to_owned()
            } else {
                "the procedure ended before it".to_owned()
            },
        });
        Seen::ProcedureEnded { id: self.procedure.id.clone(), outcome, why, unrun: unrun.collect() }
    }
}
