//! `/v1/metadata/…`: what this server is. And `/subjects/{s}/metadata`: the version that has certain metadata.

use std::collections::BTreeMap;

use eventpact_registry_client::Metadata;
use serde_json::json;

use super::subjects::formed;
use super::{Answer, Request};
use crate::error::ApiError;
use crate::registry::Registry;
use crate::registry::lookup::Found;
use crate::subject::SubjectName;

/// `GET /v1/metadata/id`: no Kafka cluster is behind us, so the registry stands for itself.
pub(super) fn id() -> Result<Answer, ApiError> {
    let clusters = json!({ "kafka-cluster": "", "schema-registry-cluster": "eventpact" });
    Answer::json(&json!({ "scope": { "path": [], "clusters": clusters } }))
}

/// `GET /v1/metadata/version`: of this program.
pub(super) fn version() -> Result<Answer, ApiError> {
    Answer::json(&json!({ "version": env!("CARGO_PKG_VERSION"), "commitId": "" }))
}

/// `GET /v1/metadata/deployment`
pub(super) fn deployment() -> Result<Answer, ApiError> {
    Answer::json(&json!({ "attributes": [] }))
}

/// `GET /subjects/{s}/metadata`: the newest version that has metadata and whose properties hold each `key` with the `value` at its
/// side. A key without a value is left aside.
pub(super) async fn version_with(registry: &Registry, request: &Request, subject: &SubjectName) -> Result<Answer, ApiError> {
    let wanted: BTreeMap<&str, &str> = request.query.all("key").zip(request.query.all("value")).collect();
    let deleted = request.query.is("deleted");
    let state = registry.snapshot();
    let known = state.subject(subject).filter(|s| deleted || s.latest().is_some());
    let known = known.ok_or_else(|| ApiError::subject_not_found(subject))?;
    let versions = known.versions().rev().filter(|(_, version)| deleted || !version.deleted);
    let mut found = versions.filter_map(|(number, _)| Found::at(&state, subject, number));
    let found = found.find(|found| {
        let has_all =
            |metadata: &Metadata| wanted.iter().all(|(key, value)| metadata.properties.get(*key).is_some_and(|v| v == value));
        found.schema.metadata.as_ref().is_some_and(has_all)
    });
    Answer::json(&formed(registry, request, &found.ok_or_else(ApiError::schema_not_found)?).await?)
}
