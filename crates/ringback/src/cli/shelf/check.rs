//! `ringback shelf check`: what is wrong with the shelf, or what it lacks for one model.

use std::io::Write;

use bench::plan::ladder::known::{known, lacks};
use bench::plan::ladder::recovery;
use bench::shelf::{Fault, Shelf as Index};
use profile::{Family, Model, Profiles};

use super::shelved;
use crate::store::shelf::Shelf;

pub(super) fn run(
    shelf: &mut Shelf,
    profiles: &Profiles,
    name: Option<&str>,
    deep: bool,
    json: bool,
) -> crate::cli::Result {
    let before = shelf.mended().len();
    if deep {
        shelf.read_all_again()?;
    }
    let index = Index::new(shelf.blobs());
    let mut findings: Vec<Fault> = Vec::new();
    let news = shelf.mended().iter().skip(before);
    findings.extend(news.map(|m| Fault::new("RB253", m.trim_start_matches("RB253: "))));
    let mut ready = None;
    match name {
        Some(name) => {
            let (family, model) = super::model(profiles, name)?;
            ready = Some(of_model(family, model, &index, &mut findings));
        }
        None => of_all(&index, profiles, &mut findings),
    }
    findings.sort();
    findings.dedup();
    // What should be known is told; what is wrong ends in a status of 1.
    let is_wrong = |f: &Fault| {
        !["RB232", "RB239", "RB242", "RB243", "RB247", "RB251", "RB258", "RB259"].contains(&f.code.as_str())
    };
    let wrong = findings.iter().filter(|f| is_wrong(f)).count();
    let mut out = std::io::stdout().lock();
    let files = index.blobs().count();
    if json {
        let list: Vec<_> = findings
            .iter()
            .map(|f| serde_json::json!({ "code": f.code, "what": f.what, "wrong": is_wrong(f) }))
            .collect();
        let said =
            serde_json::json!({ "files": files, "read_again": shelf.reread(), "model": ready, "findings": list });
        writeln!(out, "{}", serde_json::to_string_pretty(&said)?)?;
        return Ok(u8::from(wrong > 0));
    }
    if let Some(ready) = &ready {
        for line in ready.lines() {
            writeln!(out, "{line}")?;
        }
    }
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    let unread = files.saturating_sub(shelf.reread());
    writeln!(
        out,
        "{files} files: {} read again, {unread} as they were by length, time and inode; {wrong} findings",
        shelf.reread()
    )?;
    if wrong > 0 {
        writeln!(out, "`ringback explain CODE` says what each one means.")?;
    }
    Ok(u8::from(wrong > 0))
}

/// What the shelf has for one model.
#[derive(serde::Serialize)]
struct Ready {
    model: String,
    /// Complete loads, the newest last.
    loads: Vec<String>,
    /// The load for a phone that was wiped.
    recovery: Option<String>,
    /// What else lies there of the same model, and is not complete.
    incomplete: Vec<String>,
}

impl Ready {
    fn lines(&self) -> Vec<String> {
        let or_none = |list: &[String]| if list.is_empty() { "none".to_owned() } else { list.join(" ") };
        vec![
            format!("{}  complete loads: {}", self.model, or_none(&self.loads)),
            format!("{}  for a wiped phone: {}", self.model, self.recovery.as_deref().unwrap_or("nothing")),
        ]
    }
}

fn of_model(family: &Family, model: &Model, index: &Index, findings: &mut Vec<Fault>) -> Ready {
    let mut here = known(family, model, index);
    here.sort_by_key(|k| k.named.version);
    let (complete, rest): (Vec<_>, Vec<_>) = here.into_iter().partition(|k| k.load.is_complete());
    for k in &rest {
        findings.extend(incomplete(&k.load));
    }
    findings.extend(complete.iter().flat_map(|k| k.cautions.iter().cloned()));
    if complete.is_empty() {
        findings.push(Fault::new("RB221", format!("no complete load for a {}", model.name)));
        let others = shelved_for_others(family, model, index);
        if !others.is_empty() {
            let what = format!("for other phones than a {}: {}", model.name, others.join(" "));
            findings.push(Fault::new("RB237", what));
        }
    }
    let has_recovery = model.recovery_load_list.is_some() || !family.firmware.is_empty();
    let wiped = recovery(family, model, index, None);
    if let (Err(missing), true) = (&wiped, has_recovery) {
        let names: Vec<String> = missing.iter().map(|m| format!("{} ({})", m.name, m.why)).collect();
        findings.push(Fault::new("RB220", format!("a wiped {} needs {}", model.name, names.join(", "))));
    }
    Ready {
        model: model.name.clone(),
        loads: complete.into_iter().map(|k| k.load.name).collect(),
        recovery: wiped.ok().map(|l| l.name),
        incomplete: rest.into_iter().map(|k| k.load.name).collect(),
    }
}

/// Loads of the same family that are for other models.
fn shelved_for_others(family: &Family, model: &Model, index: &Index) -> Vec<String> {
    let others = family.models.iter().filter(|m| m.name != model.name);
    let own: Vec<String> = known(family, model, index).into_iter().map(|k| k.load.name).collect();
    let mut names: Vec<String> = others.flat_map(|m| known(family, m, index)).map(|k| k.load.name).collect();
    names.retain(|n| !own.contains(n));
    names.sort();
    names.dedup();
    names
}

fn of_all(index: &Index, profiles: &Profiles, findings: &mut Vec<Fault>) {
    for shelved in shelved(index, profiles) {
        findings.extend(incomplete(&shelved.load));
        findings.extend(shelved.cautions);
    }
    for blob in index.blobs() {
        findings.extend(
            blob.faults.iter().chain(&blob.cautions).map(|f| Fault::new(&f.code, format!("{}: {}", blob.name, f.what))),
        );
    }
}

/// One finding for a load, with every file that is missing: what to do about them is one thing.
fn incomplete(load: &bench::shelf::Load) -> Option<Fault> {
    let missing = lacks(load);
    let names: Vec<String> = missing.iter().map(|m| format!("{} ({})", m.name, m.why)).collect();
    (!names.is_empty()).then(|| Fault::new("RB220", format!("{} lacks {}", load.name, names.join(", "))))
}
