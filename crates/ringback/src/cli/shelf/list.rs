//! `ringback shelf list`: every load, for whom it is and whether it is complete; every file.

use std::io::Write;

use bench::plan::ladder::known::lacks;
use bench::shelf::{BlobKind, Shelf as Index};
use profile::Profiles;

use super::{Shelved, shelved};
use crate::store::shelf::Shelf;

pub(super) fn run(shelf: &Shelf, profiles: &Profiles, json: bool) -> crate::cli::Result {
    let index = Index::new(shelf.blobs());
    let loads = shelved(&index, profiles);
    let mut out = std::io::stdout().lock();
    if json {
        let loads: Vec<_> = loads.iter().map(as_json).collect();
        let files: Vec<_> = index.blobs().collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&serde_json::json!({ "loads": loads, "files": files }))?)?;
        return Ok(0);
    }
    for shelved in &loads {
        let missing = lacks(&shelved.load);
        let state = if missing.is_empty() { "complete".to_owned() } else { format!("{} missing", missing.len()) };
        let of = [shelved.version.as_deref(), shelved.protocol.as_deref()].into_iter().flatten().collect::<Vec<_>>();
        let models = match shelved.models.as_slice() {
            [] => "for no model that is known".to_owned(),
            models => format!("for {}", models.join(" ")),
        };
        writeln!(out, "{:<28} {state:<10} {:<16} {models}", shelved.load.name, of.join(" "))?;
        for missing in missing {
            writeln!(out, "    {} — {}", missing.name, missing.why)?;
        }
        for caution in &shelved.cautions {
            writeln!(out, "    {caution}")?;
        }
    }
    let of_load = |b: &&bench::shelf::Blob| {
        let mut all = loads.iter().flat_map(|s| std::iter::once(&s.load.list).chain(&s.load.files));
        all.any(|f| f.sha256 == b.sha256)
    };
    for blob in index.blobs().filter(|b| !of_load(b)) {
        let said: Vec<String> = blob.faults.iter().chain(&blob.cautions).map(ToString::to_string).collect();
        writeln!(out, "{:<28} {}", blob.name, if said.is_empty() { "in no load".to_owned() } else { said.join("; ") })?;
    }
    let parts = index.blobs().filter(|b| b.kind == BlobKind::RecoveryPart).count();
    let others = index.blobs().filter(|b| b.kind == BlobKind::Other).count();
    write!(out, "{} files", index.blobs().count())?;
    if parts > 0 {
        write!(out, ", {parts} of them parts of recovery sets, known by their names alone")?;
    }
    if others > 0 {
        write!(out, ", {others} of them no firmware")?;
    }
    writeln!(out)?;
    Ok(0)
}

fn as_json(shelved: &Shelved) -> serde_json::Value {
    let missing = lacks(&shelved.load);
    serde_json::json!({
        "name": shelved.load.name,
        "version": shelved.version,
        "protocol": shelved.protocol,
        "models": shelved.models,
        "complete": missing.is_empty(),
        "files": shelved.load.files_here(),
        "missing": missing,
        "cautions": shelved.cautions,
    })
}
