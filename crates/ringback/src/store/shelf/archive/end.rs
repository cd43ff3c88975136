//! How an archive ends: the libraries that unpack it stop when they have what they want.

use std::cell::Cell;
use std::io::{self, BufRead, Cursor, Read, Seek, SeekFrom};

use flate2::bufread::GzDecoder;
use proto::image::cisco::Completeness;
use proto::image::zip as format;

/// How a tar ends behind its last file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// With zeros, in whole blocks, two at the least.
    Whole,
    /// Within its filling.
    Cut,
    /// With something that is no filling.
    Extra,
}

/// Bytes of a tar's blocks.
const BLOCK: usize = 512;

/// Looks at the end of a zip.
pub(super) fn of_zip(from: &mut (impl Read + Seek)) -> io::Result<Completeness> {
    let size = from.seek(SeekFrom::End(0))?;
    from.seek(SeekFrom::Start(size.saturating_sub(format::END_LEN as u64)))?;
    let mut tail = Vec::new();
    from.take(format::END_LEN as u64).read_to_end(&mut tail)?;
    Ok(format::end(&tail))
}

/// The field in which the two headers of a file in a zip differ.
pub(super) fn differ(from: &mut (impl Read + Seek), local: u64, central: u64) -> io::Result<Option<&'static str>> {
    let mut here = [0; format::LOCAL_LEN];
    from.seek(SeekFrom::Start(local))?;
    from.read_exact(&mut here)?;
    let mut there = [0; format::CENTRAL_LEN];
    from.seek(SeekFrom::Start(central))?;
    from.read_exact(&mut there)?;
    // Behind the program of a self-extracting archive they are elsewhere.
    if !here.starts_with(b"PK\x03\x04") || !there.starts_with(b"PK\x01\x02") {
        return Ok(None);
    }
    if let Some(field) = format::differ(&here, &there) {
        return Ok(Some(field));
    }
    let mut name = |header: u64, len: usize| -> io::Result<Vec<u8>> {
        let mut name = vec![0; format::name_len(&there)];
        from.seek(SeekFrom::Start(header.saturating_add(len as u64)))?;
        from.read_exact(&mut name)?;
        Ok(name)
    };
    let (here, there) = (name(local, format::LOCAL_LEN)?, name(central, format::CENTRAL_LEN)?);
    Ok((here != there).then_some("name"))
}

/// Reads the rest of a tar whose first block of zeros was read.
pub(super) fn of_tar(from: &mut impl Read) -> io::Result<Ending> {
    let mut piece = vec![0; 64 << 10];
    let mut filling = 0;
    loop {
        match from.read(&mut piece) {
            Ok(0) if filling >= BLOCK && filling.is_multiple_of(BLOCK) => return Ok(Ending::Whole),
            Ok(0) => return Ok(Ending::Cut),
            Ok(n) if piece.iter().take(n).any(|b| *b != 0) => return Ok(Ending::Extra),
            Ok(n) => filling += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Whether an entry is a sparse file by pax headers, which the library gives out as if it were whole.
pub(super) fn is_pax_sparse(entry: &mut tar::Entry<'_, impl Read>) -> bool {
    let is_named_so = entry.path_bytes().windows(14).any(|w| w == b"GNUSparseFile.");
    let extensions = entry.pax_extensions().ok().flatten();
    let mut keys = extensions.into_iter().flatten().flatten();
    is_named_so || keys.any(|e| e.key_bytes().starts_with(b"GNU.sparse."))
}

/// What one packed stream after another unpacks to. Anything else behind a stream ends it and is only told of, as
/// `gzip` itself does; zeros are filling.
pub(super) struct Members<'a, R: BufRead> {
    now: Option<GzDecoder<Front<R>>>,
    is_followed: &'a Cell<bool>,
}

type Front<R> = io::Chain<Cursor<Vec<u8>>, R>;

/// How a packed stream begins: its mark, and the only way of packing there is.
const MEMBER: [u8; 3] = [0x1f, 0x8b, 8];

impl<'a, R: BufRead> Members<'a, R> {
    /// Begins with the first.
    pub(super) fn new(from: R, is_followed: &'a Cell<bool>) -> Members<'a, R> {
        Members { now: Some(GzDecoder::new(Cursor::new(Vec::new()).chain(from))), is_followed }
    }
}

impl<R: BufRead> Read for Members<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(now) = &mut self.now else { return Ok(0) };
            let read = now.read(buf)?;
            if read > 0 || buf.is_empty() {
                return Ok(read);
            }
            let Some(ended) = self.now.take() else { return Ok(0) };
            // What was put back in front is read by now.
            let (mut front, mut rest) = ended.into_inner().into_inner();
            let mut begin = Vec::new();
            front.read_to_end(&mut begin)?;
            rest.by_ref().take((MEMBER.len() - begin.len().min(MEMBER.len())) as u64).read_to_end(&mut begin)?;
            if begin.starts_with(&MEMBER) {
                self.now = Some(GzDecoder::new(Cursor::new(begin).chain(rest)));
            } else if begin.iter().any(|b| *b != 0) {
                self.is_followed.set(true);
            }
        }
    }
}

/// A reader that remembers whether it came to its end.
pub(super) struct Watched<'a, R> {
    pub(super) from: R,
    pub(super) ended: &'a Cell<bool>,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buf);
        let is_end = match &read {
            Ok(n) => *n == 0 && !buf.is_empty(),
            Err(error) => error.kind() == io::ErrorKind::UnexpectedEof,
        };
        if is_end {
            self.ended.set(true);
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tar_is_filled_with_zeros() {
        let ending = |rest: &[u8]| of_tar(&mut &*rest).unwrap();
        assert_eq!(ending(&[0; 512]), Ending::Whole);
        assert_eq!(ending(&[0; 9_728]), Ending::Whole, "to the twentieth block");
        for cut in [0, 1, 511, 513] {
            assert_eq!(ending(&vec![0; cut]), Ending::Cut, "{cut}");
        }
        assert_eq!(ending(&[[0; 512].as_slice(), b"more"].concat()), Ending::Extra);
    }
}
