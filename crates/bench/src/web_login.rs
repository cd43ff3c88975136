//! Logging in to a phone's web page, to prove that a name and a password hold: which requests, and what the answers
//! say. Pure; the host's job carries the bytes.
//!
//! Two ways: HTTP Basic, and a form whose answer is a redirection when the password was right and the page again
//! when it was not. A page that encrypts what is typed is told apart and left to a person.

use std::net::Ipv4Addr;

use profile::Login as Facts;
use proto::http::{Answer, Request, request};
use proto::text::escape_short;

use crate::observe::LoginResult;

/// The longest text of a page that is looked through, bytes.
const PAGE: usize = 192 << 10;

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// This request is to be made; its answer goes to [`Login::answered`].
    Ask(Request),
    /// That is what came of it.
    End(LoginResult, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Form,
    Basic,
    Post,
}

/// One try.
#[derive(Clone, Debug)]
pub struct Login {
    web: Facts,
    address: Ipv4Addr,
    stage: Stage,
}

impl Login {
    /// A try at this phone.
    pub fn new(web: Facts, address: Ipv4Addr) -> Login {
        Login { web, address, stage: Stage::Form }
    }

    /// Whose page it is.
    pub const fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// The first request.
    pub fn first(&self) -> Request {
        Request::get(self.address.to_string(), self.web.form.clone())
    }

    /// Takes the answer to the last request; none when there was none.
    pub fn answered(&mut self, answer: Option<&Answer>) -> Next {
        let Some(answer) = answer else { return end(LoginResult::NoPage, "it did not answer on port 80") };
        let status = answer.status.unwrap_or(200);
        match (self.stage, status) {
            (Stage::Form, 401) => {
                self.stage = Stage::Basic;
                let mut request = self.first();
                request.authorization = Some(request::basic(&self.web.user, &self.web.password));
                Next::Ask(request)
            }
            (Stage::Form, 200) => self.form(&answer.body),
            (Stage::Form, _) => end(LoginResult::NoPage, &format!("{} answered {status}", self.web.form)),
            (Stage::Basic, 401 | 403) => end(LoginResult::Refused, &format!("{status} for {}", self.web.user)),
            (Stage::Basic, 200..=399) => {
                let realm =
                    answer.realm().map_or_else(String::new, |r| format!(", {}", escape_short(r.as_bytes(), 60)));
                end(LoginResult::In, &format!("{status} for {}{realm}", self.web.user))
            }
            (Stage::Post, 301..=303) => end(LoginResult::In, &format!("{status} for {}", self.web.user)),
            (Stage::Post, 401 | 403) => end(LoginResult::Refused, &format!("{status} for {}", self.web.user)),
            (Stage::Post, 200) if asks_password(&text(&answer.body)) => {
                end(LoginResult::Refused, &format!("the form came again, for {}", self.web.user))
            }
            (Stage::Post, 200) => end(LoginResult::In, &format!("a page without the form, for {}", self.web.user)),
            (_, _) => end(LoginResult::NoPage, &format!("it answered {status}")),
        }
    }

    fn form(&mut self, body: &[u8]) -> Next {
        let page = text(body);
        if let Some(word) = self.web.encrypted.iter().find(|w| page.contains(w.as_str())) {
            return end(LoginResult::Encrypted, &format!("its page encrypts passwords ({word})"));
        }
        if !asks_password(&page) {
            return end(LoginResult::NoPage, "its page asks for no password");
        }
        self.stage = Stage::Post;
        let fill = |text: &str| {
            text.replace("{{ user }}", &encoded(&self.web.user)).replace("{{ password }}", &encoded(&self.web.password))
        };
        let body = fill(&self.web.body).into_bytes();
        Next::Ask(Request::post(
            self.address.to_string(),
            self.web.post.clone(),
            "application/x-www-form-urlencoded",
            body,
        ))
    }
}

fn text(body: &[u8]) -> String {
    String::from_utf8_lossy(body.get(..PAGE).unwrap_or(body)).into_owned()
}

fn asks_password(page: &str) -> bool {
    page.to_ascii_lowercase().contains("type=password") || page.contains("pwd")
}

fn end(result: LoginResult, what: &str) -> Next {
    Next::End(result, what.to_owned())
}

/// Percent-encoded but for letters, digits and `-._`.
fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login() -> Login {
        let (profiles, _) = profile::Profiles::built_in();
        let web = profiles.family("yealink-sip").and_then(|f| f.login.clone()).unwrap();
        Login::new(web, Ipv4Addr::new(10, 0, 0, 20))
    }

    fn answer(text: &str) -> Answer {
        Answer::read(text.as_bytes())
    }

    const FORM: &str = "HTTP/1.0 200 OK\r\n\r\n<form><input name=username><input type=password name=pwd></form>";

    #[test]
    fn a_form_that_redirects_has_let_the_bench_in() {
        let mut login = login();
        assert!(login.first().target.starts_with("/servlet?p=login&q=loginForm"));
        let Next::Ask(post) = login.answered(Some(&answer(FORM))) else { panic!("a form is filled in") };
        assert_eq!(post.method, "POST");
        assert!(post.body.unwrap().1.starts_with(b"username=admin&pwd=admin"));
        let next = login.answered(Some(&answer("HTTP/1.0 302 Found\r\nLocation: /servlet?p=status\r\n\r\n")));
        assert!(matches!(next, Next::End(LoginResult::In, _)), "{next:?}");
    }

    #[test]
    fn a_page_without_the_form_has_let_it_in_too() {
        let mut login = login();
        login.answered(Some(&answer(FORM)));
        let next = login.answered(Some(&answer("HTTP/1.0 200 OK\r\n\r\nFirmware Version 28.80.0.95")));
        assert!(matches!(next, Next::End(LoginResult::In, _)), "{next:?}");
    }

    #[test]
    fn a_form_that_comes_again_has_not() {
        let mut login = login();
        login.answered(Some(&answer(FORM)));
        assert!(matches!(login.answered(Some(&answer(FORM))), Next::End(LoginResult::Refused, _)));
    }

    #[test]
    fn basic_is_spoken_with_old_phones() {
        let realm =
            "HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"Enterprise IP phone SIP-T20P\"\r\n\r\n";
        for (then, result) in [("HTTP/1.0 200 OK\r\n\r\nx", LoginResult::In), (realm, LoginResult::Refused)] {
            let mut login = login();
            let Next::Ask(again) = login.answered(Some(&answer(realm))) else { panic!("again with a password") };
            assert_eq!(again.authorization.as_deref(), Some("Basic YWRtaW46YWRtaW4="));
            let Next::End(came, _) = login.answered(Some(&answer(then))) else { panic!("an end") };
            assert_eq!(came, result);
        }
    }

    #[test]
    fn what_proves_nothing_is_told_apart() {
        let page = FORM.replace("<form>", "<script>var g_rsa_n = '00'</script><form>");
        assert!(matches!(login().answered(Some(&answer(&page))), Next::End(LoginResult::Encrypted, _)));
        assert!(matches!(login().answered(None), Next::End(LoginResult::NoPage, _)));
        let hello = "HTTP/1.0 200 OK\r\n\r\nhello, universal page";
        assert!(matches!(login().answered(Some(&answer(hello))), Next::End(LoginResult::NoPage, _)));
        assert!(matches!(
            login().answered(Some(&answer("HTTP/1.0 404 No\r\n\r\n"))),
            Next::End(LoginResult::NoPage, _)
        ));
    }
}
