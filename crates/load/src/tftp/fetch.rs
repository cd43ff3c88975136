//! One file's way to one phone: which block is next, what to acknowledge, whether the bytes are right.
//!
//! It knows neither sockets nor time; repeats after silence are its owner's business.

use super::packet::{ACK, BLOCK, DATA, ERROR, OACK, agreed, split};

/// What a datagram led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Acknowledge this block.
    Ack(u16),
    /// Acknowledge this block; it was the last one.
    Last(u16),
    /// Nothing to send.
    Wait,
    /// It cannot go on, and why.
    Bad(&'static str),
}

/// A fetch under way.
#[derive(Clone, Debug)]
pub(crate) struct Fetch {
    blksize: usize,
    window: u16,
    next: u16,
    /// Bytes that have arrived in order.
    pub(crate) bytes: usize,
    unacknowledged: u16,
    complained: bool,
    /// DATA datagrams seen, repeats included.
    pub(crate) datagrams: u64,
    /// DATA datagrams that brought nothing new.
    pub(crate) repeats: u64,
    /// Whether the last block is here.
    pub(crate) done: bool,
}

impl Fetch {
    /// A fetch whose request is about to go out.
    pub(crate) fn new() -> Fetch {
        Fetch {
            blksize: BLOCK,
            window: 1,
            next: 1,
            bytes: 0,
            unacknowledged: 0,
            complained: false,
            datagrams: 0,
            repeats: 0,
            done: false,
        }
    }

    /// The block that stands acknowledged; 0 at the start.
    pub(crate) fn acknowledged(&self) -> u16 {
        self.next.wrapping_sub(1)
    }

    /// Takes a datagram of the server; `content` is what the file must hold.
    pub(crate) fn handle(&mut self, datagram: &[u8], content: &[u8]) -> Step {
        match split(datagram) {
            Some((DATA, block, data)) => self.data(block, data, content),
            Some((OACK, ..)) if self.bytes == 0 && self.next == 1 => {
                (self.blksize, self.window) = agreed(datagram.get(2..).unwrap_or_default());
                Step::Ack(0)
            }
            Some((OACK, ..)) => Step::Wait,
            Some((ERROR, ..)) => Step::Bad("the server answered with an error"),
            Some((ACK, ..)) | Some(_) | None => Step::Bad("the server sent something that makes no sense"),
        }
    }

    fn data(&mut self, block: u16, data: &[u8], content: &[u8]) -> Step {
        self.datagrams += 1;
        if block != self.next || self.done {
            return self.out_of_turn(block);
        }
        if data.len() > self.blksize {
            return Step::Bad("a block is longer than agreed");
        }
        let end = self.bytes + data.len();
        if content.get(self.bytes..end) != Some(data) {
            return Step::Bad("the bytes are not those of the file");
        }
        self.bytes = end;
        self.next = self.next.wrapping_add(1);
        self.unacknowledged += 1;
        self.complained = false;
        if data.len() < self.blksize {
            if end != content.len() {
                return Step::Bad("the file ends too early");
            }
            self.done = true;
            return Step::Last(block);
        }
        if self.unacknowledged < self.window {
            return Step::Wait;
        }
        self.unacknowledged = 0;
        Step::Ack(block)
    }

    /// A repeat, or a block behind a gap: says once where it stands (RFC 7440 §4), in lock-step every time.
    fn out_of_turn(&mut self, block: u16) -> Step {
        let behind = self.next.wrapping_sub(block) < 1 << 15;
        self.repeats += u64::from(behind);
        if self.window > 1 && self.complained && !self.done {
            return Step::Wait;
        }
        self.complained = true;
        self.unacknowledged = 0;
        Step::Ack(self.acknowledged())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(block: u16, bytes: &[u8]) -> Vec<u8> {
        let mut datagram = vec![0, 3];
        datagram.extend_from_slice(&block.to_be_bytes());
        datagram.extend_from_slice(bytes);
        datagram
    }

    #[test]
    fn lock_step_acknowledges_each_block_and_ends_with_a_short_one() {
        let content: Vec<u8> = (0..1100_u32).map(|i| i as u8).collect();
        let mut fetch = Fetch::new();
        assert_eq!(fetch.handle(&data(1, &content[..512]), &content), Step::Ack(1));
        assert_eq!(fetch.handle(&data(1, &content[..512]), &content), Step::Ack(1), "a repeat is acknowledged again");
        assert_eq!(fetch.handle(&data(2, &content[512..1024]), &content), Step::Ack(2));
        assert_eq!(fetch.handle(&data(3, &content[1024..]), &content), Step::Last(3));
        assert_eq!(fetch.handle(&data(3, &content[1024..]), &content), Step::Ack(3), "the last one too");
        assert_eq!((fetch.bytes, fetch.datagrams, fetch.repeats), (1100, 5, 2));
    }

    #[test]
    fn a_file_of_whole_blocks_ends_with_an_empty_one() {
        let content = [7; 512];
        let mut fetch = Fetch::new();
        assert_eq!(fetch.handle(&data(1, &content), &content), Step::Ack(1));
        assert_eq!(fetch.handle(&data(2, &[]), &content), Step::Last(2));
    }

    #[test]
    fn a_window_is_acknowledged_once_and_a_gap_is_told_once() {
        let content = [7; 10_000];
        let mut fetch = Fetch::new();
        assert_eq!(fetch.handle(b"\0\x06blksize\x001000\0windowsize\x003\0", &content), Step::Ack(0));
        assert_eq!(fetch.handle(&data(1, &content[..1000]), &content), Step::Wait);
        assert_eq!(fetch.handle(&data(3, &content[..1000]), &content), Step::Ack(1));
        assert_eq!(fetch.handle(&data(4, &content[..1000]), &content), Step::Wait);
        for block in 2..4 {
            assert_eq!(fetch.handle(&data(block, &content[..1000]), &content), Step::Wait);
        }
        assert_eq!(fetch.handle(&data(4, &content[..1000]), &content), Step::Ack(4));
        assert_eq!(fetch.repeats, 0, "a block behind a gap is no repeat");
    }

    #[test]
    fn wrong_bytes_a_wrong_end_and_an_error_are_noticed() {
        let content = [7; 600];
        assert!(matches!(Fetch::new().handle(&data(1, &[8; 512]), &content), Step::Bad(_)));
        assert!(matches!(Fetch::new().handle(&data(1, &[7; 100]), &content), Step::Bad(_)));
        assert!(matches!(Fetch::new().handle(&data(1, &[7; 513]), &content), Step::Bad(_)));
        assert!(matches!(Fetch::new().handle(b"\0\x05\0\x01not found\0", &content), Step::Bad(_)));
        assert!(matches!(Fetch::new().handle(b"\0", &content), Step::Bad(_)));
    }
}
