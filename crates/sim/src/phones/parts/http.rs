//! An HTTP request as a small server reads it: line, fields, body. No chunks, no continuation lines.

/// A request head with what followed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Without the query.
    pub(crate) path: String,
    /// Behind the question mark.
    pub(crate) query: Option<String>,
    /// Names in lower case.
    fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Reads a request whose head is whole; `None` when it is not, or is none.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Request> {
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(bytes.get(..end)?).into_owned();
        let mut lines = head.split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, target, version) = (words.next()?, words.next()?, words.next()?);
        if !version.starts_with("HTTP/1.") || words.next().is_some() {
            return None;
        }
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        let fields = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let body = bytes.get(end + 4..).unwrap_or_default().to_vec();
        Some(Request { method: method.to_owned(), path: path.to_owned(), query, fields, body })
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// How long the body says it is.
    pub(crate) fn length(&self) -> Option<usize> {
        self.field("content-length")?.parse().ok()
    }

    /// User and password of Basic authentication.
    pub(crate) fn login(&self) -> Option<(String, String)> {
        let coded = self.field("authorization")?.strip_prefix("Basic ")?;
        let text = String::from_utf8(crate::base64::decode(coded)?).ok()?;
        text.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
    }
}

/// The pairs of an urlencoded form.
pub(crate) fn form(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| (decoded(k), decoded(v))).collect()
}

fn decoded(text: &str) -> String {
    let (mut out, mut bytes) = (Vec::new(), text.bytes());
    while let Some(byte) = bytes.next() {
        let hex = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16));
        let mut ahead = bytes.clone();
        match (byte, hex(ahead.next()), hex(ahead.next())) {
            (b'+', ..) => out.push(b' '),
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high << 4 | low).unwrap_or(b'?'));
                bytes = ahead;
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The one file of a multipart form with this field's name (RFC 7578), and its file name.
pub(crate) fn upload<'a>(request: &'a Request, field: &str) -> Option<(String, &'a [u8])> {
    let kind = request.field("content-type")?;
    let boundary = kind.split("boundary=").nth(1)?.trim_matches('"');
    let mark = format!("--{boundary}");
    let body = request.body.as_slice();
    let mut at = find(body, mark.as_bytes())? + mark.len();
    loop {
        let part = body.get(at..)?.strip_prefix(b"\r\n")?;
        let head_end = find(part, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(part.get(..head_end)?).into_owned();
        let data = part.get(head_end + 4..)?;
        let end = find(data, format!("\r\n{mark}").as_bytes())?;
        let value = |key: &str| head.split(&format!("{key}=\"")).nth(1)?.split('"').next().map(str::to_owned);
        // `filename="` ends in `name="` too, so the name is what stands behind a blank.
        let name = head.split(" name=\"").nth(1).and_then(|rest| rest.split('"').next());
        if name == Some(field) {
            return Some((value("filename")?, data.get(..end)?));
        }
        at = body.len() - data.len() + end + 2 + mark.len();
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len().max(1)).position(|w| w == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_taken_apart() {
        let text = "POST /a.html?x=1 HTTP/1.0\r\nContent-Length: 3\r\nAuthorization: Basic YWRtaW46MjIyMjI=\r\n\r\na=b";
        let request = Request::parse(text.as_bytes()).unwrap();
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/a.html"));
        assert_eq!(
            (request.query.as_deref(), request.length(), request.body.as_slice()),
            (Some("x=1"), Some(3), &b"a=b"[..])
        );
        assert_eq!(request.login(), Some(("admin".into(), "22222".into())));
        assert_eq!(Request::parse(b"GET / HTTP/1.1\r\nHost: x\r\n"), None, "not whole");
        assert_eq!(form("a=1&b=%2Fx+y&c"), [("a", "1"), ("b", "/x y"), ("c", "")].map(|(k, v)| (k.into(), v.into())));
        assert_eq!(form("a=100%"), [("a".to_owned(), "100%".to_owned())]);
    }

    #[test]
    fn an_upload_is_found_among_other_parts() {
        let body = "--X\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n77\r\n--X\r\nContent-Disposition: \
            form-data; name=\"file\"; filename=\"6867i.st\"\r\nContent-Type: application/octet-stream\r\n\r\nA\r\nB\r\n--X--\r\n";
        let head = "POST /up HTTP/1.0\r\nContent-Type: multipart/form-data; boundary=X\r\n\r\n";
        let request = Request::parse(format!("{head}{body}").as_bytes()).unwrap();
        assert_eq!(upload(&request, "file"), Some(("6867i.st".to_owned(), &b"A\r\nB"[..])));
        assert_eq!(upload(&request, "other"), None);
    }
}
