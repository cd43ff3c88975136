//! What a technician wants, and what the bench begins by itself.

use profile::keys::Wipes;
use profile::procedure::Told;
use proto::{Mac, Time};

use crate::bench::Bench;
use crate::input::Command;
use crate::observe::{Outcome, Seen};
use crate::output::Output;
use crate::procedure::gate;
use crate::procedure::run::{Look, Run};
use crate::signalling::Wish;

impl Bench {
    pub(crate) fn on_command(&mut self, now: Time, command: Command) {
        match command {
            Command::Start { phone, procedure, to } => {
                let recommended = || self.state.findings.get(&phone)?.iter().find_map(|f| f.procedure.clone());
                if let Some(id) = procedure.or_else(recommended) {
                    self.tried.remove(&(phone, id.clone()));
                    self.start(phone, &id, to.as_deref(), true);
                    self.pump(now);
                }
            }
            Command::Confirm { phone } => {
                if let Some(mut run) = self.runs.take(phone) {
                    run.confirm();
                    self.runs.put(phone, run);
                    self.observe(now, Some(phone), Seen::PersonSaid { what: "done".to_owned() });
                }
            }
            Command::Answer { phone, answer } => {
                if let Some(mut run) = self.runs.take(phone) {
                    let words = run.answer(answer);
                    self.runs.put(phone, run);
                    if let Some(words) = words {
                        self.observe(now, Some(phone), Seen::PersonSaid { what: format!("it shows \"{words}\"") });
                    }
                }
            }
            Command::Tell { phone, wish } => {
                self.tell_phone(now, phone, wish);
                self.pump(now);
            }
            Command::Abort { phone } => {
                if let Some(seen) = self.abort(phone, "the technician stopped it") {
                    self.observe(now, Some(phone), seen);
                }
            }
            Command::Allow { phone } => {
                self.config.allow.insert(phone);
                self.observe(now, None, Seen::PersonSaid { what: format!("answer {phone}") });
            }
            Command::Stop => self.stop(now),
        }
    }

    /// Lets the phone's procedure look at the session and queues what follows.
    pub(crate) fn advance(&mut self, now: Time, phone: Mac) {
        let Some(mut run) = self.runs.take(phone) else { return };
        // Without its phone or its family it could never end: it is dropped then.
        let Some(session) = self.state.sessions.get(&phone) else { return };
        let Some(family) = self.profiles.family(run.family()) else { return };
        let laid = run.laid(session);
        let values = crate::plan::overlay::values(&self.sight(Some(phone), Some(&laid)), Some(phone));
        let look = Look {
            profiles: &self.profiles,
            family,
            shelf: &self.shelf,
            session,
            values: &values,
            next_n: self.state.n + 1,
        };
        for seen in run.advance(now, &look) {
            self.queue(phone, seen);
        }
        let wish = run.take_wish();
        self.runs.put(phone, run);
        if let Some(told) = wish {
            let wish = match told {
                Told::Restart => Wish::Restart,
                Told::Reset => Wish::Reset,
            };
            self.tell_phone(now, phone, wish);
        }
    }

    /// Tells a registered phone something; what came of it is queued as an observation.
    fn tell_phone(&mut self, now: Time, phone: Mac, wish: Wish) {
        let family = self.state.sessions.get(&phone).and_then(|s| s.family(&self.profiles));
        let refresh = family.map(|f| f.sip.refresh).unwrap_or_default();
        if let Some(told) = self.signalling.tell(now, phone, wish, refresh) {
            self.queue(phone, told);
        }
        let of_phone = self.signalling.stations.iter().filter(|(_, c)| c.phone == phone);
        for conn in of_phone.map(|(conn, _)| *conn).collect::<Vec<_>>() {
            self.drain_station(now, conn);
        }
        self.drain_registrar(now, Some(phone));
    }

    /// Begins what should begin by itself for this phone.
    pub(crate) fn consider(&mut self, phone: Mac) {
        if self.runs.get(phone).is_some_and(|r| !r.is_over()) {
            return;
        }
        let wanted = self.config.procedure.clone();
        // What was wanted is over, or was not for this phone: what a finding recommends may come after it.
        let wanted = wanted.filter(|id| !self.config.auto || !self.tried.contains(&(phone, id.clone())));
        if let Some(id) = wanted {
            self.start(phone, &id, self.config.to.clone().as_deref(), false);
        } else if self.config.auto
            && let Some(id) = self.cure(phone)
        {
            self.start(phone, &id, self.config.to.clone().as_deref(), false);
        }
    }

    /// The procedure that cures one of the phone's findings and erases nothing: of several the first whose gate is
    /// open, else the first.
    fn cure(&self, phone: Mac) -> Option<String> {
        let session = self.state.sessions.get(&phone)?;
        let (family, model) = (session.family(&self.profiles)?, session.model(&self.profiles));
        let protocol = session.protocol.as_ref().map(|p| p.0.as_str());
        let runs = session.load.as_ref().map(|l| l.name.as_str());
        let cures = self.state.findings.get(&phone)?.iter().find_map(|finding| {
            let fits = |p: &&profile::Procedure| {
                p.wipes == Wipes::Nothing && p.is_for_protocol(protocol) && p.cures.iter().any(|c| c == finding.code)
            };
            let all: Vec<_> = family.procedures.iter().filter(fits).collect();
            let open = |p: &&&profile::Procedure| {
                gate::check(family, model, p, &self.shelf, runs, self.config.to.as_deref()).is_ok()
            };
            all.iter().find(open).or(all.first()).map(|p| p.id.clone())
        });
        cures
    }

    pub(crate) fn consider_all(&mut self, now: Time) {
        let phones: Vec<Mac> = self.state.sessions.values().filter(|s| s.here).map(|s| s.mac).collect();
        for phone in phones {
            self.consider(phone);
            self.pump(now);
        }
    }

    /// Begins a procedure, or says why not. Unasked, it keeps silent about what may still become known.
    fn start(&mut self, phone: Mac, id: &str, to: Option<&str>, asked: bool) {
        let key = (phone, id.to_owned());
        if self.tried.contains(&key) {
            return;
        }
        let Some(session) = self.state.sessions.get(&phone) else { return };
        // In recovery many a phone does not say what it is; the technician may have said it.
        let said = self.config.model.as_ref().and_then(|m| self.profiles.model(m));
        let family = session.family(&self.profiles).or(said.map(|s| s.0));
        let Some(family) = family else { return };
        let Some(procedure) = family.procedure(id) else { return };
        let model = session.model(&self.profiles).or(said.filter(|s| s.0.id == family.id).map(|s| s.1));
        let fits = procedure.models.is_empty() || model.is_some_and(|m| procedure.models.contains(&m.name));
        if !fits {
            return;
        }
        let protocol = session.protocol.as_ref().map(|p| p.0.as_str());
        let other = protocol.filter(|p| !procedure.is_for_protocol(Some(p)));
        let runs = session.load.as_ref().map(|l| l.name.as_str());
        let ready = match other {
            Some(protocol) => Err(gate::NotReady {
                code: "RB418",
                why: format!(
                    "the phone's load speaks {}; this is for {}",
                    protocol.to_uppercase(),
                    procedure.protocols.join(" and ").to_uppercase()
                ),
                missing: Vec::new(),
            }),
            None => gate::check(family, model, procedure, &self.shelf, runs, to),
        };
        match ready {
            Ok(ready) => {
                let run = Run::new(family, procedure, model.map(|m| m.name.as_str()), ready);
                let started = run.started();
                self.tried.insert(key);
                self.runs.put(phone, run);
                self.queue(phone, started);
            }
            Err(not_ready) if !asked && matches!(not_ready.code, "RB222" | "RB223") => {}
            Err(not_ready) => {
                let steps: Vec<String> = procedure.steps.iter().map(|s| s.id.clone()).collect();
                let unrun = steps.iter().map(|s| crate::observe::Unrun { step: s.clone(), why: not_ready.why.clone() });
                let ended = Seen::ProcedureEnded {
                    id: id.to_owned(),
                    outcome: Outcome::Refused,
                    why: format!("{}: {}", not_ready.code, not_ready.why),
                    unrun: unrun.collect(),
                };
                let title = procedure.title.clone();
                self.tried.insert(key);
                let started =
                    Seen::ProcedureStarted { id: id.to_owned(), title, target: None, rungs: Vec::new(), steps };
                self.queue(phone, started);
                self.queue(phone, ended);
            }
        }
    }

    fn abort(&mut self, phone: Mac, why: &str) -> Option<Seen> {
        let mut run = self.runs.take(phone)?;
        let seen = run.abort(why);
        self.runs.put(phone, run);
        seen
    }

    fn stop(&mut self, now: Time) {
        let phones: Vec<Mac> = self.state.sessions.values().filter(|s| s.here).map(|s| s.mac).collect();
        for phone in phones {
            if let Some(seen) = self.abort(phone, "the bench was switched off") {
                self.observe(now, Some(phone), seen);
            }
        }
        self.web_unreach(now, None);
        self.write_leases();
        if self.guard.serves() {
            self.guard.stop();
            self.observe(now, None, Seen::ServingStopped { why: "the bench was switched off".to_owned() });
        }
        self.observe(now, None, Seen::BenchStopped);
        for row in self.state.open_rows(&self.profiles) {
            self.tell(Output::Row(row));
        }
    }
}
