//! A trouble from plug-in to outcome, as TOML: a test and a demo in one.
//!
//! A file says what lies on the shelf, which phones stand on the table and in what state, what people
//! do, and what must come out. [`Scenario::run`] plays it in virtual time; [`Run::judge`] says what came
//! out differently. The parts ([`Scenario::config`], [`Scenario::store`], [`Scenario::phones`]) can be
//! had one by one, for whoever plays the same on real sockets.
//!
//! ```toml
//! title = "A 7965 steps over 8.5(2)"
//! shows = ["FR-32"]                    # field reports
//! named_by = { FR-32 = ["RB301"] }     # the code that names the cause; or needs_no_code = { FR-32 = "why" }
//! limit = 7200                         # seconds; the run ends sooner when every procedure has ended
//!
//! [bench]
//! auto = true                          # procedure = "full-wipe", to = "9.4(2)SR1", folder = true
//! firewall = [69]                      # ports that this computer's own firewall keeps shut
//!
//! [[bench.shelf]]                      # made-up loads; build and lists are those of the release
//! images = "45"
//! version = "8-5-2S"
//! without = ["dsp45.8-5-2TH1-9.sbn"]
//! damage = { "cnu45.8-5-2TH1-9.sbn" = "cut" }
//!
//! [[bench.pack]]                       # made-up packs for 7940 and 7960
//! load = "P0S3-8-12-00"                # loader, os79xx, image_size, without, damage as above
//! [[bench.firmware]]                   # a made-up image of another maker; name, size and damage need not be said
//! kind = "st"                          # or rom, bin, rfs
//! model = "57i"
//! version = "3.3.1.4365"
//!
//! [[phone]]
//! obeys = true                         # the person does what the bench asks of hands
//! cable = { from_phone = { drop = 10 } }
//! person = { slips = ["wrong-key"] }
//! is = { cisco-79xx = { mac = "00:11:bb:73:ad:61", load = "SCCP45.8-3-2S" } }
//! must = { outcome = "GaveUp", findings = ["RB301"], load = "SCCP45.8-3-2S" }
//!
//! [[phone]]
//! is = { cisco-7940 = { mac = "00:0d:bc:00:00:01", load = "P0S3-8-12-00", password = "secret" } }
//! person = { deeds = [{ at = 90, do = { press = "settings" } }, { do = { enter = "secret" } }] }
//!
//! [[phone]]                            # somebody types a path into its recovery page, then has the bench do it
//! is = { aastra = { mac = "00:08:5d:00:00:03", broken = true } }
//! desk = [
//!     { at = 40, do = { form = { server = "10.79.0.1", path = "/tftpboot", file = "57i.st" } } },
//!     { at = 90, do = { start = "web-recovery" } },
//! ]
//!
//! [[phone]]                            # a failure signature by its name; the seed picks among its ways
//! is = { cisco-7940 = { mac = "00:0d:bc:00:00:02", fault = "F3", seed = 4 } }
//! ```
//!
//! What is not here: reading files, and any knowledge of what the bench should do.

mod built_in;
mod firmware;
mod run;
mod shelf;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::Ipv4Addr;
use std::time::Duration;

use bench::Config;
use proto::{Mac, Time};
use serde::Deserialize;

pub use built_in::BUILT_IN;
pub use firmware::FirmwareSpec;
pub use run::{Ending, Must, Run};
pub use shelf::{Damage, PackSpec, ShelfSpec};

use crate::person::Script;
use crate::phones::aastra::{Aastra, AastraSpec};
use crate::phones::cisco_79xx::{Cisco79xx, PhoneSpec};
use crate::phones::cisco_7940::{self, Cisco7940};
use crate::phones::yealink::{Yealink, YealinkSpec};
use crate::rig::{Desk, Seat, Store};
use crate::{CableSpec, Person, Phone};

/// The bench's address on the simulated cable, its prefix, and what it hands out.
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 79, 0, 1);
const PREFIX: u8 = 24;
const POOL: (Ipv4Addr, Ipv4Addr) = (Ipv4Addr::new(10, 79, 0, 10), Ipv4Addr::new(10, 79, 0, 250));
/// The wall clock when the bench is switched on: some moment, always the same.
const WALL_MS: u64 = 1_700_000_000_000;

/// One scenario.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What happens, in one line.
    pub title: String,
    /// Ids of the field reports that it shows.
    #[serde(default)]
    pub shows: Vec<String>,
    /// Of reports that it shows: the codes by which the bench names the cause. Each must come up.
    #[serde(default)]
    pub named_by: BTreeMap<String, Vec<String>>,
    /// Of reports that it shows: why the bench needs no code to name them, in words.
    #[serde(default)]
    pub needs_no_code: BTreeMap<String, String>,
    /// When the run ends at the latest, in seconds of virtual time. A scenario with a phone whose outcome
    /// is `Seen` runs that long.
    #[serde(default = "two_hours", deserialize_with = "crate::seconds::deserialize")]
    pub limit: Duration,
    /// How much longer it runs once every procedure has ended, to see what comes after.
    #[serde(default = "two_minutes", deserialize_with = "crate::seconds::deserialize")]
    pub linger: Duration,
    /// How the bench is set up.
    #[serde(default)]
    pub bench: BenchSpec,
    /// The phones.
    #[serde(rename = "phone")]
    pub places: Vec<PlaceSpec>,
}

/// How the bench is set up; what is not here is as careful as a bench begins.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BenchSpec {
    /// Recommended procedures begin by themselves.
    pub auto: bool,
    /// This procedure begins for every phone that it fits.
    pub procedure: Option<String>,
    /// The load to go to.
    pub to: Option<String>,
    /// Everything lies in a served folder instead of on the shelf.
    pub folder: bool,
    /// Made-up loads.
    pub shelf: Vec<ShelfSpec>,
    /// Made-up packs for the 7940 and 7960.
    #[serde(rename = "pack")]
    pub packs: Vec<PackSpec>,
    /// Made-up images of other makers.
    pub firmware: Vec<FirmwareSpec>,
    /// Nothing is erased before somebody has approved it.
    pub approval: bool,
    /// Who approves everything, and why: two texts.
    pub approved: Option<[String; 2]>,
    /// Names that boot loaders ask for, and the files on the shelf that they mean.
    pub map: BTreeMap<String, String>,
    /// Ports that a firewall of the bench's computer keeps shut.
    pub firewall: Vec<u16>,
    /// An address that was read off a phone's screen and typed at the start.
    pub phone_at: Option<Ipv4Addr>,
    /// A phone that is said to be on the cable, by the address on its label.
    pub phone: Option<Mac>,
    /// The model of phones that do not say it.
    pub model: Option<String>,
    /// Other files.
    #[serde(rename = "file")]
    pub files: Vec<FileSpec>,
}

/// A file that is no firmware.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSpec {
    /// Its name, or its path in the folder.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// One phone with everything around it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceSpec {
    /// The phone.
    pub is: PhoneIs,
    /// When it gets power, in seconds.
    #[serde(default, deserialize_with = "crate::seconds::deserialize")]
    pub power_at: Duration,
    /// Its cable.
    #[serde(default)]
    pub cable: CableSpec,
    /// The person beside it.
    #[serde(default)]
    pub person: Script,
    /// The person does what the bench asks of hands, after all that the script says.
    #[serde(default)]
    pub obeys: bool,
    /// What somebody does for it at the laptop.
    #[serde(default)]
    pub desk: Vec<Desk>,
    /// What must come out.
    #[serde(default)]
    pub must: Must,
}

/// A phone, by its family.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub enum PhoneIs {
    /// A Java-screened Cisco 7900.
    #[serde(rename = "cisco-79xx")]
    Cisco79xx(PhoneSpec),
    /// A Cisco 7940 or 7960.
    #[serde(rename = "cisco-7940")]
    Cisco7940(cisco_7940::PhoneSpec),
    /// An Aastra or Mitel SIP phone.
    #[serde(rename = "aastra")]
    Aastra(Box<AastraSpec>),
    /// A Yealink SIP phone.
    #[serde(rename = "yealink")]
    Yealink(Box<YealinkSpec>),
}

impl PhoneIs {
    /// Its address on the link.
    pub fn mac(&self) -> Mac {
        match self {
            PhoneIs::Cisco79xx(spec) => spec.mac,
            PhoneIs::Cisco7940(spec) => spec.mac,
            PhoneIs::Aastra(spec) => spec.mac,
            PhoneIs::Yealink(spec) => spec.mac,
        }
    }

    fn phone(&self) -> Box<dyn Phone + Send> {
        match self {
            PhoneIs::Cisco79xx(spec) => Box::new(Cisco79xx::new(spec.clone())),
            PhoneIs::Cisco7940(spec) => Box::new(Cisco7940::new(spec.clone())),
            PhoneIs::Aastra(spec) => Box::new(Aastra::new((**spec).clone())),
            PhoneIs::Yealink(spec) => Box::new(Yealink::new((**spec).clone())),
        }
    }
}

/// Why a text is no scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadScenario(String);

impl fmt::Display for BadScenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadScenario {}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// [`BadScenario`] says where and what: a field that is not known, a value that cannot be, a file to be
    /// left out or damaged that its load does not have.
    pub fn parse(text: &str) -> Result<Scenario, BadScenario> {
        let scenario: Scenario = toml::from_str(text).map_err(|e| BadScenario(e.to_string()))?;
        let mut macs = BTreeSet::new();
        if scenario.places.iter().any(|p| p.is.mac() == Mac::ZERO) {
            return Err(BadScenario("a phone of the scenario has no mac".to_owned()));
        }
        if scenario.places.is_empty() || !scenario.places.iter().all(|p| macs.insert(p.is.mac())) {
            return Err(BadScenario("a scenario has at least one phone, and each has its own mac".to_owned()));
        }
        let told = scenario.named_by.keys().chain(scenario.needs_no_code.keys());
        if let Some(other) = told.into_iter().find(|report| !scenario.shows.contains(report)) {
            return Err(BadScenario(format!("it names {other} and does not show it")));
        }
        for load in &scenario.bench.shelf {
            load.check().map_err(BadScenario)?;
        }
        for pack in &scenario.bench.packs {
            pack.check().map_err(BadScenario)?;
        }
        Ok(scenario)
    }

    /// The set-up of the bench, on a network of its own. Whoever has another network changes interface,
    /// address, prefix and pool.
    pub fn config(&self) -> Config {
        let mut config = Config::new(SERVER, PREFIX);
        config.wall_ms = WALL_MS;
        config.iface = "table".to_owned();
        config.mac = Mac([0x02, 0x52, 0x42, 0, 0, 1]);
        config.pool = Some(POOL);
        config.auto = self.bench.auto;
        config.procedure.clone_from(&self.bench.procedure);
        config.to.clone_from(&self.bench.to);
        config.folder = self.bench.folder;
        config.approval = self.bench.approval;
        config.approved = self.bench.approved.clone().map(|[who, why]| (who, why));
        config.phone_at = self.bench.phone_at;
        config.phone = self.bench.phone;
        config.model.clone_from(&self.bench.model);
        config.map = self.bench.map.clone().into_iter().collect();
        config
    }

    /// What lies on the shelf or in the folder.
    pub fn store(&self) -> Store {
        let files = self.bench.files.iter().map(|file| (file.name.clone(), file.text.clone().into_bytes()));
        Store::new(self.firmware().into_iter().chain(files))
    }

    /// The made-up firmware alone.
    pub fn firmware(&self) -> Vec<(String, Vec<u8>)> {
        let loads = self.bench.shelf.iter().flat_map(ShelfSpec::files);
        let packs = self.bench.packs.iter().flat_map(PackSpec::files);
        loads.chain(packs).chain(self.bench.firmware.iter().map(FirmwareSpec::file)).collect()
    }

    /// The phones with their people and cables, in the file's order.
    pub fn phones(&self) -> Vec<Seat> {
        let seats = self.places.iter().map(|place| Seat {
            phone: place.is.phone(),
            person: Some(Person::new(&place.person)),
            obeys: place.obeys,
            cable: place.cable.clone(),
            power_at: Time::ZERO + place.power_at,
        });
        seats.collect()
    }
}

fn two_hours() -> Duration {
    Duration::from_secs(7_200)
}

fn two_minutes() -> Duration {
    Duration::from_secs(120)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: &str = "[[phone]]\nis = { cisco-79xx = { mac = '001122334455' } }\n";

    #[test]
    fn a_file_says_only_what_is_unusual() {
        let scenario = Scenario::parse(&format!("title = 'a phone'\n{PHONE}")).unwrap();
        assert_eq!(scenario.phones().len(), 1);
        assert_eq!(scenario.places[0].must, Must::default());
        assert!(!scenario.config().auto && scenario.store().blobs.is_empty());
    }

    #[test]
    fn other_makers_phones_and_images_are_said_alike() {
        let text = "
            title = 'a 6757i and a T46G'
            [bench]
            firewall = [69]
            [[bench.firmware]]
            kind = 'st'
            model = '57i'
            version = '3.3.1.4365'
            [[phone]]
            is = { aastra = { mac = '00085d112233', broken = true, page = 'frames', jack = 'lan' } }
            person = { deeds = [{ at = 60, do = { jack = 'pc' } }] }
            [[phone]]
            is = { yealink = { mac = '001565112233', settings = { 'autoprovision.1.code' = '**7283' } } }
            person = { deeds = [{ do = { stick = { files = [{ kind = 'bin', model = 'T46G' }] } } }] }";
        let scenario = Scenario::parse(text).unwrap();
        let models: Vec<String> = scenario.phones().iter().map(|seat| seat.phone.status().model).collect();
        assert_eq!(models, ["6757i", "T46G"]);
        assert_eq!(scenario.store().files().map(|(name, _)| name).collect::<Vec<_>>(), ["57i.st"]);
    }

    #[test]
    fn what_cannot_be_is_an_error_that_names_it() {
        let load = "[[bench.shelf]]\nimages = '45'\nversion = ";
        for (odd, named) in [
            (format!("{PHONE}colour = 'grey'"), "colour"),
            ("[[phone]]\nis = { cisco-7940 = { model = '7960' } }".to_owned(), "no mac"),
            (format!("{PHONE}{PHONE}"), "its own mac"),
            (format!("{PHONE}must = {{ outcome = 'fine' }}"), "fine"),
            (format!("{PHONE}{load}'8-5-3S'"), "build"),
            (format!("{PHONE}{load}'8-5-2S'\nwithout = ['dsp45.sbn']"), "dsp45.sbn"),
            (format!("{PHONE}{load}'8-5-2S'\ndamage = {{ 'dsp46.sbn' = 'cut' }}"), "dsp46.sbn"),
            ("phone = []".to_owned(), "at least one"),
            (format!("{PHONE}[named_by]\nFR-01 = ['RB411']"), "FR-01"),
            (format!("{PHONE}desk = [{{ at = 1, do = {{ shout = 'x' }} }}]"), "shout"),
        ] {
            let error = Scenario::parse(&format!("title = 'odd'\n{odd}")).unwrap_err().to_string();
            assert!(error.contains(named), "{odd}\n{error}");
        }
    }
}
