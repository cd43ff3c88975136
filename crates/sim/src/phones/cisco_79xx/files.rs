//! Which file is asked for next, and what its answer means.

use std::time::Duration;

use proto::Time;

use super::network::protocol_of;
use super::trust::TrustList;
use super::version::Version;
use super::{Cisco79xx, Stage};
use crate::firmware::Protocol;
use crate::firmware::read::Intake;
use crate::phones::cisco::base;
use crate::phones::cisco::config::{self, Config};
use crate::phones::cisco::net::End;

/// How long it says that it registers before it says that it is not provisioned.
const REGISTERING: Duration = Duration::from_secs(30);

/// Why a file is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// The CTL file.
    Ctl,
    /// This phone's ITL file.
    OwnItl,
    /// Everybody's ITL file.
    SharedItl,
    /// This phone's configuration.
    OwnConfig,
    /// Everybody's configuration.
    DefaultConfig,
    /// The list of a load.
    List,
    /// An image of that list, by its place.
    Image(usize),
    /// Tones, words, rings: whatever can be done without.
    Extra,
}

impl Cisco79xx {
    /// A server is known: begins with the first file of this start.
    pub(super) fn start_files(&mut self, now: Time) {
        if self.running().is_none() {
            return self.fetch_default_list(now);
        }
        self.show(&["Configuring CM List"]);
        self.think(now, Errand::Ctl);
    }

    /// Goes on with a file after the usual pause.
    pub(super) fn think(&mut self, now: Time, errand: Errand) {
        self.boot.failures = 0;
        let until = now + self.base.body.rng.around(self.spec.think_time);
        self.stage = Stage::Thinking { until, errand };
    }

    /// Goes on with a file after a pause that grows with each failure.
    pub(super) fn retry(&mut self, now: Time, errand: Errand) {
        let pause = base::pause(self.boot.failures);
        self.boot.failures += 1;
        self.stage = Stage::Thinking { until: now + self.base.body.rng.around(pause), errand };
    }

    pub(super) fn ask(&mut self, now: Time, errand: Errand) {
        let Some(name) = self.name_of(errand) else { return };
        self.stage = Stage::Fetching(errand);
        self.boot.read = self.base.read(now, &name);
    }

    /// A read has ended.
    pub(super) fn read(&mut self, now: Time, id: u16, end: End) {
        if self.boot.read.take_if(|read| *read == id).is_some()
            && let Stage::Fetching(errand) = self.stage
        {
            self.file(now, errand, end);
        }
    }

    fn name_of(&self, errand: Errand) -> Option<String> {
        let mine = self.host_name();
        Some(match errand {
            Errand::Ctl => format!("CTL{mine}.tlv"),
            Errand::OwnItl => format!("ITL{mine}.tlv"),
            Errand::SharedItl => "ITLFile.tlv".to_string(),
            Errand::OwnConfig if self.trusts() => format!("{mine}.cnf.xml.sgn"),
            Errand::OwnConfig => format!("{mine}.cnf.xml"),
            Errand::DefaultConfig => "XMLDefault.cnf.xml".to_string(),
            Errand::List => self.boot.upgrade.as_ref()?.list.clone(),
            Errand::Image(at) => self.boot.upgrade.as_ref()?.images.get(at)?.clone(),
            Errand::Extra => self.boot.extras.front()?.clone(),
        })
    }

    fn file(&mut self, now: Time, errand: Errand, end: End) {
        match (errand, end) {
            (Errand::Ctl, end) => {
                self.trust_list(TrustList::Ctl, end);
                let itl = self.running_version().is_some_and(|v| v.asks_itl());
                self.think(now, if itl { Errand::OwnItl } else { Errand::OwnConfig });
            }
            (Errand::OwnItl, end) if !matches!(end, End::Got(_)) => self.think(now, Errand::SharedItl),
            (Errand::OwnItl | Errand::SharedItl, end) => {
                self.trust_list(TrustList::Itl, end);
                self.think(now, Errand::OwnConfig);
            }
            (Errand::OwnConfig, End::Got(_)) if self.trusts() => {
                // Nobody but its old system can sign for it.
                self.message("File auth fail");
                self.retry(now, Errand::OwnConfig);
            }
            (Errand::OwnConfig | Errand::DefaultConfig, End::Got(file)) => self.configuration(now, errand, &file),
            (Errand::OwnConfig, End::Missing) if !self.trusts() => {
                // Failures keep counting: no configuration at all is a loop over both names.
                let until = now + self.base.body.rng.around(self.spec.think_time);
                self.stage = Stage::Thinking { until, errand: Errand::DefaultConfig };
            }
            (Errand::OwnConfig | Errand::DefaultConfig, end) => {
                match end {
                    End::Missing => self.message("CFG file not found"),
                    End::Denied => self.message("TFTP access error"),
                    _ => {}
                }
                self.retry(now, Errand::OwnConfig);
            }
            (Errand::List, End::Got(file)) => self.list(now, &file),
            (Errand::Image(at), End::Got(file)) => self.image(now, at, &file),
            (Errand::List | Errand::Image(_), end) => {
                match end {
                    End::Missing => self.message("File not found"),
                    End::Denied => self.message("TFTP access error"),
                    _ => {}
                }
                self.retry(now, Errand::List);
            }
            (Errand::Extra, _) => {
                self.boot.extras.pop_front();
                self.next_extra(now);
            }
        }
    }

    fn configuration(&mut self, now: Time, errand: Errand, file: &Intake) {
        if file.len > self.spec.config_limit.min(file.head.len() as u64) {
            self.message("CFG TFTP Size Error");
            return self.retry(now, Errand::OwnConfig);
        }
        let text = String::from_utf8_lossy(&file.head);
        let config = match errand {
            Errand::OwnConfig => config::own(&text),
            _ => config::default(&text, self.spec.model.device_type),
        };
        let Some(config) = config else {
            self.message("Error Verifying Config Info");
            return self.retry(now, Errand::OwnConfig);
        };
        if let Some(access) = config.settings_access {
            self.flash.settings_disabled = !access;
        }
        self.boot.extras = self.extras(&config).into();
        self.boot.config = config.clone();
        let wanted = config.load.or_else(|| self.flash.wanted_load.clone());
        // A default load that is no load's name: it looks for one of that name.
        let corrupt = self.running().filter(|load| Version::of(load).is_none()).map(str::to_owned);
        match wanted.filter(|load| Some(load.as_str()) != self.running()).or(corrupt) {
            Some(load) => self.upgrade_to(now, load),
            None => self.next_extra(now),
        }
    }

    fn extras(&self, config: &Config) -> Vec<String> {
        let protocol = self.running().map_or(Protocol::Sccp, protocol_of);
        let mut names = Vec::new();
        names.extend(config.network_locale.as_ref().map(|folder| format!("{folder}/g3-tones.xml")));
        names.extend(config.user_locale.as_ref().map(|folder| format!("{folder}/mk-{}.jar", protocol.lower())));
        if self.spec.asks_extras {
            if protocol == Protocol::Sip {
                names.push("dialplan.xml".to_string());
            }
            names.push("RingList.xml".to_string());
        }
        names
    }

    /// Asks for the next file it can do without; after the last one it registers.
    pub(super) fn next_extra(&mut self, now: Time) {
        if !self.boot.extras.is_empty() {
            return self.think(now, Errand::Extra);
        }
        self.register(now);
        self.stage = Stage::Registering { until: now + REGISTERING };
    }

    pub(super) fn give_up_registering(&mut self) {
        if self.base.calls.is_none() {
            self.show(&["Unprovisioned"]);
        }
        self.stage = Stage::Idle;
    }
}
