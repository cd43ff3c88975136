//! Phones whose whole firmware is one file: which version of it to give, and which must never be given.

use profile::{Family, Model};

use super::version::dotted;
use crate::observe::PinnedFile;
use crate::procedure::gate::NotReady;
use crate::shelf::{Blob, BlobKind, Missing, Shelf};

/// A firmware file that may be given, under the name by which procedures speak of it: its version, else its name.
pub type Chosen = (String, Vec<PinnedFile>);

/// The file for a phone in recovery: the newest that no gate forbids, or the one of the version wanted.
pub fn choose(
    family: &Family,
    model: &Model,
    shelf: &Shelf,
    runs: Option<&str>,
    to: Option<&str>,
) -> Result<Chosen, NotReady> {
    let candidates = sound(model, shelf)?;
    let wanted: Vec<&Blob> = candidates.into_iter().filter(|b| to.is_none_or(|to| is_version(b, to))).collect();
    if wanted.is_empty() {
        let to = to.unwrap_or_default();
        return Err(not_ready("RB221", format!("the shelf holds no version {to} for the {}", model.name)));
    }
    let mut refused = None;
    let mut best: Option<&Blob> = None;
    for blob in wanted {
        match forbidden(family, model, blob, runs) {
            Some(why) => refused = Some(why),
            None if best.is_none_or(|b| dotted(version(blob)) > dotted(version(b))) => best = Some(blob),
            None => {}
        }
    }
    best.map(chosen).ok_or_else(|| refused.unwrap_or_else(|| not_ready("RB221", "nothing fits".to_owned())))
}

/// The versions to run, one after the other, the last one being the target.
pub fn climb(
    family: &Family,
    model: &Model,
    shelf: &Shelf,
    runs: &str,
    to: Option<&str>,
) -> Result<Vec<Chosen>, NotReady> {
    let candidates = sound(model, shelf)?;
    let newest = || candidates.iter().filter(|b| !version(b).is_empty()).max_by_key(|b| dotted(version(b)));
    let target = match to {
        Some(to) => candidates.iter().find(|b| is_version(b, to)),
        None => newest(),
    };
    let wanted = to.unwrap_or("that is known");
    let target =
        target.ok_or_else(|| not_ready("RB221", format!("the shelf holds no version {wanted} for the {}", model.name)))?;
    let (from, last) = (dotted(runs), dotted(version(target)));
    if from == last {
        return Err(not_ready("RB223", format!("the phone runs {runs} already")));
    }
    let mut rungs: Vec<(Vec<u32>, Chosen)> = Vec::new();
    for rule in &family.ladder {
        let via = dotted(&rule.via);
        if from < dotted(&rule.from_below) && last > dotted(&rule.to_above) && !last.starts_with(&via) {
            let rung = candidates.iter().find(|b| is_version(b, &rule.via) && !rule.not.iter().any(|n| is_version(b, n)));
            let Some(rung) = rung else {
                let file = model.firmware.clone().unwrap_or_default();
                let why = format!("not on the shelf: {} ({})", rule.reason, rule.confidence.words());
                return Err(lacking(vec![Missing { name: format!("{file} of version {}", rule.via), why }]));
            };
            rungs.push((via, chosen(rung)));
        }
    }
    rungs.sort_by(|a, b| a.0.cmp(&b.0));
    let mut rungs: Vec<Chosen> = rungs.into_iter().map(|r| r.1).collect();
    rungs.push(chosen(target));
    Ok(rungs)
}

/// Why this file must not be given to this phone in recovery; none when it may.
fn forbidden(family: &Family, model: &Model, blob: &Blob, runs: Option<&str>) -> Option<NotReady> {
    for gate in &family.image_gates {
        if !(gate.models.is_empty() || gate.models.contains(&model.name)) {
            continue;
        }
        // A phone that has not said what it runs may run the oldest there is.
        if runs.is_some_and(|r| dotted(r) >= dotted(&gate.runs_below)) {
            continue;
        }
        let runs = runs.map_or_else(|| "what it runs is not known".to_owned(), |r| format!("it runs {r}"));
        let version = version(blob);
        if version.is_empty() {
            let why = format!(
                "{} does not say its version, and some versions destroy this phone in recovery ({runs}): {}",
                blob.name, gate.reason
            );
            return Some(not_ready("RB271", why));
        }
        if dotted(version) >= dotted(&gate.image_from) {
            let why = format!("{} {version} must not be given to this phone in recovery ({runs}): {}", blob.name, gate.reason);
            return Some(not_ready("RB270", why));
        }
    }
    None
}

/// The model's file on the shelf, every sound version of it.
fn sound<'s>(model: &Model, shelf: &'s Shelf) -> Result<Vec<&'s Blob>, NotReady> {
    let Some(file) = &model.firmware else {
        return Err(not_ready("RB221", format!("it is not known which file is the firmware of the {}", model.name)));
    };
    let all: Vec<&Blob> = shelf.named(file).collect();
    let sound: Vec<&Blob> = all.iter().copied().filter(|b| b.faults.is_empty()).collect();
    if !sound.is_empty() {
        return Ok(sound);
    }
    let why = match all.first() {
        Some(damaged) => damaged.faults.join("; "),
        None => "not on the shelf".to_owned(),
    };
    Err(lacking(vec![Missing { name: file.clone(), why }]))
}

fn version(blob: &Blob) -> &str {
    match &blob.kind {
        BlobKind::Firmware { version: Some(version) } => version,
        _ => "",
    }
}

/// `5.1.0` is every build of 5.1.0.
fn is_version(blob: &Blob, wanted: &str) -> bool {
    let wanted = dotted(wanted);
    !wanted.is_empty() && dotted(version(blob)).starts_with(&wanted)
}

fn chosen(blob: &Blob) -> Chosen {
    let name = Some(version(blob)).filter(|v| !v.is_empty()).unwrap_or(&blob.name);
    (name.to_owned(), vec![PinnedFile { name: blob.name.clone(), sha256: blob.sha256.clone() }])
}

fn not_ready(code: &'static str, why: String) -> NotReady {
    NotReady { code, why, missing: Vec::new() }
}

fn lacking(missing: Vec<Missing>) -> NotReady {
    let names: Vec<String> = missing.iter().map(|m| format!("{} ({})", m.name, m.why)).collect();
    NotReady { code: "RB220", why: format!("the shelf lacks {}", names.join(", ")), missing }
}

#[cfg(test)]
mod tests {
    use profile::Profiles;

    use super::*;

    fn shelf(versions: &[&str]) -> Shelf {
        Shelf::new(versions.iter().map(|v| Blob {
            name: "6867i.st".to_owned(),
            sha256: format!("{v:0>64}"),
            size: 1,
            kind: BlobKind::Firmware { version: Some((*v).to_owned()).filter(|v| !v.is_empty()) },
            faults: Vec::new(),
        }))
    }

    fn chooses(versions: &[&str], runs: Option<&str>, to: Option<&str>) -> Result<String, &'static str> {
        let (profiles, _) = Profiles::built_in();
        let (family, model) = profiles.model("6867i").unwrap();
        choose(family, model, &shelf(versions), runs, to).map(|c| c.0).map_err(|e| e.code)
    }

    #[test]
    fn what_would_destroy_a_phone_in_recovery_is_not_given() {
        let all = ["4.3.0.2036", "5.0.0.2036", "6.0.0.368"];
        assert_eq!(chooses(&all, None, None), Ok("4.3.0.2036".to_owned()), "not known what it runs");
        assert_eq!(chooses(&all, Some("4.1.0.128"), None), Ok("4.3.0.2036".to_owned()));
        assert_eq!(chooses(&all, Some("4.2.0.2023"), None), Ok("6.0.0.368".to_owned()));
        assert_eq!(chooses(&all[1..], Some("4.1.0.128"), None), Err("RB270"));
        assert_eq!(chooses(&all, None, Some("6.0")), Err("RB270"), "also when asked for");
        assert_eq!(chooses(&[""], None, None), Err("RB271"), "a file that does not say its version");
        assert_eq!(chooses(&[], None, None), Err("RB220"));
    }

    #[test]
    fn the_ladder_of_a_running_phone() {
        let (profiles, _) = Profiles::built_in();
        let (family, model) = profiles.model("6867i").unwrap();
        let climb = |versions: &[&str], runs: &str| {
            climb(family, model, &shelf(versions), runs, None)
                .map(|r| r.into_iter().map(|c| c.0).collect::<Vec<_>>())
                .map_err(|e| e.code)
        };
        assert_eq!(climb(&["5.1.0.1024", "6.3.0.1020"], "4.3.0.2036"), Ok(vec!["5.1.0.1024".into(), "6.3.0.1020".into()]));
        assert_eq!(climb(&["6.3.0.1020"], "4.3.0.2036"), Err("RB220"));
        assert_eq!(climb(&["6.3.0.1020"], "6.1.0.146"), Ok(vec!["6.3.0.1020".into()]));
        assert_eq!(climb(&["6.3.0.1020"], "6.3.0.1020"), Err("RB223"));
    }
}
