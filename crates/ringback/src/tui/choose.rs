//! A box over the screen in which the technician chooses: a procedure for the phone, or a station to answer.

use bench::Command;
use bench::view::{Offer, PhoneView, View};
use profile::keys::Wipes;
use proto::Mac;
use ratatui::Frame;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::style::Stylize;
use ratatui::text::Line;
use ratatui::widgets::{Block, Borders, Clear, Paragraph, Wrap};

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
                .filter(|o| !o.runs && (o.wipes == Wipes::Nothing || *agreed))
                .map(|o| Command::Start { phone: *phone, procedure: Some(o.id.clone()), to: None }),
            Among::Strangers(all) => all.get(self.at).map(|s| Command::Allow { phone: s.0 }),
        };
        command.map_or(Chosen::Open, Chosen::Wanted)
    }

    /// Draws the box over `area`.
    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect) {
        let (title, lines, help) = match &self.among {
            Among::Procedures { who, offers, agreed, .. } => self.procedures(who, offers, *agreed),
            Among::Strangers(all) => {
                let mut lines = vec![Line::from("Allow one only if it is a phone on your own cable.").dim()];
                lines.extend(all.iter().enumerate().map(|(n, (mac, why))| self.line(n, format!("{mac}  {why}"))));
                if all.is_empty() {
                    lines.push(Line::from("Every station that asked was answered."));
                }
                (" answer which station? ".to_owned(), lines, " ↑↓ choose   Enter allow   Esc back ")
            }
        };
        let wide = area.width.saturating_sub(4).min(92);
        let high = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(4).min(area.height);
        let place = Rect {
            x: area.x + (area.width - wide) / 2,
            y: area.y + (area.height - high) / 2,
            width: wide,
            height: high,
        };
        frame.render_widget(Clear, place);
        let block = Block::new().borders(Borders::ALL).title(title).title_bottom(help);
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }).block(block), place);
    }

    fn procedures(&self, who: &str, offers: &[Offer], agreed: bool) -> (String, Vec<Line<'static>>, &'static str) {
        let mut lines = Vec::new();
        for (n, offer) in offers.iter().enumerate() {
            let erases = match offer.wipes {
                Wipes::Nothing => "",
                Wipes::Settings => "  ERASES SETTINGS",
                Wipes::Firmware => "  ERASES EVERYTHING",
            };
            let cures =
                if offer.cures.is_empty() { String::new() } else { format!("  cures {}", offer.cures.join(", ")) };
            let runs = if offer.runs { "  runs now" } else { "" };
            lines.push(self.line(n, format!("{}{cures}{erases}{runs}", offer.title)));
            if n == self.at {
                lines.push(Line::from(format!("    {}", offer.when)).dim());
                if offer.wipes != Wipes::Nothing {
                    let mark = if agreed { "[x]" } else { "[ ]" };
                    lines.push(Line::from(format!("    {mark} e: it may be erased")).yellow());
                }
            }
        }
        if offers.is_empty() {
            lines.push(Line::from("No procedure is known for this phone."));
        }
        (format!(" {who}: begin what? "), lines, " ↑↓ choose   e agree to erase   Enter begin   Esc back ")
    }

    fn line(&self, n: usize, text: String) -> Line<'static> {
        if n == self.at { Line::from(format!("▶ {text}")).bold() } else { Line::from(format!("  {text}")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(id: &str, wipes: Wipes) -> Offer {
        Offer { id: id.into(), title: id.into(), when: String::new(), wipes, cures: Vec::new(), runs: false }
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
