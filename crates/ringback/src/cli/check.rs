//! `ringback check`: the profiles' mistakes, each with file, field, what is wrong and what would be right.

use std::io::Write;

use clap::Args;

use super::{ProfileArgs, config};

/// Check profiles: yours and the built-in ones
#[derive(Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    profiles: ProfileArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &CheckArgs) -> super::Result {
    let (profiles, mut problems) = config::profiles(&args.profiles)?;
    for family in profiles.families() {
        problems.extend(bench::plan::ladder::check(family));
    }
    let mut out = std::io::stdout().lock();
    if args.json {
        let list: Vec<_> = problems
            .iter()
            .map(|p| serde_json::json!({ "file": p.file, "field": p.field, "what": p.what, "instead": p.instead }))
            .collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&list)?)?;
    } else {
        for problem in &problems {
            writeln!(out, "RB505: {problem}")?;
        }
        if problems.is_empty() {
            let models: usize = profiles.families().map(|f| f.models.len()).sum();
            let procedures: usize = profiles.families().map(|f| f.procedures.len()).sum();
            writeln!(
                out,
                "{} families, {models} models, {procedures} procedures: no mistake",
                profiles.families().count()
            )?;
        }
    }
    Ok(u8::from(!problems.is_empty()))
}
