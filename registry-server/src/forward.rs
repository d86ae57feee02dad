//! A write that reaches a process that only stands by is sent on to the one that writes: once, as it came, with the caller's own
//! credentials. Who writes is known from the store, where that process has said how it is reached.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri};

use crate::app::{REQUEST_ID, SEQUENCE};
use crate::error::ApiError;
use crate::registry::Registry;

/// Says that a request was sent on already, so that two that take each other for the writer do not play ball with it.
pub(crate) const FORWARDED: HeaderName = HeaderName::from_static("x-eventpact-forwarded");

/// What is sent on, and what comes back.
const REQUEST_HEADERS: [HeaderName; 5] = [ACCEPT, AUTHORIZATION, CONTENT_TYPE, REQUEST_ID, SEQUENCE];
const RESPONSE_HEADERS: [HeaderName; 3] = [CONTENT_TYPE, RETRY_AFTER, SEQUENCE];

/// The writer has this time for an answer; it answers sooner unless it stands still.
const TIME: Duration = Duration::from_secs(8);

/// For the question whether the writer is ready.
const READY_TIME: Duration = Duration::from_secs(2);

/// The longest answer that is passed on, in bytes.
const MAX_ANSWER: u64 = 16 << 20;

/// A request that may have to be sent on.
pub(crate) struct Onward {
    method: Method,
    url: String,
    headers: HeaderMap,
}

impl Onward {
    /// `None` when nothing is to be written, when this process writes itself, when it does not know who else does, and when the
    /// request was sent on before.
    pub(crate) fn of(registry: &Registry, parts: &Parts) -> Option<Self> {
        if matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) || parts.headers.contains_key(FORWARDED) {
            return None;
        }
        let writer = registry.health().writer.clone()?;
        let path = parts.uri.path_and_query()?.as_str();
        let headers = REQUEST_HEADERS.iter().filter_map(|name| Some((name.clone(), parts.headers.get(name)?.clone()))).collect();
        Some(Self { method: parts.method.clone(), url: format!("{}{path}", writer.trim_end_matches('/')), headers })
    }

    /// What came by gRPC, as the request of REST that it stands for: the path with its query, and the headers of the call.
    pub(crate) fn of_call(registry: &Registry, method: &Method, path: &str, call: &HeaderMap) -> Option<Self> {
        if call.contains_key(FORWARDED) {
            return None;
        }
        let writer = registry.health().writer.clone()?;
        let kept = [AUTHORIZATION, REQUEST_ID, SEQUENCE].into_iter();
        let mut headers: HeaderMap = kept.filter_map(|name| Some((name.clone(), call.get(name)?.clone()))).collect();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Some(Self { method: method.clone(), url: format!("{}{path}", writer.trim_end_matches('/')), headers })
    }

    /// Sends it, and gives the body that the one that writes answers with, and up to which change it shows.
    pub(crate) async fn ask(self, body: Bytes) -> Result<(Vec<u8>, Option<u64>), ApiError> {
        let (status, headers, body) = self.answered(body).await?;
        if status != StatusCode::OK {
            return Err(ApiError::of_other(status.as_u16(), &body));
        }
        let sequence = headers.get(SEQUENCE).and_then(|value| value.to_str().ok()?.parse().ok());
        Ok((body, sequence))
    }

    async fn answered(self, body: Bytes) -> Result<(StatusCode, HeaderMap, Vec<u8>), ApiError> {
        let sent = tokio::task::spawn_blocking(move || self.exchange(&body, TIME)).await;
        sent.map_err(|_| ApiError::internal())?.map_err(|why| {
            tracing::warn!(%why, "a write could not be sent on to the process that writes");
            ApiError::store_away()
        })
    }

    /// Sends it, and gives the answer of the one that writes.
    pub(crate) async fn send(self, body: Bytes) -> Result<Response<Body>, ApiError> {
        let (status, headers, body) = self.answered(body).await?;
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        for name in RESPONSE_HEADERS {
            if let Some(value) = headers.get(&name) {
                response.headers_mut().insert(name, value.clone());
            }
        }
        Ok(response)
    }

    fn exchange(self, body: &[u8], time: Duration) -> Result<(StatusCode, HeaderMap, Vec<u8>), String> {
        let tls = ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::PlatformVerifier).build();
        let config = ureq::config::Config::builder().tls_config(tls).max_redirects(0).http_status_as_error(false).proxy(None);
        let agent = config.timeout_global(Some(time)).build().new_agent();
        let uri: Uri = self.url.parse().map_err(|_| format!("{} is not an address", self.url))?;
        let mut request = ureq::http::Request::builder().method(self.method.clone()).uri(uri).header(FORWARDED, "1");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let failed = |cause: &dyn std::fmt::Display| format!("{}: {cause}", self.url);
        let answered = if matches!(self.method, Method::POST | Method::PUT) {
            request.body(body).map_err(|cause| failed(&cause)).and_then(|r| agent.run(r).map_err(|cause| failed(&cause)))
        } else {
            request.body(()).map_err(|cause| failed(&cause)).and_then(|r| agent.run(r).map_err(|cause| failed(&cause)))
        };
        let (parts, mut body) = answered?.into_parts();
        let body = body.with_config().limit(MAX_ANSWER).read_to_vec().map_err(|cause| failed(&cause))?;
        Ok((parts.status, parts.headers, body))
    }
}

/// Whether the process at this address would take a write.
pub(crate) async fn is_ready(writer: &str) -> bool {
    let url = format!("{}/readyz?forward=false", writer.trim_end_matches('/'));
    let question = Onward { method: Method::GET, url, headers: HeaderMap::new() };
    let asked = tokio::task::spawn_blocking(move || question.exchange(&[], READY_TIME)).await;
    matches!(asked, Ok(Ok((StatusCode::OK, ..))))
}
