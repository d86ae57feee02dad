//! The profile `sound`: messages that the writer can send are tried on the reader, and each refusal goes to the rule that owns
//! the keyword.
//!
//! A refusal proves a break; that nothing was refused proves nothing. So what is left is put to the containment test of the
//! `jsonschema` crate, and when that cannot decide either, the report says so.

use std::collections::HashSet;

use eventpact_contract::diagnostic::{Severity, Witness};
use eventpact_contract::formats::json_schema::Schema;
use jsonschema::canonical::{self, Containment};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use crate::pair::Pair;
use crate::report::{Finding, PeerWording, Place, Report};
use crate::rule::Rule;

use super::rules::{RULES, property_added};
use super::{locate, samples};

/// At most so many findings for one pair.
const MAX_FINDINGS: usize = 50;

/// What a rule owns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Check {
    /// Keywords of JSON Schema whose refusal it words.
    pub(super) keywords: &'static [&'static str],
    /// Difference types of Confluent's registry that belong to it.
    pub(super) differences: &'static [&'static str],
    /// Why it breaks, in one sentence, and what to do instead.
    pub(super) word: fn(&Break) -> (String, &'static str),
}

/// One break, before it is worded.
#[derive(Debug)]
pub(super) struct Break {
    /// The keyword of the reader that refuses, or Confluent's difference type.
    pub(super) keyword: String,
    /// Where in the message: `/lines/0/sku`; empty for the message itself.
    pub(super) at: String,
    /// What the reader has there.
    pub(super) reader: Place,
    /// What the writer has there.
    pub(super) writer: Place,
}

impl Break {
    /// The place in the message for people: `'/lines/0/sku'`, or `the message`.
    pub(super) fn subject(&self) -> String {
        if self.at.is_empty() { "the message".to_owned() } else { format!("'{}'", self.at) }
    }
}

/// A finding of a rule.
pub(super) fn finding(
    rule: &Rule<Check>,
    found: Break,
    path: String,
    witness: Option<Witness>,
    peer: Option<PeerWording>,
) -> Finding {
    let (message, help) = (rule.check.word)(&found);
    Finding {
        rule: rule.info,
        severity: Severity::Error,
        message,
        help: help.to_owned(),
        reader: found.reader,
        writer: found.writer,
        path,
        peer,
        witness,
    }
}

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
                report.findings.push(word(pair, error, &message));
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

/// One error of the reader's validator.
struct Refusal {
    /// Evaluation path in the reader's schema, with the keyword.
    path: String,
    /// Instance path.
    at: String,
    /// The required property that is missing.
    missing: Option<String>,
    /// In words.
    message: String,
}

impl Refusal {
    fn new(error: &ValidationError<'_>) -> Self {
        let missing = match error.kind() {
            jsonschema::error::ValidationErrorKind::Required { property } => property.as_str().map(str::to_owned),
            _ => None,
        };
        Self {
            path: error.evaluation_path().as_str().to_owned(),
            at: error.instance_path().as_str().to_owned(),
            missing,
            message: error.to_string(),
        }
    }

    /// The keyword in the reader's schema, however the message got there: a schema that contains itself has many ways.
    fn place(&self, reader: &Schema) -> String {
        let (sub, keyword) = locate::keyword(reader, &self.path);
        format!("{} {keyword} {}", sub.pointer, self.missing.as_deref().unwrap_or_default())
    }
}

/// The messages that the writer accepts and the reader refuses, those with the fewest errors and the shortest first.
fn refused(pair: Pair<'_, Schema>, reads: &Validator, writes: &Validator) -> Vec<(Value, Vec<Refusal>)> {
    let mut found: Vec<(Value, Vec<Refusal>)> = Vec::new();
    for message in samples::samples(pair.reader, pair.writer) {
        if !reads.is_valid(&message) && writes.is_valid(&message) {
            let mut errors: Vec<Refusal> = reads.iter_errors(&message).map(|e| Refusal::new(&e)).collect();
            // The validator's order is not the same in every run.
            errors.sort_by(|a, b| (&a.path, &a.at, &a.missing).cmp(&(&b.path, &b.at, &b.missing)));
            found.push((message, errors));
        }
    }
    found.sort_by_cached_key(|(message, errors)| {
        let text = message.to_string();
        (errors.len(), text.len(), text)
    });
    found
}

/// Hands a refusal to the rule that owns its keyword.
fn word(pair: Pair<'_, Schema>, refusal: Refusal, message: &Value) -> Finding {
    let (sub, keyword) = locate::keyword(pair.reader, &refusal.path);
    let there = locate::counterpart(pair.writer, &refusal.at);
    let mut reader = locate::place(sub, &keyword);
    if let Some(span) = refusal.missing.as_ref().and_then(|m| locate::required(sub, m)) {
        reader = Place::new(span, "required");
    }
    let writer = locate::place(there.sub, &keyword);
    let at = refusal.missing.as_ref().map_or_else(|| refusal.at.clone(), |m| format!("{}/{m}", refusal.at));
    let undeclared = there.undeclared && refusal.missing.is_none();
    let owner = RULES.iter().find(|r| r.check.keywords.contains(&keyword.as_str()));
    // `false` as a schema has no keyword: it closes the place.
    let rule = if undeclared { &property_added::RULE } else { owner.copied().unwrap_or(RULES[0]) };
    let witness = Witness { json: message.to_string(), hex: None, reader_error: refusal.message };
    let schema_path = format!("#{}", refusal.path);
    finding(rule, Break { keyword, at, reader, writer }, schema_path, Some(witness), None)
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
