//! From the load that runs to the load that is wanted: which must run between, and what the shelf lacks.

pub mod forbidden;
pub mod known;
pub mod way;

use profile::family::LoadNaming;
use profile::{Family, Model, Way};

use self::forbidden::Step;
pub use self::known::{known, load, named};
use super::version::{Scheme, Version, version};
use crate::shelf::{Fault, Load, Missing, Shelf};

/// One load to run on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    /// The load's name, as configuration files write it.
    pub load: String,
    /// Why it is on the way, with its source; none for the target itself.
    pub because: Option<String>,
    /// What the shelf lacks of it.
    pub missing: Vec<Missing>,
}

/// Why there is no ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoLadder {
    /// It is not known what the phone runs.
    LoadUnknown,
    /// The name of a load is not one this family has.
    NotALoad(String),
    /// The shelf holds no load for this model and protocol.
    NothingOnShelf,
    /// The phone runs the target already.
    AlreadyThere(String),
    /// The load is for other phones.
    OtherPhone(String),
    /// The way must never be taken.
    Forbidden(Fault),
}

impl NoLadder {
    /// The code that `ringback explain` knows.
    pub const fn code(&self) -> &'static str {
        match self {
            NoLadder::AlreadyThere(_) => "RB223",
            NoLadder::LoadUnknown => "RB222",
            NoLadder::NotALoad(_) | NoLadder::NothingOnShelf => "RB221",
            NoLadder::OtherPhone(_) => "RB237",
            NoLadder::Forbidden(_) => "RB250",
        }
    }

    /// The reason in words.
    pub fn words(&self) -> String {
        match self {
            NoLadder::LoadUnknown => "it is not known which load the phone runs".to_owned(),
            NoLadder::NotALoad(name) => format!("`{name}` is not the name of a load of this family"),
            NoLadder::NothingOnShelf => "the shelf holds no complete load for this model and protocol".to_owned(),
            NoLadder::AlreadyThere(load) => format!("the phone runs {load} already"),
            NoLadder::OtherPhone(load) => format!("`{load}` is for other phones than this model"),
            NoLadder::Forbidden(why) => why.what.clone(),
        }
    }
}

/// A load's name, taken apart by the family's naming rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// `sccp`, `sip` …
    pub protocol: String,
    /// The image family's two digits.
    pub images: Option<String>,
    /// The version.
    pub version: Version,
}

/// The loads to run, in order, the target last, fetched by the running phone. `to` is a load's name or a
/// version; none means the newest complete load on the shelf for this model and the protocol it speaks.
pub fn climb(
    family: &Family,
    model: &Model,
    shelf: &Shelf,
    from: &str,
    to: Option<&str>,
) -> Result<Vec<Rung>, NoLadder> {
    climb_by(family, model, shelf, from, to, Some(Way::Network), None)
}

/// As [`climb`], on another way, for a known board. In the recovery mode there is no ladder: the target is
/// written at once, or not at all.
pub fn climb_by(
    family: &Family,
    model: &Model,
    shelf: &Shelf,
    from: &str,
    to: Option<&str>,
    by: Option<Way>,
    hardware: Option<&str>,
) -> Result<Vec<Rung>, NoLadder> {
    let running = named(family, from).ok_or_else(|| NoLadder::NotALoad(from.to_owned()))?;
    let is_mine = |n: &Named| n.images.is_none() || n.images == model.images;
    if !is_mine(&running) {
        return Err(NoLadder::OtherPhone(from.to_owned()));
    }
    let here = known(family, model, shelf);
    let (target, wanted) = match to {
        None => newest(&here, &running.protocol).ok_or(NoLadder::NothingOnShelf)?,
        Some(text) => match named(family, text) {
            Some(n) if !is_mine(&n) => return Err(NoLadder::OtherPhone(text.to_owned())),
            // A load of one file has no name but its version, which is written in several ways.
            Some(n) if is_single(family, text) => (name_of(family, &here, model, &n), n),
            Some(n) => (bare(text).to_owned(), n),
            None => {
                let wanted = version(family, text).ok_or_else(|| NoLadder::NotALoad(text.to_owned()))?;
                let wanted = Named { version: wanted, ..running.clone() };
                (name_of(family, &here, model, &wanted), wanted)
            }
        },
    };
    if running.version == wanted.version && running.protocol == wanted.protocol {
        return Err(NoLadder::AlreadyThere(from.to_owned()));
    }
    let mut rungs = Vec::new();
    let rules = family.ladder.iter().filter(|r| r.models.is_empty() || r.models.contains(&model.name));
    for rule in rules.filter(|_| by != Some(Way::Recovery)) {
        let bound = |text: &str| version(family, text);
        let (Some(below), Some(above), Some(via)) = (bound(&rule.from_below), bound(&rule.to_above), bound(&rule.via))
        else {
            continue;
        };
        let of_protocol = rule.protocol.as_ref().is_none_or(|p| *p == wanted.protocol);
        if of_protocol && running.version < below && wanted.version > above && via != wanted.version {
            let load = name_of(family, &here, model, &Named { version: via, ..wanted.clone() });
            let because = format!("{} ({}, {})", rule.reason, sources(family, &rule.source), rule.confidence.words());
            let mut missing = way::missing(family, model, shelf, &load);
            let like = here.iter().find(|k| rule.not.iter().any(|n| version(family, n) == Some(k.named.version)));
            if let (Some(first), Some(like)) = (missing.first_mut(), like) {
                first.why.push_str(&format!("; {} is, and will not do", like.load.name));
            }
            rungs.push((via, Rung { missing, load, because: Some(because) }));
        }
    }
    rungs.sort_by_key(|rung| rung.0);
    rungs.dedup_by_key(|rung| rung.0);
    let missing = way::missing(family, model, shelf, &target);
    rungs.push((wanted.version, Rung { missing, load: target, because: None }));
    let mut at = running.version;
    for (to, _) in &rungs {
        let step = Step { from: Some(&at), to, by, hardware };
        if let Some(why) = forbidden::why(family, model, &step) {
            return Err(NoLadder::Forbidden(why));
        }
        at = *to;
    }
    Ok(rungs.into_iter().map(|r| r.1).collect())
}

/// The load of this protocol to go to, whatever the phone runs: the one named, or the newest complete one.
pub fn of_protocol(
    family: &Family,
    model: &Model,
    shelf: &Shelf,
    protocol: &str,
    to: Option<&str>,
) -> Result<Rung, NoLadder> {
    let here = known(family, model, shelf);
    let fits = |n: &Named| n.protocol == protocol && n.images == model.images;
    let load = match to {
        None => newest(&here, protocol).ok_or(NoLadder::NothingOnShelf)?.0,
        Some(text) if named(family, text).as_ref().is_some_and(fits) && !is_single(family, text) => text.to_owned(),
        Some(text) => {
            let wanted = version(family, text).ok_or_else(|| NoLadder::NotALoad(text.to_owned()))?;
            let on_shelf = here.into_iter().find(|k| fits(&k.named) && k.named.version == wanted);
            on_shelf.ok_or(NoLadder::NothingOnShelf)?.load.name
        }
    };
    Ok(Rung { missing: way::missing(family, model, shelf, &load), load, because: None })
}

/// The load for a phone of this model that has no application: the newest complete one with a recovery
/// list, but none above a ladder's frontier unless the phone is known to come from above it, and none that
/// its recovery mode must never write.
pub fn recovery(family: &Family, model: &Model, shelf: &Shelf, runs: Option<&str>) -> Result<Load, Vec<Missing>> {
    let runs = runs.and_then(|r| named(family, r)).map(|n| n.version);
    let mut best: Option<(bool, Version, Load)> = None;
    let mut lacking = Vec::new();
    let (wanted, candidates) = match &model.recovery_load_list {
        Some(list) => (list.clone(), shelf.loads().filter(|l| l.list.name.eq_ignore_ascii_case(list)).collect()),
        None if !family.firmware.is_empty() => {
            let singles: Vec<Load> = known(family, model, shelf).into_iter().map(|k| k.load).collect();
            (format!("firmware of a {}", model.name), singles)
        }
        None => {
            let why = "none is known for this model".to_owned();
            return Err(vec![Missing { name: "a recovery list".to_owned(), why }]);
        }
    };
    let candidates: Vec<Load> = candidates;
    for load in candidates {
        if !load.is_complete() {
            lacking.extend(known::lacks(&load));
            continue;
        }
        let release = version(family, &load.name).or_else(|| known::build_of(family, &load));
        let Some(release) = release else { continue };
        let step = Step { from: runs.as_ref(), to: &release, by: Some(Way::Recovery), hardware: None };
        if let Some(why) = forbidden::why(family, model, &step) {
            lacking.push(Missing { name: load.name, why: why.to_string() });
            continue;
        }
        let frontier_crossed = family.ladder.iter().any(|rule| {
            let (below, above) = (version(family, &rule.from_below), version(family, &rule.to_above));
            let from_below = runs.as_ref().is_none_or(|r| below.as_ref().is_some_and(|b| r < b));
            from_below && above.is_some_and(|a| release > a)
        });
        let candidate = (!frontier_crossed, release, load);
        if best.as_ref().is_none_or(|b| (b.0, &b.1) < (candidate.0, &candidate.1)) {
            best = Some(candidate);
        }
    }
    match best {
        Some((_, _, load)) => Ok(load),
        None if lacking.is_empty() => Err(vec![Missing { name: wanted, why: "not on the shelf".to_owned() }]),
        None => Err(lacking),
    }
}

/// The titles of sources, by their keys.
pub fn sources(family: &Family, keys: &[String]) -> String {
    let titles: Vec<&str> = keys.iter().map(|k| family.sources.get(k).unwrap_or(k).as_str()).collect();
    if titles.is_empty() { "no source".to_owned() } else { titles.join("; ") }
}

fn newest(here: &[known::Known], protocol: &str) -> Option<(String, Named)> {
    let fitting = here.iter().filter(|k| k.load.is_complete() && k.named.protocol == protocol);
    fitting.max_by_key(|k| k.named.version).map(|k| (k.load.name.clone(), k.named.clone()))
}

/// The name of the load of this version: the one on the shelf, else the one that the maker would give it,
/// else the version alone.
fn name_of(family: &Family, here: &[known::Known], model: &Model, wanted: &Named) -> String {
    let is_it = |k: &&known::Known| k.named.protocol == wanted.protocol && k.named.version == wanted.version;
    // A complete one first: a version may be there twice, by another build.
    let on_shelf = here.iter().filter(is_it).max_by_key(|k| k.load.is_complete());
    if let Some(known) = on_shelf {
        return known.load.name.clone();
    }
    if let Some(name) = published(family, model, wanted) {
        return name;
    }
    let mut namings = family.loads.iter().filter(|n| n.protocol == wanted.protocol);
    namings.find_map(|naming| spell(naming, model, &wanted.version)).unwrap_or_else(|| wanted.version.to_string())
}

/// The name in what the maker hands out, which carries a build that the version does not: of this model's
/// load, else of the same version for another image family.
fn published(family: &Family, model: &Model, wanted: &Named) -> Option<String> {
    let same = family.archives.iter().filter_map(|a| {
        let named = named(family, &a.load)?;
        (named.protocol == wanted.protocol && named.version == wanted.version).then_some((a, named))
    });
    let (archive, named) = same.max_by_key(|(_, n)| n.images == model.images)?;
    if named.images == model.images {
        return (!is_single(family, &archive.load)).then(|| archive.load.clone());
    }
    let (naming, captures) = family.loads.iter().find_map(|n| n.name.matches(&archive.load).map(|c| (n, c)))?;
    naming.name.fill(|part| match part {
        "nn" => model.images.clone(),
        part => captures.get(part).map(str::to_owned),
    })
}

/// The name of the load of this version by one of the family's patterns.
fn spell(naming: &LoadNaming, model: &Model, wanted: &Version) -> Option<String> {
    naming.name.fill(|part| match part {
        "nn" => model.images.clone(),
        "version" => wanted.spelled(naming.spelling),
        "model" => Some(model.name.clone()),
        _ => None,
    })
}

/// The file by which a load is known: its list, or the one file that it is.
fn list_name(family: &Family, model: &Model, load: &str) -> String {
    let list = family.loads.iter().filter(|n| n.name.matches(load).is_some()).find_map(|n| n.list.as_ref());
    if let Some(name) = list.and_then(|l| l.fill(|part| (part == "load").then(|| load.to_owned()))) {
        return name;
    }
    let is_mine = |f: &&profile::SingleFile| f.models.is_empty() || f.models.contains(&model.name);
    match family.firmware.iter().find(is_mine) {
        Some(file) => format!("{} ({load})", file.name.text()),
        None => format!("{load}.loads"),
    }
}

fn is_single(family: &Family, load: &str) -> bool {
    family.loads.iter().find(|n| n.name.matches(load).is_some()).is_some_and(|n| n.list.is_none())
}

fn bare(load: &str) -> &str {
    load.strip_suffix(".loads").unwrap_or(load)
}

/// What the schema cannot check about a family's ladders and loads: that their versions can be compared.
pub fn check(family: &Family) -> Vec<profile::Problem> {
    let file = format!("{}/family.toml", family.id);
    let Some(scheme) = Scheme::named(&family.version_scheme) else {
        let names: Vec<String> = super::version::SCHEMES.iter().map(|s| format!("`{}`", s.0)).collect();
        let what = format!("`{}` is not a scheme that is known", family.version_scheme);
        return vec![profile::Problem::new(file, "version_scheme", what, format!("one of {}", names.join(", ")))];
    };
    let ladder = family.ladder.iter().flat_map(|rule| {
        let not = rule.not.iter().map(|n| ("not", n));
        let bounds = [("from_below", &rule.from_below), ("to_above", &rule.to_above), ("via", &rule.via)];
        bounds.into_iter().chain(not).map(|(field, text)| (format!("ladder.{}.{field}", rule.id), text))
    });
    let forbidden = family.forbidden.iter().flat_map(|rule| {
        let bounds = [
            ("from_below", &rule.from_below),
            ("from_at_least", &rule.from_at_least),
            ("to_below", &rule.to_below),
            ("to_at_least", &rule.to_at_least),
        ];
        let given = bounds.into_iter().filter_map(|(field, text)| Some((field, text.as_ref()?)));
        given.map(|(field, text)| (format!("forbidden.{}.{field}", rule.id), text)).collect::<Vec<_>>()
    });
    let archives = family.archives.iter().map(|a| (format!("archive.{}.load", a.name), &a.load));
    let all = ladder.chain(forbidden).chain(archives);
    let mut problems: Vec<profile::Problem> = all
        .filter(|(_, text)| scheme.version(text).is_none())
        .map(|(field, text)| {
            profile::Problem::new(
                file.clone(),
                field,
                format!("`{text}` is not a version"),
                "a version as the maker writes it, such as `8.5(2)` or `2.6.0.2019`",
            )
        })
        .collect();
    for rule in &family.ladder {
        if rule.not.iter().any(|n| scheme.version(n).is_some() && scheme.version(n) == scheme.version(&rule.via)) {
            let what = "it names the rung itself";
            problems.push(profile::Problem::new(
                file.clone(),
                format!("ladder.{}.not", rule.id),
                what,
                "versions that only look like `via`",
            ));
        }
    }
    problems
}

#[cfg(test)]
#[path = "ladder/tests.rs"]
mod tests;
