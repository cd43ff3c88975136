//! Two short texts, line by line: what went and what came, with a line of context on each side.

use std::fmt::Write;

/// Texts longer than this are not compared line by line.
const LINES: usize = 2_000;

/// The lines of `now` with `+` where `was` does not have them, and those of `was` with `-` where `now` has not.
pub(super) fn lines(was: &str, now: &str) -> String {
    let (was, now): (Vec<&str>, Vec<&str>) = (was.lines().collect(), now.lines().collect());
    if was.len() > LINES || now.len() > LINES {
        return "too long to be compared\n".to_owned();
    }
    let marked = marked(&was, &now);
    let mut out = String::new();
    for (at, (mark, line)) in marked.iter().enumerate() {
        let near = marked.get(at.saturating_sub(1)..(at + 2).min(marked.len())).unwrap_or_default();
        if near.iter().any(|(mark, _)| *mark != ' ') {
            let _ = writeln!(out, "{mark} {line}");
        }
    }
    out
}

/// By the longest common subsequence: `kept[i][j]` is its length from line i of the one and j of the other on.
fn marked<'a>(was: &[&'a str], now: &[&'a str]) -> Vec<(char, &'a str)> {
    let wide = now.len() + 1;
    let mut kept = vec![0u32; (was.len() + 1) * wide];
    let at = |i: usize, j: usize| i * wide + j;
    let get = |kept: &[u32], i, j| kept.get(at(i, j)).copied().unwrap_or(0);
    for i in (0..was.len()).rev() {
        for j in (0..now.len()).rev() {
            let best = if was.get(i) == now.get(j) {
                get(&kept, i + 1, j + 1) + 1
            } else {
                get(&kept, i + 1, j).max(get(&kept, i, j + 1))
            };
            if let Some(cell) = kept.get_mut(at(i, j)) {
                *cell = best;
            }
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    loop {
        match (was.get(i), now.get(j)) {
            (Some(old), Some(new)) if old == new => {
                out.push((' ', *new));
                (i, j) = (i + 1, j + 1);
            }
            (Some(old), new) if new.is_none() || get(&kept, i + 1, j) >= get(&kept, i, j + 1) => {
                out.push(('-', *old));
                i += 1;
            }
            (_, Some(new)) => {
                out.push(('+', *new));
                j += 1;
            }
            (_, None) => return out,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn what_went_and_what_came() {
        let was = "a\nb\nc\nd\ne\n";
        assert_eq!(lines(was, "a\nb\nX\nd\ne\n"), "  b\n- c\n+ X\n  d\n");
        assert_eq!(lines(was, was), "");
        assert_eq!(lines("", "a\n"), "+ a\n");
        assert_eq!(lines("a\n", ""), "- a\n");
    }
}
