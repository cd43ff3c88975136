//! Power, the boot loader, firmware written into flash, restarts.

use std::time::Duration;

use proto::Time;

use super::model::version;
use super::{Aastra, Boot, Generation, Stage};
use crate::Key;

/// From the end of writing to the next start.
const RESTART: Duration = Duration::from_secs(3);
/// In Web Recovery a phone with less than this must not be given [`FATAL`] or newer: it never starts again.
const SAFE: [u32; 4] = [4, 2, 0, 0];
/// 5.0.0 SP2.
const FATAL: [u32; 4] = [5, 0, 0, 2036];
/// What a 68xxi must run before it takes the next step, and from where that step begins.
const STEPS: &[([u32; 4], [u32; 4])] = &[([4, 3, 0, 1063], [5, 0, 0, 0]), ([5, 1, 0, 0], [6, 0, 0, 0])];

impl Aastra {
    pub(super) fn power(&mut self, now: Time, on: bool) {
        if on {
            return self.start(now);
        }
        if let Stage::Flashing { .. } = self.stage {
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
            (Stage::Off | Stage::Dead | Stage::Loader { .. } | Stage::Flashing { .. }, _) => {}
            (Stage::Restarting { .. } | Stage::Unplugged, _) | (_, true) => {}
            (_, false) => {
                let recovery = self.boot.recovery;
                self.forget();
                self.boot.recovery = recovery;
                self.message("Net disconnected");
                self.stage = Stage::Unplugged;
            }
        }
    }

    /// From the beginning; everything not in flash is forgotten.
    pub(super) fn start(&mut self, now: Time) {
        self.forget();
        if self.flash.dead {
            self.show(&[]);
            self.stage = Stage::Dead;
            return;
        }
        let pending = std::mem::take(&mut self.flash.pending);
        if pending.factory {
            self.factory_default();
        }
        if pending.clear_local {
            self.flash.stores.local.clear();
        }
        self.show(&["Starting..."]);
        let keys = self.recovery_keys();
        self.stage = Stage::Loader { until: now + self.body.rng.around(self.spec.self_test), keys };
    }

    pub(super) fn end_loader(&mut self, now: Time, keys: bool) {
        let asked = keys && self.recovery_keys();
        if asked && self.spec.refuses_recovery {
            self.note("1 and # are held, but recovery is switched off");
        }
        self.boot.recovery = self.flash.load.is_none() || asked && !self.spec.refuses_recovery;
        if self.boot.recovery {
            self.note("enters Web Recovery");
        }
        self.start_network(now);
    }

    /// A sound image is here: writes it, whatever it was fetched for.
    pub(super) fn install(&mut self, now: Time, version: String, sum: u64) {
        self.note(format!("writes firmware {version}"));
        self.stage = Stage::Flashing { until: now + self.body.rng.around(self.spec.flash_time), version, sum };
    }

    /// Whether the steps between versions allow this one.
    pub(super) fn allows(&self, image: &str) -> bool {
        let (running, wanted) = (version(&self.flash.last), version(image));
        self.generation() != Generation::SixtyEight
            || self.kills(image)
            || STEPS.iter().all(|(needs, from)| wanted < *from || running >= *needs)
    }

    /// The maker's warning: from recovery, an old 68xxi does not survive this one.
    fn kills(&self, image: &str) -> bool {
        let (running, wanted) = (version(&self.flash.last), version(image));
        self.boot.recovery && self.generation() == Generation::SixtyEight && running < SAFE && wanted >= FATAL
    }

    pub(super) fn end_flashing(&mut self, now: Time, version: String, sum: u64) {
        if self.kills(&version) {
            self.note(format!("{version} from recovery onto {}: it will never start again", self.flash.last));
            self.flash.dead = true;
        }
        if self.boot.recovery {
            let keeps = self.spec.recovery_keeps_local;
            let stores = &mut self.flash.stores;
            stores.server.clear();
            stores.locked.clear();
            if !keeps {
                stores.local.clear();
            }
        }
        self.flash.image = Some(sum);
        self.flash.last.clone_from(&version);
        self.flash.load = Some(version);
        self.say("New Firmware. Restarting...", "New Firmware: Restarting...");
        self.restart(now, "restarts with new firmware");
    }

    pub(super) fn restart(&mut self, now: Time, why: &str) {
        self.note(why);
        self.stage = Stage::Restarting { until: now + RESTART };
    }

    /// As the menu and the web page do it.
    pub(super) fn factory_default(&mut self) {
        self.note("factory default");
        let keeps = self.spec.reset_keeps_local;
        let stores = &mut self.flash.stores;
        stores.server.clear();
        stores.locked.clear();
        if !keeps {
            stores.local.clear();
        }
    }

    /// Drops everything that a restart drops.
    fn forget(&mut self) {
        self.boot = Boot::default();
        self.station.stop(&mut self.body.out);
    }

    fn recovery_keys(&self) -> bool {
        self.body.held.contains(&Key::Digit(1)) && self.body.held.contains(&Key::Hash)
    }
}
