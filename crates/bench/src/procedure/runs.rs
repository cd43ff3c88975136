//! The procedures that run, by phone and by deadline: who is due is known without asking all of them.

use std::collections::{BTreeMap, BTreeSet};

use proto::{Mac, Time};

use super::run::Run;

/// Every procedure that was begun and whose phone is still here. To change one, take it out and put it back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs {
    by_phone: BTreeMap<Mac, Run>,
    due: BTreeSet<(Time, Mac)>,
}

impl Runs {
    /// The phone's procedure.
    pub(crate) fn get(&self, phone: Mac) -> Option<&Run> {
        self.by_phone.get(&phone)
    }

    /// Puts a phone's procedure in.
    pub(crate) fn put(&mut self, phone: Mac, run: Run) {
        self.take(phone);
        if let Some((at, _)) = run.poll_timeout() {
            self.due.insert((at, phone));
        }
        self.by_phone.insert(phone, run);
    }

    /// Takes a phone's procedure out.
    pub(crate) fn take(&mut self, phone: Mac) -> Option<Run> {
        let run = self.by_phone.remove(&phone)?;
        if let Some((at, _)) = run.poll_timeout() {
            self.due.remove(&(at, phone));
        }
        Some(run)
    }

    /// The phones whose deadline has come.
    pub(crate) fn due(&self, now: Time) -> Vec<Mac> {
        self.due.iter().take_while(|(at, _)| *at <= now).map(|(_, phone)| *phone).collect()
    }

    /// When to look again, and why.
    pub(crate) fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        let (_, phone) = self.due.first()?;
        self.by_phone.get(phone)?.poll_timeout()
    }
}
