//! From the first frame to the address of a file server: voice VLAN, DHCP, names.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use proto::Time;
use proto::dhcp::client::{Action, Binding, Destination, Mode, Settings, Templates};
use proto::dhcp::option::code;
use proto::dhcp::{self, DhcpOption, Message, MessageType, Options};

use super::spec::ServerSource;
use super::{Cisco79xx, Stage};
use crate::firmware::Protocol;
use crate::phones::parts::{discovery, dns};
use crate::wire::Address;
use crate::{Output, Wire};

/// Between two announcements on the link.
const ANNOUNCE: Duration = Duration::from_secs(60);
/// Between two questions to a name server, and how many there are.
const NAME_REPEAT: Duration = Duration::from_secs(5);
const NAME_TRIES: u32 = 3;
/// Before it looks for a file server again.
const SERVERLESS: Duration = Duration::from_secs(30);
/// The name that is asked for when nobody tells of a file server.
const LAST_HOPE: &str = "CiscoCM1";

/// One way to a file server.
#[derive(Clone, Debug)]
enum Hint {
    Addresses(Vec<Ipv4Addr>),
    Name(String),
}

/// A question to the name server, and what to try after it.
#[derive(Clone, Debug)]
pub(super) struct Question {
    name: String,
    pub(super) port: u16,
    pub(super) until: Time,
    left: u32,
    hints: VecDeque<Hint>,
}

impl Cisco79xx {
    pub(super) fn start_network(&mut self, now: Time) {
        self.face.light(Vec::new(), &mut self.out);
        if !self.link {
            self.stage = Stage::Unplugged;
            return;
        }
        self.boot.interface.vlan = self.flash.vlan;
        self.out.push_back(Output::Interface(self.boot.interface));
        if self.running().is_none() {
            // The boot loader neither announces itself nor waits for a switch.
            return self.get_address(now);
        }
        self.announce(now);
        if self.flash.vlan.is_some() {
            return self.get_address(now);
        }
        self.show(&["Configuring VLAN"]);
        self.stage = Stage::VlanWait { until: now + self.spec.vlan_wait };
    }

    /// Says on the link who it is.
    pub(super) fn announce(&mut self, now: Time) {
        self.boot.announce = Some(now + ANNOUNCE);
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
            address: self.boot.interface.address.map(|a| a.ip),
            capabilities: discovery::HOST_PHONE_RELAY,
        };
        let mut frames = vec![discovery::cdp(&said)];
        if self.running_version().is_some_and(|v| v.speaks_lldp()) {
            frames.push(discovery::lldp(&said));
        }
        self.out.extend(frames.into_iter().map(|frame| Output::Wire(Wire::Frame(frame))));
    }

    pub(super) fn receive_frame(&mut self, now: Time, frame: &[u8]) {
        let Stage::VlanWait { .. } = self.stage else { return };
        let Some(vlan) = discovery::voice_vlan(frame) else { return };
        // 0 and 4095 say that voice travels without a tag of its own.
        if (1..4095).contains(&vlan) {
            self.boot.interface.vlan = Some(vlan);
            self.out.push_back(Output::Interface(self.boot.interface));
        }
        self.note(format!("the switch tells voice VLAN {vlan}"));
        self.get_address(now);
    }

    pub(super) fn get_address(&mut self, now: Time) {
        self.show(&["Configuring IP"]);
        if let Some(address) = self.flash.address {
            self.set_address(Some(address));
            return self.find_server(now, None);
        }
        let mut client = dhcp::Client::new(self.dhcp_settings());
        client.start(now);
        self.boot.dhcp = Some(client);
        self.stage = Stage::Addressing;
        self.look_at_dhcp(now);
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
                    self.boot.fetch = None;
                    self.boot.ended = None;
                    self.calls = None;
                    self.show(&["Configuring IP"]);
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
        if matches!(self.stage, Stage::Addressing) {
            self.find_server(now, Some(&binding.ack));
        }
    }

    fn set_address(&mut self, address: Option<Address>) {
        self.boot.interface.address = address;
        self.out.push_back(Output::Interface(self.boot.interface));
    }

    fn find_server(&mut self, now: Time, ack: Option<&Message>) {
        self.boot.dns = ack.and_then(|ack| ack.options.address(code::DNS_SERVER));
        let mut hints: VecDeque<Hint> =
            self.spec.server_order.iter().filter_map(|source| self.hint(*source, ack)).collect();
        hints.push_back(Hint::Name(LAST_HOPE.to_string()));
        self.follow(now, hints);
    }

    fn hint(&self, source: ServerSource, ack: Option<&Message>) -> Option<Hint> {
        let some = |address: Ipv4Addr| (!address.is_unspecified()).then(|| Hint::Addresses(vec![address]));
        match source {
            ServerSource::Alternate => some(self.flash.alternate_tftp?),
            ServerSource::Siaddr => some(ack?.siaddr),
            ServerSource::Option150 => {
                let list: Vec<Ipv4Addr> = ack?.options.addresses(code::TFTP_SERVER_ADDRESS);
                (!list.is_empty()).then_some(Hint::Addresses(list))
            }
            ServerSource::Option66 => {
                let text = String::from_utf8_lossy(ack?.options.text(code::TFTP_SERVER_NAME)?).trim().to_string();
                match text.parse() {
                    Ok(address) => some(address),
                    Err(_) => (!text.is_empty()).then_some(Hint::Name(text)),
                }
            }
        }
    }

    /// Takes the first hint that leads to an address; phones keep up to two servers.
    fn follow(&mut self, now: Time, mut hints: VecDeque<Hint>) {
        while let Some(hint) = hints.pop_front() {
            match hint {
                Hint::Addresses(list) => {
                    self.boot.servers = list.into_iter().take(2).collect();
                    return self.start_files(now);
                }
                Hint::Name(_) if self.boot.dns.is_none() => self.message("No DNS server IP"),
                Hint::Name(name) => {
                    let port = self.next_port();
                    let question = Question { name, port, until: now, left: NAME_TRIES, hints };
                    return self.ask_name(now, question);
                }
            }
        }
        self.message("TFTP Server Required");
        self.stage = Stage::Serverless { until: now + SERVERLESS };
    }

    /// Too little power to fetch a load: it begins anew some time.
    pub(super) fn wait_for_power(&mut self, now: Time) {
        self.stage = Stage::Serverless { until: now + SERVERLESS };
    }

    fn ask_name(&mut self, now: Time, mut question: Question) {
        let Some(server) = self.boot.dns else { return };
        let bytes = dns::query(question.port, &question.name);
        self.send(question.port, SocketAddrV4::new(server, 53), bytes);
        question.until = now + NAME_REPEAT;
        question.left = question.left.saturating_sub(1);
        self.stage = Stage::Resolving(question);
    }

    pub(super) fn receive_name(&mut self, now: Time, question: &Question, bytes: &[u8]) {
        match dns::answer(question.port, bytes) {
            None => {}
            Some(Some(address)) => {
                self.boot.servers = VecDeque::from([address]);
                self.start_files(now);
            }
            Some(None) => {
                self.message("DNS unknown host");
                self.follow(now, question.hints.clone());
            }
        }
    }

    pub(super) fn name_unanswered(&mut self, now: Time, question: Question) {
        if question.left > 0 {
            return self.ask_name(now, question);
        }
        self.message("DNS timeout");
        self.follow(now, question.hints);
    }

    /// What these phones say in DHCP, option by option in their order.
    fn dhcp_settings(&mut self) -> Settings {
        let kind = MessageType::Discover.option();
        let server = DhcpOption::raw(code::SERVER_ID, []);
        let wished = DhcpOption::raw(code::REQUESTED_ADDRESS, []);
        let client = DhcpOption::raw(code::CLIENT_ID, [&[dhcp::packet::ETHERNET][..], &self.spec.mac.0].concat());
        let host = DhcpOption::text(code::HOST_NAME, &self.host_name());
        let class = DhcpOption::raw(code::VENDOR_CLASS, self.spec.model.vendor_class());
        let list = DhcpOption::raw(code::PARAMETER_REQUEST_LIST, [1, 66, 6, 3, 15, 150, 35]);
        let cause = DhcpOption::text(code::MESSAGE, "the address is in use");
        let order = |options: &[&DhcpOption]| options.iter().copied().cloned().collect::<Options>();
        let templates = Templates {
            discover: order(&[&kind, &client, &host, &class, &list]),
            request: order(&[&kind, &server, &client, &host, &class, &wished, &list]),
            decline: order(&[&kind, &client, &class, &wished, &server, &cause]),
        };
        let mode = Mode::Lease {
            check: Duration::ZERO,
            first_retry: Duration::from_secs(4),
            longest_retry: Duration::from_secs(64),
        };
        let xid = u32::try_from(self.rng.next() >> 32).unwrap_or(1);
        Settings { mac: self.spec.mac, xid, broadcast: true, templates, mode }
    }
}

/// The protocol in a load's name.
pub(super) fn protocol_of(load: &str) -> Protocol {
    if load.starts_with("SIP") { Protocol::Sip } else { Protocol::Sccp }
}
