//! The whole way from one version to another, as `ringback shelf plan` prints it.

use profile::{Family, Model, VendorArchive, Way};
use serde::Serialize;

use super::forbidden::{self, Step};
use super::known::{Known, known, lacks, named};
use super::{NoLadder, climb_by, sources};
use crate::plan::version::version;
use crate::shelf::{Fault, Missing, Shelf};

/// The way from what runs to what is wanted.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The family's id.
    pub family: String,
    /// The model.
    pub model: String,
    /// What runs.
    pub from: String,
    /// The loads to run, in order, the target last; empty when there is no way.
    pub rungs: Vec<PlannedRung>,
    /// Why the way must not be taken; empty when it may.
    pub refused: Vec<Fault>,
    /// What must be known before it is taken.
    pub cautions: Vec<Fault>,
}

impl Plan {
    /// Whether it may be taken and everything is on the shelf.
    pub fn is_ready(&self) -> bool {
        self.refused.is_empty() && !self.rungs.is_empty() && self.rungs.iter().all(|r| r.missing.is_empty())
    }
}

/// One load on the way.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedRung {
    /// The load's name.
    pub load: String,
    /// Why it is on the way, with its source; none for the target itself.
    pub because: Option<String>,
    /// Its files that are on the shelf: name and SHA-256.
    pub here: Vec<Here>,
    /// What the shelf lacks of it.
    pub missing: Vec<Missing>,
    /// What the maker hands out that holds it; empty when nothing is missing or no name is known.
    pub fetch: Vec<Fetch>,
}

/// A file that is on the shelf.
#[derive(Clone, Debug, Serialize)]
pub struct Here {
    /// Its name.
    pub name: String,
    /// SHA-256, hex.
    pub sha256: String,
}

/// What must still be fetched.
#[derive(Clone, Debug, Serialize)]
pub struct Fetch {
    /// Its exact name.
    pub archive: String,
    /// Its length, bytes.
    pub size: Option<u64>,
    /// Its SHA-1.
    pub sha1: Option<String>,
    /// Who says so, and how sure that is.
    pub source: String,
}

/// What a plan is made for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish<'a> {
    /// What runs: a load's name or a version.
    pub from: &'a str,
    /// What is wanted; none: the newest complete load on the shelf.
    pub to: Option<&'a str>,
    /// How it gets into the phone; none when that is not said, and then no way is risked.
    pub by: Option<Way>,
    /// The board's revision, or for lists that name one the hardware level that it needs.
    pub hardware: Option<&'a str>,
}

/// Plans. The error is what the request itself has wrong.
pub fn plan(family: &Family, model: &Model, shelf: &Shelf, wish: &Wish<'_>) -> Result<Plan, NoLadder> {
    let from = full_name(family, model, shelf, wish.from).ok_or_else(|| NoLadder::NotALoad(wish.from.to_owned()))?;
    let mut plan = Plan {
        family: family.id.clone(),
        model: model.name.clone(),
        from: wish.from.to_owned(),
        rungs: Vec::new(),
        refused: Vec::new(),
        cautions: Vec::new(),
    };
    let rungs = match climb_by(family, model, shelf, &from, wish.to, wish.by, wish.hardware) {
        Ok(rungs) => rungs,
        Err(NoLadder::Forbidden(why)) => {
            plan.refused.push(why);
            return Ok(plan);
        }
        Err(other) => return Err(other),
    };
    let here = known(family, model, shelf);
    let board: Option<u32> = wish.hardware.and_then(|h| h.parse().ok());
    let running = version(family, &from);
    let mut at = running;
    for rung in rungs {
        let of_name: Option<&Known> = here.iter().find(|k| k.load.name.eq_ignore_ascii_case(&rung.load));
        let to = version(family, &rung.load);
        if let Some(to) = &to {
            let step = Step { from: at.as_ref(), to, by: wish.by, hardware: wish.hardware };
            plan.cautions.extend(forbidden::caution(family, model, &step));
            plan.cautions.extend(look_alike(family, &rung.load, &here));
        }
        if let Some(k) = of_name {
            plan.cautions.extend(k.cautions.iter().cloned());
            match board {
                Some(board) => plan.refused.extend(forbidden::wrong_level(&k.load, board)),
                None => plan.cautions.extend(newer_boards(k, &here)),
            }
        }
        plan.rungs.push(PlannedRung {
            here: of_name.map(|k| k.load.files_here()).unwrap_or_default(),
            fetch: if rung.missing.is_empty() { Vec::new() } else { fetch(family, model, &rung.load) },
            load: rung.load,
            because: rung.because,
            missing: rung.missing,
        });
        at = to.or(at);
    }
    // What the ladder goes around is said: somebody may think of a short cut.
    if let (Some(from), Some(to), true) = (running, at, plan.rungs.len() > 1) {
        let step = Step { from: Some(&from), to: &to, by: wish.by, hardware: wish.hardware };
        if let Some(why) = forbidden::why(family, model, &step) {
            let what = format!("never straight from {} to {}: {}", plan.from, to, why.what);
            plan.cautions.push(Fault::new(&why.code, what));
        }
    }
    plan.cautions.sort();
    plan.cautions.dedup();
    Ok(plan)
}

/// A version becomes the name of a load of this model: of one on the shelf if there is one, else of the
/// first kind that the family has.
fn full_name(family: &Family, model: &Model, shelf: &Shelf, text: &str) -> Option<String> {
    if named(family, text).is_some() {
        return Some(text.to_owned());
    }
    let wanted = version(family, text)?;
    let on_shelf = known(family, model, shelf).into_iter().find(|k| k.named.version == wanted);
    on_shelf.map(|k| k.load.name).or_else(|| {
        let mut namings = family.loads.iter();
        namings.find_map(|naming| super::spell(naming, model, &wanted))
    })
}

/// The archives that hold a load for this model.
pub fn fetch(family: &Family, model: &Model, load: &str) -> Vec<Fetch> {
    let wanted = named(family, load);
    let is_it = |a: &&VendorArchive| {
        let is_for = a.models.is_empty() || a.models.contains(&model.name);
        let is_load = a.load.eq_ignore_ascii_case(load)
            || match (named(family, &a.load), &wanted) {
                (Some(a), Some(w)) => a.protocol == w.protocol && a.version == w.version && a.images == w.images,
                _ => false,
            };
        is_for && is_load
    };
    let found = family.archives.iter().filter(is_it);
    found
        .map(|a| Fetch {
            archive: a.name.clone(),
            size: a.size,
            sha1: a.sha1.clone(),
            source: format!("{}, {}", sources(family, &a.source), a.confidence.words()),
        })
        .collect()
}

/// A load on the shelf that looks like the rung and is not it.
fn look_alike(family: &Family, rung: &str, here: &[Known]) -> Option<Fault> {
    let rung_version = version(family, rung)?;
    let rule = family.ladder.iter().find(|r| version(family, &r.via) == Some(rung_version))?;
    let not: Vec<_> = rule.not.iter().filter_map(|n| version(family, n)).collect();
    let like = here.iter().find(|k| not.contains(&k.named.version))?;
    Some(Fault::new(
        "RB252",
        format!("{} is on the shelf and will not do in place of {rung}: {}", like.load.name, rule.reason),
    ))
}

/// Boards made later than a load may turn it down, when newer loads name a level with more bits.
fn newer_boards(rung: &Known, here: &[Known]) -> Option<Fault> {
    let of = |k: &Known| forbidden::level(&k.load).unwrap_or(1);
    let newest = here.iter().filter(|k| k.named.images == rung.named.images).max_by_key(|k| of(k))?;
    (of(newest) & !of(rung) != 0).then(|| {
        let what = format!(
            "{} names hardware level {}, {} names {}: boards made later may say \"Load rejected HC\" to the older one and need no step at all (inferred)",
            rung.load.name, of(rung), newest.load.name, of(newest)
        );
        Fault::new("RB251", what)
    })
}

/// What the shelf lacks of a load for this model, and what it holds of it.
pub fn missing(family: &Family, model: &Model, shelf: &Shelf, load: &str) -> Vec<Missing> {
    match super::known::load(family, Some(model), shelf, load) {
        Some(load) => lacks(&load),
        None => vec![Missing { name: super::list_name(family, model, load), why: "not on the shelf".to_owned() }],
    }
}
