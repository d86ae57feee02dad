//! Finds, in profiles of buf: a oneof that a message no longer has: ONEOF_NO_DELETE. The oneof that stands for `optional` in proto3 does
//! not count.
//!
//! Why it breaks: generated code has no type for it any more.
//!
//! Instead: keep the oneof, with its members deprecated.

use std::collections::HashSet;

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::finding::{Ends, finding};
use super::super::module::MessageNode;
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[BufRule {
    info: RuleInfo {
        id: "ONEOF_NO_DELETE",
        summary: "a oneof is gone",
        breaks: Breaks::Source,
        source: include_str!("oneof_no_delete.rs"),
    },
    categories: &[Category::File, Category::Package, Category::Csr],
    check: Check::Message(check),
}];

fn check(rule: &BufRule, messages: Versions<'_, MessageNode<'_>>, report: &mut Report) {
    let (Some(new), Some(old)) = (messages.new.message, messages.old.message) else { return };
    let known: HashSet<&str> = new.oneofs.iter().map(|o| o.element.name.as_str()).collect();
    for oneof in old.oneofs.iter().filter(|o| !known.contains(o.element.name.as_str())) {
        let (oneof, name) = (&oneof.element, &new.element.full_name);
        let message = format!("the oneof {} of {name} is gone", oneof.name);
        let ends = Ends::new(new.element.span, format!("no oneof {}", oneof.name), oneof.span, format!("oneof {}", oneof.name));
        let path = format!("{name}/{}", oneof.name);
        report.findings.push(finding(rule, message, "keep the oneof and mark its members deprecated", ends, path));
    }
}
