//! The web pages, for people: rendered on the server and embedded in the binary.
//!
//! Every page is one level below `/ui/` and says what it shows in its query, so that links are relative (a proxy may put a prefix
//! in front) and any subject name can be linked to. Pages work without the script; nothing is loaded from elsewhere, and the
//! content security policy allows no inline script or style. Does not live here: decisions about schemas (`registry`), HTTP for
//! programs (`app`, `routes`).

mod assets;
mod audits;
mod code;
mod compare;
mod documents;
mod graph;
mod guard;
mod pretty;
mod remove;
mod rule;
mod settings;
mod shell;
mod subject;
mod subjects;
mod trial;
mod used;

use std::sync::Arc;

use askama::Template;
use axum::body::{Body, to_bytes};
use axum::extract::Request as HttpRequest;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};

use crate::app::{self, ANSWER_TIME, App};
use crate::audit;
use crate::auth::{Caller, Peer};
use crate::error::ApiError;
use crate::registry::Registry;
use crate::routes::Query;
use shell::Shell;

/// The longest form, in bytes: a schema of 1 MiB in which every character is written as `%xx`, and a little more.
const MAX_FORM: usize = 3 * 1024 * 1024 + 64 * 1024;

/// Nothing from elsewhere, nothing inline, no frames; forms go to us only.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Headers of every answer from here.
const SECURITY_HEADERS: [(&str, &str); 7] = [
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
];

/// What is asked for.
struct Asked {
    registry: Arc<Registry>,
    /// Who asks. Pages show and do only what the API would show and do for them.
    caller: Caller,
    query: Query,
    /// Empty for GET.
    form: Query,
    /// What a form must send back.
    csrf: String,
}

/// What is answered.
enum Reply {
    Page(String),
    /// 303 to another page, relative to this one.
    SeeOther(String),
    Asset(&'static assets::Asset),
}

impl Reply {
    fn page(template: &impl Template) -> Result<Self, ApiError> {
        template.render().map(Self::Page).map_err(|error| {
            tracing::error!(%error, "a page could not be rendered");
            ApiError::internal()
        })
    }
}

/// `true` for the paths that are answered here.
pub(crate) fn owns(path: &str) -> bool {
    path.strip_prefix("/ui").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// `true` for who asks for HTML by name: a browser, not a client of the registry.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    let kinds = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    kinds.into_iter().any(|kind| kind.trim().split(';').next().is_some_and(|kind| kind.eq_ignore_ascii_case("text/html")))
}

/// From `/` or `/ui` to the first page.
pub(crate) fn redirect() -> Response<Body> {
    answer(StatusCode::SEE_OTHER, Reply::SeeOther("ui/".to_owned()))
}

/// Answers a request below `/ui`.
pub(crate) async fn respond(app: &App, peer: &Peer, id: &HeaderValue, request: HttpRequest) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Some(page) = parts.uri.path().strip_prefix("/ui/") else {
        return redirect();
    };
    let query = Query::parse(parts.uri.query().unwrap_or(""), None);
    if let Some(name) = page.strip_prefix("assets/").filter(|_| matches!(parts.method, Method::GET | Method::HEAD)) {
        // They tell nothing, and the page that says "not allowed" needs them too.
        return assets::find(name).map_or_else(not_there, |asset| answer(StatusCode::OK, Reply::Asset(asset)));
    }
    let (csrf, fresh) = guard::token(&parts.headers);
    let (caller, refused) = match app.gate.caller(&parts.headers, peer).await {
        Ok(caller) => (caller, None),
        Err(error) => (Caller::anybody(), Some(error)),
    };
    let mut asked = Asked { registry: Arc::clone(&app.registry), caller, query, form: Query::default(), csrf };
    let replied = async {
        if let Some(error) = refused {
            return Err(error);
        }
        let method = if parts.method == Method::HEAD { &Method::GET } else { &parts.method };
        if *method == Method::POST {
            asked.form = form(&parts.headers, body).await?;
            guard::check(&parts.headers, &asked)?;
        }
        let actor = app::actor(&asked.caller, peer, &parts.headers, format!("{method} /ui/{page}"), id);
        let answering = audit::acting(actor, find(&asked, method, page));
        let replied = tokio::time::timeout(ANSWER_TIME, answering).await;
        replied.unwrap_or_else(|_| Err(ApiError::timed_out()))
    };
    let mut response = match replied.await {
        Ok(reply) => answer(StatusCode::OK, reply),
        Err(error) => refusal(&asked, error),
    };
    if let Some(cookie) = fresh {
        guard::set(response.headers_mut(), &cookie);
    }
    response
}

/// The page of a path, for a method.
async fn find(asked: &Asked, method: &Method, page: &str) -> Result<Reply, ApiError> {
    // All that was acknowledged before shows, as in the API.
    asked.registry.newest().await?;
    match (page, *method == Method::POST) {
        _ if !matches!(*method, Method::GET | Method::POST) => Err(ApiError::method_not_allowed()),
        ("", false) => subjects::list(asked).await,
        ("subject", false) => subject::show(asked).await,
        ("compare", false) => compare::show(asked).await,
        ("try", false) => trial::form(asked),
        ("try", true) => trial::submit(asked).await,
        ("settings", false) => settings::show(asked),
        ("settings", true) => settings::submit(asked).await,
        ("delete", false) => remove::ask(asked),
        ("delete", true) => remove::delete(asked).await,
        ("recover", true) => remove::recover(asked).await,
        ("documents", false) => documents::list(asked),
        ("document", false) => documents::show(asked).await,
        ("audit", false) => audits::show(asked).await,
        ("rule", false) => rule::show(asked),
        ("recover", false) | ("" | "subject" | "compare" | "rule" | "audit" | "documents" | "document", true) => {
            Err(ApiError::method_not_allowed())
        }
        _ => Err(ApiError::no_such_route()),
    }
}

async fn form(headers: &HeaderMap, body: Body) -> Result<Query, ApiError> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).and_then(|kind| kind.split(';').next());
    if kind.map(str::trim) != Some("application/x-www-form-urlencoded") {
        return Err(ApiError::unsupported_media_type());
    }
    let read =
        tokio::time::timeout(crate::limits::BODY_TIME, to_bytes(body, MAX_FORM)).await.map_err(|_| ApiError::slow_body())?;
    let bytes = read.map_err(|_| ApiError::body_too_large(MAX_FORM))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| ApiError::bad_request("the form is not UTF-8"))?;
    Ok(Query::parse(text, None))
}

fn not_there() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// A refusal as a page.
#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    shell: Shell,
    heading: &'static str,
    error: ApiError,
}

fn refusal(asked: &Asked, error: ApiError) -> Response<Body> {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let heading = match error.status {
        404 => "Not found",
        401 => "Please sign in",
        403 => "Not allowed",
        400 | 405 | 415 => "This request makes no sense here",
        409 | 422 => "The registry refuses this",
        503 | 504 => "Not possible right now",
        _ => "Something went wrong",
    };
    let page = ErrorPage { shell: asked.shell(heading, ""), heading, error };
    match Reply::page(&page) {
        Ok(reply) => answer(status, reply),
        Err(_) => answer(status, Reply::Page("<!doctype html><title>error</title>".to_owned())),
    }
}

fn answer(status: StatusCode, reply: Reply) -> Response<Body> {
    let (status, name, value, cache, body) = match reply {
        Reply::Page(html) => (status, CONTENT_TYPE, "text/html; charset=utf-8".to_owned(), "no-store", html.into()),
        Reply::SeeOther(to) => (StatusCode::SEE_OTHER, LOCATION, to, "no-store", Body::empty()),
        Reply::Asset(asset) => {
            // Pages ask for an asset by its hash, so a copy may be kept for ever.
            (status, CONTENT_TYPE, asset.kind.to_owned(), "public, max-age=31536000, immutable", asset.text.into())
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&value) {
        headers.insert(name, value);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.extend(SECURITY_HEADERS.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_browsers_are_sent_to_the_pages() {
        let accepting = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            wants_html(&headers)
        };
        assert!(accepting("text/html,application/xhtml+xml,*/*;q=0.8"));
        assert!(!accepting("*/*"));
        assert!(!accepting("application/json, */*"));
        assert!(!wants_html(&HeaderMap::new()));
        assert!(owns("/ui") && owns("/ui/try") && !owns("/uid"));
    }
}
