//! Finds, in the profiles `buf:FILE` and `buf:PACKAGE`: a string or bytes field with another type in C++: FIELD_SAME_CPP_STRING_TYPE.
//! The option `ctype` says it, in editions `features.(pb.cpp).string_type`. From `STRING_PIECE` to `STRING` is no change.
//!
//! Why it breaks: accessors in C++ take and return another type.
//!
//! Instead: leave the option or the feature as it was.

use eventpact_contract::formats::protobuf::{CppString, Scalar};

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::field::{FieldNode, Type};
use super::super::finding::{Ends, finding};
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[BufRule {
    info: RuleInfo {
        id: "FIELD_SAME_CPP_STRING_TYPE",
        summary: "a string or bytes field has another type in C++",
        breaks: Breaks::Source,
        source: include_str!("field_same_cpp_string_type.rs"),
    },
    categories: &[Category::File, Category::Package],
    check: Check::Field(|rule, _, fields, report| check(rule, fields, report)),
}];

fn check(rule: &BufRule, fields: Versions<'_, FieldNode<'_>>, report: &mut Report) {
    let Versions { new, old } = fields;
    let text = |field: &FieldNode<'_>| matches!(field.ty(), Type::Scalar(Scalar::String | Scalar::Bytes));
    if !text(new) || !text(old) || (new.in_entry() && old.in_entry()) {
        return;
    }
    let (is, was) = (new.cpp_string(), old.cpp_string());
    let (_, was_piece) = was;
    if is == was || (was_piece && is.0 == CppString::String) {
        return;
    }
    let message = format!("{} was {} in C++ and is {}", new.described(), word(was), word(is));
    let place = |field: &FieldNode<'_>| {
        let option = field.option("ctype").map(|o| o.span);
        option.or_else(|| field.language_place("pb.cpp", "string_type")).unwrap_or(field.place())
    };
    let ends = Ends::new(place(new), word(is), place(old), word(was));
    report.findings.push(finding(rule, message, "leave the option or the feature as it was", ends, new.path()));
}

fn word((ty, piece): (CppString, bool)) -> &'static str {
    match ty {
        CppString::String if piece => "STRING_PIECE",
        CppString::String => "STRING",
        CppString::Cord => "CORD",
        CppString::View => "VIEW",
    }
}
