//! `/schemas…`: by id, by guid, the list of all.

use eventpact_registry_client::{SchemaObject, SchemaString, SubjectVersion};
use serde::Serialize;

use super::subjects::{form, in_form, object, tags_asked_for};
use super::{Answer, Request};
use crate::auth::Verb;
use crate::error::ApiError;
use crate::identity::Identity;
use crate::registry::Registry;
use crate::registry::lookup::Found;
use crate::state::{Context, Schema, State, Version};
use crate::subject::{DEFAULT_CONTEXT, SubjectName, split};

/// The longest list of schemas.
const MAX_SCHEMAS: usize = 1000;

/// `GET /schemas`: the default context, unless a prefix names another one or all (`:*:`).
pub(super) fn list(registry: &Registry, request: &Request) -> Result<Answer, ApiError> {
    let query = &request.query;
    let (deleted, latest_only) = (query.is("deleted"), query.is("latestOnly"));
    if query.get("ruleType").is_some_and(|rule| !rule.is_empty()) {
        return Answer::json::<[SchemaObject; 0]>(&[]);
    }
    let prefix = query.subject("subjectPrefix").unwrap_or_default();
    let every = prefix == ":*:";
    let (only, begin) = if every { ("", "") } else { split(&prefix).unwrap_or((DEFAULT_CONTEXT, &prefix)) };
    let state = registry.snapshot();
    let contexts = state.contexts().filter(|(name, _)| every || *only == ***name);
    let mut found: Vec<Found> = Vec::new();
    for (context, content) in contexts {
        let readable = content.subjects_from(begin).filter(|(name, _)| request.caller.may(Verb::Read, context, name));
        for (name, subject) in readable {
            let mut versions: Vec<(i32, Version)> = subject.versions().filter(|(_, v)| deleted || !v.deleted).collect();
            if latest_only {
                versions = versions.pop().into_iter().collect();
            }
            let subject = SubjectName::new(context.clone(), name.clone());
            found.extend(versions.into_iter().filter_map(|(number, version)| {
                let schema = content.schema(version.id)?.clone();
                Some(Found { subject: subject.clone(), number, version, schema, by_scan: false })
            }));
        }
    }
    found.sort_by_cached_key(|f| (f.subject.to_string(), f.number));
    let page: Vec<SchemaObject> = query.page(found.iter().map(object), MAX_SCHEMAS)?;
    Answer::json(&page)
}

/// `GET /schemas/ids/{id}`
pub(super) async fn by_id(registry: &Registry, request: &Request, id: &str) -> Result<Answer, ApiError> {
    let (schema, found) = find(registry, request, id)?;
    let mut string = string(&schema, found.as_ref().map(|f| f.version));
    string.schema_tags = tags_asked_for(request, &schema);
    if let Some(found) = &found {
        string.subject = Some(found.subject.to_string());
        string.version = Some(found.number);
        if let Some(form) = form(request) {
            string.schema = in_form(registry, request, found, form).await?;
        }
    }
    if request.query.is("fetchMaxId") {
        let state = registry.snapshot();
        let context = found.map_or_else(|| DEFAULT_CONTEXT.into(), |f| f.subject.context);
        string.max_id = state.context(&context).map(|c: &Context| c.next_id.saturating_sub(1));
    }
    Answer::json(&string)
}

/// `GET /schemas/ids/{id}/schema`: the bare text.
pub(super) async fn text_by_id(registry: &Registry, request: &Request, id: &str) -> Result<Answer, ApiError> {
    let (schema, found) = find(registry, request, id)?;
    match (found, form(request)) {
        (Some(found), Some(form)) => Ok(Answer::Text(in_form(registry, request, &found, form).await?)),
        _ => Ok(Answer::Text(schema.text.to_string())),
    }
}

/// `GET /schemas/ids/{id}/subjects`
pub(super) fn subjects_of_id(registry: &Registry, request: &Request, id: &str) -> Result<Answer, ApiError> {
    let mut names: Vec<String> = uses(registry, request, id)?.into_iter().map(|(subject, _)| subject.to_string()).collect();
    names.dedup();
    Answer::json(&request.query.page(names, usize::MAX)?)
}

/// `GET /schemas/ids/{id}/versions`
pub(super) fn versions_of_id(registry: &Registry, request: &Request, id: &str) -> Result<Answer, ApiError> {
    let pairs = uses(registry, request, id)?.into_iter();
    let pairs = pairs.map(|(subject, version)| SubjectVersion { subject: subject.to_string(), version });
    Answer::json(&request.query.page(pairs, usize::MAX)?)
}

/// `GET /schemas/guids/{guid}`: the same schema in every registry.
pub(super) fn by_guid(registry: &Registry, request: &Request, guid: &str) -> Result<Answer, ApiError> {
    let missing = || ApiError::schema_id_not_found(guid);
    let identity = Identity::parse(guid).ok_or_else(missing)?;
    let state = registry.snapshot();
    let mut places = state.guid(identity).filter(|(context, id)| is_readable(&state, request, context, *id));
    let (name, id) = places.next().ok_or_else(missing)?;
    let context = state.context(name).ok_or_else(missing)?;
    let schema = context.schema(id).ok_or_else(missing)?;
    let uses = || context.uses(id).filter(|(subject, ..)| request.caller.may(Verb::Read, name, subject));
    let version = uses().find(|(.., v)| !v.deleted).or_else(|| uses().next()).map(|(.., v)| v);
    Answer::json(&string(schema, version))
}

/// May the caller read one of the subjects that have this schema?
fn is_readable(state: &State, request: &Request, context: &str, id: u32) -> bool {
    let uses = || state.context(context).into_iter().flat_map(|c| c.uses(id));
    request.caller.is_unrestricted() || uses().any(|(subject, ..)| request.caller.may(Verb::Read, context, subject))
}

#[derive(Serialize)]
struct ContextId<'a> {
    context: &'a str,
    id: u32,
}

/// `GET /schemas/guids/{guid}/ids`
pub(super) fn ids_of_guid(registry: &Registry, request: &Request, guid: &str) -> Result<Answer, ApiError> {
    let state = registry.snapshot();
    let known = Identity::parse(guid).into_iter().flat_map(|identity| state.guid(identity));
    let known = known.filter(|(context, id)| is_readable(&state, request, context, *id));
    let pairs: Vec<ContextId<'_>> = known.map(|(context, id)| ContextId { context, id }).collect();
    Answer::json(&pairs)
}

fn number(id: &str) -> Result<i32, ApiError> {
    id.parse().map_err(|_| ApiError::bad_parameter())
}

fn hint(request: &Request) -> Option<SubjectName> {
    request.query.subject("subject").filter(|s| !s.is_empty()).map(|s| SubjectName::parse(&s))
}

fn find(registry: &Registry, request: &Request, id: &str) -> Result<(std::sync::Arc<Schema>, Option<Found>), ApiError> {
    let number = number(id)?;
    let caller = &request.caller;
    let readable = |context: &str, subject: &str| caller.may(Verb::Read, context, subject);
    let found = u32::try_from(number).ok().and_then(|id| registry.by_id(id, hint(request).as_ref(), readable));
    let (schema, found) = found.ok_or_else(|| ApiError::schema_id_not_found(number))?;
    if found.is_none() && !caller.is_unrestricted() {
        return Err(denied(number));
    }
    Ok((schema, found))
}

fn denied(id: i32) -> ApiError {
    ApiError::denied(Verb::Read.as_str(), &format!("Schema: {id}"))
}

fn uses(registry: &Registry, request: &Request, id: &str) -> Result<Vec<(SubjectName, i32)>, ApiError> {
    let number = number(id)?;
    let deleted = request.query.is("deleted");
    let found = u32::try_from(number).ok().and_then(|id| registry.uses_of_id(id, hint(request).as_ref(), deleted));
    let mut found = found.ok_or_else(ApiError::schema_not_found)?;
    let all = found.len();
    found.retain(|(subject, _)| request.caller.may_read(subject));
    if found.is_empty() && all > 0 { Err(denied(number)) } else { Ok(found) }
}

fn string(schema: &Schema, version: Option<Version>) -> SchemaString {
    SchemaString {
        guid: Some(schema.identity.to_string()),
        schema_type: Some(schema.format.clone()),
        schema: schema.text.to_string(),
        references: schema.references.clone(),
        metadata: schema.metadata.clone(),
        ts: version.map(|v| v.ts),
        deleted: version.map(|v| v.deleted),
        ..SchemaString::default()
    }
}
