//! The loop: mutate, run, keep what panics, cut it down.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, Once};
use std::time::{Duration, Instant};

use crate::mutate::mutate;
use crate::rng::Rng;
use crate::targets::Target;

/// One run longer than this is a find of its own.
pub const TOO_LONG: Duration = Duration::from_secs(5);
/// How long one input is cut down.
const CUTTING: Duration = Duration::from_secs(20);
/// Children kept beside the corpus, so that mutations add up.
const YOUNG: usize = 256;

/// A panic: where and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panic {
    /// File and line.
    pub place: String,
    /// The message.
    pub message: String,
}

thread_local! {
    static LAST: RefCell<Option<Panic>> = const { RefCell::new(None) };
}

/// Runs a target once; its panic, if it has one.
pub fn run(target: &Target, input: &[u8]) -> Result<(), Panic> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !WATCHED.with(|w| *w.borrow()) {
                return usual(info);
            }
            let place = info.location().map(|l| format!("{}:{}", l.file(), l.line())).unwrap_or_default();
            let message = info.payload_as_str().unwrap_or("a panic without words").to_owned();
            LAST.with(|last| *last.borrow_mut() = Some(Panic { place, message }));
        }));
    });
    WATCHED.with(|w| *w.borrow_mut() = true);
    let ran = panic::catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    WATCHED.with(|w| *w.borrow_mut() = false);
    let nameless = || Panic { place: String::new(), message: "a panic without a place".to_owned() };
    ran.map_err(|_| LAST.with(|last| last.borrow_mut().take()).unwrap_or_else(nameless))
}

thread_local! {
    /// Whether a panic of this thread is one of a target's, to be kept and not printed.
    static WATCHED: RefCell<bool> = const { RefCell::new(false) };
}

/// What runs now, for a watch in another thread: since when, and the input.
#[derive(Debug, Default)]
pub struct Current(Mutex<Option<(Instant, Vec<u8>)>>);

impl Current {
    fn begin(&self, input: &[u8]) {
        if let Ok(mut current) = self.0.lock() {
            let (at, kept) = current.get_or_insert_with(|| (Instant::now(), Vec::new()));
            *at = Instant::now();
            kept.clear();
            kept.extend_from_slice(input);
        }
    }

    fn end(&self) {
        if let Ok(mut current) = self.0.lock()
            && let Some((at, _)) = current.as_mut()
        {
            *at = Instant::now() + Duration::from_secs(86_400);
        }
    }

    /// The input that has been running for too long, if there is one.
    pub fn stuck(&self) -> Option<Vec<u8>> {
        let current = self.0.lock().ok()?;
        let (since, input) = current.as_ref()?;
        (since.elapsed() >= TOO_LONG).then(|| input.clone())
    }
}

/// What a hunt came to.
#[derive(Clone, Debug, Default)]
pub struct Catch {
    /// Inputs run.
    pub runs: u64,
    /// One input for every place that panicked, cut down.
    pub found: BTreeMap<String, (Panic, Vec<u8>)>,
}

/// Runs children of `corpus` for as long as this.
pub fn hunt(target: &Target, corpus: &[Vec<u8>], seed: u64, long: Duration, current: &Current) -> Catch {
    let mut rng = Rng::new(seed);
    let end = Instant::now() + long;
    let mut catch = Catch::default();
    let mut young: Vec<Vec<u8>> = Vec::new();
    let nothing = Vec::new();
    let mut fixed = corpus.iter();
    while Instant::now() < end {
        let child = match fixed.next() {
            Some(kept) => kept.clone(),
            None => {
                let from_young = !young.is_empty() && rng.below(3) == 0;
                let parent = rng.pick(if from_young { &young } else { corpus }).unwrap_or(&nothing);
                let other = rng.pick(corpus).unwrap_or(&nothing);
                mutate(&mut rng, parent, other, target.words, target.longest)
            }
        };
        current.begin(&child);
        let ran = run(target, &child);
        current.end();
        catch.runs += 1;
        match ran {
            Err(panic) if !catch.found.contains_key(&panic.place) => {
                let small = cut_down(target, child, &panic, current);
                catch.found.insert(panic.place.clone(), (panic, small));
            }
            Err(_) => {}
            Ok(()) if young.len() < YOUNG => young.push(child),
            Ok(()) => {
                let at = rng.below(YOUNG);
                if let Some(place) = young.get_mut(at) {
                    *place = child;
                }
            }
        }
    }
    catch
}

/// The same panic with fewer and plainer bytes: pieces are left out, large ones first, then bytes become 0.
fn cut_down(target: &Target, input: Vec<u8>, panic: &Panic, current: &Current) -> Vec<u8> {
    let end = Instant::now() + CUTTING;
    let same = |bytes: &[u8]| {
        current.begin(bytes);
        let ran = run(target, bytes);
        current.end();
        ran.is_err_and(|p| p.place == panic.place)
    };
    let mut best = input;
    let mut piece = best.len().div_ceil(2).max(1);
    loop {
        let mut at = 0;
        let mut shorter = false;
        while at < best.len() && Instant::now() < end {
            let mut less = best.clone();
            less.drain(at..(at + piece).min(best.len()));
            if same(&less) {
                best = less;
                shorter = true;
            } else {
                at += piece;
            }
        }
        match piece {
            _ if Instant::now() >= end => break,
            1 if !shorter => break,
            _ => piece = (piece / 2).max(1),
        }
    }
    for at in 0..best.len() {
        if Instant::now() >= end {
            break;
        }
        let mut plain = best.clone();
        if std::mem::take(&mut plain[at]) != 0 && same(&plain) {
            best = plain;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    const BROKEN: Target = Target {
        name: "broken",
        about: "panics on two letters",
        run: |bytes| assert!(!(bytes.contains(&b'x') && bytes.contains(&b'y')), "both"),
        words: &[b"x", b"y"],
        longest: 60,
        mutations: 1,
    };

    #[test]
    fn what_panics_is_found_and_cut_down() {
        let corpus = [b"a longer input without those letters".to_vec()];
        let catch = hunt(&BROKEN, &corpus, 1, Duration::from_millis(500), &Current::default());
        let (panic, input) = catch.found.values().next().expect("something was found");
        assert_eq!(panic.message, "both");
        assert_eq!(input.len(), 2, "{input:?}");
        assert!(catch.runs > 1);
    }

    #[test]
    fn what_does_not_end_is_told() {
        let current = Current::default();
        assert_eq!(current.stuck(), None);
        current.begin(b"x");
        assert_eq!(current.stuck(), None);
        current.end();
        assert_eq!(current.stuck(), None);
    }
}
