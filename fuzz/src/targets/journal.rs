//! A journal that was damaged, cut or made up: every line is read or refused, and what is read folds.

use std::sync::OnceLock;

use bench::journal::{Line, line, read};
use bench::view::View;
use bench::{State, view};
use profile::Profiles;

/// Reads the input line by line and folds what is an observation.
pub fn run(input: &[u8]) {
    let profiles = profiles();
    let mut state = State::default();
    let mut phones = Vec::new();
    for text in String::from_utf8_lossy(input).lines() {
        let observation = match read(text) {
            Line::Observation(observation) => observation,
            Line::Empty => continue,
            Line::Unreadable(why) => {
                assert!(!why.is_empty());
                continue;
            }
        };
        let written = line(&observation);
        assert!(!written.contains(['\n', '\r']), "{written:?} is more than one line");
        assert_eq!(read(&written), Line::Observation(observation.clone()));
        let _ = view::line(&observation);
        state.apply(profiles, &observation);
        phones.extend(observation.phone.filter(|_| phones.len() < 64));
    }
    for phone in phones {
        if let Some(row) = state.row(profiles, phone) {
            assert_eq!(row.mac, phone);
        }
    }
    assert!(state.sessions.iter().all(|(mac, session)| *mac == session.mac));
    assert!(serde_json::to_string(&View::of_state(&state, profiles, state.now)).is_ok());
}

/// The built-in families, read once.
pub fn profiles() -> &'static Profiles {
    static PROFILES: OnceLock<Profiles> = OnceLock::new();
    PROFILES.get_or_init(|| Profiles::built_in().0)
}
