//! What every desk phone has: power, a network cable, keys, screen and lamps, and chance.

use std::collections::{BTreeSet, VecDeque};

use proto::Mac;

use super::face::Face;
use crate::rng::Rng;
use crate::wire::Lamp;
use crate::{Input, Key, Output, PhoneStatus};

/// A phone without what is inside.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) powered: bool,
    /// A cable is in the network socket, and makes a link.
    pub(crate) link: bool,
    /// Its socket makes a link with a computer's.
    pub(crate) can_link: bool,
    /// Keys that are down, with power or without.
    pub(crate) held: BTreeSet<Key>,
    pub(crate) face: Face,
    /// The last line of its status messages.
    pub(crate) message: Option<String>,
    pub(crate) rng: Rng,
    pub(crate) out: VecDeque<Output>,
}

impl Body {
    /// In its box: without power, its cable connected.
    pub(crate) fn new(rng: Rng, can_link: bool) -> Body {
        Body {
            powered: false,
            link: can_link,
            can_link,
            held: BTreeSet::new(),
            face: Face::default(),
            message: None,
            rng,
            out: VecDeque::new(),
        }
    }

    /// What happens to the body; answers it when the inside has to do something about it: power or link
    /// changed, a key went down or up, and with power anything that arrives.
    pub(crate) fn sift(&mut self, input: Input) -> Option<Input> {
        let matters = match &input {
            Input::Power(on) => std::mem::replace(&mut self.powered, *on) != *on,
            Input::Link(up) => self.can_link && std::mem::replace(&mut self.link, *up) != *up,
            Input::Key { key, down: true } => self.held.insert(*key) && self.powered,
            Input::Key { key, down: false } => self.held.remove(key),
            Input::Wire(_) | Input::Stream { .. } => self.powered && self.link,
            Input::Part { .. } | Input::Timeout => self.powered,
            Input::Jack(_) | Input::Stick(_) => true,
        };
        matters.then_some(input)
    }

    /// Shows these lines; an open menu stays before them.
    pub(crate) fn show(&mut self, lines: &[&str]) {
        self.face.show(lines.iter().map(|line| (*line).to_owned()).collect(), &mut self.out);
    }

    pub(crate) fn light(&mut self, lamps: Vec<Lamp>) {
        self.face.light(lamps, &mut self.out);
    }

    /// For whoever reads the run.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.out.push_back(Output::Note(text.into()));
    }

    /// A line of the status messages.
    pub(crate) fn status_message(&mut self, text: &str) {
        self.note(format!("status message: {text}"));
        self.message = Some(text.to_owned());
    }

    /// A message that stands on the screen for a moment and is remembered.
    pub(crate) fn screen_message(&mut self, text: &str) {
        self.note(format!("message: {text}"));
        self.message = Some(text.to_owned());
        self.show(&[text]);
    }

    /// The part of a phone's status that the body knows.
    pub(crate) fn status(&self, mac: Mac, model: &str) -> PhoneStatus {
        PhoneStatus {
            mac,
            model: model.to_owned(),
            powered: self.powered,
            load: None,
            screen: self.face.screen.clone(),
            lamps: self.face.lamps.clone(),
            state: "off",
            address: None,
            server: None,
            message: self.message.clone(),
            trust_list: false,
            bricked: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Wire;

    #[test]
    fn only_what_changes_something_reaches_the_inside() {
        let mut body = Body::new(Rng::new(1), true);
        let key = |down| Input::Key { key: Key::Hash, down };
        assert_eq!(body.sift(Input::Timeout), None, "no power");
        assert_eq!(body.sift(key(true)), None, "held, but nobody is at home");
        assert!(body.held.contains(&Key::Hash));
        assert!(body.sift(Input::Power(true)).is_some() && body.sift(Input::Power(true)).is_none());
        assert_eq!(body.sift(key(true)), None, "it is down already");
        assert!(body.sift(key(false)).is_some() && body.sift(key(true)).is_some());
        assert!(body.sift(Input::Wire(Wire::Frame(Vec::new()))).is_some());
        assert!(body.sift(Input::Link(false)).is_some() && body.sift(Input::Link(false)).is_none());
        assert_eq!(body.sift(Input::Wire(Wire::Frame(Vec::new()))), None, "no cable");
        let mut body = Body::new(Rng::new(1), false);
        assert!(!body.link && body.sift(Input::Link(true)).is_none(), "no link without a switch");
    }
}
