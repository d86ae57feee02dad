//! Defaults and examples of schemas against the schemas that they stand in, at any depth.

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use super::Checker;
use crate::diagnostic::Diagnostic;
use crate::formats::json_schema::{self, SchemaId};
use crate::schema::Schema;
use crate::source::Span;
use crate::yaml::Node;

const OFFICIAL_DEFAULT: &str = "asyncapi2-schema-default";
const OFFICIAL_EXAMPLES: &str = "asyncapi2-schema-examples";
pub(super) const DEFAULT: &str = "asyncapi/schema-default-invalid";
pub(super) const EXAMPLE: &str = "asyncapi/schema-example-invalid";

/// The most values that are held against schemas in one document.
const MAX_VALUES: usize = 5000;

/// A schema, and whether the official parser looks at its default and its examples.
struct Place<'d> {
    node: &'d Node,
    official: bool,
}

pub(super) fn check<'d>(checker: &mut Checker<'_, 'd>, root: &'d Node) {
    let mut seen = HashSet::new();
    for place in places(checker, root) {
        if let Some(node) = place.node.get("examples").filter(|e| place.official && e.as_sequence().is_none()) {
            let message = "the `examples` of a schema are a list";
            checker.found.push(Diagnostic::error(OFFICIAL_EXAMPLES, place.node.span, message).with_related(node.span, "here"));
        }
        let before = checker.payloads.reported();
        let payload = checker.payloads.of_document(place.node);
        checker.payloads.forget(before);
        if let Some(Schema::JsonSchema(schema)) = payload.and_then(|p| p.schema) {
            one(checker, &schema, place.official, &mut seen);
        }
    }
}

/// The values of one schema and of those in it that were not seen before.
fn one(checker: &mut Checker<'_, '_>, schema: &Arc<json_schema::Schema>, official: bool, seen: &mut HashSet<Span>) {
    let mut validator = None;
    let mut recursive = None;
    for (n, sub) in schema.subs.iter().enumerate() {
        let default = sub.default.iter().map(|value| (value, "default"));
        for (value, keyword) in default.chain(sub.examples.iter().map(|value| (value, "example"))) {
            if seen.len() >= MAX_VALUES || !seen.insert(value.span) {
                continue;
            }
            let id = SchemaId(u32::try_from(n).unwrap_or(u32::MAX));
            let official = official
                && id == schema.root
                && value.as_str().is_none()
                && !*recursive.get_or_insert_with(|| is_recursive(schema));
            let rule = match (keyword, official) {
                ("default", true) => OFFICIAL_DEFAULT,
                (_, true) => OFFICIAL_EXAMPLES,
                ("default", false) => DEFAULT,
                (_, false) => EXAMPLE,
            };
            let checked = Rc::clone(validator.get_or_insert_with(|| checker.validator(schema)));
            match checked
                .as_ref()
                .as_ref()
                .map_err(Clone::clone)
                .and_then(|validator| validator.check_at(id, value, &mut checker.budget))
            {
                Ok(violations) => {
                    for violation in violations {
                        let message = format!("this {keyword} does not fit its own schema: {}", violation.message);
                        checker.report(rule, place(value, &violation.path), message);
                    }
                }
                Err(why) => checker.unusable(value.span, &why),
            }
        }
    }
}

/// The schemas of a document: those that the official parser looks at in 2.x, and all others.
fn places<'d>(checker: &Checker<'_, 'd>, root: &'d Node) -> Vec<Place<'d>> {
    let documents = checker.documents;
    let behind = |node: &'d Node| documents.follow(node, &mut Vec::new()).unwrap_or(node);
    let get = |node: &'d Node, key: &str| node.get(key).map(behind);
    let values = |node: &'d Node, key: &str| -> Vec<&'d Node> {
        let map = get(node, key).and_then(Node::as_mapping);
        map.into_iter().flat_map(|m| &m.entries).map(|e| behind(&e.value)).collect()
    };
    let payload = |message: &'d Node| get(message, "payload").filter(|_| message.get("schemaFormat").is_none());
    let parameters = |node: &'d Node| values(node, "parameters").into_iter().filter_map(|p| get(p, "schema"));
    let components = get(root, "components");
    let mut official = Vec::new();
    for channel in [Some(root), components].into_iter().flatten().flat_map(|around| values(around, "channels")) {
        official.extend(parameters(channel));
        let operations = ["publish", "subscribe"].into_iter().filter_map(|o| get(channel, o)?.get("message"));
        official.extend(operations.filter_map(|message| payload(behind(message))));
    }
    if let Some(components) = components {
        official.extend(values(components, "schemas"));
        official.extend(parameters(components));
        let messages = values(components, "messages").into_iter().chain(values(components, "messageTraits"));
        official.extend(messages.filter_map(payload));
    }
    let is_2 = checker.version.is_2();
    let others = super::Messages::of(documents, root, is_2);
    let others = others.into_iter().flat_map(|message| payload(message).into_iter().chain(get(message, "headers")));
    let official = official.into_iter().map(|node| Place { node, official: is_2 });
    official.chain(others.map(|node| Place { node, official: false })).collect()
}

/// The place of what a path leads to in a value; the last place on the way that there is.
pub(super) fn place(value: &Node, path: &[String]) -> Span {
    let mut node = value;
    for token in path {
        let next = match node.as_sequence() {
            Some(items) => token.parse::<usize>().ok().and_then(|n| items.get(n)),
            None => node.get(token),
        };
        match next {
            Some(next) => node = next,
            None => break,
        }
    }
    node.span
}

/// A schema contains itself through its references.
pub(super) fn is_recursive(schema: &json_schema::Schema) -> bool {
    // Each schema is closed once; one that is met while it is open closes a circle.
    let mut state = vec![0_u8; schema.subs.len()];
    let mut open = vec![(schema.root, false)];
    while let Some((id, done)) = open.pop() {
        let Some(mark) = state.get_mut(id.0 as usize) else { continue };
        if done {
            *mark = 2;
            continue;
        }
        match *mark {
            0 => *mark = 1,
            _ => continue,
        }
        open.push((id, true));
        for next in schema.get(id).children() {
            match state.get(next.0 as usize) {
                Some(1) => return true,
                Some(0) => open.push((next, false)),
                _ => {}
            }
        }
    }
    false
}
