//! One phone that waits for each answer: how long a file takes, and how a server repeats itself.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::PORT;
use super::fetch::{Fetch, Step};
use super::packet::{DATA, STOP, ack, rrq, split};
use crate::lab;

/// Silence after which the phone repeats what it said.
const RETRY: Duration = Duration::from_secs(1);
/// How often it does so before it gives up.
const RETRIES: u32 = 10;

/// Fetches a file of plain blocks; answers how long it took from the request to the last block.
pub(crate) fn fetch(from: Ipv4Addr, name: &str, content: &[u8]) -> Result<Duration> {
    let socket = UdpSocket::bind(SocketAddrV4::new(from, 0))?;
    socket.set_read_timeout(Some(RETRY))?;
    let mut peer = SocketAddr::V4(SocketAddrV4::new(lab::SERVER, PORT));
    let mut fetch = Fetch::new();
    let mut out = rrq(name, super::packet::BLOCK, 1);
    let mut buf = [0; 2048];
    let began = Instant::now();
    socket.send_to(&out, peer)?;
    let mut retries = 0;
    loop {
        match socket.recv_from(&mut buf) {
            Ok((len, source)) => {
                peer = source;
                match fetch.handle(buf.get(..len).unwrap_or_default(), content) {
                    Step::Ack(block) => out = ack(block).to_vec(),
                    Step::Last(block) => {
                        socket.send_to(&ack(block), peer)?;
                        return Ok(began.elapsed());
                    }
                    Step::Wait => continue,
                    Step::Bad(why) => bail!("{name}: {why}"),
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => retries += 1,
            Err(error) => return Err(error.into()),
        }
        if retries > RETRIES {
            bail!("{name}: no answer");
        }
        socket.send_to(&out, peer)?;
    }
}

/// Whether anything at all answers a request for a file that does not exist. Leaves no transfer behind.
pub(crate) fn answers() -> bool {
    let ask = || -> std::io::Result<()> {
        let socket = UdpSocket::bind(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0))?;
        socket.set_read_timeout(Some(Duration::from_millis(50)))?;
        socket.send_to(&rrq("is-anybody-there", super::packet::BLOCK, 1), SocketAddrV4::new(lab::SERVER, PORT))?;
        let (_, peer) = socket.recv_from(&mut [0; 2048])?;
        socket.send_to(STOP, peer)?;
        Ok(())
    };
    ask().is_ok()
}

/// Fetches the first blocks of a file, withholds an acknowledgement and answers after which pauses the
/// server repeats the block; it is watched for so long.
pub(crate) fn withhold(from: Ipv4Addr, name: &str, watch: Duration) -> Result<Vec<Duration>> {
    const WITHHELD: u16 = 5;
    let socket = UdpSocket::bind(SocketAddrV4::new(from, 0))?;
    socket.set_read_timeout(Some(RETRY))?;
    socket.send_to(&rrq(name, super::packet::BLOCK, 1), SocketAddrV4::new(lab::SERVER, PORT))?;
    let mut buf = [0; 2048];
    let mut pauses = Vec::new();
    let mut last: Option<Instant> = None;
    let mut peer = None;
    let mut until = None;
    while until.is_none_or(|until| Instant::now() < until) && pauses.len() < 100 {
        let (len, source) = match socket.recv_from(&mut buf) {
            Ok(got) => got,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if last.is_none() {
                    bail!("{name}: no answer");
                }
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        peer = Some(source);
        match buf.get(..len).and_then(split) {
            Some((DATA, WITHHELD, _)) => {
                if let Some(before) = last {
                    pauses.push(before.elapsed());
                }
                let now = Instant::now();
                last = Some(now);
                until.get_or_insert(now + watch);
            }
            Some((DATA, block, _)) => {
                socket.send_to(&ack(block), source)?;
            }
            _ => bail!("{name}: the server did not send the file"),
        }
    }
    if let Some(peer) = peer {
        socket.send_to(STOP, peer)?;
    }
    Ok(pauses)
}
