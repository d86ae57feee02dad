//! Finds, in the profiles `buf:FILE` and `buf:PACKAGE`: an enum that was open and is closed, or the other way round:
//! ENUM_SAME_TYPE. Enums of proto2 are closed, those of proto3 open; editions decide with `features.enum_type`.
//!
//! Why it breaks: a closed enum puts values that it does not know aside, an open one keeps them; generated code has other types
//! and other behaviour.
//!
//! Instead: leave `features.enum_type` as it was; in a file that moves to editions, write it out.

use eventpact_contract::formats::protobuf::feature_place;

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::finding::{Ends, finding};
use super::super::module::EnumNode;
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[BufRule {
    info: RuleInfo {
        id: "ENUM_SAME_TYPE",
        summary: "an enum is open that was closed, or closed that was open",
        breaks: Breaks::Source,
        source: include_str!("enum_same_type.rs"),
    },
    categories: &[Category::File, Category::Package],
    check: Check::Enum(check),
}];

fn check(rule: &BufRule, enums: Versions<'_, EnumNode<'_>>, report: &mut Report) {
    let (new, old) = (enums.new.one, enums.old.one);
    if new.features.open_enum == old.features.open_enum {
        return;
    }
    let word = |open: bool| if open { "open" } else { "closed" };
    let (is, was) = (word(new.features.open_enum), word(old.features.open_enum));
    let name = &new.element.full_name;
    let at = feature_place(&new.options, None, "enum_type").unwrap_or(new.element.span);
    let before = feature_place(&old.options, None, "enum_type").unwrap_or(old.element.span);
    let help = format!("leave it {was}: in editions, `option features.enum_type = {};`", was.to_uppercase());
    let message = format!("the enum {name} was {was} and is {is}");
    report.findings.push(finding(rule, message, &help, Ends::new(at, is, before, was), name.clone()));
}
