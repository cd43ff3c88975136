//! The bench: one enum in, one enum out, and the one path that every observation takes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use profile::Profiles;
use proto::dhcp::server::{Lease, Server, Settings, Wishes};
use proto::sip::pnp::Notifier;
use proto::{Mac, Time};

use crate::config::Config;
use crate::guard::{Guard, Stand};
use crate::input::{Input, Service, TransferId};
use crate::job::JobId;
use crate::limit::Limiter;
use crate::observe::{Layer, Observation, Seen};
use crate::on_pnp::notifier;
use crate::on_web::Web;
use crate::output::Output;
use crate::plan::answer::Content;
use crate::plan::overlay::{Laid, Sight};
use crate::procedure::run::Run;
use crate::procedure::runs::Runs;
use crate::shelf::Shelf;
use crate::signalling::Signalling;
use crate::silence::silence;
use crate::state::State;
use crate::web_login::Login;

/// Clients that hold an address at once: all that a pool can have.
const LEASES: usize = 65_536;
/// A cable without a link, from the beginning on.
const NO_LINK: Duration = Duration::from_secs(120);
/// How often silent phones are looked for.
const HOUSEKEEPING: Duration = Duration::from_secs(5);
/// A phone that is to be worked on says something within this time, if its cable is in the right socket.
const QUIET: Duration = Duration::from_secs(120);

/// A station's last announcement, and in which of its starts it came.
pub(crate) type Announced = Option<(u32, Seen)>;

/// A transfer that was handed out and has not ended.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    pub(crate) phone: Option<Mac>,
    pub(crate) peer: Option<SocketAddrV4>,
    pub(crate) name: String,
    pub(crate) began: Time,
    pub(crate) bytes: u64,
    pub(crate) size: u64,
}

/// The bench.
#[derive(Debug)]
pub struct Bench {
    pub(crate) config: Config,
    pub(crate) profiles: Arc<Profiles>,
    pub(crate) shelf: Shelf,
    /// Names of its complete loads, and how often it changed.
    pub(crate) loads: (Vec<String>, u64),
    pub(crate) state: State,
    pub(crate) dhcp: Option<Server>,
    /// What phones of a family are told by DHCP, by its id, where it is the same for all of them.
    pub(crate) told: BTreeMap<Option<String>, Wishes>,
    pub(crate) guard: Guard,
    pub(crate) runs: Runs,
    /// Procedures that were refused or have ended, by phone: not begun again by themselves.
    pub(crate) tried: BTreeSet<(Mac, String)>,
    pub(crate) transfers: BTreeMap<TransferId, Open>,
    pub(crate) by_peer: BTreeMap<SocketAddrV4, TransferId>,
    /// Transfers that have not moved yet, oldest first.
    pub(crate) half_open: BTreeSet<TransferId>,
    pub(crate) next_transfer: u64,
    pub(crate) next_job: u64,
    /// Tries to log in that are under way.
    pub(crate) logins: BTreeMap<JobId, (Mac, Login)>,
    /// The last CDP and LLDP announcement of each station, with the start in which it came.
    pub(crate) announced: BTreeMap<Mac, (Announced, Announced)>,
    pub(crate) web: Web,
    /// Since when the link is up and nothing was heard on it; none once that was told.
    pub(crate) quiet_since: Option<Time>,
    /// Phones' call clients.
    pub(crate) signalling: Signalling,
    queue: VecDeque<(Option<Mac>, Seen)>,
    outputs: VecDeque<Output>,
    pub(crate) limiter: Limiter,
    /// Answers to SIP PnP.
    pub(crate) pnp: Notifier,
    switched_on: Time,
    /// When changed leases are written down.
    pub(crate) leases_due: Option<Time>,
    housekeeping: Time,
    timeout_told: bool,
}

/// A vendor class as a phone of this family sends it.
fn phone_class(family: &profile::Family) -> Option<String> {
    let model = family.models.first()?;
    let marks = family.identity.vendor_class.iter();
    marks.filter(|m| m.pattern.names().any(|n| n == "model")).find_map(|m| m.pattern.fill(|_| Some(model.name.clone())))
}

impl Bench {
    /// A bench about to be switched on. Leases are those of an earlier run.
    pub fn new(now: Time, config: Config, profiles: impl Into<Arc<Profiles>>, leases: Vec<Lease>) -> Bench {
        let profiles: Arc<Profiles> = profiles.into();
        let dhcp = config.pool.map(|(first, last)| {
            let mut settings = Settings::new(config.server, config.prefix, first, last);
            settings.lease_time = config.lease;
            settings.arp_check = config.frames;
            settings.answer_relayed = config.relayed;
            settings.wall_offset = config.wall_ms;
            settings.max_leases = LEASES;
            Server::restore(settings, now, leases)
        });
        let probe = if config.frames { config.probe } else { Duration::ZERO };
        let mut guard = Guard::new(now, dhcp.is_some(), config.mac, probe, config.probe_every, config.seed);
        guard.ask_as(profiles.families().find_map(phone_class));
        let mut bench = Bench {
            shelf: Shelf::default(),
            loads: (Vec::new(), 0),
            state: State::default(),
            dhcp,
            told: BTreeMap::new(),
            guard,
            runs: Runs::default(),
            tried: BTreeSet::new(),
            transfers: BTreeMap::new(),
            by_peer: BTreeMap::new(),
            half_open: BTreeSet::new(),
            next_transfer: 1,
            next_job: 1 << 32,
            logins: BTreeMap::new(),
            announced: BTreeMap::new(),
            web: Web::new(now, &config),
            quiet_since: None,
            signalling: Signalling::new(config.server, config.wall_ms, config.seed),
            queue: VecDeque::new(),
            outputs: VecDeque::new(),
            limiter: Limiter::default(),
            pnp: notifier(config.server, config.seed),
            switched_on: now,
            leases_due: None,
            housekeeping: now + HOUSEKEEPING,
            timeout_told: false,
            config,
            profiles,
        };
        let started = Seen::BenchStarted {
            version: bench.config.version.clone(),
            wall_ms: bench.config.wall_ms,
            iface: bench.config.iface.clone(),
            server: bench.config.server,
            prefix: bench.config.prefix,
        };
        bench.observe(now, None, started);
        let procedure = bench.config.procedure.clone().unwrap_or_default();
        for say in crate::plan::overlay::rescue_words(&bench.profiles, &bench.config, &procedure) {
            bench.observe(now, None, Seen::ToDo { say });
        }
        if bench.guard.serves() {
            bench.observe(now, None, Seen::ServingBegan);
        }
        bench.drain_children(now);
        bench
    }

    /// One thing that happened. Drain [`Bench::poll_output`] after each.
    pub fn handle_input(&mut self, now: Time, input: Input<'_>) {
        self.timeout_told = false;
        match input {
            Input::Datagram { service: Service::Dhcp, from, bytes } => self.on_dhcp(now, *from.ip(), bytes),
            Input::Datagram { service: Service::Tftp, from, bytes } => self.on_tftp(now, from, bytes),
            Input::Datagram { service, from, bytes } => self.on_datagram(now, service, from, bytes),
            Input::Stream { conn, service, from, event } => self.on_stream(now, conn, service, from, event),
            Input::Job { id, news } => self.on_job(now, id, news),
            Input::Frame { bytes, vlan } => self.on_frame(now, bytes, vlan),
            Input::FileRequest { ticket, via, from, name, user_agent } => {
                self.on_file_request(now, ticket, via, from, name, user_agent);
            }
            Input::TlsRefused { from, host, why } => {
                let phone = self.state.phone_at(from);
                self.observe_limited(now, phone, Seen::TlsRefused { host, why });
            }
            Input::Transfer { id, news } => self.on_transfer(now, id, news),
            Input::Reached { phone, address, failed } => self.web_reached(now, phone, address, failed),
            Input::Link { up } => self.on_link(now, up),
            Input::Shelf(blobs) => {
                self.shelf = Shelf::new(blobs);
                let complete = self.shelf.loads().filter(crate::shelf::Load::is_complete);
                self.loads = (complete.map(|l| l.name).collect(), self.loads.1 + 1);
                self.loads.0.dedup();
                // What was refused for want of a file may go now.
                self.tried.clear();
                self.consider_all(now);
            }
            Input::Folder(files) => self.shelf.set_folder(files),
            Input::Command(command) => self.on_command(now, command),
            Input::Timeout => {}
        }
        self.drain_children(now);
    }

    /// The next thing to do; [`Output::Timeout`] when there is nothing more for now.
    pub fn poll_output(&mut self) -> Output {
        if let Some(output) = self.outputs.pop_front() {
            return output;
        }
        self.timeout_told = true;
        let (at, why) = self.next_timeout();
        Output::Timeout { at, why }
    }

    /// The fold of everything observed so far.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What is known about phones.
    pub fn profiles(&self) -> &Profiles {
        &self.profiles
    }

    /// What is on the shelf.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// How the bench is set up.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Everything a screen shows, as it stands.
    pub fn view(&self, now: Time) -> crate::view::View {
        crate::view::View::of(self, now)
    }

    pub(crate) fn tell(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    /// The one path: numbered, journalled, folded, looked at by the procedure and the rules; and so is
    /// everything that follows from it.
    pub(crate) fn observe(&mut self, now: Time, phone: Option<Mac>, seen: Seen) {
        self.queue.push_back((phone, seen));
        self.pump(now);
    }

    /// Takes everything queued along the path.
    pub(crate) fn pump(&mut self, now: Time) {
        while let Some((phone, seen)) = self.queue.pop_front() {
            let observation = Observation { n: self.state.n + 1, at: now, phone, seen };
            let row = self.state.apply(&self.profiles, &observation);
            let left = matches!(observation.seen, Seen::Left { .. });
            let followed = crate::on_web::is_followed(&observation.seen).then(|| observation.seen.clone());
            self.tell(Output::Journal(observation));
            if let Some(row) = row {
                self.tell(Output::Row(row));
            }
            if let Some(phone) = phone {
                if left {
                    self.runs.take(phone);
                    self.tried.retain(|t| t.0 != phone);
                }
                if let Some(seen) = followed {
                    self.web_follows(now, phone, &seen);
                }
                // A procedure looks at the phone when all that it has said itself is folded: else it says it again.
                if !self.queue.iter().any(|(of, _)| *of == Some(phone)) {
                    self.advance(now, phone);
                }
                // Nothing is begun for a phone that is gone.
                if !left {
                    self.consider(phone);
                }
                self.refresh_text(phone);
            }
        }
    }

    /// As [`Bench::observe`], for what a station can cause as often as it likes.
    pub(crate) fn observe_limited(&mut self, now: Time, phone: Option<Mac>, seen: Seen) {
        if self.limiter.admit(now, phone) {
            self.observe(now, phone, seen);
        }
    }

    /// As [`Bench::observe`], for a station that is not known to be a phone: all of them share one limit.
    pub(crate) fn observe_stranger(&mut self, now: Time, station: Mac, seen: Seen) {
        if self.limiter.admit(now, None) {
            self.observe(now, Some(station), seen);
        }
    }

    pub(crate) fn queue(&mut self, phone: Mac, seen: Seen) {
        self.queue.push_back((Some(phone), seen));
    }

    /// What a phone sees of its procedure.
    pub(crate) fn laid_for(&self, phone: Mac) -> Option<Laid> {
        // An ended run stays until the phone leaves: its files are still right for the phone's next start.
        Some(self.runs.get(phone)?.laid(self.state.sessions.get(&phone)?))
    }

    /// An address of the bench's network to type on this phone: outside of the pool, a different one for each phone.
    fn typed(&self, phone: Mac) -> Option<Ipv4Addr> {
        // The first phone has what was told before any was seen.
        let nth = self.state.sessions.get(&phone).map_or(0, |s| s.nth);
        crate::plan::overlay::typed(&self.config, nth)
    }

    pub(crate) fn sight<'a>(&'a self, phone: Option<Mac>, laid: Option<&'a Laid>) -> Sight<'a> {
        Sight {
            profiles: &self.profiles,
            shelf: &self.shelf,
            server: self.config.server,
            http: self.config.http,
            wall_ms: self.config.wall_ms,
            prefix: self.config.prefix,
            typed: phone.and_then(|p| self.typed(p)),
            map: &self.config.map,
            folder: self.config.folder,
            neutral: self.config.auto,
            session: phone.and_then(|p| self.state.sessions.get(&p)),
            laid,
        }
    }

    /// Notes a transfer that is handed out and gives it its id.
    pub(crate) fn open(
        &mut self,
        now: Time,
        phone: Option<Mac>,
        peer: Option<SocketAddrV4>,
        name: &str,
        size: u64,
    ) -> TransferId {
        if self.transfers.len() >= self.config.max_transfers {
            let oldest = self.half_open.first().or_else(|| self.transfers.keys().next()).copied();
            if let Some(oldest) = oldest {
                self.forget_transfer(oldest);
                self.tell(Output::DropTransfer(oldest));
            }
        }
        let id = TransferId(self.next_transfer);
        self.next_transfer += 1;
        if let Some(peer) = peer {
            self.by_peer.insert(peer, id);
        }
        self.half_open.insert(id);
        self.transfers.insert(id, Open { phone, peer, name: name.to_owned(), began: now, bytes: 0, size });
        id
    }

    pub(crate) fn forget_transfer(&mut self, id: TransferId) -> Option<Open> {
        self.half_open.remove(&id);
        let open = self.transfers.remove(&id)?;
        if let Some(peer) = open.peer
            && self.by_peer.get(&peer) == Some(&id)
        {
            self.by_peer.remove(&peer);
        }
        Some(open)
    }

    pub(crate) fn served(&self, name: &str, layer: Layer, content: &Content) -> Seen {
        let sha256 = match content {
            Content::Bytes(bytes) => crate::shelf::sha256_hex(bytes),
            Content::Blob { sha256, .. } => sha256.clone(),
            Content::Folder { .. } => String::new(),
        };
        Seen::FileServed { name: name.to_owned(), layer, sha256, size: content.size() }
    }

    /// The DHCP server, unless it has fallen silent for good: then nothing that waited for an ARP answer or a
    /// lease's end may make it speak again.
    pub(crate) fn dhcp_awake(&mut self) -> Option<&mut Server> {
        self.dhcp.as_mut().filter(|_| *self.guard.stand() != Stand::Stopped)
    }

    /// Parents drain their children while handling: the DHCP server's actions, the guard's questions, due steps.
    fn drain_children(&mut self, now: Time) {
        let (question, began) = self.guard.poll(now);
        if let Some(question) = question {
            self.send_question(&question);
        }
        if began {
            self.observe(now, None, Seen::ServingBegan);
        }
        if let Some(dhcp) = self.dhcp_awake() {
            dhcp.handle_timeout(now);
        }
        self.drain_dhcp(now);
        self.pnp.handle_timeout(now);
        self.drain_pnp(now);
        for phone in self.runs.due(now) {
            self.advance(now, phone);
            self.pump(now);
        }
        self.web_due(now);
        if self.signalling.poll_timeout().is_some_and(|t| t.0 <= now) {
            self.stations_due(now);
            self.registrar_due(now);
        }
        if self.leases_due.is_some_and(|at| at <= now) {
            self.write_leases();
        }
        if now >= self.housekeeping {
            self.housekeeping = now + HOUSEKEEPING;
            self.housekeep(now);
        }
    }

    fn housekeep(&mut self, now: Time) {
        let quiet = self.quiet_since.map_or(Duration::ZERO, |since| now.since(since));
        let nobody = self.state.sessions.values().all(|s| !s.here);
        if quiet >= QUIET && nobody && self.config.procedure.is_some() {
            self.quiet_since = None;
            self.observe(now, None, Seen::CableSilent { seconds: quiet.as_secs() });
        }
        let unkept = self.limiter.take_unkept();
        if unkept > 0 {
            self.observe(now, None, Seen::Unkept { count: unkept });
        }
        self.note_silence(now);
        let heard = self.state.sessions.values().map(|s| s.last).max().unwrap_or(self.switched_on);
        if self.guard.serves() && now.since(heard.max(self.switched_on)) >= self.config.idle {
            self.guard.stop();
            let why = format!("no phone was heard of for {} minutes", self.config.idle.as_secs() / 60);
            self.observe(now, None, Seen::ServingStopped { why });
        }
        let gone: Vec<(Mac, u32)> = self
            .state
            .sessions
            .values()
            .filter(|s| s.here && self.runs.get(s.mac).is_none_or(Run::is_over))
            .filter_map(|s| {
                let after = s.family(&self.profiles).map_or(600, |f| f.times.gone_after_s);
                (now.since(s.last) >= Duration::from_secs(u64::from(after))).then_some((s.mac, after))
            })
            .collect();
        for (mac, after) in gone {
            self.observe(now, Some(mac), Seen::Left { why: format!("nothing was heard of it for {after} s") });
        }
    }

    /// What phones here have not done although it was time: told once in each of their starts.
    fn note_silence(&mut self, now: Time) {
        let due: Vec<(Mac, Seen)> = self
            .state
            .sessions
            .values()
            .filter(|s| s.here && (s.identified.family.is_some() || s.expected.is_some()))
            .filter_map(|s| {
                // A phone that holds a lease of an earlier run asks when half of it is over.
                let holds = self.dhcp.as_ref().is_some_and(|d| d.lease_of(s.mac).is_some());
                Some((s.mac, silence(s, holds, now)?))
            })
            .collect();
        for (mac, seen) in due {
            self.observe_limited(now, Some(mac), seen);
        }
        let since = now.since(self.switched_on);
        if self.state.link == Some(false) && !self.state.link_was_up && !self.state.no_link && since >= NO_LINK {
            self.observe(now, None, Seen::NoLink { seconds: since.as_secs() });
        }
    }

    fn next_timeout(&self) -> (Time, &'static str) {
        let mut soonest = (Time::NEVER, "nothing is waited for");
        let guard = self.guard.poll_timeout();
        let awake = self.dhcp.as_ref().filter(|_| *self.guard.stand() != Stand::Stopped);
        let dhcp = awake.and_then(Server::poll_timeout);
        let leases = self.leases_due.map(|at| (at, "the leases are to be written down"));
        let house = (!self.state.sessions.is_empty() || self.limiter.has_unkept() || self.guard.serves())
            .then_some((self.housekeeping, "looking for phones that left, and whether any is here at all"));
        for (at, why) in [
            guard,
            dhcp,
            leases,
            house,
            self.pnp.poll_timeout(),
            self.runs.poll_timeout(),
            self.signalling.poll_timeout(),
            self.web.poll_timeout(),
        ]
        .into_iter()
        .flatten()
        {
            if at < soonest.0 {
                soonest = (at, why);
            }
        }
        soonest
    }
}
