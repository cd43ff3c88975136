//! What can be read.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bench::View;
use bench::diagnose::codes::all;
use bench::view::{PhoneView, offers};
use proto::Mac;
use schemars::JsonSchema;
use serde::Serialize;

use super::{openapi_json, refusal};
use crate::web::Desk;

/// A code, explained.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Code {
    /// `RB` and three digits.
    code: &'static str,
    /// What it is.
    title: &'static str,
    /// Why it happens.
    cause: &'static str,
    /// What to do.
    remedy: &'static str,
}

/// `GET /api/v1/view`.
pub(super) async fn view(State(desk): State<Arc<Desk>>) -> Response {
    with_view(&desk, |view| axum::Json(view).into_response())
}

/// `GET /api/v1/phones`.
pub(super) async fn phones(State(desk): State<Arc<Desk>>) -> Response {
    with_view(&desk, |view| axum::Json(&view.phones).into_response())
}

/// `GET /api/v1/phones/{mac}`.
pub(super) async fn phone(State(desk): State<Arc<Desk>>, Path(mac): Path<String>) -> Response {
    with_phone(&desk, &mac, |phone| axum::Json(phone).into_response())
}

/// `GET /api/v1/phones/{mac}/procedures`.
pub(super) async fn procedures(State(desk): State<Arc<Desk>>, Path(mac): Path<String>) -> Response {
    with_phone(&desk, &mac, |phone| axum::Json(offers(&desk.profiles, phone)).into_response())
}

/// `GET /api/v1/codes`.
pub(super) async fn codes() -> Response {
    let code =
        |e: bench::diagnose::codes::Explained| Code { code: e.code, title: e.title, cause: e.cause, remedy: e.remedy };
    axum::Json(all().into_iter().map(code).collect::<Vec<_>>()).into_response()
}

/// `GET /api/v1/openapi.json`.
pub(super) async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/json")], openapi_json()).into_response()
}

fn with_view(desk: &Desk, answer: impl FnOnce(&View) -> Response) -> Response {
    match desk.view() {
        Some(view) => answer(&view),
        None => refusal(StatusCode::SERVICE_UNAVAILABLE, "RB576", Some("the bench is being switched on")),
    }
}

fn with_phone(desk: &Desk, mac: &str, answer: impl FnOnce(&PhoneView) -> Response) -> Response {
    let mac = mac.parse::<Mac>().ok();
    let view = desk.view();
    match view.as_ref().and_then(|v| v.phones.iter().find(|p| Some(p.mac) == mac)) {
        Some(phone) => answer(phone),
        None => refusal(StatusCode::NOT_FOUND, "RB575", Some("no phone with this address is on the bench")),
    }
}
