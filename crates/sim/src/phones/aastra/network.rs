//! From the link to an address.

use std::net::{Ipv4Addr, SocketAddrV4};

use proto::Time;
use proto::dhcp::client::{Action, Binding, Destination};
use proto::dhcp::option::code;
use proto::dhcp::{self, DhcpOption, Message};

use super::{Aastra, Stage};
use crate::Output;
use crate::phones::kit::lease;
use crate::wire::{Address, Jack};

impl Aastra {
    pub(super) fn start_network(&mut self, now: Time) {
        if !self.link {
            self.stage = Stage::Unplugged;
            return;
        }
        self.say("DHCP: Waiting for IP", "Initializing network");
        if self.boot.recovery && self.jack == Jack::Lan && self.spec.lan_is_silent {
            self.show(&["Web Recovery"]);
            self.stage = Stage::Waiting;
            return;
        }
        if self.spec.nonsense_address.is_some() && self.spec.nonsense_is_true && self.boot.recovery {
            return self.wait_for_page();
        }
        if let Some(address) = self.stored_address() {
            self.set_address(Some(address));
            return self.addressed(now, None);
        }
        if self.boot.recovery && self.spec.no_dhcp_in_recovery {
            return self.take_link_local(now);
        }
        let xid = u32::try_from(self.rng.next() >> 32).unwrap_or(1);
        let says = [DhcpOption::text(code::VENDOR_CLASS, &self.class())];
        let mut client = dhcp::Client::new(lease::settings(self.spec.mac, xid, &says, self.asks()));
        client.start(now);
        self.boot.dhcp = Some(client);
        let give_up = if self.boot.recovery { now + self.spec.dhcp_patience } else { Time::NEVER };
        self.stage = Stage::Addressing { give_up };
        self.look_at_dhcp(now);
    }

    /// DHCP option 60.
    fn class(&self) -> String {
        let model = self.spec.model;
        let name = if self.spec.long_class { model.name.split(' ').next().unwrap_or_default() } else { model.class };
        format!("AastraIPPhone{name}")
    }

    /// DHCP option 55.
    fn asks(&self) -> &'static [u8] {
        if self.version() < [3, 0, 0, 0] { &[1, 3, 6, 42, 43, 2, 66] } else { &[1, 3, 6, 42, 43, 2, 66, 159, 160] }
    }

    /// An address set by hand, in the spec or by a configuration.
    fn stored_address(&self) -> Option<Address> {
        let stores = &self.flash.stores;
        let address = |name: &str| stores.said(name).and_then(|v| v.parse::<Ipv4Addr>().ok());
        if self.spec.static_address.is_some() || stores.on("dhcp", true) {
            return self.spec.static_address;
        }
        let mask = address("subnet mask").unwrap_or(Ipv4Addr::new(255, 255, 255, 0));
        Some(Address { ip: address("ip")?, mask, router: address("default gateway") })
    }

    pub(super) fn receive_dhcp(&mut self, now: Time, bytes: &[u8]) {
        let Ok(message) = Message::parse(bytes) else { return };
        if let Some(dhcp) = &mut self.boot.dhcp {
            dhcp.handle(now, &message);
        }
        self.look_at_dhcp(now);
    }

    pub(super) fn look_at_dhcp(&mut self, now: Time) {
        while let Some(action) = self.boot.dhcp.as_mut().and_then(dhcp::Client::poll_action) {
            match action {
                Action::Transmit { message, to } => {
                    let to = match to {
                        Destination::Broadcast => Ipv4Addr::BROADCAST,
                        Destination::Server(address) => address,
                    };
                    self.send(dhcp::CLIENT_PORT, SocketAddrV4::new(to, dhcp::SERVER_PORT), message.emit());
                }
                Action::Bound(binding) => self.bound(now, &binding),
                Action::Lost { .. } => {
                    self.set_address(None);
                    self.boot.download = None;
                    self.boot.ended = None;
                    self.message("DHCP failed");
                    self.stage = Stage::Addressing { give_up: Time::NEVER };
                }
                Action::ProbeAddress(_) | Action::Offered(_) | Action::Finished => {}
            }
        }
    }

    fn bound(&mut self, now: Time, binding: &Binding) {
        let options = &binding.ack.options;
        let mask = options.address(code::SUBNET_MASK).unwrap_or(Ipv4Addr::new(255, 255, 255, 0));
        let address = Address { ip: binding.address, mask, router: options.address(code::ROUTER) };
        if self.boot.interface.address != Some(address) {
            self.set_address(Some(address));
        }
        if let Stage::Addressing { .. } = self.stage {
            self.addressed(now, Some(&binding.ack));
        }
    }

    /// Nobody gives it an address: it takes one by itself (RFC 3927), always the same one.
    pub(super) fn take_link_local(&mut self, now: Time) {
        self.boot.dhcp = None;
        let [.., high, low] = self.spec.mac.0;
        let ip = Ipv4Addr::new(169, 254, high.clamp(1, 254), low.clamp(1, 254));
        self.note(format!("no DHCP: takes {ip}"));
        self.set_address(Some(Address { ip, mask: Ipv4Addr::new(255, 255, 0, 0), router: None }));
        self.addressed(now, None);
    }

    fn addressed(&mut self, now: Time, ack: Option<&Message>) {
        if self.boot.recovery { self.wait_for_page() } else { self.find_server(now, ack) }
    }

    fn set_address(&mut self, address: Option<Address>) {
        self.boot.interface.address = address;
        self.out.push_back(Output::Interface(self.boot.interface));
    }
}
