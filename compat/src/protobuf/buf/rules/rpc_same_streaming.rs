//! Finds, in all profiles of buf: a method whose request is a stream and was not, or the other way round: RPC_SAME_CLIENT_STREAMING;
//! or whose response is: RPC_SAME_SERVER_STREAMING.
//!
//! Why it breaks: client and server wait for another number of messages, and generated code has another signature.
//!
//! Instead: add a method with a new name.

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::finding::{Ends, finding};
use super::super::module::MethodNode;
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[
    BufRule {
        info: RuleInfo {
            id: "RPC_SAME_CLIENT_STREAMING",
            summary: "the request of a method is a stream and was not, or the other way round",
            breaks: Breaks::Wire,
            source: include_str!("rpc_same_streaming.rs"),
        },
        categories: &Category::ALL,
        check: Check::Method(|rule, methods, report| check(rule, methods, "request", |m| m.method.client_streaming, report)),
    },
    BufRule {
        info: RuleInfo {
            id: "RPC_SAME_SERVER_STREAMING",
            summary: "the response of a method is a stream and was not, or the other way round",
            breaks: Breaks::Wire,
            source: include_str!("rpc_same_streaming.rs"),
        },
        categories: &Category::ALL,
        check: Check::Method(|rule, methods, report| check(rule, methods, "response", |m| m.method.server_streaming, report)),
    },
];

type Streaming = fn(&MethodNode<'_>) -> bool;

fn check(rule: &BufRule, methods: Versions<'_, MethodNode<'_>>, part: &str, streaming: Streaming, report: &mut Report) {
    let Versions { new, old } = methods;
    if streaming(new) == streaming(old) {
        return;
    }
    let word = |method| if streaming(method) { "a stream" } else { "one message" };
    let (is, was) = (word(new), word(old));
    let name = &new.method.element.full_name;
    let message = format!("the {part} of the method {name} was {was} and is {is}");
    let ends = Ends::new(new.method.element.span, is, old.method.element.span, was);
    report.findings.push(finding(rule, message, "add a method with a new name", ends, name.clone()));
}
