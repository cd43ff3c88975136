//! `ringback shelf add`: takes firmware, says what was refused and what was left out.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use profile::{Profiles, Role};

use crate::store::shelf::{Added, Shelf};

pub(super) fn run(shelf: &mut Shelf, profiles: &Profiles, paths: &[PathBuf], json: bool) -> crate::cli::Result {
    let added = shelf.add(paths, &mut super::progress())?;
    let mut out = std::io::stdout().lock();
    let status = u8::from(!added.refused.is_empty());
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&as_json(&added, profiles))?)?;
        return Ok(status);
    }
    for blob in &added.new {
        writeln!(out, "new      {}", blob.name)?;
        for caution in &blob.cautions {
            writeln!(out, "         {caution}")?;
        }
    }
    for (from, why) in &added.refused {
        writeln!(out, "refused  {why}\n         {from}")?;
    }
    // An old server's folder holds hundreds of such files: by reason, with the first few names.
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, name) in &added.left_out {
        reasons.entry(why(profiles, name)).or_default().push(from);
    }
    for (why, files) in &reasons {
        const SHOWN: usize = 3;
        writeln!(out, "left out RB249 {why}: {} files", files.len())?;
        for from in files.iter().take(SHOWN) {
            writeln!(out, "         {from}")?;
        }
        if files.len() > SHOWN {
            writeln!(out, "         … (--json names all)")?;
        }
    }
    let (new, known, refused) = (added.new.len(), added.known.len(), added.refused.len());
    writeln!(out, "{new} new, {known} known, {refused} refused, {} left out", added.left_out.len())?;
    Ok(status)
}

/// Why a file is no firmware, as far as a family knows its name.
fn why(profiles: &Profiles, name: &str) -> &'static str {
    let bare = name.rsplit('/').next().unwrap_or(name);
    let role = profiles.families().find_map(|f| f.boot_file(bare).map(|(file, _)| file.role));
    match role {
        Some(Role::Config | Role::BootList | Role::SignedConfig | Role::DefaultConfig) => {
            "a phone's configuration, not firmware"
        }
        Some(Role::TrustList) => "a list of whom phones trust, not firmware",
        Some(Role::Extra) => "rings, pictures or languages, not firmware",
        Some(Role::LoadList | Role::RecoveryLoadList | Role::Image | Role::Rescue | Role::LoaderHint) => {
            "named like firmware, but its contents are not known"
        }
        None => "no firmware that is known",
    }
}

fn as_json(added: &Added, profiles: &Profiles) -> serde_json::Value {
    let refused: Vec<_> = added
        .refused
        .iter()
        .map(|(from, why)| serde_json::json!({ "from": from, "code": why.code, "what": why.what }))
        .collect();
    let left_out: Vec<_> = added
        .left_out
        .iter()
        .map(|(from, name)| serde_json::json!({ "from": from, "code": "RB249", "what": why(profiles, name) }))
        .collect();
    serde_json::json!({ "new": added.new, "known": added.known, "refused": refused, "left_out": left_out })
}
