//! Everything that the registry knows, in memory: one immutable value that shares its parts with the one before it.
//!
//! [`State::apply`] is the only way to change it, with the same [`Change`]s that the store makes durable. It costs time in the
//! size of the change, not of the registry. Lives here: data and look-ups. Does not live here: rules about what may change.

mod few;
mod ids;
mod multimap;

use std::cmp::Ordering;
use std::sync::Arc;

use eventpact_compat::mode::Mode as Level;
use eventpact_registry_client::wire::{Config, RuleSet};
use eventpact_registry_client::{Metadata, Reference, SchemaType};
use rpds::{HashTrieMapSync, RedBlackTreeMapSync};

use self::few::Few;
use self::ids::Ids;
use self::multimap::Multimap;

use crate::associations::Associations;
use crate::audit::Head;
use crate::documents::Documents;
use crate::foreign::Foreign;
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
    /// Another program has put it into the store, so that nobody has read its text; `None` where it was read before it was stored.
    pub(crate) foreign: Option<Foreign>,
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

/// What belongs to an id of a context: all that a read of it needs, so that it looks nowhere else.
#[derive(Debug, Clone, Default)]
struct Known {
    schema: Option<Arc<Schema>>,
    uses: Few<Use>,
}

/// A version that has the schema of an id: of which subject, which one, and the rest of its [`Version`]. Ordered by name and number.
#[derive(Debug, Clone)]
struct Use {
    name: Arc<str>,
    number: i32,
    deleted: bool,
    ts: i64,
}

impl Use {
    fn new(name: &Arc<str>, number: i32, Version { deleted, ts, .. }: Version) -> Self {
        Self { name: Arc::clone(name), number, deleted, ts }
    }

    /// One that is equal to that of this version.
    fn key(name: &Arc<str>, number: i32) -> Self {
        Self { name: Arc::clone(name), number, deleted: false, ts: 0 }
    }

    fn version(&self, id: u32) -> Version {
        Version { id, deleted: self.deleted, ts: self.ts }
    }
}

impl Ord for Use {
    fn cmp(&self, other: &Self) -> Ordering {
        (&self.name, self.number).cmp(&(&other.name, other.number))
    }
}

impl PartialOrd for Use {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Use {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Use {}

/// A registry inside the registry.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// The id that the next new schema gets.
    pub(crate) next_id: u32,
    /// Shown in the list of contexts.
    pub(crate) listed: bool,
    ids: Ids<Known>,
    /// How many of them have a schema.
    schemas: usize,
    shapes: Multimap<u64, u32>,
    subjects: RedBlackTreeMapSync<Arc<str>, Subject>,
}

impl Default for Context {
    fn default() -> Self {
        Self {
            next_id: 1,
            listed: false,
            ids: Ids::default(),
            schemas: 0,
            shapes: Multimap::default(),
            subjects: RedBlackTreeMapSync::default(),
        }
    }
}

impl Context {
    pub(crate) fn schema(&self, id: u32) -> Option<&Arc<Schema>> {
        self.ids.get(id)?.schema.as_ref()
    }

    pub(crate) fn subject(&self, name: &str) -> Option<&Subject> {
        self.subjects.get(name)
    }

    pub(crate) fn schema_count(&self) -> usize {
        self.schemas
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
        self.shapes.get(&shape).copied()
    }

    /// The versions of one subject that have the schema of this id, oldest first, live or not.
    pub(crate) fn uses_in(&self, id: u32, subject: &Arc<str>) -> impl DoubleEndedIterator<Item = (i32, Version)> {
        let range = Use::key(subject, i32::MIN)..=Use::key(subject, i32::MAX);
        let found = self.ids.get(id).into_iter().flat_map(move |known| known.uses.range(range.clone()));
        found.map(move |one| (one.number, one.version(id)))
    }

    /// The versions that have the schema of this id, by name and version, live or not.
    pub(crate) fn uses(&self, id: u32) -> impl Iterator<Item = (&Arc<str>, i32, Version)> {
        let found = self.ids.get(id).into_iter().flat_map(|known| known.uses.iter());
        found.map(move |one| (&one.name, one.number, one.version(id)))
    }

    fn put_schema(&mut self, id: u32, schema: &Arc<Schema>) {
        let before = self.ids.entry(id).schema.replace(Arc::clone(schema));
        self.schemas += usize::from(before.is_none());
        self.shapes.add(shape(&schema.text), id);
    }

    /// Forgets an id with all who use it.
    fn drop_schema(&mut self, id: u32) -> Option<Arc<Schema>> {
        let schema = self.ids.remove(id)?.schema?;
        self.schemas -= 1;
        self.shapes.take(&shape(&schema.text), &id);
        Some(schema)
    }

    fn put_version(&mut self, name: &Arc<str>, number: i32, version: Version, revision: u64) {
        let (known, before) = match self.subjects.get_key_value(name) {
            Some((shared, subject)) => (Some(Arc::clone(shared)), subject.get(number)),
            None => (None, None),
        };
        let is_new = known.is_none();
        // One name for all versions, however many requests brought their own.
        let name = known.unwrap_or_else(|| Arc::clone(name));
        if let Some(before) = before.filter(|before| before.id != version.id) {
            self.forget_use(before.id, &name, number);
        }
        let known = self.ids.entry(version.id);
        known.uses.insert(Use::new(&name, number, version));
        let refers = known.schema.as_ref().is_some_and(|schema| !schema.references.is_empty());
        let change = |subject: &mut Subject| {
            subject.versions.insert_mut(number, version);
            subject.has_references |= refers;
            subject.revision = revision;
        };
        if is_new {
            let mut subject = Subject::default();
            change(&mut subject);
            self.subjects.insert_mut(name, subject);
        } else if let Some(subject) = self.subjects.get_mut(&name) {
            change(subject);
        }
    }

    fn drop_version(&mut self, name: &Arc<str>, number: i32, revision: u64) {
        let Some(before) = self.subject(name).map(|subject| subject.get(number)) else {
            return;
        };
        if let Some(before) = before {
            self.forget_use(before.id, name, number);
        }
        if let Some(subject) = self.subjects.get_mut(name) {
            subject.versions.remove_mut(&number);
            subject.revision = revision;
        }
        if self.subject(name).is_some_and(Subject::is_empty) {
            self.subjects.remove_mut(name);
        }
    }

    fn forget_use(&mut self, id: u32, name: &Arc<str>, number: i32) {
        let known = self.ids.entry(id);
        known.uses.remove(&Use::key(name, number));
        if known.schema.is_none() && known.uses.is_empty() {
            self.ids.remove(id);
        }
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
    /// The level where no configuration sets one. Of this process, not of the store; it stands here so that whoever decides by a
    /// state finds it.
    pub(crate) default_level: Level,
    /// Where each schema is: context and id.
    places: Multimap<Identity, (Arc<str>, u32)>,
    referrers: Multimap<VersionKey, (Arc<str>, u32)>,
    /// Which subjects belong to which topics.
    pub(crate) associations: Associations,
    pub(crate) documents: Documents,
    /// Numbers of versions that the store holds and that are left out.
    left_out: Multimap<SubjectName, i32>,
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
    /// An empty state, with the level where no configuration sets one.
    pub(crate) fn empty(default_level: Level) -> Self {
        Self { default_level, ..Self::default() }
    }

    /// An empty state, to load everything again into. Its revisions were never seen before.
    pub(crate) fn emptied(&self) -> Self {
        let revision = self.revision + 1;
        Self { revision, settings_revision: revision, epoch: self.epoch + 1, ..Self::empty(self.default_level) }
    }

    pub(crate) fn context(&self, name: &str) -> Option<&Context> {
        self.contexts.get(name)
    }

    /// A context, and its name as all share it.
    pub(crate) fn named_context(&self, name: &str) -> Option<(&Arc<str>, &Context)> {
        self.contexts.get_key_value(name)
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
        let left_out = self.left_out.get(subject).next_back();
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
        self.places.get(&identity).map(|(context, id)| (context, *id))
    }

    /// The id of a schema in a context, in time that does not depend on how many there are; the highest, since imports may bind one
    /// schema to several.
    pub(crate) fn id_of(&self, context: &str, identity: Identity) -> Option<u32> {
        self.guid(identity).filter(|(name, _)| ***name == *context).map(|(_, id)| id).last()
    }

    /// The schemas that refer to a version: (context, id).
    pub(crate) fn referrers(&self, subject: &SubjectName, version: i32) -> impl Iterator<Item = (&Arc<str>, u32)> {
        self.referrers.get(&(subject.clone(), version)).map(|(context, id)| (context, *id))
    }

    /// Takes one change in.
    pub(crate) fn apply(&mut self, change: &Change) {
        self.revision += 1;
        match change {
            Change::PutContext { context, next_id, listed } => {
                self.in_context(context, |c| (c.next_id, c.listed) = (*next_id, *listed));
            }
            Change::PutSchema { context, id, schema, .. } => self.put_schema(context, *id, schema),
            Change::DropSchema { context, id } => self.drop_schema(context, *id),
            Change::PutVersion { subject, number, version } => {
                let revision = self.revision;
                self.in_context(&subject.context, |c| c.put_version(&subject.name, *number, *version, revision));
            }
            Change::DropVersion { subject, number } => {
                let revision = self.revision;
                self.in_context(&subject.context, |c| c.drop_version(&subject.name, *number, revision));
            }
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
            Change::LeaveOut { subject, number, left_out: true } => self.left_out.add(subject.clone(), *number),
            Change::LeaveOut { subject, number, left_out: false } => self.left_out.take(subject, number),
            Change::PruneAudit { through, .. } => self.pruned = through.number,
            Change::Audit { record } => self.audit = record.head(),
        }
    }

    fn in_context<T>(&mut self, name: &Arc<str>, change: impl FnOnce(&mut Context) -> T) -> Option<T> {
        if !self.contexts.contains_key(name) {
            self.contexts.insert_mut(Arc::clone(name), Context::default());
        }
        // In place: a copy would share its maps with the original, and each change would then copy parts of them.
        self.contexts.get_mut(name).map(change)
    }

    fn put_schema(&mut self, context: &Arc<str>, id: u32, schema: &Arc<Schema>) {
        self.in_context(context, |c| c.put_schema(id, schema));
        // One name for all, however many requests brought their own.
        let name = self.named_context(context).map_or(context, |(name, _)| name);
        let here = (Arc::clone(name), id);
        for target in targets(context, &schema.references) {
            self.referrers.add(target, here.clone());
        }
        self.places.add(schema.identity, here);
    }

    fn drop_schema(&mut self, context: &Arc<str>, id: u32) {
        let Some(schema) = self.in_context(context, |c| c.drop_schema(id)).flatten() else {
            return;
        };
        let here = (Arc::clone(context), id);
        self.places.take(&schema.identity, &here);
        for target in targets(context, &schema.references) {
            self.referrers.take(&target, &here);
        }
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
            foreign: None,
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
    fn loading_everything_again_keeps_the_level_of_the_process() {
        let mut state = State::empty(Level::Full);
        state.apply(&Change::Mode { scope: "s".into(), mode: Some("READONLY".into()) });
        let emptied = state.emptied();
        assert_eq!((emptied.default_level, emptied.mode("s")), (Level::Full, None));
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
        assert_eq!((state.id_of(".", one.identity), state.id_of(".eu", one.identity)), (Some(6), None));
        state.apply(&Change::DropSchema { context: ".".into(), id: 6 });
        assert_eq!((state.id_of(".", one.identity), state.context(".").unwrap().schema_count()), (Some(5), 1));
    }
}
