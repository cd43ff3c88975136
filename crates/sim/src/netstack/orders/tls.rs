//! As much of TLS as it takes to ask for a certificate and to refuse it (RFC 5246 §7).

use std::net::Ipv4Addr;

/// A fatal alert: nobody known signed for the certificate (unknown_ca).
pub(super) const UNKNOWN_CA: [u8; 7] = [0x15, 3, 3, 0, 2, 2, 48];

/// A TLS 1.2 ClientHello of a phone: a few ciphers, the server's name, nothing newer.
pub(super) fn client_hello(host: &str) -> Vec<u8> {
    let two = |n: usize| u16::try_from(n).unwrap_or(0).to_be_bytes();
    let block = |kind: u16, data: &[u8]| [&kind.to_be_bytes()[..], &two(data.len()), data].concat();
    let mut extensions = Vec::new();
    if host.parse::<Ipv4Addr>().is_err() {
        let name = [&[0][..], &two(host.len()), host.as_bytes()].concat();
        extensions.extend(block(0, &[&two(name.len()), &name[..]].concat()));
    }
    extensions.extend(block(10, &[0, 4, 0, 29, 0, 23]));
    extensions.extend(block(11, &[1, 0]));
    extensions.extend(block(13, &[0, 14, 4, 3, 5, 3, 8, 4, 8, 5, 4, 1, 5, 1, 6, 1]));
    let ciphers = [0xc0, 0x2f, 0xc0, 0x30, 0xc0, 0x2b, 0xc0, 0x2c, 0, 0x9c];
    // A phone's random numbers are its own business; these are not secret.
    let random = [0x5a; 32];
    let body =
        [&[3, 3][..], &random, &[0], &two(ciphers.len()), &ciphers, &[1, 0], &two(extensions.len()), &extensions]
            .concat();
    let handshake = [&[1, 0][..], &two(body.len()), &body].concat();
    [&[0x16, 3, 1][..], &two(handshake.len()), &handshake].concat()
}
