//! What can be told of an Aastra or Mitel firmware file, a `.st`. No header and no sum of it is publicly
//! known, so this only looks for texts: versions of four numbers, and words that may name a model. What
//! is found is evidence, never proof, and a file without any may be good.
//!
//! Not here: unpacking, and whether the file is whole — neither can be told.

use std::collections::BTreeMap;

/// At most so many bytes are searched at each end: the texts of interest, where there are any, were put
/// in by the build.
const SEARCHED: usize = 4 << 20;
/// At most so many different texts are kept.
const KEPT: usize = 64;

/// Texts found in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// Versions of four numbers (`2.6.0.2019`), with how often each stands there; the most frequent first.
    pub versions: Vec<(String, usize)>,
    /// Words that look like a model's name (`57i`, `6867i`, `6920`), likewise.
    pub models: Vec<(String, usize)>,
    /// Whether both ends hold nothing but one byte, over and over: no firmware looks like that.
    pub is_blank: bool,
}

/// Searches a file.
pub fn search(file: &[u8]) -> Texts {
    let mut versions = BTreeMap::new();
    let mut models = BTreeMap::new();
    let front = file.get(..file.len().min(SEARCHED)).unwrap_or_default();
    let back = file.get(front.len().max(file.len().saturating_sub(SEARCHED))..).unwrap_or_default();
    for part in [front, back] {
        for word in part.split(|b| !(b.is_ascii_alphanumeric() || *b == b'.')).filter(|w| (3..=40).contains(&w.len())) {
            let word: String = word.iter().map(|&b| char::from(b)).collect();
            if let Some(version) = version_in(&word) {
                count(&mut versions, version);
            }
            if is_model(&word) {
                count(&mut models, word);
            }
        }
    }
    let is_blank = file.len() >= 1024 && file.first().is_some_and(|first| front.iter().chain(back).all(|b| b == first));
    Texts { versions: by_count(versions), models: by_count(models), is_blank }
}

/// The first version of four numbers in a text, each of at most five digits: `2.6.0.2019`.
pub fn version_in(text: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    text.split(|c| !is_part(c)).find_map(|run| {
        let run = run.trim_matches('.');
        let parts: Vec<&str> = run.split('.').collect();
        let fits = parts.len() == 4 && parts.iter().all(|p| (1..=5).contains(&p.len()));
        fits.then(|| run.to_owned())
    })
}

/// `57i`, `57iCT`, `6867i`, `9480iCT`, `6920`, `6920w`.
fn is_model(word: &str) -> bool {
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = word.split_at_checked(digits).unwrap_or(("", ""));
    match number.len() {
        2 => number.starts_with('5') && matches!(rest, "i" | "iCT"),
        4 => match number.get(..2) {
            Some("67" | "68" | "91" | "94") => matches!(rest, "i" | "iCT"),
            Some("69") => matches!(rest, "" | "w" | "t" | "d" | "L" | "Lt"),
            _ => false,
        },
        _ => false,
    }
}

fn count(counts: &mut BTreeMap<String, usize>, word: String) {
    if counts.len() < KEPT || counts.contains_key(&word) {
        *counts.entry(word).or_default() += 1;
    }
}

fn by_count(counts: BTreeMap<String, usize>) -> Vec<(String, usize)> {
    let mut list: Vec<_> = counts.into_iter().collect();
    list.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_in_a_file_are_evidence() {
        let file =
            [&[0u8, 1, 0xff][..], b"Aastra57i\0", b"57i firmware 3.3.1.4365-SIP\0", b"57i\0v3.3.1.4365 2.0\0 6757i"]
                .concat();
        let texts = search(&file);
        assert_eq!(texts.versions, [("3.3.1.4365".to_owned(), 2)]);
        assert_eq!(texts.models, [("57i".to_owned(), 2), ("6757i".to_owned(), 1)]);
        assert!(!texts.is_blank && search(&[0xff; 2048]).is_blank);
        assert_eq!(search(b""), Texts::default());
    }

    #[test]
    fn versions_have_four_numbers() {
        for (text, version) in [
            ("FC-001373-00-26_6757i_2.6.0.2019.zip", Some("2.6.0.2019")),
            ("6867i.5.1.0.1024.st", Some("5.1.0.1024")),
            ("6867i-5.1.0.1024", Some("5.1.0.1024")),
            ("1.2.3", None),
            ("1.2.3.4.5", None),
            ("1..3.4", None),
            ("999999.1.1.1", None),
        ] {
            assert_eq!(version_in(text).as_deref(), version, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(file in proptest::collection::vec(prop_oneof![Just(b'.'), Just(b'6'), any::<u8>()], 0..200)) {
            let texts = search(&file);
            prop_assert!(texts.versions.len() <= KEPT && texts.models.len() <= KEPT);
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = version_in(&text);
        }
    }
}
