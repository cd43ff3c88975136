//! Where the screens listen: this computer alone, unless somebody says otherwise.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::str::FromStr;

use crate::trouble::Trouble;

/// The port, if nobody names another.
const PORT: u16 = 7_940;
/// Ports looked at after a busy one.
const NEXT: u16 = 20;
/// Random bytes of a token.
const TOKEN_BYTES: usize = 16;

/// An address as `--web` takes it: `PORT`, `ADDRESS` or `ADDRESS:PORT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WebAddress(SocketAddr);

impl FromStr for WebAddress {
    type Err = String;
    fn from_str(text: &str) -> Result<WebAddress, String> {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let text = text.strip_prefix("localhost").map_or_else(|| text.to_owned(), |rest| format!("127.0.0.1{rest}"));
        if let Ok(port) = text.parse::<u16>() {
            return Ok(WebAddress(SocketAddr::new(loopback, port)));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(WebAddress(SocketAddr::new(address, PORT)));
        }
        let told = || format!("`{text}` is no address: say 7941, 192.168.1.5 or 192.168.1.5:7941");
        text.parse::<SocketAddr>().map(WebAddress).map_err(|_| told())
    }
}

/// A listener, and what must be known to use it.
#[derive(Debug)]
pub(crate) struct Listening {
    /// The socket.
    pub(crate) listener: TcpListener,
    /// Needed with every request from elsewhere; none on loopback, where only this computer's people are.
    pub(crate) token: Option<String>,
    /// What to tell the technician beside the address: the port was busy, or others can see the page.
    pub(crate) told: Option<String>,
}

impl Listening {
    /// The address to open in a browser.
    pub(crate) fn url(&self) -> String {
        let address = self.listener.local_addr().unwrap_or_else(|_| SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)));
        let host = match address.ip() {
            ip if ip.is_unspecified() => "127.0.0.1".to_owned(),
            IpAddr::V6(ip) => format!("[{ip}]"),
            ip @ IpAddr::V4(_) => ip.to_string(),
        };
        let token = self.token.as_ref().map_or_else(String::new, |t| format!("?token={t}"));
        format!("http://{host}:{}/{token}", address.port())
    }
}

/// Listens at the address given, or at the usual one or the next that is free.
///
/// # Errors
/// RB570: nothing free, or the address given is not this computer's or is in use.
pub(crate) fn listen(wanted: Option<WebAddress>) -> Result<Listening, Trouble> {
    match wanted {
        Some(WebAddress(address)) => {
            let listener = TcpListener::bind(address).map_err(|e| Trouble::of("RB570", format!("{address}: {e}")))?;
            if address.ip().is_loopback() {
                return Ok(Listening { listener, token: None, told: None });
            }
            let token = token().map_err(|e| Trouble::of("RB570", format!("no random numbers for a token: {e}")))?;
            let told = "Other computers can reach this page. Whoever has the token can command the bench; it travels unencrypted.";
            Ok(Listening { listener, token: Some(token), told: Some(told.to_owned()) })
        }
        None => next_free(PORT),
    }
}

fn next_free(first: u16) -> Result<Listening, Trouble> {
    let mut last = None;
    for port in first..=first.saturating_add(NEXT) {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(listener) => {
                let told = (port != first).then(|| format!("Port {first} is in use, so the screens are on {port}."));
                return Ok(Listening { listener, token: None, told });
            }
            Err(error) => last = Some(error),
        }
    }
    let why = last.map_or_else(String::new, |e| e.to_string());
    Err(Trouble::of("RB570", format!("ports {first} to {}: {why}", first.saturating_add(NEXT))))
}

fn token() -> io::Result<String> {
    let mut bytes = [0u8; TOKEN_BYTES];
    let mut filled = 0;
    while filled < TOKEN_BYTES {
        filled += rustix::rand::getrandom(&mut bytes[filled..], rustix::rand::GetRandomFlags::empty())?;
    }
    Ok(bytes.iter().map(|b| format!("{b:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_be_short() {
        let read = |text: &str| text.parse::<WebAddress>().map(|a| a.0.to_string());
        assert_eq!(read("7941"), Ok("127.0.0.1:7941".to_owned()));
        assert_eq!(read("localhost:80"), Ok("127.0.0.1:80".to_owned()));
        assert_eq!(read("::1"), Ok("[::1]:7940".to_owned()));
        assert!(read("example.org:80").is_err());
    }

    #[test]
    fn a_busy_port_makes_way_and_this_is_told() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        if port > u16::MAX - NEXT {
            return;
        }
        let next = next_free(port).unwrap();
        assert_ne!(next.listener.local_addr().unwrap().port(), port);
        assert!(next.told.unwrap().contains(&port.to_string()));
        let same = listen(Some(WebAddress(taken.local_addr().unwrap()))).unwrap_err();
        assert_eq!(same.code, "RB570");
    }

    #[test]
    fn elsewhere_needs_a_token_and_no_two_are_alike() {
        let [one, two] = [0, 1].map(|_| listen(Some("0.0.0.0:0".parse().unwrap())).unwrap());
        assert!(one.token.as_ref().is_some_and(|t| t.len() == 32) && one.token != two.token);
        assert!(one.url().contains("?token="));
        assert!(listen(Some("127.0.0.1:0".parse().unwrap())).unwrap().token.is_none());
    }
}
