//! Which files belong on a model's stick: one for each pattern of its rescue, and no doubt which.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use profile::{Pattern, Rescue};
use proto::text::escape;

use crate::trouble::Trouble;

/// Entries of one folder that are looked at.
const ENTRIES: usize = 10_000;
/// FAT's own limit for a file, bytes.
const LARGEST: u64 = u32::MAX as u64;

/// A file that may belong on a stick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    /// The name that it gets there.
    pub(crate) name: String,
    /// Where its bytes are.
    pub(crate) path: PathBuf,
    /// Its length.
    pub(crate) bytes: u64,
}

/// Where files were looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// A person named the place: what is there is meant for this phone.
    Named,
    /// The shelf, with files for many phones: only a name like the model's will do.
    Shelf,
}

/// The files that a person named: files as they are, and those that lie directly in a folder.
pub(crate) fn named(paths: &[PathBuf]) -> Result<Vec<File>, Trouble> {
    let mut found = Vec::new();
    for path in paths {
        let meta = fs::metadata(path).map_err(|e| Trouble::file(path, &e))?;
        if !meta.is_dir() {
            found.extend(file(path).map_err(|e| Trouble::file(path, &e))?);
            continue;
        }
        let mut entries: Vec<PathBuf> = fs::read_dir(path)
            .map_err(|e| Trouble::file(path, &e))?
            .take(ENTRIES)
            .filter_map(|e| e.ok().map(|e| e.path()))
            .collect();
        entries.sort();
        found.extend(entries.iter().filter_map(|p| file(p).ok().flatten()));
    }
    Ok(found)
}

fn file(path: &Path) -> std::io::Result<Option<File>> {
    let meta = fs::metadata(path)?;
    let name = path.file_name().and_then(|n| n.to_str());
    Ok(name.filter(|_| meta.is_file()).map(|name| File {
        name: name.to_owned(),
        path: path.to_owned(),
        bytes: meta.len(),
    }))
}

/// One file for each pattern of the rescue, in its order; or what is missing, or between which it cannot be told.
pub(crate) fn choose(model: &str, rescue: &Rescue, from: From, files: &[File]) -> Result<Vec<File>, Trouble> {
    let mut chosen: Vec<File> = Vec::new();
    let mut missing: Vec<&str> = Vec::new();
    for pattern in &rescue.files {
        let mut fit: Vec<&File> = files.iter().filter(|f| pattern.matches(&f.name).is_some()).collect();
        fit.sort_by_key(|f| &f.name);
        let akin: Vec<&File> = fit.iter().copied().filter(|f| is_akin(&f.name, model)).collect();
        let open = is_open(pattern);
        match (from, fit.as_slice(), akin.as_slice()) {
            (From::Named, [only], _) | (From::Named, _, [only]) => chosen.push((*only).clone()),
            (From::Shelf, [only], _) if !open => chosen.push((*only).clone()),
            (From::Shelf, _, [only]) => chosen.push((*only).clone()),
            (From::Shelf, _, []) | (From::Named, [], _) => missing.push(pattern.text()),
            (_, all, _) => return Err(doubt(pattern.text(), all)),
        }
    }
    if !missing.is_empty() {
        return Err(lacks(model, &missing, from));
    }
    chosen.iter().try_for_each(takes)?;
    Ok(chosen)
}

/// Whether a pattern leaves the name open.
fn is_open(pattern: &Pattern) -> bool {
    pattern.text().contains(['*', '{'])
}

/// `T46.rom` for a T46G; `T46S(T48S,T42S)-66.86.0.15.rom` for a T46S and a T42S. Names of the loader's files are
/// the platform's own, which begins like the model's.
fn is_akin(name: &str, model: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase).collect()
    };
    let Some(model) = words(model).into_iter().next() else { return false };
    // Behind a dash there is the version, behind the dot the ending.
    let front = name.split(['-', '.']).next().unwrap_or_default();
    words(front).iter().any(|word| word.len() >= 3 && (model.starts_with(word) || word.starts_with(&model)))
}

/// Whether FAT takes such a file under such a name.
fn takes(file: &File) -> Result<(), Trouble> {
    let bad = |c: char| !(' '..='~').contains(&c) || "\"*/:<>?\\|".contains(c);
    let name = escape(file.path.as_os_str().as_bytes());
    if file.name.is_empty() || file.name.len() > 255 || file.name.contains(bad) || file.name.ends_with(['.', ' ']) {
        return Err(Trouble::new(
            "RB558",
            format!("{name}: a stick cannot hold this name"),
            "Give the file the name that the loader asks for.",
        ));
    }
    if file.bytes > LARGEST {
        return Err(Trouble::new(
            "RB558",
            format!("{name}: FAT holds no file of {} bytes", file.bytes),
            "This is no file for a stick.",
        ));
    }
    if file.bytes == 0 {
        return Err(Trouble::of("RB557", format!("{name} is empty")));
    }
    Ok(())
}

fn doubt(pattern: &str, all: &[&File]) -> Trouble {
    let names: Vec<String> = all.iter().take(6).map(|f| escape(f.name.as_bytes())).collect();
    Trouble::of("RB558", format!("{} files fit {pattern}: {}", all.len(), names.join(", ")))
}

fn lacks(model: &str, missing: &[&str], from: From) -> Trouble {
    let place = match from {
        From::Named => "where --from points",
        From::Shelf => "on the shelf under a name like the model's",
    };
    Trouble::of("RB557", format!("the stick of a {model} needs {}, which is not {place}", missing.join(" and ")))
}

#[cfg(test)]
mod tests {
    use profile::{Confidence, RescueBy};

    use super::*;
    use crate::store::scratch::Scratch;

    fn rescue(files: &[&str]) -> Rescue {
        Rescue {
            models: Vec::new(),
            files: files.iter().map(|f| Pattern::new(f).unwrap()).collect(),
            by: vec![RescueBy::Usb],
            note: None,
            source: Vec::new(),
            confidence: Confidence::Several,
        }
    }

    fn three() -> Rescue {
        rescue(&["*.bin", "*.rfs", "*.rom"])
    }

    fn some(names: &[&str]) -> Vec<File> {
        names.iter().map(|n| File { name: (*n).to_owned(), path: PathBuf::from(n), bytes: 5 }).collect()
    }

    fn pick(model: &str, rescue: &Rescue, from: From, names: &[&str]) -> Result<String, String> {
        let chosen = choose(model, rescue, from, &some(names)).map_err(|t| t.to_string())?;
        Ok(chosen.iter().map(|f| f.name.as_str()).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_folder_with_the_three_is_enough_whatever_they_are_called() {
        let names = ["T2CD.rfs", "T2XD.bin", "readme.txt", "t21d.ROM"];
        assert_eq!(pick("T46G", &three(), From::Named, &names).unwrap(), "T2XD.bin T2CD.rfs t21d.ROM");
    }

    #[test]
    fn the_shelf_gives_only_what_is_called_like_the_model() {
        let names = ["T46.bin", "T46.rfs", "T46.rom", "T48.rom", "T48.bin", "x.rfs"];
        assert_eq!(pick("T46G", &three(), From::Shelf, &names).unwrap(), "T46.bin T46.rfs T46.rom");
        let shared = ["T46S(T48S,T42S,T41S)-66.86.0.15.rom", "T41S.bin", "T41S.rfs", "T23-44.84.0.140.rom"];
        assert_eq!(pick("T41S", &three(), From::Shelf, &shared).unwrap(), format!("T41S.bin T41S.rfs {}", shared[0]));
        let why = pick("T48G", &three(), From::Shelf, &names).unwrap_err();
        assert!(why.starts_with("RB557") && why.contains("*.rfs") && !why.contains("*.rom"), "{why}");
        let exact = rescue(&["T2XD.bin", "T2CD.rfs", "T21D.rom"]);
        assert_eq!(
            pick("T21P", &exact, From::Shelf, &["t2xd.bin", "T2CD.rfs", "T21D.rom"]).unwrap(),
            "t2xd.bin T2CD.rfs T21D.rom"
        );
    }

    #[test]
    fn doubt_and_lack_have_words_of_their_own() {
        let two = ["a.bin", "b.bin", "a.rfs", "a.rom"];
        let why = pick("T46G", &three(), From::Named, &two).unwrap_err();
        assert!(why.starts_with("RB558") && why.contains("a.bin, b.bin"), "{why}");
        let why = pick("T46G", &three(), From::Named, &["a.bin"]).unwrap_err();
        assert!(why.starts_with("RB557") && why.contains("*.rfs and *.rom"), "{why}");
        let why = pick("T46G", &three(), From::Named, &["a:b.bin", "a.rfs", "a.rom"]).unwrap_err();
        assert!(why.starts_with("RB558") && why.contains("name"), "{why}");
    }

    #[test]
    fn only_what_lies_directly_in_the_folder_is_looked_at() {
        let scratch = Scratch::new("files");
        scratch.file("in/T46.bin", b"x");
        scratch.file("in/deeper/T46.rfs", b"x");
        let found = named(&[scratch.path().join("in")]).unwrap();
        assert_eq!(found.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["T46.bin"]);
        assert!(named(&[scratch.path().join("no")]).unwrap_err().to_string().starts_with("RB508"));
    }
}
