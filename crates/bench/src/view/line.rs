//! An observation as one line of words, for the plain screen and for transcripts.

use crate::observe::{Awaited, Layer, LoginResult, Observation, Seen, WebState};

/// One line, or none for what only machines care about.
pub fn line(observation: &Observation) -> Option<String> {
    let text = words(&observation.seen)?;
    let who = observation.phone.map_or_else(String::new, |p| format!("{p}  "));
    Some(format!("{:>9}  {who}{text}", observation.at.to_string()))
}

fn words(seen: &Seen) -> Option<String> {
    Some(match seen {
        Seen::BenchStarted { iface, server, prefix, .. } => format!("bench on {iface}, {server}/{prefix}"),
        Seen::ToDo { say } => format!("YOU: {say}"),
        Seen::BenchStopped => "bench switched off".to_owned(),
        Seen::Link { up } => if *up { "link up" } else { "link down" }.to_owned(),
        Seen::ServingBegan => "no other DHCP server answered; phones are answered now".to_owned(),
        Seen::ServingStopped { why } => format!("DHCP is not answered any more: {why}"),
        Seen::ForeignDhcp { server, mac, offered, tftp } => {
            let tftp = tftp.as_ref().map_or_else(String::new, |t| format!(", TFTP server {t}"));
            format!("RB101: DHCP server {server} ({mac}) offered {offered}{tftp}")
        }
        Seen::Dhcp { kind, vendor_class, .. } if kind == "Discover" => {
            let class = vendor_class.as_ref().map_or_else(String::new, |c| format!(", \"{c}\""));
            format!("asks for an address{class}")
        }
        Seen::Dhcp { .. } | Seen::DhcpOffered { .. } | Seen::Arp { .. } => return None,
        Seen::DhcpBound { address } => format!("has the address {address}"),
        Seen::DhcpNak => "was told that its old address is not good here".to_owned(),
        Seen::DhcpIgnored { why } => format!("not answered: {why}"),
        Seen::Parked { address, why } => format!("{address} is not handed out: {why}"),
        Seen::ArpSeeks { address } => format!("looks for {address}"),
        Seen::Cdp { platform, version, .. } => format!("says by CDP: {platform}, runs {version}"),
        Seen::Lldp { model, software, serial, .. } => {
            format!("says by LLDP: {model}, runs {software}, serial {serial}")
        }
        Seen::Tagged { vlan } => format!("sends frames tagged with VLAN {vlan}"),
        Seen::FileAsked { .. } => return None,
        Seen::FileServed { name, layer, size, .. } => format!("gets {name} ({size} bytes, {})", layer_words(*layer)),
        Seen::FileRefused { name, code, why } => format!("asked for {name}: {why} ({code})"),
        Seen::FileIgnored { name, why } => format!("{name} asked for, not answered: {why}"),
        Seen::FileDone { name, bytes, millis, repeats } => {
            let again = if *repeats > 0 { format!(", {repeats} blocks sent again") } else { String::new() };
            format!("has {name} whole ({bytes} bytes in {millis} ms{again})")
        }
        Seen::FileFailed { name, bytes, why } => format!("did not get {name}: {why} (after {bytes} bytes)"),
        Seen::FileTaken { name, bytes } => format!("uploaded {name} ({bytes} bytes) into quarantine"),
        Seen::Expected { model: Some(model) } => {
            format!("is on the cable, a {}, as the technician says", proto::text::escape_short(model.as_bytes(), 40))
        }
        Seen::Expected { model: None } => "is on the cable, as the technician says".to_owned(),
        Seen::CableSilent { seconds } => format!("RB126: the link is up, and nothing is heard for {seconds} s"),
        Seen::NameAsked { name, kind, answer: Some(to) } => format!("looks up {name} ({kind}): sent to {to}"),
        Seen::NameAsked { name, kind, answer: None } => format!("looks up {name} ({kind}): there is none here"),
        Seen::ServiceSought { service, answered: true } => format!("looks for {service}: it is here"),
        Seen::ServiceSought { service, answered: false } => format!("looks for {service}"),
        Seen::TimeTold => "was told the time".to_owned(),
        Seen::Logged { severity, text } => format!("writes ({severity}): {text}"),
        Seen::WebSeen { state: WebState::Recovery, what, .. } => format!("is in recovery: its page says \"{what}\""),
        Seen::WebSeen { state: WebState::Runs, what, .. } => format!("runs: its page wants a password (\"{what}\")"),
        Seen::WebSeen { what, .. } => format!("its page: {what}"),
        Seen::WebBegan { file, size, .. } => format!("its recovery page is to take {file} ({size} bytes)"),
        Seen::WebFound { form } => format!("its form: {form}"),
        Seen::WebTried { way, sent, answered, verdict } => {
            format!("tried {way}; sent \"{sent}\"; answered \"{answered}\": {}", verdict.words())
        }
        Seen::WebEnded { why, .. } => why.clone(),
        Seen::WebActing { .. } => return None,
        Seen::WebActed { action, taken, why, .. } => {
            format!("its page {} {action}: {why}", if *taken { "took" } else { "did not take" })
        }
        Seen::HostAddress { address, reaches: phone, failed: Some(why), .. } => {
            format!("this computer cannot take {address} for {phone}: {why}")
        }
        Seen::HostAddress { address, reaches: phone, added, .. } => {
            let did = if *added { "took" } else { "gave back" };
            format!("this computer {did} the address {address}, for {phone} alone")
        }
        Seen::Malformed { service, what } => format!("malformed {service}: {what}"),
        Seen::Unkept { count } => format!("{count} more observations of strangers, not kept"),
        Seen::PnpAsked { vendor, model, version, .. } => {
            let who = format!("{vendor} {model} {version}");
            format!("asks by SIP for its provisioning ({})", who.split_whitespace().collect::<Vec<_>>().join(" "))
        }
        Seen::PnpTold { url } => format!("is told {url}"),
        Seen::PnpIgnored { why } => format!("is not told where its configuration is: {why}"),
        Seen::PnpAnswered { code: Some(200..300) } => return None,
        Seen::PnpAnswered { code: Some(code) } => format!("answers {code} to where its configuration is"),
        Seen::PnpAnswered { code: None } => "says nothing to where its configuration is".to_owned(),
        Seen::TlsRefused { host, why } => {
            let host = host.as_ref().map_or_else(String::new, |h| format!(", wanting {h}"));
            format!("ends TLS{host}: {why}")
        }
        Seen::WebLogin { result, what } => match result {
            LoginResult::In => format!("lets the bench in on its web page: {what}"),
            LoginResult::Refused => format!("does not let the bench in on its web page: {what}"),
            LoginResult::Encrypted | LoginResult::NoPage => format!("its web page proves nothing: {what}"),
        },
        Seen::Approved { who, why } => format!("approved by {who}: {why}"),
        Seen::Mapped { asked, name, .. } => format!("technician: {asked} is {name}"),
        Seen::Registered { protocol, name, load, user_agent, .. } => {
            let load = load.as_ref().map_or_else(String::new, |l| format!(", runs {l}"));
            let agent = user_agent.as_ref().map_or_else(String::new, |a| format!(", \"{a}\""));
            format!("registered by {} as {name}{load}{agent}", protocol.to_uppercase())
        }
        Seen::Shows { text } => format!("is idle and shows \"{text}\""),
        Seen::Unregistered { why } => format!("is not registered any more: {why}"),
        Seen::Alarm { text, .. } => format!("says \"{text}\""),
        Seen::Told { what } => format!("was told to {what}"),
        Seen::PhoneAnswered { what } => format!("answers {what}"),
        Seen::SignalIgnored { service, why } => format!("{service} not answered: {why}"),
        Seen::Waits { what: Awaited::Dhcp, seconds } => format!("has not asked for an address for {seconds} s"),
        Seen::Waits { what: Awaited::Word, seconds } => format!("has not been heard for {seconds} s"),
        Seen::Waits { what: Awaited::Files, seconds } => {
            format!("has had its address for {seconds} s and asked for no file")
        }
        Seen::NoLink { seconds } => format!("RB118: the cable has had no link for {seconds} s"),
        Seen::ProcedureStarted { title, rungs, .. } => {
            let way = if rungs.is_empty() { String::new() } else { format!(": {}", rungs.join(" → ")) };
            format!("PROCEDURE {title}{way}")
        }
        Seen::Pinned { load, files } => format!("{load} is laid out ({} files)", files.len()),
        Seen::StepBegan { say, until, ask, .. } => {
            let person =
                if ask.as_ref().is_some_and(|a| a.ask != profile::procedure::Ask::DoNotUnplug) { "YOU: " } else { "" };
            let until = until.map_or_else(String::new, |u| format!(" (until {u})"));
            let answers = ask.iter().flat_map(|a| (1..).zip(&a.answers)).map(|(n, a)| format!(" [{n}: {a}]"));
            format!("{person}{say}{}{until}", answers.collect::<String>())
        }
        Seen::StepDone { because, .. } => format!("✓ {because}"),
        Seen::StepMissed { then, .. } => format!("✗ {then}"),
        Seen::PersonSaid { what } => format!("technician: {what}"),
        Seen::ProcedureEnded { outcome, why, .. } => format!("{}: {why}", outcome.word().to_uppercase()),
        Seen::Left { why } => format!("left the bench: {why}"),
    })
}

const fn layer_words(layer: Layer) -> &'static str {
    match layer {
        Layer::Generated => "made for it",
        Layer::Pinned => "its procedure's load",
        Layer::Mapped => "the file on the shelf that the technician has named",
        Layer::Family => "from the shelf",
        Layer::Folder => "from the folder",
    }
}
