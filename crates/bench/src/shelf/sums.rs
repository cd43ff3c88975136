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
    /// The file's name, escaped, with the folders that stand before it, `/` between them.
    pub path: String,
    /// Its length, bytes.
    pub size: Option<u64>,
    /// Its sums, each lower-case hex; all of them have to fit.
    pub sums: Vec<(Algorithm, String)>,
    /// Who says so.
    pub by: By,
}

impl Sum {
    /// The file's name without its folders.
    pub fn name(&self) -> &str {
        last(&self.path)
    }

    /// Whether it may be meant by this path: as far as both have folders, these are the same.
    fn is_at(&self, path: &str) -> bool {
        let parts = |path: &str| path.rsplit('/').map(str::to_ascii_lowercase).collect::<Vec<_>>();
        parts(&self.path).iter().zip(parts(path)).all(|(a, b)| *a == b)
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What the sums say about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the file that is vouched for, under this name.
    Is {
        /// The name without folders, escaped.
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
                path: file.name.clone(),
                size: Some(file.size),
                sums: vec![(Algorithm::Sha1, file.sha1.clone())],
                by: By::Published(confidence),
            }));
            sums.extend(family.archives.iter().filter(|a| a.size.is_some() || a.sha1.is_some()).map(|archive| Sum {
                path: archive.name.clone(),
                size: archive.size,
                sums: archive.sha1.iter().map(|sum| (Algorithm::Sha1, sum.clone())).collect(),
                by: By::Published(archive.confidence),
            }));
        }
        sums
    }

    /// Adds more.
    pub fn extend(&mut self, sums: impl IntoIterator<Item = Sum>) {
        for sum in sums {
            self.by_name.entry(sum.name().to_ascii_lowercase()).or_default().push(self.all.len());
            self.all.push(sum);
        }
    }

    /// Judges a file of this length that is called one of `paths`, the first of them its best. Asks only for the
    /// sums that can decide it; `None` when there is nothing to go by.
    pub fn judge(
        &self,
        paths: &[&str],
        size: u64,
        sum_of: &mut dyn FnMut(Algorithm) -> Option<String>,
    ) -> Option<Verdict> {
        let mut made: BTreeMap<Algorithm, Option<String>> = BTreeMap::new();
        let mut fits = |sum: &Sum| {
            let mut all = sum.sums.iter();
            let mut one = |(algorithm, want): &(Algorithm, String)| {
                made.entry(*algorithm).or_insert_with(|| sum_of(*algorithm)).as_ref() == Some(want)
            };
            sum.size.is_none_or(|n| n == size) && !sum.sums.is_empty() && all.all(&mut one)
        };
        let is = |sum: &Sum| {
            let algorithm = sum.sums.first()?.0;
            Some(Verdict::Is { name: sum.name().to_owned(), algorithm, by: sum.by.clone() })
        };
        let of_name = |path: &&str| {
            let all = self.by_name.get(&last(path).to_ascii_lowercase());
            let all = all.into_iter().flatten().filter_map(|at| self.all.get(*at)).filter(|s| s.is_at(path));
            Some(all.collect::<Vec<_>>()).filter(|all| !all.is_empty())
        };
        let named = paths.iter().find_map(of_name).unwrap_or_default();
        if let Some(sum) = named.iter().find(|s| fits(s)) {
            return is(sum);
        }
        // The same name in another folder is another file, not this one renamed.
        let is_elsewhere = |sum: &Sum| paths.iter().any(|p| last(p).eq_ignore_ascii_case(sum.name()));
        if let Some(sum) = self.all.iter().filter(|s| named.is_empty() || !is_elsewhere(s)).find(|s| fits(s)) {
            return is(sum);
        }
        let by = named.first()?.by.clone();
        let sizes: Vec<u64> = named.iter().filter_map(|s| s.size).collect();
        let has_sum = named.iter().any(|s| !s.sums.is_empty());
        let how = match (sizes.iter().min(), sizes.iter().max()) {
            (Some(least), _) if size < *least => How::Shorter(least - size),
            (_, Some(most)) if size > *most => How::Longer(size - most),
            // A length alone can only speak against a file.
            _ if !has_sum && sizes.contains(&size) => return None,
            _ if sizes.contains(&size) => How::Changed,
            _ => How::Other,
        };
        Some(Verdict::IsNot { how, by })
    }
}

/// Reads a list of sums; `list` is what it is called. What belongs to signed lists and sums of other kinds is
/// skipped. The error is the first line that is none, counted from 1, and what it says.
pub fn read_list(list: &str, text: &[u8]) -> Result<Vec<Sum>, (usize, String)> {
    let by = By::List(escape_short(list.as_bytes(), 80));
    if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
        return Err((1, "UTF-16 text; save it as UTF-8".to_owned()));
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut sums: Vec<Sum> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut is_signature = false;
    for (index, line) in text.split(|&b| b == b'\n').enumerate() {
        let line = String::from_utf8_lossy(line.trim_ascii());
        is_signature = (is_signature || line.starts_with("-----BEGIN PGP SIGNATURE")) && !line.starts_with("-----END");
        let is_armour = is_signature || line.starts_with("-----") || line.starts_with("Hash: ");
        if line.is_empty() || line.starts_with(['#', ';']) || is_armour {
            continue;
        }
        let Some((path, what)) = entry(&line) else { return Err((index + 1, escape_short(line.as_bytes(), 60))) };
        let path = path.strip_prefix("./").unwrap_or(path).replace('\\', "/");
        let path = escape_short(path.as_bytes(), 255);
        if matches!(what, Entry::Foreign) {
            continue;
        }
        // A length and several sums of one file stand on as many lines.
        let lacks = |s: &&mut Sum| match &what {
            Entry::Size(_) => s.size.is_none(),
            Entry::Sum(algorithm, _) => s.sums.iter().all(|(a, _)| a != algorithm),
            Entry::Foreign => false,
        };
        let known = places.get(&path).and_then(|at| sums.get_mut(*at)).filter(lacks);
        let sum = match known {
            Some(sum) => sum,
            None => {
                places.insert(path.clone(), sums.len());
                sums.push(Sum { path, size: None, sums: Vec::new(), by: by.clone() });
                let Some(new) = sums.last_mut() else { continue };
                new
            }
        };
        match what {
            Entry::Size(size) => sum.size = Some(size),
            Entry::Sum(algorithm, hex) => sum.sums.push((algorithm, hex)),
            Entry::Foreign => {}
        }
    }
    if sums.is_empty() { Err((1, "no sum in it at all".to_owned())) } else { Ok(sums) }
}

enum Entry {
    Size(u64),
    Sum(Algorithm, String),
    /// Something that lists of sums have beside: another kind of sum, a time.
    Foreign,
}

/// `SHA256 (name) = …`, `SIZE (name) = …`, or `… *name` and `…  name`.
fn entry(line: &str) -> Option<(&str, Entry)> {
    let (first, name) = line.strip_prefix('\\').unwrap_or(line).split_once(' ')?;
    if first.len() >= 8 && first.bytes().all(|b| b.is_ascii_hexdigit()) {
        let name = name.strip_prefix([' ', '*']).unwrap_or(name).trim();
        let entry = match (Algorithm::of_digits(first.len()), first.len()) {
            (Some(algorithm), _) => Entry::Sum(algorithm, first.to_ascii_lowercase()),
            // SHA-224 and SHA-384.
            (None, 56 | 96) => Entry::Foreign,
            (None, _) => return None,
        };
        return (!name.is_empty()).then_some((name, entry));
    }
    if line.starts_with("TIMESTAMP = ") {
        return Some(("", Entry::Foreign));
    }
    let (front, value) = line.rsplit_once(") = ")?;
    let (word, name) = front.split_once(" (")?;
    let is_hex = value.bytes().all(|b| b.is_ascii_hexdigit());
    let entry = match word {
        "SIZE" => Entry::Size(value.parse().ok()?),
        "MD5" | "SHA1" | "SHA256" | "SHA512" if is_hex => {
            Entry::Sum(Algorithm::of_digits(value.len())?, value.to_ascii_lowercase())
        }
        "MD5" | "SHA1" | "SHA256" | "SHA512" => return None,
        _ if word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => Entry::Foreign,
        _ => return None,
    };
    Some((name, entry))
}

#[cfg(test)]
#[path = "sums_tests.rs"]
mod tests;
