//! A file to read: what it is by its first bytes, unpacked on the way, in pieces of bounded size.

use std::fs::File;
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bench::hearsay::Hearsay;
use bench::hearsay::lines::Lines;
use bench::journal;
use flate2::read::MultiGzDecoder;
use proto::Time;
use proto::capture::{self, Reader, Step};

use crate::trouble::Trouble;

/// Read at once, bytes.
const PIECE: usize = 256 * 1_024;
/// A progress line is drawn this often, and not before so long.
const DRAW_EVERY: Duration = Duration::from_millis(250);

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Packets.
    Capture,
    /// Lines.
    Text,
}

/// An opened file.
pub(super) struct Source {
    name: String,
    input: Box<dyn Read>,
    /// The first bytes, which said what it is.
    first: Vec<u8>,
    form: Form,
    /// Bytes as they lie on the disk.
    packed: Arc<AtomicU64>,
    bytes: u64,
}

/// Counts what goes through.
struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.count.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

impl Source {
    /// Opens a file and looks at its first bytes.
    pub(super) fn open(path: &Path) -> super::super::Result<Source> {
        let packed = Arc::new(AtomicU64::new(0));
        let input: Box<dyn Read> = if path == Path::new("-") {
            Box::new(std::io::stdin())
        } else {
            Box::new(File::open(path).map_err(|e| Trouble::file(path, &e))?)
        };
        let mut input: Box<dyn Read> = Box::new(Counted { inner: input, count: Arc::clone(&packed) });
        let mut first = head(&mut input).map_err(|e| Trouble::file(path, &e))?;
        if first.starts_with(&[0x1f, 0x8b]) {
            let whole = std::io::Cursor::new(first).chain(input);
            input = Box::new(MultiGzDecoder::new(whole));
            first = head(&mut input).map_err(|e| Trouble::file(path, &e))?;
        }
        let form = if capture::is_capture(&first) { Form::Capture } else { Form::Text };
        let name = proto::text::escape(path.as_os_str().as_encoded_bytes());
        Ok(Source { name, input, first, form, packed, bytes: 0 })
    }

    pub(super) fn form(&self) -> Form {
        self.form
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Bytes read, unpacked.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Hands every piece to `each`; answers what stopped the reading before the file's end.
    fn pieces(&mut self, progress: &mut Progress, mut each: impl FnMut(&[u8]) -> bool) -> Option<String> {
        let mut piece = std::mem::take(&mut self.first);
        loop {
            self.bytes += piece.len() as u64;
            if !each(&piece) {
                return None;
            }
            progress.draw(&self.name, self.packed.load(Ordering::Relaxed));
            piece.resize(PIECE, 0);
            match self.input.read(&mut piece) {
                Ok(0) => return None,
                Ok(n) => piece.truncate(n),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => piece.clear(),
                // A packed file that was cut off still told something.
                Err(error) => return Some(format!("reading ended early: {error}")),
            }
        }
    }

    /// Reads a capture. `first` is when the story began, microseconds since 1970.
    pub(super) fn capture(
        &mut self,
        hearsay: &mut Hearsay,
        first: &mut Option<u64>,
        progress: &mut Progress,
    ) -> super::super::Result<(u64, Option<String>)> {
        let (mut reader, mut bad, mut now) = (Reader::new(), None, Time::ZERO);
        let mut foreign = 0u64;
        let ended = self.pieces(progress, |piece| {
            reader.push(piece);
            loop {
                match reader.step() {
                    Step::Packet(packet) => {
                        if let Some(at) = packet.at_us {
                            now = Time::from_micros(at.saturating_sub(*first.get_or_insert(at)));
                        }
                        match packet.link.ethernet(packet.bytes) {
                            Some(frame) => hearsay.frame(packet.number, now, &frame),
                            None => foreign += 1,
                        }
                    }
                    Step::More => return true,
                    Step::End(malformed) => {
                        bad = Some(format!("RB511: {malformed}"));
                        return false;
                    }
                }
            }
        });
        let cut = || (reader.left() > 0).then(|| "RB511: the file was cut off within a packet".to_owned());
        let damaged = || (reader.damaged() > 0).then(|| format!("RB511: {} blocks are damaged", reader.damaged()));
        let strange = || (foreign > 0).then(|| format!("{foreign} packets are of no kind of network that phones use"));
        Ok((reader.packets(), bad.or(ended).or_else(cut).or_else(damaged).or_else(strange)))
    }

    /// Reads lines: another server's log, or a journal.
    pub(super) fn text(
        &mut self,
        hearsay: &mut Hearsay,
        progress: &mut Progress,
    ) -> super::super::Result<(u64, Option<String>)> {
        let (mut lines, mut count) = (Lines::default(), 0);
        let mut each = |number: u64, line: &[u8]| {
            count = number;
            let is_journal = line.starts_with(b"{\"n\":");
            match std::str::from_utf8(line).ok().filter(|_| is_journal).map(journal::read) {
                Some(journal::Line::Observation(observation)) => hearsay.observation(number, *observation),
                _ => hearsay.line(number, line),
            }
        };
        let ended = self.pieces(progress, |piece| {
            lines.push(piece, &mut each);
            true
        });
        lines.end(&mut each);
        Ok((count, ended))
    }
}

fn head(input: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut first = Vec::new();
    input.take(16).read_to_end(&mut first)?;
    Ok(first)
}

/// How far the reading has come, for a person who waits.
pub(super) struct Progress {
    total: u64,
    before: u64,
    current: String,
    drawn: Instant,
    shows: bool,
    drew: bool,
}

impl Progress {
    pub(super) fn new(files: &[PathBuf]) -> Progress {
        let size = |file: &PathBuf| std::fs::metadata(file).map_or(0, |m| m.len());
        Progress {
            total: files.iter().map(size).sum(),
            before: 0,
            current: String::new(),
            drawn: Instant::now(),
            shows: std::io::stderr().is_terminal(),
            drew: false,
        }
    }

    fn draw(&mut self, name: &str, read: u64) {
        if !self.shows || self.drawn.elapsed() < DRAW_EVERY {
            return;
        }
        if self.current != name {
            name.clone_into(&mut self.current);
        }
        self.drawn = Instant::now();
        self.drew = true;
        let mib = (self.before + read) >> 20;
        let percent = (self.before + read).saturating_mul(100).checked_div(self.total).unwrap_or(0).min(100);
        // A screen that went away must not end the reading.
        let _ = write!(std::io::stderr(), "\r{percent:>3} %  {mib} MiB  {name}\x1b[K");
    }

    /// Takes the line away.
    pub(super) fn end(&mut self) {
        if self.drew {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
