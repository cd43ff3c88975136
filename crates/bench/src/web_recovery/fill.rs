//! A form with its values filled in.

use std::net::Ipv4Addr;

use proto::html::{Control, Form, Kind, Page};
use proto::http::form::{self, Multipart, Part};

use super::fields::{Field, Meaning, Protocol, in_choice};

/// What is to be written into a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish<'a> {
    /// How the phone is to fetch the file.
    pub protocol: Protocol,
    /// From where.
    pub server: Ipv4Addr,
    /// Its name.
    pub file: &'a str,
    /// Whether the button's own value is sent along, as if it had been clicked.
    pub button: bool,
}

/// Whom the bench's FTP server takes: anybody. Some pages want a name all the same.
const FTP_USER: &str = "anonymous";

/// Name and value of everything that is sent, in the form's order. A file is left out; see [`parts`].
pub fn values(form: &Form, fields: &[Field], wish: &Wish<'_>) -> Vec<(String, String)> {
    let button = wish.button.then(|| button(form)).flatten();
    let file = the(form, fields, Meaning::File, wish.protocol);
    let server = the(form, fields, Meaning::Server, wish.protocol);
    let mut values = Vec::new();
    for (at, (control, field)) in form.controls.iter().zip(fields).enumerate() {
        if control.name.is_empty() || control.disabled {
            continue;
        }
        let keep = || Some(control.value.clone());
        let value = match (control.kind, field.meaning) {
            (Kind::File, _) | (Kind::Button, _) => None,
            (Kind::Submit | Kind::Image, _) => keep().filter(|_| button == Some(at)),
            (Kind::Radio, Meaning::Protocol) => keep().filter(|_| is_chosen_radio(form, control, wish.protocol)),
            (Kind::Checkbox, Meaning::Protocol) => {
                keep().filter(|_| control.checked || field.of == Some(wish.protocol))
            }
            (Kind::Radio | Kind::Checkbox, _) => keep().filter(|_| control.checked),
            (Kind::Select, Meaning::Protocol) => {
                let fitting = control.choices.iter().find(|c| in_choice(&c.text, &c.value) == Some(wish.protocol));
                fitting.or_else(|| control.chosen()).map(|c| c.value.clone())
            }
            (Kind::Select, _) => control.chosen().map(|c| c.value.clone()),
            (_, Meaning::File) if file == Some(at) => Some(wish.file.to_owned()),
            (_, Meaning::Server) if server == Some(at) => Some(wish.server.to_string()),
            // A path makes the phone look elsewhere, whatever stands in it.
            (_, Meaning::Path) => Some(String::new()),
            (_, Meaning::User) if wish.protocol == Protocol::Ftp && control.value.is_empty() => {
                Some(FTP_USER.to_owned())
            }
            (_, Meaning::Password) if wish.protocol == Protocol::Ftp && control.value.is_empty() => {
                Some(FTP_USER.to_owned())
            }
            _ => keep(),
        };
        values.extend(value.map(|value| (control.name.clone(), value)));
    }
    values
}

/// The form with its file, ready but for the file's bytes; none when it takes no file.
pub fn upload(page: &Page, form: &Form, fields: &[Field], wish: &Wish<'_>, boundary: &str) -> Option<Multipart> {
    let takes = form.controls.iter().find(|c| c.kind == Kind::File && !c.disabled && !c.name.is_empty())?;
    let values = values(form, fields, wish);
    let mut parts: Vec<Part<'_>> = Vec::new();
    let mut rest = values.iter().peekable();
    // Values stand in the form's order, and so does the file among them.
    for control in &form.controls {
        if std::ptr::eq(control, takes) {
            parts.push(Part::File(&takes.name, wish.file));
        } else if let Some((name, value)) = rest.next_if(|v| v.0 == control.name) {
            parts.push(Part::Value(name, value));
        }
    }
    Some(form::multipart(&parts, boundary, page.charset))
}

/// The field to write a meaning into: the protocol's own, else one for all, else the only one there is.
fn the(form: &Form, fields: &[Field], meaning: Meaning, protocol: Protocol) -> Option<usize> {
    let all = || {
        let both = form.controls.iter().zip(fields).enumerate();
        both.filter(move |(_, (c, f))| f.meaning == meaning && c.is_text() && !c.disabled && !c.name.is_empty())
    };
    let first = |of: Option<Protocol>| all().find(|(_, (_, f))| f.of == of).map(|f| f.0);
    let only = || {
        let mut all = all();
        all.next().filter(|_| all.next().is_none()).map(|f| f.0)
    };
    first(Some(protocol)).or_else(|| first(None)).or_else(only)
}

/// A set of buttons that says nothing about this protocol stays as it is.
fn is_chosen_radio(form: &Form, control: &Control, protocol: Protocol) -> bool {
    let set = || form.controls.iter().filter(|c| c.kind == Kind::Radio && c.name == control.name);
    let speaks = |c: &Control| in_choice(&c.label, &c.value) == Some(protocol);
    if set().any(speaks) { speaks(control) } else { control.checked }
}

/// The button that a person would press.
fn button(form: &Form) -> Option<usize> {
    let buttons = || form.controls.iter().enumerate().filter(|(_, c)| c.sends() && !c.name.is_empty() && !c.disabled);
    let says = |c: &Control, words: &[&str]| {
        let text = format!("{} {}", c.label, c.value).to_ascii_lowercase();
        words.iter().any(|w| text.contains(w))
    };
    let good = buttons().find(|(_, c)| says(c, &["download", "upload", "upgrade", "update", "start", "submit", "go"]));
    let fair = || buttons().find(|(_, c)| !says(c, &["cancel", "reset", "reboot", "restart", "back"]));
    good.or_else(fair).map(|b| b.0)
}
