//! The shelf's page: what is there and what is missing, and files brought by drag and drop.
//!
//! A file is written beside the shelf first, within a limit, and then taken by the code of `ringback shelf add`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::body::{Body, HttpBody};
use axum::extract::{Path as UrlPath, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::response::{Html, IntoResponse, Response};
use bench::shelf::{Blob, BlobKind, Load, Reference, Shelf as Index};
use http_body_util::BodyExt;
use serde::Serialize;

use super::fragments::{Piece, html};
use super::{Desk, api, icons, pages, words};
use crate::store::shelf::{Added, Shelf};

/// Largest upload, bytes.
const UPLOAD: u64 = 2 << 30;
/// Without a byte for so long, an upload is given up.
const STALL: Duration = Duration::from_secs(30);
/// Longest file name, bytes.
const NAME: usize = 255;

/// What is on the shelf.
#[derive(Debug, Default, Serialize, schemars::JsonSchema)]
pub(super) struct ShelfView {
    /// Loads whose list is here.
    loads: Vec<LoadView>,
    /// Files that are part of no load.
    others: Vec<OtherFile>,
}

/// A load.
#[derive(Debug, Serialize, schemars::JsonSchema)]
struct LoadView {
    /// Its name, as configuration files write it.
    name: String,
    /// Whether every file is here and sound.
    complete: bool,
    /// Its files that are here.
    files: Vec<String>,
    /// Their bytes, with the list's.
    size: u64,
    /// Files that it needs and that cannot be given.
    missing: Vec<MissingFile>,
}

/// A file that a load needs.
#[derive(Debug, Serialize, schemars::JsonSchema)]
struct MissingFile {
    /// Its name.
    name: String,
    /// Why it cannot be given.
    why: String,
}

/// A file that is part of no load.
#[derive(Debug, Serialize, schemars::JsonSchema)]
struct OtherFile {
    /// Its name.
    name: String,
    /// Its length, bytes.
    size: u64,
    /// What it is, and what is wrong with it.
    what: String,
}

/// What became of an upload.
#[derive(Debug, Default, Serialize, schemars::JsonSchema)]
pub(super) struct Taken {
    /// On the shelf now, and not before.
    new: Vec<String>,
    /// There already.
    known: Vec<String>,
    /// What is to be known of an archive, or of what was taken.
    noted: Vec<MissingFile>,
    /// Not taken.
    refused: Vec<MissingFile>,
}

impl From<Added> for Taken {
    fn from(added: Added) -> Taken {
        let names = |blobs: Vec<Blob>| blobs.into_iter().map(|b| b.name).collect();
        let refused =
            added.refused.into_iter().map(|(name, why)| MissingFile { name: last_part(&name), why: why.to_string() });
        let no_firmware = |(_, name): (String, String)| MissingFile {
            name: last_part(&name),
            why: "RB249 it is no firmware".to_owned(),
        };
        let refused = refused.chain(added.left_out.into_iter().map(no_firmware));
        let noted = added.noted.into_iter().map(|(name, what)| (last_part(&name), what.to_string()));
        let cautions = added.new.iter().flat_map(|b| b.cautions.iter().map(|c| (b.name.clone(), c.to_string())));
        let noted = noted.chain(cautions).map(|(name, why)| MissingFile { name, why }).collect();
        Taken { new: names(added.new), known: names(added.known), noted, refused: refused.collect() }
    }
}

/// Where the upload lay for a moment is nobody's business.
fn last_part(name: &str) -> String {
    name.rsplit_once('/').filter(|(folder, _)| folder.contains(INCOMING)).map_or(name, |(_, last)| last).to_owned()
}

/// Reads the shelf.
pub(super) fn read(state: &Path) -> Result<ShelfView, crate::store::FileError> {
    Ok(view(&Index::new(Shelf::open(state)?.blobs())))
}

fn view(index: &Index) -> ShelfView {
    let mut loads: Vec<Load> = index.loads().collect();
    loads.sort_by_key(|l| (l.is_complete(), l.name.clone()));
    loads.dedup_by(|a, b| a.name == b.name);
    let of_load = |blob: &Blob| {
        loads.iter().any(|l| l.list.sha256 == blob.sha256 || l.files.iter().any(|f| f.sha256 == blob.sha256))
    };
    let others = index.blobs().filter(|b| !of_load(b)).map(|b| OtherFile {
        name: b.name.clone(),
        size: b.size,
        what: with_cautions(
            b,
            match (&b.kind, b.faults.is_empty()) {
                (_, false) => b.faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
                (BlobKind::LoadList { .. }, true) => "list of a load".to_owned(),
                (BlobKind::Image, true) => "firmware image".to_owned(),
                (BlobKind::Firmware(firmware), true) => match &firmware.version {
                    Some(version) => format!("firmware, version {version}"),
                    None => "firmware".to_owned(),
                },
                (BlobKind::RecoveryPart, true) => "part of a recovery set, by its name".to_owned(),
                (BlobKind::Hint { image }, true) => format!("hint that names {image}"),
                (BlobKind::Other, true) => "another kind of file".to_owned(),
            },
        ),
    });
    let others = others.collect();
    let load = |l: Load| LoadView {
        complete: l.is_complete(),
        files: l.files.iter().map(|f| f.name.clone()).collect(),
        size: l.files.iter().map(|f| f.size).sum::<u64>() + l.list.size,
        missing: l.missing.into_iter().map(|m| MissingFile { name: m.name, why: m.why }).collect(),
        name: l.name,
    };
    ShelfView { loads: loads.into_iter().map(load).collect(), others }
}

/// What it is, and what should be known of it, or that it is proven.
fn with_cautions(blob: &Blob, what: String) -> String {
    let proven = blob.proven.iter().map(|by| format!("the true one {by}"));
    let cautions = blob.cautions.iter().map(ToString::to_string);
    std::iter::once(what).chain(proven).chain(cautions).collect::<Vec<_>>().join("; ")
}

struct OneLoad {
    name: String,
    tone: &'static str,
    mark: &'static str,
    state: String,
    files: usize,
    size: String,
    missing: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "shelf_list.html")]
struct List {
    loads: Vec<OneLoad>,
    others: Vec<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "shelf.html")]
struct Page<'a> {
    limit: String,
    list: &'a str,
}

/// `/shelf`.
pub(super) async fn page(State(desk): State<Arc<Desk>>) -> Html<String> {
    let list = piece(Arc::clone(&desk)).await.map(|p| p.1).unwrap_or_default();
    let body = html(&Page { limit: words::bytes(UPLOAD), list: &list });
    pages::page(&desk, "shelf", "Shelf".to_owned(), Some("/live?page=shelf".to_owned()), &body)
}

/// The list, made anew; none when the shelf cannot be read now.
pub(super) async fn piece(desk: Arc<Desk>) -> Option<Piece> {
    let shelf = tokio::task::spawn_blocking(move || read(&desk.state)).await.ok()?.ok()?;
    let load = |l: LoadView| OneLoad {
        tone: if l.complete { "recovered" } else { "trouble" },
        mark: if l.complete { icons::DONE } else { icons::WRONG },
        state: if l.complete { "complete".to_owned() } else { format!("{} missing", l.missing.len()) },
        files: l.files.len() + 1,
        size: words::bytes(l.size),
        missing: l.missing.into_iter().map(|m| (m.name, m.why)).collect(),
        name: l.name,
    };
    let others = shelf.others.into_iter().map(|f| (f.name, words::bytes(f.size), f.what));
    Some(("f-shelf", html(&List { loads: shelf.loads.into_iter().map(load).collect(), others: others.collect() })))
}

/// `GET /api/v1/shelf`.
pub(super) async fn list(State(desk): State<Arc<Desk>>) -> Response {
    match tokio::task::spawn_blocking(move || read(&desk.state)).await {
        Ok(Ok(shelf)) => axum::Json(shelf).into_response(),
        Ok(Err(error)) => api::refusal(StatusCode::INTERNAL_SERVER_ERROR, "RB508", Some(&error.to_string())),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// `PUT /api/v1/shelf/{name}`: one file or archive.
pub(super) async fn put(State(desk): State<Arc<Desk>>, UrlPath(name): UrlPath<String>, request: Request) -> Response {
    let said = request.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|n| n > UPLOAD) {
        return too_large();
    }
    if !is_plain(&name) {
        let why = "the name must be a file's name, without folders";
        return api::refusal(StatusCode::BAD_REQUEST, "RB574", Some(why));
    }
    // One at a time: the next waits here, and its browser with it.
    let _turn = desk.adding.lock().await;
    let incoming = match Incoming::new(&desk.state, &name) {
        Ok(incoming) => incoming,
        Err(error) => return broken(&error),
    };
    match incoming.fill(request.into_body(), UPLOAD).await {
        Ok(()) => {}
        Err(Unfilled::TooLarge) => return too_large(),
        Err(Unfilled::Io(error)) => return broken(&error),
        Err(Unfilled::Gone) => {
            return api::refusal(StatusCode::BAD_REQUEST, "RB579", Some("the upload stopped before its end"));
        }
    }
    let state = desk.state.clone();
    let profiles = Arc::clone(&desk.profiles);
    let added = tokio::task::spawn_blocking(move || {
        let mut shelf = Shelf::open(&state)?;
        let added = shelf.add(std::slice::from_ref(&incoming.file), &Reference::of(&profiles), &mut |_| {});
        drop(incoming);
        added
    });
    match added.await {
        Ok(Ok(added)) => axum::Json(Taken::from(added)).into_response(),
        Ok(Err(error)) => api::refusal(StatusCode::INTERNAL_SERVER_ERROR, "RB508", Some(&error.to_string())),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn too_large() -> Response {
    let why = format!("more than {}", words::bytes(UPLOAD));
    api::refusal(StatusCode::PAYLOAD_TOO_LARGE, "RB579", Some(&why))
}

fn broken(error: &std::io::Error) -> Response {
    api::refusal(StatusCode::INTERNAL_SERVER_ERROR, "RB508", Some(&error.to_string()))
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.len() <= NAME && !name.starts_with('.') && !name.contains(['/', '\\', '\0'])
}

const INCOMING: &str = "incoming";

/// A file on its way to the shelf, in a folder of its own that goes with it.
struct Incoming {
    folder: PathBuf,
    file: PathBuf,
}

enum Unfilled {
    TooLarge,
    Gone,
    Io(std::io::Error),
}

impl Incoming {
    /// What an earlier, killed upload left is removed: there is one at a time.
    fn new(state: &Path, name: &str) -> std::io::Result<Incoming> {
        let folder = state.join(INCOMING);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        let file = folder.join(name);
        Ok(Incoming { folder, file })
    }

    async fn fill(&self, mut body: Body, limit: u64) -> Result<(), Unfilled> {
        let mut file = fs::File::create_new(&self.file).map_err(Unfilled::Io)?;
        let mut bytes = 0u64;
        while !body.is_end_stream() {
            let frame = tokio::time::timeout(STALL, body.frame()).await.map_err(|_| Unfilled::Gone)?;
            let Some(frame) = frame else { break };
            let Ok(data) = frame.map_err(|_| Unfilled::Gone)?.into_data() else { continue };
            bytes += data.len() as u64;
            if bytes > limit {
                return Err(Unfilled::TooLarge);
            }
            // The disk takes it as it comes: what waits is one piece.
            file.write_all(&data).map_err(Unfilled::Io)?;
        }
        Ok(())
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_files_name_is_a_name() {
        assert!(is_plain("cmterm-7945_7965-sccp.8-5-2.zip"));
        for bad in ["", "..", ".profile", "a/b", "a\\b", "a\0b"] {
            assert!(!is_plain(bad), "{bad:?}");
        }
    }

    #[test]
    fn what_is_in_a_load_is_not_listed_twice() {
        let blob = |name: &str, kind| Blob {
            kind,
            sha256: name.into(),
            faults: Vec::new(),
            ..bench::shelf::examine(name, &[7])
        };
        let files = vec!["a.sbn".into(), "b.sbn".into()];
        let list = BlobKind::LoadList { files, hardware: None, release: None };
        let shelf =
            view(&Index::new([blob("L.loads", list), blob("a.sbn", BlobKind::Image), blob("x.txt", BlobKind::Other)]));
        assert_eq!(shelf.loads.len(), 1);
        assert_eq!((shelf.loads[0].complete, shelf.loads[0].missing[0].name.as_str()), (false, "b.sbn"));
        assert_eq!(shelf.others.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["x.txt"]);
    }
}
