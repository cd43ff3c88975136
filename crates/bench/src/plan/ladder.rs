//! From the load that runs to the load that is wanted: which must run between, and what the shelf lacks.

use profile::{Family, Model};
use proto::image::CiscoVersion;

use super::version::{in_file_names, version};
use crate::shelf::{BlobKind, Load, Missing, Shelf};

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
}

impl NoLadder {
    /// The reason in words.
    pub fn words(&self) -> String {
        match self {
            NoLadder::LoadUnknown => "it is not known which load the phone runs".to_owned(),
            NoLadder::NotALoad(name) => format!("`{name}` is not the name of a load of this family"),
            NoLadder::NothingOnShelf => "the shelf holds no complete load for this model and protocol".to_owned(),
            NoLadder::AlreadyThere(load) => format!("the phone runs {load} already"),
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
    pub version: CiscoVersion,
}

/// Takes a load's name apart; `None` when the family has no such loads.
pub fn named(family: &Family, load: &str) -> Option<Named> {
    family.loads.iter().find_map(|naming| {
        let captures = naming.name.matches(load)?;
        Some(Named {
            protocol: naming.protocol.clone(),
            images: captures.get("nn").map(str::to_owned),
            version: version(load)?,
        })
    })
}

/// The loads to run, in order, the target last. `to` is a load's name or a version; none means the
/// newest complete load on the shelf for this model and the protocol it speaks.
pub fn climb(
    family: &Family,
    model: &Model,
    shelf: &Shelf,
    from: &str,
    to: Option<&str>,
) -> Result<Vec<Rung>, NoLadder> {
    let running = named(family, from).ok_or_else(|| NoLadder::NotALoad(from.to_owned()))?;
    let fits = |n: &Named| n.protocol == running.protocol && n.images == model.images;
    let (target, wanted) = match to {
        None => newest(family, shelf, fits).ok_or(NoLadder::NothingOnShelf)?,
        Some(text) => match named(family, text) {
            Some(n) => (text.to_owned(), n.version),
            None => {
                let wanted = version(text).ok_or_else(|| NoLadder::NotALoad(text.to_owned()))?;
                (name_of(family, shelf, &running, model, &wanted), wanted)
            }
        },
    };
    if running.version == wanted {
        return Err(NoLadder::AlreadyThere(from.to_owned()));
    }
    let mut rungs = Vec::new();
    for rule in &family.ladder {
        let (Some(below), Some(above), Some(via)) =
            (version(&rule.from_below), version(&rule.to_above), version(&rule.via))
        else {
            continue;
        };
        let of_protocol = rule.protocol.as_ref().is_none_or(|p| *p == running.protocol);
        if of_protocol && running.version < below && wanted > above && via != wanted {
            let load = name_of(family, shelf, &running, model, &via);
            let because = format!("{} ({}, {})", rule.reason, rule.source.join(", "), rule.confidence.words());
            rungs.push((via, Rung { missing: missing(shelf, &load), load, because: Some(because) }));
        }
    }
    rungs.sort_by_key(|rung| rung.0);
    let mut rungs: Vec<Rung> = rungs.into_iter().map(|r| r.1).collect();
    rungs.push(Rung { missing: missing(shelf, &target), load: target, because: None });
    Ok(rungs)
}

/// The load of this protocol to go to, whatever the phone runs: the one named, or the newest complete one.
pub fn of_protocol(
    family: &Family,
    model: &Model,
    shelf: &Shelf,
    protocol: &str,
    to: Option<&str>,
) -> Result<Rung, NoLadder> {
    let fits = |n: &Named| n.protocol == protocol && n.images == model.images;
    let load = match to {
        None => newest(family, shelf, fits).ok_or(NoLadder::NothingOnShelf)?.0,
        Some(text) if named(family, text).as_ref().is_some_and(fits) => text.to_owned(),
        Some(text) => {
            let wanted = version(text).ok_or_else(|| NoLadder::NotALoad(text.to_owned()))?;
            let on_shelf =
                shelf.loads().find(|l| named(family, &l.name).is_some_and(|n| fits(&n) && n.version == wanted));
            on_shelf.ok_or(NoLadder::NothingOnShelf)?.name
        }
    };
    Ok(Rung { missing: missing(shelf, &load), load, because: None })
}

/// The load for a phone of this model that has no application: the newest complete one with a recovery
/// list, but none above a ladder's frontier unless the phone is known to come from above it.
pub fn recovery(family: &Family, model: &Model, shelf: &Shelf, runs: Option<&str>) -> Result<Load, Vec<Missing>> {
    let Some(list_name) = &model.recovery_load_list else {
        return Err(vec![Missing {
            name: "a recovery list".to_owned(),
            why: "none is known for this model".to_owned(),
        }]);
    };
    let runs = runs.and_then(|r| named(family, r)).map(|n| n.version);
    let mut best: Option<(bool, CiscoVersion, Load)> = None;
    let mut lacking = Vec::new();
    for list in shelf.blobs().filter(|b| b.name.eq_ignore_ascii_case(list_name)) {
        let BlobKind::LoadList { files, .. } = &list.kind else { continue };
        let load = shelf.loads().find(|l| l.list.sha256 == list.sha256);
        let Some(load) = load else { continue };
        if !load.is_complete() {
            lacking.extend(load.missing.clone());
            continue;
        }
        let Some(release) = files.first().and_then(|f| version(f)) else { continue };
        let frontier_crossed = family.ladder.iter().any(|rule| {
            let (below, above) = (version(&rule.from_below), version(&rule.to_above));
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
        None if lacking.is_empty() => {
            Err(vec![Missing { name: list_name.clone(), why: "not on the shelf".to_owned() }])
        }
        None => Err(lacking),
    }
}

fn newest(family: &Family, shelf: &Shelf, fits: impl Fn(&Named) -> bool) -> Option<(String, CiscoVersion)> {
    let complete = shelf.loads().filter(Load::is_complete);
    let fitting = complete.filter_map(|l| named(family, &l.name).filter(&fits).map(|n| (l.name, n.version)));
    fitting.max_by(|a, b| a.1.cmp(&b.1))
}

/// The name of the load of this version: the one on the shelf, else the one that the maker would give it.
fn name_of(family: &Family, shelf: &Shelf, like: &Named, model: &Model, wanted: &CiscoVersion) -> String {
    let on_shelf = shelf.loads().find(|l| {
        named(family, &l.name)
            .is_some_and(|n| n.protocol == like.protocol && n.images == model.images && n.version == *wanted)
    });
    if let Some(load) = on_shelf {
        return load.name;
    }
    let naming = family.loads.iter().find(|n| n.protocol == like.protocol);
    let name = naming.and_then(|n| {
        n.name.fill(|part| match part {
            "nn" => model.images.clone(),
            "version" => Some(format!("{}S", in_file_names(wanted))),
            _ => None,
        })
    });
    name.unwrap_or_else(|| wanted.to_string())
}

fn missing(shelf: &Shelf, load: &str) -> Vec<Missing> {
    match shelf.load(load) {
        Some(load) => {
            let faults = load.list.faults.iter().map(|why| Missing { name: load.list.name.clone(), why: why.clone() });
            faults.chain(load.missing.iter().cloned()).collect()
        }
        None => vec![Missing { name: format!("{load}.loads"), why: "not on the shelf".to_owned() }],
    }
}

/// What the schema cannot check about a family's ladders and loads: that their versions can be compared.
pub fn check(family: &Family) -> Vec<profile::Problem> {
    let mut problems = Vec::new();
    for rule in &family.ladder {
        for (field, text) in [("from_below", &rule.from_below), ("to_above", &rule.to_above), ("via", &rule.via)] {
            if version(text).is_none() {
                problems.push(profile::Problem::new(
                    format!("{}/family.toml", family.id),
                    format!("ladder.{}.{field}", rule.id),
                    format!("`{text}` is not a version"),
                    "a version as the maker writes it, such as `8.5(2)`",
                ));
            }
        }
    }
    problems
}
