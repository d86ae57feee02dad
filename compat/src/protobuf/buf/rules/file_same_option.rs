//! Finds, in the profiles `buf:FILE` and `buf:PACKAGE`: a file with another value of an option for generated code. One rule each:
//! FILE_SAME_CC_ENABLE_ARENAS, FILE_SAME_CC_GENERIC_SERVICES, FILE_SAME_CSHARP_NAMESPACE, FILE_SAME_GO_PACKAGE,
//! FILE_SAME_JAVA_GENERIC_SERVICES, FILE_SAME_JAVA_MULTIPLE_FILES, FILE_SAME_JAVA_OUTER_CLASSNAME, FILE_SAME_JAVA_PACKAGE,
//! FILE_SAME_OBJC_CLASS_PREFIX, FILE_SAME_OPTIMIZE_FOR, FILE_SAME_PHP_CLASS_PREFIX, FILE_SAME_PHP_METADATA_NAMESPACE,
//! FILE_SAME_PHP_NAMESPACE, FILE_SAME_PY_GENERIC_SERVICES, FILE_SAME_RUBY_PACKAGE, FILE_SAME_SWIFT_PREFIX.
//!
//! Why it breaks: generated code gets another package, namespace, class name or shape, and whoever uses it no longer compiles. The
//! bytes stay as they are.
//!
//! Instead: leave the option as it was; a new value belongs to a new version of the package.

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::finding::{Ends, finding};
use super::super::module::FileNode;
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[
    option("FILE_SAME_CC_ENABLE_ARENAS", "a file has another cc_enable_arenas", |rule, files, report| {
        check(rule, files, "cc_enable_arenas", "true", report);
    }),
    option("FILE_SAME_CC_GENERIC_SERVICES", "a file has another cc_generic_services", |rule, files, report| {
        check(rule, files, "cc_generic_services", "false", report);
    }),
    option("FILE_SAME_CSHARP_NAMESPACE", "a file has another csharp_namespace", |rule, files, report| {
        check(rule, files, "csharp_namespace", "", report);
    }),
    option("FILE_SAME_GO_PACKAGE", "a file has another go_package", |rule, files, report| {
        check(rule, files, "go_package", "", report);
    }),
    option("FILE_SAME_JAVA_GENERIC_SERVICES", "a file has another java_generic_services", |rule, files, report| {
        check(rule, files, "java_generic_services", "false", report);
    }),
    option("FILE_SAME_JAVA_MULTIPLE_FILES", "a file has another java_multiple_files", |rule, files, report| {
        check(rule, files, "java_multiple_files", "false", report);
    }),
    option("FILE_SAME_JAVA_OUTER_CLASSNAME", "a file has another java_outer_classname", |rule, files, report| {
        check(rule, files, "java_outer_classname", "", report);
    }),
    option("FILE_SAME_JAVA_PACKAGE", "a file has another java_package", |rule, files, report| {
        check(rule, files, "java_package", "", report);
    }),
    option("FILE_SAME_OBJC_CLASS_PREFIX", "a file has another objc_class_prefix", |rule, files, report| {
        check(rule, files, "objc_class_prefix", "", report);
    }),
    option("FILE_SAME_OPTIMIZE_FOR", "a file has another optimize_for", |rule, files, report| {
        check(rule, files, "optimize_for", "SPEED", report);
    }),
    option("FILE_SAME_PHP_CLASS_PREFIX", "a file has another php_class_prefix", |rule, files, report| {
        check(rule, files, "php_class_prefix", "", report);
    }),
    option("FILE_SAME_PHP_METADATA_NAMESPACE", "a file has another php_metadata_namespace", |rule, files, report| {
        check(rule, files, "php_metadata_namespace", "", report);
    }),
    option("FILE_SAME_PHP_NAMESPACE", "a file has another php_namespace", |rule, files, report| {
        check(rule, files, "php_namespace", "", report);
    }),
    option("FILE_SAME_PY_GENERIC_SERVICES", "a file has another py_generic_services", |rule, files, report| {
        check(rule, files, "py_generic_services", "false", report);
    }),
    option("FILE_SAME_RUBY_PACKAGE", "a file has another ruby_package", |rule, files, report| {
        check(rule, files, "ruby_package", "", report);
    }),
    option("FILE_SAME_SWIFT_PREFIX", "a file has another swift_prefix", |rule, files, report| {
        check(rule, files, "swift_prefix", "", report);
    }),
];

/// The rule of one option, and the value of a file that does not set it.
const fn option(
    id: &'static str,
    summary: &'static str,
    check: fn(&BufRule, Versions<'_, FileNode<'_>>, &mut Report),
) -> BufRule {
    BufRule {
        info: RuleInfo { id, summary, breaks: Breaks::Source, source: include_str!("file_same_option.rs") },
        categories: &[Category::File, Category::Package],
        check: Check::File(check),
    }
}

fn check(rule: &BufRule, files: Versions<'_, FileNode<'_>>, name: &str, default: &str, report: &mut Report) {
    let Versions { new, old } = files;
    let [is, was] = [new, old].map(|node| {
        let option = node.file.options.iter().rev().find(|o| o.name == name);
        let text = option.and_then(|o| o.as_string().or_else(|| o.as_word().map(str::to_owned)));
        (text.unwrap_or_else(|| default.to_owned()), option.map_or(node.start, |o| o.span))
    });
    if is.0 == was.0 {
        return;
    }
    let path = &new.file.path;
    let message = format!("the option {name} of {path} was \"{}\" and is \"{}\"", was.0, is.0);
    let help = format!("leave {name} as it was");
    let ends = Ends::new(is.1, is.0, was.1, was.0);
    report.findings.push(finding(rule, message, &help, ends, format!("{path}/{name}")));
}
