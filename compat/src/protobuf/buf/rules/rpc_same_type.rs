//! Finds, in all profiles of buf: a method with another type of request, RPC_SAME_REQUEST_TYPE, or of response,
//! RPC_SAME_RESPONSE_TYPE.
//!
//! Why it breaks: client and server read each other's messages with another type, and generated code has another signature.
//!
//! Instead: add fields to the type that is there, or add a method with a new name.

use eventpact_contract::formats::protobuf::Method;
use eventpact_contract::source::Span;

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::finding::{Ends, finding};
use super::super::module::MethodNode;
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[
    BufRule {
        info: RuleInfo {
            id: "RPC_SAME_REQUEST_TYPE",
            summary: "a method has another type of request",
            breaks: Breaks::Wire,
            source: include_str!("rpc_same_type.rs"),
        },
        categories: &Category::ALL,
        check: Check::Method(|rule, methods, report| check(rule, methods, "request", |m| (&m.input, m.input_text.1), report)),
    },
    BufRule {
        info: RuleInfo {
            id: "RPC_SAME_RESPONSE_TYPE",
            summary: "a method has another type of response",
            breaks: Breaks::Wire,
            source: include_str!("rpc_same_type.rs"),
        },
        categories: &Category::ALL,
        check: Check::Method(|rule, methods, report| check(rule, methods, "response", |m| (&m.output, m.output_text.1), report)),
    },
];

/// A type by its full name, and where it is written.
type Part = for<'m> fn(&'m Method) -> (&'m String, Span);

fn check(rule: &BufRule, methods: Versions<'_, MethodNode<'_>>, part: &str, of: Part, report: &mut Report) {
    let ((is, at), (was, before)) = (of(methods.new.method), of(methods.old.method));
    if is == was {
        return;
    }
    let name = &methods.new.method.element.full_name;
    let message = format!("the {part} of the method {name} was {was} and is {is}");
    let help = "add a method with a new name, or fields to the type that was there";
    report.findings.push(finding(rule, message, help, Ends::new(at, is, before, was), name.clone()));
}
