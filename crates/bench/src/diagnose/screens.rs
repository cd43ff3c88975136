//! What phones write on their screens, word for word, and which codes it may be about.
//!
//! Rules name the words that are theirs alone ([`super::Rule::screen`]); here are those that need a sentence, or
//! that several codes share. The source is the makers' guides and the field reports.

/// Words on a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// As the phone writes them; in brackets what is seen but not written.
    pub words: &'static str,
    /// What the phone is doing then.
    pub means: &'static str,
    /// The codes that it may be about.
    pub codes: &'static [&'static str],
}

const fn screen(words: &'static str, means: &'static str, codes: &'static [&'static str]) -> Screen {
    Screen { words, means, codes }
}

/// All of them.
pub static SCREENS: &[Screen] = &[
    screen(
        "Auth Fail",
        "The phone refuses files: the load is signed with a key that its present load does not know, or a trust list \
         of its former system is installed.",
        &["RB301", "RB302"],
    ),
    screen(
        "(black)",
        "A screen that stays black after a full wipe is normal: only the boot loader runs, and it asks for its \
         recovery list. A phone that asks for nothing at all has another trouble.",
        &["RB206", "RB110"],
    ),
    screen(
        "Unprovisioned",
        "The load is good; what is missing is the phone's configuration with a line and a server. No other load will \
         change that.",
        &["RB210", "RB223"],
    ),
    screen(
        "Configuring VLAN",
        "The phone waits for a switch to tell it a VLAN. It goes on by itself after a minute or two, unless a VLAN of \
         its former network is stored.",
        &["RB102", "RB110"],
    ),
    screen(
        "Configuring IP",
        "The phone waits for an address: nobody answered, or it asks in a VLAN where nobody listens.",
        &["RB101", "RB102", "RB104", "RB110", "RB510"],
    ),
    screen("DHCP timeout", "Nobody gave it an address in time.", &["RB101", "RB102", "RB104", "RB502", "RB510"]),
    screen(
        "TFTP timeout",
        "The server that it asks does not answer: it asks its old one, or a firewall on this computer keeps it out.",
        &["RB103", "RB502", "RB510"],
    ),
    screen(
        "Configuring CM List",
        "The phone asks for its configuration, and what it finds there names no server that answers.",
        &["RB103", "RB210"],
    ),
    screen("CFG file not found", "Neither its own configuration nor the common one was there.", &["RB210"]),
    screen(
        "Protocol Application Invalid",
        "The phone has a part of a load only: a file of the set is missing, or is of another release.",
        &["RB201", "RB202"],
    ),
    screen("Upgrading", "The phone fetches or writes a load. Do not unplug it.", &["RB202", "RB206"]),
    screen("Duplicate IP", "Somebody else on the cable has the address that it was given.", &["RB101"]),
    screen(
        "Firmware download failed",
        "The phone was told to fetch a file and did not get it: it never reached this computer (firewall, the wrong \
         socket of the phone), or the file is for another model.",
        &["RB210", "RB510"],
    ),
    screen(
        "Updating configuration",
        "The phone asks a configuration server and waits: the last file it asked for says which.",
        &["RB103", "RB210"],
    ),
];
