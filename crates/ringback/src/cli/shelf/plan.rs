//! `ringback shelf plan`: the way from one version to another.

use std::io::Write;

use bench::plan::ladder::way::{Plan, Wish, plan};
use bench::shelf::Shelf as Index;
use clap::Args;
use profile::{Profiles, Way};

use crate::store::shelf::Shelf;
use crate::trouble::Trouble;

#[derive(Args)]
pub(super) struct PlanArgs {
    /// The phone's model (7965G)
    model: String,
    /// What it runs: a version or a load's name
    #[arg(long, value_name = "VERSION")]
    from: String,
    /// What it is to run; the newest complete load on the shelf when left out
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,
    /// How the load gets into the phone; no way is risked when left out
    #[arg(long, value_enum)]
    by: Option<By>,
    /// The board's revision, or the hardware level that it needs
    #[arg(long, value_name = "REVISION")]
    hardware: Option<String>,
}

/// How a load gets into a phone.
#[derive(Clone, Copy, clap::ValueEnum)]
enum By {
    /// The running phone fetches it
    Network,
    /// The phone's recovery mode writes it
    Recovery,
}

pub(super) fn run(shelf: &Shelf, profiles: &Profiles, args: &PlanArgs, json: bool) -> crate::cli::Result {
    let (family, model) = super::model(profiles, &args.model)?;
    let index = Index::new(shelf.blobs());
    let by = args.by.map(|by| match by {
        By::Network => Way::Network,
        By::Recovery => Way::Recovery,
    });
    let wish = Wish { from: &args.from, to: args.to.as_deref(), by, hardware: args.hardware.as_deref() };
    let plan = plan(family, model, &index, &wish).map_err(|e| Trouble::of(e.code(), e.words()))?;
    let mut out = std::io::stdout().lock();
    let status = u8::from(!plan.is_ready());
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&plan)?)?;
        return Ok(status);
    }
    tell(&plan, &mut out)?;
    Ok(status)
}

fn tell(plan: &Plan, out: &mut impl Write) -> std::io::Result<()> {
    for refused in &plan.refused {
        writeln!(out, "REFUSED  {refused}")?;
    }
    for (n, rung) in plan.rungs.iter().enumerate() {
        let state = if rung.missing.is_empty() { "complete on the shelf" } else { "not complete" };
        writeln!(out, "{}. {:<28} {state}", n + 1, rung.load)?;
        if let Some(because) = &rung.because {
            writeln!(out, "     why      {because}")?;
        }
        for here in &rung.here {
            writeln!(out, "     here     {}", here.name)?;
        }
        for missing in &rung.missing {
            writeln!(out, "     missing  {} — {}", missing.name, missing.why)?;
        }
        for fetch in &rung.fetch {
            let size = fetch.size.map_or_else(String::new, |s| format!(", {s} bytes"));
            let sha1 = fetch.sha1.as_ref().map_or_else(String::new, |s| format!(", SHA-1 {s}"));
            writeln!(out, "     fetch    {}{size}{sha1} ({})", fetch.archive, fetch.source)?;
        }
        if !rung.missing.is_empty() && rung.fetch.is_empty() {
            writeln!(out, "     fetch    the maker's archive of {}; its exact name is not known", rung.load)?;
        }
    }
    for caution in &plan.cautions {
        writeln!(out, "note     {caution}")?;
    }
    match plan.is_ready() {
        true => writeln!(out, "Everything is on the shelf."),
        false if !plan.refused.is_empty() => writeln!(out, "This way is not taken. `ringback explain CODE` says more."),
        false => writeln!(out, "Add what is missing: `ringback shelf add FILE`."),
    }
}
