//! The ledger: one row for each phone's stay, in SQLite, each committed before the next thing happens.

pub(crate) mod csv;
mod schema;

use std::path::Path;

use bench::ledger::{Row, ServedFile};
use proto::Mac;
use rusqlite::{Connection, OpenFlags, params};

use super::error::shown;
use super::{FileError, atomic};

/// Words of a filter beyond these are not looked at.
const FILTER_WORDS: usize = 8;
/// Everything a row can be found by, as one text.
const SEARCHED: &str = "mac || ' ' || replace(mac, ':', '') || ' ' || coalesce(serial,'') || ' ' || coalesce(maker,'') || ' ' || coalesce(model,'') \
    || ' ' || coalesce(load_before,'') || ' ' || coalesce(load_after,'') || ' ' || coalesce(procedure,'') \
    || ' ' || outcome || ' ' || why || ' ' || coalesce(address,'') || ' ' || findings \
    || ' ' || coalesce(approved_by,'') || ' ' || coalesce(approved_why,'')";
const COLUMNS: &str = "run, stay, mac, serial, maker, model, load_before, load_after, procedure, outcome, why, \
    address, began_ms, ended_ms, findings, served, registered, alarm, approved_by, approved_why";

/// The ledger of a state folder.
#[derive(Debug)]
pub(crate) struct Ledger {
    name: String,
    sqlite: Connection,
}

impl Ledger {
    /// Opens it, creates it, or brings it to this version's form. One of a newer version is an error.
    pub(crate) fn open(state_dir: &Path) -> Result<Ledger, FileError> {
        atomic::private_folder(state_dir)?;
        let path = state_dir.join("ledger.sqlite");
        let name = shown(&path);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut sqlite = Connection::open_with_flags(&path, flags).map_err(|e| error("open", &name, &e))?;
        schema::prepare(&mut sqlite, &name)?;
        Ok(Ledger { name, sqlite })
    }

    /// Writes or replaces rows, all or none. They are on the disk when this returns.
    pub(crate) fn put_all<'a>(&mut self, rows: impl IntoIterator<Item = &'a Row>) -> Result<(), FileError> {
        let name = &self.name;
        put_all(&mut self.sqlite, rows).map_err(|e| error("write", name, &e))
    }

    /// Rows, newest first, `limit` at most. Every word of the filter has to be found somewhere in a row; a
    /// MAC may be spelled in any way.
    pub(crate) fn rows(&self, filter: Option<&str>, limit: usize) -> Result<Vec<Row>, FileError> {
        rows(&self.sqlite, filter.unwrap_or_default(), limit).map_err(|e| error("read", &self.name, &e))
    }

    /// The row of one stay.
    pub(crate) fn row(&self, run: u64, stay: u64) -> Result<Option<Row>, FileError> {
        one(&self.sqlite, run, stay).map_err(|e| error("read", &self.name, &e))
    }
}

fn one(sqlite: &Connection, run: u64, stay: u64) -> rusqlite::Result<Option<Row>> {
    let mut select = sqlite.prepare(&format!("SELECT {COLUMNS} FROM stays WHERE run = ?1 AND stay = ?2"))?;
    let mut found = select.query(params![integer(run), integer(stay)])?;
    found.next()?.map(read).transpose()
}

fn put_all<'a>(sqlite: &mut Connection, rows: impl IntoIterator<Item = &'a Row>) -> rusqlite::Result<()> {
    let transaction = sqlite.transaction()?;
    {
        let sql = format!(
            "INSERT OR REPLACE INTO stays ({COLUMNS}) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)"
        );
        let mut insert = transaction.prepare_cached(&sql)?;
        for row in rows {
            insert.execute(params![
                integer(row.run),
                integer(row.stay),
                row.mac.to_string(),
                row.serial,
                row.maker,
                row.model,
                row.load_before,
                row.load_after,
                row.procedure,
                row.outcome,
                row.why,
                row.address.map(|a| a.to_string()),
                integer(row.began_ms),
                integer(row.ended_ms),
                json(&row.findings),
                json(&row.served),
                row.registered,
                row.alarm,
                row.approved_by,
                row.approved_why,
            ])?;
        }
    }
    transaction.commit()
}

fn rows(sqlite: &Connection, filter: &str, limit: usize) -> rusqlite::Result<Vec<Row>> {
    let words: Vec<&str> = match filter.parse::<Mac>() {
        Ok(_) => vec![filter],
        Err(_) => filter.split_whitespace().take(FILTER_WORDS).collect(),
    };
    let found: String = (1..=words.len())
        .map(|n| format!(" AND (({SEARCHED}) LIKE ?{} ESCAPE '\\' OR mac = ?{})", 2 * n, 2 * n + 1))
        .collect();
    let sql =
        format!("SELECT {COLUMNS} FROM stays WHERE 1{found} ORDER BY began_ms DESC, run DESC, stay DESC LIMIT ?1");
    let mut select = sqlite.prepare(&sql)?;
    select.raw_bind_parameter(1, i64::try_from(limit).unwrap_or(i64::MAX))?;
    for (n, word) in words.iter().enumerate() {
        select.raw_bind_parameter(2 * n + 2, format!("%{}%", literal(word)))?;
        select.raw_bind_parameter(2 * n + 3, word.parse::<Mac>().map(|mac| mac.to_string()).ok())?;
    }
    let mut found = select.raw_query();
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(read(row)?);
    }
    Ok(rows)
}

/// The signs that LIKE takes for others stand for themselves.
fn literal(word: &str) -> String {
    word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        run: natural(row.get("run")?),
        stay: natural(row.get("stay")?),
        mac: row.get::<_, String>("mac")?.parse().unwrap_or(Mac::ZERO),
        serial: row.get("serial")?,
        maker: row.get("maker")?,
        model: row.get("model")?,
        load_before: row.get("load_before")?,
        load_after: row.get("load_after")?,
        procedure: row.get("procedure")?,
        outcome: row.get("outcome")?,
        why: row.get("why")?,
        approved_by: row.get("approved_by")?,
        approved_why: row.get("approved_why")?,
        address: row.get::<_, Option<String>>("address")?.and_then(|a| a.parse().ok()),
        began_ms: natural(row.get("began_ms")?),
        ended_ms: natural(row.get("ended_ms")?),
        findings: serde_json::from_str(&row.get::<_, String>("findings")?).unwrap_or_default(),
        served: serde_json::from_str::<Vec<ServedFile>>(&row.get::<_, String>("served")?).unwrap_or_default(),
        registered: row.get("registered")?,
        alarm: row.get("alarm")?,
    })
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "[]".to_owned())
}

fn integer(natural: u64) -> i64 {
    i64::try_from(natural).unwrap_or(i64::MAX)
}

fn natural(integer: i64) -> u64 {
    u64::try_from(integer).unwrap_or_default()
}

fn error(verb: &str, name: &str, error: &rusqlite::Error) -> FileError {
    use rusqlite::ErrorCode::{DatabaseBusy, DiskFull, NotADatabase, PermissionDenied, ReadOnly};
    let remedy = match error.sqlite_error_code() {
        Some(DiskFull) => "Make room on that disk",
        Some(DatabaseBusy) => "Another program holds it: close that one",
        Some(NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt) => "Move it away: a new one is begun",
        Some(PermissionDenied | ReadOnly) => {
            "It belongs to another user: run ringback as the user who ran it before, or name another folder"
        }
        _ => "Check that disk, or name a folder on another one",
    };
    FileError::new(format!("cannot {verb} {name}"), proto::text::escape(error.to_string().as_bytes()), remedy)
}

#[cfg(test)]
mod tests;
