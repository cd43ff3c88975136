//! Words for people, as the page and the terminal both say them.

use profile::keys::Wipes;

/// One sentence a line: a technician does one after the other.
pub(crate) fn sentences(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text.trim();
    while let Some(at) = rest.find(". ") {
        let (line, after) = rest.split_at(at + 1);
        lines.push(line.to_owned());
        rest = after.trim_start();
    }
    if !rest.is_empty() {
        lines.push(rest.to_owned());
    }
    lines
}

/// With a capital at its beginning.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The keys of a sequence one by one, as they are printed: `**#` is three, `mute, 1` are two.
pub(crate) fn keys(typed: &str) -> Vec<String> {
    match typed.chars().all(|c| c.is_ascii_digit() || matches!(c, '*' | '#')) {
        true => typed.chars().map(String::from).collect(),
        false => typed.split([',', ' ']).filter(|k| !k.is_empty()).map(str::to_owned).collect(),
    }
}

/// How many phones wait for the person.
pub(crate) fn waiting(phones: usize) -> String {
    if phones == 1 { "1 phone waits for you".to_owned() } else { format!("{phones} phones wait for you") }
}

/// What a procedure erases.
pub(crate) const fn erases(wipes: Wipes) -> &'static str {
    match wipes {
        Wipes::Nothing => "erases nothing",
        Wipes::Settings => "erases settings",
        Wipes::Firmware => "erases everything",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_lines_and_versions_stay_whole() {
        let lines = sentences("Unplug the phone. Hold #. The phone runs SCCP45.8-5-2S. Load 9.4(2) is next.");
        assert_eq!(lines, ["Unplug the phone.", "Hold #.", "The phone runs SCCP45.8-5-2S.", "Load 9.4(2) is next."]);
    }

    #[test]
    fn keys_are_named_as_they_are_printed() {
        assert_eq!(keys("**#"), ["*", "*", "#"]);
        assert_eq!(keys("mute, 1"), ["mute", "1"]);
        assert_eq!(capital("it shows"), "It shows");
    }
}
