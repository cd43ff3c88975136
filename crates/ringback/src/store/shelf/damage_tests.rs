//! Every kind of file × everything that happens to files: which code each gets, and which pairs no bytes can tell
//! apart. A code in small letters is a caution (the file is taken), `-` is nothing at all.

use std::collections::BTreeSet;
use std::io::{Cursor, Write};

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

/// A kind of file with one good example.
struct Kind {
    what: &'static str,
    name: &'static str,
    good: Vec<u8>,
    /// A name of the same kind, of another release.
    other: &'static str,
    /// A name of the same kind, for another model.
    model: &'static str,
    /// Where its header is; the boundaries of what is in it are found by its own lengths where it is signed.
    header: std::ops::Range<usize>,
    /// Bytes of it that only the phone can check.
    unchecked: std::ops::Range<usize>,
    /// The codes, in the order of `DAMAGES`; more than one where it depends on the place.
    codes: [&'static str; 8],
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
fn code(name: &str, bytes: &[u8]) -> String {
    // Archives are judged while they are unpacked, everything else by itself.
    if archive::Kind::of(name.as_bytes()).is_none() {
        let blob = examine_from(name, bytes, None);
        let cautions: Vec<String> = blob.cautions.iter().map(|c| c.code.to_lowercase()).collect();
        // That it cannot be told whether it is whole is said of every such file: anything else says more.
        let more = cautions.iter().find(|c| *c != "rb243").or(cautions.first()).cloned();
        return blob.faults.first().map(|f| f.code.clone()).or(more).unwrap_or("-".to_owned());
    }
    let scratch = Scratch::new("damage");
    let mut shelf = Shelf::open(&scratch.path().join("state")).unwrap();
    let added = shelf.add(&[scratch.file(name, bytes)], &mut |_| {}).unwrap();
    added.refused.first().map_or("-".to_owned(), |r| r.1.code.clone())
}

fn kinds() -> Vec<Kind> {
    let signed = |what, name, good: Vec<u8>, other, model, codes| {
        let length = usize::from(u16::from_be_bytes([good[8], good[9]]));
        let at = good.windows(format::MARK.len()).position(|w| w == format::MARK).unwrap();
        Kind { what, name, good, other, model, header: 0..length, unchecked: at..at + 256, codes }
    };
    let plain = |what, name, good: Vec<u8>, other, model, header: std::ops::Range<usize>, codes| Kind {
        what,
        name,
        good,
        other,
        model,
        header,
        unchecked: 0..0,
        codes,
    };
    let old = |load: &str, ending: &str| {
        let files = Pack::new(&load.parse().unwrap(), 3_000).files();
        files.into_iter().find(|f| f.0.ends_with(ending)).unwrap().1
    };
    let load = LoadSpec::released("45", Protocol::Sccp, R9_4_2SR1, 3_000);
    let list = format::list("SCCP45.9-4-2SR1-1S.loads", "9-4-2ES9", None, &load.image_names());
    let image = format::archive("cnu45.9-4-2ES9.sbn", "x", 3_000);
    let packed = [("cnu45.9-4-2ES9.sbn", image.as_slice())];
    vec![
        signed(
            "signed archive",
            "cnu45.9-4-2ES9.sbn",
            image.clone(),
            "cnu45.8-5-2TH1-9.sbn",
            "cnu42.9-4-2ES9.sbn",
            ["-", "rb232", "RB233", "RB234", "RB235 RB236 rb239", "rb232", "RB230", "RB231"],
        ),
        signed(
            "signed list",
            "SCCP45.9-4-2SR1-1S.loads",
            list,
            "SCCP45.8-5-2S.loads",
            "SCCP42.9-4-2SR1-1S.loads",
            ["-", "rb232", "RB233 RB240", "RB240", "RB235 RB236 rb239", "rb232", "RB230", "RB231"],
        ),
        signed(
            "7940 list",
            "P0S3-8-12-00.loads",
            old("P0S3-8-12-00", ".loads"),
            "P0S3-8-09-00.loads",
            "SIP42.9-4-2SR1-1S.loads",
            ["-", "rb232", "RB233 RB240", "RB240", "RB235 RB236 rb239", "rb232", "RB230", "RB231"],
        ),
        signed(
            "7940 loader",
            "P003-8-12-00.sbn",
            old("P0S3-8-12-00", ".sbn"),
            "P003-8-09-00.sbn",
            "cnu45.9-4-2ES9.sbn",
            ["-", "rb232", "RB233", "RB234", "RB235 RB236 rb239", "rb232", "RB230", "RB231"],
        ),
        signed(
            "7940 application",
            "P0S3-8-12-00.sb2",
            old("P0S3-8-12-00", ".sb2"),
            "P0S3-8-09-00.sb2",
            "P0M3-8-12-00.sb2",
            ["rb243", "rb232", "RB233 rb243", "rb243", "RB235 RB236 rb239", "rb232", "RB230", "RB231"],
        ),
        plain(
            "7940 unsigned",
            "P0S30202.bin",
            old("P0S30202", ".bin"),
            "P0S30209.bin",
            "P00303020214.bin",
            0x20..0x140,
            ["rb243", "rb232", "RB233 rb243", "rb243", "RB236 RB240 rb232 rb243", "rb232", "RB230", "RB231"],
        ),
        plain(
            "Aastra .st",
            "57i.st",
            [
                st(&StSpec { model: "57i".into(), version: "3.3.1.4365".into(), size: 3_000 }),
                b" 57i 57i 57i\0".to_vec(),
            ]
            .concat(),
            "57iCT.st",
            "6867i.st",
            0..96,
            ["rb243", "RB237", "rb243", "rb243", "rb243", "RB237", "RB230", "RB231"],
        ),
        plain(
            "Yealink .rom",
            "T46S-66.84.0.15.rom",
            rom::rom(&RomSpec::new("T46S", "66.84.0.15", 3_000)),
            "T46S-66.86.0.15.rom",
            "T23-44.84.0.15.rom",
            0..128,
            ["-", "rb232", "RB233", "RB244", "RB241", "RB237", "RB230", "RB231"],
        ),
        plain(
            "recovery .bin",
            "T46.bin",
            rom::part("T46.bin", 3_000),
            "T48.bin",
            "T48.bin",
            0..32,
            ["-", "-", "-", "-", "-", "-", "RB230", "RB231"],
        ),
        plain(
            "recovery .rfs",
            "T46.rfs",
            rom::part("T46.rfs", 3_000),
            "T48.rfs",
            "T48.rfs",
            0..32,
            ["-", "-", "-", "-", "-", "-", "RB230", "RB231"],
        ),
        plain(
            "zip",
            "cmterm-7945_7965-sccp.9-4-2SR1-1.zip",
            zip_of(&packed),
            "x.zip",
            "cmterm-7942_7962-sccp.9-4-2SR1-1.zip",
            0..30,
            ["-", "-", "RB254", "-", "- RB254", "-", "RB230", "RB231"],
        ),
        plain(
            "tar",
            "x.tar",
            tar_of(&packed),
            "y.tar",
            "z.tar",
            0..512,
            ["-", "-", "- RB230 RB233 RB254", "-", "RB254", "-", "RB230", "RB231"],
        ),
        plain(
            "tgz",
            "x.tgz",
            gzip(&tar_of(&packed)),
            "y.tgz",
            "z.tgz",
            0..10,
            ["-", "-", "- RB233", "-", "- RB254", "-", "RB230", "RB231"],
        ),
        signed(
            "cop",
            "cmterm-7945_7965-sccp.9-4-2SR1-1.cop.sgn",
            format::signed("cmterm-7945_7965-sccp.9-4-2SR1-1.cop.sgn", &gzip(&tar_of(&packed))),
            "x.cop.sgn",
            "y.cop.sgn",
            ["-", "-", "- RB233", "-", "- RB235", "-", "RB230", "RB231"],
        ),
    ]
}

impl Kind {
    /// Where pieces of it begin: fields of a signed header, else some places in it and behind it.
    fn boundaries(&self) -> Vec<usize> {
        let mut places: Vec<usize> = if self.unchecked.is_empty() {
            self.header.clone().step_by(4).skip(1).collect()
        } else {
            let mut places = Vec::new();
            let mut at = 0;
            while at < self.header.end {
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
        let len = self.good.len();
        places.extend([self.header.end, (self.header.end + len) / 2, len - 1]);
        places
    }

    /// All codes that this damage gets.
    fn seen(&self, damage: &str) -> BTreeSet<String> {
        match damage {
            "good" => [code(self.name, &self.good)].into(),
            "renamed" => [code(self.other, &self.good)].into(),
            "wrong model" => [code(self.model, &self.good)].into(),
            "extended" => [code(self.name, &[self.good.as_slice(), &[0x5a; 90]].concat())].into(),
            "empty" => [code(self.name, b"")].into(),
            "web page" => [code(self.name, b"<!DOCTYPE html><html><title>Sign in</title></html>")].into(),
            "cut" => self.boundaries().into_iter().map(|at| code(self.name, &self.good[..at])).collect(),
            "flipped" => {
                let bits = self.header.clone().filter(|at| !self.unchecked.contains(at));
                let is_archive = archive::Kind::of(self.name.as_bytes()).is_some();
                // Archives are written to the disk each time: one bit of each byte is enough of them.
                let each = if is_archive { 1 } else { 8 };
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

#[test]
fn every_damage_of_every_kind_has_its_code() {
    let mut wrong = Vec::new();
    let mut alike = Vec::new();
    for kind in kinds() {
        let mut row = Vec::new();
        for (damage, wanted) in DAMAGES.iter().zip(kind.codes) {
            let seen = kind.seen(damage).into_iter().collect::<Vec<_>>().join(" ");
            if seen != wanted {
                wrong.push(format!("{} {damage}: {seen}, not {wanted}", kind.what));
            }
            row.push((*damage, seen));
        }
        for (at, (one, seen)) in row.iter().enumerate() {
            let same = row.iter().skip(at + 1).filter(|(_, other)| other == seen);
            alike.extend(same.map(|(other, _)| format!("{}: {one} = {other} ({seen})", kind.what)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{}", alike.join("\n"));
}
