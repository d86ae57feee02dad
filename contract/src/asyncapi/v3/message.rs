//! Messages: their traits, payloads and headers.

use std::borrow::Cow;

use super::payload::Payloads;
use super::{Lowering, bindings, location, text};
use crate::asyncapi::traits;
use crate::model::Message;
use crate::yaml::{Entry, Node};

impl<'d> Lowering<'d> {
    /// One message for each entry, so that an index means the same in both; what is no message has nothing but its key.
    pub(super) fn messages(&mut self, entries: &[&'d Entry], payloads: &mut Payloads<'_, 'd>) -> Vec<Message> {
        entries.iter().map(|entry| self.message(entry, payloads)).collect()
    }

    fn message(&mut self, entry: &'d Entry, payloads: &mut Payloads<'_, 'd>) -> Message {
        let written = self.follow(&entry.value).unwrap_or(&entry.value);
        let merged = traits::apply(written, self.documents, &mut Vec::new());
        let node: &Node = &merged;
        let schema = |field: &str, payloads: &mut Payloads<'_, 'd>| match &merged {
            Cow::Borrowed(node) => payloads.of_document(node.get(field)?),
            Cow::Owned(node) => payloads.merged(node.get(field)?),
        };
        let payload = schema("payload", payloads);
        let headers = schema("headers", payloads);
        let correlation_id = node.get("correlationId").and_then(|id| self.documents.follow(id, &mut Vec::new()));
        let examples = node.get("examples").and_then(Node::as_sequence).unwrap_or_default();
        Message {
            key: entry.key.clone(),
            span: written.span,
            name: text(node, "name"),
            title: text(node, "title"),
            summary: text(node, "summary"),
            description: text(node, "description"),
            content_type: text(node, "contentType").or_else(|| self.default_content_type.clone()),
            payload,
            headers,
            correlation_id: correlation_id.and_then(location),
            examples: examples.to_vec(),
            bindings: bindings(self.documents, node, payloads),
        }
    }
}
