//! Examples of a message: those that the contract gives, else one that is made from the schema.

use eventpact_contract::describe;
use eventpact_contract::model::{Message, Payload};
use eventpact_contract::schema::Format;
use eventpact_contract::yaml::Node;
use serde::Serialize;

/// One example.
#[derive(Debug, Serialize)]
pub(super) struct Example {
    /// What it is called, or where it comes from.
    pub(super) title: String,
    pub(super) summary: Option<String>,
    /// JSON, indented.
    pub(super) payload: Option<String>,
    pub(super) headers: Option<String>,
}

/// The examples of a message, at least one when its schema is read.
pub(super) fn examples(message: &Message) -> Vec<Example> {
    if !message.examples.is_empty() {
        return message.examples.iter().enumerate().map(|(n, node)| given(n, node)).collect();
    }
    let schema = message.payload.as_ref().and_then(|payload| payload.schema.as_ref());
    let Some(payload) = schema.and_then(describe::example) else { return Vec::new() };
    let headers = message.headers.as_ref().and_then(|headers: &Payload| headers.schema.as_ref()).and_then(describe::example);
    let encoding = match schema.map(eventpact_contract::schema::Schema::format) {
        Some(Format::Avro) => " (JSON encoding of Avro)",
        Some(Format::Protobuf) => " (JSON mapping of Protobuf)",
        _ => "",
    };
    vec![Example {
        title: format!("Made from the schema{encoding}"),
        summary: None,
        payload: Some(pretty(&payload)),
        headers: headers.as_ref().map(pretty),
    }]
}

fn given(n: usize, node: &Node) -> Example {
    let text = |field: &str| node.get(field).and_then(Node::as_str).map(str::to_owned);
    let json = |field: &str| node.get(field).map(|value| pretty(&value.to_json()));
    Example {
        title: text("name").unwrap_or_else(|| format!("Example {}", n + 1)),
        summary: text("summary"),
        payload: json("payload"),
        headers: json("headers"),
    }
}

fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}")
}
