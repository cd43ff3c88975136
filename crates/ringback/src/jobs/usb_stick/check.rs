//! The files of a stick against the model, before anything is written. What is thought of a file is the bench's
//! ([`bench::plan::stick`]); here it is read as far as that needs.

use std::fs::File as Bytes;
use std::io::{self, BufReader, Read};
use std::path::Path;

use bench::plan::stick::{self, FRONT, Part, Remark};
use profile::{Family, Model};

use super::files::File;
use crate::trouble::Trouble;

/// What is said of the files, all of which may be used.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Checked {
    /// What each one's header says, in the order of the files.
    pub(crate) says: Vec<Option<String>>,
    /// What a person should know before it is written.
    pub(crate) warnings: Vec<Trouble>,
}

/// Looks at every file; the error is what speaks against them most, with all else that does.
pub(crate) fn check(family: &Family, model: &Model, files: &[File]) -> Result<Checked, Vec<Trouble>> {
    let mut checked = Checked::default();
    let mut refusals = Vec::new();
    let mut remark = |remark: Remark, warnings: &mut Vec<Trouble>| {
        let trouble = Trouble::of(remark.code, remark.what);
        if remark.refuses { refusals.push(trouble) } else { warnings.push(trouble) }
    };
    for file in files {
        let front = front(&file.path).map_err(|e| vec![Trouble::file(&file.path, &e)])?;
        let judged = stick::judge(family, model, &Part { name: &file.name, front: &front, len: file.bytes });
        checked.says.push(judged.says);
        judged.remarks.into_iter().for_each(|r| remark(r, &mut checked.warnings));
    }
    for (at, one) in files.iter().enumerate() {
        for other in files.iter().skip(at + 1).filter(|other| other.bytes == one.bytes && one.bytes > 0) {
            if is_same(&one.path, &other.path).map_err(|e| vec![Trouble::file(&one.path, &e)])? {
                remark(stick::same(&one.name, &other.name), &mut checked.warnings);
            }
        }
    }
    if refusals.is_empty() {
        return Ok(checked);
    }
    refusals.append(&mut checked.warnings);
    Err(refusals)
}

fn front(path: &Path) -> io::Result<Vec<u8>> {
    let mut front = Vec::new();
    Bytes::open(path)?.take(FRONT as u64).read_to_end(&mut front)?;
    Ok(front)
}

/// Whether two files of the same length are the same. Different ones differ early.
fn is_same(one: &Path, other: &Path) -> io::Result<bool> {
    let (mut one, mut other) = (BufReader::new(Bytes::open(one)?), BufReader::new(Bytes::open(other)?));
    let (mut a, mut b) = (vec![0; FRONT], vec![0; FRONT]);
    loop {
        let read = one.read(&mut a)?;
        if read == 0 {
            return Ok(true);
        }
        let (Some(a), Some(b)) = (a.get(..read), b.get_mut(..read)) else { return Ok(false) };
        match other.read_exact(b) {
            Ok(()) if a == b => {}
            Ok(()) => return Ok(false),
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            Err(e) => return Err(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use profile::Profiles;

    use super::*;
    use crate::store::scratch::Scratch;

    #[test]
    fn the_upgrade_file_under_three_names_is_refused_and_files_of_one_length_are_not() {
        let scratch = Scratch::new("check");
        let file = |name: &str, bytes: &[u8]| File {
            name: name.to_owned(),
            path: scratch.file(name, bytes),
            bytes: bytes.len() as u64,
        };
        let (profiles, _) = Profiles::built_in();
        let (family, model) = profiles.model("T46G").unwrap();
        let long = vec![7; 3 * FRONT + 5];
        let mut other = long.clone();
        other[3 * FRONT] = 8;
        let files = [file("T46.bin", &long), file("T46.rfs", &other)];
        assert_eq!(check(family, model, &files).unwrap().warnings, []);
        let files = [file("T46.bin", &long), file("T46.rfs", &long), file("T46.rom", b"an older header")];
        let told = check(family, model, &files).unwrap_err();
        assert_eq!(told.iter().map(|t| t.code).collect::<Vec<_>>(), ["RB562", "RB568"], "the refusal first");
        assert!(told[0].what.contains("T46.bin and T46.rfs"), "{told:?}");
    }
}
