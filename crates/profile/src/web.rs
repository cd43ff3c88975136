//! What the phones' own web pages want, which names they look up, and what they look for on their network.

use serde::Deserialize;

use crate::{Confidence, Pattern};

/// The phones' own web server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Web {
    /// Its port.
    #[serde(default = "http_port")]
    pub port: u16,
    /// Whether phones without firmware serve a page that takes some.
    #[serde(default)]
    pub recovery: bool,
    /// How long to knock at that page, in seconds.
    #[serde(default = "patience")]
    pub patience_s: u32,
    /// After so many seconds with an address and without a request for a file, a phone may be in recovery. Its
    /// page is looked at then.
    #[serde(default = "silent")]
    pub silent_s: u32,
    /// Who the administrator is on the page of a phone that runs.
    #[serde(default)]
    pub user: Option<String>,
    /// The administrator's password as the maker sets it.
    #[serde(default)]
    pub password: Option<String>,
    /// Server line of a phone that runs.
    #[serde(default)]
    pub server: Option<String>,
    /// The realm of a phone that runs; `{model}` captures.
    #[serde(default)]
    pub realm: Option<Pattern>,
    /// The title of the recovery page; `{model}` captures.
    #[serde(default)]
    pub title: Option<Pattern>,
    /// The page of a phone that runs on which it says what it is.
    #[serde(default)]
    pub about: Option<String>,
    /// The words before the version there.
    #[serde(default)]
    pub about_version: Option<String>,
    /// The words before the model there.
    #[serde(default)]
    pub about_model: Option<String>,
    /// What can be sent to a phone that runs.
    #[serde(default, rename = "action")]
    pub actions: Vec<Action>,
    /// Keys into the family's `[sources]`.
    #[serde(default)]
    pub source: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
}

/// Something that can be sent to the page of a phone that runs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// Its id, which procedures name.
    pub id: String,
    /// What it does, in words.
    pub title: String,
    /// Where it is sent.
    pub target: String,
    /// The kind of the body; a form's, when left out.
    #[serde(default)]
    pub kind: Option<String>,
    /// The body; `{{ server }}`, `{{ mac }}`, `{{ model }}` are filled in.
    pub body: String,
    /// Whether the administrator's name and password are sent along.
    #[serde(default)]
    pub login: bool,
    /// Keys into the family's `[sources]`.
    #[serde(default)]
    pub source: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
}

/// A name that phones look up.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostName {
    /// The name, a pattern.
    pub name: Pattern,
    /// What it is for.
    pub role: HostRole,
    /// Keys into the family's `[sources]`.
    #[serde(default)]
    pub source: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
}

/// What a name is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostRole {
    /// The maker's service that sends new phones to their provider.
    Redirection,
    /// The time.
    Time,
    /// Nothing of interest.
    Other,
}

/// A service that phones look for by multicast DNS, and what they are told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announcement {
    /// The service's name, as in `_aastra-cfg._tcp.local`.
    pub service: String,
    /// The port that is told.
    pub port: u16,
    /// Texts that come along, `key=value`.
    #[serde(default)]
    pub text: Vec<String>,
    /// Keys into the family's `[sources]`.
    #[serde(default)]
    pub source: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
}

const fn http_port() -> u16 {
    80
}

const fn patience() -> u32 {
    90
}

const fn silent() -> u32 {
    20
}
