//! Reads a journal line by line in bounded memory, whatever the file is.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use bench::journal::{self, Line};

use crate::store::FileError;

/// The longest line that is read; what the bench writes is far shorter.
const LONGEST: usize = 1 << 20;

/// The lines of the journal at `path`.
pub(super) fn read(path: &Path) -> Result<Lines<BufReader<File>>, FileError> {
    let file = File::open(path).map_err(|e| FileError::io("read", path, &e))?;
    Ok(Lines { from: BufReader::new(file), longest: LONGEST, is_over: false })
}

/// The lines of a journal.
#[derive(Debug)]
pub(super) struct Lines<R> {
    from: R,
    longest: usize,
    is_over: bool,
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        if self.is_over {
            return None;
        }
        let mut line = Vec::new();
        let most = self.longest as u64 + 1;
        match self.from.by_ref().take(most).read_until(b'\n', &mut line) {
            Ok(0) => {
                self.is_over = true;
                return None;
            }
            Ok(_) => {}
            Err(error) => return Some(self.ends(error)),
        }
        if line.last() != Some(&b'\n') && line.len() > self.longest {
            if let Err(error) = self.skip_line() {
                return Some(self.ends(error));
            }
            return Some(Line::Unreadable(format!("longer than {} bytes", self.longest)));
        }
        match std::str::from_utf8(&line) {
            Ok(text) => Some(journal::read(text)),
            Err(_) => Some(Line::Unreadable("not text".to_owned())),
        }
    }
}

impl<R: BufRead> Lines<R> {
    fn ends(&mut self, error: std::io::Error) -> Line {
        self.is_over = true;
        Line::Unreadable(error.to_string())
    }

    fn skip_line(&mut self) -> std::io::Result<()> {
        loop {
            let buf = self.from.fill_buf()?;
            let (used, is_end) = match buf.iter().position(|&b| b == b'\n') {
                Some(end) => (end + 1, true),
                None => (buf.len(), buf.is_empty()),
            };
            self.from.consume(used);
            if is_end {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> Vec<Line> {
        Lines { from: BufReader::with_capacity(7, text), longest: 60, is_over: false }.collect()
    }

    #[test]
    fn whatever_is_in_the_file_there_is_an_answer_for_each_line() {
        let good = br#"{"n":1,"at":5,"seen":"link","up":true}"#;
        let long = [b"x".repeat(200), b"\n".to_vec(), good.to_vec(), b"\n".to_vec()].concat();
        let read = lines(&long);
        assert_eq!(read[0], Line::Unreadable("longer than 60 bytes".to_owned()));
        assert!(matches!(read[1], Line::Observation(_)));
        assert_eq!(read.len(), 2);
        assert_eq!(lines(b"\xff\xfe\n")[0], Line::Unreadable("not text".to_owned()));
        assert_eq!(lines(b"\n"), [Line::Empty]);
        assert_eq!(lines(b""), []);
        let cut = lines(&good[..20]);
        assert!(matches!(cut.as_slice(), [Line::Unreadable(_)]), "the end of a killed run: {cut:?}");
    }
}
