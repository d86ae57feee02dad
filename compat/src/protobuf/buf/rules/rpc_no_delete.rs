//! Finds, in the profiles `buf:FILE` and `buf:PACKAGE`: a method that its service no longer has: RPC_NO_DELETE.
//!
//! Why it breaks: clients call a method that is no longer there, and generated code that uses it no longer compiles.
//!
//! Instead: keep the method and mark it `deprecated` until nobody calls it.

use std::collections::HashSet;

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::finding::{Ends, finding};
use super::super::module::ServiceNode;
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[BufRule {
    info: RuleInfo {
        id: "RPC_NO_DELETE",
        summary: "a method is gone from its service",
        breaks: Breaks::Source,
        source: include_str!("rpc_no_delete.rs"),
    },
    categories: &[Category::File, Category::Package],
    check: Check::Service(check),
}];

fn check(rule: &BufRule, services: Versions<'_, ServiceNode<'_>>, report: &mut Report) {
    let (new, old) = (services.new.service, services.old.service);
    let known: HashSet<&str> = new.methods.iter().map(|m| m.element.name.as_str()).collect();
    for method in old.methods.iter().filter(|m| !known.contains(m.element.name.as_str())) {
        let (method, name) = (&method.element, &new.element.full_name);
        let message = format!("the method {} of the service {name} is gone", method.name);
        let ends = Ends::new(new.element.span, format!("no rpc {}", method.name), method.span, format!("rpc {}", method.name));
        let path = format!("{name}/{}", method.name);
        report.findings.push(finding(rule, message, "keep the method and mark it deprecated", ends, path));
    }
}
