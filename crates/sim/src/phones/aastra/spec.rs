//! One phone, as a scenario file describes it.

use std::collections::BTreeMap;
use std::time::Duration;

use proto::Mac;
use serde::Deserialize;

use super::model::{self, Model};
use super::page::Spelling;
use crate::wire::{Address, Jack};

/// Who the phone is, what its flash holds, what is wrong with it, and how fast it is.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AastraSpec {
    /// Its address on the link.
    pub mac: Mac,
    /// Which model; `6757i` when not said.
    #[serde(deserialize_with = "model::deserialize")]
    pub model: &'static Model,
    /// The firmware in its flash; the newest published one when not said.
    pub load: Option<String>,
    /// Its firmware is gone: a transfer or the power broke off. It enters recovery by itself.
    pub broken: bool,
    /// 1 and # do not lead to recovery.
    pub refuses_recovery: bool,
    /// How its recovery page is written: the name of one of the [`super::page::SPELLINGS`].
    #[serde(deserialize_with = "super::page::deserialize")]
    pub page: Spelling,
    /// The socket that the cable is in.
    pub jack: Jack,
    /// In recovery it is silent on the LAN socket, instead of showing its page there and only not getting
    /// the file.
    pub lan_is_silent: bool,
    /// Settings stored in the phone itself: they win over those of a server.
    pub local: BTreeMap<String, String>,
    /// Settings that it got from a server last.
    pub server: BTreeMap<String, String>,
    /// An address set by hand: no DHCP, in recovery neither.
    pub static_address: Option<Address>,
    /// What its screen shows instead of the address in recovery.
    pub nonsense_address: Option<String>,
    /// With a nonsense address it has no other either: it stays silent.
    pub nonsense_is_true: bool,
    /// In recovery it does not ask for an address but takes one of 169.254.0.0/16 at once.
    pub no_dhcp_in_recovery: bool,
    /// It sends DHCP option 60 with the long model name, as some firmware does: `AastraIPPhone6757i`.
    pub long_class: bool,
    /// The order in which it believes DHCP options that name a server. Not documented by the maker.
    pub option_order: Vec<u8>,
    /// The host of the maker's redirection service. The real one is not known here.
    pub rcs_host: String,
    /// The maker's redirection service is within reach (the phone has a way to the internet) and knows this
    /// phone: it is sent there, and gets these settings of its provider.
    pub provider: Option<Provider>,
    /// It waits for ever for a configuration, with "Updating configuration" on the screen.
    pub stuck_updating: bool,
    /// It was told to take encrypted configurations only.
    pub encrypted_only: bool,
    /// The factory reset leaves what is stored in the phone itself. Reports disagree.
    pub reset_keeps_local: bool,
    /// Recovery leaves what is stored in the phone itself. Reports disagree.
    pub recovery_keeps_local: bool,
    /// Its web page hangs when a request comes in more than one segment (a 6739i was seen to).
    pub one_segment: bool,
    /// How long it asks for a file before it gives up.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub patience: Duration,
    /// From power to the end of the boot loader.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub self_test: Duration,
    /// How long it looks for DHCP in recovery before it takes a link-local address.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub dhcp_patience: Duration,
    /// Writing firmware.
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

/// What the redirection service and the old provider give to a phone that reaches them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Where it is sent: `http://prov.example.net/aastra`.
    pub url: String,
    /// The settings that it finds there.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
}

impl AastraSpec {
    /// A healthy 6757i.
    pub fn new(mac: Mac) -> AastraSpec {
        AastraSpec {
            mac,
            model: Default::default(),
            load: None,
            broken: false,
            refuses_recovery: false,
            page: Spelling::default(),
            jack: Jack::default(),
            lan_is_silent: false,
            local: BTreeMap::new(),
            server: BTreeMap::new(),
            static_address: None,
            nonsense_address: None,
            nonsense_is_true: false,
            no_dhcp_in_recovery: false,
            long_class: false,
            option_order: vec![43, 160, 159, 66],
            rcs_host: "rcs.aastra.com".to_owned(),
            provider: None,
            stuck_updating: false,
            encrypted_only: false,
            reset_keeps_local: true,
            recovery_keeps_local: false,
            one_segment: true,
            patience: Duration::from_secs(15),
            self_test: Duration::from_secs(6),
            dhcp_patience: Duration::from_secs(20),
            flash_time: Duration::from_secs(180),
            think_time: Duration::from_millis(300),
            blksize: None,
            seed: 0,
        }
    }
}

impl Default for AastraSpec {
    /// What a scenario file does not say; only the `mac` must be said.
    fn default() -> AastraSpec {
        AastraSpec::new(Mac::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_file_says_only_what_is_unusual() {
        let spec: AastraSpec = toml::from_str("mac = '00:08:5d:11:22:33'").unwrap();
        assert_eq!(spec, AastraSpec::new(Mac([0, 8, 0x5d, 0x11, 0x22, 0x33])));
        assert_eq!((spec.model.name, spec.jack), ("6757i", Jack::Pc));
        let text = "
            mac = '00085d112233'
            model = '53i'
            page = 'radio'
            jack = 'lan'
            local = { 'admin password' = '4711' }
            provider = { url = 'http://prov.example.net' }";
        let spec: AastraSpec = toml::from_str(text).unwrap();
        assert_eq!((spec.model.name, spec.page.name.as_str(), spec.jack), ("6753i", "radio", Jack::Lan));
    }

    #[test]
    fn what_it_does_not_know_is_an_error() {
        for odd in ["colour = 'grey'", "model = '7965'", "page = 'pretty'", "jack = 'usb'"] {
            let text = format!("mac = '001122334455'\n{odd}");
            assert!(toml::from_str::<AastraSpec>(&text).is_err(), "{odd}");
        }
    }
}
