//! Finds, in the profiles `buf:FILE` and `buf:PACKAGE`: an integer of 64 bits with another option `jstype`: FIELD_SAME_JSTYPE.
//!
//! Why it breaks: accessors in JavaScript take and return a number where they had a string, or the other way round.
//!
//! Instead: leave the option as it was.

use eventpact_contract::formats::protobuf::{OptionEntry, Scalar};

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::field::{FieldNode, Type};
use super::super::finding::{Ends, finding};
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[BufRule {
    info: RuleInfo {
        id: "FIELD_SAME_JSTYPE",
        summary: "a field has another type in JavaScript",
        breaks: Breaks::Source,
        source: include_str!("field_same_jstype.rs"),
    },
    categories: &[Category::File, Category::Package],
    check: Check::Field(|rule, _, fields, report| check(rule, fields, report)),
}];

fn check(rule: &BufRule, fields: Versions<'_, FieldNode<'_>>, report: &mut Report) {
    let Versions { new, old } = fields;
    let (is, was) = (jstype(new), jstype(old));
    if is == was || !wide(new) || !wide(old) {
        return;
    }
    let message = format!("the option jstype of {} was {was} and is {is}", new.described());
    let ends = Ends::new(new.option_place("jstype"), is, old.option_place("jstype"), was);
    report.findings.push(finding(rule, message, "leave the option as it was", ends, new.path()));
}

fn wide(field: &FieldNode<'_>) -> bool {
    matches!(field.ty(), Type::Scalar(Scalar::Int64 | Scalar::Uint64 | Scalar::Sint64 | Scalar::Fixed64 | Scalar::Sfixed64))
}

fn jstype<'m>(field: &FieldNode<'m>) -> &'m str {
    field.option("jstype").and_then(OptionEntry::as_word).unwrap_or("JS_NORMAL")
}
