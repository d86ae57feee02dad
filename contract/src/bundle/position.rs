//! What a value of a document is, by where it stands; and the names of components.

use crate::asyncapi::{percent_decode, split_reference};
use crate::yaml::{Node, Value, unescape_token};

/// The sections of the components.
pub(super) const SECTIONS: &[&str] = &[
    "schemas",
    "servers",
    "channels",
    "operations",
    "messages",
    "securitySchemes",
    "serverVariables",
    "parameters",
    "correlationIds",
    "replies",
    "replyAddresses",
    "externalDocs",
    "tags",
    "operationTraits",
    "messageTraits",
    "serverBindings",
    "channelBindings",
    "operationBindings",
    "messageBindings",
];

/// What stands at a place of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Root,
    Info,
    Components,
    /// An entry of the document's own `servers`, `channels` or `operations`.
    RootServer,
    RootChannel,
    RootOperation,
    /// A map or list of values that go into this section of the components.
    Each(&'static str),
    /// Such a value.
    One(&'static str),
    /// A map of `servers`, `channels` or `operations` at the root.
    RootServers,
    RootChannels,
    RootOperations,
    Message,
    Messages,
    /// A schema, alone or with its format.
    AnySchema,
    AnySchemas,
    /// A schema inside of a schema.
    Schema,
    /// Named schemas inside of a schema.
    Schemas,
    /// A reference to a channel, a server, or a message of a channel.
    Place,
    /// `x-retry` and `x-dead-letter`.
    Policy,
    Bindings(&'static str),
    BindingsMap(&'static str),
    /// Anything else.
    Other,
    /// Values in which `$ref` means nothing.
    Data,
}

impl Kind {
    pub(super) fn is_schema(self) -> bool {
        matches!(self, Self::AnySchema | Self::Schema)
    }

    /// The section that a value of this kind can stand in.
    pub(super) fn section(self) -> Option<&'static str> {
        match self {
            Self::One(section) | Self::Bindings(section) => Some(section),
            Self::Message => Some("messages"),
            Self::AnySchema | Self::Schema => Some("schemas"),
            _ => None,
        }
    }

    /// What an item of a list of this kind is.
    pub(super) fn item(self) -> Self {
        match self {
            Self::Each(section) => Self::One(section),
            Self::Messages => Self::Message,
            Self::Schemas => Self::Schema,
            other => other,
        }
    }

    /// What the field of an object of this kind is.
    pub(super) fn field(self, key: &str) -> Self {
        match self {
            Self::Root => match key {
                "info" => Self::Info,
                "servers" => Self::RootServers,
                "channels" => Self::RootChannels,
                "operations" => Self::RootOperations,
                "components" => Self::Components,
                _ => Self::shared(key),
            },
            Self::Components => Self::component_section(key),
            Self::RootServers => Self::RootServer,
            Self::RootChannels => Self::RootChannel,
            Self::RootOperations => Self::RootOperation,
            Self::Each(section) => Self::One(section),
            Self::Messages => Self::Message,
            Self::AnySchemas => Self::AnySchema,
            Self::BindingsMap(section) => Self::Bindings(section),
            Self::RootServer | Self::One("servers") => match key {
                "variables" => Self::Each("serverVariables"),
                "security" => Self::Each("securitySchemes"),
                "bindings" => Self::Bindings("serverBindings"),
                _ => Self::shared(key),
            },
            Self::RootChannel | Self::One("channels") => match key {
                "messages" => Self::Messages,
                "parameters" => Self::Each("parameters"),
                "servers" => Self::Place,
                "bindings" => Self::Bindings("channelBindings"),
                "publish" | "subscribe" => Self::RootOperation,
                _ => Self::shared(key),
            },
            Self::RootOperation | Self::One("operations" | "operationTraits") => Self::operation_field(key),
            Self::One("replies") => match key {
                "channel" | "messages" => Self::Place,
                "address" => Self::One("replyAddresses"),
                _ => Self::Other,
            },
            Self::Message | Self::One("messageTraits") => match key {
                "payload" | "headers" => Self::AnySchema,
                "correlationId" => Self::One("correlationIds"),
                "traits" => Self::Each("messageTraits"),
                "bindings" => Self::Bindings("messageBindings"),
                "oneOf" => Self::Messages,
                "examples" => Self::Data,
                _ => Self::shared(key),
            },
            Self::One("parameters") if key == "schema" => Self::AnySchema,
            Self::One(_) | Self::Info => Self::shared(key),
            Self::AnySchema if key == "schemaFormat" => Self::Other,
            Self::AnySchema | Self::Schema => match key {
                "enum" | "const" | "default" | "examples" | "example" => Self::Data,
                "properties" | "patternProperties" | "definitions" | "$defs" | "dependentSchemas" | "dependencies" => {
                    Self::Schemas
                }
                "externalDocs" => Self::One("externalDocs"),
                _ => Self::Schema,
            },
            // Fields of bindings may be schemas.
            Self::Schemas | Self::Bindings(_) => Self::Schema,
            Self::Policy if matches!(key, "channel" | "messages") => Self::Place,
            Self::Data => Self::Data,
            Self::Place => Self::Place,
            Self::Policy | Self::Other => Self::Other,
        }
    }

    fn shared(key: &str) -> Self {
        match key {
            "tags" => Self::Each("tags"),
            "externalDocs" => Self::One("externalDocs"),
            _ => Self::Other,
        }
    }

    fn operation_field(key: &str) -> Self {
        match key {
            "channel" | "messages" => Self::Place,
            "message" => Self::Message,
            "reply" => Self::One("replies"),
            "traits" => Self::Each("operationTraits"),
            "security" => Self::Each("securitySchemes"),
            "bindings" => Self::Bindings("operationBindings"),
            "x-retry" | "x-dead-letter" => Self::Policy,
            _ => Self::shared(key),
        }
    }

    fn component_section(key: &str) -> Self {
        match SECTIONS.iter().find(|section| **section == key) {
            Some(&"schemas") => Self::AnySchemas,
            Some(&"messages") => Self::Messages,
            Some(section) if section.ends_with("Bindings") => Self::BindingsMap(section),
            Some(section) => Self::Each(section),
            None => Self::Other,
        }
    }
}

/// `true` for a value with a reference in it.
pub(super) fn refers(node: &Node) -> bool {
    match &node.value {
        Value::Sequence(items) => items.iter().any(refers),
        Value::Mapping(map) => map.entries.iter().any(|entry| entry.key == "$ref" || refers(&entry.value)),
        _ => false,
    }
}

/// The name of a component by the reference to it: the last token of its pointer, else its file.
pub(super) fn name_of(reference: &str) -> String {
    let (file, fragment) = split_reference(reference);
    let decoded = percent_decode(fragment.rsplit('/').next().filter(|last| !last.is_empty()).unwrap_or(""));
    let name = if decoded.is_empty() {
        let file = file.rsplit('/').next().unwrap_or(file);
        percent_decode(file.split('.').next().unwrap_or(file))
    } else {
        unescape_token(&decoded).into_owned().into()
    };
    let clean = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '_' };
    let name: String = name.chars().map(clean).collect();
    if name.is_empty() { "component".to_owned() } else { name }
}
