//! HTTP around the routes: content types, limits of size and time, request ids, panics.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request as HttpRequest, State};
use axum::http::header::{ACCEPT, ALLOW, CONTENT_TYPE, RETRY_AFTER, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use eventpact_registry_client::wire;
use futures_util::FutureExt;

use crate::auth::{Caller, Gate};
use crate::error::ApiError;
use crate::registry::Registry;
use crate::routes::{self, Answer, Endpoint, Need};
use crate::ui;

/// The longest request body, in bytes.
const MAX_BODY: usize = 1024 * 1024;

/// A body must be here after this time.
pub(crate) const BODY_TIME: Duration = Duration::from_secs(30);

/// An answer must be ready after this time.
pub(crate) const ANSWER_TIME: Duration = Duration::from_secs(10);

/// The content types of answers, best first.
const PRODUCES: [&str; 3] = [wire::CONTENT_TYPE, "application/vnd.schemaregistry+json", "application/json"];

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// In an answer: the sequence number of the newest change that it may show. In a request: the answer must show this change, even
/// with `?consistency=local`.
const SEQUENCE: HeaderName = HeaderName::from_static("x-eventpact-sequence");

/// All that a request meets.
pub(crate) struct App {
    pub(crate) registry: Arc<Registry>,
    pub(crate) gate: Gate,
}

/// The application. Routing is our own, since paths are decoded after they are split.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new().fallback(handle).with_state(app)
}

async fn handle(State(app): State<Arc<App>>, request: HttpRequest) -> Response<Body> {
    let id = request_id(request.headers());
    let accepted = negotiate(request.headers());
    let (started, method, mut route) = (Instant::now(), request.method().clone(), None);
    let produced = async {
        match for_people(&request) {
            Some(Destination::Pages) => ui::respond(&app, request).await,
            Some(Destination::Redirect) => ui::redirect(),
            None => respond(&app, request, accepted, &mut route).await,
        }
    };
    let produced = AssertUnwindSafe(produced).catch_unwind().await;
    let mut response = produced.unwrap_or_else(|_| {
        tracing::error!(request = ?id, "answering a request panicked");
        refusal(&ApiError::internal(), accepted)
    });
    response.headers_mut().insert(REQUEST_ID, id);
    response.headers_mut().insert(SEQUENCE, app.registry.sequence().into());
    response.headers_mut().insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    app.registry.metrics.answered(route, &method, response.status().as_u16(), started.elapsed());
    response
}

/// Where a browser is sent.
enum Destination {
    Pages,
    Redirect,
}

/// Is this for the pages? Programs that ask for `/` still get `{}`.
fn for_people(request: &HttpRequest) -> Option<Destination> {
    let path = request.uri().path();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    match path {
        _ if ui::owns(path) => Some(Destination::Pages),
        "/" if reads && ui::wants_html(request.headers()) => Some(Destination::Redirect),
        _ => None,
    }
}

/// The id that exactly one header gives, else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let mut given = headers.get_all(REQUEST_ID).iter().filter(|id| !id.as_bytes().trim_ascii().is_empty());
    match (given.next(), given.next()) {
        (Some(id), None) => id.clone(),
        _ => HeaderValue::from_str(&uuid::Uuid::new_v4().to_string()).unwrap_or_else(|_| HeaderValue::from_static("-")),
    }
}

/// The content type of the answer; `None` when the client takes none of ours.
fn negotiate(headers: &HeaderMap) -> Option<&'static str> {
    let mut best: Option<(f32, usize)> = None;
    let mut asked = false;
    for header in headers.get_all(ACCEPT) {
        for range in header.to_str().unwrap_or("").split(',').map(str::trim).filter(|range| !range.is_empty()) {
            asked = true;
            let (kind, parameters) = range.split_once(';').unwrap_or((range, ""));
            let quality = parameters.split(';').find_map(|p| p.trim().strip_prefix("q=")?.trim().parse().ok()).unwrap_or(1.0_f32);
            let kind = kind.trim().to_ascii_lowercase();
            let matching = PRODUCES.iter().position(|ours| kind == *ours || kind == "*/*" || kind == "application/*");
            if let Some(index) = matching.filter(|_| quality > 0.0)
                && best.is_none_or(|(q, i)| quality > q || (quality >= q && index < i))
            {
                best = Some((quality, index));
            }
        }
    }
    if asked { best.and_then(|(_, index)| PRODUCES.get(index).copied()) } else { Some(wire::CONTENT_TYPE) }
}

/// `route` gets the path of the route, for the metrics.
async fn respond(
    app: &App,
    request: HttpRequest,
    accepted: Option<&'static str>,
    route: &mut Option<&'static str>,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let found = routes::find(parts.uri.path(), parts.uri.query().unwrap_or(""));
    let is_open = found.as_ref().is_ok_and(|(endpoint, _)| endpoint.need(&parts.method) == Need::Nothing);
    // Who is not let in does not learn either which routes there are.
    let caller = if is_open { Ok(Caller::anybody()) } else { app.gate.caller(&parts.headers).await };
    let (caller, (endpoint, query)) = match caller.and_then(|caller| Ok((caller, found?))) {
        Ok(both) => both,
        Err(error) => return refusal(&error, accepted),
    };
    *route = Some(endpoint.path());
    if parts.method == Method::OPTIONS {
        return options(&endpoint);
    }
    let method = if parts.method == Method::HEAD { Method::GET } else { parts.method };
    if !endpoint.methods().contains(&method) {
        let mut response = refusal(&ApiError::method_not_allowed(), accepted);
        allow(&mut response, &endpoint);
        return response;
    }
    let accepted = accepted.or((!endpoint.is_negotiated()).then_some(wire::CONTENT_TYPE));
    let Some(produces) = accepted else {
        return refusal(&ApiError::not_acceptable(), accepted);
    };
    let body = match read_body(&method, &parts.headers, &endpoint, body).await {
        Ok(body) => body,
        Err(error) => return refusal(&error, accepted),
    };
    let given = parts.headers.get(SEQUENCE).map(|value| value.to_str().ok().and_then(|value| value.parse().ok()));
    let Ok(sequence) = given.map(|number| number.ok_or_else(ApiError::bad_sequence)).transpose() else {
        return refusal(&ApiError::bad_sequence(), accepted);
    };
    let request = routes::Request { method, endpoint, query, body, caller, sequence };
    let answered = tokio::time::timeout(ANSWER_TIME, routes::answer(&app.registry, request)).await;
    match answered.unwrap_or_else(|_| Err(ApiError::timed_out())) {
        Ok(Answer::Json(json)) => response(StatusCode::OK, Some(produces), json.into()),
        Ok(Answer::Multi(json)) => response(StatusCode::MULTI_STATUS, Some(produces), json.into()),
        Ok(Answer::Text(text)) => response(StatusCode::OK, Some(produces), text.into()),
        Ok(Answer::Typed(kind, body)) => response(StatusCode::OK, Some(kind), body.into()),
        Ok(Answer::Empty) => response(StatusCode::NO_CONTENT, None, Body::empty()),
        Err(error) => refusal(&error, accepted),
    }
}

/// Reads the body of a method that has one, within the limits.
async fn read_body(method: &Method, headers: &HeaderMap, endpoint: &Endpoint, body: Body) -> Result<axum::body::Bytes, ApiError> {
    if !matches!(*method, Method::POST | Method::PUT) {
        return Ok(axum::body::Bytes::new());
    }
    let kind = headers.get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or("?").split(';').next().unwrap_or("").trim());
    let consumed = |kind: &str| PRODUCES.contains(&kind) || kind == "application/octet-stream";
    if !matches!(endpoint, Endpoint::Root) && kind.is_some_and(|kind| !consumed(&kind.to_ascii_lowercase())) {
        return Err(ApiError::unsupported_media_type());
    }
    let read = tokio::time::timeout(BODY_TIME, to_bytes(body, MAX_BODY)).await.map_err(|_| ApiError::slow_body())?;
    read.map_err(|cause| match endpoint {
        _ if !is_too_long(&cause) => ApiError::bad_request("the request body broke off"),
        Endpoint::Versions(_) => ApiError::schema_too_large(),
        _ => ApiError::body_too_large(MAX_BODY),
    })
}

fn is_too_long(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>)
}

fn options(endpoint: &Endpoint) -> Response<Body> {
    let mut response = response(StatusCode::OK, Some("text/plain"), allowed(endpoint).into());
    allow(&mut response, endpoint);
    response
}

/// Says which methods the route has.
fn allow(response: &mut Response<Body>, endpoint: &Endpoint) {
    if let Ok(list) = HeaderValue::from_str(&allowed(endpoint)) {
        response.headers_mut().insert(ALLOW, list);
    }
}

fn allowed(endpoint: &Endpoint) -> String {
    let methods = endpoint.methods().iter().map(Method::as_str);
    let head = endpoint.methods().contains(&Method::GET).then_some("HEAD");
    head.into_iter().chain(methods).chain(["OPTIONS"]).collect::<Vec<_>>().join(", ")
}

fn refusal(error: &ApiError, accepted: Option<&'static str>) -> Response<Body> {
    let kind = if error.bare { None } else { Some(accepted.unwrap_or(wire::CONTENT_TYPE)) };
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_vec(&error.body()).unwrap_or_default();
    let mut response = response(status, kind, body.into());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

fn response(status: StatusCode, kind: Option<&'static str>, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    if let Some(kind) = kind {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiated(accept: &'static str) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        negotiate(&headers)
    }

    #[test]
    fn the_best_of_what_the_client_takes_is_sent() {
        assert_eq!(negotiate(&HeaderMap::new()), Some(PRODUCES[0]));
        assert_eq!(negotiated("*/*"), Some(PRODUCES[0]));
        assert_eq!(negotiated("application/json"), Some(PRODUCES[2]));
        assert_eq!(negotiated("application/json;charset=utf-8"), Some(PRODUCES[2]));
        assert_eq!(negotiated("application/json;q=0.5, application/vnd.schemaregistry+json;q=0.9"), Some(PRODUCES[1]));
        assert_eq!(negotiated("text/html"), None);
        assert_eq!(negotiated("application/json;q=0"), None);
    }

    #[test]
    fn one_request_id_is_echoed_and_two_are_not() {
        let mut headers = HeaderMap::new();
        headers.append(REQUEST_ID, HeaderValue::from_static("abc"));
        assert_eq!(request_id(&headers), "abc");
        headers.append(REQUEST_ID, HeaderValue::from_static("def"));
        assert_eq!(request_id(&headers).len(), 36);
    }
}
