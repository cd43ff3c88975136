//! One look at a folder: every file in it that may be served.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bench::shelf::FolderFile;

/// Files listed; what is beyond that is left out.
const FILES: usize = 100_000;
/// Folders inside folders.
const DEPTH: usize = 16;

/// What was in a folder.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// The files, by path.
    pub(crate) files: Vec<FolderFile>,
    /// Whether there are more than are listed, or folders that are nested too deeply.
    pub(crate) is_cut: bool,
    folders: Vec<(PathBuf, Option<SystemTime>)>,
}

impl Listing {
    /// Looks. `root` is absolute and without links; links that lead out of it are left out, and so are
    /// names that are not text, since no phone can ask for them.
    pub(crate) fn of(root: &Path) -> Listing {
        let mut listing = Listing::default();
        let mut entered = BTreeSet::from([root.to_owned()]);
        listing.look(root, root, "", 0, &mut entered);
        listing.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        listing
    }

    /// Whether something was created, removed or renamed since. A file that was written to does not show here.
    pub(crate) fn folders_changed(&self) -> bool {
        self.folders.iter().any(|(folder, time)| changed(folder) != *time)
    }

    fn look(&mut self, root: &Path, folder: &Path, below: &str, depth: usize, entered: &mut BTreeSet<PathBuf>) {
        // The time is taken before the look: what changes in between shows the next time.
        self.folders.push((folder.to_owned(), changed(folder)));
        // A folder that cannot be read has no files for phones either.
        let Ok(found) = fs::read_dir(folder) else { return };
        for file in found.flatten() {
            if self.files.len() >= FILES || self.folders.len() >= FILES {
                self.is_cut = true;
                return;
            }
            let Ok(name) = file.file_name().into_string() else { continue };
            let path = format!("{below}{name}");
            let place = file.path();
            let is_link = file.file_type().is_ok_and(|t| t.is_symlink());
            let real = if is_link { place.canonicalize() } else { Ok(place.clone()) };
            let Ok(real) = real else { continue };
            let Ok(meta) = fs::metadata(&real) else { continue };
            if !real.starts_with(root) {
                continue;
            }
            if meta.is_file() {
                self.files.push(FolderFile { path, size: meta.len() });
            } else if meta.is_dir() && depth + 1 >= DEPTH {
                self.is_cut = true;
            } else if meta.is_dir() && (!is_link || entered.insert(real)) {
                // A link is entered once, so that links in a circle end.
                self.look(root, &place, &format!("{path}/"), depth + 1, entered);
            }
        }
    }
}

fn changed(folder: &Path) -> Option<SystemTime> {
    fs::metadata(folder).and_then(|m| m.modified()).ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::store::scratch::Scratch;

    #[test]
    fn files_below_are_listed_and_nothing_outside() {
        let scratch = Scratch::new("listing");
        scratch.file("secret/key", b"secret");
        scratch.file("root/b/c.xml", b"12");
        scratch.file("root/a.loads", b"1");
        let root = scratch.path().join("root");
        symlink("../secret", root.join("out")).unwrap();
        symlink("../secret/key", root.join("key")).unwrap();
        symlink("a.loads", root.join("A2.loads")).unwrap();
        symlink("..", root.join("b/up")).unwrap();
        symlink("nowhere", root.join("broken")).unwrap();
        let listing = Listing::of(&root);
        let paths: Vec<(&str, u64)> = listing.files.iter().map(|f| (f.path.as_str(), f.size)).collect();
        assert_eq!(paths, [("A2.loads", 1), ("a.loads", 1), ("b/c.xml", 2)]);
        assert!(!listing.is_cut && !listing.folders_changed());
        fs::remove_file(root.join("b/c.xml")).unwrap();
        assert!(listing.folders_changed());
    }

    #[test]
    fn depth_is_bounded() {
        let scratch = Scratch::new("listing");
        scratch.file(&format!("{}deep", "x/".repeat(DEPTH)), b"");
        scratch.file(&format!("{}high", "x/".repeat(DEPTH - 1)), b"");
        let listing = Listing::of(scratch.path());
        assert_eq!(listing.files.len(), 1);
        assert!(listing.is_cut && listing.files[0].path.ends_with("/high"));
    }
}
