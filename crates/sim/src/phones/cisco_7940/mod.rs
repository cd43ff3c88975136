//! The Cisco 7940 and 7960: one flash image, or a universal loader with an application; SCCP, SIP or MGCP.
//!
//! | file | what |
//! | --- | --- |
//! | [`spec`] | one phone as a scenario describes it |
//! | `power` | power, self-test, the reset keys and the question behind them, restart |
//! | `files` | which file is asked for next, and what its answer means |
//! | `upgrade` | images: which is asked for, the checks, writing it |
//! | `register` | SCCP and SIP, once the files are there |
//! | `menu` | the settings menu |
//! | `cnf` | configurations of the SIP and MGCP applications |
//!
//! What is not here: calls, MGCP signalling, telnet, and files by anything but TFTP.

mod cnf;
mod files;
pub(crate) mod menu;
mod power;
mod register;
pub mod spec;
mod upgrade;

use std::collections::{BTreeSet, VecDeque};
use std::net::Ipv4Addr;

use proto::{Mac, Time};

pub use spec::{Model, PhoneSpec};

use super::cisco::base::{Base, Event};
use super::cisco::calls::Calls;
use super::cisco::config::Config;
use super::cisco::{discovery, net, source};
use crate::firmware::classic::{Name, Protocol};
use crate::rng::{Rng, seed_of};
use crate::wire::Address;
use crate::{Input, Output, Phone, PhoneStatus};
use files::Errand;
use menu::Menu;
use power::Code;
use upgrade::{Image, Wanted};

/// One phone.
#[derive(Debug)]
pub struct Cisco7940 {
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
    /// The universal loader, once it has one.
    loader: Option<String>,
    /// What the loader starts, or the only image; `None`: no valid one.
    app: Option<Name>,
    wanted_load: Option<String>,
    password: String,
    trust_list: bool,
    vlan: Option<u16>,
    address: Option<Address>,
    alternate_tftp: Option<Ipv4Addr>,
    cfg_dir: String,
    call_server: Option<Ipv4Addr>,
    /// What the configuration said of `sync` last.
    sync: Option<String>,
}

/// What a restart forgets.
#[derive(Debug, Default)]
struct Boot {
    /// The read under way.
    read: Option<u16>,
    /// Failures in a row of what is repeated for ever.
    failures: u32,
    wanted: Option<Wanted>,
    /// A load that did not suit, and is not asked for again before the next restart.
    refused: Option<String>,
    /// The list of the present load was looked at.
    is_current: bool,
    /// From XML.
    config: Config,
    /// From `.cnf` files, the own over everybody's.
    settings: cnf::Settings,
    has_config: bool,
    /// It reads its configuration again because it was told to.
    rereads: bool,
    extras: VecDeque<String>,
    /// Reads of files that can be done without, under way.
    extra_reads: BTreeSet<u16>,
}

/// What it is doing.
#[derive(Clone, Debug)]
enum Stage {
    Off,
    SelfTest {
        until: Time,
        /// It began with power and not with a restart.
        cold: bool,
    },
    /// An MGCP image was started with `#` held: the mute lamp, then a flash of the speaker's.
    Blink {
        until: Time,
        lamps_left: u8,
    },
    ResetWindow {
        until: Time,
        code: Code,
    },
    /// "Keep network cfg?"
    KeepNetwork {
        until: Time,
    },
    Erasing {
        until: Time,
        keep_network: bool,
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
        image: Image,
    },
    /// It has what it needs; a phone that is not provisioned looks again some time.
    Idle {
        reread: Option<Time>,
    },
}

impl Stage {
    fn deadline(&self) -> Option<(Time, &'static str)> {
        match self {
            Stage::SelfTest { until, .. } => Some((*until, "self-test")),
            Stage::Blink { until, .. } => Some((*until, "lamps")),
            Stage::ResetWindow { until, .. } => Some((*until, "window for the reset keys")),
            Stage::KeepNetwork { until } => Some((*until, "window for keeping the network configuration")),
            Stage::Erasing { until, .. } => Some((*until, "erasing")),
            Stage::Thinking { until, .. } => Some((*until, "before the next file")),
            Stage::Flashing { until, .. } => Some((*until, "writing an image")),
            Stage::Idle { reread } => reread.map(|at| (at, "before looking at the configuration again")),
            Stage::Off | Stage::Unplugged | Stage::Network | Stage::Fetching(_) => None,
        }
    }
}

impl Cisco7940 {
    /// A phone in its box: without power, its cable connected.
    pub fn new(mut spec: PhoneSpec) -> Cisco7940 {
        if let Some(fault) = spec.fault {
            fault.bring_to_7940(&mut spec);
        }
        let loader = || spec.loader.clone().unwrap_or_else(|| spec.load.usual_loader());
        let flash = Flash {
            loader: spec.load.is_two_parts().then(loader),
            app: (!spec.no_application).then(|| spec.load.clone()),
            wanted_load: spec.wanted_load.clone(),
            password: spec.password.clone(),
            trust_list: spec.trust_list,
            vlan: spec.stored_vlan,
            address: spec.static_address,
            alternate_tftp: spec.alternate_tftp,
            cfg_dir: spec.cfg_dir.clone(),
            call_server: spec.call_server,
            sync: None,
        };
        // Phones of one seed still differ from each other.
        let seed = spec.seed ^ seed_of(&spec.mac.0);
        let base = Base::new(Rng::new(seed), Some(Rng::new(seed ^ 1)), !spec.no_link);
        Cisco7940 { spec, flash, base, stage: Stage::Off, boot: Boot::default(), menu: None }
    }

    /// The settings password as it is now.
    pub fn password(&self) -> &str {
        &self.flash.password
    }

    /// `SEP` and the MAC address.
    fn host_name(&self) -> String {
        format!("SEP{}", self.spec.mac.bare_upper())
    }

    /// The protocol of the application; none: only the loader runs.
    fn protocol(&self) -> Option<Protocol> {
        self.flash.app.as_ref().map(|app| app.protocol)
    }

    /// What CDP and diagnosis call the software: the loader where there is one.
    fn software(&self) -> &str {
        let app = self.flash.app.as_ref().map(|app| app.text.as_str());
        self.flash.loader.as_deref().or(app).unwrap_or_default()
    }

    fn state(&self) -> &'static str {
        match &self.stage {
            Stage::Off => "off",
            Stage::SelfTest { .. } | Stage::Blink { .. } => "self-test",
            Stage::ResetWindow { .. } => "waiting for the reset keys",
            Stage::KeepNetwork { .. } => "asking whether to keep the network configuration",
            Stage::Erasing { .. } => "erasing",
            Stage::Unplugged => "unplugged",
            Stage::Network => self.base.net.doing().unwrap_or("configuring IP"),
            Stage::Thinking { .. } | Stage::Fetching(_) => "fetching files",
            Stage::Flashing { .. } => "writing an image",
            Stage::Idle { .. } if self.base.calls.as_ref().is_some_and(Calls::is_registered) => "registered",
            Stage::Idle { .. } if self.base.calls.is_some() => "registering",
            Stage::Idle { .. } => "idle",
        }
    }

    /// Shows these lines; an open menu stays before them.
    fn show(&mut self, lines: &[&str]) {
        self.base.body.show(lines);
    }

    fn note(&mut self, text: impl Into<String>) {
        self.base.body.note(text);
    }

    /// A line of the status messages.
    fn message(&mut self, text: &str) {
        self.base.body.status_message(text);
    }

    /// Says on the link who it is.
    fn announce(&mut self, now: Time) {
        let prefix = if self.protocol() == Some(Protocol::Sip) { "SIP" } else { "SEP" };
        let said = discovery::Said {
            mac: self.spec.mac,
            cdp_name: format!("{prefix}{}", self.spec.mac.bare_upper()),
            host_name: self.host_name(),
            platform: format!("Cisco IP Phone {}", self.spec.model.name()),
            product: self.spec.model.name(),
            load: self.software(),
            boot_load: String::new(),
            serial: "",
            address: self.base.net.address(),
            capabilities: discovery::HOST,
        };
        let frame = discovery::cdp(&said);
        self.base.announce(now, vec![frame]);
    }

    /// How the network is to be started now.
    fn plan(&self) -> net::Plan {
        // The model in the vendor class came with the universal loader.
        let class = match self.flash.loader {
            Some(_) => format!("Cisco Systems, Inc. IP Phone CP-{}G\0", self.spec.model.name()),
            None => "Cisco Systems, Inc. IP Phone\0".to_owned(),
        };
        net::Plan {
            who: net::Who { mac: self.spec.mac, host_name: self.host_name(), vendor_class: class.into_bytes() },
            vlan_wait: self.flash.vlan.is_none().then_some(self.spec.vlan_wait),
            vlan: self.flash.vlan,
            address: self.flash.address,
            sources: source::sources(&self.spec.server_order, self.flash.alternate_tftp),
            tries: self.spec.tftp_tries,
            blksize: None,
            hears_files: self.spec.hears_files,
        }
    }

    /// Does what its network and its call server bring about, until there is no more.
    fn settle(&mut self, now: Time) {
        while let Some(event) = self.base.poll_event(now) {
            match event {
                Event::Ready => self.start_files(now),
                Event::Lost => {
                    self.boot.read = None;
                    self.boot.extra_reads.clear();
                    self.stage = Stage::Network;
                }
                Event::Read { id, end } => self.read(now, id, end),
                Event::Named(address) => self.named(now, address),
                Event::Registered => self.stage = Stage::Idle { reread: None },
                Event::Failed if self.protocol() == Some(Protocol::Sip) => self.unprovisioned(now),
                Event::Failed => self.show(&["Registering"]),
                Event::Restart => self.restart(now, "is told to restart"),
                Event::Reread => self.reread(now),
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
            Stage::SelfTest { cold, .. } => self.end_self_test(now, cold),
            Stage::Blink { lamps_left, .. } => self.blink(now, lamps_left),
            Stage::ResetWindow { .. } => self.no_reset(now, "no complete reset keys in time"),
            Stage::KeepNetwork { .. } => self.no_reset(now, "nobody said whether to keep the network configuration"),
            Stage::Erasing { keep_network, .. } => self.end_erasing(now, keep_network),
            Stage::Thinking { errand, .. } => self.ask(now, errand),
            Stage::Flashing { image, .. } => self.end_flashing(now, image),
            Stage::Idle { .. } => {
                self.base.calls = None;
                self.start_files(now);
            }
            Stage::Off | Stage::Unplugged | Stage::Network | Stage::Fetching(_) => {}
        }
    }
}

impl Phone for Cisco7940 {
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
            load: self.flash.app.as_ref().map(|app| app.text.clone()),
            state: self.state(),
            address: self.base.net.address(),
            server: self.base.net.server(),
            trust_list: self.flash.trust_list,
            bricked: self.flash.app.is_none(),
            ..self.base.body.status(self.spec.mac, self.spec.model.name())
        }
    }
}
