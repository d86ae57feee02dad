//! Finds a Kafka topic that keeps messages for less time or in less space than before; `-1` is without limit.
//!
//! Why it breaks: who reads slowly, or starts anew from the beginning, misses messages that the old contract promised
//! to keep.
//!
//! What to do instead: keep the retention until every reader lives with the shorter one.

use eventpact_contract::model::Channel;
use eventpact_contract::source::Span;

use super::super::bindings;
use super::super::change::Change;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/kafka-retention-shortened",
        summary: "a Kafka topic keeps messages for less time or in less space",
        breaks: Breaks::Contract,
        source: include_str!("kafka_retention_shortened.rs"),
    },
    check: Check::Channel(check),
};

fn check(versions: &Versions<'_, Channel>, _scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (Some(new), old) = (versions.new, versions.old) else { return };
    for field in ["retention.ms", "retention.bytes"] {
        let (now, before) = (limit(new, field), limit(old, field));
        if now.as_ref().map(|(n, _)| n) == before.as_ref().map(|(n, _)| n) {
            continue;
        }
        let shown = |limit: &Option<(i64, Span)>| limit.as_ref().map_or_else(|| "not said".to_owned(), |(n, _)| n.to_string());
        let place = |limit: &Option<(i64, Span)>, channel: &Channel| {
            Place::new(limit.as_ref().map_or(channel.span, |(_, span)| *span), shown(limit))
        };
        let what = format!("`{field}` of channel `{}` was {} and is {}", old.key, shown(&before), shown(&now));
        let (new_at, old_at) = (place(&now, new), place(&before, old));
        let shorter = now.zip(before).is_some_and(|((now, _), (before, _))| now >= 0 && (before < 0 || now < before));
        let change = if shorter {
            let change = Change::warning(format!("{what}: slow readers may miss messages"), new_at, old_at);
            change.help("keep the retention until every reader lives with the shorter one")
        } else {
            Change::note(what, new_at, old_at)
        };
        out.push(change.path(format!("/channels/{}/bindings/kafka/topicConfiguration/{field}", old.key)));
    }
}

fn limit(channel: &Channel, field: &str) -> Option<(i64, Span)> {
    let node = bindings::of(&channel.bindings, "kafka")?.node.get("topicConfiguration")?.get(field)?;
    Some((node.as_i64()?, node.span))
}
