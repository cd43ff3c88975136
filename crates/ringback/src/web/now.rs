//! The one thing that the person must do now, and the words of the window's title.

use askama::Template;
use bench::observe::Asked;
use bench::view::{Offer, PhoneView, ProcedureView, Stand, View, offers};
use profile::Profiles;
use profile::procedure::Ask;
use proto::{Mac, Time};

use super::fragments::{Piece, html};
use super::{icons, picture, words};
use crate::sentence::{self, capital};

#[derive(Default, Template)]
#[template(path = "now.html")]
struct Now {
    tone: &'static str,
    icon: &'static str,
    label: &'static str,
    whom: String,
    mac: Option<Mac>,
    lines: Vec<String>,
    hold: Vec<String>,
    keys: Vec<String>,
    together: Vec<String>,
    menu: Vec<String>,
    answers: Vec<String>,
    /// A word before, a drawing, the sentence.
    signs: Vec<(&'static str, String, String)>,
    window_s: Option<u32>,
    why: String,
    confirm: bool,
    approval: bool,
    confirm_words: &'static str,
    wipes: bool,
    step: String,
    offer: Option<Offer>,
    /// Whether procedures stand further down.
    choose: bool,
    running: bool,
    report: Option<String>,
    has_picture: bool,
    picture: String,
    from_ms: u64,
    until_ms: Option<u64>,
    /// A load, a class, a word.
    rungs: Vec<(String, &'static str, &'static str)>,
}

/// What stands in the window's title while it shows this phone.
pub(super) fn title(view: &View, phone: Option<&PhoneView>) -> String {
    let waiting = view.phones.iter().filter(|p| p.waits_for_person()).count();
    match phone {
        Some(phone) if phone.waits_for_person() => {
            let say = phone.procedure.as_ref().and_then(|p| p.say.as_deref()).unwrap_or_default();
            let first = sentence::sentences(say).into_iter().next().unwrap_or_default();
            format!("▲ {first} {}", phone.who)
        }
        _ if waiting > 0 => format!("▲ {}", sentence::waiting(waiting)),
        Some(phone) => format!("{} {}", phone.who, phone.state.words()),
        None => "The bench".to_owned(),
    }
}

/// When the person was asked for something last, of what is still asked: a later moment is a new call. None while
/// nobody waits.
pub(super) fn turn(view: &View) -> Option<Time> {
    let waiting = view.phones.iter().filter(|p| p.waits_for_person());
    waiting.map(|p| p.procedure.as_ref().and_then(|r| r.since).unwrap_or_default()).max()
}

/// By which a confirmation names the step that was on the screen.
pub(super) fn step_name(procedure: &ProcedureView) -> String {
    format!("{}.{}", procedure.step.as_deref().unwrap_or_default(), procedure.steps.len())
}

/// The keys of an ask as they are printed: those to hold, and those to type in order.
pub(super) fn keys(ask: &Asked) -> (Vec<String>, Vec<String>) {
    let hold = ask.hold.as_deref().map(|h| h.split(" and ").map(str::to_owned).collect()).unwrap_or_default();
    (hold, sentence::keys(ask.keys.as_deref().unwrap_or_default()))
}

/// What to do now.
pub(super) fn now(view: &View, phone: Option<&PhoneView>, profiles: &Profiles) -> Piece {
    let piece = phone.map_or_else(|| nobody(view), |phone| of(view, phone, profiles));
    ("f-now", html(&piece))
}

fn nobody(view: &View) -> Now {
    let shelf = match view.loads.len() {
        0 => "The shelf holds no complete load yet. Add firmware on the page Shelf.".to_owned(),
        1 => format!("One complete load is on the shelf: {}.", view.loads.join("")),
        n => format!("{n} complete loads are on the shelf."),
    };
    let (label, lines) = match view.banner.dhcp {
        "stopped" => (
            "Stopped",
            vec![
                "Another DHCP server is on this cable.".to_owned(),
                "Connect the phone to this computer alone.".to_owned(),
            ],
        ),
        _ if !view.todo.is_empty() => ("Do this now", view.todo.iter().flat_map(|t| sentence::sentences(t)).collect()),
        _ => (
            "Do this now",
            vec![
                "Plug the cable into the phone's network port (SW, LAN or Internet).".to_owned(),
                "Give the phone power.".to_owned(),
            ],
        ),
    };
    Now { tone: "idle", icon: icons::of_ask(Ask::PlugIn), label, lines, why: shelf, ..Now::default() }
}

fn of(view: &View, phone: &PhoneView, profiles: &Profiles) -> Now {
    let mut now = Now {
        tone: words::stand_class(phone.state),
        icon: icons::of_stand(phone.state),
        label: label(phone.state),
        whom: phone.who.clone(),
        mac: Some(phone.mac),
        ..Now::default()
    };
    match &phone.procedure {
        Some(procedure) if procedure.ended.is_none() && phone.here => running(&mut now, phone, procedure),
        Some(procedure) => {
            ended(&mut now, view, phone, procedure);
        }
        None => idle(&mut now, phone, profiles),
    }
    if let Some(procedure) = phone.procedure.as_ref().filter(|p| !p.rungs.is_empty()) {
        now.rungs = way(phone, procedure);
    }
    now
}

const fn label(stand: Stand) -> &'static str {
    match stand {
        Stand::YourTurn => "Your turn",
        Stand::Failed => "Not recovered",
        Stand::Trouble => "Trouble",
        Stand::Working => "Ringback works – leave the phone alone",
        Stand::Watching => "Nothing to do",
        Stand::Recovered => "Recovered",
        Stand::Gone => "Gone",
    }
}

fn running(now: &mut Now, phone: &PhoneView, procedure: &ProcedureView) {
    now.running = true;
    now.lines = procedure.say.as_deref().map(sentence::sentences).unwrap_or_default();
    now.why = procedure.why.clone().unwrap_or_default();
    now.until_ms = procedure.until.map(|t| t.as_millis());
    now.from_ms = procedure.since.map_or(0, |t| t.as_millis());
    now.step = step_name(procedure);
    let Some(ask) = &procedure.ask else { return };
    now.icon = icons::of_ask(ask.ask);
    (now.hold, now.keys) = keys(ask);
    (now.together, now.menu, now.answers) = (ask.together.clone(), ask.menu.clone(), ask.answers.clone());
    let signs = [("Ready when", &ask.ready), ("Taken when", &ask.accepted)];
    now.signs = signs
        .into_iter()
        .filter_map(|(word, text)| {
            let text = text.as_ref()?;
            Some((word, picture::lamps(text).map(picture::strip).unwrap_or_default(), text.clone()))
        })
        .collect();
    now.window_s = ask.window_s;
    let held: Vec<String> = now.hold.iter().chain(&now.together).cloned().collect();
    now.has_picture = !(held.is_empty() && now.keys.is_empty());
    if now.has_picture {
        now.picture = picture::phone(&held, &now.keys, ask.ready.as_deref());
    }
    now.confirm = ask.confirm && ask.answers.is_empty();
    now.approval = ask.approval;
    now.wipes = ask.ask == Ask::ConfirmWipe;
    now.confirm_words = if now.wipes { "Yes, it may be erased" } else { "It is done" };
    if phone.waits_for_person() && !ask.confirm && !ask.approval {
        now.why.push_str(" Ringback sees by itself when it is done.");
    }
}

fn ended(now: &mut Now, view: &View, phone: &PhoneView, procedure: &ProcedureView) {
    now.report = Some(format!("/ledger/{}/{}", view.wall_ms, phone.stay));
    let Some((outcome, why)) = &procedure.ended else {
        now.lines = vec!["The phone left before its procedure ended.".to_owned()];
        return;
    };
    now.why = capital(why);
    now.lines = match (phone.state, outcome) {
        (Stand::Recovered, _) => vec![match &phone.load {
            Some(load) => format!("The phone runs {load}."),
            None => "The phone is back.".to_owned(),
        }],
        (_, bench::Outcome::Partly) => vec!["Something was reached, not all of it.".to_owned()],
        (_, bench::Outcome::Refused) => vec!["It was not begun: something is missing.".to_owned()],
        (_, bench::Outcome::Aborted) => vec!["The procedure was stopped.".to_owned()],
        _ => vec!["The phone did not do what was waited for.".to_owned()],
    };
}

fn idle(now: &mut Now, phone: &PhoneView, profiles: &Profiles) {
    match phone.findings.first() {
        Some(finding) if phone.here => {
            now.lines = vec![finding.title.to_owned()];
            now.why = finding.remedy.to_owned();
            let all = offers(profiles, phone);
            now.choose = !all.is_empty();
            now.offer = all
                .into_iter()
                .find(|o| !o.cures.is_empty() && o.wipes == profile::keys::Wipes::Nothing && o.fit.may_begin());
        }
        _ => now.lines = vec![format!("{}.", capital(&phone.doing))],
    }
}

fn way(phone: &PhoneView, procedure: &ProcedureView) -> Vec<(String, &'static str, &'static str)> {
    let reached = phone.load.as_ref().and_then(|l| procedure.rungs.iter().position(|r| r.eq_ignore_ascii_case(l)));
    let first = phone.load_before.iter().filter(|l| !procedure.rungs.contains(l)).map(|l| {
        let runs = reached.is_none();
        (l.clone(), if runs { "here" } else { "past" }, if runs { "runs now" } else { "ran at first" })
    });
    let last = procedure.rungs.len().saturating_sub(1);
    let rungs = procedure.rungs.iter().enumerate().map(|(n, rung)| {
        let (class, word) = match reached {
            Some(at) if n < at => ("past", "done"),
            Some(at) if n == at => ("here", "runs now"),
            _ if n == last => ("ahead", "the goal"),
            _ => ("ahead", "on the way"),
        };
        (rung.clone(), class, word)
    });
    first.chain(rungs).collect()
}
