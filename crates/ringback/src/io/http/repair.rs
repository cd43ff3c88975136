//! Request heads as old phones and their boot loaders write them, made into what an HTTP parser takes.
//!
//! Repaired are request lines: no version (HTTP/0.9) or an unknown one, blanks and bytes above 127 in the
//! path, blanks where there should be one or none, small letters in the method, a path without its slash,
//! an absolute address. Header lines pass as they are; the parser behind this ignores those it cannot
//! read. What is not HTTP at all is an error, and bodies are not looked into.

/// The longest head, bytes.
pub(super) const LONGEST_HEAD: usize = 16 << 10;
const LONGEST_METHOD: usize = 32;

/// Why a connection is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotHttp {
    /// The head is longer than [`LONGEST_HEAD`].
    TooLong,
    /// The first word is not a method.
    NoMethod,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// In a request line, or before one.
    #[default]
    Line,
    /// In the header lines.
    Headers,
    /// In a body, or in something that is not for us: everything passes.
    Through,
    /// Behind an HTTP/0.9 request, which has nothing behind it.
    Nothing,
}

/// The repair of one connection, fed with bytes as they come.
#[derive(Debug, Default)]
pub(super) struct Repair {
    state: State,
    line: Vec<u8>,
    head_len: usize,
    has_body: bool,
    is_simple: bool,
}

impl Repair {
    /// Takes bytes from the wire and appends what the parser is to see.
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), NotHttp> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.state {
                State::Through => {
                    out.extend_from_slice(rest);
                    return Ok(());
                }
                State::Nothing => return Ok(()),
                State::Line | State::Headers => {
                    let end = rest.iter().position(|&b| b == b'\n').map_or(rest.len(), |at| at + 1);
                    let (part, behind) = rest.split_at(end);
                    rest = behind;
                    self.head_len += part.len();
                    if self.head_len > LONGEST_HEAD {
                        return Err(NotHttp::TooLong);
                    }
                    self.line.extend_from_slice(part);
                    if self.line.ends_with(b"\n") {
                        self.end_line(out)?;
                    } else if self.state == State::Line {
                        // Something other than HTTP may never send an end of line.
                        method(&self.line)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The other side will say no more: a head that is not ended is ended.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) -> Result<(), NotHttp> {
        if self.state == State::Line && !self.line.is_empty() {
            self.end_line(out)?;
        }
        if self.state == State::Headers {
            out.extend_from_slice(&std::mem::take(&mut self.line));
            out.extend_from_slice(b"\r\n\r\n");
            self.state = State::Through;
        }
        Ok(())
    }

    /// Whether a request has begun and its head has not ended.
    pub(super) fn is_in_head(&self) -> bool {
        self.state == State::Headers || (self.state == State::Line && !self.line.is_empty())
    }

    /// Whether the request was HTTP/0.9: the answer is the file's bytes and nothing else.
    pub(super) fn is_simple(&self) -> bool {
        self.is_simple
    }

    fn end_line(&mut self, out: &mut Vec<u8>) -> Result<(), NotHttp> {
        let line = std::mem::take(&mut self.line);
        let text = line.trim_ascii();
        match self.state {
            // Ends of line before a request are left over from the one before.
            State::Line if text.is_empty() => self.head_len = 0,
            State::Line => {
                let request = RequestLine::read(text)?;
                request.write(out);
                self.is_simple = request.version.is_none();
                self.has_body = !matches!(request.method.as_slice(), b"GET" | b"HEAD");
                self.state = if self.is_simple { State::Nothing } else { State::Headers };
            }
            _ => {
                out.extend_from_slice(&line);
                if text.is_empty() {
                    self.head_len = 0;
                    self.state = if self.has_body { State::Through } else { State::Line };
                } else {
                    self.has_body |= announces_body(text);
                }
            }
        }
        Ok(())
    }
}

struct RequestLine {
    method: Vec<u8>,
    path: Vec<u8>,
    /// The minor version; none is HTTP/0.9.
    version: Option<u8>,
}

impl RequestLine {
    fn read(line: &[u8]) -> Result<RequestLine, NotHttp> {
        let method = method(line)?;
        let rest = line.get(method.len()..).unwrap_or_default().trim_ascii();
        let last = rest.rsplit(u8::is_ascii_whitespace).next().unwrap_or_default();
        let (target, version) = match version(last) {
            Some(version) => (rest.get(..rest.len() - last.len()).unwrap_or_default().trim_ascii_end(), version),
            None => (rest, None),
        };
        let upper = method.to_ascii_uppercase();
        let is_ours = matches!(upper.as_slice(), b"GET" | b"HEAD");
        // Other methods are refused, which HTTP/0.9 has no words for.
        let version = version.or((upper != b"GET").then_some(0));
        Ok(RequestLine { method: if is_ours { upper } else { method.to_vec() }, path: path(target), version })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.method);
        out.push(b' ');
        out.extend_from_slice(&self.path);
        out.extend_from_slice(if self.version == Some(1) { b" HTTP/1.1\r\n" } else { b" HTTP/1.0\r\n" });
        if self.version.is_none() {
            out.extend_from_slice(b"\r\n");
        }
    }
}

fn method(line: &[u8]) -> Result<&[u8], NotHttp> {
    let line = line.trim_ascii_start();
    let method = line.split(u8::is_ascii_whitespace).next().unwrap_or_default();
    let is_token = method.iter().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b));
    if is_token && method.len() <= LONGEST_METHOD { Ok(method) } else { Err(NotHttp::NoMethod) }
}

/// Whether this is a version at all, and which minor one it is spoken to with; none is HTTP/0.9.
fn version(word: &[u8]) -> Option<Option<u8>> {
    let (name, number) = word.split_at_checked(5)?;
    if !name.eq_ignore_ascii_case(b"HTTP/") {
        return None;
    }
    Some(match number {
        [b'0', ..] => None,
        b"1" | b"1.0" => Some(0),
        [b'1'..=b'9', ..] => Some(1),
        _ => Some(0),
    })
}

/// The path as a parser takes it: one slash in front, no host, no query, and every byte that has no
/// place in a path percent-encoded. Escapes that are there already stay.
fn path(target: &[u8]) -> Vec<u8> {
    let target = target.split(|&b| b == b'?').next().unwrap_or_default();
    let scheme = [&b"http://"[..], b"https://"]
        .into_iter()
        .find(|s| target.get(..s.len()).is_some_and(|t| t.eq_ignore_ascii_case(s)));
    let target = match scheme.and_then(|s| target.get(s.len()..)) {
        Some(behind) => {
            behind.get(behind.iter().position(|&b| b == b'/').unwrap_or(behind.len())..).unwrap_or_default()
        }
        None => target,
    };
    let mut path = if target.starts_with(b"/") { Vec::new() } else { vec![b'/'] };
    for &byte in target {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/%".contains(&byte) {
            path.push(byte);
        } else {
            path.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    path
}

fn announces_body(header: &[u8]) -> bool {
    let mut parts = header.splitn(2, |&b| b == b':');
    let name = parts.next().unwrap_or_default().trim_ascii();
    let value = parts.next().unwrap_or_default().trim_ascii();
    name.eq_ignore_ascii_case(b"transfer-encoding")
        || (name.eq_ignore_ascii_case(b"content-length") && value.iter().any(|&b| b != b'0'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn repaired(bytes: &[u8]) -> Result<String, NotHttp> {
        let (mut repair, mut out) = (Repair::default(), Vec::new());
        repair.push(bytes, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn request_lines_are_made_readable() {
        for (sent, path) in [
            (&b"GET /a HTTP/1.0\r\n"[..], "/a"),
            (b"\r\n\r\nGET /a HTTP/1.0\n", "/a"),
            (b"get   /a \t HTTP/1.0  \r\n", "/a"),
            (b"GET /a b  c HTTP/1.0\r\n", "/a%20b%20%20c"),
            (b"GET /\xe4\"\\#x HTTP/1.0\r\n", "/%E4%22%5C%23x"),
            (b"GET /a%20b%zz?x=y z HTTP/1.0\r\n", "/a%20b%zz"),
            (b"GET a HTTP/1.0\r\n", "/a"),
            (b"GET //a HTTP/1.0\r\n", "//a"),
            (b"GET http://10.77.0.1:80/a/b HTTP/1.0\r\n", "/a/b"),
            (b"GET HTTP://10.77.0.1 HTTP/1.0\r\n", "/"),
            (b"GET HTTP/1.0\r\n", "/"),
            (b"GET /a http/1.0\r\n", "/a"),
        ] {
            assert_eq!(repaired(sent), Ok(format!("GET {path} HTTP/1.0\r\n")), "{}", sent.escape_ascii());
        }
        assert_eq!(repaired(b"GET /a HTTP/1.2\r\n").unwrap(), "GET /a HTTP/1.1\r\n");
        assert_eq!(repaired(b"HEAD /a HTTP/2.0\r\n").unwrap(), "HEAD /a HTTP/1.1\r\n");
        assert_eq!(repaired(b"POST /a\r\n").unwrap(), "POST /a HTTP/1.0\r\n");
    }

    #[test]
    fn a_request_without_version_has_nothing_behind_it() {
        let (mut repair, mut out) = (Repair::default(), Vec::new());
        repair.push(b"GET /my file\r\nHost: x\r\n\r\n", &mut out).unwrap();
        assert_eq!(out, b"GET /my%20file HTTP/1.0\r\n\r\n");
        assert!(repair.is_simple() && !repair.is_in_head());
    }

    #[test]
    fn every_request_of_a_connection_is_repaired_and_bodies_are_left_alone() {
        let two = b"GET /a b HTTP/1.1\r\nHost : x\r\n\r\nGET /c d HTTP/1.1\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(repaired(two).unwrap().matches("%20").count(), 2);
        let body = "POST /x HTTP/1.1\r\nContent-Length: 9\r\n\r\nGET /a b\n";
        assert_eq!(repaired(body.as_bytes()).unwrap(), body);
    }

    #[test]
    fn what_is_not_http_is_given_up_early() {
        assert_eq!(repaired(b"\x16\x03\x01\x02\x00"), Err(NotHttp::NoMethod));
        assert_eq!(repaired(&[b'A'; 40]), Err(NotHttp::NoMethod));
        let long = [b"GET /".as_slice(), &[b'a'; LONGEST_HEAD]].concat();
        assert_eq!(repaired(&long), Err(NotHttp::TooLong));
        let many = [b"GET / HTTP/1.0\r\n".as_slice(), &b"a: b\r\n".repeat(4_000)].concat();
        assert_eq!(repaired(&many), Err(NotHttp::TooLong));
    }

    #[test]
    fn a_head_cut_off_by_the_end_of_the_connection_is_ended() {
        for cut in [&b"GET /a HTTP/1.0"[..], b"GET /a HTTP/1.0\r\n", b"GET /a HTTP/1.0\r\nA: b\r\n", b"GET /a"] {
            let (mut repair, mut out) = (Repair::default(), Vec::new());
            repair.push(cut, &mut out).unwrap();
            repair.end(&mut out).unwrap();
            assert!(out.starts_with(b"GET /a HTTP/1.0\r\n") && out.ends_with(b"\r\n\r\n"), "{}", out.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn the_same_however_it_arrives(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "(GET|get|X)? ?/?[ -~]{0,20}( HTTP/1\\.[012])?\r?\n(a: b\r\n)?\r\n", size in 1usize..9) {
            for input in [bytes.clone(), [text.as_bytes(), &bytes].concat()] {
                let (mut repair, mut out) = (Repair::default(), Vec::new());
                let whole = repair.push(&input, &mut out);
                let (mut bit_by_bit, mut bits) = (Repair::default(), Vec::new());
                let parts = input.chunks(size).try_for_each(|part| bit_by_bit.push(part, &mut bits));
                prop_assert_eq!(whole, parts);
                prop_assert_eq!(&out, &bits);
                if whole.is_ok() {
                    let _ = repair.end(&mut out);
                }
            }
        }
    }
}
