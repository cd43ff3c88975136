//! What a technician wants, and what the bench begins by itself.

use std::net::SocketAddrV4;

use profile::keys::Wipes;
use profile::procedure::Told;
use proto::http::{Answer, Request};
use proto::{Mac, Time};

use crate::bench::Bench;
use crate::input::Command;
use crate::job::{Job, JobId, JobNews};
use crate::observe::{Outcome, Seen};
use crate::output::Output;
use crate::plan::release;
use crate::procedure::run::{Look, Run};
use crate::procedure::{fit, gate};
use crate::signalling::Wish;
use crate::web_login::{Login, Next};

/// The longest name and the longest reason that are kept, characters.
const APPROVAL_KEPT: usize = 200;
/// Where a phone's web page is.
const HTTP: u16 = 80;

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
            Command::Approve { phone, who, why } => self.approve(now, phone, &who, &why),
            Command::Map { phone, asked, file } => self.map(now, phone, &asked, &file),
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

    /// Keeps who approved and why. Without both it is as if nobody had.
    fn approve(&mut self, now: Time, phone: Mac, who: &str, why: &str) {
        let text = |t: &str| proto::text::escape_short(t.trim().as_bytes(), APPROVAL_KEPT);
        let (who, why) = (text(who), text(why));
        let asked = self.runs.get(phone).is_some_and(Run::awaits_approval);
        if asked && !who.is_empty() && !why.is_empty() {
            self.observe(now, Some(phone), Seen::Approved { who, why });
        }
    }

    /// A person says which file a name means. A file that is not on the shelf, or has a fault, is none.
    fn map(&mut self, now: Time, phone: Mac, asked: &str, file: &str) {
        let Some(blob) = self.shelf.blob(file).filter(|b| b.faults.is_empty()) else { return };
        let asked = proto::text::escape_short(asked.rsplit('/').next().unwrap_or(asked).as_bytes(), 255);
        let seen = Seen::Mapped { asked, name: blob.name.clone(), sha256: blob.sha256.clone() };
        self.observe(now, Some(phone), seen);
    }

    /// Tries the phone's web page when a step waits for that.
    fn log_in(&mut self, now: Time, phone: Mac, run: &mut Run) {
        if !run.wants_login(now) {
            return;
        }
        let family = self.profiles.family(run.family());
        let facts = family.and_then(|f| f.login.clone());
        let address = self.state.sessions.get(&phone).and_then(|s| s.address);
        if let (Some(facts), Some(address)) = (facts, address) {
            let login = Login::new(facts, address);
            let request = login.first();
            self.ask_page(phone, login, &request);
        }
    }

    fn ask_page(&mut self, phone: Mac, login: Login, request: &Request) {
        let id = JobId(self.next_job);
        self.next_job += 1;
        let to = SocketAddrV4::new(login.address(), HTTP);
        self.logins.insert(id, (phone, login));
        self.tell(Output::Job { id, job: Job::Exchange { to, bytes: request.emit(), file: None } });
    }

    /// News of a try to log in; `false` when the job is another.
    pub(crate) fn on_login(&mut self, now: Time, id: JobId, news: &JobNews) -> bool {
        let Some((phone, mut login)) = self.logins.remove(&id) else { return false };
        let answer = match news {
            JobNews::Progress { .. } => {
                self.logins.insert(id, (phone, login));
                return true;
            }
            JobNews::Exchanged { bytes, .. } => Some(bytes).filter(|b| !b.is_empty()).map(|b| Answer::read(b)),
            JobNews::Done { .. } | JobNews::Failed { .. } => None,
        };
        match login.answered(answer.as_ref()) {
            Next::Ask(request) => self.ask_page(phone, login, &request),
            Next::End(result, what) => {
                let what = proto::text::escape_short(what.as_bytes(), 200);
                self.observe_limited(now, Some(phone), Seen::WebLogin { result, what });
            }
        }
        true
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
        let seen = run.advance(now, &look);
        // What begins a step may want the page at once.
        for seen in seen {
            self.queue(phone, seen);
        }
        let wish = run.take_wish();
        self.log_in(now, phone, &mut run);
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

        self.state.findings.get(&phone)?.iter().find_map(|finding| {
            let fits = |p: &&profile::Procedure| {
                p.wipes == Wipes::Nothing && p.is_for_protocol(protocol) && p.cures.iter().any(|c| c == finding.code)
            };
            let all: Vec<_> = family.procedures.iter().filter(fits).collect();
            let open = |p: &&&profile::Procedure| {
                gate::check(family, model, p, &self.shelf, runs, self.config.to.as_deref()).is_ok()
            };
            all.iter().find(open).or(all.first()).map(|p| p.id.clone())
        })
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
        let runs = session.load.as_ref().map(|l| l.name.as_str());
        let (below, from) = (procedure.runs_below.as_deref(), procedure.runs_from.as_deref());
        let right = release::fits(&family.version_scheme, runs, below, from);
        // One that asks for nothing will not say which firmware it runs; what is asked of a person says what to look at.
        let right = right.or(fit::asks_nothing(session).then_some(true));
        if let (Some(false), Some(other)) = (right, procedure.instead.clone()) {
            return self.start(phone, &other, to, asked);
        }
        let model = session.model(&self.profiles).or(said.filter(|s| s.0.id == family.id).map(|s| s.1));
        let fits = procedure.models.is_empty() || model.is_some_and(|m| procedure.models.contains(&m.name));
        if !fits {
            return;
        }
        let protocol = session.protocol.as_ref().map(|p| p.0.as_str());
        let other = protocol.filter(|p| !procedure.is_for_protocol(Some(p)));
        let ready = match other {
            Some(protocol) => Err(gate::NotReady {
                code: "RB418",
                why: fit::wrong_protocol(procedure, protocol),
                missing: Vec::new(),
            }),
            None if right == Some(false) => Err(gate::wrong_release(procedure)),
            None if right.is_none() => Err(gate::release_unknown()),
            None => gate::check(family, model, procedure, &self.shelf, runs, to),
        };
        match ready {
            Ok(ready) => {
                let approval = self.config.approval && procedure.wipes != Wipes::Nothing;
                let run = Run::new(family, procedure, model.map(|m| m.name.as_str()), ready, approval);
                let started = run.started();
                let approved = self.config.approved.clone().filter(|_| approval);
                self.tried.insert(key);
                self.runs.put(phone, run);
                self.queue(phone, started);
                if let Some((who, why)) = approved {
                    let text = |t: &str| proto::text::escape_short(t.trim().as_bytes(), APPROVAL_KEPT);
                    let (who, why) = (text(&who), text(&why));
                    self.queue(phone, Seen::Approved { who, why });
                }
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

#[cfg(test)]
mod approval_tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use profile::Profiles;

    use super::*;
    use crate::{Config, Input, Service};

    const PHONE: Mac = Mac([0, 0x15, 0x65, 0x12, 0x34, 0x56]);

    /// A bench that asks for approval, and a T46G that has said what it runs.
    fn bench() -> Bench {
        let mut config = Config::new(Ipv4Addr::new(10, 0, 0, 1), 24);
        config.probe = Duration::ZERO;
        config.approval = true;
        let mut bench = Bench::new(Time::ZERO, config, Profiles::built_in().0, Vec::new());
        let event = "ua-profile;profile-type=\"device\";vendor=\"yealink\";model=\"T46G\";version=\"28.83.0.120\"";
        let bytes = format!(
            "SUBSCRIBE sip:MAC001565123456@224.0.1.75 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.20:5059\r\n\
             From: <sip:x@y>;tag=1\r\nTo: <sip:x@y>\r\nCall-ID: 1\r\nCSeq: 1 SUBSCRIBE\r\nEvent: {event}\r\n\r\n"
        );
        let from = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 20), 5059);
        bench.handle_input(Time::ZERO, Input::Datagram { service: Service::Sip, from, bytes: bytes.as_bytes() });
        say(&mut bench, Command::Start { phone: PHONE, procedure: Some("factory-reset".into()), to: None });
        bench
    }

    fn say(bench: &mut Bench, command: Command) {
        bench.handle_input(Time::ZERO, Input::Command(command));
    }

    /// The step that runs, and whether it asks for approval.
    fn step(bench: &Bench) -> (String, bool) {
        let session = &bench.state().sessions[&PHONE];
        let step = session.procedure.as_ref().and_then(|p| p.current()).cloned().unwrap();
        (step.id, step.ask.is_some_and(|a| a.approval))
    }

    #[test]
    fn nothing_is_begun_before_somebody_has_approved_with_name_and_reason() {
        let mut bench = bench();
        assert_eq!(step(&bench), ("approval".into(), true));
        say(&mut bench, Command::Confirm { phone: PHONE });
        assert_eq!(step(&bench).0, "approval", "a confirmation is no approval");
        let approve = |who: &str, why: &str| Command::Approve { phone: PHONE, who: who.into(), why: why.into() };
        for half in [approve("Mr Jones", " "), approve("", "returned")] {
            say(&mut bench, half);
            assert_eq!(step(&bench).0, "approval");
        }
        say(&mut bench, approve("Mr Jones", "returned by the customer"));
        assert_eq!(step(&bench).0, "hold-ok", "who approved has confirmed");
        let row = bench.state().row(bench.profiles(), PHONE).unwrap();
        assert_eq!(row.approved_by.as_deref(), Some("Mr Jones"));
        assert_eq!(row.approved_why.as_deref(), Some("returned by the customer"));
    }

    #[test]
    fn an_approval_that_nobody_asked_for_is_not_kept() {
        let mut bench = bench();
        say(&mut bench, Command::Abort { phone: PHONE });
        say(&mut bench, Command::Approve { phone: PHONE, who: "x".into(), why: "y".into() });
        assert_eq!(bench.state().row(bench.profiles(), PHONE).unwrap().approved_by, None);
    }
}
