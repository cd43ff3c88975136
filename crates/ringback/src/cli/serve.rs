//! `ringback serve`: a plain server of one folder, in the foreground, read-only.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use bench::Config;
use clap::Args;

use super::session::{Session, Ui};
use super::{ProfileArgs, config, network, session};
use crate::io::clock::Clock;
use crate::io::message::Mailbox;
use crate::trouble::Trouble;

/// Serve one folder to phones by DHCP, TFTP and HTTP, read-only
///
/// Options 66, 150 and siaddr name this server. Phones are answered; everybody else only with --any.
#[derive(Args)]
pub(crate) struct ServeArgs {
    /// The folder
    dir: PathBuf,
    /// The network interface
    #[arg(long, value_name = "IF")]
    iface: String,
    /// This server's own address on it; added for the time being when it is not there
    #[arg(long, value_name = "ADDR/PREFIX", value_parser = network::address)]
    ip: (Ipv4Addr, u8),
    /// Addresses to hand out
    #[arg(long, value_name = "FIRST-LAST", value_parser = network::pool)]
    pool: Option<(Ipv4Addr, Ipv4Addr)>,
    /// Services to run
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "dhcp,tftp,http")]
    services: Vec<network::ServiceName>,
    /// Answer everybody, not only phones
    #[arg(long)]
    any: bool,
    /// Answer this station too
    #[arg(long, value_name = "MAC")]
    allow: Vec<proto::Mac>,
    /// Answer requests that came through a DHCP relay
    #[arg(long)]
    relayed: bool,
    /// How long to look for other DHCP servers before answering
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0)]
    probe_seconds: f64,
    /// Lease time
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    lease: u64,
    /// Take uploads into this folder
    #[arg(long, value_name = "DIR")]
    uploads: Option<PathBuf>,
    /// Largest upload, bytes
    #[arg(long, value_name = "BYTES", default_value_t = 16 << 20)]
    upload_limit: u64,
    /// TFTP port
    #[arg(long, value_name = "PORT", default_value_t = 69)]
    tftp_port: u16,
    /// HTTP port
    #[arg(long, value_name = "PORT", default_value_t = 80)]
    http_port: u16,
    /// FTP port
    #[arg(long, value_name = "PORT", default_value_t = 21)]
    ftp_port: u16,
    /// Type the interface's name again if it is refused as unsafe and you are sure
    #[arg(long, value_name = "IF")]
    i_know: Option<String>,
    #[command(flatten)]
    state: super::StateArgs,
    #[command(flatten)]
    profiles: ProfileArgs,
    /// No live screen, no lines: only what must be said
    #[arg(long)]
    no_ui: bool,
    /// Plain lines also on a terminal
    #[arg(long)]
    plain: bool,
    /// Print observations as JSON lines
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ServeArgs) -> super::Result {
    let folder = crate::store::folder::root(&args.dir)?;
    let wants: BTreeSet<network::ServiceName> = args.services.iter().copied().collect();
    let dhcp = wants.contains(&network::ServiceName::Dhcp);
    if dhcp && args.pool.is_none() {
        return Err(Trouble::new(
            "RB507",
            "DHCP needs addresses to hand out",
            "Give --pool FIRST-LAST, or leave dhcp out of --services.",
        )
        .into());
    }
    let state = args.state.folder();
    let port = |name, port| wants.contains(&name).then_some(port);
    let ports: Vec<u16> = [
        port(network::ServiceName::Dhcp, 67),
        port(network::ServiceName::Tftp, args.tftp_port),
        port(network::ServiceName::Http, args.http_port),
        port(network::ServiceName::Ftp, args.ftp_port),
    ]
    .into_iter()
    .flatten()
    .collect();
    network::preflight(&ports, dhcp)?;
    network::after_a_kill(&state)?;
    let interface = network::interface(Some(&args.iface), args.i_know.as_deref(), dhcp)?;
    let (server, prefix) = args.ip;
    let mut undo = network::prepare(&state, &interface, server, prefix)?;
    let clock = Clock::start();
    let mut config = Config::new(server, prefix);
    config.wall_ms = clock.wall_ms();
    config.iface.clone_from(&interface.name);
    config.mac = interface.mac.unwrap_or_default();
    config.pool = args.pool.filter(|_| dhcp);
    config.lease = Duration::from_secs(args.lease.clamp(60, 86_400));
    config.any = args.any;
    config.allow = args.allow.iter().copied().collect();
    config.relayed = args.relayed;
    config.probe = Duration::try_from_secs_f64(args.probe_seconds).unwrap_or(Duration::from_secs(10));
    config.folder = true;
    config.uploads = args.uploads.as_ref().map(|_| args.upload_limit);
    config.seed = clock.wall_ms() ^ u64::from(std::process::id());
    let ports = network::Ports { tftp: args.tftp_port, http: args.http_port, ftp: args.ftp_port };
    let opened = network::open(&interface, server, &wants, &ports, &mut config)?;
    let ui = if args.no_ui { Ui::Quiet } else { Ui::pick(args.json, args.plain) };
    let session = Session {
        config,
        profiles: config::profiles_or_warn(&args.profiles)?,
        clock,
        sockets: opened.sockets,
        http: opened.http,
        https: opened.https,
        ftp: opened.ftp,
        device: opened.device,
        state,
        blobs: Vec::new(),
        folder: Some(folder),
        uploads: args.uploads.clone(),
        ui,
        announce: true,
        asks: None,
        web: None,
        hands: None,
        until: None,
        mailbox: Mailbox::new()?,
    };
    session::run(session)?;
    undo.undo();
    Ok(0)
}
