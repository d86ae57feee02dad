//! The objects of AsyncAPI 3.0 and 3.1, from the root to the tags.

use super::bindings;
use super::security::SCHEME;
use super::{Also, EXPRESSION, Field, Form, MAP, Object, Others, Special, TEXTS, Type, URI, may, must, object};

pub(super) static ROOT: Object = object(
    "document",
    &[
        must("asyncapi", Type::Text),
        must("info", Type::Object(&INFO)),
        may("id", URI),
        may("servers", Type::Map(&SERVER_OR_REF)),
        may("defaultContentType", Type::Text),
        may("channels", Type::Map(&CHANNEL_OR_REF)),
        may("operations", Type::Map(&OPERATION_OR_REF)),
        may("components", Type::Object(&COMPONENTS)),
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
        may("tags", TAGS),
        may("externalDocs", EXTERNAL_DOCS_OR_REF),
        may("x-linkedin", Type::Form(Form::LinkedIn)),
        may("x-x", Type::Text),
    ],
);

pub(super) static CONTACT: Object =
    object("Contact Object", &[may("name", Type::Text), may("url", URI), may("email", Type::Form(Form::Email))]);

pub(super) static LICENSE: Object = object("License Object", &[must("name", Type::Text), may("url", URI)]);

static TAG: Object =
    object("Tag Object", &[must("name", Type::Text), may("description", Type::Text), may("externalDocs", EXTERNAL_DOCS_OR_REF)]);
static TAG_OR_REF: Type = Type::OrRef(&Type::Object(&TAG));
const TAGS: Type = Type::Set(&TAG_OR_REF);

pub(super) static EXTERNAL_DOCS: Object =
    object("External Documentation Object", &[must("url", URI), may("description", Type::Text)]);
pub(super) const EXTERNAL_DOCS_OR_REF: Type = Type::OrRef(&Type::Object(&EXTERNAL_DOCS));

static SERVER: Object = object(
    "Server Object",
    &[
        must("host", Type::Text),
        must("protocol", Type::Text),
        may("pathname", Type::Text),
        may("protocolVersion", Type::Text),
        may("title", Type::Text),
        may("summary", Type::Text),
        may("description", Type::Text),
        may("variables", Type::Map(&SERVER_VARIABLE_OR_REF)),
        may("security", SECURITY),
        may("tags", TAGS),
        may("externalDocs", EXTERNAL_DOCS_OR_REF),
        may("bindings", SERVER_BINDINGS),
    ],
);
static SERVER_OR_REF: Type = Type::OrRef(&Type::Object(&SERVER));
const SECURITY: Type = Type::List(&Type::OrRef(&SCHEME));

pub(super) static SERVER_VARIABLE: Object = object(
    "Server Variable Object",
    &[may("enum", Type::Set(&Type::Text)), may("default", Type::Text), may("description", Type::Text), may("examples", TEXTS)],
);
static SERVER_VARIABLE_OR_REF: Type = Type::OrRef(&Type::Object(&SERVER_VARIABLE));

static CHANNEL: Object = object(
    "Channel Object",
    &[
        may("address", Type::NullableText),
        may("messages", Type::Map(&MESSAGE_OR_REF)),
        may("title", Type::Text),
        may("summary", Type::Text),
        may("description", Type::Text),
        may("servers", Type::Set(&Type::Ref(&SERVER))),
        may("parameters", Type::Map(&PARAMETER_OR_REF)),
        may("tags", TAGS),
        may("externalDocs", EXTERNAL_DOCS_OR_REF),
        may("bindings", CHANNEL_BINDINGS),
    ],
);
static CHANNEL_OR_REF: Type = Type::OrRef(&Type::Object(&CHANNEL));

static PARAMETER: Object = object(
    "Parameter Object",
    &[
        may("enum", TEXTS),
        may("default", Type::Text),
        may("description", Type::Text),
        may("examples", TEXTS),
        may("location", EXPRESSION),
    ],
);
static PARAMETER_OR_REF: Type = Type::OrRef(&Type::Lax(&PARAMETER));

static OPERATION: Object = object(
    "Operation Object",
    &[
        must("action", Type::Enum(&["send", "receive"])),
        must("channel", Type::Ref(&CHANNEL)),
        may("messages", Type::List(&Type::Ref(&MESSAGE))),
        may("reply", Type::OrRef(&Type::Object(&REPLY))),
        may("traits", Type::List(&OPERATION_TRAIT_OR_REF)),
        may("title", Type::Text),
        may("summary", Type::Text),
        may("description", Type::Text),
        may("security", SECURITY),
        may("tags", TAGS),
        may("externalDocs", EXTERNAL_DOCS_OR_REF),
        may("bindings", OPERATION_BINDINGS),
    ],
);
static OPERATION_OR_REF: Type = Type::OrRef(&Type::Object(&OPERATION));

static OPERATION_TRAIT: Object = object(
    "Operation Trait Object",
    &[
        may("title", Type::Text),
        may("summary", Type::Text),
        may("description", Type::Text),
        may("security", SECURITY),
        may("tags", TAGS),
        may("externalDocs", EXTERNAL_DOCS_OR_REF),
        may("bindings", OPERATION_BINDINGS),
    ],
);
static OPERATION_TRAIT_OR_REF: Type = Type::OrRef(&Type::Object(&OPERATION_TRAIT));

static REPLY: Object = object(
    "Operation Reply Object",
    &[
        may("address", Type::OrRef(&Type::Object(&REPLY_ADDRESS))),
        may("channel", Type::Ref(&CHANNEL)),
        may("messages", Type::List(&Type::Ref(&MESSAGE))),
    ],
);

static REPLY_ADDRESS: Object =
    object("Operation Reply Address Object", &[must("location", EXPRESSION), may("description", Type::Text)]);

/// The fields that a message and its traits share come first, so that both tables are slices of one.
static MESSAGE_FIELDS: &[Field] = &[
    may("headers", Type::Payload),
    may("correlationId", Type::OrRef(&Type::Object(&CORRELATION_ID))),
    may("contentType", Type::Text),
    may("name", Type::Text),
    may("title", Type::Text),
    may("summary", Type::Text),
    may("description", Type::Text),
    may("tags", TAGS),
    may("externalDocs", EXTERNAL_DOCS_OR_REF),
    may("deprecated", Type::Bool),
    may("examples", Type::List(&Type::Object(&MESSAGE_EXAMPLE))),
    may("bindings", MESSAGE_BINDINGS),
    may("payload", Type::Payload),
    may("traits", Type::List(&Type::MessageTrait)),
];

static MESSAGE: Object = object("Message Object", MESSAGE_FIELDS);
static MESSAGE_OR_REF: Type = Type::OrRef(&Type::Object(&MESSAGE));

pub(super) static MESSAGE_TRAIT: Object = object("Message Trait Object", MESSAGE_FIELDS.split_at(MESSAGE_FIELDS.len() - 2).0);
pub(super) static MESSAGE_TRAIT_OR_REF: Type = Type::OrRef(&Type::Object(&MESSAGE_TRAIT));

pub(super) static MESSAGE_EXAMPLE: Object = Object {
    name: "Message Example Object",
    fields: &[may("headers", MAP), may("payload", Type::Any), may("name", Type::Text), may("summary", Type::Text)],
    others: Others::Nothing,
    also: &[Also::AnyOf(&["payload", "headers"])],
};

pub(super) static CORRELATION_ID: Object =
    object("Correlation ID Object", &[must("location", EXPRESSION), may("description", Type::Text)]);

pub(super) static MULTI_FORMAT: Object = Object {
    name: "Multi Format Schema Object",
    fields: &[may("schemaFormat", Type::Text)],
    others: Others::Everything,
    also: &[Also::Special(Special::SchemaByFormat)],
};

static COMPONENTS: Object = object(
    "Components Object",
    &[
        may("schemas", Type::NamedMap(&Type::Payload)),
        may("servers", Type::NamedMap(&SERVER_OR_REF)),
        may("channels", Type::NamedMap(&CHANNEL_OR_REF)),
        may("operations", Type::NamedMap(&OPERATION_OR_REF)),
        may("messages", Type::NamedMap(&MESSAGE_OR_REF)),
        may("securitySchemes", Type::NamedMap(&Type::OrRef(&SCHEME))),
        may("serverVariables", Type::NamedMap(&SERVER_VARIABLE_OR_REF)),
        may("parameters", Type::NamedMap(&PARAMETER_OR_REF)),
        may("correlationIds", Type::NamedMap(&Type::OrRef(&Type::Object(&CORRELATION_ID)))),
        may("replies", Type::NamedMap(&Type::OrRef(&Type::Object(&REPLY)))),
        may("replyAddresses", Type::NamedMap(&Type::OrRef(&Type::Object(&REPLY_ADDRESS)))),
        may("externalDocs", Type::NamedMap(&EXTERNAL_DOCS_OR_REF)),
        may("tags", Type::NamedMap(&TAG_OR_REF)),
        may("operationTraits", Type::NamedMap(&OPERATION_TRAIT_OR_REF)),
        may("messageTraits", Type::NamedMap(&MESSAGE_TRAIT_OR_REF)),
        may("serverBindings", Type::NamedMap(&SERVER_BINDINGS)),
        may("channelBindings", Type::NamedMap(&CHANNEL_BINDINGS)),
        may("operationBindings", Type::NamedMap(&OPERATION_BINDINGS)),
        may("messageBindings", Type::NamedMap(&MESSAGE_BINDINGS)),
    ],
);

const SERVER_BINDINGS: Type = Type::OrRef(&Type::Bindings(bindings::SERVER));
const CHANNEL_BINDINGS: Type = Type::OrRef(&Type::Bindings(bindings::CHANNEL));
const OPERATION_BINDINGS: Type = Type::OrRef(&Type::Bindings(bindings::OPERATION));
const MESSAGE_BINDINGS: Type = Type::OrRef(&Type::Bindings(bindings::MESSAGE));
