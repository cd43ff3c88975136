//! The closed list of what can happen to the bench.

use std::net::{Ipv4Addr, SocketAddrV4};

use proto::Mac;

use crate::job::{JobId, JobNews};
use crate::observe::Via;
use crate::shelf::{Blob, FolderFile};
use crate::signalling::Wish;

/// One thing that happened. After each, drain [`crate::Bench::poll_output`] down to the time-out.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// A datagram for one of the services.
    Datagram {
        /// The service it came to.
        service: Service,
        /// Its sender.
        from: SocketAddrV4,
        /// Its bytes.
        bytes: &'a [u8],
    },
    /// News of a TCP conversation that the bench itself leads.
    Stream {
        /// Which conversation.
        conn: ConnId,
        /// The service that it came to.
        service: Service,
        /// The phone's address and port.
        from: SocketAddrV4,
        /// What happened.
        event: StreamEvent<'a>,
    },
    /// An Ethernet frame as it was on the cable.
    Frame {
        /// Its bytes, from the destination address on, without the check sequence.
        bytes: &'a [u8],
        /// The VLAN that the network card took off, if it did.
        vlan: Option<u16>,
    },
    /// A request for a file, by a protocol whose library has parsed it already.
    FileRequest {
        /// By which the app knows the request again.
        ticket: Ticket,
        /// The protocol.
        via: Via,
        /// Who asks.
        from: Ipv4Addr,
        /// The name's bytes, percent-decoding done.
        name: &'a [u8],
        /// HTTP User-Agent.
        user_agent: Option<&'a [u8]>,
    },
    /// A TLS conversation ended before anything was asked.
    TlsRefused {
        /// Who was it.
        from: Ipv4Addr,
        /// The host that it wanted (SNI), escaped.
        host: Option<String>,
        /// How it ended.
        why: String,
    },
    /// News of a transfer that was handed out.
    Transfer {
        /// Which.
        id: TransferId,
        /// What.
        news: TransferNews,
    },
    /// News of a job that was handed out.
    Job {
        /// Which.
        id: JobId,
        /// What.
        news: JobNews,
    },
    /// A way to a phone in another subnet was made, or could not be ([`crate::Output::Reach`]).
    Reached {
        /// The phone's address.
        phone: Ipv4Addr,
        /// The computer's own address towards it.
        address: Ipv4Addr,
        /// Why not, if not.
        failed: Option<String>,
    },
    /// The link came up or went down.
    Link {
        /// Whether it is up.
        up: bool,
    },
    /// What is on the shelf now.
    Shelf(Vec<Blob>),
    /// What is in the served folder now.
    Folder(Vec<FolderFile>),
    /// The technician wants something.
    Command(Command),
    /// The time asked for by [`crate::Output::Timeout`] has come.
    Timeout,
}

/// The services whose bytes the bench reads itself: datagrams, and for SCCP a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// DHCP, port 67.
    Dhcp,
    /// TFTP, port 69: requests; transfers have ports of their own.
    Tftp,
    /// SIP over UDP, port 5060, and the group 224.0.1.75 to which phones send when they look for provisioning.
    Sip,
    /// SCCP, TCP port 2000: the only one whose bytes come as [`Input::Stream`].
    Sccp,
    /// DNS, port 53.
    Dns,
    /// Multicast DNS, port 5353 (RFC 6762).
    Mdns,
    /// NTP, port 123.
    Ntp,
    /// Syslog, port 514.
    Syslog,
}

impl Service {
    /// All of them.
    pub const ALL: [Service; 8] = [
        Service::Dhcp,
        Service::Tftp,
        Service::Sip,
        Service::Sccp,
        Service::Dns,
        Service::Mdns,
        Service::Ntp,
        Service::Syslog,
    ];

    /// Its registered port.
    pub const fn port(self) -> u16 {
        match self {
            Service::Dhcp => 67,
            Service::Tftp => 69,
            Service::Sip => 5060,
            Service::Sccp => 2000,
            Service::Dns => 53,
            Service::Mdns => 5353,
            Service::Ntp => 123,
            Service::Syslog => 514,
        }
    }

    /// The multicast group that its datagrams may come to.
    pub const fn group(self) -> Option<Ipv4Addr> {
        match self {
            Service::Sip => Some(Ipv4Addr::new(224, 0, 1, 75)),
            Service::Mdns => Some(Ipv4Addr::new(224, 0, 0, 251)),
            _ => None,
        }
    }

    /// The protocol's name.
    pub const fn name(self) -> &'static str {
        match self {
            Service::Dhcp => "DHCP",
            Service::Tftp => "TFTP",
            Service::Sip => "SIP",
            Service::Sccp => "SCCP",
            Service::Dns => "DNS",
            Service::Mdns => "mDNS",
            Service::Ntp => "NTP",
            Service::Syslog => "syslog",
        }
    }
}

/// By which a file request is known again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// By which a TCP conversation is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnId(pub u64);

/// What happened to a TCP conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEvent<'a> {
    /// A phone opened it.
    Opened,
    /// Bytes came, as many as were there: a message may be cut anywhere.
    Bytes(&'a [u8]),
    /// It is over: closed by the phone, broken, or dropped because there were too many.
    Closed,
}

/// By which a transfer is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TransferId(pub u64);

/// What a transfer has to tell. Progress is throttled by the app, to four times a second at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferNews {
    /// So much has been acknowledged.
    Progress {
        /// Bytes.
        bytes: u64,
        /// Bytes in all, as the opened file has them.
        size: u64,
    },
    /// The last byte was acknowledged (TFTP) or written out (HTTP).
    Done {
        /// Bytes.
        bytes: u64,
        /// Blocks sent again.
        repeats: u64,
    },
    /// It ended early.
    Failed {
        /// Bytes acknowledged until then.
        bytes: u64,
        /// Why.
        why: String,
    },
}

/// What a technician can want. Screens send these and change nothing themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Begin a procedure for a phone.
    Start {
        /// Whose.
        phone: Mac,
        /// The procedure's id; none means the one that its finding recommends.
        procedure: Option<String>,
        /// The load to go to: its name or version.
        to: Option<String>,
    },
    /// The current step was done.
    Confirm {
        /// Whose.
        phone: Mac,
    },
    /// Somebody approved that the phone is erased.
    Approve {
        /// Whose phone.
        phone: Mac,
        /// Who.
        who: String,
        /// Why.
        why: String,
    },
    /// A name that the phone asks for means this file on the shelf.
    Map {
        /// Whose phone.
        phone: Mac,
        /// The name as asked for.
        asked: String,
        /// The file's name on the shelf.
        file: String,
    },
    /// The screen shows this one of the answers that the current step offers.
    Answer {
        /// Whose.
        phone: Mac,
        /// Which, from 0.
        answer: usize,
    },
    /// Tell a registered phone something.
    Tell {
        /// Which.
        phone: Mac,
        /// What.
        wish: Wish,
    },
    /// Stop the procedure.
    Abort {
        /// Whose.
        phone: Mac,
    },
    /// Answer this station although it is not known to be a phone.
    Allow {
        /// Which.
        phone: Mac,
    },
    /// Stop everything; rows are closed.
    Stop,
}
