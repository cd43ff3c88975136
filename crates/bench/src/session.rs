//! One phone's stay on the bench, folded from observations and nothing else.
//!
//! Feeding the same observations again gives the same session: replay, screens and ledger rely on it.

mod calls;
mod course;
mod files;
mod web;
mod who;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use profile::Profiles;
use proto::{Mac, Time};

pub use self::calls::{AlarmNote, Registration};
pub use self::course::{ProcedureNote, StepNote};
pub use self::files::{FileNote, FileResult, same_name};
pub use self::web::WebNote;
pub use self::who::{LOADER, Running};
use crate::exchange::Talk;
use crate::identify::{Evidence, Identified};
use crate::observe::{Awaited, LoginResult, Observation, Seen, WebState};

/// Names remembered that a person gave files for.
const MAPPED_KEPT: usize = 64;
/// Names and services remembered per stay.
const NAMES_KEPT: usize = 128;
/// Addresses remembered that a phone looked for.
const SEEKS_KEPT: usize = 16;

/// A phone that heard of its address by then has it: a Discover after it is no repeat.
const HELD: Duration = Duration::from_secs(30);

/// One phone's stay.
#[derive(Clone, Debug)]
pub struct Session {
    /// Whose.
    pub mac: Mac,
    /// Number of the observation that began it: the stay's name in the ledger.
    pub began_n: u64,
    /// Its place among the phones of this run in the order in which they came, from 0.
    pub nth: u32,
    /// When it began.
    pub first: Time,
    /// When the phone was last heard of.
    pub last: Time,
    /// Its address, once known.
    pub address: Option<Ipv4Addr>,
    /// Whether the bench gave the address.
    pub bound: bool,
    /// Since when it has the address that the bench gave it.
    pub bound_at: Time,
    /// How often it started, as far as seen; 0 before its first DHCP request.
    pub boots: u32,
    /// Observation number and time of the last start.
    pub boot: (u64, Time),
    /// What speaks for who it is.
    pub evidence: Vec<Evidence>,
    /// Who it is.
    pub identified: Identified,
    /// Vendor class and parameter request list, while they are the last that it said of itself.
    pub(crate) said: Option<(Option<String>, Vec<u8>)>,
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

impl Session {
    /// A stay that begins with this observation.
    pub fn new(mac: Mac, n: u64, at: Time) -> Session {
        Session {
            mac,
            began_n: n,
            nth: 0,
            first: at,
            last: at,
            address: None,
            bound: false,
            bound_at: at,
            boots: 0,
            boot: (n, at),
            evidence: Vec::new(),
            identified: Identified::default(),
            said: None,
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
                if !self.bound {
                    self.bound_at = obs.at;
                }
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

    fn does(&mut self, at: Time, what: String) {
        if self.doing != what {
            self.doing = what;
            self.doing_since = at;
        }
    }

    fn dhcp(&mut self, kind: &str, obs: &Observation) {
        // A phone that starts asks anew (Discover), or asks to keep its address (Request with no lease of this boot).
        // A Request that follows a Discover belongs to the same start; so does a repeated Discover before any file.
        // A phone that took its firmware by its page asked for no file: its next Discover is a start all the same.
        // So is the Discover of one that has had its address for a while: who only keeps it does not ask anew.
        let took = self.web.taken_boot == Some(self.boots);
        let held = self.bound && obs.at.since(self.bound_at) >= HELD;
        let fresh_start = self.boots == 0 || took || held || self.files_this_boot().next().is_some();
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
