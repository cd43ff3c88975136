//! Phones' own web pages: looked at, filled in, told what to do. The machines are in [`crate::web_recovery`]; here
//! is who gets one, how a phone of another subnet is reached, and what is observed.

mod way;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use profile::{Family, Web as WebFacts};
use proto::{Mac, Time};

use self::way::Way;
use crate::bench::Bench;
use crate::config::Config;
use crate::identify::{Grade, evidence};
use crate::job::{Job, JobId, JobNews};
use crate::observe::{Seen, Via, WebOutcome, WebState};
use crate::output::Output;
use crate::plan::answer::Content;
use crate::plan::overlay::values;
use crate::web_recovery::ui::UiStep;
use crate::web_recovery::{Driver, End, Ended, Goal, Protocol, Step, Ui, UiGoal};

/// A phone's page is worked with for so many phones at once; the next waits for its turn.
const AT_ONCE: usize = 48;
/// A typed address is looked for this often.
const SEEK_EVERY: Duration = Duration::from_secs(3);
/// From the start until the shelf has been looked at.
const SETTLED: Duration = Duration::from_secs(5);
/// The page of a phone that runs is waited for so long: it may still be starting.
const UI_PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Debug)]
enum Machine {
    Fill(Box<Driver>, Content),
    Look(Box<Driver>),
    Ui(Box<Ui>),
}

#[derive(Clone, Debug)]
struct Work {
    phone_at: Ipv4Addr,
    machine: Option<Machine>,
    /// What it is made of, until the way is open.
    wanted: Wanted,
    way: Way,
    job: Option<JobId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    Fill { file: String, sha256: String, size: u64 },
    Look,
    Act(String),
}

/// All work with phones' pages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Web {
    work: BTreeMap<Mac, Work>,
    jobs: BTreeMap<JobId, Mac>,
    next_job: u64,
    /// When a silent phone's page is looked at.
    looks: BTreeMap<Mac, Time>,
    /// The interface's own addresses for phones of other subnets.
    reached: BTreeMap<Ipv4Addr, (Ipv4Addr, Mac)>,
    /// A typed address, and when it is looked for next.
    seek: Option<(Ipv4Addr, Time)>,
    /// A phone that is said to be here, and when that is noted.
    expected: Option<(Mac, Time)>,
}

impl Web {
    /// A typed address is looked for from the beginning; a phone that is said to be here counts as here some seconds
    /// later, when the shelf is known.
    pub(crate) fn new(now: Time, config: &Config) -> Web {
        let seek = config.phone_at.map(|address| (address, now));
        Web { seek, expected: config.phone.map(|phone| (phone, now + SETTLED)), ..Web::default() }
    }

    pub(crate) fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        let works = self.work.values().filter_map(|work| match (&work.machine, work.way) {
            (_, Way::Asking(_, until, _)) => Some((until, "somebody may have that address already")),
            (Some(Machine::Fill(driver, _) | Machine::Look(driver)), _) => driver.poll_timeout(),
            (Some(Machine::Ui(ui)), _) => ui.poll_timeout(),
            (None, _) => None,
        });
        let looks = self.looks.values().map(|at| (*at, "a silent phone may be in recovery: its page is looked at"));
        let seek = self.seek.map(|(_, at)| (at, "the phone at the typed address is looked for"));
        let expected = self.expected.map(|(_, at)| (at, "a phone is said to be here"));
        works.chain(looks).chain(seek).chain(expected).min_by_key(|t| t.0)
    }
}

/// Whether work with pages follows from an observation.
pub(crate) fn is_followed(seen: &Seen) -> bool {
    match seen {
        Seen::Dhcp { kind, .. } => kind == "Discover",
        Seen::WebBegan { .. }
        | Seen::WebActing { .. }
        | Seen::DhcpBound { .. }
        | Seen::Arp { .. }
        | Seen::FileAsked { .. }
        | Seen::ProcedureEnded { .. }
        | Seen::Left { .. } => true,
        _ => false,
    }
}

impl Bench {
    /// What follows from an observation, as far as pages are concerned.
    pub(crate) fn web_follows(&mut self, now: Time, phone: Mac, seen: &Seen) {
        match seen {
            Seen::WebBegan { file, sha256, size } => {
                let wanted = Wanted::Fill { file: file.clone(), sha256: sha256.clone(), size: *size };
                self.web_begin(now, phone, wanted);
            }
            Seen::WebActing { action } => self.web_begin(now, phone, Wanted::Act(action.clone())),
            Seen::DhcpBound { .. } | Seen::Arp { .. } => self.web_plan_look(now, phone),
            Seen::FileAsked { name, .. } => {
                self.web.looks.remove(&phone);
                self.web_file_asked(now, phone, name);
            }
            // A Discover: no other is followed.
            Seen::Dhcp { .. } => {
                self.web.looks.remove(&phone);
            }
            Seen::ProcedureEnded { .. } | Seen::Left { .. } => {
                self.web_drop(phone);
                self.web_unreach(now, Some(phone));
            }
            _ => {}
        }
    }

    /// Everything that is due.
    pub(crate) fn web_due(&mut self, now: Time) {
        if let Some((phone, _)) = self.web.expected.take_if(|(_, at)| *at <= now)
            && !self.state.sessions.contains_key(&phone)
        {
            self.observe(now, Some(phone), Seen::Expected { model: self.config.model.clone() });
        }
        if let Some((address, at)) = self.web.seek
            && at <= now
        {
            let found = self.state.phone_at(address).is_some();
            self.web.seek = (!found && self.config.frames).then_some((address, now + SEEK_EVERY));
            if !found {
                self.ask_by_arp(address);
            }
        }
        let looks: Vec<Mac> = self.web.looks.iter().filter(|(_, at)| **at <= now).map(|(mac, _)| *mac).collect();
        for phone in looks {
            self.web.looks.remove(&phone);
            let silent = self.state.sessions.get(&phone).is_some_and(|s| s.files_this_boot().next().is_none());
            if silent && !self.web.work.contains_key(&phone) {
                self.web_begin(now, phone, Wanted::Look);
            }
        }
        let due: Vec<Mac> = self.web.work.keys().copied().collect();
        for phone in due {
            self.web_step(now, phone);
        }
    }

    /// News of a job; false when it is not one of these.
    pub(crate) fn web_job(&mut self, now: Time, id: JobId, news: &JobNews) -> bool {
        let Some(phone) = self.web.jobs.get(&id).copied() else { return false };
        let (bytes, end): (&[u8], End) = match news {
            JobNews::Exchanged { bytes, end } => (bytes, end.clone()),
            JobNews::Progress { .. } => return true,
            JobNews::Done { what } => (&[], End::CutOff(what.clone())),
            JobNews::Failed { code, why } => (&[], End::NotReached(format!("{code}: {why}"))),
        };
        self.web.jobs.remove(&id);
        let Some(work) = self.web.work.get_mut(&phone).filter(|w| w.job == Some(id)) else { return true };
        work.job = None;
        match &mut work.machine {
            Some(Machine::Fill(driver, _) | Machine::Look(driver)) => driver.answered(now, bytes, end),
            Some(Machine::Ui(ui)) => ui.answered(now, bytes, &end),
            None => {}
        }
        self.web_step(now, phone);
        true
    }

    fn web_plan_look(&mut self, now: Time, phone: Mac) {
        let Some(facts) = self.web_family(phone).and_then(|f| f.web.as_ref()).filter(|w| w.recovery) else { return };
        let at = now + Duration::from_secs(u64::from(facts.silent_s));
        let Some(session) = self.state.sessions.get(&phone) else { return };
        let known = session.web.state.is_some_and(|s| s.2 == session.boots && s.0 != WebState::Silent);
        if !self.config.folder && !known && session.files_this_boot().next().is_none() {
            self.web.looks.entry(phone).or_insert(at);
        }
    }

    /// The family whose page it may have: its own, else one that has its address block.
    fn web_family(&self, phone: Mac) -> Option<&Family> {
        let own = self.state.sessions.get(&phone).and_then(|s| s.family(&self.profiles));
        own.filter(|f| f.web.is_some()).or_else(|| {
            if own.is_some() {
                return None;
            }
            let nothing = Seen::Arp { address: Ipv4Addr::UNSPECIFIED };
            let found = evidence(&self.profiles, phone, &nothing);
            let may = found.iter().filter(|e| e.grade >= Grade::Possible);
            may.filter_map(|e| self.profiles.family(&e.family)).find(|f| f.web.as_ref().is_some_and(|w| w.recovery))
        })
    }

    fn web_facts(&self, phone: Mac) -> Option<WebFacts> {
        self.web_family(phone)?.web.clone()
    }

    fn web_begin(&mut self, now: Time, phone: Mac, wanted: Wanted) {
        self.web_drop(phone);
        self.web.looks.remove(&phone);
        let address = self.state.sessions.get(&phone).and_then(|s| s.address);
        let Some(phone_at) = address else { return };
        let near = self.is_near(phone_at) || self.web.reached.contains_key(&phone_at);
        // Only to look, no address is put on anybody's interface unless the bench was told to act.
        let acts = self.config.auto || self.config.procedure.is_some();
        if !near && wanted == Wanted::Look && !acts {
            return;
        }
        self.web.work.insert(phone, Work { phone_at, machine: None, wanted, way: Way::Open, job: None });
        if near { self.web_step(now, phone) } else { self.web_ask_candidate(now, phone, 1) }
    }

    /// Makes the machine when the way is open, and does what it wants.
    fn web_step(&mut self, now: Time, phone: Mac) {
        let Some(work) = self.web.work.get(&phone) else { return };
        match work.way {
            Way::Asking(candidate, until, _) if until <= now => {
                let phone_at = work.phone_at;
                if let Some(work) = self.web.work.get_mut(&phone) {
                    work.way = Way::Making(candidate);
                }
                return self.tell(Output::Reach { phone: phone_at, address: candidate });
            }
            Way::Asking(..) | Way::Making(_) => return,
            Way::Open => {}
        }
        if work.machine.is_none() {
            let busy = self.web.work.values().filter(|w| w.machine.is_some()).count();
            if busy >= AT_ONCE {
                return;
            }
            let machine = self.web_machine(now, phone);
            let Some(work) = self.web.work.get_mut(&phone) else { return };
            match machine {
                Some(machine) => work.machine = Some(machine),
                None => return self.web_over(now, phone, "nothing is known of its page"),
            }
        }
        self.web_drive(now, phone);
    }

    fn web_machine(&self, now: Time, phone: Mac) -> Option<Machine> {
        let work = self.web.work.get(&phone)?;
        let facts = self.web_facts(phone)?;
        let page = SocketAddrV4::new(work.phone_at, facts.port);
        let server = self.web.reached.get(&work.phone_at).map_or(self.config.server, |r| r.0);
        let near = self.is_near(work.phone_at);
        let served = |via: Via| self.config.serves.contains(&via);
        // On an address that was taken for one phone only TFTP is answered.
        let protocols = [(Via::Tftp, Protocol::Tftp), (Via::Http, Protocol::Http), (Via::Ftp, Protocol::Ftp)];
        let protocols = protocols.into_iter().filter(|(via, _)| served(*via) && (near || *via == Via::Tftp));
        let goal = Goal {
            page,
            server,
            file: String::new(),
            size: 0,
            protocols: protocols.map(|p| p.1).collect(),
            patience: Duration::from_secs(u64::from(facts.patience_s)),
            seed: self.config.seed ^ self.state.n,
            only_look: false,
        };
        match &work.wanted {
            Wanted::Fill { file, sha256, size } => {
                let goal = Goal { file: file.clone(), size: *size, ..goal };
                let content = Content::Blob { sha256: sha256.clone(), size: *size };
                Some(Machine::Fill(Box::new(Driver::new(now, goal)), content))
            }
            Wanted::Look => {
                let goal = Goal { patience: Duration::from_secs(7), only_look: true, ..goal };
                Some(Machine::Look(Box::new(Driver::new(now, goal))))
            }
            Wanted::Act(action) => {
                let mut goal = UiGoal {
                    action: action.clone(),
                    about: facts.about.clone().unwrap_or_else(|| "/".to_owned()),
                    before_version: facts.about_version.clone(),
                    before_model: facts.about_model.clone(),
                    send_login: true,
                    ..UiGoal::default()
                };
                let password = self.config.password.clone().filter(|_| action != "look").or(facts.password.clone());
                goal.login = facts.user.clone().zip(password);
                if action != "look" {
                    let known = facts.actions.iter().find(|a| a.id == *action)?;
                    let mut names = values(&self.sight(Some(phone), None), Some(phone));
                    names.insert("server", server.to_string());
                    let body = profile::template::fill(&known.body, &names).ok()?;
                    goal.send = Some((known.target.clone(), known.kind.clone(), body));
                    goal.send_login = known.login;
                }
                Some(Machine::Ui(Box::new(Ui::new(now, page, goal, UI_PATIENCE))))
            }
        }
    }

    fn web_drive(&mut self, now: Time, phone: Mac) {
        loop {
            let Some(work) = self.web.work.get_mut(&phone) else { return };
            let Some(machine) = &mut work.machine else { return };
            match machine {
                Machine::Fill(driver, content) => {
                    if driver.poll_timeout().is_some_and(|t| t.0 <= now) {
                        driver.handle_timeout(now);
                    }
                    let content = content.clone();
                    match driver.poll() {
                        None => return,
                        Some(Step::Exchange(x)) => {
                            let file = x.behind.map(|behind| (content, behind));
                            self.web_exchange(phone, Job::Exchange { to: x.to, bytes: x.bytes, file });
                        }
                        Some(Step::Found(form)) => self.observe_limited(now, Some(phone), Seen::WebFound { form }),
                        Some(Step::Tried(t)) => {
                            let seen =
                                Seen::WebTried { way: t.way, sent: t.sent, answered: t.answered, verdict: t.verdict };
                            self.observe_limited(now, Some(phone), seen);
                        }
                        Some(Step::Ended(ended)) => return self.web_filled(now, phone, ended),
                    }
                }
                Machine::Look(driver) => {
                    if driver.poll_timeout().is_some_and(|t| t.0 <= now) {
                        driver.handle_timeout(now);
                    }
                    match driver.poll() {
                        None => return,
                        Some(Step::Exchange(x)) => {
                            self.web_exchange(phone, Job::Exchange { to: x.to, bytes: x.bytes, file: None });
                        }
                        Some(Step::Ended(ended)) => return self.web_looked(now, phone, ended),
                        Some(Step::Found(_) | Step::Tried(_)) => {}
                    }
                }
                Machine::Ui(ui) => {
                    if ui.poll_timeout().is_some_and(|t| t.0 <= now) {
                        ui.handle_timeout(now);
                    }
                    let action = ui.action().to_owned();
                    match ui.poll() {
                        None => return,
                        Some(UiStep::Exchange(x)) => {
                            self.web_exchange(phone, Job::Exchange { to: x.to, bytes: x.bytes, file: None });
                        }
                        Some(UiStep::Ended(e)) => {
                            self.web_drop(phone);
                            let (version, model) = (e.version, e.model);
                            let seen = Seen::WebActed { action, taken: e.taken, why: e.why, version, model };
                            return self.observe(now, Some(phone), seen);
                        }
                    }
                }
            }
        }
    }

    fn web_exchange(&mut self, phone: Mac, job: Job) {
        self.web.next_job += 1;
        let id = JobId(self.web.next_job);
        if let Some(work) = self.web.work.get_mut(&phone) {
            work.job = Some(id);
            self.web.jobs.insert(id, phone);
            self.tell(Output::Job { id, job });
        }
    }

    fn web_file_asked(&mut self, now: Time, phone: Mac, name: &str) {
        let Some(work) = self.web.work.get_mut(&phone) else { return };
        let Wanted::Fill { file, .. } = &work.wanted else { return };
        let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
        if !last.eq_ignore_ascii_case(file) {
            return;
        }
        if let Some(Machine::Fill(driver, _)) = &mut work.machine {
            driver.file_asked(now);
        }
        self.web_step(now, phone);
    }

    fn web_filled(&mut self, now: Time, phone: Mac, ended: Ended) {
        let (outcome, why) = match ended {
            Ended::Accepted { way, uploaded: true } => (WebOutcome::Uploaded, format!("it took {way}")),
            Ended::Accepted { way, .. } => (WebOutcome::Accepted, format!("it fetches the file; it took {way}")),
            Ended::Found { title } => (WebOutcome::Refused, format!("nothing was sent to {title}")),
            Ended::Unreachable { why } => (WebOutcome::Unreachable, why),
            Ended::NotInRecovery { realm } => {
                let who = realm.map_or_else(String::new, |r| format!(" ({r})"));
                (WebOutcome::NotInRecovery, format!("its page wants a password{who}: the phone runs"))
            }
            Ended::NoForm { why } => (WebOutcome::NoForm, why),
            Ended::Refused { why } => (WebOutcome::Refused, why),
            Ended::NotAsked => {
                (WebOutcome::NotAsked, "it said that it would fetch the file, and has not asked for it here".to_owned())
            }
            Ended::DownloadFailed => {
                (WebOutcome::DownloadFailed, "it says that it could not fetch the file".to_owned())
            }
            Ended::ImageRefused { why } => (WebOutcome::ImageRefused, why),
        };
        let why = outcome.code().map_or_else(|| why.clone(), |code| format!("{code}: {why}"));
        self.web_drop(phone);
        self.observe(now, Some(phone), Seen::WebEnded { outcome, why });
    }

    fn web_looked(&mut self, now: Time, phone: Mac, ended: Ended) {
        let (state, what) = match ended {
            Ended::Found { title } => (WebState::Recovery, title),
            Ended::NotInRecovery { realm } => (WebState::Runs, realm.unwrap_or_default()),
            Ended::Unreachable { why } => (WebState::Silent, why),
            Ended::NoForm { why } => (WebState::Other, why),
            _ => (WebState::Other, String::new()),
        };
        self.web_drop(phone);
        self.observe(now, Some(phone), Seen::WebSeen { state, what, model: None });
    }

    /// The work cannot be done at all.
    fn web_over(&mut self, now: Time, phone: Mac, why: &str) {
        let Some(work) = self.web.work.get(&phone) else { return };
        let wanted = work.wanted.clone();
        self.web_drop(phone);
        let seen = match wanted {
            Wanted::Fill { .. } => Seen::WebEnded { outcome: WebOutcome::Unreachable, why: format!("RB120: {why}") },
            Wanted::Look => Seen::WebSeen { state: WebState::Silent, what: why.to_owned(), model: None },
            Wanted::Act(action) => {
                Seen::WebActed { action, taken: false, why: why.to_owned(), version: None, model: None }
            }
        };
        self.observe(now, Some(phone), seen);
    }

    /// Ends the work with a phone's page; the way to it stays while its procedure runs.
    fn web_drop(&mut self, phone: Mac) {
        if let Some(work) = self.web.work.remove(&phone)
            && let Some(id) = work.job
        {
            self.web.jobs.remove(&id);
            self.tell(Output::DropJob(id));
        }
    }
}
