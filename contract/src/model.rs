//! What a contract says, in the terms of AsyncAPI 3: servers, channels, messages, operations, bindings.
//!
//! References are resolved and traits merged; every part keeps the place that it was written at.

use crate::asyncapi::RuntimeExpression;
use std::time::Duration;

use crate::schema::Schema;
use crate::source::{FileId, Span};
use crate::yaml::Node;

/// One AsyncAPI document, read.
#[derive(Debug, Clone)]
pub struct Contract {
    /// The root document.
    pub file: FileId,
    /// The `asyncapi` version as written.
    pub asyncapi: String,
    /// The `id` of the application.
    pub id: Option<String>,
    /// Title, version and description.
    pub info: Info,
    /// Media type of messages that name none.
    pub default_content_type: Option<String>,
    /// The servers in the order of the text.
    pub servers: Vec<Server>,
    /// The channels in the order of the text.
    pub channels: Vec<Channel>,
    /// The operations in the order of the text.
    pub operations: Vec<Operation>,
    /// Every file that was read, the root document first.
    pub files: Vec<FileId>,
}

/// The `info` object.
#[derive(Debug, Clone)]
pub struct Info {
    /// The place of the object.
    pub span: Span,
    /// The name of the application.
    pub title: String,
    /// Its version.
    pub version: String,
    /// A description in CommonMark.
    pub description: Option<String>,
}

/// Where messages are exchanged.
#[derive(Debug, Clone)]
pub struct Server {
    /// The key in the document.
    pub key: String,
    /// The place of the key.
    pub span: Span,
    /// Host and port, maybe with `{variables}`.
    pub host: String,
    /// The path behind the host, maybe with `{variables}`.
    pub pathname: Option<String>,
    /// `kafka`, `amqp`, `mqtt`, …
    pub protocol: String,
    /// The version of the protocol, as written.
    pub protocol_version: Option<String>,
    /// A description in CommonMark.
    pub description: Option<String>,
    /// What a client must show, one of these; empty means nothing.
    pub security: Vec<Security>,
    /// What is special to the protocol.
    pub bindings: Vec<Binding>,
}

/// One security scheme among the alternatives of a server or an operation.
#[derive(Debug, Clone)]
pub struct Security {
    /// The place in the list.
    pub span: Span,
    /// The key that the reference names; `None` when the scheme stands in place.
    pub name: Option<String>,
    /// The Security Scheme Object, behind references.
    pub scheme: Node,
}

/// A named stream of messages: a topic, a queue, a routing key.
#[derive(Debug, Clone)]
pub struct Channel {
    /// The key in the document.
    pub key: String,
    /// The place of the key.
    pub span: Span,
    /// The address on the broker, maybe with `{parameters}`; `None` when it is not known.
    pub address: Option<String>,
    /// A short title.
    pub title: Option<String>,
    /// One line.
    pub summary: Option<String>,
    /// A description in CommonMark.
    pub description: Option<String>,
    /// The messages that may travel here, in the order of the text.
    pub messages: Vec<Message>,
    /// The parameters of the address.
    pub parameters: Vec<Parameter>,
    /// Keys of [`Contract::servers`]; empty means all.
    pub servers: Vec<String>,
    /// What is special to the protocol.
    pub bindings: Vec<Binding>,
}

/// One `{name}` of an address.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// The name between the braces.
    pub name: String,
    /// The place of the key.
    pub span: Span,
    /// The values allowed; empty means any.
    pub allowed: Vec<String>,
    /// The value when none is given.
    pub default: Option<String>,
    /// A description in CommonMark.
    pub description: Option<String>,
    /// The runtime expression that the value is taken from.
    pub location: Option<RuntimeExpression>,
}

/// A message, traits merged.
#[derive(Debug, Clone)]
pub struct Message {
    /// The key in the channel.
    pub key: String,
    /// The place where the message is written (behind references).
    pub span: Span,
    /// The name that machines use.
    pub name: Option<String>,
    /// A short title.
    pub title: Option<String>,
    /// One line.
    pub summary: Option<String>,
    /// A description in CommonMark.
    pub description: Option<String>,
    /// The media type of the payload; the default of the document is filled in.
    pub content_type: Option<String>,
    /// The payload.
    pub payload: Option<Payload>,
    /// The headers.
    pub headers: Option<Payload>,
    /// The runtime expression of the correlation id.
    pub correlation_id: Option<RuntimeExpression>,
    /// Examples with `payload` and `headers`, as written.
    pub examples: Vec<Node>,
    /// What is special to the protocol.
    pub bindings: Vec<Binding>,
}

impl Message {
    /// The name of the message: `name`, else its key in the channel.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.key)
    }
}

/// A payload or headers: a schema, when its format is one that Eventpact reads.
#[derive(Debug, Clone)]
pub struct Payload {
    /// The place of the schema (in its own file when it has one).
    pub span: Span,
    /// The `schemaFormat`, as written or implied.
    pub schema_format: String,
    /// The schema; `None` for a format that is kept opaque.
    pub schema: Option<Schema>,
    /// What stands there in a format that is not read.
    pub opaque: Option<Node>,
}

/// What the application does with a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// The application writes.
    Send,
    /// The application reads.
    Receive,
}

impl Action {
    /// `send` or `receive`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Receive => "receive",
        }
    }
}

/// One thing that the application does.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The key in the document.
    pub key: String,
    /// The place of the key.
    pub span: Span,
    /// Whether it writes or reads.
    pub action: Action,
    /// Index into [`Contract::channels`].
    pub channel: usize,
    /// Indexes into the messages of that channel: all of them when the document names none.
    pub messages: Vec<usize>,
    /// A short title.
    pub title: Option<String>,
    /// One line.
    pub summary: Option<String>,
    /// A description in CommonMark.
    pub description: Option<String>,
    /// The answer to it.
    pub reply: Option<Reply>,
    /// What a client must show, one of these; empty means nothing beyond what the server asks.
    pub security: Vec<Security>,
    /// What is special to the protocol.
    pub bindings: Vec<Binding>,
    /// `x-retry`: how often and when a failed message is tried again.
    pub retry: Option<Retry>,
    /// `x-dead-letter`: where a message goes that cannot be handled.
    pub dead_letter: Option<DeadLetter>,
}

/// The answer to an operation.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Index into [`Contract::channels`].
    pub channel: Option<usize>,
    /// The runtime expression of the return address.
    pub address: Option<RuntimeExpression>,
    /// Indexes into the messages of the reply channel.
    pub messages: Vec<usize>,
}

/// The bindings of one protocol.
#[derive(Debug, Clone)]
pub struct Binding {
    /// `kafka`, `amqp`, …
    pub protocol: String,
    /// The place of the key.
    pub span: Span,
    /// The object as written.
    pub node: Node,
    /// The fields that hold a JSON Schema (`key` of Kafka, `headers` of HTTP), read.
    pub schemas: Vec<(String, Payload)>,
}

/// `x-retry` on a receive operation (the shape of the RFC in asyncapi/spec#1234).
#[derive(Debug, Clone)]
pub struct Retry {
    /// The place of the object.
    pub span: Span,
    /// Index into [`Contract::channels`] of a retry channel, when failed messages leave their own.
    pub channel: Option<usize>,
    /// Deliveries in all, the first one included; at least 1.
    pub max_attempts: u32,
    /// How long to wait between two.
    pub backoff: Backoff,
}

/// The waiting time before attempt n+1.
#[derive(Debug, Clone, PartialEq)]
pub enum Backoff {
    /// Always the same.
    Fixed {
        /// The delay.
        delay: Duration,
    },
    /// Grows by the same step.
    Linear {
        /// Before the second attempt.
        initial_delay: Duration,
        /// Added before each further one.
        increment: Duration,
        /// Never more than this.
        max_delay: Option<Duration>,
    },
    /// Grows by the same factor.
    Exponential {
        /// Before the second attempt.
        initial_delay: Duration,
        /// The factor, at least 1.
        multiplier: f64,
        /// Never more than this.
        max_delay: Option<Duration>,
    },
}

/// `x-dead-letter` on a receive operation.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    /// The place of the object.
    pub span: Span,
    /// Index into [`Contract::channels`].
    pub channel: usize,
}
