//! Datagrams on their way out: by the service's own socket, or as a whole frame where the client has no address yet.

use std::net::{Ipv4Addr, SocketAddrV4};

use bench::Service;
use proto::Mac;
use proto::dhcp::server::Destination;
use proto::ethernet::UdpDatagram;
use proto::ethernet::udp::Checksum;

use super::RunLoop;

impl RunLoop {
    pub(super) fn send_dhcp(&self, to: Destination, bytes: &[u8]) {
        let config = self.bench.config();
        let by_frame = self.sockets.cable.as_ref().filter(|c| c.carries_dhcp());
        let (address, mac) = match to {
            Destination::Relay(relay) => return self.send_dhcp_datagram(bytes, SocketAddrV4::new(relay, 67)),
            Destination::Client(client) if by_frame.is_some() => {
                return self.send_dhcp_datagram(bytes, SocketAddrV4::new(client, 68));
            }
            Destination::Client(_) | Destination::Broadcast => (Ipv4Addr::BROADCAST, Mac::BROADCAST),
            Destination::Hardware { address, mac } => (address, mac),
        };
        let Some(cable) = by_frame else {
            return self.send_dhcp_datagram(bytes, self.sockets.dhcp_broadcast);
        };
        let datagram = UdpDatagram {
            src_mac: config.mac,
            dst_mac: mac,
            vlan: None,
            src: SocketAddrV4::new(config.server, 67),
            dst: SocketAddrV4::new(address, 68),
            ttl: 64,
            checksum: Checksum::Good,
            payload: bytes,
        };
        if let Ok(frame) = datagram.emit_frame() {
            let _ = cable.send(&frame);
        }
    }

    pub(super) fn send_dhcp_datagram(&self, bytes: &[u8], to: SocketAddrV4) {
        self.send_datagram(Service::Dhcp, bytes, to);
    }

    /// A datagram that cannot be sent is lost, as on the cable: who waits for it asks again.
    pub(super) fn send_datagram(&self, service: Service, bytes: &[u8], to: SocketAddrV4) {
        let mut ways = self.ways.iter().flatten().filter(|w| service == Service::Tftp && w.phones.contains(to.ip()));
        let way = ways.next().and_then(|w| w.socket.as_ref());
        if let Some(socket) = way.or_else(|| self.sockets.udp.get(&service)) {
            let _ = socket.send_to(bytes, to);
        }
    }
}
