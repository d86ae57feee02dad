//! Whether a part of a schema accepts a value: good enough to choose what to try.
//!
//! Regular expressions, formats and keywords that are not understood count as satisfied. Nothing is decided here: the judge of
//! every witness is the validator of the `jsonschema` crate.

use eventpact_contract::formats::json_schema::{Dependency, Items, JsonType, Schema, SchemaId, Sub};
use eventpact_contract::yaml::Node;
use serde_json::{Map, Value};

/// References are followed this deep.
const MAX_DEPTH: usize = 64;

/// The value is accepted, as far as this can tell.
pub(super) fn accepts(schema: &Schema, id: SchemaId, value: &Value, depth: usize) -> bool {
    let sub = schema.get(id);
    if depth > MAX_DEPTH {
        return true;
    }
    if let Some(truth) = sub.boolean {
        return truth;
    }
    let is = |id: SchemaId| accepts(schema, id, value, depth + 1);
    if let Some(target) = sub.reference {
        if !is(target) {
            return false;
        }
        if schema.dialect.reference_stands_alone() {
            return true;
        }
    }
    let conditional = sub.conditional.is_none_or(|c| {
        let branch = if is(c.test) { c.then } else { c.otherwise };
        branch.is_none_or(is)
    });
    conditional
        && plain(sub, value)
        && sub.all_of.iter().all(|id| is(*id))
        && (sub.any_of.is_empty() || sub.any_of.iter().any(|id| is(*id)))
        && (sub.one_of.is_empty() || sub.one_of.iter().filter(|id| is(**id)).count() == 1)
        && !sub.not.is_some_and(is)
        && match value {
            Value::Array(items) => array(schema, sub, items, depth),
            Value::Object(object) => self::object(schema, sub, object, value, depth),
            _ => true,
        }
}

/// The keywords that look at the value alone.
fn plain(sub: &Sub, value: &Value) -> bool {
    if !sub.types.is_empty() && !sub.types.iter().any(|t| has_type(value, *t)) {
        return false;
    }
    let equal = |node: &Node| same(&node.to_json(), value);
    if sub.enumeration.as_ref().is_some_and(|all| !all.iter().any(equal)) || sub.constant.as_ref().is_some_and(|c| !equal(c)) {
        return false;
    }
    let limit = |key: &str| sub.node.get(key).and_then(Node::as_f64);
    #[allow(clippy::cast_precision_loss)] // lengths of samples are small
    let within = |least: &str, most: &str, size: usize| {
        limit(least).is_none_or(|l| size as f64 >= l) && limit(most).is_none_or(|l| size as f64 <= l)
    };
    match value {
        Value::Number(number) => {
            let n = number.as_f64().unwrap_or(0.0);
            let whole = limit("multipleOf").is_none_or(|m| ((n / m) - (n / m).round()).abs() < 1e-9);
            whole
                && limit("minimum").is_none_or(|l| n >= l)
                && limit("maximum").is_none_or(|l| n <= l)
                && limit("exclusiveMinimum").is_none_or(|l| n > l)
                && limit("exclusiveMaximum").is_none_or(|l| n < l)
        }
        Value::String(text) => within("minLength", "maxLength", text.chars().count()),
        Value::Array(items) => within("minItems", "maxItems", items.len()),
        Value::Object(object) => within("minProperties", "maxProperties", object.len()),
        Value::Null | Value::Bool(_) => true,
    }
}

fn has_type(value: &Value, ty: JsonType) -> bool {
    match ty {
        JsonType::Null => value.is_null(),
        JsonType::Boolean => value.is_boolean(),
        JsonType::Integer => value.as_f64().is_some_and(|n| n.fract() == 0.0),
        JsonType::Number => value.is_number(),
        JsonType::String => value.is_string(),
        JsonType::Array => value.is_array(),
        JsonType::Object => value.is_object(),
    }
}

/// Equal as JSON Schema sees it: 1 and 1.0 are one number.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        _ => a == b,
    }
}

fn array(schema: &Schema, sub: &Sub, items: &[Value], depth: usize) -> bool {
    let unique = sub.node.get("uniqueItems").and_then(Node::as_bool) == Some(true);
    if unique && items.iter().enumerate().any(|(n, a)| items.iter().skip(n + 1).any(|b| same(a, b))) {
        return false;
    }
    let is = |id: SchemaId, value: &Value| accepts(schema, id, value, depth + 1);
    let fits = |(n, item): (usize, &Value)| item_schema(sub.items.as_ref(), n).is_none_or(|id| is(id, item));
    items.iter().enumerate().all(fits) && sub.contains.is_none_or(|id| items.iter().any(|i| is(id, i)))
}

/// The schema of the item at an index.
pub(super) fn item_schema(items: Option<&Items>, index: usize) -> Option<SchemaId> {
    items.and_then(|items| items.prefix.get(index).copied().or(items.rest.filter(|_| index >= items.prefix.len())))
}

fn object(schema: &Schema, sub: &Sub, object: &Map<String, Value>, whole: &Value, depth: usize) -> bool {
    if sub.required.iter().any(|(name, _)| !object.contains_key(name)) {
        return false;
    }
    let is = |id: SchemaId, value: &Value| accepts(schema, id, value, depth + 1);
    let held = |(name, needs): &(String, Dependency)| match needs {
        _ if !object.contains_key(name) => true,
        Dependency::Required(names) => names.iter().all(|n| object.contains_key(n)),
        Dependency::Schema(id) => is(*id, whole),
    };
    if !sub.dependencies.iter().all(held) {
        return false;
    }
    object.iter().all(|(name, value)| {
        let named = sub.property_names.is_none_or(|id| is(id, &Value::String(name.clone())));
        named && property_schemas(sub, name).into_iter().all(|id| is(id, value))
    })
}

/// The schemas of the property with a name: its own and those of patterns, else the one of all others.
pub(super) fn property_schemas(sub: &Sub, name: &str) -> Vec<SchemaId> {
    let mut found: Vec<SchemaId> = sub.properties.iter().filter(|p| p.name == name).map(|p| p.schema).collect();
    found.extend(sub.pattern_properties.iter().filter(|(pattern, _)| matches(pattern, name)).map(|(_, id)| *id));
    if found.is_empty() {
        found.extend(sub.additional_properties.map(|a| a.schema));
    }
    found
}

/// `^prefix`, `suffix$`, `^whole$` and plain words; other regular expressions match nothing here.
fn matches(pattern: &str, name: &str) -> bool {
    let (start, rest) = pattern.strip_prefix('^').map_or((false, pattern), |r| (true, r));
    let rest = rest.strip_suffix(".*").unwrap_or(rest);
    let (end, word) = rest.strip_suffix('$').map_or((false, rest), |r| (true, r));
    if word.contains(|c: char| "\\.[](){}*+?|^$".contains(c)) {
        return false;
    }
    match (start, end) {
        (true, true) => name == word,
        (true, false) => name.starts_with(word),
        (false, true) => name.ends_with(word),
        (false, false) => name.contains(word),
    }
}
