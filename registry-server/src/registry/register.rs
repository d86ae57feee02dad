//! Registering a schema: found, or checked and stored as the next version.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use eventpact_contract::schema::Schema as Tree;
use eventpact_registry_client::wire::{RuleSet, SchemaEntity, SchemaTags, TagRequest};
use eventpact_registry_client::{Metadata, RegisterRequest, SchemaType};

use super::check::{asked_for, compatibility};
use super::equal::{Wanted, find, find_latest, merged};
use super::lookup::Found;
use super::settings::{Effective, mode_of, refuse_read_only};
use super::{Incoming, Registry, STRIPES, now, read};
use crate::deadline;
use crate::error::ApiError;
use crate::parsed::ParsedCache;
use crate::rules::Rulesets;
use crate::schema::Reading;
use crate::state::{Schema, State, Subject, VERSION_PROPERTY, Version};
use crate::store::Change;
use crate::subject::SubjectName;
use crate::{rules, tags};

/// How often a registration is checked again because the subject or its settings changed meanwhile.
const ATTEMPTS: usize = 12;

/// The version of a request that means "after the latest one", and is answered with the latest one if that is the same.
const LATEST: i32 = -1;

/// The code of a refusal for incompatibility, as it is made.
const INCOMPATIBLE: i32 = 40901;

/// What a registration gave.
#[derive(Debug, Clone)]
pub(crate) struct Registered {
    pub(crate) id: u32,
    pub(crate) number: i32,
    pub(crate) schema: Arc<Schema>,
    /// Told when it was there already and was found by comparing.
    pub(crate) version: Option<Version>,
}

impl From<Found> for Registered {
    fn from(found: Found) -> Self {
        let version = found.by_content.then_some(found.version);
        Self { id: found.version.id, number: found.number, schema: found.schema, version }
    }
}

/// What a check came to, against one snapshot.
pub(super) enum Prepared {
    /// It is there already.
    Known(Registered),
    /// It may be stored if nothing has changed since.
    New(Box<Plan>),
}

/// A schema that was checked, and what the check relied on.
#[derive(Debug)]
pub(super) struct Plan {
    schema: Arc<Schema>,
    /// The id that an import asks for.
    wanted_id: Option<u32>,
    /// Nothing is compared, and versions may be anything.
    import: bool,
    /// It was read as something new: what it refers to must be live.
    strict: bool,
    /// The version that the request asks for; must then be the next one, except in imports.
    wanted_number: Option<i32>,
    /// Revision of the subject, 0 when there was none.
    subject_revision: u64,
    settings_revision: u64,
}

impl Registry {
    /// Registers a schema under a subject. The same request twice gives the same answer, unless it must be stored `anew`.
    pub(crate) async fn register(
        &self,
        subject: &SubjectName,
        mut request: RegisterRequest,
        normalize: bool,
        anew: bool,
    ) -> Result<Registered, ApiError> {
        request.rule_set = rules::admit(request.rule_set, self.dialect.rulesets)?;
        if !subject.is_valid() {
            return Err(ApiError::invalid_subject(subject));
        }
        let stored = self.register_admitted(subject, request, normalize, anew).await;
        stored.map_err(
            |error| if error.code == INCOMPATIBLE { error.with_code(self.dialect.incompatible_code.number()) } else { error },
        )
    }

    async fn register_admitted(
        &self,
        subject: &SubjectName,
        request: RegisterRequest,
        normalize: bool,
        anew: bool,
    ) -> Result<Registered, ApiError> {
        let request = Arc::new(request);
        let mut turns = Vec::new();
        for attempt in 0..ATTEMPTS {
            if attempt == 1 {
                // Somebody else writes to this subject: from here on, take turns.
                turns.push(self.turn(subject).lock().await);
            }
            let (state, cache) = (self.snapshot(), Arc::clone(&self.parsed));
            let seen = Arc::clone(&state);
            let (name, asked) = (subject.clone(), Arc::clone(&request));
            let plan = match self
                .work_on((&state, subject), &request, move || prepare(&cache, &seen, &name, &asked, normalize, anew))
                .await?
            {
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

    /// The rules of a version that is tagged: those given, or those of the version before with some merged in and some left out.
    pub(crate) fn tagged_rules(&self, subject: &SubjectName, request: &TagRequest) -> Result<Option<RuleSet>, ApiError> {
        let given = rules::admit(request.rule_set.clone(), self.dialect.rulesets)?;
        let merged = rules::admit(request.rules_to_merge.clone(), self.dialect.rulesets)?;
        let edits = merged.is_some() || !request.rules_to_remove.is_empty();
        if self.dialect.rulesets == Rulesets::Drop || !edits {
            return Ok(given);
        }
        if given.is_some() {
            return Err(ApiError::invalid_rules("ruleSet should be omitted if specifying rulesToMerge or rulesToRemove"));
        }
        let state = self.snapshot();
        let before = match request.new_version {
            Some(number) if number > 1 => Some(number - 1),
            _ => state.subject(subject).and_then(Subject::latest).map(|(number, _)| number),
        };
        let old = before.and_then(|number| state.version(subject, number)).and_then(|(_, schema)| schema.rules.clone());
        let edited = old.into_iter().chain(merged).reduce(rules::merge);
        Ok(edited.map(|edited| rules::without(edited, &request.rules_to_remove)))
    }

    /// Who holds this may go on alone with what is registered under the subject.
    pub(super) fn turn(&self, subject: &SubjectName) -> &tokio::sync::Mutex<()> {
        let mut hash = DefaultHasher::new();
        subject.hash(&mut hash);
        let stripe = usize::try_from(hash.finish() % STRIPES as u64).unwrap_or(0);
        &self.stripes[stripe]
    }
}

/// Reads, looks up and checks, against one snapshot.
pub(super) fn prepare(
    cache: &ParsedCache,
    state: &State,
    subject: &SubjectName,
    request: &RegisterRequest,
    normalize: bool,
    anew: bool,
) -> Result<Prepared, ApiError> {
    if deadline::is_over() {
        return Err(ApiError::too_much());
    }
    let effective = Effective::of(state, subject);
    let import = matches!(mode_of(state, &subject.to_string()), "IMPORT" | "FORWARD");
    let how = Reading {
        strict: false,
        normalize: normalize || (effective.normalize && !anew),
        check_fields: effective.validate_fields && !import,
    };
    let mut read = None;
    if !anew && let Some(known) = known_before(cache, state, subject, request, how, &effective, &mut read)? {
        return Ok(Prepared::Known(known));
    }
    let request = with_tags(cache, state, subject, request)?;
    // What was read to look it up need not be read again, unless it is another text now or is to be read more strictly.
    let read = read.filter(|_| matches!(request, Cow::Borrowed(_)));
    let request = &*request;
    refuse_read_only(state, subject)?;
    let wanted_id = wanted_id(subject, request, import)?;
    let strict = wanted_id.is_none() && effective.validate_new;
    // To look it up, what it refers to may be deleted.
    let stands = |read: &Incoming| !strict || (read.parsed.is_strict && read.references.is_empty());
    let incoming = match read.filter(stands) {
        Some(read) => read,
        None => incoming(cache, state, subject, request, Reading { strict, ..how }, import)?,
    };
    let (metadata, rules) = stored_extras(state, subject, request, &effective, import);
    let schema = incoming.with(metadata, rules);
    let asked_number = request.version.filter(|number| *number != 0);
    if asked_number.is_none()
        && let Some(known) = known_with_extras(cache, state, subject, &incoming, &schema, wanted_id)
    {
        return Ok(Prepared::Known(known));
    }
    if !import {
        let history = asked_for(state, subject, &effective);
        let messages = compatibility(cache, state, subject, &incoming, schema.metadata.as_ref(), &history, &effective);
        if !messages.is_empty() {
            return Err(ApiError::incompatible(subject, &messages));
        }
    }
    Ok(Prepared::New(Box::new(Plan {
        schema: Arc::new(schema),
        wanted_id,
        import,
        strict,
        wanted_number: asked_number.filter(|number| *number > 0),
        subject_revision: state.subject(subject).map_or(0, |s| s.revision),
        settings_revision: state.settings_revision,
    })))
}

/// The version that has exactly what was sent. It is given back in every mode, also where nothing may be written. `read_already` gets
/// what was read of the request.
fn known_before(
    cache: &ParsedCache,
    state: &State,
    subject: &SubjectName,
    request: &RegisterRequest,
    how: Reading,
    effective: &Effective,
    read_already: &mut Option<Incoming>,
) -> Result<Option<Registered>, ApiError> {
    let tagged = !request.schema_tags_to_add.is_empty() || !request.schema_tags_to_remove.is_empty();
    let text = request.schema.as_deref().unwrap_or("");
    if tagged || request.propagate_schema_tags || effective.has_defaults_or_overrides() || text.trim().is_empty() {
        return Ok(None);
    }
    let incoming = &*read_already.insert(read(cache, state, subject, &request.format(), text, &request.references, how)?);
    let schema = incoming.with(request.metadata.clone(), request.rule_set.clone());
    let wanted = Wanted { incoming, schema: &schema, deleted: false };
    let number = request.version.unwrap_or(0);
    let found = if number == LATEST { find_latest(cache, state, subject, &wanted) } else { find(cache, state, subject, &wanted) };
    let Some(found) = found else { return Ok(None) };
    let same_id = |found: &Found| request.id.and_then(|id| u32::try_from(id).ok()) == Some(found.version.id);
    let no_id = request.id.is_none_or(|id| id < 0);
    if number == 0 || number == LATEST {
        return Ok((no_id || same_id(&found)).then(|| Registered::from(found)));
    }
    if !same_id(&found) {
        return Ok(None);
    }
    // An import may have brought one schema as two versions.
    let asked = if found.number == number { Some(found) } else { Found::at(state, subject, number) };
    Ok(asked.filter(|asked| same_id(asked) && !asked.version.deleted).map(Registered::from))
}

/// The version that has the schema with the metadata and rules that it would be stored with.
fn known_with_extras(
    cache: &ParsedCache,
    state: &State,
    subject: &SubjectName,
    incoming: &Incoming,
    schema: &Schema,
    wanted_id: Option<u32>,
) -> Option<Registered> {
    let found = find(cache, state, subject, &Wanted { incoming, schema, deleted: false })?;
    let (id, number) = (found.version.id, found.number);
    wanted_id.is_none_or(|wanted| wanted == id).then(|| Registered {
        id,
        number,
        schema: Arc::new(schema.clone()),
        version: None,
    })
}

/// The request with the tags that it asks for written into its text. Such a registration is always a new version.
fn with_tags<'a>(
    cache: &ParsedCache,
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
    let incoming = incoming(cache, state, subject, request, Reading::LENIENT, false)?;
    // As in the original, which then takes its own text for one of another package.
    if let Tree::Protobuf(schema) = &incoming.parsed.tree
        && schema.main().is_none_or(|file| file.package.is_empty())
    {
        let why = "Invalid schema of type PROTOBUF, details: a file without a package is not tagged in its text";
        return if asked { Err(ApiError::invalid_schema(why)) } else { Ok(Cow::Borrowed(request)) };
    }
    let inherited = || -> Vec<SchemaTags> {
        let own: HashSet<SchemaEntity> = tags::entities(&incoming.format, &incoming.parsed.text).into_iter().collect();
        let tags = latest().map(|(_, schema)| tags::of(&schema.format, &schema.text)).unwrap_or_default();
        tags.into_iter().filter(|tags| own.contains(&tags.schema_entity)).collect()
    };
    let mut all = if request.propagate_schema_tags { inherited() } else { Vec::new() };
    all.extend(add.iter().cloned());
    let text = tags::edit(&incoming.format, &incoming.parsed.text, &all, remove).map_err(ApiError::invalid_schema)?;
    let version = request.version.filter(|number| *number != 0).or(asked.then_some(-1));
    Ok(Cow::Owned(RegisterRequest { schema: Some(text), references: incoming.references.clone(), version, ..request.clone() }))
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
    cache: &ParsedCache,
    state: &State,
    subject: &SubjectName,
    request: &RegisterRequest,
    how: Reading,
    import: bool,
) -> Result<Incoming, ApiError> {
    let text = request.schema.as_deref().filter(|text| !text.trim().is_empty());
    if let Some(text) = text {
        return read(cache, state, subject, &request.format(), text, &request.references, how);
    }
    let latest = state.subject(subject).and_then(Subject::latest).and_then(|(number, _)| state.version(subject, number));
    match latest {
        Some((_, schema)) if !import => read(cache, state, subject, &schema.format, &schema.text, &schema.references, how),
        _ => Err(ApiError::invalid_schema("Empty schema")),
    }
}

/// The metadata and the rules that are stored. A version that is asked for is kept in the metadata, and whoever inherits it is
/// renumbered.
fn stored_extras(
    state: &State,
    subject: &SubjectName,
    request: &RegisterRequest,
    effective: &Effective,
    import: bool,
) -> (Option<Metadata>, Option<RuleSet>) {
    if import {
        return (request.metadata.clone(), request.rule_set.clone());
    }
    let (mut metadata, rules) = merged(state, subject, request, effective);
    let asked = request.version.filter(|number| *number != 0);
    let has_property = metadata.as_ref().is_some_and(|m| m.properties.contains_key(VERSION_PROPERTY));
    if asked.is_some() || has_property {
        let next = state.next_version(subject);
        metadata.get_or_insert_default().properties.insert(VERSION_PROPERTY.to_owned(), next.to_string());
    }
    (metadata, rules)
}

/// Stores what was checked, if what the check relied on still holds; `None` asks for another check.
fn decide(state: &State, subject: &SubjectName, plan: &Plan) -> Result<(Vec<Change>, Option<Registered>), ApiError> {
    let known = state.subject(subject);
    let unchanged = known.map_or(0, |s| s.revision) == plan.subject_revision && state.settings_revision == plan.settings_revision;
    if !unchanged {
        return Ok((Vec::new(), None));
    }
    place(state, subject, plan)
}

/// The changes that store what was checked; `None` when something that it refers to is gone.
pub(super) fn place(state: &State, subject: &SubjectName, plan: &Plan) -> Result<(Vec<Change>, Option<Registered>), ApiError> {
    let target = |r: &eventpact_registry_client::Reference| SubjectName::parse_in(&r.subject, subject);
    let mut references = plan.schema.references.iter();
    if !references.all(|r| state.version(&target(r), r.version).is_some_and(|(version, _)| !(version.deleted && plan.strict))) {
        return Ok((Vec::new(), None));
    }
    let next = state.next_version(subject);
    let number = plan.wanted_number.unwrap_or(next);
    if !plan.import && number != next {
        return Err(ApiError::invalid_schema("Version is not one more than previous version"));
    }
    let mut changes = Vec::new();
    let id = bind_id(state, subject, plan, &mut changes)?;
    forget_deleted_twins(state, subject, id, number, &mut changes);
    changes.push(Change::PutVersion { subject: subject.clone(), number, version: Version { id, deleted: false, ts: now() } });
    Ok((changes, Some(Registered { id, number, schema: Arc::clone(&plan.schema), version: None })))
}

/// The id of the schema: the one it has in this context, the one an import asks for, or the next.
fn bind_id(state: &State, subject: &SubjectName, plan: &Plan, changes: &mut Vec<Change>) -> Result<u32, ApiError> {
    let context = state.context(&subject.context);
    let known = state.id_of(&subject.context, plan.schema.identity);
    let next = context.map_or(1, |c| c.next_id);
    let id = match (plan.wanted_id, known) {
        (None, Some(known)) => return Ok(known),
        (Some(wanted), _) => match context.and_then(|c| c.schema(wanted)) {
            Some(old) if old.identity == plan.schema.identity && old.format == plan.schema.format => return Ok(wanted),
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
    if id > i32::MAX as u32 {
        return Err(ApiError::not_permitted("No id is left in this context"));
    }
    changes.push(Change::PutContext { context: Arc::clone(&subject.context), next_id: next.max(id + 1), listed: true });
    let (context, schema) = (Arc::clone(&subject.context), Arc::clone(&plan.schema));
    changes.push(Change::PutSchema { context, id, schema, imported: plan.wanted_id.is_some() });
    Ok(id)
}

/// A schema that comes back replaces its older, soft-deleted versions, unless somebody refers to them.
fn forget_deleted_twins(state: &State, subject: &SubjectName, id: u32, new: i32, changes: &mut Vec<Change>) {
    let versions = state.context(&subject.context).into_iter().flat_map(|c| c.uses_in(id, &subject.name));
    let twins = versions.filter(|(number, version)| version.deleted && *number < new).map(|(number, _)| number);
    let free = twins.filter(|number| state.referrers(subject, *number).next().is_none());
    changes.extend(free.map(|number| Change::DropVersion { subject: subject.clone(), number }));
}

/// The formats that can be registered, in the order of the original.
pub(crate) fn formats() -> [SchemaType; 3] {
    [SchemaType::Json, SchemaType::Protobuf, SchemaType::Avro]
}
