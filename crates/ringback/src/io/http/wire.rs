//! A phone's socket with the repair of requests in front of it, and with what was written counted.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::meter::Meter;
use super::repair::Repair;

/// The socket as the HTTP library sees it.
pub(super) struct Wire<S> {
    stream: S,
    repair: Repair,
    repaired: Vec<u8>,
    /// How much of `repaired` was read.
    at: usize,
    /// How much of the end of a response's head was seen, while heads are left out.
    head_end: usize,
    meter: Meter,
}

const HEAD_END: &[u8] = b"\r\n\r\n";

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Around a socket, or what is inside its TLS.
    pub(super) fn new(stream: S, meter: Meter) -> Wire<S> {
        Wire { stream, repair: Repair::default(), repaired: Vec::new(), at: 0, head_end: 0, meter }
    }

    /// Reads once from the socket; false at its end.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut buf = [0; 4_096];
        let mut buf = ReadBuf::new(&mut buf);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buf))?;
        self.repaired.clear();
        self.at = 0;
        let is_end = buf.filled().is_empty();
        let result = match is_end {
            true => self.repair.end(&mut self.repaired),
            false => self.repair.push(buf.filled(), &mut self.repaired),
        };
        result.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        let now = Instant::now();
        let mut meter = self.meter.lock();
        if !is_end {
            meter.moved(now);
        }
        meter.head(now, self.repair.is_in_head(), self.repair.is_simple());
        Poll::Ready(Ok(!is_end))
    }

    /// How many of these bytes are still the head of a response that has none on the wire.
    fn head_in(&mut self, buf: &[u8]) -> usize {
        if !self.repair.is_simple() || self.head_end == HEAD_END.len() {
            return 0;
        }
        for (n, byte) in buf.iter().enumerate() {
            self.head_end = match HEAD_END.get(self.head_end) {
                Some(next) if next == byte => self.head_end + 1,
                _ => usize::from(*byte == b'\r'),
            };
            if self.head_end == HEAD_END.len() {
                return n + 1;
            }
        }
        buf.len()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Wire<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        loop {
            let waiting = wire.repaired.get(wire.at..).unwrap_or_default();
            if !waiting.is_empty() {
                let len = waiting.len().min(buf.remaining());
                buf.put_slice(waiting.get(..len).unwrap_or_default());
                wire.at += len;
                return Poll::Ready(Ok(()));
            }
            if !ready!(wire.poll_fill(cx))? && wire.repaired.is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        let head = wire.head_in(buf);
        if head > 0 {
            return Poll::Ready(Ok(head));
        }
        let written = ready!(Pin::new(&mut wire.stream).poll_write(cx, buf))?;
        wire.meter.lock().moved(Instant::now());
        Poll::Ready(Ok(written))
    }

    /// The library flushes only when it has written all that it held: then it is all with the system.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        ready!(Pin::new(&mut wire.stream).poll_flush(cx))?;
        wire.meter.lock().wrote_all(Instant::now());
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
