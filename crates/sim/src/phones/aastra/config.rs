//! Configuration files and the two stores they go into.
//!
//! A line is `parameter: value`; names are the same in any case; `#` begins a comment line. `!` before a
//! name locks it, `^` makes it win over what is stored in the phone. What the phone itself stores wins over
//! a server's setting otherwise, and a later file over an earlier one.

use std::collections::BTreeMap;

/// Settings by name, in lower case.
pub(super) type Settings = BTreeMap<String, String>;

/// One line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) value: String,
    /// `^`: the value stored in the phone is overwritten.
    pub(super) overwrites: bool,
    /// `!`: it cannot be changed at the phone.
    pub(super) locked: bool,
}

/// The settings of a file; what is none is left out, as the phone does.
pub(super) fn lines(text: &str) -> Vec<Line> {
    text.lines().filter_map(line).collect()
}

fn line(text: &str) -> Option<Line> {
    let text = text.trim().trim_start_matches('\u{feff}');
    let name_at = text.find(|c| !matches!(c, '!' | '^'))?;
    let (flags, rest) = text.split_at(name_at);
    if rest.starts_with('#') {
        return None;
    }
    let (name, value) = rest.split_once(':')?;
    let value = value.trim();
    let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
    let name = name.trim().to_ascii_lowercase();
    let line = Line { value: value.to_owned(), overwrites: flags.contains('^'), locked: flags.contains('!'), name };
    (!line.name.is_empty()).then_some(line)
}

/// What the phone has stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stores {
    /// From a server; replaced as a whole by the next configuration that comes.
    pub(super) server: Settings,
    /// Set at the phone, on its web page, or by the maker's redirection.
    pub(super) local: Settings,
    /// Names that a server has locked.
    pub(super) locked: Vec<String>,
}

impl Stores {
    /// The value that counts.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.local.get(name).or_else(|| self.server.get(name)).map(String::as_str)
    }

    /// The same, when it says anything.
    pub(super) fn said(&self, name: &str) -> Option<&str> {
        self.get(name).map(str::trim).filter(|v| !v.is_empty())
    }

    /// Whether a switch is on.
    pub(super) fn on(&self, name: &str, usual: bool) -> bool {
        self.said(name).map_or(usual, |v| v != "0")
    }

    /// Takes the lines of one file.
    pub(super) fn take(&mut self, lines: Vec<Line>) {
        for line in lines {
            if line.overwrites {
                self.local.remove(&line.name);
            }
            if line.locked && !self.locked.contains(&line.name) {
                self.locked.push(line.name.clone());
            }
            self.server.insert(line.name, line.value);
        }
    }

    /// The administrator's password: digits only; anything else counts as the usual one.
    pub(super) fn password(&self) -> &str {
        let numeric = |p: &&str| p.bytes().all(|b| b.is_ascii_digit()) && p.parse::<u32>().is_ok();
        self.said("admin password").filter(numeric).unwrap_or("22222")
    }

    /// As it left the factory.
    pub(super) fn is_factory(&self) -> bool {
        self.server.is_empty() && self.local.is_empty()
    }

    /// A store as its web page shows it.
    pub(super) fn text(store: &Settings) -> String {
        store.iter().map(|(name, value)| format!("{name}: {value}\n")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_settings_win_unless_a_file_overwrites_them() {
        let mut stores = Stores::default();
        stores.local.insert("admin password".into(), "4711".into());
        stores.take(lines("# neutral\nAdmin Password: 22222\nsip dial plan: \"x+#|xx+*\"\n\nnonsense\n"));
        assert_eq!((stores.password(), stores.get("sip dial plan")), ("4711", Some("x+#|xx+*")));
        stores.take(lines("^admin password: 22222\n!contact rcs: 0\r\n^!web interface enabled: 1"));
        assert_eq!((stores.password(), stores.get("contact rcs")), ("22222", Some("0")));
        assert_eq!(stores.locked, ["contact rcs", "web interface enabled"]);
        stores.take(lines("admin password: secret"));
        assert_eq!(stores.password(), "22222", "letters count as the usual one");
    }
}
