//! What can be seen of a phone.

use std::collections::VecDeque;

use crate::wire::{Lamp, Output};

/// Screen and lamps as they are now; a change is told once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Face {
    pub(crate) screen: Vec<String>,
    pub(crate) lamps: Vec<Lamp>,
    /// What the screen shows as soon as no menu is before it.
    beneath: Vec<String>,
    covered: bool,
    /// The screen stays black, whatever is shown: there is no load to drive it.
    pub(crate) dead: bool,
}

impl Face {
    /// Shows these lines; an open menu stays before them.
    pub(crate) fn show(&mut self, lines: Vec<String>, out: &mut VecDeque<Output>) {
        self.beneath = if self.dead { Vec::new() } else { lines };
        if !self.covered {
            self.draw(self.beneath.clone(), out);
        }
    }

    /// Shows a menu before all else.
    pub(crate) fn cover(&mut self, menu: Vec<String>, out: &mut VecDeque<Output>) {
        self.covered = true;
        self.draw(menu, out);
    }

    /// Closes the menu.
    pub(crate) fn uncover(&mut self, out: &mut VecDeque<Output>) {
        self.covered = false;
        self.draw(self.beneath.clone(), out);
    }

    /// Forgets the menu; what is shown next takes its place.
    pub(crate) fn forget_cover(&mut self) {
        self.covered = false;
    }

    pub(crate) fn light(&mut self, lamps: Vec<Lamp>, out: &mut VecDeque<Output>) {
        if self.lamps != lamps {
            self.lamps.clone_from(&lamps);
            out.push_back(Output::Lamps(lamps));
        }
    }

    fn draw(&mut self, lines: Vec<String>, out: &mut VecDeque<Output>) {
        if self.screen != lines {
            self.screen.clone_from(&lines);
            out.push_back(Output::Screen(lines));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_menu_stays_before_what_is_shown() {
        let (mut face, mut out) = (Face::default(), VecDeque::new());
        let lines = |text: &str| vec![text.to_owned()];
        face.show(lines("Registering"), &mut out);
        face.cover(lines("Settings"), &mut out);
        face.show(lines("Registered"), &mut out);
        face.uncover(&mut out);
        face.show(lines("Registered"), &mut out);
        let shown = ["Registering", "Settings", "Registered"].map(|text| Output::Screen(lines(text)));
        assert_eq!(Vec::from(out), shown);
    }
}
