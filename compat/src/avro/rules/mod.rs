//! The list of rules: one file each.

use super::site::Check;
use crate::rule::Rule;

mod alias_lost;
mod bytes_as_string;
mod default_lost;
mod earlier_version_breaks;
mod enum_default_changed;
mod enum_symbol_removed;
mod field_alias_ambiguous;
mod field_alias_removed;
mod field_default_changed;
mod field_taken_twice;
mod field_without_default;
mod fixed_size_changed;
mod logical_type_changed;
mod name_mismatch;
mod namespace_changed;
mod number_rounded;
mod type_changed;
mod union_branch_removed;

pub(super) use alias_lost::{RULE as ALIAS_LOST, of_field as lost_alias};
pub(super) use type_changed::promotes;

/// Every rule, in the order in which they run at one place.
pub(super) const RULES: &[&Rule<Check>] = &[
    &name_mismatch::RULE,
    &fixed_size_changed::RULE,
    &enum_symbol_removed::RULE,
    &field_without_default::RULE,
    &field_alias_ambiguous::RULE,
    &type_changed::RULE,
    &union_branch_removed::RULE,
    &logical_type_changed::RULE,
    &bytes_as_string::RULE,
    &number_rounded::RULE,
    &namespace_changed::RULE,
    &field_taken_twice::RULE,
    &field_default_changed::RULE,
    &field_alias_removed::RULE,
    &enum_default_changed::RULE,
    &default_lost::RULE,
    &alias_lost::RULE,
    &earlier_version_breaks::RULE,
];
