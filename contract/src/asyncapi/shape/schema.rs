//! What stands inside of schemas: the keywords of JSON Schema draft-07, those that AsyncAPI adds, and OpenAPI 3.0 schemas.

use super::document3::{EXTERNAL_DOCS, EXTERNAL_DOCS_OR_REF};
use super::{COUNT, Field, Form, Object, Type, URI, Version, may, must, object, open};

macro_rules! keywords {
    // A schema keyword is either of the dialect or, where AsyncAPI says nothing, plain draft-07.
    ($schema:expr, $($extra:expr),* $(,)?) => {
        &[
            may("$id", Type::Text),
            may("$schema", Type::Text),
            may("$ref", Type::Text),
            may("$comment", Type::Text),
            may("title", Type::Text),
            may("description", Type::Text),
            may("readOnly", Type::Bool),
            may("writeOnly", Type::Bool),
            may("examples", Type::List(&Type::Any)),
            may("multipleOf", Type::Positive),
            may("maximum", Type::Number),
            may("exclusiveMaximum", Type::Number),
            may("minimum", Type::Number),
            may("exclusiveMinimum", Type::Number),
            may("maxLength", COUNT),
            may("minLength", COUNT),
            may("pattern", Type::Text),
            may("maxItems", COUNT),
            may("minItems", COUNT),
            may("uniqueItems", Type::Bool),
            may("maxProperties", COUNT),
            may("minProperties", COUNT),
            may("required", Type::Set(&Type::Text)),
            may("enum", Type::FullSet(&Type::Any)),
            may("type", Type::SimpleTypes),
            may("format", Type::Text),
            may("contentMediaType", Type::Text),
            may("contentEncoding", Type::Text),
            may("additionalItems", Type::Draft07),
            may("definitions", Type::Map(&Type::Draft07)),
            may("dependencies", Type::Map(&Type::Either(&Type::Set(&Type::Text), &Type::Draft07))),
            may("if", Type::Draft07),
            may("then", Type::Draft07),
            may("else", Type::Draft07),
            may("items", Type::OneOrList(&$schema)),
            may("contains", $schema),
            may("additionalProperties", $schema),
            may("properties", Type::Map(&$schema)),
            may("patternProperties", Type::Map(&$schema)),
            may("propertyNames", $schema),
            may("allOf", Type::FullList(&$schema)),
            may("anyOf", Type::FullList(&$schema)),
            may("oneOf", Type::FullList(&$schema)),
            may("not", $schema),
            $($extra),*
        ]
    };
}

/// A Schema Object.
pub(super) static SCHEMA: Object = open(
    "Schema Object",
    keywords!(
        Type::Schema,
        may("discriminator", Type::Text),
        may("externalDocs", Type::Object(&EXTERNAL_DOCS)).until(Version::V2_6),
        may("externalDocs", EXTERNAL_DOCS_OR_REF).since(Version::V3_0),
        may("deprecated", Type::Bool),
    ),
);

/// A Schema Object that can only describe objects.
pub(super) static OBJECT_SCHEMA: Object = open("schema of headers", &[may("type", Type::Enum(&["object"]))]);

/// A JSON Schema of draft-07.
pub(super) static DRAFT_07: Object = open("JSON Schema", keywords!(Type::Draft07,));

/// A schema of OpenAPI 3.0.
pub(super) static OPEN_API: Object = object("OpenAPI Schema Object", OPEN_API_FIELDS);

const SUBSCHEMA: Type = Type::OrRef(&Type::OpenApi);

static OPEN_API_FIELDS: &[Field] = &[
    may("title", Type::Text),
    may("multipleOf", Type::Positive),
    may("maximum", Type::Number),
    may("exclusiveMaximum", Type::Bool),
    may("minimum", Type::Number),
    may("exclusiveMinimum", Type::Bool),
    may("maxLength", COUNT),
    may("minLength", COUNT),
    may("pattern", Type::Form(Form::Regex)),
    may("maxItems", COUNT),
    may("minItems", COUNT),
    may("uniqueItems", Type::Bool),
    may("maxProperties", COUNT),
    may("minProperties", COUNT),
    may("required", Type::FullSet(&Type::Text)),
    may("enum", Type::FullList(&Type::Any)),
    may("type", Type::Enum(&["array", "boolean", "integer", "number", "object", "string"])),
    may("not", SUBSCHEMA),
    may("allOf", Type::List(&SUBSCHEMA)),
    may("oneOf", Type::List(&SUBSCHEMA)),
    may("anyOf", Type::List(&SUBSCHEMA)),
    may("items", SUBSCHEMA),
    may("properties", Type::Map(&SUBSCHEMA)),
    may("additionalProperties", Type::Either(&Type::Bool, &SUBSCHEMA)),
    may("description", Type::Text),
    may("format", Type::Text),
    may("default", Type::Any),
    may("nullable", Type::Bool),
    may("discriminator", Type::Object(&DISCRIMINATOR)),
    may("readOnly", Type::Bool),
    may("writeOnly", Type::Bool),
    may("example", Type::Any),
    may("externalDocs", Type::Object(&OPEN_API_DOCS)),
    may("deprecated", Type::Bool),
    may("xml", Type::Object(&XML)),
];

static DISCRIMINATOR: Object =
    open("Discriminator Object", &[must("propertyName", Type::Text), may("mapping", Type::Map(&Type::Text))]);

static OPEN_API_DOCS: Object =
    object("External Documentation Object", &[must("url", Type::Form(Form::UriReference)), may("description", Type::Text)]);

static XML: Object = object(
    "XML Object",
    &[
        may("name", Type::Text),
        may("namespace", URI),
        may("prefix", Type::Text),
        may("attribute", Type::Bool),
        may("wrapped", Type::Bool),
    ],
);
