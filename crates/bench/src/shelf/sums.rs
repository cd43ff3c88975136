//! Lengths and sums that somebody vouches for: those that profiles have from published sources, and lists that a
//! person gives (`sha256sum`, `sha1sum`, `md5sum`, or BSD's `SHA256 (name) = …` and `SIZE (name) = …`).
//!
//! Most formats of firmware do not say how long a file is or what is in it. Who vouches for one is the only way to
//! tell a cut, an extended or a changed file from a good one then. Whether the voucher is honest is not known here.

use std::collections::BTreeMap;

use profile::{Confidence, Profiles};
use proto::text::escape_short;

/// How a sum is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// 16 bytes.
    Md5,
    /// 20 bytes.
    Sha1,
    /// 32 bytes.
    Sha256,
    /// 64 bytes.
    Sha512,
}

impl Algorithm {
    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha1 => "SHA-1",
            Algorithm::Sha256 => "SHA-256",
            Algorithm::Sha512 => "SHA-512",
        }
    }

    /// The one whose sums have so many hex digits.
    const fn of_digits(digits: usize) -> Option<Algorithm> {
        match digits {
            32 => Some(Algorithm::Md5),
            40 => Some(Algorithm::Sha1),
            64 => Some(Algorithm::Sha256),
            128 => Some(Algorithm::Sha512),
            _ => None,
        }
    }

    /// The sum of these bytes, lower-case hex.
    pub fn of(self, bytes: &[u8]) -> String {
        let mut summing = Summing::new(self);
        summing.update(bytes);
        summing.finish()
    }
}

/// A sum in the making, for what does not fit into memory.
#[derive(Debug)]
pub struct Summing(Inner);

#[derive(Debug)]
enum Inner {
    Md5(md5::Md5),
    Sha1(sha1::Sha1),
    Sha256(sha2::Sha256),
    Sha512(sha2::Sha512),
}

impl Summing {
    /// Begins.
    pub fn new(algorithm: Algorithm) -> Summing {
        Summing(match algorithm {
            Algorithm::Md5 => Inner::Md5(md5::Md5::default()),
            Algorithm::Sha1 => Inner::Sha1(sha1::Sha1::default()),
            Algorithm::Sha256 => Inner::Sha256(sha2::Sha256::default()),
            Algorithm::Sha512 => Inner::Sha512(sha2::Sha512::default()),
        })
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        use sha2::Digest;
        match &mut self.0 {
            Inner::Md5(sum) => sum.update(bytes),
            Inner::Sha1(sum) => sum.update(bytes),
            Inner::Sha256(sum) => sum.update(bytes),
            Inner::Sha512(sum) => sum.update(bytes),
        }
    }

    /// The sum in lower-case hex.
    pub fn finish(self) -> String {
        use sha2::Digest;
        match self.0 {
            Inner::Md5(sum) => hex(&sum.finalize()),
            Inner::Sha1(sum) => hex(&sum.finalize()),
            Inner::Sha256(sum) => hex(&sum.finalize()),
            Inner::Sha512(sum) => hex(&sum.finalize()),
        }
    }
}

/// Lower-case hex.
fn hex(bytes: &[u8]) -> String {
    let digit = |n: u8| char::from_digit(u32::from(n), 16).unwrap_or('0');
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 0x0f)]).collect()
}

/// Who vouches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// A profile's source, this sure.
    Published(Confidence),
    /// A list that a person gave, by its name, escaped.
    List(String),
}

impl std::fmt::Display for By {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            By::Published(confidence) => write!(f, "as published ({})", confidence.words()),
            By::List(name) => write!(f, "says {name}"),
        }
    }
}

/// What is vouched for one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// The file's name, escaped.
    pub name: String,
    /// Its length, bytes.
    pub size: Option<u64>,
    /// Its sum, lower-case hex.
    pub sum: Option<(Algorithm, String)>,
    /// Who says so.
    pub by: By,
}

/// What the sums say about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the file that is vouched for, under this name.
    Is {
        /// The name, escaped.
        name: String,
        /// The sum that fits.
        algorithm: Algorithm,
        /// Who vouches.
        by: By,
    },
    /// A file of its name is vouched for, and this is not it.
    IsNot {
        /// How it differs.
        how: How,
        /// Who vouches.
        by: By,
    },
}

/// How a file differs from the one that is vouched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It is shorter by so many bytes.
    Shorter(u64),
    /// It is longer by so many bytes.
    Longer(u64),
    /// As long, and the sum is another.
    Changed,
    /// The sum is another, and nobody says how long it must be.
    Other,
}

/// Everything that is vouched for.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    all: Vec<Sum>,
    by_name: BTreeMap<String, Vec<usize>>,
}

impl Sums {
    /// What profiles have: published files, and archives with a length or a sum.
    pub fn published(profiles: &Profiles) -> Sums {
        let mut sums = Sums::default();
        for family in profiles.families() {
            let files = family.published.iter().flat_map(|p| p.files.iter().map(move |f| (f, p.confidence)));
            sums.extend(files.map(|(file, confidence)| Sum {
                name: file.name.clone(),
                size: Some(file.size),
                sum: Some((Algorithm::Sha1, file.sha1.clone())),
                by: By::Published(confidence),
            }));
            sums.extend(family.archives.iter().filter(|a| a.size.is_some() || a.sha1.is_some()).map(|archive| Sum {
                name: archive.name.clone(),
                size: archive.size,
                sum: archive.sha1.clone().map(|sum| (Algorithm::Sha1, sum)),
                by: By::Published(archive.confidence),
            }));
        }
        sums
    }

    /// Adds more.
    pub fn extend(&mut self, sums: impl IntoIterator<Item = Sum>) {
        for sum in sums {
            self.by_name.entry(sum.name.to_ascii_lowercase()).or_default().push(self.all.len());
            self.all.push(sum);
        }
    }

    /// Judges a file of this length that is called one of `names`, the first of them its best. Asks only for the
    /// sums that can decide it; `None` when there is nothing to go by.
    pub fn judge(
        &self,
        names: &[&str],
        size: u64,
        sum_of: &mut dyn FnMut(Algorithm) -> Option<String>,
    ) -> Option<Verdict> {
        let mut made: BTreeMap<Algorithm, Option<String>> = BTreeMap::new();
        let mut fits: Vec<&Sum> = Vec::new();
        for sum in self.all.iter().filter(|s| s.size.is_none_or(|n| n == size)) {
            let Some((algorithm, want)) = &sum.sum else { continue };
            if made.entry(*algorithm).or_insert_with(|| sum_of(*algorithm)).as_ref() == Some(want) {
                fits.push(sum);
            }
        }
        let is_named = |sum: &&&Sum| names.iter().any(|n| n.eq_ignore_ascii_case(&sum.name));
        if let Some(sum) = fits.iter().find(is_named).or(fits.first())
            && let Some((algorithm, _)) = sum.sum
        {
            return Some(Verdict::Is { name: sum.name.clone(), algorithm, by: sum.by.clone() });
        }
        let named = names.iter().find_map(|n| self.by_name.get(&n.to_ascii_lowercase()))?;
        let named: Vec<&Sum> = named.iter().filter_map(|at| self.all.get(*at)).collect();
        let by = named.first()?.by.clone();
        if named.iter().any(|s| s.size == Some(size) && s.sum.is_none()) {
            return None;
        }
        let sizes: Vec<u64> = named.iter().filter_map(|s| s.size).collect();
        let (least, most) = (sizes.iter().min(), sizes.iter().max());
        let how = match (least, most) {
            (Some(least), Some(most)) if sizes.len() == named.len() => match () {
                () if size < *least => How::Shorter(least - size),
                () if size > *most => How::Longer(size - most),
                () if sizes.contains(&size) => How::Changed,
                () => How::Other,
            },
            _ => How::Other,
        };
        Some(Verdict::IsNot { how, by })
    }
}

/// Reads a list of sums; `list` is what it is called. The error is the first line that is none, counted from 1.
pub fn read_list(list: &str, text: &[u8]) -> Result<Vec<Sum>, (usize, String)> {
    let by = By::List(escape_short(list.as_bytes(), 80));
    let mut sums: Vec<Sum> = Vec::new();
    for (index, line) in text.split(|&b| b == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") || line.starts_with(b";") {
            continue;
        }
        let read = std::str::from_utf8(line).ok().and_then(entry);
        let Some((name, what)) = read else { return Err((index + 1, escape_short(line, 60))) };
        let name = escape_short(name.rsplit(['/', '\\']).next().unwrap_or(name).as_bytes(), 255);
        // A length and a sum of one file stand on two lines.
        let lacks = |s: &&mut Sum| {
            s.name == name && if matches!(what, Entry::Size(_)) { s.size.is_none() } else { s.sum.is_none() }
        };
        let known = match sums.iter().rposition(|s| s.name == name) {
            Some(at) => sums.get_mut(at).filter(lacks),
            None => None,
        };
        match (known, what) {
            (Some(sum), Entry::Size(size)) => sum.size = Some(size),
            (Some(sum), Entry::Sum(algorithm, hex)) => sum.sum = Some((algorithm, hex)),
            (None, Entry::Size(size)) => sums.push(Sum { name, size: Some(size), sum: None, by: by.clone() }),
            (None, Entry::Sum(algorithm, hex)) => {
                sums.push(Sum { name, size: None, sum: Some((algorithm, hex)), by: by.clone() });
            }
        }
    }
    Ok(sums)
}

enum Entry {
    Size(u64),
    Sum(Algorithm, String),
}

/// `SHA256 (name) = …`, `SIZE (name) = …`, or `… *name` and `…  name`.
fn entry(line: &str) -> Option<(&str, Entry)> {
    if let Some((front, value)) = line.rsplit_once(") = ")
        && let Some((word, name)) = front.split_once(" (")
    {
        let is = match word {
            "SIZE" => Entry::Size(value.parse().ok()?),
            "MD5" | "SHA1" | "SHA256" | "SHA512" => sum(value)?,
            _ => return None,
        };
        return Some((name, is));
    }
    let (hex, name) = line.strip_prefix('\\').unwrap_or(line).split_once(' ')?;
    let name = name.strip_prefix([' ', '*']).unwrap_or(name).trim();
    (!name.is_empty()).then_some(())?;
    Some((name, sum(hex)?))
}

fn sum(hex: &str) -> Option<Entry> {
    let algorithm = Algorithm::of_digits(hex.len())?;
    hex.bytes().all(|b| b.is_ascii_hexdigit()).then(|| Entry::Sum(algorithm, hex.to_ascii_lowercase()))
}

#[cfg(test)]
#[path = "sums_tests.rs"]
mod tests;
