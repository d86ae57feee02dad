//! Listening, and stopping without losing anything.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::http::header::HOST;
use axum::http::{HeaderValue, Request};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::app::{self, App};
use crate::auth::{Gate, Peer, Security};
use crate::config::Config;
use crate::dialect::Dialect;
use crate::grpc;
use crate::headers::ExtraHeaders;
use crate::limits::{BodyBudget, Connection, Connections, Counters, Guarded, HEAD_TIME, IDLE_TIME, Limits, Listed};
use crate::registry::Registry;
use crate::registry::prune::{AuditKeep, prune_audit};
use crate::store::StoreError;
use crate::stores::StoreSpec;
use crate::tls::{HTTP2, Tls};
use crate::traces::Traces;
use crate::usage::Recording;

/// The longest head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// Requests of one connection of HTTP/2 at a time.
const STREAMS: u32 = 100;

/// A connection of HTTP/2 is asked so often whether the peer is still there, and closed when it does not answer within this time.
const PING: Duration = Duration::from_secs(20);

/// Requests under way when the process is asked to stop may take this long.
const STOP_TIME: Duration = Duration::from_secs(10);

/// Files with certificates, keys and users are looked at so often.
const REFRESH: Duration = Duration::from_secs(2);

/// What to serve, and where.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where schemas are kept.
    pub store: StoreSpec,
    /// Who may come in, and do what.
    pub security: Security,
    /// Which of the original's dialects is spoken.
    pub dialect: Dialect,
    /// How much is let through.
    pub limits: Limits,
    /// What is noted of clients that fetch schemas.
    pub usage: Recording,
    /// What every answer says besides.
    pub headers: ExtraHeaders,
    /// Where spans go: the address of a collector that speaks OTLP over gRPC, as `http://localhost:4317`. Without it, the environment
    /// says it (`OTEL_EXPORTER_OTLP_ENDPOINT`), or there are none. Needs the feature `otlp`.
    pub traces: Option<String>,
    /// How long records of the audit log are kept; for ever without it.
    pub audit_keep: Option<AuditKeep>,
}

impl Options {
    /// A registry with this store at this address, without any protection.
    pub fn new(listen: SocketAddr, store: StoreSpec) -> Self {
        Self {
            listen,
            store,
            security: Security::default(),
            dialect: Dialect::default(),
            limits: Limits::default(),
            usage: Recording::default(),
            headers: ExtraHeaders::default(),
            traces: None,
            audit_keep: None,
        }
    }

    /// What a file says. Where it does not say so, the registry listens on port 8081 of this machine and has the store `usual`.
    pub fn of(config: Config, usual: StoreSpec) -> Self {
        let Config { listen, store, security, dialect, limits, usage, headers, traces, audit_keep } = config;
        let listen = listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8081)));
        Self { listen, store: store.unwrap_or(usual), security, dialect, limits, usage, headers, traces, audit_keep }
    }
}

/// Why a registry does not start, or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It would be open, or what shall protect it cannot be used.
    #[error("the registry does not start unprotected: {0}")]
    Unprotected(String),
    /// What shall protect it cannot be used.
    #[error("the registry cannot be protected as it is configured: {0}")]
    Security(String),
    /// Spans cannot be sent.
    #[error("spans cannot be sent: {0}")]
    Traces(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The system refused something else.
    #[error("the server cannot run: {0}")]
    System(std::io::Error),
}

/// A registry that listens. Nothing is answered before [`Server::run`].
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    app: Arc<App>,
    tls: Option<Arc<Tls>>,
    connections: Arc<Connections>,
    threads: Vec<JoinHandle<()>>,
    audit_keep: Option<AuditKeep>,
}

impl Server {
    /// Reads what protects it, opens the store and the port, in this order: a port that is open means a store that works, and never
    /// stands open by mistake.
    pub async fn bind(options: &Options) -> Result<Self, ServeError> {
        options.security.check(options.listen).map_err(ServeError::Unprotected)?;
        let (security, rate) = (options.security.clone(), options.limits.failed_logins);
        let opened = tokio::task::spawn_blocking(move || Ok((Tls::new(&security)?, Gate::new(&security, rate)?))).await;
        let (tls, gate) = opened.unwrap_or_else(|error| Err(error.to_string())).map_err(ServeError::Security)?;
        let (store, dialect, usage) = (options.store.clone(), options.dialect, options.usage);
        let opened = tokio::task::spawn_blocking(move || Registry::open(&store, dialect, usage)).await;
        let (registry, threads) = opened.map_err(|cause| ServeError::System(std::io::Error::other(cause)))??;
        let traces = Traces::start(options.traces.as_deref()).map_err(ServeError::Traces)?;
        let failed = |cause| ServeError::Listen { address: options.listen, cause };
        let listener = TcpListener::bind(options.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (counters, bodies) = (Counters::new(&options.limits), BodyBudget::default());
        let (registry, grpc, headers) = (Arc::new(registry), grpc::Streams::default(), options.headers.clone());
        let app = Arc::new(App { registry, gate, counters, bodies, grpc, traces, headers });
        let connections = Arc::new(Connections::new(options.limits.connections));
        let audit_keep = options.audit_keep;
        Ok(Self { listener, address, app, tls: tls.map(Arc::new), connections, threads, audit_keep })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers requests until `stop` is done; then finishes what is under way, at most 10 s, and closes the store.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { listener, app, tls, connections, threads, audit_keep, .. } = self;
        let metrics = Arc::clone(&app.registry.metrics);
        let traces = app.traces.clone();
        let graceful = GracefulShutdown::new();
        let mut tasks = JoinSet::new();
        let mut beside = JoinSet::new();
        beside.spawn(watch(Arc::clone(&app), tls.clone()));
        if let Some(keep) = audit_keep {
            beside.spawn(prune_audit(Arc::clone(&app.registry), keep));
        }
        tokio::pin!(stop);
        loop {
            while tasks.try_join_next().is_some() {}
            let (stream, address, listed) = tokio::select! {
                accepted = accept(&listener, &connections, tls.is_some()) => accepted,
                () = &mut stop => break,
            };
            let peer = Peer { address: address.ip().to_canonical(), certificate: None };
            let greeted = greet(Arc::clone(&app), tls.clone(), stream, peer, listed, graceful.watcher());
            let connected = metrics.connected();
            tasks.spawn(async move {
                greeted.await;
                drop(connected);
            });
        }
        beside.shutdown().await;
        app.grpc.stop();
        drop((listener, app));
        if tokio::time::timeout(STOP_TIME, graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests were still under way after {} s and were cut off", STOP_TIME.as_secs());
        }
        tasks.shutdown().await;
        if let Some(traces) = traces {
            let _ = tokio::task::spawn_blocking(move || traces.stop()).await;
        }
        // The last copy of the registry went with the last connection: the writer now closes the store.
        let join = move || threads.into_iter().try_for_each(JoinHandle::join);
        if !tokio::task::spawn_blocking(join).await.is_ok_and(|joined| joined.is_ok()) {
            tracing::warn!("the store was not closed; the next start will tidy it up");
        }
    }
}

/// Reads certificates, users and keys again when they have changed.
async fn watch(app: Arc<App>, tls: Option<Arc<Tls>>) {
    loop {
        tokio::time::sleep(REFRESH).await;
        app.gate.refresh().await;
        if let Some(tls) = &tls {
            let tls = Arc::clone(tls);
            let _ = tokio::task::spawn_blocking(move || tls.refresh()).await;
        }
    }
}

/// The next connection. Errors of one connection, or of too many, are not ours.
async fn accept(listener: &TcpListener, connections: &Arc<Connections>, tls: bool) -> (TcpStream, SocketAddr, Listed) {
    loop {
        match listener.accept().await {
            Ok((stream, address)) => {
                // Answers are small and whole: waiting for more to send only delays them.
                let _ = stream.set_nodelay(true);
                match connections.list() {
                    Some(listed) => return (stream, address, listed),
                    None => shed(stream, tls).await,
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                connections.make_room();
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// All connections are being answered: says so, as far as that can be said without waiting.
async fn shed(mut stream: TcpStream, tls: bool) {
    const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    if !tls {
        let _ = tokio::time::timeout(Duration::from_millis(10), stream.write_all(FULL)).await;
    }
}

/// Greets one connection and answers its requests. One that breaks concerns its client alone.
async fn greet(app: Arc<App>, tls: Option<Arc<Tls>>, stream: TcpStream, mut peer: Peer, listed: Listed, watcher: Watcher) {
    let connection = Arc::clone(&listed.connection);
    // A connection that never asks anything costs no buffers.
    let first = async {
        let ready = tokio::time::timeout(IDLE_TIME, stream.readable()).await;
        ready.is_ok_and(|ready| ready.is_ok())
    };
    tokio::select! {
        ready = first => if !ready { return },
        () = connection.closed() => return,
    }
    connection.received();
    let Some(tls) = tls else {
        let begins = tokio::select! {
            begins = tokio::time::timeout(HEAD_TIME, begins_as_http2(&stream)) => begins.unwrap_or(false),
            () = connection.closed() => return,
        };
        // In a box, so that a connection that only waits is small.
        return Box::pin(answer(app, peer, stream, &listed, watcher, begins)).await;
    };
    let greeted = tokio::select! {
        greeted = tokio::time::timeout(HEAD_TIME, tls.accept(stream)) => greeted,
        () = connection.closed() => return,
    };
    match greeted {
        Ok(Ok((stream, certificate))) => {
            connection.idle();
            peer.certificate = certificate;
            let agreed = stream.get_ref().1.alpn_protocol() == Some(HTTP2);
            Box::pin(answer(app, peer, stream, &listed, watcher, agreed)).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, address = %peer.address, "a TLS connection was not made"),
        Err(_) => tracing::debug!(address = %peer.address, "a TLS connection took too long to be made"),
    }
}

/// Does a connection without TLS begin as one of HTTP/2 (RFC 9113 §3.4)? No method of HTTP/1 begins with "PRI".
async fn begins_as_http2(stream: &TcpStream) -> bool {
    const BEGIN: &[u8; 3] = b"PRI";
    let mut first = [0; 3];
    loop {
        match stream.peek(&mut first).await {
            Ok(3) => return first == *BEGIN,
            Ok(length) if length > 0 && BEGIN.starts_with(&first[..length]) => tokio::time::sleep(Duration::from_millis(5)).await,
            _ => return false,
        }
    }
}

/// Answers the requests of one connection.
async fn answer<S>(app: Arc<App>, peer: Peer, stream: S, listed: &Listed, watcher: Watcher, http2: bool)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = &listed.connection;
    if http2 {
        connection.multiplex();
    }
    let stream = TokioIo::new(Guarded::new(stream, Arc::clone(connection)));
    if http2 {
        // Its requests are answered on tasks of their own.
        let (peer, multiplexed) = (Arc::new(peer), Arc::clone(connection));
        let service = service_fn(move |request| {
            let (app, peer, connection) = (Arc::clone(&app), Arc::clone(&peer), Arc::clone(&multiplexed));
            async move { Ok::<_, Infallible>(app::handle(&app, &peer, as_http1(request, &connection)).await) }
        });
        let served = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(u32::try_from(MAX_HEAD).unwrap_or(u32::MAX))
            .keep_alive_interval(PING)
            .keep_alive_timeout(PING)
            .serve_connection(stream, service);
        return watch_over(served, connection, watcher).await;
    }
    let service = service_fn(|request| {
        connection.busy();
        let (app, peer) = (&app, &peer);
        async move {
            let response = app::handle(app, peer, request).await;
            connection.idle();
            Ok::<_, Infallible>(response)
        }
    });
    let served = http1::Builder::new().header_read_timeout(None).max_buf_size(MAX_HEAD).serve_connection(stream, service);
    watch_over(served, connection, watcher).await;
}

/// A request of HTTP/2 with what the rest expects: the host in its header, and a mark that keeps the connection busy.
fn as_http1(mut request: Request<Incoming>, connection: &Arc<Connection>) -> Request<Incoming> {
    let host = request.uri().authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    if let Some(host) = host
        && !request.headers().contains_key(HOST)
    {
        request.headers_mut().insert(HOST, host);
    }
    request.extensions_mut().insert(Arc::new(connection.begin()));
    request
}

/// Answers until the connection ends, or is to make room.
async fn watch_over(served: impl GracefulConnection, connection: &Connection, watcher: Watcher) {
    tokio::select! {
        _ = watcher.watch(served) => {}
        () = connection.closed() => {}
    }
}

/// Runs a registry until the process is told to stop (SIGTERM or SIGINT). `ready` gets the address once requests are answered.
pub fn serve(options: &Options, ready: impl FnOnce(SocketAddr)) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(1024 * 1024)
        .enable_all()
        .build()
        .map_err(ServeError::System)?;
    runtime.block_on(async {
        let stop = stop_signal().map_err(ServeError::System)?;
        let server = Server::bind(options).await?;
        ready(server.address());
        server.run(stop).await;
        Ok(())
    })
}

#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
