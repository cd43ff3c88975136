//! What the phone is set to, and the files that set it.
//!
//! Keys are kept without `static.`: from V81 on, what concerns provisioning, security and the network is only
//! known with it; before, only without. Before V70 files are blocks of another kind.

use std::collections::BTreeMap;

/// Settings by key; a key that is cleared is not there.
pub(super) type Settings = BTreeMap<String, String>;

/// The first line of every configuration and boot file.
const FIRST_LINE: &str = "#!version:1.0.0.1";
/// What begins the keys that are written with `static.` since V81.
const STATIC: &[&str] = &[
    "security.",
    "auto_provision.",
    "autoprovision.",
    "network.",
    "zero_touch.",
    "managementserver.",
    "syslog.",
    "firmware.",
    "web_item_level.",
    "trusted_certificates.",
    "custom_factory_configuration.",
    "features.custom_factory_config.",
];
/// The keys of the blocks before V70, by block and name, and where they are kept.
const BLOCKS: &[(&str, &str, &str)] = &[
    ("adminpassword", "password", "security.user_password.admin"),
    ("userpassword", "password", "security.user_password.user"),
    ("autop_mode", "mode", "auto_provision.mode"),
    ("autoprovision", "server_address", "auto_provision.server.url"),
    ("autoprovision", "user", "auto_provision.server.username"),
    ("autoprovision", "password", "auto_provision.server.password"),
];

/// Why a file is not applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotApplied {
    /// Its first line is another one.
    FirstLine,
}

/// Puts a configuration file into the settings; answers how many keys were known.
pub(super) fn apply(settings: &mut Settings, release: u32, text: &str) -> Result<usize, NotApplied> {
    if release < 70 {
        return Ok(apply_blocks(settings, text));
    }
    if text.lines().next().map(str::trim_end) != Some(FIRST_LINE) {
        return Err(NotApplied::FirstLine);
    }
    let mut known = 0;
    for (key, value) in text.lines().filter_map(pair) {
        let Some(key) = canonical(release, key) else { continue };
        known += 1;
        set(settings, &key, value);
    }
    Ok(known)
}

fn set(settings: &mut Settings, key: &str, value: &str) {
    // One key sets the passwords of all users: `name:password`.
    if key == "security.user_password" {
        if let Some((user, password)) = value.split_once(':') {
            settings.insert(format!("{key}.{user}"), password.to_owned());
        }
    } else if value.is_empty() || value == "%NULL%" {
        settings.remove(key);
    } else {
        settings.insert(key.to_owned(), value.to_owned());
    }
}

/// The key as it is kept; `None`: this release does not know it.
fn canonical(release: u32, key: &str) -> Option<String> {
    let moved = |key: &str| STATIC.iter().any(|start| key.starts_with(start));
    match (key.strip_prefix("static."), release >= 81) {
        (Some(rest), true) => Some(rest.to_owned()),
        (Some(_), false) => None,
        (None, true) if moved(key) => None,
        (None, _) => Some(key.to_owned()),
    }
}

fn pair(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let (key, value) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
    Some((key.trim(), value.trim().trim_matches('"')))
}

fn apply_blocks(settings: &mut Settings, text: &str) -> usize {
    let (mut block, mut known) = (String::new(), 0);
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            block = name.trim().to_ascii_lowercase();
        } else if let Some((key, value)) = pair(line) {
            let row = BLOCKS.iter().find(|(b, k, _)| *b == block && key.eq_ignore_ascii_case(k));
            if let Some((_, _, kept)) = row {
                known += 1;
                set(settings, kept, value);
            }
        }
    }
    known
}

/// A boot file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BootFile {
    /// Files to fetch, in order; names or URLs.
    pub(super) includes: Vec<String>,
    /// What no file sets goes back to the maker's value.
    pub(super) overwrite: bool,
}

/// Reads a boot file for a model.
pub(super) fn boot_file(model: &str, text: &str) -> Result<BootFile, NotApplied> {
    if text.lines().next().map(str::trim_end) != Some(FIRST_LINE) {
        return Err(NotApplied::FirstLine);
    }
    let mut boot = BootFile::default();
    for line in text.lines().map(str::trim) {
        let (models, rest) = match line.strip_prefix('[').and_then(|l| l.split_once(']')) {
            Some((models, rest)) => (Some(models), rest.trim()),
            None => (None, line),
        };
        let ours = models.is_none_or(|m| m.split(',').any(|m| m.trim() == model));
        if let Some(file) = rest.strip_prefix("include:config").filter(|_| ours) {
            boot.includes.push(file.trim().trim_matches(['"', '<', '>']).to_owned());
        } else if let Some((key, value)) = pair(rest).filter(|_| ours) {
            boot.overwrite |= key == "overwrite_mode" && value == "1";
        }
    }
    Ok(boot)
}

/// The password of a user; the maker's own is the user's name.
pub(super) fn password<'a>(settings: &'a Settings, user: &'a str) -> &'a str {
    settings.get(&format!("security.user_password.{user}")).map_or(user, String::as_str)
}

/// Whether a switch is on.
pub(super) fn on(settings: &Settings, key: &str, usual: bool) -> bool {
    settings.get(key).map_or(usual, |value| value != "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(release: u32, text: &str) -> Settings {
        let mut settings = Settings::from([("auto_provision.server.url".to_owned(), "https://old".to_owned())]);
        let _ = apply(&mut settings, release, text);
        settings
    }

    #[test]
    fn each_release_knows_its_own_names() {
        let old = "#!version:1.0.0.1\nsecurity.user_password = admin:admin1\nauto_provision.server.url = %NULL%\n";
        let new = "#!version:1.0.0.1\r\nstatic.security.user_password = admin:admin1\r\nstatic.auto_provision.server.url=\r\n";
        for (release, text, counts) in [(80, old, true), (81, old, false), (80, new, false), (86, new, true)] {
            let settings = applied(release, text);
            assert_eq!(password(&settings, "admin") == "admin1", counts, "{release}");
            assert_eq!(settings.contains_key("auto_provision.server.url"), !counts, "{release}");
        }
        assert_eq!(applied(86, "#!version:1.0.0.1\nfeatures.x = 1\nphone_setting.y = 2").len(), 3);
    }

    #[test]
    fn another_first_line_is_not_applied() {
        for odd in [
            "",
            "#!version:1.0.0.2\nfeatures.x = 1",
            "\n#!version:1.0.0.1\nfeatures.x = 1",
            "\u{feff}#!version:1.0.0.1\n",
        ] {
            assert_eq!(apply(&mut Settings::new(), 80, odd), Err(NotApplied::FirstLine), "{odd:?}");
        }
    }

    #[test]
    fn before_v70_there_are_blocks() {
        let settings = applied(
            61,
            "[ AdminPassword ]\npath = /config/Setting/autop.cfg\npassword = secret\n[ autop_mode ]\nmode = 0\n",
        );
        assert_eq!((password(&settings, "admin"), settings["auto_provision.mode"].as_str()), ("secret", "0"));
    }

    #[test]
    fn a_boot_file_names_files_for_models() {
        let text = "#!version:1.0.0.1\noverwrite_mode = 1\ninclude:config \"neutral.cfg\"\n[T46S,T42S]include:config <http://x/a.cfg>\n[T21P_E2] include:config b.cfg";
        let boot = boot_file("T46S", text).unwrap();
        assert_eq!(
            (boot.includes, boot.overwrite),
            (vec!["neutral.cfg".to_owned(), "http://x/a.cfg".to_owned()], true)
        );
        assert_eq!(boot_file("T46S", "include:config a.cfg"), Err(NotApplied::FirstLine));
    }
}
