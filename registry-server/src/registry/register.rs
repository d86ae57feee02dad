//! Registering a schema: found, or checked and stored as the next version.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use eventpact_registry_client::wire::{SchemaEntity, SchemaTags};
use eventpact_registry_client::{Metadata, RegisterRequest, SchemaType};

use super::check::{compatibility, live};
use super::lookup::{find_schema, has_version_property, merged_metadata};
use super::settings::{Effective, mode_of, refuse_read_only};
use super::{Incoming, Registry, STRIPES, now, read};
use crate::error::ApiError;
use crate::parsed::ParsedCache;
use crate::schema::Reading;
use crate::state::{Schema, State, Subject, VERSION_PROPERTY, Version};
use crate::store::Change;
use crate::subject::SubjectName;
use crate::tags;

/// How often a registration is checked again because the subject or its settings changed meanwhile.
const ATTEMPTS: usize = 12;

/// What a registration gave.
#[derive(Debug, Clone)]
pub(crate) struct Registered {
    pub(crate) id: u32,
    pub(crate) number: i32,
    pub(crate) schema: Arc<Schema>,
}

/// What a check came to, against one snapshot.
enum Prepared {
    /// It is there already.
    Known(Registered),
    /// It may be stored if nothing has changed since.
    New(Box<Plan>),
}

/// A schema that was checked, and what the check relied on.
struct Plan {
    schema: Arc<Schema>,
    /// The id that an import asks for.
    wanted_id: Option<u32>,
    /// The version that the request asks for; must then be the next one, except in imports.
    wanted_number: Option<i32>,
    /// Revision of the subject, 0 when there was none.
    subject_revision: u64,
    settings_revision: u64,
}

impl Registry {
    /// Registers a schema under a subject. The same request twice gives the same answer.
    pub(crate) async fn register(
        &self,
        subject: &SubjectName,
        request: RegisterRequest,
        normalize: bool,
    ) -> Result<Registered, ApiError> {
        if !subject.is_valid() {
            return Err(ApiError::invalid_subject(subject));
        }
        let request = Arc::new(request);
        let mut turns = Vec::new();
        for attempt in 0..ATTEMPTS {
            if attempt == 1 {
                // Somebody else writes to this subject: from here on, take turns.
                turns.push(self.turn(subject).lock().await);
            }
            let (state, cache) = (self.snapshot(), Arc::clone(&self.parsed));
            let (name, asked) = (subject.clone(), Arc::clone(&request));
            let plan = match self.work(move || prepare(&cache, &state, &name, &asked, normalize)).await? {
                Prepared::Known(registered) => return Ok(registered),
                Prepared::New(plan) => plan,
            };
            let name = subject.clone();
            if let Some(registered) = self.writer.submit(move |state| decide(state, &name, &plan)).await? {
                return Ok(registered);
            }
        }
        Err(ApiError::contended())
    }

    fn turn(&self, subject: &SubjectName) -> &tokio::sync::Mutex<()> {
        let mut hash = DefaultHasher::new();
        subject.hash(&mut hash);
        let stripe = usize::try_from(hash.finish() % STRIPES as u64).unwrap_or(0);
        &self.stripes[stripe]
    }
}

/// Reads, looks up and checks, against one snapshot.
fn prepare(
    cache: &ParsedCache,
    state: &State,
    subject: &SubjectName,
    request: &RegisterRequest,
    normalize: bool,
) -> Result<Prepared, ApiError> {
    let import = matches!(mode_of(state, &subject.to_string()), "IMPORT" | "FORWARD");
    let request = &*with_tags(state, subject, request)?;
    let wanted_id = wanted_id(subject, request, import)?;
    let effective = Effective::of(state, subject);
    let how = Reading { strict: !import, normalize: !import && (normalize || effective.normalize) };
    let incoming = incoming(state, subject, request, how, import)?;
    let asked_number = request.version.filter(|number| *number != 0);
    let metadata = stored_metadata(state, subject, request, &effective, import);
    // A request without a text whose latest version carries a version property makes a new version each time.
    let repeats = request.schema.as_deref().is_none_or(|text| text.trim().is_empty()) && has_version_property(metadata.as_ref());
    if !import
        && asked_number.is_none()
        && !repeats
        && let Some(found) = find_schema(cache, state, subject, &incoming, request.metadata.as_ref(), false)
    {
        let (id, number, schema) = (found.version.id, found.number, found.schema);
        return Ok(Prepared::Known(Registered { id, number, schema }));
    }
    refuse_read_only(state, subject)?;
    let schema = incoming.with_metadata(metadata.clone());
    if let Some(known) = imported_again(state, subject, &schema, wanted_id, asked_number) {
        return Ok(Prepared::Known(known));
    }
    if !import {
        let messages = compatibility(cache, state, subject, &incoming, metadata.as_ref(), &live(state, subject), &effective);
        if !messages.is_empty() {
            return Err(ApiError::incompatible(subject, &messages));
        }
    }
    Ok(Prepared::New(Box::new(Plan {
        schema: Arc::new(schema),
        wanted_id,
        wanted_number: asked_number.filter(|number| *number > 0),
        subject_revision: state.subject(subject).map_or(0, |s| s.revision),
        settings_revision: state.settings_revision,
    })))
}

/// The request with the tags that it asks for written into its text. Such a registration is always a new version.
fn with_tags<'a>(
    state: &State,
    subject: &SubjectName,
    request: &'a RegisterRequest,
) -> Result<Cow<'a, RegisterRequest>, ApiError> {
    let (add, remove) = (&request.schema_tags_to_add, &request.schema_tags_to_remove);
    let asked = !add.is_empty() || !remove.is_empty();
    let latest = || state.subject(subject)?.latest().and_then(|(number, _)| state.version(subject, number));
    if !asked && !request.propagate_schema_tags {
        return Ok(Cow::Borrowed(request));
    }
    if request.format() != SchemaType::Avro {
        let why = format!("Invalid schema of type {}, details: only Avro schemas are tagged in their text", request.format());
        return if asked { Err(ApiError::invalid_schema(why)) } else { Ok(Cow::Borrowed(request)) };
    }
    let lenient = Reading { strict: false, normalize: false };
    let incoming = incoming(state, subject, request, lenient, false)?;
    let inherited = || -> Vec<SchemaTags> {
        let own: HashSet<SchemaEntity> = tags::entities(&incoming.parsed.text).into_iter().collect();
        let tags = latest().map(|(_, schema)| tags::of(&schema.text)).unwrap_or_default();
        tags.into_iter().filter(|tags| own.contains(&tags.schema_entity)).collect()
    };
    let mut all = if request.propagate_schema_tags { inherited() } else { Vec::new() };
    all.extend(add.iter().cloned());
    let text = tags::edit(&incoming.parsed.text, &all, remove).map_err(ApiError::invalid_schema)?;
    let version = request.version.filter(|number| *number != 0).or(asked.then_some(-1));
    Ok(Cow::Owned(RegisterRequest { schema: Some(text), references: incoming.references.clone(), version, ..request.clone() }))
}

/// An import of an id that the subject has already, without a certain version.
fn imported_again(
    state: &State,
    subject: &SubjectName,
    schema: &Schema,
    wanted_id: Option<u32>,
    asked_number: Option<i32>,
) -> Option<Registered> {
    let id = wanted_id.filter(|_| asked_number.is_none_or(|number| number < 0))?;
    let known = state.context(&subject.context)?.schema(id).filter(|known| known.identity == schema.identity)?;
    let (number, _) = state.subject(subject)?.live().rev().find(|(_, version)| version.id == id)?;
    Some(Registered { id, number, schema: Arc::clone(known) })
}

/// Imports bring their ids; nobody else may.
fn wanted_id(subject: &SubjectName, request: &RegisterRequest, import: bool) -> Result<Option<u32>, ApiError> {
    let context = subject.context_prefix();
    let given = request.id.and_then(|id| u32::try_from(id).ok());
    match (import, given) {
        (true, None) => Err(ApiError::not_permitted(format!("Subject {subject} in context {context} is not in read-write mode"))),
        (false, Some(_)) => Err(ApiError::not_permitted(format!("Subject {subject} in context {context} is not in import mode"))),
        (_, given) => Ok(given),
    }
}

/// The schema of the request; a request without a text means the latest one again.
fn incoming(
    state: &State,
    subject: &SubjectName,
    request: &RegisterRequest,
    how: Reading,
    import: bool,
) -> Result<Incoming, ApiError> {
    let text = request.schema.as_deref().filter(|text| !text.trim().is_empty());
    if let Some(text) = text {
        return read(state, subject, &request.format(), text, &request.references, how);
    }
    let latest = state.subject(subject).and_then(Subject::latest).and_then(|(number, _)| state.version(subject, number));
    match latest {
        Some((_, schema)) if !import => read(state, subject, &schema.format, &schema.text, &schema.references, how),
        _ => Err(ApiError::invalid_schema("Empty schema")),
    }
}

/// The metadata that is stored. A version that is asked for is kept in it, and whoever inherits it is renumbered.
fn stored_metadata(
    state: &State,
    subject: &SubjectName,
    request: &RegisterRequest,
    effective: &Effective,
    import: bool,
) -> Option<Metadata> {
    if import {
        return request.metadata.clone();
    }
    let mut metadata = merged_metadata(state, subject, request.metadata.as_ref(), effective);
    let asked = request.version.filter(|number| *number != 0);
    if asked.is_some() || (has_version_property(metadata.as_ref()) && request.metadata.is_none()) {
        let next = state.subject(subject).map_or(1, Subject::next_version);
        let number = asked.filter(|number| *number > 0).unwrap_or(next);
        metadata.get_or_insert_default().properties.insert(VERSION_PROPERTY.to_owned(), number.to_string());
    }
    metadata
}

/// Stores what was checked, if what the check relied on still holds; `None` asks for another check.
fn decide(state: &State, subject: &SubjectName, plan: &Plan) -> Result<(Vec<Change>, Option<Registered>), ApiError> {
    let known = state.subject(subject);
    let unchanged = known.map_or(0, |s| s.revision) == plan.subject_revision && state.settings_revision == plan.settings_revision;
    let target = |r: &eventpact_registry_client::Reference| SubjectName::parse_in(&r.subject, subject);
    let references_live = || {
        let mut all = plan.schema.references.iter();
        all.all(|r| state.version(&target(r), r.version).is_some_and(|(version, _)| !version.deleted))
    };
    if !unchanged || !references_live() {
        return Ok((Vec::new(), None));
    }
    let next = known.map_or(1, Subject::next_version);
    let number = plan.wanted_number.unwrap_or(next);
    if plan.wanted_id.is_none() && number != next {
        return Err(ApiError::invalid_schema("Version is not one more than previous version"));
    }
    let mut changes = Vec::new();
    let id = bind_id(state, subject, plan, &mut changes)?;
    if plan.wanted_id.is_none() {
        forget_deleted_twins(state, subject, id, &mut changes);
    }
    changes.push(Change::PutVersion { subject: subject.clone(), number, version: Version { id, deleted: false, ts: now() } });
    Ok((changes, Some(Registered { id, number, schema: Arc::clone(&plan.schema) })))
}

/// The id of the schema: the one it has in this context, the one an import asks for, or the next.
fn bind_id(state: &State, subject: &SubjectName, plan: &Plan, changes: &mut Vec<Change>) -> Result<u32, ApiError> {
    let context = state.context(&subject.context);
    let known = context.and_then(|c| c.id_of(plan.schema.identity));
    let next = context.map_or(1, |c| c.next_id);
    let id = match (plan.wanted_id, known) {
        (None, Some(known)) => return Ok(known),
        (Some(wanted), _) => match context.and_then(|c| c.schema(wanted)) {
            Some(old) if old.identity == plan.schema.identity => return Ok(wanted),
            Some(_) => {
                let place = subject.context_prefix();
                return Err(ApiError::not_permitted(format!(
                    "Overwrite new schema with id {wanted} in context {place} is not permitted."
                )));
            }
            None => wanted,
        },
        (None, None) => next,
    };
    // Ids are 31 bits wide in the clients; the original runs over into negative ones, we refuse.
    let after = id
        .checked_add(1)
        .filter(|_| id < i32::MAX as u32)
        .ok_or_else(|| ApiError::not_permitted("No id is left in this context"))?;
    changes.push(Change::PutContext { context: Arc::clone(&subject.context), next_id: next.max(after), listed: true });
    let (context, schema) = (Arc::clone(&subject.context), Arc::clone(&plan.schema));
    changes.push(Change::PutSchema { context, id, schema, imported: plan.wanted_id.is_some() });
    Ok(id)
}

/// A schema that comes back replaces its soft-deleted versions, unless somebody refers to them.
fn forget_deleted_twins(state: &State, subject: &SubjectName, id: u32, changes: &mut Vec<Change>) {
    let versions = state.subject(subject).into_iter().flat_map(Subject::versions);
    let twins = versions.filter(|(_, version)| version.deleted && version.id == id).map(|(number, _)| number);
    let free = twins.filter(|number| state.referrers(subject, *number).next().is_none());
    changes.extend(free.map(|number| Change::DropVersion { subject: subject.clone(), number }));
}

/// The formats that can be registered, in the order of the original.
pub(crate) fn formats() -> [SchemaType; 3] {
    [SchemaType::Json, SchemaType::Protobuf, SchemaType::Avro]
}
