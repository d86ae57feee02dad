//! `/contexts`: the registries inside the registry.

use super::{Answer, Request};
use crate::error::ApiError;
use crate::registry::Registry;
use crate::subject::DEFAULT_CONTEXT;

/// `GET /contexts`: the default one first; others once a schema was registered in them.
pub(super) fn list(registry: &Registry, request: &Request) -> Result<Answer, ApiError> {
    let prefix = request.query.get("contextPrefix").unwrap_or("");
    let state = registry.snapshot();
    let others = state.contexts().filter(|(name, context)| &***name != DEFAULT_CONTEXT && context.listed);
    let all =
        std::iter::once(DEFAULT_CONTEXT).chain(others.map(|(name, _)| &**name).filter(|name| request.caller.may_enter(name)));
    let page: Vec<&str> = request.query.page(all.filter(|name| name.starts_with(prefix)), usize::MAX)?;
    Answer::json(&page)
}

/// `DELETE /contexts/{name}`
pub(super) async fn delete(registry: &Registry, name: &str) -> Result<Answer, ApiError> {
    registry.delete_context(name).await?;
    Ok(Answer::Empty)
}
