//! What a phone has not done although it was time.

use std::time::Duration;

use proto::Time;

use crate::observe::{Awaited, Seen};
use crate::session::Session;

/// A phone that announces itself and asks for no address: longer than the wait for a switch to name a VLAN.
const NO_DHCP: Duration = Duration::from_secs(120);
/// A phone that is said to be here and says nothing itself: longer than any takes to start.
const NO_WORD: Duration = Duration::from_secs(60);
/// A phone with an address that asks for no file.
const NO_FILES: Duration = Duration::from_secs(120);

/// What a phone has not done although it was time, unless it was told already in this start.
pub(crate) fn silence(session: &Session, holds_lease: bool, now: Time) -> Option<Seen> {
    let (what, since, limit) = if session.is_unheard() {
        (Awaited::Word, now.since(session.first), NO_WORD)
    } else if session.boots == 0 {
        (Awaited::Dhcp, now.since(session.first), NO_DHCP)
    } else {
        (Awaited::Files, now.since(session.boot.1), NO_FILES)
    };
    let idle = match what {
        Awaited::Word => true,
        Awaited::Dhcp => !holds_lease,
        Awaited::Files => session.bound && session.files_this_boot().next().is_none() && session.registered.is_none(),
    };
    let told = session.waits.iter().any(|w| w.0 == what);
    (idle && !told && since >= limit).then_some(Seen::Waits { what, seconds: since.as_secs() })
}
