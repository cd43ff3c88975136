//! Every kind of file × everything that happens to files: which code each gets, by the file's bytes and names alone,
//! and where its length and sum are known beside. A code in small letters is a caution (the file is taken), `-` is
//! nothing at all.
//!
//! With a sum, every damage of every kind has codes that no other damage of it has. By the bytes alone that is so as
//! far as a format says how long it is; which pairs look alike is written down here, and held to be just these.

#![allow(clippy::single_range_in_vec_init, reason = "most kinds have one header, some have two")]

use std::collections::BTreeSet;
use std::io::{Cursor, Write};

use bench::shelf::sums;

use sim::firmware::classic::Pack;
use sim::firmware::rom::{self, RomSpec};
use sim::firmware::st::{StSpec, st};
use sim::firmware::{LoadSpec, Protocol, R9_4_2SR1, format};

use zip::write::{SimpleFileOptions, ZipWriter};

use super::tests::gzip;
use super::*;
use crate::store::scratch::Scratch;

/// What happens to files.
const DAMAGES: [&str; 8] = ["good", "renamed", "cut", "extended", "flipped", "wrong model", "empty", "web page"];

/// The codes by a file's bytes and names alone, in the order of `DAMAGES`; more than one where it depends on the place.
#[rustfmt::skip]
const BY_BYTES: [(&str, [&str; 8]); 14] = [
    ("signed archive", ["-", "rb232", "RB233", "RB234", "RB235 RB236 rb239", "rb258", "RB230", "RB231"]),
    ("signed list", ["-", "rb232", "RB233", "RB234", "RB235 RB236 rb239", "rb258", "RB230", "RB231"]),
    ("7940 list", ["-", "rb232", "RB233", "RB234", "RB235 RB236 rb239", "rb258", "RB230", "RB231"]),
    ("7940 loader", ["-", "rb232", "RB233", "RB234", "RB235 RB236 rb239", "rb258", "RB230", "RB231"]),
    ("7940 application", ["rb243", "rb232", "RB233 rb243", "rb243", "RB235 RB236 rb239", "rb258", "RB230", "RB231"]),
    ("7940 unsigned", ["rb243", "rb232", "RB233 rb243", "rb243", "RB236 RB240 rb243", "rb258", "RB230", "RB231"]),
    ("Aastra .st", ["rb243", "rb232", "rb243", "rb243", "rb243", "RB237", "RB230", "RB231"]),
    ("Yealink .rom", ["-", "rb232", "RB233", "RB244", "RB241", "RB237", "RB230", "RB231"]),
    ("recovery .bin", ["rb243", "rb243", "rb243", "rb243", "rb243", "rb243", "RB230", "RB231"]),
    ("recovery .rfs", ["rb243", "rb243", "rb243", "rb243", "rb243", "rb243", "RB230", "RB231"]),
    ("zip", ["-", "-", "RB233", "rb234", "- RB236 RB248 RB254 RB255 rb235", "rb258", "RB230", "RB231"]),
    ("tar", ["-", "-", "RB233 rb233", "rb234", "RB254", "rb258", "RB230", "RB231"]),
    ("tgz", ["-", "-", "RB233", "rb234", "- RB233 RB254", "rb258", "RB230", "RB231"]),
    ("cop", ["-", "rb232", "RB233", "rb234", "- RB235 rb235 rb236 rb239", "rb258", "RB230", "RB231"]),
];

/// The codes where its length and sum are known.
#[rustfmt::skip]
const BY_SUM: [(&str, [&str; 8]); 14] = [
    ("signed archive", ["-", "rb232", "RB233", "RB234", "RB235 RB236 RB259", "rb258", "RB230", "RB231"]),
    ("signed list", ["-", "rb232", "RB233", "RB234", "RB235 RB236 RB259", "rb258", "RB230", "RB231"]),
    ("7940 list", ["-", "rb232", "RB233", "RB234", "RB235 RB236 RB259", "rb258", "RB230", "RB231"]),
    ("7940 loader", ["-", "rb232", "RB233", "RB234", "RB235 RB236 RB259", "rb258", "RB230", "RB231"]),
    ("7940 application", ["-", "rb232", "RB233", "RB234", "RB235 RB236 RB259", "rb258", "RB230", "RB231"]),
    ("7940 unsigned", ["-", "rb232", "RB233", "RB234", "RB236 RB240 RB259", "rb258", "RB230", "RB231"]),
    ("Aastra .st", ["-", "rb232", "RB233", "RB234", "RB259", "rb258", "RB230", "RB231"]),
    ("Yealink .rom", ["-", "rb232", "RB233", "RB244", "RB241", "rb258", "RB230", "RB231"]),
    ("recovery .bin", ["-", "rb232", "RB233", "RB234", "RB259", "rb258", "RB230", "RB231"]),
    ("recovery .rfs", ["-", "rb232", "RB233", "RB234", "RB259", "rb258", "RB230", "RB231"]),
    ("zip", ["-", "rb232", "RB233", "RB234", "RB259", "rb258", "RB230", "RB231"]),
    ("tar", ["-", "rb232", "RB233", "RB234", "RB259", "rb258", "RB230", "RB231"]),
    ("tgz", ["-", "rb232", "RB233", "RB234", "RB259", "rb258", "RB230", "RB231"]),
    ("cop", ["-", "rb232", "RB233", "RB234", "RB259", "rb258", "RB230", "RB231"]),
];

/// What looks alike by its bytes: nothing in them says how long the file must be, what it was called, or what that
/// bit of a header was. The shelf says so (RB243), and a sum tells all of them apart.
const ALIKE: [(&str, &str); 9] = [
    ("7940 application", "good, cut, extended"),
    ("7940 unsigned", "good, cut, extended, flipped"),
    ("Aastra .st", "good, cut, extended, flipped"),
    ("recovery .bin", "good, renamed, cut, extended, flipped, wrong model"),
    ("recovery .rfs", "good, renamed, cut, extended, flipped, wrong model"),
    // What an archive is called is nowhere in it; bits of its headers without a meaning for what is in it.
    ("zip", "good, renamed, flipped"),
    ("tar", "good, renamed"),
    ("tgz", "good, renamed, cut, flipped"),
    ("cop", "good, flipped"),
];

/// A kind of file with one good example.
struct Kind {
    what: &'static str,
    name: &'static str,
    good: Vec<u8>,
    /// A name of the same kind, of another release.
    other: &'static str,
    /// A name of the same kind, for another model.
    model: &'static str,
    /// Where its headers are; the boundaries of what is in one are found by its own lengths where it is signed.
    header: Vec<std::ops::Range<usize>>,
    /// Bytes of it that only the phone can check.
    unchecked: std::ops::Range<usize>,
}

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, *bytes).unwrap();
    }
    tar.into_inner().unwrap()
}

/// The code of the gravest that is said about a file of this name.
fn code(name: &str, bytes: &[u8], reference: &Reference<'_>) -> String {
    let small = |faults: &[Fault]| faults.iter().map(|c| c.code.to_lowercase()).collect::<Vec<_>>();
    // That it cannot be told whether it is whole is said of every such file: anything else says more.
    let first = |codes: Vec<String>| codes.iter().find(|c| *c != "rb243").or(codes.first()).cloned();
    // Archives are judged while they are unpacked, everything else by itself.
    if archive::Kind::of(name.as_bytes()).is_none() {
        let blob = reference.examine(name, bytes, None);
        let said = blob.faults.first().map(|f| f.code.clone()).or(first(small(&blob.cautions)));
        return said.unwrap_or("-".to_owned());
    }
    let scratch = Scratch::new("damage");
    let mut shelf = Shelf::open(&scratch.path().join("state")).unwrap();
    let added = shelf.add(&[scratch.file(name, bytes)], reference, &mut |_| {}).unwrap();
    let noted: Vec<Fault> = added.noted.into_iter().map(|n| n.1).collect();
    let inside: Vec<Fault> = added.new.iter().flat_map(|b| b.cautions.clone()).collect();
    let said = added.refused.first().map(|r| r.1.code.clone());
    said.or(first(small(&noted))).or(first(small(&inside))).unwrap_or("-".to_owned())
}

fn kinds() -> Vec<Kind> {
    let signed = |what, name, good: Vec<u8>, other, model| {
        let length = usize::from(u16::from_be_bytes([good[8], good[9]]));
        let at = good.windows(format::MARK.len()).position(|w| w == format::MARK).unwrap();
        Kind { what, name, good, other, model, header: vec![0..length], unchecked: at..at + 256 }
    };
    let plain = |what, name, good: Vec<u8>, other, model, header: &[std::ops::Range<usize>]| Kind {
        what,
        name,
        good,
        other,
        model,
        header: header.to_vec(),
        unchecked: 0..0,
    };
    let old = |load: &str, ending: &str| {
        let files = Pack::new(&load.parse().unwrap(), 3_000).files();
        files.into_iter().find(|f| f.0.ends_with(ending)).unwrap().1
    };
    let load = LoadSpec::released("45", Protocol::Sccp, R9_4_2SR1, 3_000);
    let list = format::list("SCCP45.9-4-2SR1-1S.loads", "9-4-2ES9", None, &load.image_names());
    let image = format::archive("cnu45.9-4-2ES9.sbn", "x", 3_000);
    let packed = [("cnu45.9-4-2ES9.sbn", image.as_slice())];
    let zipped = zip_of(&packed);
    let directory = zipped.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    vec![
        signed("signed archive", "cnu45.9-4-2ES9.sbn", image.clone(), "cnu45.8-5-2TH1-9.sbn", "cnu42.9-4-2ES9.sbn"),
        signed("signed list", "SCCP45.9-4-2SR1-1S.loads", list, "SCCP45.8-5-2S.loads", "SCCP42.9-4-2SR1-1S.loads"),
        signed(
            "7940 list",
            "P0S3-8-11-00.loads",
            old("P0S3-8-11-00", ".loads"),
            "P0S3-8-09-00.loads",
            "SIP42.9-4-2SR1-1S.loads",
        ),
        signed(
            "7940 loader",
            "P003-8-11-00.sbn",
            old("P0S3-8-11-00", ".sbn"),
            "P003-8-09-00.sbn",
            "cnu45.9-4-2ES9.sbn",
        ),
        signed(
            "7940 application",
            "P0S3-8-11-00.sb2",
            old("P0S3-8-11-00", ".sb2"),
            "P0S3-8-09-00.sb2",
            "cnu45.9-4-2ES9.sbn",
        ),
        plain("7940 unsigned", "P0S30202.bin", old("P0S30202", ".bin"), "P0S30209.bin", "T46G.bin", &[0x20..0x140]),
        plain(
            "Aastra .st",
            "57i.st",
            [
                st(&StSpec { model: "57i".into(), version: "3.3.1.4365".into(), size: 3_000 }),
                b" 57i 57i 57i\0".to_vec(),
            ]
            .concat(),
            "firmware.st",
            "6867i.st",
            &[0..96],
        ),
        plain(
            "Yealink .rom",
            "T46S-66.84.0.15.rom",
            rom::rom(&RomSpec::new("T46S", "66.84.0.15", 3_000)),
            "T46S-66.86.0.15.rom",
            "T23-44.84.0.15.rom",
            &[0..128],
        ),
        plain("recovery .bin", "T46G.bin", rom::part("T46.bin", 3_000), "recovery.bin", "T48G.bin", &[0..32]),
        plain("recovery .rfs", "T46G.rfs", rom::part("T46.rfs", 3_000), "recovery.rfs", "T48G.rfs", &[0..32]),
        plain(
            "zip",
            "cmterm-7945_7965-sccp.9-4-2SR1-1.zip",
            zipped.clone(),
            "x.zip",
            "cmterm-7942_7962-sccp.9-4-1SR1.zip",
            // In front of the file, and in the directory at the end.
            &[0..48, directory..directory + 64],
        ),
        plain(
            "tar",
            "cmterm-7945_7965-sccp.9-4-2SR1-1.tar",
            tar_of(&packed),
            "x.tar",
            "cmterm-7942_7962-sccp.9-4-1SR1.tar",
            &[0..512],
        ),
        plain(
            "tgz",
            "cmterm-7945_7965-sccp.9-4-2SR1-1.tgz",
            gzip(&tar_of(&packed)),
            "x.tgz",
            "cmterm-7942_7962-sccp.9-4-1SR1.tgz",
            &[0..10],
        ),
        signed(
            "cop",
            "cmterm-7945_7965-sccp.9-4-2SR1-1.cop.sgn",
            format::signed("cmterm-7945_7965-sccp.9-4-2SR1-1.cop.sgn", &gzip(&tar_of(&packed))),
            "x.cop.sgn",
            "cmterm-7942_7962-sccp.9-4-1SR1.cop.sgn",
        ),
    ]
}

impl Kind {
    /// Where pieces of it begin: fields of a signed header, else some places in it and behind it.
    fn boundaries(&self) -> Vec<usize> {
        let mut places: Vec<usize> = if self.unchecked.is_empty() {
            self.header.iter().flat_map(|h| h.clone().step_by(4)).filter(|at| *at > 0).collect()
        } else {
            let mut places = Vec::new();
            let mut at = 0;
            while at < self.header[0].end {
                places.push(at);
                let length = usize::from(u16::from_be_bytes([self.good[at + 1], *self.good.get(at + 2).unwrap_or(&0)]));
                at += match self.good[at] {
                    0x0d => 1,
                    // Containers: what is in them follows.
                    0x03 | 0x07 | 0x09 => 3,
                    _ => 3 + length,
                };
            }
            assert!(places.len() > 10, "{}: {places:?}", self.what);
            places.retain(|at| *at > 2);
            places
        };
        let (end, len) = (self.header[0].end, self.good.len());
        places.extend([end, (end + len) / 2, len - 1]);
        places
    }

    /// All codes that this damage gets.
    fn seen(&self, damage: &str, reference: &Reference<'_>) -> BTreeSet<String> {
        let code = |name: &str, bytes: &[u8]| code(name, bytes, reference);
        match damage {
            "good" => [code(self.name, &self.good)].into(),
            "renamed" => [code(self.other, &self.good)].into(),
            "wrong model" => [code(self.model, &self.good)].into(),
            "extended" => [code(self.name, &[self.good.as_slice(), &[0x5a; 90]].concat())].into(),
            "empty" => [code(self.name, b"")].into(),
            "web page" => [code(self.name, b"<!DOCTYPE html><html><title>Sign in</title></html>")].into(),
            "cut" => self.boundaries().into_iter().map(|at| code(self.name, &self.good[..at])).collect(),
            "flipped" => {
                let bits = self.header.iter().cloned().flatten().filter(|at| !self.unchecked.contains(at));
                let is_archive = archive::Kind::of(self.name.as_bytes()).is_some();
                // Archives are written to the disk each time: one bit of each byte is enough of the long headers.
                let each = if is_archive && self.header[0].len() > 100 { 1 } else { 8 };
                bits.flat_map(|at| (0..each).map(move |bit| (at, bit)))
                    .filter(|(at, bit)| !(*bit == 5 && self.good[*at].is_ascii_alphabetic()))
                    .map(|(at, bit)| {
                        let mut bytes = self.good.clone();
                        bytes[at] ^= 1 << bit;
                        code(self.name, &bytes)
                    })
                    .collect()
            }
            other => panic!("{other}"),
        }
    }
}

/// The words in which a person says which file is meant, as BSD's tools write them.
fn vouched(kind: &Kind) -> Vec<sums::Sum> {
    let (name, sum) = (kind.name, sums::Algorithm::Sha256.of(&kind.good));
    let list = format!("SHA256 ({name}) = {sum}\nSIZE ({name}) = {}\n", kind.good.len());
    sums::read_list("sums.txt", list.as_bytes()).unwrap()
}

/// The codes of every damage, and what is not as it is written.
fn row(
    kind: &Kind,
    wanted: [&'static str; 8],
    reference: &Reference<'_>,
    wrong: &mut Vec<String>,
) -> Vec<BTreeSet<String>> {
    let mut row = Vec::new();
    for (damage, wanted) in DAMAGES.iter().zip(wanted) {
        let seen = kind.seen(damage, reference);
        let said = seen.iter().cloned().collect::<Vec<_>>().join(" ");
        if said != wanted {
            wrong.push(format!("{} {damage}: {said}, not {wanted}", kind.what));
        }
        row.push(seen.into_iter().map(|c| c.to_uppercase()).collect());
    }
    row
}

/// The damages that may get a code which another one gets, too.
fn alike(row: &[BTreeSet<String>]) -> String {
    let is_alike = |a: usize| (0..row.len()).any(|b| a != b && !row[a].is_disjoint(&row[b]));
    (0..row.len()).filter(|a| is_alike(*a)).map(|a| DAMAGES[a]).collect::<Vec<_>>().join(", ")
}

#[test]
fn every_damage_of_every_kind_has_its_code() {
    let profiles = profile::Profiles::built_in().0;
    let (mut wrong, mut same) = (Vec::new(), Vec::new());
    for (kind, (what, codes)) in kinds().into_iter().zip(BY_BYTES) {
        assert_eq!(kind.what, what);
        let row = row(&kind, codes, &Reference::of(&profiles), &mut wrong);
        same.push((kind.what, alike(&row)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    same.retain(|s| !s.1.is_empty());
    let written: Vec<_> = ALIKE.iter().map(|(what, same)| (*what, same.to_string())).collect();
    assert_eq!(same, written, "{same:#?}");
}

#[test]
fn with_a_sum_every_damage_of_every_kind_has_a_code_of_its_own() {
    let profiles = profile::Profiles::built_in().0;
    let (mut wrong, mut same) = (Vec::new(), Vec::new());
    for (kind, (what, codes)) in kinds().into_iter().zip(BY_SUM) {
        assert_eq!(kind.what, what);
        let mut reference = Reference::of(&profiles);
        reference.vouch(vouched(&kind));
        let row = row(&kind, codes, &reference, &mut wrong);
        same.push((kind.what, alike(&row)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    same.retain(|s| !s.1.is_empty());
    assert_eq!(same, [], "each has codes of its own");
}
