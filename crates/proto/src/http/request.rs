//! A request as one buffer.

use std::fmt::Write as _;

/// A request to a phone's own web server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Path and query, beginning with `/`.
    pub target: String,
    /// The server's address, for `Host`.
    pub host: String,
    /// `Authorization`, as it stands.
    pub authorization: Option<String>,
    /// Kind and bytes of the body.
    pub body: Option<(String, Vec<u8>)>,
    /// Bytes that follow the body and are sent by somebody else: they count for `Content-Length`.
    pub more: u64,
}

impl Request {
    /// A request without a body.
    pub fn get(host: impl Into<String>, target: impl Into<String>) -> Request {
        Request { method: "GET", target: target.into(), host: host.into(), authorization: None, body: None, more: 0 }
    }

    /// A request with a body of this kind.
    pub fn post(host: impl Into<String>, target: impl Into<String>, kind: impl Into<String>, body: Vec<u8>) -> Request {
        Request { method: "POST", body: Some((kind.into(), body)), ..Request::get(host, target) }
    }

    /// Head and body, to be written in one piece.
    pub fn emit(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.0\r\nHost: {}\r\n", self.method, plain(&self.target), plain(&self.host));
        if let Some(authorization) = &self.authorization {
            let _ = write!(head, "Authorization: {}\r\n", plain(authorization));
        }
        head.push_str("Accept: */*\r\nAccept-Encoding: identity\r\nConnection: close\r\n");
        let mut bytes = head.into_bytes();
        if let Some((kind, body)) = &self.body {
            let length = (body.len() as u64).saturating_add(self.more);
            bytes.extend(format!("Content-Type: {}\r\nContent-Length: {length}\r\n\r\n", plain(kind)).into_bytes());
            bytes.extend_from_slice(body);
        } else {
            bytes.extend_from_slice(b"\r\n");
        }
        bytes
    }
}

/// What a page says must not become a header of its own.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).map(|c| if c == ' ' || c.is_ascii() { c } else { '?' }).collect()
}

/// `Basic` credentials (RFC 7617).
pub fn basic(user: &str, password: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes = format!("{user}:{password}").into_bytes();
    let mut out = String::from("Basic ");
    for group in bytes.chunks(3) {
        let at = |n: usize| u32::from(group.get(n).copied().unwrap_or_default());
        let word = at(0) << 16 | at(1) << 8 | at(2);
        for n in 0..4usize {
            let digit = DIGITS.get((word >> (18 - 6 * n)) as usize & 63).copied().unwrap_or(b'=');
            out.push(if n <= group.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_buffer_with_the_exact_length() {
        let request = Request::post("169.254.1.2", "/go", "application/x-www-form-urlencoded", b"a=1".to_vec());
        let text = String::from_utf8(request.emit()).unwrap();
        assert!(text.starts_with("POST /go HTTP/1.0\r\nHost: 169.254.1.2\r\n"), "{text}");
        assert!(text.ends_with("Content-Length: 3\r\n\r\na=1"), "{text}");
        assert!(!text.contains("Expect") && !text.contains("chunked"));
        let get = String::from_utf8(Request::get("h", "/").emit()).unwrap();
        assert!(get.ends_with("\r\n\r\n") && !get.contains("Content-Length"), "{get}");
    }

    #[test]
    fn a_page_cannot_write_headers() {
        let text = String::from_utf8(Request::get("h", "/a\r\nX: y").emit()).unwrap();
        assert_eq!(text.lines().count(), 6, "{text}");
    }

    #[test]
    fn credentials() {
        assert_eq!(basic("admin", "22222"), "Basic YWRtaW46MjIyMjI=");
        assert_eq!(basic("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }
}
