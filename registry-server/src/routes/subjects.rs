//! `/subjects…`: names, versions, registering, looking up, deleting.

use eventpact_registry_client::wire::{SchemaTags, TagRequest};
use eventpact_registry_client::{RegisterRequest, RegisterResponse, SchemaObject, SchemaType};

use super::{Answer, Request};
use crate::auth::Verb;
use crate::error::ApiError;
use crate::registry::lookup::{Found, VersionRef};
use crate::registry::register::Registered;
use crate::registry::{Registry, lookup};
use crate::schema::Form;
use crate::state::{Schema, Subject};
use crate::subject::{SubjectName, context_prefix, split};
use crate::tags;

/// The prefix that means every context.
const EVERY_CONTEXT: &str = ":*:";

/// `GET /subjects`: names in every context, unless a prefix narrows it.
pub(super) fn list(registry: &Registry, request: &Request) -> Result<Answer, ApiError> {
    let deleted_only = request.query.is("deletedOnly");
    let deleted = request.query.is("deleted");
    let wanted = |subject: &Subject| match (subject.latest().is_some(), deleted_only) {
        (_, true) => subject.versions().any(|(_, version)| version.deleted),
        (live, false) => live || deleted,
    };
    let state = registry.snapshot();
    let prefix = request.query.subject("subjectPrefix").filter(|prefix| !prefix.is_empty() && prefix != EVERY_CONTEXT);
    let (only, begin) = match prefix.as_deref().map(|prefix| split(prefix).unwrap_or((".", prefix))) {
        Some((context, begin)) => (Some(context), begin),
        None => (None, ""),
    };
    let mut names = Vec::new();
    for (context, content) in state.contexts().filter(|(name, _)| only.is_none_or(|only| *only == ***name)) {
        let place = context_prefix(context);
        let subjects = content.subjects_from(begin).filter(|(_, subject)| wanted(subject));
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
    let known = state.subject(subject).filter(|s| s.latest().is_some() || (!negative && (only || all)));
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
    registered(registry.register(subject, body, request.query.is("normalize")).await?)
}

/// `POST /subjects/{s}/versions/{v}/tags`: the version once more, with other tags.
pub(super) async fn tag(
    registry: &Registry,
    request: &Request,
    subject: &SubjectName,
    version: &str,
) -> Result<Answer, ApiError> {
    let body: TagRequest = request.json()?;
    let found = registry.version(subject, VersionRef::parse(version)?, false)?;
    request.caller.require_read(&found.subject)?;
    request.caller.require(Verb::Write, &found.subject)?;
    let schema = &found.schema;
    let again = RegisterRequest {
        version: Some(body.new_version.filter(|number| *number > 0).unwrap_or(-1)),
        schema_type: Some(schema.format.clone()),
        references: schema.references.clone(),
        metadata: body.metadata.or_else(|| schema.metadata.clone()),
        schema: Some(schema.text.to_string()),
        schema_tags_to_add: body.tags_to_add,
        schema_tags_to_remove: body.tags_to_remove,
        ..RegisterRequest::default()
    };
    registered(registry.register(&found.subject, again, request.query.is("normalize")).await?)
}

fn registered(registered: Registered) -> Result<Answer, ApiError> {
    let Registered { id, number, schema } = registered;
    Answer::json(&RegisterResponse {
        id,
        version: Some(number),
        guid: Some(schema.identity.to_string()),
        schema_type: Some(schema.format.clone()),
        references: schema.references.clone(),
        metadata: schema.metadata.clone(),
        rule_set: None,
        schema: Some(schema.text.to_string()),
    })
}

/// `POST /subjects/{s}`: which version has this schema?
pub(super) async fn lookup(registry: &Registry, request: &Request, subject: &SubjectName) -> Result<Answer, ApiError> {
    let body: RegisterRequest = request.json()?;
    request.may_refer(subject, &body.references)?;
    let (normalize, deleted) = (request.query.is("normalize"), request.query.is("deleted"));
    let found = registry.lookup(subject, body, normalize, deleted).await?;
    request.caller.require_read(&found.subject)?;
    let mut object = object(&found);
    if !found.by_scan {
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
    let mut object = object(&found);
    object.schema_tags = tags_asked_for(request, &found.schema);
    if let Some(form) = form(request) {
        object.schema = in_form(registry, request, &found, form).await?;
    }
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
    match form(request) {
        Some(form) => Ok(Answer::Text(in_form(registry, request, &found, form).await?)),
        None => Ok(Answer::Text(found.schema.text.to_string())),
    }
}

/// `GET /subjects/{s}/versions/{v}/referencedby`: ids, not names.
pub(super) fn referenced_by(
    registry: &Registry,
    request: &Request,
    subject: &SubjectName,
    version: &str,
) -> Result<Answer, ApiError> {
    let deleted = request.query.is("deleted");
    let found = registry.version(subject, VersionRef::parse(version)?, true)?;
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
    Answer::json(&request.query.page(ids, usize::MAX)?)
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
    let found = registry.version(subject, VersionRef::parse(version)?, request.query.is("deleted"))?;
    request.caller.require_read(&found.subject)?;
    Ok(found)
}

/// The parameter `findTags`: entities of the text that carry one of these tags; `*` stands for any.
pub(super) fn tags_asked_for(request: &Request, schema: &Schema) -> Vec<SchemaTags> {
    let wanted: Vec<&str> = request.query.all("findTags").filter(|tag| !tag.is_empty()).collect();
    if wanted.is_empty() || schema.format != SchemaType::Avro {
        return Vec::new();
    }
    let asked = |tag: &String| wanted.iter().any(|wanted| wanted == tag || *wanted == "*");
    tags::of(&schema.text).into_iter().filter(|entity| entity.tags.iter().any(asked)).collect()
}

/// The schema in another form. Some forms write out what it refers to, so that must be readable too.
pub(super) async fn in_form(registry: &Registry, request: &Request, found: &Found, form: Form) -> Result<String, ApiError> {
    if !request.caller.is_unrestricted() {
        registry.referred_subjects(found).iter().try_for_each(|subject| request.caller.require_read(subject))?;
    }
    registry.in_form(found, form).await
}

/// The parameter `format`.
pub(super) fn form(request: &Request) -> Option<Form> {
    request.query.get("format").and_then(Form::parse)
}

/// A version as the routes answer it.
pub(super) fn object(found: &Found) -> SchemaObject {
    let schema = &found.schema;
    SchemaObject {
        subject: found.subject.to_string(),
        version: found.number,
        id: found.version.id,
        guid: Some(schema.identity.to_string()),
        schema_type: Some(schema.format.clone()),
        references: schema.references.clone(),
        metadata: schema.metadata.clone(),
        rule_set: None,
        schema: schema.text.to_string(),
        schema_tags: Vec::new(),
        ts: Some(found.version.ts),
        deleted: Some(found.version.deleted),
    }
}
