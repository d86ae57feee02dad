//! Finds a change in a binding that no rule knows: a protocol without a table (redis, mercure, stomp, amqp1, …), an
//! extension, or a field that its specification does not have.
//!
//! Why it breaks: it may or may not: what the field means is not known here, so the change is not passed over in
//! silence.
//!
//! What to do instead: look at the change yourself; when it is fine, say so in `eventpact.toml` for this rule and
//! path.

use super::super::Check;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(in crate::asyncapi) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/binding-not-judged",
        summary: "a binding changed in a way that no rule knows",
        breaks: Breaks::Contract,
        source: include_str!("binding_not_judged.rs"),
    },
    check: Check::Unjudged,
};

/// What to do about it.
pub(in crate::asyncapi) const HELP: &str = "look at this change yourself";
