//! Names that the phone asked for and that nothing here has: a person may say which file each means.

use askama::Template;
use bench::View;
use bench::view::PhoneView;
use proto::Mac;

use super::fragments::{Piece, html};

/// Files offered by name while one types; a shelf with more is searched by typing on.
const OFFERED: usize = 500;

#[derive(Template)]
#[template(path = "names.html")]
struct Names<'a> {
    mac: Mac,
    names: Vec<&'a str>,
    files: &'a [String],
    mapped: Vec<(&'a str, &'a str)>,
}

/// The names of this start, and the form.
pub(super) fn names(view: &View, phone: Option<&PhoneView>) -> Piece {
    let here = phone.filter(|p| p.here);
    let piece = Names {
        mac: phone.map_or(Mac::ZERO, |p| p.mac),
        names: here.map(PhoneView::not_here).unwrap_or_default(),
        files: view.files.get(..OFFERED).unwrap_or(&view.files),
        mapped: here.into_iter().flat_map(|p| &p.mapped).map(|(asked, file)| (asked.as_str(), file.as_str())).collect(),
    };
    ("f-names", html(&piece))
}
