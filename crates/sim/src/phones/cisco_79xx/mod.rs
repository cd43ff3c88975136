//! The Java-screened Cisco 7900s: 7906, 7911, 7931, 7941, 7942, 7945, 7961, 7962, 7965, 7970, 7971, 7975.
//!
//! | file | what |
//! | --- | --- |
//! | [`spec`], [`model`] | one phone as a scenario describes it; what differs by model |
//! | `power` | power, self-test, reset codes, restart |
//! | `network` | voice VLAN, DHCP, which server |
//! | `files` | which file is asked for next, and what its answer means |
//! | `upgrade` | a load: list, images, the checks, writing it |
//! | `register` | SCCP and SIP, once the files are there |
//! | `menu`, `trust` | the settings menu; trust lists |
//! | `keypad`, `face`, `version` | the parts these use |
//!
//! What is not here: SIP over TCP, peer firmware sharing, the web page, secure shell, and files by HTTP.

mod face;
mod files;
mod keypad;
mod menu;
pub mod model;
mod network;
mod power;
mod register;
pub mod spec;
mod trust;
mod upgrade;
mod version;

use std::collections::{BTreeSet, VecDeque};
use std::net::Ipv4Addr;

use proto::{Mac, Time};

pub use model::{MODELS, Model};
pub use spec::{PhoneSpec, ServerSource};
pub use trust::TrustList;

use super::cisco::base::{Base, Event};
use super::cisco::calls::Calls;
use super::cisco::config::Config;
use crate::firmware::{LoadSpec, Protocol, R9_4_2SR1};
use crate::rng::{Rng, seed_of};
use crate::wire::Address;
use crate::{Input, Output, Phone, PhoneStatus};
use files::Errand;
use keypad::{Code, Reset};
use menu::Menu;
use upgrade::Upgrade;
use version::Version;

/// One phone.
#[derive(Debug)]
pub struct Cisco79xx {
    spec: PhoneSpec,
    flash: Flash,
    base: Base,
    stage: Stage,
    boot: Boot,
    menu: Option<Menu>,
}

/// What survives without power.
#[derive(Clone, Debug)]
struct Flash {
    /// The load; `None`: only the boot loader is left.
    load: Option<String>,
    /// The table of what to start; a soft reset removes it and keeps the load.
    init_table: bool,
    wanted_load: Option<String>,
    trust_lists: BTreeSet<TrustList>,
    vlan: Option<u16>,
    address: Option<Address>,
    alternate_tftp: Option<Ipv4Addr>,
    settings_disabled: bool,
}

/// What a restart forgets.
#[derive(Debug, Default)]
struct Boot {
    /// The read under way.
    read: Option<u16>,
    /// Failures in a row of what is repeated for ever.
    failures: u32,
    upgrade: Option<Upgrade>,
    /// A load that did not suit and is not asked for again before the next restart.
    refused: Option<String>,
    extras: VecDeque<String>,
    /// What the configuration says.
    config: Config,
}

/// What it is doing.
#[derive(Clone, Debug)]
enum Stage {
    Off,
    SelfTest {
        until: Time,
        /// It began with power and not with a restart.
        cold: bool,
        /// `#` has been seen and must be held on.
        held: bool,
    },
    ResetWindow {
        until: Time,
        code: Code,
    },
    Erasing {
        until: Time,
        reset: Reset,
    },
    Unplugged,
    /// VLAN, address, server.
    Network,
    /// Before it asks for a file.
    Thinking {
        until: Time,
        errand: Errand,
    },
    Fetching(Errand),
    Flashing {
        until: Time,
        load: String,
    },
    /// "Auth Fail" stands on the screen.
    AuthFail {
        until: Time,
    },
    Registering {
        until: Time,
    },
    Idle,
}

impl Stage {
    fn deadline(&self) -> Option<(Time, &'static str)> {
        match self {
            Stage::SelfTest { until, .. } => Some((*until, "self-test")),
            Stage::ResetWindow { until, .. } => Some((*until, "window for a reset code")),
            Stage::Erasing { until, .. } => Some((*until, "erasing")),
            Stage::Thinking { until, .. } => Some((*until, "before the next file")),
            Stage::Flashing { until, .. } => Some((*until, "writing a load")),
            Stage::AuthFail { until } => Some((*until, "showing Auth Fail")),
            Stage::Registering { until } => Some((*until, "registering")),
            Stage::Off | Stage::Unplugged | Stage::Network | Stage::Fetching(_) | Stage::Idle => None,
        }
    }
}

impl Cisco79xx {
    /// A phone in its box: without power, its cable connected.
    pub fn new(mut spec: PhoneSpec) -> Cisco79xx {
        if let Some(fault) = spec.fault {
            fault.bring_to_79xx(&mut spec);
        }
        let usual = || LoadSpec::released(spec.model.images, Protocol::Sccp, R9_4_2SR1, 0).name();
        let flash = Flash {
            load: (!spec.wiped).then(|| spec.load.clone().unwrap_or_else(usual)),
            init_table: !spec.wiped,
            wanted_load: spec.wanted_load.clone(),
            trust_lists: spec.trust_lists.clone(),
            vlan: spec.stored_vlan,
            address: spec.static_address,
            alternate_tftp: spec.alternate_tftp,
            settings_disabled: spec.settings_disabled,
        };
        // Phones of one seed still differ from each other.
        let rng = Rng::new(spec.seed ^ seed_of(&spec.mac.0));
        let mut base = Base::new(rng, None, !spec.no_link);
        base.body.face.dead = flash.load.is_none();
        Cisco79xx { spec, flash, base, stage: Stage::Off, boot: Boot::default(), menu: None }
    }

    /// `SEP` and the MAC address.
    fn host_name(&self) -> String {
        format!("SEP{}", self.spec.mac.bare_upper())
    }

    /// The load that runs. Without its table of what to start, a load is only data.
    fn running(&self) -> Option<&str> {
        self.flash.load.as_deref().filter(|_| self.flash.init_table)
    }

    fn running_version(&self) -> Option<Version> {
        self.running().and_then(Version::of)
    }

    /// Puts a load into flash, or leaves none there: only a load drives the screen.
    fn set_load(&mut self, load: Option<String>) {
        self.base.body.face.dead = load.is_none();
        self.flash.load = load;
    }

    fn state(&self) -> &'static str {
        match &self.stage {
            _ if self.base.calls.as_ref().is_some_and(Calls::is_registered) => "registered",
            Stage::Off => "off",
            Stage::SelfTest { .. } => "self-test",
            Stage::ResetWindow { .. } => "waiting for a reset code",
            Stage::Erasing { .. } => "erasing",
            Stage::Unplugged => "unplugged",
            Stage::Network => self.base.net.doing().unwrap_or("configuring IP"),
            Stage::Thinking { .. } | Stage::Fetching(_) => "fetching files",
            Stage::Flashing { .. } => "writing a load",
            Stage::AuthFail { .. } => "auth fail",
            Stage::Registering { .. } => "registering",
            Stage::Idle => "idle",
        }
    }

    /// Shows these lines; an open menu stays before them.
    fn show(&mut self, lines: &[&str]) {
        self.base.body.show(lines);
    }

    /// Closes the menu and shows nothing.
    fn black(&mut self) {
        self.menu = None;
        self.base.body.face.forget_cover();
        self.show(&[]);
    }

    fn note(&mut self, text: impl Into<String>) {
        self.base.body.note(text);
    }

    /// A line of the status messages.
    fn message(&mut self, text: &str) {
        self.base.body.status_message(text);
    }

    /// Does what its network and its call server bring about, until there is no more.
    fn settle(&mut self, now: Time) {
        while let Some(event) = self.base.poll_event(now) {
            match event {
                Event::Ready => self.start_files(now),
                Event::Lost => {
                    self.boot.read = None;
                    self.stage = Stage::Network;
                }
                Event::Read { id, end } => self.read(now, id, end),
                // It never asks for the name of anything but a file server.
                Event::Named(_) => {}
                Event::Registered => self.stage = Stage::Idle,
                Event::Failed => self.registration_failed(),
                Event::Restart => self.restart(now, "is told to restart"),
                Event::Reread => {
                    self.base.last = "Reset-Restart";
                    self.restart(now, "is told to read its configuration again");
                }
            }
        }
    }

    fn timeout(&mut self, now: Time) {
        if self.base.announces(now) {
            self.announce(now);
        }
        self.base.handle_timeout(now);
        self.settle(now);
        if self.stage.deadline().is_none_or(|(at, _)| now < at) {
            return;
        }
        match self.stage.clone() {
            Stage::SelfTest { cold, held, .. } => self.end_self_test(now, cold, held),
            Stage::ResetWindow { .. } => self.close_reset_window(now, "no complete reset code in time"),
            Stage::Erasing { reset, .. } => self.end_erasing(now, reset),
            Stage::Thinking { errand, .. } => self.ask(now, errand),
            Stage::Flashing { load, .. } => self.end_flashing(now, load),
            Stage::AuthFail { .. } => self.restart(now, "restarts after Auth Fail"),
            Stage::Registering { .. } => self.give_up_registering(),
            Stage::Off | Stage::Unplugged | Stage::Network | Stage::Fetching(_) | Stage::Idle => {}
        }
    }
}

impl Phone for Cisco79xx {
    fn mac(&self) -> Mac {
        self.spec.mac
    }

    fn handle_input(&mut self, now: Time, input: Input) {
        match self.base.body.sift(input) {
            Some(Input::Power(on)) => self.power(now, on),
            Some(Input::Link(up)) => self.plug(now, up),
            Some(Input::Key { key, down: true }) => self.press(now, key),
            Some(Input::Wire(wire)) => self.base.receive(now, &wire),
            Some(Input::Stream { port, event }) => self.base.stream(now, port, &event),
            Some(Input::Timeout) => self.timeout(now),
            _ => {}
        }
        self.settle(now);
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.base.body.out.pop_front()
    }

    fn can_link(&self) -> bool {
        self.base.body.can_link
    }

    fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        self.stage.deadline().into_iter().chain(self.base.poll_timeout()).min()
    }

    fn status(&self) -> PhoneStatus {
        PhoneStatus {
            load: self.flash.load.clone(),
            state: self.state(),
            address: self.base.net.address(),
            server: self.base.net.server(),
            trust_list: self.trusts(),
            bricked: self.flash.load.is_none(),
            ..self.base.body.status(self.spec.mac, self.spec.model.name)
        }
    }
}
