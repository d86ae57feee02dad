//! What Confluent's registry holds of a schema: parts of one kind each, keywords of several kinds as an `allOf` of parts.
//!
//! Parts are made when they are met: what a `$ref` leads to is read once for all references to it, apart from what stands at the
//! same place for itself, as the registry's reader does. That decides which pairs count as "under way" in a schema that contains itself.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use eventpact_contract::deadline;
use eventpact_contract::formats::json_schema::{Dialect, Schema, SchemaId, Sub};
use eventpact_contract::yaml::{Node, Places};
use serde_json::Value;

use crate::pair::Pair;

use super::{early, modern};

/// So many parts of two schemas are compared.
const MAX_PARTS: usize = 400_000;

/// The number of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct PartId(u32);

/// Whose schema a part is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Side {
    /// The reader's.
    Reader,
    /// The writer's.
    Writer,
}

/// How the branches of a combined part go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Criterion {
    /// `allOf`
    All,
    /// `anyOf`, and a list of types
    Any,
    /// `oneOf`
    One,
}

impl Criterion {
    /// The keyword.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::All => "allOf",
            Self::Any => "anyOf",
            Self::One => "oneOf",
        }
    }
}

/// One schema, or one kind of its keywords.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// The schema that the keywords are read from.
    pub(super) side: Side,
    /// Its number.
    pub(super) schema: SchemaId,
    /// `$id`
    pub(super) id: Option<String>,
    /// `title`
    pub(super) title: Option<String>,
    /// `description`
    pub(super) description: Option<String>,
    /// `default`
    pub(super) default: Option<Value>,
    /// What the kind does not know.
    pub(super) extra: Extra,
    /// The kind.
    pub(super) body: Body,
}

/// Keywords that the kind of a part does not know.
#[derive(Debug, Clone, Default)]
pub(super) struct Extra {
    /// With their values.
    pub(super) values: BTreeMap<String, Value>,
    /// `unevaluatedProperties`
    pub(super) properties: Option<PartId>,
    /// `unevaluatedItems`
    pub(super) items: Option<PartId>,
}

/// The kinds.
#[derive(Debug, Clone)]
pub(super) enum Body {
    /// No keyword.
    Empty,
    /// `true`
    True,
    /// `false`
    False,
    /// `null`
    Null,
    /// `boolean`
    Boolean,
    /// `string`
    String(Text),
    /// `number` and `integer`
    Number(Number),
    /// `array`
    Array(Array),
    /// `object`
    Object(Box<Object>),
    /// `enum`
    Enum(Vec<Value>),
    /// `const`
    Const(Value),
    /// `not`
    Not(PartId),
    /// Branches; `true` when no keyword says so.
    Combined(Criterion, Vec<PartId>, bool),
    /// `if`, `then`, `else`
    Conditional(Vec<Option<PartId>>),
    /// `$ref`
    Reference(SchemaId),
}

/// The keywords of strings.
#[derive(Debug, Clone, Default)]
pub(super) struct Text {
    pub(super) required: bool,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    pub(super) pattern: Option<String>,
}

/// The keywords of numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Number {
    pub(super) required: bool,
    pub(super) integer: bool,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    pub(super) above: Option<f64>,
    pub(super) below: Option<f64>,
    /// As written.
    pub(super) multiple_of: Option<String>,
}

/// The keywords of lists.
#[derive(Debug, Clone)]
pub(super) struct Array {
    pub(super) required: bool,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    pub(super) unique: bool,
    /// One schema for all items.
    pub(super) all: Option<PartId>,
    /// Schemas by position.
    pub(super) tuple: Vec<PartId>,
    /// `false`: `additionalItems: false`
    pub(super) permits: bool,
    /// The schema of further items.
    pub(super) rest: Option<PartId>,
    pub(super) contains: Option<PartId>,
}

impl Default for Array {
    fn default() -> Self {
        Self {
            required: false,
            min: None,
            max: None,
            unique: false,
            all: None,
            tuple: Vec::new(),
            permits: true,
            rest: None,
            contains: None,
        }
    }
}

impl Array {
    /// Where one schema is for all items, there are no further ones.
    pub(super) fn permits(&self) -> bool {
        self.permits || self.all.is_some() || self.rest.is_some()
    }
}

/// The keywords of objects.
#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) required: bool,
    pub(super) properties: Vec<(String, PartId)>,
    /// The names in `required`.
    pub(super) names: Vec<String>,
    /// `false`: `additionalProperties: false`
    pub(super) permits: bool,
    /// The schema of further properties.
    pub(super) rest: Option<PartId>,
    pub(super) patterns: Vec<(String, PartId)>,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    pub(super) dependent_names: Vec<(String, Vec<String>)>,
    pub(super) dependent_schemas: Vec<(String, PartId)>,
    pub(super) property_names: Option<PartId>,
}

impl Default for Object {
    fn default() -> Self {
        Self {
            required: false,
            properties: Vec::new(),
            names: Vec::new(),
            permits: true,
            rest: None,
            patterns: Vec::new(),
            min: None,
            max: None,
            dependent_names: Vec::new(),
            dependent_schemas: Vec::new(),
            property_names: None,
        }
    }
}

/// The parts of both schemas.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    /// The two schemas.
    pub(super) pair: Pair<'a, Schema>,
    all: Vec<Rc<Part>>,
    /// What references lead to.
    referred: HashMap<(Side, SchemaId), PartId>,
    /// Numbers of contents, for comparing branches as texts.
    contents: HashMap<String, u32>,
    known: HashMap<PartId, u32>,
    places: Places,
}

impl<'a> Parts<'a> {
    /// No part yet.
    pub(super) fn new(pair: Pair<'a, Schema>) -> Self {
        Self {
            pair,
            all: Vec::new(),
            referred: HashMap::new(),
            contents: HashMap::new(),
            known: HashMap::new(),
            places: Places::default(),
        }
    }

    /// The schema of a side.
    pub(super) fn of(&self, side: Side) -> &'a Schema {
        match side {
            Side::Reader => self.pair.reader,
            Side::Writer => self.pair.writer,
        }
    }

    /// A schema as it is written.
    pub(super) fn written(&mut self, side: Side, sub: &Sub) -> Option<&'a Node> {
        let schema = self.of(side);
        self.places.at(&schema.document, &sub.pointer)
    }

    /// There are more parts than can be compared.
    pub(super) fn too_many(&self) -> bool {
        self.all.len() > MAX_PARTS
    }

    /// A part.
    pub(super) fn get(&self, id: PartId) -> &Part {
        &self.all[id.0 as usize]
    }

    /// A part to keep while others are taken in.
    pub(super) fn shared(&self, id: PartId) -> Rc<Part> {
        Rc::clone(&self.all[id.0 as usize])
    }

    /// Takes a part in.
    pub(super) fn push(&mut self, part: Part) -> PartId {
        let id = PartId(u32::try_from(self.all.len()).unwrap_or(u32::MAX));
        self.all.push(Rc::new(part));
        id
    }

    /// Reads a schema with all that stands in it.
    pub(super) fn load(&mut self, side: Side, schema: SchemaId) -> PartId {
        // Then the comparison stops before it uses this.
        if self.too_many() || deadline::is_over() {
            return self.push(Part::new(side, schema, Body::Empty));
        }
        let part = if self.of(side).dialect >= Dialect::Draft201909 {
            modern::part(self, side, schema)
        } else {
            early::part(self, side, schema)
        };
        self.push(part)
    }

    /// What a reference leads to; one step only, as the registry has it. A part that is no reference is itself.
    pub(super) fn follow(&mut self, id: PartId) -> PartId {
        let part = self.get(id);
        let Body::Reference(target) = part.body else { return id };
        let key = (part.side, target);
        if let Some(found) = self.referred.get(&key) {
            return *found;
        }
        let found = self.load(key.0, key.1);
        self.referred.insert(key, found);
        found
    }

    /// A number for what a part says: equal numbers, equal texts.
    pub(super) fn content(&mut self, id: PartId) -> u32 {
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        let mut part = self.get(id).clone();
        // Children by their contents, the place not at all.
        part.schema = SchemaId(0);
        part.side = Side::Reader;
        let mut inside = |child: &mut PartId| *child = PartId(self.content(*child));
        part.extra.properties.iter_mut().chain(&mut part.extra.items).for_each(&mut inside);
        match &mut part.body {
            Body::Array(a) => a.all.iter_mut().chain(&mut a.tuple).chain(&mut a.rest).chain(&mut a.contains).for_each(inside),
            Body::Object(o) => {
                let named = o.properties.iter_mut().chain(&mut o.patterns).chain(&mut o.dependent_schemas).map(|(_, id)| id);
                named.chain(&mut o.rest).chain(&mut o.property_names).for_each(inside);
                o.properties.sort();
            }
            Body::Not(child) => inside(child),
            Body::Combined(_, branches, _) => branches.iter_mut().for_each(inside),
            Body::Conditional(children) => children.iter_mut().flatten().for_each(inside),
            _ => {}
        }
        let next = u32::try_from(self.contents.len()).unwrap_or(u32::MAX);
        let number = *self.contents.entry(format!("{part:?}")).or_insert(next);
        self.known.insert(id, number);
        number
    }
}

impl Part {
    /// A part of a schema.
    pub(super) fn new(side: Side, schema: SchemaId, body: Body) -> Self {
        Self { side, schema, id: None, title: None, description: None, default: None, extra: Extra::default(), body }
    }

    /// Accepts everything, and says so here.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self.body, Body::Empty | Body::True)
    }

    /// Accepts nothing, and says so here.
    pub(super) fn is_false(&self) -> bool {
        matches!(self.body, Body::False)
    }

    /// Both are of one kind.
    pub(super) fn same_kind(&self, other: &Self) -> bool {
        std::mem::discriminant(&self.body) == std::mem::discriminant(&other.body)
    }
}
