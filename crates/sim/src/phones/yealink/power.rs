//! Power, the boot loader, firmware written into flash, resets.

use std::time::Duration;

use proto::Time;

use super::recovery::Recovery;
use super::{Boot, Speaker, Stage, Yealink, model};
use crate::Key;

/// From the end of writing to the next start.
const RESTART: Duration = Duration::from_secs(3);
/// What a phone shows that starts, and one that cannot.
pub(super) const INITIALIZING: &str = "Initializing... please wait";

impl Yealink {
    pub(super) fn power(&mut self, now: Time, on: bool) {
        if on {
            return self.start(now);
        }
        let writes = self.boot.recovery.as_ref().is_some_and(Recovery::writes);
        if matches!(self.stage, Stage::Flashing { .. }) || writes {
            self.note("power was cut while firmware was written: there is none now");
            self.flash.load = None;
        }
        self.forget();
        self.body.message = None;
        self.stage = Stage::Off;
        self.show(&[]);
    }

    pub(super) fn plug(&mut self, now: Time, up: bool) {
        match (&self.stage, up) {
            (Stage::Unplugged, true) => self.start_network(now),
            (Stage::Off | Stage::Loader { .. } | Stage::Stuck | Stage::Flashing { .. }, _) => {}
            (Stage::Restarting { .. } | Stage::Recovering | Stage::Unplugged, _) | (_, true) => {}
            (_, false) => {
                self.forget();
                self.show(&["Network unavailable"]);
                self.stage = Stage::Unplugged;
            }
        }
    }

    /// From the beginning; everything not in flash is forgotten.
    pub(super) fn start(&mut self, now: Time) {
        self.forget();
        self.show(&["Welcome"]);
        let speaker = self.body.held.contains(&Key::Speaker).then(|| now + self.spec.speaker_hold);
        let until = now + self.body.rng.around(self.spec.self_test).max(self.spec.speaker_hold);
        self.stage = Stage::Loader { until, speaker };
    }

    /// What the speaker key does: on old firmware it was a reset, later the way into recovery. The boot loader
    /// of a phone without firmware always knows recovery.
    fn speaker(&self) -> Speaker {
        let usual = match (&self.flash.load, self.release()) {
            (None, _) => Speaker::Recovery,
            (Some(_), 80..) => Speaker::Recovery,
            (Some(_), _) => Speaker::Reset,
        };
        self.spec.speaker.unwrap_or(usual)
    }

    pub(super) fn end_loader(&mut self, now: Time, speaker: Option<Time>) {
        // It must be down all the time; a key that was let go is not in `held` any more.
        let held = speaker.is_some_and(|until| until <= now) && self.body.held.contains(&Key::Speaker);
        match (held, self.speaker()) {
            (true, Speaker::Recovery) => return self.begin_recovery(now),
            (true, Speaker::Reset) => {
                self.factory_default();
            }
            (true, Speaker::Nothing) => self.note("the speaker key does nothing on this firmware"),
            (false, _) => {}
        }
        self.show(&["Welcome", INITIALIZING]);
        if self.flash.load.is_none() {
            self.note("has no firmware: stays like this");
            self.stage = Stage::Stuck;
            return;
        }
        self.start_network(now);
    }

    /// A sound image is here: writes it.
    pub(super) fn install(&mut self, now: Time, version: String) {
        self.note(format!("writes firmware {version}"));
        self.show(&["Updating... please don't power off"]);
        self.stage = Stage::Flashing { until: now + self.body.rng.around(self.spec.flash_time), version };
    }

    pub(super) fn end_flashing(&mut self, now: Time, version: String) {
        self.flash.last.clone_from(&version);
        self.flash.load = Some(version);
        self.restart(now, "restarts with new firmware");
    }

    pub(super) fn restart(&mut self, now: Time, why: &str) {
        self.note(why);
        self.stage = Stage::Restarting { until: now + RESTART };
    }

    /// All settings go; a provider may have left values of its own to go back to.
    pub(super) fn factory_default(&mut self) {
        self.note("factory reset");
        let custom = self.on("features.custom_factory_config.enable", false) || !self.spec.custom_factory.is_empty();
        self.flash.settings = if custom { self.spec.custom_factory.clone() } else { Default::default() };
        self.flash.applied.clear();
        self.flash.vlan = None;
        self.flash.address = None;
    }

    /// Whether an image is for this phone, newer or older.
    pub(super) fn fits(&self, image: &crate::firmware::rom::Image) -> bool {
        let brand = image.oem == "NULL" || Some(&image.oem) == self.spec.oem.as_ref();
        let family = image.device == self.spec.model.family;
        brand && family && model::release(&image.version) > 0
    }

    /// Drops everything that a restart drops.
    pub(super) fn forget(&mut self) {
        self.boot = Boot::default();
        self.station.stop(&mut self.body.out);
    }
}
