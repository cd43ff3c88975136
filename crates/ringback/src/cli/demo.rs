//! `ringback demo`: a simulated phone, the real bench, real datagrams on loopback, no rights needed.

use std::path::PathBuf;
use std::sync::mpsc::channel;

use bench::{Config, Outcome};
use clap::Args;
use profile::Profiles;
use sim::Person;
use sim::firmware::{LoadSpec, Protocol, R8_5_2, R9_4_2SR1, load_set};
use sim::phones::cisco_79xx::{Cisco79xx, PhoneSpec};

use super::session;
use super::session::{Session, Ui};
use crate::demo::{POOL, PREFIX, SERVER, lay, spawn};
use crate::io::clock::Clock;
use crate::io::message::Mailbox;
use crate::store::shelf::Shelf;

/// Watch a simulated phone being recovered: no phone, no rights, nothing leaves this computer
#[derive(Args)]
pub(crate) struct DemoArgs {
    /// How many times faster than life
    #[arg(long, value_name = "N", default_value_t = 8)]
    speed: u32,
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

/// Bytes of each made-up image; the real ones are about ten times as large.
const IMAGE: usize = 900_000;

pub(super) fn run(args: &DemoArgs) -> super::Result {
    let scratch = Scratch::new(args.state.clone())?;
    let firmware = scratch.path.join("made-up-firmware");
    std::fs::create_dir_all(&firmware)?;
    for release in [R8_5_2, R9_4_2SR1] {
        for (name, bytes) in load_set(&LoadSpec::released("45", Protocol::Sccp, release, IMAGE)) {
            std::fs::write(firmware.join(name), bytes)?;
        }
    }
    let mut shelf = Shelf::open(&scratch.path)?;
    shelf.add(&[firmware], &mut |_| {})?;
    let clock = Clock::faster(args.speed.clamp(1, 50));
    let (sockets, table) = lay()?;
    let mailbox = Mailbox::new()?;
    let mac = proto::Mac([0x00, 0x11, 0xbb, 0x73, 0xad, 0x61]);
    let spec = PhoneSpec {
        load: Some("SCCP45.8-3-2S".to_owned()),
        wanted_load: Some("SCCP45.9-4-2SR1-1S".to_owned()),
        ..PhoneSpec::new(mac)
    };
    let mut config = Config::new(SERVER, PREFIX);
    config.wall_ms = clock.wall_ms();
    config.iface = "demo".to_owned();
    config.mac = proto::Mac([0x02, 0, 0, 0, 0, 0x01]);
    config.pool = Some(POOL);
    config.auto = true;
    config.seed = clock.wall_ms();
    let ui = Ui::pick(args.json, args.plain);
    if ui != Ui::Json {
        println!("A simulated Cisco 7965 with load 8.3(2), which shows \"Auth Fail\" over 9.4(2), is on the bench.");
        println!("Everything below happens on this computer's loopback, {} times faster than life.\n", args.speed);
    }
    let (asks, asked) = channel();
    let person = Some(Person::new(&sim::person::Script::default()));
    let phone = spawn(table, Box::new(Cisco79xx::new(spec)), person, clock, asked, mailbox.0.clone())?;
    let session = Session {
        config,
        profiles: Profiles::built_in().0,
        clock,
        sockets,
        http: None,
        state: scratch.path.clone(),
        blobs: shelf.blobs(),
        folder: None,
        uploads: None,
        ui,
        announce: false,
        until: Some(Box::new(move |bench| {
            let mut told = 0;
            for session in bench.state().sessions.values() {
                if session.procedure.as_ref().is_some_and(|p| p.ended.is_some()) {
                    told += 1;
                }
            }
            let _keep = &asks;
            told > 0
        })),
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
    let recovered = bench
        .state()
        .sessions
        .values()
        .any(|s| s.procedure.as_ref().and_then(|p| p.ended.as_ref()).is_some_and(|e| e.0 == Outcome::Recovered));
    Ok(if recovered { 0 } else { 3 })
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
        std::fs::create_dir_all(&path).map_err(|e| crate::trouble::Trouble::file(&path, &e))?;
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
