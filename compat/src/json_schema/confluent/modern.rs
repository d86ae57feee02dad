//! Parts of schemas from 2019-09 on: every keyword is a part of its own at first, and parts of one kind are merged in the order
//! of the text.
//!
//! The registry reads these drafts with another library and translates; what the translation loses is lost here too (unknown keywords
//! displace `unevaluatedProperties`; branches with keywords of several kinds fall apart inside of their `anyOf`).

use eventpact_contract::formats::json_schema::{Dependency, SchemaId, Sub};
use eventpact_contract::yaml::Node;
use serde_json::Value;

use super::merge::{Parent, join};
use super::part::{Array, Body, Criterion, Extra, Number, Object, Part, PartId, Parts, Side, Text};

/// Keywords that the registry's library knows; all others are kept as they are.
const KNOWN: &[&str] = &[
    "$id",
    "$anchor",
    "$dynamicRef",
    "$dynamicAnchor",
    "$ref",
    "$schema",
    "$vocabulary",
    "minLength",
    "maxLength",
    "allOf",
    "anyOf",
    "oneOf",
    "additionalProperties",
    "properties",
    "patternProperties",
    "title",
    "description",
    "readOnly",
    "writeOnly",
    "deprecated",
    "default",
    "enum",
    "const",
    "false",
    "true",
    "type",
    "not",
    "required",
    "maximum",
    "minimum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "multipleOf",
    "uniqueItems",
    "items",
    "prefixItems",
    "contains",
    "minContains",
    "maxContains",
    "if",
    "then",
    "else",
    "dependentSchemas",
    "dependentRequired",
    "unevaluatedItems",
    "unevaluatedProperties",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "propertyNames",
    "pattern",
    "format",
];

/// Reads a schema.
pub(super) fn part(parts: &mut Parts<'_>, side: Side, id: SchemaId) -> Part {
    let sub = parts.of(side).get(id);
    match sub.boolean {
        Some(true) => return Part::new(side, id, Body::True),
        Some(false) => return Part::new(side, id, Body::False),
        None => {}
    }
    let mut found: Option<Part> = None;
    for keyword in in_order(sub) {
        let Some(next) = (Reader { parts, side, id, sub }).keyword(keyword) else { continue };
        found = Some(add(parts, found, next));
    }
    // A schema without keywords that are kinds counts as an `allOf` of nothing until properties are added to it.
    let mut whole = found.unwrap_or_else(|| nothing(side, id));
    let mut reader = Reader { parts, side, id, sub };
    let others = [reader.properties(), reader.patterns(), reader.unevaluated_items(), reader.unevaluated_properties()];
    for next in others.into_iter().flatten() {
        whole = join(parts, Parent::Other, whole, next);
    }
    if let Body::Combined(Criterion::All, branches, true) = &whole.body {
        match branches.as_slice() {
            [] => whole = Part::new(side, id, Body::Empty),
            [one] => whole = parts.get(*one).clone(),
            _ => {}
        }
    }
    described(sub, &mut whole);
    (whole.side, whole.schema) = (side, id);
    whole
}

/// The words of a schema; what its kind does not know takes the place of all that was kept so far.
fn described(sub: &Sub, whole: &mut Part) {
    whole.title = sub.title.clone().or_else(|| whole.title.take());
    whole.description = sub.description.clone().or_else(|| whole.description.take());
    if let Some(default) = sub.default.as_ref().map(Node::to_json).filter(|d| !d.is_null()) {
        whole.default = Some(default);
    }
    let written = sub.node.as_mapping().into_iter().flat_map(|m| &m.entries);
    let mut unknown: Extra = Extra::default();
    for entry in written.filter(|e| !KNOWN.contains(&e.key.as_str())) {
        unknown.values.insert(entry.key.clone(), entry.value.to_json());
    }
    if !sub.definitions.is_empty() {
        unknown.values.insert("$defs".to_owned(), Value::Null);
    }
    if !unknown.values.is_empty() {
        whole.extra = unknown;
    }
}

/// The keywords in the order of the text.
fn in_order(sub: &Sub) -> Vec<&str> {
    let written = sub.node.as_mapping().into_iter().flat_map(|m| &m.entries).map(|e| (e.key_span.start, e.key.as_str()));
    let mut keys: Vec<_> = written.chain(sub.subschema_keys.iter().map(|(key, span)| (span.start, key.as_str()))).collect();
    keys.sort_unstable();
    keys.into_iter().map(|(_, key)| key).collect()
}

/// An `allOf` of nothing that no keyword says.
fn nothing(side: Side, id: SchemaId) -> Part {
    Part::new(side, id, Body::Combined(Criterion::All, Vec::new(), true))
}

fn add(parts: &mut Parts<'_>, found: Option<Part>, next: Part) -> Part {
    match found {
        Some(found) => join(parts, Parent::Other, found, next),
        None => next,
    }
}

struct Reader<'p, 'a> {
    parts: &'p mut Parts<'a>,
    side: Side,
    id: SchemaId,
    sub: &'a Sub,
}

impl Reader<'_, '_> {
    fn child(&mut self, id: SchemaId) -> PartId {
        self.parts.load(self.side, id)
    }

    fn of(&self, body: Body) -> Part {
        Part::new(self.side, self.id, body)
    }

    fn value(&self, keyword: &str) -> Option<f64> {
        self.sub.node.get(keyword).and_then(Node::as_f64)
    }

    /// What one keyword says; `None` for those that say nothing by themselves.
    fn keyword(&mut self, keyword: &str) -> Option<Part> {
        let sub = self.sub;
        let body = match keyword {
            "$ref" => Body::Reference(sub.reference?),
            "type" => return self.types(),
            "format" | "readOnly" | "writeOnly" => return Some(nothing(self.side, self.id)),
            "enum" => Body::Enum(sub.enumeration.as_ref()?.iter().map(Node::to_json).collect()),
            "const" => Body::Const(sub.constant.as_ref()?.to_json()),
            "not" => Body::Not(self.child(sub.not?)),
            "allOf" => return Some(self.combined(Criterion::All, Parent::All, &sub.all_of)),
            "anyOf" => return Some(self.combined(Criterion::Any, Parent::Any, &sub.any_of)),
            "oneOf" => return Some(self.combined(Criterion::One, Parent::One, &sub.one_of)),
            "if" => {
                let found = sub.conditional?;
                let ids = [Some(found.test), found.then, found.otherwise];
                Body::Conditional(ids.into_iter().map(|id| id.map(|id| self.child(id))).collect())
            }
            "minLength" => Body::String(Text { min: self.value(keyword), ..Text::default() }),
            "maxLength" => Body::String(Text { max: self.value(keyword), ..Text::default() }),
            "pattern" => Body::String(Text { pattern: sub.node.get(keyword)?.as_str().map(str::to_owned), ..Text::default() }),
            "minimum" => Body::Number(Number { min: self.value(keyword), ..Number::default() }),
            "maximum" => Body::Number(Number { max: self.value(keyword), ..Number::default() }),
            "exclusiveMinimum" => Body::Number(Number { above: self.value(keyword), ..Number::default() }),
            "exclusiveMaximum" => Body::Number(Number { below: self.value(keyword), ..Number::default() }),
            "multipleOf" => {
                let text = sub.node.get(keyword)?.to_json().to_string();
                Body::Number(Number { multiple_of: Some(text), ..Number::default() })
            }
            _ => return self.list_keyword(keyword).or_else(|| self.object_keyword(keyword)),
        };
        Some(self.of(body))
    }

    fn list_keyword(&mut self, keyword: &str) -> Option<Part> {
        let sub = self.sub;
        let mut array = Array::default();
        match keyword {
            "minItems" => array.min = self.value(keyword),
            "maxItems" => array.max = self.value(keyword),
            "uniqueItems" => array.unique = sub.node.get(keyword)?.as_bool()?,
            "prefixItems" => array.tuple = sub.items.as_ref()?.prefix.iter().map(|id| self.child(*id)).collect(),
            "items" => {
                let items = sub.items.as_ref()?;
                if !sub.subschema_keys.iter().any(|(key, _)| key == "prefixItems") {
                    array.tuple = items.prefix.iter().map(|id| self.child(*id)).collect();
                }
                let rest = items.rest?;
                match self.parts.of(self.side).get(rest).boolean {
                    Some(truth) => array.permits = truth,
                    None if items.prefix.is_empty() => array.all = Some(self.child(rest)),
                    None => array.rest = Some(self.child(rest)),
                }
            }
            "contains" => {
                array.contains = Some(self.child(sub.contains?));
                let mut part = self.of(Body::Array(array));
                let least = sub.node.get("minContains").map_or(Value::from(1), Node::to_json);
                part.extra.values.insert("minContains".to_owned(), least);
                let most = sub.node.get("maxContains").map(|n| ("maxContains".to_owned(), n.to_json()));
                part.extra.values.extend(most);
                return Some(part);
            }
            _ => return None,
        }
        Some(self.of(Body::Array(array)))
    }

    fn object_keyword(&mut self, keyword: &str) -> Option<Part> {
        let sub = self.sub;
        let mut object = Object::default();
        match keyword {
            "minProperties" => object.min = self.value(keyword),
            "maxProperties" => object.max = self.value(keyword),
            "required" => object.names = sub.required.iter().map(|(name, _)| name.clone()).collect(),
            "propertyNames" => object.property_names = Some(self.child(sub.property_names?)),
            "additionalProperties" => {
                let rest = sub.additional_properties?.schema;
                match self.parts.of(self.side).get(rest).boolean {
                    Some(truth) => object.permits = truth,
                    None => object.rest = Some(self.child(rest)),
                }
            }
            "dependentRequired" => {
                for (name, dependency) in &sub.dependencies {
                    if let Dependency::Required(names) = dependency
                        && !names.is_empty()
                    {
                        object.dependent_names.push((name.clone(), names.clone()));
                    }
                }
            }
            "dependentSchemas" => {
                for (name, dependency) in &sub.dependencies {
                    if let Dependency::Schema(id) = dependency {
                        object.dependent_schemas.push((name.clone(), self.child(*id)));
                    }
                }
            }
            _ => return None,
        }
        Some(self.of(Body::Object(Box::new(object))))
    }

    /// What `type` says; a list is an `anyOf` that no keyword says.
    fn types(&mut self) -> Option<Part> {
        let written = self.sub.node.get("type")?;
        if let Some(list) = written.as_sequence() {
            let bodies: Vec<Body> = list.iter().filter_map(|name| of_type(name.as_str()?)).collect();
            let branches = bodies.into_iter().map(|body| self.parts.push(Part::new(self.side, self.id, body))).collect();
            return Some(self.of(Body::Combined(Criterion::Any, branches, true)));
        }
        of_type(written.as_str()?).map(|body| self.of(body))
    }

    fn combined(&mut self, criterion: Criterion, parent: Parent, ids: &[SchemaId]) -> Part {
        let mut whole = self.of(Body::Combined(criterion, Vec::new(), false));
        for id in ids {
            let branch = part(self.parts, self.side, *id);
            whole = join(self.parts, parent, whole, branch);
        }
        whole
    }

    fn properties(&mut self) -> Option<Part> {
        let properties = self.sub.properties.iter().map(|p| (p.name.clone(), self.child(p.schema))).collect::<Vec<_>>();
        let object = Object { properties, ..Object::default() };
        (!object.properties.is_empty()).then(|| self.of(Body::Object(Box::new(object))))
    }

    fn patterns(&mut self) -> Option<Part> {
        let patterns = self.sub.pattern_properties.iter().map(|(p, id)| (p.clone(), self.child(*id))).collect::<Vec<_>>();
        let object = Object { patterns, ..Object::default() };
        (!object.patterns.is_empty()).then(|| self.of(Body::Object(Box::new(object))))
    }

    fn unevaluated_items(&mut self) -> Option<Part> {
        let mut part = self.of(Body::Array(Array::default()));
        part.extra.items = Some(self.child(self.sub.unevaluated_items?));
        Some(part)
    }

    fn unevaluated_properties(&mut self) -> Option<Part> {
        let mut part = self.of(Body::Object(Box::default()));
        part.extra.properties = Some(self.child(self.sub.unevaluated_properties?));
        Some(part)
    }
}

/// What a type says by itself.
fn of_type(name: &str) -> Option<Body> {
    let required = true;
    Some(match name {
        "string" => Body::String(Text { required, ..Text::default() }),
        "integer" => Body::Number(Number { required, integer: true, ..Number::default() }),
        "number" => Body::Number(Number { required, ..Number::default() }),
        "boolean" => Body::Boolean,
        "null" => Body::Null,
        "array" => Body::Array(Array { required, ..Array::default() }),
        "object" => Body::Object(Box::new(Object { required, ..Object::default() })),
        _ => return None,
    })
}
