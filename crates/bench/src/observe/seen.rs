//! The vocabulary itself: what can have happened. Texts are foreign and already escaped.

use std::net::Ipv4Addr;

use proto::{Mac, Time};
use serde::{Deserialize, Serialize};

use super::{Asked, Awaited, Layer, LoginResult, Outcome, PinnedFile, Unrun, Via, WebOutcome, WebState};
use crate::web_recovery::Verdict;

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
    /// A technician says that this phone is on the cable, whether it is heard or not.
    Expected {
        /// The model, where that was said too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        model: Option<String>,
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
