//! Made-up firmware in the makers' formats, from the simulated phones' own builder.

use sim::firmware::{LoadSpec, Protocol, R8_5_2, R9_4_2SR1, format, load_set};

use super::{Seed, of};

pub(super) fn all() -> Vec<Seed> {
    let set = load_set(&LoadSpec::released("45", Protocol::Sccp, R9_4_2SR1, 0));
    let list = set.first().map(|f| f.1.clone()).unwrap_or_default();
    let image = set.get(1).map(|f| f.1.clone()).unwrap_or_default();
    let body = |file: &[u8]| {
        let header = proto::image::cisco::SignedHeader::parse(file);
        header.map(|h| h.body(file).to_vec()).unwrap_or_default()
    };
    let cut = |file: &[u8], by: usize| file.get(..file.len().saturating_sub(by)).unwrap_or_default().to_vec();
    let images = LoadSpec::released("41", Protocol::Sip, R8_5_2, 0).image_names();
    let old = gen_a("P003-8-12-00", b"PAS30830", 0x200);
    let pair = b"P003-8-12-00.sbn\nP0S3-8-12-00.sb2\nLA_VERSION=PAS30830\n".to_vec();
    let named = |name: &str, file: &[u8]| [&[name.len() as u8], name.as_bytes(), file].concat();
    [
        of(
            "image_identify",
            vec![
                ("list", named("SCCP45.9-4-2SR1-1S.loads", &list)),
                ("image", named("jar45sccp.9-4-2ES9.sbn", &image)),
                ("renamed", named("other.sbn", &image)),
                ("cut", named("jar45sccp.9-4-2ES9.sbn", &cut(&image, 10))),
                ("old", named("P003-8-12-00.bin", &old)),
                ("old-signed", named("P003-8-12-00.sbn", &format::signed("P003-8-12-00.sbn", &old))),
                ("pair", named("P0S3-8-12-00.loads", &format::signed("P0S3-8-12-00.loads", &pair))),
                ("unsigned", named("P0S3-8-12-00.loads", &pair)),
                ("page", named("x.loads", b"<!DOCTYPE html><html><body>404")),
                ("zip", named("x.zip", b"PK\x03\x04hello PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0ab")),
                ("zup", named("CP7912.sbin", &format::signed("CP7912.sbin", b"kup1 data"))),
                ("empty", named("x.sbn", b"")),
                ("rom", named("T46S-66.84.0.15.rom", &rom())),
                ("st", named("57i.st", b"57i 57i firmware 3.3.1.4365-SIP\0")),
                ("cop", named("cmterm.cop.sgn", &format::signed("cmterm.cop.sgn", b"\x1f\x8b\x08"))),
            ],
        ),
        of("image_other", vec![("rom", rom()), ("st", b"57i 57i firmware 3.3.1.4365-SIP\0 6867i 5.1.0.1024".to_vec())]),
        of(
            "cisco_header",
            vec![
                ("list", list.clone()),
                ("image", cut(&image, image.len() - 500)),
                ("cut", cut(&list, list.len() - 200)),
            ],
        ),
        of("cisco_archive", vec![("image", body(&image)), ("cut", cut(&body(&image), 40))]),
        of(
            "cisco_loads",
            vec![
                ("list", body(&list)),
                ("pair", pair),
                ("wireless", b"#? HW_REV 0-4.*\nAPPS-1.4.1.SBN 1234 D41D8CD98F00B204E9800998ECF8427E\n".to_vec()),
                ("hint", b"P003-8-12-00".to_vec()),
                ("older", body(&format::list("SIP41.8-5-2S.loads", "8-5-2TH1-9", Some(5), &images))),
            ],
        ),
        of(
            "image_zip",
            vec![
                ("end", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0ab".to_vec()),
                ("headers", [[7; 30].as_slice(), &[7; 46]].concat()),
            ],
        ),
        of(
            "sum_list",
            vec![
                ("tools", b"# sums\n900150983cd24fb0d6963f7d28e17f72  57i.st\n".to_vec()),
                ("bsd", b"MD5 (57i.st) = 900150983cd24fb0d6963f7d28e17f72\nSIZE (57i.st) = 3\n".to_vec()),
            ],
        ),
        of("cisco_gen_a", vec![("loader", old), ("application", gen_a("P0S3-8-12-00", b"PAS3ARM1", 0x180))]),
    ]
    .concat()
}

/// The published header of a T46S, with no body.
fn rom() -> Vec<u8> {
    let mut rom = vec![0; 128];
    let fields: [(usize, &[u8]); 10] = [
        (0x00, &[0xad, 0x24, 0xec, 0x0b, 0, 0, 0, 0x80]),
        (0x08, &[0x77, 0x31, 0x66, 0x01, 3, 0, 0, 3]),
        (0x10, &[0, 0, 0, 2]),
        (0x14, &[0x01, 0xbd, 0x7e, 0xb0]),
        (0x18, &[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 5]),
        (0x20, &[0, 0, 0, 66]),
        (0x24, b"T46S"),
        (0x34, b"NULL"),
        (0x44, b"66.84.0.15"),
        (0x64, b"ACD"),
    ];
    for (at, bytes) in fields {
        rom.iter_mut().skip(at).zip(bytes).for_each(|(to, from)| *to = *from);
    }
    rom
}

/// An image of a 7940 of this length.
fn gen_a(name: &str, id: &[u8; 8], len: usize) -> Vec<u8> {
    let mut image = vec![0; len];
    let length = u32::try_from(len).unwrap_or(0).saturating_sub(0x20).to_le_bytes();
    for (at, bytes) in [(0x20, name.as_bytes()), (0x120, id), (0x138, &length)] {
        image.iter_mut().skip(at).zip(bytes).for_each(|(to, from)| *to = *from);
    }
    image
}
