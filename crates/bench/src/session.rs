//! One phone's stay on the bench, folded from observations and nothing else.
//!
//! Feeding the same observations again gives the same session: replay, screens and ledger rely on it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use profile::{Profiles, Role};
use proto::{Mac, Time};

use crate::exchange::Talk;
use crate::identify::{Evidence, Grade, Identified, evidence, tells_who};
use crate::observe::{
    Asked, Awaited, LoginResult, Observation, Outcome, PinnedFile, Seen, Unrun, Via, WebOutcome, WebState,
};
use crate::web_recovery::Verdict;

/// Files remembered per stay; a phone that loops for days forgets its oldest.
const FILES_KEPT: usize = 400;
/// Names remembered as served per stay: far more than phones ask for, and a bound for one that goes on making
/// up spellings.
const SERVED_KEPT: usize = 4_000;

/// Names remembered that a person gave files for.
const MAPPED_KEPT: usize = 64;
/// Names and services remembered per stay, and attempts at a page.
const NAMES_KEPT: usize = 128;
const TRIES_KEPT: usize = 32;
/// The word of `[[load]]` for a load that is a loader only.
pub const LOADER: &str = "loader";

/// In a host's words for a transfer that ended early: everything was sent, and the end was not acknowledged.
const LAST_BLOCK: &str = "last block";

/// Alarms remembered per stay.
const ALARMS_KEPT: usize = 8;

/// Addresses remembered that a phone looked for.
const SEEKS_KEPT: usize = 16;

/// One phone's stay.
#[derive(Clone, Debug)]
pub struct Session {
    /// Whose.
    pub mac: Mac,
    /// Number of the observation that began it: the stay's name in the ledger.
    pub began_n: u64,
    /// When it began.
    pub first: Time,
    /// When the phone was last heard of.
    pub last: Time,
    /// Its address, once known.
    pub address: Option<Ipv4Addr>,
    /// Whether the bench gave the address.
    pub bound: bool,
    /// How often it started, as far as seen; 0 before its first DHCP request.
    pub boots: u32,
    /// Observation number and time of the last start.
    pub boot: (u64, Time),
    /// What speaks for who it is.
    pub evidence: Vec<Evidence>,
    /// Who it is.
    pub identified: Identified,
    /// The load it runs, by its own word.
    pub load: Option<Running>,
    /// The signalling protocol that its load speaks, by its own word, and the observation that said so last.
    pub protocol: Option<(String, u64)>,
    /// A name for the state that it is in, by its own word.
    pub state: Option<String>,
    /// The first load it was seen to run.
    pub load_before: Option<String>,
    /// Serial number, by LLDP.
    pub serial: Option<String>,
    /// Hardware revision, by LLDP.
    pub hardware: Option<String>,
    /// The VLAN its frames are tagged with.
    pub vlan: Option<u16>,
    /// Addresses that it looked for and that are not the bench.
    pub seeks: Vec<Ipv4Addr>,
    /// The observation of the last of them.
    pub seeks_n: u64,
    /// What it has not done in this start although it was time, with how long, seconds.
    pub waits: Vec<(Awaited, u64)>,
    /// Its requests for files, in order; a repeat in the same boot is counted, not listed again.
    pub files: Vec<FileNote>,
    /// Every file it was served, by name: SHA-256 and length.
    pub served: BTreeMap<String, (String, u64)>,
    /// The URL it was told by SIP PnP, and by which observation.
    pub pnp: Option<(u64, String)>,
    /// It broke TLS off: by which observation, the host that it wanted, how it ended.
    pub tls: Option<(u64, Option<String>, String)>,
    /// What came of the last try to log in to its web page, and by which observation.
    pub login: Option<(u64, LoginResult, String)>,
    /// Files on the shelf by names (in lower case) that it asked for: the file's name and SHA-256.
    pub mapped: BTreeMap<String, (String, String)>,
    /// Names that it looked up, in order; each once in a boot.
    pub names: Vec<NameNote>,
    /// Services that it looked for by multicast DNS, once each.
    pub sought: Vec<String>,
    /// In which boot it was told the time last.
    pub time_told: Option<u32>,
    /// What is known of its own web page.
    pub web: WebNote,
    /// The observation of its last own word.
    pub word_n: u64,
    /// The observation by which a technician said that it is here, if nothing was heard of it before.
    pub expected: Option<u64>,
    /// Its registration with the bench's call server in this start, if any.
    pub registered: Option<Registration>,
    /// Its last registration, also when that is over.
    pub registered_last: Option<Registration>,
    /// How often it registered.
    pub registrations: u32,
    /// Its alarms, the last ones.
    pub alarms: Vec<AlarmNote>,
    /// The procedure that runs or ran last.
    pub procedure: Option<ProcedureNote>,
    /// Whether it is thought to be on the bench still.
    pub here: bool,
    /// The last thing that happened, in words.
    pub doing: String,
    /// When `doing` began.
    pub doing_since: Time,
    /// Number of the last observation of it.
    pub n: u64,
    /// What it calls itself, by DHCP option 12; escaped.
    pub host_name: Option<String>,
    /// What its HTTP client calls itself; escaped.
    pub user_agent: Option<String>,
    /// What it asked of the network, and what it was told.
    pub talk: Talk,
}

/// The load a phone runs and how that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// The load's name as the maker writes it.
    pub name: String,
    /// The observation that said so (last).
    pub n: u64,
    /// How it is known.
    pub how: &'static str,
}

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

/// What became of a request for a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileResult {
    /// Nothing yet.
    Asked,
    /// It is on its way.
    Sending,
    /// It arrived whole.
    Done,
    /// It did not.
    Failed(String),
    /// It was refused, with this code.
    Refused(String),
    /// It was not answered.
    Ignored(String),
}

/// One file that a phone asked for in one boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileNote {
    /// The name as the phone wrote it.
    pub name: String,
    /// How it asked.
    pub via: Via,
    /// What the file is to it.
    pub role: Option<Role>,
    /// The load that a list file's name carries.
    pub load: Option<String>,
    /// The signalling protocol whose loads ask for it, where only they do.
    pub protocol: Option<String>,
    /// Which boot, as in [`Session::boots`].
    pub boot: u32,
    /// How often it asked in that boot.
    pub asks: u32,
    /// When it first asked.
    pub at: Time,
    /// When it asked last.
    pub last_at: Time,
    /// How often it arrived whole.
    pub done: u32,
    /// How often it did not, and nothing at all of it was acknowledged.
    pub dead: u32,
    /// The observation of the last ask.
    pub asked_n: u64,
    /// The observation by which it had arrived whole; 0 before.
    pub done_n: u64,
    /// The observation by which all of it was sent and only the last acknowledgement is missing; 0 before.
    pub sent_n: u64,
    /// What became of it.
    pub result: FileResult,
    /// Length, bytes, once served.
    pub size: u64,
    /// How long it took, milliseconds, once done.
    pub millis: u64,
}

/// A name that a phone looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameNote {
    /// The name.
    pub name: String,
    /// In which boot.
    pub boot: u32,
    /// Where it was sent.
    pub answer: Option<Ipv4Addr>,
}

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
    /// A stay that begins with this observation.
    pub fn new(mac: Mac, n: u64, at: Time) -> Session {
        Session {
            mac,
            began_n: n,
            first: at,
            last: at,
            address: None,
            bound: false,
            boots: 0,
            boot: (n, at),
            evidence: Vec::new(),
            identified: Identified::default(),
            load: None,
            protocol: None,
            state: None,
            load_before: None,
            serial: None,
            hardware: None,
            vlan: None,
            seeks: Vec::new(),
            seeks_n: 0,
            waits: Vec::new(),
            files: Vec::new(),
            served: BTreeMap::new(),
            pnp: None,
            tls: None,
            login: None,
            mapped: BTreeMap::new(),
            names: Vec::new(),
            sought: Vec::new(),
            time_told: None,
            web: WebNote::default(),
            word_n: n,
            expected: None,
            registered: None,
            registered_last: None,
            registrations: 0,
            alarms: Vec::new(),
            procedure: None,
            here: true,
            doing: "seen for the first time".to_owned(),
            doing_since: at,
            n,
            host_name: None,
            user_agent: None,
            talk: Talk::default(),
        }
    }

    /// Folds one observation of this phone in.
    pub fn apply(&mut self, profiles: &Profiles, obs: &Observation) {
        if is_word_of_the_phone(&obs.seen) {
            self.last = obs.at;
            self.word_n = obs.n;
            self.here = true;
            self.waits.retain(|w| w.0 != Awaited::Word);
        }
        self.identify(profiles, obs);
        match &obs.seen {
            Seen::Dhcp { kind, .. } => self.dhcp(kind, obs),
            Seen::DhcpBound { address } => {
                self.address = Some(*address);
                self.bound = true;
                self.does(obs.at, format!("has the address {address}"));
            }
            Seen::Arp { address } if !self.bound => self.address = Some(*address),
            Seen::ArpSeeks { address } if self.is_new_to_seek(*address) => {
                self.seeks.push(*address);
                self.seeks_n = obs.n;
            }
            Seen::Waits { what, seconds } => {
                self.waits.retain(|w| w.0 != *what);
                self.waits.push((*what, *seconds));
            }
            Seen::Expected { .. } => {
                self.expected = Some(obs.n);
                self.does(obs.at, "is said to be on the cable".to_owned());
            }
            Seen::Lldp { serial, hardware, .. } => {
                self.serial = Some(serial.clone()).filter(|s| !s.is_empty()).or(self.serial.take());
                self.hardware = Some(hardware.clone()).filter(|s| !s.is_empty()).or(self.hardware.take());
            }
            Seen::Tagged { vlan } => self.vlan = Some(*vlan),
            Seen::PnpAsked { from, .. } => {
                if !self.bound {
                    self.address = Some(*from);
                }
                self.does(obs.at, "asks by SIP for its provisioning".to_owned());
            }
            Seen::PnpTold { url } => {
                self.pnp = Some((obs.n, url.clone()));
                self.does(obs.at, format!("was told {url}"));
            }
            Seen::TlsRefused { host, why } => {
                self.tls = Some((obs.n, host.clone(), why.clone()));
                self.does(obs.at, "does not trust the bench by TLS".to_owned());
            }
            Seen::WebLogin { result, what } => self.login = Some((obs.n, *result, what.clone())),
            Seen::Mapped { asked, name, sha256 } if self.mapped.len() < MAPPED_KEPT => {
                self.mapped.insert(asked.to_ascii_lowercase(), (name.clone(), sha256.clone()));
            }
            Seen::NameAsked { name, answer, .. } if self.names.len() < NAMES_KEPT => {
                self.names.push(NameNote { name: name.clone(), boot: self.boots, answer: *answer });
            }
            Seen::ServiceSought { service, .. } if self.sought.len() < NAMES_KEPT => self.sought.push(service.clone()),
            Seen::TimeTold => self.time_told = Some(self.boots),
            Seen::Left { .. } => {
                self.here = false;
                self.does(obs.at, "left the bench".to_owned());
            }
            _ => {}
        }
        self.file(profiles, obs);
        self.page(obs);
        self.signal(obs);
        self.course(obs);
        self.calls_itself(&obs.seen);
        self.talk.apply(self.boots, obs);
        self.n = obs.n;
    }

    fn page(&mut self, obs: &Observation) {
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

    /// Whether this name was looked up in this boot already.
    pub fn has_looked_up(&self, name: &str) -> bool {
        self.names.len() >= NAMES_KEPT
            || self.names.iter().any(|n| n.boot == self.boots && n.name.eq_ignore_ascii_case(name))
    }

    /// It says by ARP that it has this address: what the bench gave it is no longer its own.
    pub(crate) fn moves_to(&mut self, address: Ipv4Addr) {
        if self.bound && self.address != Some(address) {
            self.bound = false;
            self.address = Some(address);
        }
    }

    /// The family, as far as known.
    pub fn family<'p>(&self, profiles: &'p Profiles) -> Option<&'p profile::Family> {
        profiles.family(self.identified.family.as_deref()?)
    }

    /// The model's facts, as far as known.
    pub fn model<'p>(&self, profiles: &'p Profiles) -> Option<&'p profile::Model> {
        self.family(profiles)?.model(self.identified.model.as_deref()?)
    }

    /// Whether it is known by a technician's word alone.
    pub fn is_unheard(&self) -> bool {
        self.expected.is_some_and(|n| self.word_n <= n)
    }

    /// Whether it is worth noting that the phone looked for this address: only so many are kept.
    pub fn is_new_to_seek(&self, address: Ipv4Addr) -> bool {
        self.seeks.len() < SEEKS_KEPT && !self.seeks.contains(&address)
    }

    /// Requests of the current boot.
    pub fn files_this_boot(&self) -> impl DoubleEndedIterator<Item = &FileNote> {
        self.files.iter().filter(|f| f.boot == self.boots)
    }

    /// The last request for this name (without regard to case).
    pub fn file_named(&self, name: &str) -> Option<&FileNote> {
        self.files.iter().rev().find(|f| same_name(&f.name, name))
    }

    /// Whether a file of this role was asked for since observation `n`.
    pub fn asked_since(&self, n: u64, role: Role) -> bool {
        self.files.iter().rev().any(|f| f.role == Some(role) && f.asked_n >= n)
    }

    /// Whether this file arrived whole since observation `n`.
    pub fn fetched_since(&self, n: u64, name: &str) -> bool {
        let whole = |f: &FileNote| {
            // Who asks for something else after the last block has it: only its acknowledgement was lost.
            let went_on = f.sent_n >= n.max(1) && self.files.iter().any(|g| g.asked_n > f.sent_n);
            f.done_n >= n.max(1) || went_on
        };
        self.files.iter().rev().any(|f| same_name(&f.name, name) && whole(f))
    }

    fn calls_itself(&mut self, seen: &Seen) {
        match seen {
            Seen::Dhcp { host_name: Some(name), .. } => self.host_name = Some(name.clone()),
            Seen::FileAsked { user_agent: Some(agent), .. } => self.user_agent = Some(agent.clone()),
            _ => {}
        }
    }

    fn does(&mut self, at: Time, what: String) {
        if self.doing != what {
            self.doing = what;
            self.doing_since = at;
        }
    }

    fn identify(&mut self, profiles: &Profiles, obs: &Observation) {
        // The address block says the same every time: once is enough.
        if !tells_who(&obs.seen) && obs.n != self.began_n {
            return;
        }
        let known = self.evidence.len();
        for piece in evidence(profiles, self.mac, &obs.seen) {
            if let Some(load) = piece.load.as_ref().filter(|_| tells_what_runs(&piece)) {
                self.load_before.get_or_insert_with(|| load.clone());
                self.load = Some(Running { name: load.clone(), n: obs.n, how: piece.kind.words() });
            }
            if let Some(protocol) = self.protocol_by(profiles, &piece) {
                self.protocol = Some((protocol, obs.n));
            }
            if piece.state.is_some() {
                self.state.clone_from(&piece.state);
            }
            if piece.grade > Grade::Unlikely && !self.evidence.contains(&piece) && self.evidence.len() < 64 {
                self.evidence.push(piece);
            }
        }
        if self.evidence.len() > known {
            self.identified = Identified::from(&self.evidence);
        }
    }

    /// What a piece of evidence says of the protocol: itself, or by the name of the load that runs.
    fn protocol_by(&self, profiles: &Profiles, piece: &Evidence) -> Option<String> {
        piece.protocol.clone().or_else(|| {
            let load = piece.load.as_ref().filter(|_| tells_what_runs(piece))?;
            let named = crate::plan::ladder::named(profiles.family(&piece.family)?, load)?;
            // A loader speaks none.
            (named.protocol != LOADER).then_some(named.protocol)
        })
    }

    fn dhcp(&mut self, kind: &str, obs: &Observation) {
        // A phone that starts asks anew (Discover), or asks to keep its address (Request with no lease of this boot).
        // A Request that follows a Discover belongs to the same start; so does a repeated Discover before any file.
        // A phone that took its firmware by its page asked for no file: its next Discover is a start all the same.
        let took = self.web.taken_boot == Some(self.boots);
        let fresh_start = self.boots == 0 || took || self.files_this_boot().next().is_some();
        self.waits.retain(|w| w.0 != Awaited::Dhcp);
        if kind == "Discover" && fresh_start {
            // What a recovery page was told is forgotten with the restart.
            if self.web.state.is_some_and(|s| s.0 == WebState::Recovery && s.2 == self.boots) {
                self.seeks.clear();
            }
            self.boots += 1;
            self.boot = (obs.n, obs.at);
            self.bound = false;
            self.registered = None;
            self.waits.clear();
        } else if kind == "Request" && self.boots == 0 {
            self.boots = 1;
            self.boot = (obs.n, obs.at);
        }
        if matches!(kind, "Discover" | "Request") && !self.bound {
            self.does(obs.at, "asks for an address".to_owned());
        }
    }

    fn signal(&mut self, obs: &Observation) {
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

    fn file(&mut self, profiles: &Profiles, obs: &Observation) {
        match &obs.seen {
            Seen::FileAsked { via, name, .. } => self.asked(profiles, obs, *via, name),
            Seen::FileServed { name, sha256, size, .. } => {
                self.note(name, |f| {
                    f.result = FileResult::Sending;
                    f.size = *size;
                });
                // One file has many spellings.
                let room = self.served.len() < SERVED_KEPT || self.served.contains_key(name);
                if !sha256.is_empty() && room {
                    self.served.insert(name.clone(), (sha256.clone(), *size));
                }
                self.does(obs.at, format!("fetches {name}"));
            }
            Seen::FileDone { name, millis, .. } => {
                self.note(name, |f| {
                    f.result = FileResult::Done;
                    f.done += 1;
                    f.done_n = obs.n;
                    f.millis = *millis;
                });
                self.does(obs.at, format!("has fetched {name}"));
            }
            Seen::FileFailed { name, bytes, why } => {
                self.note(name, |f| {
                    f.result = FileResult::Failed(why.clone());
                    f.dead += u32::from(*bytes == 0);
                    if why.contains(LAST_BLOCK) {
                        f.sent_n = obs.n;
                    }
                });
                self.does(obs.at, format!("did not get {name} whole"));
            }
            Seen::FileRefused { name, code, .. } => {
                self.note(name, |f| f.result = FileResult::Refused(code.clone()));
                self.does(obs.at, format!("asked for {name}, which is not here"));
            }
            Seen::FileIgnored { name, why } => {
                self.note(name, |f| f.result = FileResult::Ignored(why.clone()));
            }
            _ => {}
        }
    }

    fn asked(&mut self, profiles: &Profiles, obs: &Observation, via: Via, name: &str) {
        let boot = self.boots;
        if let Some(known) = self.files.iter_mut().rev().find(|f| f.boot == boot && same_name(&f.name, name)) {
            known.asks += 1;
            known.asked_n = obs.n;
            known.last_at = obs.at;
            return;
        }
        let base = name.trim_start_matches(['.', '/']);
        let of = |family: &profile::Family, name: &str| {
            family.boot_file(name).map(|(f, c)| (f.role, c.get("load").map(str::to_owned), f.protocol.clone()))
        };
        let last = base.rsplit(['/', '\\']).next().unwrap_or(base);
        let of = |family: &profile::Family| of(family, base).or_else(|| of(family, last));
        let known = match self.family(profiles) {
            Some(family) => of(family),
            None => profiles.families().find_map(of),
        };
        if self.files.len() >= FILES_KEPT {
            self.files.remove(0);
        }
        self.files.push(FileNote {
            name: name.to_owned(),
            via,
            role: known.as_ref().map(|k| k.0),
            load: known.as_ref().and_then(|k| k.1.clone()),
            protocol: known.and_then(|k| k.2),
            boot,
            asks: 1,
            at: obs.at,
            last_at: obs.at,
            done: 0,
            dead: 0,
            asked_n: obs.n,
            done_n: 0,
            sent_n: 0,
            result: FileResult::Asked,
            size: 0,
            millis: 0,
        });
    }

    fn note(&mut self, name: &str, change: impl FnOnce(&mut FileNote)) {
        if let Some(file) = self.files.iter_mut().rev().find(|f| same_name(&f.name, name)) {
            change(file);
        }
    }

    fn course(&mut self, obs: &Observation) {
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

/// What only the phone itself can have caused.
const fn is_word_of_the_phone(seen: &Seen) -> bool {
    matches!(
        seen,
        Seen::Dhcp { .. }
            | Seen::Arp { .. }
            | Seen::ArpSeeks { .. }
            | Seen::Cdp { .. }
            | Seen::Lldp { .. }
            | Seen::Tagged { .. }
            | Seen::FileAsked { .. }
            | Seen::FileDone { .. }
            | Seen::FileTaken { .. }
            | Seen::PnpAsked { .. }
            | Seen::TlsRefused { .. }
            | Seen::NameAsked { .. }
            | Seen::ServiceSought { .. }
            | Seen::TimeTold
            | Seen::Logged { .. }
            | Seen::WebFound { .. }
            | Seen::WebTried { .. }
            | Seen::WebSeen { state: WebState::Recovery | WebState::Runs, .. }
            | Seen::Registered { .. }
            | Seen::Alarm { .. }
    )
}

/// File names compare without regard to ASCII case and to a leading `./` or `/`.
pub fn same_name(a: &str, b: &str) -> bool {
    a.trim_start_matches(['.', '/']).eq_ignore_ascii_case(b.trim_start_matches(['.', '/']))
}

fn tells_what_runs(piece: &Evidence) -> bool {
    use crate::identify::EvidenceKind::{Alarm, CdpVersion, LldpSoftware, Pnp, Registration, UserAgent};
    matches!(piece.kind, CdpVersion | LldpSoftware | Pnp | UserAgent | Registration | Alarm)
}
