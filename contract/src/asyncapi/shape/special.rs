//! What no table says: choices between whole shapes, and conditions between fields.

use super::walk::{Checker, RESOLVED};
use super::{Special, Type, avro, bindings, document2, document3, schema};
use crate::asyncapi::version::Version;
use crate::diagnostic::Diagnostic;
use crate::yaml::Node;

/// The media types whose schemas the official document schema looks into.
enum Format {
    AsyncApi,
    Draft07,
    OpenApi,
    Avro,
    Other,
}

/// What a `schemaFormat` is for the official schema of a version: it knows these texts, letter by letter.
fn format(text: &str, version: Version) -> Format {
    let Some((media, parameter)) = text.split_once(";version=") else { return Format::Other };
    let (media, suffix) = match media.strip_suffix("+json").or_else(|| media.strip_suffix("+yaml")) {
        Some(media) => (media, true),
        None => (media, false),
    };
    match (media, parameter) {
        ("application/vnd.aai.asyncapi", known) if Version::ALL.iter().any(|v| *v <= version && v.as_str() == known) => {
            Format::AsyncApi
        }
        ("application/schema", "draft-07") if suffix => Format::Draft07,
        ("application/vnd.oai.openapi", "3.0.0") => Format::OpenApi,
        ("application/vnd.apache.avro", "1.9.0") => Format::Avro,
        _ => Format::Other,
    }
}

/// The types with a choice.
pub(super) fn check<'d>(checker: &mut Checker<'d>, ty: &'static Type, node: &'d Node) {
    match ty {
        Type::Avro => avro::check(checker, node),
        Type::AnyKey if checker.fits(&Type::Avro, node) => {}
        Type::AnyKey => checker.check(&Type::Schema, node),
        Type::Payload => payload(checker, node),
        Type::Message => message(checker, node),
        Type::MessageTrait => match node.as_sequence() {
            Some(pair) => {
                for (ty, node) in [&document3::MESSAGE_TRAIT_OR_REF, &super::MAP_TYPE].into_iter().zip(pair) {
                    checker.check(ty, node);
                }
            }
            None => checker.check(&document3::MESSAGE_TRAIT_OR_REF, node),
        },
        _ => {}
    }
}

/// With a `schema` it is a schema in a format, without it is a Schema Object.
fn payload<'d>(checker: &mut Checker<'d>, node: &'d Node) {
    match node.as_mapping() {
        Some(entries) if entries.entry("schema").is_some() => checker.object(&document3::MULTI_FORMAT, node),
        Some(_) => checker.object(&schema::SCHEMA, node),
        // `true` and `false` are schemas elsewhere, but not here.
        None => checker.wrong(node, "an object: a schema, or a schema with its format"),
    }
}

fn message<'d>(checker: &mut Checker<'d>, node: &'d Node) {
    match node.as_mapping() {
        // What leads nowhere has its own finding.
        Some(entries) if entries.entry("$ref").is_some_and(|entry| entry.value.as_str().is_some()) => {}
        Some(entries) if entries.entry("oneOf").is_some() => checker.object(&document2::ONE_OF, node),
        _ => checker.object(&document2::MESSAGE, node),
    }
}

/// The conditions between fields.
pub(super) fn condition<'d>(checker: &mut Checker<'d>, special: Special, node: &'d Node) {
    match special {
        Special::PayloadByFormat => by_format(checker, node, "payload", false),
        Special::SchemaByFormat => by_format(checker, node, "schema", true),
        Special::AmqpChannel => amqp_channel(checker, node),
        Special::IbmMqChannel => ibm_mq_channel(checker, node),
        Special::IbmMqMessage => ibm_mq_message(checker, node),
        Special::SolaceDestination => solace_destination(checker, node),
        Special::HttpScheme => {
            let scheme = node.get("scheme").and_then(Node::as_str);
            if let Some(entry) = node.as_mapping().and_then(|entries| entries.entry("bearerFormat"))
                && scheme != Some("bearer")
            {
                let message = "`bearerFormat` goes with `scheme: bearer` only";
                checker.error(Diagnostic::error(RESOLVED, entry.key_span, message));
            }
        }
    }
}

/// The schema in a field, by the text of `schemaFormat` beside it.
fn by_format<'d>(checker: &mut Checker<'d>, node: &'d Node, field: &str, or_ref: bool) {
    let Some(entry) = node.as_mapping().and_then(|entries| entries.entry(field)) else { return };
    let format = match node.get("schemaFormat") {
        None => Format::AsyncApi,
        Some(text) => text.as_str().map_or(Format::Other, |text| format(text, checker.version)),
    };
    let ty: &'static Type = match (format, or_ref) {
        (Format::AsyncApi, _) => &Type::Schema,
        (Format::Draft07, _) => &Type::Draft07,
        (Format::OpenApi, false) => &Type::OpenApi,
        (Format::OpenApi, true) => &Type::OrRef(&Type::OpenApi),
        (Format::Avro, false) => &Type::Avro,
        (Format::Avro, true) => &Type::OrRef(&Type::Avro),
        (Format::Other, _) => return,
    };
    checker.entry(ty, entry);
}

fn is_absent_or(node: &Node, field: &str, wanted: &str) -> bool {
    node.get(field).is_none_or(|value| value.as_str() == Some(wanted))
}

fn amqp_channel<'d>(checker: &mut Checker<'d>, node: &'d Node) {
    let (exchange, queue) = (node.get("exchange").is_some(), node.get("queue").is_some());
    let fits = (is_absent_or(node, "is", "routingKey") && exchange && !queue)
        || (is_absent_or(node, "is", "queue") && queue && !exchange);
    if !fits {
        let message = "an AMQP channel is `is: routingKey` with an `exchange`, or `is: queue` with a `queue`";
        checker.about(node, message.to_owned());
    }
}

fn ibm_mq_channel<'d>(checker: &mut Checker<'d>, node: &'d Node) {
    let (topic, queue) = (node.get("topic").is_some(), node.get("queue").is_some());
    let is = |wanted: &str| is_absent_or(node, "destinationType", wanted);
    if (is("topic") && !queue) == (is("queue") && queue && !topic) {
        let message = "an IBM MQ channel is `destinationType: topic` without a `queue`, or `destinationType: queue` with a \
                       `queue` and without a `topic`";
        checker.about(node, message.to_owned());
    }
}

fn ibm_mq_message<'d>(checker: &mut Checker<'d>, node: &'d Node) {
    let headers = node.get("headers").is_some();
    let is = |wanted: &str| is_absent_or(node, "type", wanted);
    let fits = [is("binary"), is("jms") && !headers, is("string") && !headers];
    if fits.iter().filter(|fits| **fits).count() != 1 {
        checker.about(node, "an IBM MQ message has a `type`, and `headers` only with `type: binary`".to_owned());
    }
}

/// What the destination may hold hangs on its type.
fn solace_destination<'d>(checker: &mut Checker<'d>, node: &'d Node) {
    match node.get("destinationType").map(|kind| (kind, kind.as_str())) {
        Some((_, Some("queue"))) => checker.object(&bindings::SOLACE_QUEUE_DESTINATION, node),
        Some((_, Some("topic"))) => checker.object(&bindings::SOLACE_TOPIC_DESTINATION, node),
        Some((kind, _)) => checker.error(Diagnostic::error(RESOLVED, kind.span, "`destinationType` must be one of queue, topic")),
        None => checker.about(node, "a Solace destination must have a `destinationType`".to_owned()),
    }
}
