//! Images: which file is asked for, the checks, writing it.
//!
//! An image of before 5.0 takes unsigned `.bin` files only; from 5.0 on only signed ones are taken, so
//! that there is no way back. Lists are known from 6.0 on. A list names a loader and an application; a
//! loader that is not the present one is written first, and leaves no valid application.

use proto::Time;

use super::files::Errand;
use super::{Cisco7940, Stage};
use crate::firmware::classic::Name;
use crate::firmware::read::{Intake, Unsound};
use crate::firmware::read_classic as read;

/// What to do when the wanted load is the present one, or does not suit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing is missing.
    Finish,
    /// The SIP application starts.
    Application,
    /// The SIP phone's own file.
    OwnSip,
    /// What comes after `OS79XX.TXT`.
    OwnDefaults,
    /// What the loader guesses after this.
    Hunt(Errand),
}

/// A load being fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    load: Name,
    /// The file asked for now.
    pub(super) file: String,
    kind: Kind,
    next: Next,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    List,
    Signed,
    Unsigned,
}

/// What is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Image {
    Loader(String),
    /// Above the loader, or without one.
    Application {
        name: Name,
        keeps_loader: bool,
    },
}

impl Cisco7940 {
    /// A configuration names a load.
    pub(super) fn want(&mut self, now: Time, text: &str, next: Next) {
        let Some(load) = Name::parse(text) else {
            self.message("Load ID incorrect");
            return self.go_on(now, next);
        };
        let is_present = self.flash.app.as_ref() == Some(&load);
        let done = is_present && (self.boot.is_current || !load.is_two_parts());
        if done || self.boot.refused.as_ref() == Some(&load.text) {
            return self.go_on(now, next);
        }
        let app = self.flash.app.as_ref();
        let (kind, ending) = if self.flash.loader.is_none() && app.is_some_and(Name::takes_unsigned) {
            (Kind::Unsigned, "bin")
        } else if load.is_two_parts() && app.is_none_or(Name::knows_lists) {
            (Kind::List, "loads")
        } else {
            (Kind::Signed, "sbn")
        };
        let file = format!("{}.{ending}", load.text);
        self.fetch_image(now, Wanted { load, file, kind, next });
    }

    /// `OS79XX.TXT` names an image, which never comes with a list.
    pub(super) fn want_bare(&mut self, now: Time, load: Name) {
        let unsigned = self.flash.loader.is_none() && self.flash.app.as_ref().is_some_and(Name::takes_unsigned);
        let (kind, ending) = if unsigned { (Kind::Unsigned, "bin") } else { (Kind::Signed, "sbn") };
        let file = format!("{}.{ending}", load.text);
        self.fetch_image(now, Wanted { load, file, kind, next: Next::OwnDefaults });
    }

    fn fetch_image(&mut self, now: Time, wanted: Wanted) {
        self.note(format!("wants {}", wanted.file));
        if wanted.kind != Kind::List {
            self.show(&["Upgrading Software"]);
        }
        self.boot.wanted = Some(wanted);
        self.think(now, Errand::Image);
    }

    /// The wanted file is here, or is not.
    pub(super) fn image(&mut self, now: Time, file: Option<&Intake>) {
        let Some(wanted) = self.boot.wanted.clone() else { return };
        let Some(file) = file else {
            self.message("File not found");
            return self.retry(now);
        };
        let image = match wanted.kind {
            Kind::List => match read::list(&wanted.file, file) {
                Ok(list) => return self.list(now, wanted, &list),
                Err(unsound) => Err(unsound),
            },
            Kind::Signed => read::signed(&wanted.file, file),
            Kind::Unsigned => read::unsigned(file),
        };
        let image = match image {
            Ok(image) => image,
            Err(unsound) => return self.refuse(now, &wanted, message_for(unsound)),
        };
        self.note(format!("{} is sound", wanted.file));
        let keeps_loader = wanted.file.ends_with(".sb2");
        let image = match Name::parse(&image.name) {
            _ if image.is_loader && !keeps_loader => Image::Loader(image.name),
            Some(name) if !image.is_loader => Image::Application { name, keeps_loader },
            _ => return self.refuse(now, &wanted, "Load ID incorrect"),
        };
        self.show(&["Upgrading Software"]);
        self.stage = Stage::Flashing { until: now + self.spec.flash_time, image };
    }

    fn list(&mut self, now: Time, wanted: Wanted, list: &read::List) {
        let app = self.flash.app.as_ref().map(|app| app.text.as_str());
        let file = if self.flash.loader.as_deref() != Some(&list.loader) {
            format!("{}.sbn", list.loader)
        } else if app != Some(&list.app) {
            format!("{}.sb2", list.app)
        } else {
            self.boot.is_current = true;
            self.boot.wanted = None;
            return self.go_on(now, wanted.next);
        };
        self.fetch_image(now, Wanted { file, kind: Kind::Signed, ..wanted });
    }

    pub(super) fn end_flashing(&mut self, now: Time, image: Image) {
        match image {
            Image::Loader(name) => {
                self.flash.loader = Some(name);
                self.flash.app = None;
            }
            Image::Application { name, keeps_loader } => {
                if !keeps_loader {
                    self.flash.loader = None;
                }
                self.flash.app = Some(name);
            }
        }
        self.restart(now, "restarts with what was written");
    }

    /// A file is not taken: what there is goes on, or the loader begins again.
    fn refuse(&mut self, now: Time, wanted: &Wanted, message: &str) {
        self.note(format!("refuses {}", wanted.file));
        self.message(message);
        self.show(&[message]);
        if self.flash.app.is_none() {
            return self.retry(now);
        }
        self.boot.wanted = None;
        self.boot.refused = Some(wanted.load.text.clone());
        self.go_on(now, wanted.next);
    }

    fn go_on(&mut self, now: Time, next: Next) {
        match next {
            Next::Finish => self.finish(now),
            Next::Application => self.start_application(now),
            Next::OwnSip => self.think(now, Errand::OwnSip),
            Next::OwnDefaults => self.own_defaults(now),
            Next::Hunt(errand) => self.hunt_on(now, errand),
        }
    }
}

fn message_for(unsound: Unsound) -> &'static str {
    match unsound {
        Unsound::NotSigned | Unsound::Changed => "File auth fail",
        Unsound::Renamed => "Version error",
        Unsound::Incomplete => "Checksum Error",
    }
}
