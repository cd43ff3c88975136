//! A page for every code, from the same data as `ringback explain`: what stands in `docs/findings/`.

use super::Severity;
use super::codes::{self, Explained};
use super::rules::RULES;
use super::screens::SCREENS;

/// The page of one code, in Markdown.
pub fn page(explained: &Explained) -> String {
    let Explained { code, title, cause, remedy, .. } = explained;
    let rule = RULES.iter().find(|r| r.code == *code);
    let mut page = format!("{}\n# {code}: {title}\n", note());
    page += &match rule.map(|r| r.severity) {
        Some(Severity::Note) => "\nA finding: worth knowing.\n".to_owned(),
        Some(Severity::Trouble) => "\nA finding: the phone will not come up by itself.\n".to_owned(),
        Some(Severity::Danger) => "\nA finding: somebody else's network or phone may be harmed.\n".to_owned(),
        None => format!("\n{}.\n", kind(code)),
    };
    page += &format!("\n## Why\n\n{cause}\n\n## What to do\n\n{remedy}\n");
    let screens = screens_of(explained);
    if !screens.is_empty() {
        page += "\n## On the phone's screen\n\n";
        screens.iter().for_each(|s| page += &format!("- {s}\n"));
    }
    if let Some(rule) = rule {
        let mut when = Vec::new();
        if !rule.depends_on.is_empty() {
            let links: Vec<String> = rule.depends_on.iter().map(|d| format!("[{d}]({d}.md)")).collect();
            when.push(format!("- It is not shown beside {}, of which it is then a consequence.", links.join(", ")));
        }
        if !when.is_empty() {
            page += &format!("\n## When it is shown\n\n{}\n", when.join("\n"));
        }
    }
    if !explained.field_reports.is_empty() {
        page += &format!("\n## Field reports\n\n{}\n", explained.field_reports.join(", "));
    }
    page
}

/// The page that leads to the others: by code, and by the words on the screen.
pub fn index() -> String {
    let mut page = format!(
        "{}\n# Findings and codes\n\n`ringback explain CODE` says the same, and `ringback explain WORDS` looks for the \
         words on a phone's screen.\n\n## By the words on the screen\n\n| the phone shows | what it does then | codes |\n\
         | --- | --- | --- |\n",
        note()
    );
    let all = codes::all();
    let mut rows: Vec<(String, &str, Vec<&str>)> =
        SCREENS.iter().map(|s| (s.words.to_owned(), s.means, s.codes.to_vec())).collect();
    for explained in &all {
        for words in explained.screen {
            match rows.iter_mut().find(|r| r.0.eq_ignore_ascii_case(words)) {
                Some(row) if row.2.contains(&explained.code) => {}
                Some(row) => row.2.push(explained.code),
                None => rows.push(((*words).to_owned(), "", vec![explained.code])),
            }
        }
    }
    rows.sort_by_key(|r| r.0.to_lowercase());
    for (words, means, mut codes) in rows {
        codes.sort_unstable();
        let links: Vec<String> = codes.iter().map(|c| format!("[{c}]({c}.md)")).collect();
        page += &format!("| {words} | {means} | {} |\n", links.join(" "));
    }
    page += "\n## By code\n\n| code | what it is |\n| --- | --- |\n";
    for explained in &all {
        page += &format!("| [{0}]({0}.md) | {1} |\n", explained.code, explained.title);
    }
    page
}

/// Every screen that the code may be about.
fn screens_of(explained: &Explained) -> Vec<String> {
    let mut screens: Vec<String> = explained.screen.iter().map(|s| (*s).to_owned()).collect();
    for screen in SCREENS.iter().filter(|s| s.codes.contains(&explained.code)) {
        screens.retain(|s| !s.eq_ignore_ascii_case(screen.words));
        screens.push(format!("{}: {}", screen.words, screen.means));
    }
    screens.sort();
    screens
}

const fn note() -> &'static str {
    "<!-- Made from the rule base by a test; do not edit: RINGBACK_REWRITE_GOLDEN=1 cargo test -p ringback-bench --test pages -->"
}

fn kind(code: &str) -> &'static str {
    match code.as_bytes().get(2) {
        Some(b'1') => "About the link, addresses and other servers",
        Some(b'2') => "About files and loads",
        Some(b'3') => "About trust and signatures",
        Some(b'4') => "About configuration and passwords",
        _ => "About this computer",
    }
}
