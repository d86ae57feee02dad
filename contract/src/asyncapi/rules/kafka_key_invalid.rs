//! Finds a `key` in the Kafka binding of a message that is neither a valid JSON Schema nor a valid Avro schema, in 2.x, where the
//! official parser looks at no binding.
//!
//! Why it matters: nothing says what keys look like, and keys decide the partition and with it the order of messages.
//!
//! What to do instead: correct the schema at the place that is shown.

use super::beyond;
use super::{Check, Context, Sink, V2};
use crate::diagnostic::Severity;
use crate::formats::avro;
use crate::formats::json_schema::Dialect;
use crate::load::read_json_schema;
use crate::rule::{Layer, Rule};
use crate::yaml::Value;

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/kafka-key-invalid",
        layer: Layer::Beyond,
        severity: Severity::Error,
        summary: "the schema of a Kafka key is a schema",
        source: include_str!("kafka_key_invalid.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    for &message in beyond::messages(context) {
        let kafka = context.get(message, "bindings").and_then(|bindings| context.get(bindings, "kafka"));
        let Some(key) = kafka.and_then(|kafka| context.get(kafka, "key")) else { continue };
        if avro::parse(key, &mut |_| None, false).0.is_some() {
            continue;
        }
        let mut problems = Vec::new();
        if matches!(key.value, Value::Mapping(_) | Value::Bool(_)) {
            read_json_schema(context.documents, key, Dialect::AsyncApi, &mut problems);
        } else {
            sink.report(key.span, format!("the schema of a key is an object, not {}", key.kind()));
        }
        for problem in problems.into_iter().filter(|problem| problem.severity == Severity::Error) {
            sink.report(problem.primary.span, format!("the schema of the Kafka key is wrong: {}", problem.message)).help =
                problem.help;
        }
    }
}
