//! What each field of a form is for: by the words beside it, then its name, then its value.

use proto::html::{Control, Form, Kind};

/// A way to fetch a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// TFTP.
    Tftp,
    /// FTP.
    Ftp,
    /// HTTP.
    Http,
    /// HTTPS.
    Https,
}

impl Protocol {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Protocol::Tftp => "TFTP",
            Protocol::Ftp => "FTP",
            Protocol::Http => "HTTP",
            Protocol::Https => "HTTPS",
        }
    }

    /// The one protocol that a text speaks of; none when it speaks of none, or of several.
    pub fn in_text(text: &str) -> Option<Protocol> {
        let lower = text.to_ascii_lowercase();
        let rest = lower.replace("tftp", " ");
        let secure = rest.replace("https", " ");
        let found = [
            (lower.contains("tftp"), Protocol::Tftp),
            (rest.contains("ftp"), Protocol::Ftp),
            // An address that is shown as an example is no choice.
            (rest.contains("https") && !rest.contains("https:"), Protocol::Https),
            (secure.contains("http") && !secure.contains("http:"), Protocol::Http),
        ];
        let mut found = found.into_iter().filter(|f| f.0).map(|f| f.1);
        found.next().filter(|_| found.next().is_none())
    }
}

/// What a field is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It chooses the protocol.
    Protocol,
    /// The server's name or address.
    Server,
    /// The name of the file.
    File,
    /// The folder on the server.
    Path,
    /// Who one is there.
    User,
    /// And the password.
    Password,
    /// The server's port.
    Port,
    /// A file of this computer, sent along.
    Upload,
    /// It sends the form, or does something else.
    Button,
    /// It stays as it is: hidden, or not understood.
    Kept,
}

/// A field, understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it is for.
    pub meaning: Meaning,
    /// The protocol that it belongs to, if it is for one only.
    pub of: Option<Protocol>,
}

/// Understands every control of a form, in their order.
pub fn understand(form: &Form) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for (at, control) in form.controls.iter().enumerate() {
        let of = own_protocol(control).or_else(|| group(form, at)).or_else(|| Protocol::in_text(&control.heading));
        fields.push(Field { meaning: meaning(form, control), of });
    }
    settle(form, &mut fields);
    fields
}

/// Whether a form can be filled: it takes a file, or it takes a file's name and a server.
pub fn is_for_firmware(fields: &[Field]) -> bool {
    let has = |wanted: Meaning| fields.iter().any(|f| f.meaning == wanted);
    has(Meaning::Upload) || has(Meaning::File) && has(Meaning::Server)
}

/// The protocols that a form offers, in no order of merit; empty when it speaks of none.
pub fn offered(form: &Form, fields: &[Field]) -> Vec<Protocol> {
    let mut found: Vec<Protocol> = Vec::new();
    for (control, field) in form.controls.iter().zip(fields) {
        match field.meaning {
            Meaning::Protocol if control.kind == Kind::Select => {
                found.extend(control.choices.iter().filter_map(|c| in_choice(&c.text, &c.value)));
            }
            Meaning::Protocol => found.extend(in_choice(&control.label, &control.value)),
            Meaning::Server => found.extend(field.of),
            _ => {}
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The protocol of a choice: by what is shown, else by what is sent.
pub(super) fn in_choice(text: &str, value: &str) -> Option<Protocol> {
    Protocol::in_text(text).or_else(|| Protocol::in_text(value))
}

fn own_protocol(control: &Control) -> Option<Protocol> {
    Protocol::in_text(&control.label).or_else(|| Protocol::in_text(&control.name)).or_else(|| {
        let id = Protocol::in_text(&control.id);
        id.filter(|_| control.label.is_empty())
    })
}

/// The protocol of the button above it, where each protocol's button has fields of its own below it.
fn group(form: &Form, at: usize) -> Option<Protocol> {
    let buttons: Vec<usize> = form
        .controls
        .iter()
        .enumerate()
        .filter(|(_, c)| c.kind == Kind::Radio && in_choice(&c.label, &c.value).is_some())
        .map(|(n, _)| n)
        .collect();
    let between = |pair: &[usize]| match pair {
        [a, b] => form.controls.iter().take(*b).skip(*a).any(Control::is_text),
        _ => true,
    };
    if buttons.len() < 2 || !buttons.windows(2).all(between) {
        return None;
    }
    let above = buttons.iter().rev().find(|b| **b <= at)?;
    form.controls.get(*above).and_then(|c| in_choice(&c.label, &c.value))
}

fn meaning(form: &Form, control: &Control) -> Meaning {
    match control.kind {
        Kind::File => Meaning::Upload,
        Kind::Submit | Kind::Image | Kind::Button => Meaning::Button,
        Kind::Hidden => Meaning::Kept,
        Kind::Select => {
            let speaks = control.choices.iter().any(|c| in_choice(&c.text, &c.value).is_some());
            if speaks { Meaning::Protocol } else { Meaning::Kept }
        }
        Kind::Radio => {
            // One button of a set may say less than the others.
            let set = form.controls.iter().filter(|c| c.kind == Kind::Radio && c.name == control.name);
            let speaks = set.filter(|c| in_choice(&c.label, &c.value).is_some()).count() > 0;
            if speaks { Meaning::Protocol } else { Meaning::Kept }
        }
        Kind::Checkbox => {
            let speaks = in_choice(&control.label, &control.value).or_else(|| Protocol::in_text(&control.name));
            if speaks.is_some() { Meaning::Protocol } else { Meaning::Kept }
        }
        Kind::Text | Kind::Password | Kind::TextArea => {
            let by = |text: &str| by_words(text);
            by(&control.label)
                .or_else(|| by(&control.name))
                .or_else(|| by(&control.id))
                .or_else(|| by_value(&control.value))
                .or_else(|| (control.kind == Kind::Password).then_some(Meaning::Password))
                .or_else(|| by(&control.heading).filter(|_| control.label.is_empty()))
                .unwrap_or(Meaning::Kept)
        }
    }
}

/// What words say a field is for. Longer and rarer words come first: a "file path" is a path.
fn by_words(text: &str) -> Option<Meaning> {
    let lower = text.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| lower.contains(w));
    let parts: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let is = |words: &[&str]| parts.iter().any(|p| words.contains(p));
    if has(&["passw", "pwd", "passwd"]) || is(&["pass", "pw"]) || lower.ends_with("pass") {
        Some(Meaning::Password)
    } else if has(&["user", "login", "account"]) || is(&["usr", "uid"]) {
        Some(Meaning::User)
    } else if is(&["port"]) || lower.ends_with("port") && !has(&["support", "report", "transport"]) {
        Some(Meaning::Port)
    } else if has(&["path", "folder", "directory"]) || is(&["dir"]) || lower.ends_with("dir") {
        Some(Meaning::Path)
    } else if has(&["file", "fname"]) {
        Some(Meaning::File)
    } else if has(&["server", "serv", "srv", "host", "addr"]) || is(&["ip"]) || lower.ends_with("ip") {
        Some(Meaning::Server)
    } else if has(&["firmware", "image"]) || is(&["fw", "load"]) {
        Some(Meaning::File)
    } else {
        None
    }
}

fn by_value(value: &str) -> Option<Meaning> {
    if value.parse::<std::net::Ipv4Addr>().is_ok() {
        return Some(Meaning::Server);
    }
    let is_name = value.rsplit_once('.').is_some_and(|(stem, end)| !stem.is_empty() && end.eq_ignore_ascii_case("st"));
    is_name.then_some(Meaning::File)
}

/// What only the whole form can tell.
fn settle(form: &Form, fields: &mut [Field]) {
    let has = |fields: &[Field], wanted: Meaning| fields.iter().any(|f| f.meaning == wanted);
    let texts = || form.controls.iter().enumerate().filter(|(_, c)| c.is_text());
    // "File path" is the name after all, when nothing else is.
    if !has(fields, Meaning::File) && !has(fields, Meaning::Upload) {
        let named = texts().find(|(_, c)| {
            let words = format!("{} {}", c.label, c.name).to_ascii_lowercase();
            words.contains("file") || words.contains("firmware")
        });
        if let Some((at, _)) = named
            && let Some(field) = fields.get_mut(at)
        {
            field.meaning = Meaning::File;
        }
    }
    // A field that says no more than a protocol is that protocol's server.
    for (at, control) in texts() {
        if let Some(field) = fields.get_mut(at)
            && field.meaning == Meaning::Kept
            && own_protocol(control).is_some()
        {
            field.meaning = Meaning::Server;
        }
    }
    // Fields that say nothing at all: the file's name is asked for before the server.
    for wanted in [Meaning::File, Meaning::Server] {
        if has(fields, wanted) || has(fields, Meaning::Upload) {
            continue;
        }
        let silent = texts().map(|t| t.0).find(|at| fields.get(*at).is_some_and(|f| f.meaning == Meaning::Kept));
        if let Some(field) = silent.and_then(|at| fields.get_mut(at)) {
            field.meaning = wanted;
        }
    }
}
