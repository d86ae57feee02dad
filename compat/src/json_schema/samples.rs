//! Messages that a writer can send, chosen so that a stricter reader refuses one of them: values at every limit that either
//! side names, each property present, absent and of another type.
//!
//! Deterministic. Not all of what comes out is accepted by the writer: its validator sorts that out.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

use eventpact_contract::deadline;
use eventpact_contract::formats::json_schema::{Dependency, Dialect, Schema, SchemaId, Sub};
use eventpact_contract::yaml::Node;
use serde_json::{Map, Value, json};

use super::accepts::{Evaluator, Names, item_schema, with_point};
use super::implied::alike::Likeness;
use super::language::{Languages, Walked, Wanted};
use super::limits::{numbers, sizes, strings, too_long};
use super::pattern;
use crate::pair::Pair;

/// Values that are kept for one place in a message.
const MAX_VALUES: usize = 60;
/// Places are visited this deep.
const MAX_DEPTH: usize = 16;
/// Places that are visited at all.
const MAX_PLACES: usize = 1500;
/// Objects with several changes at once, in the message itself.
const MAX_MIXED: usize = 300;
/// Properties of one place on which others depend that are looked at.
const MAX_DEPENDENT: usize = 4;
/// Names of one place that are tried.
const MAX_NAMES: usize = 200;
/// Patterns of one place that are looked at.
const MAX_PATTERNS: usize = 8;
/// Whole numbers of one place that are also written with a point.
const MAX_POINTS: usize = 4;
/// Values of one place that are tried twice in a list before all others are tried once.
const MAX_TWICE: usize = 4;
/// Characters of long texts that are made for one comparison.
const MAX_LONG: usize = 1_000_000;
/// Characters of all values that are made for one comparison. In memory a value takes about ten times as much.
const MAX_CHARACTERS: usize = 8_000_000;
/// Properties of all objects that one place starts from.
const MAX_BASED: usize = 100_000;

/// The schemas that may apply at one place of a message.
#[derive(Debug, Clone, Default)]
struct Place {
    writer: Vec<SchemaId>,
    reader: Vec<SchemaId>,
}

/// Messages of the writer that may trouble the reader.
pub(super) fn samples(reader: &Schema, writer: &Schema, languages: &Languages) -> Vec<Value> {
    let likeness = RefCell::new(Likeness::new(Pair::new(reader, writer)));
    let names = <[Names; 2]>::default();
    let sampler = Sampler {
        reader,
        writer,
        places: Cell::new(0),
        long: Cell::new(0),
        made: Cell::new(0),
        languages,
        names: &names,
        likeness,
    };
    sampler.values(&Place { writer: vec![writer.root], reader: vec![reader.root] }, 0)
}

/// A schema and everything that applies at the same place: references, branches, conditions.
fn flatten<'a>(schema: &'a Schema, ids: &[SchemaId]) -> Vec<&'a Sub> {
    let mut seen: HashSet<SchemaId> = HashSet::new();
    let mut open: Vec<SchemaId> = ids.iter().rev().copied().collect();
    let mut found = Vec::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id) || seen.len() > 200 {
            continue;
        }
        let sub = schema.get(id);
        if let Some(target) = sub.reference {
            open.push(target);
            if schema.dialect.reference_stands_alone() {
                continue;
            }
        }
        open.extend(sub.dynamic_reference);
        found.push(sub);
        let conditional = sub.conditional.iter().flat_map(|c| [Some(c.test), c.then, c.otherwise]).flatten();
        let branches = sub.all_of.iter().chain(&sub.any_of).chain(&sub.one_of).copied();
        let dependent = sub.dependencies.iter().filter_map(|(_, needs)| match needs {
            Dependency::Schema(id) => Some(*id),
            Dependency::Required(_) => None,
        });
        let more: Vec<SchemaId> = branches.chain(sub.not).chain(conditional).chain(dependent).collect();
        open.extend(more.into_iter().rev());
    }
    found
}

/// What a schema says about objects and lists besides their properties and items.
const OBJECT: [&str; 3] = ["minProperties", "maxProperties", "required"];
const ARRAY: [&str; 4] = ["minItems", "maxItems", "uniqueItems", "unevaluatedItems"];

/// The schema has one of the keywords, or schemas for what is inside.
fn says(sub: &Sub, keywords: &[&str]) -> bool {
    let inside = if keywords.contains(&"minItems") {
        sub.contains.is_some()
    } else {
        let more = sub.property_names.is_some() || !sub.pattern_properties.is_empty();
        more || sub.additional_properties.is_some() || !sub.dependencies.is_empty()
    };
    inside || keywords.iter().any(|k| sub.node.get(k).is_some())
}

/// The values of one place so far: those that the writer accepts there, each once.
struct Kept<'k, 'a> {
    sampler: &'k Sampler<'a>,
    writer: &'k [SchemaId],
    seen: HashSet<String>,
    values: Vec<Value>,
    limit: usize,
}

impl Kept<'_, '_> {
    fn is_full(&self) -> bool {
        self.values.len() >= self.limit || self.sampler.made.get() >= MAX_CHARACTERS || deadline::is_over_now()
    }

    fn add(&mut self, value: Value) {
        self.extend([value]);
    }

    fn extend(&mut self, values: impl IntoIterator<Item = Value>) {
        let mut values = values.into_iter();
        while let Some(value) = if self.is_full() { None } else { values.next() } {
            self.keep(value);
        }
    }

    fn keep(&mut self, value: Value) {
        let accepted = |value: &Value| self.writer.is_empty() || self.writer.iter().any(|id| self.sampler.accepts(*id, value));
        let text = value.to_string();
        self.sampler.made.set(self.sampler.made.get() + text.len());
        if self.seen.insert(text) && accepted(&value) {
            self.values.push(value);
        }
    }
}

struct Sampler<'a> {
    reader: &'a Schema,
    writer: &'a Schema,
    places: Cell<usize>,
    /// Characters of long texts so far.
    long: Cell<usize>,
    /// Characters of all values so far.
    made: Cell<usize>,
    languages: &'a Languages,
    /// Of the reader and of the writer.
    names: &'a [Names; 2],
    likeness: RefCell<Likeness<'a>>,
}

impl<'a> Sampler<'a> {
    /// Values for a place that the writer accepts there, the plainest first.
    fn values(&self, place: &Place, depth: usize) -> Vec<Value> {
        self.places.set(self.places.get() + 1);
        let writer = flatten(self.writer, &place.writer);
        let reader = flatten(self.reader, &place.reader);
        let all: Vec<&Sub> = writer.iter().chain(&reader).copied().collect();
        let limit = if depth == 0 { MAX_VALUES * 25 } else { MAX_VALUES };
        let mut raw = Kept { sampler: self, writer: &place.writer, seen: HashSet::new(), values: Vec::new(), limit };
        // A plain value, then those that matter: a list or an object around them keeps only the first.
        let mut named = declared(&all).into_iter();
        raw.extend(named.next());
        raw.extend(unknown_to(&reader, &writer));
        raw.extend(named);
        raw.extend(strings(&all));
        raw.extend(self.long_text(&writer, &reader));
        raw.extend(self.between(&writer, &reader));
        let numbers = numbers(&all);
        if (self.reader.dialect < Dialect::Draft06) != (self.writer.dialect < Dialect::Draft06) {
            raw.extend(numbers.iter().filter_map(with_point).take(MAX_POINTS));
        }
        raw.extend(numbers);
        raw.extend([json!(true), json!(false), Value::Null, json!([]), json!({})]);
        let deeper = depth < MAX_DEPTH && self.places.get() < MAX_PLACES && !deadline::is_over_now();
        if deeper && all.iter().any(|s| says(s, &OBJECT) || !s.properties.is_empty()) {
            self.objects((&writer, &reader), depth, &mut raw);
        } else {
            raw.extend([json!({"zz": 1}), json!({"zz": {}})]);
        }
        if deeper && all.iter().any(|s| says(s, &ARRAY) || s.items.is_some()) {
            raw.extend(self.arrays(&writer, &reader, depth));
        } else {
            raw.extend([json!([1]), json!(["a", "a"])]);
        }
        raw.values
    }

    /// Texts that match the writer's patterns, at each length that a side names and outside of each of the reader's patterns.
    fn between(&self, writer: &[&Sub], reader: &[&Sub]) -> Vec<Value> {
        let patterns = |subs: &[&Sub]| -> Vec<String> {
            let found = subs.iter().filter_map(|s| s.node.get("pattern").and_then(Node::as_str).map(str::to_owned));
            found.take(MAX_PATTERNS).collect()
        };
        let (own, other) = (patterns(writer), patterns(reader));
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        let mut sets: Vec<&[&str]> = vec![&own];
        if own.len() > 1 {
            sets.extend(own.chunks(1));
        }
        let sizes = sizes(writer, reader, "minLength", "maxLength");
        let mut out = Vec::new();
        let mut add = |wanted: Wanted<'_>| {
            if let Walked::Found(text) = self.languages.find(wanted) {
                out.push(Value::String(text));
            }
        };
        for all in sets {
            for none in &other {
                add(Wanted { all, none: &[none], ..Wanted::default() });
                for size in sizes.iter().take(MAX_PATTERNS) {
                    add(Wanted { all, none: &[none], least: *size, most: Some(*size) });
                }
            }
            if !all.is_empty() {
                for size in &sizes {
                    add(Wanted { all, none: &[], least: *size, most: Some(*size) });
                }
            }
        }
        // What the reader asks of texts that match a pattern of its own.
        if reader.iter().any(|s| s.conditional.is_some()) {
            for met in &other {
                let all: Vec<&str> = own.iter().copied().chain([met.as_str()]).collect();
                for size in sizes.iter().take(MAX_PATTERNS) {
                    add(Wanted { all: &all, none: &[], least: *size, most: Some(*size) });
                }
            }
        }
        out
    }

    /// A text that only the reader finds too long, as long as not too many are made.
    fn long_text(&self, writer: &[&Sub], reader: &[&Sub]) -> Option<Value> {
        let length = too_long(writer, reader)?;
        self.long.set(self.long.get() + length);
        (self.long.get() <= MAX_LONG).then(|| json!("a".repeat(length)))
    }

    /// The writer may accept the value there.
    fn accepts(&self, id: SchemaId, value: &Value) -> bool {
        self.evaluator(self.writer).accepts(id, value) != Some(false)
    }

    fn evaluator(&self, schema: &'a Schema) -> Evaluator<'a> {
        let [ours, theirs] = self.names;
        let names = if std::ptr::eq(schema, self.writer) { theirs } else { ours };
        Evaluator { schema, languages: self.languages, names }
    }

    /// The place of a property.
    fn property(&self, writer: &[&'a Sub], reader: &[&'a Sub], name: &str) -> Place {
        let of = |schema, subs: &[&'a Sub]| {
            let evaluator = self.evaluator(schema);
            subs.iter().flat_map(|s| evaluator.property_schemas(s, name).0).collect()
        };
        Place { writer: of(self.writer, writer), reader: of(self.reader, reader) }
    }

    /// Names that `propertyNames` of a side is about.
    fn keys(&self, writer: &[&Sub], reader: &[&Sub], depth: usize) -> Vec<String> {
        let of = |subs: &[&Sub]| subs.iter().filter_map(|s| s.property_names).collect::<Vec<SchemaId>>();
        let place = Place { writer: of(writer), reader: of(reader) };
        if place.writer.is_empty() && place.reader.is_empty() {
            return Vec::new();
        }
        let found = self.values(&place, depth + 1).into_iter();
        found.filter_map(|v| v.as_str().map(str::to_owned)).take(MAX_VALUES / 2).collect()
    }

    fn objects(&self, (writer, reader): (&[&'a Sub], &[&'a Sub]), depth: usize, out: &mut Kept<'_, 'a>) {
        let mut names = self.names(writer, reader);
        let keys = self.keys(writer, reader, depth);
        names.extend(keys.iter().cloned());
        let values: Vec<(String, Vec<Value>)> = names
            .into_iter()
            .map(|name| {
                let place = self.property(writer, reader, &name);
                let found = self.values(&place, depth + 1);
                (name, found)
            })
            .collect();
        let bases = self.bases(writer, &values, depth);
        out.extend(bases.iter().cloned().map(Value::Object));
        // Of a name that is tried for itself one value will do; few are kept of what lies within another object.
        for base in bases.iter().take(2) {
            for (name, found) in values.iter().filter(|(name, _)| keys.contains(name)) {
                let mut object = base.clone();
                object.insert(name.clone(), found.first().cloned().unwrap_or_else(|| json!("a")));
                out.add(Value::Object(object));
            }
        }
        for base in bases.iter().take(4 + MAX_DEPENDENT) {
            for (name, found) in &values {
                if out.is_full() {
                    return;
                }
                out.extend(found.iter().map(|value| {
                    let mut object = base.clone();
                    object.insert(name.clone(), value.clone());
                    Value::Object(object)
                }));
                if base.contains_key(name) {
                    let mut object = base.clone();
                    object.shift_remove(name);
                    out.add(Value::Object(object));
                }
            }
            out.extend(sizes(writer, reader, "minProperties", "maxProperties").into_iter().map(|size| {
                let mut object = base.clone();
                let spare = values.iter().filter_map(|(n, v)| v.first().map(|v| (n.clone(), v.clone())));
                for (name, value) in spare.chain((0..size).map(|n| (format!("p{n}"), json!(n)))) {
                    if object.len() >= size {
                        break;
                    }
                    object.entry(name).or_insert(value);
                }
                Value::Object(object)
            }));
        }
        out.extend(mixed(&bases, &values, if depth == 0 { MAX_MIXED } else { MAX_MIXED / 10 }));
    }

    /// The properties that either side knows, and some that neither does. Those come first that one side has alone or that differ:
    /// few values are kept of what lies within others.
    fn names(&self, writer: &[&Sub], reader: &[&Sub]) -> Vec<String> {
        let (theirs, ours) = (names(writer, self.languages), names(reader, self.languages));
        let mut seen = HashSet::new();
        let mut both: Vec<(&String, usize)> = theirs.iter().zip(0..).chain(ours.iter().zip(0..)).collect();
        both.retain(|(name, _)| seen.insert(*name));
        let (theirs, ours) = (by_name(writer), by_name(reader));
        let alike = |name: &str| match (theirs.get(name), ours.get(name)) {
            (Some(a), Some(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.likeness.borrow_mut().holds(*a, *b)),
            _ => false,
        };
        both.sort_by_cached_key(|(name, place)| (alike(name), *place));
        both.truncate(MAX_NAMES);
        let others = ["zz", "a-rather-long-name-of-a-property"].map(str::to_owned);
        let mut names: Vec<String> = both.into_iter().map(|(name, _)| name.clone()).collect();
        names.extend(others.into_iter().filter(|name| !seen.contains(name)).collect::<Vec<_>>());
        names
    }

    /// Objects to start from: what each branch requires, all that is required, everything that is declared.
    fn bases(&self, writer: &[&Sub], values: &[(String, Vec<Value>)], depth: usize) -> Vec<Map<String, Value>> {
        let first = |name: &str| values.iter().find(|(n, _)| n == name).and_then(|(_, v)| v.first()).cloned();
        let mut described: HashMap<&str, Vec<(&Sub, SchemaId)>> = HashMap::new();
        for (sub, property) in writer.iter().flat_map(|s| s.properties.iter().map(move |p| (*s, p))) {
            described.entry(property.name.as_str()).or_default().push((sub, property.schema));
        }
        let pick = |sub: &Sub, name: &str| {
            let all = described.get(name).map_or(&[][..], Vec::as_slice);
            let own: Vec<SchemaId> = all.iter().filter(|(by, _)| std::ptr::eq(*by, sub)).map(|(_, id)| *id).collect();
            // Only branches that describe the same property differently need a value of their own.
            let found = if own.is_empty() || all.len() < 2 || depth + 1 >= MAX_DEPTH {
                None
            } else {
                self.values(&Place { writer: own, reader: Vec::new() }, depth + 1).into_iter().next()
            };
            found.or_else(|| first(name)).unwrap_or_else(|| json!("a"))
        };
        let required =
            |sub: &&Sub| -> Map<String, Value> { sub.required.iter().map(|(n, _)| (n.clone(), pick(sub, n))).collect() };
        let each: Vec<Map<String, Value>> = writer.iter().map(required).collect();
        let mut all = Map::new();
        for one in &each {
            for (name, value) in one {
                all.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        let mut full = all.clone();
        for (name, found) in values.iter().filter(|(n, _)| writer.iter().any(|s| s.properties.iter().any(|p| p.name == *n))) {
            if let Some(value) = found.first() {
                full.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        // A branch together with what its siblings require.
        let joined = writer.iter().zip(&each).filter(|(s, _)| !s.required.is_empty()).map(|(_, own)| {
            let mut object = all.clone();
            object.extend(own.clone());
            object
        });
        // A property on which others depend, with what its presence asks for.
        let dependent = writer.iter().flat_map(|s| &s.dependencies).take(MAX_DEPENDENT).map(|(name, needs)| {
            let mut object = all.clone();
            object.entry(name.clone()).or_insert_with(|| first(name).unwrap_or_else(|| json!("a")));
            let asked: Vec<(&Sub, &String)> = match needs {
                Dependency::Required(names) => writer.iter().take(1).flat_map(|s| names.iter().map(|n| (*s, n))).collect(),
                Dependency::Schema(id) => {
                    let parts = flatten(self.writer, &[*id]).into_iter();
                    parts
                        .flat_map(|s| {
                            s.required.iter().map(|(n, _)| n).chain(s.properties.iter().map(|p| &p.name)).map(move |n| (s, n))
                        })
                        .collect()
                }
            };
            for (sub, name) in asked {
                if !object.contains_key(name) {
                    object.insert(name.clone(), pick(sub, name));
                }
            }
            object
        });
        let mut bases: Vec<Map<String, Value>> = vec![Map::new(), all.clone()];
        bases.extend(dependent);
        bases.extend(joined.take((MAX_BASED / all.len().max(1)).max(2)));
        bases.extend(each.iter().cloned());
        bases.push(full);
        let mut seen = HashSet::new();
        bases.retain(|b| seen.insert(Value::Object(b.clone()).to_string()));
        bases.sort_by_cached_key(|b| {
            let id = writer.first().map(|_| self.writer.root);
            usize::from(depth == 0 && id.is_some_and(|id| !self.accepts(id, &Value::Object(b.clone()))))
        });
        bases
    }

    fn arrays(&self, writer: &[&Sub], reader: &[&Sub], depth: usize) -> Vec<Value> {
        let prefix = writer.iter().chain(reader).filter_map(|s| s.items.as_ref()).map(|i| i.prefix.len()).max().unwrap_or(0);
        let place = |index: usize| {
            let of = |subs: &[&Sub]| -> Vec<SchemaId> {
                let items = subs.iter().filter_map(|s| item_schema(s.items.as_ref(), index));
                items.chain(subs.iter().filter_map(|s| s.contains)).collect()
            };
            Place { writer: of(writer), reader: of(reader) }
        };
        let by_index: Vec<Vec<Value>> = (0..=prefix.min(8)).map(|index| self.values(&place(index), depth + 1)).collect();
        let Some(rest) = by_index.last() else { return Vec::new() };
        let mut out = Vec::new();
        let base: Vec<Value> = by_index.iter().take(prefix).filter_map(|v| v.first().cloned()).collect();
        out.push(Value::Array(base.clone()));
        for size in sizes(writer, reader, "minItems", "maxItems") {
            let same = (0..size).filter_map(|n| by_index.get(n).unwrap_or(rest).first().cloned());
            out.push(Value::Array(same.collect()));
            let distinct = distinct(rest, size.saturating_sub(base.len()));
            out.push(Value::Array(base.iter().take(size).cloned().chain(distinct).collect()));
        }
        for size in sizes(writer, reader, "minContains", "maxContains").into_iter().take(8) {
            for value in rest.iter().take(12) {
                out.push(Value::Array(vec![value.clone(); size]));
            }
        }
        out.extend(self.holding(writer, reader, prefix.min(8), depth));
        let mut late = Vec::new();
        for (index, found) in by_index.iter().enumerate() {
            for (n, value) in found.iter().enumerate() {
                let mut list: Vec<Value> = base.iter().take(index).cloned().collect();
                list.push(value.clone());
                out.push(Value::Array(list.clone()));
                // The same item twice, and behind a plain one: only the first of all these are kept within something else.
                let more = if n < MAX_TWICE { &mut out } else { &mut late };
                let mut twice = list.clone();
                twice.push(value.clone());
                more.push(Value::Array(twice));
                if let Some(first) = found.first() {
                    list.insert(index.min(list.len()), first.clone());
                    more.push(Value::Array(list));
                }
            }
        }
        out.extend(late);
        out
    }

    /// Lists whose items are what their positions ask for, with what `contains` asks for in each place and behind them.
    fn holding(&self, writer: &[&Sub], reader: &[&Sub], prefix: usize, depth: usize) -> Vec<Value> {
        let contained = |subs: &[&Sub]| subs.iter().filter_map(|s| s.contains).collect::<Vec<_>>();
        let wanted = Place { writer: contained(writer), reader: contained(reader) };
        if wanted.writer.is_empty() || self.places.get() >= MAX_PLACES {
            return Vec::new();
        }
        let at = |index: usize| -> Vec<SchemaId> { writer.iter().filter_map(|s| item_schema(s.items.as_ref(), index)).collect() };
        let plain = |index: usize| {
            let place = Place { writer: at(index), reader: Vec::new() };
            self.values(&place, depth + 1).into_iter().next()
        };
        let Some(base) = (0..prefix).map(plain).collect::<Option<Vec<Value>>>() else { return Vec::new() };
        let mut out = vec![Value::Array(base.clone())];
        for value in self.values(&wanted, depth + 1).into_iter().take(12) {
            let mut longer = base.clone();
            longer.push(value.clone());
            out.push(Value::Array(longer));
            for index in 0..base.len() {
                if at(index).iter().all(|id| self.accepts(*id, &value)) {
                    let mut other = base.clone();
                    if let Some(item) = other.get_mut(index) {
                        item.clone_from(&value);
                    }
                    out.push(Value::Array(other));
                }
            }
        }
        out
    }
}

/// Objects with several properties changed at once, by numbers that are the same in every run.
fn mixed<'v>(
    bases: &'v [Map<String, Value>],
    values: &'v [(String, Vec<Value>)],
    count: usize,
) -> impl Iterator<Item = Value> + 'v {
    let mut state: u64 = 1;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or(0) % below.max(1)
    };
    let object = move |base: &Map<String, Value>| {
        let mut object = base.clone();
        for (name, found) in values {
            if let Some(value) = found.get(next(found.len())).filter(|_| next(3) == 0) {
                object.insert(name.clone(), value.clone());
            }
        }
        Value::Object(object)
    };
    bases.iter().cycle().take(if values.len() > 1 { count } else { 0 }).map(object)
}

/// So many different values: those that there are, then numbers or texts counted up.
fn distinct(values: &[Value], count: usize) -> Vec<Value> {
    let counted = |n: usize| if values.first().is_some_and(Value::is_number) { json!(n + 1000) } else { json!(format!("a{n}")) };
    values.iter().cloned().chain((0..count).map(counted)).take(count).collect()
}

/// The values that a schema names itself.
fn declared(subs: &[&Sub]) -> Vec<Value> {
    let named = subs.iter().flat_map(|s| {
        let list = s.enumeration.iter().flatten().chain(&s.examples);
        list.chain(s.constant.iter()).chain(s.default.iter()).map(Node::to_json)
    });
    named.take(MAX_VALUES / 2).collect()
}

/// Values of the writer's lists that stand in none of the reader's, wherever they stand in a long list.
fn unknown_to(reader: &[&Sub], writer: &[&Sub]) -> Vec<Value> {
    let listed = |subs: &[&Sub]| -> Vec<Value> {
        subs.iter().flat_map(|s| s.enumeration.iter().flatten().chain(&s.constant)).map(Node::to_json).collect()
    };
    let known: HashSet<String> = listed(reader).iter().map(Value::to_string).collect();
    listed(writer).into_iter().filter(|value| !known.contains(&value.to_string())).take(MAX_VALUES / 4).collect()
}

/// The schemas of each name.
fn by_name<'s>(subs: &[&'s Sub]) -> HashMap<&'s str, Vec<SchemaId>> {
    let mut found: HashMap<&str, Vec<SchemaId>> = HashMap::new();
    for property in subs.iter().flat_map(|s| &s.properties) {
        found.entry(property.name.as_str()).or_default().push(property.schema);
    }
    found
}

/// The properties that a side knows, and names that its patterns match.
fn names(subs: &[&Sub], languages: &Languages) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for sub in subs {
        names.extend(sub.properties.iter().map(|p| p.name.clone()));
        names.extend(sub.required.iter().map(|(n, _)| n.clone()));
        names.extend(sub.dependencies.iter().map(|(n, _)| n.clone()));
    }
    let declared: HashSet<String> = names.iter().cloned().collect();
    for (place, (one, _)) in subs.iter().flat_map(|s| &s.pattern_properties).enumerate() {
        let examples = pattern::examples(one);
        // A name that is declared besides shows nothing of the pattern alone.
        let longer = examples.iter().filter(|e| declared.contains(*e)).map(|e| e.chars().count() + 1).max();
        if let Some(least) = longer.filter(|_| place < MAX_PATTERNS)
            && let Walked::Found(name) = languages.find(Wanted { all: &[one], least, ..Wanted::default() })
        {
            names.push(name);
        }
        names.extend(examples);
    }
    names
}
