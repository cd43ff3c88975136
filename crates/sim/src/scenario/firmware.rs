//! Images of single files for a shelf, whole or damaged: Aastra, Mitel, Yealink.

use serde::Deserialize;

use super::shelf::Damage;
use crate::firmware::rom::{RomSpec, part, rom};
use crate::firmware::st::{StSpec, st};

/// A made-up image as somebody put it on the shelf.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirmwareSpec {
    /// What kind of file.
    pub kind: Kind,
    /// The model that it is made for, as it stands inside: `57i`, `6867i`, `T46S`.
    pub model: String,
    /// Its version; `.bin` and `.rfs` have none.
    #[serde(default)]
    pub version: String,
    /// The name that it lies there under; the model with the kind's ending when not said.
    #[serde(default)]
    pub name: Option<String>,
    /// Whose brand a `.rom` carries; the maker's own when not said.
    #[serde(default)]
    pub oem: Option<String>,
    /// Bytes.
    #[serde(default = "small")]
    pub size: usize,
    /// It is not as it was.
    #[serde(default)]
    pub damage: Option<Damage>,
}

/// The kinds of image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Aastra and Mitel.
    St,
    /// Yealink's usual image.
    Rom,
    /// The first of a Yealink recovery set.
    Bin,
    /// The file system of a Yealink recovery set.
    Rfs,
}

impl FirmwareSpec {
    /// The file: its name and its bytes.
    pub fn file(&self) -> (String, Vec<u8>) {
        let ending = match self.kind {
            Kind::St => "st",
            Kind::Rom => "rom",
            Kind::Bin => "bin",
            Kind::Rfs => "rfs",
        };
        let mut bytes = match self.kind {
            Kind::St => st(&StSpec { model: self.model.clone(), version: self.version.clone(), size: self.size }),
            Kind::Rom => {
                let spec = RomSpec::new(&self.model, &self.version, self.size);
                let oem = self.oem.clone().unwrap_or(spec.oem);
                rom(&RomSpec { oem, ..spec })
            }
            Kind::Bin | Kind::Rfs => part(&format!("{}.{ending}", self.model), self.size),
        };
        if let Some(damage) = self.damage {
            damage.befall(&mut bytes);
        }
        (self.name.clone().unwrap_or_else(|| format!("{}.{ending}", self.model)), bytes)
    }
}

fn small() -> usize {
    60_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_after_its_model_unless_it_is_said() {
        let read = |text: &str| toml::from_str::<FirmwareSpec>(text).unwrap().file();
        let (name, whole) = read("kind = 'st'\nmodel = '57i'\nversion = '3.3.1.4365'");
        assert_eq!((name.as_str(), whole.len()), ("57i.st", 60_000));
        let (name, cut) = read("kind = 'st'\nmodel = '57i'\nversion = '3.3.1.4365'\ndamage = 'cut'\nname = 'x.st'");
        assert_eq!((name.as_str(), cut.len()), ("x.st", 30_000));
        assert_eq!(read("kind = 'rfs'\nmodel = 'T2CD'").0, "T2CD.rfs");
    }
}
