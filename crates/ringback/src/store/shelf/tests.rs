//! Files, folders and archives go on the shelf; what does not is refused by name.

use std::io::{Cursor, Write};
use std::os::unix::fs::symlink;

use zip::write::{SimpleFileOptions, ZipWriter};

use bench::shelf::examine;
use sim::firmware::format;

use super::*;
use crate::store::scratch::Scratch;

fn add(shelf: &mut Shelf, path: &Path) -> Added {
    shelf.add(&[path.to_owned()], &Reference::default(), &mut |_| {}).unwrap()
}

fn names(blobs: &[Blob]) -> Vec<&str> {
    blobs.iter().map(|b| b.name.as_str()).collect()
}

fn why<'a>(added: &'a Added, name: &str) -> &'a str {
    let refused = added.refused.iter().find(|r| r.0.ends_with(name));
    refused.map_or_else(|| panic!("{name} is not among {:?}", added.refused), |r| r.1.what.as_str())
}

fn code<'a>(added: &'a Added, name: &str) -> &'a str {
    let refused = added.refused.iter().find(|r| r.0.ends_with(name));
    refused.map_or_else(|| panic!("{name} is not among {:?}", added.refused), |r| r.1.code.as_str())
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
    scratch.file("in/old/CP960.rfs", b"file system");
    scratch.file("in/same.rfs", b"file system");
    scratch.file("in/English_United_States/dictionary.xml", b"<d/>");
    scratch.file("in/SEP001122334455.cnf.xml", b"<device/>");
    scratch.file("in/empty.rfs", b"");
    scratch.file("in/image.bin", b"<!DOCTYPE html><html><body>Sign in</body></html>");
    scratch.file("in/.DS_Store", b"x");
    symlink("OS79XX.TXT", scratch.path().join("in/link.txt")).unwrap();
    let state = scratch.path().join("state");
    let mut shelf = Shelf::open(&state).unwrap();
    let mut told = Vec::new();
    let added = shelf.add(&[scratch.path().join("in")], &Reference::default(), &mut |p| told.push(p.clone())).unwrap();
    assert_eq!(names(&added.new), ["OS79XX.TXT", "CP960.rfs", "same.rfs"]);
    let left: Vec<&str> = added.left_out.iter().map(|l| l.1.as_str()).collect();
    assert_eq!(left, ["English_United_States/dictionary.xml", "SEP001122334455.cnf.xml"]);
    assert!(why(&added, "empty.rfs").contains("empty"));
    assert!(why(&added, "image.bin").contains("web page"));
    assert!(why(&added, "link.txt").contains("link"));
    assert_eq!((told.len(), told[7].files, told[7].bytes), (8, 8, 95));
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
    let file = scratch.file("deep/down/CP960.bin", b"loader");
    let mut shelf = Shelf::open(&scratch.path().join("state")).unwrap();
    let added = shelf
        .add(&[file, scratch.path().join("not-here"), "/dev/null".into()], &Reference::default(), &mut |_| {})
        .unwrap();
    assert_eq!(names(&added.new), ["CP960.bin"]);
    assert!(why(&added, "not-here").contains("No such file"));
    assert!(why(&added, "/dev/null").contains("neither a file nor a folder"));
    let added = add(&mut shelf, &scratch.path().join("state/blobs"));
    assert_eq!(why(&added, "blobs"), "it is the shelf itself");
}

pub(super) fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
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
        ("firmware/CP960.rfs", b"file system"),
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
    assert_eq!((names(&added.new), added.left_out.len()), (vec!["CP960.rfs"], 1));
    assert_eq!(added.new[0].archive.as_deref(), Some("cmterm.zip"));
    assert_eq!(why(&added, "cmterm.zip: ../../outside.txt"), "the name points to the folder above");
    assert_eq!(why(&added, "/etc/cron.d/evil"), "an absolute name");
    assert_eq!(why(&added, "b"), "the name points to the folder above");
    assert_eq!(why(&added, "boot.ini"), "the name begins with a drive letter");
    assert_eq!(code(&added, "inner.zip"), "RB233", "it is only a beginning");
    assert_eq!(code(&added, "evil"), "RB248");
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

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn a_tar_gives_its_files_packed_or_not() {
    let scratch = Scratch::new("shelf");
    let tar = tar_of(&[("sip/57i.st", b"57i firmware"), ("../up", b"x"), ("/abs", b"x"), ("last.rfs", b"tone")]);
    for (name, bytes) in [("a.tar", tar.clone()), ("b.tgz", gzip(&tar)), ("c.TAR.GZ", gzip(&tar))] {
        let path = scratch.file(name, &bytes);
        let mut shelf = Shelf::open(&scratch.path().join(format!("state-{name}"))).unwrap();
        let added = add(&mut shelf, &path);
        assert_eq!(names(&added.new), ["57i.st", "last.rfs"], "{name}");
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
    let tar = gzip(&tar_of(&[("first.rfs", b"tone"), ("second.rfs", &noise)]));
    let mut zip = zip_of(&[("first.rfs", b"tone"), ("second.rfs", &noise)]);
    let at = zip.len() / 2;
    zip[at] ^= 0xff;
    let mut shelf = Shelf::open(&scratch.path().join("state")).unwrap();
    let added = add(&mut shelf, &scratch.file("cut.tgz", &tar[..tar.len() / 2]));
    assert_eq!(names(&added.new), ["first.rfs"]);
    assert!(why(&added, "second.rfs").contains("damaged"), "{:?}", added.refused);
    let added = add(&mut shelf, &scratch.file("hurt.zip", &zip));
    assert_eq!(names(&added.known), ["first.rfs"]);
    assert!(why(&added, "second.rfs").contains("damaged"), "{:?}", added.refused);
    let added = add(&mut shelf, &scratch.file("no.zip", b"<html>please log in</html>"));
    assert_eq!(code(&added, "no.zip"), "RB231");
    check(&shelf);
}

#[test]
fn what_is_over_a_limit_is_refused() {
    let scratch = Scratch::new("shelf");
    let limits = Limits { file: 1_000, archive: 5_000, ratio: 10, ratio_floor: 3_000, files: 50, depth: 3, nesting: 2 };
    let mut shelf = Shelf::open(&scratch.path().join("state")).unwrap();
    let mut add = |path: PathBuf| shelf.add_within(&[path], &limits, &Reference::default(), &mut |_| {}).unwrap();
    assert!(why(&add(scratch.file("big.bin", &[7; 1_001])), "big.bin").contains("larger than"));
    let bomb: Vec<(String, Vec<u8>)> = (0..9u8).map(|n| (format!("{n}.rfs"), vec![n; 900])).collect();
    let bomb: Vec<(&str, &[u8])> = bomb.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
    for (name, bytes) in [("bomb.tgz", gzip(&tar_of(&bomb))), ("bomb.zip", zip_of(&bomb))] {
        let added = add(scratch.file(name, &bytes));
        assert!(added.new.len() + added.known.len() < 9, "{name}");
        assert!(why(&added, name).contains("unpacks to far more"), "{name}");
    }
    let large = [("large.rfs", &[1u8; 1_001][..]), ("small.rfs", b"1")];
    for (name, bytes) in [("l.tar", tar_of(&large)), ("l.zip", zip_of(&large))] {
        let added = add(scratch.file(name, &bytes));
        assert!(why(&added, "large.rfs").contains("larger than"), "{name}");
        assert_eq!(added.new.len() + added.known.len(), 1, "{name}");
    }
    scratch.file("x/y/z/w/deep.rfs", b"1");
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
    for (name, bytes) in [("a.rfs", b"1111"), ("b.rfs", b"2222"), ("c.rfs", b"3333"), ("d.rfs", b"4444")] {
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
    assert_eq!(names(&shelf.blobs()), ["c.rfs", "d.rfs"]);
    assert_eq!(shelf.mended().len(), 4, "{:?}", shelf.mended());
    check(&shelf);
    assert_eq!(Shelf::open(&state).unwrap().mended(), [] as [String; 0]);
}

#[test]
fn a_signed_file_that_was_not_listed_is_named_by_its_header() {
    let scratch = Scratch::new("shelf");
    let state = scratch.path().join("state");
    drop(Shelf::open(&state).unwrap());
    let bytes = format::list("SCCP45.9-4-2SR3-1S.loads", "9-4-2ES26", None, &["jar45sccp.9-4-2ES26.sbn".to_owned()]);
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
    let ring = scratch.file("ring.rfs", b"tone");
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
    let ring = scratch.file("ring.rfs", b"tone");
    let mut one = Shelf::open(&state).unwrap();
    let other = Shelf::open(&state).unwrap();
    let held = other.lock().unwrap().unwrap();
    let error = one.add(std::slice::from_ref(&ring), &Reference::default(), &mut |_| {}).unwrap_err().to_string();
    assert!(error.contains("another ringback is adding to it"), "{error}");
    fs::write(other.blobs_dir().join(TEMPORARY), b"half").unwrap();
    assert_eq!(Shelf::open(&state).unwrap().blobs().len(), 0, "it can still be read");
    assert!(other.blobs_dir().join(TEMPORARY).exists(), "and what is half done is left alone");
    drop(held);
    assert_eq!(add(&mut one, &ring).new.len(), 1);
}

#[test]
fn what_cisco_packs_for_its_servers_is_unpacked() {
    let scratch = Scratch::new("shelf");
    let image = format::archive("cnu45.9-4-2ES9.sbn", "x", 300);
    let tar = gzip(&tar_of(&[("cnu45.9-4-2ES9.sbn", &image), ("install.sh", b"#!/bin/sh\n")]));
    let name = "cmterm-7945_7965-sccp.9-4-2SR1-1.cop.sgn";
    let cop = format::signed(name, &tar);
    let mut shelf = Shelf::open(&scratch.path().join("state")).unwrap();
    let mut add = |bytes: &[u8]| add(&mut shelf, &scratch.file(name, bytes));
    let added = add(&cop);
    assert_eq!((names(&added.new), added.left_out.len()), (vec!["cnu45.9-4-2ES9.sbn"], 1), "{added:?}");
    assert_eq!(added.new[0].archive.as_deref(), Some(name));
    let header = cop.len() - tar.len();
    for (bytes, wanted) in [
        (&cop[..header - 30], "RB233"),
        (&cop[..header], "RB233"),
        (&cop[..header + 40], "RB233"),
        (&format::signed(name, b"no archive")[..], "RB254"),
        (b"<html><body>please sign in</body></html>", "RB231"),
        (b"", "RB230"),
        (b"something else", "RB238"),
    ] {
        let added = add(bytes);
        assert_eq!(added.refused.first().map(|r| r.1.code.as_str()), Some(wanted), "{added:?}");
    }
}

#[test]
fn archives_in_archives_are_unpacked_within_the_limits_of_the_outer_one() {
    let scratch = Scratch::new("shelf");
    let inner = zip_of(&[("CP960.rfs", b"file system"), ("../up.rfs", b"x")]);
    let middle = gzip(&tar_of(&[("deep/inner.zip", &inner)]));
    let outer = zip_of(&[("middle.tgz", &middle)]);
    let mut shelf = Shelf::open(&scratch.path().join("state")).unwrap();
    let added = add(&mut shelf, &scratch.file("outer.zip", &outer));
    assert_eq!(names(&added.new), ["CP960.rfs"]);
    assert_eq!(added.new[0].archive.as_deref(), Some("inner.zip"));
    assert_eq!(code(&added, "outer.zip: middle.tgz: deep/inner.zip: ../up.rfs"), "RB248");
    let mut nested = inner;
    for _ in 0..4 {
        nested = zip_of(&[("again.zip", &nested)]);
    }
    let added = add(&mut shelf, &scratch.file("russian.zip", &nested));
    assert!(added.refused.iter().any(|r| r.1.what.contains("more than 3 deep")), "{added:?}");
    // Together they unpack to no more than the outermost one may.
    let limits = Limits { ratio: 2, ratio_floor: 2_000, ..Limits::default() };
    let bomb = zip_of(&[("zeros.rfs", &[0; 40_000])]);
    let added = shelf
        .add_within(
            &[scratch.file("b.zip", &zip_of(&[("bomb.zip", &bomb)]))],
            &limits,
            &Reference::default(),
            &mut |_| {},
        )
        .unwrap();
    assert!(added.refused.iter().any(|r| r.1.code == "RB255") && added.new.is_empty(), "{added:?}");
}

/// Each fault of a file has its own code, and none gets on the shelf.
#[test]
fn every_fault_is_told_apart() {
    let scratch = Scratch::new("shelf");
    let mut shelf = Shelf::open(&scratch.path().join("state")).unwrap();
    let name = "cnu45.9-4-2ES9.sbn";
    let good = format::archive(name, "x", 300);
    let body = good.windows(20).position(|w| w == b"CNU_File_Archive_3.0").unwrap();
    let flipped = |at: usize, bit: u8| {
        let mut bytes = good.clone();
        bytes[at] ^= bit;
        bytes
    };
    let at = |needle: &[u8]| good.windows(needle.len()).position(|w| w == needle).unwrap();
    let mut cases = vec![
        ("cut".to_owned(), good[..good.len() - 9].to_vec(), "RB233"),
        ("extended".to_owned(), [good.as_slice(), &[0; 90]].concat(), "RB234"),
        ("empty".to_owned(), Vec::new(), "RB230"),
        ("page".to_owned(), b"<!doctype html><html>404</html>".to_vec(), "RB231"),
        ("something".to_owned(), b"something else".to_vec(), "RB238"),
        ("magic".to_owned(), flipped(0, 1), "RB235"),
        ("version".to_owned(), flipped(3, 1), "RB235"),
        ("header length".to_owned(), flipped(9, 4), "RB235"),
        ("signer".to_owned(), flipped(at(b"someSigner"), 1), "RB235"),
        ("issuer".to_owned(), flipped(at(b"someCA"), 1), "RB235"),
        ("own name".to_owned(), flipped(at(name.as_bytes()) + 1, 1), "RB236"),
        ("table".to_owned(), flipped(body + 0x30, 1), "RB240"),
    ];
    // Truncated at every boundary of a field.
    let mut boundary = 0;
    while boundary < body {
        if boundary > 2 {
            cases.push((format!("cut at {boundary}"), good[..boundary].to_vec(), "RB233"));
        }
        let length = usize::from(u16::from_be_bytes([good[boundary + 1], good[boundary + 2]]));
        boundary += match good[boundary] {
            0x0d => 1,
            0x03 | 0x07 | 0x09 => 3,
            _ => 3 + length,
        };
    }
    assert!(cases.len() > 20, "{}", cases.len());
    for (what, bytes, wanted) in cases {
        let added = add(&mut shelf, &scratch.file(name, &bytes));
        assert_eq!(code(&added, name), wanted, "{what}: {:?}", added.refused);
        assert_eq!(bench::diagnose::codes::explain(wanted).len(), 1);
    }
    assert_eq!(shelf.blobs(), []);
    let added = add(&mut shelf, &scratch.file("renamed.sbn", &good));
    assert_eq!((names(&added.new), added.new[0].cautions[0].code.as_str()), (vec![name], "RB232"));
}

#[test]
fn an_unchanged_shelf_is_not_read_again() {
    let scratch = Scratch::new("shelf");
    let state = scratch.path().join("state");
    (0..20).for_each(|n| drop(scratch.file(&format!("in/{n}.rfs"), &[n; 100])));
    let mut shelf = Shelf::open(&state).unwrap();
    add(&mut shelf, &scratch.path().join("in"));
    let mut again = Shelf::open(&state).unwrap();
    assert_eq!(again.reread(), 0);
    // Changed behind the back of length, time and inode: only reading tells.
    let place = again.blobs_dir().join(sha256_hex(&[7; 100]));
    let times = fs::metadata(&place).unwrap().modified().unwrap();
    fs::write(&place, [8; 100]).unwrap();
    File::options().write(true).open(&place).unwrap().set_modified(times).unwrap();
    assert_eq!(Shelf::open(&state).unwrap().reread(), 0);
    assert_eq!(again.read_all_again().unwrap(), 20);
    assert_eq!((again.mended().len(), again.blobs().len()), (1, 19));
    // What an older program judged is judged anew, once.
    let text = fs::read_to_string(Index::path(&state)).unwrap();
    fs::write(Index::path(&state), text.replace("\"judge\":3", "\"judge\":2")).unwrap();
    assert_eq!(Shelf::open(&state).unwrap().reread(), 19);
    assert_eq!(Shelf::open(&state).unwrap().reread(), 0);
}
