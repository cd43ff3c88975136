//! What can be seen of a phone.

use std::collections::VecDeque;

use crate::wire::{Lamp, Output};

/// Screen and lamps as they are now; a change is told once.
#[derive(Clone, Debug, Default)]
pub(in crate::phones) struct Face {
    pub(in crate::phones) screen: Vec<String>,
    pub(in crate::phones) lamps: Vec<Lamp>,
}

impl Face {
    pub(in crate::phones) fn show(&mut self, lines: Vec<String>, out: &mut VecDeque<Output>) {
        if self.screen != lines {
            self.screen.clone_from(&lines);
            out.push_back(Output::Screen(lines));
        }
    }

    pub(in crate::phones) fn light(&mut self, lamps: Vec<Lamp>, out: &mut VecDeque<Output>) {
        if self.lamps != lamps {
            self.lamps.clone_from(&lamps);
            out.push_back(Output::Lamps(lamps));
        }
    }
}
