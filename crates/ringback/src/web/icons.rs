//! Small drawings, so that colour is never the only sign. Each is hidden from screen readers: words stand beside it.

use bench::view::Stand;
use profile::procedure::Ask;

macro_rules! icon {
    ($inner:literal) => {
        concat!("<svg class=\"icon\" viewBox=\"0 0 24 24\" aria-hidden=\"true\" focusable=\"false\">", $inner, "</svg>")
    };
}

/// Done, and proven.
pub(super) const DONE: &str = icon!("<circle cx=\"12\" cy=\"12\" r=\"9\"/><path d=\"m8 12.5 3 3 5.5-6.5\"/>");
/// Something is wrong.
pub(super) const WRONG: &str = icon!("<path d=\"M12 3.5 21.5 20h-19z\"/><path d=\"M12 10v4.5M12 17v.2\"/>");
const HAND: &str = icon!(
    "<path d=\"M8 13V5.5a1.5 1.5 0 0 1 3 0V11m0-.5v-7a1.5 1.5 0 0 1 3 0V11m0-5.5a1.5 1.5 0 0 1 3 0V13m0-4.5a1.5 1.5 0 0 1 3 0V15c0 4-2.5 6-6 6-3.2 0-4.6-1.4-6-3.6L5 13.6a1.6 1.6 0 0 1 2.6-1.8L8 13\"/>"
);
const BUSY: &str = icon!(
    "<path d=\"M12 3v4M12 17v4M3 12h4M17 12h4M5.6 5.6l2.9 2.9M15.5 15.5l2.9 2.9M18.4 5.6l-2.9 2.9M8.5 15.5l-2.9 2.9\"/>"
);
const EYE: &str = icon!(
    "<path d=\"M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z\"/><circle cx=\"12\" cy=\"12\" r=\"3\"/>"
);
const GONE: &str = icon!("<path d=\"M9 4H5v16h4M14 8l4 4-4 4M18 12H9\"/>");
const FAILED: &str = icon!("<circle cx=\"12\" cy=\"12\" r=\"9\"/><path d=\"m8.5 8.5 7 7m0-7-7 7\"/>");
const CABLE: &str = icon!("<path d=\"M7 3v5M11 3v5M5 8h8v3a4 4 0 0 1-8 0zM9 15v2a4 4 0 0 0 8 0v-4h3\"/>");
const POWER: &str = icon!("<path d=\"M12 3v9M6.5 6.5a8 8 0 1 0 11 0\"/>");
const KEYS: &str = icon!(
    "<rect x=\"4\" y=\"3\" width=\"16\" height=\"18\" rx=\"2\"/><path d=\"M8.5 8h.1M12 8h.1M15.5 8h.1M8.5 12h.1M12 12h.1M15.5 12h.1M8.5 16h.1M12 16h.1M15.5 16h.1\"/>"
);
const LEAVE: &str = icon!("<circle cx=\"12\" cy=\"12\" r=\"9\"/><path d=\"M5.6 5.6l12.8 12.8\"/>");

/// The sign of a stand.
pub(super) const fn of_stand(stand: Stand) -> &'static str {
    match stand {
        Stand::YourTurn => HAND,
        Stand::Failed => FAILED,
        Stand::Trouble => WRONG,
        Stand::Working => BUSY,
        Stand::Watching => EYE,
        Stand::Recovered => DONE,
        Stand::Gone => GONE,
    }
}

/// The sign of what is asked for.
pub(super) const fn of_ask(ask: Ask) -> &'static str {
    match ask {
        Ask::PlugIn => CABLE,
        Ask::PowerCycle => POWER,
        Ask::HoldKeyWhilePowering | Ask::TypeKeys | Ask::PressSoftkey => KEYS,
        Ask::ReadScreen => EYE,
        Ask::DoNotUnplug => LEAVE,
        Ask::ConfirmWipe => WRONG,
    }
}
