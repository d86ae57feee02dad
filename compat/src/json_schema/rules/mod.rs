//! The list of rules, one file each. The first one takes what no other owns.

mod branch_removed;
mod content_closed;
mod enum_narrowed;
mod limit_tightened;
pub(super) mod property_added;
mod required_added;
mod type_changed;

use crate::rule::Rule;

use super::walk::Check;

/// Every rule of the format.
pub(super) const RULES: &[&Rule<Check>] = &[
    &type_changed::RULE,
    &branch_removed::RULE,
    &content_closed::RULE,
    &enum_narrowed::RULE,
    &limit_tightened::RULE,
    &property_added::RULE,
    &required_added::RULE,
];
