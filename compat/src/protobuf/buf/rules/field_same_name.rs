//! Finds, in profiles of buf: a field number with another name: FIELD_SAME_NAME; or with another name in JSON: FIELD_SAME_JSON_NAME.
//! Extensions are compared by their full names.
//!
//! Why it breaks: generated code has other accessors; JSON knows fields by name. On the wire only the number counts, so the profile
//! `buf:WIRE` takes it. It may also be no rename at all, but a number that was given to another meaning.
//!
//! Instead: leave the name; or rename the field and set `json_name` to the name that it had in JSON.

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::field::FieldNode;
use super::super::finding::{Ends, finding};
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[
    BufRule {
        info: RuleInfo {
            id: "FIELD_SAME_JSON_NAME",
            summary: "a field number has another name in JSON",
            breaks: Breaks::Json,
            source: include_str!("field_same_name.rs"),
        },
        categories: &[Category::File, Category::Package, Category::WireJson, Category::Csr],
        check: Check::Field(|rule, _, fields, report| json(rule, fields, report)),
    },
    BufRule {
        info: RuleInfo {
            id: "FIELD_SAME_NAME",
            summary: "a field number has another name",
            breaks: Breaks::Json,
            source: include_str!("field_same_name.rs"),
        },
        categories: &[Category::File, Category::Package, Category::WireJson, Category::Csr],
        check: Check::Field(|rule, _, fields, report| plain(rule, fields, report)),
    },
];

fn plain(rule: &BufRule, fields: Versions<'_, FieldNode<'_>>, report: &mut Report) {
    let Versions { new, old } = fields;
    if new.name() == old.name() {
        return;
    }
    let message = format!("{} was `{}`", new.described(), old.name());
    let ends = Ends::new(new.name_place(), new.name(), old.name_place(), old.name());
    let help = "leave the name as it was; another meaning gets a new number";
    report.findings.push(finding(rule, message, help, ends, new.path()));
}

fn json(rule: &BufRule, fields: Versions<'_, FieldNode<'_>>, report: &mut Report) {
    let Versions { new, old } = fields;
    let (is, was) = (&new.field().json_name, &old.field().json_name);
    // The parts of an entry are `key` and `value` in both.
    if old.is_extension() || new.in_entry() || old.in_entry() || is == was {
        return;
    }
    let message = format!("{} was `{was}` in JSON and is `{is}`", new.described());
    let ends = Ends::new(new.option_place("json_name"), is, old.option_place("json_name"), was);
    report.findings.push(finding(rule, message, &format!("write [json_name = \"{was}\"]"), ends, new.path()));
}
