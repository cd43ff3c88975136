//! Ways that must never be taken: what the profile forbids, and hardware levels.

use profile::{Family, Forbidden, Model, Way};

use crate::plan::version::{Version, version};
use crate::shelf::{BlobKind, Fault, Load};

/// One step from what runs to what is to run.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// What runs; none when that is not known.
    pub from: Option<&'a Version>,
    /// What is to run.
    pub to: &'a Version,
    /// How it gets into the phone; none when that is not said.
    pub by: Option<Way>,
    /// The board's revision, where it is known.
    pub hardware: Option<&'a str>,
}

/// Why a step is forbidden; none when nothing speaks against it. What is not known counts against it,
/// except the board: a rule for some boards alone is only [`caution`]ed while the board is not known.
pub fn why(family: &Family, model: &Model, step: &Step<'_>) -> Option<Fault> {
    let rule = family.forbidden.iter().find(|rule| {
        let is_board = rule.hardware.as_ref().is_none_or(|p| step.hardware.is_some_and(|h| p.matches(h).is_some()));
        is_board && fits(family, rule, model, step)
    })?;
    Some(Fault::new("RB250", words(rule, family)))
}

/// What is forbidden on boards of which this may be one.
pub fn caution(family: &Family, model: &Model, step: &Step<'_>) -> Option<Fault> {
    let rule = family
        .forbidden
        .iter()
        .find(|r| r.hardware.is_some() && step.hardware.is_none() && fits(family, r, model, step))?;
    let board = rule.hardware.as_ref().map_or("", |p| p.text());
    Some(Fault::new("RB251", format!("on boards of hardware revision {board}: {}", words(rule, family))))
}

fn fits(family: &Family, rule: &Forbidden, model: &Model, step: &Step<'_>) -> bool {
    let bound = |text: &Option<String>| text.as_ref().and_then(|t| version(family, t));
    let from = |holds: &dyn Fn(&Version, &Version) -> bool, text: &Option<String>| {
        bound(text).is_none_or(|bound| step.from.is_none_or(|from| holds(from, &bound)))
    };
    (rule.models.is_empty() || rule.models.contains(&model.name))
        && (rule.by.is_none() || step.by.is_none() || rule.by == step.by)
        && from(&|from, bound| from < bound, &rule.from_below)
        && from(&|from, bound| from >= bound, &rule.from_at_least)
        && bound(&rule.to_below).is_none_or(|bound| *step.to < bound)
        && bound(&rule.to_at_least).is_none_or(|bound| *step.to >= bound)
}

fn words(rule: &Forbidden, family: &Family) -> String {
    let by = match rule.by {
        Some(Way::Recovery) => " From the phone's recovery mode.",
        Some(Way::Network) => " When the running phone fetches it.",
        None => "",
    };
    format!("{}{by} ({}, {})", rule.reason, super::sources(family, &rule.source), rule.confidence.words())
}

/// The hardware level that a load's list names: a number whose bits seem to stand for boards.
pub fn level(load: &Load) -> Option<u32> {
    match &load.list.kind {
        BlobKind::LoadList { hardware, .. } => *hardware,
        _ => None,
    }
}

/// Why a load is not for a board of this level; that the level is a bit mask is inferred.
pub fn wrong_level(load: &Load, board: u32) -> Option<Fault> {
    let level = level(load).unwrap_or(1);
    (level & board != board).then(|| {
        let named = self::level(load)
            .map_or("no hardware level, as the oldest do".to_owned(), |l| format!("hardware level {l}"));
        let what = format!(
            "{} names {named}, and the board needs {board}: the phone would say \"Load rejected HC\" (inferred)",
            load.name
        );
        Fault::new("RB251", what)
    })
}
