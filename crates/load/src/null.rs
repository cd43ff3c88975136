//! The do-nothing server: answers from memory and remembers nothing about anybody.
//!
//! It shows what the phones of this program, the cable and the kernel can do at most. Every datagram
//! is answered from what it says itself: an ACK with the block behind it, a DISCOVER with an address
//! made from its MAC. It never repeats anything, keeps no lease, opens no file while it runs.

use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use socket2::{Domain, Protocol, Socket, Type};

use crate::dhcp::packet as dhcp;
use crate::lab;
use crate::tftp::PORT;
use crate::tftp::packet::{ACK, BLOCK, agreed, split};

/// What it serves.
#[derive(Args)]
pub(crate) struct NullArgs {
    /// The one file there is, whatever name is asked for
    #[arg(long)]
    file: PathBuf,
}

/// Answers until it is killed.
pub(crate) fn run(args: &NullArgs) -> Result<()> {
    let content = std::fs::read(&args.file).with_context(|| format!("reading {}", args.file.display()))?;
    let tftp = socket(lab::SERVER, PORT)?;
    let dhcp = socket(Ipv4Addr::UNSPECIFIED, dhcp::SERVER_PORT)?;
    std::thread::spawn(move || serve_dhcp(&dhcp));
    println!("ready");
    serve_tftp(&tftp, &content)
}

fn socket(address: Ipv4Addr, port: u16) -> Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_broadcast(true)?;
    // Broadcasts have no route of their own here.
    socket.bind_device(Some(lab::SERVER_IF.as_bytes()))?;
    rustix::net::sockopt::set_socket_recv_buffer_size_force(&socket, 16 << 20)?;
    socket.bind(&SocketAddrV4::new(address, port).into()).with_context(|| format!("port {port}"))?;
    Ok(socket.into())
}

fn serve_tftp(socket: &UdpSocket, content: &[u8]) -> Result<()> {
    let mut buf = [0; 2048];
    let mut out = Vec::with_capacity(2048);
    // The only thing it knows: what was agreed with whoever asked last.
    let (mut blksize, mut window) = (BLOCK, 1);
    loop {
        let (len, from) = socket.recv_from(&mut buf)?;
        let Some(datagram) = buf.get(..len) else { continue };
        match split(datagram) {
            Some((1, ..)) => {
                let options = options(datagram);
                (blksize, window) = agreed(options);
                if options.is_empty() {
                    send_block(socket, &mut out, content, blksize, 1, from);
                } else {
                    out.clear();
                    out.extend_from_slice(&[0, 6]);
                    out.extend_from_slice(options);
                    let _ = socket.send_to(&out, from);
                }
            }
            Some((ACK, block, _)) => {
                for next in 1..=window {
                    send_block(socket, &mut out, content, blksize, block.wrapping_add(next), from);
                }
            }
            _ => {}
        }
    }
}

/// What follows name and mode of a request.
fn options(request: &[u8]) -> &[u8] {
    // The opcode is a NUL and a one; name and mode end with a NUL each.
    request.splitn(4, |&b| b == 0).nth(3).unwrap_or_default()
}

/// Sends a block, or nothing behind the last one.
fn send_block(
    socket: &UdpSocket,
    out: &mut Vec<u8>,
    content: &[u8],
    blksize: usize,
    block: u16,
    to: std::net::SocketAddr,
) {
    let start = (usize::from(block) + (1 << 16)).wrapping_sub(1) % (1 << 16) * blksize;
    if start > content.len() {
        return;
    }
    let end = (start + blksize).min(content.len());
    out.clear();
    out.extend_from_slice(&[0, 3]);
    out.extend_from_slice(&block.to_be_bytes());
    out.extend_from_slice(content.get(start..end).unwrap_or_default());
    let _ = socket.send_to(out, to);
}

fn serve_dhcp(socket: &UdpSocket) {
    let mut buf = [0; 2048];
    let everybody = SocketAddrV4::new(Ipv4Addr::BROADCAST, dhcp::CLIENT_PORT);
    loop {
        let Ok((len, _)) = socket.recv_from(&mut buf) else { return };
        if let Some(reply) = buf.get(..len).and_then(|request| dhcp::null_reply(request, lab::SERVER)) {
            let _ = socket.send_to(&reply, everybody);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tftp::packet::rrq;

    #[test]
    fn the_options_of_a_request() {
        assert_eq!(options(&rrq("a.bin", BLOCK, 1)), b"");
        assert_eq!(agreed(options(&rrq("a.bin", 1428, 8))), (1428, 8));
        assert_eq!(options(b"\0\x01"), b"");
    }
}
