//! The objects of AsyncAPI 3.0 and 3.1, from the root to the tags.

use super::{Field, Object, Type, bindings, may, must, object};

const LAST: i64 = i64::MAX;

pub(in crate::asyncapi) static ROOT: Object = object(
    "document",
    &[
        must("asyncapi", Type::Text),
        must("info", Type::Object(&INFO)),
        may("id", Type::Uri),
        may("servers", Type::Map(&Type::OrRef(&SERVER))),
        may("defaultContentType", Type::Text),
        may("channels", Type::Map(&Type::OrRef(&CHANNEL))),
        may("operations", Type::Map(&Type::OrRef(&OPERATION))),
        may("components", Type::Object(&COMPONENTS)),
    ],
);

static INFO: Object = object(
    "Info Object",
    &[
        must("title", Type::Text),
        must("version", Type::Text),
        may("description", Type::Text),
        may("termsOfService", Type::Uri),
        may("contact", Type::Object(&CONTACT)),
        may("license", Type::Object(&LICENSE)),
        may("tags", TAGS),
        may("externalDocs", Type::OrRef(&EXTERNAL_DOCS)),
    ],
);

static CONTACT: Object = object("Contact Object", &[may("name", Type::Text), may("url", Type::Uri), may("email", Type::Email)]);

static LICENSE: Object = object("License Object", &[must("name", Type::Text), may("url", Type::Uri)]);

const TAGS: Type = Type::List(&Type::OrRef(&TAG));

static TAG: Object = object(
    "Tag Object",
    &[must("name", Type::Text), may("description", Type::Text), may("externalDocs", Type::OrRef(&EXTERNAL_DOCS))],
);

static EXTERNAL_DOCS: Object = object("External Documentation Object", &[must("url", Type::Uri), may("description", Type::Text)]);

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
        may("variables", Type::Map(&Type::OrRef(&SERVER_VARIABLE))),
        may("security", SECURITY),
        may("tags", TAGS),
        may("externalDocs", Type::OrRef(&EXTERNAL_DOCS)),
        may("bindings", Type::Bindings(bindings::SERVER)),
    ],
);

static SERVER_VARIABLE: Object = object(
    "Server Variable Object",
    &[
        may("enum", Type::List(&Type::Text)),
        may("default", Type::Text),
        may("description", Type::Text),
        may("examples", Type::List(&Type::Text)),
    ],
);

static CHANNEL: Object = object(
    "Channel Object",
    &[
        may("address", Type::NullableText),
        may("messages", Type::Map(&Type::OrRef(&MESSAGE))),
        may("title", Type::Text),
        may("summary", Type::Text),
        may("description", Type::Text),
        may("servers", Type::List(&Type::Ref(&SERVER))),
        may("parameters", Type::Map(&Type::OrRef(&PARAMETER))),
        may("tags", TAGS),
        may("externalDocs", Type::OrRef(&EXTERNAL_DOCS)),
        may("bindings", Type::Bindings(bindings::CHANNEL)),
    ],
);

static PARAMETER: Object = object(
    "Parameter Object",
    &[
        may("enum", Type::List(&Type::Text)),
        may("default", Type::Text),
        may("description", Type::Text),
        may("examples", Type::List(&Type::Text)),
        may("location", Type::Expression),
    ],
);

static OPERATION: Object = object(
    "Operation Object",
    &[
        must("action", Type::Enum(&["send", "receive"])),
        must("channel", Type::Ref(&CHANNEL)),
        may("messages", Type::List(&Type::Ref(&MESSAGE))),
        may("reply", Type::OrRef(&REPLY)),
        may("traits", Type::List(&Type::OrRef(&OPERATION_TRAIT))),
        may("title", Type::Text),
        may("summary", Type::Text),
        may("description", Type::Text),
        may("security", SECURITY),
        may("tags", TAGS),
        may("externalDocs", Type::OrRef(&EXTERNAL_DOCS)),
        may("bindings", Type::Bindings(bindings::OPERATION)),
    ],
);

static OPERATION_TRAIT: Object = object(
    "Operation Trait Object",
    &[
        may("title", Type::Text),
        may("summary", Type::Text),
        may("description", Type::Text),
        may("security", SECURITY),
        may("tags", TAGS),
        may("externalDocs", Type::OrRef(&EXTERNAL_DOCS)),
        may("bindings", Type::Bindings(bindings::OPERATION)),
    ],
);

static REPLY: Object = object(
    "Operation Reply Object",
    &[
        may("address", Type::OrRef(&REPLY_ADDRESS)),
        may("channel", Type::Ref(&CHANNEL)),
        may("messages", Type::List(&Type::Ref(&MESSAGE))),
    ],
);

static REPLY_ADDRESS: Object =
    object("Operation Reply Address Object", &[must("location", Type::Expression), may("description", Type::Text)]);

/// The fields that a message and its traits share come first, so that both tables are slices of one.
static MESSAGE_FIELDS: &[Field] = &[
    may("headers", Type::Payload),
    may("correlationId", Type::OrRef(&CORRELATION_ID)),
    may("contentType", Type::Text),
    may("name", Type::Text),
    may("title", Type::Text),
    may("summary", Type::Text),
    may("description", Type::Text),
    may("tags", TAGS),
    may("externalDocs", Type::OrRef(&EXTERNAL_DOCS)),
    may("deprecated", Type::Bool),
    may("examples", Type::List(&Type::Object(&MESSAGE_EXAMPLE))),
    may("bindings", Type::Bindings(bindings::MESSAGE)),
    may("payload", Type::Payload),
    may("traits", Type::List(&Type::OrRef(&MESSAGE_TRAIT))),
];

static MESSAGE: Object = object("Message Object", MESSAGE_FIELDS);

static MESSAGE_TRAIT: Object = object("Message Trait Object", MESSAGE_FIELDS.split_at(MESSAGE_FIELDS.len() - 2).0);

static MESSAGE_EXAMPLE: Object = Object {
    name: "Message Example Object",
    fields: &[
        may("headers", Type::Map(&Type::Any)),
        may("payload", Type::Any),
        may("name", Type::Text),
        may("summary", Type::Text),
    ],
    one_of: &["headers", "payload"],
};

static CORRELATION_ID: Object =
    object("Correlation ID Object", &[must("location", Type::Expression), may("description", Type::Text)]);

pub(super) static MULTI_FORMAT: Object =
    object("Multi Format Schema Object", &[must("schemaFormat", Type::Text), must("schema", Type::Any)]);

static COMPONENTS: Object = object(
    "Components Object",
    &[
        may("schemas", Type::Map(&Type::Payload)),
        may("servers", Type::Map(&Type::OrRef(&SERVER))),
        may("channels", Type::Map(&Type::OrRef(&CHANNEL))),
        may("operations", Type::Map(&Type::OrRef(&OPERATION))),
        may("messages", Type::Map(&Type::OrRef(&MESSAGE))),
        may("securitySchemes", Type::Map(&SECURITY_SCHEME)),
        may("serverVariables", Type::Map(&Type::OrRef(&SERVER_VARIABLE))),
        may("parameters", Type::Map(&Type::OrRef(&PARAMETER))),
        may("correlationIds", Type::Map(&Type::OrRef(&CORRELATION_ID))),
        may("replies", Type::Map(&Type::OrRef(&REPLY))),
        may("replyAddresses", Type::Map(&Type::OrRef(&REPLY_ADDRESS))),
        may("externalDocs", Type::Map(&Type::OrRef(&EXTERNAL_DOCS))),
        may("tags", Type::Map(&Type::OrRef(&TAG))),
        may("operationTraits", Type::Map(&Type::OrRef(&OPERATION_TRAIT))),
        may("messageTraits", Type::Map(&Type::OrRef(&MESSAGE_TRAIT))),
        may("serverBindings", Type::Map(&Type::Bindings(bindings::SERVER))),
        may("channelBindings", Type::Map(&Type::Bindings(bindings::CHANNEL))),
        may("operationBindings", Type::Map(&Type::Bindings(bindings::OPERATION))),
        may("messageBindings", Type::Map(&Type::Bindings(bindings::MESSAGE))),
    ],
);

const SECURITY: Type = Type::List(&SECURITY_SCHEME);

const fn kind() -> Field {
    must("type", Type::Text)
}

const fn description() -> Field {
    may("description", Type::Text)
}

const PLAIN_SCHEME: &[Field] = &[kind(), description()];

static SECURITY_SCHEME: Type = Type::Tagged(
    "type",
    &[
        ("userPassword", object("userPassword Security Scheme", PLAIN_SCHEME)),
        ("X509", object("X509 Security Scheme", PLAIN_SCHEME)),
        ("symmetricEncryption", object("symmetricEncryption Security Scheme", PLAIN_SCHEME)),
        ("asymmetricEncryption", object("asymmetricEncryption Security Scheme", PLAIN_SCHEME)),
        ("plain", object("plain Security Scheme", PLAIN_SCHEME)),
        ("scramSha256", object("scramSha256 Security Scheme", PLAIN_SCHEME)),
        ("scramSha512", object("scramSha512 Security Scheme", PLAIN_SCHEME)),
        ("gssapi", object("gssapi Security Scheme", PLAIN_SCHEME)),
        ("apiKey", object("apiKey Security Scheme", &[kind(), must("in", Type::Enum(&["user", "password"])), description()])),
        (
            "httpApiKey",
            object(
                "httpApiKey Security Scheme",
                &[kind(), must("name", Type::Text), must("in", Type::Enum(&["header", "query", "cookie"])), description()],
            ),
        ),
        (
            "http",
            object("http Security Scheme", &[kind(), must("scheme", Type::Text), may("bearerFormat", Type::Text), description()]),
        ),
        (
            "oauth2",
            object(
                "oauth2 Security Scheme",
                &[kind(), must("flows", Type::Object(&FLOWS)), may("scopes", Type::List(&Type::Text)), description()],
            ),
        ),
        (
            "openIdConnect",
            object(
                "openIdConnect Security Scheme",
                &[kind(), must("openIdConnectUrl", Type::Uri), may("scopes", Type::List(&Type::Text)), description()],
            ),
        ),
    ],
);

static FLOWS: Object = object(
    "OAuth Flows Object",
    &[
        may("implicit", Type::Object(&IMPLICIT_FLOW)),
        may("password", Type::Object(&TOKEN_FLOW)),
        may("clientCredentials", Type::Object(&TOKEN_FLOW)),
        may("authorizationCode", Type::Object(&CODE_FLOW)),
    ],
);

const SCOPES: Type = Type::Map(&Type::Text);

static IMPLICIT_FLOW: Object = object(
    "implicit OAuth Flow Object",
    &[must("authorizationUrl", Type::Uri), may("refreshUrl", Type::Uri), must("availableScopes", SCOPES)],
);

static TOKEN_FLOW: Object =
    object("OAuth Flow Object", &[must("tokenUrl", Type::Uri), may("refreshUrl", Type::Uri), must("availableScopes", SCOPES)]);

static CODE_FLOW: Object = object(
    "authorizationCode OAuth Flow Object",
    &[
        must("authorizationUrl", Type::Uri),
        must("tokenUrl", Type::Uri),
        may("refreshUrl", Type::Uri),
        must("availableScopes", SCOPES),
    ],
);

/// No upper bound.
pub(super) const ANY_SIZE: i64 = LAST;
