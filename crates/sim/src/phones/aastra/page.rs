//! The recovery page, in many spellings.
//!
//! Nobody has kept a copy of the real page, so none of these is it: each is one way in which such a small
//! server could write the same form, and be strict about what comes back. They are data, in `pages/`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de::Error};

use crate::phones::parts::place::Place;
use crate::stream::Scheme;

/// Every spelling by its name.
pub const SPELLINGS: &[(&str, &str)] = &[
    ("plain", include_str!("pages/plain.toml")),
    ("table", include_str!("pages/table.toml")),
    ("no-labels", include_str!("pages/no-labels.toml")),
    ("upper-case", include_str!("pages/upper-case.toml")),
    ("unclosed", include_str!("pages/unclosed.toml")),
    ("get-form", include_str!("pages/get-form.toml")),
    ("radio", include_str!("pages/radio.toml")),
    ("frames", include_str!("pages/frames.toml")),
    ("quiet-error", include_str!("pages/quiet-error.toml")),
    ("button-needed", include_str!("pages/button-needed.toml")),
    ("reload", include_str!("pages/reload.toml")),
    ("token", include_str!("pages/token.toml")),
    ("upload", include_str!("pages/upload.toml")),
];

/// How one page is written and what it wants back.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spelling {
    /// By which a scenario names it.
    #[serde(default)]
    pub name: String,
    /// What a technician would say about it.
    #[serde(default)]
    pub hint: String,
    /// HTML by its path. `{title}`, `{status}` and `{token}` are filled in.
    pages: BTreeMap<String, String>,
    /// Where the form goes, as the page says it.
    action: String,
    /// It goes by GET instead of POST.
    #[serde(default)]
    get: bool,
    /// What is to be thought of the button's own field.
    button: Button,
    /// Name and value of the button, when it must come back.
    #[serde(default)]
    button_field: Option<(String, String)>,
    /// Fields that must come back as they were.
    #[serde(default)]
    hidden: BTreeMap<String, String>,
    /// A hidden field with a number that changes.
    #[serde(default)]
    token: Option<String>,
    /// The first form is refused until its address was asked for by GET.
    #[serde(default)]
    pub(super) reload_first: bool,
    /// HTTP status of a refusal.
    #[serde(default = "bad_request")]
    pub(super) invalid_status: u16,
    /// A refusal is the form again with a line in it.
    #[serde(default)]
    pub(super) whole_page: bool,
    /// The image itself is sent in this field.
    #[serde(default)]
    pub(super) upload: Option<String>,
    #[serde(default)]
    fields: Fields,
}

/// The button's field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Button {
    /// It must not come.
    Forbidden,
    /// It may come.
    Optional,
    /// It must come.
    Needed,
}

/// What its fields are called.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Fields {
    file: String,
    protocol: Option<String>,
    /// The protocol field's values.
    protocols: BTreeMap<Scheme, String>,
    /// The server's field for each protocol, or for `any`.
    server: BTreeMap<Choice, String>,
    path: BTreeMap<Choice, String>,
    user: Option<String>,
    password: Option<String>,
}

/// A protocol, or any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Choice {
    Tftp,
    Http,
    Ftp,
    Any,
}

/// What somebody wants the phone to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) place: Place,
    pub(super) file: String,
}

impl Default for Spelling {
    /// The first of [`SPELLINGS`].
    fn default() -> Spelling {
        Spelling::find("plain").unwrap_or_else(|| Spelling {
            name: String::new(),
            hint: String::new(),
            pages: BTreeMap::new(),
            action: "/".to_owned(),
            get: false,
            button: Button::Optional,
            button_field: None,
            hidden: BTreeMap::new(),
            token: None,
            reload_first: false,
            invalid_status: bad_request(),
            whole_page: false,
            upload: None,
            fields: Fields::default(),
        })
    }
}

impl Spelling {
    /// By its name.
    pub fn find(name: &str) -> Option<Spelling> {
        let (name, text) = SPELLINGS.iter().find(|(n, _)| *n == name)?;
        let spelling: Spelling = toml::from_str(text).ok()?;
        Some(Spelling { name: (*name).to_owned(), ..spelling })
    }

    /// The page at a path, filled in.
    pub(super) fn page(&self, path: &str, title: &str, status: &str, token: u64) -> Option<String> {
        let html = self.pages.get(path)?;
        let token = token.to_string();
        Some(html.replace("{title}", title).replace("{status}", status).replace("{token}", &token))
    }

    /// Whether the form goes to this path.
    pub(super) fn is_action(&self, path: &str) -> bool {
        let action = self.action.split('?').next().unwrap_or_default();
        path.trim_start_matches('/') == action.trim_start_matches('/')
    }

    /// Whether the form goes by GET.
    pub(super) fn by_get(&self) -> bool {
        self.get
    }

    /// Reads a form that came back; `None`: its parameters are not what they must be. Strict, as a small
    /// server is that looks for each field in a table of its own.
    pub(super) fn read(&self, form: &[(String, String)], token: u64) -> Option<Wish> {
        let value = |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        let fields = &self.fields;
        let button = self.button_field.as_ref();
        let pressed = button.is_some_and(|(name, text)| value(name) == Some(text));
        let hidden = self.hidden.iter().all(|(name, text)| value(name) == Some(text));
        let token = self.token.as_ref().is_none_or(|name| value(name) == Some(token.to_string().as_str()));
        if !hidden || !token || self.button == Button::Needed && !pressed {
            return None;
        }
        let known: Vec<&String> = [&fields.file]
            .into_iter()
            .chain(&fields.protocol)
            .chain(fields.server.values())
            .chain(fields.path.values())
            .chain(&fields.user)
            .chain(&fields.password)
            .chain(self.hidden.keys())
            .chain(&self.token)
            .collect();
        let foreign = form.iter().filter(|(name, _)| !known.contains(&name)).count();
        let missing = known.iter().any(|name| value(name).is_none());
        if missing || self.button == Button::Forbidden && foreign > 0 || foreign > 1 {
            return None;
        }
        let file = value(&fields.file)?.trim();
        let scheme = self.scheme(&value)?;
        let of = |map: &BTreeMap<Choice, String>| {
            let own = map.get(&choice(scheme)).or_else(|| map.get(&Choice::Any))?;
            value(own).map(|v| v.trim().to_owned())
        };
        let mut place = Place::host(scheme, &of(&fields.server)?);
        place.address()?;
        place.path = of(&fields.path).unwrap_or_default();
        let user = fields.user.as_deref().and_then(value).filter(|u| !u.is_empty());
        place.login = user.map(|u| {
            let password = fields.password.as_deref().and_then(value).unwrap_or_default();
            (u.to_owned(), password.to_owned())
        });
        let sound = !file.is_empty() && file.len() < 64 && !file.contains(char::is_whitespace);
        sound.then(|| Wish { place, file: file.to_owned() })
    }

    /// The protocol that was chosen, or the one whose server was named.
    fn scheme<'a>(&self, value: &impl Fn(&str) -> Option<&'a str>) -> Option<Scheme> {
        match &self.fields.protocol {
            Some(field) => {
                let chosen = value(field)?;
                self.fields.protocols.iter().find(|(_, v)| *v == chosen).map(|(scheme, _)| *scheme)
            }
            None => {
                let named = self.fields.server.iter().find(|(_, name)| value(name).is_some_and(|v| !v.is_empty()));
                named.map(|(choice, _)| match choice {
                    Choice::Http => Scheme::Http,
                    Choice::Ftp => Scheme::Ftp,
                    Choice::Tftp | Choice::Any => Scheme::Tftp,
                })
            }
        }
    }
}

fn choice(scheme: Scheme) -> Choice {
    match scheme {
        Scheme::Tftp => Choice::Tftp,
        Scheme::Http | Scheme::Https => Choice::Http,
        Scheme::Ftp => Choice::Ftp,
    }
}

fn bad_request() -> u16 {
    400
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Spelling, D::Error> {
    let name = String::deserialize(from)?;
    let known = || SPELLINGS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    Spelling::find(&name).ok_or_else(|| D::Error::custom(format!("no recovery page {name}; there are {}", known())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phones::parts::http::form;

    #[test]
    fn every_spelling_is_read_and_has_its_first_page() {
        for (name, text) in SPELLINGS {
            toml::from_str::<Spelling>(text).unwrap_or_else(|e| panic!("{name}: {e}"));
            let page = Spelling::find(name).unwrap().page("/", "Aastra 6757i", "", 5).unwrap();
            assert!(page.contains("Aastra 6757i") && !page.contains('{'), "{name}: {page}");
        }
    }

    #[test]
    fn a_form_is_read_strictly() {
        let plain = Spelling::find("plain").unwrap();
        let good = "filename=57i.st&protocol=TFTP&tftp=10.0.0.1&tftppath=&ftpserv=&ftppath=&ftpuser=&ftppass=&httpserv=&httppath=";
        let wish = plain.read(&form(good), 0).unwrap();
        assert_eq!((wish.place, wish.file.as_str()), (Place::host(Scheme::Tftp, "10.0.0.1"), "57i.st"));
        for bad in [
            "",
            "filename=57i.st",
            &good.replace("10.0.0.1", ""),
            &good.replace("57i.st", ""),
            &good.replace("TFTP", "GOPHER"),
            &format!("{good}&Submit=Download+Firmware"),
        ] {
            assert_eq!(plain.read(&form(bad), 0), None, "{bad}");
        }
        let needed = Spelling::find("button-needed").unwrap();
        let without = "filename=57i.st&protocol=tftp&server=10.0.0.1&path=";
        assert_eq!(needed.read(&form(without), 0), None);
        assert!(needed.read(&form(&format!("{without}&action=Download+Firmware")), 0).is_some());
        let token = Spelling::find("token").unwrap();
        let with = "sid=7&fld_17=10.0.0.1&fld_18=&fld_19=57i.st";
        assert!(token.read(&form(with), 7).is_some() && token.read(&form(with), 8).is_none());
    }
}
