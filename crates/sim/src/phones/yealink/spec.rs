//! One phone, as a scenario file describes it.

use std::collections::BTreeMap;
use std::time::Duration;

use proto::Mac;
use serde::Deserialize;

use super::model::{self, Model};
use crate::wire::Address;

/// Who the phone is, what its flash holds, what is wrong with it, and how fast it is.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YealinkSpec {
    /// Its address on the link.
    pub mac: Mac,
    /// Which model; `T46G` when not said.
    #[serde(default, deserialize_with = "model::deserialize")]
    pub model: &'static Model,
    /// The firmware in its flash; the newest published one when not said.
    #[serde(default)]
    pub load: Option<String>,
    /// Its firmware is gone: it stays at "Initializing... please wait".
    #[serde(default)]
    pub broken: bool,
    /// What it was set to by its provider, by the keys of configuration files without `static.` before them.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// What a reset leads to instead of the maker's settings.
    #[serde(default)]
    pub custom_factory: BTreeMap<String, String>,
    /// Its account is registered with a provider within reach: a dialled code goes there.
    #[serde(default)]
    pub registered: bool,
    /// What the speaker key does that is held while powering; by its firmware when not said.
    #[serde(default)]
    pub speaker: Option<Speaker>,
    /// The names of its recovery set: `.bin`, `.rfs`, `.rom`; those of the model when not said.
    #[serde(default)]
    pub recovery_names: Option<[String; 3]>,
    /// The order in which it asks for them, by ending. Only that of a stick was ever seen: the `.rom` first.
    #[serde(default = "usual_order")]
    pub recovery_order: [RecoveryFile; 3],
    /// It was set to this VLAN by hand.
    #[serde(default)]
    pub stored_vlan: Option<u16>,
    /// An address set by hand: no DHCP.
    #[serde(default)]
    pub static_address: Option<Address>,
    /// The host of the maker's redirection service. The real one is not known here.
    #[serde(default = "usual_rps")]
    pub rps_host: String,
    /// Whose images it takes; the maker's own, and those of this brand.
    #[serde(default)]
    pub oem: Option<String>,
    /// From power to the end of the boot loader.
    #[serde(default = "self_test", deserialize_with = "crate::seconds::deserialize")]
    pub self_test: Duration,
    /// How long the speaker key must be held from power on.
    #[serde(default = "speaker_hold", deserialize_with = "crate::seconds::deserialize")]
    pub speaker_hold: Duration,
    /// How long OK must be held for a reset.
    #[serde(default = "long_press", deserialize_with = "crate::seconds::deserialize")]
    pub long_press: Duration,
    /// How long it asks for a file before it gives up.
    #[serde(default = "patience", deserialize_with = "crate::seconds::deserialize")]
    pub patience: Duration,
    /// Writing firmware; a recovery set takes this for each of its files.
    #[serde(default = "flash_time", deserialize_with = "crate::seconds::deserialize")]
    pub flash_time: Duration,
    /// Usual pause between two files.
    #[serde(default = "think_time", deserialize_with = "crate::seconds::deserialize")]
    pub think_time: Duration,
    /// TFTP block size to ask for; none, as far as is known.
    #[serde(default)]
    pub blksize: Option<u16>,
    /// What it does by chance.
    #[serde(default)]
    pub seed: u64,
}

/// What holding the speaker key while powering does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// A factory reset, on old firmware.
    Reset,
    /// The recovery menu.
    Recovery,
    /// Nothing.
    Nothing,
}

/// One file of a recovery set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are the files' endings")]
pub enum RecoveryFile {
    Bin,
    Rfs,
    Rom,
}

impl YealinkSpec {
    /// A healthy T46G.
    pub fn new(mac: Mac) -> YealinkSpec {
        YealinkSpec {
            mac,
            model: Default::default(),
            load: None,
            broken: false,
            settings: BTreeMap::new(),
            custom_factory: BTreeMap::new(),
            registered: false,
            speaker: None,
            recovery_names: None,
            recovery_order: usual_order(),
            stored_vlan: None,
            static_address: None,
            rps_host: usual_rps(),
            oem: None,
            self_test: self_test(),
            speaker_hold: speaker_hold(),
            long_press: long_press(),
            patience: patience(),
            flash_time: flash_time(),
            think_time: think_time(),
            blksize: None,
            seed: 0,
        }
    }
}

fn usual_order() -> [RecoveryFile; 3] {
    [RecoveryFile::Rom, RecoveryFile::Bin, RecoveryFile::Rfs]
}

fn usual_rps() -> String {
    "rps.yealink.com".to_owned()
}

fn self_test() -> Duration {
    Duration::from_secs(12)
}

fn speaker_hold() -> Duration {
    Duration::from_secs(8)
}

fn long_press() -> Duration {
    Duration::from_secs(5)
}

fn patience() -> Duration {
    Duration::from_secs(15)
}

fn flash_time() -> Duration {
    Duration::from_secs(60)
}

fn think_time() -> Duration {
    Duration::from_millis(300)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_file_says_only_what_is_unusual() {
        let spec: YealinkSpec = toml::from_str("mac = '00:15:65:11:22:33'").unwrap();
        assert_eq!(spec, YealinkSpec::new(Mac([0, 0x15, 0x65, 0x11, 0x22, 0x33])));
        let text = "
            mac = '001565112233'
            model = 'T21P'
            speaker = 'recovery'
            recovery_order = ['bin', 'rfs', 'rom']
            settings = { 'autoprovision.1.code' = '**7283' }";
        let spec: YealinkSpec = toml::from_str(text).unwrap();
        assert_eq!((spec.model.inner, spec.model.recovery[0]), ("T21D", "T2XD.bin"));
        assert_eq!(spec.model.common_file(), "y000000000034.cfg");
        assert!(toml::from_str::<YealinkSpec>("mac = '001565112233'\nmodel = 'T99'").is_err());
    }
}
