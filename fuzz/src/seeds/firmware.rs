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
            ],
        ),
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
        of("cisco_gen_a", vec![("loader", old), ("application", gen_a("P0S3-8-12-00", b"PAS3ARM1", 0x180))]),
    ]
    .concat()
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
