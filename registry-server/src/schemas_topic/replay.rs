//! Records to changes: what a registry knows after reading a topic from its start.
//!
//! The state is a function of the records in their order, and the same before and after compaction, as far as the format allows:
//! an id whose last version was bound to another one by an import is known until the topic is read again.

use std::collections::HashMap;
use std::sync::Arc;

use eventpact_registry_client::wire::{self, Config};
use serde_json::{Map, Value};

use super::key::{Association, Key, TENANT, number};
use super::record::{Record, RecordError, SCHEMA_FIELDS, SchemaValue, optional};
use super::write;
use crate::associations::Owner;
use crate::documents::Document;
use crate::foreign::Foreign;
use crate::identity::Identity;
use crate::state::{Schema, State, Subject, Version};
use crate::store::Change;
use crate::subject::{DEFAULT_CONTEXT, SubjectName, scope, split};

/// What must not be lost when a record is written again.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    /// Other forms of the key that the topic has, the latest last.
    pub(super) forms: Vec<Vec<u8>>,
    /// The latest record has the form of the original.
    pub(super) is_plain: bool,
    /// Fields of the latest value that mean nothing to us.
    pub(super) extra: Map<String, Value>,
}

/// A registry that is built up from the records of a topic.
///
/// ```
/// use eventpact_registry::schemas_topic::Replay;
/// let mut replay = Replay::default();
/// let key = br#"{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}"#;
/// let value = br#"{"subject":"s","version":1,"id":7,"schemaType":"AVRO","schema":"\"int\"","deleted":false}"#;
/// replay.take(Some(key), Some(value), 0)?;
/// assert_eq!(replay.records()[0].encode(), (key.to_vec(), Some(value.to_vec())));
/// # Ok::<(), eventpact_registry::schemas_topic::RecordError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Replay {
    pub(super) state: State,
    pub(super) kept: HashMap<Key, Kept>,
}

impl Replay {
    /// Takes the next record in; `ts` is its time in milliseconds since 1970. An error leaves the record out, as the original
    /// does, and the next one can be taken.
    pub fn take(&mut self, key: Option<&[u8]>, value: Option<&[u8]>, ts: i64) -> Result<(), RecordError> {
        self.changes(&Record::decode(key, value)?, ts).map(drop)
    }

    /// The records that a topic is left with when everything that does not matter any more is gone: contexts, then schemas by
    /// id, then configurations and modes.
    pub fn records(&self) -> Vec<Record> {
        write::all(&self.state, &self.kept)
    }

    /// What a record changes. It is taken in already.
    pub(crate) fn changes(&mut self, record: &Record, ts: i64) -> Result<Vec<Change>, RecordError> {
        let ts = ts.max(0);
        let (changes, extra) = match (&record.key, &record.value) {
            (Key::Schema { subject, version }, Some(value)) => {
                let subject = SubjectName::parse(subject);
                let changes = self.put_version(&subject, *version, SchemaValue::read(value)?, ts)?;
                (changes, without(value, |name| SCHEMA_FIELDS.contains(&name)))
            }
            (Key::Schema { subject, version }, None) => (self.drop_version(&SubjectName::parse(subject), *version), Map::new()),
            (Key::Config { subject }, Some(value)) => read_config(subject.as_deref(), value)?,
            (Key::Config { subject }, None) => {
                (vec![Change::Config { scope: scope_of(subject.as_deref()), config: None }], Map::new())
            }
            (Key::Mode { subject }, value) => {
                let mode = value.as_ref().map(|value| optional::<String>(value, "mode")).transpose()?.flatten();
                let change = Change::Mode { scope: scope_of(subject.as_deref()), mode: mode.map(Into::into) };
                let extra = value.as_ref().map(|value| without(value, |name| matches!(name, "subject" | "mode")));
                (vec![change], extra.unwrap_or_default())
            }
            (Key::Context { tenant, context }, value) if tenant == TENANT => {
                let extra = value.as_ref().map(|value| without(value, |name| matches!(name, "tenant" | "context")));
                (vec![self.list(context, value.is_some())], extra.unwrap_or_default())
            }
            (Key::NextId { context }, Some(value)) => {
                let next = value.get("nextId").and_then(Value::as_u64).and_then(|next| u32::try_from(next).ok());
                let next = next.ok_or(RecordError::Field { part: "value", name: "nextId" })?;
                (self.count(context, next).into_iter().collect(), Map::new())
            }
            (Key::DeleteSubject { subject }, Some(value)) => {
                (self.soften(&SubjectName::parse(subject), number(value, "value", "version")?, ts), Map::new())
            }
            (Key::ClearSubject { subject }, Some(_)) => (self.forget_deleted(subject.as_deref()), Map::new()),
            (Key::Association(key), Some(value)) if key.tenant.as_deref() == Some(TENANT) => {
                let known = self.association(key);
                let association = read_association(key, value, known.as_deref(), ts)?;
                (vec![Change::PutAssociation { association: association.into() }], Map::new())
            }
            (Key::Association(key), None) => {
                let known = self.association(key);
                (known.into_iter().map(|association| Change::DropAssociation { association }).collect(), Map::new())
            }
            (Key::Document { name, version }, Some(value)) => (vec![read_document(name, *version, value, ts)?], Map::new()),
            (Key::Document { name, version }, None) => {
                (vec![Change::DropDocument { name: name.as_str().into(), number: *version }], Map::new())
            }
            // Without an effect on what a registry answers.
            _ => (Vec::new(), Map::new()),
        };
        self.keep(record, extra);
        for change in &changes {
            self.state.apply(change);
        }
        Ok(changes)
    }

    fn keep(&mut self, record: &Record, extra: Map<String, Value>) {
        if record.form.is_none() && extra.is_empty() && !self.kept.contains_key(&record.key) {
            return;
        }
        let kept = self.kept.entry(record.key.clone()).or_default();
        kept.extra = extra;
        kept.is_plain = record.form.is_none();
        if let Some(form) = &record.form {
            kept.forms.retain(|known| known != form);
            kept.forms.push(form.clone());
        }
    }

    fn put_version(&self, subject: &SubjectName, number: i32, value: SchemaValue, ts: i64) -> Result<Vec<Change>, RecordError> {
        let conflict = |why: String| Err(RecordError::Conflict(format!("version {number} of subject '{subject}': {why}")));
        let Ok(id) = u32::try_from(value.id) else {
            return conflict(format!("the id {} is negative: the counter of ids ran over", value.id));
        };
        if number < 1 {
            return conflict("versions begin with 1".to_owned());
        }
        let SchemaValue { format, references, metadata, rules, text, deleted, .. } = value;
        let identity = Identity::of(&text, &references, metadata.as_ref(), rules.as_ref());
        let context = self.state.context(&subject.context);
        let mut changes = Vec::new();
        match context.and_then(|context| context.schema(id)) {
            Some(known) if known.identity == identity => {}
            // The first one keeps the id: what was written with it must go on being read with it.
            Some(_) => return conflict(format!("the id {id} is bound to another schema")),
            None => {
                let next = context.map_or(1, |context| context.next_id).max(id.saturating_add(1));
                changes.push(Change::PutContext { context: Arc::clone(&subject.context), next_id: next, listed: true });
                let foreign = Some(Foreign::default());
                let schema = Arc::new(Schema { identity, format, text: text.into(), references, metadata, rules, foreign });
                changes.push(Change::PutSchema { context: Arc::clone(&subject.context), id, schema, imported: true });
            }
        }
        changes.push(Change::PutVersion { subject: subject.clone(), number, version: Version { id, deleted, ts } });
        Ok(changes)
    }

    fn drop_version(&self, subject: &SubjectName, number: i32) -> Vec<Change> {
        let Some(version) = self.state.subject(subject).and_then(|known| known.get(number)) else {
            return Vec::new();
        };
        let mut changes = vec![Change::DropVersion { subject: subject.clone(), number }];
        let mut uses = self.state.context(&subject.context).into_iter().flat_map(|context| context.uses(version.id));
        if uses.all(|(name, other, _)| *name == subject.name && other == number) {
            changes.push(Change::DropSchema { context: Arc::clone(&subject.context), id: version.id });
        }
        changes
    }

    fn soften(&self, subject: &SubjectName, last: i32, ts: i64) -> Vec<Change> {
        let live = self.state.subject(subject).into_iter().flat_map(Subject::live);
        let softened = live.take_while(|(number, _)| *number <= last).map(|(number, version)| Change::PutVersion {
            subject: subject.clone(),
            number,
            version: Version { deleted: true, ts, ..version },
        });
        softened.collect()
    }

    /// Before an import the original forgets what is soft-deleted there.
    fn forget_deleted(&self, at: Option<&str>) -> Vec<Change> {
        let parsed = at.map(SubjectName::parse);
        let is_context = at.is_some_and(|at| split(at).is_some_and(|(_, name)| name.is_empty()));
        let mut gone = Vec::new();
        for (name, context) in self.state.contexts() {
            if parsed.as_ref().is_some_and(|at| at.context != *name) {
                continue;
            }
            for (subject, versions) in context.subjects() {
                if parsed.as_ref().is_none_or(|at| is_context || at.name == *subject) {
                    let deleted = versions.versions().filter(|(_, version)| version.deleted);
                    gone.extend(deleted.map(|(number, _)| (SubjectName::new(Arc::clone(name), Arc::clone(subject)), number)));
                }
            }
        }
        // One after the other: the last version of a schema takes it along.
        let mut left = Self { state: self.state.clone(), kept: HashMap::new() };
        let mut changes = Vec::new();
        for (subject, number) in gone {
            let step = left.drop_version(&subject, number);
            for change in &step {
                left.state.apply(change);
            }
            changes.extend(step);
        }
        changes
    }

    pub(super) fn association(&self, key: &Association) -> Option<Arc<wire::Association>> {
        let all = self.state.associations.of(Owner::Subject(key.subject.as_deref()?));
        all.into_iter().find(|known| Association::of(known) == *key)
    }

    fn list(&self, context: &str, listed: bool) -> Change {
        let next_id = self.state.context(context).map_or(1, |known| known.next_id);
        Change::PutContext { context: context.into(), next_id, listed }
    }

    fn count(&self, context: &str, next: u32) -> Option<Change> {
        let known = self.state.context(context);
        let (before, listed) = known.map_or((1, false), |known| (known.next_id, known.listed));
        (next > before).then(|| Change::PutContext { context: context.into(), next_id: next, listed })
    }
}

/// The configuration of a value and what else is in it.
fn read_config(subject: Option<&str>, value: &Map<String, Value>) -> Result<(Vec<Change>, Map<String, Value>), RecordError> {
    let broken = |_| RecordError::Field { part: "value", name: "compatibilityLevel" };
    let config: Config = serde::Deserialize::deserialize(Value::Object(value.clone())).map_err(broken)?;
    let known = write::fields(&config);
    let extra = without(value, |name| name == "subject" || known.contains_key(name));
    Ok((vec![Change::Config { scope: scope_of(subject), config: Some(Arc::new(config)) }], extra))
}

/// A version of a document; its time is that of its record.
fn read_document(name: &str, number: i32, value: &Map<String, Value>, ts: i64) -> Result<Change, RecordError> {
    let text: Option<String> = optional(value, "document")?;
    let text = text.filter(|_| number > 0).ok_or(RecordError::Field { part: "value", name: "document" })?;
    let deleted = optional(value, "deleted")?.unwrap_or(false);
    Ok(Change::PutDocument { name: name.into(), number, document: Document { text: text.into(), deleted, ts } })
}

/// An association; its times are those of its records unless the value says otherwise.
fn read_association(
    key: &Association,
    value: &Map<String, Value>,
    known: Option<&wire::Association>,
    ts: i64,
) -> Result<wire::Association, RecordError> {
    let mut value = value.clone();
    let own = [
        ("resourceName", &key.resource_name),
        ("resourceNamespace", &key.resource_namespace),
        ("resourceType", &key.resource_type),
        ("associationType", &key.association_type),
        ("subject", &key.subject),
    ];
    for (name, field) in own {
        value.insert(name.to_owned(), field.as_deref().into());
    }
    value.entry("createTs").or_insert_with(|| known.map_or(ts, |known| known.create_ts).into());
    value.insert("updateTs".into(), ts.into());
    value.entry("frozen").or_insert(false.into());
    serde::Deserialize::deserialize(Value::Object(value)).map_err(|_| RecordError::Field { part: "value", name: "guid" })
}

fn scope_of(subject: Option<&str>) -> Arc<str> {
    subject.map(scope).unwrap_or_default().into()
}

/// The fields that are not known and not null.
fn without(value: &Map<String, Value>, known: impl Fn(&str) -> bool) -> Map<String, Value> {
    let others = value.iter().filter(|(name, field)| !known(name) && !field.is_null());
    others.map(|(name, field)| (name.clone(), field.clone())).collect()
}

/// Is this the context that is always there?
pub(super) fn is_default(context: &str) -> bool {
    context == DEFAULT_CONTEXT
}
