//! One vocabulary for everything that happened: on the wire, to a file, to a procedure, by a person.
//!
//! Observations are numbered, kept in the journal, and are the only thing that sessions, screens,
//! findings and the ledger are made from. Texts in them are foreign and already escaped.
//! Progress of a transfer is deliberately not an observation: it may be dropped, what is here may not.

use std::net::Ipv4Addr;

use profile::procedure::Ask;
use proto::{Mac, Time};
use serde::{Deserialize, Serialize};

use crate::web_recovery::Verdict;

/// One thing that happened, numbered in the order in which the bench learnt of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Its number; the first is 1.
    pub n: u64,
    /// When, microseconds since the bench was switched on.
    pub at: Time,
    /// The phone it is about, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Mac>,
    /// What happened.
    #[serde(flatten)]
    pub seen: Seen,
}

/// The way by which a file is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// TFTP.
    Tftp,
    /// HTTP.
    Http,
    /// HTTP inside TLS.
    Https,
    /// FTP.
    Ftp,
}

impl Via {
    /// The protocol's name.
    pub const fn name(self) -> &'static str {
        match self {
            Via::Tftp => "TFTP",
            Via::Http => "HTTP",
            Via::Https => "HTTPS",
            Via::Ftp => "FTP",
        }
    }
}

/// Which layer of the overlay a file came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// Made for this phone.
    Generated,
    /// Pinned by its procedure.
    Pinned,
    /// On the shelf under another name, which a person has said.
    Mapped,
    /// On its family's shelf.
    Family,
    /// In the folder that `ringback serve` was given.
    Folder,
}

/// How a procedure ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Outcome {
    /// The result was proven.
    Recovered,
    /// Something was reached, not all of it.
    Partly,
    /// A step did not happen, and there was no other way.
    GaveUp,
    /// The technician stopped it, or the bench was switched off.
    Aborted,
    /// It was not begun: something that it needs is missing.
    Refused,
}

impl Outcome {
    /// The word for a ledger and a screen.
    pub const fn word(self) -> &'static str {
        match self {
            Outcome::Recovered => "Recovered",
            Outcome::Partly => "Partly",
            Outcome::GaveUp => "GaveUp",
            Outcome::Aborted => "Aborted",
            Outcome::Refused => "Refused",
        }
    }
}

/// What came of a try to log in to a phone's web page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginResult {
    /// It took name and password.
    In,
    /// It refused them.
    Refused,
    /// It wants the password in a form that the bench does not make.
    Encrypted,
    /// There was no page, or none that is understood.
    NoPage,
}

/// What a phone's own page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WebState {
    /// It takes firmware and wants no password: the phone is in recovery.
    Recovery,
    /// It wants a password: the phone runs.
    Runs,
    /// Nobody answers.
    Silent,
    /// It is something else.
    Other,
}

/// How the work with a recovery page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WebOutcome {
    /// The phone fetches the file.
    Accepted,
    /// The phone has taken the file itself.
    Uploaded,
    /// Nobody answered.
    Unreachable,
    /// The phone runs.
    NotInRecovery,
    /// The page has no form that could be filled in.
    NoForm,
    /// No way of sending it was taken.
    Refused,
    /// The phone said yes and asked for nothing.
    NotAsked,
    /// The phone said that it could not fetch the file.
    DownloadFailed,
    /// The phone turned the file down.
    ImageRefused,
}

impl WebOutcome {
    /// Whether the phone takes the file.
    pub const fn is_good(self) -> bool {
        matches!(self, WebOutcome::Accepted | WebOutcome::Uploaded)
    }

    /// The code of what went wrong; none when nothing did.
    pub const fn code(self) -> Option<&'static str> {
        Some(match self {
            WebOutcome::Accepted | WebOutcome::Uploaded => return None,
            WebOutcome::Unreachable => "RB120",
            WebOutcome::NotAsked => "RB121",
            WebOutcome::NotInRecovery => "RB122",
            WebOutcome::NoForm => "RB123",
            WebOutcome::Refused => "RB124",
            WebOutcome::DownloadFailed => "RB125",
            WebOutcome::ImageRefused => "RB273",
        })
    }
}

/// What a phone that starts does sooner or later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Awaited {
    /// To ask for an address.
    Dhcp,
    /// To ask for a file, once it has an address.
    Files,
}

/// A file of a load as it is pinned for one phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinnedFile {
    /// Its true name.
    pub name: String,
    /// Its SHA-256, hex.
    pub sha256: String,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "seen", rename_all = "kebab-case")]
pub enum Seen {
    /// The bench was switched on. Always the first observation.
    BenchStarted {
        /// The program's version.
        version: String,
        /// Wall clock at time zero, milliseconds since 1970 (UTC).
        wall_ms: u64,
        /// The interface's name.
        iface: String,
        /// The bench's own address there.
        server: Ipv4Addr,
        /// Length of the network prefix, bits.
        prefix: u8,
    },
    /// What a person has to do at a phone that says nothing before it is done.
    ToDo {
        /// The words, with this network's addresses.
        say: String,
    },
    /// The bench was switched off.
    BenchStopped,
    /// The cable's link came up or went down.
    Link {
        /// Whether it is up.
        up: bool,
    },
    /// The search for other DHCP servers is over, and the bench may answer.
    ServingBegan,
    /// The bench stopped answering DHCP.
    ServingStopped {
        /// Why.
        why: String,
    },
    /// Another DHCP server answered on this cable.
    ForeignDhcp {
        /// Its server identifier, or its source address.
        server: Ipv4Addr,
        /// Its Ethernet address.
        mac: Mac,
        /// The address that it offered.
        offered: Ipv4Addr,
        /// The TFTP server that it names (options 150, 66 or siaddr), if any.
        tftp: Option<String>,
    },
    /// A phone's DHCP message.
    Dhcp {
        /// The message type's name (`Discover`, `Request` …).
        kind: String,
        /// Option 60 without its trailing NUL.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        vendor_class: Option<String>,
        /// Option 55, in order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        wants: Vec<u8>,
        /// Option 12.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host_name: Option<String>,
        /// Option 50, or ciaddr.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<Ipv4Addr>,
    },
    /// An address was offered to the phone.
    DhcpOffered {
        /// The address.
        address: Ipv4Addr,
    },
    /// The phone has its address from the bench.
    DhcpBound {
        /// The address.
        address: Ipv4Addr,
    },
    /// The phone was told that its address is not good here.
    DhcpNak,
    /// A DHCP message was not answered.
    DhcpIgnored {
        /// Why.
        why: String,
    },
    /// An address is not handed out for a while.
    Parked {
        /// The address.
        address: Ipv4Addr,
        /// Why.
        why: String,
    },
    /// The phone said by ARP that it has this address.
    Arp {
        /// The address.
        address: Ipv4Addr,
    },
    /// The phone looked for an address that is not the bench's: by ARP, or by asking it for a file.
    ArpSeeks {
        /// The address.
        address: Ipv4Addr,
    },
    /// The phone's CDP announcement, when it differs from the last one.
    Cdp {
        /// TLV 0x01.
        device_id: String,
        /// TLV 0x06.
        platform: String,
        /// TLV 0x05.
        version: String,
        /// TLV 0x03.
        port: String,
    },
    /// The phone's LLDP announcement, when it differs from the last one.
    Lldp {
        /// System name.
        name: String,
        /// MED inventory: model.
        model: String,
        /// MED inventory: software revision, the running load.
        software: String,
        /// MED inventory: firmware revision, the boot load.
        firmware: String,
        /// MED inventory: hardware revision.
        hardware: String,
        /// MED inventory: serial number.
        serial: String,
    },
    /// Frames of the phone carry this VLAN's tag.
    Tagged {
        /// VLAN id, 1 to 4094.
        vlan: u16,
    },
    /// A file was asked for.
    FileAsked {
        /// How.
        via: Via,
        /// The name as written.
        name: String,
        /// Who asks.
        from: Ipv4Addr,
        /// HTTP User-Agent, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user_agent: Option<String>,
    },
    /// The file is being sent.
    FileServed {
        /// The name as asked for.
        name: String,
        /// The layer it came from.
        layer: Layer,
        /// SHA-256, hex; empty for a file of a served folder, which is not hashed.
        sha256: String,
        /// Length, bytes.
        size: u64,
    },
    /// The file was refused.
    FileRefused {
        /// The name as asked for.
        name: String,
        /// The code of the reason.
        code: String,
        /// The reason in words.
        why: String,
    },
    /// The request got no answer.
    FileIgnored {
        /// The name as asked for.
        name: String,
        /// Why.
        why: String,
    },
    /// The file arrived whole: the phone acknowledged its last byte.
    FileDone {
        /// The name as asked for.
        name: String,
        /// Length, bytes.
        bytes: u64,
        /// How long it took, milliseconds.
        millis: u64,
        /// Blocks sent again.
        repeats: u64,
    },
    /// The transfer ended early.
    FileFailed {
        /// The name as asked for.
        name: String,
        /// How much had been acknowledged, bytes.
        bytes: u64,
        /// Why, in words; a phone's own ERROR text is part of it.
        why: String,
    },
    /// A file was written by a phone into the quarantine folder.
    FileTaken {
        /// The name as written.
        name: String,
        /// Length, bytes.
        bytes: u64,
    },
    /// The link is up, a phone is expected, and nothing is heard.
    CableSilent {
        /// For so long.
        seconds: u64,
    },
    /// The phone looked up a name.
    NameAsked {
        /// The name.
        name: String,
        /// The kind of record, as in zone files.
        kind: String,
        /// Where it was told to go, if anywhere.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer: Option<Ipv4Addr>,
    },
    /// The phone looked for a service by multicast DNS.
    ServiceSought {
        /// The service.
        service: String,
        /// Whether the bench answered that it is here.
        answered: bool,
    },
    /// The phone was told the time, for the first time since it started.
    TimeTold,
    /// The phone wrote a line of syslog.
    Logged {
        /// The severity's name.
        severity: String,
        /// The line, escaped and cut.
        text: String,
    },
    /// The phone's own web page was looked at.
    WebSeen {
        /// What that page is.
        state: WebState,
        /// Its title or realm, or why there was none.
        what: String,
        /// The model that it names, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        model: Option<String>,
    },
    /// The phone's recovery page is to be filled in, so that it takes this file.
    WebBegan {
        /// The file's name as the phone is to know it.
        file: String,
        /// SHA-256, hex.
        sha256: String,
        /// Length, bytes.
        size: u64,
    },
    /// The form on that page was found and understood.
    WebFound {
        /// What was understood of it.
        form: String,
    },
    /// One way of sending it was tried.
    WebTried {
        /// Which.
        way: String,
        /// What was sent.
        sent: String,
        /// What was answered.
        answered: String,
        /// What that means.
        verdict: Verdict,
    },
    /// The work with that page is over.
    WebEnded {
        /// How.
        outcome: WebOutcome,
        /// Why, in words; with a code when it went wrong.
        why: String,
    },
    /// Something is to be sent to the page of a phone that runs.
    WebActing {
        /// The action's id, or `look`.
        action: String,
    },
    /// Something was sent to the page of a phone that runs.
    WebActed {
        /// The action's id.
        action: String,
        /// Whether it was taken.
        taken: bool,
        /// What was answered.
        why: String,
        /// The version that the phone named, if it did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<String>,
        /// The model that it named, if it did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        model: Option<String>,
    },
    /// The interface got an address for a phone of another subnet, or lost it again.
    HostAddress {
        /// The interface's address.
        address: Ipv4Addr,
        /// The phone's.
        reaches: Ipv4Addr,
        /// Whether it was added.
        added: bool,
        /// Why it could not be, if it could not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failed: Option<String>,
    },
    /// Bytes that are not what they should be.
    Malformed {
        /// The protocol.
        service: String,
        /// What is wrong with them.
        what: String,
    },
    /// So many observations of strangers were not kept, to bound the journal.
    Unkept {
        /// How many since the last of these.
        count: u64,
    },
    /// The phone asked by SIP for its provisioning (PnP). What it does not say of itself is empty.
    PnpAsked {
        /// Its address.
        from: Ipv4Addr,
        /// Its maker, by its own word.
        vendor: String,
        /// The platform's own name of the model.
        model: String,
        /// The firmware that runs.
        version: String,
        /// SIP User-Agent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user_agent: Option<String>,
    },
    /// It was told where its configuration is.
    PnpTold {
        /// The URL.
        url: String,
    },
    /// It was not told.
    PnpIgnored {
        /// Why.
        why: String,
    },
    /// What it said to that.
    PnpAnswered {
        /// The status; none when it said nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<u16>,
    },
    /// A conversation by TLS ended before anything was asked: the phone does not trust the bench's certificate, or
    /// speaks a TLS that is too old.
    TlsRefused {
        /// The host that it wanted (SNI), if it said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host: Option<String>,
        /// How it ended.
        why: String,
    },
    /// The bench tried name and password of the neutral configuration on the phone's web page.
    WebLogin {
        /// What came of it.
        result: LoginResult,
        /// What was seen.
        what: String,
    },
    /// Somebody approved that the phone is erased.
    Approved {
        /// Who.
        who: String,
        /// Why.
        why: String,
    },
    /// The technician said which file is meant by a name that the phone asks for.
    Mapped {
        /// The name as asked for.
        asked: String,
        /// The file on the shelf.
        name: String,
        /// Its SHA-256, hex.
        sha256: String,
    },
    /// The phone registered with the bench's own call server, or again with other words.
    Registered {
        /// `sccp` or `sip`.
        protocol: String,
        /// The name by which it registered: `SEP0011BB73AD61`, `7960@10.0.0.1`.
        name: String,
        /// Its device type, where it says so: a number by which call managers know models.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        device_type: Option<u32>,
        /// The load that it names, where it does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        load: Option<String>,
        /// Its SIP User-Agent, where it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user_agent: Option<String>,
    },
    /// The registered phone is idle: it has asked for everything that it needs, and shows this text.
    Shows {
        /// On its own screen.
        text: String,
    },
    /// The registration ended.
    Unregistered {
        /// How.
        why: String,
    },
    /// The phone said why it started last.
    Alarm {
        /// As it words it.
        text: String,
        /// The load that it names, where it does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        load: Option<String>,
        /// The reason of its last start, where it names one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last: Option<String>,
    },
    /// The bench told a registered phone something: to ring, to start again.
    Told {
        /// What.
        what: String,
    },
    /// A registered phone answered what it was told, or did not.
    PhoneAnswered {
        /// With what.
        what: String,
    },
    /// A message to the call server was not answered.
    SignalIgnored {
        /// The protocol.
        service: String,
        /// Why.
        why: String,
    },
    /// The phone has not done for so long what phones do.
    Waits {
        /// What is waited for.
        what: Awaited,
        /// How long, seconds.
        seconds: u64,
    },
    /// The cable's link has never come up since the bench was switched on.
    NoLink {
        /// How long, seconds.
        seconds: u64,
    },
    /// A procedure began.
    ProcedureStarted {
        /// Its id.
        id: String,
        /// Its title.
        title: String,
        /// The load that the phone is to run at the end, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<String>,
        /// The loads to run on the way, the target last.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        rungs: Vec<String>,
        /// The steps' ids, in order.
        steps: Vec<String>,
    },
    /// These files are what the phone gets from now on.
    Pinned {
        /// The load.
        load: String,
        /// Its list file and its images.
        files: Vec<PinnedFile>,
    },
    /// A step began.
    StepBegan {
        /// Its id.
        id: String,
        /// What is shown.
        say: String,
        /// Why the bench waits here.
        why: String,
        /// Until when, if there is a limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Time>,
        /// What the person is asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ask: Option<Asked>,
    },
    /// A step was done.
    StepDone {
        /// Its id.
        id: String,
        /// What showed it.
        because: String,
    },
    /// A step did not happen in time.
    StepMissed {
        /// Its id.
        id: String,
        /// What the procedure does instead.
        then: String,
    },
    /// The person said something to the bench.
    PersonSaid {
        /// What.
        what: String,
    },
    /// A procedure ended.
    ProcedureEnded {
        /// Its id.
        id: String,
        /// How.
        outcome: Outcome,
        /// Why, in words.
        why: String,
        /// Steps that were not run, each with its reason.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unrun: Vec<Unrun>,
    },
    /// The phone left the bench.
    Left {
        /// How that shows.
        why: String,
    },
}

/// What a person is asked for, with everything a screen needs to draw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Asked {
    /// Of the closed set.
    pub ask: Ask,
    /// The key to hold while power is connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<String>,
    /// The keys to type, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<String>,
    /// What the phone shows when it is ready for the keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<String>,
    /// What the phone shows when it took them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<String>,
    /// How long the phone waits for the keys, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_s: Option<u32>,
    /// Keys pressed together, by their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<String>,
    /// The way through the phone's menus: the names of the entries, then of the softkey.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub menu: Vec<String>,
    /// What the screen may show; the person says which.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<String>,
    /// Whether the person has to confirm (otherwise the wire shows it).
    pub confirm: bool,
    /// Whether somebody has to approve it, with name and reason.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approval: bool,
}

/// A step that was not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unrun {
    /// Its id.
    pub step: String,
    /// Why.
    pub why: String,
}
