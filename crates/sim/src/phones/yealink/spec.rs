//! One phone, as a scenario file describes it.

use std::collections::BTreeMap;
use std::time::Duration;

use proto::Mac;
use serde::Deserialize;

use super::model::{self, Model};
use crate::wire::Address;

/// Who the phone is, what its flash holds, what is wrong with it, and how fast it is.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct YealinkSpec {
    /// Its address on the link.
    pub mac: Mac,
    /// Which model; `T46G` when not said.
    #[serde(deserialize_with = "model::deserialize")]
    pub model: &'static Model,
    /// The firmware in its flash; the newest published one when not said.
    pub load: Option<String>,
    /// Its firmware is gone: it stays at "Initializing... please wait".
    pub broken: bool,
    /// What it was set to by its provider, by the keys of configuration files without `static.` before them.
    pub settings: BTreeMap<String, String>,
    /// What a reset leads to instead of the maker's settings.
    pub custom_factory: BTreeMap<String, String>,
    /// Its account is registered with a provider within reach: a dialled code goes there.
    pub registered: bool,
    /// What the speaker key does that is held while powering; by its firmware when not said.
    pub speaker: Option<Speaker>,
    /// The names of its recovery set: `.bin`, `.rfs`, `.rom`; those of the model when not said.
    pub recovery_names: Option<[String; 3]>,
    /// The order in which it asks for them, by ending. Only that of a stick was ever seen: the `.rom` first.
    pub recovery_order: [RecoveryFile; 3],
    /// It was set to this VLAN by hand.
    pub stored_vlan: Option<u16>,
    /// An address set by hand: no DHCP.
    pub static_address: Option<Address>,
    /// The host of the maker's redirection service. The real one is not known here.
    pub rps_host: String,
    /// Whose images it takes; the maker's own, and those of this brand.
    pub oem: Option<String>,
    /// From power to the end of the boot loader.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub self_test: Duration,
    /// How long the speaker key must be held from power on.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub speaker_hold: Duration,
    /// How long OK must be held for a reset.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub long_press: Duration,
    /// How long it asks for a file before it gives up.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub patience: Duration,
    /// Writing firmware; a recovery set takes this for each of its files.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub flash_time: Duration,
    /// Usual pause between two files.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub think_time: Duration,
    /// TFTP block size to ask for; none, as far as is known.
    pub blksize: Option<u16>,
    /// What it does by chance.
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
            recovery_order: [RecoveryFile::Rom, RecoveryFile::Bin, RecoveryFile::Rfs],
            stored_vlan: None,
            static_address: None,
            rps_host: "rps.yealink.com".to_owned(),
            oem: None,
            self_test: Duration::from_secs(12),
            speaker_hold: Duration::from_secs(8),
            long_press: Duration::from_secs(5),
            patience: Duration::from_secs(15),
            flash_time: Duration::from_secs(60),
            think_time: Duration::from_millis(300),
            blksize: None,
            seed: 0,
        }
    }
}

impl Default for YealinkSpec {
    /// What a scenario file does not say; only the `mac` must be said.
    fn default() -> YealinkSpec {
        YealinkSpec::new(Mac::ZERO)
    }
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
