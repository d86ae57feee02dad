//! Finds, in profiles of buf: numbers or names that were set aside and no longer are. EXTENSION_MESSAGE_NO_DELETE: numbers for
//! extensions; RESERVED_MESSAGE_NO_DELETE: reserved numbers and names of a message; RESERVED_ENUM_NO_DELETE: those of an enum.
//!
//! Why it breaks: what is reserved was used once, so that taking it again misreads old messages; extensions of others use the
//! numbers of their range.
//!
//! Instead: only ever add to `reserved` and `extensions`.

use eventpact_contract::formats::protobuf::Range;
use eventpact_contract::source::Span;

use std::collections::HashSet;

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::finding::{Ends, finding};
use super::super::module::{EnumNode, MessageNode};
use super::super::ranges;
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[
    BufRule {
        info: RuleInfo {
            id: "EXTENSION_MESSAGE_NO_DELETE",
            summary: "numbers for extensions are gone",
            breaks: Breaks::Source,
            source: include_str!("ranges_no_delete.rs"),
        },
        categories: &[Category::File, Category::Package, Category::Csr],
        check: Check::Message(extensions),
    },
    BufRule {
        info: RuleInfo {
            id: "RESERVED_ENUM_NO_DELETE",
            summary: "reserved numbers or names of an enum are gone",
            breaks: Breaks::Wire,
            source: include_str!("ranges_no_delete.rs"),
        },
        categories: &Category::ALL,
        check: Check::Enum(enums),
    },
    BufRule {
        info: RuleInfo {
            id: "RESERVED_MESSAGE_NO_DELETE",
            summary: "reserved numbers or names of a message are gone",
            breaks: Breaks::Wire,
            source: include_str!("ranges_no_delete.rs"),
        },
        categories: &Category::ALL,
        check: Check::Message(messages),
    },
];

/// An element that sets numbers and names aside.
struct Holder<'a> {
    name: &'a str,
    span: Span,
    ranges: &'a [Range],
    names: &'a [(String, Span)],
}

fn extensions(rule: &BufRule, messages: Versions<'_, MessageNode<'_>>, report: &mut Report) {
    let (Some(new), Some(old)) = (messages.new.message, messages.old.message) else { return };
    let [new, old] =
        [new, old].map(|m| Holder { name: &m.element.full_name, span: m.element.span, ranges: &m.extension_ranges, names: &[] });
    check(rule, "extensions", &new, &old, report);
}

fn messages(rule: &BufRule, messages: Versions<'_, MessageNode<'_>>, report: &mut Report) {
    let (Some(new), Some(old)) = (messages.new.message, messages.old.message) else { return };
    let [new, old] = [new, old].map(|m| Holder {
        name: &m.element.full_name,
        span: m.element.span,
        ranges: &m.reserved_ranges,
        names: &m.reserved_names,
    });
    check(rule, "reserved", &new, &old, report);
}

fn enums(rule: &BufRule, enums: Versions<'_, EnumNode<'_>>, report: &mut Report) {
    let [new, old] = [enums.new.one, enums.old.one].map(|e| Holder {
        name: &e.element.full_name,
        span: e.element.span,
        ranges: &e.reserved_ranges,
        names: &e.reserved_names,
    });
    check(rule, "reserved", &new, &old, report);
}

fn check(rule: &BufRule, keyword: &str, new: &Holder<'_>, old: &Holder<'_>, report: &mut Report) {
    let mut gone = |what: String, span: Span| {
        let message = format!("`{keyword} {what}` of {} is gone, or a part of it", new.name);
        let help = format!("put `{keyword} {what};` back");
        let ends = Ends::new(new.span, format!("no longer {keyword} {what}"), span, format!("{keyword} {what}"));
        report.findings.push(finding(rule, message, &help, ends, format!("{}/{keyword} {what}", new.name)));
    };
    let joined = ranges::joined(new.ranges);
    for range in old.ranges.iter().filter(|r| !ranges::holds(&joined, r)) {
        gone(ranges::words(range), range.span);
    }
    let mut known: HashSet<&str> = new.names.iter().map(|(name, _)| name.as_str()).collect();
    for (name, span) in old.names {
        if known.insert(name) {
            gone(format!("\"{name}\""), *span);
        }
    }
}
