use super::*;

fn list(text: &str) -> Sums {
    let mut sums = Sums::default();
    sums.extend(read_list("sums.txt", text.as_bytes()).unwrap());
    sums
}

fn judge(sums: &Sums, name: &str, bytes: &[u8]) -> Option<Verdict> {
    sums.judge(&[name], bytes.len() as u64, &mut |algorithm| Some(algorithm.of(bytes)))
}

#[test]
fn sums_are_what_everybody_elses_are() {
    // The well-known sums of "abc".
    let sums = [
        (Algorithm::Md5, "900150983cd24fb0d6963f7d28e17f72"),
        (Algorithm::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (Algorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ];
    for (algorithm, hex) in sums {
        assert_eq!(algorithm.of(b"abc"), hex);
    }
    assert!(Algorithm::Sha512.of(b"abc").starts_with("ddaf35a193617abacc417349ae204131"));
}

#[test]
fn lists_are_read_as_the_tools_write_them() {
    let sha1 = Algorithm::Sha1.of(b"abc");
    let md5 = Algorithm::Md5.of(b"abc");
    for text in [
        format!("{sha1}  57i.st\n"),
        format!("{} *folder/57i.st\r\n", sha1.to_uppercase()),
        format!("# a comment\n\nMD5 (57i.st) = {md5}\nSIZE (57i.st) = 3\n"),
        format!("SIZE (57i.st) = 3\nSHA1 (57i.st) = {sha1}"),
    ] {
        let is = judge(&list(&text), "57i.st", b"abc");
        assert!(matches!(&is, Some(Verdict::Is { name, .. }) if name == "57i.st"), "{text}: {is:?}");
        let how = if text.contains("SIZE") { How::Changed } else { How::Other };
        assert!(matches!(judge(&list(&text), "57i.st", b"abd"), Some(Verdict::IsNot { how: is, .. }) if is == how));
        let renamed = judge(&list(&text), "new.st", b"abc");
        assert!(matches!(&renamed, Some(Verdict::Is { name, .. }) if name == "57i.st"), "{renamed:?}");
        assert_eq!(judge(&list(&text), "new.st", b"abd"), None);
    }
    for (text, at) in [("57i.st\n", 1), ("\nab12  57i.st\n", 2), ("CRC (57i.st) = 12", 1), ("SIZE (57i.st) = many", 1)]
    {
        assert_eq!(read_list("x", text.as_bytes()).map_err(|e| e.0), Err(at), "{text}");
    }
    assert!(read_list("x", b"\xff\xfe").is_err());
}

#[test]
fn with_a_length_what_is_missing_is_counted() {
    let sums = list(&format!("SHA1 (57i.st) = {}\nSIZE (57i.st) = 3\n", Algorithm::Sha1.of(b"abc")));
    let how = |bytes: &[u8]| match judge(&sums, "57i.st", bytes) {
        Some(Verdict::IsNot { how, .. }) => how,
        other => panic!("{other:?}"),
    };
    assert_eq!([how(b"a"), how(b"abcde"), how(b"abd")], [How::Shorter(2), How::Longer(2), How::Changed]);
    // A length alone can only speak against a file.
    let sums = list("SIZE (57i.st) = 3\n");
    assert_eq!(judge(&sums, "57i.st", b"abd"), None);
    assert!(matches!(judge(&sums, "57i.st", b"ab"), Some(Verdict::IsNot { how: How::Shorter(1), .. })));
    // Several sums, and a length, of one file; and a length that came from elsewhere.
    let many =
        format!("SHA1 (57i.st) = {}\nMD5 (57i.st) = {}\n", Algorithm::Sha1.of(b"abc"), Algorithm::Md5.of(b"abc"));
    for sums in [list(&format!("{many}SIZE (57i.st) = 3\n")), {
        let mut sums = list("SIZE (57i.st) = 3\n");
        sums.extend(read_list("other", many.as_bytes()).unwrap());
        sums
    }] {
        assert!(matches!(judge(&sums, "57i.st", b"abc"), Some(Verdict::Is { .. })));
        assert!(matches!(judge(&sums, "57i.st", b"abd"), Some(Verdict::IsNot { how: How::Changed, .. })));
        assert!(matches!(judge(&sums, "57i.st", b"ab"), Some(Verdict::IsNot { how: How::Shorter(1), .. })));
    }
    // Two editions of one name: whichever it is.
    let two = list(&format!("{}  57i.st\n{}  57i.st\n", Algorithm::Sha1.of(b"abc"), Algorithm::Sha1.of(b"xyz")));
    assert!(matches!(judge(&two, "57i.st", b"xyz"), Some(Verdict::Is { .. })));
}

/// Real lists of files, where somebody has put them beside the repository, have the published sums.
#[test]
#[allow(clippy::disallowed_methods)]
fn real_lists_have_the_published_sums() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let sums = Sums::published(&Profiles::built_in().0);
    assert!(sums.all.len() > 80, "{}", sums.all.len());
    let path = folder.join("P0S3-8-12-00.loads");
    let Ok(bytes) = std::fs::read(&path) else {
        assert!(std::env::var_os("RINGBACK_FORBID_SKIPS").is_none(), "{} is not here", path.display());
        eprintln!("skipped: needs {} [real_lists_have_the_published_sums]", path.display());
        return;
    };
    let is = judge(&sums, "renamed", &bytes);
    assert!(matches!(&is, Some(Verdict::Is { name, .. }) if name == "P0S3-8-12-00.loads"), "{is:?}");
    let cut = judge(&sums, "P0S3-8-12-00.loads", &bytes[1..]);
    assert!(matches!(cut, Some(Verdict::IsNot { how: How::Shorter(1), .. })), "{cut:?}");
}
