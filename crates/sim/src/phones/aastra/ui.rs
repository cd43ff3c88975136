//! The normal web page, and what is pushed to a running phone.
//!
//! The page is unlocked by the administrator's password. Whoever sends a form without having looked at a
//! page before gets an answer that looks like success, and nothing happens. A request in more than one
//! segment hangs, for phones that were seen to do so.

use proto::Time;

use super::{Aastra, web};
use crate::phones::parts::http::{self, Request};
use crate::stream::{Answer, Conn};

/// Most addresses that are remembered to have looked at a page.
const VISITORS: usize = 16;
/// Fields of the page for the configuration server, and where they are stored.
const SERVER_FIELDS: &[(&str, &str)] = &[
    ("protocol", "download protocol"),
    ("tftp", "tftp server"),
    ("tftppath", "tftp path"),
    ("alttftp", "alternate tftp server"),
    ("alttftppath", "alternate tftp path"),
    ("usealttftp", "use alternate tftp"),
    ("ftpserv", "ftp server"),
    ("ftppath", "ftp path"),
    ("ftpuser", "ftp username"),
    ("ftppass", "ftp password"),
    ("httpserv", "http server"),
    ("httppath", "http path"),
    ("httpport", "http port"),
    ("httpsserv", "https server"),
    ("httpspath", "https path"),
    ("httpsport", "https port"),
    ("autoResyncMode", "auto resync mode"),
    ("autoResyncTime", "auto resync time"),
    ("maxDelay", "auto resync max delay"),
    ("days", "auto resync days"),
    ("postList", "xml application post list"),
];

impl Aastra {
    pub(super) fn ui_segment(&mut self, now: Time, conn: Conn, bytes: &[u8]) -> Answer {
        let read = if self.spec.one_segment {
            if self.boot.conns.insert(conn, Vec::new()).is_some() {
                return Answer::silence();
            }
            web::one_segment(bytes)
        } else {
            let buffer = self.boot.conns.entry(conn).or_default();
            buffer.extend(bytes.iter().take(64 * 1024));
            match web::many_segments(buffer) {
                Some(read) => read,
                None => return Answer::silence(),
            }
        };
        match read {
            web::Read::Whole(request) => self.ui_request(now, conn, &request),
            web::Read::Stall | web::Read::Torn => {
                self.note("its web server hangs");
                Answer::silence()
            }
        }
    }

    fn ui_request(&mut self, now: Time, conn: Conn, request: &Request) -> Answer {
        let client = *conn.from.ip();
        if request.method == "POST" && request.path == "/" {
            return self.push(now, conn, request);
        }
        let admin = match request.login() {
            Some((user, password)) if user == "admin" => password == self.flash.stores.password(),
            Some((user, password)) if user == "user" && request.method == "GET" => password.is_empty(),
            _ => false,
        };
        if !admin {
            let realm = format!("WWW-Authenticate: Basic realm=\"{}\"\r\n", self.spec.model.realm());
            return web::ui_answer(401, &realm, "<html><body><h1>401 Unauthorized</h1></body></html>");
        }
        if request.method == "GET" {
            if self.boot.visitors.len() < VISITORS {
                self.boot.visitors.insert(client);
            }
            return match self.ui_page(&request.path) {
                Some(html) => web::ui_answer(200, "", &html),
                None => web::ui_answer(404, "", "<html><body>404 Not Found</body></html>"),
            };
        }
        if !self.boot.visitors.contains(&client) {
            self.note("a form came from somebody who never looked at a page: nothing is done");
            return web::ui_answer(
                200,
                "",
                "<html><body>Please visit <a href=\"sysinfo.html\">sysinfo.html</a></body></html>",
            );
        }
        let form = http::form(&String::from_utf8_lossy(&request.body));
        match request.path.as_str() {
            "/reset.html" => self.reset_form(now, &form),
            "/configurationServer.html" => self.server_form(&form),
            _ => web::ui_answer(404, "", "<html><body>404 Not Found</body></html>"),
        }
    }

    fn ui_page(&self, path: &str) -> Option<String> {
        let load = self.flash.load.as_deref().unwrap_or_default();
        let body = match path {
            "/" | "/sysinfo.html" => format!(
                "<table><tr><td>Platform</td><td>{} Revision 0</td></tr><tr><td>Firmware Version</td><td>{load}</td></tr>\
                 <tr><td>MAC Address</td><td>{}</td></tr></table>",
                self.spec.model.image,
                self.spec.mac.bare_upper(),
            ),
            "/localcfg.html" => format!("<pre>{}</pre>", escaped(&self.stores_text(true))),
            "/servercfg.html" => format!("<pre>{}</pre>", escaped(&self.stores_text(false))),
            "/reset.html" => "<form method=\"post\" action=\"reset.html\"><input type=\"hidden\" name=\"resetOption\" \
                value=\"0\"><input type=\"button\" value=\"Restart\"></form>"
                .to_owned(),
            "/configurationServer.html" => {
                let inputs = SERVER_FIELDS.iter().map(|(field, _)| format!("<input name=\"{field}\">"));
                format!("<form method=\"post\">{}</form>", inputs.collect::<String>())
            }
            _ => return None,
        };
        Some(format!("<html><head><title>{}</title></head><body>{body}</body></html>", self.spec.model.realm()))
    }

    /// 0 restarts; 1 and 2 take effect at the next start only.
    fn reset_form(&mut self, now: Time, form: &[(String, String)]) -> Answer {
        let option = form.iter().find(|(name, _)| name == "resetOption").map(|(_, value)| value.as_str());
        let text = match option {
            Some("0") => {
                self.restart(now, "restarts by its web page");
                "Restarting"
            }
            Some("1") => {
                self.flash.pending.factory = true;
                "Phone has been set to factory Defaults."
            }
            Some("2") => {
                self.flash.pending.clear_local = true;
                "Local configuration file has been deleted. Please restart the phone for the settings to take effect."
            }
            _ => "Invalid Parameters",
        };
        web::ui_answer(200, "", &format!("<html><body>{text}</body></html>"))
    }

    fn server_form(&mut self, form: &[(String, String)]) -> Answer {
        for (field, name) in SERVER_FIELDS {
            let locked = self.flash.stores.locked.iter().any(|l| l == name);
            if let Some((_, value)) = form.iter().find(|(f, _)| f == field).filter(|_| !locked) {
                self.flash.stores.local.insert((*name).to_owned(), value.clone());
            }
        }
        web::ui_answer(200, "", "<html><body>Provisioning complete</body></html>")
    }

    /// XML from somebody on the list: shows its text or does what it says.
    fn push(&mut self, now: Time, conn: Conn, request: &Request) -> Answer {
        let list = self.flash.stores.said("xml application post list").unwrap_or_default();
        let listed = list.split(',').any(|who| who.trim() == conn.from.ip().to_string());
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let xml = match body.strip_prefix("xml=") {
            Some(xml) if xml.starts_with('<') => Some(xml.to_owned()),
            Some(_) => http::form(&body).into_iter().find(|(name, _)| name == "xml").map(|(_, xml)| xml),
            None => None,
        };
        let Some(xml) = xml.filter(|_| listed) else {
            self.note("refuses what is pushed to it");
            return web::ui_answer(401, "", "<html><body>401 Unauthorized</body></html>");
        };
        if xml.contains("<AastraIPPhoneExecute") {
            let commands: Vec<String> = between(&xml, "URI=\"", "\"");
            commands.iter().for_each(|command| self.execute(now, command));
        } else {
            let lines: Vec<String> = ["Title", "Text", "Message"]
                .iter()
                .flat_map(|tag| elements(&xml, tag))
                .map(|l| l.trim().to_owned())
                .collect();
            self.show(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        }
        web::ui_answer(200, "", "")
    }

    fn execute(&mut self, now: Time, uri: &str) {
        let command = uri.strip_prefix("Command:").map(str::trim).unwrap_or_default();
        match command {
            "Reset" | "FastReboot" => self.restart(now, "restarts by a pushed command"),
            "ClearLocal" if self.knows_clear_local() => {
                self.flash.stores.local.clear();
                self.restart(now, "clears its local configuration by a pushed command");
            }
            _ => self.note(format!("does not know {uri}")),
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// The texts of all elements with this name.
fn elements(xml: &str, tag: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in xml.split(&format!("<{tag}")).skip(1) {
        let inner = part.split_once('>').filter(|(attributes, _)| attributes.is_empty() || attributes.starts_with(' '));
        found.extend(inner.and_then(|(_, text)| text.split('<').next()).map(str::to_owned));
    }
    found
}

fn between(text: &str, before: &str, behind: &str) -> Vec<String> {
    text.split(before).skip(1).filter_map(|rest| rest.split(behind).next()).map(str::to_owned).collect()
}
