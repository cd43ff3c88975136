//! What speaks against a file, with the code that `ringback explain` knows.

use proto::image::Doubt;
use serde::{Deserialize, Serialize};

/// One thing that speaks against a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct Fault {
    /// `RB` and three digits.
    pub code: String,
    /// What is wrong, as a sentence.
    pub what: String,
}

/// Indexes of older programs hold the sentence alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Coded { code: String, what: String },
    Sentence(String),
}

impl From<Written> for Fault {
    fn from(written: Written) -> Fault {
        match written {
            Written::Coded { code, what } => Fault { code, what },
            Written::Sentence(what) => Fault { code: "RB235".to_owned(), what },
        }
    }
}

impl Fault {
    /// A fault with its code.
    pub fn new(code: &str, what: impl Into<String>) -> Fault {
        Fault { code: code.to_owned(), what: what.into() }
    }
}

impl From<&Doubt> for Fault {
    fn from(doubt: &Doubt) -> Fault {
        Fault::new(code(doubt), doubt.to_string())
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.code, self.what)
    }
}

/// The finding's code of a doubt.
pub const fn code(doubt: &Doubt) -> &'static str {
    match doubt {
        Doubt::Empty => "RB230",
        Doubt::ErrorPage => "RB231",
        Doubt::Renamed { .. } | Doubt::OddName { .. } => "RB232",
        Doubt::Cut { .. } | Doubt::ListShort { .. } => "RB233",
        Doubt::Extended { .. } => "RB234",
        Doubt::HeaderOdd(odd) if odd.may_be_meant() => "RB239",
        Doubt::Header(_) | Doubt::HeaderOdd(_) => "RB235",
        Doubt::NameFlipped { .. } => "RB236",
        Doubt::OtherPhone { .. } => "RB237",
        Doubt::WrongKind { .. } => "RB238",
        Doubt::Archive(_) | Doubt::Image(_) | Doubt::List(_) => "RB240",
        Doubt::Rom(_) | Doubt::RomSum { .. } => "RB241",
        Doubt::Branded { .. } => "RB242",
        Doubt::LengthUnknown => "RB243",
        Doubt::LengthOff { .. } => "RB244",
        Doubt::Blank => "RB245",
    }
}
