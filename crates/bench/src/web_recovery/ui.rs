//! The page of a phone that runs: whether it lets us in, what it says of itself, and what it is told to do.
//!
//! These servers forget who asks: a request to change something is taken only from somebody who has just read a
//! page, and only when it comes in one piece. So each request to change something is preceded by one to read.

use std::collections::VecDeque;
use std::net::SocketAddrV4;
use std::time::Duration;

use proto::Time;
use proto::html::Page;
use proto::http::form::URL_ENCODED;
use proto::http::request::basic;
use proto::http::{Answer, Request};
use proto::text::escape_short;

use super::driver::{End, Exchange};

/// A phone that has just started answers late.
const AGAIN: Duration = Duration::from_secs(4);
const EXCHANGE: Duration = Duration::from_secs(60);

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UiGoal {
    /// The action's id, for the telling.
    pub action: String,
    /// The page on which the phone says what it is.
    pub about: String,
    /// The words before the version there, and before the model.
    pub before_version: Option<String>,
    /// See above.
    pub before_model: Option<String>,
    /// Name and password, if there are any.
    pub login: Option<(String, String)>,
    /// Target, kind and body of what is sent; none when it is only looked.
    pub send: Option<(String, Option<String>, String)>,
    /// Whether name and password go with what is sent.
    pub send_login: bool,
}

/// How it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UiEnded {
    /// Whether the phone let us in, or took what was sent.
    pub taken: bool,
    /// What it answered.
    pub why: String,
    /// The version that it named.
    pub version: Option<String>,
    /// The model that it named.
    pub model: Option<String>,
}

/// The next thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UiStep {
    /// Exchange these bytes.
    Exchange(Exchange),
    /// It is over.
    Ended(UiEnded),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Resting(Time, bool),
    Exchanging(Time, bool),
    Over,
}

/// One piece of work with such a page.
#[derive(Clone, Debug)]
pub struct Ui {
    goal: UiGoal,
    to: SocketAddrV4,
    give_up: Time,
    state: State,
    found: UiEnded,
    out: VecDeque<UiStep>,
}

impl Ui {
    /// About to begin; it gives up when nobody answers for so long.
    pub fn new(now: Time, to: SocketAddrV4, goal: UiGoal, patience: Duration) -> Ui {
        let state = State::Resting(now, false);
        Ui { goal, to, give_up: now + patience, state, found: UiEnded::default(), out: VecDeque::new() }
    }

    /// The action's id.
    pub fn action(&self) -> &str {
        &self.goal.action
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<UiStep> {
        self.out.pop_front()
    }

    /// When to look again, and why.
    pub fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        match self.state {
            State::Resting(at, _) => Some((at, "a phone's page is asked again then")),
            State::Exchanging(at, _) => Some((at, "a phone's page has to answer by then")),
            State::Over => None,
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Time) {
        match self.state {
            State::Resting(at, sending) if at <= now => self.go(now, sending),
            State::Exchanging(at, _) if at <= now => {
                self.answered(now, &[], &End::CutOff("the time is over".to_owned()));
            }
            _ => {}
        }
    }

    /// What came of an exchange.
    pub fn answered(&mut self, now: Time, bytes: &[u8], end: &End) {
        let State::Exchanging(_, sending) = self.state else { return };
        let answer = Answer::read(bytes);
        let page = Page::read(&answer.body);
        let status = answer.status.map_or_else(|| "no status line".to_owned(), |s| s.to_string());
        let words = escape_short(format!("{status}: {} {}", page.title, page.words).trim().as_bytes(), 200);
        let nothing = answer.status.is_none() && answer.body.is_empty();
        if sending {
            // Some restart at once, without a word.
            let taken = nothing && *end == End::Closed || answer.status.is_some_and(|s| (200..400).contains(&s));
            return self.end(taken, words);
        }
        if nothing || answer.status.is_some_and(|s| s >= 500) {
            if now + AGAIN > self.give_up {
                let why = match end {
                    End::NotReached(why) | End::CutOff(why) => escape_short(why.as_bytes(), 200),
                    End::Closed => "no answer".to_owned(),
                };
                return self.end(false, why);
            }
            self.state = State::Resting(now + AGAIN, false);
            return;
        }
        if let Some(realm) = answer.realm() {
            self.found.model = realm.rsplit(' ').next().map(|m| escape_short(m.as_bytes(), 40));
        }
        let lets_in = answer.status.is_some_and(|s| (200..400).contains(&s));
        if lets_in {
            let after = |label: &Option<String>| word_after(&page.words, label.as_deref()?);
            self.found.version = after(&self.goal.before_version).filter(|v| v.contains('.'));
            self.found.model = after(&self.goal.before_model).or(self.found.model.take());
        }
        match &self.goal.send {
            None => self.end(lets_in, words),
            Some(_) if !lets_in && self.goal.send_login => self.end(false, words),
            Some(_) => self.state = State::Resting(now, true),
        }
    }

    fn go(&mut self, now: Time, sending: bool) {
        let host = self.to.ip().to_string();
        let login = self.goal.login.as_ref().map(|(user, password)| basic(user, password));
        let mut request = match (&self.goal.send, sending) {
            (Some((target, kind, body)), true) => {
                let kind = kind.clone().unwrap_or_else(|| URL_ENCODED.to_owned());
                Request::post(host, target.clone(), kind, body.clone().into_bytes())
            }
            _ => Request::get(host, self.goal.about.clone()),
        };
        request.authorization = login.filter(|_| !sending || self.goal.send_login);
        self.state = State::Exchanging(now + EXCHANGE, sending);
        self.out.push_back(UiStep::Exchange(Exchange { to: self.to, bytes: request.emit(), behind: None }));
    }

    fn end(&mut self, taken: bool, why: String) {
        self.state = State::Over;
        let found = std::mem::take(&mut self.found);
        self.out.push_back(UiStep::Ended(UiEnded { taken, why, ..found }));
    }
}

/// The word behind a label, as a page shows it: `Firmware Version 3.3.1.4365-SIP`.
fn word_after(words: &str, label: &str) -> Option<String> {
    let at = words.to_ascii_lowercase().find(&label.to_ascii_lowercase())?;
    let rest = words.get(at + label.len()..)?;
    let word = rest.split([' ', ':', '=']).find(|w| !w.is_empty())?;
    Some(escape_short(word.as_bytes(), 60))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn goal() -> UiGoal {
        UiGoal {
            action: "look".to_owned(),
            about: "/sysinfo.html".to_owned(),
            before_version: Some("Firmware Version".to_owned()),
            before_model: Some("Platform".to_owned()),
            login: Some(("admin".to_owned(), "22222".to_owned())),
            send: None,
            send_login: true,
        }
    }

    fn drive(goal: UiGoal, answers: &[&str]) -> (Vec<String>, UiEnded) {
        let mut now = Time::ZERO;
        let to = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 9), 80);
        let mut ui = Ui::new(now, to, goal, Duration::from_secs(20));
        let (mut asked, mut answers) = (Vec::new(), answers.iter());
        loop {
            match ui.poll() {
                Some(UiStep::Exchange(exchange)) => {
                    asked.push(String::from_utf8(exchange.bytes).unwrap());
                    ui.answered(now, answers.next().map_or(&b""[..], |a| a.as_bytes()), &End::Closed);
                }
                Some(UiStep::Ended(ended)) => return (asked, ended),
                None => {
                    now = ui.poll_timeout().unwrap().0;
                    ui.handle_timeout(now);
                }
            }
        }
    }

    const ABOUT: &str = "HTTP/1.1 200 OK\r\n\r\n<table><tr><td>Platform<td>6757i Revision 0<tr><td>Firmware Version\
                         <td>3.3.1.4365-SIP</table>";

    #[test]
    fn it_says_what_it_is_when_it_lets_us_in() {
        let (asked, ended) = drive(goal(), &["", ABOUT]);
        assert!(asked[1].contains("Authorization: Basic YWRtaW46MjIyMjI="), "{asked:?}");
        assert_eq!((ended.taken, ended.version.as_deref()), (true, Some("3.3.1.4365-SIP")));
        assert_eq!(ended.model.as_deref(), Some("6757i"));
    }

    #[test]
    fn a_changed_password_keeps_us_out() {
        let no = "HTTP/1.1 401 No\r\nServer: Aragorn\r\nWWW-Authenticate: Basic realm=\"Aastra 6757i\"\r\n\r\n";
        let (_, ended) = drive(goal(), &[no]);
        assert_eq!((ended.taken, ended.model.as_deref()), (false, Some("6757i")));
    }

    #[test]
    fn what_changes_something_is_sent_after_something_was_read() {
        let mut goal = goal();
        goal.send = Some(("/reset.html".to_owned(), None, "resetOption=2".to_owned()));
        let (asked, ended) = drive(goal, &[ABOUT, "HTTP/1.1 200 OK\r\n\r\nLocal configuration file has been deleted."]);
        assert!(asked[0].starts_with("GET /sysinfo.html ") && asked[1].starts_with("POST /reset.html "), "{asked:?}");
        assert!(asked[1].ends_with("\r\n\r\nresetOption=2") && asked[1].contains("Authorization"), "{asked:?}");
        assert!(ended.taken && ended.why.contains("deleted"), "{ended:?}");
    }

    #[test]
    fn nobody_there_is_asked_for_a_while() {
        let (asked, ended) = drive(goal(), &[]);
        assert!(asked.len() > 3 && !ended.taken, "{}", asked.len());
    }
}
