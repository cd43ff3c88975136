//! A program killed while it adds files leaves a shelf that the next one can use.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use sim::firmware::format;

use super::tests::check;
use super::*;
use crate::store::scratch::Scratch;

const FILES: u64 = 130;

/// Run as a child of the next test: adds everything and says each file that was dealt with.
#[test]
#[ignore = "the other half of a_killed_program_leaves_a_usable_shelf"]
fn child_that_is_killed() {
    let Some(folder) = std::env::var_os("RINGBACK_TEST_SHELF") else { return };
    let folder = PathBuf::from(folder);
    let mut shelf = Shelf::open(&folder.join("state")).unwrap();
    writeln!(std::io::stdout(), "at 0").unwrap();
    let mut say = |p: &Progress| writeln!(std::io::stdout(), "at {}", p.files).unwrap();
    shelf.add(&[folder.join("in")], &Reference::default(), &mut say).unwrap();
}

#[test]
fn a_killed_program_leaves_a_usable_shelf() {
    let mut seed = 0x2026_1122_u64;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let mut mended = 0;
    for round in 0..4 {
        let scratch = Scratch::new("killed");
        for n in 0..FILES {
            // Every second file is named by its own header, and found again by it.
            let body = vec![n as u8; 1 + next(60_000) as usize];
            let (name, bytes) = match n % 2 {
                0 => (format!("in/{n}.rfs"), body),
                _ => {
                    let name = format!("jar{n}sccp.8-5-2.sbn");
                    (format!("in/{n}.sbn"), format::archive(&name, "x", body.len()))
                }
            };
            scratch.file(&name, &bytes);
        }
        for _ in 0..4 {
            add_and_kill(scratch.path(), next(FILES), next(400_000));
            let shelf = Shelf::open(&scratch.path().join("state")).unwrap();
            check(&shelf);
            mended += shelf.mended().len();
        }
        let mut shelf = Shelf::open(&scratch.path().join("state")).unwrap();
        let had = shelf.blobs().len();
        let added = shelf.add(&[scratch.path().join("in")], &Reference::default(), &mut |_| {}).unwrap();
        assert_eq!((added.known.len(), added.new.len()), (had, FILES as usize - had), "round {round}");
        check(&shelf);
    }
    assert!(mended > 0, "every kill came too late");
}

/// Kills it `spin` turns after it has said that it is at `file`.
fn add_and_kill(folder: &Path, file: u64, spin: u64) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::shelf::kill_tests::child_that_is_killed", "--ignored", "--nocapture"])
        .env("RINGBACK_TEST_SHELF", folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut at = said.filter_map(|line| line.strip_prefix("at ")?.parse::<u64>().ok());
    assert!(at.any(|n| n >= file), "the child ended before file {file}");
    (0..spin).for_each(|n| {
        std::hint::black_box(n);
    });
    child.kill().unwrap();
    child.wait().unwrap();
}
