//! How a family is recognised on the wire: each entry is one kind of evidence and what it proves.

use serde::Deserialize;

use crate::{Confidence, Pattern};

/// All the marks of a family.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Identity {
    /// Maker's address blocks, `"00:08:5D"`: alone they make a family *possible*, never more.
    pub oui: Vec<OuiMark>,
    /// DHCP option 60, its trailing NUL stripped. `{model}` captures a model's name or alias.
    pub vendor_class: Vec<Mark>,
    /// DHCP option 55 as a list of codes, in order.
    pub parameter_request_list: Vec<ListMark>,
    /// CDP platform text (TLV 0x06). `{model}` captures.
    pub cdp_platform: Vec<Mark>,
    /// CDP device id (TLV 0x01). `{mac}` captures.
    pub cdp_device_id: Vec<Mark>,
    /// CDP software version text (TLV 0x05). `{load}` captures the load's name.
    pub cdp_version: Vec<Mark>,
    /// LLDP-MED inventory model name. `{model}` captures.
    pub lldp_model: Vec<Mark>,
    /// LLDP-MED inventory software revision. `{load}` captures the load's name.
    pub lldp_software: Vec<Mark>,
    /// Names of files that only this family asks for.
    pub file_name: Vec<Mark>,
    /// HTTP or SIP User-Agent. `{model}` and `{load}` capture.
    pub user_agent: Vec<Mark>,
    /// `vendor model version`, as a SIP SUBSCRIBE for `ua-profile` tells them, a blank between. What is not told
    /// is empty. `{model}` and `{load}` capture.
    pub pnp: Vec<Mark>,
}

/// How much one mark proves by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proves {
    /// It makes the family possible.
    Possible,
    /// It makes the family likely.
    #[default]
    Likely,
    /// It is certain.
    Certain,
}

/// A text mark.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// What the text looks like.
    pub pattern: Pattern,
    /// How much it proves.
    #[serde(default)]
    pub proves: Proves,
    /// The signalling protocol of the load that runs, where the mark tells it.
    #[serde(default)]
    pub protocol: Option<String>,
    /// A name for the state that the phone is in, where the mark tells it; templates may ask for it.
    #[serde(default)]
    pub state: Option<String>,
    /// A fact that comes with the mark (`protocol = "sccp"`, `state = "old-load"`), shown as it is.
    #[serde(default)]
    pub tells: Option<String>,
    /// Keys into the family's `[sources]`.
    #[serde(default)]
    pub source: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
}

/// An address-block mark.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OuiMark {
    /// Three bytes, `"00:08:5D"`.
    pub prefix: String,
    /// Keys into the family's `[sources]`.
    #[serde(default)]
    pub source: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
}

/// A parameter-request-list mark.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListMark {
    /// Option codes, in the order in which the phone lists them.
    pub codes: Vec<u8>,
    /// How much it proves.
    #[serde(default)]
    pub proves: Proves,
    /// Keys into the family's `[sources]`.
    #[serde(default)]
    pub source: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
}
