//! The folder of `ringback serve`: its list of files, and a thread that tells the loop when it changes.

mod listing;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

pub(crate) use self::listing::Listing;
use super::FileError;
use crate::io::message::{Mailbox, Message};

/// Folders are looked at so often.
const EVERY: Duration = Duration::from_secs(1);
/// Everything is listed anew every so many looks, since a file that grows does not change its folder.
const LOOKS: u32 = 5;

/// The thread that watches. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Watcher {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The folder as [`crate::io::content::Library`] wants it: absolute, without links, and really a folder.
pub(crate) fn root(folder: &Path) -> Result<PathBuf, FileError> {
    let error = |e| FileError::io("serve", folder, &e);
    let root = folder.canonicalize().map_err(error)?;
    std::fs::read_dir(&root).map_err(error)?;
    Ok(root)
}

impl Watcher {
    /// Lists the folder now, tells the loop, and goes on telling it when the list has changed. `root` is
    /// what [`root`] answered.
    pub(crate) fn start(root: &Path, mailbox: Mailbox) -> Result<Watcher, FileError> {
        Watcher::start_every(EVERY, root, mailbox)
    }

    fn start_every(every: Duration, root: &Path, mailbox: Mailbox) -> Result<Watcher, FileError> {
        let mut listing = Listing::of(root);
        // An error means that the loop has ended already; the thread will see that too.
        let _ = mailbox.send(Message::Folder(listing.files.clone()));
        let (stop, stopped) = channel();
        let place = root.to_owned();
        let watch = move || {
            let mut looks = 0;
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                looks += 1;
                if looks < LOOKS && !listing.folders_changed() {
                    continue;
                }
                looks = 0;
                let new = Listing::of(&place);
                let has_changed = new.files != listing.files;
                listing = new;
                if has_changed && mailbox.send(Message::Folder(listing.files.clone())).is_err() {
                    return;
                }
            }
        };
        let spawned = std::thread::Builder::new().name("folder".to_owned()).spawn(watch);
        let thread = spawned.map_err(|e: io::Error| FileError::io("watch", root, &e))?;
        Ok(Watcher { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use bench::shelf::FolderFile;

    use super::*;
    use crate::store::scratch::Scratch;

    #[test]
    fn the_loop_is_told_of_the_folder_and_of_its_changes() {
        let scratch = Scratch::new("folder");
        scratch.file("SIPDefault.cnf", b"abc");
        let (mailbox, mail, _bell) = Mailbox::new().unwrap();
        let watcher = Watcher::start_every(Duration::from_millis(5), scratch.path(), mailbox).unwrap();
        let next = || match mail.recv_timeout(Duration::from_secs(20)).unwrap() {
            Message::Folder(files) => files,
            _ => panic!("something else was said"),
        };
        let file = |path: &str, size| FolderFile { path: path.into(), size };
        assert_eq!(next(), [file("SIPDefault.cnf", 3)]);
        scratch.file("Desktops/List.xml", b"");
        // The folder may be seen before the file in it.
        while next() != [file("Desktops/List.xml", 0), file("SIPDefault.cnf", 3)] {}
        scratch.file("SIPDefault.cnf", b"abcdef");
        while next() != [file("Desktops/List.xml", 0), file("SIPDefault.cnf", 6)] {}
        drop(watcher);
        assert!(mail.recv().is_err(), "nobody watches any more");
    }

    #[test]
    fn what_is_no_folder_is_refused() {
        let scratch = Scratch::new("folder");
        let file = scratch.file("x", b"");
        for wrong in [file, scratch.path().join("no")] {
            let error = root(&wrong).unwrap_err().to_string();
            assert!(error.starts_with("RB508: cannot serve "), "{error}");
        }
    }
}
