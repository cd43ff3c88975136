//! Builds `scenarios/` into the crate: a list of (name, text), sorted.

#![allow(clippy::disallowed_methods, reason = "a build script reads the tree; the crate it builds does not")]

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../../scenarios");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = fs::canonicalize(entry?.path())?;
        if path.extension().is_some_and(|ending| ending == "toml") {
            println!("cargo::rerun-if-changed={}", path.display());
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, path.display().to_string()));
        }
    }
    files.sort();
    let lines: String = files.iter().map(|(name, path)| format!("    ({name:?}, include_str!({path:?})),\n")).collect();
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("scenarios.in"), format!("&[\n{lines}]\n"))
}
