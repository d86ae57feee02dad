//! Connections: opening one, and the one that listens and asks where the log ends.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{AsyncMessage, Client, Connection, NoTls};

use super::rows::{audited, number, sequence};
use super::tls::Tls;
use super::url::PostgresUrl;
use crate::audit::{Record, Trail};
use crate::store::{Position, ReadIndex, StoreError, Wake};

/// A connection must be there, and ready for use, after this time.
const CONNECT: Duration = Duration::from_millis(1500);

/// The end of the log must be known after this time.
const ASK: Duration = Duration::from_secs(3);

/// Between two tries to connect.
const AGAIN: Duration = Duration::from_millis(250);

/// What a session is told at its start: nothing that it waits for, or does, may take for ever.
const SESSION: &str = "SET lock_timeout = '1500ms'; SET statement_timeout = '10s'";

/// How to reach the database.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) url: PostgresUrl,
    tls: Option<Tls>,
}

impl Target {
    pub(super) fn new(url: PostgresUrl) -> Result<Self, StoreError> {
        let tls = url.tls.as_ref().map(Tls::new).transpose().map_err(StoreError::Refused)?;
        Ok(Self { url, tls })
    }

    pub(super) fn failed(&self, cause: impl std::fmt::Display) -> StoreError {
        StoreError::Failed { place: self.url.to_string(), cause: cause.to_string() }
    }

    pub(super) fn database(&self, cause: &tokio_postgres::Error) -> StoreError {
        self.failed(explain(cause))
    }

    /// A new session on a server that takes writes. `heard` gets whatever the server says on its own.
    pub(super) async fn connect(&self, heard: mpsc::UnboundedSender<()>) -> Result<Client, StoreError> {
        let connecting = async {
            let client = match &self.tls {
                None => {
                    let (client, connection) = self.url.config.connect(NoTls).await?;
                    drive(connection, heard);
                    client
                }
                Some(tls) => {
                    let (client, connection) = self.url.config.connect(tls.clone()).await?;
                    drive(connection, heard);
                    client
                }
            };
            client.batch_execute(&format!("SET search_path TO \"{}\"; {SESSION}", self.url.schema)).await?;
            Ok::<_, tokio_postgres::Error>(client)
        };
        let connected = timeout(CONNECT, connecting).await.map_err(|_| self.failed("no connection within 1.5 s"))?;
        connected.map_err(|cause| self.database(&cause))
    }
}

/// The text of an error with what is behind it: the library says only "db error".
pub(super) fn explain(cause: &tokio_postgres::Error) -> String {
    match cause.as_db_error() {
        Some(said) => format!("{} ({})", said.message(), said.code().code()),
        None => std::error::Error::source(cause).map_or_else(|| cause.to_string(), |inner| format!("{cause}: {inner}")),
    }
}

/// Moves what the session sends and receives. Ends with the session, however that ends; then `heard` is dropped.
fn drive<S, T>(mut connection: Connection<S, T>, heard: mpsc::UnboundedSender<()>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
            if matches!(message, AsyncMessage::Notification(_)) {
                let _ = heard.send(());
            }
        }
    });
}

/// The session that listens, as it is now.
#[derive(Clone)]
enum Link {
    /// Not tried yet.
    Connecting,
    Up(Arc<Client>),
    /// The last try failed.
    Down(StoreError),
}

/// Keeps a session that listens for others' entries, and by which the end of the log is asked for.
pub(super) struct Listener {
    target: Target,
    link: watch::Receiver<Link>,
}

impl Listener {
    /// Starts to listen. `wake` is called for each notice, and after each new connection.
    pub(super) fn start(runtime: &Handle, target: Target, wakes: watch::Receiver<Option<Wake>>) -> Self {
        let (sender, link) = watch::channel(Link::Connecting);
        runtime.spawn(listen(target.clone(), sender, wakes));
        Self { target, link }
    }

    /// A session, waiting for one that is being opened. `not` is known to be of no use.
    async fn client(&self, not: Option<&Arc<Client>>) -> Result<Arc<Client>, StoreError> {
        let mut link = self.link.clone();
        let usable = |link: &Link| match link {
            Link::Connecting => false,
            Link::Up(client) => not.is_none_or(|not| !Arc::ptr_eq(client, not)),
            Link::Down(_) => true,
        };
        let found = link.wait_for(usable).await.map_err(|_| self.target.failed("it is closed"))?.clone();
        match found {
            Link::Up(client) => Ok(client),
            Link::Down(error) => Err(error),
            Link::Connecting => Err(self.target.failed("not connected")),
        }
    }

    async fn ask(&self, applied: Position) -> Result<u64, StoreError> {
        let (mut client, applied_sequence) = (self.client(None).await?, number(applied.sequence));
        for last in [false, true] {
            // Typed, so that it is one round trip and not two.
            let asked: [(&(dyn ToSql + Sync), Type); 1] = [(&applied_sequence, Type::INT8)];
            let query = "SELECT seq, (SELECT batch FROM changes WHERE seq = $1), trimmed FROM head";
            let rows = client.query_typed(query, &asked).await;
            match rows.as_deref() {
                Ok([row]) => {
                    let (head, batch, trimmed): (i64, Option<uuid::Uuid>, i64) = (row.get(0), row.get(1), row.get(2));
                    // What was trimmed can be told no more: who stands there is behind, and everything is loaded again.
                    if applied.sequence > sequence(trimmed) && batch != Some(applied.batch) {
                        return Err(self.target.failed("the log does not hold what was read from it before"));
                    }
                    return Ok(sequence(head));
                }
                // The session broke, perhaps long ago: there may be a new one already.
                Err(_) if client.is_closed() && !last => client = self.client(Some(&client)).await?,
                Err(cause) => return Err(self.target.database(cause)),
                Ok(_) => break,
            }
        }
        Err(self.target.failed("not connected"))
    }
}

impl Listener {
    /// Records of rows before a place, in this order (`DESC`, or nothing).
    async fn records(&self, place: Option<u64>, order: &str, most: usize) -> Result<Vec<(u64, Record)>, StoreError> {
        let client = self.client(None).await?;
        let (place, most) = (place.map_or(i64::MAX, number), i64::try_from(most).unwrap_or(i64::MAX));
        let asked: [(&(dyn ToSql + Sync), Type); 2] = [(&place, Type::INT8), (&most, Type::INT8)];
        let query = &*format!("SELECT seq, body FROM changes WHERE seq < $1 ORDER BY seq {order} LIMIT $2");
        let rows = client.query_typed(query, &asked).await.map_err(|cause| self.target.database(&cause))?;
        let unreadable = |cause| self.target.failed(format!("a record of the audit log cannot be read: {cause:?}"));
        let records = rows.iter().filter_map(|row| audited(row).map_err(unreadable).transpose());
        records.map(|record| record.map(|(place, record)| (place, (*record).clone()))).collect()
    }
}

impl Trail for Listener {
    fn kept(&self) -> &'static str {
        "store"
    }

    fn before(&self, place: Option<u64>, most: usize) -> BoxFuture<'_, Result<Vec<(u64, Record)>, StoreError>> {
        Box::pin(async move {
            let read = timeout(ASK, self.records(place, "DESC", most)).await;
            read.unwrap_or_else(|_| Err(self.target.failed("no answer within 3 s")))
        })
    }

    fn oldest(&self, most: usize) -> BoxFuture<'_, Result<Vec<(u64, Record)>, StoreError>> {
        Box::pin(async move {
            let read = timeout(ASK, self.records(None, "", most)).await;
            read.unwrap_or_else(|_| Err(self.target.failed("no answer within 3 s")))
        })
    }
}

impl ReadIndex for Listener {
    fn head(&self, applied: Position) -> BoxFuture<'_, Result<u64, StoreError>> {
        let until = Instant::now() + ASK;
        Box::pin(async move {
            let answered = timeout_at(until, self.ask(applied)).await;
            answered.unwrap_or_else(|_| Err(self.target.failed("no answer within 3 s")))
        })
    }
}

/// Keeps a session open until nobody wants it any more.
async fn listen(target: Target, link: watch::Sender<Link>, wakes: watch::Receiver<Option<Wake>>) {
    let wake = || {
        if let Some(wake) = &*wakes.borrow() {
            wake();
        }
    };
    while !link.is_closed() {
        let (heard, mut notices) = mpsc::unbounded_channel();
        match open(&target, heard).await {
            Ok(client) => {
                link.send_replace(Link::Up(Arc::new(client)));
                wake(); // what came while there was nobody to hear it
                loop {
                    tokio::select! {
                        notice = notices.recv() => match notice {
                            Some(()) => wake(),
                            None => break,
                        },
                        () = link.closed() => return,
                    }
                }
                wake();
                // The broken session stays visible: who uses it finds out, and waits for the next one.
            }
            Err(error) => {
                link.send_replace(Link::Down(error));
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

async fn open(target: &Target, heard: mpsc::UnboundedSender<()>) -> Result<Client, StoreError> {
    let client = target.connect(heard).await?;
    let listen = format!("LISTEN \"eventpact {}\"", target.url.schema);
    let listening = timeout(CONNECT, client.batch_execute(&listen)).await.map_err(|_| target.failed("no answer within 1.5 s"))?;
    listening.map_err(|cause| target.database(&cause))?;
    Ok(client)
}
