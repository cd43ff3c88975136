//! What keys do on a running phone: dialled provisioning codes, and the long press that resets.

use proto::Time;

use super::{Stage, Yealink, settings};
use crate::Key;
use crate::phones::parts::place::Place;
use crate::stream::Scheme;

/// How many provisioning codes there can be.
const CODES: u8 = 50;

/// What a question on the screen waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Shown {
    /// Nothing.
    #[default]
    Idle,
    /// "Auto-P now?", and where it would go.
    AutoP(Place),
    /// "Reset to factory setting?"
    Reset,
    /// The administrator's password, before that.
    Password(String),
}

impl Yealink {
    /// A key goes down while there is power.
    pub(super) fn press(&mut self, now: Time, key: Key) {
        match &self.stage {
            Stage::Recovering => return self.press_in_recovery(now, key),
            Stage::Idle => {}
            _ => return,
        }
        match (self.boot.shown.clone(), key) {
            (Shown::AutoP(place), Key::Ok | Key::Softkey(_)) => {
                self.boot.dialled = true;
                self.boot.sources.clear();
                self.note(format!("asks {} because a code was dialled", place.host));
                self.go_to(now, place);
            }
            (Shown::Reset, Key::Ok | Key::Softkey(_)) => {
                self.factory_default();
                self.restart(now, "restarts after the reset");
            }
            (Shown::Password(typed), Key::Ok | Key::Softkey(_)) => {
                if typed == settings::password(&self.flash.settings, "admin") {
                    self.ask_reset();
                } else {
                    self.message("Incorrect password");
                    self.boot.shown = Shown::Idle;
                }
            }
            (Shown::Password(mut typed), key) => {
                typed.extend(key.to_char());
                self.show(&["Admin password:", &"*".repeat(typed.len())]);
                self.boot.shown = Shown::Password(typed);
            }
            (_, Key::Cancel) => self.idle(),
            (Shown::Idle, Key::Ok) if self.boot.typed.is_empty() => self.boot.ok_since = Some(now),
            (Shown::Idle, Key::Ok | Key::Softkey(1) | Key::Speaker) => self.dial(),
            (Shown::Idle, key) => {
                self.boot.typed.extend(key.to_char());
                let typed = self.boot.typed.clone();
                if !typed.is_empty() {
                    self.show(&[&typed]);
                }
            }
            _ => {}
        }
    }

    /// What was typed is dialled: a code of its own, or a call that goes nowhere.
    fn dial(&mut self) {
        let typed = std::mem::take(&mut self.boot.typed);
        if self.spec.registered {
            self.note(format!("calls {typed} at its provider"));
            return self.idle();
        }
        let entry = (1..=CODES).find(|n| self.flash.settings.get(&format!("autoprovision.{n}.code")) == Some(&typed));
        let url =
            entry.and_then(|n| self.flash.settings.get(&format!("autoprovision.{n}.url")).map(|url| (n, url.clone())));
        let place = url.and_then(|(n, url)| {
            let mut place = Place::parse(&url, Scheme::Tftp)?;
            let said = |what: &str| self.flash.settings.get(&format!("autoprovision.{n}.{what}")).cloned();
            place.login = said("user").map(|user| (user, said("password").unwrap_or_default()));
            Some(place)
        });
        match place {
            Some(place) => {
                self.show(&["Auto-P now?"]);
                self.boot.shown = Shown::AutoP(place);
            }
            None => {
                self.note(format!("{typed} is no code of its own, and it has no account to call with"));
                self.idle();
            }
        }
    }

    /// Whether OK held down leads anywhere.
    pub(super) fn waits_for_long_press(&self) -> bool {
        let enabled = self.on("features.reset_by_long_press_enable", true);
        enabled && self.boot.ok_since.is_some() && self.boot.shown == Shown::Idle && matches!(self.stage, Stage::Idle)
    }

    pub(super) fn look_at_long_press(&mut self, now: Time) {
        let held = self.boot.ok_since.is_some_and(|since| since + self.spec.long_press <= now);
        if !held || !self.waits_for_long_press() {
            return;
        }
        self.boot.ok_since = None;
        if self.on("features.factory_pwd_enable", false) {
            self.show(&["Admin password:"]);
            self.boot.shown = Shown::Password(String::new());
        } else {
            self.ask_reset();
        }
    }

    fn ask_reset(&mut self) {
        self.show(&["Reset to factory setting?"]);
        self.boot.shown = Shown::Reset;
    }
}
