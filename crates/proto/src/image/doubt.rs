//! What speaks against a firmware file, in words a technician can act on.

use std::fmt;

use super::cisco::{Completeness, archive, gen_a, header, loads};
use super::yealink;

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
    /// No phone asks for a file of this name, and nothing in the file says for certain what it was called.
    OddName {
        /// What phones would ask for, going by the texts in it, escaped.
        perhaps: String,
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
    /// The name it has and the name in its header differ by one bit: renamed or damaged, nobody can tell.
    NameFlipped {
        /// What its header says, escaped.
        true_name: String,
    },
    /// It is for another phone than its name says.
    OtherPhone {
        /// Whose, by its contents, escaped.
        device: String,
    },
    /// The header of a `.rom` can not be read.
    Rom(yealink::Malformed),
    /// The header of a `.rom` does not have the sum that it says.
    RomSum {
        /// What it says.
        said: u32,
        /// What it has.
        have: u32,
    },
    /// The length in its header fits neither way of counting: cut or extended.
    LengthOff {
        /// What the header says, bytes.
        said: u64,
        /// The file's length.
        have: u64,
    },
    /// It carries a brand: made for the phones of one provider.
    Branded {
        /// Whose, escaped.
        brand: String,
    },
    /// It holds one byte over and over.
    Blank,
    /// Whether it is whole can not be told from its bytes.
    LengthUnknown,
    /// The name announces one kind of file and the bytes are another.
    WrongKind {
        /// What the name announces.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
}

impl Doubt {
    /// Whether the file may be good all the same; everything else makes it useless or dangerous.
    pub const fn is_caution(&self) -> bool {
        match self {
            Doubt::Renamed { .. } | Doubt::OddName { .. } | Doubt::Branded { .. } | Doubt::LengthUnknown => true,
            Doubt::HeaderOdd(odd) => odd.may_be_meant(),
            _ => false,
        }
    }

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
            Doubt::OddName { perhaps } => {
                write!(f, "no phone asks for this name; by the texts in it, it may be {perhaps}: rename it if it is")
            }
            Doubt::Cut { missing: n, is_exact: true } => write!(f, "cut off: {n} {} missing", bytes(n)),
            Doubt::Cut { missing: n, is_exact: false } => write!(f, "cut off: at least {n} {} missing", bytes(n)),
            Doubt::Extended { extra: n } => write!(f, "{n} {} too many at its end", bytes(n)),
            Doubt::HeaderOdd(odd) => write!(f, "odd header: {odd}"),
            Doubt::Header(why) => write!(f, "damaged header: {why}"),
            Doubt::Archive(why) => write!(f, "damaged archive: {why}"),
            Doubt::Image(why) => write!(f, "damaged image: {why}"),
            Doubt::List(why) => write!(f, "not a list of files: {why}"),
            Doubt::ListShort { missing } => write!(f, "cut off: the list does not name {}", missing.join(", ")),
            Doubt::NameFlipped { true_name } => {
                write!(f, "its header says {true_name}, one bit away from its name: renamed or damaged")
            }
            Doubt::OtherPhone { device } => write!(f, "by its contents it is for {device}"),
            Doubt::Rom(why) => write!(f, "damaged header: {why}"),
            Doubt::RomSum { said, have } => {
                write!(f, "damaged header: its sum is {have:08x} where it says {said:08x}")
            }
            Doubt::LengthOff { said, have } => {
                write!(f, "its header says {said} bytes and it has {have}: cut or extended")
            }
            Doubt::Branded { brand } => write!(f, "made for the phones of one provider: {brand}"),
            Doubt::Blank => f.write_str("it holds one byte over and over"),
            Doubt::LengthUnknown => f.write_str("whether it is whole cannot be told from its bytes"),
            Doubt::WrongKind { wanted, found } => write!(f, "by its name {wanted}, in truth {found}"),
        }
    }
}
