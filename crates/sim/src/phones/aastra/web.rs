//! Requests as these small servers read them, and the frames of their answers.

use crate::phones::parts::http::Request;
use crate::stream::Answer;

/// The most that fits into one segment on Ethernet.
const SEGMENT: usize = 1_460;
/// The longest head of a request that may come in pieces.
const LONGEST_HEAD: usize = 8 * 1024;

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// Here it is.
    Whole(Request),
    /// It waits for a word that never comes (`Expect`).
    Stall,
    /// It is not whole, or nothing the server understands.
    Torn,
}

/// A request that has to be whole in this one segment.
pub(super) fn one_segment(bytes: &[u8]) -> Read {
    match Request::parse(bytes) {
        Some(request) if request.field("expect").is_some() => Read::Stall,
        Some(request) if bytes.len() <= SEGMENT && is_plain(&request) => Read::Whole(request),
        _ => Read::Torn,
    }
}

/// A request that may come in pieces; `None`: there is more to come.
pub(super) fn many_segments(bytes: &[u8]) -> Option<Read> {
    let Some(request) = Request::parse(bytes) else {
        return (bytes.len() > LONGEST_HEAD).then_some(Read::Torn);
    };
    if request.field("expect").is_some() {
        return Some(Read::Stall);
    }
    let wanted = if request.method == "POST" { request.length() } else { Some(0) };
    match wanted {
        Some(wanted) if request.body.len() < wanted && request.field("transfer-encoding").is_none() => None,
        _ if is_plain(&request) => Some(Read::Whole(request)),
        _ => Some(Read::Torn),
    }
}

/// The body is exactly as long as it says, and in one piece.
fn is_plain(request: &Request) -> bool {
    let whole = match request.method.as_str() {
        "POST" => request.length() == Some(request.body.len()),
        _ => request.body.is_empty(),
    };
    whole && request.field("transfer-encoding").is_none()
}

/// What the boot loader's server says.
pub(super) fn recovery_answer(code: u16, html: &str) -> Answer {
    let head = format!("Content-Length: {}\r\nContent-Type: text/html;", html.len());
    Answer::last(format!("HTTP/1.0 {code} {}\r\n{head}\r\n\r\n{html}", reason(code)))
}

/// What the normal page's server says.
pub(super) fn ui_answer(code: u16, more: &str, html: &str) -> Answer {
    let head = format!(
        "Server: Aragorn\r\n{more}Connection: close\r\nContent-Length: {}\r\nContent-Type: text/html",
        html.len()
    );
    Answer::last(format!("HTTP/1.1 {code} {}\r\n{head}\r\n\r\n{html}", reason(code)))
}

fn reason(code: u16) -> &'static str {
    match code {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        _ => "Error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_in_one_segment_is_read_and_any_other_is_torn() {
        let good = "POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\na=b";
        assert!(matches!(one_segment(good.as_bytes()), Read::Whole(_)));
        assert!(matches!(one_segment(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"), Read::Whole(_)));
        for bad in [
            good.strip_suffix("a=b").unwrap().to_owned(),
            good.replace("Content-Length: 3\r\n", ""),
            good.replace("Length: 3", "Length: 2"),
            good.replace("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n"),
            good.replace("\r\n\r\n", &format!("\r\nCookie: {}\r\n\r\n", "x".repeat(1_500))),
            "GET / HTTP/1.1\r\nHost: x\r\n".to_owned(),
        ] {
            assert_eq!(one_segment(bad.as_bytes()), Read::Torn, "{bad}");
        }
        let expects = good.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
        assert_eq!(one_segment(expects.as_bytes()), Read::Stall);
    }

    #[test]
    fn where_pieces_are_allowed_they_are_waited_for() {
        let whole = "POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\na=b";
        for cut in 0..whole.len() {
            assert_eq!(many_segments(&whole.as_bytes()[..cut]), None, "{cut}");
        }
        assert!(matches!(many_segments(whole.as_bytes()), Some(Read::Whole(_))));
        assert_eq!(many_segments(&[b'x'; 9_000]), Some(Read::Torn));
    }
}
