//! The inputs kept in `fuzz/corpus/<target>/`.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// The folder of this package.
pub fn home() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The kept inputs of one target, (file name, bytes), by name; empty when there is no folder.
pub fn of(target: &str) -> io::Result<Vec<(String, Vec<u8>)>> {
    read_all(&home().join("corpus").join(target))
}

/// The files of a folder, by name.
fn read_all(folder: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_file() {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, fs::read(&path)?));
        }
    }
    files.sort();
    Ok(files)
}
