//! Finds: fields that the writer can send together and the reader has as members of one oneof.
//!
//! Why it breaks: a oneof keeps the last member that arrives and forgets the others. One field that moves into a new oneof of
//! its own is safe.
//!
//! In the profile `confluent`: two or more fields moved into a new oneof, a field moved into an oneof that was there, and a
//! member removed from an oneof.
//!
//! Instead: make a new oneof of new fields with new numbers.

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
    for (index, oneof) in pair.pair.reader.oneofs.iter().enumerate() {
        let members: Vec<(&Field, &Field)> =
            common_fields(pair.context, pair.pair).into_iter().filter(|(r, _)| r.oneof == Some(index)).collect();
        let together = members.iter().enumerate().find_map(|(n, a)| {
            let other = members.iter().skip(n + 1).find(|b| a.1.oneof.is_none() || a.1.oneof != b.1.oneof)?;
            Some((*a, *other))
        });
        let Some((first, second)) = together else { continue };
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

/// The members of the oneof with a name; `None` when there is no such oneof.
fn members<'a>(message: &'a Message, name: &str) -> Option<Vec<&'a Field>> {
    let index = message.oneofs.iter().position(|o| o.element.name == name)?;
    Some(message.fields.iter().filter(|f| f.oneof == Some(index)).collect())
}

/// Fields that the writer has outside of every oneof and the reader inside of one.
fn confluent_added(pair: &MessagePair<'_>, report: &mut Report) {
    let (reader, writer) = (pair.pair.reader, pair.pair.writer);
    for oneof in &reader.oneofs {
        let name = &oneof.element.name;
        let inside = members(reader, name).unwrap_or_default();
        let outside = |r: &&Field| writer.fields.iter().find(|w| w.number == r.number && w.oneof.is_none());
        let moved: Vec<&Field> = inside.iter().filter_map(outside).collect();
        let existed = members(writer, name).is_some();
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
    for oneof in &reader.oneofs {
        let name = &oneof.element.name;
        let inside = members(reader, name).unwrap_or_default();
        for field in members(writer, name).unwrap_or_default() {
            let top = reader.fields.iter().any(|f| f.number == field.number && f.oneof.is_none());
            if top || inside.iter().any(|f| f.number == field.number) {
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
