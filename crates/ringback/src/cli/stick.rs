//! `ringback stick`: a USB stick, or an image of one, from which a phone's loader takes new firmware.

use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use profile::{Family, Model, Profiles, Rescue, RescueBy};

use super::{ProfileArgs, StateArgs, config};
use crate::io::clock::Clock;
use crate::jobs::usb_stick::check::{Checked, check};
use crate::jobs::usb_stick::disks::{Disk, Host, size};
use crate::jobs::usb_stick::files::{self, From};
use crate::jobs::usb_stick::record::{self, Record};
use crate::jobs::usb_stick::refuse;
use crate::jobs::usb_stick::write::{self, Progress};
use crate::store::shelf::Shelf;
use crate::trouble::Trouble;

/// A terminal's line is drawn anew at most this often.
const DRAW_EVERY: Duration = Duration::from_millis(100);

/// Make a USB stick from which a phone's boot loader takes new firmware
///
/// Without --device and --image it lists the sticks that it could use. Everything on the stick is erased:
/// it asks you to type the stick's name first.
#[derive(Args)]
pub(crate) struct StickArgs {
    /// The phone's model, as printed on it
    #[arg(required_unless_present = "list")]
    model: Option<String>,
    /// The stick, such as sdb or /dev/sdb
    #[arg(long, value_name = "DEV", conflicts_with = "image")]
    device: Option<String>,
    /// Write an image of a stick into this file instead
    #[arg(long, value_name = "FILE")]
    image: Option<PathBuf>,
    /// Take the files from here, not from the shelf: a folder, or the files themselves
    #[arg(long = "from", value_name = "PATH")]
    from: Vec<PathBuf>,
    /// The stick's name, when nobody is there to type it
    #[arg(long, value_name = "NAME", requires = "device")]
    confirm: Option<String>,
    /// Only list the sticks
    #[arg(long, conflicts_with_all = ["device", "image"])]
    list: bool,
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    profiles: ProfileArgs,
    /// Where /sys, /proc and /dev are looked for
    #[arg(long, value_name = "DIR", default_value = "/", hide = true)]
    host_root: PathBuf,
}

pub(super) fn run(args: &StickArgs) -> super::Result {
    let state = args.state.folder();
    if let Some(trouble) = record::unfinished(&state) {
        eprintln!("{trouble}");
    }
    let host = Host::at(&args.host_root);
    let Some(model) = args.model.as_deref().filter(|_| !args.list) else {
        list(&host, 0)?;
        return Ok(0);
    };
    let profiles = config::profiles_or_warn(&args.profiles)?;
    let (family, model, rescue) = rescue(&profiles, model)?;
    let chosen = choose(args, &state, &model.name, rescue)?;
    show_checked(&chosen, check(family, model, &chosen))?;
    let (model, needed) = (&model.name, write::needed(&chosen));
    if let Some(path) = &args.image {
        if path.exists() {
            let what = format!("{} is there already", path.display());
            return Err(Trouble::of("RB563", what).into());
        }
        let record = Record::new(path.display().to_string(), Some(absolute(&write::half(path))), model, wall());
        work(&state, &record, |tell| write::image(path, &chosen, tell))?;
        println!("{} is ready: write it to a stick with any program that writes images.", path.display());
        return Ok(0);
    }
    let Some(device) = &args.device else {
        list(&host, needed)?;
        println!("\nTo write one: ringback stick {model} --device NAME");
        return Ok(0);
    };
    let disk = find(&host, device)?;
    refuse::judge(&disk, needed)?;
    confirm(&disk, args.confirm.as_deref())?;
    // Somebody may have plugged and mounted while it was typed.
    let disk = find(&host, device).and_then(|again| {
        if again.number == disk.number && again.model == disk.model { Ok(again) } else { Err(gone(device)) }
    })?;
    refuse::judge(&disk, needed)?;
    let record = Record::new(disk.words(), None, model, wall());
    work(&state, &record, |tell| write::disk(&disk, host.is_made_up(), &chosen, tell))?;
    println!("{} is ready for the {model}: every byte was read back and is right.", disk.name);
    if let Some(note) = &rescue.note {
        println!("{note}");
    }
    Ok(0)
}

/// The files with what their headers say, and what should be known of them; or why they are not taken.
fn show_checked(chosen: &[files::File], checked: Result<Checked, Vec<Trouble>>) -> Result<(), Trouble> {
    let (says, warnings, refused) = match checked {
        Ok(checked) => (checked.says, checked.warnings, None),
        Err(mut all) => {
            let first = (!all.is_empty()).then(|| all.remove(0));
            (Vec::new(), all, first)
        }
    };
    for (at, file) in chosen.iter().enumerate() {
        let says = says.get(at).and_then(|s| s.as_ref()).map_or_else(String::new, |s| format!("   {s}"));
        println!("{:<28} {}{says}", proto::text::escape(file.name.as_bytes()), size(file.bytes));
    }
    for warning in warnings {
        eprintln!("{warning}");
    }
    refused.map_or(Ok(()), Err)
}

/// The model, and what its loader takes from a stick.
fn rescue<'p>(profiles: &'p Profiles, model: &str) -> Result<(&'p Family, &'p Model, &'p Rescue), Trouble> {
    let Some((family, model)) = profiles.model(model) else {
        let what = format!("no phone `{}` is known", proto::text::escape(model.as_bytes()));
        return Err(Trouble::new("RB564", what, "`ringback phones` lists those that are."));
    };
    let Some(rescue) = family.rescue(&model.name) else {
        return Err(Trouble::of("RB564", format!("no rescue by stick is known for the {}", model.name)));
    };
    if !rescue.by.contains(&RescueBy::Usb) {
        let what = format!("as far as is known the {} takes no stick ({})", model.name, rescue.confidence.words());
        let remedy = if rescue.by.contains(&RescueBy::Tftp) {
            "Rescue it by TFTP: `ringback run --procedure tftp-recovery`."
        } else {
            ""
        };
        return Err(Trouble::new("RB564", what, remedy));
    }
    Ok((family, model, rescue))
}

fn choose(args: &StickArgs, state: &Path, model: &str, rescue: &Rescue) -> super::Result<Vec<files::File>> {
    if !args.from.is_empty() {
        return Ok(files::choose(model, rescue, From::Named, &files::named(&args.from)?)?);
    }
    let shelf = Shelf::open(state)?;
    for sentence in shelf.mended() {
        eprintln!("{sentence}");
    }
    let blobs = shelf.blobs_dir();
    let all: Vec<files::File> = shelf
        .blobs()
        .iter()
        .filter(|b| b.faults.is_empty())
        .map(|b| files::File { name: b.name.clone(), path: blobs.join(&b.sha256), bytes: b.size })
        .collect();
    Ok(files::choose(model, rescue, From::Shelf, &all)?)
}

/// The disk that is meant, or why there is none.
fn find(host: &Host, device: &str) -> Result<Disk, Trouble> {
    let name = host.name_of(device);
    let disks = host.disks();
    if let Some(disk) = disks.iter().find(|d| d.name == name) {
        return Ok(disk.clone());
    }
    match disks.iter().find(|d| d.partitions.contains(&name)) {
        Some(disk) => {
            let what = format!("{name} is a partition; a stick is written as a whole");
            Err(Trouble::new("RB550", what, format!("Name the disk: --device {}", disk.name)))
        }
        None => Err(gone(&name)),
    }
}

fn gone(name: &str) -> Trouble {
    Trouble::of("RB550", format!("there is no disk {}", proto::text::escape(name.as_bytes())))
}

/// Lists what could be a stick, each with the reason against it if there is one. Other disks are not named.
fn list(host: &Host, needed: u64) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let sticks: Vec<Disk> =
        host.disks().into_iter().filter(|d| d.can_be_unplugged() && !d.is_the_systems() && d.bytes > 0).collect();
    for disk in &sticks {
        match refuse::judge(disk, needed) {
            Ok(()) => writeln!(out, "{}", disk.words())?,
            Err(trouble) => writeln!(out, "{}   not now: {} ({})", disk.words(), trouble.what, trouble.code)?,
        }
    }
    if sticks.is_empty() {
        writeln!(out, "No stick is plugged in.")?;
    }
    Ok(())
}

/// Asks for the stick's name. What is typed wrong ends it: there is no second try in a hurry.
fn confirm(disk: &Disk, given: Option<&str>) -> Result<(), Trouble> {
    let typed = match given {
        Some(given) => given.to_owned(),
        None => {
            println!("\nEverything on {} will be erased.", disk.words());
            print!("Type its name, {}, to go on: ", disk.name);
            let _ = std::io::stdout().flush();
            let mut line = String::new();
            let _ = std::io::stdin().lock().read_line(&mut line);
            line.trim().to_owned()
        }
    };
    if typed == disk.name {
        return Ok(());
    }
    let what = match typed.as_str() {
        "" => "no name was typed".to_owned(),
        other => format!("`{}` was typed, the stick is {}", proto::text::escape_short(other.as_bytes(), 40), disk.name),
    };
    Err(Trouble::of("RB560", what))
}

/// Does the work with its record and its progress on the screen.
fn work(
    state: &Path,
    record: &Record,
    work: impl FnOnce(&mut write::Tell<'_>) -> Result<(), Trouble>,
) -> super::Result<()> {
    if let Some(other) = record::other_writer(state) {
        let what = format!("another ringback is writing {}", other.target);
        return Err(Trouble::new("RB552", what, "Wait until that one has finished.").into());
    }
    record.begin(state)?;
    let mut shown = Shown::new();
    let done = work(&mut |progress| shown.tell(progress));
    shown.end();
    // An error is told now; only what nobody could tell stays on record.
    record::end(state);
    Ok(done?)
}

/// Progress for people: one line drawn anew on a terminal, else a line for each tenth.
struct Shown {
    terminal: bool,
    last: Option<(&'static str, u64)>,
    drawn: Option<Instant>,
}

impl Shown {
    fn new() -> Shown {
        Shown { terminal: std::io::stderr().is_terminal(), last: None, drawn: None }
    }

    fn tell(&mut self, progress: Progress) {
        let (what, done, all) = match progress {
            Progress::Preparing => ("preparing", 0, 0),
            Progress::Writing(done, all) => ("writing", done, all),
            Progress::Syncing => ("waiting until the stick has everything", 0, 0),
            Progress::Comparing(done, all) => ("comparing", done, all),
        };
        let percent = (done.saturating_mul(100)).checked_div(all).unwrap_or(0);
        let step = if self.terminal { percent } else { percent / 10 };
        if self.last == Some((what, step)) {
            return;
        }
        let is_new = self.last.is_none_or(|l| l.0 != what);
        self.last = Some((what, step));
        let words = if all == 0 { what.to_owned() } else { format!("{what} {percent} % of {}", size(all)) };
        let mut err = std::io::stderr().lock();
        let _ = if !self.terminal {
            writeln!(err, "{words}")
        } else if is_new || percent == 100 || self.drawn.is_none_or(|d| d.elapsed() >= DRAW_EVERY) {
            self.drawn = Some(Instant::now());
            write!(err, "\r\x1b[K{words}").and_then(|()| err.flush())
        } else {
            Ok(())
        };
    }

    fn end(&self) {
        if self.terminal {
            eprintln!();
        }
    }
}

fn wall() -> u64 {
    Clock::start().wall_ms()
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
