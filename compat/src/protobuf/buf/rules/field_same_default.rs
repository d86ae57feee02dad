//! Finds, in profiles of buf: a field with another default: FIELD_SAME_DEFAULT. A field without `default` has zero, nothing, or the first
//! value of its enum. Numbers are compared as numbers, whatever their types.
//!
//! Why it breaks: a field that is not set is not sent; the reader takes its own default for it, so that one message means two things.
//!
//! Instead: leave the default as it was; send the other value.

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::default;
use super::super::field::FieldNode;
use super::super::finding::{Ends, finding};
use super::super::rule::{BufRule, Category, Check, Modules, Versions};

pub(super) const RULES: &[BufRule] = &[BufRule {
    info: RuleInfo {
        id: "FIELD_SAME_DEFAULT",
        summary: "a field has another default",
        breaks: Breaks::Wire,
        source: include_str!("field_same_default.rs"),
    },
    categories: &Category::ALL,
    check: Check::Field(check),
}];

fn check(rule: &BufRule, modules: Modules<'_, '_>, fields: Versions<'_, FieldNode<'_>>, report: &mut Report) {
    let Versions { new, old } = fields;
    let (Some(is), Some(was)) = (default::of(new, modules.new), default::of(old, modules.old)) else { return };
    if (is.is_zero() && was.is_zero()) || is.same(&was) {
        return;
    }
    let (is, was) = (is.words(), was.words());
    let message = format!("the default of {} was {was} and is {is}", new.described());
    let ends = Ends::new(new.option_place("default"), is, old.option_place("default"), was);
    report.findings.push(finding(rule, message, "leave the default as it was", ends, new.path()));
}
