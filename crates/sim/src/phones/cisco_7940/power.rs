//! Power, the self-test, the reset keys and the question behind them, restarts.

use std::time::Duration;

use proto::Time;

use super::{Boot, Cisco7940, Stage};
use crate::Key;
use crate::firmware::classic::Protocol;
use crate::wire::{Colour, Lamp, LampMode};

/// How long the reset keys are taken, from the first lamp on; and then how long the question stands.
const WINDOW: Duration = Duration::from_secs(60);
const KEYS: &str = "123456789*0#";
/// What an MGCP image does with its lamps when `#` is held.
const MUTE_LAMP: Duration = Duration::from_millis(1_500);
const SPEAKER_FLASH: Duration = Duration::from_millis(200);

/// The reset keys typed so far. The same key twice in a row counts once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Code(String);

/// What a key means for the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Typed {
    More,
    Whole,
    Wrong,
}

impl Code {
    fn press(&mut self, key: Key) -> Typed {
        let Some(c) = key.to_char() else { return Typed::Wrong };
        if !self.0.ends_with(c) {
            self.0.push(c);
        }
        match KEYS.strip_prefix(self.0.as_str()) {
            Some("") => Typed::Whole,
            Some(_) => Typed::More,
            None => Typed::Wrong,
        }
    }
}

impl Cisco7940 {
    pub(super) fn power(&mut self, now: Time, on: bool) {
        if on {
            return self.start(now, true);
        }
        if let Stage::Flashing { .. } = self.stage {
            self.note("power was cut while an image was written: no application is valid now");
            self.flash.app = None;
        }
        self.forget();
        self.base.power_off();
        self.stage = Stage::Off;
    }

    pub(super) fn plug(&mut self, now: Time, up: bool) {
        match (&self.stage, up) {
            (Stage::Unplugged, true) => self.start_network(now),
            (Stage::Network | Stage::Thinking { .. } | Stage::Fetching(_) | Stage::Idle { .. }, false) => {
                self.forget();
                self.stage = Stage::Unplugged;
            }
            // All else does not need the network.
            _ => {}
        }
    }

    /// A warm start: everything not in flash is forgotten.
    pub(super) fn restart(&mut self, now: Time, why: &str) {
        self.note(why);
        self.start(now, false);
    }

    pub(super) fn end_self_test(&mut self, now: Time, cold: bool) {
        let asks_for_reset = cold && self.base.body.held.contains(&Key::Hash);
        if asks_for_reset && self.protocol() == Some(Protocol::Mgcp) {
            self.light("mute", LampMode::Steady);
            self.stage = Stage::Blink { until: now + MUTE_LAMP, lamps_left: 1 };
        } else if asks_for_reset && !self.spec.reset_locked {
            self.note("takes the reset keys");
            let lamps = ["headset", "mute", "speaker"].map(|name| lamp(name, LampMode::Sequence));
            self.base.body.light(lamps.into());
            self.stage = Stage::ResetWindow { until: now + WINDOW, code: Code::default() };
        } else {
            self.start_network(now);
        }
    }

    pub(super) fn blink(&mut self, now: Time, lamps_left: u8) {
        if lamps_left == 0 {
            return self.start_network(now);
        }
        self.light("speaker", LampMode::Flash);
        self.stage = Stage::Blink { until: now + SPEAKER_FLASH, lamps_left: 0 };
    }

    /// A key goes down while there is power.
    pub(super) fn press(&mut self, now: Time, key: Key) {
        let together = [Key::Star, Key::Digit(6), Key::Settings].iter().all(|key| self.base.body.held.contains(key));
        match &mut self.stage {
            Stage::ResetWindow { code, .. } => match code.press(key) {
                Typed::More => {}
                Typed::Wrong => self.no_reset(now, "wrong key"),
                Typed::Whole => {
                    self.base.body.light(Vec::new());
                    self.show(&["Reset key sequence detected", "Keep network cfg?", "1 = yes 2 = no"]);
                    self.stage = Stage::KeepNetwork { until: now + WINDOW };
                }
            },
            Stage::KeepNetwork { .. } => match key {
                Key::Digit(n @ (1 | 2)) => {
                    self.show(&["Resetting to factory defaults"]);
                    self.stage = Stage::Erasing { until: now + self.spec.erase_time, keep_network: n == 1 };
                }
                _ => self.no_reset(now, "neither 1 nor 2"),
            },
            Stage::Off | Stage::SelfTest { .. } | Stage::Blink { .. } => {}
            Stage::Erasing { .. } | Stage::Flashing { .. } => {}
            _ if together => self.restart(now, "restarts by *, 6 and settings together"),
            Stage::Network | Stage::Thinking { .. } | Stage::Fetching(_) | Stage::Idle { .. } => {
                self.press_running(now, key);
            }
            Stage::Unplugged => {}
        }
    }

    /// A normal start after all.
    pub(super) fn no_reset(&mut self, now: Time, why: &str) {
        self.note(format!("{why}: no reset"));
        self.start_network(now);
    }

    /// The settings password is not among what a reset clears, nor is a trust list.
    pub(super) fn end_erasing(&mut self, now: Time, keep_network: bool) {
        let flash = &mut self.flash;
        flash.wanted_load = None;
        flash.call_server = None;
        flash.cfg_dir.clear();
        if !keep_network {
            flash.vlan = None;
            flash.address = None;
            flash.alternate_tftp = None;
        }
        self.restart(now, "restarts after the reset");
    }

    pub(super) fn start_network(&mut self, now: Time) {
        self.base.body.light(Vec::new());
        self.show(&[]);
        if !self.base.body.link {
            self.stage = Stage::Unplugged;
            return;
        }
        self.announce(now);
        self.stage = Stage::Network;
        let plan = self.plan();
        self.base.net.start(now, plan, &mut self.base.body);
    }

    fn start(&mut self, now: Time, cold: bool) {
        self.forget();
        self.show(&[]);
        self.base.body.light(Vec::new());
        self.stage = Stage::SelfTest { until: now + self.base.body.rng.around(self.spec.self_test), cold };
    }

    /// Drops everything that a restart drops.
    fn forget(&mut self) {
        self.boot = Boot::default();
        self.menu = None;
        self.base.body.face.forget_cover();
        self.base.forget();
    }

    fn light(&mut self, name: &'static str, mode: LampMode) {
        self.base.body.light(vec![lamp(name, mode)]);
    }
}

/// Of these lamps no source tells the colour.
const fn lamp(name: &'static str, mode: LampMode) -> Lamp {
    Lamp { name, colour: Colour::Green, mode }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Typed {
        let mut code = Code::default();
        Key::sequence(text).unwrap().into_iter().fold(Typed::More, |_, key| code.press(key))
    }

    #[test]
    fn the_keys_are_taken_one_by_one_and_a_double_one_is_forgiven() {
        assert_eq!(typed("123456789*0#"), Typed::Whole);
        assert_eq!(typed("1223456789*0#"), Typed::Whole);
        assert_eq!(typed("123456789*0"), Typed::More);
        assert_eq!(typed("124"), Typed::Wrong);
        assert_eq!(typed("3491672850*#"), Typed::Wrong, "that code is for other phones");
    }
}
