//! Finds, in the profile `buf:PACKAGE`: a package of which no file is left: PACKAGE_NO_DELETE.
//!
//! Why it breaks: everything that was generated from it is gone, and full names (in `Any`, in URLs of gRPC) no longer resolve.
//!
//! Instead: keep the package until nobody uses it; a new version gets a package of its own beside it.

use std::collections::BTreeMap;

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::finding::{Ends, finding};
use super::super::module::{FileNode, Module};
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[BufRule {
    info: RuleInfo {
        id: "PACKAGE_NO_DELETE",
        summary: "a package is gone",
        breaks: Breaks::Source,
        source: include_str!("package_no_delete.rs"),
    },
    categories: &[Category::Package],
    check: Check::Module(check),
}];

fn check(rule: &BufRule, modules: Versions<'_, Module<'_>>, report: &mut Report) {
    let mut gone: BTreeMap<&str, &FileNode<'_>> = BTreeMap::new();
    for file in modules.old.files.iter().filter(|f| !modules.new.has_package(&f.file.package)) {
        let first = gone.entry(&file.file.package).or_insert(file);
        if file.file.path < first.file.path {
            *first = file;
        }
    }
    for (package, first) in gone {
        let name = if package.is_empty() { "without a name" } else { package };
        let message = format!("the package {name} is gone");
        let at = first.file.package_span.unwrap_or(first.start);
        let ends = Ends::new(first.start, "the first file that was in it", at, format!("package {name}"));
        report.findings.push(finding(rule, message, "keep the package until nobody uses it", ends, package.to_owned()));
    }
}
