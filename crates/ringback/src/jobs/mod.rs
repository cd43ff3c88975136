//! Long sequential work beside the loop: one thread a job, which tells news by the mailbox and ends by itself.
//!
//! A job decides nothing about phones: the bench asked for it, and what it meets goes back as news. [`usb_stick`] is begun by a command instead.

pub(crate) mod usb_stick;
mod web_recovery;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bench::{Job, JobId, JobNews};

use crate::io::content::Library;
use crate::io::message::{Mailbox, Message};

/// What jobs work with.
#[derive(Clone)]
pub(crate) struct Place {
    /// The interface that their connections stay on.
    pub(crate) device: Option<String>,
    /// Where contents are opened.
    pub(crate) library: Arc<Library>,
}

/// Jobs at once.
const AT_ONCE: usize = 64;

/// By which a job knows that it is no longer wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted(Arc<AtomicBool>);

impl Wanted {
    /// Whether somebody still waits for it. Looked at between steps.
    pub(crate) fn is_wanted(&self) -> bool {
        !self.0.load(Ordering::Relaxed)
    }
}

/// Where a job tells its news.
#[derive(Clone)]
pub(crate) struct Teller {
    id: JobId,
    mailbox: Mailbox,
}

impl Teller {
    /// For this job.
    #[cfg(test)]
    pub(crate) fn new(id: JobId, mailbox: Mailbox) -> Teller {
        Teller { id, mailbox }
    }

    /// Tells one piece of news. A loop that has ended hears nothing.
    pub(crate) fn tell(&self, news: JobNews) {
        let _ = self.mailbox.send(Message::Job(self.id, news));
    }
}

/// The jobs under way.
pub(crate) struct Jobs {
    mailbox: Mailbox,
    place: Place,
    running: BTreeMap<JobId, Wanted>,
}

impl Jobs {
    /// None yet.
    pub(crate) fn new(mailbox: Mailbox, place: Place) -> Jobs {
        Jobs { mailbox, place, running: BTreeMap::new() }
    }

    /// Begins a job in a thread of its own.
    pub(crate) fn begin(&mut self, id: JobId, job: Job) {
        let teller = Teller { id, mailbox: self.mailbox.clone() };
        let failed = |why: String| JobNews::Failed { code: "RB509".to_owned(), why };
        if self.running.len() >= AT_ONCE {
            return teller.tell(failed("too many jobs at once".to_owned()));
        }
        let wanted = Wanted::default();
        self.running.insert(id, wanted.clone());
        let (told, name, place) = (teller.clone(), "job".to_owned(), self.place.clone());
        if let Err(error) = std::thread::Builder::new().name(name).spawn(move || work(&job, &place, &told, &wanted)) {
            teller.tell(failed(format!("no thread for it: {error}")));
        }
    }

    /// A job is no longer wanted: it ends at its next step.
    pub(crate) fn drop_job(&mut self, id: JobId) {
        if let Some(wanted) = self.running.remove(&id) {
            wanted.0.store(true, Ordering::Relaxed);
        }
    }

    /// A job has told that it ended.
    pub(crate) fn ended(&mut self, id: JobId, news: &JobNews) {
        if !matches!(news, JobNews::Progress { .. }) {
            self.running.remove(&id);
        }
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        self.running.values().for_each(|w| w.0.store(true, Ordering::Relaxed));
    }
}

fn work(job: &Job, place: &Place, teller: &Teller, wanted: &Wanted) {
    match job {
        Job::Exchange { to, bytes, file } => {
            let file = file.as_ref().map(|(content, behind)| (place.library.open(content), behind.as_slice()));
            web_recovery::exchange(web_recovery::LIMITS, place.device.as_deref(), *to, bytes, file, teller, wanted);
        }
    }
}
