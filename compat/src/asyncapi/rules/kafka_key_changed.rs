//! Finds a Kafka message whose key has another form than before: another type, or an object of other properties.
//! (Other changes of its schema are judged by the rules of JSON Schema, as for a payload.)
//!
//! Why it breaks: the key decides the partition, and with it the order of messages; compaction keeps one message for
//! each key. With another form of key, old and new messages of the same thing no longer belong together, and readers
//! of the key fail.
//!
//! What to do instead: keep the key as it is, or move to a new topic.

use eventpact_contract::model::{Binding, Message};
use eventpact_contract::schema::Schema;
use eventpact_contract::yaml::Node;

use super::super::bindings;
use super::super::change::Change;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/kafka-key-changed",
        summary: "the key of a Kafka message has another form",
        breaks: Breaks::Wire,
        source: include_str!("kafka_key_changed.rs"),
    },
    check: Check::Message(check),
};

fn check(versions: &Versions<'_, Message>, _scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (Some(new), old) = (versions.new, versions.old) else { return };
    let path = format!("/messages/{}/bindings/kafka/key", new.name());
    match (key(&new.bindings), key(&old.bindings)) {
        (Some(now), Some(before)) if is_another_form(&new.bindings, &old.bindings) => {
            let name = new.name();
            let message = format!("the Kafka key of `{name}` has another schema: messages of one key go to other partitions");
            out.push(Change::error(message, place(now), place(before)).help("keep the key, or move to a new topic").path(path));
        }
        (Some(now), None) => {
            let message = format!("`{}` has a Kafka key, and none was described before", new.name());
            out.push(Change::warning(message, place(now), Place::new(old.span, "no key")).path(path));
        }
        (None, Some(before)) => {
            let message = format!("`{}` has no described Kafka key any more", new.name());
            out.push(Change::warning(message, Place::new(new.span, "no key"), place(before)).path(path));
        }
        _ => {}
    }
}

fn key(bindings: &[Binding]) -> Option<&Node> {
    bindings::of(bindings, "kafka")?.node.get("key")
}

/// Both have a key, and the same thing has other bytes as its key.
pub(in crate::asyncapi) fn is_another_form(new: &[Binding], old: &[Binding]) -> bool {
    let (Some(now), Some(before)) = (form(new), form(old)) else {
        return key(new).map(Node::to_json) != key(old).map(Node::to_json);
    };
    now != before
}

/// Types and names of properties; `None` for a key whose schema is no JSON Schema.
fn form(bindings: &[Binding]) -> Option<String> {
    let Some(Schema::JsonSchema(schema)) = &bindings::schema(bindings, "kafka", "key")?.schema else { return None };
    let mut sub = schema.root();
    for _ in 0..schema.subs.len() {
        let Some(target) = sub.reference else { break };
        sub = schema.get(target);
    }
    let mut names: Vec<&str> = sub.properties.iter().map(|property| property.name.as_str()).collect();
    names.sort_unstable();
    let mut types = sub.types.clone();
    types.sort_unstable();
    Some(format!("{types:?} {names:?}"))
}

fn place(key: &Node) -> Place {
    let kind = key.get("type");
    let text = kind.and_then(Node::as_str).map_or_else(|| "key".to_owned(), |kind| format!("key of type {kind}"));
    Place::new(kind.map_or(key.span, |kind| kind.span), text)
}
