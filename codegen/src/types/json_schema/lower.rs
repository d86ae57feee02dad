//! From subschemas to shapes: structs, enums, tagged and untagged unions, boxes where a type holds itself.

use std::collections::{BTreeMap, BTreeSet};

use eventpact_contract::formats::json_schema::{JsonType, Property, Schema, SchemaId, Sub};
use eventpact_contract::source::Span;
use eventpact_contract::yaml::{Node, Value};

use super::shape::{Field, Item, ItemKind, Lowered, Rest, Shape, Symbol, Variant};
use super::tags;
use crate::error::{Refusal, unsupported};
use crate::imports::IN_SCHEMA_MODULES;
use crate::names::Scope;

/// How deep types may nest without a name in between.
const MAX_DEPTH: usize = 64;

/// Lowers a whole schema; the payload's type is called `root`.
pub(super) fn lower(schema: &Schema, root: &str) -> Result<Lowered, Refusal> {
    let mut scope = Scope::types();
    for name in IN_SCHEMA_MODULES {
        scope.reserve(name);
    }
    scope.reserve(root);
    let mut lowering = Lowering { schema, scope, known: BTreeMap::new(), items: Vec::new(), root: Some(root.to_owned()) };
    let shape = lowering.shape(schema.root, root, None, 0)?;
    if let Shape::Nullable(inner) = &shape
        && let Shape::Item(index) = **inner
        && let Some(item) = lowering.items.get_mut(index).filter(|item| item.name == root)
    {
        // The payload's name goes to the type that may be null.
        item.name = lowering.scope.claim(&format!("{root}_value"), "Type");
    }
    let mut lowered = Lowered { items: lowering.items, root: shape };
    put_boxes(&mut lowered);
    Ok(lowered)
}

/// The subschema behind `$ref`s; `None` when they go round in a circle.
pub(super) fn behind_references(schema: &Schema, id: SchemaId) -> Option<&Sub> {
    resolve(schema, id).map(|id| schema.get(id))
}

fn resolve(schema: &Schema, mut id: SchemaId) -> Option<SchemaId> {
    for _ in 0..MAX_DEPTH {
        match schema.get(id).reference {
            Some(next) => id = next,
            None => return Some(id),
        }
    }
    None
}

/// What makes an item: the subschema, and the tag that was taken out of it.
type Key = (SchemaId, Option<String>);

struct Lowering<'a> {
    schema: &'a Schema,
    scope: Scope,
    known: BTreeMap<Key, usize>,
    items: Vec<Item>,
    /// The name of the payload's type, until the first item takes it.
    root: Option<String>,
}

impl<'a> Lowering<'a> {
    /// The shape of a subschema; `path` names the type that may stand there, `tag` is a property to leave out.
    fn shape(&mut self, id: SchemaId, path: &str, tag: Option<&str>, depth: usize) -> Result<Shape, Refusal> {
        let start = self.schema.get(id);
        let Some(id) = resolve(self.schema, id) else {
            return Err(refuse(start.span, "the references here go round in a circle"));
        };
        let sub = self.schema.get(id);
        if depth > MAX_DEPTH {
            return Err(refuse(sub.span, &format!("types nest more than {MAX_DEPTH} deep here")));
        }
        if let Some(index) = self.known.get(&(id, tag.map(str::to_owned))) {
            return Ok(Shape::Item(*index));
        }
        // Where a dynamic reference leads depends on who refers to it; and what stands beside a reference joins two types.
        if is_joined(self.schema, start) {
            return Ok(Shape::Any);
        }
        match sub.boolean {
            Some(true) => return Ok(Shape::Any),
            Some(false) => return Err(refuse(sub.span, "the schema `false` has no value that could be sent")),
            None => {}
        }
        if let Some(values) = &sub.enumeration {
            return Ok(self.enumeration(id, sub, values, path));
        }
        if let Some(constant) = &sub.constant {
            return match &constant.value {
                Value::String(text) => Ok(self.symbols(id, sub, std::slice::from_ref(text), path)),
                Value::Null => Ok(Shape::Null),
                _ => Ok(Shape::Any),
            };
        }
        let branches = if sub.one_of.is_empty() { &sub.any_of } else { &sub.one_of };
        if !branches.is_empty() {
            return self.union(id, sub, branches, path, depth);
        }
        if !sub.all_of.is_empty() || is_object(sub) {
            return self.object_or_null(id, sub, path, tag, depth);
        }
        self.by_types(sub, path, depth)
    }

    fn by_types(&mut self, sub: &'a Sub, path: &str, depth: usize) -> Result<Shape, Refusal> {
        let nullable = sub.types.contains(&JsonType::Null);
        let types: Vec<JsonType> = sub.types.iter().copied().filter(|t| *t != JsonType::Null).collect();
        let shape = match types.as_slice() {
            [] if nullable => return Ok(Shape::Null),
            [JsonType::Boolean] => Shape::Boolean,
            [JsonType::Integer] => Shape::Integer(sub.node.get("minimum").and_then(Node::as_f64).is_some_and(|m| m >= 0.0)),
            [JsonType::Number] | [JsonType::Integer, JsonType::Number] | [JsonType::Number, JsonType::Integer] => Shape::Number,
            [JsonType::String] => Shape::String,
            [JsonType::Array] => self.array(sub, path, depth)?,
            [JsonType::Object] => self.map(sub, path, depth)?,
            _ => return Ok(Shape::Any),
        };
        Ok(if nullable { Shape::Nullable(Box::new(shape)) } else { shape })
    }

    fn array(&mut self, sub: &'a Sub, path: &str, depth: usize) -> Result<Shape, Refusal> {
        let item = match &sub.items {
            Some(items) if items.prefix.is_empty() => match items.rest {
                Some(rest) => self.shape(rest, &format!("{path}_item"), None, depth + 1)?,
                None => Shape::Any,
            },
            _ => Shape::Any,
        };
        Ok(Shape::Array(Box::new(item)))
    }

    /// An object that names no property.
    fn map(&mut self, sub: &'a Sub, path: &str, depth: usize) -> Result<Shape, Refusal> {
        let value = match sub.additional_properties {
            Some(additional) if sub.pattern_properties.is_empty() && self.schema.get(additional.schema).boolean.is_none() => {
                self.shape(additional.schema, &format!("{path}_value"), None, depth + 1)?
            }
            _ => Shape::Any,
        };
        Ok(Shape::Map(Box::new(value)))
    }

    fn object_or_null(
        &mut self,
        id: SchemaId,
        sub: &'a Sub,
        path: &str,
        tag: Option<&str>,
        depth: usize,
    ) -> Result<Shape, Refusal> {
        if let (true, [only], None) = (sub.properties.is_empty() && sub.types.is_empty(), sub.all_of.as_slice(), tag) {
            return self.shape(*only, path, None, depth + 1);
        }
        let index = self.open(id, tag, sub, path);
        let mut parts = Vec::new();
        collect_parts(self.schema, id, &mut parts, 0)?;
        let mut wire_names = BTreeSet::new();
        let mut scope = Scope::values();
        let mut fields = Vec::new();
        let required: BTreeSet<&str> = parts.iter().flat_map(|p| &p.required).map(|(name, _)| name.as_str()).collect();
        let owner = self.items.get(index).map(|i| i.name.clone()).unwrap_or_default();
        for property in parts.iter().flat_map(|part| &part.properties) {
            if tag == Some(&property.name) {
                continue;
            }
            if !wire_names.insert(property.name.as_str()) {
                return Err(refuse(property.name_span, &format!("`{}` is described twice by `allOf`", property.name)));
            }
            fields.push(self.field(property, &owner, required.contains(property.name.as_str()), &mut scope, depth)?);
        }
        let rest = self.rest(&parts, &owner, &mut scope, depth)?;
        if let Some(item) = self.items.get_mut(index) {
            item.kind = ItemKind::Object { fields, rest };
        }
        let shape = Shape::Item(index);
        Ok(if sub.types.contains(&JsonType::Null) { Shape::Nullable(Box::new(shape)) } else { shape })
    }

    fn field(
        &mut self,
        property: &'a Property,
        owner: &str,
        required: bool,
        scope: &mut Scope,
        depth: usize,
    ) -> Result<Field, Refusal> {
        let shape = self.shape(property.schema, &format!("{owner}_{}", property.name), None, depth + 1)?;
        let own = self.schema.get(property.schema);
        let behind = behind_references(self.schema, property.schema);
        let doc = own.description.clone().or_else(|| behind.and_then(|sub| sub.description.clone())).unwrap_or_default();
        let name = scope.claim(&property.name, "property");
        Ok(Field { wire_name: property.name.clone(), name, doc, shape, required })
    }

    fn rest(&mut self, parts: &[&'a Sub], owner: &str, scope: &mut Scope, depth: usize) -> Result<Rest, Refusal> {
        let patterns = parts.iter().any(|p| !p.pattern_properties.is_empty());
        let forbidden = |p: &&Sub| p.additional_properties.is_some_and(|a| self.schema.get(a.schema).boolean == Some(false));
        if let ([only], false) = (parts, patterns) {
            if forbidden(only) {
                return Ok(Rest::Forbidden);
            }
            if let Some(additional) = only.additional_properties {
                let shape = self.shape(additional.schema, &format!("{owner}_value"), None, depth + 1)?;
                return Ok(Rest::Kept { field: scope.claim("additional_properties", "rest"), shape });
            }
        }
        Ok(Rest::Kept { field: scope.claim("additional_properties", "rest"), shape: Shape::Any })
    }

    fn enumeration(&mut self, id: SchemaId, sub: &'a Sub, values: &[Node], path: &str) -> Shape {
        let nullable = values.iter().any(|v| matches!(v.value, Value::Null));
        let others: Vec<_> = values.iter().filter(|v| !matches!(v.value, Value::Null)).collect();
        let texts: Option<Vec<String>> = others.iter().map(|v| v.as_str().map(str::to_owned)).collect();
        let shape = match texts {
            Some(texts) if !texts.is_empty() => self.symbols(id, sub, &texts, path),
            _ => Shape::Any,
        };
        if nullable && !matches!(shape, Shape::Any) { Shape::Nullable(Box::new(shape)) } else { shape }
    }

    fn symbols(&mut self, id: SchemaId, sub: &'a Sub, texts: &[String], path: &str) -> Shape {
        let index = self.open(id, None, sub, path);
        let mut scope = Scope::variants();
        let mut seen = BTreeSet::new();
        let distinct = texts.iter().filter(|text| seen.insert(text.as_str()));
        let symbols = distinct.map(|text| Symbol { wire_name: text.clone(), variant: scope.claim(text, "Value") }).collect();
        if let Some(item) = self.items.get_mut(index) {
            item.kind = ItemKind::Enum(symbols);
        }
        Shape::Item(index)
    }

    fn union(&mut self, id: SchemaId, sub: &'a Sub, branches: &[SchemaId], path: &str, depth: usize) -> Result<Shape, Refusal> {
        if !sub.properties.is_empty() || !sub.all_of.is_empty() || (!sub.one_of.is_empty() && !sub.any_of.is_empty()) {
            return Err(refuse(sub.span, "`oneOf` or `anyOf` beside `properties`, `allOf` or each other"));
        }
        let is_null = |id: &&SchemaId| {
            behind_references(self.schema, **id).is_some_and(|s| s.types == [JsonType::Null] && s.enumeration.is_none())
        };
        let (nulls, others): (Vec<&SchemaId>, Vec<&SchemaId>) = branches.iter().partition(is_null);
        let others: Vec<SchemaId> = others.into_iter().copied().collect();
        let shape = match others.as_slice() {
            [] => return Ok(Shape::Null),
            [only] => self.shape(*only, path, None, depth + 1)?,
            many if all_validate_only(self.schema, many) => self.by_types(sub, path, depth)?,
            many => self.variants(id, sub, many, path, depth)?,
        };
        Ok(if nulls.is_empty() { shape } else { Shape::Nullable(Box::new(shape)) })
    }

    fn variants(
        &mut self,
        id: SchemaId,
        sub: &'a Sub,
        branches: &[SchemaId],
        path: &str,
        depth: usize,
    ) -> Result<Shape, Refusal> {
        let index = self.open(id, None, sub, path);
        let owner = self.items.get(index).map(|i| i.name.clone()).unwrap_or_default();
        let tag = tags::find(self.schema, branches, sub.discriminator.as_deref());
        let mut scope = Scope::variants();
        let mut variants = Vec::new();
        for (number, branch) in branches.iter().enumerate() {
            let wire_name = tag.as_ref().and_then(|(_, values)| values.get(number).cloned());
            let title = behind_references(self.schema, *branch).and_then(|s| s.title.clone());
            let label = title.or_else(|| wire_name.clone()).unwrap_or_else(|| branch_label(self.schema, *branch));
            let tag_name = tag.as_ref().map(|(name, _)| name.as_str());
            let shape = self.shape(*branch, &format!("{owner}_{label}"), tag_name, depth + 1)?;
            variants.push(Variant { name: scope.claim(&label, "Variant"), wire_name, shape });
        }
        if let Some(item) = self.items.get_mut(index) {
            item.kind = ItemKind::Union { tag: tag.map(|(name, _)| name), variants };
        }
        Ok(Shape::Item(index))
    }

    /// Takes an item in before it is filled, so that it can refer to itself.
    fn open(&mut self, id: SchemaId, tag: Option<&str>, sub: &Sub, path: &str) -> usize {
        let name = match self.root.take() {
            Some(root) if id == resolve(self.schema, self.schema.root).unwrap_or(id) => root,
            other => {
                self.root = other;
                self.scope.claim(sub.title.as_deref().unwrap_or(path), "Type")
            }
        };
        let index = self.items.len();
        self.items.push(Item { name, doc: sub.description.clone().unwrap_or_default(), kind: ItemKind::Open });
        self.known.insert((id, tag.map(str::to_owned)), index);
        index
    }
}

fn refuse(span: Span, what: &str) -> Refusal {
    unsupported(
        span,
        format!("{what}: not supported yet"),
        "write it with `properties`, `oneOf` with a `const` tag, or as a free object",
    )
}

/// The type is made of several: of a reference and what stands beside it, which is possible from 2019-09 on, or of what a
/// dynamic reference leads to.
fn is_joined(schema: &Schema, start: &Sub) -> bool {
    let mut sub = start;
    for _ in 0..MAX_DEPTH {
        let says = !sub.properties.is_empty() || !sub.types.is_empty() || sub.items.is_some() || sub.in_place().count() > 1;
        let values = sub.enumeration.is_some() || sub.constant.is_some();
        let beside = sub.reference.is_some() && !schema.dialect.reference_stands_alone() && (says || values);
        if beside || sub.dynamic_reference.is_some() {
            return true;
        }
        match sub.reference {
            Some(next) => sub = schema.get(next),
            None => return false,
        }
    }
    false
}

/// An object with properties of its own.
fn is_object(sub: &Sub) -> bool {
    let may_be = sub.types.iter().all(|t| matches!(t, JsonType::Object | JsonType::Null));
    !sub.properties.is_empty() && may_be
}

/// The branches only narrow (`required`, `pattern`, …): they make no type.
fn all_validate_only(schema: &Schema, branches: &[SchemaId]) -> bool {
    branches.iter().all(|id| {
        let sub = schema.get(*id);
        let plain = sub.boolean.is_none() && sub.reference.is_none() && sub.types.is_empty() && sub.properties.is_empty();
        plain
            && sub.enumeration.is_none()
            && sub.constant.is_none()
            && sub.one_of.is_empty()
            && sub.any_of.is_empty()
            && sub.all_of.is_empty()
    })
}

/// The subschemas that describe one object: itself and what `allOf` adds.
fn collect_parts<'s>(schema: &'s Schema, id: SchemaId, parts: &mut Vec<&'s Sub>, depth: usize) -> Result<(), Refusal> {
    let start = schema.get(id);
    let Some(sub) = behind_references(schema, id).filter(|_| depth <= MAX_DEPTH) else {
        return Err(refuse(start.span, "`allOf` refers to itself here"));
    };
    let only_narrows = !is_joined(schema, start)
        && sub.one_of.is_empty()
        && sub.any_of.is_empty()
        && sub.enumeration.is_none()
        && sub.constant.is_none();
    let object = sub.types.is_empty() || sub.types.contains(&JsonType::Object);
    if !only_narrows || !object || sub.boolean == Some(false) {
        return Err(refuse(sub.span, "`allOf` with something that is not a plain object"));
    }
    parts.push(sub);
    sub.all_of.iter().try_for_each(|id| collect_parts(schema, *id, parts, depth + 1))
}

fn branch_label(schema: &Schema, id: SchemaId) -> String {
    let Some(sub) = behind_references(schema, id) else { return "Variant".to_owned() };
    let of_reference = schema.get(id).reference.and_then(|_| sub.pointer.rsplit('/').next().map(str::to_owned));
    let of_type = || match sub.types.as_slice() {
        [JsonType::Boolean] => "Boolean",
        [JsonType::Integer] => "Integer",
        [JsonType::Number] => "Number",
        [JsonType::String] => "String",
        [JsonType::Array] => "Array",
        [JsonType::Object] => "Object",
        _ => "Variant",
    };
    of_reference.filter(|name| !name.is_empty()).unwrap_or_else(|| of_type().to_owned())
}

/// Boxes the items that would hold themselves.
fn put_boxes(lowered: &mut Lowered) {
    fn held(shape: &Shape, into: &mut Vec<usize>) {
        match shape {
            Shape::Item(index) => into.push(*index),
            Shape::Nullable(inner) => held(inner, into),
            _ => {}
        }
    }
    fn shapes(kind: &mut ItemKind) -> Vec<&mut Shape> {
        match kind {
            ItemKind::Object { fields, .. } => fields.iter_mut().map(|f| &mut f.shape).collect(),
            ItemKind::Union { variants, .. } => variants.iter_mut().map(|v| &mut v.shape).collect(),
            ItemKind::Enum(_) | ItemKind::Open => Vec::new(),
        }
    }
    fn put(shape: &mut Shape, closes: &dyn Fn(usize) -> bool) {
        match shape {
            Shape::Item(index) if closes(*index) => *shape = Shape::Boxed(Box::new(Shape::Item(*index))),
            Shape::Nullable(inner) => put(inner, closes),
            _ => {}
        }
    }
    let edges: Vec<Vec<usize>> = lowered
        .items
        .iter_mut()
        .map(|item| {
            let mut into = Vec::new();
            for shape in shapes(&mut item.kind) {
                held(shape, &mut into);
            }
            into
        })
        .collect();
    for (number, item) in lowered.items.iter_mut().enumerate() {
        let closes = |target: usize| {
            let (mut seen, mut open) = (BTreeSet::new(), vec![target]);
            while let Some(next) = open.pop() {
                if seen.insert(next) {
                    open.extend(edges.get(next).into_iter().flatten());
                }
            }
            seen.contains(&number)
        };
        for shape in shapes(&mut item.kind) {
            put(shape, &closes);
        }
    }
}
