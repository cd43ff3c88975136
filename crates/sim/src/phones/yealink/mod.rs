//! Yealink SIP desk phones: T2x, T4x, T5x.
//!
//! | file | what |
//! | --- | --- |
//! | [`spec`], [`model`] | one phone as a scenario describes it; what differs by model |
//! | `power` | power, the boot loader, firmware written, resets |
//! | `network` | DHCP and names |
//! | `provision`, `pnp` | where a provisioning server may be, one place after the other |
//! | `files` | which file is asked for next, and what its answer means |
//! | `settings` | the grammars of configurations, by release |
//! | `keys` | what keys do on a running phone: dialled codes, the long press |
//! | `recovery`, `stick` | the recovery menu: typed addresses and TFTP, or a USB stick |
//! | `ui` | the web page |
//!
//! What is not here: SIP accounts, encrypted files, certificates of its own, TR-069, 802.1X. What no source
//! tells (times, the names of most recovery sets, the redirection service's host) is a field of the spec and
//! is not to be taken as the maker's.

mod files;
mod keys;
pub mod model;
mod network;
mod pnp;
mod power;
mod provision;
mod recovery;
mod settings;
pub mod spec;
mod stick;
mod ui;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;

use proto::{Mac, Time, dhcp};

pub use model::{MODELS, Model};
pub use spec::{RecoveryFile, Speaker, YealinkSpec};

use super::parts::body::Body;
use super::parts::download::Downloads;
use super::parts::place::Place;
use super::parts::question::Question;
use super::parts::station::Station;
use crate::rng::{Rng, seed_of};
use crate::stream::{Answer, Conn, Part};
use crate::{Input, Key, Output, Phone, PhoneStatus, Wire};
use files::Errand;
use keys::Shown;
use provision::Source;
use recovery::Recovery;
use settings::Settings;

/// One phone.
#[derive(Debug)]
pub struct Yealink {
    spec: YealinkSpec,
    flash: Flash,
    body: Body,
    station: Station,
    stick: Option<Arc<[u8]>>,
    stage: Stage,
    boot: Boot,
}

/// What survives without power.
#[derive(Clone, Debug)]
struct Flash {
    /// The firmware's version; `None`: only the boot loader is left.
    load: Option<String>,
    /// What ran before.
    last: String,
    settings: Settings,
    /// The sums of the files that were applied last, by their names.
    applied: BTreeMap<String, u64>,
    vlan: Option<u16>,
    address: Option<crate::wire::Address>,
}

/// What a restart forgets.
#[derive(Debug, Default)]
struct Boot {
    /// When LLDP is due.
    announce: Option<Time>,
    dns: Option<Ipv4Addr>,
    ntp: Option<Ipv4Addr>,
    /// Where a server may still be found, best first.
    sources: VecDeque<Source>,
    /// The place in use, with its address.
    server: Option<(Place, Ipv4Addr)>,
    /// The number of the question to the link, and how often it is still asked.
    call: u64,
    downloads: Downloads,
    files: VecDeque<Errand>,
    /// At least one file came from the place in use.
    fed: bool,
    /// Settings as the files of this round make them.
    round: Option<Settings>,
    /// It runs because somebody dialled a code.
    dialled: bool,
    typed: String,
    shown: Shown,
    /// When the OK key went down.
    ok_since: Option<Time>,
    recovery: Option<Recovery>,
    /// Who has logged in to the web page.
    sessions: BTreeSet<u64>,
    conns: BTreeMap<Conn, Vec<u8>>,
}

/// What it is doing.
#[derive(Clone, Debug)]
enum Stage {
    Off,
    Loader {
        until: Time,
        /// The speaker key was down when the power came, and until when it must be.
        speaker: Option<Time>,
    },
    /// "Initializing... please wait", for ever.
    Stuck,
    Unplugged,
    /// It waits for a switch that tells its VLAN.
    LinkWait {
        until: Time,
    },
    Addressing,
    /// Asks where a place is.
    Resolving(Question<Place>),
    /// It has asked the link for a server.
    Subscribed {
        until: Time,
        left: u32,
    },
    Thinking {
        until: Time,
        errand: Errand,
    },
    Fetching(Errand),
    Flashing {
        until: Time,
        version: String,
    },
    Restarting {
        until: Time,
    },
    /// In the recovery menu; what exactly, its own state says.
    Recovering,
    Idle,
}

impl Stage {
    fn name(&self) -> &'static str {
        match self {
            Stage::Off => "off",
            Stage::Loader { .. } => "boot loader",
            Stage::Stuck => "stuck",
            Stage::Unplugged => "unplugged",
            Stage::LinkWait { .. } => "waiting for a VLAN",
            Stage::Addressing => "waiting for an address",
            Stage::Resolving(_) => "resolving a name",
            Stage::Subscribed { .. } => "asking the link",
            Stage::Thinking { .. } | Stage::Fetching(_) => "fetching files",
            Stage::Flashing { .. } => "writing firmware",
            Stage::Restarting { .. } => "restarting",
            Stage::Recovering => "recovery",
            Stage::Idle => "idle",
        }
    }

    fn deadline(&self) -> Option<(Time, &'static str)> {
        match self {
            Stage::Loader { until, .. } => Some((*until, "boot loader")),
            Stage::LinkWait { until } => Some((*until, "waiting for a VLAN")),
            Stage::Resolving(question) => Some((question.until, "waiting for a name server")),
            Stage::Subscribed { until, .. } => Some((*until, "waiting for a NOTIFY")),
            Stage::Thinking { until, .. } => Some((*until, "before the next file")),
            Stage::Flashing { until, .. } => Some((*until, "writing firmware")),
            Stage::Restarting { until } => Some((*until, "before it restarts")),
            Stage::Off | Stage::Stuck | Stage::Unplugged | Stage::Addressing => None,
            Stage::Fetching(_) | Stage::Recovering | Stage::Idle => None,
        }
    }
}

impl Yealink {
    /// A phone in its box: without power, its cable connected.
    pub fn new(spec: YealinkSpec) -> Yealink {
        let version = spec.load.clone().unwrap_or_else(|| spec.model.newest.to_owned());
        let flash = Flash {
            load: (!spec.broken).then(|| version.clone()),
            last: version,
            settings: spec.settings.clone(),
            applied: BTreeMap::new(),
            vlan: spec.stored_vlan,
            address: spec.static_address,
        };
        // Phones of one seed still differ from each other.
        let rng = Rng::new(spec.seed ^ seed_of(&spec.mac.0));
        Yealink {
            flash,
            body: Body::new(rng, true),
            station: Station::new(41_000..61_000),
            stick: None,
            stage: Stage::Off,
            boot: Boot::default(),
            spec,
        }
    }

    /// What it is set to, by canonical keys.
    pub fn settings(&self) -> &BTreeMap<String, String> {
        &self.flash.settings
    }

    /// The password of a user of its web page that counts now.
    pub fn password<'a>(&'a self, user: &'a str) -> &'a str {
        settings::password(&self.flash.settings, user)
    }

    fn version(&self) -> &str {
        self.flash.load.as_deref().unwrap_or(&self.flash.last)
    }

    fn release(&self) -> u32 {
        model::release(self.version())
    }

    fn on(&self, key: &str, usual: bool) -> bool {
        settings::on(&self.flash.settings, key, usual)
    }

    fn show(&mut self, lines: &[&str]) {
        self.body.show(lines);
    }

    fn note(&mut self, text: impl Into<String>) {
        self.body.note(text);
    }

    /// A message that stands on the screen for a moment and is remembered.
    fn message(&mut self, text: &str) {
        self.body.screen_message(text);
    }

    fn send(&mut self, from_port: u16, dst: SocketAddrV4, bytes: Vec<u8>) {
        self.station.send(from_port, dst, bytes, &mut self.body.out);
    }

    fn receive(&mut self, now: Time, wire: &Wire) {
        let (src, dst, bytes) = match wire {
            Wire::Udp { src, dst, bytes } => (src, dst, bytes),
            Wire::Frame(frame) => return self.receive_frame(now, frame),
        };
        match dst.port() {
            dhcp::CLIENT_PORT => {
                self.station.receive(now, bytes);
                self.look_at_lease(now);
            }
            port if *dst.ip() == self.station.source() => self.receive_datagram(now, *src, port, bytes),
            _ => {}
        }
    }

    fn receive_datagram(&mut self, now: Time, src: SocketAddrV4, port: u16, bytes: &[u8]) {
        if port == self.sip_port() {
            return self.receive_sip(now, src, bytes);
        }
        if let Stage::Resolving(question) = &self.stage
            && question.port == port
        {
            let question = question.clone();
            return self.receive_name(now, question, bytes);
        }
        if self.boot.downloads.hear(now, (src, port), bytes, &self.station, &mut self.body.out) {
            self.boot.downloads.answer(now, port, &self.station, &mut self.body.out);
            self.look_at_download(now);
        }
    }

    /// Something came of an order.
    fn receive_part(&mut self, now: Time, id: u16, part: Part) {
        if self.boot.downloads.handle_part(now, id, part) {
            self.look_at_download(now);
        }
    }

    fn timeout(&mut self, now: Time) {
        if self.boot.announce.is_some_and(|at| at <= now) {
            self.announce(now);
        }
        self.station.handle_timeout(now);
        self.look_at_lease(now);
        self.boot.downloads.handle_timeout(now);
        self.look_at_download(now);
        self.look_at_long_press(now);
        self.look_at_recovery(now);
        if self.stage.deadline().is_none_or(|(at, _)| now < at) {
            return;
        }
        match self.stage.clone() {
            Stage::Loader { speaker, .. } => self.end_loader(now, speaker),
            Stage::LinkWait { .. } => self.get_address(now),
            Stage::Resolving(question) => self.ask_name(now, question),
            Stage::Subscribed { left, .. } => self.subscribe(now, left),
            Stage::Thinking { errand, .. } => self.ask(now, errand),
            Stage::Flashing { version, .. } => self.end_flashing(now, version),
            Stage::Restarting { .. } => self.start(now),
            Stage::Off | Stage::Stuck | Stage::Unplugged | Stage::Addressing => {}
            Stage::Fetching(_) | Stage::Recovering | Stage::Idle => {}
        }
    }
}

impl Phone for Yealink {
    fn mac(&self) -> Mac {
        self.spec.mac
    }

    fn handle_input(&mut self, now: Time, input: Input) {
        match self.body.sift(input) {
            Some(Input::Power(on)) => self.power(now, on),
            Some(Input::Link(up)) => self.plug(now, up),
            Some(Input::Stick(stick)) => self.stick = stick,
            Some(Input::Key { key, down: true }) => self.press(now, key),
            Some(Input::Key { key: Key::Ok, down: false }) => self.boot.ok_since = None,
            Some(Input::Wire(wire)) => self.receive(now, &wire),
            Some(Input::Part { id, part }) => self.receive_part(now, id, part),
            Some(Input::Timeout) => self.timeout(now),
            _ => {}
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.body.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        let boot = &self.boot;
        let long_press = boot.ok_since.map(|since| (since + self.spec.long_press, "OK is held"));
        [
            self.stage.deadline(),
            boot.announce.map(|at| (at, "LLDP is due")),
            self.station.poll_timeout(),
            boot.downloads.poll_timeout(),
            boot.recovery.as_ref().and_then(Recovery::deadline),
            long_press.filter(|_| self.waits_for_long_press()),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn status(&self) -> PhoneStatus {
        PhoneStatus {
            load: self.flash.load.clone(),
            state: self.stage.name(),
            address: self.station.address(),
            server: self.boot.server.as_ref().map(|(_, address)| *address),
            bricked: self.flash.load.is_none(),
            ..self.body.status(self.spec.mac, self.spec.model.name)
        }
    }

    fn setting(&self, key: &str) -> Option<String> {
        self.flash.settings.get(key).cloned()
    }

    fn listens(&self, port: u16) -> bool {
        port == 80 && self.body.powered && self.body.link && matches!(self.stage, Stage::Idle)
    }

    fn on_segment(&mut self, now: Time, conn: Conn, bytes: &[u8]) -> Answer {
        if !self.listens(conn.port) {
            return Answer::hang_up();
        }
        self.ui_segment(now, conn, bytes)
    }

    fn on_close(&mut self, _now: Time, conn: Conn) {
        self.boot.conns.remove(&conn);
    }
}
