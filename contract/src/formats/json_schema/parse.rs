//! A span tree becomes a JSON Schema: an arena of subschemas in which references are followed.
//!
//! Keywords that are not understood, or that the draft does not have, stay in the node.
//! Does not live here: which draft has which keyword (`dialect`), what plain keywords look like (`keywords`), where references
//! lead (`reference`).

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use crate::diagnostic::{Diagnostic, Severity, has_errors};
use crate::source::Span;
use crate::yaml::{Entry, Mapping, Node, Value, escape_token};

use super::dialect::{Dialect, Holds};
use super::reference::{Documents, Target};
use super::tree::{Additional, Conditional, Dependency, Items, Property, Schema, SchemaId, Sub};
use super::{document, keywords};

/// Subschemas may be nested this deep.
const MAX_DEPTH: usize = 64;

/// Gives the document of the file part of a `$ref`, or `None` when there is none.
///
/// The empty path asks for the document around the schema (the AsyncAPI document that it stands in), if there is one.
pub type ResolveFn<'a> = dyn FnMut(&str) -> Option<Node> + 'a;

/// Reads a schema.
///
/// `resolve` gets the file part of a `$ref`, relative to the schema also when the reference stands in another file. `None`
/// comes back when there is an error; diagnostics say where.
///
/// ```
/// use eventpact_contract::{formats::json_schema, source::Sources, yaml};
/// let mut sources = Sources::new();
/// let file = sources.add("a.json", r#"{"type": "object", "required": ["id"]}"#);
/// let node = yaml::parse(&sources, file).0.expect("JSON");
/// let (schema, problems) = json_schema::parse(&node, &mut |_| None);
/// assert!(problems.is_empty());
/// assert_eq!(schema.expect("a schema").root().required[0].0, "id");
/// ```
pub fn parse(node: &Node, resolve: &mut ResolveFn<'_>) -> (Option<Schema>, Vec<Diagnostic>) {
    parse_as(node.clone(), Dialect::Draft07, resolve)
}

/// Reads a schema that is of this dialect unless its `$schema` names another.
pub fn parse_as(node: Node, dialect: Dialect, resolve: &mut ResolveFn<'_>) -> (Option<Schema>, Vec<Diagnostic>) {
    read(node, dialect, resolve, false)
}

/// As [`parse_as`], and also where nothing but [`BOOLEAN`] is wrong: up to draft-04 the specification has no boolean schemas, but
/// validators take them in most places, and registries hold such schemas. The error is told all the same.
pub fn parse_with_booleans(node: Node, dialect: Dialect, resolve: &mut ResolveFn<'_>) -> (Option<Schema>, Vec<Diagnostic>) {
    let (schema, mut found) = read(node.clone(), dialect, resolve, false);
    let mut errors = found.iter().filter(|d| d.severity == Severity::Error).peekable();
    if errors.peek().is_none() || errors.any(|d| d.id != BOOLEAN) {
        return (schema, found);
    }
    let (schema, again) = read(node, dialect, resolve, true);
    if schema.is_none() {
        found = again;
    }
    (schema, found)
}

/// The id of a boolean where a draft has no boolean schema, but validators take one.
pub(crate) const BOOLEAN: &str = "json-schema/boolean-schema";

fn read(node: Node, dialect: Dialect, resolve: &mut ResolveFn<'_>, booleans: bool) -> (Option<Schema>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let dialect = Dialect::of(&node, dialect, &mut diagnostics);
    let node = Rc::new(node);
    let mut parser = Parser {
        documents: Documents::new(Rc::clone(&node), dialect),
        resolve,
        dialect,
        booleans,
        slots: Vec::new(),
        ids: HashMap::default(),
        waiting: VecDeque::new(),
        links: HashMap::new(),
        diagnostics,
    };
    let root = parser.slot(Target { document: 0, pointer: String::new() });
    while let Some((id, target)) = parser.waiting.pop_front() {
        if !parser.is_read(id)
            && let Some(document) = parser.documents.root(target.document)
            && let Some(node) = parser.documents.at(&document, &target.pointer)
        {
            parser.sub(target.document, &mut target.pointer.clone(), node, 0);
        }
    }
    if has_errors(&parser.diagnostics) {
        return (None, parser.diagnostics);
    }
    let document = document::self_contained(node, parser.documents, &parser.links, dialect);
    // One is near a kilobyte and a document has thousands: no room for more of them.
    let mut subs = Vec::with_capacity(parser.slots.len());
    for sub in parser.slots {
        let Some(sub) = sub else { return (None, parser.diagnostics) };
        subs.push(sub);
    }
    (Some(Schema { subs, root, dialect, document }), parser.diagnostics)
}

/// Where the `$ref` of a document that stands at a place leads.
pub(super) type Links = HashMap<(usize, Span), Target>;

struct Parser<'r, 'f> {
    documents: Documents,
    resolve: &'r mut ResolveFn<'f>,
    dialect: Dialect,
    /// Boolean schemas are taken where validators take them.
    booleans: bool,
    /// The subschemas; empty while one is only known by reference.
    slots: Vec<Option<Sub>>,
    /// Hashed quickly: strangers cannot know pointers that have one hash.
    ids: HashMap<Target, SchemaId, foldhash::fast::RandomState>,
    /// Targets that were not read yet.
    waiting: VecDeque<(SchemaId, Target)>,
    links: Links,
    diagnostics: Vec<Diagnostic>,
}

impl Parser<'_, '_> {
    fn error(&mut self, id: &str, span: Span, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error(id, span, message));
    }

    /// The number of the schema at a target; it is read later when it was not yet.
    fn slot(&mut self, target: Target) -> SchemaId {
        if let Some(id) = self.ids.get(&target) {
            return *id;
        }
        let id = self.number(target.clone());
        self.waiting.push_back((id, target));
        id
    }

    /// A new number.
    fn number(&mut self, target: Target) -> SchemaId {
        let id = SchemaId(u32::try_from(self.slots.len()).unwrap_or(u32::MAX));
        self.slots.push(None);
        self.ids.insert(target, id);
        id
    }

    fn is_read(&self, id: SchemaId) -> bool {
        self.slots.get(id.0 as usize).is_some_and(Option::is_some)
    }

    /// Reads the schema at a place, once.
    fn sub(&mut self, document: usize, pointer: &mut String, node: &Node, depth: usize) -> SchemaId {
        let target = Target { document, pointer: pointer.clone() };
        let id = match self.ids.get(&target) {
            Some(id) => *id,
            None => self.number(target),
        };
        if self.is_read(id) {
            return id;
        }
        if depth > MAX_DEPTH {
            self.error("json-schema/too-deep", node.span, format!("schemas are nested more than {MAX_DEPTH} deep"));
        }
        let mut sub = empty(node, pointer);
        match &node.value {
            _ if depth > MAX_DEPTH => {}
            Value::Bool(truth) => sub.boolean = Some(*truth),
            Value::Mapping(map) => {
                keywords::read(map, self.dialect, &mut sub, &mut self.diagnostics);
                let dropped = map.entries.iter().filter(|e| self.dialect.holds(&e.key).is_some());
                sub.subschema_keys = dropped.map(|e| (e.key.clone(), e.key_span)).collect();
                sub.node = shallow(node.span, map, self.dialect);
                self.subschemas(document, pointer, map, &mut sub, depth + 1);
            }
            _ => {
                let message = format!("a schema is an object, true or false, not {}", node.kind());
                self.error("json-schema/not-a-schema", node.span, message);
            }
        }
        if let Some(slot) = self.slots.get_mut(id.0 as usize) {
            *slot = Some(sub);
        }
        id
    }

    /// A subschema of a keyword, under a key: the keyword itself, or a name or a number below it.
    fn child(
        &mut self,
        document: usize,
        pointer: &mut String,
        (keyword, key): (&str, &str),
        node: &Node,
        depth: usize,
    ) -> SchemaId {
        let may_be_boolean = self.dialect >= Dialect::Draft06 || matches!(keyword, "additionalProperties" | "additionalItems");
        if let (false, Some(truth)) = (may_be_boolean, node.as_bool()) {
            let message = format!("a schema of {} is an object, not a boolean", self.dialect.as_str());
            let instead = if truth { "{}" } else { "{\"not\": {}}" };
            let help = format!("write {instead}, or name draft-06 or later in `$schema`");
            // Not even those who take them elsewhere take them in `items` and `dependencies`.
            let taken = !matches!(keyword, "items" | "dependencies");
            if !(taken && self.booleans) {
                let id = if taken { BOOLEAN } else { "json-schema/not-a-schema" };
                self.diagnostics.push(Diagnostic::error(id, node.span, message).with_help(help));
            }
        }
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(&escape_token(key));
        let id = self.sub(document, pointer, node, depth);
        pointer.truncate(length);
        id
    }

    /// The keywords that hold schemas.
    fn subschemas(&mut self, document: usize, pointer: &mut String, map: &Mapping, sub: &mut Sub, depth: usize) {
        for entry in &map.entries {
            let (key, node) = (entry.key.as_str(), &entry.value);
            match (key, self.dialect) {
                ("$ref", _) => sub.reference = self.reference(document, pointer, entry),
                ("$dynamicRef", Dialect::Draft202012) | ("$recursiveRef", Dialect::Draft201909) => {
                    sub.dynamic_reference = self.reference(document, pointer, entry);
                    if document != 0 {
                        let message = format!("a '{key}' in another file is followed as a plain '$ref'");
                        self.diagnostics.push(Diagnostic::warning("json-schema/dynamic-reference", entry.key_span, message));
                    }
                }
                _ => {}
            }
            let Some(holds) = self.dialect.holds(key) else { continue };
            match (key, holds) {
                ("properties", _) => sub.properties = self.properties(document, pointer, entry, depth),
                ("patternProperties", _) => sub.pattern_properties = self.named(document, pointer, entry, depth, true),
                (_, Holds::Named) => sub.definitions.extend(self.named(document, pointer, entry, depth, false)),
                ("oneOf", _) => sub.one_of = self.list(document, pointer, entry, depth),
                ("anyOf", _) => sub.any_of = self.list(document, pointer, entry, depth),
                ("allOf", _) => sub.all_of = self.list(document, pointer, entry, depth),
                (_, Holds::Dependencies) => {
                    let found = self.dependencies(document, pointer, entry, depth);
                    sub.dependencies.extend(found);
                }
                // Those that belong together are read below.
                ("items" | "additionalItems" | "if" | "then" | "else", _) | (_, Holds::List | Holds::OneOrList) => {}
                (_, Holds::One) => {
                    let schema = self.child(document, pointer, (key, key), node, depth);
                    one(sub, key, schema, entry.key_span);
                }
            }
        }
        sub.items = self.items(document, pointer, map, depth);
        if let Some(test) = map.get("if").filter(|_| self.dialect.holds("if").is_some()) {
            let test = self.child(document, pointer, ("if", "if"), test, depth);
            let mut branch = |key: &str| map.get(key).map(|n| self.child(document, pointer, (key, key), n, depth));
            let (then, otherwise) = (branch("then"), branch("else"));
            sub.conditional = Some(Conditional { test, then, otherwise });
        }
    }

    fn reference(&mut self, document: usize, pointer: &str, entry: &Entry) -> Option<SchemaId> {
        let Some(text) = entry.value.as_str() else {
            let message = format!("{} is a string, not {}", entry.key, entry.value.kind());
            self.error("json-schema/ref", entry.value.span, message);
            return None;
        };
        let from = Target { document, pointer: pointer.to_owned() };
        match self.documents.find(&from, &entry.value, self.resolve) {
            Ok(target) => {
                if !self.documents.is_known(target.document) {
                    self.links.insert((document, entry.value.span), target.clone());
                }
                Some(self.slot(target))
            }
            Err(why) => {
                self.error("json-schema/ref", entry.value.span, format!("the reference '{text}' leads nowhere: {why}"));
                None
            }
        }
    }

    fn mapping<'n>(&mut self, entry: &'n Entry) -> &'n [Entry] {
        if let Some(map) = entry.value.as_mapping() {
            return &map.entries;
        }
        let message = format!("'{}' is an object, not {}", entry.key, entry.value.kind());
        self.error("json-schema/keyword", entry.value.span, message);
        &[]
    }

    fn properties(&mut self, document: usize, pointer: &mut String, entry: &Entry, depth: usize) -> Vec<Property> {
        let length = pointer.len();
        pointer.push_str("/properties");
        let entries = self.mapping(entry).iter();
        let read = |e: &Entry| {
            let schema = self.child(document, pointer, ("properties", &e.key), &e.value, depth);
            Property { name: e.key.clone(), name_span: e.key_span, schema }
        };
        let found = entries.map(read).collect();
        pointer.truncate(length);
        found
    }

    fn named(
        &mut self,
        document: usize,
        pointer: &mut String,
        entry: &Entry,
        depth: usize,
        patterns: bool,
    ) -> Vec<(String, SchemaId)> {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(&entry.key);
        let mut found = Vec::new();
        for e in self.mapping(entry) {
            if let Some(problem) = keywords::pattern_problem(&e.key).filter(|_| patterns) {
                self.error("json-schema/pattern", e.key_span, format!("'{}' is not a regular expression: {problem}", e.key));
            }
            found.push((e.key.clone(), self.child(document, pointer, (&entry.key, &e.key), &e.value, depth)));
        }
        pointer.truncate(length);
        found
    }

    fn list(&mut self, document: usize, pointer: &mut String, entry: &Entry, depth: usize) -> Vec<SchemaId> {
        let Some(items) = entry.value.as_sequence().filter(|items| !items.is_empty()) else {
            let message = format!("'{}' is a list of at least one schema", entry.key);
            self.error("json-schema/keyword", entry.value.span, message);
            return Vec::new();
        };
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(&entry.key);
        let read = |(n, node): (usize, &Node)| self.child(document, pointer, (&entry.key, &n.to_string()), node, depth);
        let found = items.iter().enumerate().map(read).collect();
        pointer.truncate(length);
        found
    }

    fn dependencies(&mut self, document: usize, pointer: &mut String, entry: &Entry, depth: usize) -> Vec<(String, Dependency)> {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(&entry.key);
        let mut found = Vec::new();
        for e in self.mapping(entry) {
            let is_list = matches!(e.value.value, Value::Sequence(_)) && entry.key != "dependentSchemas";
            let dependency = if is_list || entry.key == "dependentRequired" {
                let names = keywords::names(&e.key, &e.value, &mut self.diagnostics);
                Dependency::Required(names.into_iter().map(|(name, _)| name).collect())
            } else {
                Dependency::Schema(self.child(document, pointer, (&entry.key, &e.key), &e.value, depth))
            };
            found.push((e.key.clone(), dependency));
        }
        pointer.truncate(length);
        found
    }

    /// `prefixItems` and `items`; up to 2019-09 a list in `items`, and `additionalItems` for the rest.
    fn items(&mut self, document: usize, pointer: &mut String, map: &Mapping, depth: usize) -> Option<Items> {
        let prefix = map.entry("prefixItems").filter(|_| self.dialect.holds("prefixItems").is_some());
        let items = map.entry("items");
        if prefix.is_none() && items.is_none() {
            return None;
        }
        let list = items.filter(|e| matches!(e.value.value, Value::Sequence(_)) && self.dialect < Dialect::Draft202012);
        let (prefix, rest) = match list {
            Some(list) => (Some(list).filter(|e| e.value.as_sequence() != Some(&[])), map.entry("additionalItems")),
            None => (prefix, items),
        };
        let prefix = prefix.map(|entry| self.list(document, pointer, entry, depth)).unwrap_or_default();
        let rest = rest.map(|e| self.child(document, pointer, (&e.key, &e.key), &e.value, depth));
        Some(Items { prefix, rest })
    }
}

/// Puts the schema of a keyword that holds one into its field.
fn one(sub: &mut Sub, keyword: &str, schema: SchemaId, span: Span) {
    match keyword {
        "additionalProperties" => sub.additional_properties = Some(Additional { schema, span }),
        "not" => sub.not = Some(schema),
        "contains" => sub.contains = Some(schema),
        "propertyNames" => sub.property_names = Some(schema),
        "unevaluatedProperties" => sub.unevaluated_properties = Some(schema),
        "unevaluatedItems" => sub.unevaluated_items = Some(schema),
        "contentSchema" => sub.content_schema = Some(schema),
        _ => {}
    }
}

/// A subschema without keywords.
fn empty(node: &Node, pointer: &str) -> Sub {
    Sub {
        span: node.span,
        pointer: pointer.to_owned(),
        boolean: None,
        reference: None,
        dynamic_reference: None,
        title: None,
        description: None,
        types: Vec::new(),
        types_span: None,
        properties: Vec::new(),
        required: Vec::new(),
        additional_properties: None,
        pattern_properties: Vec::new(),
        items: None,
        enumeration: None,
        constant: None,
        one_of: Vec::new(),
        any_of: Vec::new(),
        all_of: Vec::new(),
        not: None,
        conditional: None,
        contains: None,
        unevaluated_properties: None,
        unevaluated_items: None,
        content_schema: None,
        property_names: None,
        dependencies: Vec::new(),
        definitions: Vec::new(),
        format: None,
        default: None,
        examples: Vec::new(),
        discriminator: None,
        deprecated: false,
        subschema_keys: Vec::new(),
        node: Node { span: node.span, value: Value::Mapping(Mapping::default()) },
    }
}

/// The object without the keywords whose subschemas have a field, so that the size of all nodes is that of the document.
fn shallow(span: Span, map: &Mapping, dialect: Dialect) -> Node {
    let entries = map.entries.iter().filter(|e| dialect.holds(&e.key).is_none()).cloned().collect();
    Node { span, value: Value::Mapping(Mapping { entries }) }
}
