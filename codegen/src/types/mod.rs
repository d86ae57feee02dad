//! Schemas to Rust items, one module per format. Items are tokens; which file they land in is the target's affair.

pub(crate) mod avro;
pub(crate) mod json_schema;
pub(crate) mod protobuf;

use eventpact_contract::schema::Schema;
use proc_macro2::TokenStream;

use crate::error::Refusal;
use crate::plan::MessagePlan;

/// What became of a schema.
#[derive(Default)]
pub(crate) struct Generated {
    /// Types and their implementations; the payload's type has the name that the plan gave it.
    pub(crate) items: TokenStream,
    /// The body of `Event::encode`: `self` and `out` are there.
    pub(crate) encode: TokenStream,
    /// The body of `Event::decode`: `bytes` is there.
    pub(crate) decode: TokenStream,
    /// The borrowed twin of the payload's type; `None` when there is none.
    pub(crate) twin: Option<Twin>,
    /// An expression of the payload's type for the examples, with `schemas` modules in scope; `None` when there is no small one.
    pub(crate) sample: Option<TokenStream>,
    /// `types::Decimal` is used.
    pub(crate) decimal: bool,
    /// A crate that the items need beside the runtime.
    pub(crate) crates: Vec<&'static str>,
}

/// A type that borrows from the payload.
pub(crate) struct Twin {
    /// Its name in the module of its message.
    pub(crate) name: String,
    /// The body of `DecodeRef::decode_ref`: `bytes` is there.
    pub(crate) decode: TokenStream,
}

/// The items of a message, whatever its format.
pub(crate) fn generate(message: &MessagePlan<'_>) -> Result<Generated, Refusal> {
    match message.schema {
        Schema::Avro(schema) => avro::generate(schema, &message.type_name, &message.module),
        Schema::Protobuf(schema) => protobuf::generate(schema, message),
        Schema::JsonSchema(schema) => {
            let example =
                message.message.examples.iter().find_map(|e| e.get("payload")).map(eventpact_contract::yaml::Node::to_json);
            json_schema::generate(schema, &message.type_name, &message.module, example)
        }
    }
}
