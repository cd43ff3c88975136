//! The command line: help texts, explanations, mistakes in profiles, exit statuses, and what the documents say.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::support::{Running, SOON, Scratch, have, ringback, run, skip, until};

const COMMANDS: [&str; 15] = [
    "run", "demo", "doctor", "serve", "shelf", "stick", "phones", "config", "check", "explain", "ledger", "read",
    "replay", "report", "simulate",
];
/// A demo at its fastest, on the slowest machine.
const LONG: Duration = Duration::from_secs(120);

fn say(scratch: &Scratch, args: &[&str]) -> (Option<i32>, String) {
    let mut command = ringback(&scratch.path().join("state"));
    command.args(args);
    let (status, said) = run(command);
    (status.code(), said)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn help_says_what_it_said() {
    let scratch = Scratch::new();
    let mut wrong = Vec::new();
    for name in std::iter::once("").chain(COMMANDS) {
        let args: Vec<&str> = [name, "--help"].into_iter().filter(|a| !a.is_empty()).collect();
        let (status, said) = say(&scratch, &args);
        assert_eq!(status, Some(0), "{said}");
        // The state folder of this test is no part of the text.
        let state = scratch.path().join("state");
        let said = said.replace(state.to_str().unwrap(), "");
        let file = if name.is_empty() { "help.txt".to_owned() } else { format!("help-{name}.txt") };
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(&file);
        if std::env::var_os("RINGBACK_REWRITE_GOLDEN").is_some() {
            std::fs::write(&golden, said + "\n").unwrap();
        } else if std::fs::read_to_string(&golden).unwrap_or_default().trim_end() != said.trim_end() {
            wrong.push(format!("{file} is now:\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}\nIf that is meant: RINGBACK_REWRITE_GOLDEN=1 cargo test", wrong.join("\n"));
}

#[test]
fn the_files_made_for_a_phone_are_shown_before_it_gets_them() {
    let scratch = Scratch::new();
    let (status, said) = say(&scratch, &["config", "7965", "--mac", "0011.bb73.ad61", "--load", "SIP45.9-4-2SR1-1S"]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("==== SEP0011BB73AD61.cnf.xml") && said.contains("<deviceProtocol>SIP</deviceProtocol>"));
    assert!(said.contains("<loadInformation436>SIP45.9-4-2SR1-1S</loadInformation436>"), "{said}");
    let (status, said) = say(&scratch, &["config", "7960", "--mac", "0011bb73ad61", "--file", "SIP0011", "--diff"]);
    assert!(status == Some(0) && said.contains("SIP0011BB73AD61.cnf") && said.contains("no journal"), "{said}");
    let (status, said) = say(&scratch, &["config", "9999", "--mac", "0011bb73ad61"]);
    assert!(status == Some(1) && said.contains("RB507"), "{said}");
}

#[test]
fn codes_and_screen_words_are_explained() {
    let scratch = Scratch::new();
    let (status, said) = say(&scratch, &["explain", "RB301"]);
    assert_eq!(status, Some(0));
    assert!(said.starts_with("RB301  ") && said.contains("Why:") && said.contains("Do:"), "{said}");
    let (status, said) = say(&scratch, &["explain", "auth fail"]);
    assert!(status == Some(0) && said.contains("RB301") && said.contains("8.5(2)"), "{said}");
    let (status, said) = say(&scratch, &["explain", "auth", "fail"]);
    assert!(status == Some(0) && said.contains("RB301"), "{said}");
    let (_, said) = say(&scratch, &["explain"]);
    assert!(said.lines().count() > 20 && said.lines().all(|l| l.starts_with("RB")), "{said}");
    let (status, said) = say(&scratch, &["explain", "no", "such", "words"]);
    assert!(status == Some(1) && said.contains("ringback explain"), "{said}");
}

#[test]
fn a_mistake_in_a_profile_is_named_with_what_would_be_right() {
    let scratch = Scratch::new();
    assert_eq!(say(&scratch, &["check"]).0, Some(0), "the built-in profiles have no mistake");
    let source = std::fs::read_to_string(root().join("profiles/cisco-7940-7960/family.toml")).unwrap();
    let at = source.lines().position(|l| l.trim_start().starts_with("maker")).expect("a line with the maker");
    let broken: Vec<&str> =
        source.lines().enumerate().map(|(n, l)| if n == at { "makr = \"Nobody\"" } else { l }).collect();
    scratch.file("mine/my-phone/family.toml", broken.join("\n"));
    let folder = scratch.path().join("mine");
    let (status, said) = say(&scratch, &["check", "--profiles", folder.to_str().unwrap()]);
    assert_eq!(status, Some(1), "{said}");
    for word in ["RB505", "my-phone/family.toml", "makr", "maker"] {
        assert!(said.contains(word), "no {word} in: {said}");
    }
    let (status, said) = say(&scratch, &["check", "--json", "--profiles", folder.to_str().unwrap()]);
    assert_eq!(status, Some(1));
    let list: serde_json::Value = serde_json::from_str(&said).unwrap();
    for field in ["file", "field", "what", "instead"] {
        assert!(list[0][field].as_str().is_some_and(|t| !t.is_empty()), "{field} in {list:#}");
    }
}

#[test]
fn exit_statuses_are_0_1_and_2() {
    let scratch = Scratch::new();
    assert_eq!(say(&scratch, &["--version"]).0, Some(0));
    assert_eq!(say(&scratch, &["ledger"]).0, Some(0), "an empty ledger is no error");
    assert_eq!(say(&scratch, &["phones", "7965"]).0, Some(0));
    assert_eq!(say(&scratch, &["phones", "no-such-phone"]).0, Some(1));
    for wrong in [&["no-such-command"][..], &["run", "--ip", "10.0.0.1"], &["serve"], &["shelf"], &[]] {
        let (status, said) = say(&scratch, wrong);
        assert!(status == Some(2) && said.contains("help"), "{wrong:?}: {status:?} {said}");
    }
    for (args, code) in [
        (&["serve", "/no/such/folder", "--iface", "lo", "--ip", "127.0.0.1/8"][..], "RB508"),
        (&["run", "--iface", "no-such-if"], "RB503"),
        (&["run", "--iface", "lo"], "RB504"),
        (&["replay", "/no/such/journal"], "RB508"),
    ] {
        let (status, said) = say(&scratch, args);
        assert_eq!(status, Some(1), "{args:?}: {said}");
        assert!(said.contains(code), "{args:?}: {said}");
    }
}

/// Splits a line as a shell does, as far as documents need it.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quote, mut begun) = (String::new(), None, false);
    for c in line.chars() {
        match (c, quote) {
            ('"' | '\'', None) => (quote, begun) = (Some(c), true),
            (c, Some(q)) if c == q => quote = None,
            (' ', None) => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            (c, _) => {
                word.push(c);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    words
}

/// The arguments of every command line in a document: in fenced blocks and between backticks.
fn command_lines(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        let pieces: Vec<&str> = if fenced { vec![line] } else { line.split('`').skip(1).step_by(2).collect() };
        for piece in pieces {
            let piece = piece.split(" #").next().unwrap_or_default().trim();
            let piece = piece.trim_start_matches("$ ").trim_start_matches("sudo ");
            let arguments = if let Some(rest) = piece.strip_prefix("cargo run") {
                rest.split_once(" -- ").map(|(_, arguments)| arguments)
            } else {
                piece.strip_prefix("ringback ")
            };
            // A name of a program in a sentence is no command line.
            found.extend(arguments.filter(|a| !a.is_empty()).map(str::to_owned));
        }
    }
    found
}

#[test]
fn every_command_line_in_the_documents_can_be_typed() {
    let scratch = Scratch::new();
    let mut seen = 0;
    let mut wrong = Vec::new();
    let guide = std::fs::read_dir(root().join("docs/guide")).into_iter().flatten().map(|e| e.unwrap().path());
    for document in std::iter::once(root().join("README.md")).chain(guide) {
        for line in command_lines(&std::fs::read_to_string(&document).unwrap()) {
            seen += 1;
            let (before, _) = line.split_once([';', '|', '>']).unwrap_or((&line, ""));
            // Placeholders stand for what the technician types there.
            let mut args: Vec<String> = words(before)
                .iter()
                .map(|w| match w.trim_end_matches('…') {
                    "IF" => "eth9".to_owned(),
                    "MAC" => "00:11:bb:00:00:01".to_owned(),
                    w => w.to_owned(),
                })
                .collect();
            // Read to the end as if typed, and done nothing: help is asked for last.
            args.push("--help".to_owned());
            let (status, said) = say(&scratch, &args.iter().map(String::as_str).collect::<Vec<_>>());
            // Help ends the reading before what is missing is missed, but not before what is unknown.
            if status != Some(0) {
                wrong.push(format!("{}: ringback {line}\n{said}", document.display()));
            }
        }
    }
    assert!(seen >= 10, "only {seen} command lines found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_demo_recovers_a_phone_without_rights_and_leaves_nothing() {
    let scratch = Scratch::new();
    let root = rustix::process::geteuid().is_root();
    if root && !have(&["setpriv"]) {
        return;
    }
    let temporary = scratch.folder("tmp");
    // Where nobody may look, nobody could start it.
    let copy = scratch.path().join("ringback");
    std::fs::copy(env!("CARGO_BIN_EXE_ringback"), &copy).unwrap();
    let mut command = if root {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&temporary, std::fs::Permissions::from_mode(0o777)).unwrap();
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"]);
        command.arg(&copy);
        command
    } else {
        Command::new(&copy)
    };
    command.args(["demo", "--speed", "50", "--json"]).env("TMPDIR", &temporary).env("HOME", "/nonexistent");
    command.env_remove("RINGBACK_STATE");
    let (status, said) = Running::start(command).end_within(LONG);
    assert_eq!(status.code(), Some(0), "{said}");
    let ended = said.lines().find(|l| l.contains("\"procedure-ended\"")).unwrap_or_else(|| panic!("{said}"));
    let ended: serde_json::Value = serde_json::from_str(ended).unwrap();
    assert_eq!(ended["outcome"], "recovered", "{ended:#}");
    let left: Vec<_> = std::fs::read_dir(&temporary).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_terminal_that_goes_away_ends_the_run() {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let scratch = Scratch::new();
    let Ok(near) = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC) else {
        return skip("needs /dev/ptmx");
    };
    grantpt(&near).unwrap();
    unlockpt(&near).unwrap();
    let size = rustix::termios::Winsize { ws_row: 40, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0 };
    rustix::termios::tcsetwinsize(&near, size).unwrap();
    let name = ptsname(&near, Vec::new()).unwrap().into_string().unwrap();
    let far = std::fs::File::options().read(true).write(true).open(name).unwrap();
    let temporary = scratch.folder("tmp");
    let mut command = ringback(&scratch.path().join("state"));
    command.args(["demo", "--speed", "1"]).env("TERM", "xterm").env("TMPDIR", &temporary);
    command.stdin(far.try_clone().unwrap()).stdout(far.try_clone().unwrap()).stderr(far);
    // Not the terminal of this session, so that no signal says it has gone.
    let mut child = command.process_group(0).spawn().unwrap();
    drop(command);
    rustix::io::ioctl_fionbio(&near, true).unwrap();
    let mut near = std::fs::File::from(near);
    let mut screen = Vec::new();
    let mut buf = [0u8; 4_096];
    let drawn = until(SOON, || {
        while let Ok(len) = near.read(&mut buf) {
            screen.extend(&buf[..len]);
        }
        String::from_utf8_lossy(&screen).contains("phones")
    });
    assert!(drawn || child.kill().is_err(), "{}", String::from_utf8_lossy(&screen));
    drop(near);
    let mut status = None;
    let ended = until(SOON, || {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    let _ = child.kill();
    let _ = child.wait();
    assert!(ended, "it runs on without a terminal");
    assert_eq!(status.unwrap().code(), Some(1), "it ends in good order, so that what it changed is taken back");
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "its folder is gone");
}
