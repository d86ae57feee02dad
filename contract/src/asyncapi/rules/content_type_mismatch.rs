//! Finds a message whose payload is an Avro or a Protobuf schema and whose `contentType` is JSON, and one whose payload is a
//! JSON Schema and whose `contentType` is Avro or Protobuf. The default of the document counts where the message names none.
//!
//! Why it matters: sender and receiver choose the encoding by the content type: one writes binary data, the other expects text.
//!
//! What to do instead: name the content type of what is sent, as `application/vnd.apache.avro` or `application/protobuf`.

use super::beyond;
use super::{ALL, Check, Context, Sink};
use crate::asyncapi::schema_format::{self, Language};
use crate::diagnostic::Severity;
use crate::formats::json_schema::Dialect;
use crate::rule::{Layer, Rule};
use crate::yaml::Node;

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/content-type-mismatch",
        layer: Layer::Beyond,
        severity: Severity::Warning,
        summary: "the content type of a message goes with the format of its payload",
        source: include_str!("content_type_mismatch.rs"),
    },
    versions: ALL,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let default = context.root.get("defaultContentType");
    for &message in beyond::messages(context) {
        let Some(node) = message.get("contentType").or(default) else { continue };
        let Some(content_type) = node.as_str().map(str::to_ascii_lowercase) else { continue };
        let payload = context.get(message, "payload");
        let beside = if context.version.is_2() { Some(message) } else { payload };
        let format = beside.and_then(|around| around.get("schemaFormat")).and_then(Node::as_str);
        let language = format.map_or(Language::JsonSchema(Dialect::AsyncApi), |text| schema_format::read(text).language);
        let binary = content_type.contains("avro") || content_type.contains("protobuf");
        let name = match language {
            Language::Avro if content_type.contains("json") && !binary => "an Avro schema",
            Language::Protobuf if content_type.contains("json") && !binary => "a Protobuf schema",
            Language::JsonSchema(_) if binary && payload.is_some() => "a JSON Schema",
            _ => continue,
        };
        let at = message.get("contentType").or(payload).unwrap_or(message).span;
        let text = node.as_str().unwrap_or_default();
        sink.report(at, format!("the payload is {name}, and the content type `{text}`"));
    }
}
