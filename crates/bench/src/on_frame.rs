//! Frames of the cable: who announces itself, who uses which address, and whether another server answers.

use std::net::Ipv4Addr;

use proto::dhcp::packet::BOOTREPLY;
use proto::dhcp::{Message, MessageType};
use proto::ethernet::lldp::med;
use proto::ethernet::{Arp, Cdp, Content, Frame, Lldp, UdpDatagram, cdp, frame, lldp};
use proto::text::escape_short;
use proto::{Mac, Time};

use crate::bench::Bench;
use crate::identify::{Grade, evidence};
use crate::observe::Seen;
use crate::on_dhcp::tftp_told;
use crate::output::Output;
use crate::state::SESSIONS_KEPT;

const DHCP_SERVER: u16 = 67;
const DHCP_CLIENT: u16 = 68;
const TFTP: u16 = 69;

/// Announcements of forgotten stations are dropped when there are so many of them.
const FORGOTTEN_AT_ONCE: usize = 512;

/// The longest text kept of an announcement.
const TEXT_KEPT: usize = 120;

impl Bench {
    pub(crate) fn on_frame(&mut self, now: Time, bytes: &[u8], vlan: Option<u16>) {
        let frame = match Frame::parse(bytes) {
            Ok(frame) => frame,
            Err(bad) => return self.observe_limited(now, None, malformed("Ethernet", &bad.to_string())),
        };
        let source = frame.source;
        if source == self.config.mac || source.is_group() {
            return;
        }
        let vlan = vlan.or_else(|| frame.vlan()).filter(|v| *v != 0);
        if frame.destination == cdp::DESTINATION
            && let Ok(cdp) = Cdp::parse_frame(&frame)
        {
            self.announced(now, source, cdp_seen(&cdp));
        } else if frame.destination == lldp::DESTINATION
            && let Ok(lldp) = Lldp::parse_frame(&frame)
        {
            self.announced(now, source, lldp_seen(&lldp));
        } else if let Content::Typed { ethertype: frame::ARP, payload } = frame.content {
            match Arp::parse(payload) {
                Ok(arp) if vlan.is_none() => self.on_arp(now, &arp),
                Ok(_) => {}
                Err(bad) => self.observe_limited(now, None, malformed("ARP", &bad.to_string())),
            }
        } else if let Ok(datagram) = UdpDatagram::parse(&frame) {
            self.on_datagram_seen(now, &datagram, vlan);
        }
        if let Some(vlan) = vlan {
            self.tagged(now, source, vlan);
        }
    }

    /// An announcement is observed when it differs from the station's last one of its kind.
    fn announced(&mut self, now: Time, source: Mac, seen: Seen) {
        let is_phone = self.state.sessions.contains_key(&source)
            || self.config.allow.contains(&source)
            || evidence(&self.profiles, source, &seen).iter().any(|e| e.grade >= Grade::Possible);
        if !is_phone {
            return;
        }
        let boots = self.state.sessions.get(&source).map_or(0, |s| s.boots);
        if self.announced.len() >= SESSIONS_KEPT + FORGOTTEN_AT_ONCE {
            let sessions = &self.state.sessions;
            self.announced.retain(|mac, _| sessions.contains_key(mac));
        }
        let last = self.announced.entry(source).or_default();
        let slot = if matches!(seen, Seen::Cdp { .. }) { &mut last.0 } else { &mut last.1 };
        // After a restart the same words are news: they say what runs now.
        if slot.as_ref().is_some_and(|(b, s)| *b == boots && *s == seen) {
            return;
        }
        *slot = Some((boots, seen.clone()));
        self.observe_limited(now, Some(source), seen);
    }

    fn on_arp(&mut self, now: Time, arp: &Arp) {
        let (mac, address) = (arp.sender_mac, arp.sender_ip);
        if !address.is_unspecified()
            && let Some(dhcp) = self.dhcp_awake()
        {
            dhcp.handle_arp(now, address, mac);
        }
        if !address.is_unspecified() && mac != self.config.mac {
            self.web_arp(now, address);
        }
        if !self.state.sessions.contains_key(&mac) {
            // A boot loader whose address was typed on the phone shows itself by ARP alone. Its address block says
            // whose it is; others stay unknown.
            let seen = Seen::Arp { address };
            let known = evidence(&self.profiles, mac, &seen).iter().any(|e| e.grade >= Grade::Possible);
            if known && !address.is_unspecified() {
                self.observe_stranger(now, mac, seen);
            }
            return;
        }
        let Some(session) = self.state.sessions.get(&mac) else { return };
        if !address.is_unspecified() && session.address != Some(address) {
            self.observe_limited(now, Some(mac), Seen::Arp { address });
        }
        let target = arp.target_ip;
        if target != address && !target.is_unspecified() && !arp.is_probe() {
            self.sought(now, mac, target);
        }
    }

    fn on_datagram_seen(&mut self, now: Time, datagram: &UdpDatagram<'_>, vlan: Option<u16>) {
        let (src, dst) = (datagram.src, datagram.dst);
        if dst.port() == DHCP_CLIENT && src.port() == DHCP_SERVER && *src.ip() != self.config.server {
            let Ok(message) = Message::parse(datagram.payload) else { return };
            let answers =
                matches!(message.message_type(), Some(MessageType::Offer | MessageType::Ack | MessageType::Nak));
            if message.op == BOOTREPLY && answers {
                let server = message.server_id().unwrap_or(*src.ip());
                let offered = (!message.yiaddr.is_unspecified()).then_some(message.yiaddr);
                self.foreign_server(now, server, datagram.src_mac, offered, tftp_told(&message));
                self.bound_by_other(now, &message);
            }
        } else if dst.port() == DHCP_SERVER && (vlan.is_some() || self.dhcp.is_none()) {
            // A tagged request never reaches the DHCP socket, and one for another server is not ours to answer; it
            // still says who the phone is, and that it started.
            let Ok(message) = Message::parse(datagram.payload) else { return };
            if let (Some(mac), Some(kind)) = (message.mac(), message.message_type()) {
                let seen = crate::on_dhcp::dhcp_seen(&message, kind);
                if evidence(&self.profiles, mac, &seen).iter().any(|e| e.grade >= Grade::Possible) {
                    self.observe_limited(now, Some(mac), seen);
                }
            }
        } else if dst.port() == TFTP && vlan.is_none() {
            // A server of another network is asked by way of the router, which the bench is: no ARP names it.
            self.sought(now, datagram.src_mac, *dst.ip());
        }
    }

    /// Where DHCP is another server's business, its word counts for a phone as the bench's own would.
    fn bound_by_other(&mut self, now: Time, message: &Message) {
        let known = message.mac().filter(|mac| self.state.sessions.contains_key(mac));
        if let (None, Some(mac), Some(MessageType::Ack)) = (&self.dhcp, known, message.message_type())
            && !message.yiaddr.is_unspecified()
        {
            self.observe_limited(now, Some(mac), Seen::DhcpBound { address: message.yiaddr });
        }
    }

    /// A phone that has its address from the bench turned to this address.
    fn sought(&mut self, now: Time, mac: Mac, target: Ipv4Addr) {
        let Some(session) = self.state.sessions.get(&mac) else { return };
        if session.bound && target != self.config.server && session.is_new_to_seek(target) {
            self.observe_limited(now, Some(mac), Seen::ArpSeeks { address: target });
        }
    }

    fn tagged(&mut self, now: Time, source: Mac, vlan: u16) {
        let Some(session) = self.state.sessions.get(&source) else { return };
        if session.vlan != Some(vlan) {
            self.observe_limited(now, Some(source), Seen::Tagged { vlan });
        }
    }

    pub(crate) fn on_link(&mut self, now: Time, up: bool) {
        if self.state.link == Some(up) {
            return;
        }
        self.observe(now, None, Seen::Link { up });
        self.quiet_since = up.then_some(now);
        if !up {
            self.guard.link_down();
        }
        if up {
            self.guard.link_up(now);
            if let Some(dhcp) = self.dhcp_awake() {
                dhcp.sweep(now);
            }
        }
    }

    pub(crate) fn ask_by_arp(&mut self, address: Ipv4Addr) {
        let frame = Arp::probe(self.config.mac, address).emit_frame();
        self.tell(Output::Frame(frame));
    }

    /// A Discover of the guard, from no address to everyone; nothing where frames cannot be sent.
    pub(crate) fn send_question(&mut self, question: &Message) {
        if !self.config.frames {
            return;
        }
        let src_mac = question.mac().unwrap_or(self.config.mac);
        let payload = question.emit();
        let datagram = UdpDatagram {
            src_mac,
            dst_mac: Mac::BROADCAST,
            vlan: None,
            src: std::net::SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, DHCP_CLIENT),
            dst: std::net::SocketAddrV4::new(Ipv4Addr::BROADCAST, DHCP_SERVER),
            ttl: 64,
            checksum: proto::ethernet::udp::Checksum::Good,
            payload: &payload,
        };
        if let Ok(frame) = datagram.emit_frame() {
            self.tell(Output::Frame(frame));
        }
    }
}

fn text(bytes: Option<&[u8]>) -> String {
    bytes.map(|b| escape_short(b, TEXT_KEPT)).unwrap_or_default()
}

pub(crate) fn cdp_seen(cdp: &Cdp) -> Seen {
    Seen::Cdp {
        device_id: text(cdp.device_id()),
        platform: text(cdp.platform()),
        version: text(cdp.software_version()),
        port: text(cdp.port_id()),
    }
}

pub(crate) fn lldp_seen(lldp: &Lldp) -> Seen {
    Seen::Lldp {
        name: text(lldp.system_name()),
        model: text(lldp.inventory(med::MODEL)),
        software: text(lldp.inventory(med::SOFTWARE_REVISION)),
        firmware: text(lldp.inventory(med::FIRMWARE_REVISION)),
        hardware: text(lldp.inventory(med::HARDWARE_REVISION)),
        serial: text(lldp.inventory(med::SERIAL_NUMBER)),
    }
}

fn malformed(service: &str, what: &str) -> Seen {
    Seen::Malformed { service: service.to_owned(), what: what.to_owned() }
}
