//! What differs by model.

use serde::Deserializer;

use crate::phones::parts;

/// One model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model {
    /// As it is printed on the phone and written in its User-Agent behind `SIP-`.
    pub name: &'static str,
    /// As it calls itself in PnP and inside its images.
    pub inner: &'static str,
    /// The first number of its firmware versions.
    pub family: u32,
    /// The number of its common file: `y000000000028.cfg`.
    pub common: u32,
    /// It has a USB socket.
    pub usb: bool,
    /// The last firmware that was published for it.
    pub newest: &'static str,
    /// Its recovery set: `.bin`, `.rfs`, `.rom`. Only that of the first T21P is known; the others are made up
    /// after the inner name.
    pub recovery: [&'static str; 3],
}

macro_rules! model {
    ($name:literal, $inner:literal, $family:literal, $common:literal, $usb:literal, $newest:literal) => {
        Model {
            name: $name,
            inner: $inner,
            family: $family,
            common: $common,
            usb: $usb,
            newest: $newest,
            recovery: [concat!($inner, ".bin"), concat!($inner, ".rfs"), concat!($inner, ".rom")],
        }
    };
}

/// All models that there are here.
pub const MODELS: &[Model] = &[
    model!("T46G", "T46G", 28, 28, true, "28.83.0.120"),
    model!("T20P", "T20", 9, 7, false, "9.73.0.50"),
    model!("T22P", "T22", 7, 5, false, "7.73.0.50"),
    model!("T26P", "T26", 6, 4, false, "6.73.0.50"),
    model!("T28P", "T28", 2, 0, false, "2.73.0.50"),
    Model { recovery: ["T2XD.bin", "T2CD.rfs", "T21D.rom"], ..model!("T21P", "T21D", 34, 34, false, "34.72.14.6") },
    model!("T19P_E2", "T19P_E2", 53, 53, false, "53.84.0.125"),
    model!("T21P_E2", "T21P_E2", 52, 52, false, "52.84.0.125"),
    model!("T23G", "T23G", 44, 44, false, "44.84.0.140"),
    model!("T27P", "T27P", 45, 45, false, "45.83.0.35"),
    model!("T27G", "T27G", 69, 69, true, "69.86.0.15"),
    model!("T29G", "T29G", 46, 46, true, "46.83.0.120"),
    model!("T40P", "T40P", 54, 54, false, "54.84.0.125"),
    model!("T40G", "T40G", 76, 76, false, "76.84.0.125"),
    model!("T41P", "T41P", 36, 36, false, "36.83.0.120"),
    model!("T42G", "T42G", 29, 29, false, "29.83.0.120"),
    model!("T48G", "T48G", 35, 35, true, "35.83.0.120"),
    model!("T41S", "T41S", 66, 68, true, "66.86.0.15"),
    model!("T42S", "T42S", 66, 67, true, "66.86.0.15"),
    model!("T46S", "T46S", 66, 66, true, "66.86.0.15"),
    model!("T48S", "T48S", 66, 65, true, "66.86.0.15"),
    model!("T43U", "T43U", 108, 107, true, "108.86.0.90"),
    model!("T46U", "T46U", 108, 108, true, "108.86.0.90"),
    model!("T48U", "T48U", 108, 109, true, "108.86.0.90"),
    model!("T53W", "T53W", 96, 95, true, "96.87.0.15"),
    model!("T54W", "T54W", 96, 96, true, "96.87.0.15"),
    model!("T57W", "T57W", 96, 97, true, "96.87.0.15"),
];

impl Model {
    /// By the name on the phone.
    pub fn find(name: &str) -> Option<&'static Model> {
        MODELS.iter().find(|m| m.name == name)
    }

    /// The file that all phones of this model ask for.
    pub fn common_file(&self) -> String {
        format!("y{:012}.cfg", self.common)
    }
}

impl Default for &'static Model {
    fn default() -> &'static Model {
        &MODELS[0]
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<&'static Model, D::Error> {
    parts::model::deserialize(from, MODELS, |model| model.name, Model::find)
}

/// The release line: the second number of a version.
pub(super) fn release(version: &str) -> u32 {
    version.split('.').nth(1).and_then(|n| n.parse().ok()).unwrap_or(0)
}
