//! What firmware the bench holds: files by name and hash, and which loads are complete.
//!
//! The shelf is an index. Bytes stay with the app, which finds them by SHA-256; this module judges a
//! file once, when it is put on the shelf ([`examine`]). What a load is to a model is the ladder's
//! business ([`crate::plan::ladder`]).

pub mod fault;
pub mod reference;
pub mod sums;
pub mod whose;

use std::collections::BTreeMap;

use proto::image::aastra;
use proto::image::cisco::Loads;
use proto::image::{self, Doubt};
use serde::{Deserialize, Serialize};

pub use fault::Fault;
pub use reference::Reference;

/// A file on the shelf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// Its true name: the one its own header carries, else the name it was brought under.
    pub name: String,
    /// SHA-256, lower-case hex.
    pub sha256: String,
    /// Length, bytes.
    pub size: u64,
    /// What it is.
    pub kind: BlobKind,
    /// What is wrong with it. A blob with a fault is never part of a complete load.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
    /// What should be known before it is used, and does not make it useless.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cautions: Vec<Fault>,
    /// The archive that it came in, escaped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<String>,
    /// By what it is known to be the very file that somebody vouches for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven: Option<String>,
    /// By a person's list it is not the file of its name; also one of the faults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disproven: Option<Fault>,
}

impl Blob {
    /// Whether somebody who sees its name expects firmware.
    pub fn is_named_like_firmware(&self) -> bool {
        let ending = self.name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
        ["sbn", "sb2", "sbin", "loads", "bin", "zup", "sgn", "cop", "st", "rom", "rfs"].contains(&ending.as_str())
    }

    /// The same bytes, judged anew: who vouched for them still does, and what was said of them beside their own
    /// contents stays.
    #[must_use]
    pub fn as_proven_as(mut self, before: &Blob) -> Blob {
        if self.sha256 != before.sha256 {
            return self;
        }
        self.name.clone_from(&before.name);
        self.proven.clone_from(&before.proven);
        self.disproven.clone_from(&before.disproven);
        self.faults.extend(self.disproven.clone().filter(|d| !self.faults.contains(d)));
        if self.proven.is_some() {
            reference::settle(&mut self);
        }
        let of_others = before.cautions.iter().filter(|c| reference::is_beside(c));
        self.cautions.extend(of_others.filter(|c| !self.cautions.contains(c)).cloned().collect::<Vec<_>>());
        self
    }

    /// The name that the maker's pattern gives it, where its header says enough for that.
    pub fn plain_name(&self) -> Option<String> {
        match &self.kind {
            BlobKind::Firmware(f) => f.device.as_ref().zip(f.version.as_ref()).map(|(d, v)| format!("{d}-{v}.rom")),
            _ => None,
        }
    }
}

/// What a file on the shelf is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum BlobKind {
    /// A list of the files of a load.
    LoadList {
        /// Their names, in order.
        files: Vec<String>,
        /// The hardware level that the list names (`#HARDWARE_COMP_1`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hardware: Option<u32>,
        /// The build that the list speaks of (`9-4-2ES26`), escaped.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        release: Option<String>,
    },
    /// A firmware image, one of several that make a load.
    Image,
    /// Firmware that is a load by itself.
    Firmware(Firmware),
    /// A part of a recovery set, known by its name alone.
    RecoveryPart,
    /// The one-line hint for old loads of the 7940 and 7960.
    Hint {
        /// The image that it names, escaped.
        image: String,
    },
    /// Anything else.
    Other,
}

/// What is known of a firmware file that is a load by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firmware {
    /// Its version, as the maker writes it, escaped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The device that its header names, escaped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// How sure that is: `certain` by its own header with a sum that fits, `likely` when two things agree,
    /// `possible` by one of them, `unlikely` by its name alone.
    pub grade: String,
    /// Why, one piece of evidence each.
    pub because: Vec<String>,
}

/// Judges a file: what it is, its true name, what is wrong with it. Pure; called once per file.
pub fn examine(name: &str, bytes: &[u8]) -> Blob {
    examine_from(name, bytes, None)
}

/// As [`examine`], for a file out of the archive of this name (escaped).
pub fn examine_from(name: &str, bytes: &[u8], archive: Option<&str>) -> Blob {
    judge(name, bytes, archive).0
}

/// As [`examine_from`], and whether the file itself says what it is called.
fn judge(name: &str, bytes: &[u8], archive: Option<&str>) -> (Blob, bool) {
    let identity = image::identify(name, bytes);
    let kind = kind_of(&identity, name, archive);
    let renamed = identity.doubts.iter().find_map(|d| match d {
        Doubt::Renamed { true_name } => Some(true_name.as_str()),
        _ => None,
    });
    let own = identity.true_name().or(renamed);
    // Phones ask for firmware by its bare name, wherever it lay in an archive or a folder.
    let bare = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let (cautions, faults): (Vec<&Doubt>, Vec<&Doubt>) = identity.doubts.iter().partition(|d| d.is_caution());
    let coded = |doubts: Vec<&Doubt>| doubts.into_iter().map(Fault::from).collect();
    let mut blob = Blob {
        name: match own {
            Some(own) => with_ending(own, &identity.content, bare),
            None if kind == BlobKind::Other => name.to_owned(),
            None => bare.to_owned(),
        },
        sha256: sha256_hex(bytes),
        size: bytes.len() as u64,
        kind,
        faults: coded(faults),
        cautions: coded(cautions),
        archive: archive.map(str::to_owned),
        proven: None,
        disproven: None,
    };
    // Neither parts of a recovery set nor a header that is not known say how long the file must be.
    let says_nothing = match &blob.kind {
        BlobKind::RecoveryPart => true,
        BlobKind::Firmware(firmware) => firmware.device.is_none(),
        _ => false,
    };
    if says_nothing && blob.faults.is_empty() && !blob.cautions.iter().any(|c| c.code == "RB243") {
        blob.cautions.push(Fault::from(&Doubt::LengthUnknown));
    }
    if blob.name.is_empty() {
        blob.name = blob.plain_name().unwrap_or_default();
    }
    (blob, own.is_some())
}

/// An unsigned image knows its name without the ending, by which phones ask for it.
fn with_ending(own: &str, content: &image::Content, given: &str) -> String {
    match given.rsplit_once('.') {
        Some((_, ending)) if matches!(content, image::Content::Image(_)) && !own.contains('.') => {
            format!("{own}.{ending}")
        }
        _ => own.to_owned(),
    }
}

fn kind_of(identity: &image::Identity, name: &str, archive: Option<&str>) -> BlobKind {
    let loads = match &identity.content {
        image::Content::Signed { body: image::Body::Loads(loads), .. } | image::Content::UnsignedList(loads) => loads,
        image::Content::Signed { header, body } => return signed_kind(&header.file_name, body),
        image::Content::Image(_) | image::Content::Zup => return BlobKind::Image,
        image::Content::Rom(rom) => {
            let version = identity.version_text();
            let because =
                vec![format!("its header says {} for {}, and the header's sum fits", rom.version, rom.device)];
            let device = Some(rom.device.clone()).filter(|d| !d.is_empty());
            return BlobKind::Firmware(Firmware { version, device, grade: "certain".to_owned(), because });
        }
        image::Content::St(texts) => return BlobKind::Firmware(by_evidence(texts, name, archive)),
        image::Content::Hint(hint) => return BlobKind::Hint { image: hint.image.clone() },
        image::Content::Unknown => return unknown_kind(name, archive),
        _ => return BlobKind::Other,
    };
    match loads {
        Loads::List(list) => BlobKind::LoadList {
            files: list.files.iter().map(|f| f.name.clone()).collect(),
            hardware: list.hardware_comp,
            release: list.release.clone(),
        },
        Loads::Pair(pair) => {
            BlobKind::LoadList { files: vec![pair.loader.clone(), pair.app.clone()], hardware: None, release: None }
        }
    }
}

/// A signed file is firmware unless it is a signed configuration or a trust list.
fn signed_kind(true_name: &str, body: &image::Body) -> BlobKind {
    let lower = true_name.to_ascii_lowercase();
    let is_firmware = [".sbn", ".sb2", ".sbin"].iter().any(|e| lower.ends_with(e));
    match body {
        image::Body::Archive(_) | image::Body::Image(_) | image::Body::Zup => BlobKind::Image,
        _ if is_firmware => BlobKind::Image,
        _ => BlobKind::Other,
    }
}

/// Files whose bytes say nothing: parts of a recovery set, and firmware in a format that is not known.
fn unknown_kind(name: &str, archive: Option<&str>) -> BlobKind {
    match name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).as_deref() {
        Some("rfs" | "bin") => BlobKind::RecoveryPart,
        Some("rom") => BlobKind::Firmware(by_evidence(&aastra::Texts::default(), name, archive)),
        _ => BlobKind::Other,
    }
}

/// The version by what is there to go by, and how good that is.
fn by_evidence(texts: &aastra::Texts, name: &str, archive: Option<&str>) -> Firmware {
    let bare = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let inside = texts.versions.first().map(|v| v.0.clone());
    let of_archive = archive.and_then(aastra::version_in);
    let of_name = aastra::version_in(bare);
    let mut because = vec![format!("its name is {}", proto::text::escape_short(bare.as_bytes(), 80))];
    let found = [
        ("its name says", &of_name),
        ("the archive that it came in says", &of_archive),
        ("a text in it says", &inside),
    ];
    because.extend(found.iter().filter_map(|(by, v)| v.as_ref().map(|v| format!("{by} {v}"))));
    if let Some((model, n)) = texts.models.first() {
        because.push(format!("it names {model} {n} times"));
    }
    let version = of_archive.clone().or_else(|| of_name.clone()).or_else(|| inside.clone());
    // Two that agree are better than one.
    let is_inside = version.as_ref().is_some_and(|v| texts.versions.iter().any(|t| t.0 == *v));
    let agree = [of_archive.as_ref() == version.as_ref(), of_name.as_ref() == version.as_ref(), is_inside];
    let grade = match (version.is_some(), agree.iter().filter(|a| **a).count()) {
        (false, _) => "unlikely",
        (true, 0 | 1) => "possible",
        (true, _) => "likely",
    };
    Firmware { version, device: None, grade: grade.to_owned(), because }
}

/// SHA-256 in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    sums::Algorithm::Sha256.of(bytes)
}

/// A load: a list file and the files it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// The load's name as configuration files write it (the list's name without `.loads`).
    pub name: String,
    /// The list file.
    pub list: Blob,
    /// Its images, in order.
    pub files: Vec<Blob>,
    /// Names in the list that the shelf does not hold, or holds only damaged, each with what is known.
    pub missing: Vec<Missing>,
}

impl Load {
    /// Its files that are here.
    pub fn files_here(&self) -> Vec<crate::plan::ladder::way::Here> {
        let all = std::iter::once(&self.list).chain(&self.files);
        all.map(|b| crate::plan::ladder::way::Here { name: b.name.clone(), sha256: b.sha256.clone() }).collect()
    }

    /// What should be known of its files before it is used.
    pub fn cautions(&self) -> Vec<Fault> {
        let all = std::iter::once(&self.list).chain(&self.files);
        all.flat_map(|b| b.cautions.iter().map(|c| Fault::new(&c.code, format!("{}: {}", b.name, c.what)))).collect()
    }

    /// Whether every file is here and sound.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.list.faults.is_empty()
    }
}

/// A file that a load needs and the shelf cannot give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Its name.
    pub name: String,
    /// Why: not here, or what is wrong with the one that is.
    pub why: String,
}

/// A file of a folder that `ringback serve` was given. It is read when asked for, not before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderFile {
    /// Its path below the folder, with `/`.
    pub path: String,
    /// Length when the folder was last looked at, bytes.
    pub size: u64,
}

/// Everything the bench can hand out that it does not make itself.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    blobs: BTreeMap<String, Vec<Blob>>,
    folder: BTreeMap<String, FolderFile>,
}

impl Shelf {
    /// A shelf with these blobs.
    pub fn new(blobs: impl IntoIterator<Item = Blob>) -> Shelf {
        let mut shelf = Shelf::default();
        for blob in blobs {
            shelf.put(blob);
        }
        shelf
    }

    /// Puts a blob on the shelf. Of the same name a sound one comes before a damaged one, and a proven one first.
    pub fn put(&mut self, blob: Blob) {
        let of_name = self.blobs.entry(blob.name.to_ascii_lowercase()).or_default();
        if !of_name.iter().any(|b| b.sha256 == blob.sha256) {
            of_name.push(blob);
            of_name.sort_by_key(|b| (!b.faults.is_empty(), b.proven.is_none()));
        }
    }

    /// Replaces the folder's listing; keys are paths in lower case.
    pub fn set_folder(&mut self, files: impl IntoIterator<Item = FolderFile>) {
        self.folder = files.into_iter().map(|f| (f.path.to_ascii_lowercase(), f)).collect();
    }

    /// The file of the served folder with this key (lower-case path).
    pub fn in_folder(&self, key: &str) -> Option<&FolderFile> {
        self.folder.get(key)
    }

    /// The best blob of this name, without regard to case.
    pub fn blob(&self, name: &str) -> Option<&Blob> {
        self.blobs.get(&name.to_ascii_lowercase())?.first()
    }

    /// The blob with this name and hash.
    pub fn exact(&self, name: &str, sha256: &str) -> Option<&Blob> {
        self.blobs.get(&name.to_ascii_lowercase())?.iter().find(|b| b.sha256 == sha256)
    }

    /// All blobs, by name.
    pub fn blobs(&self) -> impl Iterator<Item = &Blob> {
        self.blobs.values().flatten()
    }

    /// The load of this name (`SCCP45.8-5-2S`, with or without `.loads`).
    pub fn load(&self, name: &str) -> Option<Load> {
        let bare = name.strip_suffix(".loads").unwrap_or(name);
        self.blob(&format!("{bare}.loads")).and_then(|list| self.assemble(list))
    }

    /// Every load that has its list on the shelf.
    pub fn loads(&self) -> impl Iterator<Item = Load> {
        self.blobs().filter_map(|b| self.assemble(b))
    }

    fn assemble(&self, list: &Blob) -> Option<Load> {
        let BlobKind::LoadList { files: names, .. } = &list.kind else { return None };
        let mut load = Load {
            name: list.name.strip_suffix(".loads").unwrap_or(&list.name).to_owned(),
            list: list.clone(),
            files: Vec::new(),
            missing: Vec::new(),
        };
        for name in names {
            match self.blob(name) {
                Some(blob) if blob.faults.is_empty() => load.files.push(blob.clone()),
                Some(blob) => {
                    let why: Vec<String> = blob.faults.iter().map(ToString::to_string).collect();
                    load.missing.push(Missing { name: name.clone(), why: why.join("; ") });
                }
                None => load.missing.push(Missing { name: name.clone(), why: "not on the shelf".to_owned() }),
            }
        }
        Some(load)
    }
}
