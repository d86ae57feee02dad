//! `/config…`: the configuration of a subject, a context, the whole registry.

use axum::http::Method;
use eventpact_registry_client::{Config, ConfigUpdate};

use super::{Answer, Request};
use crate::error::ApiError;
use crate::registry::Registry;

/// GET, PUT and DELETE; an empty scope is the whole registry.
pub(super) async fn answer(registry: &Registry, request: &Request, scope: &str) -> Result<Answer, ApiError> {
    if request.method == Method::PUT {
        let update: ConfigUpdate = request.json()?;
        return echo(&registry.set_config(scope, update).await?);
    }
    if request.method == Method::DELETE {
        return Answer::json(&registry.delete_config(scope).await?);
    }
    Answer::json(&registry.config(scope, request.query.is("defaultToGlobal"))?)
}

/// PUT answers with the key that it takes: `compatibility`, where GET says `compatibilityLevel`.
fn echo(config: &Config) -> Result<Answer, ApiError> {
    let value = serde_json::to_value(config).map_err(|_| ApiError::internal())?;
    let renamed = value.as_object().into_iter().flatten().map(|(key, value)| {
        let key = if key == "compatibilityLevel" { "compatibility" } else { key };
        (key.to_owned(), value.clone())
    });
    Answer::json(&renamed.collect::<serde_json::Map<_, _>>())
}
