//! What is known about a file beside its own bytes: for whom its name is, and what somebody vouches for.

use std::collections::BTreeSet;

use profile::Profiles;

use super::sums::{Algorithm, By, How, Sum, Sums, Verdict};
use super::whose::whose;
use super::{Blob, BlobKind, Fault, examine_from};

/// Renamed, and the name is one of another phone's files.
const OTHER_NAME: &str = "RB258";
/// Not the bytes that are vouched for.
const OTHER_BYTES: &str = "RB259";

/// What files are judged by. Without anything they are judged by their bytes alone.
#[derive(Clone, Debug, Default)]
pub struct Reference<'p> {
    profiles: Option<&'p Profiles>,
    sums: Sums,
}

/// What the sums say of an archive as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whole {
    /// It is the one that is vouched for; by what.
    Proven(String),
    /// Something about it, for a person to know. What is in it is judged by itself.
    Noted {
        /// What, with its code.
        why: Fault,
        /// It is as long as it must be, so it is not cut off.
        is_long_enough: bool,
    },
}

impl<'p> Reference<'p> {
    /// What profiles know.
    pub fn of(profiles: &'p Profiles) -> Reference<'p> {
        Reference { profiles: Some(profiles), sums: Sums::published(profiles) }
    }

    /// Adds what a person's list vouches for.
    pub fn vouch(&mut self, sums: impl IntoIterator<Item = Sum>) {
        self.sums.extend(sums);
    }

    /// Judges a file as [`examine_from`] does, and by what is known beside it.
    pub fn examine(&self, name: &str, bytes: &[u8], archive: Option<&str>) -> Blob {
        let mut blob = examine_from(name, bytes, archive);
        let given = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let verdict = match blob.kind {
            BlobKind::Other => None,
            _ => {
                let sha256 = blob.sha256.clone();
                let names = [blob.name.as_str(), given];
                self.sums.judge(&names, blob.size, &mut |algorithm| {
                    Some(if algorithm == Algorithm::Sha256 { sha256.clone() } else { algorithm.of(bytes) })
                })
            }
        };
        match verdict {
            Some(Verdict::Is { name, algorithm, by }) => is(&mut blob, given, name, algorithm, &by),
            Some(Verdict::IsNot { how, by }) => is_not(&mut blob, how, &by),
            None => {}
        }
        self.whose(&mut blob, given);
        blob
    }

    /// Judges an archive as a whole: what it is called, its length in bytes and its sums.
    pub fn archive(&self, name: &str, size: u64, sum_of: &mut dyn FnMut(Algorithm) -> Option<String>) -> Option<Whole> {
        Some(match self.sums.judge(&[name], size, sum_of)? {
            Verdict::Is { name: true_name, algorithm, by } if true_name.eq_ignore_ascii_case(name) => {
                Whole::Proven(proof(algorithm, &by))
            }
            Verdict::Is { name: true_name, algorithm, by } => {
                let what = format!("its true name is {true_name}: its {} is that, {by}", algorithm.name());
                let code = if self.are_others(name, &true_name) { OTHER_NAME } else { "RB232" };
                Whole::Noted { why: Fault::new(code, what), is_long_enough: true }
            }
            Verdict::IsNot { how, by } => {
                let Fault { code, what } = fault(how, &by);
                let code = if matches!(by, By::List(_)) { code } else { OTHER_BYTES.to_owned() };
                Whole::Noted { why: Fault::new(&code, what), is_long_enough: how == How::Changed }
            }
        })
    }

    /// What is said of an archive whose own header calls it `true_name`.
    pub fn renamed(&self, name: &str, true_name: &str) -> Fault {
        let code = if self.are_others(name, true_name) { OTHER_NAME } else { "RB232" };
        Fault::new(code, format!("renamed: its true name is {true_name}"))
    }

    /// Says when a file's name, or its archive's, is one for other phones than the file.
    fn whose(&self, blob: &mut Blob, given: &str) {
        let renamed = blob.cautions.iter().position(|c| c.code == "RB232");
        if let Some(caution) = renamed.and_then(|at| blob.cautions.get_mut(at))
            && self.are_others(given, &blob.name)
        {
            let models = self.models(&blob.name);
            *caution = Fault::new(OTHER_NAME, format!("renamed: its true name is {}, for {models}", blob.name));
        }
        let archive = blob.archive.as_deref().unwrap_or_default();
        if blob.kind != BlobKind::Other && self.are_others(archive, &blob.name) {
            let what = format!(
                "it is for {}, and came in {archive}, which is named for {}",
                self.models(&blob.name),
                self.models(archive)
            );
            blob.cautions.push(Fault::new(OTHER_NAME, what));
        }
    }

    /// Whether both names speak of phones, and of different ones.
    fn are_others(&self, one: &str, other: &str) -> bool {
        let Some(profiles) = self.profiles else { return false };
        let (one, other) = (whose(profiles, one), whose(profiles, other));
        !one.is_empty() && !other.is_empty() && one.is_disjoint(&other)
    }

    fn models(&self, name: &str) -> String {
        let models: BTreeSet<&str> =
            self.profiles.map(|p| whose(p, name).into_iter().map(|w| w.1).collect()).unwrap_or_default();
        models.into_iter().collect::<Vec<_>>().join(" ")
    }
}

fn proof(algorithm: Algorithm, by: &By) -> String {
    format!("by its {}, {by}", algorithm.name())
}

/// Whether this is said by what is known beside a file's bytes.
pub(super) fn is_beside(caution: &Fault) -> bool {
    [OTHER_NAME, OTHER_BYTES].contains(&caution.code.as_str())
}

/// Takes back what was doubted of a file that is proven.
pub(super) fn settle(blob: &mut Blob) {
    blob.cautions.retain(|c| c.code != "RB243");
    // The texts in it, or one letter of its name, raised a doubt that is answered.
    blob.faults.retain(|f| !["RB236", "RB237"].contains(&f.code.as_str()));
}

/// It is the file that is vouched for, so it is whole, and called as it is there.
fn is(blob: &mut Blob, given: &str, name: String, algorithm: Algorithm, by: &By) {
    blob.proven = Some(proof(algorithm, by));
    settle(blob);
    let is_renamed = !given.eq_ignore_ascii_case(&name);
    blob.cautions.retain(|c| c.code != "RB232");
    if is_renamed {
        blob.cautions.insert(0, Fault::new("RB232", format!("renamed: its true name is {name}")));
    }
    blob.name = name;
}

/// A file of its name is vouched for, and this is not it. Whoever gives a list means it; what is published may have
/// had other editions of the same name.
fn is_not(blob: &mut Blob, how: How, by: &By) {
    let fault = fault(how, by);
    match by {
        By::List(_) => blob.faults.push(fault),
        By::Published(_) => blob.cautions.insert(0, Fault::new(OTHER_BYTES, fault.what)),
    }
}

fn fault(how: How, by: &By) -> Fault {
    match how {
        How::Shorter(n) => {
            Fault::new("RB233", format!("cut off: {} fewer than the file of this name has, {by}", bytes(n)))
        }
        How::Longer(n) => Fault::new("RB234", format!("{} more than the file of this name has, {by}", bytes(n))),
        How::Changed => {
            let what = format!("as long as the file of this name, and other bytes, {by}: damaged, or another edition");
            Fault::new(OTHER_BYTES, what)
        }
        How::Other => {
            let what = format!("not the bytes that the file of this name has, {by}: damaged, or another edition");
            Fault::new(OTHER_BYTES, what)
        }
    }
}

fn bytes(n: u64) -> String {
    format!("{n} {}", if n == 1 { "byte" } else { "bytes" })
}
