//! Numbers and states as words for people.

use bench::exchange::Ending;
use bench::view::Stand;
use profile::keys::Wipes;

use crate::sentence::erases;

/// `1.4 MB`: decimal units, as the makers' pages use them.
pub(super) fn bytes(n: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", n / unit, n % unit / (unit / 10));
    match n {
        0..1_000 => format!("{n} bytes"),
        1_000..10_000 => format!("{} kB", tenths(1_000)),
        10_000..1_000_000 => format!("{} kB", n / 1_000),
        1_000_000..1_000_000_000 => format!("{} MB", tenths(1_000_000)),
        _ => format!("{} GB", tenths(1_000_000_000)),
    }
}

/// `2:05` for a span in seconds; `1:02:05` from an hour on.
pub(super) fn clock(seconds: u64) -> String {
    match seconds {
        0..3_600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        _ => format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60),
    }
}

/// Seconds left, roughly.
pub(super) fn left(seconds: u64) -> String {
    match seconds {
        0..90 => format!("{seconds} s left"),
        _ => format!("{} min left", seconds.div_ceil(60)),
    }
}

/// Share of the whole, 0 to 100; something that has no size is not done.
pub(super) fn percent(part: u64, whole: u64) -> u64 {
    part.min(whole).saturating_mul(100).checked_div(whole).unwrap_or(0)
}

/// The class of a stand, as style sheet and script know it.
pub(super) const fn stand_class(stand: Stand) -> &'static str {
    match stand {
        Stand::YourTurn => "turn",
        Stand::Failed => "failed",
        Stand::Trouble => "trouble",
        Stand::Working => "working",
        Stand::Watching => "watching",
        Stand::Recovered => "recovered",
        Stand::Gone => "gone",
    }
}

/// An ending: its class, its mark and its words. A file is found; anything else is answered.
pub(super) const fn ending(ending: Ending, file: bool) -> (&'static str, &'static str, &'static str) {
    match ending {
        Ending::Found => ("found", "✓", if file { "found" } else { "answered" }),
        Ending::NotFound => ("missing", "–", "not found"),
        Ending::Refused => ("refused", "✗", "refused"),
        Ending::Silence => ("silence", "·", "not answered"),
        Ending::Open => ("open", "…", "under way"),
        Ending::Told => ("told", "i", "noted"),
    }
}

/// What is erased: class, chip, the value that agrees to it, the sentence that is agreed to.
pub(super) const fn wipes(wipes: Wipes) -> (&'static str, &'static str, Option<&'static str>, &'static str) {
    let (class, value, agree) = match wipes {
        Wipes::Nothing => ("keeps", None, ""),
        Wipes::Settings => ("wipes", Some("settings"), "All settings of this phone may be erased."),
        Wipes::Firmware => ("wipes", Some("firmware"), "Everything on this phone may be erased, its firmware too."),
    };
    (class, erases(wipes), value, agree)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_say_them() {
        let said: Vec<String> = [999, 1_250, 756_000, 1_400_000, 8_000_000_000].map(bytes).into();
        assert_eq!(said, ["999 bytes", "1.2 kB", "756 kB", "1.4 MB", "8.0 GB"]);
        assert_eq!((clock(65), clock(3_725)), ("1:05".to_owned(), "1:02:05".to_owned()));
        assert_eq!((percent(1, 3), percent(5, 0), percent(9, 3)), (33, 0, 100));
    }
}
