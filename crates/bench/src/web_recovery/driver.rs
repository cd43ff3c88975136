//! The machine that fills in one phone's recovery page: knock, read, send, judge, send in another way.
//!
//! It asks for one exchange at a time ([`Step::Exchange`]) and is told what came back ([`Driver::answered`]), or
//! that the phone asks for the file ([`Driver::file_asked`]), which says more than any page.

mod attempt;
mod step;

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use proto::Time;
use proto::html::{Method, Page};
use proto::http::form::{URL_ENCODED, url_encoded};
use proto::http::{Answer, Request, target};
use proto::text::escape_short;

use self::attempt::{Attempt, Held, attempts, hold, told};
pub use self::step::{End, Ended, Exchange, Goal, Step, Tried};
use super::fill::{self, Wish};
use super::verdict::{Verdict, judge};

/// Between two knocks at a page that does not answer.
const KNOCK_EVERY: Duration = Duration::from_secs(3);
/// Between two exchanges: small servers take one connection, and close it late.
const PAUSE: Duration = Duration::from_millis(250);
/// For the phone to ask for the file, when it said that it would, and when it said nothing.
const ASKED_WITHIN: Duration = Duration::from_secs(20);
const PERHAPS_WITHIN: Duration = Duration::from_secs(6);
/// An exchange that its host does not end is given up.
const EXCHANGE: Duration = Duration::from_secs(60);
const UPLOAD: Duration = Duration::from_secs(30 * 60);
/// Pages looked at in search of the form; frames and redirections followed behind an answer.
const PAGES: usize = 8;
const FOLLOWED: usize = 3;
/// Characters of what was sent that are kept, and of what was answered.
const KEPT: usize = 300;

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// Until then, then this.
    Resting(Time, Next),
    /// An exchange is under way for this, at most until then.
    Exchanging(Time, Next),
    /// The phone may ask for the file until then; whether it said that it would.
    Listening(Time, bool),
    Over,
}

/// What an exchange is for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Next {
    /// Looking for the form on this page.
    Search(String),
    /// Reading the form's page again before an attempt.
    Again,
    /// Asking for the form's target, to provoke a refusal.
    Provoke,
    /// Sending the form.
    Send,
    /// Reading a page that an answer led to; so many may follow.
    Follow(String, usize),
    /// Reading the page again, after the phone said yes and did not ask.
    Look,
}

/// One phone's page being filled in.
#[derive(Clone, Debug)]
pub struct Driver {
    goal: Goal,
    state: State,
    out: VecDeque<Step>,
    give_up: Time,
    to_visit: VecDeque<String>,
    visited: BTreeSet<String>,
    held: Option<Held>,
    attempts: VecDeque<Attempt>,
    current: Option<Attempt>,
    sent: String,
    /// The verdict that says most of those met.
    worst: Option<(Verdict, String)>,
    accepted_once: bool,
    met: String,
}

impl Driver {
    /// A driver about to knock.
    pub fn new(now: Time, goal: Goal) -> Driver {
        let give_up = now + goal.patience;
        Driver {
            goal,
            state: State::Resting(now, Next::Search("/".to_owned())),
            out: VecDeque::new(),
            give_up,
            to_visit: VecDeque::new(),
            visited: BTreeSet::new(),
            held: None,
            attempts: VecDeque::new(),
            current: None,
            sent: String::new(),
            worst: None,
            accepted_once: false,
            met: "nobody answered".to_owned(),
        }
    }

    /// What is to be reached.
    pub fn goal(&self) -> &Goal {
        &self.goal
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// The next thing to do; none while something is waited for.
    pub fn poll(&mut self) -> Option<Step> {
        self.out.pop_front()
    }

    /// When to look again, and why.
    pub fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        match &self.state {
            State::Resting(at, _) => Some((*at, "a small web server is given time between two requests")),
            State::Exchanging(at, _) => Some((*at, "a phone's page has to answer by then")),
            State::Listening(at, _) => Some((*at, "a phone has to ask for its file by then")),
            State::Over => None,
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Time) {
        match self.state.clone() {
            State::Resting(at, next) if at <= now => self.go(now, next),
            State::Exchanging(at, _) if at <= now => {
                self.answered(now, &[], End::CutOff("the time is over".to_owned()));
            }
            State::Listening(at, true) if at <= now => {
                self.accepted_once = true;
                self.rest(now, Next::Look);
            }
            State::Listening(at, false) if at <= now => self.next_attempt(now, false),
            _ => {}
        }
    }

    /// The phone asks for the file: whatever its page says, it was told.
    pub fn file_asked(&mut self, _now: Time) {
        if self.is_over() {
            return;
        }
        let Some(attempt) = self.current else { return };
        let way = attempt.words(&self.target());
        self.end(Ended::Accepted { way, uploaded: false });
    }

    /// What came of the exchange that was asked for.
    pub fn answered(&mut self, now: Time, bytes: &[u8], end: End) {
        let State::Exchanging(_, next) = self.state.clone() else { return };
        let answer = Answer::read(bytes);
        let page = Page::read(&answer.body);
        match next {
            Next::Search(path) => self.searched(now, &path, &answer, page, &end),
            Next::Again => {
                if let Some(held) = self.held.as_ref().and_then(|h| hold(&h.path, page)) {
                    self.held = Some(held);
                }
                let provoke = self.current.is_some_and(|a| a.provoke);
                self.rest(now, if provoke { Next::Provoke } else { Next::Send });
            }
            Next::Provoke => self.rest(now, Next::Send),
            Next::Send => self.judged(now, &answer, &page, &end, FOLLOWED),
            Next::Follow(_, left) => self.judged(now, &answer, &page, &end, left.saturating_sub(1)),
            Next::Look => {
                // What it says now is not compared with what it said before: nothing was sent since.
                match judge(&answer, &page, &Page::default()) {
                    Verdict::DownloadFailed => {
                        self.note(Verdict::DownloadFailed, words(&answer, &page));
                        self.next_attempt(now, true);
                    }
                    _ => self.next_attempt(now, true),
                }
            }
        }
    }

    fn searched(&mut self, now: Time, path: &str, answer: &Answer, page: Page, end: &End) {
        if answer.status.is_none() && answer.body.is_empty() {
            self.met = match end {
                End::NotReached(why) | End::CutOff(why) => why.clone(),
                End::Closed => "the connection was closed without a word".to_owned(),
            };
            return self.knock_again(now, path);
        }
        if answer.status.is_some_and(|s| s >= 500) {
            self.met = words(answer, &page);
            return self.knock_again(now, path);
        }
        if matches!(answer.status, Some(401 | 403)) {
            let realm = answer.realm().map(|r| escape_short(r.as_bytes(), 80));
            return self.end(Ended::NotInRecovery { realm });
        }
        self.visited.insert(path.to_owned());
        if let Some(held) = hold(path, page.clone()) {
            if self.goal.only_look {
                let text = if page.title.is_empty() { &page.words } else { &page.title };
                return self.end(Ended::Found { title: escape_short(text.as_bytes(), 80) });
            }
            let told = told(&held);
            self.attempts = attempts(&held, &self.goal).into();
            self.held = Some(held);
            self.out.push_back(Step::Found(told));
            self.current = self.attempts.pop_front();
            return match self.current {
                // The page was asked for a moment ago: that is the GET which some servers want first.
                Some(_) => self.rest(now, Next::Send),
                None => self.end(Ended::NoForm { why: "the page offers no way in which the bench serves".to_owned() }),
            };
        }
        let leads = answer.header("location").into_iter().map(str::to_owned).chain(page.frames).chain(page.refresh);
        for lead in leads {
            if let Some(to) = target(path, &lead)
                && !self.visited.contains(&to)
                && self.visited.len() + self.to_visit.len() < PAGES
            {
                self.to_visit.push_back(to);
            }
        }
        match self.to_visit.pop_front() {
            Some(to) => self.rest(now, Next::Search(to)),
            None => {
                let status = answer.status.map_or_else(|| "no status".to_owned(), |s| s.to_string());
                let said = escape_short(format!("{} {}", page.title, page.words).trim().as_bytes(), 120);
                let why = format!("the last page ({status}) has no field for a file and a server: \"{said}\"");
                self.end(Ended::NoForm { why });
            }
        }
    }

    fn knock_again(&mut self, now: Time, path: &str) {
        if now + KNOCK_EVERY > self.give_up {
            let why = escape_short(self.met.as_bytes(), KEPT);
            return self.end(Ended::Unreachable { why });
        }
        self.state = State::Resting(now + KNOCK_EVERY, Next::Search(path.to_owned()));
    }

    fn judged(&mut self, now: Time, answer: &Answer, page: &Page, end: &End, follow: usize) {
        let (Some(attempt), Some(held)) = (self.current, &self.held) else { return };
        let verdict = judge(answer, page, &held.page);
        let target_now = self.target();
        // A redirection or a frame carries the words elsewhere.
        let leads = answer.header("location").map(str::to_owned).into_iter().chain(page.frames.clone());
        let leads = leads.chain(page.refresh.clone().filter(|_| page.words.is_empty()));
        let lead = leads.filter_map(|l| target(&target_now, &l)).find(|l| *l != target_now);
        if verdict == Verdict::Unclear
            && follow > 0
            && let Some(lead) = lead
        {
            return self.rest(now, Next::Follow(lead, follow));
        }
        let answered = match end {
            End::NotReached(why) | End::CutOff(why) if answer.body.is_empty() && answer.status.is_none() => {
                escape_short(why.as_bytes(), KEPT)
            }
            _ => words(answer, page),
        };
        let way = attempt.words(&target_now);
        let sent = self.sent.clone();
        self.note(verdict, answered.clone());
        self.out.push_back(Step::Tried(Tried { way: way.clone(), sent, answered: answered.clone(), verdict }));
        match verdict {
            Verdict::Accepted if attempt.upload => self.end(Ended::Accepted { way, uploaded: true }),
            Verdict::Accepted => self.state = State::Listening(now + ASKED_WITHIN, true),
            // A phone that has the file and goes to write it may close without a word.
            Verdict::Silence | Verdict::Unclear if attempt.upload && whole_upload(end, answer) => {
                self.end(Ended::Accepted { way, uploaded: true });
            }
            Verdict::Silence | Verdict::Unclear => self.state = State::Listening(now + PERHAPS_WITHIN, false),
            Verdict::InvalidParameters | Verdict::MethodRefused | Verdict::NotFound => self.next_attempt(now, false),
            Verdict::DownloadFailed => self.next_attempt(now, true),
            Verdict::ImageRefused => self.end(Ended::ImageRefused { why: answered }),
            Verdict::PasswordWanted => {
                let realm = answer.realm().map(|r| escape_short(r.as_bytes(), 80));
                self.end(Ended::NotInRecovery { realm });
            }
        }
    }

    /// Goes on to the next attempt; `other` leaves out those that fetch in the same way.
    fn next_attempt(&mut self, now: Time, other: bool) {
        if let Some(last) = self.current.filter(|_| other) {
            self.attempts.retain(|a| a.protocol != last.protocol || a.upload != last.upload);
        }
        self.current = self.attempts.pop_front();
        if self.current.is_some() {
            return self.rest(now, Next::Again);
        }
        let ended = match self.worst.take() {
            Some((Verdict::DownloadFailed, _)) => Ended::DownloadFailed,
            _ if self.accepted_once => Ended::NotAsked,
            Some((verdict, words)) => Ended::Refused { why: format!("{}: {words}", verdict.words()) },
            None => Ended::Refused { why: "nothing was answered".to_owned() },
        };
        self.end(ended);
    }

    fn note(&mut self, verdict: Verdict, words: String) {
        let rank = |v: Verdict| match v {
            Verdict::DownloadFailed => 4,
            Verdict::InvalidParameters => 3,
            Verdict::Unclear => 2,
            Verdict::MethodRefused | Verdict::NotFound => 1,
            _ => 0,
        };
        if self.worst.as_ref().is_none_or(|w| rank(verdict) >= rank(w.0)) {
            self.worst = Some((verdict, words));
        }
    }

    fn rest(&mut self, now: Time, next: Next) {
        self.state = State::Resting(now + PAUSE, next);
    }

    fn end(&mut self, ended: Ended) {
        self.state = State::Over;
        self.out.push_back(Step::Ended(ended));
    }

    /// Where the form in hand is sent.
    fn target(&self) -> String {
        let held = self.held.as_ref();
        held.and_then(|h| target(&h.path, &h.form.action).or_else(|| Some(h.path.clone()))).unwrap_or_default()
    }

    fn go(&mut self, now: Time, next: Next) {
        let host = self.goal.page.ip().to_string();
        let mut behind = None;
        let bytes = match &next {
            Next::Search(path) | Next::Follow(path, _) => Request::get(host, path.clone()).emit(),
            Next::Again | Next::Look => {
                let path = self.held.as_ref().map_or_else(|| "/".to_owned(), |h| h.path.clone());
                Request::get(host, path).emit()
            }
            Next::Provoke => Request::get(host, self.target()).emit(),
            Next::Send => {
                let (bytes, rest) = self.form(host);
                behind = rest;
                bytes
            }
        };
        let span = if behind.is_some() { UPLOAD } else { EXCHANGE };
        self.state = State::Exchanging(now + span, next);
        self.out.push_back(Step::Exchange(Exchange { to: self.goal.page, bytes, behind }));
    }

    /// The form as it is sent now, and what stands behind its file.
    fn form(&mut self, host: String) -> (Vec<u8>, Option<Vec<u8>>) {
        let (Some(attempt), Some(held)) = (self.current, &self.held) else { return (Vec::new(), None) };
        let wish = Wish {
            protocol: attempt.protocol,
            server: self.goal.server,
            file: &self.goal.file,
            button: attempt.button,
        };
        let to = self.target();
        if attempt.upload {
            let boundary = format!("--------------------{:016x}", self.goal.seed);
            let Some(parts) = fill::upload(&held.page, &held.form, &held.fields, &wish, &boundary) else {
                return (Vec::new(), None);
            };
            let mut request = Request::post(host, to, parts.kind, parts.before);
            request.more = self.goal.size.saturating_add(parts.behind.len() as u64);
            self.sent = format!("{} ({} bytes)", escape_short(self.goal.file.as_bytes(), 80), self.goal.size);
            return (request.emit(), Some(parts.behind));
        }
        let values = fill::values(&held.form, &held.fields, &wish);
        let pairs = values.iter().map(|(n, v)| (n.as_str(), v.as_str()));
        let body = url_encoded(pairs, held.page.charset);
        self.sent = escape_short(body.as_bytes(), KEPT);
        let request = match attempt.method {
            Method::Post => Request::post(host, to, URL_ENCODED, body.into_bytes()),
            Method::Get => {
                let bare = to.split('?').next().unwrap_or("/");
                Request::get(host, format!("{bare}?{body}"))
            }
        };
        (request.emit(), None)
    }
}

/// A file that went out whole, and a phone that did not say no.
fn whole_upload(end: &End, answer: &Answer) -> bool {
    matches!(end, End::Closed) && answer.status.is_none_or(|s| (200..400).contains(&s))
}

fn words(answer: &Answer, page: &Page) -> String {
    let status = answer.status.map_or_else(|| "no status line".to_owned(), |s| s.to_string());
    let text = format!("{} {}", page.title, page.words);
    escape_short(format!("{status}: {}", text.trim()).as_bytes(), KEPT)
}
