//! Folders of the owner alone, and files that are either the old one or the new one, whole.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::FileError;

/// Makes a folder that only its owner may enter, with those above it that are missing. One that is
/// there already is left as it is.
pub(crate) fn private_folder(path: &Path) -> Result<(), FileError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| FileError::io("create", path, &e))
}

/// Puts `bytes` into the file `path`, or leaves it as it was: written beside it, synced, renamed.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let beside = beside(path);
    let written = put(&beside, path, bytes);
    if written.is_err() {
        // The error that is told is the first one.
        let _ = fs::remove_file(&beside);
    }
    written.map_err(|e| FileError::io("write", path, &e))?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))
}

/// As [`replace`], without syncing the folder: whoever writes many files does that once, at the end.
pub(crate) fn put(beside: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(beside, path)
}

/// Makes names that were created or renamed in a folder last over a loss of power.
pub(crate) fn sync_folder(path: &Path) -> Result<(), FileError> {
    File::open(path).and_then(|f| f.sync_all()).map_err(|e| FileError::io("write", path, &e))
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::store::scratch::Scratch;

    #[test]
    fn a_file_is_replaced_whole_in_a_folder_of_its_owner() {
        let scratch = Scratch::new("atomic");
        let folder = scratch.path().join("a/b");
        private_folder(&folder).unwrap();
        private_folder(&folder).unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        let file = folder.join("x.json");
        replace(&file, b"old").unwrap();
        replace(&file, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside it");
        let error = replace(&folder.join("no/x"), b"").unwrap_err().to_string();
        assert!(error.starts_with("RB508: cannot write "), "{error}");
    }
}
