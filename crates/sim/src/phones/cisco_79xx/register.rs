//! What the phone does once it has its files: it registers, by SCCP or by SIP over UDP.
//!
//! Call servers are taken by address only, from the configuration or, without one there, from before.

use std::net::{Ipv4Addr, SocketAddrV4};

use proto::Time;

use super::Cisco79xx;
use super::network::protocol_of;
use crate::firmware::Protocol;
use crate::phones::cisco::calls::{Calls, sccp, sip};

/// Where SCCP and SIP servers listen.
const SCCP_PORT: u16 = 2000;
const SIP_PORT: u16 = 5060;

impl Cisco79xx {
    /// All files are there.
    pub(super) fn register(&mut self, now: Time) {
        self.show(&["Registering"]);
        let (Some(load), Some(address)) = (self.running().map(str::to_owned), self.base.net.address()) else {
            return;
        };
        let config = &self.boot.config;
        let server = match &config.call_server {
            Some(name) => name.parse::<Ipv4Addr>().ok(),
            None => self.spec.call_server,
        };
        let mac = self.spec.mac;
        let device_type = self.spec.device_type.unwrap_or(self.spec.model.device_type);
        let calls = match (protocol_of(&load), server) {
            (_, None) => None,
            (Protocol::Sccp, Some(server)) => {
                let to = SocketAddrV4::new(server, config.sccp_port.unwrap_or(SCCP_PORT));
                let who = sccp::Who { mac, device_type, load, address, form: sccp::Form::Java };
                let port = self.base.net.next_port();
                Some(Calls::Sccp(sccp::Client::new(who, to, self.base.last, port)))
            }
            (Protocol::Sip, Some(server)) => config.line.clone().filter(|line| line.by_udp).map(|line| {
                let proxy = line.proxy.and_then(|proxy| proxy.parse().ok()).unwrap_or(server);
                let agent = format!("Cisco-CP{}/8.0", self.spec.model.product);
                let who = sip::Who { mac, agent, device_type, address, user: line.name, odd_port: None };
                Calls::Sip(sip::Client::new(now, who, SocketAddrV4::new(proxy, line.port.unwrap_or(SIP_PORT))))
            }),
        };
        self.base.calls = calls;
    }

    /// A call server refuses it, or none answers.
    pub(super) fn registration_failed(&mut self) {
        let sip = matches!(self.base.calls, Some(Calls::Sip(_)));
        self.show(&[if sip { "Unprovisioned" } else { "Registering" }]);
    }
}
