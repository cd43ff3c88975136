//! Which words stand beside a control: what a person sees, since names may say nothing.

use super::page::Kind;
use super::read::one_blank;

/// What the eye meets, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// Words.
    Text(String),
    /// A cell of a table ends or begins: near, but not the same.
    Cell,
    /// A line or a row ends or begins.
    Line,
    /// `<label>`, with its `for`.
    LabelBegins(String),
    /// `</label>`.
    LabelEnds,
    /// A control with its `id`.
    Control {
        /// What it is.
        kind: Kind,
        /// Its `id`.
        id: String,
    },
}

/// What stands beside a control.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Beside {
    /// The words that name it.
    pub(super) label: String,
    /// The last words above it that stand alone.
    pub(super) heading: String,
}

/// The words beside each control, by the control's place in `items`.
pub(super) fn labels(items: &[Item]) -> Vec<(usize, Beside)> {
    let lines = lines(items);
    let mut found = Vec::new();
    let mut heading = String::new();
    // Words on a line of their own are a heading, or the label of a field that stands below.
    let mut above = String::new();
    for line in &lines {
        let words = one_blank(&text_of(items, line.clone()));
        let controls: Vec<usize> = line.clone().filter(|i| is_seen(items.get(*i))).collect();
        if controls.is_empty() {
            if !words.is_empty() {
                heading.clone_from(&words);
                above = words;
            }
            continue;
        }
        let words_first = words_first(items, line, &controls);
        for (nth, &at) in controls.iter().enumerate() {
            let before = controls.get(nth.wrapping_sub(1)).map_or(line.start, |c| c + 1);
            let after = controls.get(nth + 1).copied().unwrap_or(line.end);
            let left = one_blank(&text_of(items, before..at));
            let right = one_blank(&text_of(items, at + 1..after));
            let beside = match items.get(at) {
                Some(Item::Control { kind: Kind::Radio | Kind::Checkbox, .. }) if !right.is_empty() && !words_first => {
                    right
                }
                _ if left.is_empty() && nth == 0 => {
                    if above.is_empty() {
                        right
                    } else {
                        above.clone()
                    }
                }
                _ if left.is_empty() => text_before(items, line.start..at),
                _ => left,
            };
            let label = explicit(items, at).unwrap_or(beside);
            found.push((at, Beside { label, heading: heading.clone() }));
        }
        above.clear();
    }
    found
}

/// Whether the words of a line's buttons stand before them: the first has some there, the last none behind.
fn words_first(items: &[Item], line: &std::ops::Range<usize>, controls: &[usize]) -> bool {
    let (Some(&first), Some(&last)) = (controls.first(), controls.last()) else { return false };
    let is_empty = |range| one_blank(&text_of(items, range)).is_empty();
    controls.len() > 1 && !is_empty(line.start..first) && is_empty(last + 1..line.end)
}

fn is_seen(item: Option<&Item>) -> bool {
    matches!(item, Some(Item::Control { kind, .. }) if *kind != Kind::Hidden)
}

/// Ranges of items between two ends of a line.
fn lines(items: &[Item]) -> Vec<std::ops::Range<usize>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (at, item) in items.iter().enumerate() {
        if *item == Item::Line {
            lines.push(start..at);
            start = at + 1;
        }
    }
    lines.push(start..items.len());
    lines
}

fn text_of(items: &[Item], range: std::ops::Range<usize>) -> String {
    let mut text = String::new();
    for item in items.get(range).unwrap_or_default() {
        match item {
            Item::Text(words) => text.push_str(words),
            Item::Cell => text.push(' '),
            _ => {}
        }
    }
    text
}

/// The nearest words to the left, whatever stands between.
fn text_before(items: &[Item], range: std::ops::Range<usize>) -> String {
    let words = items.get(range).unwrap_or_default().iter().rev().find_map(|item| match item {
        Item::Text(words) => Some(one_blank(words)).filter(|w| !w.is_empty()),
        _ => None,
    });
    words.unwrap_or_default()
}

/// The words of its `<label>`: the one that names its id, or the one that goes round it.
fn explicit(items: &[Item], at: usize) -> Option<String> {
    let Some(Item::Control { id, .. }) = items.get(at) else { return None };
    let named = |item: &Item| matches!(item, Item::LabelBegins(of) if !id.is_empty() && of == id);
    let round = || {
        let begins = items.get(..at)?.iter().rposition(|i| matches!(i, Item::LabelBegins(_) | Item::LabelEnds))?;
        matches!(items.get(begins), Some(Item::LabelBegins(of)) if of.is_empty()).then_some(begins)
    };
    let begins = items.iter().position(named).or_else(round)?;
    let rest = items.get(begins + 1..)?;
    // A label that nobody closes ends with its line, or with the next control but one's own.
    let ends = rest.iter().enumerate().position(|(n, i)| match i {
        Item::LabelEnds | Item::LabelBegins(_) | Item::Line => true,
        Item::Control { .. } => begins + 1 + n != at,
        _ => false,
    });
    let end = ends.map_or(items.len(), |n| begins + 1 + n);
    Some(one_blank(&text_of(items, begins + 1..end))).filter(|w| !w.is_empty())
}
