//! What the phones fetch: one buffer of noise; every file is the beginning of it.
//!
//! The phones compare each block with the buffer, which finds a swapped block as well as a changed
//! byte and costs less than a hash.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The largest file: its blocks of 512 bytes can still be counted in 16 bits, twice over.
pub(crate) const MOST: usize = 16 << 20;

/// The buffer and the folder that is served.
pub(crate) struct Content {
    bytes: Vec<u8>,
    folder: PathBuf,
}

impl Content {
    /// Makes the noise, and the folder in which files appear as they are wanted.
    pub(crate) fn new(folder: PathBuf) -> Result<Content> {
        std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        Ok(Content { bytes: noise(MOST), folder })
    }

    /// The folder that is served.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The name of the file of this many bytes, which is written if it is not there yet.
    pub(crate) fn file(&self, size: usize) -> Result<String> {
        let name = format!("{size}.bin");
        let path = self.folder.join(&name);
        if !path.exists() {
            std::fs::write(&path, self.first(size)).with_context(|| format!("writing {}", path.display()))?;
        }
        Ok(name)
    }

    /// What the file of this many bytes holds.
    pub(crate) fn first(&self, size: usize) -> &[u8] {
        self.bytes.get(..size).unwrap_or(&self.bytes)
    }
}

/// The same noise every time (xorshift64*).
fn noise(len: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(len + 8);
    let mut state = 0x5243_4241_4b20_4f4b_u64;
    while bytes.len() < len {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        bytes.extend_from_slice(&state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_the_same_every_time_and_no_two_blocks_are_alike() {
        let bytes = noise(64 * 512);
        assert_eq!(bytes, noise(64 * 512));
        let blocks: std::collections::BTreeSet<&[u8]> = bytes.chunks(512).collect();
        assert_eq!(blocks.len(), 64);
    }
}
