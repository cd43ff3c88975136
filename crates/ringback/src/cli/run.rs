//! `ringback run`: the bench.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use bench::shelf::Reference;
use bench::{Config, Outcome};
use clap::Args;

use super::session::{Session, Ui};
use super::{ProfileArgs, config, network, session};
use crate::host::subnet::Subnet;
use crate::io::clock::Clock;
use crate::io::message::Mailbox;
use crate::io::run_loop::Done;
use crate::store::shelf::Shelf;
use crate::trouble::Trouble;

/// Bring phones back: watch the wire, name the trouble, cure it
///
/// Looks for other DHCP servers first and answers only phones. What can be done without erasing anything
/// is done by itself; what erases is asked for.
#[derive(Args)]
pub(crate) struct RunArgs {
    /// The network interface with the phone; none picks the one that fits
    #[arg(long, value_name = "IF")]
    iface: Option<String>,
    /// Begin nothing by itself: only watch and say
    #[arg(long)]
    watch: bool,
    /// Begin this procedure for every phone that has it (see `ringback phones`)
    #[arg(long, value_name = "ID")]
    procedure: Option<String>,
    /// The load to go to: its name or its version; none means the newest complete one on the shelf
    #[arg(long, value_name = "LOAD")]
    to: Option<String>,
    /// Files to put on the shelf first: files, folders, archives
    #[arg(long = "add", value_name = "PATH")]
    add: Vec<PathBuf>,
    /// Erase nothing before somebody has approved it, with name and reason; the ledger keeps both
    #[arg(long, env = "RINGBACK_ASK_APPROVAL", value_parser = clap::builder::FalseyValueParser::new())]
    ask_approval: bool,
    /// Who approves all that this run erases
    #[arg(long, value_name = "NAME", requires = "approved_because", requires = "ask_approval")]
    approved_by: Option<String>,
    /// Why it is approved
    #[arg(long, value_name = "REASON", requires = "approved_by")]
    approved_because: Option<String>,
    /// A name that a boot loader asks for, and the file on the shelf that it means
    #[arg(long, value_name = "ASKED=FILE", value_parser = pair)]
    map: Vec<(String, String)>,
    /// Stop when this many procedures have ended; the exit status is 0 if all recovered, 3 if not
    #[arg(long, value_name = "N")]
    stop_after: Option<usize>,
    /// Answer this station although it is not known to be a phone
    #[arg(long, value_name = "MAC")]
    allow: Vec<proto::Mac>,
    /// Answer everybody, not only phones
    #[arg(long)]
    any: bool,
    /// Leave DHCP to your own server, and print what it must say; the bench uses the address that the interface
    /// named by `--iface` has
    #[arg(long, conflicts_with = "pool", requires = "iface")]
    coexist: bool,
    /// The bench's address; none picks a subnet that nothing else uses. Needs `--pool`, but not with `--coexist`
    #[arg(long, value_name = "ADDR/PREFIX", value_parser = network::address)]
    ip: Option<(std::net::Ipv4Addr, u8)>,
    /// Addresses to hand out
    #[arg(long, value_name = "FIRST-LAST", value_parser = network::pool, requires = "ip")]
    pool: Option<(std::net::Ipv4Addr, std::net::Ipv4Addr)>,
    /// How long to look for other DHCP servers before answering
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    probe_seconds: f64,
    /// Type the interface's name again if it is refused as unsafe and you are sure
    #[arg(long, value_name = "IF")]
    i_know: Option<String>,
    #[command(flatten)]
    web: super::web::WebArgs,
    #[command(flatten)]
    state: super::StateArgs,
    #[command(flatten)]
    profiles: ProfileArgs,
    /// Plain lines also on a terminal
    #[arg(long)]
    plain: bool,
    /// Print observations as JSON lines
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &RunArgs) -> super::Result {
    run_with(args, |_| {})
}

/// As `run`, with a change of how the bench is set up.
pub(super) fn run_with(args: &RunArgs, change: impl FnOnce(&mut Config)) -> super::Result {
    let state = args.state.folder();
    let mut shelf = Shelf::open(&state)?;
    for sentence in shelf.mended() {
        eprintln!("{sentence}");
    }
    let profiles = config::profiles_or_warn(&args.profiles)?;
    if !args.add.is_empty() {
        let added = shelf.add(&args.add, &Reference::of(&profiles), &mut super::shelf::progress())?;
        for (name, what) in &added.noted {
            eprintln!("noted    {what}\n         {name}");
        }
        for (name, why) in &added.refused {
            eprintln!("refused  {why}\n         {name}");
        }
        if !added.left_out.is_empty() {
            eprintln!("RB249 left out {} files that are no firmware", added.left_out.len());
        }
    }
    if let Some(trouble) = crate::jobs::usb_stick::record::unfinished(&state) {
        eprintln!("{trouble}");
    }
    network::preflight(&[67, 69, 80], true)?;
    network::after_a_kill(&state)?;
    let interface = network::interface(args.iface.as_deref(), args.i_know.as_deref(), !args.coexist)?;
    let subnet = match (args.ip, args.pool) {
        (Some((server, prefix)), Some((first, last))) => Subnet { server, prefix, first, last },
        (ip, _) if args.coexist => network::beside(&interface, ip)?,
        (Some(_), None) => {
            return Err(Trouble::new("RB507", "an address alone is not enough", "Give --pool FIRST-LAST too.").into());
        }
        (None, _) => network::subnet()?,
    };
    let mut undo = network::prepare(&state, &interface, subnet.server, subnet.prefix)?;
    let clock = Clock::start();
    let mut config = Config::new(subnet.server, subnet.prefix);
    config.wall_ms = clock.wall_ms();
    config.iface.clone_from(&interface.name);
    config.mac = interface.mac.unwrap_or_default();
    config.pool = (!args.coexist).then_some((subnet.first, subnet.last));
    config.any = args.any;
    config.allow = args.allow.iter().copied().collect();
    config.probe = Duration::try_from_secs_f64(args.probe_seconds).unwrap_or(Duration::from_secs(10));
    config.auto = !args.watch;
    config.procedure.clone_from(&args.procedure);
    config.to.clone_from(&args.to);
    config.approval = args.ask_approval;
    config.approved = args.approved_by.clone().zip(args.approved_because.clone());
    config.map.clone_from(&args.map);
    config.seed = clock.wall_ms() ^ u64::from(std::process::id());
    change(&mut config);
    let mut wants = BTreeSet::from([
        network::ServiceName::Tftp,
        network::ServiceName::Http,
        network::ServiceName::Https,
        network::ServiceName::Ftp,
        network::ServiceName::Ntp,
        network::ServiceName::Syslog,
        network::ServiceName::Sip,
        network::ServiceName::Sccp,
    ]);
    if args.coexist {
        println!("{}", network::coexist(subnet.server));
    } else {
        // Only on a network of its own are all names the bench's, and only there it answers for the maker's services.
        wants.extend([network::ServiceName::Dhcp, network::ServiceName::Dns, network::ServiceName::Mdns]);
    }
    let mut opened = network::open(&interface, subnet.server, &wants, &network::Ports::default(), &mut config)?;
    opened.sockets.ways = network::ways(&state, &interface);
    if config.pool.is_some() && !config.frames {
        let what = "the cable cannot be searched for other DHCP servers without a raw socket";
        return Err(Trouble::of("RB501", what).into());
    }
    let until: Option<Done> = args.stop_after.map(|n| -> Done { Box::new(move |bench| ended(bench).len() >= n) });
    let session = Session {
        config,
        profiles,
        clock,
        sockets: opened.sockets,
        http: opened.http,
        https: opened.https,
        ftp: opened.ftp,
        device: opened.device,
        state,
        blobs: shelf.blobs(),
        folder: None,
        uploads: None,
        ui: Ui::pick(args.json, args.plain),
        announce: true,
        asks: None,
        web: args.web.listen()?,
        hands: None,
        until,
        mailbox: Mailbox::new()?,
    };
    let json = args.json;
    let bench = session::run(session)?;
    for undone in undo.undo() {
        eprintln!("{undone}");
    }
    if !json {
        super::told(super::summary(&bench))?;
    }
    let all = ended(&bench).iter().all(|o| *o == Outcome::Recovered);
    Ok(if args.stop_after.is_some() && !all { 3 } else { 0 })
}

/// `T46.rom=T46-28.83.0.120.rom`.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((asked, file)) if !asked.is_empty() && !file.is_empty() => Ok((asked.to_owned(), file.to_owned())),
        _ => Err("a name and a file, as in T46.rom=T46-28.83.0.120.rom".to_owned()),
    }
}

fn ended(bench: &bench::Bench) -> Vec<Outcome> {
    let sessions = bench.state().sessions.values();
    sessions.filter_map(|s| s.procedure.as_ref()?.ended.as_ref().map(|e| e.0)).collect()
}
