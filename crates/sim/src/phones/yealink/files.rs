//! Which file is asked for next, and what its answer means.

use proto::Time;

use super::recovery;
use super::settings::{self, NotApplied};
use super::{Stage, Yealink};
use crate::firmware::rom;
use crate::firmware::taken::Taken;
use crate::phones::parts::download::{End, Wanted};
use crate::phones::parts::place::Place;
use crate::stream::Scheme;

/// The boot file for all phones.
const COMMON_BOOT: &str = "y000000000000.boot";

/// Why a file is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// This phone's boot file.
    OwnBoot,
    /// Everybody's boot file.
    CommonBoot,
    /// A file that a boot file or a URL names.
    Named(String),
    /// This model's configuration.
    Common,
    /// This phone's configuration.
    Own,
    /// The image that a configuration names.
    Rom(String),
}

impl Yealink {
    /// A server is known: begins with its first file.
    pub(super) fn start_files(&mut self, now: Time) {
        self.boot.fed = false;
        self.boot.round = Some(self.flash.settings.clone());
        let path = self.boot.server.as_ref().map(|(place, _)| place.path.clone()).unwrap_or_default();
        let files = if path.ends_with(".cfg") {
            vec![Errand::Named(format!("/{path}"))]
        } else if self.release() >= 81 {
            vec![Errand::OwnBoot]
        } else {
            vec![Errand::Common, Errand::Own]
        };
        self.show(&["Updating configuration..."]);
        self.boot.files = files.into();
        self.next_file(now);
    }

    fn next_file(&mut self, now: Time) {
        match self.boot.files.pop_front() {
            Some(errand) => {
                let until = now + self.body.rng.around(self.spec.think_time);
                self.stage = Stage::Thinking { until, errand };
            }
            None => self.end_round(now),
        }
    }

    pub(super) fn ask(&mut self, now: Time, errand: Errand) {
        let Some((place, server, path)) = self.place_of(&errand) else { return self.next_file(now) };
        let port = self.station.next_port();
        let wanted = Wanted {
            place: &place,
            server,
            path,
            user_agent: self.user_agent(),
            trusted_only: self.on("security.trust_certificates", true),
            patience: self.spec.patience,
            blksize: self.spec.blksize,
            hole: if matches!(errand, Errand::Rom(_)) { rom::HOLE } else { 0..0 },
        };
        self.boot.downloads.begin(now, port, wanted);
        self.stage = Stage::Fetching(errand);
        self.look_at_download(now);
    }

    fn user_agent(&self) -> String {
        let mac = if self.on("auto_provision.user_agent_mac.enable", true) {
            format!(" {}", self.spec.mac)
        } else {
            String::new()
        };
        format!("Yealink SIP-{} {}{mac}", self.spec.model.name, self.version())
    }

    fn place_of(&self, errand: &Errand) -> Option<(Place, std::net::Ipv4Addr, String)> {
        let (place, server) = self.boot.server.clone()?;
        let mac = self.spec.mac.bare_lower();
        let name = match errand {
            Errand::OwnBoot => format!("{mac}.boot"),
            Errand::CommonBoot => COMMON_BOOT.to_owned(),
            Errand::Common => self.spec.model.common_file(),
            Errand::Own => format!("{mac}.cfg"),
            Errand::Named(name) | Errand::Rom(name) if name.contains("://") => {
                let elsewhere = Place::parse(name, Scheme::Tftp)?;
                let address = match elsewhere.address() {
                    Some(address) => address,
                    None if elsewhere.host == place.host => server,
                    None => return None,
                };
                let path = elsewhere.path.clone();
                return Some((elsewhere, address, path));
            }
            Errand::Named(name) | Errand::Rom(name) => match name.strip_prefix('/') {
                Some(whole) => return Some((place, server, whole.to_owned())),
                None => name.clone(),
            },
        };
        let path = place.file(&name);
        Some((place, server, path))
    }

    /// Sends what the download has to say, and goes on when it has ended.
    pub(super) fn look_at_download(&mut self, now: Time) {
        let Some(end) = self.boot.downloads.poll(now, false, &self.station, &mut self.body.out) else { return };
        match self.stage.clone() {
            Stage::Fetching(errand) => self.file(now, errand, end),
            Stage::Recovering => self.recovery_file(now, end),
            _ => {}
        }
    }

    fn file(&mut self, now: Time, errand: Errand, end: End) {
        if let Errand::Rom(_) = errand {
            return self.rom(now, end);
        }
        match end {
            End::Got(file) => {
                self.boot.fed = true;
                self.got(now, errand, &file);
            }
            End::Missing | End::Rejected => {
                match errand {
                    Errand::OwnBoot => self.boot.files.push_back(Errand::CommonBoot),
                    Errand::CommonBoot => self.boot.files.extend([Errand::Common, Errand::Own]),
                    _ => {}
                }
                self.next_file(now);
            }
            End::Untrusted => {
                self.note("does not trust the server's certificate");
                self.give_up_round(now);
            }
            End::Denied => {
                self.note("the server wants a password that it does not have");
                self.give_up_round(now);
            }
            End::TimedOut => {
                self.note("the server does not answer");
                self.give_up_round(now);
            }
        }
    }

    fn got(&mut self, now: Time, errand: Errand, file: &Taken) {
        let text = file.text().unwrap_or_default();
        let boots = matches!(errand, Errand::OwnBoot | Errand::CommonBoot);
        if boots {
            match settings::boot_file(self.spec.model.name, &text) {
                Ok(boot) => {
                    if boot.overwrite {
                        self.note("a boot file sets everything back that is in no file");
                        self.boot.round = Some(self.spec.custom_factory.clone());
                        self.flash.applied.clear();
                    }
                    self.boot.files.extend(boot.includes.into_iter().map(Errand::Named));
                }
                Err(NotApplied::FirstLine) => self.note("a boot file has another first line: not applied"),
            }
            return self.next_file(now);
        }
        let name = self.place_of(&errand).map(|(_, _, path)| path).unwrap_or_default();
        if self.flash.applied.get(&name) == Some(&file.sum) {
            self.note(format!("{name} is the same as last time: not applied"));
            return self.next_file(now);
        }
        let release = self.release();
        let mut round = self.boot.round.take().unwrap_or_default();
        match settings::apply(&mut round, release, &text) {
            Ok(known) => {
                self.note(format!("applies {name}: {known} keys are known"));
                self.flash.applied.insert(name, file.sum);
            }
            Err(NotApplied::FirstLine) => self.note(format!("{name} has another first line: not applied")),
        }
        self.boot.round = Some(round);
        self.next_file(now);
    }

    fn give_up_round(&mut self, now: Time) {
        self.boot.files.clear();
        self.end_round(now);
    }

    fn end_round(&mut self, now: Time) {
        if !self.boot.fed {
            self.boot.round = None;
            return self.next_source(now);
        }
        if let Some(settings) = self.boot.round.take() {
            self.flash.settings = settings;
        }
        match self.flash.settings.get("firmware.url").cloned() {
            Some(url) => {
                let until = now + self.body.rng.around(self.spec.think_time);
                self.stage = Stage::Thinking { until, errand: Errand::Rom(url) };
                // Behind it there is nothing more in this round.
                self.boot.files.clear();
            }
            None => self.idle(),
        }
    }

    /// An image of another version is taken, newer or older; one for another phone makes it only restart.
    fn rom(&mut self, now: Time, end: End) {
        let End::Got(file) = end else { return self.idle() };
        let tried = self.flash.applied.insert("rom".to_owned(), file.sum) == Some(file.sum);
        match rom::whole(&file) {
            Ok(image) if !self.fits(&image) => {
                self.message("Update failed");
                if tried {
                    self.idle()
                } else {
                    self.restart(now, "the image is not for this phone: restarts as it was")
                }
            }
            Ok(image) if Some(&image.version) == self.flash.load.as_ref() => self.idle(),
            Ok(image) => self.install(now, image.version),
            Err(_) => {
                self.message("Update failed");
                self.idle();
            }
        }
    }

    /// Everything was asked for.
    pub(super) fn idle(&mut self) {
        self.stage = Stage::Idle;
        self.boot.dialled = false;
        self.boot.typed.clear();
        self.boot.shown = super::Shown::Idle;
        let line = if self.spec.registered { "Registered" } else { "No Service" };
        self.show(&[line]);
    }

    /// Whether a file of the recovery set is sound and for this phone, and the version that it brings.
    pub(super) fn judge(
        &self,
        kind: super::RecoveryFile,
        name: &str,
        file: &Taken,
    ) -> Result<Option<String>, &'static str> {
        if kind == super::RecoveryFile::Rom {
            let image = rom::whole(file).map_err(|_| recovery::DAMAGED)?;
            return if self.fits(&image) { Ok(Some(image.version)) } else { Err(recovery::OTHER) };
        }
        let inside = rom::whole_part(file).map_err(|_| recovery::DAMAGED)?;
        if inside.eq_ignore_ascii_case(name) { Ok(None) } else { Err(recovery::OTHER) }
    }
}
