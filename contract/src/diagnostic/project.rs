//! What the reports for CI systems know of the project: where its root is, and what its rules are called.

use super::Severity;
use crate::source::{LineColumn, Sources, Span};

/// What a rule's id stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulePage {
    /// One line.
    pub summary: String,
    /// The page that `eventpact explain` shows, as Markdown.
    pub page: String,
    /// How bad it is when nobody says otherwise; `None` when that depends on the finding.
    pub severity: Option<Severity>,
}

/// The project that a report is about.
#[derive(Debug, Clone, Copy)]
pub struct Project<'a> {
    /// The absolute path of its root, with `/` at the end; empty when it is not known. CI systems want paths that start there.
    pub root: &'a str,
    /// The way from the root to the working folder: empty, or `services/orders/`.
    pub base: &'a str,
    /// The names of the documents that were looked at, as diagnostics show them.
    pub documents: &'a [String],
    /// Findings this bad or worse make the run fail.
    pub fails: Severity,
    /// The exit code of the run.
    pub exit_code: u8,
    /// The version of the program.
    pub version: &'a str,
    /// The page of a rule.
    pub rule: fn(&str) -> Option<RulePage>,
}

/// A file as CI systems want it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FilePath {
    /// From the root of the project, with `/` between folders; absolute when the file lies elsewhere.
    pub(super) path: String,
    /// Where this version of the file is from, when it is not the one in the working folder: `git:main`, a URL.
    pub(super) origin: Option<String>,
}

impl Project<'_> {
    /// The path of a file whose name diagnostics show as `name`.
    pub(super) fn file(&self, name: &str) -> FilePath {
        if let Some((reference, path)) = name.strip_prefix("git:").and_then(|rest| rest.split_once(':')) {
            return FilePath { path: path.to_owned(), origin: Some(format!("git:{reference}")) };
        }
        // Code scanning refuses a whole report in which one address has a scheme.
        let remote = name.split_once("://").filter(|(scheme, _)| scheme.bytes().all(|b| b.is_ascii_alphanumeric()));
        if let Some((_, rest)) = remote {
            return FilePath { path: rest.to_owned(), origin: Some(name.to_owned()) };
        }
        let path = match name.strip_prefix(self.root).filter(|_| !self.root.is_empty()) {
            Some(below) => below.to_owned(),
            None if name.starts_with('/') => name.to_owned(),
            None => normal(&format!("{}{name}", self.base)),
        };
        FilePath { path, origin: None }
    }

    /// The first and the last line and column of a span; the last column is the one behind its last character.
    pub(super) fn range(sources: &Sources, span: Span) -> (LineColumn, LineColumn) {
        let file = sources.file(span.file);
        (file.line_column(span.start), file.line_column(end_of(sources, span)))
    }
}

/// Where a span ends when the white space at its end does not count: a block of YAML reaches to the start of the next line.
pub(super) fn end_of(sources: &Sources, span: Span) -> u32 {
    let text = sources.text(span).trim_end();
    if text.is_empty() { span.start } else { span.start + u32::try_from(text.len()).unwrap_or(0) }
}

/// Leaves out `.` and what `..` takes back.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_start_at_the_root_of_the_project() {
        let project = Project {
            root: "/work/shop/",
            base: "specs/",
            documents: &[],
            fails: Severity::Error,
            exit_code: 0,
            version: "1",
            rule: |_| None,
        };
        let path = |name: &str| project.file(name).path;
        assert_eq!(path("a.yaml"), "specs/a.yaml");
        assert_eq!(path("./x/../../a.yaml"), "a.yaml");
        assert_eq!(path("../../a.yaml"), "../a.yaml");
        assert_eq!(path("/work/shop/x/a.yaml"), "x/a.yaml");
        assert_eq!(path("/elsewhere/a.yaml"), "/elsewhere/a.yaml");
        let git = FilePath { path: "specs/a.yaml".to_owned(), origin: Some("git:main".to_owned()) };
        assert_eq!(project.file("git:main:specs/a.yaml"), git);
        assert_eq!(path("https://example.org/a.yaml"), "example.org/a.yaml");
    }
}
