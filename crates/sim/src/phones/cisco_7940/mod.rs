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
use std::time::Duration;

use proto::{Mac, Time};

pub use spec::{Model, PhoneSpec};

use super::cisco_79xx::ServerSource;
use super::parts::calls::Calls;
use super::parts::config::Config;
use super::parts::discovery;
use super::parts::face::Face;
use super::parts::net::{self, Event, Net};
use crate::firmware::classic::{Name, Protocol};
use crate::rng::{Rng, seed_of};
use crate::wire::Address;
use crate::{Input, Key, Output, Phone, PhoneStatus, Wire};
use files::Errand;
use menu::Menu;
use power::Code;
use upgrade::{Image, Wanted};

/// Between two announcements on the link.
const ANNOUNCE: Duration = Duration::from_secs(60);
/// The name that is asked for when nobody tells of a file server.
const LAST_HOPE: &str = "CiscoCM1";

/// One phone.
#[derive(Debug)]
pub struct Cisco7940 {
    spec: PhoneSpec,
    flash: Flash,
    powered: bool,
    link: bool,
    held: BTreeSet<Key>,
    stage: Stage,
    net: Net,
    boot: Boot,
    calls: Option<Calls>,
    face: Face,
    menu: Option<Menu>,
    /// What the screen shows without the menu.
    under_menu: Vec<String>,
    /// The last line of its status messages.
    message: Option<String>,
    /// Why it started last, as SCCP tells it.
    last: &'static str,
    rng: Rng,
    out: VecDeque<Output>,
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
    /// When CDP is due.
    announce: Option<Time>,
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
        Cisco7940 {
            rng: Rng::new(seed),
            net: Net::new(Rng::new(seed ^ 1)),
            flash,
            powered: false,
            link: !spec.no_link,
            held: BTreeSet::new(),
            stage: Stage::Off,
            boot: Boot::default(),
            calls: None,
            face: Face::default(),
            menu: None,
            under_menu: Vec::new(),
            message: None,
            last: "Initialized",
            out: VecDeque::new(),
            spec,
        }
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
            Stage::Network => self.net.doing().unwrap_or("configuring IP"),
            Stage::Thinking { .. } | Stage::Fetching(_) => "fetching files",
            Stage::Flashing { .. } => "writing an image",
            Stage::Idle { .. } if self.calls.as_ref().is_some_and(Calls::is_registered) => "registered",
            Stage::Idle { .. } if self.calls.is_some() => "registering",
            Stage::Idle { .. } => "idle",
        }
    }

    /// Shows these lines; an open menu stays before them.
    fn show(&mut self, lines: &[&str]) {
        self.under_menu = lines.iter().map(|line| (*line).to_owned()).collect();
        if self.menu.is_none() {
            self.face.show(self.under_menu.clone(), &mut self.out);
        }
    }

    fn note(&mut self, text: impl Into<String>) {
        self.out.push_back(Output::Note(text.into()));
    }

    /// A line of the status messages.
    fn message(&mut self, text: &str) {
        self.note(format!("status message: {text}"));
        self.message = Some(text.to_owned());
    }

    /// Says on the link who it is.
    fn announce(&mut self, now: Time) {
        self.boot.announce = Some(now + ANNOUNCE);
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
            address: self.net.address(),
            capabilities: discovery::HOST,
        };
        let frame = discovery::cdp(&said);
        self.out.push_back(Output::Wire(Wire::Frame(frame)));
    }

    /// How the network is to be started now.
    fn plan(&self) -> net::Plan {
        // The model in the vendor class came with the universal loader.
        let class = match self.flash.loader {
            Some(_) => format!("Cisco Systems, Inc. IP Phone CP-{}G\0", self.spec.model.name()),
            None => "Cisco Systems, Inc. IP Phone\0".to_owned(),
        };
        let source = |source: &ServerSource| match source {
            ServerSource::Alternate => self.flash.alternate_tftp.map(net::Source::Fixed),
            ServerSource::Option150 => Some(net::Source::Option150),
            ServerSource::Option66 => Some(net::Source::Option66),
            ServerSource::Siaddr => Some(net::Source::Siaddr),
        };
        let mut sources: Vec<net::Source> = self.spec.server_order.iter().filter_map(source).collect();
        sources.push(net::Source::Name(LAST_HOPE.to_owned()));
        net::Plan {
            who: net::Who {
                mac: self.spec.mac,
                host_name: self.host_name(),
                vendor_class: class.into_bytes(),
                request_list: &[1, 66, 6, 3, 15, 150, 35],
            },
            vlan_wait: self.flash.vlan.is_none().then_some(self.spec.vlan_wait),
            vlan: self.flash.vlan,
            address: self.flash.address,
            sources,
            tries: self.spec.tftp_tries,
            blksize: None,
            hears_files: self.spec.hears_files,
        }
    }

    /// Hears what the network has to tell, until it has no more.
    fn settle(&mut self, now: Time) {
        while let Some(event) = self.net.poll_event() {
            match event {
                Event::Out(output) => self.out.push_back(output),
                Event::Show(line) => self.show(&[line]),
                Event::Message(text) => self.message(text),
                Event::Note(text) => self.note(text),
                Event::Ready => self.start_files(now),
                Event::Lost => {
                    self.calls = None;
                    self.boot.read = None;
                    self.boot.extra_reads.clear();
                    self.stage = Stage::Network;
                }
                Event::Read { id, end } => self.read(now, id, end),
                Event::Named(address) => self.named(now, address),
                Event::Datagram { src, port, bytes } => self.datagram(now, src, port, &bytes),
            }
        }
    }

    fn timeout(&mut self, now: Time) {
        if self.boot.announce.is_some_and(|at| at <= now) {
            self.announce(now);
        }
        self.net.handle_timeout(now);
        self.settle(now);
        if let Some(calls) = &mut self.calls {
            calls.handle_timeout(now);
        }
        self.settle_calls(now);
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
                self.calls = None;
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
            Input::Wire(wire) if self.powered && self.link => self.net.receive(now, &wire),
            Input::Stream { port, event } if self.powered && self.link => self.stream(now, port, &event),
            Input::Timeout if self.powered => self.timeout(now),
            Input::Power(_) | Input::Link(_) | Input::Wire(_) | Input::Stream { .. } | Input::Timeout => {}
            // Nothing that this phone orders or has a socket for.
            Input::Part { .. } | Input::Jack(_) | Input::Stick(_) => {}
        }
        self.settle(now);
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn can_link(&self) -> bool {
        !self.spec.no_link
    }

    fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        let announce = self.boot.announce.map(|at| (at, "CDP is due"));
        let calls = self.calls.as_ref().and_then(Calls::poll_timeout);
        [self.stage.deadline(), announce, self.net.poll_timeout(), calls].into_iter().flatten().min()
    }

    fn status(&self) -> PhoneStatus {
        PhoneStatus {
            mac: self.spec.mac,
            model: self.spec.model.name().to_owned(),
            powered: self.powered,
            load: self.flash.app.as_ref().map(|app| app.text.clone()),
            screen: self.face.screen.clone(),
            lamps: self.face.lamps.clone(),
            state: self.state(),
            address: self.net.address(),
            server: self.net.server(),
            message: self.message.clone(),
            trust_list: self.flash.trust_list,
            bricked: self.flash.app.is_none(),
        }
    }
}
