//! The plain screen's second half: findings as they open, and lines that a technician types.

use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use bench::diagnose::Finding;
use bench::view::{View, opened};
use profile::Profiles;
use rustix::event::{PollFd, PollFlags, Timespec};

use super::typed::{self, Typed};
use crate::io::message::{Mailbox, Message};
use crate::io::shown::Shown;

const EVERY: Duration = Duration::from_millis(200);

/// Ends when dropped.
#[derive(Debug)]
pub(crate) struct Lines {
    _stop: Sender<()>,
}

/// Prints findings when they open, and takes what is typed.
pub(crate) fn start(shown: &Shown, mailbox: &Mailbox, profiles: &Arc<Profiles>) -> Lines {
    let (stop, stopped) = channel::<()>();
    let mut views = shown.watch();
    let watch = move || {
        let mut old: Option<Arc<View>> = None;
        while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
            let Some(view) = views.borrow_and_update().view.clone() else { continue };
            for finding in opened(old.as_deref(), &view) {
                // A reader that has gone away must not stop a phone's recovery.
                let _ = tell(&mut io::stdout().lock(), finding);
            }
            old = Some(view);
        }
    };
    // Without these threads the lines of observations still come.
    let _ = std::thread::Builder::new().name("findings".to_owned()).spawn(watch);
    let (shown, mailbox, profiles) = (Arc::clone(shown), mailbox.clone(), Arc::clone(profiles));
    let _ = std::thread::Builder::new().name("typed".to_owned()).spawn(move || take(&shown, &mailbox, &profiles));
    Lines { _stop: stop }
}

fn tell(out: &mut dyn Write, finding: &Finding) -> io::Result<()> {
    let who = finding.phone.map_or_else(|| "the cable".to_owned(), |mac| mac.to_string());
    writeln!(out, "FINDING    {who}  {}  {}", finding.code, finding.title)?;
    for evidence in &finding.evidence {
        writeln!(out, "           · {evidence}")?;
    }
    writeln!(out, "           → {}", finding.remedy)
}

fn take(shown: &Shown, mailbox: &Mailbox, profiles: &Profiles) {
    let stdin = io::stdin();
    let mut line = String::new();
    loop {
        if !may_read(&stdin) {
            std::thread::sleep(EVERY);
            continue;
        }
        line.clear();
        match stdin.lock().read_line(&mut line) {
            // The end of what can be typed: nobody is there, and the bench goes on.
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let Some(view) = shown.newest().view else { continue };
        match typed::read(&line, &view, profiles) {
            Typed::Command(command) => {
                if mailbox.send(Message::Command(command)).is_err() {
                    return;
                }
            }
            Typed::Say(words) => {
                let _ = writeln!(io::stdout().lock(), "{words}");
            }
        }
    }
}

/// Whether a line waits for us. On a terminal only in the foreground: from the background a read would stop
/// the whole program.
fn may_read(stdin: &io::Stdin) -> bool {
    if !stdin.is_terminal() {
        return true;
    }
    let span = Timespec { tv_sec: 1, tv_nsec: 0 };
    let waits = rustix::event::poll(&mut [PollFd::new(stdin, PollFlags::IN)], Some(&span)).is_ok_and(|n| n > 0);
    waits && rustix::termios::tcgetpgrp(stdin).is_ok_and(|group| group == rustix::process::getpgrp())
}
