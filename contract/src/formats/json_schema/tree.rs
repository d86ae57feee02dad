//! The tree of a JSON Schema: an arena of subschemas, so that a schema can contain itself through `$ref`.

use crate::source::Span;
use crate::yaml::Node;

/// The number of a subschema in its [`Schema`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SchemaId(pub u32);

/// Which keywords mean what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Draft-07: also what the AsyncAPI Schema Object builds on.
    Draft07,
    /// Draft 2019-09.
    Draft201909,
    /// Draft 2020-12.
    Draft202012,
}

/// A whole schema with everything that it refers to.
#[derive(Debug, Clone)]
pub struct Schema {
    /// All subschemas.
    pub subs: Vec<Sub>,
    /// The schema of the payload.
    pub root: SchemaId,
    /// The dialect.
    pub dialect: Dialect,
    /// The document as written, for the validator and for storing; references to other files are inlined under `$defs`.
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
    /// `$ref`, resolved.
    pub reference: Option<SchemaId>,
    /// `title`
    pub title: Option<String>,
    /// `description`
    pub description: Option<String>,
    /// `type`, in the order of the text; empty means any.
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
