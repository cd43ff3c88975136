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
//! | `menu` | the settings menu |
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
mod upgrade;
mod version;

use std::collections::{BTreeSet, VecDeque};
use std::net::{Ipv4Addr, SocketAddrV4};

use proto::{Mac, Time, dhcp};

pub use model::{MODELS, Model};
pub use spec::{PhoneSpec, ServerSource};

use super::parts::calls::Calls;
use super::parts::config::Config;
use super::parts::face::Face;
use super::parts::fetch::Fetch;
use crate::firmware::{LoadSpec, Protocol, R9_4_2SR1};
use crate::rng::{Rng, seed_of};
use crate::wire::Address;
use crate::{Input, Interface, Key, Output, Phone, PhoneStatus, Wire};
use files::Errand;
use keypad::{Code, Reset};
use menu::Menu;
use network::Question;
use upgrade::Upgrade;
use version::Version;

/// One phone.
#[derive(Debug)]
pub struct Cisco79xx {
    spec: PhoneSpec,
    flash: Flash,
    powered: bool,
    link: bool,
    held: BTreeSet<Key>,
    stage: Stage,
    boot: Boot,
    face: Face,
    calls: Option<Calls>,
    /// Why it started last, as SCCP tells it.
    last: &'static str,
    menu: Option<Menu>,
    /// What the screen shows without the menu.
    under_menu: Vec<String>,
    /// The last line of its status messages.
    message: Option<String>,
    rng: Rng,
    out: VecDeque<Output>,
}

/// What survives without power.
#[derive(Clone, Debug)]
struct Flash {
    /// The load; `None`: only the boot loader is left.
    load: Option<String>,
    /// The table of what to start; a soft reset removes it and keeps the load.
    init_table: bool,
    wanted_load: Option<String>,
    trust_list: bool,
    vlan: Option<u16>,
    address: Option<Address>,
    alternate_tftp: Option<Ipv4Addr>,
    settings_disabled: bool,
}

/// What a restart forgets.
#[derive(Debug, Default)]
struct Boot {
    interface: Interface,
    dhcp: Option<dhcp::Client>,
    dns: Option<Ipv4Addr>,
    /// The servers it knows, the one in use first.
    servers: VecDeque<Ipv4Addr>,
    /// When CDP and LLDP are due.
    announce: Option<Time>,
    fetch: Option<Fetch>,
    /// The read before, kept for a server that missed its last ACK.
    ended: Option<Fetch>,
    ports: u16,
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
    VlanWait {
        until: Time,
    },
    Addressing,
    Resolving(Question),
    /// No file server was to be found.
    Serverless {
        until: Time,
    },
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
    fn name(&self) -> &'static str {
        match self {
            Stage::Off => "off",
            Stage::SelfTest { .. } => "self-test",
            Stage::ResetWindow { .. } => "waiting for a reset code",
            Stage::Erasing { .. } => "erasing",
            Stage::Unplugged => "unplugged",
            Stage::VlanWait { .. } => "configuring VLAN",
            Stage::Addressing => "configuring IP",
            Stage::Resolving(_) => "resolving a name",
            Stage::Serverless { .. } => "without a file server",
            Stage::Thinking { .. } | Stage::Fetching(_) => "fetching files",
            Stage::Flashing { .. } => "writing a load",
            Stage::AuthFail { .. } => "auth fail",
            Stage::Registering { .. } => "registering",
            Stage::Idle => "idle",
        }
    }

    fn deadline(&self) -> Option<(Time, &'static str)> {
        match self {
            Stage::SelfTest { until, .. } => Some((*until, "self-test")),
            Stage::ResetWindow { until, .. } => Some((*until, "window for a reset code")),
            Stage::Erasing { until, .. } => Some((*until, "erasing")),
            Stage::VlanWait { until } => Some((*until, "waiting for a voice VLAN")),
            Stage::Resolving(question) => Some((question.until, "waiting for a name server")),
            Stage::Serverless { until } => Some((*until, "before looking for a file server again")),
            Stage::Thinking { until, .. } => Some((*until, "before the next file")),
            Stage::Flashing { until, .. } => Some((*until, "writing a load")),
            Stage::AuthFail { until } => Some((*until, "showing Auth Fail")),
            Stage::Registering { until } => Some((*until, "registering")),
            Stage::Off | Stage::Unplugged | Stage::Addressing | Stage::Fetching(_) | Stage::Idle => None,
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
            trust_list: spec.trust_list,
            vlan: spec.stored_vlan,
            address: spec.static_address,
            alternate_tftp: spec.alternate_tftp,
            settings_disabled: spec.settings_disabled,
        };
        Cisco79xx {
            // Phones of one seed still differ from each other.
            rng: Rng::new(spec.seed ^ seed_of(&spec.mac.0)),
            flash,
            powered: false,
            link: !spec.no_link,
            held: BTreeSet::new(),
            stage: Stage::Off,
            boot: Boot::default(),
            face: Face::default(),
            calls: None,
            last: "Initialized",
            menu: None,
            under_menu: Vec::new(),
            message: None,
            out: VecDeque::new(),
            spec,
        }
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

    /// Shows these lines, unless the screen is dead for want of a load; an open menu stays before them.
    fn show(&mut self, lines: &[&str]) {
        self.under_menu = match self.flash.load {
            Some(_) => lines.iter().map(|l| l.to_string()).collect(),
            None => Vec::new(),
        };
        if self.menu.is_none() {
            self.face.show(self.under_menu.clone(), &mut self.out);
        }
    }

    /// Closes the menu and shows nothing.
    fn black(&mut self) {
        self.menu = None;
        self.show(&[]);
    }

    fn note(&mut self, text: impl Into<String>) {
        self.out.push_back(Output::Note(text.into()));
    }

    /// A line of the status messages.
    fn message(&mut self, text: &str) {
        self.note(format!("status message: {text}"));
        self.message = Some(text.to_string());
    }

    fn send(&mut self, from_port: u16, dst: SocketAddrV4, bytes: Vec<u8>) {
        let address = self.boot.interface.address.map_or(Ipv4Addr::UNSPECIFIED, |a| a.ip);
        let src = SocketAddrV4::new(address, from_port);
        self.out.push_back(Output::Wire(Wire::Udp { src, dst, bytes }));
    }

    fn receive(&mut self, now: Time, wire: &Wire) {
        match wire {
            Wire::Frame(frame) => self.receive_frame(now, frame),
            Wire::Udp { src, dst, bytes } => {
                let mine = self.boot.interface.address.is_some_and(|a| a.ip == *dst.ip());
                match dst.port() {
                    dhcp::CLIENT_PORT => self.receive_dhcp(now, bytes),
                    port if mine => self.receive_datagram(now, *src, port, bytes),
                    _ => {}
                }
            }
        }
    }

    fn receive_datagram(&mut self, now: Time, src: SocketAddrV4, port: u16, bytes: &[u8]) {
        if let Stage::Resolving(question) = &self.stage
            && question.port == port
        {
            let question = question.clone();
            return self.receive_name(now, &question, bytes);
        }
        let reads = [&mut self.boot.fetch, &mut self.boot.ended];
        let Some(fetch) = reads.into_iter().flatten().find(|f| f.port == port) else {
            return self.call_datagram(now, src, port, bytes);
        };
        if !self.spec.hears_files {
            return;
        }
        let mut answers: Vec<_> = fetch.handle(now, src, bytes).map(|bytes| (src, bytes)).into_iter().collect();
        answers.extend(std::iter::from_fn(|| fetch.poll_transmit(now)));
        for (dst, bytes) in answers {
            self.send(port, dst, bytes);
        }
        self.look_at_fetch(now);
    }

    fn timeout(&mut self, now: Time) {
        if self.boot.announce.is_some_and(|at| at <= now) {
            self.announce(now);
        }
        if let Some(dhcp) = &mut self.boot.dhcp {
            dhcp.handle_timeout(now);
            self.look_at_dhcp(now);
        }
        if let Some(fetch) = &mut self.boot.fetch {
            fetch.handle_timeout(now);
            self.look_at_fetch(now);
        }
        if let Some(calls) = &mut self.calls {
            calls.handle_timeout(now);
        }
        self.settle_calls(now);
        if self.stage.deadline().is_none_or(|(at, _)| now < at) {
            return;
        }
        match self.stage.clone() {
            Stage::SelfTest { cold, held, .. } => self.end_self_test(now, cold, held),
            Stage::ResetWindow { .. } => self.close_reset_window(now, "no complete reset code in time"),
            Stage::Erasing { reset, .. } => self.end_erasing(now, reset),
            Stage::VlanWait { .. } => self.get_address(now),
            Stage::Resolving(question) => self.name_unanswered(now, question),
            Stage::Serverless { .. } => self.get_address(now),
            Stage::Thinking { errand, .. } => self.ask(now, errand),
            Stage::Flashing { load, .. } => self.end_flashing(now, load),
            Stage::AuthFail { .. } => self.restart(now, "restarts after Auth Fail"),
            Stage::Registering { .. } => self.give_up_registering(),
            Stage::Off | Stage::Unplugged | Stage::Addressing | Stage::Fetching(_) | Stage::Idle => {}
        }
    }
}

impl Phone for Cisco79xx {
    fn mac(&self) -> Mac {
        self.spec.mac
    }

    fn handle_input(&mut self, now: Time, input: Input) {
        match input {
            Input::Power(on) if on != self.powered => self.power(now, on),
            Input::Link(up) if up != self.link && !self.spec.no_link => self.plug(now, up),
            Input::Key { key, down: true } => {
                if self.held.insert(key) && self.powered {
                    self.press(now, key);
                }
            }
            Input::Key { key, down: false } => {
                self.held.remove(&key);
            }
            Input::Wire(wire) if self.powered && self.link => self.receive(now, &wire),
            Input::Stream { port, event } if self.powered && self.link => self.stream(now, port, &event),
            Input::Timeout if self.powered => self.timeout(now),
            Input::Power(_) | Input::Link(_) | Input::Wire(_) | Input::Stream { .. } | Input::Timeout => {}
            Input::Part { .. } | Input::Jack(_) | Input::Stick(_) => {}
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn can_link(&self) -> bool {
        !self.spec.no_link
    }

    fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        let boot = &self.boot;
        [
            self.stage.deadline(),
            boot.announce.map(|at| (at, "CDP is due")),
            boot.dhcp.as_ref().and_then(dhcp::Client::poll_timeout),
            boot.fetch.as_ref().and_then(Fetch::poll_timeout),
            self.calls.as_ref().and_then(Calls::poll_timeout),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn status(&self) -> PhoneStatus {
        PhoneStatus {
            mac: self.spec.mac,
            model: self.spec.model.name.to_string(),
            powered: self.powered,
            load: self.flash.load.clone(),
            screen: self.face.screen.clone(),
            lamps: self.face.lamps.clone(),
            state: match &self.calls {
                Some(calls) if calls.is_registered() => "registered",
                _ => self.stage.name(),
            },
            address: self.boot.interface.address.map(|a| a.ip),
            server: self.boot.servers.front().copied(),
            message: self.message.clone(),
            trust_list: self.flash.trust_list,
            bricked: self.flash.load.is_none(),
        }
    }
}
