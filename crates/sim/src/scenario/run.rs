//! A scenario played to its end, and how that compares with what must come out.

use std::collections::BTreeMap;
use std::time::Duration;

use bench::diagnose::Finding;
use bench::ledger::Row;
use bench::{Bench, Command, Input, Outcome};
use profile::Profiles;
use proto::{Mac, Time};
use serde::Deserialize;

use super::Scenario;
use crate::rig::Rig;

/// What must come out for one phone. What is not said about findings is: none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Must {
    /// How its last procedure ended, in the ledger's word.
    pub outcome: Ending,
    /// Which procedure that was.
    pub procedure: Option<String>,
    /// Words that the ledger's reason has.
    pub words: Vec<String>,
    /// The codes that its stay had: these, and no others, in the order in which they came up.
    pub findings: Vec<String>,
    /// Codes that come up with other luck only, and are right then.
    pub may: Vec<String>,
    /// The codes that are still open at the end: these, and no others.
    pub open: Vec<String>,
    /// Words that the evidence of the open findings has.
    pub evidence: Vec<String>,
    /// Words that the phone, or who sits at the laptop, noted during the run, in this order.
    pub notes: Vec<String>,
    /// The load in its flash at the end; `none` when there is none.
    pub load: Option<String>,
    /// The model that the ledger names.
    pub model: Option<String>,
    /// What it is set to at the end, by key; `none` where that is the maker's value.
    pub settings: BTreeMap<String, String>,
}

/// How a procedure ended, or that there was none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[allow(missing_docs, reason = "the words are the ledger's")]
pub enum Ending {
    /// No procedure was run.
    #[default]
    Seen,
    Recovered,
    Partly,
    GaveUp,
    Aborted,
    Refused,
}

impl Ending {
    /// The ledger's word.
    pub const fn word(self) -> &'static str {
        match self {
            Ending::Seen => "Seen",
            Ending::Recovered => Outcome::Recovered.word(),
            Ending::Partly => Outcome::Partly.word(),
            Ending::GaveUp => Outcome::GaveUp.word(),
            Ending::Aborted => Outcome::Aborted.word(),
            Ending::Refused => Outcome::Refused.word(),
        }
    }
}

/// A scenario that was played, the bench switched off at the end.
pub struct Run {
    /// Every observation that has a line.
    pub transcript: String,
    /// The ledger.
    pub rows: Vec<Row>,
    /// What was open just before the bench was switched off.
    pub findings: BTreeMap<Mac, Vec<Finding>>,
    /// The table as it stands.
    pub rig: Rig,
    ended: bool,
    must: Vec<(Mac, Must)>,
    named: Vec<(String, String)>,
}

impl Scenario {
    /// Plays it with a bench that has these profiles.
    pub fn run(&self, profiles: &Profiles) -> Run {
        let bench = Bench::new(Time::ZERO, self.config(), profiles.clone(), Vec::new());
        let mut rig = Rig::new(bench, self.store());
        self.bench.firewall.iter().for_each(|port| rig.shut(*port));
        for (seat, place) in self.phones().into_iter().zip(&self.places) {
            let at = rig.plug(seat);
            place.desk.iter().for_each(|deed| rig.at_desk(at, deed));
        }
        let must: Vec<(Mac, Must)> = self.places.iter().map(|p| (p.is.mac(), p.must.clone())).collect();
        let waits_for_ends = must.iter().all(|(_, m)| m.outcome != Ending::Seen);
        let ended = rig.run(self.limit, |rig| waits_for_ends && must.iter().all(|(mac, _)| has_ended(rig, *mac)));
        let linger = if ended { self.linger } else { Duration::ZERO };
        rig.run(linger, |_| false);
        let findings = rig.bench().state().findings.clone();
        rig.tell_bench(Input::Command(Command::Stop));
        Run {
            transcript: rig.journal().iter().filter_map(bench::view::line).map(|line| line + "\n").collect(),
            rows: rig.rows().values().cloned().collect(),
            findings,
            rig,
            ended: ended || !waits_for_ends,
            must,
            named: self
                .named_by
                .iter()
                .flat_map(|(report, codes)| codes.iter().map(|code| (report.clone(), code.clone())))
                .collect(),
        }
    }
}

fn has_ended(rig: &Rig, phone: Mac) -> bool {
    let session = rig.bench().state().sessions.get(&phone);
    session.and_then(|s| s.procedure.as_ref()).is_some_and(|p| p.ended.is_some())
}

impl Run {
    /// What came out differently, a line each; empty when all is as it must be.
    pub fn judge(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        if !self.ended {
            wrong.push("not every procedure has ended in time".to_owned());
        }
        for (place, (mac, must)) in self.must.iter().enumerate() {
            let mut differs =
                |what: &str, is: &str, should: &str| wrong.push(format!("{mac}: {what} is {is}, not {should}"));
            let Some(row) = self.rows.iter().rfind(|row| row.mac == *mac) else {
                differs("the ledger's row", "not there", "missing");
                continue;
            };
            if row.outcome != must.outcome.word() {
                differs("the outcome", &format!("{} ({})", row.outcome, row.why), must.outcome.word());
            }
            if must.procedure.as_ref().is_some_and(|id| row.procedure.as_ref() != Some(id)) {
                differs("the procedure", &format!("{:?}", row.procedure), &format!("{:?}", must.procedure));
            }
            if must.model.as_ref().is_some_and(|model| row.model.as_ref() != Some(model)) {
                differs("the model", &format!("{:?}", row.model), &format!("{:?}", must.model));
            }
            if row.findings != must.findings {
                differs("its findings", &format!("{:?}", row.findings), &format!("{:?}", must.findings));
            }
            let open = self.findings.get(mac).map(Vec::as_slice).unwrap_or_default();
            let codes: Vec<&str> = open.iter().map(|f| f.code).collect();
            if codes != must.open {
                differs("what is open", &format!("{codes:?}"), &format!("{:?}", must.open));
            }
            let evidence: Vec<&str> = open.iter().flat_map(|f| &f.evidence).map(String::as_str).collect();
            let told =
                [("the reason", &must.words, row.why.clone()), ("the evidence", &must.evidence, evidence.join("; "))];
            for (what, words, text) in told {
                for word in words.iter().filter(|word| !text.contains(word.as_str())) {
                    differs(what, &format!("{text:?}"), &format!("one with {word:?}"));
                }
            }
            let mut noted = self.rig.notes.iter().filter(|n| n.1 == place).map(|n| n.2.as_str());
            if let Some(words) = must.notes.iter().find(|words| !noted.any(|note| note.contains(words.as_str()))) {
                differs("what was noted", "without it, or in another order", &format!("{words:?}"));
            }
            let load = self.rig.phone(place).and_then(|p| p.status().load).unwrap_or_else(|| "none".to_owned());
            for (key, should) in &must.settings {
                let is = self.rig.phone(place).and_then(|p| p.setting(key)).unwrap_or_else(|| "none".to_owned());
                if is != *should {
                    differs(&format!("its {key}"), &is, should);
                }
            }
            if must.load.as_ref().is_some_and(|should| *should != load) {
                differs("its load", &load, &must.load.clone().unwrap_or_default());
            }
        }
        // A code that names a cause comes up: as a finding, or as what a person is told.
        for (report, code) in &self.named {
            let found = self.rows.iter().any(|row| row.findings.contains(code) || row.why.contains(code.as_str()));
            if !found && !self.transcript.contains(code.as_str()) {
                wrong.push(format!("{code} does not come up, which is to name {report}"));
            }
        }
        wrong
    }
}
