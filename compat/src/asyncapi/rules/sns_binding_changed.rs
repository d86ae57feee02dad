//! Finds another SNS topic, another ordering, other policies, or other consumers.
//!
//! Why it breaks: subscriptions hang on the topic; a FIFO topic orders and deduplicates, a standard one does neither,
//! and only FIFO queues may subscribe to a FIFO topic; a consumer that is gone hears nothing more.
//!
//! What to do instead: make a new topic beside the old one and publish to both until every subscriber has moved.

use eventpact_contract::diagnostic::Severity::{Error, Info, Warning};

use super::super::Check;
use super::super::bindings::At::{Channel, Operation};
use super::super::bindings::Meaning::{Is, Members, Metadata};
use super::super::bindings::{Table, field};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/sns-binding-changed",
        summary: "an SNS topic, its ordering, policy or consumers changed",
        breaks: Breaks::Contract,
        source: include_str!("sns_binding_changed.rs"),
    },
    check: Check::Binding(&TABLE),
};

static TABLE: Table = Table {
    protocol: "sns",
    help: "make a new topic beside the old one and publish to both until every subscriber has moved",
    fields: &[
        field(Channel, "name", Is(Error), "subscribers of the old topic hear nothing more"),
        field(
            Channel,
            "ordering/type",
            Is(Error),
            "a topic cannot become FIFO or stop being so, and subscribers rely on the order",
        ),
        field(Channel, "ordering/contentBasedDeduplication", Is(Warning), "other messages count as the same"),
        field(Channel, "policy", Is(Warning), "who may use the topic is another"),
        field(Channel, "tags", Metadata, ""),
        field(Operation, "topic", Is(Error), "another topic is used"),
        field(Operation, "consumers", Members { gone: Error, new: Info }, "a consumer is gone, or gets messages in another way"),
        field(Operation, "deliveryPolicy", Is(Warning), "failed deliveries are tried again in another way"),
    ],
};
