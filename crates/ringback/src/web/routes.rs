//! Every address in one place.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::api::OPERATIONS;
use super::{Desk, assets, commands, demo, ledger, live, pages, shelf};

/// Everything that is answered.
pub(super) fn router(desk: Arc<Desk>) -> Router {
    let mut router = Router::new()
        .route("/", get(pages::bench))
        .route("/phones/{mac}", get(pages::phone))
        .route("/phones/{mac}/start", post(commands::start_it))
        .route("/phones/{mac}/confirm", post(commands::confirm_it))
        .route("/phones/{mac}/abort", post(commands::abort_it))
        .route("/phones/{mac}/allow", post(commands::allow_it))
        .route("/phones/{mac}/answer", post(commands::answer_it))
        .route("/phones/{mac}/tell", post(commands::tell_it))
        .route("/phones/{mac}/approve", post(commands::approve_it))
        .route("/phones/{mac}/map", post(commands::map_it))
        .route("/shelf", get(shelf::page))
        .route("/ledger", get(ledger::page))
        .route("/ledger/export.csv", get(ledger::export_csv))
        .route("/ledger/export.json", get(ledger::export_json))
        .route("/ledger/{run}/{stay}", get(ledger::report))
        .route("/help", get(pages::help))
        .route("/live", get(live::live))
        .route("/assets/{name}", get(assets::asset));
    for operation in OPERATIONS {
        router = router.route(operation.path, (operation.handler)());
    }
    // Only a demo with hands has hands.
    if desk.demo.is_some() {
        router = router
            .route("/demo/phone", get(demo::page))
            .route("/demo/phones", get(demo::phones))
            .route("/demo/act", post(demo::act));
    }
    router.fallback(pages::nothing).with_state(desk)
}
