//! Style sheet, script and icon, built into the program.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// Name, type, content.
static ASSETS: &[(&str, &str, &[u8])] = &[
    ("ringback.css", "text/css; charset=utf-8", include_bytes!("../../assets/ringback.css")),
    ("ringback.js", "text/javascript; charset=utf-8", include_bytes!("../../assets/ringback.js")),
    ("icon.svg", "image/svg+xml", include_bytes!("../../assets/icon.svg")),
];

/// One of them.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    match ASSETS.iter().find(|a| a.0 == name) {
        // Looked at anew each time: the program may have been replaced, and the way is short.
        Some((_, kind, bytes)) => ([(CONTENT_TYPE, *kind), (CACHE_CONTROL, "no-cache")], *bytes).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
