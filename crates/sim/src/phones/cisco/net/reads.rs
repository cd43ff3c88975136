//! The files read from the server: any number at a time, each from a port of its own.

use std::net::SocketAddrV4;
use std::time::Duration;

use proto::Time;
use proto::tftp::Wish;

use super::{End, Event, Net};
use crate::firmware::read::Intake;
use crate::phones::parts::body::Body;
use crate::phones::parts::tftp::{self, Read};

/// Between two requests for the same file.
const REPEAT: Duration = Duration::from_secs(4);
/// Reads that have ended and stay to repeat their last ACK.
const KEPT: usize = 4;

impl Net {
    /// Reads a file; answers the id that its end will have.
    pub(crate) fn read(&mut self, now: Time, name: &str, body: &mut Body) -> Option<u16> {
        let (server, plan) = (self.server()?, self.plan.as_ref()?);
        let patience = tftp::patience(REPEAT, REPEAT * plan.tries.max(1));
        let wish = Wish { patience, blksize: plan.blksize, ..Wish::plain(name) };
        let port = self.next_port();
        self.reads.push(Read::new(now, server, port, wish, Intake::new()));
        self.look_at_reads(now, body);
        Some(port)
    }

    /// A datagram for one of the reads; false: for none.
    pub(super) fn receive_file(
        &mut self,
        now: Time,
        src: SocketAddrV4,
        port: u16,
        bytes: &[u8],
        body: &mut Body,
    ) -> bool {
        let Some(read) = self.reads.iter_mut().chain(&mut self.ended).find(|read| read.port == port) else {
            return false;
        };
        if self.plan.as_ref().is_some_and(|plan| !plan.hears_files) {
            return true;
        }
        let mut answers: Vec<_> = read.handle(now, src, bytes).map(|bytes| (src, bytes)).into_iter().collect();
        answers.extend(std::iter::from_fn(|| read.poll_datagram(now)));
        answers.into_iter().for_each(|(dst, bytes)| self.send(port, dst, bytes, body));
        self.look_at_reads(now, body);
        true
    }

    /// Sends what the reads have to say, and tells of those that have ended.
    pub(super) fn look_at_reads(&mut self, now: Time, body: &mut Body) {
        for read in &mut self.reads {
            while let Some((dst, bytes)) = read.poll_datagram(now) {
                self.station.send(read.port, dst, bytes, &mut body.out);
            }
        }
        while let Some((at, end)) = self.reads.iter().enumerate().find_map(|(at, read)| Some((at, read.end()?))) {
            let read = self.reads.remove(at);
            let id = read.port;
            self.ended.push_back(read);
            self.ended.drain(..self.ended.len().saturating_sub(KEPT));
            if let End::TimedOut = end {
                body.status_message("TFTP timeout");
                self.servers.rotate_left(1.min(self.servers.len()));
            }
            self.events.push_back(Event::Read { id, end });
        }
    }
}
