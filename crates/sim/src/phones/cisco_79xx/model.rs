//! What differs from model to model.

use std::time::Duration;

use serde::Deserializer;

use crate::phones::parts;

/// A model of the family.
#[derive(Debug, PartialEq, Eq)]
pub struct Model {
    /// As people say it: `7965`; gigabit variants `7941-GE`.
    pub name: &'static str,
    /// Behind `CP-` in the DHCP vendor class: `7965G`.
    pub product: &'static str,
    /// The number in `loadInformationNNN` of default configurations.
    pub device_type: u32,
    /// Two digits in the names of its loads and images.
    pub images: &'static str,
    /// Two digits in the name of its default list.
    pub term: &'static str,
    /// How its lamps tell of a reset.
    pub(super) lamps: LampStyle,
    /// How long `#` must be held beyond the self-test before the lamps begin.
    pub(super) extra_hold: Duration,
    /// The same key twice in a reset code counts once.
    pub(super) forgives_double: bool,
}

/// Which lamps announce that reset codes are taken, and that one was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LampStyle {
    /// The message lamp: red in sequence, then faster.
    Message,
    /// Line lamps: amber in sequence, then green in sequence.
    AmberGreen,
    /// Line lamps: amber in sequence, then red in sequence, then green.
    AmberRed,
    /// As [`LampStyle::AmberRed`], but flashing red.
    AmberRedFlash,
}

const fn row(
    name: &'static str,
    product: &'static str,
    device_type: u32,
    images: &'static str,
    term: &'static str,
    lamps: LampStyle,
) -> Model {
    Model {
        name,
        product,
        device_type,
        images,
        term,
        lamps,
        // Reported for 7941 and 7961 only, and there as "minutes".
        extra_hold: if matches!(images.as_bytes(), b"41") { Duration::from_secs(20) } else { Duration::ZERO },
        // The vendor says so for 7906 and 7911; for the others any deviation ends the reset.
        forgives_double: matches!(images.as_bytes(), b"11"),
    }
}

/// Every model of the family. For the 7931 no lamps are documented; it is taken to do as most.
pub const MODELS: &[Model] = &[
    row("7906", "7906G", 369, "11", "06", LampStyle::Message),
    row("7911", "7911G", 307, "11", "11", LampStyle::Message),
    row("7931", "7931G", 348, "31", "31", LampStyle::AmberRed),
    row("7941", "7941G", 115, "41", "41", LampStyle::AmberRed),
    row("7941-GE", "7941G-GE", 309, "41", "41", LampStyle::AmberRed),
    row("7942", "7942G", 434, "42", "42", LampStyle::AmberRedFlash),
    row("7945", "7945G", 435, "45", "45", LampStyle::AmberRed),
    row("7961", "7961G", 30018, "41", "61", LampStyle::AmberRed),
    row("7961-GE", "7961G-GE", 308, "41", "61", LampStyle::AmberRed),
    row("7962", "7962G", 404, "42", "62", LampStyle::AmberRedFlash),
    row("7965", "7965G", 436, "45", "65", LampStyle::AmberRed),
    row("7970", "7970G", 30006, "70", "70", LampStyle::AmberGreen),
    row("7971", "7971G-GE", 119, "70", "71", LampStyle::AmberGreen),
    row("7975", "7975G", 437, "75", "75", LampStyle::AmberRed),
];

impl Model {
    /// The model of this name.
    pub fn find(name: &str) -> Option<&'static Model> {
        MODELS.iter().find(|m| m.name == name)
    }

    /// The DHCP vendor class, with the NUL that these phones send.
    pub fn vendor_class(&self) -> Vec<u8> {
        format!("Cisco Systems, Inc. IP Phone CP-{}\0", self.product).into_bytes()
    }

    /// The platform that CDP names.
    pub fn platform(&self) -> String {
        format!("Cisco IP Phone {}", self.digits())
    }

    /// The list asked for when nothing else is known: `term65.default.loads`.
    pub fn default_list(&self) -> String {
        format!("term{}.default.loads", self.term)
    }

    fn digits(&self) -> &'static str {
        self.name.split('-').next().unwrap_or(self.name)
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<&'static Model, D::Error> {
    parts::model::deserialize(from, MODELS, |model| model.name, Model::find)
}
