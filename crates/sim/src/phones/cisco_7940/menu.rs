//! The settings menu: what a person reaches without a reset.
//!
//! SCCP is unlocked by `**#`, SIP by its password, MGCP by nothing. Where an entry stands differs from load
//! to load. Not here: typing addresses, and all entries that matter to nobody who recovers a phone.

use std::time::Duration;

use proto::Time;

use super::Cisco7940;
use crate::Key;
use crate::firmware::classic::Protocol;
use crate::phones::cisco::menu::{List, Pressed};
use crate::rng::seed_of;

/// The same key within this time means its next letter.
const NEXT_LETTER: Duration = Duration::from_millis(1_000);
/// Longest password that is taken.
const LONGEST: usize = 31;
/// What may stand before the entries that matter.
const BEFORE: [&str; 6] = ["DHCP Server", "MAC Address", "Host Name", "Domain Name", "IP Address", "Subnet Mask"];

/// The letters of a key, in the order in which they come.
pub(crate) fn letters(digit: u8) -> &'static str {
    match digit {
        0 => " 0",
        1 => "1",
        2 => "abc2",
        3 => "def3",
        4 => "ghi4",
        5 => "jkl5",
        6 => "mno6",
        7 => "pqrs7",
        8 => "tuv8",
        _ => "wxyz9",
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    Top,
    Network,
    Security,
    Status,
    Password,
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
    list: List,
    /// The password so far, and the key that made its last letter.
    password: String,
    last: Option<(Time, u8)>,
    /// What is done when it is saved.
    to_save: Vec<Action>,
}

impl Cisco7940 {
    /// A key goes down while the phone runs.
    pub(super) fn press_running(&mut self, now: Time, key: Key) {
        if self.flash.app.is_none() {
            return;
        }
        let Some(mut menu) = self.menu.take() else {
            if key == Key::Settings {
                self.open(Menu {
                    page: Page::Top,
                    list: List::default(),
                    password: String::new(),
                    last: None,
                    to_save: Vec::new(),
                });
            }
            return;
        };
        match key {
            Key::Settings => return self.close(),
            Key::Cancel if menu.page == Page::Top => return self.close(),
            Key::Cancel => menu.turn_to(Page::Top),
            Key::Digit(digit) if menu.page == Page::Password => menu.letter(now, digit),
            Key::Softkey(1) if menu.page == Page::Password => {
                menu.list.unlocked = menu.password == self.flash.password;
                self.note(if menu.list.unlocked { "the password is right" } else { "the password is wrong" });
                menu.password.clear();
                menu.turn_to(Page::Top);
            }
            Key::Softkey(2) if !menu.to_save.is_empty() => return self.save(now, &menu.to_save),
            key => match menu.list.press(key, self.entries(menu.page).len()) {
                Pressed::Entry { by_softkey } => return self.act(now, menu, by_softkey),
                Pressed::Typed if self.protocol() == Some(Protocol::Sccp) => {
                    menu.list.unlocked ^= menu.list.was_typed("**#");
                }
                Pressed::Typed | Pressed::Other => {}
            },
        }
        self.open(menu);
    }

    /// Opens what is chosen; anything but a page needs the softkey and an open padlock.
    fn act(&mut self, now: Time, mut menu: Menu, by_softkey: bool) {
        let action = menu.list.chosen(&self.entries(menu.page)).copied().unwrap_or(Action::None);
        match action {
            Action::Open(page) => menu.turn_to(page),
            _ if !by_softkey => {}
            _ if !menu.list.unlocked => self.note("the menu is locked"),
            Action::EraseTrustList => return self.save(now, &[action]),
            Action::NoAlternateTftp | Action::EraseConfiguration => menu.to_save.push(action),
            Action::None => {}
        }
        self.open(menu);
    }

    fn save(&mut self, now: Time, actions: &[Action]) {
        let flash = &mut self.flash;
        for action in actions {
            match action {
                Action::NoAlternateTftp => flash.alternate_tftp = None,
                // The password is not among what it erases.
                Action::EraseConfiguration => {
                    flash.alternate_tftp = None;
                    flash.address = None;
                    flash.vlan = None;
                    flash.call_server = None;
                    flash.wanted_load = None;
                }
                Action::EraseTrustList => flash.trust_list = false,
                Action::Open(_) | Action::None => {}
            }
        }
        self.restart(now, "restarts with what the menu changed");
    }

    fn open(&mut self, menu: Menu) {
        let mut lines = menu.list.lines(&self.entries(menu.page));
        if menu.page == Page::Password {
            lines.push(format!("Enter password: {}", "*".repeat(menu.password.len())));
        }
        if !menu.to_save.is_empty() {
            lines.push("[Save]".to_owned());
        }
        self.menu = Some(menu);
        self.base.body.face.cover(lines, &mut self.base.body.out);
    }

    fn close(&mut self) {
        self.menu = None;
        self.base.body.face.uncover(&mut self.base.body.out);
    }

    fn entries(&self, page: Page) -> Vec<(String, Action)> {
        let entry = |text: &str, action| (text.to_owned(), action);
        let status = entry("Status", Action::Open(Page::Status));
        match (page, self.protocol()) {
            (Page::Top, Some(Protocol::Sip)) => vec![
                entry("Network Configuration", Action::Open(Page::Network)),
                entry("Unlock Config", Action::Open(Page::Password)),
                status,
            ],
            (Page::Top, Some(Protocol::Sccp)) if self.flash.loader.is_some() => vec![
                entry("Network Configuration", Action::Open(Page::Network)),
                entry("Security Configuration", Action::Open(Page::Security)),
                status,
            ],
            (Page::Top, _) => vec![entry("Network Configuration", Action::Open(Page::Network)), status],
            (Page::Network, _) => {
                let alternate = self.flash.alternate_tftp.map_or("No".to_owned(), |a| format!("Yes, {a}"));
                let count = usize::try_from(seed_of(self.software().as_bytes()) % 4).unwrap_or(0) + 3;
                let mut entries: Vec<_> = BEFORE.iter().take(count).map(|text| entry(text, Action::None)).collect();
                entries.push((format!("Alternate TFTP: {alternate}"), Action::NoAlternateTftp));
                entries.push(entry("Erase Configuration", Action::EraseConfiguration));
                entries
            }
            (Page::Security, _) => {
                let list = if self.flash.trust_list { "installed" } else { "not installed" };
                vec![(format!("CTL File: {list}"), Action::EraseTrustList)]
            }
            (Page::Status, _) => {
                vec![
                    entry(self.base.body.message.as_deref().unwrap_or("no messages"), Action::None),
                    (format!("Firmware: {}", self.software()), Action::None),
                ]
            }
            (Page::Password, _) => Vec::new(),
        }
    }
}

impl Menu {
    fn turn_to(&mut self, page: Page) {
        self.page = page;
        self.list.turn();
    }

    /// One more letter, or another one in the place of the last.
    fn letter(&mut self, now: Time, digit: u8) {
        let letters = letters(digit);
        let cycles = self.last.is_some_and(|(at, key)| key == digit && now.since(at) < NEXT_LETTER);
        let before = if cycles { self.password.pop() } else { None };
        let at = before.and_then(|c| letters.find(c)).map_or(0, |at| (at + 1) % letters.len().max(1));
        if self.password.len() < LONGEST {
            self.password.extend(letters.chars().nth(at));
        }
        self.last = Some((now, digit));
    }
}
