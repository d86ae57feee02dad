//! The bindings of AsyncAPI 3: per place and protocol, the fields that each version of the binding specification knows. In 2.x
//! any object is a binding.

mod channel;
mod message;
mod operation;
mod server;

pub(super) use channel::CHANNEL;
pub(super) use message::MESSAGE;
pub(super) use operation::{OPERATION, SOLACE_QUEUE_DESTINATION, SOLACE_TOPIC_DESTINATION};
pub(super) use server::SERVER;

use super::{ANY_SIZE, Binding, Field, Object, Type, Version, may};

const POSITIVE: Type = Type::Integer(1, ANY_SIZE);
const UP_TO_32_BITS: i64 = 4_294_967_295;
/// A schema, also behind a reference.
const SCHEMA: Type = Type::Schema;

/// The walker judges `bindingVersion` before it looks at the other fields.
const VERSION: Field = may("bindingVersion", Type::Any);

/// A protocol whose bindings have no fields of their own: anything goes.
const fn free(protocol: &'static str) -> Binding {
    Binding { protocol, since: Version::V3_0, until: Version::V3_1, versions: &[] }
}

/// A protocol with the versions of its binding, the newest first.
const fn binding(protocol: &'static str, versions: &'static [(&'static str, Object)]) -> Binding {
    Binding { protocol, since: Version::V3_0, until: Version::V3_1, versions }
}
