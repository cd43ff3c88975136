//! Where received bytes go.

/// Takes the bytes of a file in order.
pub trait Sink {
    /// The next bytes of the file; never more than one block at a time.
    fn write(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn write(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Keeps no bytes, only how many there were and a 64-bit FNV-1a sum to compare them by. No
/// protection against somebody who wants two files to agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// How many bytes.
    pub bytes: u64,
    /// FNV-1a over all of them.
    pub sum: u64,
}

impl Counted {
    /// No bytes yet.
    pub const fn new() -> Counted {
        Counted { bytes: 0, sum: 0xcbf2_9ce4_8422_2325 }
    }
}

impl Default for Counted {
    fn default() -> Counted {
        Counted::new()
    }
}

impl Sink for Counted {
    fn write(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        for &b in bytes {
            self.sum = (self.sum ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_does_not_depend_on_how_the_bytes_arrive() {
        let (mut whole, mut parts) = (Counted::new(), Counted::new());
        whole.write(b"foobar");
        for b in b"foobar" {
            parts.write(&[*b]);
        }
        assert_eq!(whole, parts);
        assert_eq!(whole, Counted { bytes: 6, sum: 0x8594_4171_f739_67e8 });
    }
}
