//! What every screen shows: a snapshot, and the journal's observations as lines of words.
//!
//! A view is plain data, made from the fold and the transfers under way. A screen draws it and sends
//! [`crate::Command`]s; it changes nothing.

mod cache;
mod line;
mod offer;
mod standing;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use profile::procedure::Condition;
use proto::{Mac, Time};
use serde::Serialize;

use crate::bench::Bench;
use crate::diagnose::Finding;
use crate::exchange::{Ending, Exchange};
use crate::identify::Grade;
use crate::observe::{Asked, Outcome};
use crate::procedure::fit;
use crate::session::{FileResult, Session};
use crate::state::{State, Stranger};

pub use cache::ViewCache;
pub use line::line;
pub use offer::{Offer, offers};
pub use standing::{Stand, opened};

/// Everything a screen shows.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct View {
    /// When.
    pub now: Time,
    /// Number of the last observation in it.
    pub n: u64,
    /// What the bench is doing on which interface; always visible.
    pub banner: Banner,
    /// The phones: those that are here first, by their address.
    pub phones: Vec<Arc<PhoneView>>,
    /// What a person has to do at a phone that says nothing before it is done, in order.
    pub todo: Vec<String>,
    /// Findings about the cable.
    pub cable: Vec<Finding>,
    /// Complete loads on the shelf.
    pub loads: Vec<String>,
    /// Sound files on the shelf, by name. Screens offer them; scripts ask for the shelf itself.
    #[serde(skip)]
    pub files: Arc<Vec<String>>,
    /// How often the shelf has changed since the start.
    pub shelf_n: u64,
    /// Stations that asked and were not answered, the last ones.
    pub strangers: Vec<Stranger>,
    /// Wall clock at time zero, milliseconds since 1970 (UTC).
    pub wall_ms: u64,
}

/// What the bench is doing.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Banner {
    /// The interface's name.
    pub iface: String,
    /// The bench's address and prefix length.
    pub server: Option<(Ipv4Addr, u8)>,
    /// Whether the link is up, once known.
    pub link: Option<bool>,
    /// `serving`, `looking`, `stopped` or `off`.
    pub dhcp: &'static str,
    /// Why DHCP was stopped.
    pub stopped: Option<String>,
    /// Phones answered.
    pub phones: usize,
    /// Requests of others that got no answer.
    pub ignored: u64,
    /// Malformed packets.
    pub malformed: u64,
}

/// One phone.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PhoneView {
    /// Its Ethernet address.
    pub mac: Mac,
    /// Its address.
    pub address: Option<Ipv4Addr>,
    /// Maker and model, as far as known.
    pub who: String,
    /// How sure that is.
    pub grade: Grade,
    /// Why.
    pub because: Vec<String>,
    /// The load it runs.
    pub load: Option<String>,
    /// The load it ran first.
    pub load_before: Option<String>,
    /// What it is doing.
    pub doing: String,
    /// Since when.
    pub since: Time,
    /// Whether it is here.
    pub here: bool,
    /// How often it started.
    pub boots: u32,
    /// The procedure, if one runs or ran.
    pub procedure: Option<ProcedureView>,
    /// Transfers under way.
    pub transfers: Vec<TransferView>,
    /// Its last requests for files, in order.
    pub files: Vec<FileView>,
    /// Names that a person gave a file for: the name in lower case, and the file on the shelf.
    pub mapped: BTreeMap<String, String>,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// How it stands, in one word.
    pub state: Stand,
    /// The signalling protocol that its load speaks, once it has said so: `sccp`, `sip`, `mgcp`.
    pub protocol: Option<String>,
    /// Whether it has an application, by what it did in this start.
    pub condition: Option<Condition>,
    /// Whether it has its address and asks for no file.
    pub asks_nothing: bool,
    /// The family's id, as far as known.
    pub family: Option<String>,
    /// The model's name, as far as known.
    pub model: Option<String>,
    /// Serial number, if it told.
    pub serial: Option<String>,
    /// The VLAN its frames are tagged with.
    pub vlan: Option<u16>,
    /// What it calls itself by DHCP. Foreign text, escaped.
    pub host_name: Option<String>,
    /// What its HTTP client calls itself. Foreign text, escaped.
    pub user_agent: Option<String>,
    /// By which protocol and name it is registered with the bench, if it is.
    pub registered: Option<String>,
    /// When its last start was seen.
    pub boot_at: Time,
    /// What it asked for and what it was told, oldest first: the boot as a ladder.
    pub wire: Vec<Exchange>,
    /// The stay's first observation: with the run's begin the key of its row in the ledger.
    pub stay: u64,
}

/// A procedure's course.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProcedureView {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The loads on the way.
    pub rungs: Vec<String>,
    /// The steps taken and the current one.
    pub steps: Vec<StepView>,
    /// What the person must do now, if anything.
    pub ask: Option<Asked>,
    /// The current step's words.
    pub say: Option<String>,
    /// Why the bench waits.
    pub why: Option<String>,
    /// Until when.
    pub until: Option<Time>,
    /// How it ended, and why.
    pub ended: Option<(Outcome, String)>,
    /// When the current step began.
    pub since: Option<Time>,
    /// The current step's id.
    pub step: Option<String>,
}

/// One step taken.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StepView {
    /// Its words.
    pub say: String,
    /// `done`, `missed` or `now`.
    pub state: &'static str,
    /// What showed it, or what is done instead.
    pub because: String,
}

/// A transfer under way.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TransferView {
    /// The file.
    pub name: String,
    /// Bytes acknowledged.
    pub bytes: u64,
    /// Bytes in all.
    pub size: u64,
    /// Bytes a second, on the average.
    pub rate: u64,
    /// Seconds left at that rate, once it is known.
    pub left_s: Option<u64>,
}

/// A request for a file.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FileView {
    /// The name.
    pub name: String,
    /// TFTP, HTTP …
    pub via: &'static str,
    /// What became of it, in a word or two.
    pub result: String,
    /// How often it was asked for.
    pub asks: u32,
    /// In which start of the phone.
    pub boot: u32,
    /// Whether nothing here has this name.
    pub missing: bool,
}

/// Requests shown per phone.
const FILES_SHOWN: usize = 40;
/// Rungs shown per phone.
const RUNGS_SHOWN: usize = 60;

impl View {
    /// The bench as it stands.
    pub(crate) fn of(bench: &Bench, now: Time) -> View {
        ViewCache::default().view(bench, now)
    }

    /// The fold alone, as replay has it: no transfers, nothing that was not observed.
    pub fn of_state(state: &State, profiles: &profile::Profiles, now: Time) -> View {
        let phones = state.sessions.values().map(|s| Arc::new(PhoneView::of_state(state, profiles, s)));
        View::with(state, phones.collect(), now)
    }

    fn with(state: &State, mut phones: Vec<Arc<PhoneView>>, now: Time) -> View {
        phones.sort_by_key(|p| (!p.here, p.mac));
        View {
            now,
            n: state.n,
            banner: Banner {
                iface: state.iface.clone(),
                server: state.server,
                link: state.link,
                dhcp: if state.serving { "serving" } else { "off" },
                stopped: state.stopped.clone(),
                phones: state.sessions.values().filter(|s| s.here).count(),
                ignored: state.ignored,
                malformed: state.malformed,
            },
            phones,
            todo: state.todo.clone(),
            cable: state.cable.clone(),
            loads: Vec::new(),
            files: Arc::default(),
            shelf_n: 0,
            strangers: state.strangers.values().cloned().collect(),
            wall_ms: state.wall_ms,
        }
    }
}

impl PhoneView {
    fn of_state(state: &State, profiles: &profile::Profiles, session: &Session) -> PhoneView {
        PhoneView::of(session, profiles, state.findings.get(&session.mac).cloned().unwrap_or_default())
    }

    fn of(session: &Session, profiles: &profile::Profiles, findings: Vec<Finding>) -> PhoneView {
        let family = session.family(profiles);
        let who = match (family, &session.identified.model) {
            (Some(family), Some(model)) => format!("{} {model}", family.maker),
            (Some(family), None) => family.name.clone(),
            (None, _) => "unknown".to_owned(),
        };
        let files = session.files.iter().skip(session.files.len().saturating_sub(FILES_SHOWN));
        let procedure = session.procedure.as_ref().map(ProcedureView::of);
        PhoneView {
            state: standing::of(session.here, procedure.as_ref(), &findings),
            protocol: session.protocol.as_ref().map(|p| p.0.clone()),
            condition: fit::condition(session),
            asks_nothing: fit::asks_nothing(session),
            family: session.identified.family.clone(),
            model: session.identified.model.clone(),
            serial: session.serial.clone(),
            vlan: session.vlan,
            host_name: session.host_name.clone(),
            user_agent: session.user_agent.clone(),
            registered: session.registered.as_ref().map(|r| format!("{} {}", r.protocol, r.name)),
            boot_at: session.boot.1,
            wire: rungs(session),
            stay: session.began_n,
            mac: session.mac,
            address: session.address,
            who,
            grade: session.identified.grade,
            because: session
                .evidence
                .iter()
                .filter(|e| Some(&e.family) == session.identified.family.as_ref())
                .map(|e| {
                    format!("{}: {} ({})", e.kind.words(), e.text, if e.inferred { "inferred" } else { word(e.grade) })
                })
                .collect(),
            load: session.load.as_ref().map(|l| l.name.clone()),
            load_before: session.load_before.clone(),
            doing: session.doing.clone(),
            since: session.doing_since,
            here: session.here,
            boots: session.boots,
            procedure,
            transfers: Vec::new(),
            files: files
                .map(|f| FileView {
                    name: f.name.clone(),
                    via: f.via.name(),
                    result: result(&f.result),
                    asks: f.asks,
                    boot: f.boot,
                    missing: matches!(&f.result, FileResult::Refused(code) if code == "RB210"),
                })
                .collect(),
            mapped: session.mapped.iter().map(|(asked, file)| (asked.clone(), file.0.clone())).collect(),
            findings,
        }
    }

    /// Names that it asked for in this start and that nothing here has: those to which a person can give a file.
    pub fn not_here(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for file in self.files.iter().filter(|f| f.missing && f.boot == self.boots) {
            if !names.contains(&file.name.as_str()) {
                names.push(&file.name);
            }
        }
        names
    }
}

impl ProcedureView {
    fn of(procedure: &crate::session::ProcedureNote) -> ProcedureView {
        let current = procedure.current();
        ProcedureView {
            id: procedure.id.clone(),
            title: procedure.title.clone(),
            rungs: procedure.rungs.clone(),
            steps: procedure
                .course
                .iter()
                .map(|s| StepView {
                    say: s.say.clone(),
                    state: match &s.went {
                        Some(Ok(_)) => "done",
                        Some(Err(_)) => "missed",
                        None => "now",
                    },
                    because: match &s.went {
                        Some(Ok(because) | Err(because)) => because.clone(),
                        None => s.why.clone(),
                    },
                })
                .collect(),
            ask: current.and_then(|s| s.ask.clone()),
            say: current.map(|s| s.say.clone()),
            why: current.map(|s| s.why.clone()),
            until: current.and_then(|s| s.until),
            ended: procedure.ended.as_ref().map(|e| (e.0, e.1.clone())),
            since: current.map(|s| s.began),
            step: current.map(|s| s.id.clone()),
        }
    }
}

/// Bytes, as many digits as a person wants to read.
fn amount(bytes: u64) -> String {
    if bytes < 10_000 { format!("{bytes} bytes") } else { format!("{} kB", bytes / 1_000) }
}

fn span(millis: u64) -> String {
    if millis < 1_000 { format!("{millis} ms") } else { format!("{} s", millis.div_ceil(1_000)) }
}

/// Requests for files among the other exchanges, in the order in which they began; the newest ones.
fn rungs(session: &Session) -> Vec<Exchange> {
    let talk = session.talk.iter().cloned();
    let newest = session.files.len().saturating_sub(RUNGS_SHOWN);
    let files = session.files.iter().skip(newest).map(|f| Exchange {
        at: f.at,
        boot: f.boot,
        via: f.via.name(),
        ask: f.name.clone(),
        answer: match &f.result {
            FileResult::Done => format!("{} in {}", amount(f.size), span(f.millis)),
            FileResult::Ignored(why) | FileResult::Failed(why) => why.clone(),
            // The ending says it all.
            FileResult::Asked | FileResult::Sending => String::new(),
            FileResult::Refused(code) if code == "RB210" => String::new(),
            FileResult::Refused(code) => code.clone(),
        },
        ending: match &f.result {
            FileResult::Asked | FileResult::Sending => Ending::Open,
            FileResult::Done => Ending::Found,
            FileResult::Failed(_) => Ending::Refused,
            FileResult::Refused(code) if code == "RB210" => Ending::NotFound,
            FileResult::Refused(_) => Ending::Refused,
            FileResult::Ignored(_) => Ending::Silence,
        },
        asks: f.asks,
    });
    let mut rungs: Vec<Exchange> = talk.chain(files).collect();
    rungs.sort_by_key(|r| r.at);
    rungs.drain(..rungs.len().saturating_sub(RUNGS_SHOWN));
    rungs
}

const fn word(grade: Grade) -> &'static str {
    match grade {
        Grade::Unlikely => "says little",
        Grade::Possible => "makes it possible",
        Grade::Likely => "makes it likely",
        Grade::Certain => "makes it certain",
    }
}

fn result(result: &FileResult) -> String {
    match result {
        FileResult::Asked => "asked".to_owned(),
        FileResult::Sending => "sending".to_owned(),
        FileResult::Done => "done".to_owned(),
        FileResult::Failed(why) => format!("failed: {why}"),
        FileResult::Refused(code) if code == "RB210" => "not here".to_owned(),
        FileResult::Refused(code) => format!("refused ({code})"),
        FileResult::Ignored(_) => "not answered".to_owned(),
    }
}
