//! One exchange with a phone's own web server. What is said is the bench's ([`bench::web_recovery`]); here is one
//! connection, from its beginning to its end, and everything that keeps a hostile one from lasting or growing.
//!
//! The whole request goes out in one write, so that it is one segment when it fits: some of these servers look at
//! the first segment only. Nothing of HTTP is understood here but when an answer is whole.

#[cfg(test)]
mod tests;

use std::io::{self, Read, Write};
use std::net::{SocketAddrV4, TcpStream};
use std::time::{Duration, Instant};

use bench::JobNews;
use bench::web_recovery::End;
use proto::http::answer::{LIMIT, is_whole};
use socket2::{Domain, Protocol, Socket, Type};

use super::{Teller, Wanted};
use crate::io::content::Data;

/// How long one exchange may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// To connect.
    connect: Duration,
    /// From the request to the end of the answer, however slowly it drips.
    answer: Duration,
    /// Without a byte taken or given while a file is sent. A phone writes its flash meanwhile.
    stall: Duration,
    /// For all of a file.
    upload: Duration,
}

pub(super) const LIMITS: Limits = Limits {
    connect: Duration::from_secs(5),
    answer: Duration::from_secs(25),
    stall: Duration::from_secs(120),
    upload: Duration::from_secs(25 * 60),
};

/// Bytes of a file handed over at once.
const PIECE: usize = 32 << 10;
/// How soon it is noticed that nobody wants the answer any more.
const LOOK: Duration = Duration::from_millis(200);
/// Progress of an upload is told this often.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// Does it, and tells what came.
pub(super) fn exchange(
    limits: Limits,
    device: Option<&str>,
    to: SocketAddrV4,
    request: &[u8],
    file: Option<(io::Result<Data>, &[u8])>,
    teller: &Teller,
    wanted: &Wanted,
) {
    let mut bytes = Vec::new();
    let end = match talk(limits, device, to, request, file, teller, wanted, &mut bytes) {
        Ok(()) => End::Closed,
        Err(Failed::Connect(why)) => End::NotReached(why),
        Err(Failed::Later(why)) => End::CutOff(why),
    };
    teller.tell(JobNews::Exchanged { bytes, end });
}

enum Failed {
    Connect(String),
    Later(String),
}

fn later(what: &str, error: &io::Error) -> Failed {
    Failed::Later(format!("{what}: {error}"))
}

#[allow(clippy::too_many_arguments, reason = "everything that one exchange is made of, once")]
fn talk(
    limits: Limits,
    device: Option<&str>,
    to: SocketAddrV4,
    request: &[u8],
    file: Option<(io::Result<Data>, &[u8])>,
    teller: &Teller,
    wanted: &Wanted,
    answer: &mut Vec<u8>,
) -> Result<(), Failed> {
    let mut stream = connect(limits, device, to).map_err(|e| Failed::Connect(e.to_string()))?;
    let is_upload = file.is_some();
    let sent = send(limits, &mut stream, request, file, teller, wanted);
    let refused_early = match &sent {
        Ok(()) => false,
        // A server that has heard enough answers and closes while we still send.
        Err(Failed::Later(_)) if is_upload => true,
        Err(_) => return sent,
    };
    let read = receive(limits, &mut stream, is_upload, wanted, answer);
    if refused_early && answer.is_empty() {
        return sent;
    }
    read
}

fn connect(limits: Limits, device: Option<&str>, to: SocketAddrV4) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM.cloexec(), Some(Protocol::TCP))?;
    if let Some(name) = device {
        // Whatever else this computer is connected to has a network of the same numbers, perhaps.
        socket.bind_device(Some(name.as_bytes()))?;
    }
    socket.set_tcp_nodelay(true)?;
    socket.connect_timeout(&to.into(), limits.connect)?;
    Ok(socket.into())
}

fn send(
    limits: Limits,
    stream: &mut TcpStream,
    request: &[u8],
    file: Option<(io::Result<Data>, &[u8])>,
    teller: &Teller,
    wanted: &Wanted,
) -> Result<(), Failed> {
    let broke = |e: io::Error| later("the phone did not take the request", &e);
    stream.set_write_timeout(Some(limits.stall)).map_err(broke)?;
    let Some((data, behind)) = file else {
        return stream.write_all(request).map_err(broke);
    };
    let data = data.map_err(|e| later("the file could not be read (RB215)", &e))?;
    let begun = Instant::now();
    let mut told = begun;
    let mut offset = 0u64;
    // The head goes out together with the beginning of the file.
    let mut piece = request.to_vec();
    let mut buf = vec![0u8; PIECE];
    loop {
        let read = data.read(offset, &mut buf).map_err(|e| later("the file could not be read (RB215)", &e))?;
        piece.extend_from_slice(buf.get(..read).unwrap_or_default());
        offset += read as u64;
        if read == 0 {
            piece.extend_from_slice(behind);
        }
        stream.write_all(&piece).map_err(broke)?;
        piece.clear();
        if read == 0 {
            return Ok(());
        }
        if !wanted.is_wanted() || begun.elapsed() > limits.upload {
            return Err(Failed::Later("the file took too long".to_owned()));
        }
        if told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            let what = format!("{offset} of {} bytes are sent to its page", data.size());
            teller.tell(JobNews::Progress { what });
        }
    }
}

/// Reads until the answer is whole, the phone closes, or the limits are reached. What came counts in any case.
fn receive(
    limits: Limits,
    stream: &mut TcpStream,
    is_upload: bool,
    wanted: &Wanted,
    answer: &mut Vec<u8>,
) -> Result<(), Failed> {
    let end = Instant::now() + if is_upload { limits.stall } else { limits.answer };
    stream.set_read_timeout(Some(LOOK)).map_err(|e| later("no answer", &e))?;
    let mut buf = [0u8; 4_096];
    while answer.len() < LIMIT {
        if Instant::now() >= end || !wanted.is_wanted() {
            let why = if answer.is_empty() { "no answer in time" } else { "the answer did not end in time" };
            return Err(Failed::Later(why.to_owned()));
        }
        match stream.read(&mut buf) {
            Ok(0) => return Ok(()),
            Ok(n) => {
                answer.extend_from_slice(buf.get(..n).unwrap_or_default());
                if is_whole(answer) {
                    return Ok(());
                }
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Small servers end a connection by breaking it.
            Err(_) if !answer.is_empty() => return Ok(()),
            Err(error) => return Err(later("the connection broke", &error)),
        }
    }
    Err(Failed::Later(format!("the answer is longer than {LIMIT} bytes")))
}
