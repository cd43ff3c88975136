//! What firmware the bench holds: files by name and hash, and which loads are complete.
//!
//! The shelf is an index. Bytes stay with the app, which finds them by SHA-256; this module judges a
//! file once, when it is put on the shelf ([`examine`]).

use std::collections::BTreeMap;

use proto::image::cisco::Loads;
use proto::image::{self, Doubt};
use serde::{Deserialize, Serialize};

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
    /// What is wrong with it, each as a sentence. A blob with a fault is never part of a complete load.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
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
    },
    /// A firmware image.
    Image,
    /// Anything else.
    Other,
}

/// Judges a file: what it is, its true name, what is wrong with it. Pure; called once per file.
pub fn examine(name: &str, bytes: &[u8]) -> Blob {
    let identity = image::identify(name, bytes);
    let kind = kind_of(&identity);
    Blob {
        name: whole_name(identity.true_name(), name),
        sha256: sha256_hex(bytes),
        size: bytes.len() as u64,
        kind,
        faults: identity.doubts.iter().filter(|d| is_fault(d)).map(ToString::to_string).collect(),
    }
}

/// The name that a file has by its own word. An unsigned image knows its name without the ending.
fn whole_name(own: Option<&str>, given: &str) -> String {
    match (own, given.rsplit_once('.')) {
        (Some(own), Some((_, ending))) if !own.contains('.') => format!("{own}.{ending}"),
        (Some(own), _) => own.to_owned(),
        (None, _) => given.to_owned(),
    }
}

fn kind_of(identity: &image::Identity) -> BlobKind {
    let loads = match &identity.content {
        image::Content::Signed { body: image::Body::Loads(loads), .. } | image::Content::UnsignedList(loads) => loads,
        image::Content::Signed { body: image::Body::Archive(_) | image::Body::Image(_) | image::Body::Zup, .. }
        | image::Content::Image(_)
        | image::Content::Zup => return BlobKind::Image,
        _ => return BlobKind::Other,
    };
    match loads {
        Loads::List(list) => BlobKind::LoadList {
            files: list.files.iter().map(|f| f.name.clone()).collect(),
            hardware: list.hardware_comp,
        },
        Loads::Pair(pair) => BlobKind::LoadList { files: vec![pair.loader.clone(), pair.app.clone()], hardware: None },
    }
}

/// A file under a wrong name is whole: the shelf keeps it under its own.
const fn is_fault(doubt: &Doubt) -> bool {
    !matches!(doubt, Doubt::Renamed { .. })
}

/// SHA-256 in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::Digest;
    let digit = |n: u8| char::from_digit(u32::from(n), 16).unwrap_or('0');
    sha2::Sha256::digest(bytes).iter().flat_map(|b| [digit(b >> 4), digit(b & 0x0f)]).collect()
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
    /// Whether every file is here and sound.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.list.faults.is_empty()
    }
}

/// A file that a load needs and the shelf cannot give.
#[derive(Clone, Debug, PartialEq, Eq)]
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

    /// Puts a blob on the shelf. A sound one comes before a damaged one of the same name.
    pub fn put(&mut self, blob: Blob) {
        let of_name = self.blobs.entry(blob.name.to_ascii_lowercase()).or_default();
        if !of_name.iter().any(|b| b.sha256 == blob.sha256) {
            of_name.push(blob);
            of_name.sort_by_key(|b| !b.faults.is_empty());
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
                Some(blob) => load.missing.push(Missing { name: name.clone(), why: blob.faults.join("; ") }),
                None => load.missing.push(Missing { name: name.clone(), why: "not on the shelf".to_owned() }),
            }
        }
        Some(load)
    }
}
