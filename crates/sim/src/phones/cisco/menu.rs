//! A list of a settings menu: which entry is chosen, the padlock, and what is typed at it.
//!
//! Which pages there are, what an entry does and what unlocks the menu is the family's.

use crate::Key;

/// A list that somebody looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct List {
    /// Counted from 0.
    chosen: usize,
    pub(crate) unlocked: bool,
    /// The keys `*` and `#` typed last.
    typed: String,
}

/// What a key means to a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pressed {
    /// The chosen entry is opened: by its number or by OK, which open pages only, or by the first softkey.
    Entry { by_softkey: bool },
    /// One more of `*` and `#`.
    Typed,
    /// It is the list's own business, or nobody's.
    Other,
}

impl List {
    /// A key goes down at a list of so many entries.
    pub(crate) fn press(&mut self, key: Key, entries: usize) -> Pressed {
        if let Key::Star | Key::Hash = key {
            self.typed.extend(key.to_char());
            return Pressed::Typed;
        }
        self.typed.clear();
        match key {
            Key::Up => self.chosen = self.chosen.saturating_sub(1),
            Key::Down => self.chosen = (self.chosen + 1).min(entries.saturating_sub(1)),
            Key::Digit(n) if n > 0 && usize::from(n) <= entries => {
                self.chosen = usize::from(n) - 1;
                return Pressed::Entry { by_softkey: false };
            }
            Key::Ok => return Pressed::Entry { by_softkey: false },
            Key::Softkey(1) => return Pressed::Entry { by_softkey: true },
            _ => {}
        }
        Pressed::Other
    }

    /// Whether the keys typed last are these.
    pub(crate) fn was_typed(&self, keys: &str) -> bool {
        self.typed.ends_with(keys)
    }

    /// Another page: its first entry is chosen, and what was typed is forgotten.
    pub(crate) fn turn(&mut self) {
        self.chosen = 0;
        self.typed.clear();
    }

    /// The chosen one of the entries.
    pub(crate) fn chosen<'a, A>(&self, entries: &'a [(String, A)]) -> Option<&'a A> {
        entries.get(self.chosen).map(|(_, action)| action)
    }

    /// What the screen shows: the padlock, then the entries.
    pub(crate) fn lines<A>(&self, entries: &[(String, A)]) -> Vec<String> {
        let head = format!("Settings [{}]", if self.unlocked { "unlocked" } else { "locked" });
        let entries = entries.iter().enumerate().map(|(at, (text, _))| {
            let mark = if at == self.chosen { '>' } else { ' ' };
            format!("{mark}{} {text}", at + 1)
        });
        std::iter::once(head).chain(entries).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_move_choose_and_type() {
        let mut list = List::default();
        let entries = [("Status".to_owned(), 'a'), ("Model".to_owned(), 'b')];
        for (key, means) in [
            (Key::Down, Pressed::Other),
            (Key::Down, Pressed::Other),
            (Key::Ok, Pressed::Entry { by_softkey: false }),
            (Key::Digit(3), Pressed::Other),
            (Key::Softkey(1), Pressed::Entry { by_softkey: true }),
        ] {
            assert_eq!(list.press(key, 2), means, "{key}");
            assert_eq!(list.chosen(&entries), Some(&'b'));
        }
        assert_eq!(list.lines(&entries), ["Settings [locked]", " 1 Status", ">2 Model"]);
        for key in Key::sequence("**#").unwrap() {
            assert_eq!(list.press(key, 2), Pressed::Typed);
        }
        assert!(list.was_typed("**#") && !list.was_typed("**#**"));
        assert_eq!(list.press(Key::Digit(1), 2), Pressed::Entry { by_softkey: false });
        assert!(!list.was_typed("**#"), "another key ends what is typed");
    }
}
