//! Schemas that say the same on both sides: a value that one accepts is accepted by the other, whatever they say.
//!
//! Schemas that refer to themselves are taken for alike until a difference is found. Between two drafts only keywords count
//! that mean the same in both.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use eventpact_contract::formats::json_schema::{Dependency, Items, Schema, SchemaId, Sub};
use serde_json::Value;

use crate::pair::Pair;

use super::Side;

/// Pairs of schemas that are looked at in one proof.
const MAX_STEPS: usize = 100_000;
/// How deep schemas may lie within one another.
const MAX_DEPTH: usize = 200;

/// Keywords that no validator looks at.
const WORDS: [&str; 14] = [
    "$schema",
    "$id",
    "$anchor",
    "$comment",
    "$ref",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "$defs",
    "definitions",
];
/// Keywords that draft-04 does not have, or has otherwise.
const SINCE_DRAFT_06: [&str; 7] = ["const", "contains", "propertyNames", "then", "else", "exclusiveMinimum", "exclusiveMaximum"];
/// Keywords whose meaning differs between drafts from draft-06 on.
const CHANGED: [&str; 15] = [
    "$recursiveRef",
    "$recursiveAnchor",
    "$dynamicRef",
    "$dynamicAnchor",
    "if",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "minContains",
    "maxContains",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "unevaluatedProperties",
    "unevaluatedItems",
];

/// What was found alike and what was not.
pub(in super::super) struct Likeness<'a> {
    pair: Pair<'a, Schema>,
    unlike: HashSet<(SchemaId, SchemaId)>,
    alike: HashSet<(SchemaId, SchemaId)>,
    open: HashSet<(SchemaId, SchemaId)>,
    plain: HashMap<(Side, SchemaId), Rc<BTreeMap<String, Value>>>,
    steps: usize,
}

impl<'a> Likeness<'a> {
    pub(in super::super) fn new(pair: Pair<'a, Schema>) -> Self {
        let (unlike, alike, open) = (HashSet::new(), HashSet::new(), HashSet::new());
        Self { pair, unlike, alike, open, plain: HashMap::new(), steps: 0 }
    }

    /// A schema of the writer says the same as one of the reader.
    pub(in super::super) fn holds(&mut self, writer: SchemaId, reader: SchemaId) -> bool {
        // A writer of draft-04 has fewer integers than a later reader, which is well; the other way round it is not.
        if super::is_early(self.pair.reader) && self.pair.reader.dialect != self.pair.writer.dialect {
            return false;
        }
        self.open.clear();
        let held = self.both(writer, reader, 0);
        if held {
            // No difference was found in what was taken for alike, so all of it is.
            self.alike.extend(self.open.drain());
        }
        held
    }

    fn both(&mut self, writer: SchemaId, reader: SchemaId, depth: usize) -> bool {
        let key = (writer, reader);
        if self.alike.contains(&key) || self.open.contains(&key) {
            return true;
        }
        self.steps += 1;
        if self.steps > MAX_STEPS || depth > MAX_DEPTH || self.unlike.contains(&key) {
            return false;
        }
        self.open.insert(key);
        let (theirs, ours) = (self.pair.writer.get(writer), self.pair.reader.get(reader));
        let held = self.words(writer, reader) && self.parts(theirs, ours, depth + 1);
        if !held {
            self.unlike.insert(key);
        }
        held
    }

    /// What does not hold schemas is the same.
    fn words(&mut self, writer: SchemaId, reader: SchemaId) -> bool {
        let (theirs, ours) = (self.pair.writer.get(writer), self.pair.reader.get(reader));
        if theirs.boolean != ours.boolean
            || theirs.types.len() != ours.types.len()
            || theirs.required.len() != ours.required.len()
        {
            return false;
        }
        let dynamic = theirs.dynamic_reference.is_some() || ours.dynamic_reference.is_some();
        !dynamic && self.plain(Side::Writer, writer) == self.plain(Side::Reader, reader) && self.same_meaning(theirs, ours)
    }

    fn same_meaning(&self, theirs: &Sub, ours: &Sub) -> bool {
        let (reader, writer) = (self.pair.reader.dialect, self.pair.writer.dialect);
        if reader == writer {
            return true;
        }
        let written = |sub: &Sub, key: &str| sub.node.get(key).is_some() || sub.subschema_keys.iter().any(|(k, _)| k == key);
        let border = super::is_early(self.pair.reader) != super::is_early(self.pair.writer);
        // Where less is accepted inside, more is outside.
        let turned = |sub: &Sub| sub.not.is_some() || !sub.one_of.is_empty();
        let kept = |sub: &Sub| {
            let new = border && (SINCE_DRAFT_06.iter().any(|key| written(sub, key)) || turned(sub));
            !new && !CHANGED.iter().any(|key| written(sub, key))
        };
        let alone = |sub: &Sub| {
            let keys = sub.node.as_mapping().into_iter().flat_map(|m| &m.entries).map(|e| e.key.as_str());
            keys.chain(sub.subschema_keys.iter().map(|(key, _)| key.as_str())).all(|key| WORDS.contains(&key))
        };
        let beside = reader.reference_stands_alone() != writer.reference_stands_alone();
        let referring = theirs.reference.is_some() || ours.reference.is_some();
        kept(theirs) && kept(ours) && !(beside && referring && !(alone(theirs) && alone(ours)))
    }

    /// The keywords that hold no schemas and are more than words.
    fn plain(&mut self, side: Side, id: SchemaId) -> Rc<BTreeMap<String, Value>> {
        let schema = if side == Side::Reader { self.pair.reader } else { self.pair.writer };
        let made = || {
            let entries = schema.get(id).node.as_mapping().into_iter().flat_map(|m| &m.entries);
            let kept = entries.filter(|e| !WORDS.contains(&e.key.as_str()));
            Rc::new(kept.map(|e| (e.key.clone(), e.value.to_json())).collect())
        };
        Rc::clone(self.plain.entry((side, id)).or_insert_with(made))
    }

    /// What holds schemas holds the same ones.
    fn parts(&mut self, theirs: &'a Sub, ours: &'a Sub, depth: usize) -> bool {
        let condition = |sub: &Sub| sub.conditional.map(|c| (c.test, c.then, c.otherwise));
        let (their_if, our_if) = (condition(theirs), condition(ours));
        let single = |sub: &Sub| {
            [
                sub.reference,
                sub.not,
                sub.additional_properties.map(|a| a.schema),
                sub.contains,
                sub.property_names,
                sub.unevaluated_properties,
                sub.unevaluated_items,
            ]
        };
        let mut each = single(theirs).into_iter().zip(single(ours));
        each.all(|(a, b)| self.one(a, b, depth))
            && self.one(their_if.map(|c| c.0), our_if.map(|c| c.0), depth)
            && self.one(their_if.and_then(|c| c.1), our_if.and_then(|c| c.1), depth)
            && self.one(their_if.and_then(|c| c.2), our_if.and_then(|c| c.2), depth)
            && self.list(&theirs.all_of, &ours.all_of, depth)
            && self.list(&theirs.any_of, &ours.any_of, depth)
            && self.list(&theirs.one_of, &ours.one_of, depth)
            && self.items(theirs.items.as_ref(), ours.items.as_ref(), depth)
            && self.named(theirs, ours, depth)
    }

    fn one(&mut self, theirs: Option<SchemaId>, ours: Option<SchemaId>, depth: usize) -> bool {
        match (theirs, ours) {
            (None, None) => true,
            (Some(a), Some(b)) => self.both(a, b, depth),
            _ => false,
        }
    }

    fn list(&mut self, theirs: &[SchemaId], ours: &[SchemaId], depth: usize) -> bool {
        theirs.len() == ours.len() && theirs.iter().zip(ours).all(|(a, b)| self.both(*a, *b, depth))
    }

    fn items(&mut self, theirs: Option<&Items>, ours: Option<&Items>, depth: usize) -> bool {
        match (theirs, ours) {
            (None, None) => true,
            (Some(a), Some(b)) => self.list(&a.prefix, &b.prefix, depth) && self.one(a.rest, b.rest, depth),
            _ => false,
        }
    }

    /// The same names, in any order, with the same schemas.
    fn named(&mut self, theirs: &'a Sub, ours: &'a Sub, depth: usize) -> bool {
        let properties = |sub: &'a Sub| sub.properties.iter().map(|p| (p.name.as_str(), p.schema)).collect();
        let patterns = |sub: &'a Sub| sub.pattern_properties.iter().map(|(p, id)| (p.as_str(), *id)).collect();
        let needs = |sub: &'a Sub| -> Vec<(&'a str, Option<&'a [String]>)> {
            let names = |d: &'a Dependency| if let Dependency::Required(names) = d { Some(names.as_slice()) } else { None };
            sub.dependencies.iter().map(|(name, d)| (name.as_str(), names(d))).collect()
        };
        let schemas = |sub: &'a Sub| -> Vec<SchemaId> {
            let schema = |d: &Dependency| if let Dependency::Schema(id) = d { Some(*id) } else { None };
            sub.dependencies.iter().filter_map(|(_, d)| schema(d)).collect()
        };
        self.maps(&properties(theirs), &properties(ours), depth)
            && self.maps(&patterns(theirs), &patterns(ours), depth)
            && needs(theirs) == needs(ours)
            && self.list(&schemas(theirs), &schemas(ours), depth)
    }

    fn maps(&mut self, theirs: &HashMap<&str, SchemaId>, ours: &HashMap<&str, SchemaId>, depth: usize) -> bool {
        theirs.len() == ours.len() && theirs.iter().all(|(name, a)| self.one(Some(*a), ours.get(name).copied(), depth))
    }
}
