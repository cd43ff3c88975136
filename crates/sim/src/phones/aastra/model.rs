//! What differs by model.

use serde::Deserializer;

use crate::phones::parts;

/// A generation: what its firmware and its boot loader can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// 9143i, 9480i, 51i to 57i, 6730i to 6739i.
    Five,
    /// 6863i to 6873i.
    SixtyEight,
    /// 6905 to 6970.
    SixtyNine,
}

/// One model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model {
    /// As it is printed on the phone.
    pub name: &'static str,
    /// As its image is named, without the ending.
    pub image: &'static str,
    /// Its generation.
    pub generation: Generation,
    /// Behind `AastraIPPhone` in DHCP option 60.
    pub class: &'static str,
    /// The first word of its HTTP User-Agent, and the realm of its own web page with a blank in between.
    pub agent: (&'static str, &'static str),
    /// The last firmware that was published for it.
    pub newest: &'static str,
    /// Its screen shows only short lines, and words of its own.
    pub small_screen: bool,
}

const fn five(name: &'static str, image: &'static str, newest: &'static str, small_screen: bool) -> Model {
    Model { name, image, generation: Generation::Five, class: image, agent: ("Aastra", image), newest, small_screen }
}

const fn new(name: &'static str, generation: Generation, brand: &'static str) -> Model {
    let newest = "6.4.0.140";
    Model { name, image: name, generation, class: name, agent: (brand, name), newest, small_screen: false }
}

const LAST: &str = "3.3.1.4365";

/// All models that there are here.
pub const MODELS: &[Model] = &[
    five("6757i", "57i", LAST, false),
    five("6757i CT", "57iCT", LAST, false),
    five("6755i", "55i", LAST, false),
    five("6753i", "53i", LAST, true),
    five("6751i", "51i", "2.6.0.2019", true),
    five("9143i", "9143i", LAST, true),
    five("9480i", "9480i", LAST, false),
    five("9480i CT", "9480iCT", LAST, false),
    five("6730i", "6730i", LAST, true),
    five("6731i", "6731i", LAST, true),
    five("6735i", "6735i", "3.3.1.8215", false),
    five("6737i", "6737i", "3.3.1.8215", false),
    five("6739i", "6739i", LAST, false),
    new("6863i", Generation::SixtyEight, "Aastra"),
    new("6865i", Generation::SixtyEight, "Aastra"),
    new("6867i", Generation::SixtyEight, "Aastra"),
    new("6869i", Generation::SixtyEight, "Aastra"),
    new("6873i", Generation::SixtyEight, "Aastra"),
    new("6920", Generation::SixtyNine, "Mitel"),
    new("6930", Generation::SixtyNine, "Mitel"),
    new("6940", Generation::SixtyNine, "Mitel"),
];

impl Model {
    /// By the name on the phone, or the older short name.
    pub fn find(name: &str) -> Option<&'static Model> {
        MODELS.iter().find(|m| m.name == name || m.image == name)
    }

    /// The image that it asks for: `57i.st`.
    pub fn file(&self) -> String {
        format!("{}.st", self.image)
    }

    /// The realm of its own web page: `Aastra 6757i`.
    pub fn realm(&self) -> String {
        format!("{} {}", self.agent.0, self.name)
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

/// `3.3.1.4365` as numbers, so that versions compare; what is missing is zero.
pub(super) fn version(text: &str) -> [u32; 4] {
    let mut numbers = [0; 4];
    for (slot, part) in numbers.iter_mut().zip(text.split('.')) {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        *slot = digits.parse().unwrap_or(0);
    }
    numbers
}
