//! Files, folders and archives go on the shelf; what does not is refused by name.

use std::io::{Cursor, Write};
use std::os::unix::fs::symlink;

use zip::write::{SimpleFileOptions, ZipWriter};

use super::*;
use crate::store::scratch::Scratch;

const LIST: &[u8] = b"term45.default.loads\nnot really\n";

fn add(shelf: &mut Shelf, path: &Path) -> Added {
    shelf.add(&[path.to_owned()], &mut |_| {}).unwrap()
}

fn names(blobs: &[Blob]) -> Vec<&str> {
    blobs.iter().map(|b| b.name.as_str()).collect()
}

fn why<'a>(added: &'a Added, name: &str) -> &'a str {
    let refused = added.refused.iter().find(|r| r.0.ends_with(name));
    refused.map_or_else(|| panic!("{name} is not among {:?}", added.refused), |r| &r.1)
}

fn files_in(shelf: &Shelf) -> Vec<String> {
    let files = fs::read_dir(shelf.blobs_dir()).unwrap();
    let mut names: Vec<String> = files.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|n| n != LOCK);
    names.sort_unstable();
    names
}

/// Every blob is there whole, and nothing else is.
pub(super) fn check(shelf: &Shelf) {
    let mut hashes: Vec<String> = shelf.blobs().into_iter().map(|b| b.sha256).collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(files_in(shelf), hashes);
    for blob in shelf.blobs() {
        let bytes = fs::read(shelf.blobs_dir().join(&blob.sha256)).unwrap();
        assert_eq!((sha256_hex(&bytes), bytes.len() as u64), (blob.sha256, blob.size));
    }
}

#[test]
fn a_folder_is_added_once_and_stays() {
    let scratch = Scratch::new("shelf");
    scratch.file("in/OS79XX.TXT", b"P003-8-12-00");
    scratch.file("in/English_United_States/dictionary.xml", b"<d/>");
    scratch.file("in/same.xml", b"<d/>");
    scratch.file("in/empty.raw", b"");
    scratch.file("in/image.bin", b"<!DOCTYPE html><html><body>Sign in</body></html>");
    scratch.file("in/.DS_Store", b"x");
    symlink("OS79XX.TXT", scratch.path().join("in/link.txt")).unwrap();
    let state = scratch.path().join("state");
    let mut shelf = Shelf::open(&state).unwrap();
    let mut told = Vec::new();
    let added = shelf.add(&[scratch.path().join("in")], &mut |p| told.push(p.clone())).unwrap();
    assert_eq!(names(&added.new), ["English_United_States/dictionary.xml", "OS79XX.TXT", "same.xml"]);
    assert!(why(&added, "empty.raw").contains("empty"));
    assert!(why(&added, "image.bin").contains("web page"));
    assert!(why(&added, "link.txt").contains("link"));
    assert_eq!((told.len(), told[5].files, told[5].bytes), (6, 6, 68));
    check(&shelf);
    assert_eq!(files_in(&shelf).len(), 2, "two names, one file");
    let mut again = Shelf::open(&state).unwrap();
    assert_eq!(again.blobs(), shelf.blobs());
    assert_eq!(again.mended(), [] as [String; 0]);
    let added = add(&mut again, &scratch.path().join("in"));
    assert_eq!((added.new.len(), added.known.len(), added.refused.len()), (0, 3, 3));
}

#[test]
fn a_file_alone_has_its_own_name_and_a_missing_one_is_told() {
    let scratch = Scratch::new("shelf");
    let file = scratch.file("deep/down/RINGLIST.DAT", b"a\tb");
    let mut shelf = Shelf::open(&scratch.path().join("state")).unwrap();
    let added = shelf.add(&[file, scratch.path().join("not-here"), "/dev/null".into()], &mut |_| {}).unwrap();
    assert_eq!(names(&added.new), ["RINGLIST.DAT"]);
    assert!(why(&added, "not-here").contains("No such file"));
    assert!(why(&added, "/dev/null").contains("neither a file nor a folder"));
    let added = add(&mut shelf, &scratch.path().join("state/blobs"));
    assert_eq!(why(&added, "blobs"), "it is the shelf itself");
}

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.add_symlink("link.loads", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_zip_gives_its_files_and_no_more() {
    let scratch = Scratch::new("shelf");
    let zip = zip_of(&[
        ("term45.default.loads", LIST),
        ("Desktops/320x212x16/List.xml", b"<l/>"),
        ("../../outside.txt", b"x"),
        ("/etc/cron.d/evil", b"x"),
        ("a\\..\\..\\b", b"x"),
        ("C:\\boot.ini", b"x"),
        ("inner.zip", b"PK"),
        ("__MACOSX/._x", b"x"),
    ]);
    let path = scratch.file("cmterm.zip", &zip);
    let mut shelf = Shelf::open(&scratch.path().join("state")).unwrap();
    let added = add(&mut shelf, &path);
    assert_eq!(names(&added.new), ["term45.default.loads", "Desktops/320x212x16/List.xml"]);
    assert_eq!(why(&added, "cmterm.zip: ../../outside.txt"), "the name points to the folder above");
    assert_eq!(why(&added, "/etc/cron.d/evil"), "an absolute name");
    assert_eq!(why(&added, "b"), "the name points to the folder above");
    assert_eq!(why(&added, "boot.ini"), "the name begins with a drive letter");
    assert!(why(&added, "inner.zip").contains("inside an archive"));
    assert!(why(&added, "link.loads").contains("a link"));
    assert_eq!(added.refused.len(), 6);
    check(&shelf);
}

fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        tar.append(&header, *bytes).unwrap();
    }
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link, tar::EntryType::Fifo] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        let name = format!("{kind:?}.x");
        let data = tar::Builder::append_link;
        match kind {
            tar::EntryType::Fifo => tar.append_data(&mut header, name, &b""[..]).unwrap(),
            _ => data(&mut tar, &mut header, name, "/etc/passwd").unwrap(),
        }
    }
    tar.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn a_tar_gives_its_files_packed_or_not() {
    let scratch = Scratch::new("shelf");
    let tar = tar_of(&[("sip/57i.st", b"firmware"), ("../up", b"x"), ("/abs", b"x"), ("last.raw", b"tone")]);
    for (name, bytes) in [("a.tar", tar.clone()), ("b.tgz", gzip(&tar)), ("c.TAR.GZ", gzip(&tar))] {
        let path = scratch.file(name, &bytes);
        let mut shelf = Shelf::open(&scratch.path().join(format!("state-{name}"))).unwrap();
        let added = add(&mut shelf, &path);
        assert_eq!(names(&added.new), ["sip/57i.st", "last.raw"], "{name}");
        assert_eq!(why(&added, "../up"), "the name points to the folder above");
        assert_eq!(why(&added, "/abs"), "an absolute name");
        assert!(why(&added, "Symlink.x").contains("a link") && why(&added, "Link.x").contains("a link"));
        assert_eq!(why(&added, "Fifo.x"), "not a file");
        check(&shelf);
    }
}

#[test]
fn a_damaged_archive_gives_what_is_whole() {
    let scratch = Scratch::new("shelf");
    let noise: Vec<u8> = (0..50_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let tar = gzip(&tar_of(&[("first.raw", b"tone"), ("second.raw", &noise)]));
    let mut zip = zip_of(&[("first.raw", b"tone"), ("second.raw", &noise)]);
    let at = zip.len() / 2;
    zip[at] ^= 0xff;
    let mut shelf = Shelf::open(&scratch.path().join("state")).unwrap();
    let added = add(&mut shelf, &scratch.file("cut.tgz", &tar[..tar.len() / 2]));
    assert_eq!(names(&added.new), ["first.raw"]);
    assert!(why(&added, "second.raw").contains("damaged"), "{:?}", added.refused);
    let added = add(&mut shelf, &scratch.file("hurt.zip", &zip));
    assert_eq!(names(&added.known), ["first.raw"]);
    assert!(why(&added, "second.raw").contains("damaged"), "{:?}", added.refused);
    let added = add(&mut shelf, &scratch.file("no.zip", b"<html>please log in</html>"));
    assert!(why(&added, "no.zip").contains("damaged"));
    check(&shelf);
}

#[test]
fn what_is_over_a_limit_is_refused() {
    let scratch = Scratch::new("shelf");
    let limits = Limits { file: 1_000, archive: 5_000, ratio: 10, ratio_floor: 3_000, files: 50, depth: 3 };
    let mut shelf = Shelf::open(&scratch.path().join("state")).unwrap();
    let mut add = |path: PathBuf| shelf.add_within(&[path], &limits, &mut |_| {}).unwrap();
    assert!(why(&add(scratch.file("big.bin", &[7; 1_001])), "big.bin").contains("larger than"));
    let bomb: Vec<(String, Vec<u8>)> = (0..9u8).map(|n| (format!("{n}.raw"), vec![n; 900])).collect();
    let bomb: Vec<(&str, &[u8])> = bomb.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
    for (name, bytes) in [("bomb.tgz", gzip(&tar_of(&bomb))), ("bomb.zip", zip_of(&bomb))] {
        let added = add(scratch.file(name, &bytes));
        assert!(added.new.len() + added.known.len() < 9, "{name}");
        assert!(why(&added, name).contains("unpacks to far more"), "{name}");
    }
    let large = [("large.raw", &[1u8; 1_001][..]), ("small.raw", b"1")];
    for (name, bytes) in [("l.tar", tar_of(&large)), ("l.zip", zip_of(&large))] {
        let added = add(scratch.file(name, &bytes));
        assert!(why(&added, "large.raw").contains("larger than"), "{name}");
        assert_eq!(added.new.len() + added.known.len(), 1, "{name}");
    }
    scratch.file("x/y/z/w/deep.raw", b"1");
    assert!(why(&add(scratch.path().join("x")), "x/y/z/w").contains("too deeply"));
    (0..51).for_each(|n| drop(scratch.file(&format!("many/{n}"), b"1")));
    assert!(why(&add(scratch.path().join("many")), "many").contains("more than 50 files"));
}

#[test]
fn a_header_that_claims_to_be_endless_is_not_read_to_its_end() {
    let scratch = Scratch::new("shelf");
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_size(64 << 20);
    header.set_cksum();
    let tar = [header.as_bytes().as_slice(), &vec![b'x'; 4 << 20]].concat();
    let mut shelf = Shelf::open(&scratch.path().join("state")).unwrap();
    let added = add(&mut shelf, &scratch.file("long.tar", &tar));
    assert!(why(&added, "long.tar").contains("its headers are too long"), "{:?}", added.refused);
}

#[test]
fn what_changed_behind_its_back_is_mended() {
    let scratch = Scratch::new("shelf");
    let state = scratch.path().join("state");
    for (name, bytes) in [("a.raw", b"1111"), ("b.raw", b"2222"), ("c.raw", b"3333"), ("d.raw", b"4444")] {
        scratch.file(&format!("in/{name}"), bytes);
    }
    let mut shelf = Shelf::open(&state).unwrap();
    add(&mut shelf, &scratch.path().join("in"));
    let place = |bytes: &[u8]| shelf.blobs_dir().join(sha256_hex(bytes));
    fs::write(place(b"1111"), b"1112").unwrap();
    fs::remove_file(place(b"2222")).unwrap();
    // The same bytes written again: only the time differs.
    fs::write(place(b"3333"), b"3333").unwrap();
    fs::write(shelf.blobs_dir().join(TEMPORARY), b"half").unwrap();
    fs::write(place(b"nobody's"), b"nobody's").unwrap();
    fs::write(place(b"torn"), b"to").unwrap();
    let shelf = Shelf::open(&state).unwrap();
    assert_eq!(names(&shelf.blobs()), ["c.raw", "d.raw"]);
    assert_eq!(shelf.mended().len(), 4, "{:?}", shelf.mended());
    check(&shelf);
    assert_eq!(Shelf::open(&state).unwrap().mended(), [] as [String; 0]);
}

#[test]
fn a_signed_file_that_was_not_listed_is_named_by_its_header() {
    let scratch = Scratch::new("shelf");
    let state = scratch.path().join("state");
    drop(Shelf::open(&state).unwrap());
    let bytes = signed("SCCP45.9-4-2SR3-1S.loads", b"x");
    let blob = examine("", &bytes);
    fs::write(state.join("blobs").join(&blob.sha256), &bytes).unwrap();
    let shelf = Shelf::open(&state).unwrap();
    assert_eq!(names(&shelf.blobs()), ["SCCP45.9-4-2SR3-1S.loads"]);
    check(&shelf);
}

#[test]
fn a_lost_index_costs_no_file() {
    let scratch = Scratch::new("shelf");
    let state = scratch.path().join("state");
    let ring = scratch.file("ring.raw", b"tone");
    let mut shelf = Shelf::open(&state).unwrap();
    add(&mut shelf, &ring);
    let text = fs::read(Index::path(&state)).unwrap();
    fs::write(Index::path(&state), &text[..text.len() / 2]).unwrap();
    let mut shelf = Shelf::open(&state).unwrap();
    assert_eq!((shelf.blobs().len(), files_in(&shelf).len()), (0, 1));
    assert_eq!(add(&mut shelf, &ring).new.len(), 1);
    check(&shelf);
}

#[test]
fn two_do_not_add_at_once() {
    let scratch = Scratch::new("shelf");
    let state = scratch.path().join("state");
    let ring = scratch.file("ring.raw", b"tone");
    let mut one = Shelf::open(&state).unwrap();
    let other = Shelf::open(&state).unwrap();
    let held = other.lock().unwrap().unwrap();
    let error = one.add(std::slice::from_ref(&ring), &mut |_| {}).unwrap_err().to_string();
    assert!(error.contains("another ringback is adding to it"), "{error}");
    fs::write(other.blobs_dir().join(TEMPORARY), b"half").unwrap();
    assert_eq!(Shelf::open(&state).unwrap().blobs().len(), 0, "it can still be read");
    assert!(other.blobs_dir().join(TEMPORARY).exists(), "and what is half done is left alone");
    drop(held);
    assert_eq!(add(&mut one, &ring).new.len(), 1);
}

/// A file with as much of the signed header of the 79xx series as carries its name, then the body.
pub(super) fn signed(name: &str, body: &[u8]) -> Vec<u8> {
    let field = |tag: u8, value: &[u8]| {
        let [high, low] = u16::try_from(value.len()).unwrap().to_be_bytes();
        [&[tag, high, low], value].concat()
    };
    let name = field(0x0e, &[name.as_bytes(), b"\0"].concat());
    let len = u16::try_from(10 + name.len()).unwrap();
    [field(1, &[1, 1]), field(2, &len.to_be_bytes()), name, body.to_vec()].concat()
}
