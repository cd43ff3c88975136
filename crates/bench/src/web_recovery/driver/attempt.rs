//! The form in hand, and the ways to send it, in the order in which they are tried.

use proto::html::{Form, Method, Page};
use proto::text::escape_short;

use super::Goal;
use crate::web_recovery::fields::{self, Field, Protocol};

/// Attempts in all.
const ATTEMPTS: usize = 16;

/// The form in hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) path: String,
    pub(super) page: Page,
    pub(super) form: Form,
    pub(super) fields: Vec<Field>,
}

/// The form of a page that takes firmware, if it has one.
pub(super) fn hold(path: &str, page: Page) -> Option<Held> {
    let understood = page.forms.iter().map(|f| (f, fields::understand(f)));
    let (form, fields) = understood.into_iter().find(|(_, fields)| fields::is_for_firmware(fields))?;
    Some(Held { path: path.to_owned(), form: form.clone(), fields, page })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) protocol: Protocol,
    pub(super) method: Method,
    pub(super) button: bool,
    /// Ask for the form's target by GET first: it answers 405, and some pages take the form only then.
    pub(super) provoke: bool,
    pub(super) upload: bool,
}

impl Attempt {
    pub(super) fn words(self, target: &str) -> String {
        let method = if self.method == Method::Post { "POST" } else { "GET" };
        let button = if self.button { "with" } else { "without" };
        let what = if self.upload { "the file itself".to_owned() } else { self.protocol.name().to_owned() };
        let again = if self.provoke { ", after a GET of the same" } else { "" };
        format!("{what} by {method} {}, {button} the button{again}", escape_short(target.as_bytes(), 60))
    }
}

/// The ways to send it, in the order in which they are tried.
pub(super) fn attempts(held: &Held, goal: &Goal) -> Vec<Attempt> {
    let mut all = Vec::new();
    let own = held.form.method;
    let other = if own == Method::Post { Method::Get } else { Method::Post };
    let usual = Attempt { protocol: Protocol::Tftp, method: own, button: false, provoke: false, upload: false };
    if held.fields.iter().any(|f| f.meaning == fields::Meaning::Upload) {
        for button in [false, true] {
            all.push(Attempt { method: Method::Post, upload: true, button, ..usual });
        }
    }
    // A button without a name says nothing, pressed or not.
    let buttons = held.form.controls.iter().any(|c| c.sends() && !c.name.is_empty());
    all.retain(|a: &Attempt| buttons || !a.button);
    let can_fetch = held.fields.iter().any(|f| f.meaning == fields::Meaning::Server);
    let offered = fields::offered(&held.form, &held.fields);
    let fits = |p: &&Protocol| offered.is_empty() || offered.contains(p);
    for (nth, &protocol) in goal.protocols.iter().filter(fits).enumerate().filter(|_| can_fetch) {
        let way = Attempt { protocol, ..usual };
        all.push(way);
        all.push(Attempt { button: true, ..way });
        if nth == 0 {
            all.push(Attempt { method: other, ..way });
            all.push(Attempt { method: other, button: true, ..way });
            all.push(Attempt { provoke: true, ..way });
            all.push(Attempt { provoke: true, button: true, ..way });
        }
    }
    all.retain(|a| buttons || !a.button);
    all.truncate(ATTEMPTS);
    all
}

/// What was understood of the form, for people.
pub(super) fn told(held: &Held) -> String {
    let both = held.form.controls.iter().zip(&held.fields);
    let fields = both.filter(|(c, _)| !c.name.is_empty()).map(|(control, field)| {
        let of = field.of.map_or_else(String::new, |p| format!(" for {}", p.name()));
        format!("{} is {:?}{of}", escape_short(control.name.as_bytes(), 40), field.meaning)
    });
    let method = if held.form.method == Method::Post { "POST" } else { "GET" };
    escape_short(format!("{method} {}: {}", held.form.action, fields.collect::<Vec<_>>().join(", ")).as_bytes(), 500)
}
