//! From the link to an address.

use std::net::Ipv4Addr;

use proto::Time;
use proto::dhcp::option::code;
use proto::dhcp::{DhcpOption, Message};

use super::{Aastra, Stage};
use crate::phones::parts::lease;
use crate::phones::parts::station::News;
use crate::wire::{Address, Jack};

impl Aastra {
    pub(super) fn start_network(&mut self, now: Time) {
        if !self.body.link {
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
            self.station.set_address(Some(address), &mut self.body.out);
            return self.addressed(now, None);
        }
        if self.boot.recovery && self.spec.no_dhcp_in_recovery {
            return self.take_link_local(now);
        }
        let xid = self.body.rng.word();
        let says = [DhcpOption::text(code::VENDOR_CLASS, &self.class())];
        let mac = self.spec.mac;
        self.station.ask(lease::client(now, mac, xid, lease::plain(mac, &says, self.asks())));
        let give_up = if self.boot.recovery { now + self.spec.dhcp_patience } else { Time::NEVER };
        self.stage = Stage::Addressing { give_up };
        self.look_at_lease(now);
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

    /// Hears what comes of asking for an address.
    pub(super) fn look_at_lease(&mut self, now: Time) {
        while let Some(news) = self.station.poll(&mut self.body.out) {
            match (news, &self.stage) {
                (News::Bound(ack), Stage::Addressing { .. }) => self.addressed(now, Some(&ack)),
                (News::Bound(_), _) => {}
                (News::Lost, _) => {
                    self.boot.downloads.stop();
                    self.message("DHCP failed");
                    self.stage = Stage::Addressing { give_up: Time::NEVER };
                }
            }
        }
    }

    /// Nobody gives it an address: it takes one by itself (RFC 3927), always the same one.
    pub(super) fn take_link_local(&mut self, now: Time) {
        self.station.give_up();
        let [.., high, low] = self.spec.mac.0;
        let ip = Ipv4Addr::new(169, 254, high.clamp(1, 254), low.clamp(1, 254));
        self.note(format!("no DHCP: takes {ip}"));
        let address = Address { ip, mask: Ipv4Addr::new(255, 255, 0, 0), router: None };
        self.station.set_address(Some(address), &mut self.body.out);
        self.addressed(now, None);
    }

    fn addressed(&mut self, now: Time, ack: Option<&Message>) {
        if self.boot.recovery { self.wait_for_page() } else { self.find_server(now, ack) }
    }
}
