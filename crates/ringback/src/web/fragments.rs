//! The bench page in pieces. Each piece is an element with an id; the page is all of them, and the live stream
//! sends those that have changed.

use std::sync::Arc;

use askama::Template;
use bench::View;
use bench::diagnose::{Finding, Severity};
use bench::procedure::fit::Fit;
use bench::view::{Offer, PhoneView, Stand, StepView, offers};
use profile::Profiles;
use proto::Mac;

use super::names::names;
use super::now::now;
use super::{icons, words};
use crate::sentence::capital;

/// A piece of a page: its id and its HTML.
pub(super) type Piece = (&'static str, String);

/// Renders; a template that fails shows nothing, which no template here can do on strings.
pub(super) fn html(template: &impl Template) -> String {
    template.render().unwrap_or_default()
}

/// The order in which phones are shown: who needs the technician first.
pub(super) fn in_order(view: &View) -> Vec<&Arc<PhoneView>> {
    let mut phones: Vec<&Arc<PhoneView>> = view.phones.iter().collect();
    phones.sort_unstable_by_key(|p| place(p));
    phones
}

fn place(phone: &PhoneView) -> (Stand, Mac) {
    (phone.state, phone.mac)
}

/// The phone that the page is about: the chosen one, or the first in order.
pub(super) fn chosen(view: &View, mac: Option<Mac>) -> Option<&Arc<PhoneView>> {
    match mac {
        Some(mac) => view.phones.iter().find(|p| p.mac == mac),
        None => view.phones.iter().min_by_key(|p| place(p)),
    }
}

/// The id of a phone's row.
pub(super) fn row_id(mac: Mac) -> String {
    format!("p-{}", mac.bare_lower())
}

#[derive(Template)]
#[template(path = "row.html")]
struct Row<'a> {
    id: String,
    stand: &'static str,
    words: &'static str,
    icon: &'static str,
    mac: Mac,
    who: &'a str,
    doing: &'a str,
    since_ms: u64,
    selected: bool,
    percent: Option<u64>,
}

/// A phone's row in the list.
pub(super) fn row(phone: &PhoneView, selected: bool) -> String {
    html(&Row {
        id: row_id(phone.mac),
        stand: words::stand_class(phone.state),
        words: phone.state.words(),
        icon: icons::of_stand(phone.state),
        mac: phone.mac,
        who: &phone.who,
        doing: &phone.doing,
        since_ms: phone.since.as_millis(),
        selected,
        percent: phone.transfers.first().map(|t| words::percent(t.bytes, t.size)),
    })
}

#[derive(Template)]
#[template(path = "banner.html")]
struct BannerPiece<'a> {
    tone: &'static str,
    what: String,
    detail: &'a str,
    counts: String,
}

/// What the bench is doing, always visible.
pub(super) fn banner(view: &View) -> Piece {
    let b = &view.banner;
    let server = b.server.map_or_else(String::new, |(a, p)| format!(" {a}/{p}"));
    let (tone, what) = match (b.dhcp, b.link) {
        ("stopped", _) => ("bad", "DHCP is not answered any more".to_owned()),
        (_, Some(false)) => ("warn", format!("No link on {}: plug the phone in", b.iface)),
        ("serving", _) => ("good", format!("Acting as DHCP on {}{server}", b.iface)),
        ("looking", _) => ("warn", format!("Looking for other DHCP servers on {} …", b.iface)),
        _ => ("idle", format!("On {}{server}, without DHCP", b.iface)),
    };
    let mut counts = format!("answered: {}", b.phones);
    if b.ignored > 0 {
        counts.push_str(&format!(" · not answered: {}", b.ignored));
    }
    if b.malformed > 0 {
        counts.push_str(&format!(" · malformed: {}", b.malformed));
    }
    let detail = b.stopped.as_deref().unwrap_or_default();
    ("f-banner", html(&BannerPiece { tone, what, detail, counts }))
}

#[derive(Template)]
#[template(path = "counts.html")]
struct Counts {
    total: usize,
    by: Vec<(usize, &'static str, &'static str)>,
}

fn counts(view: &View) -> Piece {
    let all = [
        Stand::YourTurn,
        Stand::Trouble,
        Stand::Working,
        Stand::Watching,
        Stand::Failed,
        Stand::Recovered,
        Stand::Gone,
    ];
    let count = |stand: Stand| view.phones.iter().filter(|p| p.state == stand).count();
    let by = all.map(|s| (count(s), words::stand_class(s), s.words()));
    ("f-counts", html(&Counts { total: view.phones.len(), by: by.into_iter().filter(|b| b.0 > 0).collect() }))
}

struct OneTransfer<'a> {
    name: &'a str,
    bytes: u64,
    size: u64,
    percent: u64,
    bytes_words: String,
    size_words: String,
    rate_words: String,
    left_words: String,
}

#[derive(Template)]
#[template(path = "transfers.html")]
struct Transfers<'a> {
    transfers: Vec<OneTransfer<'a>>,
}

fn transfers(phone: Option<&PhoneView>) -> Piece {
    let all = phone.map(|p| p.transfers.as_slice()).unwrap_or_default();
    let one = |t: &'_ bench::view::TransferView| (t.bytes, t.size, t.rate, t.left_s);
    let transfers = all.iter().map(|t| {
        let (bytes, size, rate, left_s) = one(t);
        OneTransfer {
            name: &t.name,
            bytes,
            size: size.max(1),
            percent: words::percent(bytes, size),
            bytes_words: words::bytes(bytes),
            size_words: words::bytes(size),
            rate_words: format!("{}/s", words::bytes(rate)),
            left_words: left_s.map(words::left).unwrap_or_default(),
        }
    });
    ("f-transfers", html(&Transfers { transfers: transfers.collect() }))
}

struct OneStep<'a> {
    state: &'static str,
    mark: &'static str,
    state_words: &'static str,
    say: &'a str,
    because: &'a str,
}

#[derive(Template)]
#[template(path = "course.html")]
struct Course<'a> {
    title: &'a str,
    steps: Vec<OneStep<'a>>,
}

fn course(phone: Option<&PhoneView>) -> Piece {
    let procedure = phone.and_then(|p| p.procedure.as_ref());
    let step = |s: &'_ StepView| match s.state {
        "done" => ("done", "✓", "shown by"),
        "missed" => ("missed", "✗", "not seen"),
        _ => ("current", "▶", "now"),
    };
    let steps = procedure.map(|p| p.steps.as_slice()).unwrap_or_default().iter().map(|s| {
        let (state, mark, state_words) = step(s);
        OneStep { state, mark, state_words, say: &s.say, because: &s.because }
    });
    (
        "f-course",
        html(&Course { title: procedure.map(|p| p.title.as_str()).unwrap_or_default(), steps: steps.collect() }),
    )
}

struct OneFinding<'a> {
    code: &'a str,
    title: &'a str,
    tone: &'static str,
    evidence: &'a [String],
    remedy: &'a str,
    cause: &'a str,
}

#[derive(Template)]
#[template(path = "findings.html")]
struct Findings<'a> {
    id: &'static str,
    heading: &'static str,
    findings: Vec<OneFinding<'a>>,
}

fn findings(id: &'static str, heading: &'static str, all: &[Finding]) -> Piece {
    let findings = all.iter().map(|f| OneFinding {
        code: f.code,
        title: f.title,
        tone: match f.severity {
            Severity::Note => "note",
            Severity::Trouble => "trouble",
            Severity::Danger => "danger",
        },
        evidence: &f.evidence,
        remedy: f.remedy,
        cause: f.cause,
    });
    (id, html(&Findings { id, heading, findings: findings.collect() }))
}

struct OneRung<'a> {
    starts: bool,
    boot_words: String,
    at: String,
    via: &'a str,
    ask: &'a str,
    asks: u32,
    answer: &'a str,
    ending: &'static str,
    mark: &'static str,
    ending_words: &'static str,
}

#[derive(Template)]
#[template(path = "wire.html")]
struct Wire<'a> {
    rungs: Vec<OneRung<'a>>,
}

fn wire(phone: Option<&PhoneView>) -> Piece {
    let all = phone.map(|p| p.wire.as_slice()).unwrap_or_default();
    let mut boot = None;
    let mut began = proto::Time::ZERO;
    let rungs = all.iter().map(|r| {
        let starts = boot != Some(r.boot);
        if starts {
            (boot, began) = (Some(r.boot), r.at);
        }
        let (ending, mark, ending_words) = words::ending(r.ending, matches!(r.via, "TFTP" | "HTTP" | "HTTPS" | "FTP"));
        OneRung {
            starts,
            boot_words: if r.boot == 0 { "Before its first start".to_owned() } else { format!("Start {}", r.boot) },
            at: words::clock(r.at.since(began).as_secs()),
            via: r.via,
            ask: &r.ask,
            asks: r.asks,
            answer: &r.answer,
            ending,
            mark,
            ending_words,
        }
    });
    ("f-wire", html(&Wire { rungs: rungs.collect() }))
}

struct OneOffer {
    id: String,
    title: String,
    when: String,
    cures: Vec<String>,
    runs: bool,
    wipes_tone: &'static str,
    wipes_words: &'static str,
    erase: Option<&'static str>,
    agree: &'static str,
    /// Why it does not fit; empty when it does.
    why: String,
    may_begin: bool,
    code: &'static str,
}

#[derive(Template)]
#[template(path = "offers.html")]
struct Offers {
    mac: Mac,
    busy: bool,
    offers: Vec<OneOffer>,
}

fn offered(offer: Offer) -> OneOffer {
    let (wipes_tone, wipes_words, erase, agree) = words::wipes(offer.wipes);
    let (why, may_begin) = (offer.fit.why().map(capital).unwrap_or_default(), offer.fit.may_begin());
    let code = if let Fit::Not { code, .. } = offer.fit { code } else { "" };
    let Offer { id, title, when, cures, runs, .. } = offer;
    OneOffer { id, title, when, cures, runs, wipes_tone, wipes_words, erase, agree, why, may_begin, code }
}

fn offer_list(phone: Option<&PhoneView>, profiles: &Profiles) -> Piece {
    let all = phone.filter(|p| p.here).map(|p| offers(profiles, p)).unwrap_or_default();
    let busy = all.iter().any(|o| o.runs);
    let mac = phone.map_or(Mac::ZERO, |p| p.mac);
    ("f-offers", html(&Offers { mac, busy, offers: all.into_iter().map(offered).collect() }))
}

#[derive(Template)]
#[template(path = "known.html")]
struct Known<'a> {
    who: &'a str,
    grade: String,
    facts: Vec<(&'static str, String)>,
    because: &'a [String],
    /// Whom a registered phone can be told something as.
    told: Option<Mac>,
}

fn known(phone: Option<&PhoneView>) -> Piece {
    let Some(phone) = phone else {
        return (
            "f-known",
            html(&Known { who: "", grade: String::new(), facts: Vec::new(), because: &[], told: None }),
        );
    };
    let all = [
        ("Ethernet address", Some(phone.mac.to_string())),
        ("IP address", phone.address.map(|a| a.to_string())),
        ("Load", phone.load.clone()),
        ("Load at first", phone.load_before.clone().filter(|l| Some(l) != phone.load.as_ref())),
        ("Serial number", phone.serial.clone()),
        ("VLAN", phone.vlan.map(|v| v.to_string())),
        ("Calls itself", phone.host_name.clone()),
        ("User-Agent", phone.user_agent.clone()),
        ("Registered as", phone.registered.clone()),
        ("Starts seen", Some(phone.boots.to_string())),
    ];
    let facts = all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let grade = phone.grade.to_string();
    let told = phone.registered.as_ref().filter(|_| phone.here).map(|_| phone.mac);
    ("f-known", html(&Known { who: &phone.who, grade, facts, because: &phone.because, told }))
}

#[derive(Template)]
#[template(path = "strangers.html")]
struct Strangers<'a> {
    strangers: Vec<(Mac, &'a str)>,
}

/// What is on the page whichever phone it shows.
pub(super) fn of_bench(view: &View) -> Vec<Piece> {
    let strangers = view.strangers.iter().map(|s| (s.mac, s.why.as_str())).collect();
    vec![
        banner(view),
        counts(view),
        ("f-strangers", html(&Strangers { strangers })),
        findings("f-cable", "About this cable", &view.cable),
    ]
}

/// What is on the page about this phone. Of the view only the shelf counts for it, as long as there is one.
pub(super) fn of_phone(view: &View, phone: Option<&PhoneView>, profiles: &Profiles) -> Vec<Piece> {
    vec![
        now(view, phone, profiles),
        transfers(phone),
        course(phone),
        findings("f-findings", "What is wrong", phone.map(|p| p.findings.as_slice()).unwrap_or_default()),
        wire(phone),
        names(view, phone),
        offer_list(phone, profiles),
        known(phone),
    ]
}
