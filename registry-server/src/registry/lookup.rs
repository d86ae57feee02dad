//! Finding what is stored: a version, a schema by id or guid, the version that has a given schema.

use std::sync::Arc;

use eventpact_registry_client::{RegisterRequest, SchemaObject, SchemaType};

use super::equal::{Wanted, find, merged};
use super::settings::{Effective, mode_of};
use super::{Incoming, Registry, SHORT, length, parse_stored, read};
use crate::error::ApiError;
use crate::foreign;
use crate::parsed::ParsedCache;
use crate::schema::{self, Form, Reading};
use crate::state::{Context, Schema, State, Version};
use crate::subject::{DEFAULT_CONTEXT, SubjectName};

/// A version of a subject and its schema.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) subject: SubjectName,
    pub(crate) number: i32,
    pub(crate) version: Version,
    pub(crate) schema: Arc<Schema>,
    /// Found by comparing, not by its identity: such answers tell when the version was stored.
    pub(crate) by_content: bool,
}

impl Found {
    pub(crate) fn at(state: &State, subject: &SubjectName, number: i32) -> Option<Self> {
        let (version, schema) = state.version(subject, number)?;
        Some(Self { subject: subject.clone(), number, version, schema: Arc::clone(schema), by_content: false })
    }

    /// As it is answered.
    pub(crate) fn object(&self) -> SchemaObject {
        let schema = &self.schema;
        SchemaObject {
            subject: self.subject.to_string(),
            version: self.number,
            id: self.version.id,
            guid: Some(schema.identity.to_string()),
            schema_type: Some(schema.format.clone()),
            references: schema.references.clone(),
            metadata: schema.metadata.clone(),
            rule_set: schema.rules.clone(),
            schema: schema.text.to_string(),
            ts: Some(self.version.ts),
            deleted: Some(self.version.deleted),
            ..SchemaObject::default()
        }
    }
}

/// A version in a path: a number, or the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VersionRef {
    /// `latest` or −1.
    Latest,
    /// From 1.
    Number(i32),
}

impl VersionRef {
    /// Reads `latest` in any case, `-1`, or a number from 1; spaces around it do not matter.
    pub(crate) fn parse(text: &str) -> Result<Self, ApiError> {
        let trimmed = text.trim();
        if trimmed.eq_ignore_ascii_case("latest") {
            return Ok(Self::Latest);
        }
        match trimmed.parse::<i32>() {
            Ok(-1) => Ok(Self::Latest),
            Ok(number) if number > 0 => Ok(Self::Number(number)),
            _ => Err(ApiError::invalid_version(text)),
        }
    }
}

impl Registry {
    /// A version of a subject. A name without a context that does not have it is also looked for in the other contexts, as far as
    /// they are readable: what is not must answer like what is not there.
    pub(crate) fn version(
        &self,
        subject: &SubjectName,
        wanted: VersionRef,
        deleted: bool,
        readable: impl Fn(&SubjectName) -> bool,
    ) -> Result<Found, ApiError> {
        let state = self.snapshot();
        let here = find_version(&state, subject, wanted, deleted);
        here.or_else(|error| {
            let mut elsewhere = same_name_everywhere(&state, subject, readable).into_iter().skip(1);
            elsewhere.find_map(|subject| find_version(&state, &subject, wanted, deleted).ok()).ok_or(error)
        })
    }

    /// The schema of an id, with the first version of a readable subject (context, name) that has it. A subject narrows the search,
    /// or names the context.
    pub(crate) fn by_id(
        &self,
        id: u32,
        hint: Option<&SubjectName>,
        readable: impl Fn(&str, &str) -> bool,
    ) -> Option<(Arc<Schema>, Option<Found>)> {
        let state = self.snapshot();
        let (name, context, narrowed) = home_of_id(&state, id, hint, &readable)?;
        let schema = context.schema(id)?;
        let uses = || {
            let narrowed = context.uses(id).filter(|(subject, ..)| narrowed.is_none_or(|wanted| *wanted == ***subject));
            narrowed.filter(|(subject, ..)| readable(name, subject))
        };
        let best = uses().find(|(_, _, version)| !version.deleted).or_else(|| uses().next());
        let found = best.map(|(subject, number, version)| Found {
            subject: SubjectName { context: Arc::clone(name), name: Arc::clone(subject) },
            number,
            version,
            schema: Arc::clone(schema),
            by_content: false,
        });
        Some((Arc::clone(schema), found))
    }

    /// The versions that have the schema of an id, by subject.
    pub(crate) fn uses_of_id(
        &self,
        id: u32,
        hint: Option<&SubjectName>,
        deleted: bool,
        readable: impl Fn(&str, &str) -> bool,
    ) -> Option<Vec<(SubjectName, i32)>> {
        let state = self.snapshot();
        let (name, context, _) = home_of_id(&state, id, hint, readable)?;
        context.schema(id)?;
        let uses = context.uses(id).filter(|(_, _, version)| deleted || !version.deleted);
        Some(uses.map(|(subject, number, _)| (SubjectName::new(Arc::clone(name), Arc::clone(subject)), number)).collect())
    }

    /// Which version of a subject has this schema? A name without a context is also looked for in the other contexts, as far as they
    /// are readable.
    pub(crate) async fn lookup(
        &self,
        subject: &SubjectName,
        request: RegisterRequest,
        normalize: bool,
        deleted: bool,
        readable: impl Fn(&SubjectName) -> bool + Send + 'static,
    ) -> Result<Found, ApiError> {
        let (state, subject, cache) = (self.snapshot(), subject.clone(), Arc::clone(&self.parsed));
        self.work(length(&state, &subject, &request), move || {
            let everywhere = same_name_everywhere(&state, &subject, &readable);
            let effective = Effective::of(&state, &subject);
            let known = state.subject(&subject).is_some_and(|s| deleted || s.latest().is_some());
            let nowhere = !known && everywhere.iter().all(|s| state.subject(s).is_none());
            let miss = || if known { ApiError::schema_not_found() } else { ApiError::subject_not_found(&subject) };
            let text = request.schema.as_deref().unwrap_or("");
            if text.trim().is_empty() {
                return Err(miss());
            }
            let import = matches!(mode_of(&state, &subject.to_string()), "IMPORT" | "FORWARD");
            let check_fields = effective.validate_fields && !import;
            let how = Reading { strict: false, normalize: normalize || effective.normalize, check_fields };
            let incoming = match read(&cache, &state, &subject, &request.format(), text, &request.references, how) {
                Ok(incoming) => incoming,
                // References to what is gone: the subject cannot have such a schema either.
                Err(_) if nowhere && !request.references.is_empty() => return Err(miss()),
                Err(error) => return Err(error),
            };
            everywhere
                .iter()
                .find_map(|s| {
                    let elsewhere = *s != subject && !request.references.is_empty();
                    let there = elsewhere.then(|| read(&cache, &state, s, &request.format(), text, &request.references, how));
                    let incoming = there.transpose().ok()?.unwrap_or_else(|| incoming.clone());
                    find_as_given_or_merged(&cache, &state, s, &incoming, &request, deleted)
                })
                .ok_or_else(miss)
        })
        .await
    }

    /// The subjects that a schema of a context refers to, and all that those refer to.
    pub(crate) fn referred_subjects(&self, context: &Arc<str>, schema: &Schema) -> Vec<SubjectName> {
        let state = self.snapshot();
        let targets = |schema: &Schema, home: &SubjectName| -> Vec<(SubjectName, i32)> {
            schema.references.iter().map(|r| (SubjectName::parse_in(&r.subject, home), r.version)).collect()
        };
        let mut open = targets(schema, &SubjectName::new(Arc::clone(context), ""));
        let mut seen = std::collections::HashSet::new();
        while let Some((subject, number)) = open.pop() {
            if seen.insert((subject.clone(), number))
                && let Some((_, schema)) = state.version(&subject, number)
            {
                open.extend(targets(schema, &subject));
            }
        }
        seen.into_iter().map(|(subject, _)| subject).collect()
    }

    /// The text of a schema that another program has put into the store and that cannot be read, as it is answered by id; see
    /// [`crate::foreign`]. Who cannot be served now takes a schema for one that can be read.
    pub(crate) async fn unreadable_text(&self, schema: &Arc<Schema>) -> Option<Arc<str>> {
        let foreign = schema.foreign.as_ref()?;
        if let Some(known) = foreign.0.get() {
            return known.clone();
        }
        let job = {
            let schema = Arc::clone(schema);
            move || Ok(foreign::unreadable_text(&schema))
        };
        let is_short = schema.format == SchemaType::Avro && schema.text.len() <= SHORT;
        let looked = if is_short { self.workers.at_once(job).await } else { self.work(schema.text.len(), job).await };
        looked.ok().and_then(|found| foreign.0.get_or_init(|| found).clone())
    }

    /// The schema in another form.
    pub(crate) async fn in_form(
        &self,
        context: &Arc<str>,
        id: u32,
        schema: &Arc<Schema>,
        form: Form,
    ) -> Result<String, ApiError> {
        let (state, cache, context, schema) =
            (self.snapshot(), Arc::clone(&self.parsed), Arc::clone(context), Arc::clone(schema));
        self.work(schema.text.len(), move || {
            let parsed = parse_stored(&cache, &state, &context, id, &schema);
            parsed.map(|parsed| schema::in_form(&parsed, form)).map_err(ApiError::invalid_schema)
        })
        .await
    }
}

/// The subject itself, and for a name in the default context the same name in every other one where it is readable.
fn same_name_everywhere(state: &State, subject: &SubjectName, readable: impl Fn(&SubjectName) -> bool) -> Vec<SubjectName> {
    let mut all = vec![subject.clone()];
    if subject.is_in_default_context() {
        let others = state.contexts().filter(|(name, c)| **name != subject.context && c.subject(&subject.name).is_some());
        let others = others.map(|(name, _)| SubjectName::new(Arc::clone(name), Arc::clone(&subject.name)));
        all.extend(others.filter(readable));
    }
    all
}

/// A version of exactly this subject; the latest one is always a live one.
pub(super) fn find_version(state: &State, subject: &SubjectName, wanted: VersionRef, deleted: bool) -> Result<Found, ApiError> {
    let unknown = || ApiError::subject_not_found(subject);
    let known = state.subject(subject).filter(|s| deleted || s.latest().is_some()).ok_or_else(unknown)?;
    let number = match wanted {
        VersionRef::Number(number) => number,
        VersionRef::Latest => known.latest().map(|(number, _)| number).ok_or_else(|| ApiError::version_not_found(-1))?,
    };
    let found = Found::at(state, subject, number).filter(|found| deleted || !found.version.deleted);
    found.ok_or_else(|| ApiError::version_not_found(number))
}

/// The context in which an id is meant, and the name of the subject when the hint names one that has it and is readable.
fn home_of_id<'a>(
    state: &'a State,
    id: u32,
    hint: Option<&'a SubjectName>,
    readable: impl Fn(&str, &str) -> bool,
) -> Option<(&'a Arc<str>, &'a Context, Option<&'a str>)> {
    let has = |context: &Context, place: &str, name: &str| {
        context.subject(name).is_some_and(|s| s.versions().any(|(_, v)| v.id == id)) && readable(place, name)
    };
    let Some(hint) = hint else {
        return state.named_context(DEFAULT_CONTEXT).map(|(name, context)| (name, context, None));
    };
    let here = state.named_context(&hint.context);
    if hint.name.is_empty() || here.is_some_and(|(_, c)| has(c, &hint.context, &hint.name)) {
        let narrowed = (!hint.name.is_empty()).then_some(&*hint.name);
        return here.map(|(name, context)| (name, context, narrowed));
    }
    if !hint.is_in_default_context() {
        return None;
    }
    if let Some((name, context)) = state.contexts().find(|(name, c)| has(c, name, &hint.name)) {
        return Some((name, context, Some(&*hint.name)));
    }
    here.filter(|(_, c)| c.schema(id).is_some()).map(|(name, context)| (name, context, None))
}

/// The version with the schema as it was given, else with the metadata and the rules that a registration would give it.
fn find_as_given_or_merged(
    cache: &ParsedCache,
    state: &State,
    subject: &SubjectName,
    incoming: &Incoming,
    request: &RegisterRequest,
    deleted: bool,
) -> Option<Found> {
    let given = incoming.with(request.metadata.clone(), request.rule_set.clone());
    let found = find(cache, state, subject, &Wanted { incoming, schema: &given, deleted });
    if found.is_some() || state.subject(subject)?.latest().is_none() {
        return found;
    }
    let (metadata, rules) = merged(state, subject, request, &Effective::of(state, subject));
    let schema = incoming.with(metadata, rules);
    (schema.identity != given.identity).then(|| find(cache, state, subject, &Wanted { incoming, schema: &schema, deleted }))?
}
