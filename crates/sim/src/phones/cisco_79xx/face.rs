//! Which lamps tell of a reset.

use super::model::LampStyle;
use crate::wire::{Colour, Lamp, LampMode};

/// Reset codes are taken now.
pub(super) fn ready(style: LampStyle) -> Vec<Lamp> {
    match style {
        LampStyle::Message => vec![lamp("message", Colour::Red, LampMode::Sequence)],
        _ => vec![lamp("line", Colour::Amber, LampMode::Sequence)],
    }
}

/// A code was taken.
pub(super) fn accepted(style: LampStyle) -> Vec<Lamp> {
    vec![match style {
        LampStyle::Message => lamp("message", Colour::Red, LampMode::Fast),
        LampStyle::AmberGreen => lamp("line", Colour::Green, LampMode::Sequence),
        LampStyle::AmberRed => lamp("line", Colour::Red, LampMode::Sequence),
        LampStyle::AmberRedFlash => lamp("line", Colour::Red, LampMode::Flash),
    }]
}

/// A soft reset is done.
pub(super) fn done(style: LampStyle) -> Vec<Lamp> {
    match style {
        LampStyle::Message => Vec::new(),
        _ => vec![lamp("line", Colour::Green, LampMode::Steady)],
    }
}

const fn lamp(name: &'static str, colour: Colour, mode: LampMode) -> Lamp {
    Lamp { name, colour, mode }
}
