//! Accepts phones, within limits, and closes on those who neither ask nor take.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bench::Via;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

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
/// When the system has no more descriptors, accepting rests this long.
const REST: Duration = Duration::from_millis(100);

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
    places: Mutex<BTreeMap<Ipv4Addr, usize>>,
}

impl House {
    /// With nobody in it.
    pub(super) fn new(limits: Limits, mailbox: Mailbox, library: Arc<Library>, tls: Option<Tls>) -> House {
        let via = if tls.is_some() { Via::Https } else { Via::Http };
        House { mailbox, library, via, tls, limits, places: Mutex::default() }
    }

    fn place(self: &Arc<House>, address: Ipv4Addr) -> Option<Place> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let taken: usize = places.values().sum();
        let own = places.get(&address).copied().unwrap_or_default();
        if taken >= self.limits.connections || own >= self.limits.per_address {
            return None;
        }
        places.insert(address, own + 1);
        Some(Place { house: Arc::clone(self), address })
    }
}

/// One connection's place, free again when dropped.
struct Place {
    house: Arc<House>,
    address: Ipv4Addr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.house.places.lock().unwrap_or_else(PoisonError::into_inner);
        match places.get_mut(&self.address) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(places.remove(&self.address)),
        }
    }
}

/// Serves until `stop`.
pub(super) async fn serve(house: &Arc<House>, listener: &TcpListener, mut stop: oneshot::Receiver<()>) {
    loop {
        let accepted = tokio::select! {
            _ = &mut stop => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(REST).await;
            continue;
        };
        let address = match peer.ip() {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(address) => address.to_ipv4_mapped(),
        };
        if let Some(place) = address.and_then(|address| house.place(address)) {
            tokio::spawn(connection(place, stream));
        }
    }
}

async fn connection(place: Place, stream: TcpStream) {
    // Only delays small answers; without it they still come.
    let _ = stream.set_nodelay(true);
    let Some(tls) = place.house.tls.clone() else { return inside(place, stream).await };
    match tls.accept(stream).await {
        Ok(stream) => inside(place, stream).await,
        Err(Refused { host, why }) => {
            // A loop that has ended hears nothing.
            let _ = place.house.mailbox.send(Message::TlsRefused { from: place.address, host, why });
        }
    }
}

async fn inside<S: AsyncRead + AsyncWrite + Unpin>(place: Place, stream: S) {
    let meter = Meter::new(place.house.limits, Instant::now());
    let answer = service_fn(|request| service::answer(Arc::clone(&place.house), place.address, meter.clone(), request));
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
