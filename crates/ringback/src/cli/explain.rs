//! `ringback explain`: a code, or the words on the phone's screen.

use std::io::Write;

use bench::diagnose::codes;
use clap::Args;

/// Explain a code (RB301) or the words on a phone's screen ("auth fail")
#[derive(Args)]
pub(crate) struct ExplainArgs {
    /// A code, or words of its title or of a phone's screen; none lists every code
    what: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ExplainArgs) -> super::Result {
    let what = args.what.join(" ");
    let found = if what.is_empty() { codes::all() } else { codes::explain(&what) };
    let mut out = std::io::stdout().lock();
    if args.json {
        let list: Vec<_> = found
            .iter()
            .map(|e| {
                serde_json::json!({ "code": e.code, "title": e.title, "cause": e.cause, "remedy": e.remedy,
                    "screen": e.screen, "field_reports": e.field_reports })
            })
            .collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&list)?)?;
        return Ok(u8::from(found.is_empty()));
    }
    if what.is_empty() {
        for e in &found {
            writeln!(out, "{}  {}", e.code, e.title)?;
        }
        return Ok(0);
    }
    if found.is_empty() {
        writeln!(out, "No code and no screen text has these words. `ringback explain` lists every code.")?;
        return Ok(1);
    }
    for screen in codes::screens_with(&what) {
        writeln!(out, "On the screen: {}\n\n  {}\n", screen.words, screen.means)?;
    }
    for e in &found {
        writeln!(out, "{}  {}\n\n  Why:  {}\n  Do:   {}", e.code, e.title, e.cause, e.remedy)?;
        if !e.screen.is_empty() {
            writeln!(out, "  On the screen:  {}", e.screen.join(" · "))?;
        }
        writeln!(out)?;
    }
    Ok(0)
}
