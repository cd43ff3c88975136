//! The live screen: draws the newest view and sends commands; it changes nothing.
//!
//! What a key does is [`Screen::key`]: the view as it was drawn and a key in, a command out.

use std::io::{self, Write};
use std::time::Duration;

use bench::Command;
use bench::signalling::Wish;
use bench::view::{PhoneView, View, offers};
use profile::Profiles;
use proto::{Mac, Time};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::SetTitle;
use rustix::event::{PollFd, PollFlags, Timespec};

use super::choose::{Choice, Chosen};
use super::draw::draw;
use super::prompt::Prompt;
use crate::io::message::{Mailbox, Message};
use crate::io::shown::Shown;
use crate::sentence;

/// How often it is drawn.
const EVERY: Duration = Duration::from_millis(100);

/// A box that lies over the screen.
#[derive(Clone, Debug)]
pub(super) enum Over {
    /// Something is chosen.
    Choice(Choice),
    /// Something is typed.
    Prompt(Prompt),
    /// Something is wanted that cannot be taken back.
    Sure(Sure),
}

/// A question whether it is really meant.
#[derive(Clone, Debug)]
pub(super) struct Sure {
    /// What would happen.
    pub(super) words: String,
    /// The key that says yes.
    pub(super) key: char,
    command: Command,
}

/// What the technician has chosen on this screen.
#[derive(Clone, Debug, Default)]
pub(super) struct Screen {
    /// The phone that was chosen; none means the one that needs the technician most.
    chosen: Option<Mac>,
    /// The box over it.
    pub(super) over: Option<Over>,
    /// No bell.
    pub(super) muted: bool,
    /// When somebody was asked for something last.
    called: Option<Time>,
    /// Where the web screens are.
    pub(super) url: Option<String>,
}

/// Shows the view until the loop ends or the technician quits.
pub(crate) fn run(shown: &Shown, mailbox: &Mailbox, profiles: &Profiles, url: Option<&str>) -> io::Result<()> {
    let mut seen = shown.watch();
    let mut terminal = ratatui::try_init()?;
    let mut screen = Screen { url: url.map(str::to_owned), ..Screen::default() };
    let result = 'screen: loop {
        let newest = seen.borrow_and_update().clone();
        let view = newest.view;
        if newest.ended {
            break Ok(());
        }
        if let Some(view) = &view {
            if let Err(error) = terminal.draw(|frame| draw(frame, view, &screen)) {
                break Err(error);
            }
            if screen.is_called(view) {
                call(view, screen.muted);
            }
        }
        let mut waits = key_waits();
        loop {
            match waits {
                Ok(false) => continue 'screen,
                Ok(true) => {}
                Err(error) => break 'screen Err(error),
            }
            let Ok(Event::Key(key)) = event::read() else { continue 'screen };
            let command = match &view {
                _ if key.kind != KeyEventKind::Press => None,
                Some(view) => screen.key(key, view, profiles),
                None => quits(key).then_some(Command::Stop),
            };
            if let Some(command) = command
                && mailbox.send(Message::Command(command)).is_err()
            {
                break 'screen Ok(());
            }
            // Whoever types text is not kept waiting by the drawing; any other key answers what is on the screen.
            waits = match screen.over {
                Some(Over::Prompt(_)) => event::poll(Duration::ZERO),
                _ => Ok(false),
            };
        }
    };
    // Not `restore`: where there is no terminal to complain to, it would panic, and so would the drop.
    let _ = ratatui::try_restore();
    if result.is_err() {
        std::mem::forget(terminal);
    }
    result
}

/// Rings the terminal's bell and names the window. A terminal that knows neither shows nothing of it.
fn call(view: &View, muted: bool) {
    let mut out = io::stdout();
    let waiting = view.phones.iter().filter(|p| p.waits_for_person()).count();
    let title =
        if waiting == 0 { "Ringback".to_owned() } else { format!("▲ {} – Ringback", sentence::waiting(waiting)) };
    let _ = execute!(out, SetTitle(title));
    if waiting > 0 && !muted {
        let _ = out.write_all(b"\x07").and_then(|()| out.flush());
    }
}

fn quits(key: KeyEvent) -> bool {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    key.code == KeyCode::Char('q') || key.code == KeyCode::Char('c') && control
}

impl Screen {
    /// The phone that the screen is about: its place in the view's list.
    pub(super) fn at(&self, view: &View) -> usize {
        let chosen = self.chosen.and_then(|mac| view.phones.iter().position(|p| p.mac == mac));
        let neediest = || (0..view.phones.len()).min_by_key(|n| view.phones.get(*n).map(|p| p.state));
        chosen.or_else(neediest).unwrap_or(0)
    }

    /// The phone that the screen is about.
    pub(super) fn phone<'v>(&self, view: &'v View) -> Option<&'v PhoneView> {
        view.phones.get(self.at(view)).map(AsRef::as_ref)
    }

    /// Whether who waits has changed since it was asked last: somebody new, or nobody any more.
    fn is_called(&mut self, view: &View) -> bool {
        let waiting = view.phones.iter().filter(|p| p.waits_for_person());
        let newest = waiting.map(|p| p.procedure.as_ref().and_then(|r| r.since).unwrap_or_default()).max();
        let is = newest > self.called || newest.is_none() && self.called.is_some();
        self.called = newest;
        is
    }

    fn go(&mut self, view: &View, down: bool) {
        let at = self.at(view);
        let to = if down { (at + 1).min(view.phones.len().saturating_sub(1)) } else { at.saturating_sub(1) };
        self.chosen = view.phones.get(to).map(|p| p.mac);
    }

    /// Takes a key; `view` is what was on the screen.
    pub(super) fn key(&mut self, key: KeyEvent, view: &View, profiles: &Profiles) -> Option<Command> {
        if let Some(over) = &mut self.over {
            let chosen = match over {
                Over::Choice(choice) => choice.key(key.code),
                Over::Prompt(prompt) => prompt.key(key),
                Over::Sure(sure) => sure.key(key),
            };
            if chosen != Chosen::Open {
                self.over = None;
            }
            return if let Chosen::Wanted(command) = chosen { Some(command) } else { None };
        }
        if quits(key) {
            return self.quit(view);
        }
        match key.code {
            KeyCode::Down | KeyCode::Tab => self.go(view, true),
            KeyCode::Up => self.go(view, false),
            KeyCode::Char('a') => self.over = Some(Over::Choice(Choice::stranger(view))),
            KeyCode::Char('m') => self.muted = !self.muted,
            _ => {
                let phone = self.phone(view)?;
                return self.about(key.code, phone, view, profiles);
            }
        }
        None
    }

    fn about(&mut self, key: KeyCode, phone: &PhoneView, view: &View, profiles: &Profiles) -> Option<Command> {
        let mac = phone.mac;
        let running = phone.procedure.as_ref().filter(|p| p.ended.is_none());
        match key {
            KeyCode::Char('p') => self.over = Some(Over::Choice(Choice::procedure(phone, offers(profiles, phone)))),
            KeyCode::Char('n') if phone.here => self.over = Some(Over::Prompt(Prompt::map(view, phone))),
            KeyCode::Char('x') => {
                let words = format!("Stop “{}” for {mac} {}?", running?.title, phone.who);
                self.over = Some(Over::Sure(Sure { words, key: 'x', command: Command::Abort { phone: mac } }));
            }
            KeyCode::Enter if asks_approval(phone) => self.over = Some(Over::Prompt(Prompt::approval(phone))),
            KeyCode::Enter => return running.map(|_| Command::Confirm { phone: mac }),
            KeyCode::Char('s') => return Some(Command::Start { phone: mac, procedure: None, to: None }),
            KeyCode::Char('r') => return Some(Command::Tell { phone: mac, wish: Wish::Ring }),
            KeyCode::Char('b') => return Some(Command::Tell { phone: mac, wish: Wish::Reset }),
            KeyCode::Char(n @ '1'..='9') => {
                let answer = n.to_digit(10).and_then(|n| usize::try_from(n).ok())?;
                return Some(Command::Answer { phone: mac, answer: answer - 1 });
            }
            _ => {}
        }
        None
    }

    fn quit(&mut self, view: &View) -> Option<Command> {
        let running = view.phones.iter().filter(|p| p.here && p.procedure.as_ref().is_some_and(|r| r.ended.is_none()));
        let count = running.count();
        if count == 0 {
            return Some(Command::Stop);
        }
        let (s, it) = if count == 1 { ("a procedure runs", "It ends") } else { ("procedures run", "They end") };
        let words =
            format!("Quit while {s}? {it} without a result. A phone that writes its flash must not be unplugged.");
        self.over = Some(Over::Sure(Sure { words, key: 'q', command: Command::Stop }));
        None
    }
}

/// Whether somebody has to approve, with name and reason, before anything is done.
pub(super) fn asks_approval(phone: &PhoneView) -> bool {
    phone.procedure.as_ref().and_then(|p| p.ask.as_ref()).is_some_and(|a| a.approval)
}

impl Sure {
    fn key(&self, key: KeyEvent) -> Chosen {
        match key.code {
            // Whoever presses Ctrl-C twice means it.
            _ if self.command == Command::Stop && quits(key) => Chosen::Wanted(self.command.clone()),
            KeyCode::Char(c) if c == self.key => Chosen::Wanted(self.command.clone()),
            KeyCode::Esc | KeyCode::Char('n') => Chosen::Closed,
            _ => Chosen::Open,
        }
    }
}

/// Whether there is something to read, at the latest after `EVERY`; an error when the terminal has gone away,
/// which the library below would go on reading for ever.
fn key_waits() -> io::Result<bool> {
    let stdin = io::stdin();
    let mut wanted = [PollFd::new(&stdin, PollFlags::IN)];
    let span = Timespec { tv_sec: 0, tv_nsec: i64::from(EVERY.subsec_nanos()) };
    match rustix::event::poll(&mut wanted, Some(&span)) {
        // A signal: a new size of the window, for one.
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    if wanted.iter().any(|w| w.revents().intersects(gone)) {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the terminal has gone away"));
    }
    event::poll(Duration::ZERO)
}
