//! JSON Schema: properties, items, branches and definitions are items; each limit is said of the item that it limits.

use std::collections::{HashMap, HashSet};

use eventpact_contract::formats::json_schema::{Dependency, JsonType, Schema, SchemaId, Sub};
use eventpact_contract::source::Span;

use super::Item;

/// Keywords that only people read, besides `x-…`.
const METADATA: [&str; 13] = [
    "title",
    "description",
    "examples",
    "example",
    "$comment",
    "deprecated",
    "readOnly",
    "writeOnly",
    "externalDocs",
    "$id",
    "id",
    "$schema",
    "$anchor",
];
/// Keywords that are shown in a way of their own.
const SHOWN: [&str; 4] = ["type", "enum", "required", "$ref"];

/// A walk through a schema; what is behind a reference is an item of its own, so that recursion ends.
struct Walk<'s> {
    schema: &'s Schema,
    seen: HashSet<SchemaId>,
    open: Vec<SchemaId>,
}

pub(super) fn items(schema: &Schema) -> Vec<Item> {
    let mut walk = Walk { schema, seen: HashSet::from([schema.root]), open: Vec::new() };
    let mut root = walk.item("schema", "the payload", schema.root, schema.root().span);
    root.name.clear();
    let mut items = vec![root];
    while let Some(id) = walk.open.pop() {
        let name = name(schema, id);
        let mut item = walk.item("definition", &name, id, schema.get(id).span);
        item.shared = true;
        items.push(item);
    }
    items
}

/// How a schema that is referred to is called: the end of its pointer, else its title.
fn name(schema: &Schema, id: SchemaId) -> String {
    let sub = schema.get(id);
    let last = sub.pointer.rsplit('/').next().filter(|last| !last.is_empty());
    last.or(sub.title.as_deref()).unwrap_or("another schema").to_owned()
}

impl Walk<'_> {
    fn item(&mut self, what: &'static str, key: &str, id: SchemaId, span: Span) -> Item {
        let schema = self.schema;
        let sub = schema.get(id);
        let mut item = Item::new(what, key, span.to(sub.span));
        item.summary = self.type_text(sub);
        item.say("type", item.summary.clone(), sub.types_span.unwrap_or(sub.span));
        keywords(&mut item, sub);
        for target in sub.reference.into_iter().chain(sub.dynamic_reference) {
            self.visit(target);
        }
        self.properties(&mut item, sub);
        for (words, keys, id) in within(sub) {
            let span = key_span(sub, keys).unwrap_or(schema.get(id).span);
            let child = self.item("part", &words, id, span);
            item.children.push(child);
        }
        for (word, branches) in [("oneOf", &sub.one_of), ("anyOf", &sub.any_of), ("allOf", &sub.all_of)] {
            for (n, branch) in branches.iter().enumerate() {
                let key = format!("{word} {}", self.branch(*branch, n));
                let child = self.item("branch", &key, *branch, schema.get(*branch).span);
                item.children.push(child);
            }
        }
        item
    }

    fn visit(&mut self, target: SchemaId) {
        if self.seen.insert(target) {
            self.open.push(target);
        }
    }

    /// What tells a branch from its siblings: what it refers to, its title, a constant in it, its types; else its number.
    fn branch(&self, id: SchemaId, n: usize) -> String {
        let sub = self.schema.get(id);
        let constant = || {
            let fixed = sub.properties.iter().find_map(|p| Some((&p.name, self.schema.get(p.schema).constant.as_ref()?)));
            fixed.map(|(name, value)| format!("{name} = {}", value.to_json()))
        };
        let types = || (!sub.types.is_empty() && !sub.types.contains(&JsonType::Object)).then(|| self.type_text(sub));
        let known = sub.reference.map(|target| name(self.schema, target)).or_else(|| sub.title.clone());
        known.or_else(constant).or_else(types).unwrap_or_else(|| (n + 1).to_string())
    }

    fn type_text(&self, sub: &Sub) -> String {
        if let Some(target) = sub.reference {
            return name(self.schema, target);
        }
        match (sub.boolean, sub.types.as_slice()) {
            (Some(true), _) => "anything".to_owned(),
            (Some(false), _) => "nothing".to_owned(),
            (None, []) if sub.enumeration.is_some() || sub.constant.is_some() => "one of its values".to_owned(),
            (None, []) => "any type".to_owned(),
            (None, types) => types.iter().map(|ty| ty.as_str()).collect::<Vec<_>>().join(" or "),
        }
    }

    fn properties(&mut self, item: &mut Item, sub: &Sub) {
        let required: HashMap<&str, Span> = sub.required.iter().rev().map(|(name, span)| (name.as_str(), *span)).collect();
        for property in &sub.properties {
            let mut child = self.item("property", &property.name, property.schema, property.name_span);
            match required.get(property.name.as_str()) {
                Some(span) => {
                    child.say("presence", "required", *span);
                    child.summary.push_str(", required");
                }
                None => child.say("presence", "optional", property.name_span),
            }
            item.children.push(child);
        }
        let declared: HashSet<&str> = sub.properties.iter().map(|property| property.name.as_str()).collect();
        for (name, span) in sub.required.iter().filter(|(name, _)| !declared.contains(name.as_str())) {
            item.children.push(Item::new("required name", name, *span));
        }
    }
}

/// What is said in keywords that hold no schema.
fn keywords(item: &mut Item, sub: &Sub) {
    for value in sub.enumeration.iter().flatten() {
        item.children.push(Item::new("value", value.to_json().to_string(), value.span));
    }
    for (name, dependency) in &sub.dependencies {
        if let Dependency::Required(names) = dependency {
            item.say(format!("required beside {name}"), names.join(", "), sub.span);
        }
    }
    let entries = sub.node.as_mapping().map(|mapping| mapping.entries.as_slice()).unwrap_or_default();
    for entry in entries.iter().filter(|entry| !SHOWN.contains(&entry.key.as_str())) {
        if sub.subschema_keys.iter().any(|(key, _)| *key == entry.key) || entry.key.starts_with("dependen") {
            continue;
        }
        let value = entry.value.as_str().map_or_else(|| entry.value.to_json().to_string(), str::to_owned);
        if METADATA.contains(&entry.key.as_str()) || entry.key.starts_with("x-") {
            item.note(&entry.key, Some(&value), entry.key_span.to(entry.value.span));
        } else {
            item.say(&entry.key, value, entry.key_span.to(entry.value.span));
        }
    }
}

/// Subschemas that stand in one place each: what they are, the keys that they may stand under, and their number.
fn within(sub: &Sub) -> Vec<(String, &'static [&'static str], SchemaId)> {
    let conditional = sub.conditional;
    let mut parts: Vec<(String, &'static [&'static str], SchemaId)> = Vec::new();
    let mut add = |words: &str, keys: &'static [&'static str], id: Option<SchemaId>| {
        parts.extend(id.map(|id| (words.to_owned(), keys, id)));
    };
    add("other properties", &["additionalProperties"], sub.additional_properties.map(|additional| additional.schema));
    add("unevaluated properties", &["unevaluatedProperties"], sub.unevaluated_properties);
    add("unevaluated items", &["unevaluatedItems"], sub.unevaluated_items);
    add("names of properties", &["propertyNames"], sub.property_names);
    add("items", &["additionalItems", "items"], sub.items.as_ref().and_then(|items| items.rest));
    add("contained item", &["contains"], sub.contains);
    add("not", &["not"], sub.not);
    add("if", &["if"], conditional.map(|conditional| conditional.test));
    add("then", &["then"], conditional.and_then(|conditional| conditional.then));
    add("else", &["else"], conditional.and_then(|conditional| conditional.otherwise));
    add("content", &["contentSchema"], sub.content_schema);
    for (n, id) in sub.items.iter().flat_map(|items| items.prefix.iter().enumerate()) {
        add(&format!("item {n}"), &[], Some(*id));
    }
    for (pattern, id) in &sub.pattern_properties {
        add(&format!("properties like {pattern}"), &[], Some(*id));
    }
    for (name, dependency) in &sub.dependencies {
        if let Dependency::Schema(id) = dependency {
            add(&format!("beside {name}"), &[], Some(*id));
        }
    }
    parts
}

/// The place of the first of some keys that a schema has.
fn key_span(sub: &Sub, keys: &[&str]) -> Option<Span> {
    keys.iter().find_map(|key| sub.subschema_keys.iter().find(|(known, _)| known == key)).map(|(_, span)| *span)
}
