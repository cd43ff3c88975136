//! What is sent behind a response's head: a file piece by piece, a line of text, or nothing.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bench::TransferId;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};

use super::meter::Meter;
use crate::io::content::Data;

/// Bytes handed over at a time; the next ones are read when these were taken.
const PIECE: u64 = 64 << 10;

/// A body of known length.
pub(super) enum Body {
    /// A file.
    File(FileBody),
    /// Words, or nothing.
    Text(Option<Bytes>),
}

/// A file, as far as it is sent.
pub(super) struct FileBody {
    data: Data,
    at: u64,
    id: TransferId,
    meter: Meter,
}

impl Body {
    /// The whole of `data`. Its transfer is known to the meter.
    pub(super) fn file(data: Data, id: TransferId, meter: Meter) -> Body {
        Body::File(FileBody { data, at: 0, id, meter })
    }

    /// A text.
    pub(super) fn text(text: String) -> Body {
        Body::Text(Some(text.into()).filter(|t: &Bytes| !t.is_empty()))
    }
}

impl FileBody {
    fn left(&self) -> u64 {
        self.data.size().saturating_sub(self.at)
    }

    fn next(&mut self) -> Option<io::Result<Bytes>> {
        let len = usize::try_from(self.left().min(PIECE)).unwrap_or_default();
        if len == 0 {
            return None;
        }
        let mut piece = vec![0; len];
        let read = self.data.read(self.at, &mut piece).and_then(|n| {
            // The length was promised; a file that has become shorter cannot keep it.
            if n == len { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
        });
        let mut meter = self.meter.lock();
        let news = meter.transfer(self.id);
        if let Err(error) = read {
            if let Some(news) = news {
                news.because("the file could not be read any more (RB215)");
            }
            return Some(Err(error));
        }
        if let Some(news) = news {
            news.gave(len as u64);
        }
        drop(meter);
        self.at += len as u64;
        Some(Ok(piece.into()))
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let piece = match self.get_mut() {
            Body::File(file) => file.next(),
            Body::Text(text) => text.take().map(Ok),
        };
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.size_hint().exact() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Body::File(file) => file.left(),
            Body::Text(text) => text.as_ref().map_or(0, |t| t.len() as u64),
        })
    }
}
