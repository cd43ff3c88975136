//! Firmware files: whatever the bytes are, something is said about them, and nothing runs away.

use std::sync::LazyLock;

use bench::shelf::{BlobKind, Reference, examine, sums};
use profile::Profiles;
use proto::image::cisco::{Archive, Completeness, Image, Loads, SignedHeader, loads as lists, os79xx};
use proto::image::yealink::Rom;
use proto::image::{Content, DottedVersion, aastra, identify as look, zip};

use super::text::harmless;
use crate::feed::Feed;

/// A length byte, a name of that length, and the file.
pub fn identify(input: &[u8]) {
    let mut feed = Feed::new(input);
    let name = String::from_utf8_lossy(feed.bytes()).into_owned();
    let file = feed.rest();
    let identity = look(&name, file);
    if let Some(true_name) = identity.true_name() {
        harmless(true_name);
        assert!(!true_name.is_empty());
    }
    for doubt in &identity.doubts {
        harmless(&doubt.to_string());
    }
    let _ = identity.version();
    assert_eq!(identity.content == Content::Empty, file.is_empty());
    // What is judged once is judged the same under its own name, and the shelf agrees.
    let blob = examine(&name, file);
    assert_eq!((blob.size, blob.sha256.len()), (file.len() as u64, 64));
    // Parts of a recovery set say nothing of their length, which is said beside.
    let said = blob.faults.len() + blob.cautions.len();
    assert!((identity.doubts.len()..=identity.doubts.len() + 1).contains(&said), "{blob:?}");
    // What a sum proves or denies, and for whom the name is, comes on top, and stays when it is judged anew.
    static KNOWN: LazyLock<Profiles> = LazyLock::new(|| Profiles::built_in().0);
    let mut reference = Reference::of(&KNOWN);
    reference.vouch(sums::read_list("list", format!("{}  57i.st\n", blob.sha256).as_bytes()).unwrap_or_default());
    let proven = reference.examine(&name, file, Some("cmterm-7942_7962-sccp.9-4-2SR1-1.zip"));
    assert_eq!(proven.proven.is_some(), blob.kind != BlobKind::Other, "{proven:?}");
    assert_eq!(blob.clone().as_proven_as(&proven).proven, proven.proven);
    for fault in blob.faults.iter().chain(&blob.cautions) {
        assert_eq!(bench::diagnose::codes::explain(&fault.code).len(), 1, "{fault}");
    }
    if let BlobKind::LoadList { files, .. } = &blob.kind {
        files.iter().for_each(|file| harmless(file));
    }
    let json = serde_json::to_string(&blob).unwrap_or_default();
    assert_eq!(serde_json::from_str(&json).ok(), Some(blob));
}

/// The input as a `.rom`, and as a file in which texts are looked for.
pub fn other_makers(input: &[u8]) {
    match Rom::parse(input) {
        Ok(rom) => {
            [&rom.device, &rom.oem, &rom.version].iter().for_each(|text| harmless(text));
            if let Some(name) = rom.plain_name() {
                assert!(!name.contains('/') && name.ends_with(".rom"));
            }
            let whole = u64::from(rom.length);
            assert_eq!(rom.length_is_off(whole), None);
            assert_eq!(rom.length_is_off(whole + 128), None);
            assert!(rom.length_is_off(whole + 129).is_some());
        }
        Err(malformed) => assert!(!malformed.to_string().is_empty()),
    }
    let texts = aastra::search(input);
    texts.versions.iter().chain(&texts.models).for_each(|(text, n)| {
        harmless(text);
        assert!(*n > 0);
    });
    for (version, _) in &texts.versions {
        assert_eq!(aastra::version_in(version).as_ref(), Some(version));
        assert!(version.parse::<DottedVersion>().is_ok());
    }
}

/// The input as a signed file.
pub fn header(input: &[u8]) {
    match SignedHeader::parse(input) {
        Ok(header) => {
            for text in [&header.file_name, &header.signer, &header.issuer] {
                harmless(text);
            }
            assert!(usize::from(header.header_len) <= input.len());
            assert_eq!(header.body(input).len() + usize::from(header.header_len), input.len());
            header.odd.iter().chain(&header.unlike_firmware()).for_each(|odd| assert!(!odd.to_string().is_empty()));
        }
        Err(malformed) => assert!(!malformed.to_string().is_empty()),
    }
}

/// The input as the body of an archive.
pub fn archive(input: &[u8]) {
    match Archive::parse(input) {
        Ok(archive) => {
            harmless(&archive.name);
            archive.entries.iter().for_each(|entry| harmless(&entry.name));
            assert!(archive.entries.len() <= input.len() / 20);
            let expected = archive.expected_len();
            match archive.completeness(input.len() as u64) {
                Completeness::Whole => assert!(input.len() as u64 >= expected),
                Completeness::Missing(n) => assert_eq!(input.len() as u64 + n, expected),
                Completeness::Extra(n) => assert_eq!(input.len() as u64, expected + n),
            }
        }
        Err(malformed) => assert!(!malformed.to_string().is_empty()),
    }
}

/// The input as the body of a `.loads`, and as an `OS79XX.TXT`.
pub fn loads(input: &[u8]) {
    match lists::parse(input) {
        Ok(Loads::List(list)) => {
            assert!(!list.files.is_empty());
            for file in &list.files {
                harmless(&file.name);
                assert!(!file.name.contains(['/', ' ', ':']), "{:?} is no name", file.name);
            }
            let _ = list.missing_parts();
        }
        Ok(Loads::Pair(pair)) => [pair.loader, pair.app, pair.la_version].iter().for_each(|t| harmless(t)),
        Err(why) => harmless(&why.to_string()),
    }
    if let Some(hint) = os79xx::parse(input) {
        harmless(&hint.image);
        assert!(hint.image.starts_with("P0"));
    }
}

/// The input as an unsigned image.
pub fn gen_a(input: &[u8]) {
    match Image::parse(input) {
        Ok(image) => {
            harmless(&image.name);
            harmless(&image.id);
            assert_eq!(image.completeness(input.len() as u64).is_some(), image.is_loader());
        }
        Err(malformed) => assert!(!malformed.to_string().is_empty()),
    }
}

/// The input as the end of a zip, and its front as the two headers of a file in it.
pub fn zip_ends(input: &[u8]) {
    match zip::end(input) {
        Completeness::Whole => assert!(input.len() >= 22),
        Completeness::Missing(n) => assert!((1..=22 + 65_535).contains(&n)),
        Completeness::Extra(n) => assert!(n as usize + 22 <= input.len()),
    }
    if let Some((local, rest)) = input.split_first_chunk()
        && let Some((central, _)) = rest.split_first_chunk()
        && zip::differ(local, central).is_none()
    {
        assert_eq!(local[6..8], central[8..10], "flags that agree");
        assert!(zip::name_len(central) <= usize::from(u16::MAX));
    }
}

/// The input as a person's list of sums, and as a file that is judged by it.
pub fn sum_list(input: &[u8]) {
    let Ok(list) = sums::read_list("list", input) else { return };
    let mut sums = sums::Sums::default();
    for sum in &list {
        harmless(&sum.path);
        assert!(sum.size.is_some() || !sum.sums.is_empty());
    }
    let first = list.first().map(|s| s.path.clone()).unwrap_or_default();
    sums.extend(list);
    let verdict = sums.judge(&[&first], input.len() as u64, &mut |algorithm| Some(algorithm.of(input)));
    if let Some(sums::Verdict::Is { name, .. }) = verdict {
        panic!("a list that holds its own sum: {name}");
    }
}
