//! The recovery menu: three files, by TFTP from typed addresses or from a USB stick.

use std::net::Ipv4Addr;
use std::time::Duration;

use proto::Time;

use super::stick::{Fat, NoFiles};
use super::{RecoveryFile, Stage, Yealink};
use crate::Key;
use crate::firmware::rom;
use crate::firmware::taken::Taken;
use crate::phones::parts::download::{End, Wanted};
use crate::phones::parts::place::Place;
use crate::stream::Scheme;
use crate::wire::Address;

pub(super) const DAMAGED: &str = "File is damaged";
pub(super) const OTHER: &str = "File is not for this phone";
const FIELDS: [&str; 4] = ["1. IP-address", "2. Netmask", "3. IP Gateway", "4. TFTP Server"];
/// How long it reads a stick.
const READING: Duration = Duration::from_secs(20);

/// Where in the menu somebody is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recovery {
    state: State,
    fields: [String; 4],
    /// The version that the set brings, once its image was there.
    version: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// TFTP or USB.
    Menu {
        usb: bool,
    },
    /// One of the four fields is typed.
    Typing {
        field: usize,
    },
    /// One of the three files is fetched.
    Fetching {
        at: usize,
    },
    Reading {
        until: Time,
    },
    Writing {
        until: Time,
    },
    /// Something went wrong; OK begins again.
    Failed,
}

impl Recovery {
    /// Whether its flash is being written.
    pub(super) fn writes(&self) -> bool {
        matches!(self.state, State::Writing { .. })
    }

    pub(super) fn deadline(&self) -> Option<(Time, &'static str)> {
        match self.state {
            State::Reading { until } => Some((until, "reading the stick")),
            State::Writing { until } => Some((until, "writing the recovery set")),
            _ => None,
        }
    }
}

impl Yealink {
    pub(super) fn begin_recovery(&mut self, now: Time) {
        self.note("enters recovery");
        self.stage = Stage::Recovering;
        // Without a USB socket there is nothing to choose.
        let state = if self.spec.model.usb { State::Menu { usb: false } } else { State::Typing { field: 0 } };
        self.boot.recovery = Some(Recovery { state, fields: Default::default(), version: None });
        self.draw(now);
    }

    fn draw(&mut self, _now: Time) {
        let Some(recovery) = &self.boot.recovery else { return };
        let lines: Vec<String> = match &recovery.state {
            State::Menu { usb } => {
                let mark = |chosen: bool| if chosen { '>' } else { ' ' };
                vec![format!("{}TFTP", mark(!usb)), format!("{}USB", mark(*usb))]
            }
            State::Typing { field } => {
                let rows = FIELDS.iter().zip(&recovery.fields).enumerate();
                rows.map(|(at, (name, typed))| format!("{}{name}: {typed}", if at == *field { '>' } else { ' ' }))
                    .collect()
            }
            State::Fetching { .. } | State::Reading { .. } => vec!["Updating...".to_owned()],
            State::Writing { .. } => vec!["Updating... please don't power off".to_owned()],
            State::Failed => return,
        };
        self.show(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    }

    pub(super) fn press_in_recovery(&mut self, now: Time, key: Key) {
        let Some(mut recovery) = self.boot.recovery.take() else { return };
        match (&mut recovery.state, key) {
            (State::Menu { usb }, Key::Up) => *usb = false,
            (State::Menu { usb }, Key::Down) => *usb = true,
            (State::Menu { usb: true }, Key::Ok) => recovery.state = State::Reading { until: now + READING },
            (State::Menu { usb: false } | State::Failed, Key::Ok) => recovery.state = State::Typing { field: 0 },
            (State::Typing { field }, key) => {
                let typed = recovery.fields.get_mut(*field);
                match (key, typed) {
                    (Key::Digit(d), Some(typed)) if typed.len() < 15 => typed.extend(char::from_digit(d.into(), 10)),
                    (Key::Star, Some(typed)) if typed.len() < 15 => typed.push('.'),
                    (Key::Cancel, Some(typed)) => drop(typed.pop()),
                    (Key::Up, _) => *field = field.saturating_sub(1),
                    (Key::Down, _) => *field = (*field + 1).min(3),
                    (Key::Ok, Some(typed)) if typed.parse::<Ipv4Addr>().is_err() => {}
                    (Key::Ok, _) if *field < 3 => *field += 1,
                    (Key::Ok, _) => recovery.state = State::Fetching { at: 0 },
                    _ => {}
                }
            }
            _ => {}
        }
        let begins = recovery.state == State::Fetching { at: 0 };
        self.boot.recovery = Some(recovery);
        self.draw(now);
        if begins && self.boot.downloads.current().is_none() {
            self.begin_tftp(now);
        }
    }

    fn begin_tftp(&mut self, now: Time) {
        let Some(recovery) = &self.boot.recovery else { return };
        let typed: Vec<Ipv4Addr> = recovery.fields.iter().filter_map(|f| f.parse().ok()).collect();
        let [ip, mask, router, server] = typed.as_slice() else { return self.fail("Invalid address") };
        let (address, server) = (Address { ip: *ip, mask: *mask, router: Some(*router) }, *server);
        if !self.body.link {
            return self.fail("Network unavailable");
        }
        self.station.set_address(Some(address), &mut self.body.out);
        self.boot.server = Some((Place::host(Scheme::Tftp, &server.to_string()), server));
        self.fetch(now, 0);
    }

    fn names(&self) -> [String; 3] {
        self.spec.recovery_names.clone().unwrap_or_else(|| self.spec.model.recovery.map(str::to_owned))
    }

    /// The file at a place of the order: its kind and its name.
    fn wanted(&self, at: usize) -> Option<(RecoveryFile, String)> {
        let kind = *self.spec.recovery_order.get(at)?;
        let [bin, rfs, rom] = self.names();
        let name = match kind {
            RecoveryFile::Bin => bin,
            RecoveryFile::Rfs => rfs,
            RecoveryFile::Rom => rom,
        };
        Some((kind, name))
    }

    fn fetch(&mut self, now: Time, at: usize) {
        let Some((kind, name)) = self.wanted(at) else { return self.write(now) };
        let Some((place, server)) = self.boot.server.clone() else { return };
        let port = self.station.next_port();
        let wanted = Wanted {
            place: &place,
            server,
            path: name,
            user_agent: String::new(),
            trusted_only: false,
            patience: self.spec.patience,
            blksize: self.spec.blksize,
            hole: if kind == RecoveryFile::Rom { rom::HOLE } else { rom::PART_HOLE },
        };
        self.boot.downloads.begin(now, port, wanted);
        if let Some(recovery) = &mut self.boot.recovery {
            recovery.state = State::Fetching { at };
        }
        self.draw(now);
        self.look_at_download(now);
    }

    pub(super) fn recovery_file(&mut self, now: Time, end: End) {
        let Some(State::Fetching { at }) = self.boot.recovery.as_ref().map(|r| r.state.clone()) else { return };
        let Some((kind, name)) = self.wanted(at) else { return };
        let why = match end {
            End::Got(file) => match self.judge(kind, &name, &file) {
                Ok(version) => {
                    self.note(format!("{name} is sound"));
                    if let (Some(recovery), Some(version)) = (&mut self.boot.recovery, version) {
                        recovery.version = Some(version);
                    }
                    return self.fetch(now, at + 1);
                }
                Err(why) => why,
            },
            End::Missing => "File not found",
            End::TimedOut => "TFTP timeout",
            End::Denied | End::Untrusted | End::Rejected => "TFTP error",
        };
        self.note(format!("{name}: {why}"));
        self.fail(why);
    }

    fn fail(&mut self, why: &str) {
        self.message(why);
        self.show(&["Update failed", why]);
        if let Some(recovery) = &mut self.boot.recovery {
            recovery.state = State::Failed;
        }
    }

    pub(super) fn look_at_recovery(&mut self, now: Time) {
        match self.boot.recovery.as_ref().map(|r| r.state.clone()) {
            Some(State::Reading { until }) if until <= now => match self.read_stick() {
                Ok(version) => {
                    if let Some(recovery) = &mut self.boot.recovery {
                        recovery.version = version;
                    }
                    self.write(now);
                }
                Err(why) => self.fail(why),
            },
            Some(State::Writing { until }) if until <= now => self.written(now),
            _ => {}
        }
    }

    /// All three files from the root of the stick, in the same order.
    fn read_stick(&mut self) -> Result<Option<String>, &'static str> {
        let stick = self.stick.clone().ok_or("No USB disk")?;
        let fat = Fat::open(&stick).map_err(|why| match why {
            NoFiles::NoPartition => "No DOS partition",
            NoFiles::OtherKind(_) | NoFiles::Broken => "No file system",
        })?;
        let files = fat.files();
        let mut version = None;
        for at in 0..self.spec.recovery_order.len() {
            let Some((kind, name)) = self.wanted(at) else { continue };
            let file = files.iter().find(|f| f.name.eq_ignore_ascii_case(&name)).ok_or("File not found")?;
            let bytes = fat.read(file).ok_or(DAMAGED)?;
            let hole = if kind == RecoveryFile::Rom { rom::HOLE } else { rom::PART_HOLE };
            let brings = self.judge(kind, &name, &Taken::of(hole, &bytes))?;
            self.note(format!("reading {name}: check ok"));
            version = brings.or(version);
        }
        Ok(version)
    }

    /// All three are there: writes them, which takes several restarts of the boot loader.
    fn write(&mut self, now: Time) {
        let until = now + self.body.rng.around(self.spec.flash_time) * 3;
        if let Some(recovery) = &mut self.boot.recovery {
            recovery.state = State::Writing { until };
        }
        self.note("writes the recovery set");
        self.draw(now);
    }

    fn written(&mut self, now: Time) {
        let version = self.boot.recovery.take().and_then(|r| r.version);
        if let Some(version) = version {
            self.flash.last.clone_from(&version);
            self.flash.load = Some(version);
        }
        self.factory_default();
        self.show(&["Welcome"]);
        self.restart(now, "recovered: starts as from the factory");
    }
}
