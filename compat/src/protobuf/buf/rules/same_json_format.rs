//! Finds, in profiles of buf: a message or an enum for which JSON is no longer supported: MESSAGE_SAME_JSON_FORMAT,
//! ENUM_SAME_JSON_FORMAT. That is so in proto2, and in editions where `features.json_format` is `LEGACY_BEST_EFFORT`.
//!
//! Why it breaks: without support, names that meet in JSON are allowed, and readers and writers of JSON may refuse the type.
//!
//! Instead: leave `features.json_format` at `ALLOW`.

use eventpact_contract::formats::protobuf::{OptionEntry, feature_place};
use eventpact_contract::source::Span;

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::finding::{Ends, finding};
use super::super::module::{EnumNode, MessageNode};
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[
    BufRule {
        info: RuleInfo {
            id: "ENUM_SAME_JSON_FORMAT",
            summary: "an enum no longer supports JSON",
            breaks: Breaks::Json,
            source: include_str!("same_json_format.rs"),
        },
        categories: &[Category::File, Category::Package, Category::WireJson, Category::Csr],
        check: Check::Enum(enums),
    },
    BufRule {
        info: RuleInfo {
            id: "MESSAGE_SAME_JSON_FORMAT",
            summary: "a message no longer supports JSON",
            breaks: Breaks::Json,
            source: include_str!("same_json_format.rs"),
        },
        categories: &[Category::File, Category::Package, Category::WireJson, Category::Csr],
        check: Check::Message(messages),
    },
];

fn enums(rule: &BufRule, enums: Versions<'_, EnumNode<'_>>, report: &mut Report) {
    let (new, old) = (enums.new.one, enums.old.one);
    if old.features.json && !new.features.json {
        let places = [(&new.options, new.element.span), (&old.options, old.element.span)].map(|(o, span)| place(o, span));
        found(rule, "enum", &new.element.full_name, places, report);
    }
}

fn messages(rule: &BufRule, messages: Versions<'_, MessageNode<'_>>, report: &mut Report) {
    let Versions { new, old } = messages;
    if old.features.json && !new.features.json {
        let places = [new, old].map(|node| node.message.map_or(node.span, |m| place(&m.options, node.span)));
        found(rule, "message", &new.full_name, places, report);
    }
}

fn place(options: &[OptionEntry], span: Span) -> Span {
    feature_place(options, None, "json_format").unwrap_or(span)
}

fn found(rule: &BufRule, what: &str, name: &str, [new, old]: [Span; 2], report: &mut Report) {
    let message = format!("the {what} {name} supported JSON and no longer does");
    let help = "leave `features.json_format` at ALLOW";
    let ends = Ends::new(new, "LEGACY_BEST_EFFORT", old, "ALLOW");
    report.findings.push(finding(rule, message, help, ends, name.to_owned()));
}
