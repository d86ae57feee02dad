//! The list of rules, one file each.

mod default_changed;
mod enum_closed;
mod enum_value_removed;
mod enum_value_renamed;
mod field_label_changed;
mod field_numbers_swapped;
mod field_renamed;
mod field_type_changed;
mod field_unknown;
mod message_removed;
mod oneof_changed;
mod package_changed;
mod required_changed;
mod text_not_utf8;

use crate::rule::Rule;

use super::walk::Check;

/// Every rule of the format.
pub(super) const RULES: &[&Rule<Check>] = &[
    &default_changed::RULE,
    &enum_closed::RULE,
    &enum_value_removed::RULE,
    &enum_value_renamed::RULE,
    &field_label_changed::RULE,
    &field_numbers_swapped::RULE,
    &field_renamed::RULE,
    &field_type_changed::RULE,
    &field_unknown::RULE,
    &message_removed::RULE,
    &oneof_changed::RULE,
    &package_changed::RULE,
    &required_changed::RULE,
    &text_not_utf8::RULE,
];
