//! The web page: enough of it to know the model by and to prove a password.
//!
//! Old phones ask for Basic authentication, later ones show a form. What the form's fields are called is not
//! in any source read for this; they are this file's own.

use proto::Time;

use super::{Stage, Yealink, settings};
use crate::phones::parts::http::{self, Request};
use crate::stream::{Answer, Conn};

/// Longest request that is taken.
const LONGEST: usize = 64 * 1024;
const LOGIN: &str = "/servlet?p=login&q=loginForm&jumpto=status";

impl Yealink {
    pub(super) fn ui_segment(&mut self, _now: Time, conn: Conn, bytes: &[u8]) -> Answer {
        let buffer = self.boot.conns.entry(conn).or_default();
        buffer.extend(bytes.iter().take(LONGEST.saturating_sub(buffer.len())));
        let Some(request) = Request::parse(buffer) else {
            return if buffer.len() >= LONGEST { Answer::hang_up() } else { Answer::silence() };
        };
        if request.body.len() < request.length().unwrap_or(0) {
            return Answer::silence();
        }
        if !matches!(self.stage, Stage::Idle) {
            return Answer::hang_up();
        }
        if self.has_basic_page() { self.basic_page(&request) } else { self.servlet(&request) }
    }

    /// The four phones of the first T2 generation.
    fn has_basic_page(&self) -> bool {
        matches!(self.spec.model.family, 2 | 6 | 7 | 9)
    }

    fn knows(&self, user: &str, password: &str) -> bool {
        ["admin", "user"].contains(&user) && settings::password(&self.flash.settings, user) == password
    }

    fn basic_page(&self, request: &Request) -> Answer {
        let server = "Server: mini_httpd/1.19\r\n";
        let name = self.spec.model.name;
        if request.login().is_some_and(|(user, password)| self.knows(&user, &password)) {
            return answer(200, server, &self.status_page());
        }
        let realm = format!("{server}WWW-Authenticate: Basic realm=\"Enterprise IP phone SIP-{name}\"\r\n");
        answer(401, &realm, "<html><body>401 Unauthorized</body></html>")
    }

    fn servlet(&mut self, request: &Request) -> Answer {
        let query = http::form(request.query.as_deref().unwrap_or_default());
        let asks = |name: &str, value: &str| query.iter().any(|(n, v)| n == name && v == value);
        let cookie = request.field("cookie").unwrap_or_default().to_owned();
        let known = self.boot.sessions.iter().any(|session| cookie.contains(&format!("JSESSIONID={session}")));
        if request.method == "POST" && asks("p", "login") {
            let form = http::form(&String::from_utf8_lossy(&request.body));
            let value = |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap_or_default();
            if self.knows(&value("username"), &value("pwd")) {
                let session = self.body.rng.below(1_000_000_000);
                self.boot.sessions.insert(session);
                let cookie = format!("Set-Cookie: JSESSIONID={session}; path=/\r\n");
                return answer(200, &cookie, &self.status_page());
            }
            return answer(200, "", &self.login_page("Incorrect username or password!"));
        }
        match (request.path.as_str(), known) {
            ("/servlet", true) => answer(200, "", &self.status_page()),
            ("/servlet", false) if asks("p", "login") => answer(200, "", &self.login_page("")),
            ("/" | "/servlet", _) => answer(302, &format!("Location: {LOGIN}\r\n"), ""),
            _ => answer(404, "", "<html><body>404 Not Found</body></html>"),
        }
    }

    fn login_page(&self, said: &str) -> String {
        let name = self.spec.model.name;
        format!(
            "<html><head><title>Yealink {name}</title></head><body><p>{said}</p>\
             <form method=\"post\" action=\"/servlet?p=login&q=login\">Username <input name=\"username\">\
             Password <input type=\"password\" name=\"pwd\"><input type=\"submit\" value=\"Login\"></form></body></html>"
        )
    }

    fn status_page(&self) -> String {
        format!(
            "<html><head><title>Yealink {}</title></head><body>Firmware Version {} MAC {}</body></html>",
            self.spec.model.name,
            self.version(),
            self.spec.mac
        )
    }
}

fn answer(code: u16, more: &str, html: &str) -> Answer {
    let reason = match code {
        200 => "OK",
        302 => "Found",
        401 => "Unauthorized",
        _ => "Not Found",
    };
    let head = format!("{more}Connection: close\r\nContent-Type: text/html\r\nContent-Length: {}", html.len());
    Answer::last(format!("HTTP/1.1 {code} {reason}\r\n{head}\r\n\r\n{html}"))
}
