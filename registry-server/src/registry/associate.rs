//! Binding subjects to topics, and parting them.
//!
//! A strong subject is its topic's alone and lives with it; a weak one may serve several topics. What is frozen cannot be changed,
//! only parted together with its subject.

use std::collections::HashSet;
use std::sync::Arc;

use eventpact_registry_client::wire::{
    Association, AssociationEntry, AssociationInfo, AssociationRequest, AssociationResponse, Lifecycle,
};
use eventpact_registry_client::{RegisterRequest, SchemaObject};

use super::check::Against;
use super::delete::{refuse_referenced, remove};
use super::settings::{mode_of, refuse_read_only};
use super::{Registry, now};
use crate::associations::Owner;
use crate::error::ApiError;
use crate::state::{State, Subject, Version};
use crate::store::Change;
use crate::subject::SubjectName;

/// The only type of resource so far.
pub(crate) const TOPIC: &str = "topic";

/// The longest name of a topic or of its namespace, in characters.
const MAX_NAME: usize = 256;

/// How a request to bind is to be taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Binding<'a> {
    /// What is bound already stays as it is.
    pub(crate) create: bool,
    /// Nothing is changed.
    pub(crate) dry_run: bool,
    /// The context of subjects that name none.
    pub(crate) context: Option<&'a str>,
}

/// How topics and subjects are to be parted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parting {
    /// Strong subjects are deleted for good.
    pub(crate) cascade: bool,
    /// Nothing is changed.
    pub(crate) dry_run: bool,
}

/// One subject of a request, checked by itself.
#[derive(Debug, Clone)]
struct Entry {
    subject: Option<SubjectName>,
    kind: String,
    lifecycle: Option<Lifecycle>,
    frozen: Option<bool>,
    schema: Option<RegisterRequest>,
    normalize: bool,
}

/// One subject of a request, checked against what there is.
struct Step {
    subject: SubjectName,
    kind: String,
    lifecycle: Lifecycle,
    frozen: bool,
    old: Option<Arc<Association>>,
    /// It is bound so already.
    done: bool,
    /// The schema must be the one that the subject has.
    must_be_known: bool,
    schema: Option<RegisterRequest>,
    normalize: bool,
}

impl Registry {
    /// Binds subjects to a topic: registers the schemas that the request brings, then stores the bindings, all or none.
    /// `may_write` refuses subjects that the caller may not write to.
    pub(crate) async fn associate(
        &self,
        request: AssociationRequest,
        how: Binding<'_>,
        may_write: impl Fn(&SubjectName) -> Result<(), ApiError>,
    ) -> Result<AssociationResponse, ApiError> {
        let topic = Topic::of(&request, how.dry_run)?;
        let entries = request.associations.into_iter();
        let entries = entries.map(|entry| Entry::of(entry, &topic, &self.snapshot(), how)).collect::<Result<Vec<_>, _>>()?;
        let steps = plan(&self.snapshot(), &topic, &entries, how.create, false)?;
        steps.iter().try_for_each(|step| may_write(&step.subject))?;
        for step in &steps {
            self.check_schema(step).await?;
        }
        if how.dry_run {
            return Ok(topic.response(Vec::new()));
        }
        let mut schemas = Vec::new();
        for step in steps.iter().filter(|step| !step.done) {
            schemas.push((step.kind.clone(), self.register_schema(step).await?));
        }
        let (bound, create) = (topic.clone(), how.create);
        let stored = self.writer.submit(move |state| {
            let steps = plan(state, &bound, &entries, create, true)?;
            let made: Vec<Arc<Association>> = steps.iter().filter(|s| !s.done).map(|s| Arc::new(bound.bind(s))).collect();
            let changes = made.iter().map(|made| Change::PutAssociation { association: Arc::clone(made) }).collect();
            Ok((changes, made))
        });
        let infos = stored.await?.into_iter().map(|made| {
            let schema = schemas.iter().find(|(kind, _)| *kind == made.association_type).and_then(|(_, schema)| schema.clone());
            info(&made, schema)
        });
        Ok(topic.response(infos.collect()))
    }

    async fn check_schema(&self, step: &Step) -> Result<(), ApiError> {
        let Some(schema) = &step.schema else { return Ok(()) };
        if step.must_be_known {
            let known = self.lookup(&step.subject, schema.clone(), step.normalize, false, |_| true).await;
            if known.is_err() {
                return Err(match &step.old {
                    Some(old) => ApiError::resource_is_associated(&old.association_type, &old.resource_name),
                    None => ApiError::invalid_association(
                        "frozen",
                        "cannot create a frozen association when schemas already exist in the subject",
                    ),
                });
            }
        }
        let messages = self.check(&step.subject, Against::Level, schema.clone(), step.normalize).await?;
        if messages.is_empty() { Ok(()) } else { Err(ApiError::incompatible_schema(&messages)) }
    }

    async fn register_schema(&self, step: &Step) -> Result<Option<SchemaObject>, ApiError> {
        let Some(schema) = &step.schema else { return Ok(None) };
        if mode_of(&self.snapshot(), &step.subject.to_string()) == "IMPORT" {
            return Ok(None);
        }
        let registered = self.register(&step.subject, schema.clone(), step.normalize, false).await?;
        let found = super::lookup::Found::at(&self.snapshot(), &step.subject, registered.number);
        Ok(found.map(|found| SchemaObject { ts: None, deleted: None, ..found.object() }))
    }

    /// Parts a topic from the wanted ones of its subjects. `may_write` refuses subjects that the caller may not write to.
    pub(crate) async fn part(
        &self,
        resource_id: &str,
        wanted: impl Fn(&Association) -> bool + Send + 'static,
        may_write: impl Fn(&SubjectName) -> Result<(), ApiError> + Send + 'static,
        how: Parting,
    ) -> Result<(), ApiError> {
        let id = resource_id.to_owned();
        self.writer
            .submit(move |state| {
                let all = state.associations.of(Owner::ResourceId(&id));
                let all: Vec<Arc<Association>> = all.into_iter().filter(|a| wanted(a)).collect();
                if all.is_empty() {
                    return Err(ApiError::association_not_found(&id));
                }
                for one in &all {
                    let subject = SubjectName::parse(&one.subject);
                    may_write(&subject)?;
                    refuse_read_only(state, &subject)?;
                    if one.frozen && !how.cascade {
                        return Err(ApiError::association_frozen(&one.association_type, &one.subject));
                    }
                }
                let mut changes = Vec::new();
                for one in all.into_iter().filter(|_| !how.dry_run) {
                    if how.cascade && one.lifecycle == Lifecycle::Strong {
                        changes.extend(with_subject(state, &SubjectName::parse(&one.subject))?);
                    }
                    changes.push(Change::DropAssociation { association: one });
                }
                Ok((changes, ()))
            })
            .await
    }
}

/// All versions of a subject, gone for good; nobody else may refer to them.
fn with_subject(state: &State, subject: &SubjectName) -> Result<Vec<Change>, ApiError> {
    if mode_of(state, &subject.to_string()) == "IMPORT" {
        return Ok(Vec::new());
    }
    let versions: Vec<(i32, Version)> = state.subject(subject).into_iter().flat_map(Subject::versions).collect();
    for (number, _) in &versions {
        refuse_referenced(state, subject, *number, true, true)?;
    }
    Ok(remove(state, subject, &versions))
}

/// An association as it is told in answers.
pub(crate) fn info(association: &Association, schema: Option<SchemaObject>) -> AssociationInfo {
    AssociationInfo {
        subject: association.subject.clone(),
        association_type: association.association_type.clone(),
        lifecycle: association.lifecycle,
        frozen: association.frozen,
        schema,
    }
}

/// The topic of a request.
#[derive(Debug, Clone)]
struct Topic {
    name: String,
    namespace: String,
    /// Empty only in a dry run.
    id: String,
}

impl Topic {
    fn of(request: &AssociationRequest, dry_run: bool) -> Result<Self, ApiError> {
        let name = checked_name(request.resource_name.as_deref(), "resourceName")?;
        let namespace = checked_name(request.resource_namespace.as_deref(), "resourceNamespace")?;
        let id = request.resource_id.clone().unwrap_or_default();
        if id.is_empty() && !dry_run {
            return Err(ApiError::invalid_association("resourceId", "cannot be null or empty"));
        }
        if request.resource_type.as_deref().is_some_and(|kind| !kind.is_empty() && kind != TOPIC) {
            return Err(ApiError::invalid_association("resourceType", "must be 'topic'"));
        }
        if request.associations.is_empty() {
            return Err(ApiError::invalid_association("associations", "cannot be null or empty"));
        }
        Ok(Self { name, namespace, id })
    }

    /// The subject that belongs to the topic by its name.
    fn own_subject(&self, kind: &str) -> SubjectName {
        SubjectName::parse(&format!(":.{}:{}-{kind}", self.namespace, self.name))
    }

    fn response(&self, associations: Vec<AssociationInfo>) -> AssociationResponse {
        AssociationResponse {
            resource_name: Some(self.name.clone()),
            resource_namespace: Some(self.namespace.clone()),
            resource_id: Some(self.id.clone()).filter(|id| !id.is_empty()),
            resource_type: Some(TOPIC.to_owned()),
            associations,
        }
    }

    fn bind(&self, step: &Step) -> Association {
        let now = now();
        let fresh = || Association {
            subject: step.subject.to_string(),
            guid: uuid::Uuid::new_v4().to_string(),
            resource_name: self.name.clone(),
            resource_namespace: self.namespace.clone(),
            resource_id: self.id.clone(),
            resource_type: TOPIC.to_owned(),
            association_type: step.kind.clone(),
            lifecycle: step.lifecycle,
            frozen: step.frozen,
            create_ts: now,
            update_ts: now,
        };
        match &step.old {
            Some(old) => Association { lifecycle: step.lifecycle, update_ts: now, ..(**old).clone() },
            None => fresh(),
        }
    }
}

fn checked_name(name: Option<&str>, property: &str) -> Result<String, ApiError> {
    let name = name.unwrap_or_default();
    if name.is_empty() {
        return Err(ApiError::invalid_association(property, "cannot be null or empty"));
    }
    if name.chars().count() > MAX_NAME {
        return Err(ApiError::invalid_association(property, format!("exceeds max length of {MAX_NAME}")));
    }
    // Names of topics have dots; the original takes none.
    match name.chars().find(|c| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))) {
        Some(odd) => Err(ApiError::invalid_association(property, format!("illegal character '{odd}'"))),
        None => Ok(name.to_owned()),
    }
}

impl Entry {
    /// What can be said about an entry without looking at what is bound.
    fn of(given: AssociationEntry, topic: &Topic, state: &State, how: Binding<'_>) -> Result<Self, ApiError> {
        let invalid = ApiError::invalid_association;
        let kind = given.association_type.filter(|kind| !kind.is_empty()).unwrap_or_else(|| "value".to_owned());
        if !matches!(kind.as_str(), "key" | "value") {
            return Err(invalid("associationType", "must be either 'key' or 'value'"));
        }
        if given.subject.as_deref().is_some_and(|subject| subject.is_empty() || subject.chars().any(char::is_control)) {
            return Err(invalid("subject", "must not be empty"));
        }
        let has_schema = given.schema.is_some();
        if has_schema && given.lifecycle == Some(Lifecycle::Weak) {
            return Err(invalid("lifecycle", "cannot be WEAK when schema is provided"));
        }
        if has_schema && how.create && given.frozen == Some(false) {
            return Err(invalid("frozen", "cannot be false when schema is provided for create"));
        }
        if has_schema && !how.create && given.frozen == Some(true) {
            return Err(invalid("frozen", "cannot be true when creating via upsert; use create instead"));
        }
        let home = SubjectName::parse(how.context.unwrap_or_default());
        let subject = given.subject.map(|subject| state.real_name(SubjectName::parse_in(&subject, &home)));
        let mut entry = Self {
            subject,
            kind,
            lifecycle: given.lifecycle,
            frozen: given.frozen,
            schema: given.schema,
            normalize: given.normalize.unwrap_or(false),
        };
        if how.create {
            entry.settle(true);
        }
        if entry.lifecycle == Some(Lifecycle::Weak) && entry.frozen == Some(true) {
            return Err(invalid("frozen", "association with lifecycle of WEAK cannot be frozen"));
        }
        if how.create && entry.lifecycle == Some(Lifecycle::Weak) && entry.subject.is_none() {
            return Err(invalid("subject", "must be provided for WEAK associations"));
        }
        if how.create {
            let own = topic.own_subject(&entry.kind);
            let subject = entry.subject.get_or_insert_with(|| own.clone());
            refuse_wrong_subject(subject, &own, entry.lifecycle == Some(Lifecycle::Weak), entry.frozen == Some(true))?;
        }
        if let Some(subject) = &entry.subject {
            refuse_read_only(state, subject)?;
        }
        Ok(entry)
    }

    /// Fills in what a new binding has when the request does not say: a schema means a strong one, frozen if it is created.
    fn settle(&mut self, create: bool) {
        if self.schema.is_some() {
            self.lifecycle = Some(Lifecycle::Strong);
            self.frozen = Some(create);
        }
        self.lifecycle.get_or_insert(Lifecycle::Weak);
        self.frozen.get_or_insert(false);
    }
}

/// What is frozen has the topic's own subject; what is weak does not.
fn refuse_wrong_subject(subject: &SubjectName, own: &SubjectName, weak: bool, frozen: bool) -> Result<(), ApiError> {
    if frozen && subject != own {
        return Err(ApiError::invalid_association("subject", format!("frozen associations must use subject '{own}'")));
    }
    if weak && subject == own {
        return Err(ApiError::invalid_association("subject", format!("WEAK associations cannot use subject '{own}'")));
    }
    Ok(())
}

/// Checks entries against what there is. `registered`: the schemas that they bring are there by now.
fn plan(state: &State, topic: &Topic, entries: &[Entry], create: bool, registered: bool) -> Result<Vec<Step>, ApiError> {
    let mut kinds = HashSet::new();
    if let Some(double) = entries.iter().find(|entry| !kinds.insert(entry.kind.as_str())) {
        let detail = format!("Duplicate association type: {}", double.kind);
        return Err(ApiError::invalid_association("associationType", detail));
    }
    let owner = if topic.id.is_empty() { Owner::Resource(&topic.namespace, &topic.name) } else { Owner::ResourceId(&topic.id) };
    let bound = state.associations.of(owner);
    let old = |kind: &str| bound.iter().filter(|a| a.association_type == kind).max_by_key(|a| a.update_ts).cloned();
    let steps = entries.iter().map(|entry| step(state, topic, entry, old(&entry.kind), create));
    let steps = steps.collect::<Result<Vec<_>, _>>()?;
    for step in &steps {
        refuse_without_version(state, step, registered)?;
        refuse_rivals(state, step)?;
    }
    Ok(steps)
}

fn step(state: &State, topic: &Topic, entry: &Entry, old: Option<Arc<Association>>, create: bool) -> Result<Step, ApiError> {
    let invalid = ApiError::invalid_association;
    let mut entry = entry.clone();
    if old.is_none() {
        entry.settle(create);
    }
    let own = topic.own_subject(&entry.kind);
    let Some(lifecycle) = entry.lifecycle.or_else(|| old.as_ref().map(|old| old.lifecycle)) else {
        return Err(invalid("lifecycle", "lifecycle must be set"));
    };
    let subject = match (entry.subject, &old) {
        (Some(subject), _) => subject,
        (None, Some(old)) => SubjectName::parse(&old.subject),
        (None, None) if lifecycle == Lifecycle::Strong => own.clone(),
        (None, None) => return Err(invalid("subject", "must be provided for WEAK associations")),
    };
    if lifecycle == Lifecycle::Weak && entry.schema.is_some() {
        return Err(invalid("lifecycle", "cannot be WEAK when schema is provided"));
    }
    let frozen = old.as_ref().map_or(entry.frozen == Some(true), |old| old.frozen);
    refuse_wrong_subject(&subject, &own, lifecycle == Lifecycle::Weak, frozen)?;
    let done = old.as_ref().is_some_and(|old| {
        old.subject == subject.to_string()
            && entry.lifecycle.is_none_or(|wanted| wanted == old.lifecycle)
            && entry.frozen.is_none_or(|wanted| wanted == old.frozen)
    });
    let mut must_be_known = done && create;
    match &old {
        Some(_) if done => {}
        Some(old) if create => return Err(ApiError::resource_is_associated(&old.association_type, &old.resource_name)),
        Some(old) => refuse_change(old, &subject, entry.lifecycle, entry.frozen, entry.schema.is_some())?,
        None if frozen && mode_of(state, &subject.to_string()) != "IMPORT" => {
            if create && entry.schema.is_none() {
                return Err(invalid("schema", "schema must be provided when creating a frozen association"));
            }
            must_be_known = state.subject(&subject).is_some_and(|s| s.latest().is_some());
        }
        None => {}
    }
    let (kind, schema, normalize) = (entry.kind, entry.schema, entry.normalize);
    Ok(Step { subject, kind, lifecycle, frozen, old, done, must_be_known, schema, normalize })
}

/// What may not be changed about a binding.
fn refuse_change(
    old: &Association,
    subject: &SubjectName,
    lifecycle: Option<Lifecycle>,
    frozen: Option<bool>,
    has_schema: bool,
) -> Result<(), ApiError> {
    let invalid = |property: &str, detail: &str| ApiError::invalid_association(property, detail);
    if lifecycle.is_none() && !has_schema {
        return Err(invalid("lifecycle", "at least lifecycle or schema must be provided for update"));
    }
    if old.subject != subject.to_string() {
        let detail = format!("subject of association cannot be changed from '{}' to '{subject}'", old.subject);
        return Err(invalid("subject", &detail));
    }
    if frozen.is_some_and(|wanted| wanted != old.frozen) {
        return Err(invalid("frozen", "frozen attribute of association cannot be changed"));
    }
    if old.frozen {
        return Err(ApiError::association_frozen(&old.association_type, &old.subject));
    }
    Ok(())
}

fn refuse_without_version(state: &State, step: &Step, registered: bool) -> Result<(), ApiError> {
    let live = state.subject(&step.subject).is_some_and(|s| s.latest().is_some());
    let import = mode_of(state, &step.subject.to_string()) == "IMPORT";
    let brings_one = step.schema.is_some() && (!registered || import);
    if live || brings_one { Ok(()) } else { Err(ApiError::no_active_version(&step.subject)) }
}

/// A strong subject has one topic.
fn refuse_rivals(state: &State, step: &Step) -> Result<(), ApiError> {
    let others = state.associations.of(Owner::Subject(&step.subject.to_string()));
    let mut rivals = others.iter().filter(|other| step.old.as_ref().is_none_or(|old| old.guid != other.guid));
    match step.lifecycle {
        Lifecycle::Strong if rivals.next().is_some() => Err(ApiError::subject_is_associated(&step.subject)),
        Lifecycle::Weak if rivals.any(|rival| rival.lifecycle == Lifecycle::Strong) => {
            Err(ApiError::subject_is_strongly_associated(&step.subject))
        }
        _ => Ok(()),
    }
}
