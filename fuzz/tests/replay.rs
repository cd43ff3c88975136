//! Every kept input through its target, and a fixed number of mutations of each.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;

use fuzz::hunt::run;
use fuzz::mutate::mutate;
use fuzz::rng::{Rng, sum};
use fuzz::targets::{TARGETS, Target};
use fuzz::{corpus, seeds};

/// Bytes of the whole corpus.
const LARGEST: usize = 1 << 20;

#[test]
fn kept_inputs_and_their_mutations_do_no_harm() {
    let broken: Vec<String> = TARGETS.iter().flat_map(replay).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn replay(target: &Target) -> Vec<String> {
    let kept = corpus::of(target.name).unwrap();
    let mut broken = Vec::new();
    if kept.is_empty() {
        broken.push(format!("{} has no corpus", target.name));
    }
    for (name, bytes) in &kept {
        if let Err(panic) = run(target, bytes) {
            broken.push(format!("{}/{name}: {} at {}", target.name, panic.message, panic.place));
        }
        let mut rng = Rng::new(sum(name.as_bytes()));
        for n in 0..target.mutations {
            let other = rng.pick(&kept).map(|(_, bytes)| bytes.as_slice()).unwrap_or_default();
            let child = mutate(&mut rng, bytes, other, target.words, target.longest);
            if let Err(panic) = run(target, &child) {
                let file = std::env::temp_dir().join(format!("{}-{:016x}", target.name, sum(&child)));
                std::fs::write(&file, &child).unwrap();
                let what = format!("{} at {}", panic.message, panic.place);
                broken.push(format!("{}/{name}, mutation {n}: {what} (in {})", target.name, file.display()));
                break;
            }
        }
    }
    broken
}

#[test]
fn the_corpus_holds_the_hand_made_inputs_and_nothing_homeless() {
    let mut bytes = 0;
    for target in TARGETS {
        bytes += corpus::of(target.name).unwrap().iter().map(|(_, b)| b.len()).sum::<usize>();
    }
    assert!(bytes < LARGEST, "{bytes} bytes");
    // A journal tells what profiles said on the day; it need not be told again when they say it better.
    for (target, name, made) in seeds::all().into_iter().filter(|s| s.0 != "journal") {
        let kept = corpus::of(target).unwrap().into_iter().find(|(n, _)| *n == name);
        assert!(kept.is_some_and(|(_, b)| b == made), "{target}/{name} is not as made: run `ringback-fuzz seeds`");
    }
    let known: BTreeSet<&str> = TARGETS.iter().map(|t| t.name).collect();
    for entry in std::fs::read_dir(corpus::home().join("corpus")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(name.as_str()), "corpus/{name} belongs to no target");
    }
}
