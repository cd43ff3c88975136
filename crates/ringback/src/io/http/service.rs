//! A request becomes a question to the bench, its answer a response.

use std::fmt;
use std::net::Ipv4Addr;
use std::sync::Arc;

use bench::plan::answer::{Content, Refusal};
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, USER_AGENT};
use hyper::{Method, Request, Response, StatusCode};
use percent_encoding::percent_decode;
use tokio::sync::oneshot;

use super::body::Body;
use super::meter::Meter;
use super::news::News;
use super::server::House;
use crate::io::message::Message;

/// The longest User-Agent that is passed on, bytes.
const AGENT: usize = 1_024;

/// The connection is closed without a word.
#[derive(Debug)]
pub(super) struct Silence;

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not answered")
    }
}

impl std::error::Error for Silence {}

type Granted = Result<(News, Content), Option<Refusal>>;

/// Answers one request of the phone at `from`.
pub(super) async fn answer(
    house: Arc<House>,
    from: Ipv4Addr,
    meter: Meter,
    request: Request<Incoming>,
) -> Result<Response<Body>, Silence> {
    let is_head = request.method() == Method::HEAD;
    if !is_head && request.method() != Method::GET {
        return Ok(not_allowed());
    }
    let path = request.uri().path();
    // The first slash is the protocol's, not the name's: the same file has the same name by TFTP.
    let name: Vec<u8> = percent_decode(path.strip_prefix('/').unwrap_or(path).as_bytes()).collect();
    let agent = request.headers().get(USER_AGENT).map(|a| a.as_bytes().iter().copied().take(AGENT).collect());
    let kind = content_type(&name);
    meter.lock().asking(true);
    let granted = ask(&house, from, name, agent).await;
    let response = match granted {
        Ok((news, content)) => serve(&house, &meter, news, content, is_head, kind).await,
        Err(Some(refusal)) => Err(refusal),
        Err(None) => return Err(Silence),
    };
    meter.lock().asking(false);
    match response {
        Ok(response) => Ok(response),
        // HTTP/0.9 has no way to say no: words would be taken for the file.
        Err(_) if meter.lock().is_simple() => Err(Silence),
        Err(refusal) => Ok(refused(&refusal)),
    }
}

/// Asks the bench. Should the connection end before the answer comes, the transfer that the bench has
/// begun is told as failed.
async fn ask(house: &House, from: Ipv4Addr, name: Vec<u8>, user_agent: Option<Vec<u8>>) -> Granted {
    let (sender, answer) = oneshot::channel();
    let mailbox = &house.mailbox;
    let question = Message::FileRequest { via: house.via, from, name, user_agent, answer: sender };
    mailbox.send(question).map_err(|_| None)?;
    let (told, granted) = oneshot::channel();
    let mailbox = mailbox.clone();
    tokio::spawn(async move {
        if let Ok(answer) = answer.await {
            let granted = answer.map(|(id, content)| (News::new(id, mailbox, content.size()), content));
            // Not heard any more: dropping it tells of it.
            drop(told.send(granted));
        }
    });
    granted.await.unwrap_or(Err(None))
}

async fn serve(
    house: &House,
    meter: &Meter,
    mut news: News,
    content: Content,
    is_head: bool,
    kind: &'static str,
) -> Result<Response<Body>, Refusal> {
    let library = Arc::clone(&house.library);
    let opened = tokio::task::spawn_blocking(move || library.open(&content)).await;
    let data = match opened {
        Ok(Ok(data)) => data,
        failed => {
            let why = match failed {
                Ok(Err(error)) => error.to_string(),
                _ => "the bench is ending".to_owned(),
            };
            news.because(format!("it could not be opened: {why} (RB215)"));
            return Err(Refusal::Unreadable);
        }
    };
    let size = data.size();
    let body = if is_head {
        news.because("only its length was asked for (HTTP HEAD)");
        Body::Text(None)
    } else {
        let id = news.id();
        news.opened(size);
        meter.lock().begin(news);
        Body::file(data, id, meter.clone())
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_LENGTH, size.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}

fn refused(refusal: &Refusal) -> Response<Body> {
    let status = StatusCode::from_u16(refusal.http()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    words(status, refusal.words())
}

fn not_allowed() -> Response<Body> {
    let mut response = words(StatusCode::METHOD_NOT_ALLOWED, "files are only read here".to_owned());
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn words(status: StatusCode, words: String) -> Response<Body> {
    let mut response = Response::new(Body::text(words + "\n"));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

/// By the name's end, as a plain web server would.
fn content_type(name: &[u8]) -> &'static str {
    let name = name.to_ascii_lowercase();
    match name.rsplit(|&b| b == b'.').next().unwrap_or_default() {
        b"xml" => "text/xml",
        b"cfg" | b"cnf" | b"txt" | b"boot" => "text/plain",
        _ => "application/octet-stream",
    }
}
