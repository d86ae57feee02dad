//! Versions in the topic that contradict what came before them. They are left out of what the registry knows, kept here with their
//! texts for people to see, and never overwritten: who has made such a topic must decide. Their numbers are not given to other
//! versions.
//!
//! The original leaves them out as well, but when it leads it writes what was there before, or a tombstone, over them.

use std::collections::BTreeMap;

use eventpact_registry_client::wire::Conflict;
use serde_json::Value;

use super::tail::Message;
use crate::schemas_topic::{Key, Outgoing, Record, RecordError};
use crate::store::{Change, Conflicts};
use crate::subject::SubjectName;

/// Versions that are kept; those beyond are in the log only. A topic with so many is broken as a whole.
const MOST: usize = 10_000;

/// The list, and what else a registry may ask of it.
#[derive(Default)]
pub(super) struct List {
    shared: Conflicts,
}

impl List {
    /// For who shows it.
    pub(super) fn shared(&self) -> Conflicts {
        Conflicts::clone(&self.shared)
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<(String, i32), Conflict>) -> T) -> T {
        work(&mut self.shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// A record was taken in, or left out: the newest one of a version decides whether it is in conflict. Gives what that changes.
    pub(super) fn note(&self, message: &Message, record: &Record, outcome: Result<(), &RecordError>) -> Option<Change> {
        let Key::Schema { subject, version } = &record.key else { return None };
        let key = (subject.clone(), *version);
        let change = |left_out| Change::LeaveOut { subject: SubjectName::parse(subject), number: *version, left_out };
        let Err(RecordError::Conflict(why)) = outcome else {
            return self.with(|all| all.remove(&key)).map(|_| change(false));
        };
        let value = record.value.clone().unwrap_or_default();
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let conflict = Conflict {
            subject: subject.clone(),
            version: *version,
            id: value.get("id").and_then(Value::as_i64),
            schema_type: text("schemaType").map(Into::into).unwrap_or_default(),
            schema: text("schema").unwrap_or_default().to_owned(),
            offset: message.offset,
            why: why.clone(),
        };
        self.with(|all| {
            if all.len() < MOST || all.contains_key(&key) {
                all.insert(key, conflict);
            }
        });
        Some(change(true))
    }

    /// Whether what a key says is left out.
    pub(super) fn holds(&self, key: &Key) -> bool {
        matches!(key, Key::Schema { subject, version } if self.with(|all| all.contains_key(&(subject.clone(), *version))))
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.with(|all| all.len())
    }

    /// The first of these records that would take the place of one in conflict.
    pub(super) fn overwritten(&self, records: &[Outgoing]) -> Option<String> {
        self.with(|all| {
            let keys = records.iter().filter_map(|(record, _)| match &record.key {
                Key::Schema { subject, version } => Some((subject.clone(), *version)),
                _ => None,
            });
            let mut found = keys.filter_map(|key| all.get(&key));
            found.next().map(|conflict| {
                let Conflict { subject, version, offset, why, .. } = conflict;
                format!(
                    "Version {version} of subject '{subject}' is in the topic at offset {offset}, is left out ({why}), and must not \
                     be overwritten; see /eventpact/v1/conflicts"
                )
            })
        })
    }
}
