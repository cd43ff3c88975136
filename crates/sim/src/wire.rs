//! What goes into a simulated phone and what comes out of it.
//!
//! A phone speaks UDP payloads, whole link frames, and streams. How these travel is the carrier's business:
//! a test hands them straight to the bench, [`crate::netstack`] turns them into Ethernet for a raw socket.
//! Files over TCP, and a phone's own server, are told in whole things: see [`crate::stream`].

use std::net::{Ipv4Addr, SocketAddrV4};

use proto::{Mac, Time};
use serde::Serialize;

use crate::Key;
use crate::stream::{Answer, Conn, Order, Part};

/// One thing on the cable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wire {
    /// A UDP payload with its addresses. DHCP from a phone without an address goes from 0.0.0.0:68
    /// to 255.255.255.255:67.
    Udp {
        /// From.
        src: SocketAddrV4,
        /// To.
        dst: SocketAddrV4,
        /// The payload.
        bytes: Vec<u8>,
    },
    /// A whole Ethernet frame without its check sequence, such as CDP and LLDP.
    Frame(Vec<u8>),
}

/// Everything that can happen to a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Power comes (true) or goes.
    Power(bool),
    /// The network cable is connected (true) or not. A new phone's cable is connected.
    Link(bool),
    /// Something arrived over the cable.
    Wire(Wire),
    /// A person presses or releases a key. Keys are bodies: they can be held without power.
    Key {
        /// Which.
        key: Key,
        /// Pressed (true) or released.
        down: bool,
    },
    /// News of a stream that the phone opened.
    Stream {
        /// The phone's own port.
        port: u16,
        /// What happened.
        event: StreamEvent,
    },
    /// Something came of an [`Output::Order`].
    Part {
        /// Which order.
        id: u16,
        /// What.
        part: Part,
    },
    /// The cable is put into another of the phone's sockets.
    Jack(Jack),
    /// A stick is put into the phone's USB socket: its bytes from the first sector on; none: it is taken out.
    Stick(Option<std::sync::Arc<[u8]>>),
    /// The time given by [`Phone::poll_timeout`] has come.
    Timeout,
}

/// What happens to a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamEvent {
    /// The other side took it.
    Opened,
    /// The other side says this.
    Bytes(Vec<u8>),
    /// It has ended, was refused, or nobody answered.
    Closed,
}

/// What a phone does with a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamAct {
    /// Opens it to this address.
    Open(SocketAddrV4),
    /// Says this.
    Send(Vec<u8>),
    /// Ends it.
    Close,
}

/// The two Ethernet sockets of a desk phone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Jack {
    /// The one for the network.
    Lan,
    /// The one that a computer is put behind.
    #[default]
    Pc,
}

/// Everything a phone does that can be seen from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// It sends something.
    Wire(Wire),
    /// It does something with a TCP stream.
    Stream {
        /// Its own port, by which the stream is known.
        port: u16,
        /// What.
        act: StreamAct,
    },
    /// It fetches a file by a protocol over TCP. What comes of it is handed back as [`Input::Part`].
    Order(Order),
    /// Its network settings changed. Carriers that know only UDP may ignore this; [`crate::netstack`]
    /// needs it.
    Interface(Interface),
    /// The screen now shows these lines; none at all: it is black.
    Screen(Vec<String>),
    /// All lamps that are not off.
    Lamps(Vec<Lamp>),
    /// What happens inside, in words, for whoever reads the run. Never to be acted upon.
    Note(String),
}

/// A phone's network settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Interface {
    /// Frames are sent with this 802.1Q tag and only such frames are heard; CDP and LLDP never are tagged.
    pub vlan: Option<u16>,
    /// Address, network mask and router, once the phone has them.
    pub address: Option<Address>,
}

/// An IPv4 address with what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The phone's own.
    pub ip: Ipv4Addr,
    /// Its network mask.
    pub mask: Ipv4Addr,
    /// Where packets for other networks go.
    pub router: Option<Ipv4Addr>,
}

/// One lamp or group of lamps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lamp {
    /// As it is called on the phone: `line`, `message`, `mute`.
    pub name: &'static str,
    /// Its colour.
    pub colour: Colour,
    /// What it does.
    pub mode: LampMode,
}

/// What a lamp looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Colour {
    Red,
    Amber,
    Green,
}

/// What a lamp does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LampMode {
    /// On all the time.
    Steady,
    /// Blinking.
    Flash,
    /// Blinking faster than [`LampMode::Flash`].
    Fast,
    /// One after the other, from the first to the last.
    Sequence,
}

/// A phone at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PhoneStatus {
    /// Its address on the link.
    pub mac: Mac,
    /// What it is.
    pub model: String,
    /// Whether it has power.
    pub powered: bool,
    /// The load in its flash; `None` when there is no sound one.
    pub load: Option<String>,
    /// The lines on its screen.
    pub screen: Vec<String>,
    /// The lamps that are not off.
    pub lamps: Vec<Lamp>,
    /// What it is doing, in a word or two.
    pub state: &'static str,
    /// Its IPv4 address, once it has one.
    pub address: Option<Ipv4Addr>,
    /// The server it takes files from, once it knows.
    pub server: Option<Ipv4Addr>,
    /// The last message of its status menu.
    pub message: Option<String>,
    /// It holds a trust list and so refuses other clusters' configurations.
    pub trust_list: bool,
    /// It has no sound load and lives by its boot loader alone.
    pub bricked: bool,
}

/// A simulated phone. After every [`Phone::handle_input`], drain [`Phone::poll_output`].
pub trait Phone {
    /// Its address on the link.
    fn mac(&self) -> Mac;

    /// Something happens.
    fn handle_input(&mut self, now: Time, input: Input);

    /// What it does about it; drain until `None`.
    fn poll_output(&mut self) -> Option<Output>;

    /// When to hand it [`Input::Timeout`], and why.
    fn poll_timeout(&self) -> Option<(Time, &'static str)>;

    /// Whether its socket makes a link with a computer's without a switch between.
    fn can_link(&self) -> bool {
        true
    }

    /// How it stands.
    fn status(&self) -> PhoneStatus;

    /// What it is set to, by the key of configuration files; `None` where it is the maker's value, or nothing is
    /// known of such keys.
    fn setting(&self, _key: &str) -> Option<String> {
        None
    }

    /// Whether somebody who connects to this TCP port now finds a server there.
    fn listens(&self, _port: u16) -> bool {
        false
    }

    /// A segment arrives at the phone's own server. Drain [`Phone::poll_output`] after it as after an input.
    fn on_segment(&mut self, _now: Time, _conn: Conn, _bytes: &[u8]) -> Answer {
        Answer::hang_up()
    }

    /// A connection to the phone's own server has ended.
    fn on_close(&mut self, _now: Time, _conn: Conn) {}
}

impl<P: Phone + ?Sized> Phone for Box<P> {
    fn mac(&self) -> Mac {
        (**self).mac()
    }
    fn handle_input(&mut self, now: Time, input: Input) {
        (**self).handle_input(now, input);
    }
    fn poll_output(&mut self) -> Option<Output> {
        (**self).poll_output()
    }
    fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        (**self).poll_timeout()
    }
    fn can_link(&self) -> bool {
        (**self).can_link()
    }
    fn status(&self) -> PhoneStatus {
        (**self).status()
    }
    fn setting(&self, key: &str) -> Option<String> {
        (**self).setting(key)
    }
    fn listens(&self, port: u16) -> bool {
        (**self).listens(port)
    }
    fn on_segment(&mut self, now: Time, conn: Conn, bytes: &[u8]) -> Answer {
        (**self).on_segment(now, conn, bytes)
    }
    fn on_close(&mut self, now: Time, conn: Conn) {
        (**self).on_close(now, conn);
    }
}
