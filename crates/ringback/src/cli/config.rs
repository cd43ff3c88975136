//! `ringback config`: the files that the bench makes for one phone, and how they differ from what it fetched
//! last. The profiles, built in and the technician's own, are read here too.

mod diff;
mod fetched;

use std::io::Write;
use std::net::Ipv4Addr;
use std::path::Path;

use bench::plan::answer::{Answer, Content};
use bench::plan::overlay::{self, Laid, Sight};
use bench::session::Session;
use bench::shelf::Shelf as Index;
use clap::Args;
use profile::{Family, Origin, Problem, Profiles};
use proto::{Mac, Time};

use super::{ProfileArgs, StateArgs};
use crate::store::shelf::Shelf;
use crate::trouble::Trouble;

/// Show the configuration files that the bench makes for a phone, before it gets them
#[derive(Args)]
pub(crate) struct ConfigArgs {
    /// The model (7965, 7960)
    model: String,
    /// The phone's Ethernet address
    #[arg(long)]
    mac: Mac,
    /// The load that the files name; none leaves the phone the one it runs
    #[arg(long, value_name = "LOAD")]
    load: Option<String>,
    /// The protocol of the phone's load (sccp, sip, mgcp), where the load named does not tell it
    #[arg(long, value_name = "PROTOCOL")]
    protocol: Option<String>,
    /// The bench's address
    #[arg(long, value_name = "ADDRESS", default_value = "10.79.0.1")]
    server: Ipv4Addr,
    /// Only the files with these letters in their names
    #[arg(long, value_name = "TEXT")]
    file: Option<String>,
    /// Show how they differ from what this phone fetched last, by the journals
    #[arg(long)]
    diff: bool,
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    profiles: ProfileArgs,
}

pub(super) fn run(args: &ConfigArgs) -> super::Result {
    let profiles = profiles_or_warn(&args.profiles)?;
    let Some((family, model)) = profiles.model(&args.model) else {
        let what = format!("no phone is called `{}`", args.model);
        return Err(Trouble::new("RB507", what, "`ringback phones` lists all.").into());
    };
    let mut session = Session::new(args.mac, 1, Time::ZERO);
    session.identified.family = Some(family.id.clone());
    session.identified.model = Some(model.name.clone());
    session.protocol = args.protocol.clone().map(|p| (p.to_ascii_lowercase(), 1));
    let laid = Laid { pinned: pinned(args)?, target: args.load.clone(), config: true, empty: Vec::new() };
    let mut out = std::io::stdout().lock();
    let mut shown = 0;
    for name in names(family, args.mac) {
        if args.file.as_ref().is_some_and(|part| !name.to_ascii_lowercase().contains(&part.to_ascii_lowercase())) {
            continue;
        }
        let Some(text) = made(&profiles, &session, args.server, &laid, &name) else { continue };
        shown += 1;
        writeln!(out, "==== {name} ({} bytes)", text.len())?;
        if !args.diff {
            writeln!(out, "{}", text.trim_end())?;
            continue;
        }
        match fetched::last(&args.state.folder(), &profiles, args.mac, &name)? {
            None => writeln!(out, "no journal knows of a file of this name that it fetched from the bench")?,
            Some(last) => {
                writeln!(out, "fetched last: observation {} of {}", last.n, last.journal)?;
                match last.text {
                    Some(was) if was == text => writeln!(out, "the same")?,
                    Some(was) => write!(out, "{}", diff::lines(&was, &text))?,
                    None => writeln!(
                        out,
                        "it was another one (SHA-256 {}), which today's profiles do not make again",
                        last.sha256.get(..12).unwrap_or_default()
                    )?,
                }
            }
        }
    }
    if shown == 0 {
        writeln!(out, "No file of this family is made by the bench, or none has these letters in its name.")?;
        return Ok(1);
    }
    Ok(0)
}

/// The names of all files that are made for a phone.
fn names(family: &Family, mac: Mac) -> Vec<String> {
    let files = family.files.iter().filter(|f| f.template.is_some());
    files.filter_map(|f| f.name.fill(|part| (part == "mac").then(|| mac.bare_upper()))).collect()
}

/// One file as the bench would make it.
fn made(profiles: &Profiles, session: &Session, server: Ipv4Addr, laid: &Laid, name: &str) -> Option<String> {
    let shelf = Index::default();
    let sight = Sight {
        profiles,
        shelf: &shelf,
        server,
        http: true,
        wall_ms: 0,
        prefix: 24,
        typed: None,
        map: &[],
        folder: false,
        neutral: true,
        session: Some(session),
        laid: Some(laid),
    };
    match overlay::answer(&sight, name.as_bytes()) {
        Answer::Serve { content: Content::Bytes(bytes), .. } => String::from_utf8(bytes.to_vec()).ok(),
        _ => None,
    }
}

/// The load named, with its files where the shelf has it.
fn pinned(args: &ConfigArgs) -> super::Result<Option<(String, Vec<bench::observe::PinnedFile>)>> {
    let Some(load) = &args.load else { return Ok(None) };
    if !args.state.folder().is_dir() {
        return Ok(Some((load.clone(), Vec::new())));
    }
    let index = Index::new(Shelf::open(&args.state.folder())?.blobs());
    let files = index.load(load).map(|l| bench::procedure::gate::pin(&l)).unwrap_or_default();
    Ok(Some((load.clone(), files)))
}

/// Files read from one folder of profiles at most, and their size.
const FILES: usize = 2_000;
const SIZE: u64 = 1 << 20;

/// Reads all profiles; problems are returned, not fatal.
pub(super) fn profiles(args: &ProfileArgs) -> super::Result<(Profiles, Vec<Problem>)> {
    let (mut profiles, mut problems) = Profiles::built_in();
    for folder in &args.folders {
        let mut files = Vec::new();
        read(folder, folder, 0, &mut files)?;
        problems.extend(profiles.add(&Origin::Folder(folder.display().to_string()), files));
    }
    Ok((profiles, problems))
}

/// As [`profiles`], for commands that run phones: a problem is told and the family left as it is.
pub(super) fn profiles_or_warn(args: &ProfileArgs) -> super::Result<Profiles> {
    let (profiles, problems) = profiles(args)?;
    for problem in problems {
        eprintln!("RB505: {problem}");
    }
    Ok(profiles)
}

fn read(root: &Path, folder: &Path, depth: usize, files: &mut Vec<(String, String)>) -> super::Result<()> {
    for entry in std::fs::read_dir(folder).map_err(|e| Trouble::file(folder, &e))? {
        let path = entry?.path();
        let meta = std::fs::metadata(&path).map_err(|e| Trouble::file(&path, &e))?;
        if meta.is_dir() && depth < 3 {
            read(root, &path, depth + 1, files)?;
        } else if meta.is_file() && meta.len() <= SIZE && files.len() < FILES {
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            // Pictures and other things beside a profile are no profile.
            if let Ok(text) = std::fs::read_to_string(&path) {
                files.push((name, text));
            }
        }
    }
    Ok(())
}
