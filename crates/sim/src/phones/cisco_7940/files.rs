//! Which file is asked for next, and what its answer means.
//!
//! Three ways to begin. An image of before 7.0, and every MGCP image, asks for `OS79XX.TXT` first. An
//! application above a universal loader begins with its trust list (SCCP, SIP 8) or with its defaults
//! (SIP 7). A loader without an application hunts through the files of every protocol.

use proto::Time;

use super::upgrade::Next;
use super::{Cisco7940, Stage};
use crate::firmware::classic::{Name, Protocol};
use crate::firmware::read::{Intake, header};
use crate::phones::cisco::net::End;
use crate::phones::cisco::{base, config};

/// Longest settings password.
const PASSWORD: usize = 31;

/// Why a file is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// The name of an image, for images of before the universal loader.
    Os79xx,
    /// The trust list.
    Ctl,
    /// This phone's XML.
    OwnXml,
    /// Everybody's XML.
    DefaultXml,
    /// What very old SCCP images have in its place.
    SepDefault,
    /// Everybody's SIP configuration.
    SipDefault,
    /// This phone's.
    OwnSip,
    /// Everybody's MGCP configuration.
    MgcDefault,
    /// This phone's.
    OwnMgc,
    /// A list or an image, as the wanted load says.
    Image,
    /// Rings, dial plan, words: whatever can be done without.
    Extras,
}

impl Cisco7940 {
    /// A server is known: begins with the first file of this start.
    pub(super) fn start_files(&mut self, now: Time) {
        self.boot.failures = 0;
        self.begin(now);
    }

    fn begin(&mut self, now: Time) {
        self.boot.wanted = None;
        self.boot.has_config = false;
        self.boot.settings = Default::default();
        match self.first() {
            errand @ (Errand::SipDefault | Errand::Os79xx) => self.think(now, errand),
            errand => {
                if self.flash.app.is_none() {
                    self.show(&["Protocol Application Invalid"]);
                } else {
                    self.show(&["Configuring CM List"]);
                }
                self.think(now, errand);
            }
        }
    }

    /// The first file of a start.
    fn first(&self) -> Errand {
        match &self.flash.app {
            None => Errand::Ctl,
            Some(app) if app.protocol == Protocol::Mgcp || self.flash.loader.is_none() => Errand::Os79xx,
            Some(app) if app.protocol == Protocol::Sip && app.version < (8, 0) => Errand::SipDefault,
            Some(_) => Errand::Ctl,
        }
    }

    /// Goes on with a file after the usual pause.
    pub(super) fn think(&mut self, now: Time, errand: Errand) {
        let until = now + self.base.body.rng.around(self.spec.think_time);
        self.stage = Stage::Thinking { until, errand };
    }

    /// Begins again after a pause that grows with each failure.
    pub(super) fn retry(&mut self, now: Time) {
        let errand = self.first();
        self.retry_from(now, errand);
    }

    fn retry_from(&mut self, now: Time, errand: Errand) {
        let pause = base::pause(self.boot.failures);
        self.boot.failures += 1;
        self.boot.wanted = None;
        self.boot.has_config = false;
        self.boot.settings = Default::default();
        self.stage = Stage::Thinking { until: now + self.base.body.rng.around(pause), errand };
    }

    pub(super) fn ask(&mut self, now: Time, errand: Errand) {
        self.stage = Stage::Fetching(errand);
        if errand == Errand::Extras {
            return self.ask_extras(now);
        }
        let mine = self.spec.mac.bare_upper();
        let name = match errand {
            Errand::Os79xx => "OS79XX.TXT".to_owned(),
            Errand::Ctl => format!("CTLSEP{mine}.tlv"),
            Errand::OwnXml if self.flash.trust_list => format!("SEP{mine}.cnf.xml.sgn"),
            Errand::OwnXml => format!("SEP{mine}.cnf.xml"),
            Errand::DefaultXml => "XMLDefault.cnf.xml".to_owned(),
            Errand::SepDefault => "SEPDefault.cnf".to_owned(),
            Errand::SipDefault => "SIPDefault.cnf".to_owned(),
            Errand::OwnSip => {
                let folder = self.boot.settings.said("tftp_cfg_dir").unwrap_or(&self.flash.cfg_dir);
                format!("{folder}SIP{mine}.cnf")
            }
            Errand::MgcDefault => "MGCDefault.cnf".to_owned(),
            Errand::OwnMgc => format!("MGC{mine}.cnf"),
            Errand::Image => self.boot.wanted.as_ref().map(|wanted| wanted.file.clone()).unwrap_or_default(),
            Errand::Extras => return,
        };
        self.boot.read = self.base.read(now, &name);
    }

    /// A read has ended.
    pub(super) fn read(&mut self, now: Time, id: u16, end: End) {
        if self.boot.extra_reads.remove(&id) {
            if self.boot.extra_reads.is_empty() {
                self.next_extra(now);
            }
            return;
        }
        if self.boot.read != Some(id) {
            return;
        }
        self.boot.read = None;
        let Stage::Fetching(errand) = self.stage else { return };
        if let End::Denied = end {
            self.message("TFTP access error");
        }
        let file = match end {
            End::Got(file) => Some(file),
            _ => None,
        };
        match (errand, file) {
            (Errand::Os79xx, Some(file)) => self.os79xx(now, &file),
            (Errand::Os79xx, None) => self.own_defaults(now),
            (Errand::Ctl, file) => self.trust(now, file.as_ref()),
            (Errand::OwnXml | Errand::DefaultXml | Errand::SepDefault, Some(file)) => self.xml(now, errand, &file),
            (Errand::OwnXml | Errand::DefaultXml | Errand::SepDefault, None) => self.no_xml(now, errand),
            (Errand::SipDefault | Errand::OwnSip | Errand::MgcDefault | Errand::OwnMgc, file) => {
                self.settings(now, errand, file.as_ref());
            }
            (Errand::Image, file) => self.image(now, file.as_ref()),
            (Errand::Extras, _) => {}
        }
    }

    /// Only the first four characters count: another protocol means another image.
    fn os79xx(&mut self, now: Time, file: &Intake) {
        let Some(app) = self.flash.app.clone() else { return self.own_defaults(now) };
        let text = String::from_utf8_lossy(&file.head).into_owned();
        let name = text.trim();
        // What stands behind the name spoils it for old images.
        let spoiled = app.takes_unsigned() && name.len() < text.len();
        match Name::parse(name).filter(|_| !spoiled) {
            None => {
                self.message("Version error");
                self.retry(now);
            }
            Some(name) if name.protocol == app.protocol => self.own_defaults(now),
            Some(name) => self.want_bare(now, name),
        }
    }

    /// Goes on with the protocol's own files, those for everybody first.
    pub(super) fn own_defaults(&mut self, now: Time) {
        let errand = match self.protocol() {
            Some(Protocol::Sccp) => Errand::OwnXml,
            Some(Protocol::Sip) => Errand::SipDefault,
            Some(Protocol::Mgcp) => Errand::MgcDefault,
            None => Errand::Ctl,
        };
        self.think(now, errand);
    }

    /// The early loader, 7.2, cannot do without files that others can do without.
    fn is_stubborn(&self) -> bool {
        let loader = self.flash.loader.as_deref().and_then(Name::parse);
        self.flash.app.is_none() && loader.is_some_and(|l| l.version == (7, 2))
    }

    fn trust(&mut self, now: Time, file: Option<&Intake>) {
        let is_list = file.is_some_and(|f| header(&f.head).is_some_and(|h| h.version == (1, 2)));
        match (file, self.flash.trust_list) {
            (None, _) if self.is_stubborn() => return self.retry_from(now, Errand::Ctl),
            (Some(_), true) => self.message("File auth fail"),
            (Some(_), false) if is_list => {
                self.note("takes a trust list and from now on believes nobody else");
                self.flash.trust_list = true;
            }
            _ => {}
        }
        self.think(now, Errand::OwnXml);
    }

    fn xml(&mut self, now: Time, errand: Errand, file: &Intake) {
        if errand == Errand::OwnXml && self.flash.trust_list {
            // Nobody but its old system can sign for it.
            self.message("File auth fail");
            return match self.protocol() {
                Some(Protocol::Sip) => self.start_application(now),
                _ => self.retry_from(now, Errand::OwnXml),
            };
        }
        if file.len > self.spec.config_limit {
            self.message("CFG TFTP Size Error");
            return self.retry(now);
        }
        let text = String::from_utf8_lossy(&file.head);
        let config = match errand {
            Errand::OwnXml => config::own(&text),
            _ => config::default(&text, self.spec.model.device_type()),
        };
        let Some(config) = config else {
            self.message("Error Verifying Config Info");
            return self.no_xml(now, errand);
        };
        self.boot.has_config = true;
        let load = config.load.clone().or_else(|| self.flash.wanted_load.clone());
        self.boot.config = config;
        match (load, self.protocol()) {
            (Some(load), Some(Protocol::Sip)) => self.want(now, &load, Next::Application),
            (Some(load), Some(_)) => self.want(now, &load, Next::Finish),
            (Some(load), None) => self.want(now, &load, Next::Hunt(errand)),
            (None, Some(Protocol::Sip)) => self.start_application(now),
            (None, Some(_)) => self.finish(now),
            (None, None) => self.hunt_on(now, errand),
        }
    }

    fn no_xml(&mut self, now: Time, errand: Errand) {
        let very_old = self.flash.app.as_ref().is_some_and(|app| app.version < (3, 0));
        match (errand, self.protocol()) {
            (Errand::OwnXml, None) if self.is_stubborn() => self.retry_from(now, Errand::OwnXml),
            (_, None) => self.hunt_on(now, errand),
            (_, Some(Protocol::Sip)) => self.start_application(now),
            (Errand::OwnXml, _) if self.flash.trust_list => self.no_config(now),
            (Errand::OwnXml, _) if very_old => self.think(now, Errand::SepDefault),
            (Errand::OwnXml, _) => self.think(now, Errand::DefaultXml),
            _ => self.no_config(now),
        }
    }

    /// The loader's next guess.
    pub(super) fn hunt_on(&mut self, now: Time, errand: Errand) {
        match errand {
            Errand::Ctl => self.think(now, Errand::OwnXml),
            Errand::OwnXml => self.think(now, Errand::OwnSip),
            Errand::OwnSip => self.think(now, Errand::DefaultXml),
            Errand::DefaultXml => self.think(now, Errand::SipDefault),
            _ => {
                self.show(&["Protocol Application Invalid"]);
                self.retry(now);
            }
        }
    }

    /// The loader hands over to the SIP application.
    pub(super) fn start_application(&mut self, now: Time) {
        let until = now + self.base.body.rng.around(self.spec.app_start);
        self.stage = Stage::Thinking { until, errand: Errand::SipDefault };
    }

    fn settings(&mut self, now: Time, errand: Errand, file: Option<&Intake>) {
        if let Some(file) = file {
            if file.len > self.spec.config_limit {
                self.message("CFG TFTP Size Error");
                return self.retry(now);
            }
            self.boot.has_config = true;
            self.boot.settings.read(&String::from_utf8_lossy(&file.head));
        }
        let load = self.boot.settings.get("image_version").map(str::to_owned);
        let hunts = self.flash.app.is_none();
        let two_parts = self.flash.app.as_ref().is_some_and(Name::is_two_parts);
        match (errand, load) {
            (_, Some(load)) if hunts => self.want(now, &load, Next::Hunt(errand)),
            (_, None) if hunts => self.hunt_on(now, errand),
            (Errand::SipDefault, Some(load)) if two_parts => self.want(now, &load, Next::OwnSip),
            (Errand::SipDefault, _) => self.think(now, Errand::OwnSip),
            (Errand::MgcDefault, _) => self.think(now, Errand::OwnMgc),
            _ if !self.boot.has_config => self.no_config(now),
            (_, load) => {
                self.keep_settings();
                if self.has_new_sync() {
                    return self.restart(now, "its configuration asks for a restart");
                }
                if std::mem::take(&mut self.boot.rereads) && self.base.calls.is_some() {
                    // Nothing new: it stays as it is.
                    self.stage = Stage::Idle { reread: None };
                    return;
                }
                match load.or_else(|| self.flash.wanted_load.clone()) {
                    Some(load) => self.want(now, &load, Next::Finish),
                    None => self.finish(now),
                }
            }
        }
    }

    /// Files go before what was set by hand.
    fn keep_settings(&mut self) {
        if self.protocol() != Some(Protocol::Sip) {
            return;
        }
        if let Some(password) = self.boot.settings.get("phone_password") {
            let password: String = password.chars().take(PASSWORD).collect();
            if password != self.flash.password {
                self.flash.password = password;
                self.note("a configuration sets the settings password");
            }
        }
        if let Some(folder) = self.boot.settings.said("tftp_cfg_dir") {
            self.flash.cfg_dir = folder.to_owned();
        }
    }

    /// `sync` is another than before, and this is a second look and no start.
    fn has_new_sync(&mut self) -> bool {
        let sync = self.boot.settings.get("sync").map(str::to_owned);
        let before = std::mem::replace(&mut self.flash.sync, sync);
        self.boot.rereads && before != self.flash.sync
    }

    fn no_config(&mut self, now: Time) {
        self.message("CFG file not found");
        self.retry(now);
    }

    /// Everything that matters is there: asks for what can be done without, then goes to work.
    pub(super) fn finish(&mut self, now: Time) {
        self.boot.failures = 0;
        let mut extras: Vec<String> = Vec::new();
        if self.spec.asks_extras && self.protocol() == Some(Protocol::Sip) {
            extras.extend(["RINGLIST.DAT", "dialplan.xml"].map(str::to_owned));
        } else if self.spec.asks_extras && self.protocol() == Some(Protocol::Sccp) {
            let config = &self.boot.config;
            extras.extend(config.user_locale.iter().map(|folder| format!("{folder}/7960-dictionary.xml")));
            extras.extend(config.network_locale.iter().map(|folder| format!("{folder}/7960-tones.xml")));
            extras.extend(["RINGLIST.XML", "DISTINCTIVERINGLIST.XML"].map(str::to_owned));
        }
        self.boot.extras = extras.into();
        self.next_extra(now);
    }

    fn next_extra(&mut self, now: Time) {
        if self.boot.extras.is_empty() { self.ready(now) } else { self.think(now, Errand::Extras) }
    }

    /// SIP asks for all of them at about the same time, SCCP for one after the other.
    fn ask_extras(&mut self, now: Time) {
        let at_once = if self.protocol() == Some(Protocol::Sip) { self.boot.extras.len() } else { 1 };
        let names: Vec<String> = self.boot.extras.drain(..at_once.min(self.boot.extras.len())).collect();
        let reads: Vec<u16> = names.iter().filter_map(|name| self.base.read(now, name)).collect();
        self.boot.extra_reads.extend(reads);
    }
}
