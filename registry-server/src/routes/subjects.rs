//! `/subjects…`: names, versions, registering, looking up, deleting.

use std::sync::Arc;

use eventpact_registry_client::wire::{SchemaTags, TagRequest};
use eventpact_registry_client::{Reference, RegisterRequest, RegisterResponse, SchemaObject};

use super::schemas::MAX_SCHEMAS;
use super::{Answer, Request};
use crate::auth::Verb;
use crate::error::ApiError;
use crate::registry::lookup::{Found, VersionRef};
use crate::registry::register::Registered;
use crate::registry::{Registry, lookup};
use crate::schema::Form;
use crate::state::{Schema, Subject};
use crate::subject::{SubjectName, SubjectPrefix, context_prefix};
use crate::tags;
use crate::usage::{Fetched, How};

/// `GET /subjects`: names in every context, unless a prefix narrows it.
pub(super) fn list(registry: &Registry, request: &Request) -> Result<Answer, ApiError> {
    let deleted_only = request.query.is("deletedOnly");
    let deleted = request.query.is("deleted");
    let wanted = |subject: &Subject| match (subject.latest().is_some(), deleted_only) {
        (live, true) => !live,
        (live, false) => live || deleted,
    };
    let state = registry.snapshot();
    let prefix = request.query.subject("subjectPrefix");
    let prefix = prefix.as_deref().map_or(SubjectPrefix::EVERY, SubjectPrefix::parse);
    let mut names = Vec::new();
    for (context, content) in state.contexts().filter(|(name, _)| prefix.has_context(name)) {
        let place = context_prefix(context);
        let subjects = content.subjects_from(prefix.name).filter(|(_, subject)| wanted(subject));
        let shown = subjects.filter(|(name, _)| request.caller.may(Verb::Read, context, name));
        names.extend(shown.map(|(name, _)| format!("{place}{name}")));
    }
    names.sort_unstable();
    Answer::json(&request.query.page(names, usize::MAX)?)
}

/// `GET /subjects/{s}/versions`
pub(super) fn versions(registry: &Registry, request: &Request, subject: &SubjectName) -> Result<Answer, ApiError> {
    let query = &request.query;
    let (negative, only, all) = (query.is("deletedAsNegative"), query.is("deletedOnly"), query.is("deleted"));
    let state = registry.snapshot();
    let known = state.subject(subject).filter(|s| s.latest().is_some() || only || all);
    let known = known.ok_or_else(|| ApiError::subject_not_found(subject))?;
    let shown = known.versions().filter_map(|(number, version)| match (negative, version.deleted) {
        (true, true) => Some(-number),
        (true, false) => Some(number),
        (false, deleted) => (deleted && (only || all) || !deleted && !only).then_some(number),
    });
    Answer::json(&query.page(shown, usize::MAX)?)
}

/// `POST /subjects/{s}/versions`
pub(super) async fn register(registry: &Registry, request: &Request, subject: &SubjectName) -> Result<Answer, ApiError> {
    let body: RegisterRequest = request.json()?;
    request.may_refer(subject, &body.references)?;
    let bare = body.schema.as_deref().is_none_or(|text| text.trim().is_empty());
    if bare || body.propagate_schema_tags {
        // What is there already would be in the answer.
        request.caller.require_read(subject)?;
    }
    let stored = registry.register(subject, body, request.query.is("normalize"), false).await;
    let stored = stored.map_err(ApiError::in_its_words);
    let stored = stored.map_err(|error| if request.caller.may_read(subject) { error } else { error.without_details() })?;
    registered(registry, request, subject, stored).await
}

/// `POST /subjects/{s}/versions/{v}/tags`: the version once more, with other tags.
pub(super) async fn tag(
    registry: &Registry,
    request: &Request,
    subject: &SubjectName,
    version: &str,
) -> Result<Answer, ApiError> {
    let body: TagRequest = request.json()?;
    let wanted = VersionRef::parse(version)?;
    let found = registry.version(subject, wanted, false, |s| request.caller.may_read(s))?;
    request.caller.require_read(&found.subject)?;
    request.caller.require(Verb::Write, &found.subject)?;
    let schema = &found.schema;
    let rule_set = registry.tagged_rules(&found.subject, &body)?;
    let again = RegisterRequest {
        version: Some(body.new_version.filter(|number| *number > 0).unwrap_or(-1)),
        schema_type: Some(schema.format.clone()),
        references: schema.references.clone(),
        metadata: body.metadata.or_else(|| schema.metadata.clone()),
        rule_set,
        schema: Some(schema.text.to_string()),
        schema_tags_to_add: body.tags_to_add,
        schema_tags_to_remove: body.tags_to_remove,
        ..RegisterRequest::default()
    };
    let stored = registry.register(&found.subject, again, false, true).await?;
    registered(registry, request, &found.subject, stored).await
}

/// The answer of a registration, its text in the form that was asked for.
async fn registered(
    registry: &Registry,
    request: &Request,
    subject: &SubjectName,
    registered: Registered,
) -> Result<Answer, ApiError> {
    let Registered { id, number, schema, version } = registered;
    request.fetched(registry, Fetched::of(subject, id, How::Register));
    let text = match form(request) {
        Some(form) => in_form(registry, request, &subject.context, id, &schema, form).await?,
        None => schema.text.to_string(),
    };
    Answer::json(&RegisterResponse {
        id,
        version: Some(number),
        guid: Some(schema.identity.to_string()),
        schema_type: Some(schema.format.clone()),
        references: schema.references.clone(),
        metadata: schema.metadata.clone(),
        rule_set: schema.rules.clone(),
        schema: Some(text),
        ts: version.map(|v| v.ts),
        deleted: version.map(|v| v.deleted),
    })
}

/// `POST /subjects/{s}`: which version has this schema?
pub(super) async fn lookup(registry: &Registry, request: &Request, subject: &SubjectName) -> Result<Answer, ApiError> {
    let body: RegisterRequest = request.json()?;
    request.may_refer(subject, &body.references)?;
    let (normalize, deleted) = (request.query.is("normalize"), request.query.is("deleted"));
    let caller = request.caller.clone();
    let readable = move |subject: &SubjectName| caller.may_read(subject);
    let found = registry.lookup(subject, body, normalize, deleted, readable).await.map_err(ApiError::in_its_words)?;
    request.caller.require_read(&found.subject)?;
    let mut object = formed(registry, request, &found).await?;
    request.fetched(registry, Fetched::of(&found.subject, found.version.id, How::Lookup));
    if !found.by_content {
        (object.ts, object.deleted) = (None, None);
    }
    Answer::json(&object)
}

/// `GET /subjects/{s}/versions/{v}`
pub(super) async fn version(
    registry: &Registry,
    request: &Request,
    subject: &SubjectName,
    version: &str,
) -> Result<Answer, ApiError> {
    let found = find(registry, request, subject, version)?;
    let mut object = formed(registry, request, &found).await?;
    request.fetched(registry, Fetched::of(&found.subject, found.version.id, How::Version));
    object.schema_tags = tags_asked_for(request, &found.schema);
    object.references = references_as_asked_for(request, &found);
    Answer::json(&object)
}

/// `GET /subjects/{s}/versions/{v}/schema`: the bare text.
pub(super) async fn version_text(
    registry: &Registry,
    request: &Request,
    subject: &SubjectName,
    version: &str,
) -> Result<Answer, ApiError> {
    let found = find(registry, request, subject, version)?;
    request.fetched(registry, Fetched::of(&found.subject, found.version.id, How::Version));
    Ok(Answer::Text(formed(registry, request, &found).await?.schema))
}

/// `GET /subjects/{s}/versions/{v}/referencedby`: ids, not names.
pub(super) fn referenced_by(
    registry: &Registry,
    request: &Request,
    subject: &SubjectName,
    version: &str,
) -> Result<Answer, ApiError> {
    let deleted = request.query.is("deleted");
    let found = registry.version(subject, VersionRef::parse(version)?, true, |s| request.caller.may_read(s))?;
    request.caller.require_read(&found.subject)?;
    let state = registry.snapshot();
    let referrers = state.referrers(&found.subject, found.number);
    let live = referrers.filter(|(context, id)| {
        let uses = state.context(context).into_iter().flat_map(|c| c.uses(*id));
        let mut readable = uses.into_iter().filter(|(name, ..)| request.caller.may(Verb::Read, context, name));
        readable.any(|(_, _, version)| deleted || !version.deleted)
    });
    let mut ids: Vec<u32> = live.map(|(_, id)| id).collect();
    ids.sort_unstable();
    ids.dedup();
    Answer::json(&request.query.page(ids, MAX_SCHEMAS)?)
}

/// `DELETE /subjects/{s}`
pub(super) async fn delete(registry: &Registry, request: &Request, subject: &SubjectName) -> Result<Answer, ApiError> {
    Answer::json(&registry.delete_subject(subject, request.query.is("permanent")).await?)
}

/// `DELETE /subjects/{s}/versions/{v}`
pub(super) async fn delete_version(
    registry: &Registry,
    request: &Request,
    subject: &SubjectName,
    version: &str,
) -> Result<Answer, ApiError> {
    let wanted = VersionRef::parse(version)?;
    Answer::json(&registry.delete_version(subject, wanted, request.query.is("permanent")).await?)
}

fn find(registry: &Registry, request: &Request, subject: &SubjectName, version: &str) -> Result<lookup::Found, ApiError> {
    let (wanted, deleted) = (VersionRef::parse(version)?, request.query.is("deleted"));
    let found = registry.version(subject, wanted, deleted, |s| request.caller.may_read(s))?;
    request.caller.require_read(&found.subject)?;
    Ok(found)
}

/// The parameter `findTags`: entities of the text that carry one of these tags; `*` stands for any.
pub(super) fn tags_asked_for(request: &Request, schema: &Schema) -> Vec<SchemaTags> {
    let wanted: Vec<&str> = request.query.all("findTags").filter(|tag| !tag.is_empty()).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let asked = |tag: &String| wanted.iter().any(|wanted| wanted == tag || *wanted == "*");
    tags::of(&schema.format, &schema.text).into_iter().filter(|entity| entity.tags.iter().any(asked)).collect()
}

/// The schema in another form. Some forms write out what it refers to, so that must be readable too.
pub(super) async fn in_form(
    registry: &Registry,
    request: &Request,
    context: &Arc<str>,
    id: u32,
    schema: &Arc<Schema>,
    form: Form,
) -> Result<String, ApiError> {
    if !request.caller.is_unrestricted() {
        let referred = registry.referred_subjects(context, schema);
        referred.iter().try_for_each(|subject| request.caller.require_read(subject))?;
    }
    registry.in_form(context, id, schema, form).await
}

/// The parameter `format`.
pub(super) fn form(request: &Request) -> Option<Form> {
    request.query.get("format").and_then(Form::parse)
}

/// The parameter `referenceFormat=qualified`: subjects with the context in which they are meant.
pub(super) fn references_as_asked_for(request: &Request, found: &Found) -> Vec<Reference> {
    let mut references = found.schema.references.clone();
    if request.query.get("referenceFormat") == Some("qualified") {
        for reference in &mut references {
            reference.subject = SubjectName::parse_in(&reference.subject, &found.subject).to_string();
        }
    }
    references
}

/// A version, its text in the form that was asked for.
pub(super) async fn formed(registry: &Registry, request: &Request, found: &Found) -> Result<SchemaObject, ApiError> {
    let mut object = found.object();
    if let Some(form) = form(request) {
        object.schema = in_form(registry, request, &found.subject.context, found.version.id, &found.schema, form).await?;
    }
    Ok(object)
}
