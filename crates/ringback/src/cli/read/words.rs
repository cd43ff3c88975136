//! What was read, in words.

use std::io::{self, Write};

use bench::hearsay::Place;
use bench::hearsay::report::{FileRead, FindingRead, PhoneRead};

use super::Story;

/// Files shown of one phone; the rest is in the JSON.
const FILES_SHOWN: usize = 60;

/// One story.
pub(super) fn story(out: &mut impl Write, story: &Story) -> io::Result<()> {
    for file in &story.files {
        writeln!(out, "{}: {} {}", file.name, file.count, story.counted)?;
        if let Some(trouble) = &file.trouble {
            writeln!(out, "  {trouble}")?;
        }
    }
    let report = &story.report;
    let mut counts = vec![plural(report.phones.len(), "phone")];
    if report.strangers > 0 {
        counts.push(format!("{} that showed nothing of a phone", plural(report.strangers, "other station")));
    }
    if report.malformed > 0 {
        counts.push(format!("{} malformed packets", report.malformed));
    }
    let lines = &report.lines;
    for (server, known) in &lines.known {
        counts.push(format!("{known} lines of {server}"));
    }
    if lines.unknown > 0 {
        counts.push(format!("{} lines that nobody knows", lines.unknown));
    }
    writeln!(out, "  {}\n", counts.join(", "))?;
    for finding in &report.cable {
        writeln!(out, "{}  {}", finding.code, finding.title)?;
        finding.evidence.iter().try_for_each(|e| writeln!(out, "    {e}"))?;
        writeln!(out, "    Why:  {}\n    Do:   {}\n", finding.cause, finding.remedy)?;
    }
    report.phones.iter().try_for_each(|p| phone(out, story, p))
}

fn phone(out: &mut impl Write, story: &Story, phone: &PhoneRead) -> io::Result<()> {
    let mac = phone.mac.map_or_else(|| "MAC not known".to_owned(), |mac| mac.to_string());
    let address = phone.address.map_or_else(String::new, |a| format!("  {a}"));
    let load = phone.load.as_ref().map_or_else(String::new, |l| format!("  runs {l}"));
    writeln!(out, "{mac}{address}  {} ({}){load}", phone.who, phone.grade)?;
    let starts = match phone.boots {
        0 => "no start of it was seen".to_owned(),
        1 => "it started once".to_owned(),
        n => format!("it started {n} times"),
    };
    writeln!(out, "  first heard of in {}; {starts}", at(story, phone.first))?;
    phone.because.iter().try_for_each(|b| writeln!(out, "  {b}"))?;
    if phone.files.is_empty() {
        writeln!(out, "  it asked for no file")?;
    }
    let hidden = phone.files.len().saturating_sub(FILES_SHOWN);
    if hidden > 0 {
        writeln!(out, "  … {hidden} earlier requests are in --json")?;
    }
    let width = phone.files.iter().map(|f| f.name.chars().count()).max().unwrap_or(0).min(48);
    let mut boot = None;
    for file in phone.files.iter().skip(hidden) {
        if phone.boots > 1 && boot != Some(file.boot) {
            writeln!(out, "  start {}:", file.boot)?;
            boot = Some(file.boot);
        }
        writeln!(out, "    {:<width$}  {:<26}  {}", file.name, got(file), at(story, file.asked))?;
    }
    if phone.findings.is_empty() {
        writeln!(out, "  nothing wrong was seen")?;
    }
    phone.findings.iter().try_for_each(|f| finding(out, story, f))?;
    writeln!(out)
}

fn finding(out: &mut impl Write, story: &Story, finding: &FindingRead) -> io::Result<()> {
    let until = finding.until.map_or_else(|| "still so at the end".to_owned(), |u| format!("until {}", at(story, u)));
    writeln!(out, "  {}  {}", finding.code, finding.title)?;
    writeln!(out, "    from {}, {until}", at(story, finding.from))?;
    for evident in &finding.evidence {
        writeln!(out, "    {}: {}", at(story, evident.at), evident.text)?;
    }
    writeln!(out, "    Why:  {}\n    Do:   {}", finding.cause, finding.remedy)
}

fn got(file: &FileRead) -> String {
    let asks = if file.asks > 1 { format!(" (asked {} times)", file.asks) } else { String::new() };
    let got = match file.got {
        "refused" if file.why == "RB210" => "not there".to_owned(),
        "refused" => format!("refused ({})", file.why),
        "failed" => format!("failed: {}", file.why),
        "part" => "on its way".to_owned(),
        "whole" if file.size > 0 => format!("whole, {} bytes", file.size),
        other => other.to_owned(),
    };
    format!("{}, {got}{asks}", file.via)
}

/// `packet 17`, or with its file when there are several.
fn at(story: &Story, place: Place) -> String {
    let what = story.counted.trim_end_matches('s');
    let file = story.files.get(place.file).filter(|_| story.files.len() > 1);
    file.map_or_else(|| format!("{what} {}", place.number), |f| format!("{what} {} of {}", place.number, f.name))
}

fn plural(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
