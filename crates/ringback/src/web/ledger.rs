//! The ledger's pages: search, export, and a report to print for each stay.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use bench::ledger::Row;
use proto::Mac;
use serde::Deserialize;

use super::fragments::{Piece, html};
use super::{Desk, VERSION, api, icons, pages};
use crate::store::FileError;
use crate::store::ledger::{Ledger, csv};
use crate::tui::plain::stamp;

/// Rows on a page.
const SHOWN: usize = 200;
/// Rows in an export.
const EXPORTED: usize = 1_000_000;

/// What is looked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Search {
    #[serde(default)]
    q: String,
    #[serde(default)]
    limit: Option<usize>,
}

struct OneRow {
    tone: &'static str,
    mark: &'static str,
    outcome: String,
    when: String,
    iso: String,
    who: String,
    mac: Mac,
    before: String,
    after: String,
    why: String,
    findings: String,
    files: usize,
    report: String,
}

#[derive(Template)]
#[template(path = "ledger_rows.html")]
struct Rows<'a> {
    query: &'a str,
    more: bool,
    rows: Vec<OneRow>,
}

#[derive(Template)]
#[template(path = "ledger.html")]
struct Page<'a> {
    query: &'a str,
    rows: &'a str,
}

/// `/ledger`.
pub(super) async fn page(State(desk): State<Arc<Desk>>, Query(search): Query<Search>) -> Html<String> {
    let rows = piece(Arc::clone(&desk), search.q.clone()).await.map(|p| p.1).unwrap_or_default();
    let body = html(&Page { query: &search.q, rows: &rows });
    let query: String =
        percent_encoding::utf8_percent_encode(&search.q, percent_encoding::NON_ALPHANUMERIC).to_string();
    pages::page(&desk, "ledger", "Ledger".to_owned(), Some(format!("/live?page=ledger&q={query}")), &body)
}

/// The rows, read anew; none when the ledger cannot be read now.
pub(super) async fn piece(desk: Arc<Desk>, query: String) -> Option<Piece> {
    let found = rows(desk, query.clone(), SHOWN + 1).await.ok()?;
    let more = found.len() > SHOWN;
    let rows = found.into_iter().take(SHOWN).map(shown).collect();
    Some(("f-ledger", html(&Rows { query: &query, more, rows })))
}

async fn rows(desk: Arc<Desk>, query: String, limit: usize) -> Result<Vec<Row>, String> {
    let read = move || -> Result<Vec<Row>, FileError> { Ledger::open(&desk.state)?.rows(Some(&query), limit) };
    tokio::task::spawn_blocking(read).await.map_err(|e| e.to_string())?.map_err(|e| e.to_string())
}

fn who(row: &Row) -> String {
    let known = [&row.maker, &row.model].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
    if known.is_empty() { "unknown phone".to_owned() } else { known }
}

fn tone(outcome: &str) -> (&'static str, &'static str) {
    use bench::view::Stand::{Failed, Watching};
    match outcome {
        "Recovered" => ("recovered", icons::DONE),
        "Seen" => ("watching", icons::of_stand(Watching)),
        _ => ("failed", icons::of_stand(Failed)),
    }
}

fn shown(row: Row) -> OneRow {
    let (tone, mark) = tone(&row.outcome);
    let when = stamp(row.ended_ms);
    let load = |l: &Option<String>| l.clone().unwrap_or_else(|| "unknown".to_owned());
    OneRow {
        tone,
        mark,
        iso: format!("{}Z", when.replace(' ', "T")),
        when,
        who: who(&row),
        mac: row.mac,
        before: load(&row.load_before),
        after: load(&row.load_after),
        findings: row.findings.join(", "),
        files: row.served.len(),
        report: format!("/ledger/{}/{}", row.run, row.stay),
        outcome: row.outcome,
        why: row.why,
    }
}

/// `GET /api/v1/ledger`.
pub(super) async fn list(State(desk): State<Arc<Desk>>, Query(search): Query<Search>) -> Response {
    match rows(desk, search.q, search.limit.unwrap_or(100).min(EXPORTED)).await {
        Ok(rows) => axum::Json(rows).into_response(),
        Err(why) => api::refusal(StatusCode::INTERNAL_SERVER_ERROR, "RB508", Some(&why)),
    }
}

/// `/ledger/export.csv`.
pub(super) async fn export_csv(State(desk): State<Arc<Desk>>, Query(search): Query<Search>) -> Response {
    match rows(desk, search.q, EXPORTED).await {
        Ok(rows) => file("text/csv; charset=utf-8", "ringback-ledger.csv", csv::table(&rows)),
        Err(why) => api::refusal(StatusCode::INTERNAL_SERVER_ERROR, "RB508", Some(&why)),
    }
}

/// `/ledger/export.json`.
pub(super) async fn export_json(State(desk): State<Arc<Desk>>, Query(search): Query<Search>) -> Response {
    match rows(desk, search.q, EXPORTED).await {
        Ok(rows) => {
            let text = serde_json::to_string_pretty(&rows).unwrap_or_default();
            file("application/json", "ringback-ledger.json", text)
        }
        Err(why) => api::refusal(StatusCode::INTERNAL_SERVER_ERROR, "RB508", Some(&why)),
    }
}

fn file(kind: &'static str, name: &str, text: String) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, disposition)], text).into_response()
}

#[derive(Template)]
#[template(path = "report.html")]
struct Report {
    version: &'static str,
    who: String,
    mac: Mac,
    tone: &'static str,
    outcome: String,
    why: String,
    facts: Vec<(&'static str, String)>,
    findings: Vec<(String, &'static str, &'static str)>,
    served: Vec<(String, u64, String)>,
    key: String,
}

/// `/ledger/{run}/{stay}`: one page to print.
pub(super) async fn report(State(desk): State<Arc<Desk>>, Path((run, stay)): Path<(u64, u64)>) -> Response {
    let bench = desk.view();
    let read = move || Ledger::open(&desk.state)?.row(run, stay);
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(Some(row))) => Html(html(&report_of(row))).into_response(),
        // A stay that goes on has its row when its procedure or the bench ends.
        Ok(Ok(None)) if bench.is_some_and(|v| v.wall_ms == run && v.phones.iter().any(|p| p.stay == stay)) => {
            (StatusCode::NOT_FOUND, pages::plain("RB575")).into_response()
        }
        Ok(Ok(None)) => (StatusCode::NOT_FOUND, pages::plain("RB575")).into_response(),
        Ok(Err(error)) => api::refusal(StatusCode::INTERNAL_SERVER_ERROR, "RB508", Some(&error.to_string())),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn report_of(row: Row) -> Report {
    let load = |l: &Option<String>| l.clone().unwrap_or_else(|| "unknown".to_owned());
    let facts = [
        ("Arrived", Some(stamp(row.began_ms))),
        ("Ended", Some(stamp(row.ended_ms))),
        ("Serial number", row.serial.clone()),
        ("IP address", row.address.map(|a| a.to_string())),
        ("Load before", Some(load(&row.load_before))),
        ("Load after", Some(load(&row.load_after))),
        ("Procedure", row.procedure.clone()),
        ("Approved by", Some(csv::approved(&row)).filter(|text| !text.is_empty())),
    ];
    let findings = row.findings.iter().map(|code| {
        let explained = bench::diagnose::codes::explain(code).first().copied();
        (code.clone(), explained.map_or("", |e| e.title), explained.map_or("", |e| e.cause))
    });
    Report {
        version: VERSION,
        who: who(&row),
        mac: row.mac,
        tone: tone(&row.outcome).0,
        facts: facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
        findings: findings.collect(),
        served: row.served.iter().map(|f| (f.name.clone(), f.size, f.sha256.clone())).collect(),
        key: format!("{}/{}", row.run, row.stay),
        outcome: row.outcome,
        why: row.why,
    }
}
