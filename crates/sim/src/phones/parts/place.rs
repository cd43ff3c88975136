//! Where files are: what DHCP options, configurations and answers of other servers say of it.

use std::net::Ipv4Addr;

use crate::stream::Scheme;

/// A server and a folder on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) scheme: Scheme,
    /// A name, or an address in text.
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    /// Without slashes at its ends; may be nothing.
    pub(crate) path: String,
    pub(crate) login: Option<(String, String)>,
}

impl Place {
    /// A server without a folder.
    pub(crate) fn host(scheme: Scheme, host: &str) -> Place {
        Place { scheme, host: host.to_owned(), port: None, path: String::new(), login: None }
    }

    /// Reads `scheme://user:password@host:port/folder`, or a bare host for the usual scheme.
    pub(crate) fn parse(text: &str, usual: Scheme) -> Option<Place> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        let (scheme, rest) = match text.split_once("://") {
            Some((name, rest)) => {
                let known = [Scheme::Tftp, Scheme::Http, Scheme::Https, Scheme::Ftp];
                (known.into_iter().find(|s| s.name().eq_ignore_ascii_case(name))?, rest)
            }
            None => (usual, text),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (login, address) = match authority.rsplit_once('@') {
            Some((login, address)) => (Some(login), address),
            None => (None, authority),
        };
        let (host, port) = match address.split_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (address, None),
        };
        let sound = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
        let login = login.map(|l| l.split_once(':').unwrap_or((l, ""))).map(|(u, p)| (u.to_owned(), p.to_owned()));
        let path = path.trim_matches('/').to_owned();
        sound.then(|| Place { scheme, host: host.to_owned(), port, path, login })
    }

    /// The address, when the host is one.
    pub(crate) fn address(&self) -> Option<Ipv4Addr> {
        self.host.parse().ok()
    }

    /// A file in the folder.
    pub(crate) fn file(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}/{name}", self.path) }
    }

    /// The port that it is reached at.
    pub(crate) fn port(&self) -> u16 {
        self.port.unwrap_or(self.scheme.port())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_are_written() {
        let read = |text| Place::parse(text, Scheme::Tftp);
        assert_eq!(read("10.0.0.1\0"), Some(Place::host(Scheme::Tftp, "10.0.0.1")));
        let long = read("ftp://me:secret@files.example:2121/phones/57i/").unwrap();
        assert_eq!((long.scheme, long.host.as_str(), long.port()), (Scheme::Ftp, "files.example", 2121));
        assert_eq!(long.login, Some(("me".into(), "secret".into())));
        assert_eq!(long.file("57i.st"), "phones/57i/57i.st");
        assert_eq!(read("HTTP://prov.example").map(|p| (p.port(), p.file("a.cfg"))), Some((80, "a.cfg".into())));
        for odd in ["", "gopher://x/", "http://", "ho st", "x:99999"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
