//! Finds, in the profiles `buf:FILE` and `buf:PACKAGE`: a string field whose bytes are checked to be UTF-8 and were not, or the other
//! way round: FIELD_SAME_UTF8_VALIDATION, and FIELD_SAME_JAVA_UTF8_VALIDATION for Java, where `java_string_check_utf8` and
//! `features.(pb.java).utf8_validation` also count. Strings of proto3 are checked, those of proto2 are not; editions decide with
//! `features.utf8_validation`.
//!
//! Why it breaks: a reader that checks refuses messages that one without the check took.
//!
//! Instead: leave the feature as it was; in a file that moves to editions, write it out.

use eventpact_contract::formats::protobuf::Scalar;
use eventpact_contract::source::Span;

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::field::{FieldNode, Type};
use super::super::finding::{Ends, finding};
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[
    BufRule {
        info: RuleInfo {
            id: "FIELD_SAME_JAVA_UTF8_VALIDATION",
            summary: "a string field is checked in Java and was not, or the other way round",
            breaks: Breaks::Source,
            source: include_str!("utf8_validation.rs"),
        },
        categories: &[Category::File, Category::Package],
        check: Check::Field(|rule, _, fields, report| java(rule, fields, report)),
    },
    BufRule {
        info: RuleInfo {
            id: "FIELD_SAME_UTF8_VALIDATION",
            summary: "a string field is checked and was not, or the other way round",
            breaks: Breaks::Source,
            source: include_str!("utf8_validation.rs"),
        },
        categories: &[Category::File, Category::Package],
        check: Check::Field(|rule, _, fields, report| all(rule, fields, report)),
    },
];

fn all(rule: &BufRule, fields: Versions<'_, FieldNode<'_>>, report: &mut Report) {
    let place = |field: &FieldNode<'_>| field.feature_place("utf8_validation").unwrap_or(field.place());
    check(rule, fields, (|f| f.utf8(), place), "", report);
}

fn java(rule: &BufRule, fields: Versions<'_, FieldNode<'_>>, report: &mut Report) {
    let place = |field: &FieldNode<'_>| {
        let option = field.java_option().map(|o| o.span);
        option.or_else(|| field.language_place("pb.java", "utf8_validation")).unwrap_or(field.place())
    };
    check(rule, fields, (|f| f.java_utf8(), place), " in Java", report);
}

/// Whether a field is checked, and the place that says so.
type Question = (fn(&FieldNode<'_>) -> bool, fn(&FieldNode<'_>) -> Span);

fn check(rule: &BufRule, fields: Versions<'_, FieldNode<'_>>, question: Question, whose: &str, report: &mut Report) {
    let Versions { new, old } = fields;
    let text = |field: &FieldNode<'_>| field.ty() == Type::Scalar(Scalar::String);
    let (checked, place) = question;
    let (is, was) = (checked(new), checked(old));
    if !text(new) || !text(old) || is == was {
        return;
    }
    let word = |checked: bool| if checked { "checked to be UTF-8" } else { "not checked to be UTF-8" };
    let message = format!("{} was {} and is {}{whose}", new.described(), word(was), word(is));
    let ends = Ends::new(place(new), word(is), place(old), word(was));
    report.findings.push(finding(rule, message, "leave the feature as it was", ends, new.path()));
}
