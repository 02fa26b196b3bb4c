//! Connections: bounded in number, in the time that they may take to say what
//! they want, and in the time that they may take to end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tower_service::Service;

use super::reply::Refusal;
use super::routes::{Served, routes};

/// A request's head is there within this time, or the connection ends; so does
/// one that waits this long for the next request.
const HEAD: Duration = Duration::from_secs(15);
/// A client that takes nothing of a reply for this long is gone.
const STALLED: Duration = Duration::from_secs(60);
/// What is being sent may take this long once the server is to end.
const LAST_REPLIES: Duration = Duration::from_secs(10);
/// The bytes of a request's head.
const HEAD_BYTES: usize = 16 * 1024;
/// The fields of a request's head.
const HEAD_FIELDS: usize = 64;
/// Connections that wait to be accepted.
const BACKLOG: i32 = 1024;

/// A socket that listens.
pub(super) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    // A server that was stopped a moment ago does not keep its port.
    socket.set_reuse_address(true)?;
    if address.is_ipv6() && address.ip().is_unspecified() {
        // `[::]` is every address, of both kinds.
        socket.set_only_v6(false)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Takes connections until `end` is there; then lets what is being sent be
/// finished, for a while.
pub(super) async fn serve(
    listener: TcpListener,
    served: Arc<Served>,
    connections: usize,
    end: impl Future<Output = ()>,
) {
    let metrics = Arc::clone(&served.host.metrics);
    let routes = warp::service(routes(served));
    let builder = builder();
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(connections));
    tokio::pin!(end);
    loop {
        let accepted = async {
            let place = Arc::clone(&room).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = &mut end => break,
            accepted = accepted => accepted,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: some will be free soon.
                tracing::warn!("a connection could not be taken: {error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let routes = routes.clone();
        let service = service_fn(move |mut request: warp::http::Request<_>| {
            request.extensions_mut().insert(from);
            let mut routes = routes.clone();
            async move {
                // `*` and the like are no paths, which warp takes for granted.
                if request.uri().path().starts_with('/') {
                    routes.call(request).await
                } else {
                    Ok(Refusal::Method.reply())
                }
            }
        });
        let connection = builder.serve_connection(TokioIo::new(bounded(stream)), service);
        let connection = graceful.watch(connection);
        let connected = metrics.connected();
        tokio::spawn(async move {
            // A client that goes away, or sends what is no HTTP, ends its connection.
            let _ended = connection.await.is_ok();
            drop((place, connected));
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(LAST_REPLIES) => {
            tracing::warn!("some replies were cut off");
        }
    }
}

/// HTTP/1.1 alone: browsers speak HTTP/2 over TLS only, which a proxy brings.
fn builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEAD_FIELDS);
    builder
}

/// A stream that does not wait for ever to be read from.
fn bounded(stream: TcpStream) -> std::pin::Pin<Box<TimeoutStream<TcpStream>>> {
    // Segments go out at once, and so do small replies.
    let _is_faster = stream.set_nodelay(true).is_ok();
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(STALLED));
    Box::pin(stream)
}

/// As many connections as files can be open, but for those that are needed
/// otherwise.
pub(super) fn connections(wanted: usize) -> usize {
    let (_, hard) = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE)
        .unwrap_or((1024, 1024));
    let target = hard.min(wanted as u64 + 512);
    let raised =
        nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE, target, hard);
    let files = if raised.is_ok() { target } else { 1024 };
    (files as usize).saturating_sub(256).clamp(64, wanted)
}
