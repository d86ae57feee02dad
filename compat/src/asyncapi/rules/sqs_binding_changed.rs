//! Finds another SQS queue (name, FIFO), other scopes of deduplication, times and policies, or another dead-letter
//! queue.
//!
//! Why it breaks: clients use the queue by its name; a FIFO queue needs group ids that senders to a standard queue do
//! not give, and the kind of a queue cannot be changed; shorter times make messages come twice or be lost.
//!
//! What to do instead: make a new queue beside the old one, and retire the old one when it is empty.

use eventpact_contract::diagnostic::Severity::{Error, Info, Warning};

use super::super::Check;
use super::super::bindings::At::{Channel, Operation};
use super::super::bindings::Meaning::{Is, Less, Metadata, More};
use super::super::bindings::{Table, field};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/sqs-binding-changed",
        summary: "an SQS queue has another name, kind or setting",
        breaks: Breaks::Contract,
        source: include_str!("sqs_binding_changed.rs"),
    },
    check: Check::Binding(&TABLE),
};

static TABLE: Table = Table {
    protocol: "sqs",
    help: "make a new queue beside the old one, and retire the old one when it is empty",
    fields: &[
        field(Channel, "queue/name", Is(Error), "who uses the old queue meets nobody"),
        field(
            Channel,
            "queue/fifoQueue",
            Is(Error),
            "a queue cannot become a FIFO queue or stop being one, and senders must name groups",
        ),
        field(Channel, "queue/deduplicationScope", Is(Warning), "other messages count as the same").or("\"queue\""),
        field(Channel, "queue/fifoThroughputLimit", Is(Info), "the limit of throughput is another").or("\"perQueue\""),
        field(Channel, "queue/deliveryDelay", More(Warning), "messages arrive later").or("0"),
        field(Channel, "queue/visibilityTimeout", Less(Warning), "a slow reader gets a message again while it handles it")
            .or("30"),
        field(Channel, "queue/receiveMessageWaitTime", Is(Info), "readers wait for another time").or("0"),
        field(Channel, "queue/messageRetentionPeriod", Less(Warning), "slow readers may miss messages").or("345600"),
        field(Channel, "queue/redrivePolicy/deadLetterQueue", Is(Warning), "failed messages go to another queue"),
        field(Channel, "queue/redrivePolicy/maxReceiveCount", Less(Warning), "messages are given up earlier").or("10"),
        field(Channel, "queue/policy", Is(Warning), "who may use the queue is another"),
        field(Channel, "queue/tags", Metadata, ""),
        field(Channel, "deadLetterQueue/name", Is(Error), "who uses the old queue meets nobody"),
        field(
            Channel,
            "deadLetterQueue/fifoQueue",
            Is(Error),
            "a queue cannot become a FIFO queue or stop being one, and senders must name groups",
        ),
        field(Channel, "deadLetterQueue/deduplicationScope", Is(Warning), "other messages count as the same").or("\"queue\""),
        field(Channel, "deadLetterQueue/fifoThroughputLimit", Is(Info), "the limit of throughput is another").or("\"perQueue\""),
        field(Channel, "deadLetterQueue/deliveryDelay", More(Warning), "messages arrive later").or("0"),
        field(
            Channel,
            "deadLetterQueue/visibilityTimeout",
            Less(Warning),
            "a slow reader gets a message again while it handles it",
        )
        .or("30"),
        field(Channel, "deadLetterQueue/receiveMessageWaitTime", Is(Info), "readers wait for another time").or("0"),
        field(Channel, "deadLetterQueue/messageRetentionPeriod", Less(Warning), "slow readers may miss messages").or("345600"),
        field(Channel, "deadLetterQueue/redrivePolicy/deadLetterQueue", Is(Warning), "failed messages go to another queue"),
        field(Channel, "deadLetterQueue/redrivePolicy/maxReceiveCount", Less(Warning), "messages are given up earlier").or("10"),
        field(Channel, "deadLetterQueue/policy", Is(Warning), "who may use the queue is another"),
        field(Channel, "deadLetterQueue/tags", Metadata, ""),
        field(Operation, "queues/*/name", Is(Error), "who uses the old queue meets nobody"),
        field(
            Operation,
            "queues/*/fifoQueue",
            Is(Error),
            "a queue cannot become a FIFO queue or stop being one, and senders must name groups",
        ),
        field(Operation, "queues/*/deduplicationScope", Is(Warning), "other messages count as the same").or("\"queue\""),
        field(Operation, "queues/*/fifoThroughputLimit", Is(Info), "the limit of throughput is another").or("\"perQueue\""),
        field(Operation, "queues/*/deliveryDelay", More(Warning), "messages arrive later").or("0"),
        field(Operation, "queues/*/visibilityTimeout", Less(Warning), "a slow reader gets a message again while it handles it")
            .or("30"),
        field(Operation, "queues/*/receiveMessageWaitTime", Is(Info), "readers wait for another time").or("0"),
        field(Operation, "queues/*/messageRetentionPeriod", Less(Warning), "slow readers may miss messages").or("345600"),
        field(Operation, "queues/*/redrivePolicy/deadLetterQueue", Is(Warning), "failed messages go to another queue"),
        field(Operation, "queues/*/redrivePolicy/maxReceiveCount", Less(Warning), "messages are given up earlier").or("10"),
        field(Operation, "queues/*/policy", Is(Warning), "who may use the queue is another"),
        field(Operation, "queues/*/tags", Metadata, ""),
        field(Operation, "queues/*/$ref", Is(Error), "another queue is used"),
    ],
};
