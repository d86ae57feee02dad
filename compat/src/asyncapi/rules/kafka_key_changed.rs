//! Finds a Kafka message whose key has another schema than before.
//!
//! Why it breaks: the key decides the partition, and with it the order of messages; compaction keeps one message for each key.
//! With another form of key, old and new messages of the same thing no longer belong together, and readers of the key fail.
//!
//! What to do instead: keep the key as it is, or move to a new topic.

use eventpact_contract::diagnostic::Severity;
use eventpact_contract::model::{Binding, Message};
use eventpact_contract::source::Span;
use eventpact_contract::yaml::Node;

use super::super::{Check, Scope, Versions};
use crate::report::{Finding, Place, Report};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/kafka-key-changed",
        summary: "the key of a Kafka message has another schema",
        breaks: Breaks::Wire,
        source: include_str!("kafka_key_changed.rs"),
    },
    check: Check::Message(check),
};

fn key(bindings: &[Binding]) -> Option<&Node> {
    bindings.iter().find(|b| b.protocol == "kafka")?.node.get("key")
}

/// The schema without the words that only people read.
fn essence(key: &Node) -> serde_json::Value {
    let mut json = key.to_json();
    if let Some(object) = json.as_object_mut() {
        object.retain(|name, _| {
            !matches!(name.as_str(), "description" | "title" | "examples" | "deprecated") && !name.starts_with("x-")
        });
    }
    json
}

fn place(key: &Node) -> Place {
    let kind = key.get("type");
    let at: Span = kind.map_or(key.span, |t| t.span);
    Place::new(at, kind.and_then(Node::as_str).map_or_else(|| "key".to_owned(), |t| format!("key of type {t}")))
}

fn check(versions: &Versions<'_, Message>, _scope: &Scope<'_>, report: &mut Report) {
    let Some(new) = versions.new else { return };
    let (Some(now), Some(before)) = (key(&new.bindings), key(&versions.old.bindings)) else { return };
    if essence(now) == essence(before) {
        return;
    }
    report.findings.push(Finding {
        rule: RULE.info,
        severity: Severity::Error,
        message: format!("the Kafka key of `{}` has another schema: messages of one key go to other partitions", new.name()),
        help: "keep the key, or move to a new topic".to_owned(),
        reader: place(now),
        writer: place(before),
        path: format!("/messages/{}/bindings/kafka/key", new.name()),
        peer: None,
        witness: None,
    });
}
