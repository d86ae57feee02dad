//! The profile `confluent`: the incompatible differences that Confluent's schema registry sees, under its strict policy.
//!
//! A structural comparison with the names of its difference types; compatible differences are not kept. The writer's schema
//! is what the registry calls the original, the reader's the update.

mod combined;
mod content;
mod shape;

use std::collections::HashSet;

use eventpact_contract::formats::json_schema::{Schema, SchemaId, Sub};
use eventpact_contract::yaml::Node;

use crate::pair::Pair;
use crate::report::{PeerWording, Report};

use super::locate;
use super::rules::RULES;
use super::walk::{Break, finding};
use shape::{Kind, Shape};

/// Schemas are compared this deep.
const MAX_DEPTH: usize = 64;

/// The two schemas of a difference: the reader's, the writer's.
type Sides = (SchemaId, SchemaId);

/// One difference.
#[derive(Debug, Clone)]
struct Difference {
    kind: &'static str,
    path: String,
    sides: Sides,
}

/// Compares one reader with one writer.
pub(super) fn compare(pair: Pair<'_, Schema>) -> Report {
    let mut diff = Diff { pair, found: Vec::new(), open: HashSet::new(), path: Vec::new() };
    diff.compare(Some(pair.writer.root), Some(pair.reader.root));
    let mut report = Report::new();
    // Confluent's registry does not follow them, and neither does this comparison.
    let dynamic = |schema: &Schema| schema.subs.iter().any(|s| s.dynamic_reference.is_some());
    if dynamic(pair.reader) || dynamic(pair.writer) {
        report.unknown = Some("a schema has `$dynamicRef` or `$recursiveRef`, which are not compared".to_owned());
    }
    for difference in diff.found {
        let (reader, writer) = (pair.reader.get(difference.sides.0), pair.writer.get(difference.sides.1));
        let rule = RULES.iter().find(|r| r.check.differences.contains(&difference.kind)).copied().unwrap_or(RULES[0]);
        let keyword = difference.path.rsplit('/').next().unwrap_or_default().to_owned();
        let keyword = if difference.kind.starts_with("TYPE_") { "type".to_owned() } else { keyword };
        let places = (locate::place(reader, &keyword), locate::place(writer, &keyword));
        // The sentences of the registry belong to the registry.
        let location = difference.path.clone();
        let peer = PeerWording { kind: difference.kind.to_owned(), location, detail: String::new() };
        let at = difference.path.trim_start_matches('#').replace("/properties/", "/");
        let found = Break { keyword, at, reader: places.0, writer: places.1 };
        report.findings.push(finding(rule, found, difference.path, None, Some(peer)));
    }
    report
}

/// A comparison under way.
struct Diff<'a> {
    pair: Pair<'a, Schema>,
    found: Vec<Difference>,
    /// Pairs (writer, reader) that are being compared: a schema that contains itself is taken for compatible meanwhile.
    open: HashSet<(SchemaId, SchemaId)>,
    path: Vec<String>,
}

impl Diff<'_> {
    fn add(&mut self, kind: &'static str, sides: Sides) {
        self.found.push(Difference { kind, path: format!("#/{}", self.path.join("/")), sides });
    }

    fn inside(&mut self, parts: &[&str], run: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.extend(parts.iter().map(|p| (*p).to_owned()));
        run(self);
        self.path.truncate(length);
    }

    /// Compares the writer's schema with the reader's; `None` where there is none.
    fn compare(&mut self, o: Option<SchemaId>, u: Option<SchemaId>) {
        match (o, u) {
            (Some(o), Some(u)) => {
                if self.open.len() < MAX_DEPTH && self.open.insert((o, u)) {
                    let (before, now) = (shape::shape(self.pair.writer, o), shape::shape(self.pair.reader, u));
                    self.shapes(&before, &now);
                    self.open.remove(&(o, u));
                }
            }
            (None, Some(u)) => self.add("SCHEMA_ADDED", (u, self.pair.writer.root)),
            (_, None) => {}
        }
    }

    /// The second schema takes all that the first one does.
    fn compatible(&self, o: SchemaId, u: SchemaId) -> bool {
        self.compatible_in(|d| d.compare(Some(o), Some(u)))
    }

    fn compatible_shapes(&self, o: &Shape, u: &Shape) -> bool {
        self.compatible_in(|d| d.shapes(o, u))
    }

    fn compatible_in(&self, run: impl FnOnce(&mut Self)) -> bool {
        let mut inner = Diff { pair: self.pair, found: Vec::new(), open: self.open.clone(), path: Vec::new() };
        run(&mut inner);
        inner.found.is_empty()
    }

    fn shapes(&mut self, o: &Shape, u: &Shape) {
        let sides = (u.id, o.id);
        match (&o.kind, &u.kind) {
            (Kind::Combined(..), Kind::Combined(..)) => combined::both(self, o, u),
            (_, Kind::Combined(criterion, branches)) => combined::wrapped(self, o, u, *criterion, branches),
            (Kind::Combined(criterion, branches), _) => combined::unwrapped(self, o, u, *criterion, branches),
            (Kind::False, _) | (_, Kind::Empty) => {}
            (Kind::Number(whole), Kind::Number(now)) => {
                if *now && !whole {
                    self.add("TYPE_NARROWED", sides);
                }
                self.limits(o, u, &NUMBER);
                self.multiple_of(o, u);
            }
            (a, b) if std::mem::discriminant(a) != std::mem::discriminant(b) => self.add("TYPE_CHANGED", sides),
            (kind, _) => self.same_kind(&kind.clone(), o, u),
        }
    }

    fn same_kind(&mut self, kind: &Kind, o: &Shape, u: &Shape) {
        let sides = (u.id, o.id);
        let (old, new) = (self.pair.writer.get(o.id), self.pair.reader.get(u.id));
        match kind {
            Kind::String => {
                self.limits(o, u, &STRING);
                self.pattern(old, new, sides);
            }
            Kind::Array => {
                self.limits(o, u, &ARRAY);
                let unique = |s: &Sub| s.node.get("uniqueItems").and_then(Node::as_bool) == Some(true);
                if unique(new) && !unique(old) {
                    self.inside(&["uniqueItems"], |d| d.add("UNIQUE_ITEMS_ADDED", sides));
                }
                content::array(self, sides, old, new);
            }
            Kind::Object => {
                self.limits(o, u, &OBJECT);
                content::object(self, sides, old, new);
            }
            Kind::Enum => self.enumeration(old, new, sides),
            Kind::Const => {
                let value = |s: &Sub| s.constant.as_ref().map(|n| n.to_json().to_string());
                if value(old) != value(new) {
                    self.inside(&["const"], |d| d.add("ENUM_ARRAY_CHANGED", sides));
                }
            }
            Kind::Not => {
                let (Some(a), Some(b)) = (old.not, new.not) else { return };
                // What is forbidden grew: the reader forbids something that the writer does not.
                let (now, before) = (text_of(self.pair.reader, b), text_of(self.pair.writer, a));
                if now != before && self.compatible(a, b) {
                    self.inside(&["not"], |d| d.add("NOT_TYPE_EXTENDED", sides));
                }
            }
            _ => {}
        }
    }

    fn limits(&mut self, o: &Shape, u: &Shape, limits: &[Limit]) {
        let (old, new) = (self.pair.writer.get(o.id), self.pair.reader.get(u.id));
        for limit in limits {
            let value = |s: &Sub| s.node.get(limit.keyword).and_then(Node::as_f64);
            let kind = match (value(old), value(new)) {
                (None, Some(_)) => limit.added,
                (Some(a), Some(b)) if if limit.upper { b < a } else { b > a } => limit.tightened,
                _ => continue,
            };
            self.inside(&[limit.keyword], |d| d.add(kind, (u.id, o.id)));
        }
    }

    fn multiple_of(&mut self, o: &Shape, u: &Shape) {
        let value = |s: &Sub| s.node.get("multipleOf").and_then(Node::as_f64);
        let whole = |a: f64, b: f64| ((a / b) - (a / b).round()).abs() < 1e-9;
        let (old, new) = (value(self.pair.writer.get(o.id)), value(self.pair.reader.get(u.id)));
        let kind = match (old, new) {
            (None, Some(_)) => "MULTIPLE_OF_ADDED",
            (Some(a), Some(b)) if whole(a, b) => return,
            (Some(a), Some(b)) if whole(b, a) => "MULTIPLE_OF_EXPANDED",
            (Some(_), Some(_)) => "MULTIPLE_OF_CHANGED",
            (_, None) => return,
        };
        self.inside(&["multipleOf"], |d| d.add(kind, (u.id, o.id)));
    }

    fn pattern(&mut self, old: &Sub, new: &Sub, sides: Sides) {
        let text = |s: &Sub| s.node.get("pattern").and_then(Node::as_str).map(str::to_owned);
        let kind = match (text(old), text(new)) {
            (None, Some(_)) => "PATTERN_ADDED",
            (Some(a), Some(b)) if a != b => "PATTERN_CHANGED",
            _ => return,
        };
        self.inside(&["pattern"], |d| d.add(kind, sides));
    }

    /// Values are compared as written: 1 and 1.0 are two.
    fn enumeration(&mut self, old: &Sub, new: &Sub, sides: Sides) {
        let values = |s: &Sub| -> Vec<String> { s.enumeration.iter().flatten().map(|n| n.to_json().to_string()).collect() };
        let (old, new) = (values(old), values(new));
        if old.iter().all(|v| new.contains(v)) {
            return;
        }
        let narrowed = new.iter().all(|v| old.contains(v));
        let kind = if narrowed { "ENUM_ARRAY_NARROWED" } else { "ENUM_ARRAY_CHANGED" };
        self.inside(&["enum"], |d| d.add(kind, sides));
    }
}

/// A schema as text, for comparing.
fn text_of(schema: &Schema, id: SchemaId) -> String {
    let pointer = &schema.get(id).pointer;
    let found = schema.document.pointer(pointer).map(|n| n.to_json().to_string());
    found.unwrap_or_else(|| format!("{id:?}"))
}

/// A limit that can be added and tightened.
struct Limit {
    keyword: &'static str,
    upper: bool,
    added: &'static str,
    tightened: &'static str,
}

const fn limit(keyword: &'static str, upper: bool, added: &'static str, tightened: &'static str) -> Limit {
    Limit { keyword, upper, added, tightened }
}

const STRING: [Limit; 2] = [
    limit("maxLength", true, "MAX_LENGTH_ADDED", "MAX_LENGTH_DECREASED"),
    limit("minLength", false, "MIN_LENGTH_ADDED", "MIN_LENGTH_INCREASED"),
];
const NUMBER: [Limit; 4] = [
    limit("maximum", true, "MAXIMUM_ADDED", "MAXIMUM_DECREASED"),
    limit("minimum", false, "MINIMUM_ADDED", "MINIMUM_INCREASED"),
    limit("exclusiveMaximum", true, "EXCLUSIVE_MAXIMUM_ADDED", "EXCLUSIVE_MAXIMUM_DECREASED"),
    limit("exclusiveMinimum", false, "EXCLUSIVE_MINIMUM_ADDED", "EXCLUSIVE_MINIMUM_INCREASED"),
];
const ARRAY: [Limit; 2] = [
    limit("maxItems", true, "MAX_ITEMS_ADDED", "MAX_ITEMS_DECREASED"),
    limit("minItems", false, "MIN_ITEMS_ADDED", "MIN_ITEMS_INCREASED"),
];
const OBJECT: [Limit; 2] = [
    limit("maxProperties", true, "MAX_PROPERTIES_ADDED", "MAX_PROPERTIES_DECREASED"),
    limit("minProperties", false, "MIN_PROPERTIES_ADDED", "MIN_PROPERTIES_INCREASED"),
];
