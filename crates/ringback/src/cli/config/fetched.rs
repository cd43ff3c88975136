//! What a phone fetched last of what was made for it. Journals keep no bytes: the file is made again from what was
//! known at that moment, and taken only if its SHA-256 is the one in the journal.

use std::path::Path;

use bench::journal::Line;
use bench::observe::Layer;
use bench::plan::overlay::Laid;
use bench::session::{Session, same_name};
use bench::{Seen, State};
use profile::Profiles;
use proto::Mac;

use crate::store::journal;

/// Journals looked through, newest first.
const JOURNALS: usize = 20;

/// A file that a phone fetched.
pub(super) struct Fetched {
    /// The journal's file name.
    pub(super) journal: String,
    /// The observation by which it was sent.
    pub(super) n: u64,
    /// SHA-256, hex.
    pub(super) sha256: String,
    /// The file, if it can be made again.
    pub(super) text: Option<String>,
}

/// The last file of this name that was made for the phone and sent to it.
pub(super) fn last(state_dir: &Path, profiles: &Profiles, mac: Mac, name: &str) -> crate::cli::Result<Option<Fetched>> {
    for path in journal::list(state_dir)?.into_iter().take(JOURNALS) {
        let mut state = State::default();
        let mut found = None;
        for line in journal::read(&path)? {
            let Line::Observation(seen) = line else { continue };
            state.apply(profiles, &seen);
            let Seen::FileServed { name: served, layer: Layer::Generated, sha256, .. } = &seen.seen else { continue };
            if seen.phone != Some(mac) || !same_name(served, name) {
                continue;
            }
            let server = state.server.map_or(std::net::Ipv4Addr::UNSPECIFIED, |s| s.0);
            let session = state.sessions.get(&mac);
            let text = session.and_then(|s| again(profiles, s, server, name, sha256));
            let journal = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            found = Some(Fetched { journal, n: seen.n, sha256: sha256.clone(), text });
        }
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The file made again, with and without a procedure's wish for it.
fn again(
    profiles: &Profiles,
    session: &Session,
    server: std::net::Ipv4Addr,
    name: &str,
    sha256: &str,
) -> Option<String> {
    let procedure = session.procedure.as_ref();
    let pinned = procedure.and_then(|p| p.pinned.clone());
    let target = procedure.and_then(|p| p.target.clone());
    let laid = |config, pinned| Laid { pinned, target: target.clone(), config, empty: Vec::new() };
    let tries = [laid(true, pinned.clone()), laid(false, pinned), laid(true, None), laid(false, None)];
    let mut made = tries.iter().filter_map(|laid| super::made(profiles, session, server, laid, name));
    made.find(|text| bench::shelf::sha256_hex(text.as_bytes()) == sha256)
}
