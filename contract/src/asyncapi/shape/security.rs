//! Security schemes, of all versions.

use super::{Also, Field, Object, Others, Special, TEXTS, Type, URI, Variant, Version, closed, may, must, object, open};

const fn kind() -> Field {
    must("type", Type::Text)
}

const fn description() -> Field {
    may("description", Type::Text)
}

const PLAIN: &[Field] = &[kind(), description()];

const fn variant(tag: &'static str, object: Object) -> Variant {
    Variant { tag, since: Version::V2_0, object }
}

/// A mechanism of SASL: they came with 2.1.
const fn sasl(tag: &'static str, name: &'static str) -> Variant {
    Variant { tag, since: Version::V2_1, object: object(name, PLAIN) }
}

pub(super) static SCHEME: Type = Type::Tagged(
    "type",
    &[
        variant("userPassword", object("userPassword Security Scheme", PLAIN)),
        variant("X509", object("X509 Security Scheme", PLAIN)),
        variant("symmetricEncryption", object("symmetricEncryption Security Scheme", PLAIN)),
        variant("asymmetricEncryption", object("asymmetricEncryption Security Scheme", PLAIN)),
        sasl("plain", "plain Security Scheme"),
        sasl("scramSha256", "scramSha256 Security Scheme"),
        sasl("scramSha512", "scramSha512 Security Scheme"),
        sasl("gssapi", "gssapi Security Scheme"),
        variant(
            "apiKey",
            object("apiKey Security Scheme", &[kind(), must("in", Type::Enum(&["user", "password"])), description()]),
        ),
        variant(
            "httpApiKey",
            object(
                "httpApiKey Security Scheme",
                &[kind(), must("name", Type::Text), must("in", Type::Enum(&["header", "query", "cookie"])), description()],
            ),
        ),
        variant(
            "http",
            Object {
                name: "http Security Scheme",
                fields: &[kind(), must("scheme", Type::Text), may("bearerFormat", Type::Text), description()],
                others: Others::Extensions,
                also: &[Also::Special(Special::HttpScheme)],
            },
        ),
        variant(
            "oauth2",
            open(
                "oauth2 Security Scheme",
                &[kind(), must("flows", Type::Object(&FLOWS)), may("scopes", TEXTS).since(Version::V3_0), description()],
            ),
        ),
        variant(
            "openIdConnect",
            object(
                "openIdConnect Security Scheme",
                &[kind(), must("openIdConnectUrl", URI), may("scopes", TEXTS).since(Version::V3_0), description()],
            ),
        ),
    ],
);

static FLOWS: Object = closed(
    "OAuth Flows Object",
    &[
        may("implicit", Type::Object(&IMPLICIT_FLOW)),
        may("password", Type::Object(&TOKEN_FLOW)),
        may("clientCredentials", Type::Object(&TOKEN_FLOW)),
        may("authorizationCode", Type::Object(&CODE_FLOW)),
    ],
);

const fn scopes() -> Field {
    must("scopes", Type::Map(&Type::Text)).until(Version::V2_6)
}

const fn available_scopes() -> Field {
    must("availableScopes", Type::Map(&Type::Text)).since(Version::V3_0)
}

static IMPLICIT_FLOW: Object = Object {
    name: "implicit OAuth Flow Object",
    fields: &[must("authorizationUrl", URI), may("tokenUrl", URI), may("refreshUrl", URI), scopes(), available_scopes()],
    others: Others::Extensions,
    also: &[Also::Without("tokenUrl")],
};

static TOKEN_FLOW: Object = Object {
    name: "OAuth Flow Object",
    fields: &[may("authorizationUrl", URI), must("tokenUrl", URI), may("refreshUrl", URI), scopes(), available_scopes()],
    others: Others::Extensions,
    also: &[Also::Without("authorizationUrl")],
};

static CODE_FLOW: Object = object(
    "authorizationCode OAuth Flow Object",
    &[must("authorizationUrl", URI), must("tokenUrl", URI), may("refreshUrl", URI), scopes(), available_scopes()],
);
