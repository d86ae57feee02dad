//! Following a registry: without a gap, whatever happens to connections and servers.

use std::time::Duration;

use messages::watch_event::Event;
use messages::{WatchEvent, WatchRequest};
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status, Streaming};
use tonic_prost::ProstCodec;

use super::messages;
use crate::client::Client;
use crate::error::Error;

/// The call.
const PATH: &str = "/eventpact.registry.v1.Registry/Watch";

/// The longest event that is read, in bytes.
const MAX_EVENT: usize = 16 * 1024 * 1024;

/// A server that says nothing for so long is taken for dead: it sends a heartbeat every ten seconds.
const SILENCE: Duration = Duration::from_secs(35);

/// Between two attempts to reach the registry; twice as long after each that failed, up to the second.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How long a connection may take.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// What changes in a registry, event by event.
///
/// A stream that breaks is taken up again from where it was, at any of the registry's addresses. When the registry does not know any
/// more what came since, it tells the present state: `Started` with `snapshot`, what there is, `SnapshotDone`; what is not in it is
/// gone. Schemas of the default context that come by are kept by the [`Client`], so that its next
/// [`schema_by_id`](Client::schema_by_id) needs no request.
#[derive(Debug)]
pub struct Watch {
    client: Client,
    prefix: String,
    position: Option<String>,
    stream: Option<Streaming<WatchEvent>>,
    wait: Duration,
    /// It was reached once: from then on, it is waited for.
    connected: bool,
}

impl Watch {
    pub(crate) fn new(client: Client, prefix: String, from: Option<String>) -> Self {
        Self { client, prefix, position: from, stream: None, wait: FIRST_WAIT, connected: false }
    }

    /// Where a later watch goes on: after the last event that was given whole. `None` before the first one.
    pub fn position(&self) -> Option<&str> {
        self.position.as_deref()
    }

    /// The next event. Waits for a registry that went away; dropped and called again, it loses nothing.
    ///
    /// # Errors
    /// When the registry cannot be reached at the first attempt, or refuses: credentials, rights, a position that is none.
    pub async fn next(&mut self) -> Result<WatchEvent, Error> {
        loop {
            let Some(stream) = &mut self.stream else {
                self.connect().await?;
                continue;
            };
            let ended = match tokio::time::timeout(SILENCE, stream.message()).await {
                Ok(Ok(Some(event))) => {
                    self.wait = FIRST_WAIT;
                    self.took(&event);
                    return Ok(event);
                }
                Ok(Ok(None)) => Status::unavailable("the stream ended"),
                Ok(Err(status)) => status,
                Err(_) => Status::unavailable("the registry says nothing"),
            };
            self.stream = None;
            if !comes_back(&ended) {
                return Err(refused(&ended));
            }
        }
    }

    fn took(&mut self, event: &WatchEvent) {
        if !event.position.is_empty() {
            self.position = Some(event.position.clone());
        }
        if let Some(Event::Version(version)) = &event.event {
            self.client.keep(version);
        }
    }

    /// Opens a stream at the first address that gives one.
    async fn connect(&mut self) -> Result<(), Error> {
        loop {
            let mut last = None;
            for (url, authorization) in self.client.endpoints() {
                match self.open(&url, authorization.as_deref()).await {
                    Ok(stream) => {
                        (self.stream, self.connected) = (Some(stream), true);
                        return Ok(());
                    }
                    Err(status) if comes_back(&status) => {
                        last = Some(Error::Unreachable { url, cause: reason(&status) });
                    }
                    Err(status) => return Err(refused(&status)),
                }
            }
            if !self.connected {
                return Err(last.unwrap_or_else(|| Error::Usage("the client has no address".into())));
            }
            tokio::time::sleep(self.wait).await;
            self.wait = (self.wait * 2).min(LONGEST_WAIT);
        }
    }

    async fn open(&self, url: &str, authorization: Option<&str>) -> Result<Streaming<WatchEvent>, Status> {
        let unusable = |cause: String| Status::invalid_argument(cause);
        let endpoint = Endpoint::from_shared(url.to_owned()).map_err(|cause| unusable(cause.to_string()))?;
        #[cfg(feature = "tls")]
        let endpoint = if url.starts_with("https://") {
            endpoint.tls_config(tls(self.client.tls())).map_err(|cause| unusable(chain(&cause)))?
        } else {
            endpoint
        };
        let channel: Channel =
            endpoint.connect_timeout(CONNECT_TIME).connect().await.map_err(|cause| Status::unavailable(chain(&cause)))?;
        let mut grpc = Grpc::new(channel).max_decoding_message_size(MAX_EVENT);
        grpc.ready().await.map_err(|cause| Status::unavailable(chain(&cause)))?;
        let asked = WatchRequest { from: self.position.clone(), subject_prefix: self.prefix.clone() };
        let mut request = Request::new(asked);
        if let Some(value) = authorization {
            let value = MetadataValue::try_from(value).map_err(|_| unusable("the credentials are not ASCII".to_owned()))?;
            request.metadata_mut().insert("authorization", value);
        }
        let codec = ProstCodec::<WatchRequest, WatchEvent>::default();
        Ok(grpc.server_streaming(request, PathAndQuery::from_static(PATH), codec).await?.into_inner())
    }
}

/// What the client's other requests trust and show.
#[cfg(feature = "tls")]
fn tls(files: &crate::client::tls::Tls) -> tonic::transport::ClientTlsConfig {
    use tonic::transport::{Certificate, ClientTlsConfig, Identity};
    let config = match &files.authorities {
        Some(pem) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)),
        None => ClientTlsConfig::new().with_native_roots(),
    };
    match &files.identity {
        // The key may stand with its certificate.
        Some((certificate, key)) => {
            config.identity(Identity::from_pem(certificate, if key.is_empty() { certificate } else { key }))
        }
        None => config,
    }
}

/// The same again may succeed: the server went away, is too busy, or cut us off with a position.
fn comes_back(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable | Code::Aborted | Code::ResourceExhausted | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown
    )
}

fn refused(status: &Status) -> Error {
    let given = status.metadata().get("error-code").and_then(|code| code.to_str().ok()?.parse().ok());
    let http = match status.code() {
        Code::Unauthenticated => 401,
        Code::PermissionDenied => 403,
        Code::NotFound | Code::Unimplemented => 404,
        Code::InvalidArgument | Code::OutOfRange => 400,
        Code::FailedPrecondition => 409,
        _ => 500,
    };
    Error::Refused { status: http, error_code: given.unwrap_or_else(|| i32::from(http)), message: reason(status) }
}

fn reason(status: &Status) -> String {
    if status.message().is_empty() { status.code().to_string() } else { status.message().to_owned() }
}

/// An error with what is behind it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        next = cause.source();
    }
    text
}
