//! A load, from its list to the flash.

use std::time::Duration;

use proto::Time;

use super::files::Errand;
use super::version::{Version, family};
use super::{Cisco79xx, Stage};
use crate::firmware::read::{self, Intake, Unsound};

/// How long "Auth Fail" stands on the screen before the phone restarts.
const AUTH_FAIL: Duration = Duration::from_secs(10);

/// A load being fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Upgrade {
    /// Name of the list's file.
    pub(super) list: String,
    /// The load asked for; none when the default list decides.
    load: Option<String>,
    /// What the list names.
    pub(super) images: Vec<String>,
}

impl Cisco79xx {
    pub(super) fn upgrade_to(&mut self, now: Time, load: String) {
        if self.boot.refused.as_ref() == Some(&load) {
            return self.next_extra(now);
        }
        self.note(format!("wants the load {load}"));
        self.show(&["Upgrading"]);
        self.boot.upgrade = Some(Upgrade { list: format!("{load}.loads"), load: Some(load), images: Vec::new() });
        self.think(now, Errand::List);
    }

    /// Without a load to start: asks for the list that every load of its family brings along.
    pub(super) fn fetch_default_list(&mut self, now: Time) {
        if self.spec.weak_power && self.spec.model.images == "70" {
            self.note("CDP: power TLV's not detected - assume low power mode");
            return self.base.net.begin_later(now);
        }
        let list = self.spec.model.default_list();
        self.show(&["Upgrading"]);
        self.boot.upgrade = Some(Upgrade { list, load: None, images: Vec::new() });
        self.think(now, Errand::List);
    }

    pub(super) fn list(&mut self, now: Time, file: &Intake) {
        let Some(upgrade) = self.boot.upgrade.clone() else { return };
        let list = match read::list(&upgrade.list, file) {
            Ok(list) => list,
            Err(unsound) => return self.refuse(now, &upgrade.list, message_for(unsound)),
        };
        // A default list has no version in its name; its comment tells the build.
        let version = Version::of(&upgrade.list).or_else(|| Version::parse(list.build.as_deref()?));
        if self.spec.checks_lists && self.cannot_verify(version.as_ref()) {
            return self.auth_fail(now, &upgrade.list);
        }
        let mine = self.spec.model.images;
        let names = list.images.iter().chain(&upgrade.load);
        if list.images.is_empty() || names.into_iter().any(|name| family(name) != mine) {
            return self.refuse(now, &upgrade.list, "Load ID incorrect");
        }
        let needed = self.spec.board_level.unwrap_or(0);
        if list.hardware.unwrap_or(0) & needed != needed {
            return self.refuse(now, &upgrade.list, "Load rejected HC");
        }
        self.boot.upgrade = Some(Upgrade { images: list.images, ..upgrade });
        self.think(now, Errand::Image(0));
    }

    pub(super) fn image(&mut self, now: Time, at: usize, file: &Intake) {
        let Some(upgrade) = self.boot.upgrade.clone() else { return };
        let Some(name) = upgrade.images.get(at) else { return };
        let label = match read::image(name, file) {
            Ok(label) => label,
            Err(unsound) => return self.refuse(now, name, message_for(unsound)),
        };
        if self.cannot_verify(Version::of(name).as_ref()) {
            return self.auth_fail(now, name);
        }
        self.note(format!("{name} is sound"));
        if at + 1 < upgrade.images.len() {
            self.show_progress(&upgrade.images, at + 1);
            return self.think(now, Errand::Image(at + 1));
        }
        self.show_progress(&upgrade.images, at + 1);
        let load =
            upgrade.load.clone().or(label).unwrap_or_else(|| named_after(&upgrade.images, self.spec.model.images));
        self.note(format!("writes the load {load}"));
        self.stage = Stage::Flashing { until: now + self.spec.flash_time, load };
    }

    pub(super) fn end_flashing(&mut self, now: Time, load: String) {
        self.set_load(Some(load));
        self.flash.init_table = true;
        self.restart(now, "restarts with the new load");
    }

    /// Whether what runs now is too old to know the key this version is signed with.
    fn cannot_verify(&self, version: Option<&Version>) -> bool {
        // After a soft reset the old load's own loader does the checking.
        let known = match self.flash.load.as_deref() {
            Some(load) => Version::of(load).is_none_or(|v| v.knows_new_key()),
            None => self.spec.loader_knows_new_key,
        };
        !known && version.is_some_and(Version::signed_with_new_key)
    }

    fn auth_fail(&mut self, now: Time, name: &str) {
        self.note(format!("cannot verify {name}"));
        self.message("Auth Fail");
        self.show(&["Auth Fail"]);
        self.stage = Stage::AuthFail { until: now + AUTH_FAIL };
    }

    /// A file is not taken: the present load goes on running, or the default list is asked for again.
    fn refuse(&mut self, now: Time, name: &str, message: &str) {
        self.note(format!("refuses {name}"));
        self.message(message);
        if message == "Load rejected HC" {
            self.base.last = "Load Rejected HC";
        }
        if self.running().is_none() {
            return self.retry(now, Errand::List);
        }
        self.show(&[message]);
        self.boot.refused = self.boot.upgrade.take().and_then(|upgrade| upgrade.load);
        self.next_extra(now);
    }

    fn show_progress(&mut self, images: &[String], done: usize) {
        let line = |(at, name): (usize, &String)| {
            let kind = name.split(|c: char| c.is_ascii_digit()).next().unwrap_or_default();
            format!("[{}] {kind}", if at < done { 'x' } else { ' ' })
        };
        let boxes: Vec<String> = images.iter().enumerate().map(line).collect();
        let lines: Vec<&str> = std::iter::once("Upgrading").chain(boxes.iter().map(String::as_str)).collect();
        self.show(&lines);
    }
}

fn message_for(unsound: Unsound) -> &'static str {
    match unsound {
        Unsound::NotSigned => "File auth fail",
        Unsound::Renamed => "Version error",
        Unsound::Incomplete => "Checksum Error",
        Unsound::Changed => "Auth Fail",
    }
}

/// A load's name from its first image, for images that do not say which load they belong to.
fn named_after(images: &[String], family: &str) -> String {
    let first = images.first().map(String::as_str).unwrap_or_default();
    let protocol = if first.contains("sip.") { "SIP" } else { "SCCP" };
    let build = first.split_once('.').map_or("", |(_, rest)| rest.trim_end_matches(".sbn"));
    format!("{protocol}{family}.{build}S")
}
