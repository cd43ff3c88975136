//! How much time passed between lines: the time of day in each, whatever stands around it.
//!
//! Dates are not read: day and month stand in either order, and a log rarely spans a night. A time of day that is
//! earlier than the last one is the next day's, unless it is only a little earlier (lines of several threads).

use proto::Time;

const DAY_US: u64 = 24 * 3_600 * 1_000_000;
/// Lines this much out of order are of the same moment.
const UNORDERED_US: u64 = 3_600 * 1_000_000;

/// The log's clock.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    first: Option<u64>,
    last: u64,
    days: u64,
    now: Time,
}

impl Clock {
    /// The time of the last line that had one.
    pub(super) const fn now(&self) -> Time {
        self.now
    }

    /// Reads a line's time; the last one's when it has none.
    pub(super) fn read(&mut self, line: &str) -> Time {
        let Some(at) = time_of_day(line) else { return self.now };
        let first = *self.first.get_or_insert(at);
        if self.last.saturating_sub(at) > UNORDERED_US {
            self.days = self.days.saturating_add(1);
        }
        self.last = at;
        let since = self.days.saturating_mul(DAY_US).saturating_add(at).saturating_sub(first);
        self.now = self.now.max(Time::from_micros(since));
        self.now
    }
}

/// The first `6:10`, `6:10:11`, `06:10:11.123` in a line, with `PM` behind it or not, in microseconds of the day.
fn time_of_day(line: &str) -> Option<u64> {
    let bytes = line.as_bytes();
    let is_part = |b: &u8| b.is_ascii_hexdigit() || *b == b':';
    let mut at = 0;
    while at < bytes.len() {
        let rest = bytes.get(at..)?;
        if !rest.first().is_some_and(is_part) {
            at += 1;
            continue;
        }
        let len = rest.iter().position(|b| !is_part(b)).unwrap_or(rest.len());
        let word = line.get(at..at + len).unwrap_or_default();
        if let Some(seconds) = clock_word(word) {
            let after = line.get(at + len..).unwrap_or_default();
            let meant = hour(seconds / 3_600, after) * 3_600 + seconds % 3_600;
            return Some(meant * 1_000_000 + fraction(after));
        }
        at += len;
    }
    None
}

/// Two or three numbers with colons: an address of six (a MAC) is none.
fn clock_word(word: &str) -> Option<u64> {
    let parts: Vec<u64> =
        word.split(':').map(|p| if p.len() <= 2 { p.parse().ok() } else { None }).collect::<Option<_>>()?;
    match *parts.as_slice() {
        [h, m, s] if h < 24 && m < 60 && s < 61 => Some(h * 3_600 + m * 60 + s),
        [h, m] if h < 24 && m < 60 => Some(h * 3_600 + m * 60),
        _ => None,
    }
}

fn fraction(after: &str) -> u64 {
    let digits = after.strip_prefix(['.', ',']).unwrap_or_default();
    let digits: String = digits.chars().take_while(char::is_ascii_digit).take(6).collect();
    if digits.is_empty() { 0 } else { format!("{digits:0<6}").parse().unwrap_or(0) }
}

/// The hour that is meant, where a line writes `AM` or `PM`.
fn hour(hour: u64, after: &str) -> u64 {
    let word = after.trim_start_matches(|c: char| c.is_ascii_digit() || ". ,".contains(c)).get(..2).unwrap_or_default();
    if word.eq_ignore_ascii_case("pm") && hour < 12 {
        hour + 12
    } else if word.eq_ignore_ascii_case("am") && hour == 12 {
        0
    } else {
        hour
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_in_every_dress() {
        let six = (6 * 3_600 + 10 * 60 + 11) * 1_000_000;
        for line in [
            "Nov 22 06:10:11 host in.tftpd[1]: x",
            "[2026-11-22 06:10:11 +0000] 'a'",
            "2026-11-22T06:10:11+00:00 host",
            "11/22/2026 6:10:11 AM :Sent",
            "x 00:11:bb:73:ad:61 [22/11 06:10:11]",
        ] {
            assert_eq!(time_of_day(line), Some(six), "{line}");
        }
        assert_eq!(time_of_day("[22/11 06:10:11.25]"), Some(six + 250_000));
        assert_eq!(time_of_day("11/22/2026 6:10:11 PM"), Some(six + DAY_US / 2));
        assert_eq!(time_of_day("12:00:01 AM"), Some(1_000_000));
        for line in ["", "00:11:bb:73:ad:61", "no time", "25:00:00", "a:b"] {
            assert_eq!(time_of_day(line), None, "{line}");
        }
    }

    #[test]
    fn midnight_is_passed_and_small_disorder_is_not_a_day() {
        let mut clock = Clock::default();
        let seconds = |clock: &mut Clock, line: &str| clock.read(line).as_millis() / 1_000;
        assert_eq!(seconds(&mut clock, "23:59:50 a"), 0);
        assert_eq!(seconds(&mut clock, "no time"), 0);
        assert_eq!(seconds(&mut clock, "00:00:10 b"), 20);
        assert_eq!(seconds(&mut clock, "00:00:08 c"), 20);
        assert_eq!(seconds(&mut clock, "00:00:30 d"), 40);
    }
}
