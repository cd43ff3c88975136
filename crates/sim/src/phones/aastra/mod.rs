//! Aastra and Mitel SIP desk phones: 9143i, 9480i, 51i to 57i, 673xi, 68xxi, 69xx.
//!
//! | file | what |
//! | --- | --- |
//! | [`spec`], [`model`] | one phone as a scenario describes it; what differs by model |
//! | `power` | power, the boot loader, firmware written, restart |
//! | `network` | DHCP, link-local addresses, names |
//! | `provision` | which server: options, what is stored, redirection, multicast DNS |
//! | `files` | which file is asked for next, and what its answer means |
//! | `config` | the grammar of configurations, and the stores |
//! | `recovery`, [`page`] | Web Recovery, and how its page is written |
//! | `ui` | the normal web page and what is pushed to it |
//! | `web` | one connection: the segments of a request |
//!
//! What is not here: SIP, the menus behind the keys, certificates, decryption, 69xx in MiNET mode. What no
//! source tells (times, the recovery page's HTML, the redirection service's protocol) is a field of the
//! spec or a file of `pages/`, and none of it is to be taken as the maker's.

mod config;
mod files;
pub mod model;
mod network;
pub mod page;
mod power;
mod provision;
mod recovery;
pub mod spec;
mod ui;
mod web;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{Ipv4Addr, SocketAddrV4};

use proto::{Mac, Time, dhcp};

pub use model::{Generation, MODELS, Model};
pub use spec::{AastraSpec, Provider};

use super::parts::body::Body;
use super::parts::download::Downloads;
use super::parts::place::Place;
use super::parts::question::Question;
use super::parts::station::Station;
use crate::rng::{Rng, seed_of};
use crate::stream::{Answer, Conn, Part};
use crate::wire::Jack;
use crate::{Input, Output, Phone, PhoneStatus, Wire};
use config::Stores;
use files::Errand;
use page::Wish;
use provision::WhatFor;

/// One phone.
#[derive(Debug)]
pub struct Aastra {
    spec: AastraSpec,
    flash: Flash,
    body: Body,
    station: Station,
    jack: Jack,
    stage: Stage,
    boot: Boot,
}

/// What survives without power.
#[derive(Clone, Debug)]
struct Flash {
    /// The firmware's version; `None`: only the boot loader is left.
    load: Option<String>,
    /// What ran before, which the boot loader still remembers.
    last: String,
    /// The sum of the installed image, once it was installed here.
    image: Option<u64>,
    stores: Stores,
    /// It can no longer be started at all.
    dead: bool,
    /// To be done at the next start.
    pending: Pending,
}

/// Resets wait for a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Pending {
    factory: bool,
    clear_local: bool,
}

/// What a restart forgets.
#[derive(Debug, Default)]
struct Boot {
    recovery: bool,
    dns: Option<Ipv4Addr>,
    /// Who tells the time.
    ntp: Option<Ipv4Addr>,
    /// What DHCP told, in the order of belief.
    told: VecDeque<Place>,
    /// DHCP said whether to ask the redirection service.
    contact_rcs: Option<bool>,
    /// The server in use, with its address.
    server: Option<(Place, Ipv4Addr)>,
    downloads: Downloads,
    files: VecDeque<Errand>,
    /// The server uses encrypted files.
    encrypted: bool,
    /// What a recovery page was told to fetch.
    wish: Option<Wish>,
    /// What the recovery page says of the last try.
    status: &'static str,
    /// Its form was asked for by GET after a refusal.
    reloaded: bool,
    refused: bool,
    token: u64,
    conns: BTreeMap<Conn, Vec<u8>>,
    /// Who has looked at the normal page.
    visitors: BTreeSet<Ipv4Addr>,
}

/// What it is doing.
#[derive(Clone, Debug)]
enum Stage {
    Off,
    /// It does not start any more.
    Dead,
    Loader {
        until: Time,
        /// 1 and # were down when the power came.
        keys: bool,
    },
    Unplugged,
    Addressing {
        /// When a link-local address is taken instead.
        give_up: Time,
    },
    Resolving(Question<WhatFor>),
    Discovering {
        until: Time,
        left: u32,
    },
    /// Before it asks for a file.
    Thinking {
        until: Time,
        errand: Errand,
    },
    Fetching(Errand),
    /// The recovery page waits for somebody.
    Waiting,
    Flashing {
        until: Time,
        version: String,
        sum: u64,
    },
    Restarting {
        until: Time,
    },
    Idle,
}

impl Stage {
    fn name(&self) -> &'static str {
        match self {
            Stage::Off => "off",
            Stage::Dead => "dead",
            Stage::Loader { .. } => "boot loader",
            Stage::Unplugged => "unplugged",
            Stage::Addressing { .. } => "waiting for an address",
            Stage::Resolving(_) => "resolving a name",
            Stage::Discovering { .. } => "auto discovery",
            Stage::Thinking { .. } | Stage::Fetching(_) => "fetching files",
            Stage::Waiting => "web recovery",
            Stage::Flashing { .. } => "writing firmware",
            Stage::Restarting { .. } => "restarting",
            Stage::Idle => "idle",
        }
    }

    fn deadline(&self) -> Option<(Time, &'static str)> {
        match self {
            Stage::Loader { until, .. } => Some((*until, "boot loader")),
            Stage::Addressing { give_up } if *give_up < Time::NEVER => Some((*give_up, "before a link-local address")),
            Stage::Resolving(question) => Some((question.until, "waiting for a name server")),
            Stage::Discovering { until, .. } => Some((*until, "waiting for multicast DNS")),
            Stage::Thinking { until, .. } => Some((*until, "before the next file")),
            Stage::Flashing { until, .. } => Some((*until, "writing firmware")),
            Stage::Restarting { until } => Some((*until, "before it restarts")),
            Stage::Off | Stage::Dead | Stage::Unplugged | Stage::Addressing { .. } => None,
            Stage::Fetching(_) | Stage::Waiting | Stage::Idle => None,
        }
    }
}

impl Aastra {
    /// A phone in its box: without power, its cable connected.
    pub fn new(spec: AastraSpec) -> Aastra {
        let version = spec.load.clone().unwrap_or_else(|| spec.model.newest.to_owned());
        let lower = |map: &BTreeMap<String, String>| {
            map.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect()
        };
        let stores = Stores { server: lower(&spec.server), local: lower(&spec.local), locked: Vec::new() };
        let flash = Flash {
            load: (!spec.broken).then(|| version.clone()),
            last: version,
            image: None,
            stores,
            dead: false,
            pending: Pending::default(),
        };
        // Phones of one seed still differ from each other.
        let rng = Rng::new(spec.seed ^ seed_of(&spec.mac.0));
        Aastra {
            flash,
            body: Body::new(rng, true),
            station: Station::new(40_000..60_000),
            jack: spec.jack,
            stage: Stage::Off,
            boot: Boot::default(),
            spec,
        }
    }

    /// What is stored in the phone itself.
    pub fn local(&self) -> &BTreeMap<String, String> {
        &self.flash.stores.local
    }

    /// The administrator's password that counts now.
    pub fn password(&self) -> &str {
        self.flash.stores.password()
    }

    fn generation(&self) -> Generation {
        self.spec.model.generation
    }

    fn version(&self) -> [u32; 4] {
        model::version(self.flash.load.as_deref().unwrap_or(&self.flash.last))
    }

    fn show(&mut self, lines: &[&str]) {
        self.body.show(lines);
    }

    /// One of two texts, as the model's screen has them.
    fn say(&mut self, large: &'static str, small: &'static str) {
        self.show(&[if self.spec.model.small_screen { small } else { large }]);
    }

    fn note(&mut self, text: impl Into<String>) {
        self.body.note(text);
    }

    /// A message that stands on the screen for a moment and is remembered.
    fn message(&mut self, text: &str) {
        self.body.screen_message(text);
    }

    /// In recovery nothing goes out of the LAN socket by itself.
    fn mute(&self) -> bool {
        self.boot.recovery && self.jack == Jack::Lan
    }

    fn send(&mut self, from_port: u16, dst: SocketAddrV4, bytes: Vec<u8>) {
        self.station.send(from_port, dst, bytes, &mut self.body.out);
    }

    fn receive(&mut self, now: Time, wire: &Wire) {
        let Wire::Udp { src, dst, bytes } = wire else { return };
        if self.boot.recovery && self.jack == Jack::Lan && self.spec.lan_is_silent {
            return;
        }
        match dst.port() {
            dhcp::CLIENT_PORT => {
                self.station.receive(now, bytes);
                self.look_at_lease(now);
            }
            provision::MDNS_PORT => self.receive_mdns(now, bytes),
            port if *dst.ip() == self.station.source() => self.receive_datagram(now, *src, port, bytes),
            _ => {}
        }
    }

    fn receive_datagram(&mut self, now: Time, src: SocketAddrV4, port: u16, bytes: &[u8]) {
        if let Stage::Resolving(question) = &self.stage
            && question.port == port
        {
            let question = question.clone();
            return self.receive_name(now, question, bytes);
        }
        if self.boot.downloads.hear(now, (src, port), bytes, &self.station, &mut self.body.out) {
            self.look_into_download();
            self.boot.downloads.answer(now, port, &self.station, &mut self.body.out);
            self.look_at_download(now);
        }
    }

    /// Something came of an order.
    fn receive_part(&mut self, now: Time, id: u16, part: Part) {
        if self.boot.downloads.handle_part(now, id, part) {
            self.look_into_download();
            self.look_at_download(now);
        }
    }

    fn timeout(&mut self, now: Time) {
        self.station.handle_timeout(now);
        self.look_at_lease(now);
        self.boot.downloads.handle_timeout(now);
        self.look_at_download(now);
        if self.stage.deadline().is_none_or(|(at, _)| now < at) {
            return;
        }
        match self.stage.clone() {
            Stage::Loader { keys, .. } => self.end_loader(now, keys),
            Stage::Addressing { .. } => self.take_link_local(now),
            Stage::Resolving(question) => self.ask_name(now, question),
            Stage::Discovering { left, .. } => self.discover(now, left),
            Stage::Thinking { errand, .. } => self.ask(now, errand),
            Stage::Flashing { version, sum, .. } => self.end_flashing(now, version, sum),
            Stage::Restarting { .. } => self.start(now),
            Stage::Off | Stage::Dead | Stage::Unplugged | Stage::Fetching(_) | Stage::Waiting | Stage::Idle => {}
        }
    }
}

impl Phone for Aastra {
    fn mac(&self) -> Mac {
        self.spec.mac
    }

    fn handle_input(&mut self, now: Time, input: Input) {
        match self.body.sift(input) {
            Some(Input::Power(on)) => self.power(now, on),
            Some(Input::Link(up)) => self.plug(now, up),
            Some(Input::Jack(jack)) => self.jack = jack,
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
        let others = [self.station.poll_timeout(), self.boot.downloads.poll_timeout()];
        self.stage.deadline().into_iter().chain(others.into_iter().flatten()).min()
    }

    fn status(&self) -> PhoneStatus {
        PhoneStatus {
            load: self.flash.load.clone(),
            state: self.stage.name(),
            address: self.station.address(),
            server: self.boot.server.as_ref().map(|(_, address)| *address),
            bricked: self.flash.load.is_none() || self.flash.dead,
            ..self.body.status(self.spec.mac, self.spec.model.name)
        }
    }

    fn listens(&self, port: u16) -> bool {
        port == 80 && self.body.powered && self.body.link && self.is_served()
    }

    fn on_segment(&mut self, now: Time, conn: Conn, bytes: &[u8]) -> Answer {
        if !self.listens(conn.port) {
            return Answer::hang_up();
        }
        if self.boot.recovery { self.recovery_segment(now, conn, bytes) } else { self.ui_segment(now, conn, bytes) }
    }

    fn on_close(&mut self, _now: Time, conn: Conn) {
        self.boot.conns.remove(&conn);
    }
}
