//! Firmware that is one file ending in `.st`. Nothing public tells its format, so nothing but the file's name, its
//! length and the version texts that stand in it is looked at.

/// What such a file says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firmware {
    /// The name under which phones ask for it, `57i.st`: a version that people put into a file's name is left out.
    pub name: String,
    /// Its version, as in `3.3.1.4365`: from the name, else the only one that stands in the file.
    pub version: Option<String>,
}

/// Bytes that are searched for a version.
const SEARCHED: usize = 96 << 20;
/// The longest name of a model.
const MODEL: usize = 24;

impl Firmware {
    /// What a file is, by its name and its bytes; none when it is not called `.st`, is empty, a web page or packed.
    pub fn of(name: &str, bytes: &[u8]) -> Option<Firmware> {
        let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let (stem, end) = name.rsplit_once('.')?;
        let packed = [&b"PK\x03\x04"[..], b"\x1f\x8b", b"BZh", b"7z\xbc\xaf", b"Rar!"];
        let is_packed = packed.iter().any(|mark| bytes.starts_with(mark));
        if !end.eq_ignore_ascii_case("st") || bytes.is_empty() || is_packed || super::is_html(bytes) {
            return None;
        }
        let in_name = versions(stem.as_bytes()).next();
        let model = match &in_name {
            Some(version) => stem.split(version.as_str()).next().unwrap_or(stem).trim_end_matches(['-', '_', '.', ' ']),
            None => stem,
        };
        if model.is_empty() || model.len() > MODEL {
            return None;
        }
        let version = in_name.or_else(|| only(versions(bytes.get(..bytes.len().min(SEARCHED)).unwrap_or_default())));
        Some(Firmware { name: format!("{model}.st"), version })
    }
}

/// The one version that is there; none when there are none, or several that differ.
fn only(mut found: impl Iterator<Item = String>) -> Option<String> {
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

/// Texts like `3.3.1.4365`: four numbers, the first of one digit, the last of two digits or more.
fn versions(bytes: &[u8]) -> impl Iterator<Item = String> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let is_number = |b: &u8| b.is_ascii_digit() || *b == b'.';
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(start) = rest.iter().position(u8::is_ascii_digit) else { break };
            let run = rest.get(start..).unwrap_or_default();
            let length = run.iter().position(|b| !is_number(b)).unwrap_or(run.len());
            at += start + length.max(1);
            let text = run.get(..length).unwrap_or_default();
            if let Some(version) = version(text) {
                return Some(version);
            }
        }
        at = bytes.len();
        None
    })
}

fn version(run: &[u8]) -> Option<String> {
    if run.len() > 20 {
        return None;
    }
    let text = std::str::from_utf8(run).ok()?.trim_matches('.');
    let parts: Vec<&str> = text.split('.').collect();
    let [a, b, c, d] = parts.as_slice() else { return None };
    let fits = a.len() == 1 && (1..=2).contains(&b.len()) && (1..=2).contains(&c.len()) && (2..=5).contains(&d.len());
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, bytes: &[u8]) -> Option<(String, Option<String>)> {
        Firmware::of(name, bytes).map(|f| (f.name, f.version))
    }

    #[test]
    fn name_and_version_from_what_there_is() {
        let named = |name: &str, version: Option<&str>| Some((name.to_owned(), version.map(str::to_owned)));
        assert_eq!(of("57i.st", b"\x01\x02 3.3.1.4365-SIP \0"), named("57i.st", Some("3.3.1.4365")));
        assert_eq!(of("fw/6867i_5.1.0.1024.st", b"x"), named("6867i.st", Some("5.1.0.1024")));
        assert_eq!(of("57i.st", b"2.6.0.2019 and 3.3.1.4365"), named("57i.st", None), "two that differ");
        assert_eq!(of("57i.st", b"10.0.0.1 and 1.2.3.4 and 192.168.1.50"), named("57i.st", None), "addresses");
        assert_eq!(of("57iCT.ST", b"x"), named("57iCT.st", None));
    }

    #[test]
    fn what_is_none() {
        assert_eq!(of("57i.st", b""), None);
        assert_eq!(of("57i.st", b"<html><body>404"), None);
        assert_eq!(of("57i.st", b"PK\x03\x04zip"), None);
        assert_eq!(of("57i.bin", b"x"), None);
    }
}
