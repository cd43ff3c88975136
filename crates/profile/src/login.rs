//! What a phone says and shows beside its files: the answer to SIP PnP, and its own web page.

use serde::Deserialize;

use crate::Confidence;

/// What is answered when a phone asks the group 224.0.1.75 for its provisioning (SIP SUBSCRIBE, `ua-profile`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pnp {
    /// The URL in the NOTIFY; `{{ url }}`, `{{ server }}`, `{{ mac }}` and `{{ model }}` are filled in.
    pub url: String,
    /// Keys into the family's `[sources]`.
    #[serde(default)]
    pub source: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
}

/// How somebody logs in to the phone's web page, to prove a password.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The administrator's name after a reset, and in this bench's neutral files.
    pub user: String,
    /// The password that goes with it.
    pub password: String,
    /// The path of the page with the form. A phone that asks by HTTP Basic instead gets name and password so.
    pub form: String,
    /// Where the form is sent to.
    pub post: String,
    /// What is sent; `{{ user }}` and `{{ password }}` are filled in, percent-encoded.
    pub body: String,
    /// Words in the page which say that it wants the password encrypted: then only a person can log in.
    #[serde(default)]
    pub encrypted: Vec<String>,
    /// Keys into the family's `[sources]`.
    #[serde(default)]
    pub source: Vec<String>,
    /// How sure it is.
    pub confidence: Confidence,
}
