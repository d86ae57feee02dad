//! The list of rules: one file each.

use super::Check;
use crate::rule::Rule;

mod channel_address_changed;
mod channel_removed;
mod content_type_changed;
mod kafka_key_changed;
mod kafka_partitions_changed;
mod message_removed;
mod operation_removed;
mod payload_format_changed;

/// Every rule, in the order in which they run.
pub(super) const RULES: &[&Rule<Check>] = &[
    &channel_removed::RULE,
    &channel_address_changed::RULE,
    &kafka_partitions_changed::RULE,
    &message_removed::RULE,
    &content_type_changed::RULE,
    &payload_format_changed::RULE,
    &kafka_key_changed::RULE,
    &operation_removed::RULE,
];
