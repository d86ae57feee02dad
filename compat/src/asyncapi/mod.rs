//! The rules of AsyncAPI: channels, messages and operations of two contracts, paired.

use crate::rule::RuleInfo;

/// Every rule of the format.
pub fn rules() -> Vec<RuleInfo> {
    Vec::new()
}
