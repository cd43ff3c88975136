//! Browsers and scripts, one connection each.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router, middleware};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;

use super::gate::{Ends, Gate, guard};
use super::{Desk, Listening, routes};
use crate::io::tcp_server::{self, Manner, Server};

/// From a connection's begin, or its last answer, to the end of the next head.
const HEAD: Duration = Duration::from_secs(30);
/// Largest head, bytes.
const BUFFER: usize = 64 << 10;
/// So long pages have to hear that the program ends.
const FAREWELL: Duration = Duration::from_millis(250);

/// Each browser window holds one connection for its live stream.
const MANNER: Manner = Manner { name: "web", connections: 256, per_address: 256, farewell: FAREWELL };

/// Serves `desk`; `bench` is the address and prefix of the phones' side, which never gets in.
pub(crate) fn spawn(listening: Listening, desk: Desk, bench: (Ipv4Addr, u8)) -> io::Result<Server> {
    let gate = Arc::new(Gate::new(listening.token, bench));
    let router = routes::router(Arc::new(desk)).layer(middleware::from_fn_with_state(Arc::clone(&gate), guard));
    tcp_server::spawn(MANNER, listening.listener, move |stream, peer| {
        let (gate, router) = (Arc::clone(&gate), router.clone());
        async move {
            let Ok(local) = stream.local_addr() else { return };
            let ends = Ends { peer, local };
            if gate.admits(ends) {
                connection(stream, router.layer(Extension(ends))).await;
            }
        }
    })
}

async fn connection(stream: TcpStream, router: Router) {
    let service = TowerToHyperService::new(router);
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(BUFFER);
    // A browser that goes away is no error of ours.
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}
