//! Messages and traits. In 2.x the last trait wins, in 3.x the object: what a trait overrides is taken out of the object, so
//! that both orders give the same.

use super::server::{operation_bindings, schema_object};
use super::{Upgrade, entries, entry, mapping, node};
use crate::yaml::{Mapping, Node, Value};

/// How deep two objects are compared.
const MAX_DEPTH: usize = 64;
/// Fields in which traits and object do not meet by merging.
const APART: &[&str] = &["traits", "message", "payload", "schemaFormat", "messageId", "operationId"];

impl<'d> Upgrade<'d> {
    /// The traits of an object, behind their references.
    pub(super) fn traits(&self, object: &'d Node) -> Vec<&'d Node> {
        let listed = object.get("traits").and_then(Node::as_sequence).unwrap_or_default();
        listed.iter().filter_map(|one| self.follow(one)).filter(|one| one.as_mapping().is_some()).collect()
    }

    pub(super) fn trait_list(&mut self, object: &'d Node, rewrite: super::Rewrite<'d>) -> Node {
        let Some(traits) = object.get("traits") else { return object.clone() };
        let Value::Sequence(items) = &traits.value else { return traits.clone() };
        let items = items.iter().map(|item| self.object(item, "/traits", rewrite)).collect();
        node(traits.span, Value::Sequence(items))
    }

    pub(super) fn message(&mut self, message: &'d Node, at: &str) -> Node {
        let Value::Mapping(_) = &message.value else { return message.clone() };
        let traits = self.traits(message);
        let of_trait = traits.iter().rev().find_map(|one| one.as_mapping()?.entry("schemaFormat"));
        let format = of_trait.or_else(|| message.as_mapping()?.entry("schemaFormat"));
        if let (Some(_), Some(payload)) = (format, message.get("payload")) {
            self.moved.entry(payload).or_insert_with(|| format!("{at}/payload/schema"));
        }
        let mut out = Vec::new();
        for one in self.without_overridden(message, &traits).entries {
            let value = match one.key.as_str() {
                "messageId" | "schemaFormat" => continue,
                "bindings" => self.bindings(one.value),
                "headers" => schema_object(one.value),
                "payload" => match format {
                    Some(format) => {
                        let schema = entry("schema", one.key_span, one.value);
                        mapping(schema.key_span, vec![format.clone(), schema])
                    }
                    None => schema_object(one.value),
                },
                "traits" => self.trait_list(message, Self::message_trait),
                "examples" => self.examples(one.value),
                _ => one.value,
            };
            out.push(entry(one.key, one.key_span, value));
        }
        mapping(message.span, out)
    }

    pub(super) fn message_trait(&mut self, one: &'d Node, _: &str) -> Node {
        let fields = entries(one).iter().filter(|field| !matches!(field.key.as_str(), "schemaFormat" | "messageId"));
        let fields = fields.map(|field| {
            let value = match field.key.as_str() {
                "examples" => self.examples(field.value.clone()),
                "bindings" => self.bindings(field.value.clone()),
                "headers" => schema_object(field.value.clone()),
                _ => field.value.clone(),
            };
            entry(field.key.clone(), field.key_span, value)
        });
        if one.as_mapping().is_none() { one.clone() } else { mapping(one.span, fields.collect()) }
    }

    pub(super) fn operation_trait(&mut self, one: &'d Node, _: &str) -> Node {
        if one.as_mapping().is_none() {
            return one.clone();
        }
        let mut out = Vec::new();
        for field in entries(one).iter().filter(|field| field.key != "operationId") {
            let value = match field.key.as_str() {
                "security" => self.security(&field.value),
                "bindings" => operation_bindings(self.bindings(field.value.clone())),
                _ => field.value.clone(),
            };
            out.push(entry(field.key.clone(), field.key_span, value));
        }
        mapping(one.span, out)
    }

    /// The messages of the components; one that is only a choice has no place in 3.x: its parts go where they are used.
    pub(super) fn component_messages(&mut self, messages: &'d Node, at: &str) -> Node {
        let Value::Mapping(mut map) = self.map(messages, at, Self::message).value else { return messages.clone() };
        map.entries.retain(|one| messages.get(&one.key).is_none_or(|written| written.get("oneOf").is_none()));
        node(messages.span, Value::Mapping(map))
    }

    /// 2.0 allows any object as an example; 3.x wants `payload` or `headers` in it.
    fn examples(&mut self, examples: Node) -> Node {
        let Value::Sequence(items) = examples.value else { return examples };
        let known = |item: &Node| item.get("payload").is_some() || item.get("headers").is_some();
        let mut out = Vec::new();
        for item in items {
            if item.as_mapping().is_none() || known(&item) {
                out.push(item);
                continue;
            }
            self.note(item.span, "this example has neither `payload` nor `headers`: it is taken as a payload");
            let span = item.span;
            out.push(mapping(span, vec![entry("payload", span, item)]));
        }
        node(examples.span, Value::Sequence(out))
    }

    /// The fields of an object without those that a trait overrides.
    pub(super) fn without_overridden(&self, object: &'d Node, traits: &[&'d Node]) -> Mapping {
        let mut own = object.as_mapping().cloned().unwrap_or_default();
        for one in traits {
            if let Value::Mapping(patch) = &one.value {
                self.remove_overridden(&mut own, patch, 0);
            }
        }
        own
    }

    fn remove_overridden(&self, own: &mut Mapping, patch: &Mapping, depth: usize) {
        own.entries.retain_mut(|one| {
            let Some(above) = patch.get(&one.key).filter(|_| depth > 0 || !APART.contains(&one.key.as_str())) else {
                return true;
            };
            let mut ignored = Vec::new();
            let above = self.documents.follow(above, &mut ignored);
            let below = self.documents.follow(&one.value, &mut ignored);
            let (Some(Value::Mapping(above)), Some(Node { value: Value::Mapping(below), .. })) =
                (above.map(|node| &node.value), below)
            else {
                return false;
            };
            if depth >= MAX_DEPTH {
                return false;
            }
            let mut left = below.clone();
            self.remove_overridden(&mut left, above, depth + 1);
            if left != *below {
                one.value.value = Value::Mapping(left);
            }
            true
        });
    }
}
