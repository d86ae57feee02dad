//! What one registry would answer, reduced to one subject at level NONE in a context of its own.

/// What a client asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// The schema with this number.
    Register(u64),
    /// The live versions.
    Versions,
    /// The schema of an id.
    ById(u64),
    /// Softly, a version.
    Delete(u64),
}

/// What it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Registered {
        id: u64,
        version: u64,
    },
    Versions(Vec<u64>),
    /// The number of the schema.
    Schema(Option<u64>),
    /// Whether there was a live version of this number.
    Deleted(bool),
    /// A refusal that says nothing: it may have been done.
    Failed(u16),
}

/// The subject.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct State {
    /// Schemas in the order of their ids, from 1.
    ids: Vec<u64>,
    /// (version, schema, deleted), oldest first.
    versions: Vec<(u64, u64, bool)>,
}

impl State {
    pub(super) fn perform(&mut self, operation: Operation) -> Answer {
        match operation {
            Operation::Register(schema) => self.register(schema),
            Operation::Versions => {
                Answer::Versions(self.versions.iter().filter(|(.., deleted)| !deleted).map(|(version, ..)| *version).collect())
            }
            Operation::ById(id) => {
                let index = usize::try_from(id - 1).unwrap_or(usize::MAX);
                Answer::Schema(self.ids.get(index).copied())
            }
            Operation::Delete(wanted) => {
                let found = self.versions.iter_mut().find(|(version, _, deleted)| *version == wanted && !deleted);
                Answer::Deleted(found.map(|(.., deleted)| *deleted = true).is_some())
            }
        }
    }

    fn register(&mut self, schema: u64) -> Answer {
        let index = self.ids.iter().position(|known| *known == schema).unwrap_or_else(|| {
            self.ids.push(schema);
            self.ids.len() - 1
        });
        let id = index as u64 + 1;
        if let Some((version, ..)) = self.versions.iter().rev().find(|(_, known, deleted)| *known == schema && !deleted) {
            return Answer::Registered { id, version: *version };
        }
        let version = self.versions.last().map_or(1, |(version, ..)| version + 1);
        // It replaces its soft-deleted versions.
        self.versions.retain(|(_, known, _)| *known != schema);
        self.versions.push((version, schema, false));
        Answer::Registered { id, version }
    }
}

/// The text of a schema.
pub(super) fn text(number: u64) -> String {
    format!(r#"{{"type":"enum","name":"E{number}","symbols":["A"]}}"#)
}

/// The number of the schema with this text.
pub(super) fn number(text: &str) -> Option<u64> {
    text.split("\"E").nth(1)?.split('"').next()?.parse().ok()
}
