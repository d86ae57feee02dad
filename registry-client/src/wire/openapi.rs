//! Descriptions of the objects whose form on the wire is not that of their Rust type.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::SchemaType;
use super::rules::{ExecutionEnvironment, RuleKind, RuleMode};

/// A word, with some that it may be: servers of later versions know more.
fn word(examples: &[&str]) -> RefOr<Schema> {
    let examples = examples.iter().map(|word| serde_json::Value::from(*word));
    ObjectBuilder::new().schema_type(Type::String).examples(examples).into()
}

macro_rules! word {
    ($name:ident, $($example:literal),+) => {
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                word(&[$($example),+])
            }
        }

        impl ToSchema for $name {}
    };
}

word!(SchemaType, "AVRO", "JSON", "PROTOBUF");
word!(RuleKind, "TRANSFORM", "CONDITION");
word!(RuleMode, "UPGRADE", "DOWNGRADE", "UPDOWN", "WRITE", "READ", "WRITEREAD");
word!(ExecutionEnvironment, "ALL", "CLIENT", "GATEWAY", "SERVER", "NONE");
