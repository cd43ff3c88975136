//! May these files go to this phone? Asked before a stick is written, when a wrong file is still harmless.
//!
//! What is documented refuses: the sum of a `.rom`'s header, the device number in it against those of the model.
//! What is inferred, or said by one source alone, warns: a person decides. A header that is not known says
//! nothing either way, since it was verified on the files of one series only.
//!
//! The formats of `.bin` and `.rfs` are not known: of them only what no firmware can be is refused.

use profile::{Family, Model};
use proto::image::yealink::{HEADER_LEN, Malformed, Rom};
use proto::image::{self, Content};
use proto::text::escape;

/// So many bytes of a file's front are enough to judge it by.
pub const FRONT: usize = 4_096;

/// A file that is to go to a phone.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The name that it gets there.
    pub name: &'a str,
    /// Its first [`FRONT`] bytes, or all of a shorter one.
    pub front: &'a [u8],
    /// Its whole length, bytes.
    pub len: u64,
}

/// What is thought of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// What its header says, for people; none where it has none that is known.
    pub says: Option<String>,
    /// What speaks against it.
    pub remarks: Vec<Remark>,
}

/// One thing that speaks against a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// `RB` and three digits.
    pub code: &'static str,
    /// What is wrong, beginning with the file's name.
    pub what: String,
    /// Whether the file is not to be used; otherwise a person is warned.
    pub refuses: bool,
}

/// Judges one file by its front, for a phone of this model.
pub fn judge(family: &Family, model: &Model, part: &Part<'_>) -> Judged {
    let name = escape(part.name.as_bytes());
    let mut judged = Judged::default();
    let mut say = |code, what: String, refuses| {
        judged.remarks.push(Remark { code, what: format!("{name}: {what}"), refuses });
    };
    let is_rom = part.name.to_ascii_lowercase().ends_with(".rom");
    if let Some(what) = no_firmware(part, is_rom) {
        say("RB562", what, true);
        return judged;
    }
    if !is_rom {
        return judged;
    }
    let rom = match Rom::parse(part.front) {
        Ok(rom) => rom,
        Err(Malformed::NotARom) => {
            say(
                "RB568",
                "its header is of no known kind: what it is for, and whether it is whole, cannot be told".to_owned(),
                false,
            );
            return judged;
        }
        Err(why @ Malformed::Cut { .. }) => {
            say("RB566", format!("it {why}"), true);
            return judged;
        }
        Err(why @ Malformed::MagicFlipped) => {
            say("RB565", why.to_string(), true);
            return judged;
        }
    };
    if !rom.is_sound() {
        say("RB565", format!("the sum of its header is {:08x} where it says {:08x}", rom.crc_is, rom.crc), true);
        return judged;
    }
    length(&rom, part.len, &mut say);
    whose(family, model, &rom, &mut say);
    version(&rom, part.name, &mut say);
    if let Some(brand) = rom.brand() {
        say("RB242", format!("it carries the brand of one provider, {brand}; unbranded files say NULL"), false);
    }
    judged.says = Some(format!("{} for {}, device {}", rom.version, rom.device, rom.device_id));
    judged
}

/// Two of the three that are the same file: the upgrade file under other names, which no boot loader takes.
pub fn same(one: &str, other: &str) -> Remark {
    let (one, other) = (escape(one.as_bytes()), escape(other.as_bytes()));
    let what = format!("{one} and {other} are the same file; a recovery package has three different ones");
    Remark { code: "RB562", what, refuses: true }
}

type Say<'a> = dyn FnMut(&'static str, String, bool) + 'a;

/// Why these bytes are no firmware at all, whatever the phone.
fn no_firmware(part: &Part<'_>, is_rom: bool) -> Option<String> {
    if part.len == 0 {
        return Some("it is empty".to_owned());
    }
    let unpack = |kind: &str| format!("it is a {kind} archive: unpack it and use what is in it");
    match image::identify(part.name, part.front).content {
        Content::Html => Some("it is a web page: the download did not work".to_owned()),
        Content::Signed { .. } | Content::SignedUnreadable(_) if is_rom => {
            Some("it is signed firmware of another maker".to_owned())
        }
        Content::Zip => Some(unpack("zip")),
        _ if part.front.starts_with(b"Rar!\x1a\x07") => Some(unpack("rar")),
        _ if part.front.starts_with(b"7z\xbc\xaf\x27\x1c") => Some(unpack("7z")),
        _ => None,
    }
}

/// Whether the length that the header says is that of the file or of what is behind the header is not known.
fn length(rom: &Rom, len: u64, say: &mut Say<'_>) {
    let said = u64::from(rom.length);
    match rom.length_is_off(len) {
        None => {}
        Some(_) if len < said => say("RB566", format!("at least {} of {said} bytes are missing", said - len), true),
        Some(_) => {
            let what =
                format!("it has {len} bytes; by its header {said}, or {} with the header", said + HEADER_LEN as u64);
            say("RB244", what, false);
        }
    }
}

/// Which phones it is for: by the number in its header, and by the name where no number is known.
fn whose(family: &Family, model: &Model, rom: &Rom, say: &mut Say<'_>) {
    if model.firmware_numbers.contains(&rom.device_id) {
        return;
    }
    let theirs: Vec<&str> = family
        .models
        .iter()
        .filter(|m| m.firmware_numbers.contains(&rom.device_id))
        .map(|m| m.name.as_str())
        .take(8)
        .collect();
    let for_whom = if theirs.is_empty() { "phones that are not known".to_owned() } else { theirs.join(", ") };
    let is_named = model.is_named(&rom.device);
    let numbers: Vec<String> = model.firmware_numbers.iter().map(u32::to_string).collect();
    if !numbers.is_empty() {
        let what = format!(
            "its header says {}, device {}, which is for {for_whom}; a {} takes {} ({})",
            rom.device,
            rom.device_id,
            model.name,
            numbers.join(" or "),
            model.confidence.words()
        );
        // Where name and number contradict each other, one of the two is wrong in what is known here.
        say("RB567", what, model.confidence.may_refuse() && !is_named);
    } else if !is_named {
        let what = format!("its header says {}; what a {} takes is not known", rom.device, model.name);
        say("RB567", what, false);
    }
}

/// The version against the device's number and the file's name. Why they should differ is not documented.
fn version(rom: &Rom, name: &str, say: &mut Say<'_>) {
    let first = rom.version.split('.').next().and_then(|n| n.parse::<u32>().ok());
    if first != Some(rom.device_id) {
        let what = format!("its version {} does not begin with its device's number, {}", rom.version, rom.device_id);
        say("RB569", what, false);
    }
    let behind = |version: &str| version.split_once('.').map(|v| v.1.to_owned());
    // The first number may be another: one file was published for four devices.
    if let Some(said) = image::aastra::version_in(name).filter(|said| behind(said) != behind(&rom.version)) {
        say("RB569", format!("its name says version {said} and its header {}", rom.version), false);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use profile::{Confidence, Profiles};

    use super::*;

    /// A header as described, and a body of 5,872 bytes.
    fn rom(device: &str, number: u32, version: &str) -> Vec<u8> {
        let mut file = vec![0x5a; 6_000];
        let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &[0; HEADER_LEN]);
        put(0, &[0xad, 0x24, 0xec, 0x0b, 0, 0, 0, 0x80]);
        put(0x14, &6_000u32.to_be_bytes());
        put(0x20, &number.to_be_bytes());
        put(0x24, device.as_bytes());
        put(0x34, b"NULL");
        put(0x44, version.as_bytes());
        sealed(file)
    }

    fn sealed(mut file: Vec<u8>) -> Vec<u8> {
        file[8..12].fill(0);
        // CRC-32 of IEEE 802.3.
        let step = |sum: u32, byte: &u8| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 })
        };
        let sum = !file[..HEADER_LEN].iter().fold(u32::MAX, step);
        file[8..12].copy_from_slice(&sum.to_be_bytes());
        file
    }

    fn judged(model: &str, name: &str, bytes: &[u8]) -> Judged {
        // Read once: thousands of files are judged here.
        static PROFILES: LazyLock<Profiles> = LazyLock::new(|| Profiles::built_in().0);
        let (family, model) = PROFILES.model(model).unwrap();
        judge(family, model, &Part { name, front: &bytes[..bytes.len().min(FRONT)], len: bytes.len() as u64 })
    }

    /// The codes of what is said; those that only warn in small letters.
    fn codes(model: &str, name: &str, bytes: &[u8]) -> Vec<String> {
        let word = |r: Remark| if r.refuses { r.code.to_owned() } else { r.code.to_lowercase() };
        judged(model, name, bytes).remarks.into_iter().map(word).collect()
    }

    #[test]
    fn the_right_file_is_said_and_not_remarked_upon() {
        for (model, name, bytes) in [
            ("T46G", "T46.rom", rom("T46", 28, "28.83.0.120")),
            ("T46S", "T46S.rom", rom("T46S", 66, "66.84.0.15")),
            ("T41S", "T46S(T48S,T42S,T41S)-66.84.0.15.rom", rom("T46S", 66, "66.84.0.15")),
            ("T42S", "67.84.0.15.rom", rom("T46S", 66, "66.84.0.15")),
            ("T53W", "T54W.rom", rom("T54W", 96, "96.86.0.45")),
            ("T53W", "T53.rom", rom("T53", 95, "95.84.0.10")),
            ("T21P", "T21D.ROM", rom("T21D", 34, "34.72.0.75")),
        ] {
            let judged = judged(model, name, &bytes);
            assert_eq!(judged.remarks, [], "{model}");
            assert!(judged.says.is_some_and(|says| says.contains("device")));
        }
    }

    #[test]
    fn what_is_documented_refuses() {
        let good = rom("T46", 28, "28.83.0.120");
        for bit in 0..HEADER_LEN * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(codes("T46G", "T46.rom", &bad), ["RB565"], "bit {bit}");
        }
        for len in 4..good.len() {
            assert_eq!(codes("T46G", "T46.rom", &good[..len]), ["RB566"], "cut at {len}");
        }
        assert_eq!(codes("T48G", "T46.rom", &good), ["RB567"]);
        let said = &judged("T48G", "T46.rom", &good).remarks[0].what;
        assert!(said.contains("T46G") && said.contains("28") && said.contains("35"), "{said}");
        assert_eq!(codes("T46S", "T46S.rom", &good), ["RB567"], "a name like its own changes nothing");
    }

    #[test]
    fn what_is_inferred_or_unknown_warns() {
        let good = rom("T46", 28, "28.83.0.120");
        assert_eq!(codes("T46G", "T46.rom", &[good.as_slice(), &[0; 64]].concat()), ["rb244"]);
        assert_eq!(codes("T46G", "T46.rom", &[good.as_slice(), &[0; 128]].concat()), [""; 0], "the other way to count");
        assert_eq!(codes("T46G", "T46.rom", b"another kind of header, as old ones may have it"), ["rb568"]);
        assert_eq!(codes("T46G", "T46-28.80.0.95.rom", &good), ["rb569"]);
        assert_eq!(codes("T46G", "T46.rom", &rom("T46", 28, "66.83.0.120")), ["rb569"]);
        // Name and number say different phones.
        assert_eq!(codes("T46G", "T46.rom", &rom("T46G", 35, "35.83.0.120")), ["rb567"]);
        let mut branded = good.clone();
        branded[0x34..0x39].copy_from_slice(b"TELCO");
        assert_eq!(codes("T46G", "T46.rom", &sealed(branded)), ["rb242"]);
        // One source says what it takes.
        let (profiles, _) = Profiles::built_in();
        let (_, model) = profiles.model("T44U").unwrap();
        assert_eq!(model.confidence, Confidence::Single);
        assert_eq!(codes("T44U", "T46.rom", &good), ["rb567"]);
    }

    #[test]
    fn what_no_firmware_can_be_is_refused_under_any_name() {
        for name in ["T46.rom", "T46.bin", "T46.rfs"] {
            assert_eq!(codes("T46G", name, b"<!doctype html><html>Sign in</html>"), ["RB562"]);
            assert_eq!(codes("T46G", name, b"PK\x03\x04 and more"), ["RB562"]);
            assert_eq!(codes("T46G", name, b"Rar!\x1a\x07\x01\x00 and more"), ["RB562"]);
            assert_eq!(codes("T46G", name, b""), ["RB562"]);
        }
        assert_eq!(codes("T46G", "T46.bin", b"\x1f\x8b anything"), [""; 0], "what they look like is not known");
        assert!(same("a.bin", "a.rom").refuses);
    }
}
