//! Loads for a shelf, whole, incomplete or damaged.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::firmware::classic::{Name, Pack};
use crate::firmware::{self, LoadSpec, Protocol, Release, default_lists, load_set};

/// Releases whose builds need not be said.
const RELEASES: &[Release] = &[
    firmware::R8_3_1,
    firmware::R8_3_2,
    firmware::R8_3_3,
    firmware::R8_5_2,
    firmware::R8_5_2SR1,
    firmware::R8_5_4,
    firmware::R9_3_1SR1,
    firmware::R9_4_2SR1,
    firmware::R9_4_2SR3,
];

/// A made-up load as somebody put it on the shelf.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShelfSpec {
    /// The image family, two digits.
    pub images: String,
    /// SCCP when not said.
    #[serde(default = "sccp")]
    pub protocol: Protocol,
    /// Behind the dot of the load's name: `8-5-2S`.
    pub version: String,
    /// Behind the dot of the images' names; need not be said for a release known to [`firmware`].
    #[serde(default)]
    pub build: Option<String>,
    /// The hardware level of its lists; that of the release when not said.
    #[serde(default)]
    pub hardware: Option<u32>,
    /// Bytes of each image.
    #[serde(default = "small")]
    pub image_size: usize,
    /// Its default lists without their ending; those of published packs when not said.
    #[serde(default)]
    pub term_lists: Option<Vec<String>>,
    /// Files of it that are not there.
    #[serde(default)]
    pub without: Vec<String>,
    /// Files of it that are not as they were.
    #[serde(default)]
    pub damage: BTreeMap<String, Damage>,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Damage {
    /// The second half is missing.
    Cut,
    /// One bit in the last quarter is another: no header shows it, only the signature.
    Flipped,
    /// It is empty.
    Empty,
    /// A web server's error page was saved under its name.
    WebPage,
}

impl ShelfSpec {
    /// Says what is wrong, if something is.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.build.is_none() && self.release().is_none() {
            return Err(format!("{} is no known release: say its build", self.version));
        }
        let files = load_set(&self.load());
        let unknown = self.without.iter().chain(self.damage.keys()).find(|name| files.iter().all(|f| f.0 != **name));
        unknown.map_or(Ok(()), |name| Err(format!("{} has no file {name}", self.load().name())))
    }

    /// The load as its maker packed it.
    pub fn load(&self) -> LoadSpec {
        let release = self.release();
        let known = release.map(|r| LoadSpec::released(&self.images, self.protocol, r, self.image_size));
        LoadSpec {
            images: self.images.clone(),
            protocol: self.protocol,
            version: self.version.clone(),
            build: self.build.clone().or(release.map(|r| r.build.to_owned())).unwrap_or_default(),
            hardware: self.hardware.or(known.and_then(|k| k.hardware)),
            image_size: self.image_size,
            term_lists: self
                .term_lists
                .clone()
                .unwrap_or_else(|| default_lists(&self.images).iter().map(|name| (*name).to_owned()).collect()),
        }
    }

    /// The files that lie on the shelf.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = load_set(&self.load());
        files.retain(|(name, _)| !self.without.contains(name));
        for (name, bytes) in &mut files {
            if let Some(damage) = self.damage.get(name) {
                damage.befall(bytes);
            }
        }
        files
    }

    fn release(&self) -> Option<Release> {
        RELEASES.iter().find(|r| r.version == self.version).copied()
    }
}

/// A made-up pack for 7940 and 7960, as somebody put it on the shelf.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackSpec {
    /// The load: `P0S3-8-12-00`, `P0030801SR02`, `P0S30202`.
    pub load: Name,
    /// Its universal loader, when it is not the usual one.
    #[serde(default)]
    pub loader: Option<String>,
    /// It comes with an `OS79XX.TXT`.
    #[serde(default)]
    pub os79xx: bool,
    /// Bytes of each image.
    #[serde(default = "small")]
    pub image_size: usize,
    /// Files of it that are not there.
    #[serde(default)]
    pub without: Vec<String>,
    /// Files of it that are not as they were.
    #[serde(default)]
    pub damage: BTreeMap<String, Damage>,
}

impl PackSpec {
    /// Says what is wrong, if something is.
    pub(super) fn check(&self) -> Result<(), String> {
        let files = self.whole();
        let unknown = self.without.iter().chain(self.damage.keys()).find(|name| files.iter().all(|f| f.0 != **name));
        unknown.map_or(Ok(()), |name| Err(format!("{} has no file {name}", self.load)))
    }

    /// The files that lie on the shelf.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = self.whole();
        files.retain(|(name, _)| !self.without.contains(name));
        for (name, bytes) in &mut files {
            if let Some(damage) = self.damage.get(name) {
                damage.befall(bytes);
            }
        }
        files
    }

    fn whole(&self) -> Vec<(String, Vec<u8>)> {
        let PackSpec { loader, os79xx, image_size, .. } = self.clone();
        Pack { load: self.load.clone(), loader, image_size, os79xx }.files()
    }
}

impl Damage {
    pub(super) fn befall(self, bytes: &mut Vec<u8>) {
        match self {
            Damage::Cut => bytes.truncate(bytes.len() / 2),
            Damage::Flipped => {
                let at = bytes.len() * 7 / 8;
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1);
            }
            Damage::Empty => bytes.clear(),
            Damage::WebPage => *bytes = b"<html><body><h1>404 Not Found</h1></body></html>".to_vec(),
        }
    }
}

fn sccp() -> Protocol {
    Protocol::Sccp
}

fn small() -> usize {
    4_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(more: &str) -> ShelfSpec {
        toml::from_str(&format!("images = '45'\nversion = '8-5-2S'\n{more}")).unwrap()
    }

    #[test]
    fn a_known_release_comes_as_it_was_published() {
        let whole = LoadSpec::released("45", Protocol::Sccp, firmware::R8_5_2, 4_000);
        assert_eq!(spec("").load(), whole);
        assert_eq!(spec("").files(), load_set(&whole));
    }

    #[test]
    fn what_is_left_out_is_gone_and_what_is_damaged_differs() {
        let whole = spec("").files();
        for (how, len) in [("cut", Some(2_000)), ("flipped", Some(4_000)), ("empty", Some(0)), ("web-page", None)] {
            let damaged = spec(&format!("damage = {{ 'cnu45.8-5-2TH1-9.sbn' = '{how}' }}")).files();
            let differing: Vec<_> = whole.iter().zip(&damaged).filter(|(a, b)| a != b).map(|(_, b)| b).collect();
            assert_eq!((differing.len(), differing[0].0.as_str()), (1, "cnu45.8-5-2TH1-9.sbn"), "{how}");
            assert!(len.is_none_or(|len| differing[0].1.len() == len), "{how}");
        }
        assert_eq!(spec("without = ['term45.default.loads']").files().len(), whole.len() - 1);
    }
}
