//! What other threads (HTTP, screens, the folder's watcher) say to the loop that owns the bench.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SendError, Sender, channel};

use bench::plan::answer::{Content, Refusal};
use bench::shelf::{Blob, FolderFile};
use bench::{Command, JobId, JobNews, TransferId, TransferNews, Via};
use rustix::event::{EventfdFlags, eventfd};
use rustix::fd::OwnedFd;

/// The answer to a file request: what to send, why not, or nothing at all.
pub(crate) type FileAnswer = Result<(TransferId, Content), Option<Refusal>>;

/// One thing said to the loop.
pub(crate) enum Message {
    /// The technician wants something.
    Command(Command),
    /// A phone asks for a file by a protocol that a library has parsed.
    FileRequest {
        /// How.
        via: Via,
        /// Who.
        from: Ipv4Addr,
        /// The name's bytes, percent-decoding done.
        name: Vec<u8>,
        /// HTTP User-Agent.
        user_agent: Option<Vec<u8>>,
        /// Where the answer goes; dropped without one when the loop ends.
        answer: tokio::sync::oneshot::Sender<FileAnswer>,
    },
    /// A phone ended TLS before it asked for anything.
    TlsRefused {
        /// Who.
        from: Ipv4Addr,
        /// The host that it wanted.
        host: Option<String>,
        /// How it ended.
        why: String,
    },
    /// News of a transfer that such a request began.
    Transfer(TransferId, TransferNews),
    /// News of a job.
    Job(JobId, JobNews),
    /// What is on the shelf now.
    Shelf(Vec<Blob>),
    /// What is in the served folder now.
    Folder(Vec<FolderFile>),
}

/// The sending side; cheap to clone.
#[derive(Clone)]
pub(crate) struct Mailbox {
    sender: Sender<Message>,
    bell: Arc<OwnedFd>,
}

impl Mailbox {
    /// A mailbox and its receiving end with the bell that wakes the loop.
    pub(crate) fn new() -> std::io::Result<(Mailbox, Receiver<Message>, Arc<OwnedFd>)> {
        let bell = Arc::new(eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?);
        let (sender, receiver) = channel();
        Ok((Mailbox { sender, bell: Arc::clone(&bell) }, receiver, bell))
    }

    /// Says something; an error means that the loop has ended.
    pub(crate) fn send(&self, message: Message) -> Result<(), SendError<Message>> {
        self.sender.send(message)?;
        // A full counter still wakes; nothing else can go wrong with an event descriptor.
        let _ = rustix::io::write(&*self.bell, &1u64.to_ne_bytes());
        Ok(())
    }
}
