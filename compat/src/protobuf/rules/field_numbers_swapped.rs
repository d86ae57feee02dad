//! Finds: fields that have each other's numbers, or one that has taken the number of another, and types that take each other's values.
//!
//! Why it breaks: numbers are what travels. The reader takes the value of one field for that of another, and nothing fails: the
//! customer's name arrives as the city. Where the types do not fit, protobuf/field-type-changed tells.
//!
//! Instead: leave each field its number. The order in the text may be any.

use std::collections::{HashMap, HashSet};

use eventpact_contract::diagnostic::Witness;
use eventpact_contract::formats::protobuf::{Field, Message};

use crate::pair::Pair;
use crate::report::Report;
use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::walk::{Check, FieldPair, MessagePair, finding, place};
use super::super::wire::{Fields, Value};
use super::super::witness;

/// At most so many values of a field are tried.
const MAX_SAMPLES: usize = 4;

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "protobuf/field-numbers-swapped",
        summary: "the reader takes the value of one field for that of another",
        breaks: Breaks::Wire,
        source: include_str!("field_numbers_swapped.rs"),
    },
    check: Check::Message(check),
};

fn check(pair: &MessagePair<'_>, report: &mut Report) {
    if pair.context.confluent() {
        return;
    }
    for ring in rings(pair.pair) {
        let (Some((reader, writer)), Some(witness)) = (ring.first(), prove(pair, &ring)) else { continue };
        let names: Vec<String> =
            ring.iter().map(|(r, w)| format!("{} `{}` as `{}`", w.number, w.element.name, r.element.name)).collect();
        let message = format!("the reader takes field {}", names.join(", and "));
        let path = format!("{}/{}", pair.path, writer.number);
        let help = "leave each field its number: numbers are what travels";
        let mut found = finding(&RULE, message, help, place(reader), place(writer), path);
        found.witness = Some(witness);
        report.findings.push(found);
    }
}

/// The fields of such a ring, each as the reader and as the writer has its number.
type Ring<'a> = Vec<(&'a Field, &'a Field)>;

/// Fields whose names went round: each name of the writer has another number for the reader, and that number another of the names.
fn rings(pair: Pair<'_, Message>) -> Vec<Ring<'_>> {
    let by_name: HashMap<&str, &Field> = pair.reader.fields.iter().map(|f| (f.element.name.as_str(), f)).collect();
    let by_number: HashMap<i32, &Field> = pair.reader.fields.iter().map(|f| (f.number, f)).collect();
    let writers: HashMap<i32, &Field> = pair.writer.fields.iter().map(|f| (f.number, f)).collect();
    let mut done: HashSet<i32> = HashSet::new();
    let mut rings = Vec::new();
    for start in &pair.writer.fields {
        let (mut ring, mut at) = (Vec::new(), start);
        while done.insert(at.number) {
            let (Some(reader), Some(moved)) = (by_number.get(&at.number), by_name.get(at.element.name.as_str())) else { break };
            ring.push((*reader, at));
            let Some(next) = writers.get(&moved.number) else { break };
            at = next;
        }
        // A name that kept its number is a ring of one; a way that does not lead back is no ring.
        let closed = by_name.contains_key(at.element.name.as_str()) && at.number == start.number;
        if closed && ring.len() > 1 {
            rings.push(ring);
        }
    }
    // A number that one side gave to another of the names: no ring, but one is taken for the other all the same.
    let in_ring: HashSet<i32> = rings.iter().flatten().map(|(_, w)| w.number).collect();
    let sent: HashSet<&str> = pair.writer.fields.iter().map(|f| f.element.name.as_str()).collect();
    for writer in pair.writer.fields.iter().filter(|w| !in_ring.contains(&w.number)) {
        let Some(reader) = by_number.get(&writer.number).filter(|r| r.element.name != writer.element.name) else { continue };
        if sent.contains(reader.element.name.as_str()) || by_name.contains_key(writer.element.name.as_str()) {
            rings.push(vec![(*reader, writer)]);
        }
    }
    rings
}

/// A message with different values in all fields of the ring, each of which arrives under its number.
fn prove(pair: &MessagePair<'_>, ring: &Ring<'_>) -> Option<Witness> {
    let mut fields = Fields::new();
    let mut used: Vec<Value> = Vec::new();
    for (reader, writer) in ring {
        let field = FieldPair { message: pair, pair: Pair::new(*reader, *writer) };
        let mut values = witness::samples(&field, writer);
        // Text first: bytes that are none may be refused where they end up.
        values.sort_by_key(|v| matches!(v, Value::Bytes(bytes) if std::str::from_utf8(bytes).is_err()));
        let mut fresh = values.iter().take(MAX_SAMPLES).filter(|value| !used.contains(value));
        let value = fresh.next().or(values.first())?.clone();
        if !used.contains(&value) {
            used.push(value.clone());
        }
        fields.insert(writer.number, vec![value]);
    }
    let numbers: Vec<i32> = fields.keys().copied().collect();
    let together = witness::prove_misplaced(pair, fields.clone(), &numbers);
    // Members of one oneof cannot be sent together.
    together.or_else(|| {
        let mut alone = fields.into_iter().map(|(number, values)| (number, Fields::from([(number, values)])));
        alone.find_map(|(number, one)| witness::prove_misplaced(pair, one, &[number]))
    })
}

/// The field stands in a ring that is told as such.
pub(super) fn is_told(pair: &MessagePair<'_>, number: i32) -> bool {
    let told = || {
        let proved = rings(pair.pair).into_iter().filter(|ring| prove(pair, ring).is_some());
        proved.flatten().map(|(_, writer)| writer.number).collect()
    };
    pair.swapped.get_or_init(told).contains(&number)
}
