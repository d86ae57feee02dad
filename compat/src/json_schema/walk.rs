//! The profile `sound`: messages that the writer can send are tried on the reader, and each refusal goes to the rule that owns
//! the keyword.
//!
//! A refusal proves a break; that nothing was refused proves nothing. So what is left is put to the containment test of the
//! `jsonschema` crate, and when that cannot decide either, the report says so.

use std::collections::HashSet;

use eventpact_contract::diagnostic::Witness;
use eventpact_contract::formats::json_schema::Schema;
use jsonschema::Validator;
use jsonschema::canonical::{self, Containment};
use serde_json::Value;

use crate::pair::Pair;
use crate::report::{Finding, Place, Report};

use super::finding::{Break, finding};
use super::language::Languages;
use super::owner::{self, Refusal};
use super::{locate, samples};

/// At most so many findings for one pair.
const MAX_FINDINGS: usize = 50;

/// Compares one reader with one writer.
pub(super) fn compare(pair: Pair<'_, Schema>) -> Report {
    let (reader, writer) = (pair.reader.document.to_json(), pair.writer.document.to_json());
    if reader == writer && pair.reader.dialect == pair.writer.dialect {
        return Report::new();
    }
    let validators = validator(pair.reader, &reader).and_then(|r| Ok((r, validator(pair.writer, &writer)?)));
    let (reads, writes) = match validators {
        Ok(both) => both,
        Err(why) => return Report { findings: Vec::new(), unknown: Some(why) },
    };
    let mut report = Report::new();
    let mut seen = HashSet::new();
    // Those with the fewest errors come first, so a place is shown by the message that breaks there and nowhere else, when there
    // is one; where another break is in the way of every message, by one that shows both.
    for (message, errors) in refused(pair, &reads, &writes) {
        for error in errors {
            if report.findings.len() < MAX_FINDINGS && seen.insert(error.place(pair.reader)) {
                report.findings.push(word(pair, &error, &message));
            }
        }
    }
    if report.findings.is_empty() {
        report.unknown = undecided(pair, &reader, &writer);
    }
    report
}

/// `format` is an annotation: no side may count on it being checked.
fn validator(schema: &Schema, document: &Value) -> Result<Validator, String> {
    let options = jsonschema::options().with_draft(schema.dialect.draft()).should_validate_formats(false);
    options.build(document).map_err(|e| format!("the validator cannot use a schema: {e}"))
}

/// The messages that the writer accepts and the reader refuses, those with the fewest errors and the shortest first.
fn refused(pair: Pair<'_, Schema>, reads: &Validator, writes: &Validator) -> Vec<(Value, Vec<Refusal>)> {
    let mut found: Vec<(Value, Vec<Refusal>)> = Vec::new();
    let languages = Languages::default();
    for message in samples::samples(pair.reader, pair.writer, &languages) {
        if !reads.is_valid(&message) && writes.is_valid(&message) {
            let errors = reads.iter_errors(&message);
            let mut errors: Vec<Refusal> = errors.flat_map(|e| owner::refusals(&e, pair.writer)).collect();
            // The validator's order is not the same in every run.
            errors.sort_by(|a, b| (&a.path, &a.at, &a.name).cmp(&(&b.path, &b.at, &b.name)));
            if !errors.iter().any(|e| e.gave_up) {
                found.push((message, errors));
            }
        }
    }
    found.sort_by_cached_key(|(message, errors)| {
        let text = message.to_string();
        (errors.len(), text.len(), text)
    });
    found
}

/// Hands a refusal to the rule that owns it.
fn word(pair: Pair<'_, Schema>, refusal: &Refusal, message: &Value) -> Finding {
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
    let witness = Witness { json: message.to_string(), hex: None, reader_error: refusal.message.clone() };
    let at = refusal.subject();
    let schema_path = format!("#{}", refusal.path);
    finding(rule, Break { keyword: found.keyword, at, reader, writer }, schema_path, Some(witness), None)
}

/// `None` when the reader is proved to accept all that the writer does; else why that is open.
fn undecided(pair: Pair<'_, Schema>, reader: &Value, writer: &Value) -> Option<String> {
    let canonical = |schema: &Schema, document: &Value| {
        let options = canonical::options().offline().with_draft(schema.dialect.draft()).should_validate_formats(false);
        options.canonicalize(document)
    };
    let open = "no message was found that the reader refuses, and that it accepts all could not be proved";
    let (Ok(reads), Ok(writes)) = (canonical(pair.reader, reader), canonical(pair.writer, writer)) else {
        return Some(open.to_owned());
    };
    match reads.covers(&writes) {
        Ok(Containment::Yes) => None,
        Ok(Containment::No | Containment::Unknown) | Err(_) => Some(open.to_owned()),
    }
}
