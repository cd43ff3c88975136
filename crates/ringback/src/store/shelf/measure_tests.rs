//! How long adding and checking take, and how much of it is hashing. Measured, not judged:
//! `cargo test --release --bin ringback measure_the_shelf -- --ignored --nocapture`.

use std::io::Write;
use std::time::{Duration, Instant};

use sim::firmware::format;

use super::*;
use crate::store::scratch::Scratch;

const MIB: usize = 1 << 20;

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").unwrap();
}

fn ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}

#[test]
#[ignore = "measures; takes a while"]
fn measure_the_shelf() {
    let scratch = Scratch::new("measure");
    // A set of 64 MiB: sixteen images of 4 MiB.
    let set: Vec<Vec<u8>> =
        (0..16).map(|n| format::archive(&format!("apps{}.9-4-2ES9.sbn", 10 + n), "x", 4 * MIB)).collect();
    for (n, bytes) in set.iter().enumerate() {
        scratch.file(&format!("set/apps{}.9-4-2ES9.sbn", 10 + n), bytes);
    }
    let begun = Instant::now();
    for bytes in &set {
        std::hint::black_box(sha256_hex(bytes));
    }
    let hashing = begun.elapsed();
    let begun = Instant::now();
    for bytes in &set {
        std::hint::black_box(proto::image::identify("x.sbn", bytes));
    }
    let judging = begun.elapsed();
    let mut shelf = Shelf::open(&scratch.path().join("one")).unwrap();
    let begun = Instant::now();
    let added = shelf.add(&[scratch.path().join("set")], &Reference::default(), &mut |_| {}).unwrap();
    let adding = begun.elapsed();
    assert_eq!((added.new.len(), added.refused.len()), (16, 0), "{:?}", added.refused);
    let share = |of: Duration| 100.0 * of.as_secs_f64() / adding.as_secs_f64();
    say(&format!("a set of 64 MiB in 16 files: added in {:.0} ms", ms(adding)));
    say(&format!(
        "  hashing {:.0} ms ({:.0} %), judging without it {:.1} ms ({:.1} %)",
        ms(hashing),
        share(hashing),
        ms(judging),
        share(judging)
    ));
    let begun = Instant::now();
    let again = shelf.add(&[scratch.path().join("set")], &Reference::default(), &mut |_| {}).unwrap();
    assert_eq!(again.known.len(), 16);
    say(&format!("  added again, all known: {:.0} ms", ms(begun.elapsed())));

    // A shelf of 2,000 files of 32 KiB.
    for n in 0..2_000u32 {
        let body: Vec<u8> = (0..8_192u32).flat_map(|at| (at ^ n).to_be_bytes()).collect();
        scratch.file(&format!("many/{n}.rfs"), &body);
    }
    let state = scratch.path().join("many-state");
    let mut shelf = Shelf::open(&state).unwrap();
    let begun = Instant::now();
    assert_eq!(shelf.add(&[scratch.path().join("many")], &Reference::default(), &mut |_| {}).unwrap().new.len(), 2_000);
    say(&format!("2,000 files of 32 KiB: added in {:.0} ms", ms(begun.elapsed())));
    let begun = Instant::now();
    let mut shelf = Shelf::open(&state).unwrap();
    say(&format!("  checked unchanged in {:.1} ms, {} read again", ms(begun.elapsed()), shelf.reread()));
    assert_eq!(shelf.reread(), 0);
    let begun = Instant::now();
    assert_eq!(shelf.read_all_again().unwrap(), 2_000);
    let deep = begun.elapsed();
    let body = vec![0x5a; 32_768];
    let begun = Instant::now();
    for _ in 0..2_000 {
        std::hint::black_box(sha256_hex(&body));
    }
    // Both the check and the judging behind it hash once.
    let share = 200.0 * begun.elapsed().as_secs_f64() / deep.as_secs_f64();
    say(&format!("  read again whole in {:.0} ms, about {share:.0} % of it hashing", ms(deep)));
}
