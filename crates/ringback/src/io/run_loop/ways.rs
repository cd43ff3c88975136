//! Ways to phones whose address is of another subnet than the bench's: the interface gets an address for them, and
//! TFTP listens there.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use bench::{Input, Service};
use proto::Time;

use super::{READS, RunLoop};
use crate::io::poller::Token;
use crate::io::sharing::OpenSocket;

/// Tokens of TFTP on addresses that the interface has for a phone: this plus its place.
pub(super) const WAYS: Token = 32;
/// Such addresses at once.
pub(super) const WAYS_AT_ONCE: usize = 16;

/// Ways to phones whose address is of another subnet than the bench's.
pub(crate) trait Ways: Send {
    /// Gives the interface this address, for this phone alone. Answers a socket for requests by TFTP there, and what
    /// makes the sockets of its transfers.
    fn make(&mut self, phone: Ipv4Addr, address: Ipv4Addr) -> Result<(Option<UdpSocket>, OpenSocket), String>;
    /// Takes it back.
    fn take_back(&mut self, phone: Ipv4Addr, address: Ipv4Addr);
}

/// An address that the interface has for some phones, with its socket for TFTP.
pub(super) struct Way {
    pub(super) address: Ipv4Addr,
    pub(super) phones: Vec<Ipv4Addr>,
    pub(super) socket: Option<UdpSocket>,
}

impl RunLoop {
    pub(super) fn reach(&mut self, now: Time, phone: Ipv4Addr, address: Ipv4Addr) {
        let made = match &mut self.sockets.ways {
            Some(ways) => ways.make(phone, address),
            None => Err("this computer's interface cannot be given one here".to_owned()),
        };
        let failed = made.and_then(|(socket, open)| self.keep_way(phone, address, socket, open)).err();
        self.bench.handle_input(now, Input::Reached { phone, address, failed });
    }

    pub(super) fn keep_way(
        &mut self,
        phone: Ipv4Addr,
        address: Ipv4Addr,
        socket: Option<UdpSocket>,
        open: OpenSocket,
    ) -> Result<(), String> {
        self.transfers.open_for(phone, Some(open));
        if let Some(way) = self.ways.iter_mut().flatten().find(|w| w.address == address) {
            way.phones.push(phone);
            return Ok(());
        }
        let at = self.ways.iter().position(Option::is_none).unwrap_or(self.ways.len());
        if at >= WAYS_AT_ONCE {
            return Err("too many other subnets at once".to_owned());
        }
        if let Some(socket) = &socket {
            self.poller.add(socket, WAYS + at as Token).map_err(|e| e.to_string())?;
        }
        let way = Some(Way { address, phones: vec![phone], socket });
        match self.ways.get_mut(at) {
            Some(empty) => *empty = way,
            None => self.ways.push(way),
        }
        Ok(())
    }

    pub(super) fn unreach(&mut self, phone: Ipv4Addr, address: Ipv4Addr) {
        self.transfers.open_for(phone, None);
        for way in self.ways.iter_mut().filter(|w| w.as_ref().is_some_and(|w| w.address == address)) {
            let last = way.as_mut().is_none_or(|w| {
                w.phones.retain(|p| *p != phone);
                w.phones.is_empty()
            });
            if last {
                *way = None;
            }
        }
        if let Some(ways) = &mut self.sockets.ways {
            ways.take_back(phone, address);
        }
    }

    /// A request by TFTP on an address that the interface has for a phone.
    pub(super) fn read_way(&mut self, now: Time, token: Token, buf: &mut [u8]) {
        let at = usize::try_from(token - WAYS).unwrap_or(usize::MAX);
        for _ in 0..READS {
            let Some(socket) = self.ways.get(at).and_then(|w| w.as_ref()?.socket.as_ref()) else { return };
            let Ok((len, SocketAddr::V4(from))) = socket.recv_from(buf) else { return };
            let bytes = buf.get(..len).unwrap_or_default();
            self.bench.handle_input(now, Input::Datagram { service: Service::Tftp, from, bytes });
            self.drain(now);
        }
    }
}
