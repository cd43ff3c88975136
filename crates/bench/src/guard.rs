//! Not harming somebody's network: when DHCP is answered at all.
//!
//! The guard begins by looking: it sends Discovers and listens for anyone who answers them. Only a
//! silent cable is served. It keeps looking while it serves, and stops for good as soon as another
//! server shows itself; only a new start of the program serves again.

use std::time::Duration;

use proto::dhcp::option::DhcpOption;
use proto::dhcp::{Message, MessageType};
use proto::{Mac, Time};

/// After the link came up, look once more this much later: a switch that learns its spanning tree
/// swallows everything for half a minute, also another server's answer.
const AFTER_SPANNING_TREE: Duration = Duration::from_secs(35);

/// What its questions ask for (option 55); by that, and a locally administered address, a capture tells them from
/// a phone's.
pub(crate) const QUESTION_WANTS: [u8; 10] = [1, 3, 6, 15, 42, 43, 66, 150, 159, 160];

/// Where the guard stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stand {
    /// DHCP is switched off.
    Off,
    /// Looking for other servers until then.
    Looking {
        /// When the cable counts as silent.
        until: Time,
    },
    /// The cable was silent; phones are answered.
    Serving,
    /// Another server was seen, or the bench was idle for too long.
    Stopped,
}

/// The guard.
#[derive(Clone, Debug)]
pub struct Guard {
    stand: Stand,
    mac: Mac,
    probe: Duration,
    every: Duration,
    next: Time,
    sent: u32,
    seed: u64,
    phone_class: Option<String>,
}

impl Guard {
    /// A guard that looks for `probe` before it serves; zero serves at once (a cable that cannot have another server).
    pub fn new(now: Time, dhcp: bool, mac: Mac, probe: Duration, every: Duration, seed: u64) -> Guard {
        let stand = match (dhcp, probe.is_zero()) {
            (false, _) => Stand::Off,
            (true, true) => Stand::Serving,
            (true, false) => Stand::Looking { until: now + probe },
        };
        Guard { stand, mac, probe, every, next: now, sent: 0, seed: seed | 1, phone_class: None }
    }

    /// Every second question carries this vendor class, as a phone of a known family would send it.
    pub fn ask_as(&mut self, phone_class: Option<String>) {
        self.phone_class = phone_class;
    }

    /// Whether phones are answered now.
    pub fn serves(&self) -> bool {
        self.stand == Stand::Serving
    }

    /// Where it stands.
    pub fn stand(&self) -> &Stand {
        &self.stand
    }

    /// Stops answering until the program is started again.
    pub fn stop(&mut self) {
        if self.stand != Stand::Off {
            self.stand = Stand::Stopped;
        }
    }

    /// The link came up: look again now. A search that was under way begins anew, for what was silent
    /// before was an unplugged cable.
    pub fn link_up(&mut self, now: Time) {
        self.next = now;
        self.sent = 0;
        if let Stand::Looking { until } = &mut self.stand {
            *until = now + self.probe;
        }
    }

    /// The link went down: nobody can be found on it.
    pub fn link_down(&mut self) {
        if let Stand::Looking { until } = &mut self.stand {
            *until = Time::NEVER;
        }
    }

    /// Whether a message is one of the guard's own questions.
    pub fn is_own(&self, message: &Message) -> bool {
        message.mac().is_some_and(|m| m == self.mac || m == self.phone_mac())
    }

    /// What to send now, and whether the search just ended in silence.
    pub fn poll(&mut self, now: Time) -> (Option<Message>, bool) {
        let mut began = false;
        if let Stand::Looking { until } = self.stand
            && now >= until
        {
            self.stand = Stand::Serving;
            began = true;
        }
        if !matches!(self.stand, Stand::Looking { .. } | Stand::Serving) || now < self.next {
            return (None, began);
        }
        self.sent += 1;
        self.next = now + self.pause();
        (Some(self.question()), began)
    }

    /// When to look again, and why.
    pub fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        match self.stand {
            Stand::Looking { until } => {
                Some((self.next.min(until), "looking for another DHCP server before answering"))
            }
            Stand::Serving => Some((self.next, "looking for another DHCP server while serving")),
            Stand::Off | Stand::Stopped => None,
        }
    }

    /// Quick questions first, one after the spanning tree, then one a minute.
    fn pause(&self) -> Duration {
        match self.sent {
            0..=1 => Duration::from_millis(600),
            2..=3 => Duration::from_millis(1_400),
            4..=5 => Duration::from_millis(3_000),
            6 => AFTER_SPANNING_TREE,
            _ => self.every,
        }
    }

    /// Every second question looks like a phone's: some networks answer phones only.
    fn question(&mut self) -> Message {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let as_phone = self.sent.is_multiple_of(2);
        let mac = if as_phone { self.phone_mac() } else { self.mac };
        let mut message = Message::request(mac, u32::try_from(self.seed >> 32).unwrap_or(1));
        message.flags = proto::dhcp::packet::BROADCAST_FLAG;
        message.options.set(MessageType::Discover.option());
        if let Some(class) = self.phone_class.as_ref().filter(|_| as_phone) {
            message.options.set(DhcpOption::text(60, class));
        }
        message.options.set(DhcpOption::raw(55, QUESTION_WANTS));
        message
    }

    /// A locally administered address made from the bench's own, so that nobody's phone is imitated.
    fn phone_mac(&self) -> Mac {
        let [_, b, c, d, e, f] = self.mac.0;
        Mac([0x02, b, c, d, e, f ^ 0x79])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: Mac = Mac([2, 0, 0, 0, 0, 1]);

    fn guard(probe: u64) -> Guard {
        let mut guard = Guard::new(Time::ZERO, true, MAC, Duration::from_secs(probe), Duration::from_secs(60), 7);
        guard.ask_as(Some("a phone's class".to_owned()));
        guard
    }

    #[test]
    fn it_asks_at_least_three_times_over_ten_seconds_before_it_serves() {
        let mut guard = guard(10);
        let mut asked = Vec::new();
        let mut served_at = None;
        for ms in (0..12_000).step_by(100) {
            let now = Time::from_millis(ms);
            let (question, began) = guard.poll(now);
            asked.extend(question);
            if began {
                served_at = Some(ms);
            }
        }
        assert_eq!(served_at, Some(10_000));
        assert!(asked.len() >= 5, "{}", asked.len());
        assert!(asked.iter().all(|q| q.broadcast() && guard.is_own(q)));
        assert!(asked.iter().any(|q| q.vendor_class().is_some()) && asked.iter().any(|q| q.vendor_class().is_none()));
    }

    #[test]
    fn an_unplugged_cable_is_not_a_silent_one() {
        let mut guard = guard(10);
        guard.link_down();
        assert!((0..60).all(|s| !guard.poll(Time::from_secs(s)).1));
        guard.link_up(Time::from_secs(60));
        assert!((60..70).all(|s| !guard.poll(Time::from_secs(s)).1));
        assert!(guard.poll(Time::from_secs(70)).1);
    }

    #[test]
    fn stopped_is_stopped() {
        let mut guard = guard(10);
        guard.stop();
        assert_eq!(guard.poll(Time::from_secs(60)), (None, false));
        assert_eq!(guard.poll_timeout(), None);
        assert!(!guard.serves());
    }

    #[test]
    fn it_keeps_asking_while_it_serves() {
        let mut guard = guard(10);
        let mut last_hour = 0;
        for s in 0..3_600 {
            last_hour += u32::from(guard.poll(Time::from_secs(s)).0.is_some());
        }
        assert!(last_hour >= 55, "{last_hour}");
    }
}
