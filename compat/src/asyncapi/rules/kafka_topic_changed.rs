//! Finds a channel whose Kafka topic changed. The topic is that of the binding, and the address of the channel where
//! the binding names none.
//!
//! Why it breaks: clients of the old contract use the old topic, so new and old no longer meet.
//!
//! What to do instead: keep the topic; add a second channel for the new one and send to both for a while.

use eventpact_contract::model::Channel;
use eventpact_contract::yaml::Node;

use super::super::bindings;
use super::super::change::Change;
use super::super::matching::template;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/kafka-topic-changed",
        summary: "a channel is another Kafka topic",
        breaks: Breaks::Contract,
        source: include_str!("kafka_topic_changed.rs"),
    },
    check: Check::Channel(check),
};

fn check(versions: &Versions<'_, Channel>, _scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (Some(new), old) = (versions.new, versions.old) else { return };
    let named = |channel: &Channel| bindings::of(&channel.bindings, "kafka").and_then(|b| b.node.get("topic")).cloned();
    let (now, before) = (named(new), named(old));
    if now.is_none() && before.is_none() {
        return; // another address has a rule of its own
    }
    let topic = |node: &Option<Node>, channel: &Channel| {
        node.as_ref().and_then(Node::as_str).map(str::to_owned).or_else(|| channel.address.clone()).unwrap_or_default()
    };
    let (is, was) = (topic(&now, new), topic(&before, old));
    if template(&is) == template(&was) {
        return;
    }
    let at = |node: Option<Node>, channel: &Channel| node.map_or(channel.span, |node| node.span);
    let message =
        format!("channel `{}` was the Kafka topic `{was}` and is `{is}`: clients of the old contract stay behind", old.key);
    let change = Change::error(message, Place::new(at(now, new), is), Place::new(at(before, old), was));
    let help = "keep the topic; add a second channel for the new one and send to both until every client has moved";
    out.push(change.help(help).path(format!("/channels/{}/bindings/kafka/topic", old.key)));
}
