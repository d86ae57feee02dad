//! Listening, and stopping without losing anything.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::app::{self, App};
use crate::auth::{Gate, PolicyError, Security};
use crate::dialect::Dialect;
use crate::registry::Registry;
use crate::store::StoreError;
use crate::stores::StoreSpec;

/// The head of a request must be complete after this time; a connection may be idle as long.
const HEAD_TIME: Duration = Duration::from_secs(60);

/// The longest head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// Connections at a time; more wait in the backlog of the system.
const MAX_CONNECTIONS: usize = 1000;

/// Requests under way when the process is asked to stop may take this long.
const STOP_TIME: Duration = Duration::from_secs(10);

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
}

impl Options {
    /// A registry with this store at this address, without any protection.
    pub fn new(listen: SocketAddr, store: StoreSpec) -> Self {
        Self { listen, store, security: Security::default(), dialect: Dialect::default() }
    }
}

/// Why a registry does not start, or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rules cannot be used.
    #[error(transparent)]
    Policy(#[from] PolicyError),
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
    writer: JoinHandle<()>,
}

impl Server {
    /// Opens the store and the port, in this order: a port that is open means a store that works.
    pub async fn bind(options: &Options) -> Result<Self, ServeError> {
        let gate = Gate::new(&options.security)?;
        let (store, dialect) = (options.store.clone(), options.dialect);
        let opened = tokio::task::spawn_blocking(move || Registry::open(&store, dialect)).await;
        let (registry, writer) = opened.map_err(|cause| ServeError::System(std::io::Error::other(cause)))??;
        let failed = |cause| ServeError::Listen { address: options.listen, cause };
        let listener = TcpListener::bind(options.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address, app: Arc::new(App { registry: Arc::new(registry), gate }), writer })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers requests until `stop` is done; then finishes what is under way, at most 10 s, and closes the store.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { listener, app, writer, .. } = self;
        let metrics = Arc::clone(&app.registry.metrics);
        let router = app::router(app);
        let graceful = GracefulShutdown::new();
        let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let mut connections = JoinSet::new();
        tokio::pin!(stop);
        loop {
            while connections.try_join_next().is_some() {}
            let (stream, slot) = tokio::select! {
                accepted = accept(&listener, &slots) => accepted,
                () = &mut stop => break,
            };
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIME)
                .max_buf_size(MAX_HEAD)
                .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.clone()));
            let connection = graceful.watch(connection);
            let connected = metrics.connected();
            connections.spawn(async move {
                // A connection that breaks concerns its client alone.
                let _ = connection.await;
                drop((slot, connected));
            });
        }
        drop((listener, router));
        if tokio::time::timeout(STOP_TIME, graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests were still under way after {} s and were cut off", STOP_TIME.as_secs());
        }
        connections.shutdown().await;
        // The last copy of the registry went with the last connection: the writer now closes the store.
        if tokio::task::spawn_blocking(move || writer.join()).await.is_err() {
            tracing::warn!("the store was not closed; the next start will tidy it up");
        }
    }
}

/// The next connection, and its slot. Errors of one connection, or of too many, are not ours.
async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> (TcpStream, Option<tokio::sync::OwnedSemaphorePermit>) {
    let slot = Arc::clone(slots).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Answers are small and whole: waiting for more to send only delays them.
                let _ = stream.set_nodelay(true);
                return (stream, slot);
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
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
