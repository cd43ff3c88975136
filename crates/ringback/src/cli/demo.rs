//! `ringback demo`: a simulated phone, the real bench, real datagrams on loopback, no rights needed.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::channel;

use bench::Outcome;
use bench::shelf::Reference;
use clap::Args;
use profile::Profiles;
use proto::Mac;
use sim::rig::Hands as SimHands;
use sim::scenario::Scenario;

use super::session::{self, Session, Ui};
use crate::demo::{ByHand, POOL, PREFIX, Place, SERVER, lay, spawn};
use crate::io::clock::Clock;
use crate::io::message::Mailbox;
use crate::io::run_loop::Done;
use crate::store::shelf::Shelf;
use crate::trouble::Trouble;
use crate::web::demo::Hands;

/// The scenarios of this repository, as (name, text).
static SCENARIOS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/scenarios.in"));

/// Bytes of each made-up image, so that there is something to see; the real ones are up to three times as large.
const IMAGE: usize = 900_000;
/// Phones at once: more than the demo has addresses for would be no use.
const PHONES: i64 = 500;

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
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=50))]
    speed: u32,
    /// Stop after so many seconds of the phone's time when nothing has ended
    #[arg(long, value_name = "SECONDS", default_value_t = 7_200)]
    seconds: u64,
    /// Keep shelf, journal and ledger here instead of in a folder that is removed at the end
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// You are the person: press the phone's keys on a page of the web screens, nobody else does
    #[arg(long, conflicts_with = "no_web")]
    by_hand: bool,
    /// Go on after the end, so that the screens can be looked at
    #[arg(long)]
    stay: bool,
    /// So many phones like the scenario's first
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=PHONES))]
    phones: u16,
    #[command(flatten)]
    web: super::web::WebArgs,
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
            let note = if wants_http(text) { "  [a test: its phone wants HTTP, which the demo has not]" } else { "" };
            writeln!(out, "{name:<28} {}{note}", scenario.title)?;
        }
        return Ok(0);
    }
    let text = read(&args.scenario)?;
    let mut scenario = parse(&args.scenario, &text)?;
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
        // Made-up firmware has none of the published sums.
        shelf.add(std::slice::from_ref(&firmware), &Reference::default(), &mut |_| {})?;
    }
    let clock = Clock::faster(args.speed);
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
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}.", scenario.title)?;
        if wants_http(&text) {
            let what = "Its phone wants HTTP, which the demo has not: it may end otherwise than with a true phone.";
            writeln!(out, "{what}")?;
        }
        writeln!(
            out,
            "Everything below happens on this computer's loopback, {} times faster than life.\n",
            args.speed
        )?;
    }
    let (asks, asked) = channel();
    let web = args.web.listen()?;
    let (deeds, done) = channel();
    let hands = (args.by_hand && web.is_some()).then(|| Arc::new(Hands::new(deeds)));
    if let (Some(_), Some(web), true) = (&hands, &web, ui != Ui::Json) {
        let url = web.listening.url();
        let (site, token) = url.split_at(url.rfind('/').map_or(url.len(), |at| at + 1));
        writeln!(std::io::stdout(), "You are the hands. The phone is at {site}demo/phone{token}\n")?;
    }
    let by_hand = hands.clone().map(|looks| ByHand { deeds: done, looks });
    let places = places(&text, &scenario, args)?;
    let count = places.len();
    let phones = spawn(table, places, clock, asked, by_hand, mailbox.0.clone())?;
    let end = proto::Time::from_secs(args.seconds);
    let session = Session {
        config,
        profiles: Profiles::built_in().0,
        clock,
        sockets,
        http: None,
        https: None,
        ftp: None,
        device: None,
        state: scratch.path.clone(),
        blobs: shelf.blobs(),
        folder: scenario.bench.folder.then(|| firmware.canonicalize()).transpose()?,
        uploads: None,
        ui,
        announce: false,
        asks: Some(asks),
        web,
        hands,
        until: (!args.by_hand && !args.stay)
            .then(|| -> Done { Box::new(move |bench| outcomes(bench).len() >= count || clock.now() >= end) }),
        mailbox,
    };
    let bench = session::run(session)?;
    let statuses = phones.join().map_err(|_| anyhow::anyhow!("the phones' thread panicked"))??;
    if ui != Ui::Json {
        super::told(super::summary(&bench))?;
        let mut out = std::io::stdout().lock();
        for (n, status) in statuses.into_iter().enumerate() {
            let load = status.load.unwrap_or_else(|| "nothing".to_owned());
            let before = if n == 0 { "\n" } else { "" };
            let said = writeln!(out, "{before}The simulated phone says of itself: it runs {load}.");
            super::told(said.map_err(Into::into))?;
        }
    }
    Ok(if outcomes(&bench).contains(&Outcome::Recovered) { 0 } else { 3 })
}

/// Whether a scenario's phone is of a family that is provisioned or recovered by HTTP.
fn wants_http(text: &str) -> bool {
    ["[phone.is.aastra]", "[phone.is.yealink]"].iter().any(|is| text.contains(is))
}

fn outcomes(bench: &bench::Bench) -> Vec<Outcome> {
    let sessions = bench.state().sessions.values();
    sessions.filter_map(|s| s.procedure.as_ref()?.ended.as_ref().map(|e| e.0)).collect()
}

/// The phones with their people. More than the scenario has are like its first, each with its own address.
fn places(text: &str, scenario: &Scenario, args: &DemoArgs) -> super::Result<Vec<Place>> {
    let mut places = Vec::new();
    let first = scenario.places.first().map_or(Mac::ZERO, |p| p.is.mac());
    let step = proto::Time::from_millis(200).since(proto::Time::ZERO);
    for n in 0..usize::from(args.phones) {
        let mac = numbered(first, n);
        let alike = text.replace(&first.to_string(), &mac.to_string());
        let seats = parse(&args.scenario, &alike)?.phones().into_iter();
        let Some(seat) = seats.take(1).find(|s| s.phone.mac() == mac) else {
            return Err(Trouble::of(
                "RB507",
                "the scenario's phone cannot be repeated: its mac is not written with colons",
            )
            .into());
        };
        let power_at = seat.power_at + step * u32::try_from(n).unwrap_or(u32::MAX);
        places.push(match args.by_hand {
            true => Place { phone: seat.phone, hands: SimHands::new(None, false), power_at: None },
            false => {
                Place { phone: seat.phone, hands: SimHands::new(seat.person, seat.obeys), power_at: Some(power_at) }
            }
        });
    }
    Ok(places)
}

/// The address that many further, within the maker's block.
fn numbered(first: Mac, n: usize) -> Mac {
    let [a, b, c, d, e, f] = first.0;
    let device = (u32::from_be_bytes([0, d, e, f]) + u32::try_from(n).unwrap_or(0)) & 0x00ff_ffff;
    let [_, d, e, f] = device.to_be_bytes();
    Mac([a, b, c, d, e, f])
}

/// A scenario of this repository by its name, or one's own by its path.
fn read(which: &str) -> super::Result<String> {
    let built_in = SCENARIOS.iter().find(|(name, _)| *name == which).map(|(_, text)| (*text).to_owned());
    match built_in {
        Some(text) => Ok(text),
        None => std::fs::read_to_string(which).map_err(|e| {
            let what = format!("`{which}` is no scenario and no file ({e})");
            Trouble::new("RB508", what, "`ringback demo --list` shows the names.").into()
        }),
    }
}

fn parse(which: &str, text: &str) -> super::Result<Scenario> {
    Scenario::parse(text)
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
