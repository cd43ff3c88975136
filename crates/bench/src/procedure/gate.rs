//! The gate before a procedure: every load that it needs is complete and sound on the shelf, or it is not begun.

use profile::procedure::Needs;
use profile::{Family, Model, Procedure};

use crate::observe::PinnedFile;
use crate::plan::ladder::{self, NoLadder};
use crate::shelf::{Load, Missing, Shelf};

/// What a procedure may use once it is through the gate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    /// The loads to run, in order, the target last.
    pub rungs: Vec<String>,
    /// The load for a phone without an application.
    pub recovery: Option<(String, Vec<PinnedFile>)>,
}

/// Why a procedure was not begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotReady {
    /// The code that `ringback explain` knows.
    pub code: &'static str,
    /// Why, in words; missing files are named.
    pub why: String,
    /// The files that are missing.
    pub missing: Vec<Missing>,
}

/// Opens the gate, or says what is missing.
pub fn check(
    family: &Family,
    model: Option<&Model>,
    procedure: &Procedure,
    shelf: &Shelf,
    runs: Option<&str>,
    to: Option<&str>,
) -> Result<Ready, NotReady> {
    match procedure.needs {
        Needs::Nothing => Ok(Ready::default()),
        Needs::Rescue => {
            let rescue = family.rescue(model.map_or("", |m| m.name.as_str()));
            let Some(rescue) = rescue else { return Err(unknown_model()) };
            let lacks = |p: &&profile::Pattern| !shelf.blobs().any(|b| p.matches(&b.name).is_some());
            let missing: Vec<Missing> = rescue
                .files
                .iter()
                .filter(lacks)
                .map(|p| Missing { name: p.text().to_owned(), why: "not on the shelf".to_owned() })
                .collect();
            if missing.is_empty() { Ok(Ready::default()) } else { Err(lacking(missing)) }
        }
        Needs::Ladder => {
            let model = model.ok_or_else(unknown_model)?;
            let from = runs.ok_or_else(|| no_ladder(&NoLadder::LoadUnknown))?;
            let rungs = ladder::climb(family, model, shelf, from, to).map_err(|e| no_ladder(&e))?;
            let missing: Vec<Missing> = rungs.iter().flat_map(|r| r.missing.clone()).collect();
            if !missing.is_empty() {
                return Err(lacking(missing));
            }
            Ok(Ready { rungs: rungs.into_iter().map(|r| r.load).collect(), recovery: None })
        }
        Needs::Target => {
            // Where all models run the same files, it does not matter which this is.
            let alike = family.models.first().filter(|first| family.models.iter().all(|m| m.images == first.images));
            let model = model.or(alike).ok_or_else(unknown_model)?;
            let protocol = procedure.to_protocol.as_deref().unwrap_or_default();
            let rung = ladder::of_protocol(family, model, shelf, protocol, to).map_err(|e| no_ladder(&e))?;
            if !rung.missing.is_empty() {
                return Err(lacking(rung.missing));
            }
            Ok(Ready { rungs: vec![rung.load], recovery: None })
        }
        Needs::RecoveryLoad => {
            let model = model.ok_or_else(unknown_model)?;
            let load = ladder::recovery(family, model, shelf, runs).map_err(lacking)?;
            Ok(Ready { recovery: Some((running_name(family, model, shelf, &load), pin(&load))), ..Ready::default() })
        }
    }
}

/// The files of a load as they are pinned: its list first, then its images.
pub fn pin(load: &Load) -> Vec<PinnedFile> {
    std::iter::once(&load.list)
        .chain(&load.files)
        .map(|b| PinnedFile { name: b.name.clone(), sha256: b.sha256.clone() })
        .collect()
}

/// A recovery list has no load's name; the load that names the same images does.
fn running_name(family: &Family, model: &Model, shelf: &Shelf, recovery: &Load) -> String {
    let images = |load: &Load| load.files.iter().map(|f| f.sha256.clone()).collect::<Vec<_>>();
    let wanted = images(recovery);
    let same = shelf
        .loads()
        .find(|l| images(l) == wanted && ladder::named(family, &l.name).is_some_and(|n| n.images == model.images));
    same.map_or_else(|| recovery.name.clone(), |l| l.name)
}

fn lacking(missing: Vec<Missing>) -> NotReady {
    let names: Vec<String> = missing.iter().map(|m| format!("{} ({})", m.name, m.why)).collect();
    NotReady { code: "RB220", why: format!("the shelf lacks {}", names.join(", ")), missing }
}

fn no_ladder(error: &NoLadder) -> NotReady {
    let code = error.code();
    NotReady { code, why: error.words(), missing: Vec::new() }
}

/// The phone runs a version that the procedure is not for.
pub fn wrong_release(procedure: &Procedure) -> NotReady {
    NotReady { code: "RB280", why: super::fit::wrong_release(procedure), missing: Vec::new() }
}

/// Which version the phone runs is not known yet, and the procedure is only for some.
pub fn release_unknown() -> NotReady {
    NotReady { code: "RB222", why: "it is not known which firmware the phone runs".to_owned(), missing: Vec::new() }
}

fn unknown_model() -> NotReady {
    NotReady { code: "RB222", why: "it is not known which model this is".to_owned(), missing: Vec::new() }
}
