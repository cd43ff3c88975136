use super::super::sums::read_list;
use super::*;

/// A `.rom` as published: the header of a T46S, its sum made anew, and a body.
fn rom() -> Vec<u8> {
    let mut rom = vec![0; 128];
    let mut put = |at: usize, bytes: &[u8]| rom[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &[0xad, 0x24, 0xec, 0x0b, 0, 0, 0, 0x80]);
    put(0x14, &1_128u32.to_be_bytes());
    put(0x20, &66u32.to_be_bytes());
    put(0x24, b"T46S");
    put(0x34, b"NULL");
    put(0x44, b"66.84.0.99");
    let crc = crc(&rom);
    rom[8..12].copy_from_slice(&crc.to_be_bytes());
    rom.resize(1_128, 0x5a);
    rom
}

/// CRC-32 as in ISO 3309, bit by bit.
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
    !bytes.iter().fold(u32::MAX, |crc, b| (0..8).fold(crc ^ u32::from(*b), step))
}

fn codes(blob: &Blob) -> String {
    blob.faults.iter().chain(&blob.cautions).map(|f| f.code.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn one_rom_serves_several_models_under_many_names() {
    let profiles = Profiles::built_in().0;
    let reference = Reference::of(&profiles);
    let rom = rom();
    for name in [
        "T46S(T48S,T42S,T41S)-66.84.0.99.rom",
        "T48S-66.84.0.99.rom",
        "yealink_T46S-66.84.0.99.rom",
        "copy2_of_T46S.rom",
        "T46.rom",
        "fw84.rom",
        "y000000000066.rom",
    ] {
        assert_eq!(codes(&reference.examine(name, &rom, None)), "", "{name}");
    }
    for name in ["T23-44.84.0.99.rom", "T23G.rom", "CP960.rom"] {
        assert_eq!(codes(&reference.examine(name, &rom, None)), "RB237", "{name}");
    }
    assert_eq!(codes(&reference.examine("T46S.rom", &rom, Some("T48S-66.84.0.99.zip"))), "");
    assert_eq!(codes(&reference.examine("T46S.rom", &rom, Some("T23G-44.84.0.99.zip"))), "RB258");
}

#[test]
fn a_list_goes_before_what_is_published_and_names_nothing_anew_that_names_itself() {
    let profiles = Profiles::built_in().0;
    let st = [b"57i 57i 57i 3.3.1.4365-SIP\0".as_slice(), &[7; 100]].concat();
    let with = |name: &str| {
        let mut reference = Reference::of(&profiles);
        let sum = Algorithm::Sha256.of(&st);
        reference.vouch(read_list("sums", format!("{sum}  {name}\n").as_bytes()).unwrap());
        let blob = reference.examine("57i.st", &st, None);
        assert!(blob.proven.is_some());
        blob.name
    };
    assert_eq!([with("57i.st"), with("6757i.st")], ["57i.st", "6757i.st"]);
    for odd in ["..", "\u{1b}[31mEVIL", "C:\\57i.st\\..", "Ger\u{fffd}t.st"] {
        assert_eq!(with(odd), "57i.st", "{odd:?}");
    }
}

#[test]
fn what_a_list_denies_stays_denied_and_goes_last() {
    let profiles = Profiles::built_in().0;
    let (good, bad) = (b"57i 57i 57i good".as_slice(), b"57i 57i 57i evil".as_slice());
    let mut reference = Reference::of(&profiles);
    let sum = Algorithm::Sha256.of(good);
    reference.vouch(read_list("sums", format!("{sum}  57i.st\n").as_bytes()).unwrap());
    let (good, bad) = (reference.examine("57i.st", good, None), reference.examine("57i.st", bad, None));
    assert_eq!((codes(&good).as_str(), codes(&bad).as_str()), ("", "RB259 RB243"));
    let again = super::super::examine("57i.st", b"57i 57i 57i evil").as_proven_as(&bad);
    assert_eq!(codes(&again), "RB259 RB243");
    let open = super::super::examine("57i.st", b"57i 57i 57i third");
    let shelf = super::super::Shelf::new([bad, open, good.clone()]);
    assert_eq!(shelf.blob("57i.st"), Some(&good), "who is proven goes first");
}
