//! Finds a message without `messageId`, also after its traits were applied.
//!
//! Why it matters: tools name code and pages by it; without one they make up a name that changes with the order of
//! the document.
//!
//! What to do instead: add `messageId`.

use super::v2::{messages, wants_id};
use super::{Check, Context, Sink};
use crate::asyncapi::version::Version;
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi2-message-messageId",
        layer: Layer::Parity,
        severity: Severity::Warning,
        summary: "each message has a `messageId`",
        source: include_str!("asyncapi2_message_message_id.rs"),
    },
    versions: (Version::V2_4, Version::V2_6),
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let components = context.get(context.root, "components");
    for parent in std::iter::once(context.root).chain(components) {
        for message in messages(context, parent) {
            wants_id(context, message.node, message.place, "messageId", sink);
        }
    }
    for (entry, message) in components.into_iter().flat_map(|components| context.entries(components, "messages")) {
        wants_id(context, message, entry.key_span, "messageId", sink);
    }
}
