//! Files that every Protobuf tool knows without being given them: the well-known types, and the types that Confluent's
//! clients add.
//!
//! Only the definitions are here; the texts lie in the folder `builtin/`.

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
        "google/protobuf/cpp_features.proto" => include_str!("builtin/cpp_features.proto"),
        "google/protobuf/java_features.proto" => include_str!("builtin/java_features.proto"),
        "google/protobuf/go_features.proto" => include_str!("builtin/go_features.proto"),
        "google/protobuf/compiler/plugin.proto" => include_str!("builtin/plugin.proto"),
        "confluent/meta.proto" => include_str!("builtin/confluent_meta.proto"),
        "confluent/type/decimal.proto" => include_str!("builtin/confluent_decimal.proto"),
        "confluent/type/variant.proto" => include_str!("builtin/confluent_variant.proto"),
        _ => return None,
    };
    Some(found)
}

/// `true` for a path that has a text here when the caller has none.
pub fn has_fallback(path: &str) -> bool {
    fallback(path).is_some()
}

/// The text of a file that many schemas import and registries bring along, for those who do not give their own.
pub(super) fn fallback(path: &str) -> Option<&'static str> {
    let found = match path {
        "google/type/calendar_period.proto" => include_str!("builtin/type/calendar_period.proto"),
        "google/type/color.proto" => include_str!("builtin/type/color.proto"),
        "google/type/date.proto" => include_str!("builtin/type/date.proto"),
        "google/type/datetime.proto" => include_str!("builtin/type/datetime.proto"),
        "google/type/dayofweek.proto" => include_str!("builtin/type/dayofweek.proto"),
        "google/type/decimal.proto" => include_str!("builtin/type/decimal.proto"),
        "google/type/expr.proto" => include_str!("builtin/type/expr.proto"),
        "google/type/fraction.proto" => include_str!("builtin/type/fraction.proto"),
        "google/type/interval.proto" => include_str!("builtin/type/interval.proto"),
        "google/type/latlng.proto" => include_str!("builtin/type/latlng.proto"),
        "google/type/localized_text.proto" => include_str!("builtin/type/localized_text.proto"),
        "google/type/money.proto" => include_str!("builtin/type/money.proto"),
        "google/type/month.proto" => include_str!("builtin/type/month.proto"),
        "google/type/phone_number.proto" => include_str!("builtin/type/phone_number.proto"),
        "google/type/postal_address.proto" => include_str!("builtin/type/postal_address.proto"),
        "google/type/quaternion.proto" => include_str!("builtin/type/quaternion.proto"),
        "google/type/timeofday.proto" => include_str!("builtin/type/timeofday.proto"),
        _ => return None,
    };
    Some(found)
}
