//! Profiles: the built-in ones and the technician's own.

use std::path::Path;

use profile::{Origin, Problem, Profiles};

use super::ProfileArgs;
use crate::trouble::Trouble;

/// Files read from one folder of profiles at most, and their size.
const FILES: usize = 2_000;
const SIZE: u64 = 1 << 20;

/// Reads all profiles; problems are returned, not fatal.
pub(super) fn profiles(args: &ProfileArgs) -> super::Result<(Profiles, Vec<Problem>)> {
    let (mut profiles, mut problems) = Profiles::built_in();
    for folder in &args.folders {
        let mut files = Vec::new();
        read(folder, folder, 0, &mut files)?;
        problems.extend(profiles.add(&Origin::Folder(folder.display().to_string()), files));
    }
    Ok((profiles, problems))
}

/// As [`profiles`], for commands that run phones: a problem is told and the family left as it is.
pub(super) fn profiles_or_warn(args: &ProfileArgs) -> super::Result<Profiles> {
    let (profiles, problems) = profiles(args)?;
    for problem in problems {
        eprintln!("RB505: {problem}");
    }
    Ok(profiles)
}

fn read(root: &Path, folder: &Path, depth: usize, files: &mut Vec<(String, String)>) -> super::Result<()> {
    for entry in std::fs::read_dir(folder).map_err(|e| Trouble::file(folder, &e))? {
        let path = entry?.path();
        let meta = std::fs::metadata(&path).map_err(|e| Trouble::file(&path, &e))?;
        if meta.is_dir() && depth < 3 {
            read(root, &path, depth + 1, files)?;
        } else if meta.is_file() && meta.len() <= SIZE && files.len() < FILES {
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            // Pictures and other things beside a profile are no profile.
            if let Ok(text) = std::fs::read_to_string(&path) {
                files.push((name, text));
            }
        }
    }
    Ok(())
}
