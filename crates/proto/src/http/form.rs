//! A form's values as a body: `a=1&b=2`, or parts with a boundary (RFC 7578).

use crate::html::Charset;

/// The kind of a body of values joined by `&`.
pub const URL_ENCODED: &str = "application/x-www-form-urlencoded";

/// Values joined by `&`, everything but letters, digits and `*-._` written as `%XX`, a blank as `+`.
pub fn url_encoded<'a>(values: impl IntoIterator<Item = (&'a str, &'a str)>, charset: Charset) -> String {
    let mut out = String::new();
    for (name, value) in values {
        if !out.is_empty() {
            out.push('&');
        }
        escape(&mut out, &charset.encode(name));
        out.push('=');
        escape(&mut out, &charset.encode(value));
    }
    out
}

fn escape(out: &mut String, bytes: &[u8]) {
    for &b in bytes {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => out.push(char::from(b)),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{b:02X}")),
        }
    }
}

/// A form with one file, in three pieces: what stands before the file's bytes, and what stands behind them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Multipart {
    /// The `Content-Type`, with the boundary.
    pub kind: String,
    /// Everything before the file's bytes.
    pub before: Vec<u8>,
    /// Everything behind them.
    pub behind: Vec<u8>,
}

/// A part of such a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// Name and value.
    Value(&'a str, &'a str),
    /// Name of the control, name of the file.
    File(&'a str, &'a str),
}

/// Puts the parts into pieces, in their order. A second file is left out: there are bytes for one only.
pub fn multipart(parts: &[Part<'_>], boundary: &str, charset: Charset) -> Multipart {
    let (mut before, mut behind) = (Vec::new(), Vec::new());
    let mut seen = false;
    for part in parts {
        let out = if seen { &mut behind } else { &mut before };
        match part {
            Part::Value(name, value) => {
                out.extend_from_slice(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"").as_bytes());
                out.extend(quoted(name, charset));
                out.extend_from_slice(b"\"\r\n\r\n");
                out.extend(charset.encode(value));
                out.extend_from_slice(b"\r\n");
            }
            Part::File(name, file) if !seen => {
                out.extend_from_slice(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"").as_bytes());
                out.extend(quoted(name, charset));
                out.extend_from_slice(b"\"; filename=\"");
                out.extend(quoted(file, charset));
                out.extend_from_slice(b"\"\r\nContent-Type: application/octet-stream\r\n\r\n");
                behind.extend_from_slice(b"\r\n");
                seen = true;
            }
            Part::File(..) => {}
        }
    }
    let end = format!("--{boundary}--\r\n");
    if seen {
        behind.extend(end.into_bytes())
    } else {
        before.extend(end.into_bytes())
    }
    Multipart { kind: format!("multipart/form-data; boundary={boundary}"), before, behind }
}

fn quoted(text: &str, charset: Charset) -> Vec<u8> {
    charset.encode(&text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_file_names_stay_as_they_are() {
        let body =
            url_encoded([("file", "57i.st"), ("srv", "169.254.1.1"), ("path", ""), ("x y", "ü&")], Charset::Utf8);
        assert_eq!(body, "file=57i.st&srv=169.254.1.1&path=&x+y=%C3%BC%26");
        assert_eq!(url_encoded([("a", "ü")], Charset::Latin1), "a=%FC");
    }

    #[test]
    fn a_file_between_values() {
        let form = multipart(
            &[Part::Value("a", "1"), Part::File("up", "6867i.st"), Part::Value("b", "2")],
            "BB",
            Charset::Utf8,
        );
        let text = String::from_utf8([&form.before[..], b"DATA", &form.behind].concat()).unwrap();
        assert_eq!(
            text,
            "--BB\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n\
             --BB\r\nContent-Disposition: form-data; name=\"up\"; filename=\"6867i.st\"\r\n\
             Content-Type: application/octet-stream\r\n\r\nDATA\r\n\
             --BB\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n2\r\n--BB--\r\n"
        );
    }
}
