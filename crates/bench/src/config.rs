//! How a bench is set up. Fixed for its life.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use proto::Mac;

use crate::observe::Via;

/// The set-up of one bench on one interface.
#[derive(Clone, Debug)]
pub struct Config {
    /// The program's version, for the journal.
    pub version: String,
    /// Wall clock at time zero, milliseconds since 1970 (UTC).
    pub wall_ms: u64,
    /// The interface's name.
    pub iface: String,
    /// Its Ethernet address; zero where there is none (loopback).
    pub mac: Mac,
    /// The bench's own address there.
    pub server: Ipv4Addr,
    /// Length of the network prefix, bits.
    pub prefix: u8,
    /// First and last address to hand out; none switches DHCP off.
    pub pool: Option<(Ipv4Addr, Ipv4Addr)>,
    /// Lease time.
    pub lease: Duration,
    /// Answer strangers too, not only phones.
    pub any: bool,
    /// Stations answered although they are not known to be phones.
    pub allow: BTreeSet<Mac>,
    /// Answer requests that came through a relay.
    pub relayed: bool,
    /// Whether frames can be sent and seen: without them there is no search for other servers and no ARP check.
    pub frames: bool,
    /// How long to look for other DHCP servers before answering; zero where the cable cannot have any (loopback).
    pub probe: Duration,
    /// How often to look again while serving.
    pub probe_every: Duration,
    /// Stop answering DHCP when no phone was heard of for this long: a bench that was forgotten must not serve for ever.
    pub idle: Duration,
    /// Serve the folder (`ringback serve`) rather than the shelf.
    pub folder: bool,
    /// Take uploads of at most this many bytes each; none refuses them.
    pub uploads: Option<u64>,
    /// Largest TFTP block and window granted where the family says nothing else.
    pub quirks: proto::tftp::Quirks,
    /// Begin the recommended procedure by itself, unless it wipes.
    pub auto: bool,
    /// Begin this procedure for every phone of a family that has it, as soon as its gate opens.
    pub procedure: Option<String>,
    /// The load to go to, by name or version; none means the newest complete one on the shelf.
    pub to: Option<String>,
    /// Whether phones may be sent to the bench's HTTP; else they are sent to TFTP.
    pub http: bool,
    /// Nothing is erased before somebody has approved it, with name and reason.
    pub approval: bool,
    /// Who approves everything of this run, and why; for runs that nobody watches.
    pub approved: Option<(String, String)>,
    /// Files given for names that phones ask for: (as asked for, on the shelf).
    pub map: Vec<(String, String)>,
    /// A number from which transaction ids are drawn.
    pub seed: u64,
    /// The protocols by which files are served, for pages on which a phone is told how to fetch one.
    pub serves: BTreeSet<Via>,
    /// The administrator's password on the pages of phones that run, where the technician knows it.
    pub password: Option<String>,
    /// An address read off a phone's screen: the phone there is looked for by ARP.
    pub phone_at: Option<Ipv4Addr>,
    /// A phone that is on the cable, as its label says; it may never be heard.
    pub phone: Option<Mac>,
    /// The model of phones that do not say it themselves.
    pub model: Option<String>,
    /// Names that phones look up lead to the bench.
    pub answer_names: bool,
    /// Transfers open at once; the oldest that never got an answer goes first.
    pub max_transfers: usize,
}

impl Config {
    /// A careful set-up: phones only, an ARP check, a search of ten seconds for other servers.
    pub fn new(server: Ipv4Addr, prefix: u8) -> Config {
        Config {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            wall_ms: 0,
            iface: String::new(),
            mac: Mac::ZERO,
            server,
            prefix,
            pool: None,
            lease: Duration::from_secs(600),
            any: false,
            allow: BTreeSet::new(),
            relayed: false,
            frames: true,
            probe: Duration::from_secs(10),
            probe_every: Duration::from_secs(60),
            idle: Duration::from_secs(3_600),
            folder: false,
            uploads: None,
            quirks: proto::tftp::Quirks::default(),
            auto: false,
            procedure: None,
            to: None,
            http: true,
            approval: false,
            approved: None,
            map: Vec::new(),
            seed: 1,
            serves: BTreeSet::from([Via::Tftp]),
            password: None,
            phone_at: None,
            phone: None,
            model: None,
            answer_names: true,
            max_transfers: 8_192,
        }
    }
}
