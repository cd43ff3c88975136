//! `ringback demo`: a simulated phone, the real bench, real datagrams on loopback, no rights needed.

use std::io::Write;
use std::path::PathBuf;
use std::sync::mpsc::channel;

use bench::Outcome;
use clap::Args;
use profile::Profiles;
use sim::rig::Hands;
use sim::scenario::Scenario;

use super::session::{self, Session, Ui};
use crate::demo::{POOL, PREFIX, SERVER, lay, spawn};
use crate::io::clock::Clock;
use crate::io::message::Mailbox;
use crate::store::shelf::Shelf;
use crate::trouble::Trouble;

/// The scenarios of this repository, as (name, text).
static SCENARIOS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/scenarios.in"));

/// Bytes of each made-up image, so that there is something to see; the real ones are up to three times as large.
const IMAGE: usize = 900_000;

/// The same for a 7940, about as large as real ones.
const CLASSIC_IMAGE: usize = 400_000;

/// Watch a simulated phone being recovered: no phone, no rights, nothing leaves this computer
#[derive(Args)]
pub(crate) struct DemoArgs {
    /// A scenario: a name of --list, or a file
    #[arg(default_value = "demo")]
    scenario: String,
    /// List the scenarios
    #[arg(long)]
    list: bool,
    /// How many times faster than life
    #[arg(long, value_name = "N", default_value_t = 8)]
    speed: u32,
    /// Stop after so many seconds of the phone's time when nothing has ended
    #[arg(long, value_name = "SECONDS", default_value_t = 7_200)]
    seconds: u64,
    /// Keep shelf, journal and ledger here instead of in a folder that is removed at the end
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Plain lines also on a terminal
    #[arg(long)]
    plain: bool,
    /// Print observations as JSON lines
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &DemoArgs) -> super::Result {
    if args.list {
        let mut out = std::io::stdout().lock();
        for (name, text) in SCENARIOS {
            let scenario = Scenario::parse(text).map_err(|e| anyhow::anyhow!("{name}: {e}"))?;
            writeln!(out, "{name:<28} {}", scenario.title)?;
        }
        return Ok(0);
    }
    let mut scenario = read(&args.scenario)?;
    for load in &mut scenario.bench.shelf {
        load.image_size = load.image_size.max(IMAGE);
    }
    for pack in &mut scenario.bench.packs {
        pack.image_size = pack.image_size.max(CLASSIC_IMAGE);
    }
    let scratch = Scratch::new(args.state.clone())?;
    let firmware = scratch.path.join("made-up-firmware");
    std::fs::create_dir_all(&firmware).map_err(|e| Trouble::file(&firmware, &e))?;
    for (name, bytes) in scenario.firmware() {
        std::fs::write(firmware.join(name), bytes)?;
    }
    for file in &scenario.bench.files {
        std::fs::write(firmware.join(&file.name), &file.text)?;
    }
    let mut shelf = Shelf::open(&scratch.path)?;
    if !scenario.bench.folder {
        shelf.add(std::slice::from_ref(&firmware), &mut |_| {})?;
    }
    let clock = Clock::faster(args.speed.clamp(1, 50));
    let (sockets, table) = lay()?;
    let mailbox = Mailbox::new()?;
    let mut config = scenario.config();
    (config.server, config.prefix, config.pool) = (SERVER, PREFIX, Some(POOL));
    config.wall_ms = clock.wall_ms();
    config.iface = "demo".to_owned();
    config.mac = proto::Mac([0x02, 0, 0, 0, 0, 0x01]);
    config.seed = clock.wall_ms();
    let ui = Ui::pick(args.json, args.plain);
    if ui != Ui::Json {
        println!("{}.", scenario.title);
        println!("Everything below happens on this computer's loopback, {} times faster than life.\n", args.speed);
    }
    let seat = scenario.phones().into_iter().next().ok_or_else(|| anyhow::anyhow!("the scenario has no phone"))?;
    let (asks, asked) = channel();
    let hands = Hands::new(seat.person, seat.obeys);
    let phone = spawn(table, seat.phone, hands, clock, asked, mailbox.0.clone())?;
    let end = proto::Time::from_secs(args.seconds);
    let session = Session {
        config,
        profiles: Profiles::built_in().0,
        clock,
        sockets,
        http: None,
        https: None,
        state: scratch.path.clone(),
        blobs: shelf.blobs(),
        folder: scenario.bench.folder.then(|| firmware.canonicalize()).transpose()?,
        uploads: None,
        ui,
        announce: false,
        asks: Some(asks),
        until: Some(Box::new(move |bench| !outcomes(bench).is_empty() || clock.now() >= end)),
        mailbox,
    };
    let bench = session::run(session)?;
    let status = phone.join().map_err(|_| anyhow::anyhow!("the phone's thread panicked"))??;
    if ui != Ui::Json {
        super::summary(&bench)?;
        println!(
            "\nThe simulated phone says of itself: it runs {}.",
            status.load.unwrap_or_else(|| "nothing".to_owned())
        );
    }
    Ok(if outcomes(&bench).contains(&Outcome::Recovered) { 0 } else { 3 })
}

fn outcomes(bench: &bench::Bench) -> Vec<Outcome> {
    let sessions = bench.state().sessions.values();
    sessions.filter_map(|s| s.procedure.as_ref()?.ended.as_ref().map(|e| e.0)).collect()
}

/// A scenario of this repository by its name, or one's own by its path.
fn read(which: &str) -> super::Result<Scenario> {
    let built_in = SCENARIOS.iter().find(|(name, _)| *name == which).map(|(_, text)| (*text).to_owned());
    let text = match built_in {
        Some(text) => text,
        None => std::fs::read_to_string(which).map_err(|e| {
            Trouble::new(
                "RB508",
                format!("`{which}` is no scenario and no file ({e})"),
                "`ringback demo --list` shows the names.",
            )
        })?,
    };
    Scenario::parse(&text)
        .map_err(|e| Trouble::new("RB507", format!("{which}: {e}"), "See scenarios/ for examples.").into())
}

/// The demo's folder, removed at the end unless it was given.
struct Scratch {
    path: PathBuf,
    remove: bool,
}

impl Scratch {
    fn new(given: Option<PathBuf>) -> super::Result<Scratch> {
        let remove = given.is_none();
        let path = given.unwrap_or_else(|| std::env::temp_dir().join(format!("ringback-demo-{}", std::process::id())));
        std::fs::create_dir_all(&path).map_err(|e| Trouble::file(&path, &e))?;
        Ok(Scratch { path, remove })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.remove {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
