//! Finds, in all profiles of buf: a method with another option `idempotency_level`: RPC_SAME_IDEMPOTENCY_LEVEL.
//!
//! Why it breaks: clients and proxies repeat, cache, or send with GET what they were told is safe to; the promise has changed.
//!
//! Instead: leave the option as it was; a method with another promise gets a new name.

use eventpact_contract::formats::protobuf::OptionEntry;
use eventpact_contract::source::Span;

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::finding::{Ends, finding};
use super::super::module::MethodNode;
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[BufRule {
    info: RuleInfo {
        id: "RPC_SAME_IDEMPOTENCY_LEVEL",
        summary: "a method has another idempotency level",
        breaks: Breaks::Wire,
        source: include_str!("rpc_same_idempotency_level.rs"),
    },
    categories: &Category::ALL,
    check: Check::Method(check),
}];

fn check(rule: &BufRule, methods: Versions<'_, MethodNode<'_>>, report: &mut Report) {
    let [(is, at), (was, before)] = [methods.new, methods.old].map(|node| {
        let option = node.method.options.iter().rev().find(|o| o.name == "idempotency_level");
        let level = option.and_then(OptionEntry::as_word).unwrap_or("IDEMPOTENCY_UNKNOWN");
        (level, option.map_or(Span::start_of(node.method.element.span.file), |o| o.span))
    });
    if is == was {
        return;
    }
    let name = &methods.new.method.element.full_name;
    let message = format!("the idempotency level of the method {name} was {was} and is {is}");
    let ends = Ends::new(at, is, before, was);
    report.findings.push(finding(rule, message, "leave the option as it was", ends, name.clone()));
}
