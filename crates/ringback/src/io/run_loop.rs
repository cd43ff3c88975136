//! The loop that owns the bench: bytes in, outputs obeyed, one change at a time.

mod send;
mod ways;

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, SocketAddrV4, TcpListener, UdpSocket};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use bench::plan::answer::Refusal;
use bench::view::ViewCache;
use bench::{Bench, Command, Input, Output, Service, StreamEvent, Ticket, TransferId, TransferNews};
use proto::Time;

pub(crate) use self::ways::Ways;
use self::ways::{WAYS, WAYS_AT_ONCE, Way};
use super::cable::Cable;
use super::clock::Clock;
use super::content::Library;
use super::link::{LinkState, LinkWatch};
use super::message::{FileAnswer, Message};
use super::poller::{Poller, Token};
use super::sharing::OpenSocket;
use super::shown::Shown;
use super::streams::{Happened, Streams};
use super::transfers::{FIRST_TOKEN, Transfers};
use super::uploads::Uploads;
use crate::jobs::Jobs;
use crate::store::writer::Writer;

const BELL: Token = 1;
const CABLE: Token = 2;
const LINK: Token = 3;
/// Tokens of the services: this plus the service's place in [`Service::ALL`].
const SERVICES: Token = 16;
const SERVICE_COUNT: Token = Service::ALL.len() as Token;
/// Datagrams of one service read per turn, so that a flood of one does not starve the others.
const READS: usize = 64;
/// The loop looks up at least this often.
const LONGEST_WAIT: Duration = Duration::from_millis(500);
/// Journal lines are handed to the writer at most this late.
const LINES_LATEST: Duration = Duration::from_millis(10);
/// Screens get a new view at most this often.
const VIEW_EVERY: Duration = Duration::from_millis(50);

/// The sockets of a bench, bound to its interface already.
pub(crate) struct Sockets {
    /// Those of the services that take datagrams.
    pub(crate) udp: BTreeMap<Service, UdpSocket>,
    /// Those of the services whose conversations the bench leads.
    pub(crate) listeners: Vec<(Service, TcpListener)>,
    /// Frames.
    pub(crate) cable: Option<Box<dyn Cable>>,
    /// Tells when the link comes up and goes down.
    pub(crate) link: Option<LinkWatch>,
    /// Where broadcast DHCP replies go when they travel by socket.
    pub(crate) dhcp_broadcast: SocketAddrV4,
    /// Makes a socket for transfers.
    pub(crate) transfer_socket: OpenSocket,
    /// Makes and takes back ways to phones of other subnets; none where that cannot be.
    pub(crate) ways: Option<Box<dyn Ways>>,
}

/// Is told every observation.
pub(crate) type Teller = Box<dyn FnMut(&bench::Observation) + Send>;
/// Says when a run is to end by itself.
pub(crate) type Done = Box<dyn FnMut(&Bench) -> bool + Send>;

/// The loop.
pub(crate) struct RunLoop {
    bench: Bench,
    clock: Clock,
    sockets: Sockets,
    poller: Poller,
    transfers: Transfers,
    uploads: Uploads,
    streams: Streams,
    jobs: Jobs,
    library: Arc<Library>,
    writer: Writer,
    mailbox: Receiver<Message>,
    bell: Arc<OwnedFd>,
    ways: Vec<Option<Way>>,
    answers: Vec<(Ticket, tokio::sync::oneshot::Sender<FileAnswer>)>,
    next_ticket: u64,
    shown: Shown,
    shown_at: Time,
    shown_n: u64,
    views: ViewCache,
    /// When the bench wants to be looked at next; true until it is told something.
    wake_at: Time,
    on_line: Option<Teller>,
    until: Option<Done>,
}

/// Everything a loop is made of.
pub(crate) struct Parts {
    /// The bench, switched on.
    pub(crate) bench: Bench,
    /// The clock that the bench was switched on with.
    pub(crate) clock: Clock,
    /// Its sockets.
    pub(crate) sockets: Sockets,
    /// Where contents are opened.
    pub(crate) library: Arc<Library>,
    /// Where journal, rows and leases go.
    pub(crate) writer: Writer,
    /// What other threads say.
    pub(crate) mailbox: Receiver<Message>,
    /// What wakes the loop for them.
    pub(crate) bell: Arc<OwnedFd>,
    /// Uploads.
    pub(crate) uploads: Uploads,
    /// Work beside the loop.
    pub(crate) jobs: Jobs,
}

impl RunLoop {
    /// A loop about to run.
    pub(crate) fn new(mut parts: Parts) -> io::Result<RunLoop> {
        let poller = Poller::new()?;
        poller.add(&*parts.bell, BELL)?;
        for (token, service) in (SERVICES..).zip(Service::ALL) {
            if let Some(socket) = parts.sockets.udp.get(&service) {
                poller.add(socket, token)?;
            }
        }
        let transfers = Transfers::new(Arc::clone(&parts.sockets.transfer_socket));
        let streams = Streams::new(&poller, std::mem::take(&mut parts.sockets.listeners))?;
        if let Some(cable) = &parts.sockets.cable {
            poller.add(cable.fd(), CABLE)?;
        }
        if let Some(link) = &parts.sockets.link {
            poller.add(link, LINK)?;
        }
        Ok(RunLoop {
            bench: parts.bench,
            clock: parts.clock,
            sockets: parts.sockets,
            poller,
            transfers,
            uploads: parts.uploads,
            streams,
            jobs: parts.jobs,
            library: parts.library,
            writer: parts.writer,
            mailbox: parts.mailbox,
            bell: parts.bell,
            ways: Vec::new(),
            answers: Vec::new(),
            next_ticket: 1,
            shown: Shown::default(),
            shown_at: Time::ZERO,
            shown_n: 0,
            views: ViewCache::default(),
            wake_at: Time::ZERO,
            on_line: None,
            until: None,
        })
    }

    /// Where screens find the newest view.
    pub(crate) fn shown(&self) -> Shown {
        Arc::clone(&self.shown)
    }

    /// Calls this for every observation, as the plain screen does.
    pub(crate) fn on_observation(&mut self, call: Teller) {
        self.on_line = Some(call);
    }

    /// Ends by itself as soon as this is so.
    pub(crate) fn until(&mut self, done: Done) {
        self.until = Some(done);
    }

    /// Runs until a stop is commanded, then closes rows and writes everything out.
    pub(crate) fn run(mut self) -> io::Result<Bench> {
        let mut buf = vec![0u8; 65_536];
        let mut ready = Vec::new();
        let mut stop = false;
        let mut lines_at = self.clock.now();
        self.drain(lines_at);
        self.read_link(self.clock.now());
        while !stop {
            let now = self.clock.now();
            let others = [self.transfers.poll_timeout(), self.uploads.poll_timeout(), self.streams.poll_timeout(now)];
            let lines = self.writer.has_lines().then(|| lines_at + LINES_LATEST);
            let soonest = others.into_iter().chain([lines, self.show_due()]).flatten().chain([self.wake_at]).min();
            let longest = soonest.map_or(LONGEST_WAIT, |at| self.clock.real(at.since(now))).min(LONGEST_WAIT);
            self.poller.wait(Some(longest), &mut ready)?;
            let now = self.clock.now();
            for &token in &ready {
                match token {
                    BELL => stop |= self.mail(now),
                    CABLE => self.read_cable(now, &mut buf),
                    LINK => self.read_link(now),
                    stream if Streams::owns(stream) => self.read_stream(now, stream, &mut buf),
                    transfer if transfer >= FIRST_TOKEN => self.transfers.ready(now, transfer, &mut buf),
                    way if (WAYS..WAYS + WAYS_AT_ONCE as Token).contains(&way) => self.read_way(now, way, &mut buf),
                    service if service < SERVICES + SERVICE_COUNT => self.read_service(now, service, &mut buf),
                    upload => self.uploads.ready(now, upload, &mut buf),
                }
            }
            self.transfers.handle_timeouts(now);
            self.uploads.handle_timeouts(now);
            self.streams.handle_timeouts();
            self.settle(now);
            if let Some(done) = &mut self.until {
                stop |= done(&self.bench);
            }
            if now.since(lines_at) >= LINES_LATEST {
                lines_at = now;
                self.writer.flush();
            }
            self.show(now, false);
        }
        let now = self.clock.now();
        self.bench.handle_input(now, Input::Command(Command::Stop));
        self.drain(now);
        self.show(now, true);
        self.writer.finish();
        Ok(self.bench)
    }

    /// Tells the bench what became of transfers, and that its time has come.
    fn settle(&mut self, now: Time) {
        while self.transfers.has_news() || self.uploads.has_news() {
            let mut news = self.transfers.take_news();
            news.extend(self.uploads.take_news());
            for (id, news) in news {
                self.bench.handle_input(now, Input::Transfer { id, news });
                self.drain(now);
            }
        }
        if self.wake_at <= now {
            self.bench.handle_input(now, Input::Timeout);
            self.drain(now);
        }
    }

    /// Obeys outputs until the bench has nothing more to say but when to come back.
    fn drain(&mut self, now: Time) {
        loop {
            match self.bench.poll_output() {
                Output::Timeout { at, .. } => {
                    self.wake_at = at;
                    return;
                }
                Output::Dhcp { to, bytes } => self.send_dhcp(to, &bytes),
                Output::Frame(frame) => {
                    if let Some(cable) = &self.sockets.cable {
                        let _ = cable.send(&frame);
                    }
                }
                Output::Datagram { service, to, bytes } => self.send_datagram(service, &bytes, to),
                Output::Reach { phone, address } => self.reach(now, phone, address),
                Output::Unreach { phone, address } => self.unreach(phone, address),
                Output::Stream { conn, bytes, close } => self.streams.send(conn, &bytes, close),
                Output::Job { id, job } => self.jobs.begin(id, job),
                Output::DropJob(id) => self.jobs.drop_job(id),
                Output::Transfer { id, peer, request, quirks, content } => {
                    let begun = self
                        .library
                        .open(&content)
                        .and_then(|data| self.transfers.begin(&self.poller, now, id, peer, &request, quirks, data));
                    if let Err(error) = begun {
                        self.refuse(now, id, peer, &error);
                    }
                }
                Output::DropTransfer(id) => self.transfers.drop_transfer(now, id),
                Output::Receive { id, peer, request, name, limit } => {
                    let begun = (self.sockets.transfer_socket)().and_then(|socket| {
                        self.uploads.begin(&self.poller, now, id, peer, &request, &name, limit, socket)
                    });
                    if let Err(error) = begun {
                        self.refuse(now, id, peer, &error);
                    }
                }
                Output::Answer { ticket, id, answer } => self.answer(ticket, id, answer.map(|a| a.1)),
                Output::Journal(observation) => {
                    if let Some(call) = &mut self.on_line {
                        call(&observation);
                    }
                    self.writer.journal(observation);
                }
                Output::Row(row) => self.writer.row(row),
                Output::Leases(leases) => self.writer.leases(leases),
            }
        }
    }

    fn refuse(&mut self, now: Time, id: TransferId, peer: SocketAddrV4, error: &io::Error) {
        let packet = proto::tftp::Packet::Error { code: Refusal::Unreadable.tftp(), text: b"not readable" }.to_vec();
        self.send_datagram(Service::Tftp, &packet, peer);
        let why = format!("it could not be opened: {error} (RB215)");
        self.bench.handle_input(now, Input::Transfer { id, news: TransferNews::Failed { bytes: 0, why } });
    }

    fn answer(
        &mut self,
        ticket: Ticket,
        id: TransferId,
        answer: Result<bench::plan::answer::Content, Option<Refusal>>,
    ) {
        if let Some(at) = self.answers.iter().position(|a| a.0 == ticket) {
            let (_, sender) = self.answers.swap_remove(at);
            // A client that went away meanwhile is told of by its own news.
            let _ = sender.send(answer.map(|content| (id, content)));
        }
    }

    fn read_service(&mut self, now: Time, token: Token, buf: &mut [u8]) {
        let service = (SERVICES..).zip(Service::ALL).find(|(t, _)| *t == token).map(|(_, s)| s);
        let Some(service) = service else { return };
        for _ in 0..READS {
            let Some(socket) = self.sockets.udp.get(&service) else { return };
            match socket.recv_from(buf) {
                Ok((len, SocketAddr::V4(from))) => {
                    self.bench.handle_input(now, Input::Datagram { service, from, bytes: &buf[..len] });
                    self.drain(now);
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => {}
            }
        }
    }

    fn read_stream(&mut self, now: Time, token: Token, buf: &mut [u8]) {
        let Some(told) = self.streams.ready(&self.poller, token, buf) else { return };
        let event = match told.what {
            Happened::Opened => StreamEvent::Opened,
            Happened::Bytes(len) => StreamEvent::Bytes(buf.get(..len).unwrap_or_default()),
            Happened::Closed => StreamEvent::Closed,
        };
        let input = Input::Stream { conn: told.conn, service: told.service, from: told.from, event };
        self.bench.handle_input(now, input);
        self.drain(now);
    }

    fn read_cable(&mut self, now: Time, buf: &mut [u8]) {
        for _ in 0..READS {
            let Some(cable) = &mut self.sockets.cable else { return };
            match cable.recv(buf) {
                Ok(Some((len, vlan))) => {
                    self.bench.handle_input(now, Input::Frame { bytes: &buf[..len], vlan });
                    self.drain(now);
                }
                Ok(None) => return,
                Err(_) => return,
            }
        }
    }

    fn read_link(&mut self, now: Time) {
        let Some(link) = &mut self.sockets.link else { return };
        while let Ok(Some(state)) = link.poll() {
            self.bench.handle_input(now, Input::Link { up: state == LinkState::Carrier });
        }
        self.drain(now);
    }

    /// What other threads said; true when the loop is to end.
    fn mail(&mut self, now: Time) -> bool {
        let mut rung = [0u8; 8];
        let _ = rustix::io::read(&*self.bell, &mut rung);
        let mut stop = false;
        while let Ok(message) = self.mailbox.try_recv() {
            match message {
                Message::Command(Command::Stop) => stop = true,
                Message::Command(command) => self.bench.handle_input(now, Input::Command(command)),
                Message::Transfer(id, news) => self.bench.handle_input(now, Input::Transfer { id, news }),
                Message::Job(id, news) => {
                    self.jobs.ended(id, &news);
                    self.bench.handle_input(now, Input::Job { id, news });
                }
                Message::TlsRefused { from, host, why } => {
                    self.bench.handle_input(now, Input::TlsRefused { from, host, why });
                }
                Message::Shelf(blobs) => self.bench.handle_input(now, Input::Shelf(blobs)),
                Message::Folder(files) => self.bench.handle_input(now, Input::Folder(files)),
                Message::FileRequest { via, from, name, user_agent, answer } => {
                    let ticket = Ticket(self.next_ticket);
                    self.next_ticket += 1;
                    self.answers.push((ticket, answer));
                    let input =
                        Input::FileRequest { ticket, via, from, name: &name, user_agent: user_agent.as_deref() };
                    self.bench.handle_input(now, input);
                }
            }
            self.drain(now);
        }
        stop
    }

    /// When something has happened that screens have not been shown.
    fn show_due(&self) -> Option<Time> {
        let unshown = self.bench.state().n != self.shown_n && self.shown.is_watched();
        unshown.then(|| self.shown_at + VIEW_EVERY * self.clock.speed())
    }

    fn show(&mut self, now: Time, ended: bool) {
        if !ended && self.clock.real(now.since(self.shown_at)) < VIEW_EVERY {
            return;
        }
        // Nobody looks: nobody is drawn for.
        if !ended && !self.shown.is_watched() {
            return;
        }
        (self.shown_at, self.shown_n) = (now, self.bench.state().n);
        let view = self.views.view(&self.bench, now);
        self.shown.show(view, ended);
    }
}
