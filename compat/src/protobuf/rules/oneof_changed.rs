//! Finds: fields that the writer can send together and the reader has as members of one oneof.
//!
//! Why it breaks: a oneof keeps the last member that arrives and forgets the others. One field that moves into a new oneof of
//! its own is safe.
//!
//! In the profile `confluent`: two or more fields moved into a new oneof, a field moved into an oneof that was there, and a
//! member removed from an oneof.
//!
//! Instead: make a new oneof of new fields with new numbers.

use std::collections::{HashMap, HashSet};

use eventpact_contract::formats::protobuf::{Field, Message, Oneof};

use crate::report::{Place, Report};
use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::walk::{Check, MessagePair, common_fields, finding, peer, place};
use super::super::wire::Fields;
use super::super::witness;

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "protobuf/oneof-changed",
        summary: "the writer can send together what the reader has in one oneof",
        breaks: Breaks::Wire,
        source: include_str!("oneof_changed.rs"),
    },
    check: Check::Message(check),
};

fn check(pair: &MessagePair<'_>, report: &mut Report) {
    if pair.context.confluent() {
        confluent_added(pair, report);
        confluent_removed(pair, report);
        return;
    }
    let mut inside: HashMap<usize, Vec<(&Field, &Field)>> = HashMap::new();
    for (reader, writer) in common_fields(pair.context, pair.pair) {
        if let Some(oneof) = reader.oneof {
            inside.entry(oneof).or_default().push((reader, writer));
        }
    }
    for (index, oneof) in pair.pair.reader.oneofs.iter().enumerate() {
        let Some((first, others)) = inside.get(&index).and_then(|members| members.split_first()) else { continue };
        // When none can be sent together with the first, all are in one oneof of the writer.
        let together = others.iter().find(|other| first.1.oneof.is_none() || first.1.oneof != other.1.oneof);
        let (first, Some(second)) = (*first, together.copied()) else { continue };
        let fields = Fields::from([value(pair, first), value(pair, second)].map(|(n, v)| (n, v.into_iter().collect())));
        let Some(witness) = witness::prove(pair, fields, &[first.1.number, second.1.number]) else { continue };
        let names = [&first.1.element.name, &second.1.element.name];
        let message = format!(
            "the writer can send `{}` and `{}` together, the reader keeps one of them: both are in the oneof {}",
            names[0], names[1], oneof.element.name
        );
        let path = format!("{}/{}", pair.path, oneof.element.name);
        let help = "leave the fields where they were, and make the oneof of new fields with new numbers";
        let mut found = finding(&RULE, message, help, oneof_place(oneof), place(second.1), path);

        found.witness = Some(witness);
        report.findings.push(found);
    }
}

/// A value that the writer can send in a field.
fn value(pair: &MessagePair<'_>, (r, w): (&Field, &Field)) -> (i32, Option<super::super::wire::Value>) {
    let field = super::super::walk::FieldPair { message: pair, pair: crate::pair::Pair::new(r, w) };
    (w.number, witness::samples(&field, w).into_iter().next())
}

fn oneof_place(oneof: &Oneof) -> Place {
    Place::new(oneof.element.name_span, format!("oneof {}", oneof.element.name))
}

/// The members of each oneof by its name.
fn members(message: &Message) -> HashMap<&str, Vec<&Field>> {
    let mut members: HashMap<&str, Vec<&Field>> =
        message.oneofs.iter().map(|oneof| (oneof.element.name.as_str(), Vec::new())).collect();
    for field in &message.fields {
        let oneof = field.oneof.and_then(|index| message.oneofs.get(index));
        if let Some(inside) = oneof.and_then(|oneof| members.get_mut(oneof.element.name.as_str())) {
            inside.push(field);
        }
    }
    members
}

/// Fields that the writer has outside of every oneof and the reader inside of one.
fn confluent_added(pair: &MessagePair<'_>, report: &mut Report) {
    let (reader, writer) = (pair.pair.reader, pair.pair.writer);
    let (insides, before) = (members(reader), members(writer));
    let outside: HashMap<i32, &Field> = writer.fields.iter().rev().filter(|w| w.oneof.is_none()).map(|w| (w.number, w)).collect();
    for oneof in &reader.oneofs {
        let name = oneof.element.name.as_str();
        let inside = insides.get(name).into_iter().flatten();
        let moved: Vec<&Field> = inside.filter_map(|r| outside.get(&r.number).copied()).collect();
        let existed = before.contains_key(name);
        let kind = match moved.len() {
            0 => continue,
            1 if !existed => continue,
            _ if existed => "FIELD_MOVED_TO_EXISTING_ONEOF",
            _ => "MULTIPLE_FIELDS_MOVED_TO_ONEOF",
        };
        let Some(first) = moved.first() else { continue };
        let message = format!("`{}` is in the oneof {name} for the reader and outside of it for the writer", first.element.name);
        let path = format!("{}/{name}", pair.path);
        let help = "leave the fields where they were, and make the oneof of new fields with new numbers";
        let mut found = finding(&RULE, message, help, oneof_place(oneof), place(first), path);
        found.peer = Some(peer(kind, &found.path));
        report.findings.push(found);
    }
}

/// Members of an oneof that the reader has nowhere: neither in that oneof nor outside.
fn confluent_removed(pair: &MessagePair<'_>, report: &mut Report) {
    let (reader, writer) = (pair.pair.reader, pair.pair.writer);
    let (insides, before) = (members(reader), members(writer));
    let outside: HashSet<i32> = reader.fields.iter().filter(|f| f.oneof.is_none()).map(|f| f.number).collect();
    for oneof in &reader.oneofs {
        let name = oneof.element.name.as_str();
        let inside: HashSet<i32> = insides.get(name).into_iter().flatten().map(|f| f.number).collect();
        for field in before.get(name).into_iter().flatten() {
            if outside.contains(&field.number) || inside.contains(&field.number) {
                continue;
            }
            let message = format!("the reader has no `{}` in the oneof {name}", field.element.name);
            let path = format!("{}/{name}/{}", pair.path, field.number);
            let help = "keep the member; mark it deprecated when nobody should set it any more";
            let mut found = finding(&RULE, message, help, oneof_place(oneof), place(field), path);
            found.peer = Some(peer("ONEOF_FIELD_REMOVED", &found.path));
            report.findings.push(found);
        }
    }
}
