//! Which draft a schema is written in, and which keywords mean something there.

use crate::diagnostic::Diagnostic;
use crate::yaml::Node;

/// Which keywords mean what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dialect {
    /// Draft-04: `id`, boolean `exclusiveMinimum`, no boolean schemas.
    Draft04,
    /// The Schema Object of OpenAPI 3.0: draft-04 in most, with `nullable`, `example` and `discriminator`.
    OpenApi30,
    /// Draft-06.
    Draft06,
    /// Draft-07.
    Draft07,
    /// The Schema Object of AsyncAPI: draft-07 with `discriminator`, `externalDocs` and `deprecated`.
    AsyncApi,
    /// Draft 2019-09.
    Draft201909,
    /// Draft 2020-12.
    Draft202012,
}

/// What the value of a keyword holds, where it holds schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// One schema.
    One,
    /// A list of schemas.
    List,
    /// Schemas by name.
    Named,
    /// A schema, or a list of them by position.
    OneOrList,
    /// Schemas or lists of names, by name.
    Dependencies,
}

impl Dialect {
    /// `true` up to draft-07: what stands beside a `$ref` means nothing.
    pub fn reference_stands_alone(self) -> bool {
        self < Self::Draft201909
    }

    /// The address of the meta-schema; `None` for OpenAPI, which has none.
    pub fn meta_schema(self) -> Option<&'static str> {
        match self {
            Self::OpenApi30 => None,
            Self::Draft04 => Some("http://json-schema.org/draft-04/schema#"),
            Self::Draft06 => Some("http://json-schema.org/draft-06/schema#"),
            Self::Draft07 | Self::AsyncApi => Some("http://json-schema.org/draft-07/schema#"),
            Self::Draft201909 => Some("https://json-schema.org/draft/2019-09/schema"),
            Self::Draft202012 => Some("https://json-schema.org/draft/2020-12/schema"),
        }
    }

    /// The name for people: `draft-07`, `2020-12`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft04 => "draft-04",
            Self::OpenApi30 => "OpenAPI 3.0",
            Self::Draft06 => "draft-06",
            Self::Draft07 => "draft-07",
            Self::AsyncApi => "the AsyncAPI dialect",
            Self::Draft201909 => "2019-09",
            Self::Draft202012 => "2020-12",
        }
    }

    /// The keyword that names a schema: `id` in draft-04.
    pub(super) fn identifier(self) -> &'static str {
        if self < Self::Draft06 { "id" } else { "$id" }
    }

    /// What the value of a keyword holds; `None` where the keyword means nothing or holds no schema.
    ///
    /// `$defs`, `dependentRequired` and `dependentSchemas` are read in every draft: many write them without saying which one.
    pub(crate) fn holds(self, keyword: &str) -> Option<Holds> {
        let (since, until, holds) = match keyword {
            "properties" | "patternProperties" | "definitions" | "$defs" => (Self::Draft04, Self::Draft202012, Holds::Named),
            "dependentSchemas" | "dependentRequired" => (Self::Draft04, Self::Draft202012, Holds::Dependencies),
            "dependencies" => (Self::Draft04, Self::AsyncApi, Holds::Dependencies),
            "allOf" | "anyOf" | "oneOf" => (Self::Draft04, Self::Draft202012, Holds::List),
            "not" | "additionalProperties" => (Self::Draft04, Self::Draft202012, Holds::One),
            "contains" | "propertyNames" => (Self::Draft06, Self::Draft202012, Holds::One),
            "if" | "then" | "else" => (Self::Draft07, Self::Draft202012, Holds::One),
            "unevaluatedProperties" | "unevaluatedItems" | "contentSchema" => (Self::Draft201909, Self::Draft202012, Holds::One),
            "prefixItems" => (Self::Draft202012, Self::Draft202012, Holds::List),
            "items" if self == Self::Draft202012 => (Self::Draft202012, Self::Draft202012, Holds::One),
            "items" => (Self::Draft04, Self::Draft201909, Holds::OneOrList),
            "additionalItems" => (Self::Draft04, Self::Draft201909, Holds::One),
            _ => return None,
        };
        (since <= self && self <= until).then_some(holds)
    }

    /// `true` for the keywords whose values are data: nothing in them is a schema or a reference.
    pub(super) fn is_data(keyword: &str) -> bool {
        matches!(keyword, "enum" | "const" | "default" | "examples" | "example")
    }

    /// The dialect of an address in `$schema`.
    fn from_address(address: &str) -> Option<Self> {
        let known = [
            ("2020-12", Self::Draft202012),
            ("2019-09", Self::Draft201909),
            ("draft-07", Self::Draft07),
            ("draft-06", Self::Draft06),
            ("draft-04", Self::Draft04),
            ("json-schema.org/schema", Self::Draft07),
        ];
        known.iter().find(|(part, _)| address.contains(part)).map(|(_, dialect)| *dialect)
    }

    /// `true` for the address of a meta-schema of json-schema.org that is known here.
    pub fn is_meta_schema(address: &str) -> bool {
        address.contains("json-schema.org/") && Self::from_address(address).is_some()
    }

    /// The dialect that `$schema` names, else `otherwise`.
    pub(super) fn of(node: &Node, otherwise: Self, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let Some(schema) = node.get("$schema") else { return otherwise };
        let address = schema.as_str().unwrap_or_default();
        Self::from_address(address).unwrap_or_else(|| {
            let message = format!("the dialect '{address}' is not known; the schema is read as {}", otherwise.as_str());
            diagnostics.push(Diagnostic::warning("json-schema/dialect", schema.span, message));
            otherwise
        })
    }
}
