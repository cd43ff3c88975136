//! `ringback read`: captures, and the logs of other servers, as if a bench had been there.
//!
//! This is the way of files into [`bench::hearsay`] and back: opening, unpacking, progress, words. Captures that are
//! given together are one story, in the order in which they are given; every log is a story of its own.

mod source;
mod words;

use std::io::Write;
use std::path::PathBuf;

use bench::hearsay::{Hearsay, Report, Who};
use clap::Args;
use serde::Serialize;

use super::{ProfileArgs, config};
use crate::trouble::Trouble;
use source::{Form, Progress, Source};

/// Read captures and other servers' logs: which phones, what they wanted, what they got, what is wrong
///
/// Captures (pcap, pcapng, also packed with gzip) may come from a bridge, a mirror port, or the server itself. Logs
/// may be of Tftpd32/64, dnsmasq, tftpd-hpa, atftpd, TftpServer of macOS, and of most others that name address and
/// file in one line; a journal of Ringback is read, too. Nothing is sent.
#[derive(Args)]
pub(crate) struct ReadArgs {
    /// Captures and logs; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    profiles: ProfileArgs,
}

/// What was read, and what came out.
#[derive(Serialize)]
pub(super) struct Story {
    /// The files, in the order of their numbers in every place.
    files: Vec<FileOf>,
    /// `packets` or `lines`.
    counted: &'static str,
    /// What came out.
    #[serde(flatten)]
    report: Report,
}

/// One file of a story.
#[derive(Serialize)]
struct FileOf {
    name: String,
    /// Packets or lines in it.
    count: u64,
    /// Bytes read, unpacked.
    bytes: u64,
    /// What was wrong with the file itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<String>,
}

pub(super) fn run(args: &ReadArgs) -> super::Result {
    let profiles = std::sync::Arc::new(config::profiles_or_warn(&args.profiles)?);
    let mut progress = Progress::new(&args.files);
    let mut sources = Vec::new();
    for file in &args.files {
        sources.push(Source::open(file)?);
    }
    let (captures, logs): (Vec<Source>, Vec<Source>) = sources.into_iter().partition(|s| s.form() == Form::Capture);
    let mut who = Who::default();
    let mut stories = Vec::new();
    // Captures first: they show which phone has which address.
    let together = (!captures.is_empty()).then_some(captures).into_iter();
    for group in together.chain(logs.into_iter().map(|log| vec![log])) {
        let mut hearsay = Hearsay::new(std::sync::Arc::clone(&profiles), who);
        let (mut files, mut counted) = (Vec::new(), "lines");
        let mut first = None;
        for (n, mut source) in group.into_iter().enumerate() {
            if n > 0 {
                hearsay.next_file();
            }
            let read = match source.form() {
                Form::Capture => {
                    counted = "packets";
                    source.capture(&mut hearsay, &mut first, &mut progress)
                }
                Form::Text => source.text(&mut hearsay, &mut progress),
            };
            let (count, trouble) = read?;
            files.push(FileOf { name: source.name().to_owned(), count, bytes: source.bytes(), trouble });
        }
        hearsay.end();
        stories.push(Story { files, counted, report: hearsay.report() });
        who = hearsay.into_who();
    }
    progress.end();
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&serde_json::json!({ "stories": stories }))?)?;
    } else {
        stories.iter().try_for_each(|story| words::story(&mut out, story))?;
    }
    // A file in which nobody knows a word was not what it was taken for.
    let nothing = stories.iter().all(|s| s.report.phones.is_empty() && s.report.strangers == 0);
    let unknown = stories.iter().any(|s| s.counted == "lines" && s.report.lines.known.is_empty());
    if nothing && unknown && !args.json {
        out.flush()?;
        let what = "no line was understood: neither a capture nor a log of a known server";
        return Err(Trouble::of("RB512", what).into());
    }
    Ok(0)
}
