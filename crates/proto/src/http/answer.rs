//! An answer, however it is written.

/// Bytes of an answer that are read; what is behind them is not waited for.
pub const LIMIT: usize = 192 << 10;

/// Lines of a head that are read.
const HEADERS: usize = 64;

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status; none when there was no status line, and everything is the body (HTTP/0.9).
    pub status: Option<u16>,
    /// Header lines: name in lower case, value. Bytes above ASCII are one character each.
    pub headers: Vec<(String, String)>,
    /// The body, as far as it came.
    pub body: Vec<u8>,
    /// Whether less came than was announced.
    pub short: bool,
}

impl Answer {
    /// Reads everything that came. Never fails; nothing gives an empty answer.
    pub fn read(bytes: &[u8]) -> Answer {
        let Some((status, rest)) = status_line(bytes) else {
            return Answer { body: bytes.to_vec(), ..Answer::default() };
        };
        let (headers, body) = head(rest);
        let mut answer = Answer { status: Some(status), headers, body: body.to_vec(), short: false };
        if answer.is_chunked() {
            let (whole, done) = chunks(body);
            answer.body = whole;
            answer.short = !done;
        } else if let Some(length) = answer.length() {
            answer.short = (body.len() as u64) < length;
            answer.body.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        }
        answer
    }

    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|h| h.0 == name).map(|h| h.1.as_str())
    }

    /// The realm of a `WWW-Authenticate` header.
    pub fn realm(&self) -> Option<&str> {
        let value = self.header("www-authenticate")?;
        let at = value.to_ascii_lowercase().find("realm=")?;
        let rest = value.get(at + 6..)?;
        match rest.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next(),
            None => rest.split([',', ' ']).next(),
        }
    }

    fn length(&self) -> Option<u64> {
        self.header("content-length")?.trim().parse().ok()
    }

    fn is_chunked(&self) -> bool {
        self.header("transfer-encoding").is_some_and(|v| v.to_ascii_lowercase().contains("chunked"))
    }
}

/// Whether all of an answer is here, so that nobody has to wait for the connection's end.
pub fn is_whole(bytes: &[u8]) -> bool {
    let Some((status, rest)) = status_line(bytes) else { return false };
    if !has_head(rest) {
        return false;
    }
    let (headers, body) = head(rest);
    let answer = Answer { status: Some(status), headers, ..Answer::default() };
    if answer.is_chunked() {
        chunks(body).1
    } else {
        // Small servers announce a length and close; without one only the end of the connection tells.
        answer.length().is_some_and(|length| body.len() as u64 >= length)
    }
}

fn status_line(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let start = bytes.trim_ascii_start();
    let (line, rest) = line(start);
    let text = std::str::from_utf8(line).ok()?;
    let (version, after) = text.split_once(' ')?;
    if !version.get(..5).is_some_and(|v| v.eq_ignore_ascii_case("HTTP/")) {
        return None;
    }
    let status = after.split_ascii_whitespace().next()?.parse().ok()?;
    Some((status, rest))
}

fn has_head(rest: &[u8]) -> bool {
    rest.starts_with(b"\r\n")
        || rest.starts_with(b"\n")
        || rest.windows(2).any(|w| w == b"\n\n")
        || rest.windows(3).any(|w| w == b"\n\r\n")
}

fn head(mut rest: &[u8]) -> (Vec<(String, String)>, &[u8]) {
    let mut headers: Vec<(String, String)> = Vec::new();
    while !rest.is_empty() {
        let (this, after) = line(rest);
        rest = after;
        if this.is_empty() {
            break;
        }
        let text: String = this.iter().map(|&b| char::from(b)).collect();
        if text.starts_with([' ', '\t']) {
            // A folded line belongs to the one before it.
            if let Some(last) = headers.last_mut() {
                last.1.push(' ');
                last.1.push_str(text.trim());
            }
        } else if let Some((name, value)) = text.split_once(':')
            && headers.len() < HEADERS
        {
            headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    (headers, rest)
}

/// A line without its end, and what is behind it.
fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|&b| b == b'\n') {
        Some(at) => {
            let (this, rest) = bytes.split_at(at);
            (this.strip_suffix(b"\r").unwrap_or(this), rest.get(1..).unwrap_or_default())
        }
        None => (bytes, &[]),
    }
}

/// The chunks joined, and whether the last one was there (RFC 9112 §7.1).
fn chunks(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        let (head, after) = line(rest);
        let text = std::str::from_utf8(head).unwrap_or_default();
        let size = usize::from_str_radix(text.split(';').next().unwrap_or_default().trim(), 16);
        match size {
            Ok(0) => return (body, true),
            Ok(size) => {
                let Some(chunk) = after.get(..size) else {
                    body.extend_from_slice(after);
                    return (body, false);
                };
                body.extend_from_slice(chunk);
                let behind = after.get(size..).unwrap_or_default();
                rest = behind.strip_prefix(b"\r\n").or_else(|| behind.strip_prefix(b"\n")).unwrap_or(behind);
            }
            Err(_) => return (body, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn as_they_should_be_and_as_they_are() {
        let plain = Answer::read(b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\nContent-Type: text/html;\r\n\r\nhello more");
        assert_eq!((plain.status, plain.body.as_slice(), plain.short), (Some(200), &b"hello"[..], false));
        let lf = Answer::read(b"http/1.1 405 no\nAllow : POST\n\nsorry");
        assert_eq!((lf.status, lf.header("allow"), lf.body.as_slice()), (Some(405), Some("POST"), &b"sorry"[..]));
        let old = Answer::read(b"<html>Invalid Parameters");
        assert_eq!((old.status, old.body.as_slice()), (None, &b"<html>Invalid Parameters"[..]));
        let short = Answer::read(b"HTTP/1.0 200 OK\r\nContent-Length: 50\r\n\r\nhello");
        assert_eq!((short.body.as_slice(), short.short), (&b"hello"[..], true));
        let chunked =
            Answer::read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n");
        assert_eq!((chunked.body.as_slice(), chunked.short), (&b"hello!"[..], false));
        assert_eq!(Answer::read(b""), Answer::default());
    }

    #[test]
    fn the_model_stands_in_the_realm() {
        let bytes =
            b"HTTP/1.1 401 Unauthorized\r\nServer: Aragorn\r\nWWW-Authenticate: Basic realm=\"Aastra 6757i\"\r\n\r\n";
        let answer = Answer::read(bytes);
        assert_eq!((answer.header("server"), answer.realm()), (Some("Aragorn"), Some("Aastra 6757i")));
    }

    #[test]
    fn when_to_stop_reading() {
        assert!(is_whole(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"));
        for open in [&b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok"[..], b"HTTP/1.0 200 OK\r\n\r\nok", b"ok", b""] {
            assert!(!is_whole(open), "{}", String::from_utf8_lossy(open));
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_fail(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = is_whole(&bytes);
            let _ = Answer::read(&[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", &bytes[..]].concat());
            let _ = Answer::read(&bytes);
        }
    }
}
