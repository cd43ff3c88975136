//! Who may ask. Each request passes here before anything looks at it.
//!
//! * The phones' side never gets in: a peer in the bench's subnet, or one that came to the bench's own address.
//! * `Host` must be an address or `localhost`: a name could be an attacker's, pointed at this computer.
//! * What changes something must come from these pages or from no page at all: `Origin`, `Sec-Fetch-Site`.
//! * Where other computers can reach the listener, a token: in a cookie for people, as a bearer for scripts.
//!
//! Every answer says that it may not be framed, sniffed, kept, or run scripts but our own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, HOST, HeaderName, LOCATION, ORIGIN, SET_COOKIE,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::pages;

/// Style and script from here alone, nothing inline, nothing framed, forms to here alone.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const COOKIE_NAME: &str = "ringback";

/// The two ends of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    /// Who asks.
    pub(super) peer: SocketAddr,
    /// The address that was asked.
    pub(super) local: SocketAddr,
}

/// The rules of one listener.
#[derive(Debug)]
pub(super) struct Gate {
    token: Option<String>,
    /// The bench's own address and prefix on the phones' cable.
    bench: (Ipv4Addr, u8),
}

/// Why a request is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum No {
    Host,
    Origin,
    Token,
}

impl Gate {
    /// Rules with this token; `bench` is where phones are.
    pub(super) fn new(token: Option<String>, bench: (Ipv4Addr, u8)) -> Gate {
        Gate { token, bench }
    }

    /// Whether a connection may be spoken with at all.
    pub(super) fn admits(&self, ends: Ends) -> bool {
        let (server, prefix) = self.bench;
        let v4 = |ip: IpAddr| match ip {
            IpAddr::V4(ip) => Some(ip),
            IpAddr::V6(ip) => ip.to_ipv4_mapped(),
        };
        let (peer, local) = (v4(ends.peer.ip()), v4(ends.local.ip()));
        // This computer itself: in the demo the phones live in the rest of 127.0.0.0/8.
        if peer == Some(Ipv4Addr::LOCALHOST) && local == Some(Ipv4Addr::LOCALHOST) {
            return true;
        }
        let mask = u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0);
        let on_the_cable = |ip: Ipv4Addr| u32::from(ip) & mask == u32::from(server) & mask;
        !peer.is_some_and(on_the_cable) && local != Some(server)
    }

    fn check(&self, method: &Method, headers: &HeaderMap, local: SocketAddr) -> Result<(), No> {
        let text = |name: &HeaderName| headers.get(name).map(|v| v.to_str().unwrap_or("?"));
        let host = text(&HOST).unwrap_or_default();
        if headers.get_all(HOST).iter().count() != 1 || !is_own_host(host, local.port()) {
            return Err(No::Host);
        }
        if !matches!(*method, Method::GET | Method::HEAD) {
            let from_here = text(&ORIGIN).is_none_or(|origin| origin == format!("http://{host}"));
            let site = text(&HeaderName::from_static("sec-fetch-site"));
            if !from_here || !site.is_none_or(|s| matches!(s, "same-origin" | "none")) {
                return Err(No::Origin);
            }
        }
        match &self.token {
            Some(token) if !presents(headers, token) => Err(No::Token),
            _ => Ok(()),
        }
    }

    /// A link with the right token: it becomes a cookie, and leaves the address bar.
    fn exchange(&self, uri: &Uri) -> Option<Response> {
        let token = self.token.as_ref()?;
        let given = uri.query()?.split('&').find_map(|pair| pair.strip_prefix("token="))?;
        if !same(given, token) {
            return None;
        }
        let cookie = format!("{COOKIE_NAME}={token}; Path=/; HttpOnly; SameSite=Strict");
        let cookie = HeaderValue::from_str(&cookie).ok()?;
        let to = HeaderValue::from_str(uri.path()).ok()?;
        Some((StatusCode::SEE_OTHER, [(LOCATION, to), (SET_COOKIE, cookie)]).into_response())
    }
}

/// The layer that every request goes through.
pub(super) async fn guard(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let local = request.extensions().get::<Ends>().map_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)), |e| e.local);
    let mut response = match gate.check(request.method(), request.headers(), local) {
        Ok(()) => next.run(request).await,
        Err(No::Token) => match gate.exchange(request.uri()) {
            Some(welcome) => welcome,
            None => no(No::Token, request.uri()),
        },
        Err(why) => no(why, request.uri()),
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    let fixed = [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn no(why: No, uri: &Uri) -> Response {
    let (status, code) = match why {
        No::Host => (StatusCode::MISDIRECTED_REQUEST, "RB571"),
        No::Origin => (StatusCode::FORBIDDEN, "RB572"),
        No::Token => (StatusCode::UNAUTHORIZED, "RB573"),
    };
    let mut response = if uri.path().starts_with("/api/") {
        super::api::refusal(status, code, None)
    } else {
        (status, pages::plain(code)).into_response()
    };
    // The body of a request that was turned away is not read.
    if why != No::Token {
        response.headers_mut().insert("connection", HeaderValue::from_static("close"));
    }
    response.map(Body::new)
}

/// An address literal or `localhost`, with this port; the port may be left out where it is HTTP's own.
fn is_own_host(host: &str, port: u16) -> bool {
    let (name, given) = match host.rsplit_once(':') {
        Some((name, digits)) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            (name, digits.parse().ok())
        }
        _ => (host, Some(80)),
    };
    let literal = match name.strip_prefix('[').and_then(|n| n.strip_suffix(']')) {
        Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok(),
        None => name.parse::<Ipv4Addr>().is_ok(),
    };
    given == Some(port) && (literal || name.eq_ignore_ascii_case("localhost"))
}

fn presents(headers: &HeaderMap, token: &str) -> bool {
    let bearer = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
    let cookies = headers.get_all(COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    let mut given = cookies.filter_map(|c| c.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('=')).chain(bearer);
    given.any(|g| same(g, token))
}

/// Takes as long for a wrong token as for the right one.
fn same(given: &str, token: &str) -> bool {
    let differ = given.bytes().zip(token.bytes()).fold(0u8, |sum, (a, b)| sum | (a ^ b));
    given.len() == token.len() && differ == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const BENCH: (Ipv4Addr, u8) = (Ipv4Addr::new(10, 179, 40, 1), 24);

    fn asks(gate: &Gate, method: Method, headers: &[(&str, &str)]) -> Result<(), No> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        gate.check(&method, &map, "127.0.0.1:7940".parse().unwrap())
    }

    #[test]
    fn a_name_that_is_not_this_computers_is_turned_away() {
        let gate = Gate::new(None, BENCH);
        for good in ["127.0.0.1:7940", "localhost:7940", "LOCALHOST:7940", "[::1]:7940", "192.168.1.5:7940"] {
            assert_eq!(asks(&gate, Method::GET, &[("host", good)]), Ok(()), "{good}");
        }
        for bad in
            ["evil.example:7940", "127.0.0.1", "127.0.0.1:80", "127.0.0.1.evil.example:7940", "", "[::1", "localhost:"]
        {
            assert_eq!(asks(&gate, Method::GET, &[("host", bad)]), Err(No::Host), "{bad}");
        }
        let two = [("host", "127.0.0.1:7940"), ("host", "localhost:7940")];
        assert_eq!(asks(&gate, Method::GET, &two), Err(No::Host));
        assert_eq!(asks(&gate, Method::GET, &[]), Err(No::Host));
    }

    #[test]
    fn another_sites_page_cannot_command() {
        let gate = Gate::new(None, BENCH);
        let host = ("host", "127.0.0.1:7940");
        let post = |more: &[(&str, &str)]| asks(&gate, Method::POST, &[&[host], more].concat());
        assert_eq!(post(&[]), Ok(()), "a script");
        assert_eq!(post(&[("origin", "http://127.0.0.1:7940"), ("sec-fetch-site", "same-origin")]), Ok(()));
        for origin in
            ["http://evil.example", "http://localhost:7940", "http://127.0.0.1:7941", "https://127.0.0.1:7940", "null"]
        {
            assert_eq!(post(&[("origin", origin)]), Err(No::Origin), "{origin}");
        }
        assert_eq!(post(&[("sec-fetch-site", "cross-site")]), Err(No::Origin));
        assert_eq!(post(&[("sec-fetch-site", "same-site")]), Err(No::Origin));
    }

    #[test]
    fn elsewhere_only_the_token_opens() {
        let gate = Gate::new(Some("0123456789abcdef".into()), BENCH);
        let get = |more: &[(&str, &str)]| asks(&gate, Method::GET, &[&[("host", "192.168.1.5:7940")], more].concat());
        assert_eq!(get(&[]), Err(No::Token));
        assert_eq!(get(&[("authorization", "Bearer 0123456789abcdef")]), Ok(()));
        assert_eq!(get(&[("authorization", "Bearer 0123456789abcde")]), Err(No::Token));
        assert_eq!(get(&[("cookie", "a=b; ringback=0123456789abcdef")]), Ok(()));
        assert_eq!(get(&[("cookie", "ringback=0123456789abcdeF")]), Err(No::Token));
        let welcome = gate.exchange(&Uri::from_static("/ledger?q=1&token=0123456789abcdef")).unwrap();
        assert_eq!(welcome.headers()[LOCATION], "/ledger");
        assert!(gate.exchange(&Uri::from_static("/?token=nope")).is_none());
    }

    #[test]
    fn the_phones_side_is_not_spoken_with() {
        let gate = Gate::new(Some("t".into()), BENCH);
        let ends = |peer: &str, local: &str| Ends { peer: peer.parse().unwrap(), local: local.parse().unwrap() };
        assert!(gate.admits(ends("127.0.0.1:5", "127.0.0.1:7940")));
        assert!(gate.admits(ends("192.168.1.9:5", "192.168.1.5:7940")));
        assert!(!gate.admits(ends("10.179.40.77:5", "192.168.1.5:7940")), "a phone");
        assert!(!gate.admits(ends("192.168.1.9:5", "10.179.40.1:7940")), "by the bench's own address");
        assert!(!gate.admits(ends("[::ffff:10.179.40.77]:5", "[::ffff:192.168.1.5]:7940")));
        let demo = Gate::new(None, (Ipv4Addr::LOCALHOST, 8));
        assert!(demo.admits(ends("127.0.0.1:5", "127.0.0.1:7940")));
        assert!(!demo.admits(ends("127.79.0.10:5", "127.0.0.1:7940")), "the demo's phone");
    }
}
