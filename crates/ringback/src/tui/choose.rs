//! A box over the screen in which the technician chooses: a procedure for the phone, or a station to answer.

use bench::Command;
use bench::procedure::fit::Fit;
use bench::view::{Offer, PhoneView, View};
use profile::keys::Wipes;
use proto::Mac;
use ratatui::Frame;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Padding, Paragraph};

use super::draw::{Folded, over};
use crate::sentence::erases;

/// What is chosen from.
#[derive(Clone, Debug)]
enum Among {
    Procedures { phone: Mac, who: String, offers: Vec<Offer>, agreed: bool },
    Strangers(Vec<(Mac, String)>),
}

/// The box.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    among: Among,
    at: usize,
}

/// What became of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Chosen {
    /// Still choosing.
    Open,
    /// The box is closed.
    Closed,
    /// This is wanted.
    Wanted(Command),
}

impl Choice {
    /// Among the procedures that fit this phone.
    pub(super) fn procedure(phone: &PhoneView, offers: Vec<Offer>) -> Choice {
        let who = format!("{} {}", phone.mac, phone.who);
        Choice { among: Among::Procedures { phone: phone.mac, who, offers, agreed: false }, at: 0 }
    }

    /// Among the stations that were not answered.
    pub(super) fn stranger(view: &View) -> Choice {
        Choice { among: Among::Strangers(view.strangers.iter().map(|s| (s.mac, s.why.clone())).collect()), at: 0 }
    }

    /// Takes a key.
    pub(super) fn key(&mut self, key: KeyCode) -> Chosen {
        let count = match &self.among {
            Among::Procedures { offers, .. } => offers.len(),
            Among::Strangers(all) => all.len(),
        };
        match key {
            KeyCode::Esc | KeyCode::Char('q') => return Chosen::Closed,
            KeyCode::Down | KeyCode::Tab => self.go((self.at + 1).min(count.saturating_sub(1))),
            KeyCode::Up => self.go(self.at.saturating_sub(1)),
            KeyCode::Char('e') => {
                if let Among::Procedures { agreed, .. } = &mut self.among {
                    *agreed = !*agreed;
                }
            }
            KeyCode::Enter => return self.wanted(),
            _ => {}
        }
        Chosen::Open
    }

    /// What was agreed to for one line counts for no other.
    fn go(&mut self, at: usize) {
        self.at = at;
        if let Among::Procedures { agreed, .. } = &mut self.among {
            *agreed = false;
        }
    }

    fn wanted(&self) -> Chosen {
        let command = match &self.among {
            Among::Procedures { phone, offers, agreed, .. } => offers
                .get(self.at)
                .filter(|o| !o.runs && o.fit.may_begin() && (o.wipes == Wipes::Nothing || *agreed))
                .map(|o| Command::Start { phone: *phone, procedure: Some(o.id.clone()), to: None }),
            Among::Strangers(all) => all.get(self.at).map(|s| Command::Allow { phone: s.0 }),
        };
        command.map_or(Chosen::Open, Chosen::Wanted)
    }

    /// Draws the box over `area`.
    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect) {
        let wide = area.width.saturating_sub(4).min(92);
        let mut lines = Folded { lines: Vec::new(), width: usize::from(wide.saturating_sub(4)) };
        let mut upto = 0;
        let (title, help) = match &self.among {
            Among::Procedures { who, offers, agreed, .. } => {
                upto = self.procedures(&mut lines, offers, *agreed);
                let help = " ↑↓ choose   e agree to erase   Enter begin   Esc back ";
                (format!(" {who}: begin what? "), help)
            }
            Among::Strangers(all) => {
                lines.marked("", "Allow one only if it is a phone on your own cable.", Style::new().dim());
                for (n, (mac, why)) in all.iter().enumerate() {
                    self.entry(&mut lines, n, &format!("{mac}  {why}"), Style::new());
                    upto = if n == self.at { lines.lines.len() } else { upto };
                }
                if all.is_empty() {
                    lines.marked("", "Every station that asked was answered.", Style::new());
                }
                (" answer which station? ".to_owned(), " ↑↓ choose   Enter allow   Esc back ")
            }
        };
        let place = over(area, wide, lines.lines.len());
        // The chosen one, with what is said about it, stays in sight.
        let room = usize::from(place.height.saturating_sub(2));
        let skip = upto.saturating_sub(room);
        let shown: Vec<Line<'_>> = lines.lines.into_iter().skip(skip).take(room).collect();
        let block = Block::bordered().padding(Padding::horizontal(1)).title(title).title_bottom(help);
        frame.render_widget(Clear, place);
        frame.render_widget(Paragraph::new(shown).block(block), place);
    }

    /// Answers up to which line the chosen one goes.
    fn procedures(&self, lines: &mut Folded, offers: &[Offer], agreed: bool) -> usize {
        let mut upto = 0;
        for (n, offer) in offers.iter().enumerate() {
            let erases = match offer.wipes {
                Wipes::Nothing => String::new(),
                wipes => format!(" · {}", erases(wipes).to_uppercase()),
            };
            let cures =
                if offer.cures.is_empty() { String::new() } else { format!(" · cures {}", offer.cures.join(", ")) };
            let runs = if offer.runs { " · runs now" } else { "" };
            let style = if offer.fit.why().is_some() { Style::new().dim() } else { Style::new() };
            self.entry(lines, n, &format!("{}{cures}{erases}{runs}", offer.title), style);
            offer.fit.why().into_iter().for_each(|why| lines.marked("    ", &format!("– {why}"), style));
            if n == self.at {
                lines.marked("    ", &offer.when, Style::new().dim());
                if let Fit::Not { code, .. } = offer.fit {
                    lines.marked("    ", &format!("It would be refused ({code})."), Style::new().yellow());
                } else if offer.wipes != Wipes::Nothing {
                    let mark = if agreed { "[x]" } else { "[ ]" };
                    lines.marked("    ", &format!("{mark} e: it may be erased"), Style::new().yellow());
                }
                upto = lines.lines.len();
            }
        }
        if offers.is_empty() {
            lines.marked("", "No procedure is known for this phone.", Style::new());
        }
        upto
    }

    fn entry(&self, lines: &mut Folded, n: usize, text: &str, style: Style) {
        let is = n == self.at;
        lines.marked(if is { "▶ " } else { "  " }, text, if is { style.bold() } else { style });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(id: &str, wipes: Wipes) -> Offer {
        Offer {
            id: id.into(),
            title: id.into(),
            when: String::new(),
            wipes,
            cures: Vec::new(),
            runs: false,
            fit: Fit::Fits,
        }
    }

    #[test]
    fn what_erases_begins_only_after_it_was_agreed_to_for_that_line() {
        let offers =
            vec![offer("keeps", Wipes::Nothing), offer("wipes", Wipes::Firmware), offer("other", Wipes::Settings)];
        let phone = Mac([2, 0, 0, 0, 0, 1]);
        let among = Among::Procedures { phone, who: String::new(), offers, agreed: false };
        let mut choice = Choice { among, at: 0 };
        let start = |id: &str| Chosen::Wanted(Command::Start { phone, procedure: Some(id.into()), to: None });
        assert_eq!(choice.clone().key(KeyCode::Enter), start("keeps"));
        choice.key(KeyCode::Down);
        assert_eq!(choice.key(KeyCode::Enter), Chosen::Open, "not agreed");
        choice.key(KeyCode::Char('e'));
        assert_eq!(choice.clone().key(KeyCode::Enter), start("wipes"));
        choice.key(KeyCode::Down);
        assert_eq!(choice.key(KeyCode::Enter), Chosen::Open, "agreed to for another");
        assert_eq!(choice.key(KeyCode::Esc), Chosen::Closed);
    }
}
