//! The same for scripts: JSON over HTTP. What stands in [`OPERATIONS`] is routed, described, and nothing else is.

mod events;
mod openapi;
mod read;

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post, put};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::{Desk, commands, ledger, shelf};

pub(super) use openapi::openapi_json;

/// What is said when something cannot be had or done.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Refused {
    /// `RB` and three digits: `ringback explain` knows more.
    code: String,
    /// What happened and why.
    what: String,
    /// What to do.
    remedy: String,
}

/// An answer that says no, with its code.
pub(super) fn refusal(status: StatusCode, code: &str, why: Option<&str>) -> Response {
    let explained = bench::diagnose::codes::explain(code).first().copied();
    let what = why.or(explained.map(|e| e.title)).unwrap_or_default().to_owned();
    let remedy = explained.map_or("", |e| e.remedy).to_owned();
    (status, axum::Json(Refused { code: code.to_owned(), what, remedy })).into_response()
}

/// A type's schema.
type Shape = fn(&mut SchemaGenerator) -> Schema;

fn shape<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// A parameter in the query: its name, what it is, whether it is a number.
type Query = (&'static str, &'static str, bool);

/// One operation of the API.
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    id: &'static str,
    summary: &'static str,
    query: &'static [Query],
    body: Option<Body>,
    answer: Answer,
    refusals: &'static [u16],
    pub(super) handler: fn() -> MethodRouter<Arc<Desk>>,
}

impl Operation {
    /// Its name in the description.
    #[cfg(test)]
    pub(super) fn id(&self) -> &'static str {
        self.id
    }
}

enum Body {
    Json(Shape),
    Bytes,
}

enum Answer {
    Json(Shape),
    Accepted,
    Events,
    Any,
}

const fn reads(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    answer: Answer,
    handler: fn() -> MethodRouter<Arc<Desk>>,
) -> Operation {
    Operation { method: "get", path, id, summary, query: &[], body: None, answer, refusals: &[], handler }
}

const fn tells(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    handler: fn() -> MethodRouter<Arc<Desk>>,
) -> Operation {
    let body = Some(Body::Json(shape::<commands::Said>));
    Operation {
        method: "post",
        path,
        id,
        summary,
        query: &[],
        body,
        answer: Answer::Accepted,
        refusals: &[400, 403, 404, 409, 503],
        handler,
    }
}

/// Every operation, in the order in which it is described.
pub(super) static OPERATIONS: &[Operation] = &[
    Operation {
        refusals: &[503],
        ..reads(
            "/api/v1/view",
            "view",
            "The bench as it stands: everything that a screen shows.",
            Answer::Json(shape::<bench::View>),
            || get(read::view),
        )
    },
    Operation {
        refusals: &[503],
        ..reads(
            "/api/v1/phones",
            "phones",
            "The phones on the bench.",
            Answer::Json(shape::<Vec<bench::view::PhoneView>>),
            || get(read::phones),
        )
    },
    Operation {
        refusals: &[404],
        ..reads("/api/v1/phones/{mac}", "phone", "One phone.", Answer::Json(shape::<bench::view::PhoneView>), || {
            get(read::phone)
        })
    },
    Operation {
        refusals: &[404],
        ..reads(
            "/api/v1/phones/{mac}/procedures",
            "procedures",
            "The procedures that fit a phone, the recommended ones first.",
            Answer::Json(shape::<Vec<bench::view::Offer>>),
            || get(read::procedures),
        )
    },
    tells("/api/v1/phones/{mac}/start", "start", "Begin a procedure for a phone.", || post(commands::start_it)),
    tells("/api/v1/phones/{mac}/confirm", "confirm", "Say that the current step was done.", || {
        post(commands::confirm_it)
    }),
    tells("/api/v1/phones/{mac}/abort", "abort", "Stop the phone's procedure.", || post(commands::abort_it)),
    tells(
        "/api/v1/phones/{mac}/answer",
        "answer",
        "Say what the phone's screen shows, of the answers that the step offers.",
        || post(commands::answer_it),
    ),
    tells(
        "/api/v1/phones/{mac}/tell",
        "tell",
        "Tell a registered phone to ring, to read its configuration, to start again.",
        || post(commands::tell_it),
    ),
    tells(
        "/api/v1/phones/{mac}/approve",
        "approve",
        "Say who approves that the phone is erased, and why. Both go into the ledger.",
        || post(commands::approve_it),
    ),
    tells(
        "/api/v1/phones/{mac}/map",
        "map",
        "Say which file on the shelf a name means that the phone asks for.",
        || post(commands::map_it),
    ),
    tells("/api/v1/phones/{mac}/allow", "allow", "Answer this station although it is not known to be a phone.", || {
        post(commands::allow_it)
    }),
    Operation {
        query: &[(
            "after",
            "Only observations with a greater number, as far as they are kept; without it, only new ones. A `Last-Event-ID` header counts more.",
            true,
        )],
        ..reads(
            "/api/v1/events",
            "events",
            "Observations as they are made, as server-sent events: `observation` with the observation's number as its id, `lost` when some are no longer kept, `ended` when the program ends.",
            Answer::Events,
            || get(events::events),
        )
    },
    reads(
        "/api/v1/shelf",
        "shelf",
        "What firmware is there, and what is missing.",
        Answer::Json(shape::<shelf::ShelfView>),
        || get(shelf::list),
    ),
    Operation {
        method: "put",
        body: Some(Body::Bytes),
        refusals: &[400, 403, 413],
        ..reads(
            "/api/v1/shelf/{name}",
            "put_on_shelf",
            "Put a file or an archive on the shelf.",
            Answer::Json(shape::<shelf::Taken>),
            || put(shelf::put),
        )
    },
    Operation {
        query: &[
            ("q", "Words that a row must have: address, model, load, outcome, code.", false),
            ("limit", "How many rows at most; 100 if nothing is said.", true),
        ],
        ..reads(
            "/api/v1/ledger",
            "ledger",
            "Rows of the ledger, newest first.",
            Answer::Json(shape::<Vec<bench::ledger::Row>>),
            || get(ledger::list),
        )
    },
    reads(
        "/api/v1/codes",
        "codes",
        "Every code of findings and errors, explained.",
        Answer::Json(shape::<Vec<read::Code>>),
        || get(read::codes),
    ),
    reads("/api/v1/openapi.json", "openapi", "This description.", Answer::Any, || get(read::openapi)),
];
