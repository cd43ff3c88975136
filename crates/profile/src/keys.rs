//! Key sequences and ways through menus: what to hold, type and choose, what the phone shows meanwhile.

use serde::Deserialize;

use crate::Confidence;

/// What a sequence or a procedure erases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Wipes {
    /// Nothing.
    #[default]
    Nothing,
    /// Settings, network or security data; the firmware stays.
    Settings,
    /// The firmware too: without a complete load on the bench the phone stays dead.
    Firmware,
}

/// One way to speak to a phone by its keypad.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySequence {
    /// Its id, unique in the family.
    pub id: String,
    /// What it does, in a few words.
    pub title: String,
    /// Models it is for, by name; empty means every model of the family.
    #[serde(default)]
    pub models: Vec<String>,
    /// Signalling protocols of the loads it is for; empty means every one.
    #[serde(default)]
    pub protocols: Vec<String>,
    /// Keys pressed together on the running phone, as printed on it.
    #[serde(default)]
    pub together: Vec<String>,
    /// The key held while power is connected, as printed on the phone.
    #[serde(default)]
    pub hold: Option<String>,
    /// What the phone shows when it is ready for the keys.
    #[serde(default)]
    pub ready: Option<String>,
    /// The keys to type, in order, without separators.
    #[serde(rename = "type", default)]
    pub keys: String,
    /// How long the phone waits for the keys, in seconds.
    #[serde(default)]
    pub window_s: Option<u32>,
    /// What the phone shows when it took the keys.
    #[serde(default)]
    pub accepted: Option<String>,
    /// What happens when a wrong key is pressed or the window closes.
    #[serde(default)]
    pub refused: Option<String>,
    /// What it erases.
    #[serde(default)]
    pub wipes: Wipes,
    /// Keys into the family's `[sources]`.
    #[serde(default)]
    pub source: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
}

/// A way through a phone's menus. Entries are named as the phone shows them; their numbers differ from load to load.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Menu {
    /// Its id; entries for different models or protocols may share it.
    pub id: String,
    /// What it does, in a few words.
    pub title: String,
    /// Models it is for, by name; empty means every model of the family.
    #[serde(default)]
    pub models: Vec<String>,
    /// Signalling protocols of the loads it is for; empty means every one.
    #[serde(default)]
    pub protocols: Vec<String>,
    /// The entries to choose, in order; the first is the key that opens the menus.
    pub path: Vec<String>,
    /// The key sequence that unlocks the menus, typed once the last entry is reached.
    #[serde(default)]
    pub unlock: Option<String>,
    /// The softkeys to press at the end, in order.
    #[serde(default)]
    pub softkeys: Vec<String>,
    /// What differs, and what a person must know.
    #[serde(default)]
    pub note: Option<String>,
    /// What it erases.
    #[serde(default)]
    pub wipes: Wipes,
    /// Keys into the family's `[sources]`.
    #[serde(default)]
    pub source: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
}
