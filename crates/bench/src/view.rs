//! What every screen shows: a snapshot, and the journal's observations as lines of words.
//!
//! A view is plain data, made from the fold and the transfers under way. A screen draws it and sends
//! [`crate::Command`]s; it changes nothing.

mod line;

use std::net::Ipv4Addr;

use proto::{Mac, Time};
use serde::Serialize;

use crate::bench::Bench;
use crate::diagnose::Finding;
use crate::identify::Grade;
use crate::observe::{Asked, Outcome};
use crate::session::{FileResult, Session};
use crate::state::State;

pub use line::line;

/// Everything a screen shows.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    /// When.
    pub now: Time,
    /// Number of the last observation in it.
    pub n: u64,
    /// What the bench is doing on which interface; always visible.
    pub banner: Banner,
    /// The phones, the longest here first.
    pub phones: Vec<PhoneView>,
    /// Findings about the cable.
    pub cable: Vec<Finding>,
    /// Complete loads on the shelf.
    pub loads: Vec<String>,
}

/// What the bench is doing.
#[derive(Clone, Debug, Serialize)]
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
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// A procedure's course.
#[derive(Clone, Debug, Serialize)]
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
}

/// One step taken.
#[derive(Clone, Debug, Serialize)]
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
}

/// Requests shown per phone.
const FILES_SHOWN: usize = 40;

impl View {
    /// The bench as it stands.
    pub(crate) fn of(bench: &Bench, now: Time) -> View {
        let mut view = View::of_state(bench.state(), bench.profiles(), now);
        view.banner.dhcp = match bench.guard.stand() {
            crate::guard::Stand::Off => "off",
            crate::guard::Stand::Looking { .. } => "looking",
            crate::guard::Stand::Serving => "serving",
            crate::guard::Stand::Stopped => "stopped",
        };
        view.loads = bench.shelf().loads().filter(crate::shelf::Load::is_complete).map(|l| l.name).collect();
        view.loads.dedup();
        for open in bench.transfers.values() {
            let Some(phone) = view.phones.iter_mut().find(|p| Some(p.mac) == open.phone) else { continue };
            let millis = u64::try_from(now.since(open.began).as_millis()).unwrap_or(u64::MAX).max(1);
            let rate = open.bytes.saturating_mul(1_000) / millis;
            // The first second says little about the rest.
            let left_s = (rate > 0 && millis >= 1_000).then(|| open.size.saturating_sub(open.bytes).div_ceil(rate));
            let transfer = TransferView { name: open.name.clone(), bytes: open.bytes, size: open.size, rate, left_s };
            phone.transfers.push(transfer);
        }
        view
    }

    /// The fold alone, as replay has it: no transfers, nothing that was not observed.
    pub fn of_state(state: &State, profiles: &profile::Profiles, now: Time) -> View {
        let mut phones: Vec<PhoneView> = state
            .sessions
            .values()
            .map(|s| PhoneView::of(s, profiles, state.shown(s.mac, now)))
            .collect();
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
            cable: state.cable.clone(),
            loads: Vec::new(),
        }
    }
}

impl PhoneView {
    fn of(session: &Session, profiles: &profile::Profiles, findings: Vec<Finding>) -> PhoneView {
        let family = session.family(profiles);
        let who = match (family, &session.identified.model) {
            (Some(family), Some(model)) => format!("{} {model}", family.maker),
            (Some(family), None) => family.name.clone(),
            (None, _) => "unknown".to_owned(),
        };
        let files = session.files.iter().skip(session.files.len().saturating_sub(FILES_SHOWN));
        PhoneView {
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
            procedure: session.procedure.as_ref().map(ProcedureView::of),
            transfers: Vec::new(),
            files: files
                .map(|f| FileView {
                    name: f.name.clone(),
                    via: f.via.name(),
                    result: result(&f.result),
                    asks: f.asks,
                    boot: f.boot,
                })
                .collect(),
            findings,
        }
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
        }
    }
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
