//! When a finding may be shown: some states are wrong only when they last.
//!
//! A phone that has announced itself and not asked for an address yet is starting; one that has not after a minute
//! and a half is not. Shown at once, such a finding would flicker on every start. What is kept in the state is what
//! is so; what screens, reports and the ledger show is what has been so for long enough.

use std::time::Duration;

use proto::Time;

use super::Finding;

/// Rules whose state must last: the code, for how long, and why. All others are shown at once.
pub static LASTING: &[(&str, Duration, &str)] =
    &[("RB140", Duration::from_secs(90), "a phone that starts announces itself before it asks for an address")];

/// How long a finding of this code must have been so.
pub fn after(code: &str) -> Duration {
    LASTING.iter().find(|l| l.0 == code).map_or(Duration::ZERO, |l| l.1)
}

/// Whether a finding may be shown at this moment.
pub fn is_shown(finding: &Finding, now: Time) -> bool {
    now.since(finding.since) >= after(finding.code)
}
