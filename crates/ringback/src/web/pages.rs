//! Whole pages: the frame, and what is in it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use bench::View;
use bench::view::Stand;
use proto::Mac;

use super::fragments::{self, chosen, html, in_order, of_bench, of_phone, row};
use super::{Desk, VERSION, icons, now, words};

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    page: &'static str,
    title: String,
    version: &'static str,
    speed: u32,
    now_ms: u64,
    live: Option<String>,
    /// When somebody was asked for something last, so that the page is not called for what it shows already.
    turn: Option<u64>,
    demo: bool,
    banner: String,
    body: &'a str,
}

/// A page with its frame. `live` is the address of its live stream.
pub(super) fn page(desk: &Desk, page: &'static str, title: String, live: Option<String>, body: &str) -> Html<String> {
    let view = desk.view();
    let banner = view.as_ref().map(|v| fragments::banner(v).1).unwrap_or_default();
    Html(html(&Page {
        page,
        title,
        version: VERSION,
        speed: desk.clock.speed(),
        now_ms: desk.clock.now().as_millis(),
        live,
        turn: view.and_then(|v| now::turn(&v)).map(|t| t.as_micros()),
        demo: desk.demo.is_some(),
        banner,
        body,
    }))
}

#[derive(Template)]
#[template(path = "bench.html")]
struct Bench<'a> {
    phones: usize,
    rows: Vec<String>,
    counts: &'a str,
    strangers: &'a str,
    cable: &'a str,
    now: &'a str,
    transfers: &'a str,
    course: &'a str,
    findings: &'a str,
    wire: &'a str,
    names: &'a str,
    offers: &'a str,
    known: &'a str,
}

/// `/`: the phone that needs the technician most.
pub(super) async fn bench(State(desk): State<Arc<Desk>>) -> Html<String> {
    bench_page(&desk, None)
}

/// `/phones/{mac}`: this phone.
pub(super) async fn phone(State(desk): State<Arc<Desk>>, Path(mac): Path<String>) -> Response {
    let known = |mac: &Mac| desk.view().is_some_and(|v| v.phones.iter().any(|p| p.mac == *mac));
    match mac.parse::<Mac>().ok().filter(known) {
        Some(mac) => bench_page(&desk, Some(mac)).into_response(),
        None => (StatusCode::NOT_FOUND, plain("RB575")).into_response(),
    }
}

fn bench_page(desk: &Desk, mac: Option<Mac>) -> Html<String> {
    let empty = Arc::new(View::of_state(&bench::State::default(), &desk.profiles, desk.clock.now()));
    let view = desk.view().unwrap_or(empty);
    let shown = chosen(&view, mac).map(AsRef::as_ref);
    let mut all = of_bench(&view);
    all.extend(of_phone(&view, shown, &desk.profiles));
    let piece = |id: &str| all.iter().find(|p| p.0 == id).map(|p| p.1.as_str()).unwrap_or_default();
    let body = html(&Bench {
        phones: view.phones.len(),
        rows: in_order(&view).iter().map(|p| row(p, shown.is_some_and(|s| s.mac == p.mac))).collect(),
        counts: piece("f-counts"),
        strangers: piece("f-strangers"),
        cable: piece("f-cable"),
        now: piece("f-now"),
        transfers: piece("f-transfers"),
        course: piece("f-course"),
        findings: piece("f-findings"),
        wire: piece("f-wire"),
        names: piece("f-names"),
        offers: piece("f-offers"),
        known: piece("f-known"),
    });
    let live = mac.map_or_else(|| "/live?page=bench".to_owned(), |mac| format!("/live?page=bench&phone={mac}"));
    page(desk, "bench", now::title(&view, shown), Some(live), &body)
}

#[derive(Template)]
#[template(path = "help.html")]
struct Help {
    marks: Vec<(String, &'static str)>,
}

/// `/help`.
pub(super) async fn help(State(desk): State<Arc<Desk>>) -> Html<String> {
    let marks = [
        (Stand::YourTurn, "The phone waits for you. Do what the page says."),
        (Stand::Trouble, "Something is wrong, and no procedure runs."),
        (Stand::Working, "A procedure runs. Leave the phone alone."),
        (Stand::Watching, "Nothing is known to be wrong."),
        (Stand::Recovered, "The phone itself has shown that it runs what it should."),
        (Stand::Failed, "The procedure ended without its result. The page says why."),
        (Stand::Gone, "Nothing was heard of it for a while."),
    ];
    let chip = |stand: Stand| {
        let (class, words) = (words::stand_class(stand), stand.words());
        format!("<span class=\"chip {class}\">{}{words}</span>", icons::of_stand(stand))
    };
    let body = html(&Help { marks: marks.map(|(stand, words)| (chip(stand), words)).into() });
    page(&desk, "help", "Keys and help".to_owned(), None, &body)
}

#[derive(Template)]
#[template(path = "token.html")]
struct Plain {
    title: &'static str,
    what: &'static str,
    remedy: &'static str,
    code: &'static str,
}

/// A page that says why there is none.
pub(super) fn plain(code: &'static str) -> Html<String> {
    let explained = bench::diagnose::codes::explain(code).first().copied();
    let (title, what, remedy) = explained.map_or(("", "", ""), |e| (e.title, e.cause, e.remedy));
    Html(html(&Plain { title, what, remedy, code }))
}

/// Whatever else is asked for.
pub(super) async fn nothing() -> Response {
    (StatusCode::NOT_FOUND, plain("RB575")).into_response()
}
