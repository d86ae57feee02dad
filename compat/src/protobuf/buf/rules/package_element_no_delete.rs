//! Finds, in profiles of buf: a message, an enum, an extension or a service that its package no longer has: PACKAGE_MESSAGE_NO_DELETE,
//! PACKAGE_ENUM_NO_DELETE, PACKAGE_EXTENSION_NO_DELETE, PACKAGE_SERVICE_NO_DELETE. A move to another file of the package is fine. As in
//! buf, nothing is said when the package has no message, enum or extension left at all; FILE tells that.
//!
//! Why it breaks: code that is generated package by package (Go, Java, C#) no longer has the type.
//!
//! Instead: keep it and mark it `deprecated`, or put the new contract into a new package (`shop.v2`) beside the old one.

use eventpact_contract::source::Span;

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::finding::{Ends, finding};
use super::super::module::{FileNode, Kind, Module};
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[
    BufRule {
        info: RuleInfo {
            id: "PACKAGE_ENUM_NO_DELETE",
            summary: "an enum is gone from its package",
            breaks: Breaks::Source,
            source: include_str!("package_element_no_delete.rs"),
        },
        categories: &[Category::Package],
        check: Check::Module(|rule, modules, report| check(rule, modules, Kind::Enum, report)),
    },
    BufRule {
        info: RuleInfo {
            id: "PACKAGE_EXTENSION_NO_DELETE",
            summary: "an extension is gone from its package",
            breaks: Breaks::Source,
            source: include_str!("package_element_no_delete.rs"),
        },
        categories: &[Category::Package],
        check: Check::Module(|rule, modules, report| check(rule, modules, Kind::Extension, report)),
    },
    BufRule {
        info: RuleInfo {
            id: "PACKAGE_MESSAGE_NO_DELETE",
            summary: "a message is gone from its package",
            breaks: Breaks::Source,
            source: include_str!("package_element_no_delete.rs"),
        },
        categories: &[Category::Package],
        check: Check::Module(|rule, modules, report| check(rule, modules, Kind::Message, report)),
    },
    BufRule {
        info: RuleInfo {
            id: "PACKAGE_SERVICE_NO_DELETE",
            summary: "a service is gone from its package",
            breaks: Breaks::Source,
            source: include_str!("package_element_no_delete.rs"),
        },
        categories: &[Category::Package],
        check: Check::Module(|rule, modules, report| check(rule, modules, Kind::Service, report)),
    },
];

fn check(rule: &BufRule, modules: Versions<'_, Module<'_>>, kind: Kind, report: &mut Report) {
    let Versions { new, old } = modules;
    // A package that is gone as a whole is another finding; and buf says nothing when the last of a kind is gone.
    for file in old.files.iter().filter(|f| new.package_has(&f.file.package, kind)) {
        let package = &file.file.package;
        for gone in file.elements.iter().filter(|e| e.kind == kind && new.in_package(package, kind, &e.nested).is_none()) {
            let (what, name) = (kind.as_str(), &gone.nested);
            let message = format!("the {what} {name} is gone from the package {package}");
            let help = format!("keep the {what} in some file of the package and mark it deprecated");
            let place = place(new, file, kind, name);
            let ends = Ends::new(place, format!("no {what} {name}"), gone.span, format!("{what} {name}"));
            report.findings.push(finding(rule, message, &help, ends, format!("{package}/{name}")));
        }
    }
}

/// The message around what is gone, the file that it was in, or the place where it was when that file is gone too.
fn place(new: &Module<'_>, old: &FileNode<'_>, kind: Kind, nested: &str) -> Span {
    let Some(file) = new.file(&old.file.path) else { return old.start };
    match kind {
        Kind::Service => file.start,
        Kind::Enum | Kind::Extension => file.place_around(nested),
        Kind::Message => {
            let around = std::iter::successors(Some(nested), |name| Some(name.rsplit_once('.')?.0)).skip(1);
            let mut places = around.filter_map(|name| new.in_package(&old.file.package, Kind::Message, name));
            places.next().unwrap_or(file.start)
        }
    }
}
