//! The hands of the demo's person: keys and plugs of the simulated phones. Under `/demo/` and nowhere else,
//! and only where `ringback demo --by-hand` has laid them; a real bench has no such address.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use proto::Mac;
use serde::{Deserialize, Serialize};
use sim::{Key, PhoneStatus};
use tokio::sync::watch;

use super::fragments::{Piece, html};
use super::{Desk, api, pages};

/// The keys on the page.
const KEYS: [&str; 16] =
    ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#", "settings", "mute", "speaker", "softkey 1"];

/// One movement of a hand.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "act", rename_all = "lowercase")]
pub(crate) enum Act {
    /// Power comes or goes.
    Power {
        /// Whether it comes.
        on: bool,
    },
    /// A key goes down or up.
    Key {
        /// Which.
        key: Key,
        /// Whether it goes down.
        down: bool,
    },
}

/// A movement at one of the phones; none means the first.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Deed {
    /// Whose.
    #[serde(default)]
    pub(crate) phone: Option<Mac>,
    /// What.
    #[serde(flatten)]
    pub(crate) act: Act,
}

/// What goes between this page and the simulated phones.
#[derive(Debug)]
pub(crate) struct Hands {
    deeds: Mutex<Sender<Deed>>,
    phones: Mutex<Vec<PhoneStatus>>,
    changed: watch::Sender<u64>,
}

impl Hands {
    /// Hands whose movements go there.
    pub(crate) fn new(deeds: Sender<Deed>) -> Hands {
        Hands { deeds: Mutex::new(deeds), phones: Mutex::default(), changed: watch::Sender::new(0) }
    }

    /// How the phones look now.
    pub(crate) fn show(&self, phones: Vec<PhoneStatus>) {
        let mut shown = self.phones.lock().unwrap_or_else(PoisonError::into_inner);
        if *shown != phones {
            *shown = phones;
            self.changed.send_modify(|n| *n += 1);
        }
    }

    /// Is told of changes.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn phones(&self) -> Vec<PhoneStatus> {
        self.phones.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

struct OnePhone {
    id: String,
    mac: Mac,
    model: String,
    powered: bool,
    screen: Vec<String>,
    lamps: Vec<(String, String, String)>,
    note: String,
}

#[derive(Template)]
#[template(path = "demo_phone.html")]
struct Phones {
    keys: &'static [&'static str],
    phones: Vec<OnePhone>,
}

#[derive(Template)]
#[template(path = "demo.html")]
struct Page<'a> {
    phone: &'a str,
}

/// The phones as they look, as a piece of the page.
pub(super) fn piece(hands: Option<&Hands>) -> Piece {
    let phones = hands.map(Hands::phones).unwrap_or_default();
    let phones = phones.into_iter().map(|p| OnePhone {
        id: p.mac.bare_lower(),
        mac: p.mac,
        model: p.model,
        powered: p.powered,
        screen: p.screen,
        lamps: p.lamps.iter().map(|l| (l.name.to_owned(), word(&l.colour), word(&l.mode))).collect(),
        note: format!("It is {}. It runs {}.", p.state, p.load.as_deref().unwrap_or("nothing")),
    });
    ("f-demo", html(&Phones { keys: &KEYS, phones: phones.collect() }))
}

/// The word of one of the simulator's small enums.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// `/demo/phone`.
pub(super) async fn page(State(desk): State<Arc<Desk>>) -> Response {
    match desk.demo.as_deref() {
        Some(hands) => {
            let body = html(&Page { phone: &piece(Some(hands)).1 });
            let live = Some("/live?page=demo".to_owned());
            pages::page(&desk, "demo", "The simulated phone".to_owned(), live, &body).into_response()
        }
        None => (StatusCode::NOT_FOUND, pages::plain("RB575")).into_response(),
    }
}

/// `GET /demo/phones`: how they look, as JSON.
pub(super) async fn phones(State(desk): State<Arc<Desk>>) -> Response {
    #[derive(Serialize)]
    struct Table {
        phones: Vec<PhoneStatus>,
    }
    match desk.demo.as_deref() {
        Some(hands) => axum::Json(Table { phones: hands.phones() }).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `POST /demo/act`: a movement.
pub(super) async fn act(State(desk): State<Arc<Desk>>, axum::Json(deed): axum::Json<Deed>) -> Response {
    let sent = desk
        .demo
        .as_deref()
        .is_some_and(|hands| hands.deeds.lock().unwrap_or_else(PoisonError::into_inner).send(deed).is_ok());
    if sent {
        StatusCode::NO_CONTENT.into_response()
    } else {
        api::refusal(StatusCode::NOT_FOUND, "RB575", Some("there is no simulated phone to touch"))
    }
}
