//! The closed list of what the bench asks of its host.

use std::net::{Ipv4Addr, SocketAddrV4};

use proto::dhcp::server::{Destination, Lease};
use proto::{Time, tftp};

use crate::input::{ConnId, Service, Ticket, TransferId};
use crate::job::{Job, JobId};
use crate::ledger::Row;
use crate::observe::{Layer, Observation};
use crate::plan::answer::{Content, Refusal};

/// One thing to do.
#[derive(Clone, Debug)]
pub enum Output {
    /// Send a DHCP message from the bench's server port.
    Dhcp {
        /// Where it goes.
        to: Destination,
        /// Its bytes, from the BOOTP header on.
        bytes: Vec<u8>,
    },
    /// Put a frame on the cable.
    Frame(Vec<u8>),
    /// Send a datagram from a service's port; from the TFTP port only refusals go.
    Datagram {
        /// Whose port.
        service: Service,
        /// To whom.
        to: SocketAddrV4,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// Send bytes on a TCP conversation.
    Stream {
        /// Which.
        conn: ConnId,
        /// What to send; may be nothing.
        bytes: Vec<u8>,
        /// Whether to close it afterwards.
        close: bool,
    },
    /// Give the interface this address for the phone at that one, and no other; answer TFTP there too. It is
    /// written down first, and taken back at the end. Say [`crate::Input::Reached`].
    Reach {
        /// The phone's address.
        phone: Ipv4Addr,
        /// The interface's new one.
        address: Ipv4Addr,
    },
    /// Take it back.
    Unreach {
        /// The phone's address.
        phone: Ipv4Addr,
        /// The interface's.
        address: Ipv4Addr,
    },
    /// Begin a job: long sequential work that the host does beside the bench and tells news of.
    Job {
        /// By which it is known.
        id: JobId,
        /// What to do.
        job: Job,
    },
    /// End a job without waiting for it; its news end.
    DropJob(JobId),
    /// Hand out a transfer: open the content, give it a port that the phone knows from no other, drive a
    /// [`proto::tftp::transfer::Transfer`], and report news.
    Transfer {
        /// By which it is known.
        id: TransferId,
        /// The phone's address and port.
        peer: SocketAddrV4,
        /// The read request as it came.
        request: Vec<u8>,
        /// How far options are granted.
        quirks: tftp::Quirks,
        /// What to send.
        content: Content,
    },
    /// End a transfer without a word: the phone has given it up for another.
    DropTransfer(TransferId),
    /// Take a file from a phone into the quarantine folder.
    Receive {
        /// By which it is known.
        id: TransferId,
        /// The phone's address and port.
        peer: SocketAddrV4,
        /// The write request as it came.
        request: Vec<u8>,
        /// Its name, normalised, last component only.
        name: String,
        /// Largest size, bytes.
        limit: u64,
    },
    /// Answer a file request.
    Answer {
        /// Which.
        ticket: Ticket,
        /// The transfer's id, for news, when something is served.
        id: TransferId,
        /// The answer; an ignored request gets its connection closed.
        answer: Result<(Layer, Content), Option<Refusal>>,
    },
    /// Write an observation into the journal.
    Journal(Observation),
    /// Write or replace a row of the ledger, and sync it.
    Row(Row),
    /// The leases that run, soon after they change (at most four times a second): they survive a restart.
    Leases(Vec<Lease>),
    /// Nothing more to do until then. Always the last.
    Timeout {
        /// When to call [`crate::Bench::handle_input`] with [`crate::Input::Timeout`].
        at: Time,
        /// Why, in words.
        why: &'static str,
    },
}
