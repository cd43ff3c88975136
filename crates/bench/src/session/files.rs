//! The files that a phone asked for in its stay, and what became of each request.

use profile::{Profiles, Role};
use proto::Time;

use super::Session;
use crate::observe::{Observation, Seen, Via};

/// Files remembered per stay; a phone that loops for days forgets its oldest.
const FILES_KEPT: usize = 120;
/// Names remembered as served per stay: far more than phones ask for, and a bound for one that goes on making
/// up spellings.
const SERVED_KEPT: usize = 4_000;
/// In a host's words for a transfer that ended early: everything was sent, and the end was not acknowledged.
const LAST_BLOCK: &str = "last block";

/// What became of a request for a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileResult {
    /// Nothing yet.
    Asked,
    /// It is on its way.
    Sending,
    /// It arrived whole.
    Done,
    /// It did not.
    Failed(String),
    /// It was refused, with this code.
    Refused(String),
    /// It was not answered.
    Ignored(String),
}

/// One file that a phone asked for in one boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileNote {
    /// The name as the phone wrote it.
    pub name: String,
    /// How it asked.
    pub via: Via,
    /// What the file is to it.
    pub role: Option<Role>,
    /// The load that a list file's name carries.
    pub load: Option<String>,
    /// The signalling protocol whose loads ask for it, where only they do.
    pub protocol: Option<String>,
    /// Which boot, as in [`Session::boots`].
    pub boot: u32,
    /// How often it asked in that boot.
    pub asks: u32,
    /// When it first asked.
    pub at: Time,
    /// When it asked last.
    pub last_at: Time,
    /// How often it arrived whole.
    pub done: u32,
    /// How often it did not, and nothing at all of it was acknowledged.
    pub dead: u32,
    /// The observation of the last ask.
    pub asked_n: u64,
    /// The observation by which it had arrived whole; 0 before.
    pub done_n: u64,
    /// The observation by which all of it was sent and only the last acknowledgement is missing; 0 before.
    pub sent_n: u64,
    /// What became of it.
    pub result: FileResult,
    /// Length, bytes, once served.
    pub size: u64,
    /// How long it took, milliseconds, once done.
    pub millis: u64,
}

impl Session {
    /// Requests of the current boot.
    pub fn files_this_boot(&self) -> impl DoubleEndedIterator<Item = &FileNote> {
        self.files.iter().filter(|f| f.boot == self.boots)
    }

    /// The last request for this name (without regard to case).
    pub fn file_named(&self, name: &str) -> Option<&FileNote> {
        self.files.iter().rev().find(|f| same_name(&f.name, name))
    }

    /// Whether a file of this role was asked for since observation `n`.
    pub fn asked_since(&self, n: u64, role: Role) -> bool {
        self.files.iter().rev().any(|f| f.role == Some(role) && f.asked_n >= n)
    }

    /// Whether this file arrived whole since observation `n`.
    pub fn fetched_since(&self, n: u64, name: &str) -> bool {
        let whole = |f: &FileNote| {
            // Who asks for something else after the last block has it: only its acknowledgement was lost.
            let went_on = f.sent_n >= n.max(1) && self.files.iter().any(|g| g.asked_n > f.sent_n);
            f.done_n >= n.max(1) || went_on
        };
        self.files.iter().rev().any(|f| same_name(&f.name, name) && whole(f))
    }

    pub(super) fn file(&mut self, profiles: &Profiles, obs: &Observation) {
        match &obs.seen {
            Seen::FileAsked { via, name, .. } => self.asked(profiles, obs, *via, name),
            Seen::FileServed { name, sha256, size, .. } => {
                self.note(name, |f| {
                    f.result = FileResult::Sending;
                    f.size = *size;
                });
                // One file has many spellings.
                let room = self.served.len() < SERVED_KEPT || self.served.contains_key(name);
                if !sha256.is_empty() && room {
                    self.served.insert(name.clone(), (sha256.clone(), *size));
                }
                self.does(obs.at, format!("fetches {name}"));
            }
            Seen::FileDone { name, millis, .. } => {
                self.note(name, |f| {
                    f.result = FileResult::Done;
                    f.done += 1;
                    f.done_n = obs.n;
                    f.millis = *millis;
                });
                self.does(obs.at, format!("has fetched {name}"));
            }
            Seen::FileFailed { name, bytes, why } => {
                self.note(name, |f| {
                    f.result = FileResult::Failed(why.clone());
                    f.dead += u32::from(*bytes == 0);
                    if why.contains(LAST_BLOCK) {
                        f.sent_n = obs.n;
                    }
                });
                self.does(obs.at, format!("did not get {name} whole"));
            }
            Seen::FileRefused { name, code, .. } => {
                self.note(name, |f| f.result = FileResult::Refused(code.clone()));
                self.does(obs.at, format!("asked for {name}, which is not here"));
            }
            Seen::FileIgnored { name, why } => {
                self.note(name, |f| f.result = FileResult::Ignored(why.clone()));
            }
            _ => {}
        }
    }

    pub(super) fn asked(&mut self, profiles: &Profiles, obs: &Observation, via: Via, name: &str) {
        let boot = self.boots;
        if let Some(known) = self.files.iter_mut().rev().find(|f| f.boot == boot && same_name(&f.name, name)) {
            known.asks += 1;
            known.asked_n = obs.n;
            known.last_at = obs.at;
            return;
        }
        let base = name.trim_start_matches(['.', '/']);
        let of = |family: &profile::Family, name: &str| {
            family.boot_file(name).map(|(f, c)| (f.role, c.get("load").map(str::to_owned), f.protocol.clone()))
        };
        let last = base.rsplit(['/', '\\']).next().unwrap_or(base);
        let of = |family: &profile::Family| of(family, base).or_else(|| of(family, last));
        let known = match self.family(profiles) {
            Some(family) => of(family),
            None => profiles.families().find_map(of),
        };
        if self.files.len() >= FILES_KEPT {
            self.files.remove(0);
        }
        self.files.push(FileNote {
            name: name.to_owned(),
            via,
            role: known.as_ref().map(|k| k.0),
            load: known.as_ref().and_then(|k| k.1.clone()),
            protocol: known.and_then(|k| k.2),
            boot,
            asks: 1,
            at: obs.at,
            last_at: obs.at,
            done: 0,
            dead: 0,
            asked_n: obs.n,
            done_n: 0,
            sent_n: 0,
            result: FileResult::Asked,
            size: 0,
            millis: 0,
        });
    }

    pub(super) fn note(&mut self, name: &str, change: impl FnOnce(&mut FileNote)) {
        if let Some(file) = self.files.iter_mut().rev().find(|f| same_name(&f.name, name)) {
            change(file);
        }
    }
}

/// File names compare without regard to ASCII case and to a leading `./` or `/`.
pub fn same_name(a: &str, b: &str) -> bool {
    a.trim_start_matches(['.', '/']).eq_ignore_ascii_case(b.trim_start_matches(['.', '/']))
}
