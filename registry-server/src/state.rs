//! Everything that the registry knows, in memory: one immutable value that shares its parts with the one before it.
//!
//! [`State::apply`] is the only way to change it, with the same [`Change`]s that the store makes durable. It costs time in the
//! size of the change, not of the registry. Lives here: data and look-ups. Does not live here: rules about what may change.

use std::sync::Arc;

use eventpact_registry_client::wire::{Config, RuleSet};
use eventpact_registry_client::{Metadata, Reference, SchemaType};
use rpds::{HashTrieMapSync, RedBlackTreeMapSync, RedBlackTreeSetSync};

use crate::associations::Associations;
use crate::audit::Head;
use crate::documents::Documents;
use crate::identity::Identity;
use crate::schema::shape;
use crate::store::{Change, Position};
use crate::subject::SubjectName;

/// The metadata property that holds a version that was asked for; it does not make two schemas different.
pub(crate) const VERSION_PROPERTY: &str = "confluent:version";

/// A schema as it is stored. Immutable: an id is bound to one of these for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schema {
    pub(crate) identity: Identity,
    pub(crate) format: SchemaType,
    /// The canonical text.
    pub(crate) text: Arc<str>,
    /// As they were given, except that "latest" has become a number.
    pub(crate) references: Vec<Reference>,
    pub(crate) metadata: Option<Metadata>,
    pub(crate) rules: Option<RuleSet>,
}

/// One version of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) id: u32,
    pub(crate) deleted: bool,
    /// Milliseconds since 1970 of the last change.
    pub(crate) ts: i64,
}

/// The versions of a subject, live and soft-deleted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Subject {
    versions: RedBlackTreeMapSync<i32, Version>,
    /// Changes with every change of the subject: who checked against revision 7 asks whether it is still 7.
    pub(crate) revision: u64,
    /// Some version has references: a text with all of them written out may be the same schema.
    pub(crate) has_references: bool,
}

impl Subject {
    pub(crate) fn get(&self, version: i32) -> Option<Version> {
        self.versions.get(&version).copied()
    }

    /// All versions, oldest first.
    pub(crate) fn versions(&self) -> impl DoubleEndedIterator<Item = (i32, Version)> + '_ {
        self.versions.iter().map(|(number, version)| (*number, *version))
    }

    /// The versions that are not soft-deleted, oldest first.
    pub(crate) fn live(&self) -> impl DoubleEndedIterator<Item = (i32, Version)> + '_ {
        self.versions().filter(|(_, version)| !version.deleted)
    }

    pub(crate) fn latest(&self) -> Option<(i32, Version)> {
        self.live().next_back()
    }

    /// The number after those that it has; see [`State::next_version`].
    fn next_version(&self) -> i32 {
        self.versions.last().map_or(1, |(number, _)| number.saturating_add(1))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    /// How many versions there are, live or not.
    pub(crate) fn count(&self) -> usize {
        self.versions.size()
    }
}

/// Who uses a schema: (name of the subject, version), by name.
pub(crate) type Uses = RedBlackTreeSetSync<(Arc<str>, i32)>;

/// A registry inside the registry.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// The id that the next new schema gets.
    pub(crate) next_id: u32,
    /// Shown in the list of contexts.
    pub(crate) listed: bool,
    schemas: HashTrieMapSync<u32, Arc<Schema>>,
    uses: HashTrieMapSync<u32, Uses>,
    identities: HashTrieMapSync<Identity, u32>,
    shapes: HashTrieMapSync<u64, RedBlackTreeSetSync<u32>>,
    subjects: RedBlackTreeMapSync<Arc<str>, Subject>,
}

impl Default for Context {
    fn default() -> Self {
        Self {
            next_id: 1,
            listed: false,
            schemas: HashTrieMapSync::default(),
            uses: HashTrieMapSync::default(),
            identities: HashTrieMapSync::default(),
            shapes: HashTrieMapSync::default(),
            subjects: RedBlackTreeMapSync::default(),
        }
    }
}

impl Context {
    pub(crate) fn schema(&self, id: u32) -> Option<&Arc<Schema>> {
        self.schemas.get(&id)
    }

    /// The id of a schema, in time that does not depend on how many there are.
    pub(crate) fn id_of(&self, identity: Identity) -> Option<u32> {
        self.identities.get(&identity).copied()
    }

    pub(crate) fn subject(&self, name: &str) -> Option<&Subject> {
        self.subjects.get(name)
    }

    pub(crate) fn schema_count(&self) -> usize {
        self.schemas.size()
    }

    pub(crate) fn subject_count(&self) -> usize {
        self.subjects.size()
    }

    /// By name.
    pub(crate) fn subjects(&self) -> impl Iterator<Item = (&Arc<str>, &Subject)> {
        self.subjects.iter()
    }

    /// The subjects whose name begins so, by name.
    pub(crate) fn subjects_from<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a Arc<str>, &'a Subject)> {
        let from = std::ops::Bound::Included(prefix);
        self.subjects.range::<str, _>((from, std::ops::Bound::Unbounded)).take_while(move |(name, _)| name.starts_with(prefix))
    }

    /// The ids of texts that may be the same schema as one of this [`shape`].
    pub(crate) fn lookalikes(&self, shape: u64) -> impl Iterator<Item = u32> {
        self.shapes.get(&shape).into_iter().flat_map(RedBlackTreeSetSync::iter).copied()
    }

    /// The versions of one subject that have the schema of this id, oldest first, live or not.
    pub(crate) fn uses_in(&self, id: u32, subject: &Arc<str>) -> impl DoubleEndedIterator<Item = (i32, Version)> {
        let range = (Arc::clone(subject), i32::MIN)..=(Arc::clone(subject), i32::MAX);
        let pairs = self.uses.get(&id).into_iter().flat_map(move |uses| uses.range(range.clone()));
        pairs.filter_map(|(name, number)| Some((*number, self.subject(name)?.get(*number)?)))
    }

    /// The versions that have the schema of this id, by name and version, live or not.
    pub(crate) fn uses(&self, id: u32) -> impl Iterator<Item = (&Arc<str>, i32, Version)> {
        let pairs = self.uses.get(&id).into_iter().flat_map(RedBlackTreeSetSync::iter);
        pairs.filter_map(|(name, number)| Some((name, *number, self.subject(name)?.get(*number)?)))
    }
}

/// A subject's version, by its full name.
type VersionKey = (SubjectName, i32);

/// The whole registry.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    contexts: RedBlackTreeMapSync<Arc<str>, Context>,
    configs: HashTrieMapSync<Arc<str>, Arc<Config>>,
    modes: HashTrieMapSync<Arc<str>, Arc<str>>,
    guids: HashTrieMapSync<Identity, RedBlackTreeSetSync<(Arc<str>, u32)>>,
    referrers: HashTrieMapSync<VersionKey, RedBlackTreeSetSync<(Arc<str>, u32)>>,
    /// Which subjects belong to which topics.
    pub(crate) associations: Associations,
    pub(crate) documents: Documents,
    /// Numbers of versions that the store holds and that are left out.
    left_out: HashTrieMapSync<SubjectName, RedBlackTreeSetSync<i32>>,
    /// Where the audit log ends.
    pub(crate) audit: Head,
    /// The last record of the audit log of which is known that it was let go.
    pub(crate) pruned: u64,
    revision: u64,
    /// Changes with every configuration or mode.
    pub(crate) settings_revision: u64,
    /// The last entry of the log that is in it.
    pub(crate) position: Position,
    /// Changes when everything was loaded again: from then on, an id may mean something else.
    pub(crate) epoch: u64,
}

impl State {
    /// An empty state, to load everything again into. Its revisions were never seen before.
    pub(crate) fn emptied(&self) -> Self {
        let revision = self.revision + 1;
        Self { revision, settings_revision: revision, epoch: self.epoch + 1, ..Self::default() }
    }

    pub(crate) fn context(&self, name: &str) -> Option<&Context> {
        self.contexts.get(name)
    }

    /// By name.
    pub(crate) fn contexts(&self) -> impl Iterator<Item = (&Arc<str>, &Context)> {
        self.contexts.iter()
    }

    pub(crate) fn subject(&self, subject: &SubjectName) -> Option<&Subject> {
        self.context(&subject.context)?.subject(&subject.name)
    }

    pub(crate) fn version(&self, subject: &SubjectName, number: i32) -> Option<(Version, &Arc<Schema>)> {
        let context = self.context(&subject.context)?;
        let version = context.subject(&subject.name)?.get(number)?;
        Some((version, context.schema(version.id)?))
    }

    /// The number of the next version of a subject: after all that it has, and after those that are left out.
    pub(crate) fn next_version(&self, subject: &SubjectName) -> i32 {
        let known = self.subject(subject).map_or(1, Subject::next_version);
        let left_out = self.left_out.get(subject).and_then(|numbers| numbers.last());
        left_out.map_or(known, |last| known.max(last.saturating_add(1)))
    }

    pub(crate) fn config(&self, scope: &str) -> Option<&Arc<Config>> {
        self.configs.get(scope)
    }

    /// The subject itself, or what it is an alias of; one hop. An alias without a context stays in the one of its name.
    pub(crate) fn real_name(&self, subject: SubjectName) -> SubjectName {
        let alias = self.config(&subject.to_string()).and_then(|config| config.alias.as_deref());
        match alias.filter(|alias| !alias.is_empty()) {
            Some(alias) => SubjectName::parse_in(alias, &subject),
            None => subject,
        }
    }

    pub(crate) fn mode(&self, scope: &str) -> Option<&Arc<str>> {
        self.modes.get(scope)
    }

    /// What is configured where, in no order.
    pub(crate) fn configs(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<Config>)> {
        self.configs.iter()
    }

    /// The modes that are set, in no order.
    pub(crate) fn modes(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>)> {
        self.modes.iter()
    }

    /// Where a guid is known: (context, id), by context.
    pub(crate) fn guid(&self, identity: Identity) -> impl Iterator<Item = (&Arc<str>, u32)> {
        self.guids.get(&identity).into_iter().flat_map(RedBlackTreeSetSync::iter).map(|(context, id)| (context, *id))
    }

    /// The schemas that refer to a version: (context, id).
    pub(crate) fn referrers(&self, subject: &SubjectName, version: i32) -> impl Iterator<Item = (&Arc<str>, u32)> {
        let found = self.referrers.get(&(subject.clone(), version));
        found.into_iter().flat_map(RedBlackTreeSetSync::iter).map(|(context, id)| (context, *id))
    }

    /// Takes one change in.
    pub(crate) fn apply(&mut self, change: &Change) {
        self.revision += 1;
        match change {
            Change::PutContext { context, next_id, listed } => self.in_context(context, |c| {
                c.next_id = *next_id;
                c.listed = *listed;
            }),
            Change::PutSchema { context, id, schema, .. } => self.put_schema(context, *id, schema),
            Change::DropSchema { context, id } => self.drop_schema(context, *id),
            Change::PutVersion { subject, number, version } => self.put_version(subject, *number, *version),
            Change::DropVersion { subject, number } => self.drop_version(subject, *number),
            Change::Config { scope, config } => {
                self.settings_revision = self.revision;
                put_or_remove(&mut self.configs, scope, config.as_ref());
            }
            Change::Mode { scope, mode } => {
                self.settings_revision = self.revision;
                put_or_remove(&mut self.modes, scope, mode.as_ref());
            }
            Change::PutAssociation { association } => self.associations.put(association),
            Change::DropAssociation { association } => self.associations.remove(&association.guid),
            Change::PutDocument { name, number, document } => self.documents.put(name, *number, document, self.revision),
            Change::DropDocument { name, number } => self.documents.remove(name, *number, self.revision),
            Change::LeaveOut { subject, number, left_out: true } => add(&mut self.left_out, subject.clone(), *number),
            Change::LeaveOut { subject, number, left_out: false } => take(&mut self.left_out, subject, number),
            Change::PruneAudit { through, .. } => self.pruned = through.number,
            Change::Audit { record } => self.audit = record.head(),
        }
    }

    fn in_context(&mut self, name: &Arc<str>, change: impl FnOnce(&mut Context)) {
        if !self.contexts.contains_key(name) {
            self.contexts.insert_mut(Arc::clone(name), Context::default());
        }
        // In place: a copy would share its maps with the original, and each change would then copy parts of them.
        if let Some(context) = self.contexts.get_mut(name) {
            change(context);
        }
    }

    fn put_schema(&mut self, context: &Arc<str>, id: u32, schema: &Arc<Schema>) {
        let here = (Arc::clone(context), id);
        add(&mut self.guids, schema.identity, here.clone());
        for target in targets(context, &schema.references) {
            add(&mut self.referrers, target, here.clone());
        }
        self.in_context(context, |c| {
            c.schemas.insert_mut(id, Arc::clone(schema));
            add(&mut c.shapes, shape(&schema.text), id);
            if c.id_of(schema.identity).is_none_or(|known| known < id) {
                c.identities.insert_mut(schema.identity, id);
            }
        });
    }

    fn drop_schema(&mut self, context: &Arc<str>, id: u32) {
        let Some(schema) = self.context(context).and_then(|c| c.schema(id)).cloned() else {
            return;
        };
        let here = (Arc::clone(context), id);
        take(&mut self.guids, &schema.identity, &here);
        for target in targets(context, &schema.references) {
            take(&mut self.referrers, &target, &here);
        }
        // Imports may bind one schema to two ids: the other one keeps the identity.
        let other = self.guid(schema.identity).filter(|(name, _)| *name == context).map(|(_, id)| id).max();
        self.in_context(context, |c| {
            c.schemas.remove_mut(&id);
            c.uses.remove_mut(&id);
            take(&mut c.shapes, &shape(&schema.text), &id);
            match other {
                Some(other) => c.identities.insert_mut(schema.identity, other),
                None => drop(c.identities.remove_mut(&schema.identity)),
            }
        });
    }

    fn put_version(&mut self, subject: &SubjectName, number: i32, version: Version) {
        let revision = self.revision;
        self.in_context(&subject.context, |c| {
            let mut changed = c.subjects.get(&subject.name).cloned().unwrap_or_default();
            let key = (Arc::clone(&subject.name), number);
            if let Some(before) = changed.get(number).filter(|before| before.id != version.id) {
                take(&mut c.uses, &before.id, &key);
            }
            add(&mut c.uses, version.id, key);
            changed.versions.insert_mut(number, version);
            changed.has_references |= c.schemas.get(&version.id).is_some_and(|schema| !schema.references.is_empty());
            changed.revision = revision;
            c.subjects.insert_mut(Arc::clone(&subject.name), changed);
        });
    }

    fn drop_version(&mut self, subject: &SubjectName, number: i32) {
        let revision = self.revision;
        self.in_context(&subject.context, |c| {
            let Some(mut changed) = c.subjects.get(&subject.name).cloned() else {
                return;
            };
            if let Some(before) = changed.get(number) {
                take(&mut c.uses, &before.id, &(Arc::clone(&subject.name), number));
            }
            changed.versions.remove_mut(&number);
            changed.revision = revision;
            if changed.is_empty() {
                c.subjects.remove_mut(&subject.name);
            } else {
                c.subjects.insert_mut(Arc::clone(&subject.name), changed);
            }
        });
    }
}

/// The versions that a schema of this context refers to.
fn targets(context: &Arc<str>, references: &[Reference]) -> impl Iterator<Item = VersionKey> {
    let home = SubjectName::new(Arc::clone(context), "");
    references.iter().map(move |r| (SubjectName::parse_in(&r.subject, &home), r.version))
}

fn put_or_remove<V: Clone>(map: &mut HashTrieMapSync<Arc<str>, V>, key: &Arc<str>, value: Option<&V>) {
    match value {
        Some(value) => map.insert_mut(Arc::clone(key), value.clone()),
        None => drop(map.remove_mut(key)),
    }
}

fn add<K, V>(map: &mut HashTrieMapSync<K, RedBlackTreeSetSync<V>>, key: K, value: V)
where
    K: std::hash::Hash + Eq,
    V: Ord + Clone,
{
    let mut set = map.get(&key).cloned().unwrap_or_else(RedBlackTreeSetSync::new_sync);
    set.insert_mut(value);
    map.insert_mut(key, set);
}

fn take<K, V>(map: &mut HashTrieMapSync<K, RedBlackTreeSetSync<V>>, key: &K, value: &V)
where
    K: std::hash::Hash + Eq + Clone,
    V: Ord + Clone,
{
    let Some(mut set) = map.get(key).cloned() else {
        return;
    };
    set.remove_mut(value);
    if set.is_empty() {
        map.remove_mut(key);
    } else {
        map.insert_mut(key.clone(), set);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(text: &str) -> Arc<Schema> {
        Arc::new(Schema {
            identity: Identity::of(text, &[], None, None),
            format: SchemaType::Avro,
            text: text.into(),
            references: Vec::new(),
            metadata: None,
            rules: None,
        })
    }

    #[test]
    fn a_snapshot_does_not_see_later_changes() {
        let mut state = State::default();
        let subject = SubjectName::parse("s");
        let version = Version { id: 1, deleted: false, ts: 0 };
        state.apply(&Change::PutSchema { context: ".".into(), id: 1, schema: schema("\"int\""), imported: false });
        state.apply(&Change::PutVersion { subject: subject.clone(), number: 1, version });
        let snapshot = state.clone();
        state.apply(&Change::DropVersion { subject: subject.clone(), number: 1 });
        state.apply(&Change::DropSchema { context: ".".into(), id: 1 });
        assert!(snapshot.version(&subject, 1).is_some());
        assert_eq!(snapshot.context(".").unwrap().uses(1).count(), 1);
        assert!(state.subject(&subject).is_none());
        assert!(state.context(".").unwrap().schema(1).is_none());
        assert_eq!(state.guid(schema("\"int\"").identity).count(), 0);
    }

    #[test]
    fn the_number_of_a_version_that_is_left_out_is_not_given_again() {
        let mut state = State::default();
        let subject = SubjectName::parse("s");
        let leave_out = |number, left_out| Change::LeaveOut { subject: subject.clone(), number, left_out };
        assert_eq!(state.next_version(&subject), 1);
        for number in [2, 1, 2, -5] {
            state.apply(&leave_out(number, true));
        }
        assert_eq!((state.next_version(&subject), state.subject(&subject).is_some()), (3, false));
        state.apply(&leave_out(2, false));
        assert_eq!(state.next_version(&subject), 2);
        state.apply(&leave_out(i32::MAX, true));
        assert_eq!(state.next_version(&subject), i32::MAX);
    }

    #[test]
    fn an_identity_with_two_ids_keeps_the_other_when_one_goes() {
        let mut state = State::default();
        let one = schema("\"int\"");
        for id in [5, 6] {
            state.apply(&Change::PutSchema { context: ".".into(), id, schema: Arc::clone(&one), imported: true });
        }
        assert_eq!(state.context(".").unwrap().id_of(one.identity), Some(6));
        state.apply(&Change::DropSchema { context: ".".into(), id: 6 });
        assert_eq!(state.context(".").unwrap().id_of(one.identity), Some(5));
    }
}
