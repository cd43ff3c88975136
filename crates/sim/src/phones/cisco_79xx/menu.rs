//! The settings menu: what a person reaches without a reset.
//!
//! Only the entries that matter to a bench. Where they stand differs from load to load, so nobody
//! should be told a number; the names are the vendor's. Not here: typing addresses, the password that
//! SIP loads may ask for instead of `**#`.

use proto::Time;

use super::{Cisco79xx, Stage};
use crate::Key;

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
    EraseTrustList,
    None,
}

/// An open menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Menu {
    page: Page,
    /// Counted from 0.
    chosen: usize,
    unlocked: bool,
    /// The keys `*` and `#` typed last.
    typed: String,
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
                self.open(Menu { page: Page::Top, chosen: 0, unlocked: false, typed: String::new() });
            }
            return;
        };
        match key {
            Key::Settings => return self.close(),
            Key::Cancel if menu.page == Page::Top => return self.close(),
            Key::Cancel => (menu.page, menu.chosen) = (above(menu.page), 0),
            Key::Up => menu.chosen = menu.chosen.saturating_sub(1),
            Key::Down => menu.chosen = (menu.chosen + 1).min(self.entries(menu.page).len().saturating_sub(1)),
            Key::Star | Key::Hash => {
                menu.typed.extend(key.to_char());
                if menu.typed.ends_with("**#**") {
                    return self.restart(now, "restarts by **#**");
                }
                menu.unlocked ^= menu.typed.ends_with("**#");
            }
            Key::Digit(n) if n > 0 && usize::from(n) <= self.entries(menu.page).len() => {
                menu.chosen = usize::from(n) - 1;
                return self.act(now, menu, true);
            }
            Key::Ok | Key::Softkey(1) => return self.act(now, menu, key == Key::Ok),
            _ => {}
        }
        if !matches!(key, Key::Star | Key::Hash) {
            menu.typed.clear();
        }
        self.open(menu);
    }

    /// Opens what is chosen; anything but a page needs the softkey and an open padlock.
    fn act(&mut self, now: Time, mut menu: Menu, only_open: bool) {
        let action = self.entries(menu.page).get(menu.chosen).map_or(Action::None, |(_, action)| *action);
        match action {
            Action::Open(page) => (menu.page, menu.chosen) = (page, 0),
            _ if only_open => {}
            _ if !menu.unlocked => self.note("the menu is locked"),
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
            Action::EraseTrustList => {
                self.flash.trust_list = false;
                return self.restart(now, "the trust list is erased by menu");
            }
            Action::None => {}
        }
        self.open(menu);
    }

    fn open(&mut self, menu: Menu) {
        let mut lines = vec![format!("Settings [{}]", if menu.unlocked { "unlocked" } else { "locked" })];
        for (at, (text, _)) in self.entries(menu.page).iter().enumerate() {
            let mark = if at == menu.chosen { '>' } else { ' ' };
            lines.push(format!("{mark}{} {text}", at + 1));
        }
        self.menu = Some(menu);
        self.face.show(lines, &mut self.out);
    }

    fn close(&mut self) {
        self.menu = None;
        self.face.show(self.under_menu.clone(), &mut self.out);
    }

    fn entries(&self, page: Page) -> Vec<(String, Action)> {
        let entry = |text: &str, action| (text.to_string(), action);
        let list = if self.flash.trust_list { "installed" } else { "not installed" };
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
            Page::Security => vec![entry("Trust List", Action::Open(Page::TrustList))],
            Page::TrustList => vec![(format!("ITL File: {list}"), Action::EraseTrustList)],
            Page::Status => vec![entry(self.message.as_deref().unwrap_or("no messages"), Action::None)],
        }
    }
}

fn above(page: Page) -> Page {
    match page {
        Page::TrustList => Page::Security,
        Page::Top | Page::Network | Page::Security | Page::Status => Page::Top,
    }
}
