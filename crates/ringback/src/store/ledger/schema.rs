//! The ledger's tables, and how older ones become today's.

use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use crate::store::FileError;

/// Each brings a ledger one version further; `PRAGMA user_version` counts those that were done. Written
/// once, never changed.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE stays (
        run         INTEGER NOT NULL,
        stay        INTEGER NOT NULL,
        mac         TEXT NOT NULL,
        serial      TEXT,
        maker       TEXT,
        model       TEXT,
        load_before TEXT,
        load_after  TEXT,
        procedure   TEXT,
        outcome     TEXT NOT NULL,
        why         TEXT NOT NULL,
        address     TEXT,
        began_ms    INTEGER NOT NULL,
        ended_ms    INTEGER NOT NULL,
        findings    TEXT NOT NULL,
        served      TEXT NOT NULL,
        PRIMARY KEY (run, stay)
    ) STRICT;
    CREATE INDEX stays_newest ON stays (began_ms DESC);
    CREATE INDEX stays_mac ON stays (mac);
",
    "
    ALTER TABLE stays ADD COLUMN registered TEXT;
    ALTER TABLE stays ADD COLUMN alarm TEXT;
",
    "
    ALTER TABLE stays ADD COLUMN approved_by TEXT;
    ALTER TABLE stays ADD COLUMN approved_why TEXT;
",
];

/// Sets a connection up and brings the ledger to this version.
pub(super) fn prepare(sqlite: &mut Connection, name: &str) -> Result<(), FileError> {
    let error = |e: rusqlite::Error| super::error("open", name, &e);
    sqlite.busy_timeout(Duration::from_secs(5)).map_err(error)?;
    // Looked at before anything is changed: a newer ledger is left exactly as it is.
    let version = version(sqlite).map_err(error)?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if version > known {
        let why = format!("a newer ringback has written it (form {version}; this one knows forms up to {known})");
        return Err(FileError::new(format!("cannot use {name}"), why, "Use that ringback, or name another folder"));
    }
    sqlite.pragma_update(None, "journal_mode", "WAL").map_err(error)?;
    sqlite.pragma_update(None, "synchronous", "FULL").map_err(error)?;
    migrate(sqlite).map_err(error)
}

fn migrate(sqlite: &mut Connection) -> rusqlite::Result<()> {
    // The lock comes first: two programs may open a new ledger at once.
    let transaction = sqlite.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = usize::try_from(version(&transaction)?).unwrap_or_default();
    for (n, step) in MIGRATIONS.iter().enumerate().skip(done) {
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", i64::try_from(n + 1).unwrap_or(i64::MAX))?;
    }
    transaction.commit()
}

fn version(sqlite: &Connection) -> rusqlite::Result<i64> {
    sqlite.pragma_query_value(None, "user_version", |row| row.get(0))
}
