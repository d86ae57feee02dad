//! Finds, in profiles of buf: a field that moved into a oneof, out of one, or to one of another name: FIELD_SAME_ONEOF. The profile
//! `sound` is more exact: one field that moves into a new oneof of its own is safe on the wire, two are not.
//!
//! Why it breaks: a oneof keeps the last of its members that arrives and forgets the others; generated code has other accessors.
//!
//! Instead: leave the field where it is, and make the oneof of new fields with new numbers.

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::field::FieldNode;
use super::super::finding::{Ends, finding};
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[BufRule {
    info: RuleInfo {
        id: "FIELD_SAME_ONEOF",
        summary: "a field moved into a oneof, or out of one",
        breaks: Breaks::Wire,
        source: include_str!("field_same_oneof.rs"),
    },
    categories: &Category::ALL,
    check: Check::Field(|rule, _, fields, report| check(rule, fields, report)),
}];

fn check(rule: &BufRule, fields: Versions<'_, FieldNode<'_>>, report: &mut Report) {
    let Versions { new, old } = fields;
    if old.is_extension() || new.oneof() == old.oneof() {
        return;
    }
    let word = |oneof: Option<&str>| oneof.map_or("in no oneof".to_owned(), |name| format!("in the oneof {name}"));
    let (is, was) = (word(new.oneof()), word(old.oneof()));
    let message = format!("{} was {was} and is {is}", new.described());
    let help = "leave the field where it was, and make the oneof of new fields with new numbers";
    let ends = Ends::new(new.place(), is, old.place(), was);
    report.findings.push(finding(rule, message, help, ends, new.path()));
}
