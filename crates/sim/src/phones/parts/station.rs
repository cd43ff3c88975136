//! A phone as a station of an IP network: its VLAN, its address, its DHCP client, its ports.
//!
//! Not here: where the address of a file server comes from, which differs from maker to maker.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::ops::Range;

use proto::Time;
use proto::dhcp::client::{Action, Binding, Destination};
use proto::dhcp::option::code;
use proto::dhcp::{self, Message};

use crate::wire::Address;
use crate::{Interface, Output, Wire};

/// The machine. What it sends goes to the phone's own outputs.
#[derive(Debug)]
pub(crate) struct Station {
    interface: Interface,
    dhcp: Option<dhcp::Client>,
    ports: Range<u16>,
    /// How many ports were used, also before the last restart.
    used: u16,
}

/// What came of asking for an address.
#[derive(Debug)]
pub(crate) enum News {
    /// It has one, for the first time or again; what the server said with it.
    Bound(Message),
    /// It has none any more, and asks again.
    Lost,
}

impl Station {
    /// A station without an address, that uses these ports one after the other.
    pub(crate) const fn new(ports: Range<u16>) -> Station {
        Station { interface: Interface { vlan: None, address: None }, dhcp: None, ports, used: 0 }
    }

    /// Forgets VLAN, address and lease, as a restart does. Ports go on where they were.
    pub(crate) fn stop(&mut self, out: &mut VecDeque<Output>) {
        self.interface = Interface::default();
        self.dhcp = None;
        self.tell(out);
    }

    pub(crate) fn address(&self) -> Option<Ipv4Addr> {
        self.interface.address.map(|address| address.ip)
    }

    /// What it sends from: 0.0.0.0 without an address.
    pub(crate) fn source(&self) -> Ipv4Addr {
        self.address().unwrap_or(Ipv4Addr::UNSPECIFIED)
    }

    pub(crate) fn set_vlan(&mut self, vlan: Option<u16>, out: &mut VecDeque<Output>) {
        self.interface.vlan = vlan;
        self.tell(out);
    }

    pub(crate) fn set_address(&mut self, address: Option<Address>, out: &mut VecDeque<Output>) {
        self.interface.address = address;
        self.tell(out);
    }

    /// A port that nothing else uses.
    pub(crate) fn next_port(&mut self) -> u16 {
        let count = self.ports.end.saturating_sub(self.ports.start).max(1);
        let port = self.ports.start + self.used % count;
        self.used = self.used.wrapping_add(1);
        port
    }

    pub(crate) fn send(&self, from_port: u16, dst: SocketAddrV4, bytes: Vec<u8>, out: &mut VecDeque<Output>) {
        let src = SocketAddrV4::new(self.source(), from_port);
        out.push_back(Output::Wire(Wire::Udp { src, dst, bytes }));
    }

    /// Asks for an address from now on. Then, as after everything below, drain [`Station::poll`].
    pub(crate) fn ask(&mut self, client: dhcp::Client) {
        self.dhcp = Some(client);
    }

    /// Asks no more.
    pub(crate) fn give_up(&mut self) {
        self.dhcp = None;
    }

    /// A datagram for the DHCP client.
    pub(crate) fn receive(&mut self, now: Time, bytes: &[u8]) {
        if let (Some(dhcp), Ok(message)) = (&mut self.dhcp, Message::parse(bytes)) {
            dhcp.handle(now, &message);
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Time) {
        if let Some(dhcp) = &mut self.dhcp {
            dhcp.handle_timeout(now);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        self.dhcp.as_ref().and_then(dhcp::Client::poll_timeout)
    }

    /// Sends what DHCP has to say, up to the next thing that matters to the phone.
    pub(crate) fn poll(&mut self, out: &mut VecDeque<Output>) -> Option<News> {
        loop {
            match self.dhcp.as_mut()?.poll_action()? {
                Action::Transmit { message, to } => {
                    let to = match to {
                        Destination::Broadcast => Ipv4Addr::BROADCAST,
                        Destination::Server(address) => address,
                    };
                    self.send(dhcp::CLIENT_PORT, SocketAddrV4::new(to, dhcp::SERVER_PORT), message.emit(), out);
                }
                Action::Bound(Binding { address, ack, .. }) => {
                    let mask = ack.options.address(code::SUBNET_MASK).unwrap_or(Ipv4Addr::new(255, 255, 255, 0));
                    let address = Address { ip: address, mask, router: ack.options.address(code::ROUTER) };
                    if self.interface.address != Some(address) {
                        self.set_address(Some(address), out);
                    }
                    return Some(News::Bound(ack));
                }
                Action::Lost { .. } => {
                    self.set_address(None, out);
                    return Some(News::Lost);
                }
                Action::ProbeAddress(_) | Action::Offered(_) | Action::Finished => {}
            }
        }
    }

    fn tell(&self, out: &mut VecDeque<Output>) {
        out.push_back(Output::Interface(self.interface));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_come_one_after_the_other_and_begin_again() {
        let mut station = Station::new(65_533..65_535);
        assert_eq!([(); 3].map(|()| station.next_port()), [65_533, 65_534, 65_533]);
    }

    #[test]
    fn what_it_sends_comes_from_its_address() {
        let (mut station, mut out) = (Station::new(40_000..60_000), VecDeque::new());
        let server = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 1), 69);
        station.send(68, server, vec![1], &mut out);
        let address = Address { ip: Ipv4Addr::new(10, 0, 0, 9), mask: Ipv4Addr::new(255, 0, 0, 0), router: None };
        station.set_address(Some(address), &mut out);
        station.send(40_000, server, vec![2], &mut out);
        station.stop(&mut out);
        let from = |ip: [u8; 4], port, bytes| {
            Output::Wire(Wire::Udp { src: SocketAddrV4::new(ip.into(), port), dst: server, bytes })
        };
        let interface = |address| Output::Interface(Interface { vlan: None, address });
        let expected = [
            from([0; 4], 68, vec![1]),
            interface(Some(address)),
            from([10, 0, 0, 9], 40_000, vec![2]),
            interface(None),
        ];
        assert_eq!(Vec::from(out), expected);
    }
}
