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
        (Awaited::Files, now.since(session.boot.1.max(session.bound_at)), NO_FILES)
    };
    let idle = match what {
        Awaited::Word => true,
        Awaited::Dhcp => !holds_lease,
        Awaited::Files => session.bound && session.files_this_boot().next().is_none() && session.registered.is_none(),
    };
    let told = session.waits.iter().any(|w| w.0 == what);
    (idle && !told && since >= limit).then_some(Seen::Waits { what, seconds: since.as_secs() })
}

#[cfg(test)]
mod tests {
    use proto::Mac;

    use super::*;

    #[test]
    fn a_phone_that_got_its_address_late_is_not_called_silent_at_once() {
        let mut session = Session::new(Mac::ZERO, 1, Time::ZERO);
        session.boots = 1;
        session.bound = true;
        session.bound_at = Time::from_secs(150);
        assert_eq!(silence(&session, true, Time::from_secs(155)), None);
        let late = silence(&session, true, Time::from_secs(270));
        assert_eq!(late, Some(Seen::Waits { what: Awaited::Files, seconds: 120 }));
    }
}
