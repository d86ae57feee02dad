//! Finds a `messageId` that two messages have, after their traits were applied: the last trait that has one wins.
//!
//! Why it matters: tools name code and pages by the `messageId`; one of the two gets lost.
//!
//! What to do instead: give one of them another id.

use super::v2::{messages, unique_ids};
use super::{Check, Context, Sink, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi2-message-messageId-uniqueness",
        layer: Layer::Parity,
        severity: Severity::Error,
        summary: "each `messageId` is there once",
        source: include_str!("asyncapi2_message_message_id_uniqueness.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let messages = messages(context, context.root);
    unique_ids(context, messages.iter().map(|message| message.node), "messageId", sink);
}
