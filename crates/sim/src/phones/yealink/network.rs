//! From the link to an address.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use proto::Time;
use proto::dhcp::client::{Action, Binding, Destination};
use proto::dhcp::option::code;
use proto::dhcp::{self, DhcpOption, Message};

use super::{Stage, Yealink};
use crate::phones::kit::lease;
use crate::phones::kit::lldp::{self, Said};
use crate::wire::Address;
use crate::{Output, Wire};

/// Between two announcements on the link, and how long it waits for a switch at the start.
const ANNOUNCE: Duration = Duration::from_secs(60);
const LINK_WAIT: Duration = Duration::from_secs(3);
/// What it asks for in DHCP; options of the provider's own come behind.
const ASKS: &[u8] = &[1, 2, 3, 4, 6, 7, 12, 15, 28, 42, 66, 67, 43, 120];

impl Yealink {
    pub(super) fn start_network(&mut self, now: Time) {
        if !self.link {
            self.stage = Stage::Unplugged;
            return;
        }
        self.boot.interface.vlan = self.flash.vlan;
        self.out.push_back(Output::Interface(self.boot.interface));
        if self.on("network.lldp.enable", true) {
            self.announce(now);
            self.stage = Stage::LinkWait { until: now + LINK_WAIT };
            return;
        }
        self.get_address(now);
    }

    /// Says on the link who it is.
    pub(super) fn announce(&mut self, now: Time) {
        self.boot.announce = Some(now + ANNOUNCE);
        let model = self.spec.model.name;
        let name = format!("SIP-{model}");
        let said = Said { mac: self.spec.mac, name: &name, maker: "Yealink", model, load: self.version(), ttl: 180 };
        let frame = lldp::frame(&said);
        self.out.push_back(Output::Wire(Wire::Frame(frame)));
    }

    /// What a switch says of the VLAN goes before what was set by hand.
    pub(super) fn receive_frame(&mut self, now: Time, frame: &[u8]) {
        let Stage::LinkWait { .. } = self.stage else { return };
        let Some(vlan) = lldp::voice_vlan(frame) else { return };
        self.note(format!("the link tells voice VLAN {vlan}"));
        self.boot.interface.vlan = (1..4095).contains(&vlan).then_some(vlan);
        self.out.push_back(Output::Interface(self.boot.interface));
        self.get_address(now);
    }

    pub(super) fn get_address(&mut self, now: Time) {
        self.show(&["Obtaining IP address..."]);
        if let Some(address) = self.flash.address {
            self.set_address(Some(address));
            return self.find_server(now, None);
        }
        let xid = u32::try_from(self.rng.next() >> 32).unwrap_or(1);
        let class = self.flash.settings.get("auto_provision.dhcp_option.option60_value");
        let class = class.map_or("yealink", String::as_str);
        let says = [
            DhcpOption::text(code::HOST_NAME, &format!("SIP-{}", self.spec.model.name)),
            DhcpOption::text(code::VENDOR_CLASS, class),
        ];
        let asks: Vec<u8> = ASKS.iter().copied().chain(self.custom_options()).collect();
        let mut client = dhcp::Client::new(lease::settings(self.spec.mac, xid, &says, &asks));
        client.start(now);
        self.boot.dhcp = Some(client);
        self.stage = Stage::Addressing;
        self.look_at_dhcp(now);
    }

    /// Options that its provider told it to look at.
    pub(super) fn custom_options(&self) -> Vec<u8> {
        let list = self.flash.settings.get("auto_provision.dhcp_option.list_user_options");
        let numbers = list.into_iter().flat_map(|l| l.split(',')).filter_map(|n| n.trim().parse().ok());
        numbers.filter(|n| (128..255).contains(n)).take(5).collect()
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
                    self.show(&["Obtaining IP address..."]);
                    self.stage = Stage::Addressing;
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
        if let Stage::Addressing = self.stage {
            self.find_server(now, Some(&binding.ack));
        }
    }

    pub(super) fn set_address(&mut self, address: Option<Address>) {
        self.boot.interface.address = address;
        self.out.push_back(Output::Interface(self.boot.interface));
    }
}
