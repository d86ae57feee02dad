//! Finds, in profiles of buf: a field that a message no longer has. FIELD_NO_DELETE: always; FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED:
//! unless the number is reserved; FIELD_NO_DELETE_UNLESS_NAME_RESERVED: unless the name is reserved.
//!
//! Why it breaks: code that used the field no longer compiles. A number that may be taken again is misread in old messages, a name
//! that may be taken again in old JSON.
//!
//! Instead: mark the field `deprecated`; when nobody uses it any more, write `reserved 2; reserved "name";`.

use std::collections::HashSet;

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::finding::{Ends, finding};
use super::super::module::MessageNode;
use super::super::ranges;
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[
    BufRule {
        info: RuleInfo {
            id: "FIELD_NO_DELETE",
            summary: "a field is gone",
            breaks: Breaks::Source,
            source: include_str!("field_no_delete.rs"),
        },
        categories: &[Category::File, Category::Package, Category::Csr],
        check: Check::Message(|rule, messages, report| check(rule, messages, Unless::Never, report)),
    },
    BufRule {
        info: RuleInfo {
            id: "FIELD_NO_DELETE_UNLESS_NAME_RESERVED",
            summary: "a field is gone, and its name is not reserved",
            breaks: Breaks::Json,
            source: include_str!("field_no_delete.rs"),
        },
        categories: &[Category::WireJson, Category::Csr],
        check: Check::Message(|rule, messages, report| check(rule, messages, Unless::Name, report)),
    },
    BufRule {
        info: RuleInfo {
            id: "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
            summary: "a field is gone, and its number is not reserved",
            breaks: Breaks::Wire,
            source: include_str!("field_no_delete.rs"),
        },
        categories: &[Category::WireJson, Category::Wire, Category::Csr],
        check: Check::Message(|rule, messages, report| check(rule, messages, Unless::Number, report)),
    },
];

/// What makes a deletion acceptable.
#[derive(Clone, Copy)]
enum Unless {
    Never,
    Name,
    Number,
}

fn check(rule: &BufRule, messages: Versions<'_, MessageNode<'_>>, unless: Unless, report: &mut Report) {
    let Versions { new, old } = messages;
    let known: HashSet<i32> = new.fields.iter().map(super::super::field::FieldNode::number).collect();
    for field in old.fields.iter().filter(|f| !known.contains(&f.number())) {
        let (number, name) = (field.number(), field.name());
        let allowed = new.message.is_some_and(|m| match unless {
            Unless::Never => false,
            Unless::Name => m.reserved_names.iter().any(|(reserved, _)| reserved == name),
            Unless::Number => ranges::contain(&m.reserved_ranges, number),
        });
        if allowed {
            continue;
        }
        let not = match unless {
            Unless::Never => "",
            Unless::Name => ", and its name is not reserved",
            Unless::Number => ", and its number is not reserved",
        };
        let message = format!("{} is gone{not}", field.described());
        let help = format!("keep the field and mark it deprecated, or write `reserved {number}; reserved \"{name}\";`");
        let was = format!("{} {name} = {number}", field.type_words());
        let ends = Ends::new(new.span, format!("no field {number}"), field.place(), was);
        report.findings.push(finding(rule, message, &help, ends, format!("{}/{number}", new.full_name)));
    }
}
