//! Errors that a person reads: a code, what happened, why, and what to do.

use std::fmt;

/// A trouble with its code. `ringback explain CODE` says more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// `RB` and three digits.
    pub(crate) code: &'static str,
    /// What happened and why.
    pub(crate) what: String,
    /// What to do.
    pub(crate) remedy: String,
}

impl Trouble {
    /// A trouble from its parts.
    pub(crate) fn new(code: &'static str, what: impl Into<String>, remedy: impl Into<String>) -> Trouble {
        Trouble { code, what: what.into(), remedy: remedy.into() }
    }

    /// A trouble whose remedy is the code's own.
    pub(crate) fn of(code: &'static str, what: impl Into<String>) -> Trouble {
        let remedy = bench::diagnose::codes::explain(code).first().map_or("", |e| e.remedy);
        Trouble::new(code, what, remedy)
    }

    /// A file or folder that cannot be used.
    pub(crate) fn file(path: &std::path::Path, error: &dyn fmt::Display) -> Trouble {
        let path = proto::text::escape(path.as_os_str().as_encoded_bytes());
        Trouble::new("RB508", format!("{path}: {error}"), "Check the path and the rights on it.")
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.what)?;
        if !self.remedy.is_empty() {
            write!(f, "\n  → {}", self.remedy)?;
        }
        Ok(())
    }
}

impl std::error::Error for Trouble {}
