//! The time, for phones that ask for it: this computer's, as it is.

use std::net::SocketAddrV4;

use proto::Time;
use proto::ntp::Request;

use crate::bench::Bench;
use crate::input::Service;
use crate::observe::Seen;
use crate::output::Output;

impl Bench {
    pub(crate) fn on_ntp(&mut self, now: Time, from: SocketAddrV4, bytes: &[u8]) {
        let phone = self.state.phone_at(*from.ip());
        let request = match Request::parse(bytes) {
            Ok(request) => request,
            Err(bad) => {
                let what = format!("{bad} (from {from})");
                return self.observe_limited(now, phone, Seen::Malformed { service: "NTP".to_owned(), what });
            }
        };
        if !(self.config.any || self.is_known(phone)) {
            return;
        }
        let unix_us = self.config.wall_ms.saturating_mul(1_000).saturating_add(now.as_micros());
        let bytes = request.answer(unix_us).to_vec();
        self.tell(Output::Datagram { service: Service::Ntp, to: from, bytes });
        // Phones ask all day long; once in a boot is news.
        let session = phone.and_then(|p| self.state.sessions.get(&p));
        if session.is_some_and(|s| s.time_told != Some(s.boots)) {
            self.observe_limited(now, phone, Seen::TimeTold);
        }
    }
}
