//! The settings menu: what a person reaches without a reset.
//!
//! Only the entries that matter to a bench. Where they stand differs from load to load, so nobody
//! should be told a number; the names are the vendor's. Not here: typing addresses, the password that
//! SIP loads may ask for instead of `**#`.

use proto::Time;

use super::trust::TrustList;
use super::{Cisco79xx, Stage};
use crate::Key;
use crate::phones::cisco::menu::{List, Pressed};

/// A page of the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    Top,
    Network,
    Security,
    TrustList,
    Status,
}

/// What the first softkey does to the chosen entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Open(Page),
    NoAlternateTftp,
    EraseConfiguration,
    Erase(TrustList),
    None,
}

/// An open menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Menu {
    page: Page,
    list: List,
}

impl Cisco79xx {
    /// A key goes down while the phone runs.
    pub(super) fn press_running(&mut self, now: Time, key: Key) {
        let busy = matches!(self.stage, Stage::Off | Stage::SelfTest { .. } | Stage::Erasing { .. });
        if busy || matches!(self.stage, Stage::Flashing { .. } | Stage::AuthFail { .. }) || self.running().is_none() {
            return;
        }
        let Some(mut menu) = self.menu.take() else {
            if key == Key::Settings && self.flash.settings_disabled {
                self.note("the settings menu is disabled");
            } else if key == Key::Settings {
                self.open(Menu { page: Page::Top, list: List::default() });
            }
            return;
        };
        match key {
            Key::Settings => return self.close(),
            Key::Cancel if menu.page == Page::Top => return self.close(),
            Key::Cancel => {
                menu.page = above(menu.page);
                menu.list.turn();
            }
            key => match menu.list.press(key, self.entries(menu.page).len()) {
                Pressed::Entry { by_softkey } => return self.act(now, menu, by_softkey),
                Pressed::Typed if menu.list.was_typed("**#**") => return self.restart(now, "restarts by **#**"),
                Pressed::Typed => menu.list.unlocked ^= menu.list.was_typed("**#"),
                Pressed::Other => {}
            },
        }
        self.open(menu);
    }

    /// Opens what is chosen; anything but a page needs the softkey and an open padlock.
    fn act(&mut self, now: Time, mut menu: Menu, by_softkey: bool) {
        let action = menu.list.chosen(&self.entries(menu.page)).copied().unwrap_or(Action::None);
        match action {
            Action::Open(page) => {
                menu.page = page;
                menu.list.turn();
            }
            _ if !by_softkey => {}
            _ if !menu.list.unlocked => self.note("the menu is locked"),
            Action::NoAlternateTftp => {
                self.note("the alternate TFTP server is set to no");
                self.flash.alternate_tftp = None;
            }
            Action::EraseConfiguration => {
                self.flash.alternate_tftp = None;
                self.flash.address = None;
                self.flash.vlan = None;
                return self.restart(now, "the network configuration is erased by menu");
            }
            Action::Erase(list) => {
                self.flash.trust_lists.remove(&list);
                return self.restart(now, &format!("the {} is erased by menu", list.name()));
            }
            Action::None => {}
        }
        self.open(menu);
    }

    fn open(&mut self, menu: Menu) {
        let lines = menu.list.lines(&self.entries(menu.page));
        self.menu = Some(menu);
        self.base.body.face.cover(lines, &mut self.base.body.out);
    }

    fn close(&mut self) {
        self.menu = None;
        self.base.body.face.uncover(&mut self.base.body.out);
    }

    fn entries(&self, page: Page) -> Vec<(String, Action)> {
        let entry = |text: &str, action| (text.to_string(), action);
        let list = |list: TrustList| {
            let not = if self.flash.trust_lists.contains(&list) { "" } else { "not " };
            (format!("{}: {not}installed", list.name()), Action::Erase(list))
        };
        let lists = || vec![list(TrustList::Itl), list(TrustList::Ctl)];
        match page {
            Page::Top => vec![
                entry("Network Configuration", Action::Open(Page::Network)),
                entry("Security Configuration", Action::Open(Page::Security)),
                entry("Status", Action::Open(Page::Status)),
            ],
            Page::Network => {
                let alternate = self.flash.alternate_tftp.map_or("No".to_string(), |a| format!("Yes, {a}"));
                vec![
                    (format!("Alternate TFTP: {alternate}"), Action::NoAlternateTftp),
                    entry("Erase Configuration", Action::EraseConfiguration),
                ]
            }
            Page::Security if self.spec.trust_list_page => vec![entry("Trust List", Action::Open(Page::TrustList))],
            Page::Security | Page::TrustList => lists(),
            Page::Status => vec![entry(self.base.body.message.as_deref().unwrap_or("no messages"), Action::None)],
        }
    }
}

fn above(page: Page) -> Page {
    match page {
        Page::TrustList => Page::Security,
        Page::Top | Page::Network | Page::Security | Page::Status => Page::Top,
    }
}
