//! Finds, in all profiles of buf: a file that is in another package: FILE_SAME_PACKAGE.
//!
//! Why it breaks: every type in it has another full name: what is packed in `google.protobuf.Any`, looked up in a registry, called by
//! gRPC or generated for code no longer matches.
//!
//! Instead: leave the package; a new major version gets a file and a package of its own beside this one.

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::finding::{Ends, finding};
use super::super::module::FileNode;
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[BufRule {
    info: RuleInfo {
        id: "FILE_SAME_PACKAGE",
        summary: "a file is in another package",
        breaks: Breaks::Wire,
        source: include_str!("file_same_package.rs"),
    },
    categories: &Category::ALL,
    check: Check::File(check),
}];

fn check(rule: &BufRule, files: Versions<'_, FileNode<'_>>, report: &mut Report) {
    let Versions { new, old } = files;
    if new.file.package == old.file.package {
        return;
    }
    let word = |name: &str| if name.is_empty() { "in no package".to_owned() } else { format!("in the package {name}") };
    let (is, was) = (word(&new.file.package), word(&old.file.package));
    let [at, before] = [new, old].map(|node| node.file.package_span.unwrap_or(node.start));
    let path = &new.file.path;
    let message = format!("{path} was {was} and is {is}");
    report.findings.push(finding(rule, message, "leave the package as it was", Ends::new(at, is, before, was), path.clone()));
}
