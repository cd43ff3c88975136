//! A file name as a phone spells it: what is accepted stays inside, on any system.

use proto::tftp::name::{LONGEST_NAME, normalise};

use super::text::harmless;

/// Reads the input as a request's name.
pub fn run(input: &[u8]) {
    let name = match normalise(input) {
        Ok(name) => name,
        Err(bad) => {
            assert!(!bad.to_string().is_empty());
            return;
        }
    };
    assert!(input.len() <= LONGEST_NAME);
    for text in [name.path(), name.key(), name.last(), name.original()] {
        harmless(text);
    }
    for path in [name.path(), name.key(), name.last()] {
        assert!(!path.is_empty() && !path.starts_with(['/', '\\']), "{path:?} is absolute");
        assert!(!path.contains([':', '\\']), "{path:?} names a drive or a stream, or means another path elsewhere");
        assert!(path.split('/').all(|part| part != ".." && part != "."), "{path:?} leads out");
        assert!(path.split('/').all(|part| !part.is_empty()), "{path:?} has an empty part");
    }
    assert!(!name.last().contains('/') && name.path().ends_with(name.last()));
    assert_eq!(name.key(), name.path().to_ascii_lowercase());
    let again = normalise(name.path().as_bytes()).unwrap_or_else(|e| panic!("{:?}: {e}", name.path()));
    assert_eq!(again.path(), name.path());
}
