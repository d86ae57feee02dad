//! Finds, in the profiles `buf:FILE` and `buf:CSR`: a file that is gone: FILE_NO_DELETE. Files that are imported count: the last
//! import of one that was taken away is a finding too.
//!
//! Why it breaks: whoever imports the file, or what was generated from it, no longer finds it.
//!
//! Instead: keep the file, also when its contents moved; `import public` of the new file keeps importers working.

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::finding::{Ends, finding};
use super::super::module::Module;
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[BufRule {
    info: RuleInfo {
        id: "FILE_NO_DELETE",
        summary: "a file is gone",
        breaks: Breaks::Source,
        source: include_str!("file_no_delete.rs"),
    },
    categories: &[Category::File, Category::Csr],
    check: Check::Module(check),
}];

fn check(rule: &BufRule, modules: Versions<'_, Module<'_>>, report: &mut Report) {
    for old in modules.old.files.iter().filter(|f| modules.new.file(&f.file.path).is_none()) {
        let path = &old.file.path;
        let ends = Ends::new(old.start, "it is no longer there", old.start, "it was here");
        let help = "keep the file; `import public` of the file that took its place keeps importers working";
        report.findings.push(finding(rule, format!("the file {path} is gone"), help, ends, path.clone()));
    }
}
