//! Finds a `location` (of a correlation id, of a parameter, of the address of a reply) that leads to no property of the headers
//! or the payload. Schemas that leave open what else there may be are not doubted, and only JSON Schemas are looked at.
//!
//! Why it matters: the value is never found at run time: requests and replies do not find each other, addresses have holes.
//!
//! What to do instead: correct the pointer, as `$message.header#/correlationId`, or add the property to the schema.

use super::beyond;
use super::{ALL, Check, Context, Sink};
use crate::asyncapi::{Part, RuntimeExpression};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};
use crate::yaml::Node;

/// More messages than this on one channel are not looked through.
const MAX_MESSAGES: usize = 500;

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/location-not-in-schema",
        layer: Layer::Beyond,
        severity: Severity::Warning,
        summary: "a `location` leads to something that the messages have",
        source: include_str!("location_not_in_schema.rs"),
    },
    versions: ALL,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    for &message in beyond::messages(context) {
        if let Some(location) = context.get(message, "correlationId").and_then(|id| id.get("location")) {
            doubt(context, location, &[message], "the message", sink);
        }
    }
    if context.version.is_2() {
        return;
    }
    for (_, channel) in context.entries(context.root, "channels") {
        let carried: Vec<&Node> = context.entries(channel, "messages").map(|(_, message)| message).collect();
        for (_, parameter) in context.entries(channel, "parameters") {
            if let Some(location) = parameter.get("location") {
                doubt(context, location, &carried, "the messages of the channel", sink);
            }
        }
    }
    for (_, operation) in context.entries(context.root, "operations") {
        let address = context.get(operation, "reply").and_then(|reply| context.get(reply, "address"));
        let channel = context.get(operation, "channel");
        let (Some(location), Some(channel)) = (address.and_then(|node| node.get("location")), channel) else { continue };
        let listed: Vec<&Node> = beyond::items(context, operation, "messages").map(|(_, message)| message).collect();
        let all: Vec<&Node> = context.entries(channel, "messages").map(|(_, message)| message).collect();
        doubt(context, location, if listed.is_empty() { &all } else { &listed }, "the messages of the operation", sink);
    }
}

/// Reports a location that leads nowhere in any of the messages.
fn doubt(context: &Context<'_>, location: &Node, messages: &[&Node], whose: &str, sink: &mut Sink<'_>) {
    let Some(expression) = location.as_str().and_then(RuntimeExpression::parse) else { return };
    let field = match expression.part {
        Part::Header => "headers",
        Part::Payload => "payload",
    };
    if messages.len() > MAX_MESSAGES {
        return;
    }
    let nowhere = |message: &&Node| beyond::leads(context, message, field, &expression.tokens) == Some(false);
    if !messages.is_empty() && messages.iter().all(nowhere) {
        sink.report(location.span, format!("the {field} of {whose} have no `{}`", expression.pointer()));
    }
}
