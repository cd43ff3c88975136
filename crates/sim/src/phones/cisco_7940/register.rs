//! What the phone does once it has its files: it registers, by SCCP or SIP, or has nothing to register with.

use std::net::{Ipv4Addr, SocketAddrV4};

use proto::Time;

use super::{Cisco7940, Stage};
use crate::firmware::classic::Protocol;
use crate::phones::cisco::calls::{Calls, sccp, sip};

/// Where SCCP and SIP servers listen.
const SCCP_PORT: u16 = 2000;
const SIP_PORT: u16 = 5060;

impl Cisco7940 {
    /// All files are there.
    pub(super) fn ready(&mut self, now: Time) {
        self.stage = Stage::Idle { reread: None };
        let host = match self.protocol() {
            Some(Protocol::Sccp) => {
                let known = || self.flash.call_server.map(|address| address.to_string());
                self.boot.config.call_server.clone().or_else(known)
            }
            Some(Protocol::Sip) => {
                let settings = &self.boot.settings;
                let line = settings.get("line1_name").filter(|name| *name != "UNPROVISIONED");
                let registers = settings.get("proxy_register") == Some("1") && line.is_some();
                settings.get("proxy1_address").filter(|_| registers).map(str::to_owned)
            }
            Some(Protocol::Mgcp) => return self.show(&["MGCP"]),
            None => None,
        };
        match host.map(|host| (host.parse::<Ipv4Addr>(), host)) {
            None => self.unprovisioned(now),
            Some((Ok(address), _)) => self.register(now, address),
            Some((Err(_), name)) => {
                self.show(&["Registering"]);
                self.base.net.resolve(now, &name, &mut self.base.body);
            }
        }
    }

    /// What the name server said of the call server.
    pub(super) fn named(&mut self, now: Time, address: Option<Ipv4Addr>) {
        match (&self.stage, address) {
            (Stage::Idle { .. }, Some(address)) => self.register(now, address),
            (Stage::Idle { .. }, None) => self.unprovisioned(now),
            _ => {}
        }
    }

    fn register(&mut self, now: Time, server: Ipv4Addr) {
        let (Some(app), Some(address)) = (self.flash.app.clone(), self.base.net.address()) else { return };
        let (mac, device_type) = (self.spec.mac, self.spec.device_type.unwrap_or(self.spec.model.device_type()));
        self.show(&["Registering"]);
        let port = self.base.net.next_port();
        self.base.calls = Some(match app.protocol {
            Protocol::Sip => {
                let to = self.boot.settings.get("proxy1_port").and_then(|p| p.parse().ok()).unwrap_or(SIP_PORT);
                let who = sip::Who {
                    mac,
                    agent: format!("Cisco-CP{}G/{}.0", self.spec.model.name(), app.version.0),
                    device_type,
                    address,
                    user: self.boot.settings.get("line1_name").unwrap_or_default().to_owned(),
                    odd_port: Some(port),
                };
                Calls::Sip(sip::Client::new(now, who, SocketAddrV4::new(server, to)))
            }
            Protocol::Sccp | Protocol::Mgcp => {
                let to = self.boot.config.sccp_port.unwrap_or(SCCP_PORT);
                let who = sccp::Who { mac, device_type, load: app.text, address, form: sccp::Form::Classic };
                Calls::Sccp(sccp::Client::new(who, SocketAddrV4::new(server, to), self.base.last, port))
            }
        });
    }

    /// A server tells it to read its configuration again: an SCCP phone restarts for it.
    pub(super) fn reread(&mut self, now: Time) {
        if self.protocol() == Some(Protocol::Sccp) {
            self.base.last = "Reset-Restart";
            return self.restart(now, "is told to read its configuration again");
        }
        self.note("is told to read its configuration again");
        self.boot.rereads = true;
        self.boot.settings = Default::default();
        self.own_defaults(now);
    }

    /// Nothing to register with, or nobody takes it: a SIP phone looks at its configuration again some time.
    pub(super) fn unprovisioned(&mut self, now: Time) {
        self.show(&["Unprovisioned"]);
        let again = || now + self.spec.reread_time;
        self.stage = Stage::Idle { reread: (self.protocol() == Some(Protocol::Sip)).then(again) };
    }
}
