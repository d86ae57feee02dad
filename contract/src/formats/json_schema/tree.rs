//! The tree of a JSON Schema: an arena of subschemas, so that a schema can contain itself through `$ref`.

use crate::source::Span;
use crate::yaml::Node;

use super::dialect::Dialect;

/// The number of a subschema in its [`Schema`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SchemaId(pub u32);

/// A whole schema with everything that it refers to.
#[derive(Debug, Clone)]
pub struct Schema {
    /// All subschemas.
    pub subs: Vec<Sub>,
    /// The schema of the payload.
    pub root: SchemaId,
    /// The dialect.
    pub dialect: Dialect,
    /// The document for the validator and for storing: as written, with references to other files inlined under `$defs`. What
    /// only OpenAPI knows (`nullable`) is written as JSON Schema writes it, and a dialect that the text does not name is named.
    pub document: Node,
}

impl Schema {
    /// The subschema of a number of this schema.
    pub fn get(&self, id: SchemaId) -> &Sub {
        &self.subs[id.0 as usize]
    }

    /// The schema of the payload.
    pub fn root(&self) -> &Sub {
        self.get(self.root)
    }
}

/// The types of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum JsonType {
    /// `null`
    Null,
    /// `boolean`
    Boolean,
    /// `integer`
    Integer,
    /// `number`
    Number,
    /// `string`
    String,
    /// `array`
    Array,
    /// `object`
    Object,
}

/// One subschema; keywords that are absent are `None` or empty.
#[derive(Debug, Clone)]
pub struct Sub {
    /// The place.
    pub span: Span,
    /// JSON pointer from the root of its document.
    pub pointer: String,
    /// `true` or `false` instead of an object.
    pub boolean: Option<bool>,
    /// `$ref`, resolved. Up to draft-07 nothing stands beside it ([`Dialect::reference_stands_alone`]).
    pub reference: Option<SchemaId>,
    /// `$dynamicRef` and `$recursiveRef`: the schema that they name unless one that was passed on the way takes its place.
    pub dynamic_reference: Option<SchemaId>,
    /// `title`
    pub title: Option<String>,
    /// `description`
    pub description: Option<String>,
    /// `type`, in the order of the text; empty means any. OpenAPI's `nullable: true` adds null.
    pub types: Vec<JsonType>,
    /// The place of `type`.
    pub types_span: Option<Span>,
    /// `properties` in the order of the text.
    pub properties: Vec<Property>,
    /// `required` with the place of each name.
    pub required: Vec<(String, Span)>,
    /// `additionalProperties`
    pub additional_properties: Option<Additional>,
    /// `patternProperties`
    pub pattern_properties: Vec<(String, SchemaId)>,
    /// `items`, `prefixItems`
    pub items: Option<Items>,
    /// `enum`
    pub enumeration: Option<Vec<Node>>,
    /// `const`
    pub constant: Option<Node>,
    /// `oneOf`
    pub one_of: Vec<SchemaId>,
    /// `anyOf`
    pub any_of: Vec<SchemaId>,
    /// `allOf`
    pub all_of: Vec<SchemaId>,
    /// `not`
    pub not: Option<SchemaId>,
    /// `if`, `then`, `else`
    pub conditional: Option<Conditional>,
    /// `contains`
    pub contains: Option<SchemaId>,
    /// `unevaluatedProperties`
    pub unevaluated_properties: Option<SchemaId>,
    /// `unevaluatedItems`
    pub unevaluated_items: Option<SchemaId>,
    /// `contentSchema`: what is inside of a string.
    pub content_schema: Option<SchemaId>,
    /// `propertyNames`
    pub property_names: Option<SchemaId>,
    /// `dependencies`, `dependentRequired`, `dependentSchemas`
    pub dependencies: Vec<(String, Dependency)>,
    /// `$defs`, `definitions`
    pub definitions: Vec<(String, SchemaId)>,
    /// `format`
    pub format: Option<String>,
    /// `default`
    pub default: Option<Node>,
    /// `examples`
    pub examples: Vec<Node>,
    /// `discriminator` of the AsyncAPI Schema Object.
    pub discriminator: Option<String>,
    /// `deprecated`
    pub deprecated: bool,
    /// The keywords whose subschemas have a field above, with the places of their keys.
    pub subschema_keys: Vec<(String, Span)>,
    /// The object as written, without the keywords whose subschemas have a field above: limits (`minimum`, `maxLength`,
    /// `pattern`, …) and all other keywords are read from it.
    pub node: Node,
}

/// One property of an object.
#[derive(Debug, Clone)]
pub struct Property {
    /// The name.
    pub name: String,
    /// The place of the name.
    pub name_span: Span,
    /// Its schema.
    pub schema: SchemaId,
}

/// `additionalProperties`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Additional {
    /// Its schema (a boolean one for `true` and `false`).
    pub schema: SchemaId,
    /// The place of the key.
    pub span: Span,
}

/// The items of an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Items {
    /// The first items by position (`prefixItems`, or a list in `items` up to draft 2019-09).
    pub prefix: Vec<SchemaId>,
    /// All others.
    pub rest: Option<SchemaId>,
}

/// `if`, `then`, `else`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conditional {
    /// The condition.
    pub test: SchemaId,
    /// What holds when the condition does.
    pub then: Option<SchemaId>,
    /// What holds when it does not.
    pub otherwise: Option<SchemaId>,
}

/// What the presence of a property asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dependency {
    /// Other properties.
    Required(Vec<String>),
    /// A schema for the whole object.
    Schema(SchemaId),
}

impl Sub {
    /// `true`, or an object without a keyword.
    pub fn accepts_all(&self) -> bool {
        let empty = || self.node.as_mapping().is_some_and(|map| map.entries.is_empty()) && self.subschema_keys.is_empty();
        self.boolean.unwrap_or_else(empty)
    }

    /// The schemas that apply to the same value: behind references, in branches and conditions.
    pub fn in_place(&self) -> impl Iterator<Item = SchemaId> + '_ {
        let conditional = self.conditional.iter().flat_map(|c| [Some(c.test), c.then, c.otherwise]).flatten();
        let dependent = self.dependencies.iter().filter_map(|(_, dependency)| match dependency {
            Dependency::Schema(id) => Some(*id),
            Dependency::Required(_) => None,
        });
        let branches = self.all_of.iter().chain(&self.any_of).chain(&self.one_of).chain(&self.not).copied();
        self.reference.into_iter().chain(self.dynamic_reference).chain(branches).chain(conditional).chain(dependent)
    }

    /// The schemas that this one is made of: those for the same value and those for what is in it.
    pub fn children(&self) -> impl Iterator<Item = SchemaId> + '_ {
        let items = self.items.iter().flat_map(|items| items.prefix.iter().copied().chain(items.rest));
        let named = self.properties.iter().map(|p| p.schema).chain(self.pattern_properties.iter().map(|(_, id)| *id));
        let others = [
            self.additional_properties.map(|a| a.schema),
            self.unevaluated_properties,
            self.unevaluated_items,
            self.contains,
            self.property_names,
        ];
        self.in_place().chain(named).chain(items).chain(others.into_iter().flatten())
    }
}

impl JsonType {
    /// The name in `type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::String => "string",
            Self::Array => "array",
            Self::Object => "object",
        }
    }

    /// The type of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Null, Self::Boolean, Self::Integer, Self::Number, Self::String, Self::Array, Self::Object];
        all.into_iter().find(|t| t.as_str() == name)
    }
}
