//! Finds, in profiles of buf: an enum number that lost one of its names: ENUM_VALUE_SAME_NAME. A further name for the number (with
//! `allow_alias`) is fine.
//!
//! Why it breaks: JSON holds enum values by name, and generated code has a constant for each name.
//!
//! Instead: keep the old name as an alias, or leave the name as it was.

use eventpact_contract::formats::protobuf::EnumValue;

use std::collections::BTreeMap;

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::finding::{Ends, finding};
use super::super::module::EnumNode;
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[BufRule {
    info: RuleInfo {
        id: "ENUM_VALUE_SAME_NAME",
        summary: "an enum number lost a name",
        breaks: Breaks::Json,
        source: include_str!("enum_value_same_name.rs"),
    },
    categories: &[Category::File, Category::Package, Category::WireJson, Category::Csr],
    check: Check::Enum(check),
}];

fn check(rule: &BufRule, enums: Versions<'_, EnumNode<'_>>, report: &mut Report) {
    let (new, old) = (enums.new.one, enums.old.one);
    let (by_number, before) = (by_number(&new.values), by_number(&old.values));
    for (number, was) in before {
        let Some(is) = by_number.get(&number) else { continue };
        let kept = |v: &&EnumValue| is.iter().any(|n| n.element.name == v.element.name);
        let Some(lost) = was.iter().find(|v| !kept(v)) else { continue };
        let names = |values: &[&EnumValue]| values.iter().map(|v| v.element.name.as_str()).collect::<Vec<_>>().join(", ");
        for value in is {
            let enumeration = &new.element.full_name;
            let message = format!("{number} of the enum {enumeration} was {} and is {}", names(&was), names(is));
            let help = format!("keep {} = {number} as an alias (`option allow_alias = true;`)", lost.element.name);
            let ends = Ends::new(value.number_span, names(is), lost.number_span, names(&was));
            let path = format!("{enumeration}/{number}/{}", value.element.name);
            report.findings.push(finding(rule, message, &help, ends, path));
        }
    }
}

fn by_number(values: &[EnumValue]) -> BTreeMap<i32, Vec<&EnumValue>> {
    let mut found: BTreeMap<i32, Vec<&EnumValue>> = BTreeMap::new();
    for value in values {
        found.entry(value.number).or_default().push(value);
    }
    found
}
