//! The objects of AsyncAPI 2.0 to 2.6. `since` tells which minor version a field came with.

use super::document3::{CONTACT, CORRELATION_ID, EXTERNAL_DOCS, LICENSE, MESSAGE_EXAMPLE, SERVER_VARIABLE};
use super::security::SCHEME;
use super::{Also, EXPRESSION, Field, MAP, Object, Others, Special, Type, URI, Version, closed, may, must, object};

pub(super) static ROOT: Object = object(
    "document",
    &[
        must("asyncapi", Type::Text),
        must("info", Type::Object(&INFO)),
        must("channels", CHANNELS),
        may("id", URI),
        may("servers", Type::Map(&Type::Object(&SERVER))).until(Version::V2_2),
        may("servers", SERVERS).since(Version::V2_3),
        may("defaultContentType", Type::Text),
        may("components", Type::Object(&COMPONENTS)),
        may("tags", TAGS),
        may("externalDocs", Type::Object(&EXTERNAL_DOCS)),
    ],
);

static INFO: Object = object(
    "Info Object",
    &[
        must("title", Type::Text),
        must("version", Type::Text),
        may("description", Type::Text),
        may("termsOfService", URI),
        may("contact", Type::Object(&CONTACT)),
        may("license", Type::Object(&LICENSE)),
    ],
);

static TAG: Object = object(
    "Tag Object",
    &[must("name", Type::Text), may("description", Type::Text), may("externalDocs", Type::Object(&EXTERNAL_DOCS))],
);
const TAGS: Type = Type::Set(&Type::Object(&TAG));

static SERVER: Object = object(
    "Server Object",
    &[
        must("url", Type::Text),
        must("protocol", Type::Text),
        may("protocolVersion", Type::Text),
        may("description", Type::Text),
        may("variables", Type::Map(&Type::Object(&SERVER_VARIABLE))).until(Version::V2_4),
        may("variables", VARIABLES).since(Version::V2_5),
        may("security", SECURITY),
        may("bindings", MAP),
        may("tags", TAGS).since(Version::V2_5),
    ],
);
const SERVERS: Type = Type::Map(&Type::OrRef(&Type::Object(&SERVER)));
const VARIABLES: Type = Type::Map(&Type::OrRef(&Type::Object(&SERVER_VARIABLE)));
/// Security Requirement Objects: a scheme's name and the scopes.
const SECURITY: Type = Type::List(&Type::Map(&Type::Set(&Type::Text)));

static CHANNEL: Object = object(
    "Channel Item Object",
    &[
        may("$ref", Type::Text),
        may("description", Type::Text),
        may("servers", Type::Set(&Type::Text)).since(Version::V2_2),
        may("publish", Type::Object(&OPERATION)),
        may("subscribe", Type::Object(&OPERATION)),
        may("parameters", PARAMETERS),
        may("bindings", MAP),
        may("deprecated", Type::Bool),
    ],
);
const CHANNELS: Type = Type::AddressMap(&Type::Object(&CHANNEL));

static PARAMETER: Object =
    object("Parameter Object", &[may("description", Type::Text), may("schema", Type::Schema), may("location", EXPRESSION)]);
const PARAMETERS: Type = Type::Map(&Type::OrRef(&Type::Lax(&PARAMETER)));

/// The fields that an operation and its traits share come first, so that both tables are slices of one.
static OPERATION_FIELDS: &[Field] = &[
    may("operationId", Type::Text),
    may("summary", Type::Text),
    may("description", Type::Text),
    may("security", SECURITY).since(Version::V2_4),
    may("tags", TAGS),
    may("externalDocs", Type::Object(&EXTERNAL_DOCS)),
    may("bindings", MAP),
    may("traits", Type::List(&Type::OrRef(&Type::Object(&OPERATION_TRAIT)))),
    may("message", Type::Message),
];
static OPERATION: Object = object("Operation Object", OPERATION_FIELDS);
static OPERATION_TRAIT: Object = object("Operation Trait Object", OPERATION_FIELDS.split_at(OPERATION_FIELDS.len() - 2).0);

/// The fields that a message and its traits share.
static MESSAGE_FIELDS: &[Field] = &[
    may("messageId", Type::Text).since(Version::V2_4),
    may("headers", Type::ObjectSchema),
    may("correlationId", Type::OrRef(&Type::Object(&CORRELATION_ID))),
    may("schemaFormat", Type::Text),
    may("contentType", Type::Text),
    may("name", Type::Text),
    may("title", Type::Text),
    may("summary", Type::Text),
    may("description", Type::Text),
    may("tags", TAGS),
    may("externalDocs", Type::Object(&EXTERNAL_DOCS)),
    may("deprecated", Type::Bool),
    may("bindings", MAP),
    // The order of the versions in which the examples of traits were checked is an accident of the official schemas.
    may("examples", Type::List(&Type::Object(&MESSAGE_EXAMPLE_2_0))).until(Version::V2_0),
    may("examples", Type::List(&Type::Object(&MESSAGE_EXAMPLE))).since(Version::V2_1),
    may("payload", Type::Any),
    may("traits", Type::List(&Type::OrRef(&Type::Object(&MESSAGE_TRAIT)))),
];

pub(super) static MESSAGE: Object = Object {
    name: "Message Object",
    fields: MESSAGE_FIELDS,
    others: Others::Extensions,
    also: &[Also::Special(Special::PayloadByFormat)],
};

/// The messages that a channel may carry.
pub(super) static ONE_OF: Object = closed("list of messages", &[must("oneOf", Type::List(&Type::Message))]);

static MESSAGE_EXAMPLE_2_0: Object = closed("Message Example Object", &[may("headers", MAP), may("payload", Type::Any)]);

static MESSAGE_TRAIT: Object = object(
    "Message Trait Object",
    &[
        may("messageId", Type::Text).since(Version::V2_4),
        may("headers", Type::ObjectSchema),
        may("correlationId", Type::OrRef(&Type::Object(&CORRELATION_ID))),
        may("schemaFormat", Type::Text),
        may("contentType", Type::Text),
        may("name", Type::Text),
        may("title", Type::Text),
        may("summary", Type::Text),
        may("description", Type::Text),
        may("tags", TAGS),
        may("externalDocs", Type::Object(&EXTERNAL_DOCS)),
        may("deprecated", Type::Bool),
        may("bindings", MAP),
        may("examples", Type::List(&MAP)).until(Version::V2_0),
        may("examples", Type::List(&Type::Object(&MESSAGE_EXAMPLE))).since(Version::V2_1).until(Version::V2_1),
        may("examples", Type::List(&MAP)).since(Version::V2_2).until(Version::V2_5),
        may("examples", Type::List(&Type::Object(&MESSAGE_EXAMPLE))).since(Version::V2_6),
    ],
);

static COMPONENTS: Object = object(
    "Components Object",
    &[
        may("schemas", Type::Map(&Type::Schema)),
        may("messages", Type::Map(&Type::Message)),
        may("servers", SERVERS).since(Version::V2_3),
        may("channels", CHANNELS).since(Version::V2_3),
        may("serverVariables", Type::Map(&Type::Object(&SERVER_VARIABLE))).since(Version::V2_4).until(Version::V2_4),
        may("serverVariables", VARIABLES).since(Version::V2_5),
        may("securitySchemes", Type::NamedMap(&Type::OrRef(&SCHEME))),
        may("parameters", PARAMETERS),
        may("correlationIds", Type::NamedMap(&Type::OrRef(&Type::Object(&CORRELATION_ID)))),
        may("operationTraits", Type::Map(&Type::Object(&OPERATION_TRAIT))),
        may("messageTraits", Type::Map(&Type::Object(&MESSAGE_TRAIT))),
        may("serverBindings", Type::Map(&MAP)),
        may("channelBindings", Type::Map(&MAP)),
        may("operationBindings", Type::Map(&MAP)),
        may("messageBindings", Type::Map(&MAP)),
    ],
);
