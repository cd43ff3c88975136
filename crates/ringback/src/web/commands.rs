//! What a technician wants, from a form or from JSON: checked against what is on the screen, then said to the loop.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bench::Command;
use bench::procedure::fit::Fit;
use bench::signalling::Wish;
use bench::view::{PhoneView, offers};
use profile::keys::Wipes;
use proto::Mac;
use serde::Deserialize;

use super::now::step_name;
use super::{Desk, api};
use crate::io::message::Message;

/// Largest form, bytes.
const FORM: usize = 16 << 10;

/// What can be said with a command; which of it counts is the command's business.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Said {
    /// For `start`: the procedure's id; none means the one that the phone's finding recommends.
    procedure: Option<String>,
    /// For `start`: the load to go to, its name or its version.
    to: Option<String>,
    /// For `start`: agrees to what the procedure erases, `settings` or `firmware`. Needed when it erases anything.
    erase: Option<String>,
    /// For `confirm`: the step that is confirmed, as the page had it. Another one by now is not confirmed.
    step: Option<String>,
    /// For `answer`: which of the answers that the step offers, from 0.
    answer: Option<usize>,
    /// For `tell`: `ring`, `restart` (read the configuration again) or `reset` (start again).
    wish: Option<String>,
    /// For `approve`: who approves that the phone is erased.
    who: Option<String>,
    /// For `approve`: why.
    why: Option<String>,
    /// For `map`: the name that the phone asks for.
    asked: Option<String>,
    /// For `map`: the file on the shelf that it means.
    file: Option<String>,
}

macro_rules! verbs {
    ($($name:ident, $verb:literal;)*) => {
        $(
            /// `POST …/phones/{mac}/…`, from a form or a script.
            pub(super) async fn $name(State(desk): State<Arc<Desk>>, Path(mac): Path<String>, request: Request) -> Response {
                command(&desk, &mac, $verb, request).await
            }
        )*
    };
}

verbs! {
    start_it, "start";
    confirm_it, "confirm";
    abort_it, "abort";
    answer_it, "answer";
    tell_it, "tell";
    allow_it, "allow";
    approve_it, "approve";
    map_it, "map";
}

async fn command(desk: &Desk, mac: &str, verb: &str, request: Request) -> Response {
    let headers = request.headers().clone();
    let is_api = request.uri().path().starts_with("/api/");
    let said = match to_bytes(request.into_body(), FORM).await {
        Ok(bytes) => read(&headers, &bytes),
        Err(_) => Err("the body is too large or broken".to_owned()),
    };
    let result = match (said, mac.parse::<Mac>()) {
        (Ok(said), Ok(mac)) => wanted(desk, mac, verb, said),
        (Err(why), _) => Err((StatusCode::BAD_REQUEST, "RB574", why)),
        (_, Err(_)) => Err((StatusCode::NOT_FOUND, "RB575", "the address is no Ethernet address".to_owned())),
    };
    let sent = result.and_then(|command| {
        let ended = |_| (StatusCode::SERVICE_UNAVAILABLE, "RB576", "the bench is switched off".to_owned());
        desk.mailbox.send(Message::Command(command)).map_err(ended)
    });
    match sent {
        Ok(()) if is_api => (StatusCode::ACCEPTED, axum::Json(serde_json::json!({ "accepted": true }))).into_response(),
        Ok(()) if headers.contains_key("x-ringback") => StatusCode::NO_CONTENT.into_response(),
        // A form without the script: back to the page.
        Ok(()) => (StatusCode::SEE_OTHER, [(LOCATION, format!("/phones/{}", mac.parse::<Mac>().unwrap_or_default()))])
            .into_response(),
        Err((status, code, why)) => api::refusal(status, code, Some(&why)),
    }
}

fn read(headers: &HeaderMap, bytes: &[u8]) -> Result<Said, String> {
    let kind = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    match kind.split(';').next().unwrap_or_default().trim() {
        "application/json" => serde_json::from_slice(bytes).map_err(|e| e.to_string()),
        "application/x-www-form-urlencoded" => form(bytes),
        _ if bytes.is_empty() => Ok(Said::default()),
        _ => Err("the body is neither JSON nor a form: name it by Content-Type".to_owned()),
    }
}

fn form(bytes: &[u8]) -> Result<Said, String> {
    let mut said = Said::default();
    for pair in std::str::from_utf8(bytes).map_err(|e| e.to_string())?.split('&').filter(|p| !p.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = value.replace('+', " ");
        let value = percent_encoding::percent_decode_str(&value).decode_utf8().map_err(|e| e.to_string())?;
        let field = match name {
            "procedure" => &mut said.procedure,
            "to" => &mut said.to,
            "erase" => &mut said.erase,
            "step" => &mut said.step,
            "wish" => &mut said.wish,
            "who" => &mut said.who,
            "why" => &mut said.why,
            "asked" => &mut said.asked,
            "file" => &mut said.file,
            "answer" => {
                said.answer = Some(value.parse().map_err(|_| "`answer` is no number".to_owned())?);
                continue;
            }
            other => return Err(format!("unknown field `{}`", proto::text::escape(other.as_bytes()))),
        };
        *field = (!value.is_empty()).then(|| value.into_owned());
    }
    Ok(said)
}

type Refused = (StatusCode, &'static str, String);

fn wanted(desk: &Desk, mac: Mac, verb: &str, said: Said) -> Result<Command, Refused> {
    let view = desk.view();
    let phone = view.as_ref().and_then(|v| v.phones.iter().find(|p| p.mac == mac));
    if verb == "allow" {
        return Ok(Command::Allow { phone: mac });
    }
    let phone = phone.ok_or_else(|| (StatusCode::NOT_FOUND, "RB575", format!("{mac} is not on the bench")))?;
    match verb {
        "start" => start(desk, phone, said),
        "confirm" => confirm(phone, said.step.as_deref()).map(|()| Command::Confirm { phone: mac }),
        "answer" => answer(phone, &said),
        "tell" => tell(phone, said.wish.as_deref()),
        "approve" => approve(phone, said),
        "map" => map(view.as_ref().map(|v| v.files.as_slice()).unwrap_or_default(), phone, said),
        _ => Ok(Command::Abort { phone: mac }),
    }
}

fn start(desk: &Desk, phone: &PhoneView, said: Said) -> Result<Command, Refused> {
    let refuse = |why: String| (StatusCode::CONFLICT, "RB575", why);
    let offers = offers(&desk.profiles, phone);
    let recommended = || phone.findings.iter().find_map(|f| f.procedure.clone());
    let Some(id) = said.procedure.or_else(recommended) else {
        return Err(refuse("no finding recommends a procedure: name one".to_owned()));
    };
    let Some(offer) = offers.iter().find(|o| o.id == id) else {
        return Err(refuse(format!("this phone has no procedure `{}`", proto::text::escape(id.as_bytes()))));
    };
    if let Fit::Not { code, why } = &offer.fit {
        return Err((StatusCode::CONFLICT, code, format!("“{}” is not for this phone: {why}", offer.title)));
    }
    if offers.iter().any(|o| o.runs) {
        return Err(refuse("a procedure runs: stop it first".to_owned()));
    }
    let agrees = match offer.wipes {
        Wipes::Nothing => None,
        Wipes::Settings => Some("settings"),
        Wipes::Firmware => Some("firmware"),
    };
    if agrees.is_some() && said.erase.as_deref() != agrees {
        let what = agrees.unwrap_or_default();
        return Err((StatusCode::CONFLICT, "RB577", format!("`{id}` erases {what}: agree with erase={what}")));
    }
    Ok(Command::Start { phone: phone.mac, procedure: Some(id), to: said.to })
}

fn answer(phone: &PhoneView, said: &Said) -> Result<Command, Refused> {
    confirm(phone, said.step.as_deref())?;
    let ask = phone.procedure.as_ref().and_then(|p| p.ask.as_ref());
    match said.answer.filter(|n| ask.is_some_and(|a| *n < a.answers.len())) {
        Some(answer) => Ok(Command::Answer { phone: phone.mac, answer }),
        None => Err((StatusCode::CONFLICT, "RB578", "the step has no such answer".to_owned())),
    }
}

fn tell(phone: &PhoneView, wish: Option<&str>) -> Result<Command, Refused> {
    let wish = match wish {
        Some("ring") => Wish::Ring,
        Some("restart") => Wish::Restart,
        Some("reset") => Wish::Reset,
        _ => return Err((StatusCode::BAD_REQUEST, "RB574", "`wish` is ring, restart or reset".to_owned())),
    };
    if phone.registered.is_none() {
        return Err((StatusCode::CONFLICT, "RB575", "the phone is not registered with this bench".to_owned()));
    }
    Ok(Command::Tell { phone: phone.mac, wish })
}

fn approve(phone: &PhoneView, said: Said) -> Result<Command, Refused> {
    confirm(phone, said.step.as_deref())?;
    let ask = phone.procedure.as_ref().and_then(|p| p.ask.as_ref());
    if !ask.is_some_and(|a| a.approval) {
        return Err((StatusCode::CONFLICT, "RB578", "nobody is asked to approve anything now".to_owned()));
    }
    let text = |said: Option<String>| said.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
    match (text(said.who), text(said.why)) {
        (Some(who), Some(why)) => Ok(Command::Approve { phone: phone.mac, who, why }),
        _ => Err((StatusCode::BAD_REQUEST, "RB574", "say who approves it, and why".to_owned())),
    }
}

fn map(files: &[String], phone: &PhoneView, said: Said) -> Result<Command, Refused> {
    let text = |said: Option<String>| said.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
    let (Some(asked), Some(file)) = (text(said.asked), text(said.file)) else {
        return Err((StatusCode::BAD_REQUEST, "RB574", "say the name that is asked for, and the file".to_owned()));
    };
    match files.iter().find(|f| f.eq_ignore_ascii_case(&file)) {
        Some(file) => Ok(Command::Map { phone: phone.mac, asked, file: file.clone() }),
        None => {
            let file = proto::text::escape_short(file.as_bytes(), 100);
            Err((
                StatusCode::CONFLICT,
                "RB575",
                format!("the shelf has no sound file `{file}`: add it on the page Shelf"),
            ))
        }
    }
}

/// That the step which was on the screen still is the one that runs.
fn confirm(phone: &PhoneView, step: Option<&str>) -> Result<(), Refused> {
    let running = phone.procedure.as_ref().filter(|p| p.ended.is_none());
    match running {
        Some(procedure) if step.is_none_or(|s| s == step_name(procedure)) => Ok(()),
        Some(_) => Err((StatusCode::CONFLICT, "RB578", "another step is under way by now: look again".to_owned())),
        None => Err((StatusCode::CONFLICT, "RB578", "no procedure runs for this phone".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_and_an_unknown_field_is_named() {
        let said = form(b"procedure=full-wipe&erase=firmware&to=9.4%282%29+x&step=").unwrap();
        assert_eq!((said.procedure.as_deref(), said.erase.as_deref()), (Some("full-wipe"), Some("firmware")));
        assert_eq!((said.to.as_deref(), said.step), (Some("9.4(2) x"), None));
        assert!(form(b"colour=grey").unwrap_err().contains("colour"));
        assert!(form(b"to=%ff").is_err());
    }
}
