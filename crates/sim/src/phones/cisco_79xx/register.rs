//! What the phone does once it has its files: it registers, by SCCP or by SIP over UDP.
//!
//! Call servers are taken by address only, from the configuration or, without one there, from before.

use std::net::{Ipv4Addr, SocketAddrV4};

use proto::Time;

use super::network::protocol_of;
use super::{Cisco79xx, Stage};
use crate::firmware::Protocol;
use crate::phones::parts::calls::{Calls, Event, sccp, sip};
use crate::wire::{Colour, Lamp, LampMode};
use crate::{Output, StreamEvent};

/// Where SCCP and SIP servers listen.
const SCCP_PORT: u16 = 2000;
const SIP_PORT: u16 = 5060;

impl Cisco79xx {
    /// All files are there.
    pub(super) fn register(&mut self, now: Time) {
        self.show(&["Registering"]);
        let (Some(load), Some(address)) = (self.running().map(str::to_owned), self.boot.interface.address) else {
            return;
        };
        let config = &self.boot.config;
        let server = match &config.call_server {
            Some(name) => name.parse::<Ipv4Addr>().ok(),
            None => self.spec.call_server,
        };
        let (mac, address) = (self.spec.mac, address.ip);
        let device_type = self.spec.device_type.unwrap_or(self.spec.model.device_type);
        let calls = match (protocol_of(&load), server) {
            (_, None) => None,
            (Protocol::Sccp, Some(server)) => {
                let to = SocketAddrV4::new(server, config.sccp_port.unwrap_or(SCCP_PORT));
                let who = sccp::Who { mac, device_type, load, address, form: sccp::Form::Java };
                let port = self.next_port();
                Some(Calls::Sccp(sccp::Client::new(who, to, self.last, port)))
            }
            (Protocol::Sip, Some(server)) => config.line.clone().filter(|line| line.by_udp).map(|line| {
                let proxy = line.proxy.and_then(|proxy| proxy.parse().ok()).unwrap_or(server);
                let agent = format!("Cisco-CP{}/8.0", self.spec.model.product);
                let who = sip::Who { mac, agent, device_type, address, user: line.name, odd_port: None };
                Calls::Sip(sip::Client::new(now, who, SocketAddrV4::new(proxy, line.port.unwrap_or(SIP_PORT))))
            }),
        };
        self.calls = calls;
        self.settle_calls(now);
    }

    pub(super) fn stream(&mut self, now: Time, port: u16, event: &StreamEvent) {
        if let Some(calls) = &mut self.calls {
            calls.handle_stream(now, port, event);
        }
        self.settle_calls(now);
    }

    pub(super) fn call_datagram(&mut self, now: Time, src: SocketAddrV4, port: u16, bytes: &[u8]) {
        if let Some(calls) = &mut self.calls {
            calls.handle_datagram(now, src, port, bytes);
        }
        self.settle_calls(now);
    }

    pub(super) fn settle_calls(&mut self, now: Time) {
        while let Some(event) = self.calls.as_mut().and_then(Calls::poll_event) {
            match event {
                Event::Stream { port, act } => self.out.push_back(Output::Stream { port, act }),
                Event::Send { from_port, dst, bytes } => self.send(from_port, dst, bytes),
                Event::Show(lines) => {
                    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
                    self.show(&lines);
                }
                Event::Message(text) => self.message(text),
                Event::Note(text) => self.note(text),
                Event::Ring(on) => {
                    let lamp = Lamp { name: "message", colour: Colour::Red, mode: LampMode::Flash };
                    self.face.light(if on { vec![lamp] } else { Vec::new() }, &mut self.out);
                }
                Event::Registered => {
                    self.note("is registered");
                    self.show(&["Registered"]);
                    self.stage = Stage::Idle;
                }
                Event::Failed => {
                    let sip = matches!(self.calls, Some(Calls::Sip(_)));
                    self.show(&[if sip { "Unprovisioned" } else { "Registering" }]);
                }
                Event::Restart(why) => {
                    self.last = why;
                    self.restart(now, "is told to restart");
                }
                Event::Reread => {
                    self.last = "Reset-Restart";
                    self.restart(now, "is told to read its configuration again");
                }
            }
        }
    }
}
