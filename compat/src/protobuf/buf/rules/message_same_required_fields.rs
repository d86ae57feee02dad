//! Finds, in all profiles of buf: a field that is required and was not there or not required, or the other way round:
//! MESSAGE_SAME_REQUIRED_FIELDS. As in buf, that is the label `required` of proto2; `LEGACY_REQUIRED` of editions is found by
//! FIELD_SAME_CARDINALITY and the like, and by the profile `sound`.
//!
//! Why it breaks: a message without a required field is refused as a whole. New readers refuse old messages, or old readers new ones.
//!
//! Instead: never add a required field; make new fields optional and check them in code.

use std::collections::HashSet;

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::field::{Cardinality, FieldNode};
use super::super::finding::{Ends, finding};
use super::super::module::MessageNode;
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[BufRule {
    info: RuleInfo {
        id: "MESSAGE_SAME_REQUIRED_FIELDS",
        summary: "a message has other required fields",
        breaks: Breaks::Wire,
        source: include_str!("message_same_required_fields.rs"),
    },
    categories: &Category::ALL,
    check: Check::Message(check),
}];

fn check(rule: &BufRule, messages: Versions<'_, MessageNode<'_>>, report: &mut Report) {
    let Versions { new, old } = messages;
    let (is, was) = (numbers(new), numbers(old));
    for field in required(old).filter(|f| !is.contains(&f.number())) {
        let message = format!("{} was required and is not", field.described());
        let help = "leave it required: old readers refuse messages without it";
        let ends = Ends::new(new.span, format!("does not require {}", field.number()), field.place(), "required");
        report.findings.push(finding(rule, message, help, ends, field.path()));
    }
    for field in required(new).filter(|f| !was.contains(&f.number())) {
        let message = format!("{} is required and was not", field.described());
        let help = "make it optional: old messages do not have it";
        let ends = Ends::new(field.place(), "required", old.span, format!("does not require {}", field.number()));
        report.findings.push(finding(rule, message, help, ends, field.path()));
    }
}

fn required<'a, 'm>(node: &'a MessageNode<'m>) -> impl Iterator<Item = &'a FieldNode<'m>> {
    // As in buf, what editions write as LEGACY_REQUIRED does not count here; FIELD_SAME_CARDINALITY tells it.
    node.fields.iter().filter(|f| f.cardinality() == Cardinality::Required && !f.in_edition())
}

fn numbers(node: &MessageNode<'_>) -> HashSet<i32> {
    required(node).map(FieldNode::number).collect()
}
