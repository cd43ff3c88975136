//! Any other server that says in one line who asked for what and how it went: SolarWinds, 3CDaemon and more.
//!
//! Their exact words are not published; a line counts when it has an address, a name that a phone asks for, and one
//! of a few words. What a family of phones would not ask for is not taken for a file's name.

use profile::Profiles;

use super::{Said, address_in, name, number};
use crate::hearsay::is_a_phones;

const MISSED: &[&str] = &[
    "not found",
    "no such file",
    "does not exist",
    "doesn't exist",
    "could not open",
    "couldn't open",
    "cannot open",
    "can't open",
    "unable to open",
    "cannot find",
    "missing",
];
const BROKEN: &[&str] = &["timed out", "timeout", "time out", "aborted", "failed", "cancelled", "canceled", "error"];
const SENT: &[&str] = &["sent", "completed", "complete", "finished", "successful", "successfully", "transferred"];
const ASKED: &[&str] =
    &["request", "requests", "requested", "rrq", "read", "reading", "get", "sending", "started", "asks"];

/// Reads a line; `None` when it is about no phone's file.
pub(super) fn read(text: &str, profiles: &Profiles) -> Option<Said> {
    let address = address_in(text)?;
    let file = words(text).find(|word| is_a_phones(word, profiles))?;
    let (to, file, key) = (Some(address), name(file), None);
    let lower = text.to_ascii_lowercase();
    let has =
        |words: &[&str]| words.iter().any(|w| lower.match_indices(w).any(|(at, _)| stands_alone(&lower, at, w.len())));
    let says = || format!("the server said \"{}\"", name(text));
    if MISSED.iter().any(|m| lower.contains(m)) {
        return Some(Said::Refused { to, name: Some(file), key, code: "RB210", why: says() });
    }
    if has(BROKEN) {
        return Some(Said::Failed { to, name: Some(file), key, why: says() });
    }
    if has(SENT) {
        let bytes =
            lower.find(" bytes").and_then(|end| number(lower[..end].rsplit([' ', ',', '(']).next()?)).unwrap_or(0);
        return Some(Said::Sent { to, name: Some(file), key, bytes, repeats: 0 });
    }
    has(ASKED).then_some(Said::Asked { from: to, name: file, key, told_at_end: true })
}

/// Words, without what quotes them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || ",;<>\"'()[]".contains(c)).map(|w| w.trim_end_matches(['.', ':']))
}

fn stands_alone(text: &str, at: usize, len: usize) -> bool {
    let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    !letter(text[..at].chars().next_back()) && !letter(text[at + len..].chars().next())
}
