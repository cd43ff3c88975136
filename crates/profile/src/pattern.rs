//! Name patterns as people write them: `SEP{mac}.cnf.xml`, `{load}.loads`, `term{nn}.default.loads`.
//!
//! Literal text matches without regard to case. `{mac}` matches twelve hex digits, `{nn}` two digits,
//! `{hex}` hex digits, any other `{name}` one or more characters but no slash, as few as possible.
//! `*` is a `{name}` that is not kept and may be empty. Not a regular-expression language on purpose.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Deserializer};

/// What the named parts of a pattern matched, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captures(Vec<(String, String)>);

impl Captures {
    /// The text a named part matched.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Capture(String),
    Any,
}

/// A pattern and the text it was read from.
#[derive(Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    parts: Vec<Part>,
}

impl Pattern {
    /// Reads a pattern. The error says what is wrong with it.
    pub fn new(text: &str) -> Result<Pattern, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            match first {
                '*' => {
                    parts.push(Part::Any);
                    rest = &rest[1..];
                }
                '{' => {
                    let Some(end) = rest.find('}') else { return Err(format!("`{text}`: a `{{` without its `}}`")) };
                    let name = &rest[1..end];
                    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                        return Err(format!("`{text}`: `{{{name}}}` is not a name; use letters, digits and `_`"));
                    }
                    parts.push(Part::Capture(name.to_owned()));
                    rest = &rest[end + 1..];
                }
                '}' => return Err(format!("`{text}`: a `}}` without its `{{`")),
                _ => {
                    let end = rest.find(['*', '{', '}']).unwrap_or(rest.len());
                    parts.push(Part::Literal(rest[..end].to_owned()));
                    rest = &rest[end..];
                }
            }
        }
        if parts.windows(2).any(|w| !matches!(w, [Part::Literal(_), _] | [_, Part::Literal(_)]) && !fixed(&w[0])) {
            return Err(format!("`{text}`: two open parts side by side; put a literal between them"));
        }
        Ok(Pattern { text: text.to_owned(), parts })
    }

    /// The pattern as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the whole of `name` matches, and what its parts matched.
    pub fn matches(&self, name: &str) -> Option<Captures> {
        if let Some(Part::Literal(ending)) = self.parts.last()
            && !ends_with(name, ending)
        {
            return None;
        }
        let mut matcher = Matcher { parts: &self.parts, text: name, spans: Vec::new(), dead: BTreeSet::new() };
        if !matcher.fits(0, 0) {
            return None;
        }
        let spans = matcher.spans.iter();
        Some(Captures(spans.map(|&(part, from, to)| (part.to_owned(), name[from..to].to_owned())).collect()))
    }

    /// The name made by filling every part with `value(part)`; `None` when one has no value.
    pub fn fill(&self, value: impl Fn(&str) -> Option<String>) -> Option<String> {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Capture(name) => out.push_str(&value(name)?),
                Part::Any => return None,
            }
        }
        Some(out)
    }

    /// The names of the parts, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|p| match p {
            Part::Capture(name) => Some(name.as_str()),
            _ => None,
        })
    }
}

fn fixed(part: &Part) -> bool {
    matches!(part, Part::Capture(name) if name == "mac" || name == "nn")
}

fn ends_with(text: &str, ending: &str) -> bool {
    let at = text.len().checked_sub(ending.len());
    at.is_some_and(|at| text.as_bytes()[at..].eq_ignore_ascii_case(ending.as_bytes()))
}

/// One attempt at one text.
struct Matcher<'a> {
    parts: &'a [Part],
    text: &'a str,
    /// What the named parts take: name, from, to.
    spans: Vec<(&'a str, usize, usize)>,
    /// Open parts that were tried from here in vain: never again, or several of them would take ages.
    dead: BTreeSet<(usize, usize)>,
}

impl<'a> Matcher<'a> {
    /// Whether the parts from this one on match the text from here on.
    fn fits(&mut self, part: usize, at: usize) -> bool {
        let rest = &self.text[at..];
        let Some(kind) = self.parts.get(part) else { return rest.is_empty() };
        let (shortest, longest, good): (usize, usize, fn(char) -> bool) = match kind {
            Part::Literal(literal) => {
                let is_here = rest.get(..literal.len()).is_some_and(|head| head.eq_ignore_ascii_case(literal));
                return is_here && self.fits(part + 1, at + literal.len());
            }
            Part::Capture(name) if name == "mac" => (12, 12, |c| c.is_ascii_hexdigit()),
            Part::Capture(name) if name == "nn" => (2, 2, |c| c.is_ascii_digit()),
            Part::Capture(name) if name == "hex" => (1, usize::MAX, |c| c.is_ascii_hexdigit()),
            Part::Capture(_) => (1, usize::MAX, |c| c != '/'),
            Part::Any => (0, usize::MAX, |_| true),
        };
        if self.dead.contains(&(part, at)) {
            return false;
        }
        let kept = self.spans.len();
        let mut taken = 0;
        let ends = rest.char_indices().map(|(i, c)| (i, Some(c))).chain([(rest.len(), None)]);
        for (end, next) in ends {
            if taken >= shortest {
                if let Part::Capture(name) = kind {
                    self.spans.push((name, at, at + end));
                }
                if self.fits(part + 1, at + end) {
                    return true;
                }
                self.spans.truncate(kept);
            }
            match next {
                Some(c) if good(c) && taken < longest => taken += 1,
                _ => break,
            }
        }
        self.dead.insert((part, at));
        false
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({})", self.text)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Pattern, D::Error> {
        let text = String::deserialize(from)?;
        Pattern::new(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(pattern: &str, name: &str, part: &str) -> Option<String> {
        Pattern::new(pattern).unwrap().matches(name)?.get(part).map(str::to_owned)
    }

    #[test]
    fn names_match_without_regard_to_case() {
        assert_eq!(get("SEP{mac}.cnf.xml", "sep0011bb73ad61.CNF.XML", "mac").as_deref(), Some("0011bb73ad61"));
        assert_eq!(get("SEP{mac}.cnf.xml", "SEP0011bb73ad6.cnf.xml", "mac"), None);
        assert_eq!(get("term{nn}.default.loads", "TERM70.default.loads", "nn").as_deref(), Some("70"));
        assert_eq!(get("{load}.loads", "SCCP45.8-5-2S.loads", "load").as_deref(), Some("SCCP45.8-5-2S"));
        assert_eq!(get("{load}.loads", "a/b.loads", "load"), None);
        assert_eq!(
            get("Cisco Systems, Inc. IP Phone CP-{model}", "Cisco Systems, Inc. IP Phone CP-7965G", "model").as_deref(),
            Some("7965G")
        );
        assert!(Pattern::new("*.xml").unwrap().matches("English/x.xml").is_some());
        assert!(Pattern::new("ü*").unwrap().matches("x").is_none());
    }

    #[test]
    fn many_open_parts_do_not_take_ages() {
        let pattern = Pattern::new("{a}-{b}-{c}-{d}-{e}-{f}-{g}-{h}x").unwrap();
        assert_eq!(pattern.matches(&format!("{}y", "-".repeat(250))), None);
        assert_eq!(pattern.matches(&format!("{}yx", "-".repeat(250))).and_then(|c| c.get("a").map(str::len)), Some(1));
        assert_eq!(Pattern::new("*a*a*a*a*a*a*b*").unwrap().matches(&"a".repeat(250)), None);
    }

    #[test]
    fn bad_patterns_say_why() {
        for (bad, why) in [("{load", "without"), ("a}", "without"), ("{a}{b}", "side by side"), ("{}", "not a name")] {
            assert!(Pattern::new(bad).unwrap_err().contains(why), "{bad}");
        }
        assert!(Pattern::new("{nn}{rest}").is_ok(), "a part of fixed length needs no literal after it");
    }

    #[test]
    fn filling_is_the_way_back() {
        let pattern = Pattern::new("SEP{mac}.cnf.xml").unwrap();
        assert_eq!(pattern.fill(|_| Some("0011BB73AD61".into())).as_deref(), Some("SEP0011BB73AD61.cnf.xml"));
        assert_eq!(pattern.fill(|_| None), None);
    }
}
