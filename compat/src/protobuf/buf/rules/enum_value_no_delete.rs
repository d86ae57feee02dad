//! Finds, in profiles of buf: an enum number of which no value is left. ENUM_VALUE_NO_DELETE: always;
//! ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED: unless the number is reserved; ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED: unless all
//! names that it had are reserved.
//!
//! Why it breaks: old messages hold the number (in JSON, the name). Code that used the value no longer compiles, and a number that
//! may be taken again is misread.
//!
//! Instead: mark the value `deprecated`; when nobody sends it any more, write `reserved 3; reserved "NAME";`.

use eventpact_contract::formats::protobuf::EnumValue;

use std::collections::{BTreeMap, HashSet};

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::finding::{Ends, finding};
use super::super::module::EnumNode;
use super::super::ranges;
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[
    BufRule {
        info: RuleInfo {
            id: "ENUM_VALUE_NO_DELETE",
            summary: "an enum value is gone",
            breaks: Breaks::Source,
            source: include_str!("enum_value_no_delete.rs"),
        },
        categories: &[Category::File, Category::Package, Category::Csr],
        check: Check::Enum(|rule, enums, report| check(rule, enums, Unless::Never, report)),
    },
    BufRule {
        info: RuleInfo {
            id: "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED",
            summary: "an enum value is gone, and its name is not reserved",
            breaks: Breaks::Json,
            source: include_str!("enum_value_no_delete.rs"),
        },
        categories: &[Category::WireJson, Category::Csr],
        check: Check::Enum(|rule, enums, report| check(rule, enums, Unless::Name, report)),
    },
    BufRule {
        info: RuleInfo {
            id: "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED",
            summary: "an enum value is gone, and its number is not reserved",
            breaks: Breaks::Wire,
            source: include_str!("enum_value_no_delete.rs"),
        },
        categories: &[Category::WireJson, Category::Wire, Category::Csr],
        check: Check::Enum(|rule, enums, report| check(rule, enums, Unless::Number, report)),
    },
];

/// What makes a deletion acceptable.
#[derive(Clone, Copy)]
enum Unless {
    Never,
    Name,
    Number,
}

fn check(rule: &BufRule, enums: Versions<'_, EnumNode<'_>>, unless: Unless, report: &mut Report) {
    let (new, old) = (enums.new.one, enums.old.one);
    let known: HashSet<i32> = new.values.iter().map(|v| v.number).collect();
    let reserved: HashSet<&str> = new.reserved_names.iter().map(|(name, _)| name.as_str()).collect();
    let mut gone: BTreeMap<i32, Vec<&EnumValue>> = BTreeMap::new();
    for value in old.values.iter().filter(|v| !known.contains(&v.number)) {
        gone.entry(value.number).or_default().push(value);
    }
    for (number, values) in gone {
        let allowed = match unless {
            Unless::Never => false,
            Unless::Name => values.iter().all(|v| reserved.contains(v.element.name.as_str())),
            Unless::Number => ranges::contain(&new.reserved_ranges, number),
        };
        let Some(first) = values.first().filter(|_| !allowed) else { continue };
        let (names, name): (Vec<&str>, _) = (values.iter().map(|v| v.element.name.as_str()).collect(), &new.element.full_name);
        let (names, not) = (
            names.join(", "),
            match unless {
                Unless::Never => "",
                Unless::Name => ", and the name is not reserved",
                Unless::Number => ", and the number is not reserved",
            },
        );
        let message = format!("the value {names} = {number} of the enum {name} is gone{not}");
        let help =
            format!("keep the value and mark it deprecated, or write `reserved {number}; reserved \"{}\";`", first.element.name);
        let was = format!("{} = {number}", first.element.name);
        let ends = Ends::new(new.element.span, format!("no value {number}"), first.element.span, was);
        report.findings.push(finding(rule, message, &help, ends, format!("{name}/{number}")));
    }
}
