//! Name patterns: what matches can be filled back in, and matching takes no time worth mentioning.

use std::collections::BTreeSet;

use profile::Pattern;

/// The input up to its first NUL is a pattern, the rest a name.
pub fn run(input: &[u8]) {
    let at = input.iter().position(|&b| b == 0).unwrap_or(input.len());
    let (pattern, name) = input.split_at(at);
    let (pattern, name) =
        (String::from_utf8_lossy(pattern), String::from_utf8_lossy(name.get(1..).unwrap_or_default()));
    let Ok(pattern) = Pattern::new(&pattern) else { return };
    let Some(captures) = pattern.matches(&name) else { return };
    let names: Vec<&str> = pattern.names().collect();
    assert!(names.iter().all(|n| captures.get(n).is_some()), "{pattern:?} on {name:?}");
    let each_once = names.iter().collect::<BTreeSet<_>>().len() == names.len();
    if let Some(filled) = pattern.fill(|part| captures.get(part).map(str::to_owned)).filter(|_| each_once) {
        assert!(filled.eq_ignore_ascii_case(&name), "{pattern:?} makes {filled:?} of {name:?}");
        assert!(pattern.matches(&filled).is_some());
    }
}
