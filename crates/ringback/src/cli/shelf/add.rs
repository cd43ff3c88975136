//! `ringback shelf add`: takes firmware, says what was refused and what was left out.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use bench::shelf::{Reference, sums};
use profile::{Profiles, Role};

use crate::store::error::shown;
use crate::store::shelf::{Added, Shelf};
use crate::trouble::Trouble;

/// Longest list of sums, bytes.
const LIST: u64 = 16 << 20;

pub(super) fn run(
    shelf: &mut Shelf,
    profiles: &Profiles,
    paths: &[PathBuf],
    lists: &[PathBuf],
    json: bool,
) -> crate::cli::Result {
    let mut reference = Reference::of(profiles);
    for list in lists {
        reference.vouch(read_list(list)?);
    }
    let added = shelf.add(paths, &reference, &mut super::progress())?;
    let mut out = std::io::stdout().lock();
    let status = u8::from(!added.refused.is_empty());
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&as_json(&added, profiles))?)?;
        return Ok(status);
    }
    for blob in &added.new {
        writeln!(out, "new      {}", blob.name)?;
        if let Some(proven) = &blob.proven {
            writeln!(out, "         the true one {proven}")?;
        }
        for caution in &blob.cautions {
            writeln!(out, "         {caution}")?;
        }
    }
    for (from, by) in &added.proven {
        writeln!(out, "proven   the true one {by}\n         {from}")?;
    }
    for (from, what) in &added.noted {
        writeln!(out, "noted    {what}\n         {from}")?;
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

/// What a person's list vouches for.
fn read_list(list: &Path) -> Result<Vec<sums::Sum>, Trouble> {
    let file = File::open(list).map_err(|e| Trouble::file(list, &e))?;
    let mut text = Vec::new();
    file.take(LIST + 1).read_to_end(&mut text).map_err(|e| Trouble::file(list, &e))?;
    if text.len() as u64 > LIST {
        return Err(Trouble::file(list, &format!("longer than {} MiB, which no list of sums is", LIST >> 20)));
    }
    let name = list.file_name().unwrap_or_default().to_string_lossy();
    sums::read_list(&name, &text).map_err(|(line, what)| {
        let remedy = "Give a list as sha256sum writes it: the sum, two blanks, the file's name.";
        Trouble::new("RB508", format!("{}: line {line} is no sum: {what}", shown(list)), remedy)
    })
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
    let noted: Vec<_> = added
        .noted
        .iter()
        .map(|(from, what)| serde_json::json!({ "from": from, "code": what.code, "what": what.what }))
        .collect();
    let proven: Vec<_> =
        added.proven.iter().map(|(from, by)| serde_json::json!({ "from": from, "what": by })).collect();
    let left_out: Vec<_> = added
        .left_out
        .iter()
        .map(|(from, name)| serde_json::json!({ "from": from, "code": "RB249", "what": why(profiles, name) }))
        .collect();
    serde_json::json!({
        "new": added.new,
        "known": added.known,
        "proven": proven,
        "noted": noted,
        "refused": refused,
        "left_out": left_out,
    })
}
