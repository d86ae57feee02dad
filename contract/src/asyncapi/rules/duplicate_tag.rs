//! Finds a tag that stands twice in the `tags` of the document, a server, a channel, an operation, a message or one of their
//! traits. The official parser checks this in 2.x only.
//!
//! Why it matters: tools group by the name of a tag, and which of the two descriptions they show is chance.
//!
//! What to do instead: remove one of them.

use std::collections::HashMap;

use super::beyond;
use super::{Check, Context, Sink, V3};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};
use crate::yaml::Node;

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/duplicate-tag",
        layer: Layer::Beyond,
        severity: Severity::Error,
        summary: "a list of tags names each tag once",
        source: include_str!("duplicate_tag.rs"),
    },
    versions: V3,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    for holder in beyond::tag_holders(context) {
        let mut seen = HashMap::new();
        for (item, tag) in beyond::items(context, holder, "tags") {
            let Some(name) = tag.get("name").and_then(Node::as_str) else { continue };
            if let Some(first) = seen.insert(name, item.span) {
                let found = sink.report(item.span, format!("the tag `{name}` is here twice"));
                found.related.push(crate::diagnostic::Label::new(first, "first here"));
            }
        }
    }
}
