//! Lines that phones write: each tied to its phone, escaped, cut, and kept within the phone's limit.

use std::net::SocketAddrV4;

use proto::text::escape_short;
use proto::{Time, syslog};

use crate::bench::Bench;
use crate::observe::Seen;

/// Characters of a line that are kept.
const KEPT: usize = 300;

impl Bench {
    pub(crate) fn on_syslog(&mut self, now: Time, from: SocketAddrV4, bytes: &[u8]) {
        let phone = self.state.phone_at(*from.ip());
        if !(self.config.any || self.is_known(phone)) {
            return;
        }
        let line = syslog::parse(bytes);
        let severity = line.severity_name().to_owned();
        self.observe_limited(now, phone, Seen::Logged { severity, text: escape_short(line.text, KEPT) });
    }
}
