//! Finds a Kafka topic with another number of partitions: fewer is an error, more is a warning.
//!
//! Why it breaks: Kafka cannot take partitions away from a topic: it has to be made anew, and what it holds is lost.
//! With more partitions a key may move to another one, so that its old and its new messages are in no order.
//!
//! What to do instead: change it while no messages are in flight, or move to a new topic.

use eventpact_contract::diagnostic::Severity;
use eventpact_contract::model::{Binding, Channel};
use eventpact_contract::yaml::Node;

use super::super::bindings;
use super::super::change::Change;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/kafka-partitions-changed",
        summary: "a Kafka topic has another number of partitions",
        breaks: Breaks::Contract,
        source: include_str!("kafka_partitions_changed.rs"),
    },
    check: Check::Channel(check),
};

fn check(versions: &Versions<'_, Channel>, _scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (Some(new), old) = (versions.new, versions.old) else { return };
    let (now, before) = (partitions(&new.bindings), partitions(&old.bindings));
    let shown = |count: Option<i64>| count.map_or_else(|| "not said".to_owned(), |n| format!("{n} partitions"));
    let (severity, why) = match (now, before) {
        (now, before) if now == before => return,
        (Some(now), Some(before)) if now < before => (Severity::Error, "Kafka cannot remove partitions"),
        (Some(_), Some(_)) => {
            (Severity::Warning, "a key may move to another partition, so its messages are not in order across the change")
        }
        _ => (Severity::Info, "it is said in one version only"),
    };
    let message = match now.zip(before) {
        Some((now, before)) => format!("channel `{}` goes from {before} to {now} partitions: {why}", old.key),
        None => format!("the number of partitions of `{}` was {} and is {}: {why}", old.key, shown(before), shown(now)),
    };
    let at = |channel: &Channel| bindings::of(&channel.bindings, "kafka").map_or(channel.span, |binding| binding.span);
    let change = Change::new(severity, message, Place::new(at(new), shown(now)), Place::new(at(old), shown(before)));
    let help = if severity == Severity::Info { "" } else { "change it while no messages are in flight, or move to a new topic" };
    out.push(change.help(help).path(format!("/channels/{}/bindings/kafka/partitions", old.key)));
}

fn partitions(bindings: &[Binding]) -> Option<i64> {
    bindings::of(bindings, "kafka")?.node.get("partitions").and_then(Node::as_i64)
}
