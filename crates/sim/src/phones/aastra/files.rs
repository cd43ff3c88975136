//! Which file is asked for next, and what its answer means.

use std::net::SocketAddrV4;
use std::time::Duration;

use proto::Time;

use super::config::{self, Stores};
use super::{Aastra, Generation, Stage, model};
use crate::firmware::st::{self, HOLE};
use crate::firmware::taken::Taken;
use crate::phones::parts::download::{End, Wanted};
use crate::phones::parts::place::Place;
use crate::stream::Scheme;

/// Before a configuration is asked for again.
const RETRY: Duration = Duration::from_secs(10);
/// As much of an image tells what it is.
const HEAD: u64 = 96;

/// Why a file is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// Whether configurations are encrypted.
    Security,
    /// Everybody's configuration.
    General { tries: u8 },
    /// This model's configuration.
    Model,
    /// This phone's configuration.
    Own,
    /// The firmware, at every start.
    Firmware,
    /// The address that it calls when it has started.
    Started,
    /// The firmware that a recovery page was told of.
    Image,
}

impl Aastra {
    /// A server is known: begins with the first file of this start.
    pub(super) fn start_files(&mut self, now: Time) {
        self.say("Updating config", "Updating configuration");
        let mut files = vec![Errand::Security, Errand::General { tries: 0 }];
        if self.version() >= [3, 0, 0, 0] {
            files.push(Errand::Model);
        }
        files.extend([Errand::Own, Errand::Firmware]);
        self.boot.files = files.into();
        self.next_file(now);
    }

    fn next_file(&mut self, now: Time) {
        match self.boot.files.pop_front() {
            Some(errand) => self.think(now, errand),
            None => self.end_boot(now),
        }
    }

    /// Goes on with a file after the usual pause.
    pub(super) fn think(&mut self, now: Time, errand: Errand) {
        let until = now + self.body.rng.around(self.spec.think_time);
        self.stage = Stage::Thinking { until, errand };
    }

    pub(super) fn ask(&mut self, now: Time, errand: Errand) {
        let Some((place, server, path)) = self.place_of(errand) else { return self.next_file(now) };
        if errand == Errand::Firmware {
            self.say("Checking for Firmware  Do not unplug phone!", "Checking for new firmware");
        }
        let port = self.station.next_port();
        let wanted = Wanted {
            place: &place,
            server,
            path,
            user_agent: self.user_agent(),
            trusted_only: true,
            patience: self.spec.patience,
            blksize: self.spec.blksize,
            hole: HOLE,
        };
        self.boot.downloads.begin(now, port, wanted);
        self.stage = Stage::Fetching(errand);
        self.look_at_download(now);
    }

    /// Where the file of an errand is; `None`: it is not asked for.
    fn place_of(&self, errand: Errand) -> Option<(Place, std::net::Ipv4Addr, String)> {
        if errand == Errand::Image {
            let wish = self.boot.wish.clone()?;
            let server = wish.place.address()?;
            return Some((wish.place, server, wish.file));
        }
        let (place, server) = self.boot.server.clone()?;
        let ending = if self.boot.encrypted { "tuz" } else { "cfg" };
        let model = self.spec.model;
        let name = match errand {
            Errand::Security => "security.tuz".to_owned(),
            Errand::General { .. } if self.generation() != Generation::Five && self.version() >= [4, 2, 0, 0] => {
                format!("startup.{ending}")
            }
            Errand::General { .. } => format!("aastra.{ending}"),
            Errand::Model => format!("{}.{ending}", model.image),
            Errand::Own => format!("{}.{ending}", self.spec.mac.bare_upper()),
            Errand::Firmware => return self.firmware_place(place, server),
            Errand::Started => {
                let stores = &self.flash.stores;
                let place = Place::parse(stores.said("action uri startup")?, Scheme::Http)?;
                let server = place.address()?;
                return Some((place.clone(), server, place.path));
            }
            Errand::Image => return None,
        };
        let path = place.file(&name);
        Some((place, server, path))
    }

    /// A server of its own for firmware, if one is set; an empty one means none at all.
    fn firmware_place(&self, place: Place, server: std::net::Ipv4Addr) -> Option<(Place, std::net::Ipv4Addr, String)> {
        let stores = &self.flash.stores;
        let file = self.spec.model.file();
        match stores.get("firmware server").or_else(|| stores.get("upgrade uri")) {
            Some("") => None,
            Some(text) => {
                let own = Place::parse(text, Scheme::Tftp)?;
                let address = own.address()?;
                let path = own.file(&file);
                Some((own, address, path))
            }
            None => {
                let path = place.file(&file);
                Some((place, server, path))
            }
        }
    }

    fn user_agent(&self) -> String {
        let (brand, name) = self.spec.model.agent;
        let mac = self.spec.mac.to_string().replace(':', "-").to_uppercase();
        format!("{brand}{name} MAC:{mac} V:{}-SIP", self.flash.load.as_deref().unwrap_or(&self.flash.last))
    }

    /// An image is looked at as soon as its beginning is there; by TFTP the server is told with an ERROR 0.
    pub(super) fn look_into_download(&mut self) {
        let Stage::Fetching(Errand::Firmware | Errand::Image) = self.stage else { return };
        let model = self.spec.model.image;
        let Some(download) = self.boot.downloads.current() else { return };
        let taken = download.taken();
        if taken.len >= HEAD && st::head(taken).is_none_or(|image| image.model != model) {
            download.reject();
        }
    }

    /// Sends what the download has to say, and goes on when it has ended.
    pub(super) fn look_at_download(&mut self, now: Time) {
        let mute = self.mute();
        let Some(end) = self.boot.downloads.poll(now, mute, &self.station, &mut self.body.out) else { return };
        if let Stage::Fetching(errand) = self.stage {
            self.file(now, errand, end);
        }
    }

    fn file(&mut self, now: Time, errand: Errand, end: End) {
        match (errand, end) {
            (Errand::Security, End::Got(file)) => {
                self.boot.encrypted = file.len > 0;
                self.next_file(now);
            }
            (Errand::General { .. }, End::Got(file)) => self.general(now, &file),
            (Errand::General { tries }, end) => self.no_general(now, tries, &end),
            (Errand::Model | Errand::Own, End::Got(file)) => {
                self.take_configuration(&file);
                self.next_file(now);
            }
            (Errand::Firmware, End::Got(file)) => self.firmware(now, &file),
            (Errand::Firmware, End::Rejected) => {
                self.message("Incompatible with phone model");
                self.next_file(now);
            }
            (Errand::Image, end) => self.image(now, end),
            (Errand::Security | Errand::Model | Errand::Own | Errand::Firmware | Errand::Started, _) => {
                self.next_file(now);
            }
        }
    }

    /// Without a line in it, the phone goes no further with configurations.
    fn general(&mut self, now: Time, file: &Taken) {
        if self.boot.encrypted || self.spec.encrypted_only {
            // Nobody here has the key.
            self.message("Bad encrypted cfg");
            return self.skip_configurations(now);
        }
        let lines = self.known_lines(file);
        if lines.is_empty() {
            return self.no_general(now, u8::MAX, &End::Missing);
        }
        self.flash.stores.server.clear();
        self.flash.stores.locked.clear();
        self.flash.stores.take(lines);
        self.next_file(now);
    }

    fn no_general(&mut self, now: Time, tries: u8, end: &End) {
        let again = self.spec.stuck_updating || *end == End::TimedOut && tries < 2;
        if again {
            if *end == End::TimedOut && !self.spec.stuck_updating {
                self.message("Retrying config download...");
            }
            let errand = Errand::General { tries: tries.saturating_add(1) };
            self.stage = Stage::Thinking { until: now + self.body.rng.around(RETRY), errand };
            return;
        }
        if *end == End::TimedOut {
            self.message("Cfg Svr Failure");
            return self.end_boot(now);
        }
        self.message("Conf. Unavailable");
        self.skip_configurations(now);
    }

    fn skip_configurations(&mut self, now: Time) {
        self.boot.files.retain(|errand| *errand == Errand::Firmware);
        self.next_file(now);
    }

    /// The lines of a file. Marks before a name came with 2.4; before, such a name is one that is not known.
    fn known_lines(&self, file: &Taken) -> Vec<config::Line> {
        let mut lines = file.text().map(|text| config::lines(&text)).unwrap_or_default();
        if self.version() < [2, 4, 0, 0] {
            lines.retain(|line| !line.overwrites && !line.locked);
        }
        lines
    }

    fn take_configuration(&mut self, file: &Taken) {
        if self.boot.encrypted || self.spec.encrypted_only {
            return self.message("Bad encrypted cfg");
        }
        let lines = self.known_lines(file);
        self.flash.stores.take(lines);
    }

    /// Any image that differs from the installed one is taken, newer or older.
    fn firmware(&mut self, now: Time, file: &Taken) {
        let image = match st::whole(file) {
            Ok(image) if image.model == self.spec.model.image => image,
            _ => {
                self.message("Cannot use firmware.");
                return self.next_file(now);
            }
        };
        let same = match self.flash.image {
            Some(sum) => sum == image.sum,
            None => self.flash.load.as_deref() == Some(image.version.as_str()),
        };
        if same {
            return self.next_file(now);
        }
        if !self.allows(&image.version) {
            self.message("Error: Upgrade/Downgrade rejected for incompatible firmware version");
            return self.next_file(now);
        }
        self.say("New Firmware. Do not unplug phone!", "New Firmware: PLEASE DO NOT UNPLUG THE PHONE");
        self.install(now, image.version, image.sum);
    }

    /// Everything was asked for: calls whom it was told to call, then waits for calls.
    pub(super) fn end_boot(&mut self, now: Time) {
        if !matches!(self.stage, Stage::Fetching(Errand::Started)) && self.place_of(Errand::Started).is_some() {
            return self.think(now, Errand::Started);
        }
        self.stage = Stage::Idle;
        self.ask_time();
        self.log("started");
        self.show(&["No Service"]);
    }

    /// A client's question for the time (RFC 5905 §7.3: mode 3, version 3).
    fn ask_time(&mut self) {
        let stores = &self.flash.stores;
        let set = stores.said("time server1").and_then(|t| t.parse().ok());
        let off = stores.on("time server disabled", false);
        if let Some(server) = set.or(self.boot.ntp).filter(|_| !off) {
            let mut bytes = vec![0; 48];
            bytes.iter_mut().take(1).for_each(|first| *first = 0x1b);
            self.send(123, SocketAddrV4::new(server, 123), bytes);
        }
    }

    /// A line of syslog (RFC 3164), when a server for it is set.
    fn log(&mut self, text: &str) {
        let stores = &self.flash.stores;
        let Some(server) = stores.said("log server ip").and_then(|s| s.parse().ok()) else { return };
        let port = stores.said("log server port").and_then(|p| p.parse().ok()).unwrap_or(514);
        let load = self.flash.load.as_deref().unwrap_or_default();
        let line = format!("<134>{} {} {load}: {text}", self.spec.mac.bare_upper(), self.spec.model.name);
        self.send(514, SocketAddrV4::new(server, port), line.into_bytes());
    }

    /// The pages that show what is stored.
    pub(super) fn stores_text(&self, local: bool) -> String {
        let stores = &self.flash.stores;
        Stores::text(if local { &stores.local } else { &stores.server })
    }

    /// Whether commands that came with 2.3.0 are known.
    pub(super) fn knows_clear_local(&self) -> bool {
        self.version() >= model::version("2.3.0")
    }
}
