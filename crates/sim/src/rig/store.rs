//! Made-up firmware and other files for a bench: what it is told of them, and the bytes behind them.

use std::collections::BTreeMap;
use std::sync::Arc;

use bench::plan::answer::Content;
use bench::shelf::{Blob, FolderFile, examine};

/// The files of one table.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// Judged files, as a shelf has them.
    pub blobs: Vec<Blob>,
    files: BTreeMap<String, Arc<[u8]>>,
    by_hash: BTreeMap<String, Arc<[u8]>>,
}

impl Store {
    /// Judges and keeps these files.
    pub fn new(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Store {
        let mut store = Store::default();
        for (name, bytes) in files {
            let blob = examine(&name, &bytes);
            let bytes: Arc<[u8]> = Arc::from(bytes);
            store.by_hash.insert(blob.sha256.clone(), Arc::clone(&bytes));
            store.files.insert(name, bytes);
            store.blobs.push(blob);
        }
        store
    }

    /// Every file, by the name it was brought under; of two with one name the last.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(name, bytes)| (name.as_str(), &**bytes))
    }

    /// The same files as a folder that is served.
    pub fn folder(&self) -> Vec<FolderFile> {
        self.files().map(|(path, bytes)| FolderFile { path: path.to_owned(), size: bytes.len() as u64 }).collect()
    }

    /// The bytes that the bench wants sent.
    pub fn open(&self, content: &Content) -> Option<Arc<[u8]>> {
        match content {
            Content::Bytes(bytes) => Some(Arc::clone(bytes)),
            Content::Blob { sha256, .. } => self.by_hash.get(sha256).cloned(),
            Content::Folder { path, .. } => self.files.get(path).cloned(),
        }
    }
}
