//! A file by HTTP (RFC 9112).

use super::{LONGEST, Orders, Step};
use crate::base64;
use crate::stream::{Order, Part};

/// The request for a file.
pub(super) fn request(order: &Order) -> String {
    let (path, host, agent) = (encoded(&order.path), &order.host, &order.user_agent);
    let login = order.login.as_ref().map(|(user, password)| {
        format!("Authorization: Basic {}\r\n", base64::encode(format!("{user}:{password}").as_bytes()))
    });
    let login = login.unwrap_or_default();
    format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\n{login}Connection: close\r\n\r\n")
}

impl Orders {
    /// An HTTP answer's head, once it is whole.
    pub(super) fn head(&mut self, port: u16) {
        let Some(running) = self.running.get_mut(&port) else { return };
        let Some(at) = running.buffer.windows(4).position(|w| w == b"\r\n\r\n") else {
            if running.buffer.len() > LONGEST {
                self.end(port, Part::Failed);
            }
            return;
        };
        let body = running.buffer.split_off(at + 4);
        let head = String::from_utf8_lossy(&std::mem::take(&mut running.buffer)).to_ascii_lowercase();
        let status: u16 = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        let length = head.lines().find_map(|l| l.strip_prefix("content-length:")).and_then(|l| l.trim().parse().ok());
        running.step = Step::Body(length);
        match status {
            200 => self.body(port, &body),
            404 | 410 => self.end(port, Part::Missing),
            _ => self.end(port, Part::Denied),
        }
    }

    pub(super) fn body(&mut self, port: u16, bytes: &[u8]) {
        let Some(running) = self.running.get_mut(&port) else { return };
        let Step::Body(left) = &mut running.step else { return };
        let rest = left.map(|left| left.saturating_sub(bytes.len() as u64));
        *left = rest;
        if !bytes.is_empty() {
            self.part(port, Part::Data(bytes.to_vec()));
        }
        if rest == Some(0) {
            self.end(port, Part::Done);
        }
    }
}

/// A path for the request line; what has no place there is percent-encoded.
fn encoded(path: &str) -> String {
    path.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/?=&+*()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}
