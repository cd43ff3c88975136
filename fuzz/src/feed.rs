//! Bytes taken as decisions: a target that wants steps, not a packet, reads its input through this.
//!
//! Every byte means something and the end of the input is never an error, so that cutting an input
//! leaves a shorter story of the same kind.

/// What is left of an input.
#[derive(Clone, Debug)]
pub struct Feed<'a> {
    rest: &'a [u8],
}

impl<'a> Feed<'a> {
    /// All of an input.
    pub fn new(input: &'a [u8]) -> Feed<'a> {
        Feed { rest: input }
    }

    /// Whether nothing is left.
    pub fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next byte; 0 behind the end.
    pub fn octet(&mut self) -> u8 {
        match self.rest.split_first() {
            Some((first, rest)) => {
                self.rest = rest;
                *first
            }
            None => 0,
        }
    }

    /// A number below `bound`, from one byte; 0 when the bound is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::from(self.octet()).checked_rem(bound).unwrap_or(0)
    }

    /// Yes in every second case.
    pub fn flag(&mut self) -> bool {
        self.octet() & 1 != 0
    }

    /// Two bytes, big-endian.
    pub fn u16(&mut self) -> u16 {
        u16::from_be_bytes([self.octet(), self.octet()])
    }

    /// One of these. The list must not be empty.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// A length byte and as many bytes, fewer at the end.
    pub fn bytes(&mut self) -> &'a [u8] {
        let len = usize::from(self.octet()).min(self.rest.len());
        let (taken, rest) = self.rest.split_at(len);
        self.rest = rest;
        taken
    }

    /// As [`Feed::bytes`] with a length of two bytes.
    pub fn long_bytes(&mut self) -> &'a [u8] {
        let len = usize::from(self.u16()).min(self.rest.len());
        let (taken, rest) = self.rest.split_at(len);
        self.rest = rest;
        taken
    }

    /// Everything left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }
}
