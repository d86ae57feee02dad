//! HTTP around the routes: content types, limits of size and time, request ids, panics.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::header::{
    ACCEPT, ALLOW, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HOST, ORIGIN, RETRY_AFTER, USER_AGENT, VARY, WWW_AUTHENTICATE,
};
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request as HttpRequest, Response, StatusCode, Version};
use eventpact_registry_client::wire;
use futures_util::FutureExt;
use hyper::body::Incoming;

use crate::audit::{self, Actor};
use crate::auth::{Caller, Gate, Peer};
use crate::error::ApiError;
use crate::forward::Onward;
use crate::grpc;
use crate::headers::ExtraHeaders;
use crate::limits::{BodyBudget, Counters, Held, MAX_BODY, TooFast};
use crate::registry::Registry;
use crate::routes::{self, Answer, Endpoint, Need, Query};
use crate::traces::{Seen, Traces};
use crate::ui;

/// The longest path with its query, in bytes.
const MAX_PATH: usize = 8192;

/// The longest explanation in a header, in characters.
const MAX_EXPLANATION: usize = 500;

/// An answer must be ready after this time.
pub(crate) const ANSWER_TIME: Duration = Duration::from_secs(10);

/// The content types of answers, best first.
const PRODUCES: [&str; 3] = [wire::CONTENT_TYPE, "application/vnd.schemaregistry+json", "application/json"];

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// In an answer: the sequence number of the newest change that it may show. In a request: the answer must show this change, even
/// with `?consistency=local`.
pub(crate) const SEQUENCE: HeaderName = HeaderName::from_static("x-eventpact-sequence");

/// All that a request meets.
pub(crate) struct App {
    pub(crate) registry: Arc<Registry>,
    pub(crate) gate: Gate,
    pub(crate) counters: Counters,
    pub(crate) bodies: BodyBudget,
    pub(crate) grpc: grpc::Streams,
    /// Where spans go, if anywhere.
    pub(crate) traces: Option<Traces>,
    /// What every answer says besides.
    pub(crate) headers: ExtraHeaders,
}

/// Answers a request, whatever happens. Routing is our own, since paths are decoded after they are split.
pub(crate) async fn handle(app: &Arc<App>, peer: &Peer, request: HttpRequest<Incoming>) -> Response<Body> {
    let id = request_id(request.headers());
    let accepted = negotiate(request.headers());
    let (started, method, mut seen) = (Instant::now(), request.method().clone(), Seen::default());
    let span = app.traces.as_ref().map(|traces| traces.begin(&method, request.headers()));
    let produced = async {
        if !names_its_host(&request) {
            let mut response = refusal(&ApiError::no_single_host(), accepted);
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            return response;
        }
        if grpc::is_call(&request) {
            // In a box, because it is larger than all the rest.
            return Box::pin(grpc::respond(app, peer, &id, request, &mut seen)).await;
        }
        match for_people(&request) {
            Some(Destination::Pages) => Box::pin(pages(app, peer, &id, request, accepted)).await,
            Some(Destination::Redirect) => ui::redirect(),
            None => respond(app, peer, &id, request, accepted, &mut seen).await,
        }
    };
    let produced = AssertUnwindSafe(produced).catch_unwind().await;
    let mut response = produced.unwrap_or_else(|_| {
        tracing::error!(request = ?id, "answering a request panicked");
        refusal(&ApiError::internal(), accepted)
    });
    response.headers_mut().insert(REQUEST_ID, id);
    // Unless the answer is another process's.
    response.headers_mut().entry(SEQUENCE).or_insert_with(|| app.registry.sequence().into());
    response.headers_mut().insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    app.headers.add_to(response.headers_mut());
    let status = grpc::outcome(&response);
    app.registry.metrics.answered(seen.route, &method, status, started.elapsed());
    if let Some(span) = span {
        span.end(&seen, status);
    }
    response
}

/// Before HTTP/2 a request says with one header which host it means (RFC 9112, section 3.2); HTTP/1.0 may leave that out. What stands
/// before us may have understood one that says it twice, or not at all, in another way.
fn names_its_host(request: &HttpRequest<Incoming>) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    match request.version() {
        Version::HTTP_09 | Version::HTTP_10 => hosts.nth(1).is_none(),
        Version::HTTP_11 => hosts.next().is_some() && hosts.next().is_none(),
        _ => true,
    }
}

/// Where a browser is sent.
enum Destination {
    Pages,
    Redirect,
}

/// Is this for the pages? Programs that ask for `/` still get `{}`.
fn for_people(request: &HttpRequest<Incoming>) -> Option<Destination> {
    let path = request.uri().path();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    match path {
        _ if ui::owns(path) => Some(Destination::Pages),
        "/" if reads && ui::wants_html(request.headers()) => Some(Destination::Redirect),
        _ => None,
    }
}

/// The pages for people, with the same limits and the same gate as the rest.
async fn pages(
    app: &App,
    peer: &Peer,
    id: &HeaderValue,
    request: HttpRequest<Incoming>,
    accepted: Option<&'static str>,
) -> Response<Body> {
    match app.counters.address(peer.address, *request.method() == Method::POST) {
        Ok(()) => challenged(app, ui::respond(app, peer, id, request.map(Body::new)).await),
        Err(TooFast(wait)) => refusal(&ApiError::too_fast(wait), accepted),
    }
}

/// The id that exactly one header gives, else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let mut given = headers.get_all(REQUEST_ID).iter().filter(|id| !id.as_bytes().trim_ascii().is_empty());
    match (given.next(), given.next()) {
        (Some(id), None) => id.clone(),
        _ => new_request_id(),
    }
}

/// An id that no other request has, in the form of a random UUID (version 4): a random part of this process, which costs a call of the system, and a number, which costs
/// nothing.
fn new_request_id() -> HeaderValue {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| uuid::Uuid::new_v4().as_u64_pair().0);
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let bytes = uuid::Uuid::from_u64_pair(*PROCESS, NEXT.fetch_add(1, Ordering::Relaxed)).into_bytes();
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
    HeaderValue::from_str(id.hyphenated().encode_lower(&mut text)).unwrap_or_else(|_| HeaderValue::from_static("-"))
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

/// `seen` gets what the metrics and the spans tell.
async fn respond(
    app: &App,
    peer: &Peer,
    id: &HeaderValue,
    request: HttpRequest<Incoming>,
    accepted: Option<&'static str>,
    seen: &mut Seen,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let onward = Onward::of(&app.registry, &parts);
    let (caller, endpoint, query) = match admit(app, peer, &parts).await {
        Ok(admitted) => admitted,
        Err(error) => return challenged(app, refusal(&error, accepted)),
    };
    (seen.route, seen.caller) = (Some(endpoint.path()), Some(caller.clone()));
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
    if method == Method::POST && app.registry.is_busy() {
        // Before the body is read, so that refusing costs next to nothing.
        return refusal(&ApiError::busy(), accepted);
    }
    // What is held is given back when the answer is there.
    let held = match read_body(app, &method, &parts.headers, &endpoint, body).await {
        Ok(held) => held,
        Err(error) if error == ApiError::not_a_media_type() => return refusal(&error, Some("application/json")),
        Err(error) => return refusal(&error, accepted),
    };
    let given = parts.headers.get(SEQUENCE).map(|value| value.to_str().ok().and_then(|value| value.parse().ok()));
    let Ok(sequence) = given.map(|number| number.ok_or_else(ApiError::bad_sequence)).transpose() else {
        return refusal(&ApiError::bad_sequence(), accepted);
    };
    let origin = routes::Origin { address: Some(peer.address), agent: parts.headers.get(USER_AGENT).cloned() };
    // Who only reads leaves no record.
    let asked = || format!("{method} {}", endpoint.path());
    let actor = (method != Method::GET).then(|| actor(&caller, peer, &parts.headers, asked(), id));
    let request = routes::Request { method, endpoint, query, body: held.bytes.clone(), caller, origin, sequence };
    // In a box, so that the futures around it stay small.
    let answering = Box::pin(routes::answer(&app.registry, request));
    let answering = async {
        match actor {
            Some(actor) => audit::acting(actor, answering).await,
            None => answering.await,
        }
    };
    let answered = tokio::time::timeout(ANSWER_TIME, answering).await;
    match answered.unwrap_or_else(|_| Err(ApiError::timed_out())) {
        Ok(Answer::Json(json)) => response(StatusCode::OK, Some(produces), json.into()),
        Ok(Answer::Multi(json)) => response(StatusCode::MULTI_STATUS, Some(produces), json.into()),
        Ok(Answer::Refusal(status, json)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            response(status, Some(produces), json.into())
        }
        Ok(Answer::Text(text)) => response(StatusCode::OK, Some(produces), text.into()),
        Ok(Answer::Typed(kind, body)) => response(StatusCode::OK, Some(kind), body.into()),
        Ok(Answer::Empty) => response(StatusCode::NO_CONTENT, None, Body::empty()),
        Err(error) if error.is_standby() => match onward {
            Some(onward) => onward.send(held.bytes.clone()).await.unwrap_or_else(|error| refusal(&error, accepted)),
            None => refusal(&error, accepted),
        },
        Err(error) => refusal(&error, accepted),
    }
}

/// Who asks, for the audit log.
pub(crate) fn actor(caller: &Caller, peer: &Peer, headers: &HeaderMap, request: String, id: &HeaderValue) -> Actor {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    Actor::new(caller, peer.address, agent, request, id.to_str().unwrap_or(""))
}

/// Lets a request in: not too often, not from somebody else's page, by somebody known. Who is not let in does not learn either which
/// routes there are.
async fn admit(app: &App, peer: &Peer, parts: &Parts) -> Result<(Caller, Endpoint, Query), ApiError> {
    let target = parts.uri.path_and_query().map_or("", PathAndQuery::as_str);
    if target.len() > MAX_PATH {
        return Err(ApiError::path_too_long(MAX_PATH));
    }
    let found = routes::find(parts.uri.path(), parts.uri.query().unwrap_or(""));
    let (open, writes) = found.as_ref().map_or((false, false), |(endpoint, _)| {
        let need = endpoint.need(&parts.method);
        (need == Need::Nothing, need.writes(&parts.method))
    });
    let too_fast = |TooFast(wait)| ApiError::too_fast(wait);
    let caller = if open {
        Caller::anybody()
    } else {
        app.counters.address(peer.address, writes).map_err(too_fast)?;
        app.gate.caller(&parts.headers, peer).await?
    };
    app.counters.principal(caller.name(), writes).map_err(too_fast)?;
    if !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) && is_cross_origin(&parts.headers) {
        return Err(ApiError::cross_origin());
    }
    found.map(|(endpoint, query)| (caller, endpoint, query))
}

/// Has a page of another origin made a browser send this? Browsers add passwords to such requests by themselves.
fn is_cross_origin(headers: &HeaderMap) -> bool {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text(&FETCH_SITE) {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(&ORIGIN) else { return false };
    let host = origin.split_once("://").map(|(_, host)| host);
    // A proxy in front of us may have put its own name into Host; a page cannot set the other one.
    host.is_none() || [HOST, FORWARDED_HOST].iter().all(|name| text(name) != host)
}

/// Reads the body of a method that has one, within the limits.
async fn read_body(
    app: &App,
    method: &Method,
    headers: &HeaderMap,
    endpoint: &Endpoint,
    body: Incoming,
) -> Result<Held, ApiError> {
    if !matches!(*method, Method::POST | Method::PUT) {
        return Ok(Held::empty());
    }
    let kind = headers.get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or("?").split(';').next().unwrap_or("").trim());
    let consumed = |kind: &str| PRODUCES.contains(&kind) || kind == "application/octet-stream";
    if kind.is_some_and(|kind| !is_media_type(kind)) {
        return Err(ApiError::not_a_media_type());
    }
    if !matches!(endpoint, Endpoint::Root) && kind.is_some_and(|kind| !consumed(&kind.to_ascii_lowercase())) {
        return Err(ApiError::unsupported_media_type());
    }
    let encoding = headers.get(CONTENT_ENCODING).map_or(&b"identity"[..], HeaderValue::as_bytes);
    let packed = [&b"gzip"[..], b"x-gzip"].iter().any(|name| encoding.eq_ignore_ascii_case(name));
    if !packed && !encoding.eq_ignore_ascii_case(b"identity") {
        return Err(ApiError::unsupported_media_type());
    }
    let too_long = || match endpoint {
        Endpoint::Versions(_) => ApiError::schema_too_large(),
        _ => ApiError::body_too_large(MAX_BODY),
    };
    let held = app.bodies.read(body, too_long).await?;
    if packed { app.bodies.unpack(held, too_long) } else { Ok(held) }
}

/// Two tokens with a slash between them (RFC 9110, section 8.3.1).
fn is_media_type(text: &str) -> bool {
    let in_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let is_token = |part: &str| !part.is_empty() && part.chars().all(in_token);
    text.split_once('/').is_some_and(|(kind, of)| is_token(kind) && is_token(of))
}

/// Says with a 401 how to authenticate.
fn challenged(app: &App, mut response: Response<Body>) -> Response<Body> {
    if response.status() == StatusCode::UNAUTHORIZED {
        for challenge in app.gate.challenges() {
            response.headers_mut().append(WWW_AUTHENTICATE, challenge.clone());
        }
    }
    response
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

/// In the order of the original's answers to OPTIONS.
fn allowed(endpoint: &Endpoint) -> String {
    let has = |name: &str| match name {
        "OPTIONS" => true,
        "HEAD" => endpoint.methods().contains(&Method::GET),
        name => endpoint.methods().iter().any(|method| method == name),
    };
    let order = ["HEAD", "DELETE", "POST", "GET", "OPTIONS", "PUT"];
    order.into_iter().filter(|name| has(name)).collect::<Vec<_>>().join(", ")
}

fn refusal(error: &ApiError, accepted: Option<&'static str>) -> Response<Body> {
    let kind = if error.bare { None } else { Some(accepted.unwrap_or(wire::CONTENT_TYPE)) };
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_vec(&error.body()).unwrap_or_default();
    let mut response = response(status, kind, body.into());
    let wait = if status == StatusCode::SERVICE_UNAVAILABLE { error.retry_after.max(1) } else { error.retry_after };
    if wait > 0 {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait));
    }
    if let Some(Ok(words)) = error.otherwise.as_deref().map(|words| HeaderValue::try_from(in_ascii(words))) {
        response.headers_mut().insert(wire::EXPLANATION, words);
    }
    response
}

/// A text for a header: not too long, and other characters than those of ASCII by their numbers.
fn in_ascii(words: &str) -> String {
    let plain = |c: char| c == ' ' || c.is_ascii_graphic();
    let shown = |c: char| if plain(c) { c.to_string() } else { c.escape_unicode().to_string() };
    words.chars().take(MAX_EXPLANATION).map(shown).collect()
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
    fn requests_from_pages_of_other_origins_are_told() {
        let cross = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, HeaderValue::from_static(value));
            }
            is_cross_origin(&headers)
        };
        assert!(!cross(&[]) && !cross(&[("host", "r:1")]));
        assert!(!cross(&[("sec-fetch-site", "same-origin"), ("origin", "http://x")]));
        assert!(!cross(&[("origin", "http://r:1"), ("host", "r:1")]));
        assert!(!cross(&[("origin", "https://r"), ("host", "backend:1"), ("x-forwarded-host", "r")]));
        for site in ["cross-site", "same-site", "", "x"] {
            assert!(cross(&[("sec-fetch-site", site)]), "{site}");
        }
        assert!(cross(&[("origin", "http://evil"), ("host", "r:1")]));
        assert!(cross(&[("origin", "null"), ("host", "r:1")]));
    }

    #[test]
    fn one_request_id_is_echoed_and_two_are_not() {
        let mut headers = HeaderMap::new();
        headers.append(REQUEST_ID, HeaderValue::from_static("abc"));
        assert_eq!(request_id(&headers), "abc");
        headers.append(REQUEST_ID, HeaderValue::from_static("def"));
        let made = request_id(&headers);
        let version = |id: &HeaderValue| id.to_str().ok().and_then(|id| id.parse::<uuid::Uuid>().ok()?.get_version());
        assert_eq!(version(&made), Some(uuid::Version::Random));
        assert_ne!(made, request_id(&headers));
    }
}
