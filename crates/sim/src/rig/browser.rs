//! Somebody who fills in a phone's recovery page, on a table where there is no TCP.
//!
//! A stand-in for the job that the app does over real sockets: it reads whatever form is there, sends it in
//! one segment, and tries the usual ways one after the other. Written apart from the app's, so that neither
//! leans on the other; it gives up where the app may still know a way.

use super::desk::Typed;

/// A form as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) action: String,
    pub(super) get: bool,
    controls: Vec<Control>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Control {
    kind: Kind,
    name: String,
    value: String,
    /// The words beside it, in lower case.
    label: String,
    /// Values and texts of a select.
    options: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Text,
    Hidden,
    Radio,
    Select,
    Button,
    File,
}

impl Form {
    /// The field that takes the image itself, if there is one.
    pub(super) fn upload(&self) -> Option<&str> {
        self.controls.iter().find(|c| c.kind == Kind::File).map(|c| c.name.as_str())
    }

    /// Filled in for TFTP: pairs in the page's order.
    pub(super) fn filled(&self, typed: &Typed, button: bool) -> Option<Vec<(String, String)>> {
        let mut pairs = Vec::new();
        let (mut servers, mut files) = (0, 0);
        for control in &self.controls {
            let words = format!("{} {}", control.label, control.name.to_lowercase());
            let has = |list: &[&str]| list.iter().any(|w| words.contains(w));
            let foreign = !words.contains("tftp") && has(&["ftp", "http"]);
            let value = match control.kind {
                Kind::Hidden => control.value.clone(),
                Kind::Radio if words.contains("tftp") => control.value.clone(),
                Kind::Select => {
                    let tftp =
                        |(value, text): &&(String, String)| format!("{value} {text}").to_lowercase().contains("tftp");
                    let option = control.options.iter().find(tftp).or(control.options.first());
                    option.map(|(value, _)| value.clone())?
                }
                Kind::Button if button && !control.name.is_empty() => control.value.clone(),
                Kind::Radio | Kind::Button | Kind::File => continue,
                Kind::Text if !foreign && has(&["path", "dir"]) => typed.path.clone(),
                Kind::Text if has(&["path", "dir", "user", "pass"]) => String::new(),
                Kind::Text if has(&["server", "host", "addr", "srv"]) => {
                    servers += usize::from(!foreign);
                    if foreign { String::new() } else { typed.server.to_string() }
                }
                Kind::Text if has(&["file", "image", "firmware", "fw"]) => {
                    files += 1;
                    typed.file.clone()
                }
                Kind::Text => control.value.clone(),
            };
            pairs.push((control.name.clone(), value));
        }
        (servers == 1 && files == 1).then_some(pairs)
    }
}

/// Pairs as a browser writes them into a form or a query.
pub(super) fn urlencoded(pairs: &[(String, String)]) -> String {
    let coded = |text: &str| {
        text.bytes().fold(String::new(), |mut out, byte| {
            match byte {
                b' ' => out.push('+'),
                b if b.is_ascii_alphanumeric() || b"-._".contains(&b) => out.push(char::from(b)),
                b => out.push_str(&format!("%{b:02X}")),
            }
            out
        })
    };
    pairs.iter().map(|(name, value)| format!("{}={}", coded(name), coded(value))).collect::<Vec<_>>().join("&")
}

/// Every form of a page, and the pages of its frames.
pub(super) fn read(html: &str) -> (Vec<Form>, Vec<String>) {
    let mut page = Page::default();
    let mut rest = html;
    while let Some((text, behind)) = rest.split_once('<') {
        page.text(text);
        if let Some(comment) = behind.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        // An angle bracket that begins no tag is text.
        let begins = behind.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
        let end = behind.find(['>', '<']).filter(|_| begins);
        let Some(end) = end else {
            rest = behind;
            continue;
        };
        let (tag, after) = behind.split_at(end);
        rest = after.strip_prefix('>').unwrap_or(after);
        let name = page.tag(tag);
        if name == "script" {
            rest = rest.split_once("</script>").map_or("", |(_, after)| after);
        }
    }
    page.text(rest);
    page.row();
    (page.forms, page.frames)
}

#[derive(Debug, Default)]
struct Page {
    forms: Vec<Form>,
    frames: Vec<String>,
    /// Words since the last control of this row.
    words: String,
    /// Words of the row before, when it had no control.
    above: String,
    /// Controls of this row that have no label yet.
    bare: usize,
    in_option: bool,
    controls_in_row: usize,
}

impl Page {
    fn control(&mut self) -> Option<&mut Control> {
        self.forms.last_mut()?.controls.last_mut()
    }

    fn text(&mut self, text: &str) {
        let text = text.trim().to_lowercase();
        if text.is_empty() {
            return;
        }
        if std::mem::take(&mut self.in_option) {
            if let Some(option) = self.control().and_then(|c| c.options.last_mut()) {
                option.1.push_str(&text);
                if option.0.is_empty() {
                    option.0 = text.to_uppercase();
                }
            }
            return;
        }
        if std::mem::take(&mut self.bare) > 0
            && let Some(control) = self.control()
        {
            control.label.clone_from(&text);
        }
        self.words.push_str(&text);
    }

    /// A row ends: a control without a word beside it has its words above.
    fn row(&mut self) {
        let above = self.above.clone();
        if self.bare > 0
            && let Some(control) = self.control()
        {
            control.label = above;
        }
        self.bare = 0;
        let words = std::mem::take(&mut self.words);
        if self.controls_in_row > 0 {
            self.above.clear();
        } else if !words.is_empty() {
            self.above = words;
        }
        self.controls_in_row = 0;
    }

    /// Takes a tag; answers its name.
    fn tag(&mut self, tag: &str) -> String {
        let name: String = tag.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
        let name = name.to_ascii_lowercase();
        let of = |attribute: &str| attribute_of(tag, attribute);
        match name.as_str() {
            "frame" | "iframe" => self.frames.extend(of("src")),
            "form" => {
                self.row();
                let method = of("method").unwrap_or_default().to_lowercase();
                let action = of("action").unwrap_or_default();
                self.forms.push(Form { action, get: method != "post", controls: Vec::new() });
            }
            "option" => {
                if let Some(control) = self.control() {
                    control.options.push((of("value").unwrap_or_default(), String::new()));
                    self.in_option = true;
                }
            }
            "/option" | "/select" => self.in_option = false,
            "input" | "select" | "button" => {
                let kind = match (name.as_str(), of("type").unwrap_or_default().to_lowercase().as_str()) {
                    ("select", _) => Kind::Select,
                    ("button", _) | (_, "submit" | "button" | "image" | "reset") => Kind::Button,
                    (_, "hidden") => Kind::Hidden,
                    (_, "radio") => Kind::Radio,
                    (_, "file") => Kind::File,
                    _ => Kind::Text,
                };
                let reset = of("type").is_some_and(|t| t.eq_ignore_ascii_case("reset"));
                let words = std::mem::take(&mut self.words);
                let seen = kind != Kind::Hidden && kind != Kind::Button;
                if let Some(form) = self.forms.last_mut().filter(|_| !reset) {
                    self.bare = usize::from(seen && words.is_empty());
                    self.controls_in_row += usize::from(seen);
                    let (name, value) = (of("name").unwrap_or_default(), of("value").unwrap_or_default());
                    form.controls.push(Control { kind, name, value, label: words, options: Vec::new() });
                }
            }
            "p" | "br" | "tr" | "div" | "li" | "h1" | "h2" | "h3" | "hr" | "table" | "/form" => self.row(),
            _ => {}
        }
        name
    }
}

/// The first value of an attribute, with or without quotes.
fn attribute_of(tag: &str, wanted: &str) -> Option<String> {
    let mut rest = tag.split_once(char::is_whitespace)?.1;
    while let Some((name, behind)) = rest.split_once('=') {
        let name = name.split_whitespace().last().unwrap_or_default();
        let behind = behind.trim_start();
        let quote = behind.chars().next().filter(|c| *c == '"' || *c == '\'');
        let (value, after) = match quote {
            Some(quote) => behind.get(1..)?.split_once(quote).unwrap_or((behind.get(1..)?, "")),
            None => behind.split_once(char::is_whitespace).unwrap_or((behind, "")),
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value.to_owned());
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phones::aastra::page::SPELLINGS;

    #[test]
    fn every_spelling_has_one_form_that_can_be_filled_in() {
        for (name, text) in SPELLINGS {
            let pages: toml::Table = toml::from_str(text).unwrap();
            let pages = pages["pages"].as_table().unwrap();
            let forms = pages.values().flat_map(|page| read(page.as_str().unwrap()).0);
            let typed = Typed { server: [10, 0, 0, 1].into(), path: String::new(), file: "57i.st".to_owned() };
            let fit = forms.filter(|f| f.upload().is_some() || f.filled(&typed, false).is_some());
            assert_eq!(fit.count(), 1, "{name}");
        }
        let (forms, frames) = read("<frameset><frame src=\"a.html\"><frame src='b.html'></frameset>");
        assert_eq!((forms.len(), frames), (0, vec!["a.html".to_owned(), "b.html".to_owned()]));
    }

    #[test]
    fn no_page_makes_it_panic() {
        for odd in ["<", "<form", "<input name=", "<form><input name='x", "<!-- <form>", "<script><form>", "a<b<c>"] {
            let _ = read(odd);
        }
    }
}
