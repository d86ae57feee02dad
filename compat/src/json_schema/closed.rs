//! The content model `closed-writer`: a writer sends only the properties that its schema names, at every level.
//!
//! A name counts when a part of the schema that holds for the object names it: in `properties`, by a pattern, or by a schema for all
//! others that says something. For a message that is judged exactly; for the proof that a reader accepts everything, the writer's
//! document is closed around all names that any part has, which allows no less than what is sent.

use std::collections::{BTreeSet, HashMap, HashSet};

use eventpact_contract::formats::json_schema::{Dependency, JsonType, Schema, SchemaId, Sub};
use serde_json::{Map, Value, json};

use super::accepts::{self, Evaluator, item_schema};
use super::language::Languages;

/// Schemas for one value, and places for one schema, are looked at up to these numbers.
const MAX_TOGETHER: usize = 200;
const MAX_PLACES: usize = 2_000;
/// A message is looked into this deep.
const MAX_DEPTH: usize = 64;

/// A writer's schema, taken as closed.
pub(super) struct Closed<'s> {
    pub(super) schema: &'s Schema,
    pub(super) languages: &'s Languages,
}

impl Closed<'_> {
    /// Every property in the message is one that the schema names.
    pub(super) fn is_named(&self, message: &Value) -> bool {
        self.named(&[self.schema.root], message, 0)
    }

    fn named(&self, ids: &[SchemaId], value: &Value, depth: usize) -> bool {
        if depth > MAX_DEPTH {
            return false;
        }
        let subs = self.holding(ids, value);
        match value {
            Value::Object(object) if subs.iter().any(|s| is_about_objects(s)) => object.iter().all(|(name, value)| {
                let schemas = self.property(&subs, name);
                !schemas.is_empty() && self.named(&schemas, value, depth + 1)
            }),
            Value::Array(items) => items.iter().enumerate().all(|(n, item)| {
                let schemas: Vec<SchemaId> = subs.iter().filter_map(|s| item_schema(s.items.as_ref(), n)).collect();
                self.named(&schemas, item, depth + 1)
            }),
            _ => true,
        }
    }

    /// The parts that hold for a value.
    fn holding(&self, ids: &[SchemaId], value: &Value) -> Vec<&Sub> {
        let names = accepts::Names::default();
        let evaluator = Evaluator { schema: self.schema, languages: self.languages, names: &names };
        let holds = |id: &SchemaId| evaluator.accepts(*id, value) == Some(true);
        let mut open = ids.to_vec();
        let (mut seen, mut found) = (HashSet::new(), Vec::new());
        while let Some(id) = open.pop() {
            if seen.len() > MAX_TOGETHER || !seen.insert(id) {
                continue;
            }
            let sub = self.schema.get(id);
            open.extend(sub.reference.iter().chain(&sub.dynamic_reference));
            if sub.reference.is_some() && self.schema.dialect.reference_stands_alone() {
                continue;
            }
            found.push(sub);
            open.extend(&sub.all_of);
            open.extend(sub.any_of.iter().chain(&sub.one_of).filter(|id| holds(id)));
            if let Some(c) = sub.conditional {
                if holds(&c.test) {
                    open.extend([c.test].into_iter().chain(c.then));
                } else {
                    open.extend(c.otherwise);
                }
            }
            open.extend(sub.dependencies.iter().filter_map(|(name, needs)| match needs {
                Dependency::Schema(id) if value.get(name).is_some() => Some(*id),
                _ => None,
            }));
        }
        found
    }

    /// What names a property, and describes it.
    fn property(&self, subs: &[&Sub], name: &str) -> Vec<SchemaId> {
        let of = |s: &&Sub| -> Vec<SchemaId> {
            let own = s.properties.iter().filter(|p| p.name == name).map(|p| p.schema);
            let patterns = s.pattern_properties.iter().filter(|(p, _)| self.languages.matches(p, name) == Some(true));
            let found: Vec<SchemaId> = own.chain(patterns.map(|(_, id)| *id)).collect();
            if found.is_empty() { others(self.schema, s).into_iter().collect() } else { found }
        };
        subs.iter().flat_map(of).collect()
    }

    /// The writer's document, closed around all names that any part has; `None` when there are too many places.
    pub(super) fn document(&self) -> Option<Value> {
        let mut document = self.schema.document.to_json();
        for (id, names) in self.names()? {
            let sub = self.schema.get(id);
            let Some(place) = document.pointer_mut(&sub.pointer) else { continue };
            // An object, and nothing else is closed.
            let closing = names.closing(self.schema);
            let Value::Object(map) = place else { continue };
            if map.contains_key("$ref") && self.schema.dialect.reference_stands_alone() {
                let alone = std::mem::take(map);
                map.insert("allOf".to_owned(), json!([alone, closing]));
            } else {
                match map.get_mut("allOf").and_then(Value::as_array_mut) {
                    Some(list) => list.push(closing),
                    None => _ = map.insert("allOf".to_owned(), json!([closing])),
                }
            }
        }
        Some(document)
    }

    /// The schemas by which objects are entered, with the names that may stand there.
    fn names(&self) -> Option<HashMap<SchemaId, Names>> {
        let mut roots: HashSet<SchemaId> = HashSet::from([self.schema.root]);
        let mut names: HashMap<SchemaId, Names> = HashMap::new();
        let mut open: Vec<Vec<SchemaId>> = vec![vec![self.schema.root]];
        let mut seen: HashSet<Vec<SchemaId>> = open.iter().cloned().collect();
        while let Some(place) = open.pop() {
            let together = self.together(&place)?;
            let subs: Vec<&Sub> = together.iter().map(|id| self.schema.get(*id)).collect();
            let mut here = Names::default();
            for sub in &subs {
                here.add(self.schema, sub);
            }
            for id in together {
                names.entry(id).or_default().join(&here);
            }
            for inside in self.inside(&subs, &here) {
                roots.extend(&inside);
                if seen.insert(inside.clone()) {
                    open.push(inside);
                }
            }
            if seen.len() > MAX_PLACES {
                return None;
            }
        }
        names.retain(|id, names| roots.contains(id) && names.closes());
        Some(names)
    }

    /// The places of the properties and items of some schemas.
    fn inside(&self, subs: &[&Sub], here: &Names) -> Vec<Vec<SchemaId>> {
        let mut found: Vec<Vec<SchemaId>> = here.plain.iter().map(|name| self.property(subs, name)).collect();
        found.push(subs.iter().flat_map(|s| s.pattern_properties.iter().map(|(_, id)| *id)).collect());
        found.push(subs.iter().filter_map(|s| others(self.schema, s)).collect());
        let longest = subs.iter().filter_map(|s| s.items.as_ref()).map(|i| i.prefix.len()).max().unwrap_or(0);
        let item = |n: usize| subs.iter().filter_map(|s| item_schema(s.items.as_ref(), n)).collect();
        found.extend((0..=longest).map(item));
        found.retain(|place| !place.is_empty());
        found
    }

    /// The schemas for the same value, whether they hold or not.
    fn together(&self, ids: &[SchemaId]) -> Option<Vec<SchemaId>> {
        let mut open = ids.to_vec();
        let mut found: Vec<SchemaId> = Vec::new();
        while let Some(id) = open.pop() {
            if found.contains(&id) {
                continue;
            }
            if found.len() > MAX_TOGETHER {
                return None;
            }
            found.push(id);
            open.extend(self.schema.get(id).in_place());
        }
        Some(found)
    }
}

/// The schema of all other properties, when it says something.
fn others(schema: &Schema, sub: &Sub) -> Option<SchemaId> {
    let others = [sub.additional_properties.map(|a| a.schema), sub.unevaluated_properties];
    others.into_iter().flatten().find(|id| {
        let rest = schema.get(*id);
        let empty = rest.node.as_mapping().is_some_and(|m| m.entries.is_empty()) && rest.subschema_keys.is_empty();
        rest.boolean.is_none() && !empty
    })
}

fn is_about_objects(sub: &Sub) -> bool {
    let keywords = ["required", "minProperties", "maxProperties"];
    sub.types.contains(&JsonType::Object)
        || !sub.properties.is_empty()
        || !sub.pattern_properties.is_empty()
        || sub.additional_properties.is_some()
        || keywords.iter().any(|k| sub.node.get(k).is_some())
}

/// What may stand in an object.
#[derive(Debug, Clone, Default)]
struct Names {
    plain: BTreeSet<String>,
    patterns: BTreeSet<String>,
    /// A part describes objects.
    objects: bool,
    /// A part names all others.
    open: bool,
}

impl Names {
    fn add(&mut self, schema: &Schema, sub: &Sub) {
        self.plain.extend(sub.properties.iter().map(|p| p.name.clone()));
        self.patterns.extend(sub.pattern_properties.iter().map(|(p, _)| p.clone()));
        self.objects |= is_about_objects(sub);
        self.open |= others(schema, sub).is_some();
    }

    /// What either of two places allows.
    fn join(&mut self, other: &Self) {
        self.plain.extend(other.plain.iter().cloned());
        self.patterns.extend(other.patterns.iter().cloned());
        self.open |= other.open || !other.objects;
        self.objects |= other.objects;
    }

    fn closes(&self) -> bool {
        self.objects && !self.open
    }

    fn closing(&self, schema: &Schema) -> Value {
        let anything = if schema.dialect.draft() == jsonschema::Draft::Draft4 { json!({}) } else { json!(true) };
        let all = |names: &BTreeSet<String>| names.iter().map(|n| (n.clone(), anything.clone())).collect::<Map<_, _>>();
        json!({ "properties": all(&self.plain), "patternProperties": all(&self.patterns), "additionalProperties": false })
    }
}
