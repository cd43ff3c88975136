//! From the link to an address.

use std::time::Duration;

use proto::Time;
use proto::dhcp::DhcpOption;
use proto::dhcp::option::code;

use super::{Stage, Yealink};
use crate::phones::parts::lease;
use crate::phones::parts::lldp::{self, Said};
use crate::phones::parts::station::News;
use crate::{Output, Wire};

/// Between two announcements on the link, and how long it waits for a switch at the start.
const ANNOUNCE: Duration = Duration::from_secs(60);
const LINK_WAIT: Duration = Duration::from_secs(3);
/// What it asks for in DHCP; options of the provider's own come behind.
const ASKS: &[u8] = &[1, 2, 3, 4, 6, 7, 12, 15, 28, 42, 66, 67, 43, 120];

impl Yealink {
    pub(super) fn start_network(&mut self, now: Time) {
        if !self.body.link {
            self.stage = Stage::Unplugged;
            return;
        }
        self.station.set_vlan(self.flash.vlan, &mut self.body.out);
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
        self.body.out.push_back(Output::Wire(Wire::Frame(frame)));
    }

    /// What a switch says of the VLAN goes before what was set by hand.
    pub(super) fn receive_frame(&mut self, now: Time, frame: &[u8]) {
        let Stage::LinkWait { .. } = self.stage else { return };
        let Some(vlan) = lldp::voice_vlan(frame) else { return };
        self.note(format!("the link tells voice VLAN {vlan}"));
        self.station.set_vlan((1..4095).contains(&vlan).then_some(vlan), &mut self.body.out);
        self.get_address(now);
    }

    pub(super) fn get_address(&mut self, now: Time) {
        self.show(&["Obtaining IP address..."]);
        if let Some(address) = self.flash.address {
            self.station.set_address(Some(address), &mut self.body.out);
            return self.find_server(now, None);
        }
        let xid = self.body.rng.word();
        let class = self.flash.settings.get("auto_provision.dhcp_option.option60_value");
        let class = class.map_or("yealink", String::as_str);
        let says = [
            DhcpOption::text(code::HOST_NAME, &format!("SIP-{}", self.spec.model.name)),
            DhcpOption::text(code::VENDOR_CLASS, class),
        ];
        let asks: Vec<u8> = ASKS.iter().copied().chain(self.custom_options()).collect();
        let mac = self.spec.mac;
        self.station.ask(lease::client(now, mac, xid, lease::plain(mac, &says, &asks)));
        self.stage = Stage::Addressing;
        self.look_at_lease(now);
    }

    /// Options that its provider told it to look at.
    pub(super) fn custom_options(&self) -> Vec<u8> {
        let list = self.flash.settings.get("auto_provision.dhcp_option.list_user_options");
        let numbers = list.into_iter().flat_map(|l| l.split(',')).filter_map(|n| n.trim().parse().ok());
        numbers.filter(|n| (128..255).contains(n)).take(5).collect()
    }

    /// Hears what comes of asking for an address.
    pub(super) fn look_at_lease(&mut self, now: Time) {
        while let Some(news) = self.station.poll(&mut self.body.out) {
            match (news, &self.stage) {
                (News::Bound(ack), Stage::Addressing) => self.find_server(now, Some(&ack)),
                (News::Bound(_), _) => {}
                (News::Lost, _) => {
                    self.boot.downloads.stop();
                    self.show(&["Obtaining IP address..."]);
                    self.stage = Stage::Addressing;
                }
            }
        }
    }
}
