//! What others captured and logged: any bytes are read, nothing grows beyond its bound, and reading ends.

use std::sync::{Arc, OnceLock};

use bench::hearsay::lines::Lines;
use bench::hearsay::{Hearsay, Who};
use profile::Profiles;
use proto::Time;
use proto::capture::{LinkType, Reader, Step};

fn profiles() -> Arc<Profiles> {
    static PROFILES: OnceLock<Arc<Profiles>> = OnceLock::new();
    Arc::clone(PROFILES.get_or_init(|| Arc::new(Profiles::built_in().0)))
}

/// Reads the input as a capture, in pieces of a size that it chooses itself.
pub fn capture(input: &[u8]) {
    let Some((first, file)) = input.split_first() else { return };
    let (mut reader, mut hearsay) = (Reader::new(), Hearsay::new(profiles(), Who::default()));
    let mut seen = 0;
    for piece in file.chunks(usize::from(*first).max(1)) {
        reader.push(piece);
        while let Step::Packet(packet) = reader.step() {
            assert_eq!(packet.number, seen + 1);
            seen = packet.number;
            assert!(packet.bytes.len() <= file.len());
            if let Some(frame) = packet.link.ethernet(packet.bytes) {
                hearsay.frame(packet.number, Time::from_micros(packet.at_us.unwrap_or(0)), &frame);
            }
        }
    }
    assert_eq!(reader.packets(), seen);
    finish(hearsay);
}

/// Reads the input as frames of a wire, each with its length before it.
pub fn wire(input: &[u8]) {
    let mut hearsay = Hearsay::new(profiles(), Who::default());
    let (mut rest, mut number) = (input, 0);
    while let Some((length, after)) = rest.split_first() {
        let (frame, after) = after.split_at(usize::from(*length).min(after.len()));
        number += 1;
        let link = if length % 7 == 0 { LinkType::LinuxCooked } else { LinkType::Ethernet };
        if let Some(frame) = link.ethernet(frame) {
            hearsay.frame(number, Time::from_secs(number * 20), &frame);
        }
        rest = after;
    }
    finish(hearsay);
}

/// Reads the input as a log.
pub fn log(input: &[u8]) {
    let (mut lines, mut hearsay) = (Lines::default(), Hearsay::new(profiles(), Who::default()));
    let mut count = 0;
    let mut each = |number: u64, line: &[u8]| {
        count += 1;
        assert_eq!(number, count);
        hearsay.line(number, line);
    };
    input.chunks(37).for_each(|piece| lines.push(piece, &mut each));
    lines.end(&mut each);
    assert_eq!(hearsay.report().lines.lines, count);
    finish(hearsay);
}

fn finish(mut hearsay: Hearsay) {
    hearsay.end();
    let report = hearsay.report();
    for phone in &report.phones {
        assert!(phone.files.len() <= 400, "{}", phone.files.len());
        for finding in &phone.findings {
            assert!(!finding.evidence.is_empty() && finding.from >= phone.first, "{finding:?}");
        }
        let texts = phone.files.iter().map(|f| &f.name).chain(&phone.because);
        for text in texts {
            assert!(!text.chars().any(char::is_control), "{text:?}");
        }
    }
}
