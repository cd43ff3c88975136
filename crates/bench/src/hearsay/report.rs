//! What came out of reading: the phones, what each wanted and got, what is wrong with it, and where that stands.

use std::net::Ipv4Addr;

use proto::Mac;
use serde::Serialize;

use super::log::Counts;
use super::{Hearsay, Place, Told, Who};
use crate::diagnose::{Finding, Severity};
use crate::identify::Grade;
use crate::session::{FileNote, FileResult, Session};
use crate::view::{PhoneView, View};

/// The outcome of one story.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The phones, by MAC.
    pub phones: Vec<PhoneRead>,
    /// Findings about the cable.
    pub cable: Vec<Finding>,
    /// Stations that showed nothing of a phone.
    pub strangers: usize,
    /// Packets that were not what they should be.
    pub malformed: u64,
    /// Lines of a log, by what became of them; all zero for a capture.
    pub lines: Counts,
}

/// One phone.
#[derive(Clone, Debug, Serialize)]
pub struct PhoneRead {
    /// Its Ethernet address; none when only its address is known.
    pub mac: Option<Mac>,
    /// Its address.
    pub address: Option<Ipv4Addr>,
    /// Maker and model, as far as known.
    pub who: String,
    /// How sure that is.
    pub grade: Grade,
    /// Why.
    pub because: Vec<String>,
    /// The load it runs, by its own word.
    pub load: Option<String>,
    /// How often it started.
    pub boots: u32,
    /// Where it was first heard of.
    pub first: Place,
    /// The files that it wanted, in order.
    pub files: Vec<FileRead>,
    /// What is wrong or was on the way.
    pub findings: Vec<FindingRead>,
}

/// One file that a phone wanted.
#[derive(Clone, Debug, Serialize)]
pub struct FileRead {
    /// The name as asked for.
    pub name: String,
    /// TFTP, HTTP …
    pub via: &'static str,
    /// In which start of the phone.
    pub boot: u32,
    /// How often in that start.
    pub asks: u32,
    /// What it got: `whole`, `refused`, `failed`, `part`, `no answer`.
    pub got: &'static str,
    /// More about it, in words.
    pub why: String,
    /// Length, bytes, where it is known.
    pub size: u64,
    /// Where the last request stands.
    pub asked: Place,
    /// Where its good end stands.
    pub done: Option<Place>,
}

/// One finding.
#[derive(Clone, Debug, Serialize)]
pub struct FindingRead {
    /// Its code.
    pub code: &'static str,
    /// What it is.
    pub title: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Whether it was so at the end; else it had passed.
    pub open: bool,
    /// Where it showed itself first.
    pub from: Place,
    /// Where it had passed.
    pub until: Option<Place>,
    /// What shows it, and where that stands.
    pub evidence: Vec<Evident>,
    /// Why it happens.
    pub cause: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// A sentence of evidence with its place.
#[derive(Clone, Debug, Serialize)]
pub struct Evident {
    /// The sentence.
    pub text: String,
    /// Where it stands.
    pub at: Place,
}

impl Report {
    pub(super) fn of(hearsay: &Hearsay) -> Report {
        let view = View::of_state(&hearsay.state, &hearsay.profiles, hearsay.now);
        let mut phones: Vec<PhoneRead> = view
            .phones
            .iter()
            .filter_map(|view| {
                let session = hearsay.state.sessions.get(&view.mac)?;
                let told = hearsay.told.get(&view.mac).map(Vec::as_slice).unwrap_or_default();
                Some(PhoneRead::of(session, view, told))
            })
            .collect();
        phones.sort_by_key(|p| (p.mac, p.address));
        Report {
            phones,
            cable: hearsay.state.cable.clone(),
            strangers: hearsay.waiting.len(),
            malformed: hearsay.state.malformed,
            lines: hearsay.log.counts.clone(),
        }
    }
}

impl PhoneRead {
    fn of(session: &Session, view: &PhoneView, told: &[Told]) -> PhoneRead {
        PhoneRead {
            mac: Some(session.mac).filter(|mac| !Who::is_stand_in(*mac)),
            address: view.address.or_else(|| address_of(session.mac)),
            who: view.who.clone(),
            grade: view.grade,
            because: view.because.clone(),
            load: view.load.clone(),
            boots: view.boots,
            first: Place::of(session.began_n),
            files: session.files.iter().map(FileRead::of).collect(),
            findings: told.iter().map(FindingRead::of).collect(),
        }
    }
}

impl FileRead {
    fn of(file: &FileNote) -> FileRead {
        let (got, why) = match &file.result {
            FileResult::Asked => ("no answer", String::new()),
            FileResult::Sending => ("part", String::new()),
            FileResult::Done => ("whole", String::new()),
            FileResult::Failed(why) => ("failed", why.clone()),
            FileResult::Refused(code) => ("refused", code.clone()),
            FileResult::Ignored(why) => ("no answer", why.clone()),
        };
        FileRead {
            name: file.name.clone(),
            via: file.via.name(),
            boot: file.boot,
            asks: file.asks,
            got,
            why,
            size: file.size,
            asked: Place::of(file.asked_n),
            done: (file.done_n != 0).then(|| Place::of(file.done_n)),
        }
    }
}

impl FindingRead {
    fn of(told: &Told) -> FindingRead {
        let finding = &told.finding;
        let evidence = finding.evidence.iter().zip(&told.cites);
        FindingRead {
            code: finding.code,
            title: finding.title,
            severity: finding.severity,
            open: told.until.is_none(),
            from: Place::of(told.from),
            until: told.until.map(Place::of),
            evidence: evidence.map(|(text, n)| Evident { text: text.clone(), at: Place::of(*n) }).collect(),
            cause: finding.cause,
            remedy: finding.remedy,
        }
    }
}

/// The address that a stand-in stands for.
fn address_of(mac: Mac) -> Option<Ipv4Addr> {
    let [_, _, a, b, c, d] = mac.0;
    Who::is_stand_in(mac).then(|| Ipv4Addr::new(a, b, c, d))
}
