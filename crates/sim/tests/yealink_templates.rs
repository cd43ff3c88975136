//! The neutral files of the Yealink profile with one mistake each: the simulated phones must notice it, and only
//! those that it concerns.

#![allow(clippy::disallowed_methods, reason = "the profile's files are read to be changed")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::path::Path;

use profile::{Origin, Profiles};
use sim::scenario::{BUILT_IN, Scenario};

/// The built-in profiles with a change in a template of the Yealink family.
fn changed(template: &str, change: impl Fn(&str) -> String) -> Profiles {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../profiles/yealink-sip");
    let names = ["family.toml", "procedures.toml", "templates/mac.boot", "templates/neutral.cfg"];
    let files = names.map(|name| {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        if name.ends_with(template) {
            let other = change(&text);
            assert_ne!(other, text, "nothing was changed in {name}");
            return (format!("yealink-sip/{name}"), other);
        }
        (format!("yealink-sip/{name}"), text)
    });
    let (mut profiles, _) = Profiles::built_in();
    let problems = profiles.add(&Origin::Folder("changed".to_owned()), files);
    assert!(problems.is_empty(), "{problems:?}");
    profiles
}

/// The phones of `provision-yealink` (their last digit) for which not all came out as it must.
fn unhappy(profiles: &Profiles) -> BTreeSet<char> {
    let (_, text) = BUILT_IN.iter().find(|(name, _)| *name == "provision-yealink").unwrap();
    let wrong = Scenario::parse(text).unwrap().run(profiles).judge();
    wrong.iter().filter_map(|line| line.split_once(": ")?.0.chars().last()).collect()
}

/// What it is, in which template, for which phones it is one, and the change.
type Mistake<'a> = (&'static str, &'static str, &'static str, &'a dyn Fn(&str) -> String);

#[test]
fn the_phones_notice_every_mistake_in_the_neutral_files() {
    let keys = |text: &str, from: &str, to: &str| -> String {
        text.lines()
            .map(|l| format!("{}\n", l.strip_prefix(from).map_or(l.to_owned(), |l| format!("{to}{l}"))))
            .collect()
    };
    let all_of = |phones: &str| phones.chars().collect::<BTreeSet<char>>();
    assert_eq!(unhappy(&Profiles::built_in().0), all_of(""), "as it is, all is well");
    // 1: 83 with an account. 2: 73. 3: 80. 4: 61. 5: 83 with the provider's factory settings. 6: 81 with those.
    let mistakes: [Mistake<'_>; 10] = [
        ("names of 81 for nobody", "neutral.cfg", "56", &|t| keys(t, "static.", "")),
        ("names of 80 for nobody", "neutral.cfg", "23", &|t| keys(t, "security.", "static.security.")),
        ("81 takes the names of 80", "neutral.cfg", "6", &|t| {
            t.replace("number < 81", "number < 82").replace("number > 80", "number > 81")
        }),
        ("80 takes the names of 81", "neutral.cfg", "3", &|t| {
            t.replace("number < 81", "number < 80").replace("number > 80", "number > 79")
        }),
        ("another first line", "neutral.cfg", "2356", &|t| t.replace("#!version:1.0.0.1", "#!version:1.0.0.2")),
        ("keys before 70", "neutral.cfg", "4", &|t| t.replace("number < 70", "number < 60")),
        ("another block", "neutral.cfg", "4", &|t| t.replace("[ AdminPassword ]", "[ Password ]")),
        ("blocks since 70", "neutral.cfg", "2", &|t| t.replace("number < 70", "number < 74")),
        ("a boot file that keeps what is set", "mac.boot", "1", &|t| {
            t.replace("overwrite_mode = 1", "overwrite_mode = 0")
        }),
        ("a boot file with another first line", "mac.boot", "156", &|t| t.replace("#!version:1.0.0.1", "#!version:1")),
    ];
    for (what, template, phones, change) in mistakes {
        assert_eq!(unhappy(&changed(template, change)), all_of(phones), "{what}");
    }
}
