//! What an answer's words mean.

use proto::html::Page;
use proto::http::Answer;
use serde::{Deserialize, Serialize};

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The phone says that it fetches the file, or has it.
    Accepted,
    /// The phone says that the values are not good.
    InvalidParameters,
    /// The phone says that it could not fetch the file.
    DownloadFailed,
    /// The phone has fetched it and turns it down.
    ImageRefused,
    /// The page takes no such method.
    MethodRefused,
    /// There is no such page.
    NotFound,
    /// The page wants a password: the phone is not in recovery.
    PasswordWanted,
    /// There were words, but none that say how it went.
    Unclear,
    /// There was no answer at all.
    Silence,
}

impl Verdict {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Verdict::Accepted => "the phone says that it fetches the file",
            Verdict::InvalidParameters => "the phone says: invalid parameters",
            Verdict::DownloadFailed => "the phone says: download failed",
            Verdict::ImageRefused => "the phone turns the file down",
            Verdict::MethodRefused => "the page takes no such method",
            Verdict::NotFound => "there is no such page",
            Verdict::PasswordWanted => "the page wants a password",
            Verdict::Unclear => "the answer does not say how it went",
            Verdict::Silence => "no answer",
        }
    }
}

const ACCEPTED: &[&str] = &[
    "downloading",
    "please wait",
    "in progress",
    "upgrading",
    "updating",
    "programming",
    "uploaded",
    "success",
    "rebooting",
    "restarting",
    "do not unplug",
];
const REFUSED: &[&str] = &[
    "incompatible",
    "cannot use firmware",
    "not licensed",
    "rejected",
    "invalid firmware",
    "wrong firmware",
    "bad image",
];

/// Judges an answer. `asked` is the page that the form stood on: what it said already is no answer.
pub fn judge(answer: &Answer, page: &Page, asked: &Page) -> Verdict {
    let words = format!("{} {}", page.title, page.words).to_ascii_lowercase();
    // An answer without the form is all answer.
    let shown_again = if page.forms.is_empty() { String::new() } else { format!("{} {}", asked.title, asked.words) };
    let before = shown_again.to_ascii_lowercase();
    let has = |list: &[&str]| list.iter().any(|w| words.contains(w));
    // A form may warn of what can go wrong. What stood there before the form was sent says nothing.
    let says = |list: &[&str]| list.iter().any(|w| words.matches(w).count() > before.matches(w).count());
    if says(&["invalid param", "invalid field", "missing param", "parameter error"]) {
        return Verdict::InvalidParameters;
    }
    if says(&["download failed", "failed to download", "download error", "unable to download", "upgrade failed"]) {
        return Verdict::DownloadFailed;
    }
    if says(REFUSED) {
        return Verdict::ImageRefused;
    }
    match answer.status {
        Some(401 | 403) => return Verdict::PasswordWanted,
        Some(404 | 410) => return Verdict::NotFound,
        Some(405 | 501) => return Verdict::MethodRefused,
        None if answer.body.is_empty() => return Verdict::Silence,
        _ => {}
    }
    if has(&["method not allowed", "405 method", "method unsupported"]) {
        return Verdict::MethodRefused;
    }
    if says(&["failed", "failure"]) && has(&["firmware", "download", "upgrade", "upload"]) {
        return Verdict::DownloadFailed;
    }
    if says(&["invalid", "error"]) {
        return Verdict::InvalidParameters;
    }
    if says(ACCEPTED) && answer.status.is_none_or(|s| s < 400) {
        return Verdict::Accepted;
    }
    Verdict::Unclear
}
