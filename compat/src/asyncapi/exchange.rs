//! What travels — payloads, headers, keys — handed to the rules of its format, each with the reader and the writer that the
//! operations make of the two versions. Both directions are judged: the one that the operations do not need still decides in
//! which order old and new can be deployed.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use eventpact_contract::diagnostic::Severity;
use eventpact_contract::formats::json_schema::same_text;
use eventpact_contract::model::Payload;
use eventpact_contract::schema::Schema;
use eventpact_contract::source::Span;
use eventpact_contract::yaml::{Node, Value};

use super::change::{Holds, Sides};
use super::{Check, ContractFinding, ContractReport, rules};
use crate::check::{self, Verdict};
use crate::json_schema;
use crate::mode::Direction;
use crate::options::Options;
use crate::pair::Pair;
use crate::report::{Finding, Place, Report};

/// One part of what travels, in two versions.
pub(super) struct Part<'a> {
    /// `payload`, `headers`, `kafka key`.
    pub(super) name: String,
    pub(super) new: Option<&'a Payload>,
    pub(super) old: Option<&'a Payload>,
    /// A place for what is not there.
    pub(super) new_at: Span,
    pub(super) old_at: Span,
}

/// A part in one direction.
pub(super) struct Exchange<'a> {
    pub(super) part: &'a Part<'a>,
    pub(super) subject: &'a str,
    pub(super) direction: Direction,
}

impl Exchange<'_> {
    pub(super) fn reader(&self) -> Option<&Payload> {
        if self.direction == Direction::Backward { self.part.new } else { self.part.old }
    }

    pub(super) fn writer(&self) -> Option<&Payload> {
        if self.direction == Direction::Backward { self.part.old } else { self.part.new }
    }
}

/// Identities of the schemas of a reader and a writer.
type Key = (usize, usize);

/// The comparisons so far: schemas that many messages share are compared once, and their findings are told once.
#[derive(Default)]
pub(super) struct Exchanges {
    compared: HashMap<Key, Rc<Report>>,
    /// What was found for JSON Schemas, by what they say.
    memo: json_schema::Memo,
    told: HashSet<Key>,
    /// For a new and an old JSON Schema, whether they are the same text.
    unchanged: HashMap<Key, bool>,
}

impl Exchanges {
    /// Judges a part both ways and reports what is found in the directions that are wanted.
    pub(super) fn judge(
        &mut self,
        (part, subject): (&Part<'_>, &str),
        wanted: &[Direction],
        options: Options,
        report: &mut ContractReport,
    ) -> (Holds, Sides) {
        if self.is_unchanged(part) {
            return (Holds::BOTH_WAYS, Sides::default());
        }
        let mut sides = Sides::default();
        let mut verdict = |direction: Direction| {
            let told = wanted.contains(&direction);
            let verdict = self.direction(&Exchange { part, subject, direction }, told, options, report);
            if told && verdict == Verdict::Incompatible {
                match direction {
                    Direction::Forward => sides.consumers = true,
                    Direction::Backward => sides.producers = true,
                }
            }
            verdict
        };
        let (forward, backward) = (verdict(Direction::Forward), verdict(Direction::Backward));
        (Holds::ways(backward, forward), sides)
    }

    /// A JSON Schema that did not change needs no search for values.
    fn is_unchanged(&mut self, part: &Part<'_>) -> bool {
        let schema = |payload: Option<&Payload>| payload.and_then(|payload| payload.schema.clone());
        let (Some(Schema::JsonSchema(new)), Some(Schema::JsonSchema(old))) = (schema(part.new), schema(part.old)) else {
            return false;
        };
        let key = (Arc::as_ptr(&new).addr(), Arc::as_ptr(&old).addr());
        let is_same = || new.dialect == old.dialect && same_text(&new.document, &old.document);
        *self.unchanged.entry(key).or_insert_with(is_same)
    }

    fn direction(&mut self, exchange: &Exchange<'_>, told: bool, options: Options, report: &mut ContractReport) -> Verdict {
        let mut verdict = Verdict::Compatible;
        for rule in rules::RULES {
            let Check::Exchange(check) = rule.check else { continue };
            let mut changes = Vec::new();
            check(exchange, &mut changes);
            for change in changes {
                if change.is_error() {
                    verdict = Verdict::Incompatible;
                }
                if told {
                    report.push(exchange.subject, side(exchange.direction), change.finding(rule.info));
                }
            }
        }
        let (Some(reader), Some(writer)) = (exchange.reader(), exchange.writer()) else { return verdict };
        let (Some(reads), Some(writes)) = (&reader.schema, &writer.schema) else {
            if told && !is_same(reader, writer) {
                let formats = format!("{} and {}", reader.schema_format, writer.schema_format);
                let why =
                    format!("{}: the {} can't be compared (schema formats {formats})", exchange.subject, exchange.part.name);
                report.unknown.push(why);
            }
            return if is_same(reader, writer) { verdict } else { Verdict::Unknown };
        };
        if reads.format() != writes.format() {
            return Verdict::Incompatible; // asyncapi/payload-format-changed says it
        }
        let key = (address(reads), address(writes));
        let mut compare = || match (reads, writes) {
            (Schema::JsonSchema(reads), Schema::JsonSchema(writes)) => {
                check::in_time(json_schema::compare_with(Pair::new(&**reads, &**writes), options, &mut self.memo))
            }
            _ => check::compare(Pair::new(reads, writes), options),
        };
        let compared = Rc::clone(self.compared.entry(key).or_insert_with(|| Rc::new(compare())));
        if told && self.told.insert(key) {
            let subject = with_part(exchange);
            report.unknown.extend(compared.unknown.iter().map(|why| format!("{subject}: {why}")));
            report.findings.extend(compared.findings.iter().map(|finding| ContractFinding {
                subject: subject.clone(),
                direction: exchange.direction,
                sides: if finding.severity == Severity::Error { side(exchange.direction) } else { Sides::default() },
                finding: finding.clone(),
            }));
        }
        match Verdict::of([&*compared]) {
            Verdict::Compatible => verdict,
            worse if verdict == Verdict::Compatible => worse,
            _ => verdict,
        }
    }
}

/// A schema that refuses nothing.
pub(super) fn takes_anything(payload: &Payload) -> bool {
    let Some(Schema::JsonSchema(schema)) = &payload.schema else { return false };
    match &schema.document.value {
        Value::Bool(truth) => *truth,
        Value::Mapping(mapping) => {
            mapping.entries.iter().all(|entry| matches!(entry.key.as_str(), "title" | "description" | "examples"))
        }
        _ => false,
    }
}

/// The properties that a JSON Schema requires.
pub(super) fn required(payload: &Payload) -> Vec<&str> {
    let Some(Schema::JsonSchema(schema)) = &payload.schema else { return Vec::new() };
    let mut sub = schema.root();
    for _ in 0..schema.subs.len() {
        let Some(target) = sub.reference else { break };
        sub = schema.get(target);
    }
    sub.required.iter().map(|(name, _)| name.as_str()).collect()
}

/// Payloads and headers are told apart by their places; keys and the like by their name.
fn with_part(exchange: &Exchange<'_>) -> String {
    match exchange.part.name.as_str() {
        "payload" | "headers" => exchange.subject.to_owned(),
        name => format!("{} ({name})", exchange.subject),
    }
}

/// Who has not moved, and so breaks.
fn side(direction: Direction) -> Sides {
    match direction {
        Direction::Forward => Sides::CONSUMERS,
        Direction::Backward => Sides::PRODUCERS,
    }
}

/// Schemas are shared: one that several messages name is one value.
fn address(schema: &Schema) -> usize {
    match schema {
        Schema::Avro(schema) => Arc::as_ptr(schema).addr(),
        Schema::Protobuf(schema) => Arc::as_ptr(schema).addr(),
        Schema::JsonSchema(schema) => Arc::as_ptr(schema).addr(),
    }
}

/// Two texts in a format that is not read, letter by letter.
fn is_same(one: &Payload, other: &Payload) -> bool {
    let json = |payload: &Payload| payload.opaque.as_ref().map(Node::to_json);
    one.schema_format == other.schema_format && one.opaque.is_some() && json(one) == json(other)
}

impl ContractReport {
    pub(super) fn push(&mut self, subject: &str, sides: Sides, finding: Finding) {
        let sides = if finding.severity == Severity::Error { sides } else { Sides::default() };
        self.findings.push(ContractFinding { subject: subject.to_owned(), direction: Direction::Backward, sides, finding });
    }
}

impl Part<'_> {
    /// A change of this part, seen by the reader: `reader` and `writer` are told in the places of the new and the old version.
    pub(super) fn places(&self, direction: Direction, reader: &str, writer: &str) -> (Place, Place) {
        let at = |payload: Option<&Payload>, fallback: Span| payload.map_or(fallback, |payload| payload.span);
        let (new, old) = match direction {
            Direction::Backward => (reader, writer),
            Direction::Forward => (writer, reader),
        };
        (Place::new(at(self.new, self.new_at), new), Place::new(at(self.old, self.old_at), old))
    }
}
