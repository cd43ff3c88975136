//! The leases that run, kept over a restart so that a phone keeps its address. One JSON file, replaced whole.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use proto::dhcp::server::Lease;

use super::{FileError, atomic};

/// More than any pool needs; a longer file is not one of ours.
const LONGEST: u64 = 16 << 20;

/// Writes all leases.
pub(crate) fn write(state_dir: &Path, leases: &[Lease]) -> Result<(), FileError> {
    let path = path(state_dir);
    let mut text =
        serde_json::to_vec_pretty(leases).map_err(|e| FileError::io("write", &path, &io::Error::other(e)))?;
    text.push(b'\n');
    atomic::replace(&path, &text)
}

/// Reads them; none when nothing was written yet. A damaged file is an error, and the caller may go on
/// without: phones then get an address anew.
pub(crate) fn read(state_dir: &Path) -> Result<Vec<Lease>, FileError> {
    let path = path(state_dir);
    let mut text = Vec::new();
    match File::open(&path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut text)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(FileError::io("read", &path, &error)),
        Ok(_) => {}
    }
    let damaged = |why: String| {
        let what = format!("cannot use {}", super::error::shown(&path));
        FileError::new(what, why, "Remove it: phones then get an address anew")
    };
    if text.len() as u64 > LONGEST {
        return Err(damaged("it is longer than any list of leases".to_owned()));
    }
    serde_json::from_slice(&text).map_err(|e| damaged(proto::text::escape(e.to_string().as_bytes())))
}

fn path(state_dir: &Path) -> PathBuf {
    state_dir.join("leases.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::scratch::Scratch;
    use proto::Mac;

    #[test]
    fn what_is_written_is_read_again_and_damage_is_said() {
        let scratch = Scratch::new("leases");
        assert_eq!(read(scratch.path()).unwrap(), []);
        let lease = Lease {
            mac: Mac([0, 0x11, 0xbb, 1, 2, 3]),
            client_id: vec![1, 0xff],
            address: [10, 77, 0, 9].into(),
            expires: 1_795_000_000_000,
        };
        write(scratch.path(), std::slice::from_ref(&lease)).unwrap();
        assert_eq!(read(scratch.path()).unwrap(), [lease]);
        scratch.file("leases.json", b"[{\"mac\":");
        let error = read(scratch.path()).unwrap_err().to_string();
        assert!(error.starts_with("RB508: cannot use ") && error.contains("Remove it"), "{error}");
    }
}
