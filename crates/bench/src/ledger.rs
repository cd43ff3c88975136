//! The ledger's row: one phone's stay, folded from its session. The app keeps rows; this makes them.

use std::net::Ipv4Addr;

use profile::Profiles;
use proto::{Mac, Time};
use serde::{Deserialize, Serialize};

use crate::session::Session;

/// One phone's stay on the bench.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Row {
    /// The run of the program, by its start (milliseconds since 1970), and the stay's first observation: together the key.
    pub run: u64,
    /// See `run`.
    pub stay: u64,
    /// Whose.
    pub mac: Mac,
    /// Serial number, if seen.
    pub serial: Option<String>,
    /// Maker's name.
    pub maker: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// The load first seen.
    pub load_before: Option<String>,
    /// The load last seen.
    pub load_after: Option<String>,
    /// The procedure's id.
    pub procedure: Option<String>,
    /// Its outcome; `Seen` when no procedure ran.
    pub outcome: String,
    /// Why, in words.
    pub why: String,
    /// Who approved that it was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_why: Option<String>,
    /// The phone's last address.
    pub address: Option<Ipv4Addr>,
    /// Wall clock of the stay's begin, milliseconds since 1970 (UTC).
    pub began_ms: u64,
    /// Wall clock of its end.
    pub ended_ms: u64,
    /// Codes of the findings of the stay.
    pub findings: Vec<String>,
    /// Every file served: name, SHA-256, bytes.
    pub served: Vec<ServedFile>,
    /// How it registered with the bench, in words: protocol, name, and what it said of its software.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered: Option<String>,
    /// The last alarm that it sent, as it words it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<String>,
}

/// A file that the phone was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServedFile {
    /// Its name as asked for.
    pub name: String,
    /// SHA-256, hex.
    pub sha256: String,
    /// Length, bytes.
    pub size: u64,
}

/// The row of a stay as it stands.
pub fn row(profiles: &Profiles, session: &Session, wall_ms: u64, now: Time, findings: Vec<String>) -> Row {
    let procedure = session.procedure.as_ref();
    let ended = procedure.and_then(|p| p.ended.as_ref());
    let (outcome, why) = match (procedure, ended) {
        (_, Some((outcome, why, _))) => (outcome.word().to_owned(), why.clone()),
        (Some(_), None) => ("Aborted".to_owned(), "the bench was switched off or the phone left".to_owned()),
        (None, None) => ("Seen".to_owned(), "no procedure was run".to_owned()),
    };
    Row {
        run: wall_ms,
        stay: session.began_n,
        mac: session.mac,
        serial: session.serial.clone(),
        maker: session.family(profiles).map(|f| f.maker.clone()),
        model: session.identified.model.clone(),
        load_before: session.load_before.clone(),
        load_after: session.load.as_ref().map(|l| l.name.clone()),
        procedure: procedure.map(|p| p.id.clone()),
        outcome,
        why,
        approved_by: procedure.and_then(|p| p.approved.as_ref()).map(|a| a.0.clone()),
        approved_why: procedure.and_then(|p| p.approved.as_ref()).map(|a| a.1.clone()),
        address: session.address,
        began_ms: wall_ms.saturating_add(session.first.as_millis()),
        ended_ms: wall_ms.saturating_add(now.as_millis()),
        findings,
        served: session
            .served
            .iter()
            .map(|(name, (sha256, size))| ServedFile { name: name.clone(), sha256: sha256.clone(), size: *size })
            .collect(),
        registered: session.registered_last.as_ref().map(|r| {
            let software = r.software.as_ref().map_or_else(String::new, |s| format!(", {s}"));
            format!("{} as {}{software}", r.protocol.to_uppercase(), r.name)
        }),
        alarm: session.alarms.last().map(|a| a.text.clone()),
    }
}
