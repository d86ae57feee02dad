//! Proofs by the normal form of the `jsonschema` crate: that a reader accepts all that a writer does, and what is left when not.

use std::time::Duration;

use eventpact_contract::deadline;
use eventpact_contract::formats::json_schema::{self, Schema};
use eventpact_contract::source::Sources;
use eventpact_contract::yaml;
use jsonschema::canonical::{self, CanonicalSchema, Containment};
use serde_json::Value;

use crate::pair::Pair;

use super::language::Languages;
use super::{cost, samples};

/// Beyond so many subschemas no normal form is made: it takes too long.
const MAX_SCHEMAS: usize = 3_000;
/// Nor beyond so many names that are required: its time and its memory grow with their square (60,000 of them: more than 24 GB).
const MAX_REQUIRED: usize = 3_000;
/// Nor beyond so many ways through one of them, whatever the time.
const MAX_WAYS: f64 = 100_000.0;
/// The longest text of a difference that is looked into.
const MAX_TEXT: usize = 200_000;
/// So many subschemas, with so many ways through both schemas, are gone through in no time; more may take [`LONG`], and the crate does
/// not ask whether there is that much.
const FEW_SCHEMAS: usize = 1_000;
const FEW_WAYS: f64 = 1_000.0;
const LONG: Duration = Duration::from_secs(2);

/// Both sides in their normal form.
pub(super) struct Canonical {
    reads: CanonicalSchema,
    writes: CanonicalSchema,
}

impl Canonical {
    pub(super) fn new(pair: Pair<'_, Schema>, reader: &Value, writer: &Value) -> Option<Self> {
        let count = pair.reader.subs.len() + pair.writer.subs.len();
        let required: usize = pair.reader.subs.iter().chain(&pair.writer.subs).map(|sub| sub.required.len()).sum();
        if count > MAX_SCHEMAS || required > MAX_REQUIRED {
            return None;
        }
        let (ours, theirs) = (cost::ways(pair.reader), cost::ways(pair.writer));
        if ours.max(theirs) > MAX_WAYS {
            return None;
        }
        let ways = ours * theirs;
        if (ways > FEW_WAYS || count > FEW_SCHEMAS) && deadline::is_shorter_than(LONG) {
            return None;
        }
        let canonical = |schema: &Schema, document: &Value| {
            let options = canonical::options().offline().with_draft(schema.dialect.draft()).should_validate_formats(false);
            options.canonicalize(document).ok()
        };
        Some(Self { reads: canonical(pair.reader, reader)?, writes: canonical(pair.writer, writer)? })
    }

    /// The reader is proved to accept all that the writer does.
    pub(super) fn covers(&self) -> bool {
        matches!(self.reads.covers(&self.writes), Ok(Containment::Yes))
    }

    /// Messages of what the writer accepts and the reader does not.
    pub(super) fn difference(&self, languages: &Languages) -> Vec<Value> {
        let Ok(left) = self.writes.subtract(&self.reads) else { return Vec::new() };
        let text = left.to_json_schema().to_string();
        if text.len() > MAX_TEXT {
            return Vec::new();
        }
        let schema = parsed(text);
        match schema {
            Some(schema) if cost::of_message(&schema).is_ok() => samples::samples(&schema, &schema, languages),
            _ => Vec::new(),
        }
    }
}

/// A schema from its text.
pub(super) fn parsed(text: String) -> Option<Schema> {
    let mut sources = Sources::new();
    let file = sources.add("schema.json", text);
    let node = yaml::parse(&sources, file).0?;
    json_schema::parse(&node, &mut |_| None).0
}
