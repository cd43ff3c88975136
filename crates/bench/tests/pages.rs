//! The pages in `docs/findings` say what the rule base says.

#![allow(clippy::disallowed_methods, reason = "the pages are files; the crate under test touches none")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bench::diagnose::{codes, page};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/findings")
}

fn wanted() -> BTreeMap<String, String> {
    let pages = codes::all().into_iter().map(|e| (format!("{}.md", e.code), page::page(&e)));
    pages.chain([("README.md".to_owned(), page::index())]).collect()
}

#[test]
fn there_is_a_page_for_every_code_and_no_other() {
    let (folder, wanted) = (folder(), wanted());
    let present: Vec<String> =
        std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    if std::env::var_os("RINGBACK_REWRITE_GOLDEN").is_some() {
        for old in present.iter().filter(|p| !wanted.contains_key(*p)) {
            std::fs::remove_file(folder.join(old)).unwrap();
        }
        for (name, text) in &wanted {
            std::fs::write(folder.join(name), text).unwrap();
        }
        return;
    }
    let again = "To make them anew: RINGBACK_REWRITE_GOLDEN=1 cargo test -p ringback-bench --test pages";
    let more: Vec<&String> = present.iter().filter(|p| !wanted.contains_key(*p)).collect();
    assert!(more.is_empty(), "pages of no code: {more:?}. {again}");
    for (name, text) in &wanted {
        let page = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(page == *text, "docs/findings/{name} is not what the rule base says. {again}");
    }
}

#[test]
fn every_link_of_a_page_leads_to_a_page() {
    let wanted = wanted();
    for (name, text) in &wanted {
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links {
            assert!(wanted.contains_key(link), "{name} links to {link}");
        }
    }
}
