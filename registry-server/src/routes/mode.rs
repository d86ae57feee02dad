//! `/mode…`: who may write where.

use axum::body::Bytes;
use axum::http::Method;
use eventpact_registry_client::ModeBody;

use super::{Answer, Request};
use crate::error::ApiError;
use crate::registry::Registry;

/// GET, PUT and DELETE; an empty scope is the whole registry.
pub(super) async fn answer(registry: &Registry, request: &Request, scope: &str) -> Result<Answer, ApiError> {
    if request.method == Method::PUT {
        let body: ModeBody = request.json()?;
        registry.set_mode(scope, body.mode.as_deref(), request.query.is("force")).await?;
        return Answer::json(&body);
    }
    let mode = if request.method == Method::DELETE {
        registry.delete_mode(scope, request.query.is("recursive")).await?
    } else {
        Some(registry.mode(scope, request.query.is("defaultToGlobal"))?)
    };
    match mode {
        Some(mode) => Answer::json(&ModeBody { mode: Some(mode) }),
        None => Ok(Answer::Json(Bytes::from_static(b"{}"))),
    }
}
