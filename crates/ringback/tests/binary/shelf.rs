//! `ringback shelf` as people call it: what goes on, what is refused, what is planned, and kills.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use sim::firmware::{LoadSpec, Protocol, R8_5_2, R9_4_2SR1, format, load_set};

use crate::support::{Scratch, measured, ringback, run, sha256, skip};

fn say(state: &Path, args: &[&str]) -> (i32, String) {
    let mut command = ringback(state);
    command.arg("shelf").args(args);
    let (status, said) = run(command);
    (status.code().unwrap_or(-1), said)
}

fn json(state: &Path, args: &[&str]) -> Value {
    let output = ringback(state).arg("shelf").args(args).arg("--json").output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"))
}

/// Two releases of a 7965 in a folder.
fn firmware(scratch: &Scratch) -> PathBuf {
    let folder = scratch.folder("firmware");
    for release in [R8_5_2, R9_4_2SR1] {
        for (name, bytes) in load_set(&LoadSpec::released("45", Protocol::Sccp, release, 3_000)) {
            std::fs::write(folder.join(name), bytes).unwrap();
        }
    }
    folder
}

#[test]
fn the_state_folder_is_named_before_or_behind_the_command() {
    let scratch = Scratch::new();
    let folder = firmware(&scratch);
    let (folder, wrong) = (folder.to_str().unwrap(), scratch.path().join("not-this-one"));
    for (n, order) in [0, 1].into_iter().enumerate() {
        let state = scratch.path().join(format!("state{n}"));
        let state = state.to_str().unwrap();
        let args = if order == 0 { ["--state", state, "add", folder] } else { ["add", "--state", state, folder] };
        let (status, said) = say(&wrong, &args);
        assert!(status == 0 && said.contains(" new, 0 known, 0 refused"), "{said}");
        let (_, said) = say(&wrong, &["list", "--state", state]);
        assert!(said.contains("SCCP45.9-4-2SR1-1S") && said.contains("7965G"), "{said}");
    }
    assert!(!wrong.exists(), "the variable is not looked at when a folder is named");
}

#[test]
fn a_way_is_planned_checked_and_refused() {
    let scratch = Scratch::new();
    let state = scratch.path().join("state");
    let folder = firmware(&scratch);
    let plan = ["plan", "7965", "--from", "8.3(2)", "--to", "9.4(2)SR1", "--by", "network"];
    let empty = json(&state, &plan);
    assert_eq!(empty["rungs"][0]["load"], "SCCP45.8-5-2S");
    assert_eq!(empty["rungs"][0]["fetch"][0]["archive"], "cmterm-7945_7965-sccp.8-5-2.zip");
    let (status, said) = say(&state, &["check", "7965"]);
    assert!(status == 1 && said.contains("RB221"), "{said}");
    assert_eq!(say(&state, &["add", folder.to_str().unwrap()]).0, 0);
    let (status, said) = say(&state, &plan);
    assert!(status == 0 && said.contains("Everything is on the shelf."), "{said}");
    let ready = json(&state, &plan);
    assert_eq!(ready["rungs"].as_array().unwrap().len(), 2);
    assert!(
        ready["rungs"].as_array().unwrap().iter().all(|r| r["missing"].as_array().unwrap().is_empty()),
        "{ready:#}"
    );
    let list = ready["rungs"][1]["here"].as_array().unwrap().iter().find(|h| h["name"] == "SCCP45.9-4-2SR1-1S.loads");
    let bytes = std::fs::read(folder.join("SCCP45.9-4-2SR1-1S.loads")).unwrap();
    assert_eq!(list.unwrap()["sha256"], sha256(&bytes));
    assert_eq!(say(&state, &["check", "7965"]).0, 0);
    let (status, said) = say(&state, &["check", "7942"]);
    assert!(status == 1 && said.contains("RB237"), "{said}");
    let (status, said) = say(&state, &["plan", "7960", "--from", "P0S3-8-12-00", "--to", "4.4"]);
    assert!(status == 1 && said.contains("RB250") && said.contains("unsigned"), "{said}");
    let (status, said) = say(&state, &["plan", "7965", "--from", "8.3(2)", "--to", "9.4(2)SR1", "--hardware", "8"]);
    assert!(status == 1 && said.contains("RB251") && said.contains("inferred"), "{said}");
    let (status, said) = say(&state, &["plan", "no-such-phone", "--from", "1.0"]);
    assert!(status == 1 && said.contains("RB507"), "{said}");
}

#[test]
fn what_is_wrong_has_its_code_and_what_is_no_firmware_stays_where_it_is() {
    let scratch = Scratch::new();
    let state = scratch.path().join("state");
    let image = format::archive("cnu45.9-4-2ES9.sbn", "x", 3_000);
    let cut = scratch.file("in/cnu45.9-4-2ES9.sbn", &image[..image.len() - 100]);
    scratch.file("in/page.loads", b"<html><title>Sign in</title>");
    scratch.file("in/SEP001122334455.cnf.xml", b"<device/>");
    scratch.file("in/ringtone.raw", b"tone");
    let added = json(&state, &["add", cut.parent().unwrap().to_str().unwrap()]);
    let codes: Vec<&str> = added["refused"].as_array().unwrap().iter().map(|r| r["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["RB233", "RB231"]);
    assert!(added["refused"][0]["what"].as_str().unwrap().contains("100 bytes missing"));
    assert_eq!(added["left_out"].as_array().unwrap().len(), 2, "{added:#}");
    assert_eq!(json(&state, &["list"])["files"].as_array().unwrap().len(), 0);
    let mut explain = ringback(&state);
    explain.args(["explain", "RB233"]);
    assert!(run(explain).1.contains("Do:"));
}

/// A format that says nothing of its length: only a sum tells what happened to a file.
#[test]
fn a_list_of_sums_proves_a_file_and_refuses_what_is_not_it() {
    let scratch = Scratch::new();
    let state = scratch.path().join("state");
    let folder = scratch.folder("st");
    let good = [b"57i 57i 57i 3.3.1.4365-SIP\0".as_slice(), &[7; 3_000]].concat();
    let list = folder.join("SHA256SUMS");
    std::fs::write(&list, format!("SHA256 (57i.st) = {}\nSIZE (57i.st) = {}\n", sha256(&good), good.len())).unwrap();
    let add = |state: &Path, name: &str, bytes: &[u8]| {
        let file = folder.join(name);
        std::fs::write(&file, bytes).unwrap();
        let said = say(state, &["add", file.to_str().unwrap(), "--sums", list.to_str().unwrap()]);
        std::fs::remove_file(file).unwrap();
        said
    };
    for (bytes, code) in
        [(&good[1..], "RB233"), (&[good.as_slice(), b"more"].concat(), "RB234"), (&[good.as_slice(), b""].concat(), "")]
    {
        let (status, said) = add(&state, "57i.st", bytes);
        assert_eq!(status, i32::from(!code.is_empty()), "{said}");
        assert!(said.contains(if code.is_empty() { "the true one by its SHA-256" } else { code }), "{said}");
    }
    let mut flipped = good.clone();
    flipped[2_000] ^= 1;
    let (status, said) = add(&state, "57i.st", &flipped);
    assert!(status == 1 && said.contains("RB259"), "{said}");
    let elsewhere = scratch.path().join("elsewhere");
    let (_, said) = add(&elsewhere, "new firmware.st", &good);
    assert!(said.contains("new      57i.st") && said.contains("RB232"), "{said}");
    let (_, said) = add(&scratch.path().join("another"), "6867i.st", &good);
    assert!(said.contains("new      57i.st") && said.contains("RB258"), "{said}");
    // What was proven stays so, also when all is read again.
    assert_eq!(say(&elsewhere, &["check", "--deep"]).0, 0);
    let proven = json(&elsewhere, &["list"]);
    assert!(proven["files"][0]["proven"].as_str().unwrap().contains("SHA256SUMS"), "{proven:#}");
    std::fs::write(&list, "not a sum\n").unwrap();
    let (status, said) = add(&state, "57i.st", &good);
    assert!(status == 1 && said.contains("RB508") && said.contains("line 1"), "{status}: {said}");
}

#[test]
fn published_lists_are_read() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !data.join("term41.default.loads").exists() {
        skip("the published lists are not beside the repository");
        return;
    }
    let scratch = Scratch::new();
    let state = scratch.path().join("state");
    assert_eq!(say(&state, &["add", data.to_str().unwrap()]).0, 0);
    let list = json(&state, &["list"]);
    let of = |name: &str| list["loads"].as_array().unwrap().iter().find(|l| l["name"] == name).cloned().unwrap();
    let pair = of("P0S3-8-12-00");
    assert_eq!((&pair["version"], &pair["protocol"]), (&"8.12(0)".into(), &"sip".into()));
    assert_eq!(pair["models"], serde_json::json!(["7940G", "7960G"]));
    let missing: Vec<&str> = pair["missing"].as_array().unwrap().iter().map(|m| m["name"].as_str().unwrap()).collect();
    assert_eq!(missing, ["P003-8-12-00.sbn", "P0S3-8-12-00.sb2"]);
    let listed = of("SIP42.9-4-2SR3-1S");
    assert_eq!((&listed["version"], listed["missing"].as_array().unwrap().len()), (&"9.4(2)SR3".into(), 5));
    assert_eq!(of("term41.default")["protocol"], "sip");
}

#[test]
fn what_has_not_changed_is_not_read_again() {
    let scratch = Scratch::new();
    let state = scratch.path().join("state");
    let folder = firmware(&scratch);
    assert_eq!(say(&state, &["add", folder.to_str().unwrap()]).0, 0);
    let list = json(&state, &["list"]);
    let file = list["files"].as_array().unwrap().iter().find(|f| f["name"] == "cnu45.9-4-2ES9.sbn").unwrap();
    let place = state.join("blobs").join(file["sha256"].as_str().unwrap());
    // Other bytes of the same length, behind the back of length, time and inode: only who reads it finds out.
    let (times, len) = std::fs::metadata(&place).map(|m| (m.modified().unwrap(), m.len())).unwrap();
    let blob = std::fs::File::options().write(true).open(&place).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&blob, &[0xff; 64], len - 64).unwrap();
    blob.set_modified(times).unwrap();
    let (status, said) = say(&state, &["check", "7965"]);
    assert!(status == 0 && !said.contains("RB253"), "it was read again: {said}");
    let (status, said) = say(&state, &["check", "--deep"]);
    assert!(status == 1 && said.contains("RB253") && said.contains("cnu45.9-4-2ES9.sbn"), "{said}");
}

/// Fifty times: killed at a random moment of the adding, looked at, and in the end finished.
#[test]
fn killed_fifty_times_while_adding_the_shelf_stays_consistent() {
    const KILLS: u64 = 50;
    const FILES: u64 = 160;
    let scratch = Scratch::new();
    let state = scratch.path().join("state");
    let mut hashes = Vec::new();
    for n in 0..FILES {
        let bytes = match n % 2 {
            0 => format::archive(&format!("cnu{n}.9-4-2ES9.sbn"), "x", 30_000),
            _ => vec![n as u8; 20_000],
        };
        hashes.push(sha256(&bytes));
        scratch.file(&format!("in/{n:03}.{}", if n % 2 == 0 { "sbn" } else { "rfs" }), bytes);
    }
    let input = scratch.path().join("in");
    let mut seed = 0x5eed_2026_u64;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    // How long one file takes here, so that the moments fall between two and within each.
    let begun = Instant::now();
    let all = usize::try_from(FILES).unwrap();
    assert!(adding(&scratch.path().join("probe"), &input, all, Duration::MAX));
    let each = begun.elapsed().as_micros() as u64 / FILES;
    let (mut interrupted, mut finished, mut fruitful, mut most) = (0, 0, 0, 0_usize);
    for round in 0..KILLS {
        if most > 120 {
            // Begun anew, so that there is always something left to add.
            let _ = std::fs::remove_dir_all(&state);
            most = 0;
        }
        let at = most + usize::try_from(next(FILES - most as u64)).unwrap();
        let ended = adding(&state, &input, at, Duration::from_micros(next(each * 2)));
        finished += u64::from(ended);
        interrupted += u64::from(!ended);
        let here = consistent(&state, &hashes);
        assert!(here >= most, "round {round}: {here} files, and {most} before");
        fruitful += u32::from(!ended && here > most);
        most = here;
    }
    measured(&format!(
        "{KILLS} kills while adding {FILES} files: {interrupted} interrupted it ({fruitful} of them between its first \
         and its last file), {finished} came too late"
    ));
    assert!(interrupted > KILLS / 2 && u64::from(fruitful) > KILLS / 5, "{interrupted} and {fruitful} of {KILLS}");
    let (status, said) = say(&state, &["add", input.to_str().unwrap()]);
    assert_eq!(status, 0, "{said}");
    assert_eq!(consistent(&state, &hashes), 160);
    assert_eq!(say(&state, &["check", "--deep"]).0, 0);
}

/// Adds, and kills the adding so long after so many files lie in their place. Whether it had ended by itself.
fn adding(state: &Path, input: &Path, files: usize, kill_after: Duration) -> bool {
    let mut command = ringback(state);
    command.args(["shelf", "add", input.to_str().unwrap()]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    // The kernel lists who holds the shelf's lock.
    let pid = format!(" {} ", child.id());
    let holds =
        || std::fs::read_to_string("/proc/locks").unwrap().lines().any(|l| l.contains("FLOCK") && l.contains(&pid));
    let blobs = state.join("blobs");
    let there = || std::fs::read_dir(&blobs).map_or(0, |b| b.flatten().filter(|b| b.file_name().len() == 64).count());
    while !(holds() && there() >= files) && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    let begun = Instant::now();
    while begun.elapsed() < kill_after && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap().success()
}

/// The program that looks at the shelf finds only whole files, each by its hash; how many.
fn consistent(state: &Path, hashes: &[String]) -> usize {
    let output = Command::new(env!("CARGO_BIN_EXE_ringback"))
        .args(["shelf", "list", "--json", "--state"])
        .arg(state)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    let files = list["files"].as_array().unwrap();
    for file in files {
        let hash = file["sha256"].as_str().unwrap();
        assert!(hashes.iter().any(|h| h == hash), "{file:#}");
        assert_eq!(sha256(&std::fs::read(state.join("blobs").join(hash)).unwrap()), hash);
    }
    let blobs = std::fs::read_dir(state.join("blobs")).unwrap();
    let on_disk = blobs.filter(|b| b.as_ref().unwrap().file_name().len() == 64).count();
    assert_eq!(on_disk, files.len(), "what is on the disk is listed");
    files.len()
}
