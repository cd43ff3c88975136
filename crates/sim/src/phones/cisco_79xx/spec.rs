//! One phone, as a scenario file describes it.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use proto::Mac;
use serde::Deserialize;

use super::model::{self, Model};
use super::trust::TrustList;
use crate::phones::Signature;
pub use crate::phones::cisco::source::ServerSource;
use crate::phones::cisco::source::usual_order;
use crate::wire::Address;

/// Who the phone is, what its flash holds, and how fast it is.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PhoneSpec {
    /// Its address on the link.
    pub mac: Mac,
    /// Which model; `7965` when not said.
    #[serde(deserialize_with = "model::deserialize")]
    pub model: &'static Model,
    /// The load in its flash, such as `SCCP45.8-3-2S`; when not said, 9.4(2)SR1 of its image family.
    pub load: Option<String>,
    /// It arrives without any load, after a total wipe or a broken upgrade.
    pub wiped: bool,
    /// The load its old system told it to take, asked for when a configuration names none.
    pub wanted_load: Option<String>,
    /// The trust lists of its old system that it holds: `ctl`, `itl`.
    pub trust_lists: BTreeSet<TrustList>,
    /// Those that the soft factory reset takes away. Sources do not say, so the phone is stubborn unless told
    /// otherwise. The total wipe takes both.
    pub soft_reset_erases: BTreeSet<TrustList>,
    /// It takes a list of the kind that it does not hold although it holds the other. Sources only speak of a list
    /// in the place of one of its own kind, which is refused; so is this one unless told otherwise.
    pub takes_second_list: bool,
    /// Its security settings have a page Trust List before the two lists; in some loads they seem to stand in the
    /// security settings themselves.
    pub trust_list_page: bool,
    /// Bits that the hardware level of a load must have for this board; none: it takes any load.
    pub board_level: Option<u32>,
    /// Its boot loader knows the signing key that came behind 8.5(2).
    pub loader_knows_new_key: bool,
    /// It looks at the signature of lists too; otherwise only the images make an upgrade fail.
    pub checks_lists: bool,
    /// A VLAN set by hand by its old owner: all but CDP and LLDP is tagged.
    pub stored_vlan: Option<u16>,
    /// An address set by hand: no DHCP.
    pub static_address: Option<Address>,
    /// A file server set by hand: goes before all that DHCP says.
    pub alternate_tftp: Option<Ipv4Addr>,
    /// In which order it believes sources of the file server's address. Not documented by the maker.
    pub server_order: Vec<ServerSource>,
    /// The call server its old system told it of, used when a configuration names none.
    pub call_server: Option<Ipv4Addr>,
    /// The type that it registers with, when it is not the model's own.
    pub device_type: Option<u32>,
    /// Its settings menu was locked away by its old system.
    pub settings_disabled: bool,
    /// Block size to ask for; none, as these phones do: plain 512-byte blocks.
    pub blksize: Option<u16>,
    /// It asks for the dial plan and the ring list.
    pub asks_extras: bool,
    /// How often a file is asked for without an answer.
    pub tftp_tries: u32,
    /// From power to the first frame, in seconds as all spans here.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub self_test: Duration,
    /// Longest wait for a switch that tells the voice VLAN.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub vlan_wait: Duration,
    /// Erasing after a reset code.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub erase_time: Duration,
    /// Writing a load.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub flash_time: Duration,
    /// Usual pause between two files.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub think_time: Duration,
    /// What it does by chance.
    pub seed: u64,
    /// The serial number that LLDP tells.
    pub serial: String,
    /// Longest configuration it takes, in bytes.
    pub config_limit: u64,
    /// Power over Ethernet alone, and little of it: a 7970 or 7971 does not fetch its default list then.
    pub weak_power: bool,
    /// The answers to its requests for files reach it.
    pub hears_files: bool,
    /// Its socket makes no link with a computer's: it needs a switch or a crossed cable.
    pub no_link: bool,
    /// A failure signature, brought about over all that is said here.
    pub fault: Option<Signature>,
}

impl PhoneSpec {
    /// A healthy 7965 with a recent load.
    pub fn new(mac: Mac) -> PhoneSpec {
        PhoneSpec {
            mac,
            model: Model::find("7965").unwrap_or(&model::MODELS[0]),
            load: None,
            wiped: false,
            wanted_load: None,
            trust_lists: BTreeSet::new(),
            soft_reset_erases: BTreeSet::new(),
            takes_second_list: false,
            trust_list_page: true,
            board_level: None,
            loader_knows_new_key: true,
            checks_lists: true,
            stored_vlan: None,
            static_address: None,
            alternate_tftp: None,
            server_order: usual_order(),
            call_server: None,
            device_type: None,
            settings_disabled: false,
            blksize: None,
            asks_extras: true,
            tftp_tries: 5,
            self_test: Duration::from_secs(4),
            vlan_wait: Duration::from_secs(30),
            erase_time: Duration::from_secs(60),
            flash_time: Duration::from_secs(90),
            think_time: Duration::from_millis(200),
            seed: 0,
            serial: "FCH0000SIM0".to_string(),
            config_limit: 60_000,
            weak_power: false,
            hears_files: true,
            no_link: false,
            fault: None,
        }
    }
}

impl Default for PhoneSpec {
    /// What a scenario file does not say; only the `mac` must be said.
    fn default() -> PhoneSpec {
        PhoneSpec::new(Mac::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_file_says_only_what_is_unusual() {
        let spec: PhoneSpec = toml::from_str("mac = '00:11:22:33:44:55'").unwrap();
        assert_eq!(spec, PhoneSpec::new(Mac([0, 0x11, 0x22, 0x33, 0x44, 0x55])));
        assert_eq!(spec.model.name, "7965");
        let text = "
            mac = '001122334455'
            model = '7942'
            load = 'SCCP42.8-3-2S'
            vlan_wait = 1.5
            server_order = ['option66', 'siaddr']
            static_address = { ip = '192.168.7.9', mask = '255.255.255.0' }";
        let spec: PhoneSpec = toml::from_str(text).unwrap();
        assert_eq!((spec.model.images, spec.vlan_wait), ("42", Duration::from_millis(1500)));
        assert_eq!(spec.static_address.map(|a| a.router), Some(None));
    }

    #[test]
    fn what_it_does_not_know_is_an_error() {
        for odd in ["colour = 'grey'", "model = '7940'", "vlan_wait = -1"] {
            let text = format!("mac = '001122334455'\n{odd}");
            assert!(toml::from_str::<PhoneSpec>(&text).is_err(), "{odd}");
        }
    }
}
