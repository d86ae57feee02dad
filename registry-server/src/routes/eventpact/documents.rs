//! `documents…`: AsyncAPI documents. The name counts as a subject wherever rights, levels and modes are asked for.

use axum::body::Bytes;
use axum::http::Method;
use eventpact_registry_client::wire::documents::{DocumentRequest, DocumentSummary};

use super::{Answer, Request};
use crate::auth::Caller;
use crate::documents::Versions;
use crate::error::ApiError;
use crate::registry::Registry;
use crate::registry::lookup::VersionRef;
use crate::state::State;
use crate::subject::{SubjectName, split};

/// `GET documents`
pub(super) fn list(registry: &Registry, request: &Request, context: &str) -> Result<Answer, ApiError> {
    let prefix = crate::routes::qualify_scope(context, request.query.get("namePrefix").unwrap_or(""));
    let deleted = request.query.is("deleted");
    let found = summaries(&registry.snapshot(), &request.caller, deleted);
    let found = found.into_iter().filter(|summary| begins(&summary.name, &prefix));
    Answer::json(&request.query.page(found, usize::MAX)?)
}

/// Does the name begin so, in the context of the prefix if that names one?
fn begins(name: &str, prefix: &str) -> bool {
    match split(prefix) {
        Some((context, rest)) => {
            let subject = SubjectName::parse(name);
            *subject.context == *context && subject.name.starts_with(rest)
        }
        None => name.starts_with(prefix),
    }
}

/// The documents that the caller may read, by name.
pub(crate) fn summaries(state: &State, caller: &Caller, deleted: bool) -> Vec<DocumentSummary> {
    let readable = state.documents.all().filter(|(name, _)| caller.may_read(&SubjectName::parse(name)));
    let one = |(name, known): (&std::sync::Arc<str>, &Versions)| {
        let live = known.live().next_back();
        let (version, document) = live.or_else(|| known.all().next_back().filter(|_| deleted))?;
        let (versions, ts, deleted) = (known.all().count(), document.ts, live.is_none());
        Some(DocumentSummary { name: name.to_string(), version, versions, ts, deleted })
    };
    readable.filter_map(one).collect()
}

/// `PUT`, `POST`, `GET` and `DELETE documents/{document}`
pub(super) async fn document(registry: &Registry, request: &Request, name: &SubjectName) -> Result<Answer, ApiError> {
    match request.method {
        Method::PUT | Method::POST => {
            request.query.only(&["dryRun"])?;
            let body: DocumentRequest = request.json()?;
            let mut report = registry.put_document(name, body, request.query.is("dryRun")).await?;
            if !request.caller.may_read(name) {
                // They would show what is there already.
                (report.findings, report.unknown) = Default::default();
                if report.verdict == "incompatible" {
                    report.message = Some("It is incompatible with an earlier version".to_owned());
                }
            }
            match report.error_code.filter(|_| !report.dry_run) {
                Some(code) => Answer::refusal(code, &report),
                None => Answer::json(&report),
            }
        }
        Method::DELETE => {
            request.query.only(&["permanent"])?;
            Answer::json(&registry.delete_document(name, None, request.query.is("permanent")).await?)
        }
        _ => version(registry, request, name, "latest").await,
    }
}

/// `GET documents/{document}/versions`
pub(super) fn versions(registry: &Registry, request: &Request, name: &SubjectName) -> Result<Answer, ApiError> {
    let (state, deleted) = (registry.snapshot(), request.query.is("deleted"));
    let known = state.documents.get(&name.to_string());
    let numbers: Vec<i32> =
        known.into_iter().flat_map(Versions::all).filter(|(_, d)| deleted || !d.deleted).map(|(number, _)| number).collect();
    if numbers.is_empty() {
        return Err(ApiError::document_not_found(name));
    }
    Answer::json(&request.query.page(numbers, usize::MAX)?)
}

/// `GET` and `DELETE documents/{document}/versions/{version}`
pub(super) async fn version(
    registry: &Registry,
    request: &Request,
    name: &SubjectName,
    version: &str,
) -> Result<Answer, ApiError> {
    let wanted = VersionRef::parse(version)?;
    if request.method == Method::DELETE {
        request.query.only(&["permanent"])?;
        let gone = registry.delete_document(name, Some(wanted), request.query.is("permanent")).await?;
        return Answer::json(&gone.first().copied().unwrap_or_default());
    }
    Answer::json(&registry.document(name, wanted, request.query.is("deleted")).await?)
}

/// `GET documents/{document}/versions/{version}/text`: as it was sent.
pub(super) fn text(registry: &Registry, request: &Request, name: &SubjectName, version: &str) -> Result<Answer, ApiError> {
    let (_, document) = registry.document_text(name, VersionRef::parse(version)?, request.query.is("deleted"))?;
    let json = document.text.trim_start().starts_with('{');
    let kind = if json { "application/json" } else { "application/yaml" };
    Ok(Answer::Typed(kind, Bytes::copy_from_slice(document.text.as_bytes())))
}
