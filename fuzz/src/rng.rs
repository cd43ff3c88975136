//! Numbers for mutations: xorshift64*, the same for the same seed.

/// A stream of numbers.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// The stream of this seed; neighbouring seeds give unlike streams.
    pub fn new(seed: u64) -> Rng {
        // The finalizer of splitmix64 spreads small seeds; a state of zero would stay zero.
        let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        Rng((z ^ z >> 31).max(1))
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `bound`; 0 when the bound is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = bound as u64;
        (self.draw() >> 11).checked_rem(bound).unwrap_or(0) as usize
    }

    /// A small number more often than a large one: below 2 to the power of a number below `bits`.
    pub fn small(&mut self, bits: usize) -> usize {
        let power = self.below(bits);
        self.below(1 << power)
    }

    /// One octet.
    pub fn octet(&mut self) -> u8 {
        self.draw().to_be_bytes()[0]
    }

    /// One of these; none of nothing.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }
}

/// FNV-1a: a number from a name, or a name for some bytes.
pub fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, &b| (sum ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_stream() {
        let stream = |seed| {
            std::iter::repeat_with({
                let mut rng = Rng::new(seed);
                move || rng.below(1000)
            })
            .take(8)
            .collect::<Vec<_>>()
        };
        assert_eq!(stream(7), stream(7));
        assert_ne!(stream(7), stream(8));
        assert_eq!(Rng::new(0).below(0), 0);
    }
}
