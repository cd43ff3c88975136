//! What stands in the headers that matter (RFC 3261 §20, §25.1): `Via`, addresses, `CSeq`, parameters, URIs.
//!
//! All of them are read from bytes and hold safe text; bytes that are not printable come escaped.

use crate::text::escape;

use super::message::{is_token, number};

/// Most parameters of one header that are looked at.
pub const MAX_PARAMS: usize = 32;

/// Parameters, as in `;tag=abc;lr;+sip.instance="<…>"`: in their order, quotes taken off values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, Option<String>)>);

/// One `Via`: where a request came through and where its answer goes (RFC 3261 §20.42, RFC 3581).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    /// `UDP`, `TCP`, `TLS`, in upper case.
    pub transport: String,
    /// Host name or address, without brackets.
    pub host: String,
    /// Port, if one is written; 5060 otherwise.
    pub port: Option<u16>,
    /// `branch`, `rport`, `received` and others.
    pub params: Params,
}

/// `"Display" <uri>;params`, as in `From`, `To` and `Contact` (RFC 3261 §20.10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameAddr {
    /// The display name without quotes, may be empty.
    pub display: String,
    /// What stands in the angle brackets, or before the first `;` where there are none.
    pub uri: String,
    /// Parameters of the header, not of the URI.
    pub params: Params,
}

/// `101 REGISTER` (RFC 3261 §20.16).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CSeq {
    /// The number; below 2³¹ by the standard, any u32 is read.
    pub number: u32,
    /// The method.
    pub method: String,
}

/// The parts of a `sip:` or `sips:` URI (RFC 3261 §19.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uri {
    /// `sip` or `sips`, in lower case.
    pub scheme: String,
    /// Before the `@`, still percent-encoded, without a password; may be empty.
    pub user: String,
    /// Host name or address, without brackets.
    pub host: String,
    /// Port, if one is written.
    pub port: Option<u16>,
    /// Behind the first `;`.
    pub params: Params,
}

impl Params {
    /// The value of a parameter, names without case: `Some("")` for one without a value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_deref().unwrap_or(""))
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_deref()))
    }

    /// Reads `a=b;c;d="e;f"`, with or without a first `;`.
    pub fn parse(bytes: &[u8]) -> Params {
        let parts = split(bytes, b';').take(MAX_PARAMS).filter_map(|part| {
            let part = part.trim_ascii();
            let (name, value) = match part.iter().position(|&b| b == b'=') {
                Some(at) => (part.get(..at)?.trim_ascii(), Some(unquote(part.get(at + 1..)?.trim_ascii()))),
                None => (part, None),
            };
            (!name.is_empty()).then(|| (escape(name), value.map(|v| escape(&v))))
        });
        Params(parts.collect())
    }
}

impl Via {
    /// Reads the first entry of a `Via` line.
    pub fn parse(value: &[u8]) -> Option<Via> {
        let first = split(value, b',').next()?;
        let end = first.iter().position(|&b| b == b';').unwrap_or(first.len());
        let (head, params) = (first.get(..end)?.trim_ascii(), first.get(end..)?);
        let (protocol, sent_by) = head.split_at(head.iter().rposition(u8::is_ascii_whitespace)?);
        let mut parts = protocol.split(|&b| b == b'/').map(<[u8]>::trim_ascii);
        let sip = parts.next()?.eq_ignore_ascii_case(b"SIP");
        let (_version, transport) = (parts.next()?, parts.next()?);
        let (host, port) = host_port(sent_by.trim_ascii())?;
        (sip && is_token(transport)).then(|| Via {
            transport: escape(transport).to_ascii_uppercase(),
            host,
            port,
            params: Params::parse(params),
        })
    }

    /// The transaction's identifier, if there is one.
    pub fn branch(&self) -> Option<&str> {
        self.params.get("branch")
    }

    /// The sender asks for answers to the port that the request came from (RFC 3581).
    pub fn wants_rport(&self) -> bool {
        self.params.get("rport").is_some()
    }
}

impl NameAddr {
    /// Reads the first entry of an address line. `None` for `*` and for what has no URI.
    pub fn parse(value: &[u8]) -> Option<NameAddr> {
        let first = split(value, b',').next()?.trim_ascii();
        let open = outside_quotes(first, b'<');
        let (display, uri, params) = match open {
            Some(open) => {
                let rest = first.get(open + 1..)?;
                let close = rest.iter().position(|&b| b == b'>')?;
                (unquote(first.get(..open)?.trim_ascii()), rest.get(..close)?, rest.get(close + 1..)?)
            }
            None => {
                let end = first.iter().position(|&b| b == b';').unwrap_or(first.len());
                (Vec::new(), first.get(..end)?, first.get(end..)?)
            }
        };
        let uri = uri.trim_ascii();
        (!uri.is_empty() && uri != b"*").then(|| NameAddr {
            display: escape(&display),
            uri: escape(uri),
            params: Params::parse(params),
        })
    }

    /// Its `tag`.
    pub fn tag(&self) -> Option<&str> {
        self.params.get("tag")
    }

    /// The parts of its URI.
    pub fn parts(&self) -> Option<Uri> {
        Uri::parse(self.uri.as_bytes())
    }
}

impl CSeq {
    /// Reads `101 REGISTER`.
    pub fn parse(value: &[u8]) -> Option<CSeq> {
        let value = value.trim_ascii();
        let at = value.iter().position(u8::is_ascii_whitespace)?;
        let (digits, method) = (value.get(..at)?, value.get(at..)?.trim_ascii());
        let number: u32 = std::str::from_utf8(digits).ok()?.parse().ok()?;
        is_token(method).then(|| CSeq { number, method: escape(method) })
    }
}

impl Uri {
    /// Reads a `sip:` or `sips:` URI; other schemes are `None`.
    pub fn parse(uri: &[u8]) -> Option<Uri> {
        let colon = uri.iter().position(|&b| b == b':')?;
        let scheme = escape(uri.get(..colon)?).to_ascii_lowercase();
        let rest = uri.get(colon + 1..)?;
        let rest = rest.split(|&b| b == b'?').next()?;
        // A `;` may stand in the user's part, so the `@` is looked for first.
        let (user, rest) = match rest.iter().rposition(|&b| b == b'@') {
            Some(at) => (rest.get(..at)?, rest.get(at + 1..)?),
            None => (&[][..], rest),
        };
        let end = rest.iter().position(|&b| b == b';').unwrap_or(rest.len());
        let (host, port) = host_port(rest.get(..end)?.trim_ascii())?;
        let user = user.split(|&b| b == b':').next().unwrap_or_default();
        matches!(scheme.as_str(), "sip" | "sips").then(|| Uri {
            scheme,
            user: escape(user),
            host,
            port,
            params: Params::parse(rest.get(end..).unwrap_or_default()),
        })
    }
}

/// `host`, `host:port` or `[v6]:port`.
fn host_port(bytes: &[u8]) -> Option<(String, Option<u16>)> {
    let (host, port) = match bytes.first()? {
        b'[' => {
            let close = bytes.iter().position(|&b| b == b']')?;
            (bytes.get(1..close)?, bytes.get(close + 1..)?.strip_prefix(b":"))
        }
        _ => match bytes.iter().position(|&b| b == b':') {
            Some(at) => (bytes.get(..at)?.trim_ascii(), bytes.get(at + 1..)),
            None => (bytes, None),
        },
    };
    let port = match port {
        Some(digits) => Some(u16::try_from(number(digits.trim_ascii())?).ok()?),
        None => None,
    };
    (!host.is_empty()).then(|| (escape(host), port))
}

/// The pieces between separators that stand neither in quotes nor in angle brackets.
fn split(bytes: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped, mut angle) = (false, false, false);
    bytes.split(move |&b| {
        if escaped {
            escaped = false;
            return false;
        }
        match b {
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'<' if !quoted => angle = true,
            b'>' if !quoted => angle = false,
            _ => return b == separator && !quoted && !angle,
        }
        false
    })
}

fn outside_quotes(bytes: &[u8], wanted: u8) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    bytes.iter().position(|&b| {
        if escaped {
            escaped = false;
            return false;
        }
        match b {
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => return b == wanted && !quoted,
        }
        false
    })
}

/// Without the quotes around it and the backslashes in it (RFC 3261 §25.1, `quoted-string`).
fn unquote(bytes: &[u8]) -> Vec<u8> {
    let Some(inside) = bytes.strip_prefix(b"\"") else { return bytes.to_vec() };
    let mut out = Vec::with_capacity(inside.len());
    let mut rest = inside.iter();
    while let Some(&b) = rest.next() {
        match b {
            b'"' => break,
            b'\\' => out.extend(rest.next()),
            _ => out.push(b),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn via_in_many_spellings() {
        let via = Via::parse(b"SIP/2.0/UDP 10.0.0.20:5061;branch=z9hG4bK1;rport").expect("via");
        assert_eq!((via.transport.as_str(), via.host.as_str(), via.port), ("UDP", "10.0.0.20", Some(5061)));
        assert_eq!((via.branch(), via.wants_rport()), (Some("z9hG4bK1"), true));
        let old = Via::parse(b"SIP / 2.0 / udp phone.local").expect("via");
        assert_eq!(
            (old.transport.as_str(), old.host.as_str(), old.port, old.branch()),
            ("UDP", "phone.local", None, None)
        );
        let two = Via::parse(b"SIP/2.0/TCP [fe80::1]:5060, SIP/2.0/UDP b").expect("via");
        assert_eq!((two.host.as_str(), two.port), ("fe80::1", Some(5060)));
        for bad in [&b""[..], b"SIP/2.0/UDP", b"SIP/2.0/UDP a:99999", b"HTTP/1.1/TCP a", b"SIP/2.0/UDP "] {
            assert_eq!(Via::parse(bad), None, "{}", escape(bad));
        }
    }

    #[test]
    fn addresses_with_and_without_brackets() {
        let who = NameAddr::parse(
            b"\"Fr\xfchst\\\"ck, <x>\" <sip:7@10.0.0.1;transport=udp>;tag=a1;+sip.instance=\"<urn:uuid:1;2>\"",
        );
        let who = who.expect("address");
        assert_eq!(who.display, "Fr\\xfchst\"ck, <x>");
        assert_eq!((who.uri.as_str(), who.tag()), ("sip:7@10.0.0.1;transport=udp", Some("a1")));
        assert_eq!(who.params.get("+SIP.instance"), Some("<urn:uuid:1;2>"));
        let bare = NameAddr::parse(b"sip:7@10.0.0.1;tag=b2").expect("address");
        assert_eq!((bare.uri.as_str(), bare.tag()), ("sip:7@10.0.0.1", Some("b2")));
        for bad in [&b""[..], b"*", b"<>", b"\"a\" <sip:x"] {
            assert_eq!(NameAddr::parse(bad), None, "{}", escape(bad));
        }
    }

    #[test]
    fn uris_and_numbers() {
        let uri = Uri::parse(b"SIP:MAC%3a001565112233:pw@224.0.1.75:5060;transport=UDP?h=1").expect("uri");
        assert_eq!((uri.scheme.as_str(), uri.user.as_str()), ("sip", "MAC%3a001565112233"));
        assert_eq!((uri.host.as_str(), uri.port, uri.params.get("transport")), ("224.0.1.75", Some(5060), Some("UDP")));
        assert_eq!(Uri::parse(b"tel:123"), None);
        assert_eq!(CSeq::parse(b" 1  NOTIFY "), Some(CSeq { number: 1, method: "NOTIFY".into() }));
        assert_eq!(CSeq::parse(b"x NOTIFY"), None);
    }
}
