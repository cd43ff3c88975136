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

use crate::phones::kit::download::Download;
use crate::phones::kit::place::Place;
use crate::rng::{Rng, seed_of};
use crate::stream::{Answer, Conn};
use crate::wire::Jack;
use crate::{Input, Interface, Key, Lamp, Output, Phone, PhoneStatus, Wire};
use config::Stores;
use files::Errand;
use page::Wish;
use provision::Question;

/// One phone.
#[derive(Debug)]
pub struct Aastra {
    spec: AastraSpec,
    flash: Flash,
    powered: bool,
    link: bool,
    jack: Jack,
    held: BTreeSet<Key>,
    stage: Stage,
    boot: Boot,
    screen: Vec<String>,
    message: Option<String>,
    rng: Rng,
    out: VecDeque<Output>,
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
    interface: Interface,
    dhcp: Option<dhcp::Client>,
    dns: Option<Ipv4Addr>,
    /// Who tells the time.
    ntp: Option<Ipv4Addr>,
    /// What DHCP told, in the order of belief.
    told: VecDeque<Place>,
    /// DHCP said whether to ask the redirection service.
    contact_rcs: Option<bool>,
    /// The server in use, with its address.
    server: Option<(Place, Ipv4Addr)>,
    download: Option<Download>,
    /// The file before, kept for a server that missed its last ACK.
    ended: Option<Download>,
    ports: u16,
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
    Resolving(Question),
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
        Aastra {
            // Phones of one seed still differ from each other.
            rng: Rng::new(spec.seed ^ seed_of(&spec.mac.0)),
            flash,
            powered: false,
            link: true,
            jack: spec.jack,
            held: BTreeSet::new(),
            stage: Stage::Off,
            boot: Boot::default(),
            screen: Vec::new(),
            message: None,
            out: VecDeque::new(),
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
        let lines: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
        if self.screen != lines {
            self.screen.clone_from(&lines);
            self.out.push_back(Output::Screen(lines));
        }
    }

    /// One of two texts, as the model's screen has them.
    fn say(&mut self, large: &'static str, small: &'static str) {
        self.show(&[if self.spec.model.small_screen { small } else { large }]);
    }

    fn note(&mut self, text: impl Into<String>) {
        self.out.push_back(Output::Note(text.into()));
    }

    /// A message that stands on the screen for a moment and is remembered.
    fn message(&mut self, text: &str) {
        self.note(format!("message: {text}"));
        self.message = Some(text.to_owned());
        self.show(&[text]);
    }

    fn address(&self) -> Ipv4Addr {
        self.boot.interface.address.map_or(Ipv4Addr::UNSPECIFIED, |a| a.ip)
    }

    /// In recovery nothing goes out of the LAN socket by itself.
    fn mute(&self) -> bool {
        self.boot.recovery && self.jack == Jack::Lan
    }

    fn send(&mut self, from_port: u16, dst: SocketAddrV4, bytes: Vec<u8>) {
        let src = SocketAddrV4::new(self.address(), from_port);
        self.out.push_back(Output::Wire(Wire::Udp { src, dst, bytes }));
    }

    fn next_port(&mut self) -> u16 {
        let port = 40_000 + self.boot.ports % 20_000;
        self.boot.ports = self.boot.ports.wrapping_add(1);
        port
    }

    fn receive(&mut self, now: Time, wire: &Wire) {
        let Wire::Udp { src, dst, bytes } = wire else { return };
        if self.boot.recovery && self.jack == Jack::Lan && self.spec.lan_is_silent {
            return;
        }
        match dst.port() {
            dhcp::CLIENT_PORT => self.receive_dhcp(now, bytes),
            provision::MDNS_PORT => self.receive_mdns(now, bytes),
            port if *dst.ip() == self.address() => self.receive_datagram(now, *src, port, bytes),
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
        let downloads = [&mut self.boot.download, &mut self.boot.ended];
        let Some(download) = downloads.into_iter().flatten().find(|d| d.port == port) else { return };
        let mut answers: Vec<_> = download.handle_datagram(now, src, bytes).map(|b| (src, b)).into_iter().collect();
        self.look_into_download();
        let downloads = [&mut self.boot.download, &mut self.boot.ended];
        if let Some(download) = downloads.into_iter().flatten().find(|d| d.port == port) {
            answers.extend(std::iter::from_fn(|| download.poll_datagram(now)));
        }
        for (dst, bytes) in answers {
            self.send(port, dst, bytes);
        }
        self.look_at_download(now);
    }

    fn timeout(&mut self, now: Time) {
        if let Some(dhcp) = &mut self.boot.dhcp {
            dhcp.handle_timeout(now);
            self.look_at_dhcp(now);
        }
        if let Some(download) = &mut self.boot.download {
            download.handle_timeout(now);
            self.look_at_download(now);
        }
        if self.stage.deadline().is_none_or(|(at, _)| now < at) {
            return;
        }
        match self.stage.clone() {
            Stage::Loader { keys, .. } => self.end_loader(now, keys),
            Stage::Addressing { .. } => self.take_link_local(now),
            Stage::Resolving(question) => self.name_unanswered(now, question),
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
        match input {
            Input::Power(on) if on != self.powered => self.power(now, on),
            Input::Link(up) if up != self.link => self.plug(now, up),
            Input::Jack(jack) => self.jack = jack,
            Input::Key { key, down: true } => {
                self.held.insert(key);
            }
            Input::Key { key, down: false } => {
                self.held.remove(&key);
            }
            Input::Wire(wire) if self.powered && self.link => self.receive(now, &wire),
            Input::Part { id, part } if self.powered => {
                if let Some(download) = self.boot.download.as_mut().filter(|d| d.port == id) {
                    download.handle_part(now, part);
                    self.look_into_download();
                    self.look_at_download(now);
                }
            }
            Input::Timeout if self.powered => self.timeout(now),
            Input::Power(_) | Input::Link(_) | Input::Wire(_) | Input::Timeout => {}
            Input::Part { .. } | Input::Stream { .. } | Input::Stick(_) => {}
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        let boot = &self.boot;
        [
            self.stage.deadline(),
            boot.dhcp.as_ref().and_then(dhcp::Client::poll_timeout),
            boot.download.as_ref().and_then(Download::poll_timeout),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn status(&self) -> PhoneStatus {
        PhoneStatus {
            mac: self.spec.mac,
            model: self.spec.model.name.to_owned(),
            powered: self.powered,
            load: self.flash.load.clone(),
            screen: self.screen.clone(),
            lamps: Vec::<Lamp>::new(),
            state: self.stage.name(),
            address: self.boot.interface.address.map(|a| a.ip),
            server: self.boot.server.as_ref().map(|(_, address)| *address),
            message: self.message.clone(),
            trust_list: false,
            bricked: self.flash.load.is_none() || self.flash.dead,
        }
    }

    fn listens(&self, port: u16) -> bool {
        port == 80 && self.powered && self.link && self.is_served()
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
