//! One 7940 or 7960, as a scenario file describes it.

use std::net::Ipv4Addr;
use std::time::Duration;

use proto::Mac;
use serde::Deserialize;

use crate::firmware::classic::Name;
use crate::phones::Signature;
use crate::phones::cisco::source::{ServerSource, usual_order};
use crate::wire::Address;

/// Which of the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Model {
    #[default]
    #[serde(rename = "7940")]
    M7940,
    #[serde(rename = "7960")]
    M7960,
}

impl Model {
    /// As people say it.
    pub const fn name(self) -> &'static str {
        match self {
            Model::M7940 => "7940",
            Model::M7960 => "7960",
        }
    }

    /// The model of this name.
    pub fn find(name: &str) -> Option<Model> {
        [Model::M7940, Model::M7960].into_iter().find(|m| m.name() == name.trim_end_matches('G'))
    }

    /// The number in `loadInformationN` of default configurations, and in SCCP.
    pub const fn device_type(self) -> u32 {
        match self {
            Model::M7940 => 8,
            Model::M7960 => 7,
        }
    }
}

/// Who the phone is, what its flash holds, and how fast it is.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PhoneSpec {
    /// Its address on the link.
    pub mac: Mac,
    /// `7940` (when not said) or `7960`.
    pub model: Model,
    /// What its flash holds, such as `P0S3-8-12-00`, `P00308000700`, `P0M3-06-1-00`; its first four
    /// characters tell the protocol, its version how it boots and which images it takes. SCCP 8.0(7) when
    /// not said.
    pub load: Name,
    /// Its universal loader, when it is not the one of the load's pack. Of loads from 7.0 on only.
    pub loader: Option<String>,
    /// The universal loader is there and no application is: "Protocol Application Invalid".
    pub no_application: bool,
    /// The settings password of its SIP application.
    pub password: String,
    /// `#` at power-on never gives the reset lamps: its old owner saw to that. Of MGCP images always so.
    pub reset_locked: bool,
    /// It holds a trust list of its old system.
    pub trust_list: bool,
    /// A VLAN set by hand by its old owner: all but CDP is tagged.
    pub stored_vlan: Option<u16>,
    /// An address set by hand: no DHCP.
    pub static_address: Option<Address>,
    /// A file server set by hand: goes before all that DHCP says.
    pub alternate_tftp: Option<Ipv4Addr>,
    /// In which order it believes sources of the file server's address. Not documented by the maker.
    pub server_order: Vec<ServerSource>,
    /// The folder that a SIP phone puts before the name of its own configuration, such as `./`.
    pub cfg_dir: String,
    /// The load its old system told it to take, asked for when a configuration names none.
    pub wanted_load: Option<String>,
    /// The call server its old system told it of, used when a configuration names none.
    pub call_server: Option<Ipv4Addr>,
    /// The type that it registers with, when it is not the model's own.
    pub device_type: Option<u32>,
    /// Longest configuration it takes, in bytes.
    pub config_limit: u64,
    /// It asks for rings, dial plan and words.
    pub asks_extras: bool,
    /// How often a file is asked for without an answer, every four seconds from the same port.
    pub tftp_tries: u32,
    /// From power to the first frame, in seconds as all spans here.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub self_test: Duration,
    /// Longest wait for a switch that tells the voice VLAN.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub vlan_wait: Duration,
    /// Resetting to factory defaults.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub erase_time: Duration,
    /// Writing an image.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub flash_time: Duration,
    /// From the loader's last file to the SIP application's first.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub app_start: Duration,
    /// Usual pause between two files.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub think_time: Duration,
    /// Between two looks at the configuration of a phone that is not provisioned.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub reread_time: Duration,
    /// What it does by chance.
    pub seed: u64,
    /// The answers to its requests for files reach it.
    pub hears_files: bool,
    /// Its socket makes no link with a computer's: it needs a switch or a crossed cable.
    pub no_link: bool,
    /// A failure signature, brought about over all that is said here.
    pub fault: Option<Signature>,
}

impl PhoneSpec {
    /// A healthy 7940 with SCCP 8.0(7).
    pub fn new(mac: Mac) -> PhoneSpec {
        PhoneSpec {
            mac,
            model: Model::default(),
            load: usual_load(),
            loader: None,
            no_application: false,
            password: "cisco".to_owned(),
            reset_locked: false,
            trust_list: false,
            stored_vlan: None,
            static_address: None,
            alternate_tftp: None,
            server_order: usual_order(),
            cfg_dir: String::new(),
            wanted_load: None,
            call_server: None,
            device_type: None,
            config_limit: 60_000,
            asks_extras: true,
            tftp_tries: 5,
            self_test: Duration::from_secs(5),
            vlan_wait: Duration::from_secs(30),
            erase_time: Duration::from_secs(20),
            flash_time: Duration::from_secs(60),
            app_start: Duration::from_secs(24),
            think_time: Duration::from_millis(300),
            reread_time: Duration::from_secs(900),
            seed: 0,
            hears_files: true,
            no_link: false,
            fault: None,
        }
    }
}

fn usual_load() -> Name {
    let text = "P00308000700".to_owned();
    Name { text, protocol: crate::firmware::classic::Protocol::Sccp, version: (8, 0) }
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
        assert_eq!(Some(spec.load), Name::parse("P00308000700"));
        let text = "mac = '001122334455'\nmodel = '7960'\nload = 'P0S3-8-12-00'\ncfg_dir = './'\npassword = 'secret'";
        let spec: PhoneSpec = toml::from_str(text).unwrap();
        assert_eq!((spec.model, spec.load.version), (Model::M7960, (8, 12)));
        for odd in ["load = 'SCCP45.8-5-2S'", "model = '7965'", "colour = 'grey'"] {
            assert!(toml::from_str::<PhoneSpec>(&format!("mac = '001122334455'\n{odd}")).is_err(), "{odd}");
        }
    }
}
