//! Made-up firmware of the 7940 and 7960, in the formats that published files show.
//!
//! Three kinds of pack, by the version in the name. Before 5.0: one unsigned `.bin`. From 5.0: one signed
//! `.sbn`. From 7.0: the universal loader (`.sbn`, and `.bin` without the header), the application
//! (`.sb2`), and a signed `.loads` of three lines that names both. An image has its name at 0x20, an id of
//! eight characters at 0x120, and its length less 0x20 at 0x138, little-endian.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use super::format::{put, signed};
use crate::rng::{Rng, seed_of};

/// Where an image's name, id and length stand.
pub(crate) const NAME_AT: usize = 0x20;
pub(crate) const ID_AT: usize = 0x120;
pub(crate) const LENGTH_AT: usize = 0x138;
/// The shortest image.
const LEAST: usize = 0x140;

/// What a 7940 or 7960 speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are the protocols'")]
pub enum Protocol {
    Sccp,
    Sip,
    Mgcp,
}

impl Protocol {
    /// The four characters that begin an image's name.
    pub const fn prefix(self) -> &'static str {
        match self {
            Protocol::Sccp => "P003",
            Protocol::Sip => "P0S3",
            Protocol::Mgcp => "P0M3",
        }
    }

    /// The id inside an application. That of MGCP is made up.
    const fn id(self) -> &'static str {
        match self {
            Protocol::Sccp => "PA03Z031",
            Protocol::Sip => "PAS3ARM1",
            Protocol::Mgcp => "PAM3ARM1",
        }
    }
}

/// The name of an image or load, such as `P0S3-8-12-00`, `P00308000700`, `P0030801SR02`, `P0S30202`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// As it is written.
    pub text: String,
    /// By its first four characters. A universal loader is called as SCCP is.
    pub protocol: Protocol,
    /// Major and minor version.
    pub version: (u16, u16),
}

impl Name {
    /// Reads a name without its ending; `None` when it is no name of this kind.
    pub fn parse(text: &str) -> Option<Name> {
        let protocol = [Protocol::Sccp, Protocol::Sip, Protocol::Mgcp];
        let protocol = protocol.into_iter().find(|p| text.starts_with(p.prefix()))?;
        let rest = text.get(4..)?;
        let version = match rest.strip_prefix('-') {
            Some(dashed) => {
                let mut parts = dashed.split('-').map(str::parse::<u16>);
                (parts.next()?.ok()?, parts.next()?.ok()?)
            }
            None => (rest.get(..2)?.parse().ok()?, rest.get(2..4)?.parse().ok()?),
        };
        let plain = text.len() <= 24 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
        plain.then(|| Name { text: text.to_owned(), protocol, version })
    }

    /// Takes unsigned images.
    pub fn takes_unsigned(&self) -> bool {
        self.version < (5, 0)
    }

    /// Knows `.loads` lists.
    pub fn knows_lists(&self) -> bool {
        self.version >= (6, 0)
    }

    /// Comes in two parts, the universal loader and the application.
    pub fn is_two_parts(&self) -> bool {
        self.version >= (7, 0)
    }

    /// The loader in its pack: of SCCP packs it has the load's own name.
    pub fn usual_loader(&self) -> String {
        let rest = self.text.get(4..).unwrap_or_default();
        format!("{}{rest}", Protocol::Sccp.prefix())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Name {
    type Err = String;
    fn from_str(text: &str) -> Result<Name, String> {
        Name::parse(text).ok_or_else(|| format!("{text:?} is no load of a 7940: say P0S3-8-12-00 or P00308000700"))
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Name, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A pack to be made up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    /// The load.
    pub load: Name,
    /// Its universal loader, when it is of two parts and the loader is not the usual one.
    pub loader: Option<String>,
    /// Bytes of each image, header included, or the fewest that the format takes.
    pub image_size: usize,
    /// It comes with an `OS79XX.TXT`.
    pub os79xx: bool,
}

impl Pack {
    /// The pack of a load.
    pub fn new(load: &Name, image_size: usize) -> Pack {
        Pack { load: load.clone(), loader: None, image_size, os79xx: false }
    }

    /// Its files.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let Name { text, protocol, .. } = &self.load;
        let app = image(text, protocol.id(), self.image_size);
        let mut files = if self.load.is_two_parts() {
            let loader = self.loader.clone().unwrap_or_else(|| self.load.usual_loader());
            let bare = image(&loader, &loader_id(&loader), self.image_size);
            let list = format!("{loader}.sbn\n{text}.sb2\nLA_VERSION={}\n", loader_id(&loader));
            vec![
                sign(format!("{text}.loads"), list.as_bytes()),
                sign(format!("{loader}.sbn"), &bare),
                (format!("{loader}.bin"), bare),
                sign(format!("{text}.sb2"), &app),
            ]
        } else if self.load.takes_unsigned() {
            vec![(format!("{text}.bin"), app)]
        } else {
            vec![sign(format!("{text}.sbn"), &app)]
        };
        if self.os79xx {
            let loader = self.loader.clone().unwrap_or_else(|| self.load.usual_loader());
            let first = if self.load.is_two_parts() { loader } else { text.clone() };
            files.push(("OS79XX.TXT".to_owned(), first.into_bytes()));
        }
        files
    }
}

/// The id of a universal loader: `PAS3` and four digits, as its list repeats them.
fn loader_id(name: &str) -> String {
    match name {
        "P003-8-12-00" => "PAS30830".to_owned(),
        "P0030801SR02" => "PAS30831".to_owned(),
        other => format!("PAS3{:04}", seed_of(other.as_bytes()) % 10_000),
    }
}

fn sign(name: String, body: &[u8]) -> (String, Vec<u8>) {
    let file = signed(&name, body);
    (name, file)
}

fn image(name: &str, id: &str, size: usize) -> Vec<u8> {
    let mut rng = Rng::new(seed_of(name.as_bytes()) ^ seed_of(id.as_bytes()));
    let mut out = vec![0; LEAST];
    out.resize_with(size.max(LEAST), || rng.next().to_be_bytes()[0]);
    put(&mut out, NAME_AT, name.as_bytes());
    put(&mut out, ID_AT, id.as_bytes());
    let length = u32::try_from(out.len() - NAME_AT).unwrap_or(u32::MAX);
    put(&mut out, LENGTH_AT, &length.to_le_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[test]
    fn names_tell_protocol_and_version() {
        for (text, protocol, version) in [
            ("P0S3-8-12-00", Protocol::Sip, (8, 12)),
            ("P0S30202", Protocol::Sip, (2, 2)),
            ("P00308000700", Protocol::Sccp, (8, 0)),
            ("P0030801SR02", Protocol::Sccp, (8, 1)),
            ("P00303020214", Protocol::Sccp, (3, 2)),
            ("P0S3-07-4-00", Protocol::Sip, (7, 4)),
            ("P0M3-06-1-00", Protocol::Mgcp, (6, 1)),
        ] {
            assert_eq!((name(text).protocol, name(text).version), (protocol, version), "{text}");
        }
        for odd in ["", "P0S3", "SCCP45.8-5-2S", "P0S3-8", "P0S3-8-x", "P003\n0102"] {
            assert_eq!(Name::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_pack_has_the_files_of_published_packs() {
        let names = |text: &str| Pack::new(&name(text), 0).files().into_iter().map(|f| f.0).collect::<Vec<_>>();
        assert_eq!(
            names("P0S3-8-12-00"),
            ["P0S3-8-12-00.loads", "P003-8-12-00.sbn", "P003-8-12-00.bin", "P0S3-8-12-00.sb2"]
        );
        assert_eq!(
            names("P0030801SR02"),
            ["P0030801SR02.loads", "P0030801SR02.sbn", "P0030801SR02.bin", "P0030801SR02.sb2"]
        );
        assert_eq!(names("P0S30202"), ["P0S30202.bin"]);
        assert_eq!(names("P00305000100"), ["P00305000100.sbn"]);
    }

    #[test]
    fn the_bench_reads_them_as_it_reads_real_ones() {
        for (name, bytes) in Pack::new(&name("P0S3-8-12-00"), 3_000).files() {
            let blob = bench::shelf::examine(&name, &bytes);
            assert_eq!(blob.size, bytes.len() as u64);
            assert_eq!(blob.faults, [], "{name}");
        }
    }
}
