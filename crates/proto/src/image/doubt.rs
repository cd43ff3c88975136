//! What speaks against a firmware file, in words a technician can act on.

use std::fmt;

use super::cisco::{Completeness, archive, gen_a, header, loads};

/// One thing that speaks against a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It has no bytes.
    Empty,
    /// It is a web page: a portal answered instead of giving the file.
    ErrorPage,
    /// It was called something else when it was signed; the phone compares the two.
    Renamed {
        /// What it was called, escaped.
        true_name: String,
    },
    /// Bytes are missing at its end.
    Cut {
        /// How many.
        missing: u64,
        /// Exactly so many; otherwise at least.
        is_exact: bool,
    },
    /// It has bytes behind its end.
    Extended {
        /// How many.
        extra: u64,
    },
    /// Something in the signed header is unlike every known file.
    HeaderOdd(header::Odd),
    /// The signed header can not be read.
    Header(header::Malformed),
    /// The archive behind the header can not be read.
    Archive(archive::Malformed),
    /// The image behind the header can not be read.
    Image(gen_a::Malformed),
    /// What should be a list of files is none.
    List(loads::NotLoads),
    /// A list of files is not complete.
    ListShort {
        /// What it does not name.
        missing: Vec<&'static str>,
    },
    /// The name announces one kind of file and the bytes are another.
    WrongKind {
        /// What the name announces.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
}

impl Doubt {
    pub(super) fn cut_at_least(missing: u64) -> Doubt {
        Doubt::Cut { missing: missing.max(1), is_exact: false }
    }

    pub(super) fn of_length(completeness: Completeness) -> Option<Doubt> {
        match completeness {
            Completeness::Whole => None,
            Completeness::Missing(missing) => Some(Doubt::Cut { missing, is_exact: true }),
            Completeness::Extra(extra) => Some(Doubt::Extended { extra }),
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = |n: &u64| if *n == 1 { "byte" } else { "bytes" };
        match self {
            Doubt::Empty => f.write_str("the file is empty"),
            Doubt::ErrorPage => f.write_str("this is a web page, not firmware: the download did not work"),
            Doubt::Renamed { true_name } => write!(f, "renamed: its true name is {true_name}"),
            Doubt::Cut { missing: n, is_exact: true } => write!(f, "cut off: {n} {} missing", bytes(n)),
            Doubt::Cut { missing: n, is_exact: false } => write!(f, "cut off: at least {n} {} missing", bytes(n)),
            Doubt::Extended { extra: n } => write!(f, "{n} {} too many at its end", bytes(n)),
            Doubt::HeaderOdd(odd) => write!(f, "odd header: {odd}"),
            Doubt::Header(why) => write!(f, "damaged header: {why}"),
            Doubt::Archive(why) => write!(f, "damaged archive: {why}"),
            Doubt::Image(why) => write!(f, "damaged image: {why}"),
            Doubt::List(why) => write!(f, "not a list of files: {why}"),
            Doubt::ListShort { missing } => write!(f, "the list does not name: {}", missing.join(", ")),
            Doubt::WrongKind { wanted, found } => write!(f, "by its name {wanted}, in truth {found}"),
        }
    }
}
