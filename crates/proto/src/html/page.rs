//! What a page has. All texts are foreign: they go back to the phone as they came, and to people only through
//! [`crate::text::escape`].

use super::read;

/// A web page, as far as it matters for filling in its forms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The text of `<title>`.
    pub title: String,
    /// The words that a person would read, white space made one blank; at most [`Page::WORDS`] bytes.
    pub words: String,
    /// The forms, in order. Controls outside of any form make one of their own, at the end.
    pub forms: Vec<Form>,
    /// Addresses of frames, as written.
    pub frames: Vec<String>,
    /// Where a `<meta http-equiv=refresh>` leads to, as written.
    pub refresh: Option<String>,
    /// How its bytes were read, and are to be written back.
    pub charset: Charset,
    /// Whether something was left out because there was too much of it.
    pub cut: bool,
}

impl Page {
    /// Bytes of a page that are looked at.
    pub const BYTES: usize = 128 << 10;
    /// Bytes of words that are kept.
    pub const WORDS: usize = 4 << 10;
    /// Forms that are kept.
    pub const FORMS: usize = 16;
    /// Controls of a form that are kept, and choices of a list.
    pub const CONTROLS: usize = 128;
    /// Frames that are kept.
    pub const FRAMES: usize = 16;
    /// Bytes of one text (a label, a name, a value) that are kept.
    pub const TEXT: usize = 512;

    /// Reads a page. Never fails: what is no page has no forms, and its words.
    pub fn read(bytes: &[u8]) -> Page {
        read::page(bytes)
    }
}

/// How the bytes of a page are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// They are valid UTF-8.
    #[default]
    Utf8,
    /// They are not: each byte is one character (ISO 8859-1).
    Latin1,
}

impl Charset {
    /// The bytes of a text, as the page would have written it.
    pub fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Charset::Utf8 => text.as_bytes().to_vec(),
            Charset::Latin1 => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect(),
        }
    }
}

/// A form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// Where it is sent, as written; empty means the page itself.
    pub action: String,
    /// How it is sent.
    pub method: Method,
    /// How its values are written.
    pub encoding: Encoding,
    /// Its controls, in the order in which they stand.
    pub controls: Vec<Control>,
    /// Its `id`.
    pub id: String,
}

/// A form's method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// The values stand behind a `?`. What a form without a method means.
    #[default]
    Get,
    /// The values are the body.
    Post,
}

/// How a form's values are written in a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// `a=1&b=2`.
    #[default]
    UrlEncoded,
    /// Parts with a boundary (RFC 7578); the only one that carries files.
    Multipart,
    /// A line each, `text/plain`.
    Plain,
}

/// What a control is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A line of text, also when the type is one that nobody knows.
    Text,
    /// Text that is not shown.
    Password,
    /// A file of the person's own computer.
    File,
    /// A value that nobody sees.
    Hidden,
    /// One of several.
    Radio,
    /// Yes or no.
    Checkbox,
    /// A list of choices.
    Select,
    /// Several lines of text.
    TextArea,
    /// A button that sends the form.
    Submit,
    /// A picture that sends the form.
    Image,
    /// A button that does something else, if anything.
    Button,
}

/// A control of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// What it is.
    pub kind: Kind,
    /// Its name; without one it is not sent.
    pub name: String,
    /// Its `id`.
    pub id: String,
    /// Its value as the page sets it.
    pub value: String,
    /// The words beside it.
    pub label: String,
    /// The last words above it that stand alone: a heading, a legend, the head of a table.
    pub heading: String,
    /// Whether it is chosen as the page comes.
    pub checked: bool,
    /// Whether it is switched off; it is not sent then.
    pub disabled: bool,
    /// Its choices.
    pub choices: Vec<Choice>,
    /// The most characters that it takes.
    pub max_length: Option<u32>,
}

impl Control {
    /// A control of this kind with nothing set.
    pub fn new(kind: Kind) -> Control {
        Control {
            kind,
            name: String::new(),
            id: String::new(),
            value: String::new(),
            label: String::new(),
            heading: String::new(),
            checked: false,
            disabled: false,
            choices: Vec::new(),
            max_length: None,
        }
    }

    /// Whether a person types into it.
    pub const fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text | Kind::Password | Kind::TextArea)
    }

    /// Whether it sends the form.
    pub const fn sends(&self) -> bool {
        matches!(self.kind, Kind::Submit | Kind::Image)
    }

    /// The choice that is sent when nobody touches the list: the last one that is selected, else the first.
    pub fn chosen(&self) -> Option<&Choice> {
        self.choices.iter().rev().find(|c| c.selected).or_else(|| self.choices.first())
    }
}

/// One choice of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub text: String,
    /// Whether it is chosen as the page comes.
    pub selected: bool,
}
