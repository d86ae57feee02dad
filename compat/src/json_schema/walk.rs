//! The profile `sound`: messages that the writer can send are tried on the reader, and each refusal goes to the rule that owns
//! the keyword.
//!
//! A refusal proves a break; that nothing was refused proves nothing. So what is left is put to the proofs (`proof`), and when
//! these cannot decide either, the report says so. All work is counted beforehand, so that a schema of a few lines cannot ask for
//! more than anybody can wait for.

use std::collections::HashSet;
use std::sync::Arc;

use eventpact_contract::deadline;
use eventpact_contract::diagnostic::Witness;
use eventpact_contract::formats::json_schema::{Dialect, Schema, Sub};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::options::ContentModel;
use crate::pair::Pair;
use crate::report::{Finding, Place, Report};

use super::closed::Closed;
use super::finding::{Break, finding};
use super::language::Languages;
use super::memo::Memo;
use super::owner::{self, Refusal};
use super::proof::{self, Canonical};
use super::{cost, implied, locate, samples};

/// At most so many findings for one pair.
const MAX_FINDINGS: usize = 50;

/// Compares one reader with one writer; `memo` knows what was found for others that say the same.
pub(super) fn compare(pair: Pair<'_, Schema>, model: ContentModel, memo: &mut Memo) -> Report {
    let (reader, writer) = (document(pair.reader), document(pair.writer));
    if reader == writer && pair.reader.dialect == pair.writer.dialect {
        return Report::new();
    }
    let judge = || judge(pair, model, &reader, &writer);
    let Some(judged) = memo.judged(pair, model, (&reader, &writer), judge) else { return Report::new() };
    let findings = judged.breaks.iter().map(|(message, error)| word(pair, error, message)).collect();
    Report { findings, unknown: judged.unknown.clone() }
}

/// The document of a schema. Booleans where its draft has none are written as that draft says it; validators would refuse all of it.
fn document(schema: &Schema) -> Value {
    let mut document = schema.document.to_json();
    if schema.dialect < Dialect::Draft06 {
        // What `additionalProperties` and `additionalItems` hold; a list of items has no boolean here.
        let rest = |sub: &Sub| sub.items.as_ref().and_then(|items| items.rest);
        let may_be_boolean = |sub: &Sub| [sub.additional_properties.map(|a| a.schema), rest(sub)].into_iter().flatten();
        let may_be_boolean: HashSet<u32> = schema.subs.iter().flat_map(may_be_boolean).map(|id| id.0).collect();
        for (_, sub) in (0..).zip(&schema.subs).filter(|(id, _)| !may_be_boolean.contains(id)) {
            if let (Some(truth), Some(place)) = (sub.boolean, document.pointer_mut(&sub.pointer).filter(|p| p.is_boolean())) {
                *place = if truth { json!({}) } else { json!({ "not": {} }) };
            }
        }
    }
    document
}

/// What was found, before it is told in the places of the two texts.
pub(super) struct Judged {
    /// Messages, and one refusal of each; a message may be there for several.
    breaks: Vec<(Arc<str>, Refusal)>,
    unknown: Option<String>,
}

fn judge(pair: Pair<'_, Schema>, model: ContentModel, reader: &Value, writer: &Value) -> Judged {
    let languages = Languages::default();
    let trial = match Trial::new(pair, model, reader, writer, &languages) {
        Ok(trial) => trial,
        Err(why) => return Judged { breaks: Vec::new(), unknown: Some(why) },
    };
    let mut found = trial.refused(samples::samples(pair.reader, pair.writer, &languages));
    let mut judged = Judged { breaks: Vec::new(), unknown: None };
    if found.is_empty() {
        let open = "no message was found that the reader refuses, and that it accepts all could not be proved";
        let writer = trial.closed.as_ref().map_or(Some(writer.clone()), Closed::document);
        let canonical = writer.as_ref().and_then(|writer| Canonical::new(pair, reader, writer));
        if canonical.as_ref().is_some_and(Canonical::covers) || trial.is_implied(writer.as_ref(), &languages) {
            return judged;
        }
        found = trial.refused(canonical.map(|c| c.difference(&languages)).unwrap_or_default());
        judged.unknown = found.is_empty().then(|| open.to_owned());
    }
    let mut seen = HashSet::new();
    // Those with the fewest errors come first, so a place is shown by the message that breaks there and nowhere else, when there
    // is one; where another break is in the way of every message, by one that shows both.
    for (message, errors) in found {
        let mut text: Option<Arc<str>> = None;
        for error in errors {
            if judged.breaks.len() < MAX_FINDINGS && seen.insert(error.place(pair.reader)) {
                let text = text.get_or_insert_with(|| message.to_string().into());
                judged.breaks.push((Arc::clone(text), error));
            }
        }
    }
    judged
}

/// `format` is an annotation: no side may count on it being checked.
fn validator(schema: &Schema, document: &Value) -> Result<Validator, String> {
    let options = jsonschema::options().with_draft(schema.dialect.draft()).should_validate_formats(false);
    options.build(document).map_err(|e| format!("the validator cannot use a schema: {e}"))
}

/// The two judges, and how many messages they may be asked about.
struct Trial<'a> {
    pair: Pair<'a, Schema>,
    reads: Validator,
    writes: Validator,
    closed: Option<Closed<'a>>,
    messages: usize,
}

impl<'a> Trial<'a> {
    fn new(
        pair: Pair<'a, Schema>,
        model: ContentModel,
        reader: &Value,
        writer: &Value,
        languages: &'a Languages,
    ) -> Result<Self, String> {
        let each = cost::of_message(pair.reader)? + cost::of_message(pair.writer)?;
        let messages = cost::MAX_STEPS / each;
        if messages < cost::LEAST_MESSAGES {
            return Err("the schemas are too complex: trying one message takes too long".to_owned());
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // positive, and cut
        let messages = messages.min(20_000.0) as usize;
        let (reads, writes) = (validator(pair.reader, reader)?, validator(pair.writer, writer)?);
        let closed = (model == ContentModel::ClosedWriter).then_some(Closed { schema: pair.writer, languages });
        Ok(Self { pair, reads, writes, closed, messages })
    }

    /// The reader accepts all, keyword by keyword; `writer` is the document when the writer is closed.
    fn is_implied(&self, writer: Option<&Value>, languages: &Languages) -> bool {
        if self.closed.is_none() {
            return implied::holds(self.pair, languages);
        }
        let closed = writer.and_then(|document| proof::parsed(document.to_string()));
        closed.is_some_and(|closed| implied::holds(Pair::new(self.pair.reader, &closed), languages))
    }

    /// The messages that the writer accepts and the reader refuses, those with the fewest errors and the shortest first. Of the errors at
    /// one place the first is kept, and no more than are told.
    fn refused(&self, messages: Vec<Value>) -> Vec<(Value, Vec<Refusal>)> {
        let mut found: Vec<(usize, Value, Vec<Refusal>)> = Vec::new();
        for message in messages.into_iter().take(self.messages) {
            if deadline::is_over_now() {
                break;
            }
            if self.reads.is_valid(&message) || !self.writes.is_valid(&message) {
                continue;
            }
            if self.closed.as_ref().is_some_and(|c| !c.is_named(&message)) {
                continue;
            }
            let errors = self.reads.iter_errors(&message);
            let mut errors: Vec<Refusal> = errors.flat_map(|e| owner::refusals(&e, self.pair.writer)).collect();
            // The validator's order is not the same in every run.
            errors.sort_by(|a, b| (&a.path, &a.at, &a.name).cmp(&(&b.path, &b.at, &b.name)));
            if errors.iter().any(|e| e.gave_up) {
                continue;
            }
            let (count, mut seen) = (errors.len(), HashSet::new());
            errors.retain(|error| seen.len() < MAX_FINDINGS && seen.insert(error.place(self.pair.reader)));
            errors.shrink_to_fit();
            found.push((count, message, errors));
        }
        found.sort_by_cached_key(|(count, message, _)| {
            let text = message.to_string();
            (*count, text.len(), text)
        });
        found.into_iter().map(|(_, message, errors)| (message, errors)).collect()
    }
}

/// Hands a refusal to the rule that owns it.
fn word(pair: Pair<'_, Schema>, refusal: &Refusal, message: &Arc<str>) -> Finding {
    let found = locate::located(pair.reader, &refusal.path);
    let there = locate::counterpart(pair.writer, &refusal.at);
    let rule = owner::of(pair, refusal, &found, &there);
    let mut reader = locate::place(found.sub, &found.keyword);
    let mut writer = locate::place(there.sub, &found.keyword);
    if let Some(name) = &refusal.name {
        if let Some(span) = locate::required(found.sub, name) {
            reader = Place::new(span, "required");
        }
        writer = locate::property(pair.writer, &refusal.subject()).unwrap_or(writer);
    }
    let witness = Witness { json: Arc::clone(message), hex: None, reader_error: refusal.message.clone() };
    let at = refusal.subject();
    let schema_path = format!("#{}", refusal.path);
    finding(rule, Break { keyword: found.keyword, at, reader, writer }, schema_path, Some(witness), None)
}
