//! `ringback shelf`: the firmware the bench holds.

mod add;
mod check;
mod list;
mod plan;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use bench::plan::ladder::known::Known;
use bench::plan::ladder::{known, named};
use bench::shelf::{BlobKind, Load, Shelf as Index};
use clap::{Args, Subcommand};
use profile::{Family, Model, Profiles};

use super::{ProfileArgs, StateArgs, config};
use crate::store::shelf::{Progress, Shelf};
use crate::trouble::Trouble;

/// Put firmware on the shelf, see what is there, and plan the way from one version to another
#[derive(Args)]
pub(crate) struct ShelfArgs {
    #[command(subcommand)]
    command: ShelfCommand,
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    profiles: ProfileArgs,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum ShelfCommand {
    /// Add files, folders and archives (.zip, .tar, .tgz, .cop.sgn) as the vendor hands them out
    Add {
        /// What to add
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// A list of sums that the files must have, as `sha256sum`, `sha1sum` or `md5sum` write it, or BSD's
        /// `SHA256 (name) = …` with `SIZE (name) = …`
        #[arg(long, value_name = "LIST")]
        sums: Vec<PathBuf>,
    },
    /// List loads and files
    List,
    /// Say what is wrong with the shelf, or what it lacks for one model
    Check {
        /// A model (7965G); all when left out
        model: Option<String>,
        /// Read every file again, also those that look unchanged
        #[arg(long)]
        deep: bool,
    },
    /// Print the way from one version to another: what must run, why, what is here, what to fetch
    Plan(plan::PlanArgs),
}

pub(super) fn run(args: &ShelfArgs) -> super::Result {
    let mut shelf = Shelf::open(&args.state.folder())?;
    for sentence in shelf.mended() {
        eprintln!("{sentence}");
    }
    let profiles = config::profiles_or_warn(&args.profiles)?;
    match &args.command {
        ShelfCommand::Add { paths, sums } => add::run(&mut shelf, &profiles, paths, sums, args.json),
        ShelfCommand::List => list::run(&shelf, &profiles, args.json),
        ShelfCommand::Check { model, deep } => check::run(&mut shelf, &profiles, model.as_deref(), *deep, args.json),
        ShelfCommand::Plan(wish) => plan::run(&shelf, &profiles, wish, args.json),
    }
}

/// Tells how far an adding is, at most once a second; on a terminal in place.
pub(super) fn progress() -> impl FnMut(&Progress) {
    const EVERY: Duration = Duration::from_secs(1);
    let mut last = Instant::now();
    move |p| {
        if last.elapsed() < EVERY {
            return;
        }
        last = Instant::now();
        let mut err = std::io::stderr();
        let line = format!("{} files, {} MiB …", p.files, p.bytes >> 20);
        // Whoever listens may have gone away; the adding goes on.
        let _ = if err.is_terminal() { write!(err, "\r{line} ") } else { writeln!(err, "{line}") };
    }
}

/// The family and model of a name that a person gave.
fn model<'a>(profiles: &'a Profiles, name: &str) -> super::Result<(&'a Family, &'a Model)> {
    let unknown =
        || Trouble::new("RB507", format!("`{name}` is no model that is known"), "`ringback phones` lists all.");
    Ok(profiles.model(name).ok_or_else(unknown)?)
}

/// A load on the shelf with all the models that it is for.
struct Shelved {
    load: Load,
    version: Option<String>,
    protocol: Option<String>,
    models: Vec<String>,
    cautions: Vec<bench::shelf::Fault>,
}

/// Every load on the shelf: those that a family knows, with their models, and lists that none knows.
fn shelved(index: &Index, profiles: &Profiles) -> Vec<Shelved> {
    let mut all: Vec<Shelved> = Vec::new();
    for family in profiles.families() {
        for model in &family.models {
            let mut known: Vec<Known> = known(family, model, index);
            known.extend(recovery_lists(family, model, index));
            for k in known {
                let is_it = |s: &&mut Shelved| s.load.list.sha256 == k.load.list.sha256 && s.load.name == k.load.name;
                match all.iter_mut().find(is_it) {
                    Some(there) => there.models.push(model.name.clone()),
                    None => all.push(Shelved {
                        version: Some(k.named.version.to_string()),
                        protocol: Some(k.named.protocol).filter(|p| !p.is_empty()),
                        models: vec![model.name.clone()],
                        cautions: k.cautions,
                        load: k.load,
                    }),
                }
            }
        }
    }
    let unknown: Vec<Load> =
        index.loads().filter(|l| !all.iter().any(|s| s.load.list.sha256 == l.list.sha256)).collect();
    all.extend(unknown.into_iter().map(|load| {
        let cautions = load.cautions();
        Shelved { load, version: None, protocol: None, models: Vec::new(), cautions }
    }));
    all.sort_by(|a, b| a.load.name.cmp(&b.load.name));
    all
}

/// The recovery lists of a model, as loads of the release that they list.
fn recovery_lists(family: &Family, model: &Model, index: &Index) -> Vec<Known> {
    let Some(list) = &model.recovery_load_list else { return Vec::new() };
    let lists = index.loads().filter(|l| l.list.name.eq_ignore_ascii_case(list) && named(family, &l.name).is_none());
    let as_known = lists.filter_map(|load| {
        let version = bench::plan::ladder::known::build_of(family, &load)?;
        let BlobKind::LoadList { files, .. } = &load.list.kind else { return None };
        let speaks = |p: &&String| files.iter().any(|f| f.to_ascii_lowercase().contains(p.as_str()));
        let protocol = family.loads.iter().map(|l| &l.protocol).find(speaks).cloned().unwrap_or_default();
        let named = bench::plan::ladder::Named { protocol, images: model.images.clone(), version };
        let cautions = load.cautions();
        Some(Known { load, named, cautions })
    });
    as_known.collect()
}
