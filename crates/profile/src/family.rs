//! `family.toml`: one family of phones.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::web::{Announcement, HostName, Web};
use crate::{
    BootFile, Confidence, Forbidden, Identity, KeySequence, LadderRule, Login, Menu, Pattern, Pnp, Procedure,
    Published, Rescue, SingleFile, Template, VendorArchive,
};

/// A family: phones that boot, load and reset alike.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// The format of these files; 1 today.
    pub format: u32,
    /// The folder's name.
    pub id: String,
    /// The maker's name.
    pub maker: String,
    /// The family's name for people.
    pub name: String,
    /// The scheme by which version texts compare; a name known to the bench (`cisco-79xx`,
    /// `aastra`, `yealink`).
    pub version_scheme: String,
    /// Whether names of files count without the folders before them: such phones write a server's folder, whatever it
    /// is, in front of each name.
    #[serde(default)]
    pub any_folder: bool,
    /// Sources by key; facts refer to the keys.
    pub sources: BTreeMap<String, String>,
    /// How the family is recognised.
    #[serde(default)]
    pub identity: Identity,
    /// The models.
    #[serde(rename = "model")]
    pub models: Vec<Model>,
    /// What the phones are told by DHCP.
    pub dhcp: Dhcp,
    /// How their TFTP differs from the standard.
    #[serde(default)]
    pub tftp: Tftp,
    /// Names they ask for while booting, in the usual order.
    #[serde(rename = "file")]
    pub files: Vec<BootFile>,
    /// How the maker names loads and the files in them.
    #[serde(rename = "load", default)]
    pub loads: Vec<LoadNaming>,
    /// Version ladders.
    #[serde(rename = "ladder", default)]
    pub ladder: Vec<LadderRule>,
    /// The phones' own web pages, if they have any.
    #[serde(default)]
    pub web: Option<Web>,
    /// Names that the phones look up.
    #[serde(rename = "host", default)]
    pub hosts: Vec<HostName>,
    /// Services that they look for by multicast DNS.
    #[serde(rename = "announce", default)]
    pub announcements: Vec<Announcement>,
    /// Loads that are a single file.
    #[serde(default)]
    pub firmware: Vec<SingleFile>,
    /// What the maker hands out, by its exact name.
    #[serde(rename = "archive", default)]
    pub archives: Vec<VendorArchive>,
    /// Files whose length and sum are published.
    #[serde(default)]
    pub published: Vec<Published>,
    /// Steps from one version to another that must never be made.
    #[serde(default)]
    pub forbidden: Vec<Forbidden>,
    /// Key sequences.
    #[serde(default)]
    pub keys: Vec<KeySequence>,
    /// What the loader takes when the firmware is damaged.
    #[serde(default)]
    pub rescue: Vec<Rescue>,
    /// What is answered to SIP PnP.
    #[serde(default)]
    pub pnp: Option<Pnp>,
    /// How its web page takes a name and a password.
    #[serde(default)]
    pub login: Option<Login>,
    /// Ways through the phones' menus.
    #[serde(rename = "menu", default)]
    pub menus: Vec<Menu>,
    /// How their SIP differs.
    #[serde(default)]
    pub sip: Sip,
    /// Times that differ from family to family.
    #[serde(default)]
    pub times: Times,
    /// Filled from `procedures.toml`.
    #[serde(skip)]
    pub procedures: Vec<Procedure>,
    /// Filled from `templates/`, by file name.
    #[serde(skip)]
    pub templates: BTreeMap<String, Template>,
}

impl Family {
    /// The model with this name or alias, without regard to case.
    pub fn model(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|m| m.is_named(name))
    }

    /// The boot file that a requested name is, with what its pattern captured.
    pub fn boot_file(&self, name: &str) -> Option<(&BootFile, crate::Captures)> {
        let name = self.bare(name);
        self.files.iter().find_map(|f| f.name.matches(name).map(|c| (f, c)))
    }

    /// A requested name as patterns see it.
    pub fn bare<'n>(&self, name: &'n str) -> &'n str {
        if self.any_folder { name.rsplit('/').next().unwrap_or(name) } else { name }
    }

    /// The procedure with this id.
    pub fn procedure(&self, id: &str) -> Option<&Procedure> {
        self.procedures.iter().find(|p| p.id == id)
    }

    /// The rescue for this model: the first entry that names it, or that is for all.
    pub fn rescue(&self, model: &str) -> Option<&Rescue> {
        self.rescue.iter().find(|r| r.models.is_empty() || r.models.iter().any(|m| m.eq_ignore_ascii_case(model)))
    }

    /// The key sequence with this id that fits the model and the protocol that it speaks, where that is known.
    pub fn key_sequence(&self, id: &str, model: &str, protocol: Option<&str>) -> Option<&KeySequence> {
        self.keys.iter().find(|k| k.id == id && fits(&k.models, Some(model)) && fits(&k.protocols, protocol))
    }

    /// The way through the menus with this id that fits the model and the protocol that it speaks, where that is known.
    pub fn menu(&self, id: &str, model: &str, protocol: Option<&str>) -> Option<&Menu> {
        self.menus.iter().find(|m| m.id == id && fits(&m.models, Some(model)) && fits(&m.protocols, protocol))
    }
}

/// Whether an entry for these is for this one: an empty list is for all, and what is not known may be any.
fn fits(of: &[String], one: Option<&str>) -> bool {
    of.is_empty() || one.is_none_or(|one| of.iter().any(|x| x == one))
}

/// How a family's SIP differs from the standard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sip {
    /// How a registered phone is made to read its configuration again, or to start again.
    pub refresh: Refresh,
}

/// The event of the NOTIFY that makes a phone read its configuration again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refresh {
    /// `check-sync`.
    #[default]
    CheckSync,
    /// `service-control`, with a body that says what is to be done.
    ServiceControl,
}

/// One model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Its name as printed on it (`7965G`).
    pub name: String,
    /// Other spellings seen on the wire (`7965`, `CP-7965G`).
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The number of its image family (`45`): phones that share it run the same files.
    #[serde(default)]
    pub images: Option<String>,
    /// The numbers that headers of firmware files for it carry (`[95, 96]`); empty where they are not known.
    #[serde(default)]
    pub firmware_numbers: Vec<u32>,
    /// The file it asks for when it has no application (`term65.default.loads`).
    #[serde(default)]
    pub recovery_load_list: Option<String>,
    /// The number by which configuration files name the model (SCCP device type).
    #[serde(default)]
    pub device_type: Option<u32>,
    /// On power over Ethernet it may be too weak to fetch its recovery list.
    #[serde(default)]
    pub weak_on_poe: bool,
    /// Anything a person must know about this model, in a sentence.
    #[serde(default)]
    pub note: Option<String>,
    /// Keys into the family's `[sources]`.
    #[serde(default)]
    pub source: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
}

impl Model {
    /// Whether `name` is this model's name or an alias, without regard to case.
    pub fn is_named(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name) || self.aliases.iter().any(|a| a.eq_ignore_ascii_case(name))
    }
}

/// What DHCP tells the phones.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dhcp {
    /// Whether `siaddr` names the bench.
    #[serde(default)]
    pub siaddr: bool,
    /// Options in the order in which they are sent.
    #[serde(rename = "option", default)]
    pub options: Vec<DhcpOption>,
}

/// One DHCP option.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DhcpOption {
    /// Its code.
    pub code: u8,
    /// How the value is written on the wire.
    pub kind: OptionKind,
    /// The value; `{{ server }}`, `{{ prefix }}` and `{{ mac }}` are filled in.
    pub value: String,
    /// Keys into the family's `[sources]`.
    #[serde(default)]
    pub source: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
}

/// How an option's value is written on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptionKind {
    /// Text, no terminator.
    Text,
    /// One or more IPv4 addresses, separated by commas.
    Addresses,
    /// A number of one, two or four bytes, network order.
    U8,
    /// Two bytes.
    U16,
    /// Four bytes.
    U32,
    /// Hex digits.
    Hex,
}

/// How a family's TFTP client differs from the standard.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tftp {
    /// Answer as if options were not known.
    pub refuse_options: bool,
    /// The largest block granted, bytes.
    pub max_blksize: u16,
    /// The largest window granted, blocks.
    pub max_windowsize: u16,
    /// The block number that follows 65,535: 0 or 1.
    pub rollover: u8,
}

impl Default for Tftp {
    fn default() -> Tftp {
        Tftp { refuse_options: false, max_blksize: 1468, max_windowsize: 64, rollover: 0 }
    }
}

/// How the maker names a load and what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadNaming {
    /// The load's name, with `{images}` for the image family and `{version}` (`SCCP{nn}.{version}S`).
    pub name: Pattern,
    /// The signalling protocol of such loads (`sccp`, `sip`, `mgcp`).
    pub protocol: String,
    /// The name of the list file that says what belongs to the load (`{load}.loads`); none where a load
    /// is a single file, see [`Family::firmware`].
    #[serde(default)]
    pub list: Option<Pattern>,
    /// How the name spells the version.
    #[serde(default)]
    pub spelling: Spelling,
    /// Keys into the family's `[sources]`.
    #[serde(default)]
    pub source: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
}

/// How a load's name spells its version, for loads that are not on the shelf.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spelling {
    /// As the family's scheme writes it: `8-5-2SR1S`, `66.84.0.125`.
    #[default]
    Plain,
    /// Seven characters: `8-12-00`, `08-8-00`.
    Seven,
    /// Two digits a number: `08010200`, `0801SR02`.
    Packed,
}

/// Times that differ from family to family, all in seconds. What no source gives is a setting
/// ([`crate::Confidence::NotFound`] in the family's own words) and may be overridden by a user's profile.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Times {
    /// A phone silent for this long has left the bench.
    pub gone_after_s: u32,
    /// Within this time after a reboot the phone asks for its files.
    pub boot_s: u32,
    /// From the last image to the next DHCP request: writing flash and rebooting.
    pub flash_s: u32,
}

impl Default for Times {
    fn default() -> Times {
        Times { gone_after_s: 600, boot_s: 180, flash_s: 900 }
    }
}
