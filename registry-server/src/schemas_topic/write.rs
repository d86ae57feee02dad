//! Changes to records, in the form of the original.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use eventpact_registry_client::wire::{Association, Config};
use serde::Serialize;
use serde_json::{Map, Value};

use super::key::{self, Key, TENANT};
use super::record::Record;
#[cfg(any(test, feature = "kafka-store"))]
use super::replay::Replay;
use super::replay::{Kept, is_default};
use crate::documents::Document;
use crate::state::{Context, Schema, State, Subject, Version};
use crate::store::Change;
use crate::subject::SubjectName;

/// A record to be written, and its time in milliseconds since 1970 when that matters.
pub(crate) type Outgoing = (Record, Option<i64>);

#[cfg(any(test, feature = "kafka-store"))]
impl Replay {
    /// The state after all records.
    #[cfg(feature = "kafka-store")]
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// The records that stand for the changes of one request, on `state`, which moves on. Nothing is taken in: that happens when
    /// they are read back.
    pub(crate) fn outgoing(&self, state: &mut State, changes: &[Change]) -> Vec<Outgoing> {
        let before = state.clone();
        for change in changes {
            state.apply(change);
        }
        let scene = Scene { before: &before, after: state, kept: &self.kept };
        let deleted = scene.deleted_subjects(changes);
        let mut out = Vec::new();
        for change in changes {
            scene.write(change, &deleted, &mut out);
        }
        scene.keep_counters(changes, &mut out);
        out
    }

    /// What is true of a key: its value, or that it is gone.
    pub(crate) fn rewrite(&self, key: &Key) -> Vec<Outgoing> {
        let scene = Scene { before: &self.state, after: &self.state, kept: &self.kept };
        let mut out = Vec::new();
        match key {
            Key::Schema { subject, version } => {
                let name = SubjectName::parse(subject);
                match self.state.subject(&name).and_then(|known| known.get(*version)) {
                    Some(stored) => scene.put_version(&name, *version, stored, &mut out),
                    None => scene.put(key.clone(), None, None, &mut out),
                }
            }
            // It soft-deleted versions of which the records are right.
            Key::DeleteSubject { subject } => {
                let value = object([("subject", subject.as_str().into()), ("version", 0.into())]);
                scene.put(key.clone(), Some(value), None, &mut out);
                let name = SubjectName::parse(subject);
                for (number, version) in self.state.subject(&name).into_iter().flat_map(Subject::versions) {
                    scene.put_version(&name, number, version, &mut out);
                }
            }
            Key::Config { subject } => {
                let scope: Arc<str> = subject.as_deref().unwrap_or_default().into();
                let config = self.state.config(&scope).cloned();
                scene.write(&Change::Config { scope, config }, &BTreeMap::new(), &mut out);
            }
            Key::Mode { subject } => {
                let scope: Arc<str> = subject.as_deref().unwrap_or_default().into();
                let mode = self.state.mode(&scope).cloned();
                scene.write(&Change::Mode { scope, mode }, &BTreeMap::new(), &mut out);
            }
            Key::Context { tenant, context } if tenant == TENANT => {
                scene.put_context(context, self.state.context(context).is_some_and(|known| known.listed), &mut out);
            }
            Key::NextId { context } => out.extend(self.state.context(context).map(|known| (next_id(context, known), None))),
            Key::Association(association) => {
                let known = self.association(association);
                scene.put(key.clone(), known.as_deref().map(association_value), known.map(|known| known.update_ts), &mut out);
            }
            Key::Document { name, version } => {
                let known = self.state.documents.get(name).and_then(|known| known.get(*version));
                scene.put(key.clone(), known.map(document_value), known.map(|known| known.ts), &mut out);
            }
            // They say nothing that lasts.
            Key::Context { .. } | Key::ClearSubject { .. } | Key::Noop | Key::Other(_) => {}
        }
        out
    }
}

/// The states around a list of changes.
struct Scene<'s> {
    before: &'s State,
    after: &'s State,
    kept: &'s HashMap<Key, Kept>,
}

impl Scene<'_> {
    fn write(&self, change: &Change, deleted: &BTreeMap<SubjectName, i32>, out: &mut Vec<Outgoing>) {
        match change {
            Change::PutContext { context, listed, .. } => {
                let was = self.before.context(context).is_some_and(|known| known.listed);
                if !is_default(context) && was != *listed {
                    self.put_context(context, *listed, out);
                }
            }
            // What a schema is stands in the records of its versions. The audit log would grow for ever in a topic that every reader
            // reads from its start.
            Change::PutSchema { .. }
            | Change::DropSchema { .. }
            | Change::LeaveOut { .. }
            | Change::PruneAudit { .. }
            | Change::Audit { .. } => {}
            Change::PutDocument { name, number, document } => {
                let key = Key::Document { name: name.to_string(), version: *number };
                self.put(key, Some(document_value(document)), Some(document.ts), out);
            }
            Change::DropDocument { name, number } => {
                self.put(Key::Document { name: name.to_string(), version: *number }, None, None, out);
            }
            Change::PutVersion { subject, number, version } => match deleted.get(subject) {
                Some(last) if number == last => {
                    let name = subject.to_string();
                    let value = object([("subject", name.as_str().into()), ("version", (*last).into())]);
                    self.put(Key::DeleteSubject { subject: name }, Some(value), Some(version.ts), out);
                }
                Some(_) => {}
                None => self.put_version(subject, *number, *version, out),
            },
            Change::DropVersion { subject, number } => {
                self.put(Key::Schema { subject: subject.to_string(), version: *number }, None, None, out);
            }
            Change::Config { scope, config } => {
                let value = config.as_ref().map(|config| with_subject(scope, fields(config)));
                self.put(Key::Config { subject: subject_of(scope) }, value, None, out);
            }
            Change::Mode { scope, mode } => {
                let value = mode.as_ref().map(|mode| with_subject(scope, object([("mode", Value::from(&**mode))])));
                self.put(Key::Mode { subject: subject_of(scope) }, value, None, out);
            }
            Change::PutAssociation { association } => {
                let key = Key::Association(key::Association::of(association));
                self.put(key, Some(association_value(association)), Some(association.update_ts), out);
            }
            Change::DropAssociation { association } => {
                self.put(Key::Association(key::Association::of(association)), None, None, out);
            }
        }
    }

    fn put_context(&self, context: &str, listed: bool, out: &mut Vec<Outgoing>) {
        let key = Key::Context { tenant: TENANT.to_owned(), context: context.to_owned() };
        let value = [("tenant", TENANT.into()), ("context", Value::from(context))];
        self.put(key, listed.then(|| object(value)), None, out);
    }

    fn put_version(&self, subject: &SubjectName, number: i32, version: Version, out: &mut Vec<Outgoing>) {
        let Some(schema) = self.after.context(&subject.context).and_then(|context| context.schema(version.id)) else {
            return; // a version of a schema that nobody knows cannot be decided
        };
        let key = Key::Schema { subject: subject.to_string(), version: number };
        let same = self.before.subject(subject).and_then(|known| known.get(number)).is_some_and(|old| old.id == version.id);
        let kept = self.kept.get(&key).filter(|_| same);
        let mut value = schema_value(&subject.to_string(), number, version, schema);
        value.extend(kept.map(|kept| kept.extra.clone()).unwrap_or_default());
        out.push((Record { form: self.form(&key), key, value: Some(value) }, Some(version.ts)));
    }

    /// Writes a value in the form of the key that the topic has, with what else was in it; a tombstone in every form.
    fn put(&self, key: Key, value: Option<Map<String, Value>>, ts: Option<i64>, out: &mut Vec<Outgoing>) {
        let Some(mut value) = value else {
            let forms = self.kept.get(&key).map(|kept| kept.forms.clone()).unwrap_or_default();
            out.extend(forms.into_iter().map(|form| (Record { key: key.clone(), form: Some(form), value: None }, ts)));
            out.push((Record::new(key, None), ts));
            return;
        };
        for (name, field) in self.kept.get(&key).into_iter().flat_map(|kept| &kept.extra) {
            value.entry(name).or_insert_with(|| field.clone());
        }
        out.push((Record { form: self.form(&key), key, value: Some(value) }, ts));
    }

    fn form(&self, key: &Key) -> Option<Vec<u8>> {
        self.kept.get(key).filter(|kept| !kept.is_plain).and_then(|kept| kept.forms.last().cloned())
    }

    #[cfg(any(test, feature = "kafka-store"))]
    /// The subjects of which all versions, two or more, are soft-deleted, and the last version of each.
    fn deleted_subjects(&self, changes: &[Change]) -> BTreeMap<SubjectName, i32> {
        let mut softened: BTreeMap<SubjectName, Vec<i32>> = BTreeMap::new();
        for change in changes {
            if let Change::PutVersion { subject, number, version } = change {
                let before = self.before.subject(subject).and_then(|known| known.get(*number));
                if version.deleted && before.is_some_and(|old| !old.deleted && old.id == version.id) {
                    softened.entry(subject.clone()).or_default().push(*number);
                }
            }
        }
        let whole = |(subject, numbers): (SubjectName, Vec<i32>)| {
            let last = *numbers.iter().max()?;
            let live = |state: &State| state.subject(&subject).map_or(0, |known| known.live().count());
            (numbers.len() > 1 && live(self.before) == numbers.len() && live(self.after) == 0).then_some((subject, last))
        };
        softened.into_iter().filter_map(whole).collect()
    }

    #[cfg(any(test, feature = "kafka-store"))]
    /// The topic tells the ids that were given out by those that are in use: when the highest falls out of use it has to be said.
    fn keep_counters(&self, changes: &[Change], out: &mut Vec<Outgoing>) {
        let touched = changes.iter().filter_map(|change| match change {
            Change::PutContext { context, .. } | Change::PutSchema { context, .. } | Change::DropSchema { context, .. } => {
                Some(context)
            }
            Change::PutVersion { subject, .. } | Change::DropVersion { subject, .. } => Some(&subject.context),
            Change::Config { .. }
            | Change::Mode { .. }
            | Change::PutAssociation { .. }
            | Change::DropAssociation { .. }
            | Change::PutDocument { .. }
            | Change::DropDocument { .. }
            | Change::LeaveOut { .. }
            | Change::PruneAudit { .. }
            | Change::Audit { .. } => None,
        });
        let mut contexts: Vec<&Arc<str>> = touched.collect();
        contexts.sort_unstable();
        contexts.dedup();
        for name in contexts {
            let Some(context) = self.after.context(name).filter(|after| !is_told(after)) else { continue };
            if self.before.context(name).is_none_or(|before| is_told(before) || before.next_id != context.next_id) {
                out.push((next_id(name, context), None));
            }
        }
    }
}

/// The versions in the topic tell the next id.
fn is_told(context: &Context) -> bool {
    context.next_id == 1 || context.uses(context.next_id - 1).next().is_some()
}

fn next_id(name: &str, context: &Context) -> Record {
    let value = object([("context", name.into()), ("nextId", context.next_id.into())]);
    Record::new(Key::NextId { context: name.to_owned() }, Some(value))
}

/// Everything that a state holds, as records.
pub(super) fn all(state: &State, kept: &HashMap<Key, Kept>) -> Vec<Record> {
    let empty = State::default();
    let scene = Scene { before: &empty, after: state, kept };
    let mut out = Vec::new();
    let none = BTreeMap::new();
    for (name, context) in state.contexts() {
        let change = Change::PutContext { context: Arc::clone(name), next_id: context.next_id, listed: context.listed };
        scene.write(&change, &none, &mut out);
        let subjects =
            context.subjects().map(|(subject, known)| (SubjectName::new(Arc::clone(name), Arc::clone(subject)), known));
        let mut versions: Vec<_> = subjects.flat_map(|(subject, known)| numbered(&subject, known)).collect();
        versions.sort_by_key(|(.., version)| version.id);
        for (subject, number, version) in versions {
            scene.put_version(&subject, number, version, &mut out);
            let extra = kept.get(&Key::Schema { subject: subject.to_string(), version: number }).map(|kept| kept.extra.clone());
            if let Some((Record { value: Some(value), .. }, _)) = out.last_mut() {
                value.extend(extra.unwrap_or_default());
            }
        }
        if !is_told(context) {
            out.push((next_id(name, context), None));
        }
    }
    let configs: BTreeMap<_, _> = state.configs().collect();
    let modes: BTreeMap<_, _> = state.modes().collect();
    let config =
        |(scope, config): (&Arc<str>, &Arc<Config>)| Change::Config { scope: scope.clone(), config: Some(config.clone()) };
    let mode = |(scope, mode): (&Arc<str>, &Arc<str>)| Change::Mode { scope: scope.clone(), mode: Some(mode.clone()) };
    let associations = state.associations.all().into_iter().map(|association| Change::PutAssociation { association });
    let documents = state.documents.all().flat_map(|(name, known)| {
        known.all().map(|(number, document)| Change::PutDocument { name: Arc::clone(name), number, document: document.clone() })
    });
    let settings = configs.into_iter().map(config).chain(modes.into_iter().map(mode)).chain(associations).chain(documents);
    settings.for_each(|change| scene.write(&change, &none, &mut out));
    out.into_iter().map(|(record, _)| record).collect()
}

fn numbered(subject: &SubjectName, known: &Subject) -> Vec<(SubjectName, i32, Version)> {
    known.versions().map(|(number, version)| (subject.clone(), number, version)).collect()
}

fn schema_value(subject: &str, number: i32, version: Version, schema: &Schema) -> Map<String, Value> {
    let mut value = object([
        ("subject", subject.into()),
        ("version", number.into()),
        ("id", version.id.into()),
        ("schemaType", schema.format.as_str().into()),
    ]);
    if !schema.references.is_empty() {
        value.insert("references".into(), json(&schema.references));
    }
    if let Some(metadata) = &schema.metadata {
        value.insert("metadata".into(), json(metadata));
    }
    if let Some(rules) = &schema.rules {
        value.insert("ruleSet".into(), json(rules));
    }
    value.insert("schema".into(), (&*schema.text).into());
    value.insert("deleted".into(), version.deleted.into());
    value
}

/// Its time is that of the record.
fn document_value(document: &Document) -> Map<String, Value> {
    object([("document", (&*document.text).into()), ("deleted", document.deleted.into())])
}

/// The times are those of the record, but for the first time of an association that was changed.
fn association_value(association: &Association) -> Map<String, Value> {
    let mut value = object([
        ("guid", association.guid.as_str().into()),
        ("tenant", TENANT.into()),
        ("resourceName", association.resource_name.as_str().into()),
        ("resourceNamespace", association.resource_namespace.as_str().into()),
        ("resourceId", association.resource_id.as_str().into()),
        ("resourceType", association.resource_type.as_str().into()),
        ("associationType", association.association_type.as_str().into()),
        ("subject", association.subject.as_str().into()),
        ("lifecycle", json(&association.lifecycle)),
        ("frozen", association.frozen.into()),
    ]);
    if association.create_ts != association.update_ts {
        value.insert("createTs".into(), association.create_ts.into());
    }
    value
}

/// The fields of a configuration in the order of the original.
pub(super) fn fields(config: &Config) -> Map<String, Value> {
    match json(config) {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Our own types always have a JSON form: texts, numbers, and maps whose keys are texts.
fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The subject goes first; the scope of the whole registry has none.
fn with_subject(scope: &str, fields: Map<String, Value>) -> Map<String, Value> {
    let subject = subject_of(scope).map(|subject| ("subject".to_owned(), Value::from(subject)));
    subject.into_iter().chain(fields).collect()
}

fn subject_of(scope: &str) -> Option<String> {
    (!scope.is_empty()).then(|| scope.to_owned())
}
