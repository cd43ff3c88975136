//! Where the bytes of a served file come from.

use std::sync::Arc;

/// A file that can be read at any place, any number of times, with the same answer.
pub trait Source {
    /// Size in bytes; must not change during a transfer.
    fn len(&self) -> u64;

    /// Fills the front of `buf` with the bytes at `offset` and says how many; fewer than asked is
    /// allowed, none means that `offset` is at or behind the end.
    ///
    /// # Errors
    /// The bytes cannot be had any more. The transfer then ends; who implements this keeps the
    /// reason.
    #[allow(clippy::result_unit_err)]
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ()>;

    /// Whether there are no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Source for [u8] {
    fn len(&self) -> u64 {
        <[u8]>::len(self) as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ()> {
        let rest = usize::try_from(offset).ok().and_then(|at| self.get(at..)).unwrap_or_default();
        let n = rest.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..n), rest.get(..n)) {
            to.copy_from_slice(from);
        }
        Ok(n)
    }
}

impl<S: Source + ?Sized> Source for &S {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ()> {
        (**self).read_at(offset, buf)
    }
}

impl<S: Source + ?Sized> Source for Arc<S> {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ()> {
        (**self).read_at(offset, buf)
    }
}

impl<S: Source + ?Sized> Source for Box<S> {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ()> {
        (**self).read_at(offset, buf)
    }
}

impl Source for Vec<u8> {
    fn len(&self) -> u64 {
        self.as_slice().len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ()> {
        self.as_slice().read_at(offset, buf)
    }
}

/// Fills all of `buf`; a source that ends early has failed.
pub(crate) fn read_exact(source: &(impl Source + ?Sized), mut offset: u64, mut buf: &mut [u8]) -> Result<(), ()> {
    while !buf.is_empty() {
        let n = source.read_at(offset, buf)?;
        if n == 0 {
            return Err(());
        }
        offset += n as u64;
        buf = buf.get_mut(n..).ok_or(())?;
    }
    Ok(())
}
