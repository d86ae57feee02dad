//! What the rules beyond the official parser share: the messages, schemas, tags and references of a document.

use std::collections::HashSet;

use super::Context;
use crate::asyncapi::examples::Messages;
use crate::asyncapi::resolve::Quick;
use crate::asyncapi::schema_format::{self, Language};
use crate::formats::json_schema::{Dialect, Holds};
use crate::yaml::{Node, Value};

/// Schemas are followed this deep.
const MAX_DEPTH: usize = 64;
/// Schemas that are looked at for one pointer.
const MAX_STEPS: usize = 500;

/// The names between braces.
pub(super) fn template_names(text: &str) -> Vec<&str> {
    let names = text.split('{').skip(1).filter_map(|part| part.split_once('}'));
    names.map(|(name, _)| name).filter(|name| !name.is_empty()).collect()
}

/// The items of a list with what is behind their references.
pub(super) fn items<'d>(context: &Context<'d>, node: &'d Node, key: &str) -> impl Iterator<Item = (&'d Node, &'d Node)> {
    let list = context.get(node, key).and_then(Node::as_sequence);
    list.unwrap_or_default().iter().map(|item| (item, context.behind(item)))
}

/// The messages in channels and components, each once.
pub(super) fn messages<'c, 'd>(context: &'c Context<'d>) -> &'c [&'d Node] {
    context.messages.get_or_init(|| Messages::of(context.documents, context.root, context.version.is_2()))
}

/// A schema when it is a JSON Schema; what stands under `schema` where a format says so.
pub(super) fn json_schema<'d>(context: &Context<'d>, node: &'d Node) -> Option<&'d Node> {
    let Some(format) = node.get("schemaFormat") else { return Some(node) };
    match schema_format::read(format.as_str()?).language {
        Language::JsonSchema(_) => context.get(node, "schema"),
        _ => None,
    }
}

/// Every JSON Schema of payloads, headers, parameters and components, and those in them, each once.
pub(super) fn schemas<'c, 'd>(context: &'c Context<'d>) -> &'c [&'d Node] {
    context.schemas.get_or_init(|| all_schemas(context))
}

fn all_schemas<'d>(context: &Context<'d>) -> Vec<&'d Node> {
    let is_2 = context.version.is_2();
    let mut open = Vec::new();
    for &message in messages(context) {
        let json = !is_2 || message.get("schemaFormat").is_none();
        open.extend(context.get(message, "payload").filter(|_| json));
        open.extend(context.get(message, "headers"));
    }
    let components = context.get(context.root, "components");
    for around in [Some(context.root), components].into_iter().flatten() {
        for (_, channel) in context.entries(around, "channels").filter(|_| is_2) {
            open.extend(context.entries(channel, "parameters").filter_map(|(_, parameter)| context.get(parameter, "schema")));
        }
    }
    open.extend(components.into_iter().flat_map(|node| context.entries(node, "schemas")).map(|(_, schema)| schema));
    open.reverse();
    let mut open: Vec<&Node> = open.into_iter().filter_map(|node| json_schema(context, node)).collect();
    let (mut seen, mut found) = (HashSet::with_hasher(Quick::default()), Vec::new());
    while let Some(node) = open.pop() {
        let node = context.behind(node);
        if node.as_mapping().is_some() && seen.insert(std::ptr::from_ref(node)) {
            found.push(node);
            let before = open.len();
            children(node, &mut open);
            if let Some(added) = open.get_mut(before..) {
                added.reverse();
            }
        }
    }
    found
}

/// The schemas in the keywords of one.
fn children<'d>(schema: &'d Node, found: &mut Vec<&'d Node>) {
    for entry in schema.as_mapping().into_iter().flat_map(|map| &map.entries) {
        match (Dialect::AsyncApi.holds(&entry.key), &entry.value.value) {
            (Some(Holds::Named | Holds::Dependencies), Value::Mapping(map)) => found.extend(map.entries.iter().map(|e| &e.value)),
            (Some(Holds::List | Holds::OneOrList), Value::Sequence(list)) => found.extend(list),
            (Some(Holds::One | Holds::OneOrList), Value::Mapping(_)) => found.push(&entry.value),
            _ => {}
        }
    }
}

/// A schema and what `allOf` adds to it.
pub(super) fn parts<'d>(context: &Context<'d>, schema: &'d Node, found: &mut Vec<&'d Node>, depth: usize) {
    if depth > MAX_DEPTH || found.len() > 1000 {
        return;
    }
    found.push(schema);
    for (_, part) in items(context, schema, "allOf") {
        parts(context, part, found, depth + 1);
    }
}

/// A list or an object under a key has a name.
pub(super) fn names(schema: &Node, key: &str, name: &str) -> bool {
    match schema.get(key).map(|node| &node.value) {
        Some(Value::Mapping(map)) => map.get(name).is_some(),
        Some(Value::Sequence(list)) => list.iter().any(|item| item.as_str() == Some(name)),
        _ => false,
    }
}

/// Whether a pointer leads to a property of the headers or the payload of a message; `None` when the schema leaves that open.
pub(super) fn leads(context: &Context<'_>, message: &Node, field: &str, tokens: &[String]) -> Option<bool> {
    let merged = crate::asyncapi::traits::apply(message, context.documents, &mut Vec::new());
    let schema = merged.get(field)?;
    let custom = field == "payload" && context.version.is_2() && message.get("schemaFormat").is_some();
    // What the traits brought is a copy: its references are followed, the rest is looked at where it is.
    let schema = context.documents.follow(schema, &mut Vec::new()).filter(|_| !custom)?;
    if schema.get("schemaFormat").is_some() {
        return None;
    }
    let mut steps = MAX_STEPS;
    property(context, schema, tokens, &mut steps)
}

/// `steps` are left to make: parts that refer to the same again and again multiply.
fn property(context: &Context<'_>, schema: &Node, tokens: &[String], steps: &mut usize) -> Option<bool> {
    let Some((first, rest)) = tokens.split_first() else { return Some(true) };
    let schema = context.documents.follow(schema, &mut Vec::new())?;
    *steps = steps.checked_sub(1)?;
    schema.as_mapping()?;
    if let Some(next) = schema.get("properties").and_then(|node| node.get(first)) {
        return property(context, next, rest, steps);
    }
    let branches = ["allOf", "anyOf", "oneOf"].iter().filter_map(|key| schema.get(key)?.as_sequence()).flatten();
    let conditional = ["then", "else"].iter().filter_map(|key| schema.get(key));
    let found: Vec<Option<bool>> = branches.chain(conditional).map(|branch| property(context, branch, tokens, steps)).collect();
    if found.contains(&Some(true)) {
        return Some(true);
    }
    let closed = schema.get("additionalProperties").and_then(Node::as_bool) == Some(false);
    let open = schema.get("patternProperties").is_some()
        || schema.get("items").is_some()
        || (schema.get("additionalProperties").is_some() && !closed)
        || (schema.get("properties").is_none() && found.is_empty());
    if open || found.contains(&None) { None } else { Some(false) }
}

/// Everything in a document of 3.x that has `tags`.
pub(super) fn tag_holders<'d>(context: &Context<'d>) -> Vec<&'d Node> {
    let components = context.get(context.root, "components");
    let mut found: Vec<&Node> = context.get(context.root, "info").into_iter().collect();
    for around in [Some(context.root), components].into_iter().flatten() {
        for kind in ["servers", "channels", "operations", "operationTraits", "messageTraits"] {
            for (_, node) in context.entries(around, kind) {
                found.push(node);
                found.extend(items(context, node, "traits").map(|(_, one)| one));
            }
        }
    }
    for &message in messages(context) {
        found.push(message);
        found.extend(items(context, message, "traits").map(|(_, one)| one));
    }
    let mut seen = HashSet::with_hasher(Quick::default());
    found.retain(|node| seen.insert(std::ptr::from_ref(*node)));
    found
}
