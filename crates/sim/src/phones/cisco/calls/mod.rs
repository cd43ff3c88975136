//! What a phone does once it has its files: it registers, keeps that alive, and does what it is told.
//!
//! [`sccp`] over a stream and [`sip`] over datagrams, each from the facts and with a codec of its own. Not
//! here: calls, media, and any authentication.

pub(crate) mod sccp;
pub(crate) mod sip;

use std::net::SocketAddrV4;

use proto::Time;

use crate::{StreamAct, StreamEvent};

/// What a phone's registration wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Do this with the stream of this port.
    Stream { port: u16, act: StreamAct },
    /// Send this datagram.
    Send { from_port: u16, dst: SocketAddrV4, bytes: Vec<u8> },
    /// These lines are on the screen now.
    Show(Vec<String>),
    /// A line for the status messages.
    Message(&'static str),
    /// For whoever reads the run.
    Note(String),
    /// It rings (true) or is quiet again.
    Ring(bool),
    /// The server took the phone.
    Registered,
    /// The server refuses the phone, or does not answer for long.
    Failed,
    /// Restart.
    Restart(&'static str),
    /// Read the configuration again, and restart if it asks for it.
    Reread,
}

/// A registration.
#[derive(Debug)]
pub(crate) enum Calls {
    Sccp(sccp::Client),
    Sip(sip::Client),
}

impl Calls {
    pub(crate) fn handle_stream(&mut self, now: Time, port: u16, event: &StreamEvent) {
        if let Calls::Sccp(client) = self {
            client.handle_stream(now, port, event);
        }
    }

    pub(crate) fn handle_datagram(&mut self, now: Time, src: SocketAddrV4, port: u16, bytes: &[u8]) {
        if let Calls::Sip(client) = self
            && port == client.port
        {
            client.handle_datagram(now, src, bytes);
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Time) {
        match self {
            Calls::Sccp(client) => client.handle_timeout(now),
            Calls::Sip(client) => client.handle_timeout(now),
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        match self {
            Calls::Sccp(client) => client.poll_timeout(),
            Calls::Sip(client) => client.poll_timeout(),
        }
    }

    /// The next thing to do; drain until `None`.
    pub(crate) fn poll_event(&mut self) -> Option<Event> {
        match self {
            Calls::Sccp(client) => client.poll_event(),
            Calls::Sip(client) => client.poll_event(),
        }
    }

    pub(crate) fn is_registered(&self) -> bool {
        match self {
            Calls::Sccp(client) => client.is_registered(),
            Calls::Sip(client) => client.is_registered(),
        }
    }
}
