//! Power, the self-test, reset codes and restarts.

use std::time::Duration;

use proto::Time;

use super::keypad::{Code, Reset, Typed};
use super::{Boot, Cisco79xx, Stage, face};
use crate::Key;

/// How long reset codes are taken, from the first lamp on.
const RESET_WINDOW: Duration = Duration::from_secs(60);

impl Cisco79xx {
    pub(super) fn power(&mut self, now: Time, on: bool) {
        if on {
            return self.start(now, true);
        }
        if let Stage::Flashing { .. } = self.stage {
            self.note("power was cut while a load was written: there is none now");
            self.set_load(None);
            self.flash.init_table = false;
        }
        self.forget();
        self.black();
        self.base.power_off();
        self.stage = Stage::Off;
    }

    pub(super) fn plug(&mut self, now: Time, up: bool) {
        match (&self.stage, up) {
            (Stage::Unplugged, true) => self.start_network(now),
            // These do not need the network.
            (Stage::Off | Stage::SelfTest { .. } | Stage::ResetWindow { .. }, _) => {}
            (Stage::Erasing { .. } | Stage::Flashing { .. } | Stage::AuthFail { .. } | Stage::Unplugged, _) => {}
            (_, true) => {}
            (_, false) => {
                self.forget();
                self.stage = Stage::Unplugged;
            }
        }
    }

    /// A warm start: everything not in flash is forgotten.
    pub(super) fn restart(&mut self, now: Time, why: &str) {
        self.note(why);
        self.start(now, false);
    }

    pub(super) fn end_self_test(&mut self, now: Time, cold: bool, held: bool) {
        let pressed = cold && self.base.body.held.contains(&Key::Hash);
        let more = self.spec.model.extra_hold;
        if pressed && !held && !more.is_zero() {
            self.stage = Stage::SelfTest { until: now + more, cold, held: true };
        } else if pressed {
            self.note("takes reset codes");
            self.base.body.light(face::ready(self.spec.model.lamps));
            self.stage = Stage::ResetWindow { until: now + RESET_WINDOW, code: Code::default() };
        } else {
            self.start_network(now);
        }
    }

    /// A key goes down while there is power.
    pub(super) fn press(&mut self, now: Time, key: Key) {
        let Stage::ResetWindow { code, .. } = &mut self.stage else { return self.press_running(now, key) };
        match code.press(key, self.spec.model.forgives_double) {
            Typed::More => {}
            Typed::Wrong => self.close_reset_window(now, "wrong key: no reset"),
            Typed::Code(reset) => self.erase(now, reset),
        }
    }

    pub(super) fn close_reset_window(&mut self, now: Time, why: &str) {
        self.note(why);
        self.base.body.light(Vec::new());
        self.start_network(now);
    }

    fn erase(&mut self, now: Time, reset: Reset) {
        self.note(match reset {
            Reset::Soft => "factory reset",
            Reset::Wipe => "total wipe: only the boot loader is left",
        });
        self.base.body.light(face::accepted(self.spec.model.lamps));
        let flash = &mut self.flash;
        flash.init_table = false;
        flash.wanted_load = None;
        flash.vlan = None;
        flash.address = None;
        flash.alternate_tftp = None;
        flash.settings_disabled = false;
        if reset == Reset::Soft {
            flash.trust_lists.retain(|list| !self.spec.soft_reset_erases.contains(list));
            self.show(&["Upgrading"]);
        } else {
            flash.trust_lists.clear();
            self.set_load(None);
            self.black();
        }
        self.stage = Stage::Erasing { until: now + self.spec.erase_time, reset };
    }

    pub(super) fn end_erasing(&mut self, now: Time, reset: Reset) {
        if reset == Reset::Soft {
            self.base.body.light(face::done(self.spec.model.lamps));
        }
        self.restart(now, "restarts after the reset");
    }

    fn start(&mut self, now: Time, cold: bool) {
        self.forget();
        // The lamps of a finished reset stay until the network starts.
        self.black();
        self.stage = Stage::SelfTest { until: now + self.base.body.rng.around(self.spec.self_test), cold, held: false };
    }

    /// Drops everything that a restart drops.
    fn forget(&mut self) {
        self.boot = Boot::default();
        self.base.forget();
    }
}
