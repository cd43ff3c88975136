//! `ringback shelf`: the firmware the bench holds.

use std::io::Write;
use std::path::PathBuf;

use bench::shelf::{BlobKind, Shelf as Index};
use clap::{Args, Subcommand};

use super::StateArgs;
use crate::store::shelf::Shelf;

/// Put firmware on the shelf, and see what is there
#[derive(Args)]
pub(crate) struct ShelfArgs {
    #[command(subcommand)]
    command: ShelfCommand,
    #[command(flatten)]
    state: StateArgs,
}

#[derive(Subcommand)]
enum ShelfCommand {
    /// Add files, folders and archives (.zip, .tar, .tgz) as the vendor hands them out
    Add {
        /// What to add
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
    /// List loads and files
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(args: &ShelfArgs) -> super::Result {
    let mut shelf = Shelf::open(&args.state.folder())?;
    for sentence in shelf.mended() {
        eprintln!("{sentence}");
    }
    let mut out = std::io::stdout().lock();
    match &args.command {
        ShelfCommand::Add { paths } => {
            let added = shelf.add(paths, &mut |_| {})?;
            for (name, why) in &added.refused {
                writeln!(out, "refused  {name}: {why}")?;
            }
            writeln!(out, "{} new, {} known, {} refused", added.new.len(), added.known.len(), added.refused.len())?;
            Ok(u8::from(!added.refused.is_empty()))
        }
        ShelfCommand::List { json } => {
            let index = Index::new(shelf.blobs());
            if *json {
                let blobs: Vec<_> = index.blobs().collect();
                writeln!(out, "{}", serde_json::to_string_pretty(&blobs)?)?;
                return Ok(0);
            }
            for load in index.loads() {
                let state =
                    if load.is_complete() { "complete".to_owned() } else { format!("{} missing", load.missing.len()) };
                writeln!(out, "{:<28} {state}", load.name)?;
                for missing in &load.missing {
                    writeln!(out, "    {} — {}", missing.name, missing.why)?;
                }
            }
            let others = index.blobs().filter(|b| b.kind == BlobKind::Other).count();
            writeln!(out, "{} files, {others} of them of other kinds", index.blobs().count())?;
            Ok(0)
        }
    }
}
