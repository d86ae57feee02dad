//! Finds, in profiles of buf: a file that moved between proto2, proto3 and editions: FILE_SAME_SYNTAX. A file without a `syntax` is
//! proto2. One edition and another are the same to this rule.
//!
//! Why it breaks: presence of fields, closed enums, packing and checks of strings may all change with it, and so does generated code.
//!
//! Instead: leave the syntax. A move to editions that keeps every feature as it was is safe on the wire; the profiles `sound` and
//! `buf:WIRE` tell.

use eventpact_contract::formats::protobuf::Syntax;

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::finding::{Ends, finding};
use super::super::module::FileNode;
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[BufRule {
    info: RuleInfo {
        id: "FILE_SAME_SYNTAX",
        summary: "a file has another syntax",
        breaks: Breaks::Source,
        source: include_str!("file_same_syntax.rs"),
    },
    categories: &[Category::File, Category::Package, Category::Csr],
    check: Check::File(check),
}];

fn check(rule: &BufRule, files: Versions<'_, FileNode<'_>>, report: &mut Report) {
    let [(is, at), (was, before)] =
        [files.new, files.old].map(|node| (word(&node.file.syntax), node.file.syntax_span.unwrap_or(node.start)));
    if is == was {
        return;
    }
    let path = &files.new.file.path;
    let message = format!("the syntax of {path} was {was} and is {is}");
    let ends = Ends::new(at, is, before, was);
    report.findings.push(finding(rule, message, "leave the syntax as it was", ends, path.clone()));
}

fn word(syntax: &Syntax) -> &'static str {
    match syntax {
        Syntax::Proto2 => "proto2",
        Syntax::Proto3 => "proto3",
        Syntax::Edition(_) => "editions",
    }
}
