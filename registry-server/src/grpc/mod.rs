//! The registry over gRPC, on the port of the rest: what comes in, who may, and which call it is.
//!
//! A call is a request of REST in other words: it is answered by the same routes, so rights, limits, aliases, and error codes are the
//! same. Only [`watch`] has no counterpart there. The messages are those of `proto/eventpact/registry/v1/registry.proto`.

mod calls;
mod convert;
mod status;
mod watch;

use std::future::Future;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Request as HttpRequest, Response, Version};
use eventpact_registry_client::grpc::messages::{WatchEvent, WatchRequest};
use http_body_util::Full;
use hyper::body::Incoming;
use prost::Message;
use tokio::sync::Semaphore;
use tonic::server::Grpc;
use tonic::{Code, Status};
use tonic_prost::ProstCodec;

use crate::app::{ANSWER_TIME, App, SEQUENCE};
use crate::auth::{Caller, Peer};
use crate::error::ApiError;
use crate::limits::{InFlight, MAX_BODY, TooFast};
use crate::traces::Seen;

/// Streams of changes at a time.
const MAX_WATCHES: usize = 1000;

/// The content type of calls begins so.
const KIND: &[u8] = b"application/grpc";

/// The calls, as the paths of HTTP/2 name them.
pub(crate) const PATHS: [&str; 6] = [
    "/eventpact.registry.v1.Registry/Register",
    "/eventpact.registry.v1.Registry/GetSchema",
    "/eventpact.registry.v1.Registry/ListSubjects",
    "/eventpact.registry.v1.Registry/ListVersions",
    "/eventpact.registry.v1.Registry/Check",
    "/eventpact.registry.v1.Registry/Watch",
];

/// What all streams of changes share.
pub(crate) struct Streams {
    places: Arc<Semaphore>,
    /// The server is about to stop.
    stopping: tokio::sync::watch::Sender<bool>,
}

impl Default for Streams {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(MAX_WATCHES)), stopping: tokio::sync::watch::Sender::new(false) }
    }
}

impl Streams {
    /// Ends all streams: a stop need not wait for them.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }
}

/// A call of somebody who was let in.
#[derive(Clone)]
struct Call {
    app: Arc<App>,
    peer: Peer,
    headers: HeaderMap,
    /// Of the request, for the audit log.
    id: HeaderValue,
    caller: Caller,
    /// The answer must show the change with this number.
    sequence: Option<u64>,
    /// The connection is busy while there is one of these.
    _in_flight: Option<Arc<InFlight>>,
}

/// Is this a call?
pub(crate) fn is_call<B>(request: &HttpRequest<B>) -> bool {
    let kind = request.headers().get(CONTENT_TYPE);
    request.version() == Version::HTTP_2 && kind.is_some_and(|kind| kind.as_bytes().starts_with(KIND))
}

/// Answers a call. `seen` gets what the metrics and the spans tell.
pub(crate) async fn respond(
    app: &Arc<App>,
    peer: &Peer,
    id: &HeaderValue,
    request: HttpRequest<Incoming>,
    seen: &mut Seen,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let path = PATHS.into_iter().find(|path| *path == parts.uri.path());
    seen.route = path;
    let call = match admit(app, peer, id, &parts, path).await {
        Ok(call) => call,
        Err(error) => return refusal(status::of(&error)),
    };
    seen.caller = Some(call.caller.clone());
    let Some(path) = path else { return refusal(Status::unimplemented("there is no such call")) };
    // What is held is given back when the answer is there.
    let held = match app.bodies.read(body, || ApiError::body_too_large(MAX_BODY)).await {
        Ok(held) => held,
        Err(error) => return refusal(status::of(&error)),
    };
    let request = HttpRequest::from_parts(parts, Full::new(held.bytes.clone()));
    match path.rsplit('/').next().unwrap_or("") {
        "Register" => unary(request, async |asked| call.register(asked).await).await,
        "GetSchema" => unary(request, async |asked| call.get_schema(asked).await).await,
        "ListSubjects" => unary(request, async |asked| call.list_subjects(asked).await).await,
        "ListVersions" => unary(request, async |asked| call.list_versions(asked).await).await,
        "Check" => unary(request, async |asked| call.check(asked).await).await,
        _ => stream(request, call).await,
    }
}

/// Lets a call in, as a request of REST is let in.
async fn admit(app: &Arc<App>, peer: &Peer, id: &HeaderValue, parts: &Parts, path: Option<&str>) -> Result<Call, ApiError> {
    let writes = path.is_some_and(|path| path.ends_with("/Register"));
    let too_fast = |TooFast(wait)| ApiError::too_fast(wait);
    app.counters.address(peer.address, writes).map_err(too_fast)?;
    let caller = app.gate.caller(&parts.headers, peer).await?;
    app.counters.principal(caller.name(), writes).map_err(too_fast)?;
    if app.registry.is_busy() {
        return Err(ApiError::busy());
    }
    let sequence = match parts.headers.get(SEQUENCE) {
        Some(value) => Some(value.to_str().ok().and_then(|n| n.parse().ok()).ok_or_else(ApiError::bad_sequence)?),
        None => None,
    };
    let in_flight = parts.extensions.get::<Arc<InFlight>>().cloned();
    Ok(Call {
        app: Arc::clone(app),
        peer: peer.clone(),
        headers: parts.headers.clone(),
        id: id.clone(),
        caller,
        sequence,
        _in_flight: in_flight,
    })
}

/// One message in, one out.
async fn unary<Q, A, F>(request: HttpRequest<Full<Bytes>>, answer: impl FnOnce(Q) -> F) -> Response<Body>
where
    Q: Message + Default + Send + 'static,
    A: Message + Default + Send + 'static,
    F: Future<Output = Result<A, ApiError>>,
{
    let mut answer = Some(answer);
    let service = tower::service_fn(move |asked: tonic::Request<Q>| {
        let answered = answer.take().map(|answer| answer(asked.into_inner()));
        async move {
            let Some(answered) = answered else { return Err(Status::internal("a call has one message")) };
            let answered = tokio::time::timeout(ANSWER_TIME, answered).await;
            let answered = answered.unwrap_or_else(|_| Err(ApiError::timed_out()));
            answered.map(tonic::Response::new).map_err(|error| status::of(&error))
        }
    });
    Grpc::new(ProstCodec::<A, Q>::default()).unary(service, request).await.map(Body::new)
}

/// One message in, a stream of events out.
async fn stream(request: HttpRequest<Full<Bytes>>, call: Call) -> Response<Body> {
    let mut call = Some(call);
    let service = tower::service_fn(move |asked: tonic::Request<WatchRequest>| {
        let call = call.take();
        async move {
            let call = call.ok_or_else(|| Status::internal("a call has one message"))?;
            watch::start(call, asked.into_inner()).await.map(tonic::Response::new)
        }
    });
    Grpc::new(ProstCodec::<WatchEvent, WatchRequest>::default()).server_streaming(service, request).await.map(Body::new)
}

fn refusal(status: Status) -> Response<Body> {
    status.into_http()
}

/// The HTTP status that the outcome of a call comes to, for the metrics.
pub(crate) fn outcome(response: &Response<Body>) -> u16 {
    let Some(code) = response.headers().get("grpc-status") else { return response.status().as_u16() };
    match Code::from_bytes(code.as_bytes()) {
        Code::Ok => 200,
        Code::InvalidArgument | Code::OutOfRange => 400,
        Code::Unauthenticated => 401,
        Code::PermissionDenied => 403,
        Code::NotFound | Code::Unimplemented => 404,
        Code::FailedPrecondition | Code::Aborted => 409,
        Code::ResourceExhausted => 429,
        Code::Unavailable => 503,
        _ => 500,
    }
}
