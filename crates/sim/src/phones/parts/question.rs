//! One question to a name server, asked until it is answered or has been asked often enough.

use std::net::Ipv4Addr;
use std::time::Duration;

use proto::Time;

use super::dns;

/// Where name servers listen.
pub(crate) const PORT: u16 = 53;

/// A question, and what it was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Question<T> {
    name: String,
    /// The phone's port, which is the question's number as well.
    pub(crate) port: u16,
    every: Duration,
    left: u32,
    /// When it is to be asked again, or given up.
    pub(crate) until: Time,
    /// What it was asked for.
    pub(crate) then: T,
}

impl<T> Question<T> {
    /// A question that can be asked this often.
    pub(crate) fn new(name: String, port: u16, (tries, every): (u32, Duration), then: T) -> Question<T> {
        Question { name, port, every, left: tries, until: Time::ZERO, then }
    }

    /// The datagram for the name server; `None` when it has been asked often enough.
    pub(crate) fn ask(&mut self, now: Time) -> Option<Vec<u8>> {
        self.left = self.left.checked_sub(1)?;
        self.until = now + self.every;
        Some(dns::query(self.port, &self.name, dns::A))
    }

    /// What a datagram answers: `None` is no answer to it, and inside, that the name has no address.
    pub(crate) fn answer(&self, bytes: &[u8]) -> Option<Option<Ipv4Addr>> {
        dns::address(self.port, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_asked_so_often_and_no_more() {
        let mut question = Question::new("prov.example".to_owned(), 40_000, (2, Duration::from_secs(3)), ());
        let first = question.ask(Time::from_secs(1)).unwrap();
        assert_eq!(question.until, Time::from_secs(4));
        assert_eq!(question.ask(question.until), Some(first.clone()), "word for word");
        assert_eq!(question.ask(question.until), None);
        assert_eq!(question.answer(&first), None, "a query answers nothing");
    }
}
