//! One phone's connection: TLS where it is wanted, and an end for who neither asks nor takes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bench::Via;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::Limits;
use super::meter::Meter;
use super::service;
use super::wire::Wire;
use crate::io::content::Library;
use crate::io::https::{Refused, Tls};
use crate::io::message::{Mailbox, Message};

/// Most bytes that the library holds for one connection, in each direction.
const BUFFER: usize = 64 << 10;
/// Deadlines are looked at this often, since they move as bytes do.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What all connections share.
pub(super) struct House {
    /// Where the bench is asked.
    pub(super) mailbox: Mailbox,
    /// Where its answers are opened.
    pub(super) library: Arc<Library>,
    /// How its phones came.
    pub(super) via: Via,
    tls: Option<Tls>,
    limits: Limits,
}

impl House {
    /// With nobody in it.
    pub(super) fn new(limits: Limits, mailbox: Mailbox, library: Arc<Library>, tls: Option<Tls>) -> House {
        let via = if tls.is_some() { Via::Https } else { Via::Http };
        House { mailbox, library, via, tls, limits }
    }
}

/// Serves the phone at `peer` until one side has enough.
pub(super) async fn serve(house: Arc<House>, peer: SocketAddr, stream: TcpStream) {
    // Phones have no IPv6 here.
    let IpAddr::V4(from) = peer.ip().to_canonical() else { return };
    let Some(tls) = house.tls.clone() else { return inside(house, from, stream).await };
    match tls.accept(stream).await {
        Ok(stream) => inside(house, from, stream).await,
        Err(Refused { host, why }) => {
            // A loop that has ended hears nothing.
            let _ = house.mailbox.send(Message::TlsRefused { from, host, why });
        }
    }
}

async fn inside<S: AsyncRead + AsyncWrite + Unpin>(house: Arc<House>, from: Ipv4Addr, stream: S) {
    let meter = Meter::new(house.limits, Instant::now());
    let answer = service_fn(|request| service::answer(Arc::clone(&house), from, meter.clone(), request));
    let wire = TokioIo::new(Wire::new(stream, meter.clone()));
    let mut builder = http1::Builder::new();
    builder.half_close(true).ignore_invalid_headers(true).max_buf_size(BUFFER);
    let mut connection = pin!(builder.serve_connection(wire, answer));
    loop {
        let wake = meter.lock().deadline().0.min(Instant::now() + LOOK_EVERY);
        tokio::select! {
            // Whatever its end was, the transfers know it.
            _ = &mut connection => return,
            () = tokio::time::sleep_until(wake.into()) => {
                let mut meter = meter.lock();
                let (deadline, why) = meter.deadline();
                if deadline <= Instant::now() {
                    meter.give_up(why);
                    return;
                }
            }
        }
    }
}
