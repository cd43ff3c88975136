//! Data connections: with the phone of the control connection only.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::io::content::Data;
use crate::io::http::news::News;

/// For the connection to come about.
const CONNECT: Duration = Duration::from_secs(20);
/// Without a byte taken. Phones write flash meanwhile.
const STALL: Duration = Duration::from_secs(120);
/// Bytes handed over at once.
const PIECE: usize = 64 << 10;

/// A port of its own for one data connection.
pub(super) fn listen(local: Ipv4Addr, device: Option<&str>) -> io::Result<(TcpListener, SocketAddrV4)> {
    let socket = socket(device)?;
    socket.bind(&SocketAddrV4::new(local, 0).into())?;
    socket.listen(4)?;
    let listener = TcpListener::from_std(socket.into())?;
    match listener.local_addr()? {
        SocketAddr::V4(at) => Ok((listener, at)),
        SocketAddr::V6(_) => Err(io::ErrorKind::AddrNotAvailable.into()),
    }
}

/// The phone's connection to that port; others are closed (RFC 2577 §4).
pub(super) async fn accept(listener: &TcpListener, client: Ipv4Addr) -> Option<TcpStream> {
    let comes = async {
        loop {
            match listener.accept().await {
                Ok((stream, from)) if from.ip() == IpAddr::V4(client) => return Some(stream),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    };
    timeout(CONNECT, comes).await.ok().flatten()
}

/// A connection to the phone's port.
pub(super) async fn connect(local: Ipv4Addr, device: Option<&str>, to: SocketAddrV4) -> Option<TcpStream> {
    let socket = socket(device).ok()?;
    socket.bind(&SocketAddrV4::new(local, 0).into()).ok()?;
    let connecting = TcpSocket::from_std_stream(socket.into()).connect(to.into());
    timeout(CONNECT, connecting).await.ok()?.ok()
}

/// Sends all of it. The error says why not.
pub(super) async fn send(mut stream: TcpStream, data: Data, news: &mut News) -> Result<(), String> {
    let mut offset = 0;
    let mut buf = vec![0u8; PIECE];
    loop {
        let read = data.read(offset, &mut buf).map_err(|e| format!("it could not be read: {e} (RB215)"))?;
        let Some(piece) = buf.get(..read).filter(|p| !p.is_empty()) else { break };
        match timeout(STALL, stream.write_all(piece)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(format!("the phone ended the data connection: {error} (FTP)")),
            Err(_) => return Err("the phone took nothing for two minutes (FTP)".to_owned()),
        }
        offset += read as u64;
        news.gave(read as u64);
        if offset < data.size() {
            news.wrote_all(std::time::Instant::now());
        }
    }
    // The end is what says that the file is whole: it has to arrive too.
    match timeout(STALL, stream.shutdown()).await {
        Ok(Ok(())) => {
            news.wrote_all(std::time::Instant::now());
            Ok(())
        }
        _ => Err("the phone ended the data connection before its end (FTP)".to_owned()),
    }
}

fn socket(device: Option<&str>) -> io::Result<Socket> {
    let kind = Type::STREAM.nonblocking().cloexec();
    let socket = Socket::new(Domain::IPV4, kind, Some(Protocol::TCP))?;
    if let Some(name) = device {
        socket.bind_device(Some(name.as_bytes()))?;
    }
    Ok(socket)
}
