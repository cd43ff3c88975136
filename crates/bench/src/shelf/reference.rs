//! What is known about a file beside its own bytes: for whom its name is, and what somebody vouches for.

use std::collections::BTreeSet;

use profile::Profiles;

use super::sums::{Algorithm, By, How, Sum, Sums, Verdict};
use super::whose::whose;
use super::{Blob, BlobKind, Fault, judge};

/// Renamed, and the name is one of another phone's files.
const OTHER_NAME: &str = "RB258";
/// Not the bytes that are vouched for.
const OTHER_BYTES: &str = "RB259";

/// What files are judged by. Without anything they are judged by their bytes alone.
#[derive(Clone, Debug, Default)]
pub struct Reference<'p> {
    profiles: Option<&'p Profiles>,
    published: Sums,
    /// What a person's lists say goes first.
    lists: Sums,
}

/// What the sums say of an archive as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whole {
    /// It is the one that is vouched for; by what.
    Proven(String),
    /// It is not what a person's list says.
    Refused(Fault),
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
        Reference { profiles: Some(profiles), published: Sums::published(profiles), lists: Sums::default() }
    }

    /// Adds what a person's list vouches for.
    pub fn vouch(&mut self, sums: impl IntoIterator<Item = Sum>) {
        self.lists.extend(sums);
    }

    /// Judges a file as [`super::examine_from`] does, and by what is known beside it.
    pub fn examine(&self, name: &str, bytes: &[u8], archive: Option<&str>) -> Blob {
        let (mut blob, has_own_name) = judge(name, bytes, archive);
        let given = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let verdict = match blob.kind {
            BlobKind::Other => None,
            _ => {
                let sha256 = blob.sha256.clone();
                let own = [blob.name.as_str(), name];
                // The folders of its name count where its name is the one that it was brought under.
                let paths = if has_own_name { &own[..] } else { &own[1..] };
                self.judge(paths, blob.size, &mut |algorithm| {
                    Some(if algorithm == Algorithm::Sha256 { sha256.clone() } else { algorithm.of(bytes) })
                })
            }
        };
        match verdict {
            Some(Verdict::Is { name, algorithm, by }) => {
                // What its own header calls it is what phones ask for, and a list may have any name.
                let name = Some(name).filter(|name| !has_own_name && is_plain(name));
                is(&mut blob, given, name, algorithm, &by);
            }
            Some(Verdict::IsNot { how, by }) => is_not(&mut blob, how, &by),
            None => {}
        }
        self.whose(&mut blob, given);
        blob
    }

    fn judge(&self, paths: &[&str], size: u64, sum_of: &mut dyn FnMut(Algorithm) -> Option<String>) -> Option<Verdict> {
        self.lists.judge(paths, size, sum_of).or_else(|| self.published.judge(paths, size, sum_of))
    }

    /// Judges an archive as a whole: what it is called, its length in bytes and its sums.
    pub fn archive(&self, name: &str, size: u64, sum_of: &mut dyn FnMut(Algorithm) -> Option<String>) -> Option<Whole> {
        Some(match self.judge(&[name], size, sum_of)? {
            Verdict::Is { name: true_name, algorithm, by } if true_name.eq_ignore_ascii_case(name) => {
                Whole::Proven(proof(algorithm, &by))
            }
            Verdict::Is { name: true_name, algorithm, by } => {
                let what = format!("its true name is {true_name}: its {} is that, {by}", algorithm.name());
                Whole::Noted { why: Fault::new(self.renamed_code(name, &true_name), what), is_long_enough: true }
            }
            Verdict::IsNot { how, by: by @ By::List(_) } => Whole::Refused(fault(how, &by)),
            Verdict::IsNot { how, by } => {
                let why = Fault::new(OTHER_BYTES, fault(how, &by).what);
                Whole::Noted { why, is_long_enough: how == How::Changed }
            }
        })
    }

    /// What is said of an archive whose own header calls it `true_name`.
    pub fn renamed(&self, name: &str, true_name: &str) -> Fault {
        Fault::new(self.renamed_code(name, true_name), format!("renamed: its true name is {true_name}"))
    }

    /// The code of a name that is not the true one: for other phones when both names speak of phones, and of
    /// different ones.
    fn renamed_code(&self, name: &str, true_name: &str) -> &'static str {
        let is_others = self.profiles.is_some_and(|p| are_others(&whose(p, name), &whose(p, true_name)));
        if is_others { OTHER_NAME } else { "RB232" }
    }

    /// Says when a file's name, or its archive's, is one for other phones than the file.
    fn whose(&self, blob: &mut Blob, given: &str) {
        let Some(profiles) = self.profiles.filter(|_| blob.kind != BlobKind::Other) else { return };
        let of_file = by_header(profiles, blob).unwrap_or_else(|| whose(profiles, &blob.name));
        let others = |name: &str| Some(whose(profiles, name)).filter(|of_name| are_others(of_name, &of_file));
        // Firmware that is a load by itself is asked for by any name: one for other phones must not get to them.
        let device = match &blob.kind {
            BlobKind::Firmware(firmware) => firmware.device.clone(),
            _ => None,
        };
        if others(given).is_some() {
            let what = format!("by its contents it is for {}", models(&of_file));
            let renamed = blob.cautions.iter().position(|c| c.code == "RB232");
            match renamed.and_then(|at| blob.cautions.get_mut(at)) {
                Some(caution) => {
                    let what = format!("renamed: its true name is {}, for {}", blob.name, models(&of_file));
                    *caution = Fault::new(OTHER_NAME, what);
                }
                None if device.is_some_and(|d| !is_platform(given, &d)) && blob.proven.is_none() => {
                    blob.faults.push(Fault::new("RB237", what))
                }
                None => {}
            }
        }
        let archive = blob.archive.clone().unwrap_or_default();
        if let Some(of_archive) = others(&archive) {
            let (file, named) = (models(&of_file), models(&of_archive));
            let what = format!("it is for {file}, and came in {archive}, which is named for {named}");
            blob.cautions.push(Fault::new(OTHER_NAME, what));
        }
    }
}

type Models<'p> = BTreeSet<(&'p str, &'p str)>;

/// Whether both are for phones, and for different ones.
fn are_others(one: &Models<'_>, other: &Models<'_>) -> bool {
    !one.is_empty() && !other.is_empty() && one.is_disjoint(other)
}

fn models(all: &Models<'_>) -> String {
    all.iter().map(|m| m.1).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" ")
}

/// For which models a file is by the device number in its header: one file serves several.
fn by_header<'p>(profiles: &'p Profiles, blob: &Blob) -> Option<Models<'p>> {
    let BlobKind::Firmware(firmware) = &blob.kind else { return None };
    firmware.device.as_ref()?;
    let number = firmware.version.as_ref()?.split('.').next()?.parse().ok()?;
    let families = profiles.families();
    let all = families.flat_map(|f| f.models.iter().map(move |m| (f, m)));
    let fits = all.filter(|(_, m)| m.firmware_numbers.contains(&number));
    Some(fits.map(|(f, m)| (f.id.as_str(), m.name.as_str())).collect())
}

/// Whether a name has a word that may be the device's platform: recovery asks for `T46.rom` where the header says `T46S`.
fn is_platform(name: &str, device: &str) -> bool {
    let device = device.to_ascii_uppercase();
    let is_it = |word: &str| word.len() >= 3 && (device.starts_with(word) || word.starts_with(&device));
    let has_version = proto::image::aastra::version_in(name).is_some();
    let upper = name.to_ascii_uppercase();
    !has_version && upper.split(|c: char| !c.is_ascii_alphanumeric()).any(is_it)
}

/// Whether a file can be kept under this name: phones ask for plain ones.
fn is_plain(name: &str) -> bool {
    !name.contains(['\\', char::REPLACEMENT_CHARACTER])
        && proto::tftp::normalise(name.as_bytes()).is_ok_and(|n| n.path() == name)
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
fn is(blob: &mut Blob, given: &str, name: Option<String>, algorithm: Algorithm, by: &By) {
    blob.proven = Some(proof(algorithm, by));
    settle(blob);
    let Some(name) = name else { return };
    blob.cautions.retain(|c| c.code != "RB232");
    if !given.eq_ignore_ascii_case(&name) {
        blob.cautions.insert(0, Fault::new("RB232", format!("renamed: its true name is {name}")));
    }
    blob.name = name;
}

/// A file of its name is vouched for, and this is not it. Whoever gives a list means it; what is published may have
/// had other editions of the same name.
fn is_not(blob: &mut Blob, how: How, by: &By) {
    let fault = fault(how, by);
    match by {
        By::List(_) => {
            blob.disproven = Some(fault.clone());
            blob.faults.push(fault);
        }
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

#[cfg(test)]
#[path = "reference_tests.rs"]
mod tests;
