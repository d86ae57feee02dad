//! The list of rules, one file for each, or for rules that differ in one word.

mod element_no_delete;
mod enum_same_type;
mod enum_value_no_delete;
mod enum_value_same_name;
mod field_cardinality;
mod field_no_delete;
mod field_same_cpp_string_type;
mod field_same_default;
mod field_same_jstype;
mod field_same_name;
mod field_same_oneof;
mod field_type;
mod file_no_delete;
mod file_same_option;
mod file_same_package;
mod file_same_syntax;
mod message_no_remove_standard_descriptor_accessor;
mod message_same_required_fields;
mod oneof_no_delete;
mod package_element_no_delete;
mod package_no_delete;
mod ranges_no_delete;
mod rpc_no_delete;
mod rpc_same_idempotency_level;
mod rpc_same_streaming;
mod rpc_same_type;
mod same_json_format;
mod utf8_validation;

use super::rule::BufRule;

const ALL: &[&[BufRule]] = &[
    element_no_delete::RULES,
    enum_same_type::RULES,
    enum_value_no_delete::RULES,
    enum_value_same_name::RULES,
    field_cardinality::RULES,
    field_no_delete::RULES,
    field_same_cpp_string_type::RULES,
    field_same_default::RULES,
    field_same_jstype::RULES,
    field_same_name::RULES,
    field_same_oneof::RULES,
    field_type::RULES,
    file_no_delete::RULES,
    file_same_option::RULES,
    file_same_package::RULES,
    file_same_syntax::RULES,
    message_no_remove_standard_descriptor_accessor::RULES,
    message_same_required_fields::RULES,
    oneof_no_delete::RULES,
    package_element_no_delete::RULES,
    package_no_delete::RULES,
    ranges_no_delete::RULES,
    rpc_no_delete::RULES,
    rpc_same_idempotency_level::RULES,
    rpc_same_streaming::RULES,
    rpc_same_type::RULES,
    same_json_format::RULES,
    utf8_validation::RULES,
];

/// Every rule.
pub(super) fn all() -> impl Iterator<Item = &'static BufRule> {
    ALL.iter().flat_map(|rules| rules.iter())
}
