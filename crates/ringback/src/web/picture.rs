//! The phone as a drawing: its keypad with the keys to hold and to type, and what its lamps and its screen
//! are to look like.
//!
//! What lamps do is read off the profile's own sentence ("The line lamps flash amber one after the other."):
//! a drawing beside the sentence, never instead of it. A sentence that names no colour gets no lamps.

use std::fmt::Write;

use askama::filters::{Html, escape};

/// The twelve keys, row by row, with their letters.
const PAD: [(&str, &str); 12] = [
    ("1", ""),
    ("2", "ABC"),
    ("3", "DEF"),
    ("4", "GHI"),
    ("5", "JKL"),
    ("6", "MNO"),
    ("7", "PQRS"),
    ("8", "TUV"),
    ("9", "WXYZ"),
    ("*", ""),
    ("0", ""),
    ("#", ""),
];

/// What the lamps do, as a sentence says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lamps {
    /// A class of the style sheet: `red`, `amber`, `green` …
    pub(super) colour: &'static str,
    /// `sequence`, `fast`, `flash` or `steady`.
    pub(super) mode: &'static str,
}

/// Lamps that a sentence speaks of.
pub(super) fn lamps(sentence: &str) -> Option<Lamps> {
    let text = sentence.to_ascii_lowercase();
    let is_lamp = ["lamp", "light", "led"].iter().any(|w| text.contains(w));
    let colours = [
        ("amber", "amber"),
        ("orange", "amber"),
        ("yellow", "amber"),
        ("red", "red"),
        ("green", "green"),
        ("blue", "blue"),
        ("white", "white"),
    ];
    // The first colour that is named is the one to look for.
    let colour = colours.iter().filter_map(|(word, class)| Some((text.find(word)?, *class))).min()?.1;
    let mode = if text.contains("one after the other") || text.contains("run in") || text.contains("in sequence") {
        "sequence"
    } else if text.contains("fast") {
        "fast"
    } else if text.contains("flash") || text.contains("blink") {
        "flash"
    } else {
        "steady"
    };
    is_lamp.then_some(Lamps { colour, mode })
}

/// What a sentence says the screen shows.
pub(super) fn screen(sentence: &str) -> Option<&str> {
    let (_, shown) = sentence.split_once("screen shows ").or_else(|| sentence.split_once("display shows "))?;
    let end = shown.find(". ").unwrap_or(shown.len());
    let words = shown.get(..end)?.trim_end_matches('.').trim();
    (!words.is_empty() && words.len() <= 60).then_some(words)
}

/// Three lamps in a row, beside a sentence.
pub(super) fn strip(lamps: Lamps) -> String {
    let mut out = format!(
        "<svg class=\"strip lamps-{} {}\" viewBox=\"0 0 66 22\" aria-hidden=\"true\">",
        lamps.mode, lamps.colour
    );
    for n in 0..3 {
        let _ = write!(out, "<circle class=\"lamp n{n}\" cx=\"{}\" cy=\"11\" r=\"8\"/>", 11 + n * 22);
        numbered(&mut out, lamps, n, (11 + n * 22, 15));
    }
    out.push_str("</svg>");
    out
}

/// Which of them lights after which, where they light one after the other: seen without a movement, too.
fn numbered(out: &mut String, lamps: Lamps, n: usize, (x, y): (usize, usize)) {
    if lamps.mode == "sequence" {
        let _ = write!(out, "<text class=\"turn-no\" x=\"{x}\" y=\"{y}\">{}</text>", n + 1);
    }
}

/// A phone: screen, lamps, keypad. `hold` and `keys` are labels as printed; keys that are not on the twelve-key
/// pad are drawn below it by their names.
pub(super) fn phone(hold: &[String], keys: &[String], ready: Option<&str>) -> String {
    let said = ready.unwrap_or_default();
    let lamps = lamps(said);
    let others: Vec<&String> = hold.iter().chain(keys).filter(|k| !PAD.iter().any(|p| p.0 == k.as_str())).collect();
    let mut unique: Vec<&String> = Vec::new();
    others.into_iter().for_each(|k| {
        if !unique.contains(&k) {
            unique.push(k)
        }
    });
    let height = 372 + unique.len().div_ceil(2) * 48;
    let mut out = format!(
        "<svg class=\"phone\" viewBox=\"0 0 240 {height}\" role=\"img\" aria-label=\"{}\">",
        attribute(&in_words(hold, keys))
    );
    let _ = write!(out, "<rect class=\"body\" x=\"2\" y=\"2\" width=\"236\" height=\"{}\" rx=\"18\"/>", height - 4);
    out.push_str("<rect class=\"lcd\" x=\"20\" y=\"18\" width=\"162\" height=\"58\" rx=\"6\"/>");
    if let Some(words) = screen(said) {
        for (n, line) in fold(words, 20).iter().take(2).enumerate() {
            let _ = write!(out, "<text class=\"lcd-text\" x=\"101\" y=\"{}\">{}</text>", 43 + n * 20, text(line));
        }
    }
    for n in 0..3 {
        let class = lamps.map_or_else(|| "lamp off".to_owned(), |l| format!("lamp n{n} {} lamps-{}", l.colour, l.mode));
        let _ = write!(out, "<circle class=\"{class}\" cx=\"208\" cy=\"{}\" r=\"8\"/>", 27 + n * 20);
        lamps.into_iter().for_each(|l| numbered(&mut out, l, n, (208, 31 + n * 20)));
    }
    for (n, (label, letters)) in PAD.iter().enumerate() {
        let (x, y) = (20 + n % 3 * 68, 92 + n / 3 * 68);
        key(&mut out, label, letters, (x, y, 64, 62), hold, keys);
    }
    for (n, label) in unique.iter().enumerate() {
        let (x, y) = (20 + n % 2 * 102, 366 + n / 2 * 48);
        key(&mut out, label, "", (x, y, 98, 42), hold, keys);
    }
    out.push_str("</svg>");
    out
}

fn key(
    out: &mut String,
    label: &str,
    letters: &str,
    at: (usize, usize, usize, usize),
    hold: &[String],
    keys: &[String],
) {
    let (x, y, width, height) = at;
    let held = hold.iter().any(|h| h == label);
    let order: Vec<String> =
        keys.iter().enumerate().filter(|(_, k)| *k == label).map(|(n, _)| (n + 1).to_string()).collect();
    let class = match (held, order.is_empty()) {
        (true, _) => "key held",
        (false, false) => "key typed",
        (false, true) => "key",
    };
    let middle = x + width / 2;
    let _ =
        write!(out, "<g class=\"{class}\"><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"9\"/>");
    let base = if letters.is_empty() && !held { y + height / 2 + 9 } else { y + height / 2 + 4 };
    let small = if label.chars().count() > 2 { " small" } else { "" };
    let _ = write!(out, "<text class=\"cap{small}\" x=\"{middle}\" y=\"{base}\">{}</text>", text(label));
    if held {
        let _ = write!(out, "<text class=\"tag\" x=\"{middle}\" y=\"{}\">HOLD</text>", y + height - 8);
    } else if !letters.is_empty() {
        let _ = write!(out, "<text class=\"letters\" x=\"{middle}\" y=\"{}\">{letters}</text>", y + height - 10);
    }
    if !order.is_empty() {
        let order = order.join("·");
        let wide = 16 + order.len() * 8;
        let _ = write!(
            out,
            "<rect class=\"badge\" x=\"{}\" y=\"{}\" width=\"{wide}\" height=\"24\" rx=\"12\"/><text class=\"order\" x=\"{}\" y=\"{}\">{order}</text>",
            x + width - wide + 4,
            y.saturating_sub(6),
            x + width + 4 - wide / 2,
            y + 11
        );
    }
    out.push_str("</g>");
}

fn in_words(hold: &[String], keys: &[String]) -> String {
    let mut words = String::from("The phone's keypad.");
    if !hold.is_empty() {
        let _ = write!(words, " Hold {}.", hold.join(" and "));
    }
    if !keys.is_empty() {
        let _ = write!(words, " Then type {}.", keys.join(" "));
    }
    words
}

/// Words in lines of at most so many characters; a longer word has a line of its own.
fn fold(words: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        match lines.last_mut().filter(|l| l.chars().count() + 1 + word.chars().count() <= width) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

fn text(raw: &str) -> String {
    escape(raw, Html).map_or_else(|_| String::new(), |e| e.to_string())
}

fn attribute(raw: &str) -> String {
    text(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lamps_are_read_off_the_sentence() {
        let lamp = |colour, mode| Some(Lamps { colour, mode });
        assert_eq!(lamps("The line lamps light amber one after the other."), lamp("amber", "sequence"));
        assert_eq!(lamps("The message lamp flashes red faster."), lamp("red", "fast"));
        assert_eq!(lamps("The line lamps run in red. About a minute later they are green."), lamp("red", "sequence"));
        assert_eq!(lamps("The screen shows Upgrading."), None);
        assert_eq!(screen("The screen shows Upgrading."), Some("Upgrading"));
    }

    #[test]
    fn keys_carry_their_order_and_a_hostile_label_is_text() {
        let hold = ["#".to_owned()];
        let keys: Vec<String> = "121".chars().map(String::from).chain(["<b onx=1>".to_owned()]).collect();
        let drawn = phone(&hold, &keys, None);
        assert!(drawn.contains(">1·3<") && drawn.contains("HOLD"), "{drawn}");
        assert!(!drawn.contains("<b "), "{drawn}");
    }
}
