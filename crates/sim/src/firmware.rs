//! Made-up firmware in the makers' formats, of any size, without a byte of the makers' own. Cisco 7900 is
//! here; [`st`] has Aastra's and Mitel's images, [`rom`] Yealink's.
//!
//! One load is what a vendor zip holds: a `.loads` list, the five images it names, and the default
//! lists that a phone asks for when it has lost its own. Formats as published files show them: a
//! signed header, `CNU_File_Archive_3.0` images, CRLF lists. The signature is no signature; see
//! [`mod@format`] for what stands in its place.

pub mod classic;
pub mod format;
pub(crate) mod read;
pub(crate) mod read_classic;
pub mod rom;
pub mod st;
pub mod stick;
pub(crate) mod taken;

use serde::{Deserialize, Serialize};

/// The call-control protocol of a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are the protocols'")]
pub enum Protocol {
    Sccp,
    Sip,
}

impl Protocol {
    /// As it begins a load's name: `SCCP` or `SIP`.
    pub const fn upper(self) -> &'static str {
        match self {
            Protocol::Sccp => "SCCP",
            Protocol::Sip => "SIP",
        }
    }

    /// As it stands in an image's name: `sccp` or `sip`.
    pub const fn lower(self) -> &'static str {
        match self {
            Protocol::Sccp => "sccp",
            Protocol::Sip => "sip",
        }
    }
}

/// A release: how its loads and how its images are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    /// Behind the dot of a load's name: `8-5-2S`.
    pub version: &'static str,
    /// Behind the dot of an image's name: `8-5-2TH1-9`.
    pub build: &'static str,
}

/// 8.3(1), published.
pub const R8_3_1: Release = Release { version: "8-3-1S", build: "8-3-0-50" };
/// 8.3(2): too old to know today's signing key. The build number is made up.
pub const R8_3_2: Release = Release { version: "8-3-2S", build: "8-3-1-22" };
/// 8.3(3): the first to know today's signing key. The build number is made up.
pub const R8_3_3: Release = Release { version: "8-3-3S", build: "8-3-2-27" };
/// 8.5(2), published: the last one signed with the old key.
pub const R8_5_2: Release = Release { version: "8-5-2S", build: "8-5-2TH1-9" };
/// 8.5(2)SR1: already signed with the new key. Both numbers are made up after their kind.
pub const R8_5_2SR1: Release = Release { version: "8-5-2SR1S", build: "8-5-2ES3" };
/// 8.5(4), published.
pub const R8_5_4: Release = Release { version: "8-5-4S", build: "8-5-4TH1-6" };
/// 9.3(1)SR1, published.
pub const R9_3_1SR1: Release = Release { version: "9-3-1SR1-1S", build: "9-3-1ES8" };
/// 9.4(2)SR1, published.
pub const R9_4_2SR1: Release = Release { version: "9-4-2SR1-1S", build: "9-4-2ES9" };
/// 9.4(2)SR3, published.
pub const R9_4_2SR3: Release = Release { version: "9-4-2SR3-1S", build: "9-4-2ES26" };

/// One load to be made up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadSpec {
    /// The image family, two digits: `45` for 7945 and 7965.
    pub images: String,
    /// SCCP or SIP.
    pub protocol: Protocol,
    /// Behind the dot of the load's name: `8-5-2S`.
    pub version: String,
    /// Behind the dot of the images' names: `8-5-2TH1-9`.
    pub build: String,
    /// The number of the lists' `#HARDWARE_COMP_1` line; none: no such line.
    #[serde(default)]
    pub hardware: Option<u32>,
    /// Size of each image file in bytes, header included; what is too small for the format is made
    /// as small as the format allows.
    #[serde(default = "small")]
    pub image_size: usize,
    /// The default lists without their ending: `term45`, `term65`.
    #[serde(default)]
    pub term_lists: Vec<String>,
}

fn small() -> usize {
    4_000
}

impl LoadSpec {
    /// A load of a release, with the hardware level and the default lists that published packs of
    /// this image family have.
    pub fn released(images: &str, protocol: Protocol, release: Release, image_size: usize) -> LoadSpec {
        LoadSpec {
            images: images.to_string(),
            protocol,
            version: release.version.to_string(),
            build: release.build.to_string(),
            hardware: hardware(images, release),
            image_size,
            term_lists: default_lists(images).iter().map(|name| name.to_string()).collect(),
        }
    }

    /// The load's name, as `loadInformation` says it: `SCCP45.8-5-2S`.
    pub fn name(&self) -> String {
        format!("{}{}.{}", self.protocol.upper(), self.images, self.version)
    }

    /// The names of the five images, in the order phones ask for them.
    pub fn image_names(&self) -> Vec<String> {
        let LoadSpec { images, build, .. } = self;
        let protocol = self.protocol.lower();
        [("jar", protocol), ("cnu", ""), ("apps", ""), ("dsp", ""), ("cvm", protocol)]
            .map(|(kind, protocol)| format!("{kind}{images}{protocol}.{build}.sbn"))
            .into()
    }
}

/// The files of a load: the list, five images, the default lists.
pub fn load_set(spec: &LoadSpec) -> Vec<(String, Vec<u8>)> {
    let images = spec.image_names();
    let list = |name: String| {
        let bytes = format::list(&name, &spec.build, spec.hardware, &images);
        (name, bytes)
    };
    let mut files = vec![list(format!("{}.loads", spec.name()))];
    files.extend(images.iter().map(|name| (name.clone(), format::archive(name, &spec.name(), spec.image_size))));
    files.extend(spec.term_lists.iter().map(|name| list(format!("{name}.default.loads"))));
    files
}

/// The default lists in the packs of an image family, without their ending.
pub fn default_lists(images: &str) -> &'static [&'static str] {
    match images {
        "11" => &["term06", "term11"],
        "31" => &["term31"],
        "41" => &["term41", "term61"],
        "42" => &["term42", "term62"],
        "45" => &["term45", "term65"],
        "70" => &["term70", "term71"],
        "75" => &["term75"],
        _ => &[],
    }
}

/// The hardware level seen in published lists; where none was seen for a release, that of the last
/// release before it.
fn hardware(images: &str, release: Release) -> Option<u32> {
    let from = |major_minor: &str| release.version >= major_minor;
    match images {
        "11" => Some(1),
        "42" if from("9-4") => Some(5),
        "42" => Some(1),
        "45" if from("9-4") => Some(15),
        "45" if from("9-3") => Some(7),
        "75" if from("9") => Some(5),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(spec: &LoadSpec) -> Vec<String> {
        load_set(spec).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_pack_has_the_names_of_a_vendor_pack() {
        assert_eq!(
            names(&LoadSpec::released("45", Protocol::Sccp, R8_5_2, 0)),
            [
                "SCCP45.8-5-2S.loads",
                "jar45sccp.8-5-2TH1-9.sbn",
                "cnu45.8-5-2TH1-9.sbn",
                "apps45.8-5-2TH1-9.sbn",
                "dsp45.8-5-2TH1-9.sbn",
                "cvm45sccp.8-5-2TH1-9.sbn",
                "term45.default.loads",
                "term65.default.loads",
            ]
        );
        assert_eq!(names(&LoadSpec::released("31", Protocol::Sip, R8_5_2, 0)).len(), 7);
    }

    #[test]
    fn files_of_a_pack_are_all_different() {
        let files = load_set(&LoadSpec::released("42", Protocol::Sip, R9_4_2SR1, 5_000));
        for (at, (_, bytes)) in files.iter().enumerate() {
            assert!(files.iter().skip(at + 1).all(|(_, other)| other != bytes));
        }
    }

    #[test]
    fn hardware_levels_grow_as_published() {
        assert_eq!(hardware("45", R8_5_4), None);
        assert_eq!(hardware("45", R9_3_1SR1), Some(7));
        assert_eq!(hardware("45", R9_4_2SR3), Some(15));
        assert_eq!((hardware("42", R8_5_4), hardware("42", R9_4_2SR1)), (Some(1), Some(5)));
        assert_eq!(hardware("41", R9_4_2SR3), None);
    }
}
