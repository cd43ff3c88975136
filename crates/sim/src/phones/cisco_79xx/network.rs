//! What it says on the link and in DHCP, and where it looks for a file server.

use proto::Time;

use super::{Cisco79xx, Stage};
use crate::firmware::Protocol;
use crate::phones::cisco::{discovery, net, source};

impl Cisco79xx {
    pub(super) fn start_network(&mut self, now: Time) {
        self.base.body.light(Vec::new());
        if !self.base.body.link {
            self.stage = Stage::Unplugged;
            return;
        }
        self.announce(now);
        self.stage = Stage::Network;
        let plan = self.plan();
        self.base.net.start(now, plan, &mut self.base.body);
    }

    /// The boot loader neither announces itself nor waits for a switch.
    fn plan(&self) -> net::Plan {
        let waits = self.running().is_some() && self.flash.vlan.is_none();
        net::Plan {
            who: net::Who {
                mac: self.spec.mac,
                host_name: self.host_name(),
                vendor_class: self.spec.model.vendor_class(),
            },
            vlan_wait: waits.then_some(self.spec.vlan_wait),
            vlan: self.flash.vlan,
            address: self.flash.address,
            sources: source::sources(&self.spec.server_order, self.flash.alternate_tftp),
            tries: self.spec.tftp_tries,
            blksize: self.spec.blksize,
            hears_files: self.spec.hears_files,
        }
    }

    /// Says on the link who it is.
    pub(super) fn announce(&mut self, now: Time) {
        let Some(load) = self.running() else { return };
        let prefix = if protocol_of(load) == Protocol::Sip { "SIP" } else { "SEP" };
        let said = discovery::Said {
            mac: self.spec.mac,
            cdp_name: format!("{prefix}{}", self.spec.mac.bare_upper()),
            host_name: self.host_name(),
            platform: self.spec.model.platform(),
            product: self.spec.model.product,
            load,
            boot_load: format!("tnp{}.8-3-1-21a.bin", self.spec.model.term),
            serial: &self.spec.serial,
            address: self.base.net.address(),
            capabilities: discovery::HOST_PHONE_RELAY,
        };
        let mut frames = vec![discovery::cdp(&said)];
        if self.running_version().is_some_and(|v| v.speaks_lldp()) {
            frames.push(discovery::lldp(&said));
        }
        self.base.announce(now, frames);
    }
}

/// The protocol in a load's name.
pub(super) fn protocol_of(load: &str) -> Protocol {
    if load.starts_with("SIP") { Protocol::Sip } else { Protocol::Sccp }
}
