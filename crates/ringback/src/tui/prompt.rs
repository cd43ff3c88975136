//! A box over the screen that asks for text: who approves and why, or which file a name means.

use bench::Command;
use bench::view::{PhoneView, View};
use proto::Mac;
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use ratatui::style::Stylize;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

use super::choose::Chosen;
use super::draw::over;

/// Longest text, characters.
const LONGEST: usize = 200;
/// Names shown at once below a field.
const SHOWN: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Approve,
    Map,
}

/// One line to fill in, with what it may be.
#[derive(Clone, Debug)]
struct Field {
    label: &'static str,
    text: String,
    among: Vec<String>,
    /// Whether another text will do as well.
    free: bool,
    at: usize,
}

/// The box.
#[derive(Clone, Debug)]
pub(super) struct Prompt {
    what: What,
    phone: Mac,
    title: String,
    fields: Vec<Field>,
    at: usize,
    wrong: &'static str,
}

impl Prompt {
    /// Who approves that this phone is erased, and why.
    pub(super) fn approval(phone: &PhoneView) -> Prompt {
        let field = |label| Field { label, text: String::new(), among: Vec::new(), free: true, at: 0 };
        Prompt {
            what: What::Approve,
            phone: phone.mac,
            title: format!(" {} {}: it is erased ", phone.mac, phone.who),
            fields: vec![field("Who approves it"), field("Why")],
            at: 0,
            wrong: "",
        }
    }

    /// Which file on the shelf a name means that this phone asks for.
    pub(super) fn map(view: &View, phone: &PhoneView) -> Prompt {
        let field = |label, among, free| Field { label, text: String::new(), among, free, at: 0 };
        let asked = phone.not_here().into_iter().map(str::to_owned).collect();
        Prompt {
            what: What::Map,
            phone: phone.mac,
            title: format!(" {} {}: a file for a name that is not here ", phone.mac, phone.who),
            fields: vec![field("It asks for", asked, true), field("The file on the shelf", view.files.to_vec(), false)],
            at: 0,
            wrong: "",
        }
    }

    /// Takes a key.
    pub(super) fn key(&mut self, key: KeyEvent) -> Chosen {
        self.wrong = "";
        let Some(field) = self.fields.get_mut(self.at) else { return Chosen::Closed };
        match key.code {
            KeyCode::Esc if self.at == 0 => return Chosen::Closed,
            KeyCode::Esc => self.at -= 1,
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return Chosen::Closed,
            KeyCode::Char(_) if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => {}
            KeyCode::Char(c) if field.text.chars().count() < LONGEST && !c.is_control() => field.type_in(c),
            KeyCode::Backspace => field.take_back(),
            KeyCode::Down | KeyCode::Tab => field.at = (field.at + 1).min(field.fitting().count().saturating_sub(1)),
            KeyCode::Up | KeyCode::BackTab => field.at = field.at.saturating_sub(1),
            KeyCode::Enter => return self.next(),
            _ => {}
        }
        Chosen::Open
    }

    fn next(&mut self) -> Chosen {
        let Some(field) = self.fields.get_mut(self.at) else { return Chosen::Closed };
        let Some(taken) = field.taken() else {
            self.wrong = if field.free { "Type it first." } else { "The shelf has no sound file of such a name." };
            return Chosen::Open;
        };
        (field.text, field.at) = (taken, 0);
        self.at += 1;
        let mut texts = self.fields.iter().map(|f| f.text.clone());
        match (self.fields.get(self.at), texts.next(), texts.next()) {
            (None, Some(first), Some(second)) => Chosen::Wanted(match self.what {
                What::Approve => Command::Approve { phone: self.phone, who: first, why: second },
                What::Map => Command::Map { phone: self.phone, asked: first, file: second },
            }),
            _ => Chosen::Open,
        }
    }

    /// Draws the box over `area`.
    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect) {
        let mut lines = Vec::new();
        for (n, field) in self.fields.iter().enumerate() {
            let label = Span::raw(format!("{}: ", field.label));
            lines.push(match n == self.at {
                true => Line::from(vec![label.bold(), Span::raw(field.text.clone()), Span::raw("█")]),
                false => Line::from(vec![label.dim(), Span::raw(field.text.clone())]),
            });
            let from = field.at.saturating_sub(SHOWN - 1);
            for (m, name) in field.fitting().enumerate().skip(from).take(SHOWN).filter(|_| n == self.at) {
                let line = Line::from(format!("  {} {name}", if m == field.at { "▶" } else { " " }));
                lines.push(if m == field.at { line.bold() } else { line });
            }
        }
        if !self.wrong.is_empty() {
            lines.push(Line::from(self.wrong).yellow());
        }
        let last = self.at + 1 == self.fields.len();
        let help = match (self.what, last) {
            (What::Approve, true) => " Enter: it may be erased   Esc back ",
            (What::Map, true) => " ↑↓ choose   Enter give it this file   Esc back ",
            (What::Approve, false) => " Enter next   Esc back ",
            (What::Map, false) => " ↑↓ choose   Enter next   Esc back ",
        };
        let wide = area.width.saturating_sub(4).min(92);
        let place = over(area, wide, lines.len() + 2);
        let block = Block::bordered().title(self.title.clone()).title_bottom(help);
        frame.render_widget(Clear, place);
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }).block(block), place);
    }
}

impl Field {
    fn type_in(&mut self, c: char) {
        self.text.push(c);
        self.at = 0;
    }

    fn take_back(&mut self) {
        self.text.pop();
        self.at = 0;
    }

    /// What can be chosen, by what is typed so far.
    fn fitting(&self) -> impl Iterator<Item = &String> {
        let typed = self.text.trim().to_ascii_lowercase();
        self.among.iter().filter(move |name| name.to_ascii_lowercase().contains(&typed))
    }

    /// What Enter takes.
    fn taken(&self) -> Option<String> {
        let typed = Some(self.text.trim()).filter(|text| self.free && !text.is_empty());
        self.fitting().nth(self.at).cloned().or_else(|| typed.map(str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: Mac = Mac([2, 0, 0, 0, 0, 1]);

    fn prompt(what: What, among: [&[&str]; 2]) -> Prompt {
        let field = |names: &[&str]| Field {
            label: "it",
            text: String::new(),
            among: names.iter().map(|n| (*n).to_owned()).collect(),
            free: what == What::Approve,
            at: 0,
        };
        let fields = among.map(field).into();
        Prompt { what, phone: PHONE, title: String::new(), fields, at: 0, wrong: "" }
    }

    fn typed(prompt: &mut Prompt, text: &str) -> Chosen {
        text.chars().for_each(|c| assert_eq!(prompt.key(KeyCode::Char(c).into()), Chosen::Open));
        prompt.key(KeyCode::Enter.into())
    }

    #[test]
    fn an_approval_needs_a_name_and_a_reason() {
        let mut asked = prompt(What::Approve, [&[], &[]]);
        assert_eq!(typed(&mut asked, "  "), Chosen::Open);
        assert_eq!(asked.at, 0, "blanks are no name");
        assert_eq!(typed(&mut asked, "Mr Jonesq"), Chosen::Open, "letters are text here, also those that are keys");
        asked.key(KeyCode::Esc.into());
        asked.key(KeyCode::Backspace.into());
        assert_eq!(typed(&mut asked, ""), Chosen::Open);
        assert_eq!(asked.key(KeyCode::Enter.into()), Chosen::Open, "no reason yet");
        let approve = Command::Approve { phone: PHONE, who: "Mr Jones".into(), why: "returned".into() };
        assert_eq!(typed(&mut asked, "returned"), Chosen::Wanted(approve));
    }

    #[test]
    fn a_name_is_given_a_file_that_is_there_and_no_other() {
        let mut asked = prompt(What::Map, [&["a.rom", "b.rom"], &["T46G.rom", "T48G.rom", "notes"]]);
        asked.key(KeyCode::Down.into());
        assert_eq!(typed(&mut asked, ""), Chosen::Open);
        assert_eq!(typed(&mut asked, "nonsense"), Chosen::Open);
        assert_eq!(asked.wrong, "The shelf has no sound file of such a name.");
        (0..8).for_each(|_| drop(asked.key(KeyCode::Backspace.into())));
        let map = Command::Map { phone: PHONE, asked: "b.rom".into(), file: "T48G.rom".into() };
        assert_eq!(typed(&mut asked, "t48"), Chosen::Wanted(map));
        assert_eq!(prompt(What::Map, [&["a"], &["b"]]).key(KeyCode::Esc.into()), Chosen::Closed);
    }
}
