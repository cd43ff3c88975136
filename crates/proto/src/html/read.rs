//! The stream of tokens, folded into a page.

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{HtmlString, StartTag, Token, Tokenizer};

use super::label::{self, Item};
use super::page::{Charset, Choice, Control, Encoding, Form, Kind, Method, Page};

/// Reads a page; a second look helps where an unclosed comment or script has swallowed the form.
pub(super) fn page(bytes: &[u8]) -> Page {
    let all = bytes.len();
    let bytes = bytes.get(..all.min(Page::BYTES)).unwrap_or_default();
    let (text, charset) = match utf8(bytes) {
        Some(text) => (text.to_owned(), Charset::Utf8),
        None => (bytes.iter().map(|&b| char::from(b)).collect(), Charset::Latin1),
    };
    let mut page = once(&text, true);
    if page.forms.is_empty()
        && let Some(at) = text.to_ascii_lowercase().find("<form")
    {
        let again = once(text.get(at..).unwrap_or_default(), false);
        page.forms = again.forms;
        page.words = if page.words.is_empty() { again.words } else { page.words };
    }
    page.charset = charset;
    page.cut |= all > Page::BYTES;
    page
}

/// The text, if only its end is not UTF-8: that may be where it was cut.
fn utf8(bytes: &[u8]) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(bytes.get(..error.valid_up_to()).unwrap_or_default()).ok()
        }
        Err(_) => None,
    }
}

fn once(text: &str, scripts: bool) -> Page {
    let mut reader = Reader::default();
    let mut emitter = DefaultEmitter::<()>::default();
    // What stands in a script is no tag, unless the page has nothing else.
    emitter.naively_switch_states(scripts);
    let tokens = Tokenizer::new_with_emitter(text, emitter);
    let mut tokens = tokens.into_iter();
    while let Some(Ok(token)) = tokens.next() {
        match token {
            Token::StartTag(tag) => {
                if scripts {
                    reader.script |= tag.name.as_slice() == b"script" || tag.name.as_slice() == b"style";
                }
                reader.start(&tag);
            }
            Token::EndTag(tag) => reader.end(&tag.name),
            Token::String(text) => reader.text(&string(&text)),
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    reader.finish()
}

/// Which text belongs where, at this point of the page.
#[derive(Default)]
struct Reader {
    page: Page,
    /// The form that controls go to; none before the first.
    form: Option<usize>,
    /// Whether the form is still open. A control behind its end belongs to it only when it had none.
    open: bool,
    /// Controls that no form was open for.
    stray: Vec<Control>,
    /// The list whose choices are being read, by its place.
    list: Option<Place>,
    /// A choice whose text is being read.
    choosing: bool,
    /// A text area, or a `<button>`, whose text is being read.
    filling: Option<Place>,
    title: bool,
    script: bool,
    /// The `for` of the label that is open; empty for one that goes round its control.
    label: Option<String>,
    items: Vec<(Item, Option<Place>)>,
}

/// Where a control is: a form's number, or none for a stray one, and its number there.
type Place = (Option<usize>, usize);

impl Reader {
    fn start(&mut self, tag: &StartTag<()>) {
        match tag.name.as_slice() {
            b"title" => self.title = true,
            b"form" => self.begin_form(tag),
            b"input" => self.input(tag),
            b"select" => {
                let place = self.put(control(Kind::Select, tag), &attribute(tag, b"form"));
                self.list = place;
                self.choosing = false;
            }
            b"option" => self.choice(tag),
            b"textarea" => {
                self.leave_list();
                self.filling = self.put(control(Kind::TextArea, tag), &attribute(tag, b"form"));
            }
            b"button" => {
                self.leave_list();
                let kind = match attribute(tag, b"type").to_ascii_lowercase().as_str() {
                    "button" | "reset" => Kind::Button,
                    _ => Kind::Submit,
                };
                self.filling = self.put(control(kind, tag), &attribute(tag, b"form"));
            }
            b"label" => {
                let of = attribute(tag, b"for");
                self.items.push((Item::LabelBegins(of.clone()), None));
                self.label = Some(of);
            }
            b"frame" | b"iframe" => {
                let src = attribute(tag, b"src");
                if self.page.frames.len() >= Page::FRAMES {
                    self.page.cut = true;
                } else if !src.is_empty() {
                    self.page.frames.push(src);
                }
            }
            b"meta" => self.meta(tag),
            b"img" => {
                let alt = attribute(tag, b"alt");
                self.text(&alt);
            }
            name => {
                if let Some(gap) = gap(name) {
                    self.leave_list();
                    self.items.push((gap, None));
                    self.page.words.push(' ');
                }
            }
        }
    }

    fn end(&mut self, name: &HtmlString) {
        match name.as_slice() {
            b"title" => self.title = false,
            b"script" | b"style" => self.script = false,
            b"form" => {
                self.leave_list();
                self.open = false;
                self.items.push((Item::Line, None));
            }
            b"select" => self.leave_list(),
            b"option" => self.choosing = false,
            b"textarea" | b"button" => self.filling = None,
            b"label" => {
                self.label = None;
                self.items.push((Item::LabelEnds, None));
            }
            b"td" | b"th" => self.items.push((Item::Cell, None)),
            name => {
                if let Some(gap) = gap(name) {
                    self.leave_list();
                    self.items.push((gap, None));
                }
            }
        }
    }

    fn text(&mut self, text: &str) {
        if self.script {
            return;
        }
        if self.title {
            add(&mut self.page.title, text, Page::TEXT);
            return;
        }
        if let Some(place) = self.filling {
            if let Some(control) = self.at(place) {
                let to = if control.kind == Kind::TextArea { &mut control.value } else { &mut control.label };
                add(to, text, Page::TEXT);
            }
            return;
        }
        if let Some(place) = self.list {
            if self.choosing
                && let Some(choice) = self.at(place).and_then(|c| c.choices.last_mut())
            {
                add(&mut choice.text, text, Page::TEXT);
            }
            return;
        }
        if self.page.words.len() + text.len() <= Page::WORDS {
            self.page.words.push_str(text);
        } else {
            self.page.cut = true;
        }
        if self.items.len() < Page::CONTROLS * Page::FORMS {
            let text: String = text.chars().take(Page::TEXT).collect();
            self.items.push((Item::Text(text), None));
        }
    }

    fn begin_form(&mut self, tag: &StartTag<()>) {
        self.leave_list();
        if self.page.forms.len() >= Page::FORMS {
            self.page.cut = true;
            return;
        }
        let method = if attribute(tag, b"method").eq_ignore_ascii_case("post") { Method::Post } else { Method::Get };
        let encoding = match attribute(tag, b"enctype").to_ascii_lowercase().as_str() {
            "multipart/form-data" => Encoding::Multipart,
            "text/plain" => Encoding::Plain,
            _ => Encoding::UrlEncoded,
        };
        let action = attribute(tag, b"action").trim().to_owned();
        self.page.forms.push(Form { action, method, encoding, controls: Vec::new(), id: attribute(tag, b"id") });
        self.form = Some(self.page.forms.len() - 1);
        self.open = true;
        self.items.push((Item::Line, None));
    }

    fn input(&mut self, tag: &StartTag<()>) {
        self.leave_list();
        let kind = match attribute(tag, b"type").trim().to_ascii_lowercase().as_str() {
            "password" => Kind::Password,
            "file" => Kind::File,
            "hidden" => Kind::Hidden,
            "radio" => Kind::Radio,
            "checkbox" => Kind::Checkbox,
            "submit" => Kind::Submit,
            "image" => Kind::Image,
            "button" | "reset" => Kind::Button,
            _ => Kind::Text,
        };
        let mut control = control(kind, tag);
        if matches!(kind, Kind::Radio | Kind::Checkbox) && !has(tag, b"value") {
            control.value = "on".to_owned();
        }
        if matches!(kind, Kind::Submit | Kind::Button | Kind::Image) {
            control.label.clone_from(&control.value);
        }
        self.put(control, &attribute(tag, b"form"));
    }

    fn choice(&mut self, tag: &StartTag<()>) {
        let Some(place) = self.list else { return };
        let Some(list) = self.at(place) else { return };
        if list.choices.len() >= Page::CONTROLS {
            self.page.cut = true;
            self.choosing = false;
            return;
        }
        list.choices.push(Choice {
            value: if has(tag, b"value") { attribute(tag, b"value") } else { UNSET.to_owned() },
            text: String::new(),
            selected: has(tag, b"selected"),
        });
        self.choosing = true;
    }

    fn meta(&mut self, tag: &StartTag<()>) {
        let content = attribute(tag, b"content");
        if attribute(tag, b"http-equiv").eq_ignore_ascii_case("refresh")
            && let Some((_, rest)) = content.split_once(';')
            && let Some((_, url)) = rest.split_once('=')
        {
            self.page.refresh = Some(url.trim().trim_matches(['"', '\'']).to_owned());
        }
    }

    /// Puts a control where it belongs, and answers where that is.
    fn put(&mut self, control: Control, owner: &str) -> Option<Place> {
        self.leave_list();
        self.filling = None;
        let by_id = (!owner.is_empty()).then(|| self.page.forms.iter().position(|f| f.id == owner)).flatten();
        // `<FORM></FORM>` right before its fields is a habit of old generators.
        let empty = |at: &usize| self.page.forms.get(*at).is_some_and(|f| f.controls.iter().all(|c| !c.is_text()));
        let form = by_id.or_else(|| self.form.filter(|at| self.open || empty(at)));
        let (list, place) = match form.and_then(|at| self.page.forms.get_mut(at).map(|f| (at, f))) {
            Some((at, form)) => (&mut form.controls, Some(at)),
            None => (&mut self.stray, None),
        };
        if list.len() >= Page::CONTROLS {
            self.page.cut = true;
            return None;
        }
        let kind = control.kind;
        let id = control.id.clone();
        list.push(control);
        let place = (place, list.len() - 1);
        self.items.push((Item::Control { kind, id }, Some(place)));
        Some(place)
    }

    fn at(&mut self, (form, at): Place) -> Option<&mut Control> {
        match form {
            Some(form) => self.page.forms.get_mut(form)?.controls.get_mut(at),
            None => self.stray.get_mut(at),
        }
    }

    /// A list ends with its tag, or where something begins that no list can hold.
    fn leave_list(&mut self) {
        self.list = None;
        self.choosing = false;
    }

    fn finish(mut self) -> Page {
        let items: Vec<Item> = self.items.iter().map(|i| i.0.clone()).collect();
        let places: Vec<Option<Place>> = self.items.iter().map(|i| i.1).collect();
        for (item, beside) in label::labels(&items) {
            let Some(place) = places.get(item).copied().flatten() else { continue };
            let Some(control) = self.at(place) else { continue };
            if control.label.trim().is_empty() {
                control.label = beside.label;
            }
            control.heading = beside.heading;
        }
        let forms = self.page.forms.iter_mut().flat_map(|f| f.controls.iter_mut()).chain(self.stray.iter_mut());
        for control in forms {
            control.label = one_blank(&control.label);
            for choice in &mut control.choices {
                choice.text = one_blank(&choice.text);
                if choice.value == UNSET {
                    choice.value.clone_from(&choice.text);
                }
            }
        }
        if self.stray.iter().any(|c| !c.name.is_empty()) && self.page.forms.len() < Page::FORMS {
            self.page.forms.push(Form { controls: self.stray, ..Form::default() });
        }
        self.page.title = one_blank(&self.page.title);
        self.page.words = one_blank(&self.page.words);
        self.page
    }
}

/// A choice without a value sends its text; NUL can stand in no page.
const UNSET: &str = "\0";

/// How much a tag separates the words on its two sides.
fn gap(name: &[u8]) -> Option<Item> {
    match name {
        b"td" | b"th" => Some(Item::Cell),
        b"tr" | b"table" | b"p" | b"div" | b"br" | b"hr" | b"li" | b"ul" | b"ol" | b"dl" | b"dt" | b"dd" | b"h1"
        | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" | b"fieldset" | b"legend" | b"center" | b"body" | b"pre"
        | b"blockquote" => Some(Item::Line),
        _ => None,
    }
}

fn control(kind: Kind, tag: &StartTag<()>) -> Control {
    let mut control = Control::new(kind);
    control.name = attribute(tag, b"name");
    control.id = attribute(tag, b"id");
    control.value = attribute(tag, b"value");
    control.checked = has(tag, b"checked");
    control.disabled = has(tag, b"disabled");
    control.max_length = attribute(tag, b"maxlength").trim().parse().ok();
    for more in [&b"placeholder"[..], b"title", b"aria-label"] {
        add(&mut control.label, &attribute(tag, more), Page::TEXT);
    }
    control
}

fn has(tag: &StartTag<()>, name: &[u8]) -> bool {
    tag.attributes.contains_key(name)
}

fn attribute(tag: &StartTag<()>, name: &[u8]) -> String {
    let value = tag.attributes.get(name).map(|v| string(v)).unwrap_or_default();
    value.chars().take(Page::TEXT).collect()
}

fn string(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn add(to: &mut String, text: &str, limit: usize) {
    if to.len() + text.len() <= limit {
        to.push_str(text);
    }
}

/// White space of any kind and length becomes one blank.
pub(super) fn one_blank(text: &str) -> String {
    text.split([' ', '\t', '\n', '\r', '\u{c}', '\u{a0}']).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}
