//! Whether a part of a schema accepts a value, in three answers: what is not understood gives `None`.
//!
//! It chooses what to try, and helps to prove. The judge of every witness is the validator of the `jsonschema` crate.

use std::cell::RefCell;
use std::collections::HashMap;

use eventpact_contract::formats::json_schema::{Dependency, Dialect, Items, JsonType, Schema, SchemaId, Sub};
use eventpact_contract::yaml::Node;
use serde_json::{Map, Number, Value};

use super::language::Languages;

/// References are followed this deep.
const MAX_DEPTH: usize = 64;
/// With more properties and patterns than this, it is kept which of them are about a name.
const MANY: usize = 16;

/// Which schemas of an object are about a name, and whether these are all.
type About = (Vec<SchemaId>, bool);

/// What was found for the names of one schema: messages have the same names over and over.
#[derive(Default)]
pub(super) struct Names(RefCell<HashMap<*const Sub, Known>>);

/// What is known of the names of one schema.
struct Known {
    declared: HashMap<String, Vec<SchemaId>>,
    found: HashMap<String, About>,
}

impl Known {
    fn of(sub: &Sub) -> Self {
        let mut declared: HashMap<String, Vec<SchemaId>> = HashMap::new();
        for property in &sub.properties {
            declared.entry(property.name.clone()).or_default().push(property.schema);
        }
        Self { declared, found: HashMap::new() }
    }
}

/// Accepted, refused, or not known.
pub(super) type Truth = Option<bool>;

/// All of them hold.
pub(super) fn all(truths: impl IntoIterator<Item = Truth>) -> Truth {
    let mut known = true;
    for truth in truths {
        match truth {
            Some(false) => return Some(false),
            None => known = false,
            Some(true) => {}
        }
    }
    known.then_some(true)
}

/// One of them holds.
pub(super) fn any(truths: impl IntoIterator<Item = Truth>) -> Truth {
    not(all(truths.into_iter().map(not)))
}

fn not(truth: Truth) -> Truth {
    truth.map(|t| !t)
}

/// Above this, numbers are not told apart any more.
pub(super) const EXACT: f64 = 9e15;

/// A schema with the regular expressions that it needs.
#[derive(Clone, Copy)]
pub(super) struct Evaluator<'s> {
    pub(super) schema: &'s Schema,
    pub(super) languages: &'s Languages,
    pub(super) names: &'s Names,
}

impl<'s> Evaluator<'s> {
    /// The subschema accepts the value.
    pub(super) fn accepts(self, id: SchemaId, value: &Value) -> Truth {
        self.at(id, value, 0)
    }

    fn at(self, id: SchemaId, value: &Value, depth: usize) -> Truth {
        let sub = self.schema.get(id);
        if depth > MAX_DEPTH || !self.languages.may_evaluate(1) {
            return None;
        }
        if let Some(truth) = sub.boolean {
            return Some(truth);
        }
        let is = |id: SchemaId| self.at(id, value, depth + 1);
        let target = sub.reference.map_or(Some(true), is);
        if target == Some(false) || (sub.reference.is_some() && self.schema.dialect.reference_stands_alone()) {
            return target;
        }
        let conditional = sub.conditional.map_or(Some(true), |c| match is(c.test) {
            Some(true) => c.then.map_or(Some(true), is),
            Some(false) => c.otherwise.map_or(Some(true), is),
            None => None,
        });
        let inside = || match value {
            Value::Array(items) => self.array(sub, items, depth),
            Value::Object(object) => self.object(sub, object, value, depth),
            _ => Some(true),
        };
        let lazy: [&dyn Fn() -> Truth; 6] = [
            &|| self.plain(sub, value),
            &inside,
            &|| all(sub.all_of.iter().map(|id| is(*id))),
            &|| if sub.any_of.is_empty() { Some(true) } else { any(sub.any_of.iter().map(|id| is(*id))) },
            &|| exactly_one(&sub.one_of, is),
            &|| sub.not.map_or(Some(true), |id| not(is(id))),
        ];
        // What is not looked at: where it leads, or what is evaluated by others.
        let beyond = sub.dynamic_reference.is_some()
            || (sub.unevaluated_properties.is_some() && value.is_object())
            || (sub.unevaluated_items.is_some() && value.is_array());
        let known = if beyond { None } else { Some(true) };
        all([target, conditional, known].into_iter().chain(lazy.into_iter().map(|f| f())))
    }

    /// The keywords that look at the value alone.
    fn plain(self, sub: &Sub, value: &Value) -> Truth {
        // Up to draft-04, numbers with a point are no integers.
        let whole = |ty: JsonType| ty != JsonType::Integer || self.schema.dialect >= Dialect::Draft06 || !value.is_f64();
        if !sub.types.is_empty() && !sub.types.iter().any(|t| has_type(value, *t) && whole(*t)) {
            return Some(false);
        }
        let equal = |node: &Node| same(&node.to_json(), value);
        if !self.languages.may_evaluate(sub.enumeration.as_ref().map_or(0, Vec::len)) {
            return None;
        }
        let listed = sub.enumeration.as_ref().is_none_or(|all| all.iter().any(equal));
        if !listed || sub.constant.as_ref().is_some_and(|c| !equal(c)) {
            return Some(false);
        }
        match value {
            Value::Number(number) => number_fits(sub, number.as_f64().unwrap_or(0.0)),
            Value::String(text) => {
                let fits = within(sub, "minLength", "maxLength", text.chars().count());
                let pattern = sub.node.get("pattern").and_then(Node::as_str);
                let matched = pattern.map_or(Some(true), |p| self.languages.matches(p, text));
                // Asserted in two drafts.
                let coded = sub.node.get("contentEncoding").is_some() || sub.node.get("contentMediaType").is_some();
                let known = if coded && self.schema.dialect < Dialect::Draft201909 { None } else { Some(true) };
                all([Some(fits), matched, known])
            }
            Value::Array(items) => Some(within(sub, "minItems", "maxItems", items.len())),
            Value::Object(object) => Some(within(sub, "minProperties", "maxProperties", object.len())),
            Value::Null | Value::Bool(_) => Some(true),
        }
    }

    fn array(self, sub: &Sub, items: &[Value], depth: usize) -> Truth {
        let unique = sub.node.get("uniqueItems").and_then(Node::as_bool) == Some(true);
        if unique && items.iter().enumerate().any(|(n, a)| items.iter().skip(n + 1).any(|b| same(a, b))) {
            return Some(false);
        }
        let is = |id: SchemaId, value: &Value| self.at(id, value, depth + 1);
        let fits = |(n, item): (usize, &Value)| item_schema(sub.items.as_ref(), n).map_or(Some(true), |id| is(id, item));
        let each = all(items.iter().enumerate().map(fits));
        let contains = sub.contains.map_or(Some(true), |id| {
            let held: Vec<Truth> = items.iter().map(|i| is(id, i)).collect();
            counted(sub, self.schema.dialect, &held)
        });
        all([each, contains])
    }

    fn object(self, sub: &'s Sub, object: &Map<String, Value>, whole: &Value, depth: usize) -> Truth {
        if sub.required.iter().any(|(name, _)| !object.contains_key(name)) {
            return Some(false);
        }
        let is = |id: SchemaId, value: &Value| self.at(id, value, depth + 1);
        let held = |(name, needs): &(String, Dependency)| match needs {
            _ if !object.contains_key(name) => Some(true),
            Dependency::Required(names) => Some(names.iter().all(|n| object.contains_key(n))),
            Dependency::Schema(id) => is(*id, whole),
        };
        let dependencies = match all(sub.dependencies.iter().map(held)) {
            Some(false) if !dependencies_hold(self.schema, sub) => None,
            truth => truth,
        };
        let property = |(name, value): (&String, &Value)| {
            let named = sub.property_names.map_or(Some(true), |id| is(id, &Value::String(name.clone())));
            let (schemas, known) = self.property_schemas(sub, name);
            let known = if known { Some(true) } else { None };
            all([named, known].into_iter().chain(schemas.into_iter().map(|id| is(id, value))))
        };
        let declares = !sub.properties.is_empty() || !sub.pattern_properties.is_empty();
        if !declares && sub.property_names.is_none() && sub.additional_properties.is_none() {
            return dependencies;
        }
        all(std::iter::once(dependencies).chain(object.iter().map(property)))
    }

    /// The schemas of the property with a name, and whether these are all.
    pub(super) fn property_schemas(self, sub: &'s Sub, name: &str) -> About {
        let key = std::ptr::from_ref(sub);
        if sub.properties.len() + sub.pattern_properties.len() <= MANY {
            return self.about(sub, name, sub.properties.iter().filter(|p| p.name == name).map(|p| p.schema).collect());
        }
        let mut names = self.names.0.borrow_mut();
        let known = names.entry(key).or_insert_with(|| Known::of(sub));
        if let Some(kept) = known.found.get(name) {
            return kept.clone();
        }
        let found = self.about(sub, name, known.declared.get(name).cloned().unwrap_or_default());
        known.found.insert(name.to_owned(), found.clone());
        found
    }

    /// `found`: the schemas of the properties of this name.
    fn about(self, sub: &Sub, name: &str, mut found: Vec<SchemaId>) -> About {
        let mut known = true;
        for (pattern, id) in &sub.pattern_properties {
            match self.languages.matches(pattern, name) {
                Some(true) => found.push(*id),
                Some(false) => {}
                None => known = false,
            }
        }
        if found.is_empty() && known {
            found.extend(sub.additional_properties.map(|a| a.schema));
        }
        (found, known)
    }
}

/// What stands in `dependentRequired` and `dependentSchemas` counts since 2019-09; nothing is sure of older drafts.
pub(super) fn dependencies_hold(schema: &Schema, sub: &Sub) -> bool {
    schema.dialect >= Dialect::Draft201909 || !sub.subschema_keys.iter().any(|(key, _)| key.starts_with("dependent"))
}

fn exactly_one(ids: &[SchemaId], is: impl Fn(SchemaId) -> Truth) -> Truth {
    if ids.is_empty() {
        return Some(true);
    }
    let truths: Vec<Truth> = ids.iter().map(|id| is(*id)).collect();
    let sure = truths.iter().filter(|t| **t == Some(true)).count();
    let open = truths.iter().filter(|t| t.is_none()).count();
    match (sure, open) {
        (2.., _) | (0, 0) => Some(false),
        (1, 0) => Some(true),
        _ => None,
    }
}

/// So many items are of the kind that `contains` wants.
fn counted(sub: &Sub, dialect: Dialect, held: &[Truth]) -> Truth {
    let (mut least, mut most) = (1.0, f64::INFINITY);
    if dialect >= Dialect::Draft201909 {
        let limit = |key: &str| sub.node.get(key).and_then(Node::as_f64);
        least = limit("minContains").unwrap_or(1.0);
        most = limit("maxContains").unwrap_or(f64::INFINITY);
    }
    #[allow(clippy::cast_precision_loss)] // lists of samples are short
    let count = |wanted: fn(&Truth) -> bool| held.iter().filter(|t| wanted(t)).count() as f64;
    let (sure, possible) = (count(|t| *t == Some(true)), count(|t| *t != Some(false)));
    if possible < least || sure > most {
        Some(false)
    } else if sure >= least && possible <= most {
        Some(true)
    } else {
        None
    }
}

#[allow(clippy::cast_precision_loss)] // lengths of samples are small
fn within(sub: &Sub, least: &str, most: &str, size: usize) -> bool {
    let limit = |key: &str| sub.node.get(key).and_then(Node::as_f64);
    limit(least).is_none_or(|l| size as f64 >= l) && limit(most).is_none_or(|l| size as f64 <= l)
}

fn number_fits(sub: &Sub, n: f64) -> Truth {
    let range = Range::of(sub);
    let inside =
        (n > range.least || (n >= range.least && !range.least_out)) && (n < range.most || (n <= range.most && !range.most_out));
    if !inside {
        return Some(false);
    }
    let whole = |n: f64| n.fract() == 0.0 && n.abs() < EXACT;
    match sub.node.get("multipleOf").and_then(Node::as_f64) {
        _ if n.abs() >= EXACT => None,
        None => Some(true),
        Some(step) if whole(step) && whole(n) => Some((n / step).fract() == 0.0),
        // Decimal fractions are left to the validator, which counts exactly.
        Some(step) if ((n / step) - (n / step).round()).abs() < 1e-6 => None,
        Some(_) => Some(false),
    }
}

/// The numbers between two limits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub(super) least: f64,
    /// The limit itself is out.
    pub(super) least_out: bool,
    pub(super) most: f64,
    pub(super) most_out: bool,
}

impl Range {
    /// What the limits of a schema say; up to draft-04 `exclusiveMinimum` is a boolean.
    pub(super) fn of(sub: &Sub) -> Self {
        let limit = |key: &str| sub.node.get(key).and_then(Node::as_f64);
        let flag = |key: &str| sub.node.get(key).and_then(Node::as_bool) == Some(true);
        let mut range = Self {
            least: limit("minimum").unwrap_or(f64::NEG_INFINITY),
            least_out: flag("exclusiveMinimum"),
            most: limit("maximum").unwrap_or(f64::INFINITY),
            most_out: flag("exclusiveMaximum"),
        };
        if let Some(n) = limit("exclusiveMinimum").filter(|n| *n >= range.least) {
            (range.least, range.least_out) = (n, true);
        }
        if let Some(n) = limit("exclusiveMaximum").filter(|n| *n <= range.most) {
            (range.most, range.most_out) = (n, true);
        }
        range
    }
}

pub(super) fn has_type(value: &Value, ty: JsonType) -> bool {
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

/// A whole number written with a point, 1.0 for 1; `None` for all else.
pub(super) fn with_point(value: &Value) -> Option<Value> {
    let number = value.as_f64().filter(|n| !value.is_f64() && n.abs() < EXACT)?;
    Number::from_f64(number).map(Value::Number)
}

/// A whole number written without a point, 1 for 1.0; `None` for all else.
#[allow(clippy::cast_possible_truncation)] // whole, and far below the edge of 64 bits
pub(super) fn without_point(value: &Value) -> Option<Value> {
    let number = value.as_f64().filter(|n| value.is_f64() && n.fract() == 0.0 && n.abs() < EXACT)?;
    Some(Value::from(number as i64))
}

/// Equal as JSON Schema sees it: 1 and 1.0 are one number.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) if a.is_f64() || b.is_f64() => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        _ => a == b,
    }
}

/// The schema of the item at an index.
pub(super) fn item_schema(items: Option<&Items>, index: usize) -> Option<SchemaId> {
    items.and_then(|items| items.prefix.get(index).copied().or(items.rest.filter(|_| index >= items.prefix.len())))
}

/// The schemas of the property with a name: its own and those of patterns, else the one of all others.
pub(super) fn property_schemas(sub: &Sub, name: &str) -> Vec<SchemaId> {
    let languages = Languages::default();
    let mut found: Vec<SchemaId> = sub.properties.iter().filter(|p| p.name == name).map(|p| p.schema).collect();
    let patterns = sub.pattern_properties.iter().filter(|(pattern, _)| languages.matches(pattern, name) == Some(true));
    found.extend(patterns.map(|(_, id)| *id));
    if found.is_empty() {
        found.extend(sub.additional_properties.map(|a| a.schema));
    }
    found
}
