//! Files that every Protobuf tool knows without being given them: the well-known types, and the types that Confluent's
//! clients add.
//!
//! Only the definitions are here, in our own words; the texts lie in the folder `builtin/`.

/// The text of a built-in file by its import path.
pub(super) fn text(path: &str) -> Option<&'static str> {
    let found = match path {
        "google/protobuf/any.proto" => include_str!("builtin/any.proto"),
        "google/protobuf/api.proto" => include_str!("builtin/api.proto"),
        "google/protobuf/descriptor.proto" => include_str!("builtin/descriptor.proto"),
        "google/protobuf/duration.proto" => include_str!("builtin/duration.proto"),
        "google/protobuf/empty.proto" => include_str!("builtin/empty.proto"),
        "google/protobuf/field_mask.proto" => include_str!("builtin/field_mask.proto"),
        "google/protobuf/source_context.proto" => include_str!("builtin/source_context.proto"),
        "google/protobuf/struct.proto" => include_str!("builtin/struct.proto"),
        "google/protobuf/timestamp.proto" => include_str!("builtin/timestamp.proto"),
        "google/protobuf/type.proto" => include_str!("builtin/type.proto"),
        "google/protobuf/wrappers.proto" => include_str!("builtin/wrappers.proto"),
        "confluent/meta.proto" => include_str!("builtin/confluent_meta.proto"),
        "confluent/type/decimal.proto" => include_str!("builtin/confluent_decimal.proto"),
        _ => return None,
    };
    Some(found)
}
