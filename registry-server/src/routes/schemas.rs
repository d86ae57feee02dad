//! `/schemas…`: by id, by guid, the list of all.

use std::collections::{BTreeMap, HashSet};

use eventpact_registry_client::wire::{ContextId, RuleSet};
use eventpact_registry_client::{SchemaObject, SchemaString, SubjectVersion};

use super::associations::Wanted;
use super::subjects::{form, formed, in_form, references_as_asked_for, tags_asked_for};
use super::{Answer, Query, Request};
use crate::auth::Verb;
use crate::error::ApiError;
use crate::foreign;
use crate::identity::Identity;
use crate::registry::Registry;
use crate::registry::lookup::Found;
use crate::state::{Context, Schema, State, Subject, Version};
use crate::subject::{DEFAULT_CONTEXT, SubjectName, SubjectPrefix};
use crate::usage::{Fetched, How};

/// The longest list of schemas.
pub(super) const MAX_SCHEMAS: usize = 1000;

/// `GET /schemas`: the default context, unless a prefix names another one or all (`:*:`).
pub(super) fn list(registry: &Registry, request: &Request) -> Result<Answer, ApiError> {
    let query = &request.query;
    let state = registry.snapshot();
    let prefix = query.subject("subjectPrefix").unwrap_or_default();
    let prefix = SubjectPrefix::parse(&prefix);
    let mut found = with_prefix(&state, prefix, request);
    let aliases = if query.is("aliases") { aliases(&state, prefix) } else { BTreeMap::new() };
    // What an alias stands for belongs to the list, wherever it is.
    let listed: HashSet<String> = found.iter().map(|found| found.subject.to_string()).collect();
    let missing = |subject: &&SubjectName| !listed.contains(&subject.to_string()) && request.caller.may_read(subject);
    for subject in aliases.keys().filter(missing) {
        let there = state.context(&subject.context).and_then(|context| context.subject(&subject.name));
        found.extend(there.into_iter().flat_map(|there| versions_of(&state, subject, there, query)));
    }
    if let Some(rule_type) = query.get("ruleType").filter(|rule_type| !rule_type.is_empty()) {
        let has_rule = |rules: &RuleSet| rules.rules().any(|rule| rule.rule_type.as_deref() == Some(rule_type));
        found.retain(|found| found.schema.rules.as_ref().is_some_and(has_rule));
    }
    found.sort_by_cached_key(|found| (found.subject.to_string(), found.number));
    let wanted = Wanted::of(query)?;
    let shown = found.iter().filter_map(|found| {
        let mut shown = found.object();
        shown.associations = wanted.of_subject(&state, &shown.subject)?;
        shown.aliases = aliases.get(&found.subject).cloned().unwrap_or_default();
        Some(shown)
    });
    let page: Vec<SchemaObject> = query.page(shown, MAX_SCHEMAS)?;
    Answer::json(&page)
}

fn with_prefix(state: &State, prefix: SubjectPrefix<'_>, request: &Request) -> Vec<Found> {
    let query = &request.query;
    let contexts = state.contexts().filter(|(name, _)| prefix.has_context(name));
    let subjects = contexts.flat_map(|(context, content)| content.subjects_from(prefix.name).map(move |found| (context, found)));
    let readable = subjects.filter(|(context, (name, _))| request.caller.may(Verb::Read, context, name));
    let versions = readable.flat_map(|(context, (name, subject))| {
        versions_of(state, &SubjectName::new(context.clone(), name.clone()), subject, query)
    });
    versions.collect()
}

fn versions_of(state: &State, name: &SubjectName, subject: &Subject, query: &Query) -> Vec<Found> {
    let deleted = query.is("deleted");
    let mut numbers: Vec<i32> = subject.versions().filter(|(_, v)| deleted || !v.deleted).map(|(number, _)| number).collect();
    if query.is("latestOnly") {
        numbers = numbers.pop().into_iter().collect();
    }
    numbers.into_iter().filter_map(|number| Found::at(state, name, number)).collect()
}

/// The aliases that begin with a prefix, by the subject that they stand for.
fn aliases(state: &State, prefix: SubjectPrefix<'_>) -> BTreeMap<SubjectName, Vec<String>> {
    let mut all: BTreeMap<SubjectName, Vec<String>> = BTreeMap::new();
    let begins = |scope: &str| {
        let alias = SubjectName::parse(scope);
        prefix.has_context(&alias.context) && alias.name.starts_with(prefix.name)
    };
    for (scope, config) in state.configs().filter(|(scope, _)| begins(scope)) {
        if let Some(alias) = config.alias.as_deref().filter(|alias| !alias.is_empty()) {
            let target = SubjectName::parse_in(alias, &SubjectName::parse(scope));
            all.entry(target).or_default().push(scope.to_string());
        }
    }
    for names in all.values_mut() {
        names.sort_unstable();
    }
    all
}

/// `GET /schemas/ids/{id}`
pub(super) async fn by_id(registry: &Registry, request: &Request, id: &str) -> Result<Answer, ApiError> {
    let (schema, found) = find(registry, request, id)?;
    // All else that a request may ask for changes what the answer says.
    let plain = found.as_ref().filter(|_| request.query.says_only(&["subject", "consistency"]));
    if let Some(json) = plain.and_then(|found| registry.ready.find(found)) {
        return Ok(Answer::Json(json));
    }
    if let Some(text) = registry.unreadable_text(&schema).await {
        return Answer::json(&foreign::answer(&schema, &text));
    }
    let mut string = string(&schema, found.as_ref().map(|f| f.version));
    string.schema_tags = tags_asked_for(request, &schema);
    if let Some(found) = &found {
        string.subject = Some(found.subject.to_string());
        string.version = Some(found.number);
        string.references = references_as_asked_for(request, found);
        if let Some(form) = form(request) {
            string.schema = in_form(registry, request, &found.subject.context, found.version.id, &schema, form).await?;
        }
    }
    if request.query.is("fetchMaxId") {
        let state = registry.snapshot();
        let context = found.as_ref().map_or(DEFAULT_CONTEXT, |found| &found.subject.context);
        string.max_id = state.context(context).map(|c: &Context| c.next_id.saturating_sub(1));
    }
    // Of a text in JSON, about every sixth character is a quotation mark, which is escaped.
    let answer = Answer::json_of_about(string.schema.len() * 5 / 4 + 256, &string)?;
    if let (Some(found), Answer::Json(json)) = (plain, &answer) {
        registry.ready.missed(found, json);
    }
    Ok(answer)
}

/// `GET /schemas/ids/{id}/schema`: the bare text.
pub(super) async fn text_by_id(registry: &Registry, request: &Request, id: &str) -> Result<Answer, ApiError> {
    let (schema, found) = find(registry, request, id)?;
    match found {
        Some(found) => Ok(Answer::Text(formed(registry, request, &found).await?.schema)),
        None => Ok(Answer::Text(schema.text.to_string())),
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
pub(super) async fn by_guid(registry: &Registry, request: &Request, guid: &str) -> Result<Answer, ApiError> {
    let missing = || ApiError::schema_id_not_found(guid);
    let identity = Identity::parse(guid).ok_or_else(missing)?;
    let state = registry.snapshot();
    let mut places = state.guid(identity).filter(|(context, id)| is_readable(&state, request, context, *id));
    let (name, id) = places.next().ok_or_else(missing)?;
    let context = state.context(name).ok_or_else(missing)?;
    let schema = context.schema(id).ok_or_else(missing)?;
    let uses = || context.uses(id).filter(|(subject, ..)| request.caller.may(Verb::Read, name, subject));
    let version = uses().find(|(.., v)| !v.deleted).or_else(|| uses().next()).map(|(.., v)| v);
    let mut string = string(schema, version);
    if let Some(form) = form(request) {
        string.schema = in_form(registry, request, name, id, schema, form).await?;
    }
    request.fetched(registry, Fetched { context: name, subject: None, id, how: How::Id });
    Answer::json(&string)
}

/// May the caller read one of the subjects that have this schema?
fn is_readable(state: &State, request: &Request, context: &str, id: u32) -> bool {
    let uses = || state.context(context).into_iter().flat_map(|c| c.uses(id));
    request.caller.is_unrestricted() || uses().any(|(subject, ..)| request.caller.may(Verb::Read, context, subject))
}

/// `GET /schemas/guids/{guid}/ids`
pub(super) fn ids_of_guid(registry: &Registry, request: &Request, guid: &str) -> Result<Answer, ApiError> {
    let state = registry.snapshot();
    let known = Identity::parse(guid).into_iter().flat_map(|identity| state.guid(identity));
    let known = known.filter(|(context, id)| is_readable(&state, request, context, *id));
    let pairs: Vec<ContextId> = known.map(|(context, id)| ContextId { context: context.to_string(), id }).collect();
    Answer::json(&pairs)
}

fn number(id: &str) -> Result<i32, ApiError> {
    id.parse().map_err(|_| ApiError::bad_parameter())
}

/// The subject or context in which an id is meant. One in a context where the caller may do nothing must not tell that the context is
/// there, so that is as if there were no such id.
fn hint(request: &Request, missing: impl Fn() -> ApiError) -> Result<Option<SubjectName>, ApiError> {
    let hint = request.query.subject("subject").filter(|s| !s.is_empty()).map(|s| SubjectName::parse(&s));
    match hint {
        Some(hint) if !hint.is_in_default_context() && !request.caller.may_enter(&hint.context) => Err(missing()),
        hint => Ok(hint),
    }
}

fn find(registry: &Registry, request: &Request, id: &str) -> Result<(std::sync::Arc<Schema>, Option<Found>), ApiError> {
    let number = number(id)?;
    let caller = &request.caller;
    let readable = |context: &str, subject: &str| caller.may(Verb::Read, context, subject);
    let missing = || ApiError::schema_id_not_found(number);
    let hint = hint(request, missing)?;
    let found = u32::try_from(number).ok().and_then(|id| registry.by_id(id, hint.as_ref(), readable));
    let (schema, found) = found.ok_or_else(missing)?;
    if found.is_none() && !caller.is_unrestricted() {
        return Err(denied(number));
    }
    if let Some(Found { subject: SubjectName { context, name }, version, .. }) = &found {
        // Of several subjects that have the id, only one that the client named is known to be meant.
        let subject = hint.filter(|hint| hint.name == *name).map(|_| name);
        request.fetched(registry, Fetched { context, subject, id: version.id, how: How::Id });
    }
    Ok((schema, found))
}

fn denied(id: i32) -> ApiError {
    ApiError::denied(Verb::Read.as_str(), &format!("Schema: {id}"))
}

fn uses(registry: &Registry, request: &Request, id: &str) -> Result<Vec<(SubjectName, i32)>, ApiError> {
    let number = number(id)?;
    let deleted = request.query.is("deleted");
    let readable = |context: &str, subject: &str| request.caller.may(Verb::Read, context, subject);
    let hint = hint(request, ApiError::schema_not_found)?;
    let found = u32::try_from(number).ok().and_then(|id| registry.uses_of_id(id, hint.as_ref(), deleted, readable));
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
        rule_set: schema.rules.clone(),
        ts: version.map(|v| v.ts),
        deleted: version.map(|v| v.deleted),
        ..SchemaString::default()
    }
}
