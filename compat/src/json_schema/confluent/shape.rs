//! A JSON Schema as Confluent's registry holds it: one kind for each schema, keywords of several kinds as an `allOf`.

use eventpact_contract::formats::json_schema::{JsonType, Schema, SchemaId, Sub};

/// References are followed this deep.
const MAX_DEPTH: usize = 64;

/// How the branches of a combined schema go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Criterion {
    /// `allOf`
    All,
    /// `anyOf`, and a list of types
    Any,
    /// `oneOf`
    One,
}

/// What a schema is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Accepts everything.
    Empty,
    /// Accepts nothing.
    False,
    /// `null`
    Null,
    /// `boolean`
    Boolean,
    /// `string`
    String,
    /// `number`; `true` for `integer`.
    Number(bool),
    /// `array`
    Array,
    /// `object`
    Object,
    /// `enum`
    Enum,
    /// `const`
    Const,
    /// `not`
    Not,
    /// Branches.
    Combined(Criterion, Vec<Shape>),
}

/// A schema with its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    /// The kind.
    pub(super) kind: Kind,
    /// The schema that the keywords are read from.
    pub(super) id: SchemaId,
}

/// The shape of a schema, references followed.
pub(super) fn shape(schema: &Schema, id: SchemaId) -> Shape {
    at_depth(schema, id, 0)
}

fn at_depth(schema: &Schema, id: SchemaId, depth: usize) -> Shape {
    let sub = schema.get(id);
    let of = |kind| Shape { kind, id };
    if depth > MAX_DEPTH {
        return of(Kind::Empty);
    }
    match sub.boolean {
        Some(true) => return of(Kind::Empty),
        Some(false) => return of(Kind::False),
        None => {}
    }
    let mut parts = Vec::new();
    if let Some(target) = sub.reference {
        let target = at_depth(schema, target, depth + 1);
        if schema.dialect.reference_stands_alone() {
            return target;
        }
        parts.push(target);
    }
    if sub.enumeration.is_some() {
        parts.push(of(Kind::Enum));
    } else if sub.constant.is_some() {
        parts.push(of(Kind::Const));
    }
    parts.extend(typed(sub, id));
    if sub.not.is_some() {
        parts.push(of(Kind::Not));
    }
    for (criterion, ids) in [(Criterion::All, &sub.all_of), (Criterion::Any, &sub.any_of), (Criterion::One, &sub.one_of)] {
        if !ids.is_empty() {
            let branches = ids.iter().map(|id| at_depth(schema, *id, depth + 1)).collect();
            parts.push(of(Kind::Combined(criterion, branches)));
        }
    }
    match parts.len() {
        0 => of(Kind::Empty),
        1 => parts.pop().unwrap_or_else(|| of(Kind::Empty)),
        _ => of(Kind::Combined(Criterion::All, parts)),
    }
}

/// What the types say, or without types the keywords of one.
fn typed(sub: &Sub, id: SchemaId) -> Option<Shape> {
    let of = |kind| Shape { kind, id };
    let kind = |ty: &JsonType| match ty {
        JsonType::Null => Kind::Null,
        JsonType::Boolean => Kind::Boolean,
        JsonType::Integer => Kind::Number(true),
        JsonType::Number => Kind::Number(false),
        JsonType::String => Kind::String,
        JsonType::Array => Kind::Array,
        JsonType::Object => Kind::Object,
    };
    let listed = sub.node.get("type").is_some_and(|n| n.as_sequence().is_some());
    if listed {
        return Some(of(Kind::Combined(Criterion::Any, sub.types.iter().map(|t| of(kind(t))).collect())));
    }
    if let Some(ty) = sub.types.first() {
        return Some(of(kind(ty)));
    }
    let has = |keys: &[&str]| keys.iter().any(|k| sub.node.get(k).is_some());
    let object = !sub.properties.is_empty()
        || sub.additional_properties.is_some()
        || !sub.pattern_properties.is_empty()
        || !sub.dependencies.is_empty()
        || has(&["required", "minProperties", "maxProperties"]);
    if object {
        Some(of(Kind::Object))
    } else if sub.items.is_some() || has(&["minItems", "maxItems", "uniqueItems"]) {
        Some(of(Kind::Array))
    } else if has(&["minLength", "maxLength", "pattern"]) {
        Some(of(Kind::String))
    } else if has(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]) {
        Some(of(Kind::Number(false)))
    } else {
        None
    }
}
