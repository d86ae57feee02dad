//! From what a validator reports back to places: the keyword that refused in the reader's schema, and what the writer's schema
//! says at the same place of the message.

use eventpact_contract::formats::json_schema::{Dependency, Schema, SchemaId, Sub};
use eventpact_contract::source::Span;
use eventpact_contract::yaml::unescape_token;

use crate::report::Place;

use super::accepts::{item_schema, property_schemas};

/// The longest piece of a schema that is shown.
const MAX_TEXT: usize = 80;

/// Where an evaluation path leads.
pub(super) struct Located<'a> {
    /// The schema that refuses.
    pub(super) sub: &'a Sub,
    /// The keyword of it that refuses; empty when it is `false`.
    pub(super) keyword: String,
    /// The last keyword on the way that makes demands of its own: `allOf`, `then`, `else`, a dependency.
    pub(super) demand: Option<&'static str>,
    /// The schema that has this keyword.
    pub(super) demanding: &'a Sub,
    /// The keyword by which the last property or item was entered.
    pub(super) entered: Option<String>,
}

/// The schema and the keyword that an evaluation path (`/properties/a/$ref/maxLength`) leads to.
pub(super) fn located<'a>(schema: &'a Schema, path: &str) -> Located<'a> {
    let parts: Vec<String> = path.split('/').skip(1).map(|part| unescape_token(part).into_owned()).collect();
    let root = schema.root();
    let mut found = Located { sub: root, keyword: String::new(), demand: None, demanding: root, entered: None };
    let mut at = 0;
    while let Some(part) = parts.get(at) {
        let Some((id, used)) = step(found.sub, part, parts.get(at + 1).map(String::as_str)) else { break };
        if let Some(demand) = DEMANDS.into_iter().find(|d| d == part) {
            (found.demand, found.demanding) = (Some(demand), found.sub);
        } else if goes_inside(part) {
            found.entered = Some(part.clone());
        }
        found.sub = schema.get(id);
        at += used;
    }
    found.keyword = parts.get(at).cloned().unwrap_or_default();
    found
}

const DEMANDS: [&str; 5] = ["allOf", "then", "else", "dependentSchemas", "dependencies"];

fn goes_inside(keyword: &str) -> bool {
    let inside = ["properties", "patternProperties", "additionalProperties", "unevaluatedProperties", "propertyNames"];
    let items = ["items", "prefixItems", "additionalItems", "unevaluatedItems", "contains"];
    inside.contains(&keyword) || items.contains(&keyword)
}

/// The schema behind one keyword of a path, and how many parts of the path it takes.
fn step(sub: &Sub, keyword: &str, next: Option<&str>) -> Option<(SchemaId, usize)> {
    let index = next.and_then(|n| n.parse::<usize>().ok());
    let listed = |list: &[SchemaId]| Some((*list.get(index?)?, 2));
    match keyword {
        "$ref" => Some((sub.reference?, 1)),
        // Where it leads depends on the way; the schema itself is what it names by its text.
        "$dynamicRef" | "$recursiveRef" => Some((sub.dynamic_reference?, 1)),
        "unevaluatedProperties" if next.is_some() => Some((sub.unevaluated_properties?, 1)),
        "unevaluatedItems" if next.is_some() => Some((sub.unevaluated_items?, 1)),
        "properties" => {
            let found = sub.properties.iter().find(|p| Some(p.name.as_str()) == next)?;
            Some((found.schema, 2))
        }
        "patternProperties" => {
            let found = sub.pattern_properties.iter().find(|(p, _)| Some(p.as_str()) == next)?;
            Some((found.1, 2))
        }
        "$defs" | "definitions" => {
            let found = sub.definitions.iter().find(|(n, _)| Some(n.as_str()) == next)?;
            Some((found.1, 2))
        }
        // Without more behind it, it is the keyword itself that refused.
        "additionalProperties" if next.is_some() => Some((sub.additional_properties?.schema, 1)),
        "items" | "prefixItems" if next.is_some() => {
            let items = sub.items.as_ref()?;
            match index.filter(|_| !items.prefix.is_empty()) {
                Some(index) => Some((*items.prefix.get(index)?, 2)),
                None => Some((items.rest?, 1)),
            }
        }
        "additionalItems" if next.is_some() => Some((sub.items.as_ref()?.rest?, 1)),
        "allOf" => listed(&sub.all_of),
        "anyOf" => listed(&sub.any_of),
        "oneOf" => listed(&sub.one_of),
        "not" if next.is_some() => Some((sub.not?, 1)),
        "dependentSchemas" | "dependencies" => {
            let found = sub.dependencies.iter().find(|(n, _)| Some(n.as_str()) == next)?;
            match found.1 {
                Dependency::Schema(id) => Some((id, 2)),
                Dependency::Required(_) => None,
            }
        }
        "if" => Some((sub.conditional?.test, 1)),
        "then" => Some((sub.conditional?.then?, 1)),
        "else" => Some((sub.conditional?.otherwise?, 1)),
        "contains" if next.is_some() => Some((sub.contains?, 1)),
        "propertyNames" if next.is_some() => Some((sub.property_names?, 1)),
        _ => None,
    }
}

/// What the writer's schema has at a place of the message.
pub(super) struct Counterpart<'a> {
    /// The schema there, or the closest one above.
    pub(super) sub: &'a Sub,
    /// The last property on the way is not among the writer's `properties`.
    pub(super) undeclared: bool,
    /// The last step was to an item that the writer does not describe by its position, nor otherwise.
    pub(super) open_item: bool,
}

/// The schemas of a property or an item of what some schemas describe.
fn below(schema: &Schema, here: &[SchemaId], part: &str) -> Vec<SchemaId> {
    let index = part.parse::<usize>().ok();
    let of = |s: &&Sub| {
        let items = index.and_then(|n| item_schema(s.items.as_ref(), n));
        property_schemas(s, part).into_iter().chain(items).collect::<Vec<_>>()
    };
    around(schema, here).iter().flat_map(of).collect()
}

/// Follows the parts of an instance path (`/lines/0/sku`) through a schema.
pub(super) fn counterpart<'a>(schema: &'a Schema, path: &str) -> Counterpart<'a> {
    let mut here: Vec<SchemaId> = vec![schema.root];
    let mut found = Counterpart { sub: schema.root(), undeclared: false, open_item: false };
    for part in path.split('/').skip(1) {
        let part = unescape_token(part);
        let subs = around(schema, &here);
        let declared = subs.iter().any(|s| s.properties.iter().any(|p| p.name == part));
        let index = part.parse::<usize>().ok();
        let next = below(schema, &here, &part);
        let object = subs.iter().any(|s| !s.properties.is_empty());
        found.undeclared = !declared && (index.is_none() || object);
        found.open_item = index.is_some() && next.is_empty() && subs.iter().any(|s| s.items.is_some());
        let Some(first) = next.first() else {
            found.undeclared |= index.is_none();
            return found;
        };
        found.sub = schema.get(*first);
        here = next;
    }
    found
}

/// The schemas and what they are made of at the same place.
fn around<'a>(schema: &'a Schema, ids: &[SchemaId]) -> Vec<&'a Sub> {
    let mut open: Vec<SchemaId> = ids.to_vec();
    let mut seen: Vec<SchemaId> = Vec::new();
    let mut found = Vec::new();
    while let Some(id) = open.pop() {
        if seen.contains(&id) || seen.len() > 200 {
            continue;
        }
        seen.push(id);
        let sub = schema.get(id);
        found.push(sub);
        open.extend(sub.reference.iter().chain(&sub.dynamic_reference).chain(&sub.all_of).chain(&sub.any_of).chain(&sub.one_of));
        open.extend(sub.conditional.iter().flat_map(|c| [c.then, c.otherwise]).flatten());
    }
    found
}

/// The place of a keyword in a schema, with what is written there; the schema itself when it has no such keyword.
pub(super) fn place(sub: &Sub, keyword: &str) -> Place {
    let entry = sub.node.as_mapping().and_then(|m| m.entry(keyword));
    if let Some(entry) = entry {
        return Place::new(entry.key_span.to(entry.value.span), shown(keyword, &entry.value.to_json()));
    }
    if let Some((_, span)) = sub.subschema_keys.iter().find(|(key, _)| key == keyword) {
        return Place::new(*span, keyword);
    }
    Place::new(sub.span, described(sub))
}

fn shown(keyword: &str, value: &serde_json::Value) -> String {
    let text = format!("{keyword}: {value}");
    if text.chars().count() <= MAX_TEXT {
        return text;
    }
    let cut: String = text.chars().take(MAX_TEXT).collect();
    format!("{cut}…")
}

/// A schema in a few words.
fn described(sub: &Sub) -> String {
    match (sub.boolean, sub.types.as_slice()) {
        (Some(true), _) => "anything".to_owned(),
        (Some(false), _) => "nothing".to_owned(),
        (None, []) => String::new(),
        (None, types) => types.iter().map(|t| t.as_str()).collect::<Vec<_>>().join(" or "),
    }
}

/// The place where a schema describes the property at an instance path.
pub(super) fn property(schema: &Schema, path: &str) -> Option<Place> {
    let (above, name) = path.rsplit_once('/')?;
    let name = unescape_token(name);
    let mut here = vec![schema.root];
    for part in above.split('/').skip(1) {
        here = below(schema, &here, &unescape_token(part));
    }
    let subs = around(schema, &here);
    let found = subs.iter().find_map(|s| s.properties.iter().find(|p| p.name == name))?;
    Some(Place::new(found.name_span, format!("property {name}")))
}

/// The place of a name in `required`.
pub(super) fn required(sub: &Sub, name: &str) -> Option<Span> {
    sub.required.iter().find(|(n, _)| n == name).map(|(_, span)| *span)
}
