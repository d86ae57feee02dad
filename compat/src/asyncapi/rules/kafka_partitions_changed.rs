//! Finds a Kafka topic whose number of partitions changed.
//!
//! Why it matters: Kafka places a message by the hash of its key modulo the number of partitions. After a change the same key
//! lands elsewhere, so messages of one key are no longer in order across the change. Partitions cannot be removed at all.
//!
//! What to do instead: plan the change for a moment without messages in flight, or move to a new topic.

use eventpact_contract::diagnostic::Severity;
use eventpact_contract::model::{Binding, Channel};

use super::super::{Check, Scope, Versions};
use crate::report::{Finding, Place, Report};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/kafka-partitions-changed",
        summary: "the number of partitions of a Kafka topic changed",
        breaks: Breaks::Contract,
        source: include_str!("kafka_partitions_changed.rs"),
    },
    check: Check::Channel(check),
};

fn partitions(bindings: &[Binding]) -> Option<(i64, &Binding)> {
    let kafka = bindings.iter().find(|b| b.protocol == "kafka")?;
    Some((kafka.node.get("partitions")?.as_i64()?, kafka))
}

fn check(versions: &Versions<'_, Channel>, _scope: &Scope<'_>, report: &mut Report) {
    let Some(new) = versions.new else { return };
    let (Some((now, new_at)), Some((before, old_at))) = (partitions(&new.bindings), partitions(&versions.old.bindings)) else {
        return;
    };
    if now == before {
        return;
    }
    let (severity, why) = if now < before {
        (Severity::Error, "Kafka cannot remove partitions")
    } else {
        (Severity::Warning, "a key may move to another partition, so its messages are not in order across the change")
    };
    report.findings.push(Finding {
        rule: RULE.info,
        severity,
        message: format!("channel `{}` goes from {before} to {now} partitions: {why}", versions.old.key),
        help: "change it while no messages are in flight, or move to a new topic".to_owned(),
        reader: Place::new(new_at.span, format!("{now} partitions")),
        writer: Place::new(old_at.span, format!("{before} partitions")),
        path: format!("/channels/{}/bindings/kafka/partitions", versions.old.key),
        peer: None,
        witness: None,
    });
}
