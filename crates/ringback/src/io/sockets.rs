//! The UDP sockets: one for each service, and one for each transfer.
//!
//! All are non-blocking, stay on their interface, and leave the kernel free to cut a datagram into
//! fragments: a phone that asks for TFTP blocks larger than the wire carries gets them. What goes wrong
//! is put into words by [`crate::host::ports::explain_bind_error`]. Not here: reading and writing.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::os::fd::AsFd;

use socket2::{Domain, Protocol, Socket, Type};

use super::sys;

/// What a service's socket needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct UdpOptions {
    /// It may send to broadcast addresses.
    pub(crate) broadcast: bool,
    /// Another socket may have the same port. Then a port in use is not noticed.
    pub(crate) reuse: bool,
    /// Bytes of datagrams that may wait, for the burst when many phones start at once; none: what the
    /// system gives.
    pub(crate) receive_buffer: Option<usize>,
}

/// A service's socket.
#[derive(Debug)]
pub(crate) struct BoundUdp {
    /// The socket.
    pub(crate) socket: UdpSocket,
    /// Bytes its receive buffer really has.
    #[allow(dead_code, reason = "people read the note; tests compare the number")]
    pub(crate) receive_buffer: usize,
    /// A sentence, when that is less than was asked for.
    pub(crate) note: Option<String>,
}

/// A socket on `address` and `port` (0: any), which hears only what comes in on `interface`.
pub(crate) fn bind_udp(
    interface: Option<&str>,
    address: Ipv4Addr,
    port: u16,
    options: UdpOptions,
) -> io::Result<BoundUdp> {
    let socket = udp(interface)?;
    socket.set_broadcast(options.broadcast)?;
    socket.set_reuse_address(options.reuse)?;
    if let Some(wanted) = options.receive_buffer {
        enlarge_to(&socket, wanted)?;
    }
    socket.bind(&SocketAddrV4::new(address, port).into())?;
    // The kernel keeps twice of what is asked for, to have room for its own bookkeeping.
    let receive_buffer = socket.recv_buffer_size()? / 2;
    let note =
        options.receive_buffer.filter(|wanted| *wanted > receive_buffer).map(|wanted| capped(wanted, receive_buffer));
    Ok(BoundUdp { socket: socket.into(), receive_buffer, note })
}

/// A socket for one transfer: a port of its own. It is not connected: a datagram of a stranger has to
/// be heard to be answered with TFTP's "unknown transfer ID" (RFC 1350 §4).
pub(crate) fn transfer_socket(interface: Option<&str>, local: Ipv4Addr) -> io::Result<UdpSocket> {
    let socket = udp(interface)?;
    socket.bind(&SocketAddrV4::new(local, 0).into())?;
    Ok(socket.into())
}

/// Lets the kernel cut what is sent into datagrams of this many bytes (the last may be shorter); 0 ends it.
/// An error means that this system cannot.
pub(crate) fn segment(socket: &UdpSocket, bytes: u16) -> io::Result<()> {
    sys::set_number(socket.as_fd(), libc::SOL_UDP, libc::UDP_SEGMENT, i32::from(bytes))
}

fn udp(interface: Option<&str>) -> io::Result<Socket> {
    let kind = Type::DGRAM.nonblocking().cloexec();
    let socket = Socket::new(Domain::IPV4, kind, Some(Protocol::UDP))?;
    if let Some(name) = interface {
        socket.bind_device(Some(name.as_bytes()))?;
    }
    sys::set_number(socket.as_fd(), libc::IPPROTO_IP, libc::IP_MTU_DISCOVER, libc::IP_PMTUDISC_DONT)?;
    Ok(socket)
}

/// Asks for a receive buffer of so many bytes; where the system allows less, that is what it has.
pub(crate) fn enlarge(socket: &UdpSocket, wanted: usize) {
    let socket = socket2::SockRef::from(socket);
    let _ = enlarge_to(&socket, wanted);
}

fn enlarge_to(socket: &Socket, wanted: usize) -> io::Result<()> {
    let size = libc::c_int::try_from(wanted).unwrap_or(libc::c_int::MAX);
    // Past the system's cap where the rights allow it.
    sys::set_number(socket.as_fd(), libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, size)
        .or_else(|_| socket.set_recv_buffer_size(wanted))
}

fn capped(wanted: usize, got: usize) -> String {
    format!(
        "The system allows a receive buffer of {} KiB only; {} KiB were asked for. When many phones start at once, \
         requests may be lost. To allow more: sudo sysctl -w net.core.rmem_max={wanted}",
        got / 1024,
        wanted / 1024
    )
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::host::privileges::{Privileges, Right};
    use crate::host::testspace::{in_namespace, ip};

    const LOCAL: Ipv4Addr = Ipv4Addr::LOCALHOST;

    fn port(socket: &UdpSocket) -> u16 {
        socket.local_addr().unwrap().port()
    }

    fn at(port: u16) -> SocketAddrV4 {
        SocketAddrV4::new(LOCAL, port)
    }

    /// What has arrived; loopback delivers before the sender goes on.
    fn heard(socket: &UdpSocket) -> Option<(Vec<u8>, SocketAddr)> {
        let mut buffer = vec![0; 70_000];
        match socket.recv_from(&mut buffer) {
            Ok((len, from)) => Some((buffer[..len].to_vec(), from)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_transfer_has_a_port_of_its_own_and_does_not_block() {
        let service = bind_udp(None, LOCAL, 0, UdpOptions::default()).unwrap().socket;
        let transfer = transfer_socket(None, LOCAL).unwrap();
        assert_ne!(port(&transfer), port(&service));
        assert_eq!(heard(&transfer), None, "it does not block");
        service.send_to(b"stranger", at(port(&transfer))).unwrap();
        assert_eq!(heard(&transfer).unwrap().0, b"stranger");
    }

    #[test]
    fn a_port_in_use_is_an_error_unless_shared() {
        let options = |reuse| UdpOptions { reuse, ..UdpOptions::default() };
        let first = bind_udp(None, LOCAL, 0, options(false)).unwrap().socket;
        let error = bind_udp(None, LOCAL, port(&first), options(false)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        let first = bind_udp(None, LOCAL, 0, options(true)).unwrap().socket;
        assert!(bind_udp(None, LOCAL, port(&first), options(true)).is_ok());
    }

    #[test]
    fn the_buffer_is_as_large_as_told() {
        // More than the system gives to everyone; 0.2 MiB is what most give.
        let cap = std::fs::read_to_string("/proc/sys/net/core/rmem_max").ok().and_then(|c| c.trim().parse().ok());
        let wanted = cap.unwrap_or(212_992).min(8 << 20) + 65_536;
        let options = UdpOptions { receive_buffer: Some(wanted), ..UdpOptions::default() };
        let bound = bind_udp(None, LOCAL, 0, options).unwrap();
        let allowed = Privileges::read().unwrap().has(Right::Administration);
        assert!(bound.receive_buffer >= wanted || !allowed, "{bound:?}");
        assert_eq!(bound.note.is_some(), bound.receive_buffer < wanted, "{bound:?}");
        let burst = wanted.min(bound.receive_buffer) / 2048;
        let sender = transfer_socket(None, LOCAL).unwrap();
        for _ in 0..burst {
            sender.send_to(&[7; 512], at(port(&bound.socket))).unwrap();
        }
        let waiting = std::iter::from_fn(|| heard(&bound.socket)).count();
        assert_eq!(waiting, burst);
        assert!(capped(4 << 20, 208 << 10).contains("208 KiB only; 4096 KiB were asked for"));
    }

    #[test]
    fn an_interface_that_is_not_there_is_an_error() {
        let error = bind_udp(Some("nosuch0"), LOCAL, 0, UdpOptions::default()).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ENODEV));
    }

    #[test]
    fn a_block_larger_than_the_wire_is_cut_into_fragments() {
        in_namespace(|| {
            ip("link set lo mtu 1500");
            ip("link set lo up");
            let phone = bind_udp(Some("lo"), LOCAL, 0, UdpOptions::default()).unwrap().socket;
            let transfer = transfer_socket(Some("lo"), LOCAL).unwrap();
            assert_eq!(transfer.send_to(&[1; 8196], at(port(&phone))).unwrap(), 8196);
            assert_eq!(heard(&phone).unwrap().0.len(), 8196);
        });
    }

    #[test]
    fn broadcasts_stay_on_their_interface() {
        in_namespace(|| {
            for n in ["1", "2"] {
                ip(&format!("link add v{n} type veth peer name w{n}"));
                ip(&format!("link set v{n} up"));
                ip(&format!("link set w{n} up"));
                ip(&format!("addr add 10.9.{n}.1/24 dev v{n}"));
            }
            crate::io::link::tests::ready("v1");
            crate::io::link::tests::ready("v2");
            let options = UdpOptions { broadcast: true, ..UdpOptions::default() };
            let any = Ipv4Addr::UNSPECIFIED;
            let first = bind_udp(Some("v1"), any, 67, options).unwrap().socket;
            let second = bind_udp(Some("v2"), any, 67, options).unwrap().socket;
            let link = crate::io::link::Link::open("w2").unwrap();
            first.send_to(b"offer", (Ipv4Addr::BROADCAST, 68)).unwrap();
            second.send_to(b"offer", (Ipv4Addr::BROADCAST, 68)).unwrap();
            let frame = crate::io::link::tests::wait(&link).0;
            assert_eq!(frame[20] & 0x40, 0, "routers may cut it too");
            let frame = proto::ethernet::Frame::parse(&frame).unwrap();
            let heard = proto::ethernet::UdpDatagram::parse(&frame).unwrap();
            assert_eq!(heard.src.to_string(), "10.9.2.1:67");
        });
    }
}
