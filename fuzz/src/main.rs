//! `ringback-fuzz`: looks for inputs that break a target. See `fuzz/README.md`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs, io, thread};

use fuzz::hunt::{Current, hunt, run};
use fuzz::targets::{TARGETS, Target};
use fuzz::{corpus, rng, seeds};

const USAGE: &str = "\
ringback-fuzz TARGET|all [--seconds N] [--seed S]   mutate the corpus and look for panics (10 s each)
ringback-fuzz TARGET FILE …                         run these inputs once
ringback-fuzz list                                  the targets
ringback-fuzz seeds                                 write the hand-made inputs into fuzz/corpus";

fn main() -> ExitCode {
    match work(env::args().skip(1).collect()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn work(args: Vec<String>) -> io::Result<bool> {
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, format!("{what}\n\n{USAGE}"));
    let mut args = args.into_iter();
    let first = args.next().ok_or_else(|| wrong("which target?"))?;
    let (mut seconds, mut seed, mut files) = (10, 1, Vec::new());
    while let Some(arg) = args.next() {
        let mut number =
            || args.next().and_then(|n| n.parse().ok()).ok_or_else(|| wrong(&format!("{arg} takes a number")));
        match arg.as_str() {
            "--seconds" => seconds = number()?,
            "--seed" => seed = number()?,
            other if other.starts_with('-') => return Err(wrong(&format!("{other} is not known"))),
            _ => files.push(PathBuf::from(arg)),
        }
    }
    match first.as_str() {
        "list" => {
            TARGETS.iter().for_each(|t| println!("{:18} {}", t.name, t.about));
            Ok(true)
        }
        "seeds" => write_seeds(),
        "all" => {
            let mut sound = true;
            for target in TARGETS {
                sound &= search(target, seconds, seed)?;
            }
            Ok(sound)
        }
        name => {
            let target = TARGETS.iter().find(|t| t.name == name).ok_or_else(|| wrong(&format!("no target {name}")))?;
            if files.is_empty() { search(target, seconds, seed) } else { once(target, &files) }
        }
    }
}

fn write_seeds() -> io::Result<bool> {
    for (target, name, bytes) in seeds::all() {
        let folder = corpus::home().join("corpus").join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), bytes)?;
    }
    Ok(true)
}

fn once(target: &Target, files: &[PathBuf]) -> io::Result<bool> {
    let mut sound = true;
    for file in files {
        let ran = run(target, &fs::read(file)?);
        match &ran {
            Ok(()) => println!("{}: fine", file.display()),
            Err(panic) => println!("{}: {} at {}", file.display(), panic.message, panic.place),
        }
        sound &= ran.is_ok();
    }
    Ok(sound)
}

fn search(target: &'static Target, seconds: u64, seed: u64) -> io::Result<bool> {
    let kept: Vec<Vec<u8>> = corpus::of(target.name)?.into_iter().map(|(_, bytes)| bytes).collect();
    let current = Arc::new(Current::default());
    watch(target, Arc::clone(&current));
    let catch = hunt(target, &kept, seed, Duration::from_secs(seconds), &current);
    println!("{:18} {:>10} runs in {seconds} s, {} found", target.name, catch.runs, catch.found.len());
    for (panic, input) in catch.found.values() {
        let file = save(target, "", input)?;
        println!("  {} at {}\n  {} bytes in {}", panic.message, panic.place, input.len(), file.display());
    }
    Ok(catch.found.is_empty())
}

/// Ends the program when one input runs too long, with that input saved.
fn watch(target: &'static Target, current: Arc<Current>) {
    thread::spawn(move || {
        loop {
            thread::sleep(Duration::from_millis(500));
            if let Some(input) = current.stuck() {
                match save(target, "slow-", &input) {
                    Ok(file) => println!("{}: one input runs too long: {}", target.name, file.display()),
                    Err(error) => println!("{}: one input runs too long, and cannot be saved: {error}", target.name),
                }
                std::process::exit(1);
            }
        }
    });
}

fn save(target: &Target, kind: &str, input: &[u8]) -> io::Result<PathBuf> {
    let folder = corpus::home().join("crashes");
    fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{}-{kind}{:016x}", target.name, rng::sum(input)));
    fs::write(&file, input)?;
    Ok(file)
}
