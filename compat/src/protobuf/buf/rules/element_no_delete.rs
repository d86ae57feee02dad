//! Finds, in profiles of buf: a message, an enum, an extension or a service that its file no longer has: MESSAGE_NO_DELETE,
//! ENUM_NO_DELETE, EXTENSION_NO_DELETE, SERVICE_NO_DELETE. The message that a map has for its entries counts as one.
//!
//! Why it breaks: code is generated file by file in C++, Python and others; whoever includes or imports what was generated from
//! this file no longer finds the type there, also when it moved to another file.
//!
//! Instead: keep it where it is and mark it `deprecated`. When code is found by its package, the category PACKAGE lets types move.

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::finding::{Ends, finding};
use super::super::module::{FileNode, Kind};
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[
    BufRule {
        info: RuleInfo {
            id: "ENUM_NO_DELETE",
            summary: "an enum is gone from its file",
            breaks: Breaks::Source,
            source: include_str!("element_no_delete.rs"),
        },
        categories: &[Category::File, Category::Csr],
        check: Check::File(|rule, files, report| check(rule, files, Kind::Enum, report)),
    },
    BufRule {
        info: RuleInfo {
            id: "EXTENSION_NO_DELETE",
            summary: "an extension is gone from its file",
            breaks: Breaks::Source,
            source: include_str!("element_no_delete.rs"),
        },
        categories: &[Category::File],
        check: Check::File(|rule, files, report| check(rule, files, Kind::Extension, report)),
    },
    BufRule {
        info: RuleInfo {
            id: "MESSAGE_NO_DELETE",
            summary: "a message is gone from its file",
            breaks: Breaks::Source,
            source: include_str!("element_no_delete.rs"),
        },
        categories: &[Category::File, Category::Csr],
        check: Check::File(|rule, files, report| check(rule, files, Kind::Message, report)),
    },
    BufRule {
        info: RuleInfo {
            id: "SERVICE_NO_DELETE",
            summary: "a service is gone from its file",
            breaks: Breaks::Source,
            source: include_str!("element_no_delete.rs"),
        },
        categories: &[Category::File],
        check: Check::File(|rule, files, report| check(rule, files, Kind::Service, report)),
    },
];

fn check(rule: &BufRule, files: Versions<'_, FileNode<'_>>, kind: Kind, report: &mut Report) {
    let Versions { new, old } = files;
    for gone in old.elements.iter().filter(|e| e.kind == kind && new.place_of(kind, &e.nested).is_none()) {
        let (what, name, path) = (kind.as_str(), &gone.nested, &old.file.path);
        let message = format!("the {what} {name} is gone from {path}");
        let help = format!("keep the {what} in this file and mark it deprecated");
        let ends = Ends::new(new.place_around(name), format!("no {what} {name}"), gone.span, format!("{what} {name}"));
        report.findings.push(finding(rule, message, &help, ends, format!("{path}/{name}")));
    }
}
