//! The list of rules: one file each.

use super::site::Check;
use crate::rule::Rule;

mod enum_symbol_removed;
mod field_alias_ambiguous;
mod field_without_default;
mod fixed_size_changed;
mod logical_type_changed;
mod name_mismatch;
mod type_changed;
mod union_branch_removed;

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
];
