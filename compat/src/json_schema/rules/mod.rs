//! The list of rules, one file each.

mod additional_items_closed;
mod additional_properties_closed;
mod all_of_extended;
mod any_of_branch_removed;
mod conditional_changed;
mod const_changed;
mod contains_narrowed;
mod content_encoding_changed;
mod dependent_required_added;
mod dependent_schema_narrowed;
mod enum_narrowed;
mod max_items_decreased;
mod max_length_decreased;
mod max_properties_decreased;
mod maximum_decreased;
mod min_items_increased;
mod min_length_increased;
mod min_properties_increased;
mod minimum_increased;
mod multiple_of_changed;
mod not_extended;
mod one_of_branch_removed;
mod one_of_overlap;
mod pattern_changed;
mod pattern_properties_changed;
mod property_added;
mod property_forbidden;
mod property_names_narrowed;
mod property_removed;
mod property_required;
mod required_undeclared;
mod tuple_item_changed;
mod type_changed;
mod unevaluated_items_closed;
mod unevaluated_properties_closed;
mod unique_items_required;

use crate::rule::Rule;

use super::finding::Check;

/// Every rule of the format.
pub(super) const RULES: &[&Rule<Check>] = &[
    &additional_items_closed::RULE,
    &additional_properties_closed::RULE,
    &all_of_extended::RULE,
    &any_of_branch_removed::RULE,
    &conditional_changed::RULE,
    &const_changed::RULE,
    &contains_narrowed::RULE,
    &content_encoding_changed::RULE,
    &dependent_required_added::RULE,
    &dependent_schema_narrowed::RULE,
    &enum_narrowed::RULE,
    &max_items_decreased::RULE,
    &max_length_decreased::RULE,
    &max_properties_decreased::RULE,
    &maximum_decreased::RULE,
    &min_items_increased::RULE,
    &min_length_increased::RULE,
    &min_properties_increased::RULE,
    &minimum_increased::RULE,
    &multiple_of_changed::RULE,
    &not_extended::RULE,
    &one_of_branch_removed::RULE,
    &one_of_overlap::RULE,
    &pattern_changed::RULE,
    &pattern_properties_changed::RULE,
    &property_added::RULE,
    &property_forbidden::RULE,
    &property_names_narrowed::RULE,
    &property_removed::RULE,
    &property_required::RULE,
    &required_undeclared::RULE,
    &tuple_item_changed::RULE,
    &type_changed::RULE,
    &unevaluated_items_closed::RULE,
    &unevaluated_properties_closed::RULE,
    &unique_items_required::RULE,
];

/// The rule of a keyword (`maxLength`, or one of the situations that `owner` names). Each has one: a test says so.
pub(super) fn of_keyword(keyword: &str) -> &'static Rule<Check> {
    RULES.iter().find(|r| r.check.keywords.contains(&keyword)).copied().unwrap_or(RULES[0])
}

/// The rule that owns a difference type of Confluent's registry. Each has one: a test says so.
pub(super) fn of_difference(difference: &str) -> &'static Rule<Check> {
    RULES.iter().find(|r| r.check.differences.contains(&difference)).copied().unwrap_or(RULES[0])
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::RULES;

    #[test]
    fn each_keyword_and_each_difference_has_one_owner() {
        let mut seen = HashSet::new();
        for rule in RULES {
            for owned in rule.check.keywords.iter().chain(rule.check.differences) {
                assert!(seen.insert(owned), "{owned} is owned twice, the second time by {}", rule.info.id);
            }
        }
    }
}
