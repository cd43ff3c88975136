//! Frames of a capture, whoever sent them: both directions of DHCP, ARP, CDP and LLDP, and who carries a VLAN tag.
//!
//! A bench knows which server it is itself. Here the servers are those that answer: the first DHCP server is the
//! network's own, another one is RB101; a phone looks for an old server when it turns to an address that it was not
//! told of and that stays silent. Transfers are followed in [`super::tftp`] and [`super::http`],
//! registrations in [`super::sip`].

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};

use proto::dhcp::option::code;
use proto::dhcp::packet::BOOTREPLY;
use proto::dhcp::{Message, MessageType};
use proto::ethernet::{Arp, Cdp, Content, Frame, Lldp, TcpSegment, UdpDatagram, cdp, frame, lldp};
use proto::{Mac, Time};

use super::http::Http;
use super::sip::{self, Sip};
use super::tftp::Tftp;
use super::{By, Heard, Who};
use crate::guard::QUESTION_WANTS;
use crate::observe::Seen;
use crate::on_dhcp::{dhcp_seen, tftp_told};
use crate::on_frame::{cdp_seen, lldp_seen};
use crate::state::State;

const DHCP_SERVER: u16 = 67;
const DHCP_CLIENT: u16 = 68;
const TFTP: u16 = 69;
/// Stations, addresses and questions remembered: each.
const KEPT: usize = 4_096;
/// A phone that looks for an address asks again when nobody answers; the second time says that nobody did.
const UNANSWERED: u32 = 2;

/// What was seen on the wire so far.
#[derive(Debug, Default)]
pub(super) struct Wire {
    tftp: Tftp,
    http: Http,
    sip: Sip,
    /// DHCP servers that answered, in the order in which they were seen.
    servers: Vec<Ipv4Addr>,
    /// Addresses that phones were told of: servers, routers.
    told: BTreeSet<Ipv4Addr>,
    /// Addresses that said something.
    spoke: BTreeSet<Ipv4Addr>,
    /// How often a station turned to an address that is silent.
    sought: BTreeMap<(Mac, Ipv4Addr), u32>,
    /// The last CDP and LLDP announcement of each station, with the start in which it came.
    announced: BTreeMap<Mac, [Option<(u32, Seen)>; 2]>,
    /// VLANs in which a DHCP server answers.
    answered_vlans: BTreeSet<u16>,
    /// Requests for an address in a VLAN that nobody answered yet.
    tagged: BTreeMap<(Mac, u16), u32>,
}

impl Wire {
    /// Takes one frame.
    pub(super) fn frame(&mut self, at: Time, bytes: &[u8], who: &mut Who, state: &State, out: &mut Vec<Heard>) {
        let frame = match Frame::parse(bytes) {
            Ok(frame) => frame,
            Err(bad) => return out.push(malformed("Ethernet", &bad.to_string())),
        };
        let source = frame.source;
        let vlan = frame.vlan().filter(|v| *v != 0);
        if frame.destination == cdp::DESTINATION
            && let Ok(cdp) = Cdp::parse_frame(&frame)
        {
            self.announced(source, cdp_seen(&cdp), state, out);
        } else if frame.destination == lldp::DESTINATION
            && let Ok(lldp) = Lldp::parse_frame(&frame)
        {
            self.announced(source, lldp_seen(&lldp), state, out);
        } else if let Content::Typed { ethertype: frame::ARP, payload } = frame.content {
            match Arp::parse(payload) {
                Ok(arp) => self.arp(&arp, who, state, out),
                Err(bad) => out.push(malformed("ARP", &bad.to_string())),
            }
        } else if let Ok(datagram) = UdpDatagram::parse(&frame) {
            self.datagram(at, &datagram, vlan, who, state, out);
        } else if let Some(segment) = TcpSegment::parse(&frame) {
            if Http::is_request(segment.payload) {
                who.sends(*segment.src.ip(), source);
            }
            self.http.segment(at, &segment, out);
        }
    }

    /// An announcement is news when it differs from the station's last one, or comes after a restart.
    fn announced(&mut self, source: Mac, seen: Seen, state: &State, out: &mut Vec<Heard>) {
        let boots = state.sessions.get(&source).map_or(0, |s| s.boots);
        if self.announced.len() >= KEPT && !self.announced.contains_key(&source) {
            self.announced.pop_first();
        }
        let slots = self.announced.entry(source).or_default();
        let slot = if matches!(seen, Seen::Cdp { .. }) { &mut slots[0] } else { &mut slots[1] };
        if slot.as_ref().is_some_and(|(b, s)| *b == boots && *s == seen) {
            return;
        }
        *slot = Some((boots, seen.clone()));
        out.push(Heard { by: By::Mac(source), seen });
    }

    fn arp(&mut self, arp: &Arp, who: &mut Who, state: &State, out: &mut Vec<Heard>) {
        let (mac, address, target) = (arp.sender_mac, arp.sender_ip, arp.target_ip);
        if !address.is_unspecified() {
            self.spoke(address);
            who.learn(address, mac);
        }
        let Some(session) = state.sessions.get(&mac) else { return };
        if !address.is_unspecified() && session.address != Some(address) {
            out.push(Heard { by: By::Mac(mac), seen: Seen::Arp { address } });
        }
        if target != address && !target.is_unspecified() && !arp.is_probe() {
            self.sought(mac, target, state, out);
        }
    }

    #[allow(clippy::too_many_arguments, reason = "one frame's whole surroundings")]
    fn datagram(
        &mut self,
        at: Time,
        datagram: &UdpDatagram<'_>,
        vlan: Option<u16>,
        who: &mut Who,
        state: &State,
        out: &mut Vec<Heard>,
    ) {
        let (src, dst) = (datagram.src, datagram.dst);
        match (src.port(), dst.port()) {
            (DHCP_SERVER, DHCP_CLIENT | DHCP_SERVER) | (_, DHCP_SERVER) => {
                self.dhcp(datagram.payload, src, datagram.src_mac, vlan, who, out);
            }
            (_, TFTP) => {
                who.sends(*src.ip(), datagram.src_mac);
                if self.is_elsewhere(*dst.ip(), *src.ip(), who, state) {
                    if let Some(mac) = who.at(*src.ip()) {
                        self.sought(mac, *dst.ip(), state, out);
                    }
                    self.tftp.unheard(src, dst);
                    return;
                }
                self.tftp.request(at, src, dst, datagram.payload, out);
            }
            (sip::PORT, _) | (_, sip::PORT) => {
                who.sends(*src.ip(), datagram.src_mac);
                self.sip.datagram(src, dst, datagram.payload, out);
            }
            _ => {
                if self.tftp.datagram(at, src, dst, datagram.payload, out) {
                    self.spoke(*src.ip());
                }
            }
        }
    }

    /// Whether a request goes to a server that the phone was not told of, and that has not said a word yet. Where
    /// no DHCP answer was captured nobody knows what the phone was told.
    fn is_elsewhere(&self, server: Ipv4Addr, from: Ipv4Addr, who: &Who, state: &State) -> bool {
        let told = !self.told.contains(&server) && !self.servers.is_empty() && !self.spoke.contains(&server);
        told && who.at(from).and_then(|mac| state.sessions.get(&mac)).is_some_and(|s| s.bound)
    }

    fn dhcp(
        &mut self,
        payload: &[u8],
        src: SocketAddrV4,
        src_mac: Mac,
        vlan: Option<u16>,
        who: &mut Who,
        out: &mut Vec<Heard>,
    ) {
        let message = match Message::parse(payload) {
            Ok(message) => message,
            Err(bad) => return out.push(malformed("DHCP", &format!("{bad} (from {})", src.ip()))),
        };
        let (Some(mac), Some(kind)) = (message.mac(), message.message_type()) else { return };
        let by = By::Mac(mac);
        if message.op != BOOTREPLY {
            // A bench that looks for other servers asks as a phone would.
            if mac.0[0] & 2 != 0 && message.parameter_request_list() == QUESTION_WANTS {
                return;
            }
            out.push(Heard { by, seen: dhcp_seen(&message, kind) });
            if let Some(vlan) = vlan {
                self.tagged(mac, vlan, out);
            }
            return;
        }
        if !matches!(kind, MessageType::Offer | MessageType::Ack | MessageType::Nak) {
            return;
        }
        self.server(&message, src, src_mac, out);
        self.answered_vlans.extend(vlan);
        match kind {
            MessageType::Offer => out.push(Heard { by, seen: Seen::DhcpOffered { address: message.yiaddr } }),
            MessageType::Nak => out.push(Heard { by, seen: Seen::DhcpNak }),
            // An answer to an Inform gives nothing.
            _ if message.yiaddr.is_unspecified() => {}
            _ => {
                who.learn(message.yiaddr, mac);
                out.push(Heard { by, seen: Seen::DhcpBound { address: message.yiaddr } });
            }
        }
    }

    fn server(&mut self, message: &Message, src: SocketAddrV4, src_mac: Mac, out: &mut Vec<Heard>) {
        let server = message.server_id().unwrap_or(*src.ip());
        self.spoke(server);
        if !self.servers.contains(&server) && self.servers.len() < 64 {
            self.servers.push(server);
            if self.servers.len() > 1 {
                let (offered, tftp) = (message.yiaddr, tftp_told(message));
                out.push(Heard { by: By::Nobody, seen: Seen::ForeignDhcp { server, mac: src_mac, offered, tftp } });
            }
        }
        let named =
            message.options.text(code::TFTP_SERVER_NAME).and_then(|t| std::str::from_utf8(t).ok()?.parse().ok());
        let lists = [150, 3, 6, 42].into_iter().flat_map(|c| message.options.addresses(c));
        for address in lists.chain(named).chain([server, message.siaddr]) {
            if !address.is_unspecified() && self.told.len() < KEPT {
                self.told.insert(address);
            }
        }
    }

    fn spoke(&mut self, address: Ipv4Addr) {
        if self.spoke.len() < 16 * KEPT {
            self.spoke.insert(address);
        }
    }

    /// A phone that has its address turned to another one.
    fn sought(&mut self, mac: Mac, target: Ipv4Addr, state: &State, out: &mut Vec<Heard>) {
        let Some(session) = state.sessions.get(&mac) else { return };
        if !session.bound || self.told.contains(&target) || self.spoke.contains(&target) {
            return;
        }
        if self.sought.len() >= KEPT && !self.sought.contains_key(&(mac, target)) {
            self.sought.pop_first();
        }
        let times = self.sought.entry((mac, target)).or_default();
        *times += 1;
        if *times == UNANSWERED && session.is_new_to_seek(target) {
            out.push(Heard { by: By::Mac(mac), seen: Seen::ArpSeeks { address: target } });
        }
    }

    /// Tagged frames are right where a server answers in that VLAN.
    fn tagged(&mut self, mac: Mac, vlan: u16, out: &mut Vec<Heard>) {
        if self.answered_vlans.contains(&vlan) || (self.tagged.len() >= KEPT && !self.tagged.contains_key(&(mac, vlan)))
        {
            return;
        }
        let times = self.tagged.entry((mac, vlan)).or_default();
        *times += 1;
        if *times == UNANSWERED {
            out.push(Heard { by: By::Mac(mac), seen: Seen::Tagged { vlan } });
        }
    }
}

fn malformed(service: &str, what: &str) -> Heard {
    Heard { by: By::Nobody, seen: Seen::Malformed { service: service.to_owned(), what: what.to_owned() } }
}
