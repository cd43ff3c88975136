//! Accepts browsers and scripts, within limits, on a thread of its own.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::{Extension, Router, middleware};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};

use super::gate::{Ends, Gate, guard};
use super::{Desk, Listening, routes};

/// Connections at once; each browser window holds one for its live stream.
const CONNECTIONS: usize = 256;
/// From a connection's begin, or its last answer, to the end of the next head.
const HEAD: Duration = Duration::from_secs(30);
/// Largest head, bytes.
const BUFFER: usize = 64 << 10;
/// When the system has no more descriptors, accepting rests this long.
const REST: Duration = Duration::from_millis(100);
/// So long pages have to hear that the program ends.
const FAREWELL: Duration = Duration::from_millis(250);

/// A server that runs until it is stopped or dropped.
#[derive(Debug)]
pub(crate) struct Server {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Serves `desk`; `bench` is the address and prefix of the phones' side, which never gets in.
pub(crate) fn spawn(listening: Listening, desk: Desk, bench: (Ipv4Addr, u8)) -> io::Result<Server> {
    listening.listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let listener = {
        let _in_runtime = runtime.enter();
        TcpListener::from_std(listening.listener)?
    };
    let gate = Arc::new(Gate::new(listening.token, bench));
    let router = routes::router(Arc::new(desk)).layer(middleware::from_fn_with_state(Arc::clone(&gate), guard));
    let (stop, stopped) = oneshot::channel();
    let run = move || {
        runtime.block_on(async {
            accept(&listener, &gate, &router, stopped).await;
            tokio::time::sleep(FAREWELL).await;
        });
        runtime.shutdown_timeout(Duration::from_secs(1));
    };
    let thread = std::thread::Builder::new().name("web".to_owned()).spawn(run)?;
    Ok(Server { stop: Some(stop), thread: Some(thread) })
}

impl Drop for Server {
    fn drop(&mut self) {
        // The thread has ended already when nobody hears this.
        let _ = self.stop.take().map(|stop| stop.send(()));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(listener: &TcpListener, gate: &Gate, router: &Router, mut stop: oneshot::Receiver<()>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            _ = &mut stop => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(REST).await;
            continue;
        };
        let Ok(local) = stream.local_addr() else { continue };
        let ends = Ends { peer, local };
        let Some(place) = Arc::clone(&places).try_acquire_owned().ok().filter(|_| gate.admits(ends)) else { continue };
        let router = router.clone().layer(Extension(ends));
        tokio::spawn(async move {
            connection(stream, router).await;
            drop(place);
        });
    }
}

async fn connection(stream: TcpStream, router: Router) {
    // Only delays small answers; without it they still come.
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(router);
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(BUFFER);
    // A browser that goes away is no error of ours.
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}
