//! The demo's table: simulated phones in a thread of their own, and sockets on loopback between it and
//! the bench. Real datagrams, no rights needed, nothing leaves this computer.

mod phone;

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixDatagram;
use std::sync::Arc;

use bench::Service;

use crate::io::cable::Cable;
use crate::io::run_loop::Sockets;

pub(crate) use phone::{Asks, ByHand, Place, Table, spawn};

/// The bench's address in the demo.
pub(crate) const SERVER: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// Addresses for the demo's phones; all of 127.0.0.0/8 is this computer.
pub(crate) const POOL: (Ipv4Addr, Ipv4Addr) = (Ipv4Addr::new(127, 79, 0, 10), Ipv4Addr::new(127, 79, 3, 250));
/// The network that both are in.
pub(crate) const PREFIX: u8 = 8;

/// Frames between the phone and the bench.
struct Frames(UnixDatagram);

impl Cable for Frames {
    fn fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    fn recv(&mut self, buf: &mut [u8]) -> io::Result<Option<(usize, Option<u16>)>> {
        match self.0.recv(buf) {
            Ok(len) => Ok(Some((len, None))),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn send(&self, frame: &[u8]) -> io::Result<()> {
        self.0.send(frame).map(|_| ())
    }

    fn carries_dhcp(&self) -> bool {
        false
    }
}

/// Both sides' sockets, on ports that the system chooses.
pub(crate) fn lay() -> io::Result<(Sockets, Table)> {
    let open = || {
        let socket = UdpSocket::bind((SERVER, 0))?;
        socket.set_nonblocking(true)?;
        Ok::<_, io::Error>(socket)
    };
    let port = |socket: &UdpSocket| match socket.local_addr()? {
        SocketAddr::V4(address) => Ok(address),
        SocketAddr::V6(_) => Err(io::Error::other("not an IPv4 socket")),
    };
    let (dhcp, tftp, sip, phone_dhcp) = (open()?, open()?, open()?, open()?);
    let sccp = TcpListener::bind((SERVER, 0))?;
    let SocketAddr::V4(sccp_at) = sccp.local_addr()? else { return Err(io::Error::other("not an IPv4 socket")) };
    let (bench_end, phone_end) = UnixDatagram::pair()?;
    bench_end.set_nonblocking(true)?;
    phone_end.set_nonblocking(true)?;
    let dhcp_broadcast: SocketAddrV4 = port(&phone_dhcp)?;
    let table = Table {
        dhcp: port(&dhcp)?,
        tftp: port(&tftp)?,
        sip: port(&sip)?,
        sccp: sccp_at,
        frames: phone_end,
        dhcp_socket: phone_dhcp,
    };
    let sockets = Sockets {
        udp: BTreeMap::from([(Service::Dhcp, dhcp), (Service::Tftp, tftp), (Service::Sip, sip)]),
        listeners: vec![(Service::Sccp, sccp)],
        cable: Some(Box::new(Frames(bench_end))),
        link: None,
        dhcp_broadcast,
        transfer_socket: Arc::new(open),
        ways: None,
    };
    Ok((sockets, table))
}
