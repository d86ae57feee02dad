//! Pages of what the readers of texts and schemas find: many short ones, so they stand together in a file for each family.
//!
//! A page starts with `## id (severity): one line`; what follows up to the next one is its text.

use super::{Rule, layer_of};
use crate::diagnostic::Severity;

const FILES: [&str; 5] = [
    include_str!("pages/asyncapi.md"),
    include_str!("pages/text.md"),
    include_str!("pages/avro.md"),
    include_str!("pages/protobuf.md"),
    include_str!("pages/json_schema.md"),
];

/// The pages of all families.
pub(super) fn all() -> impl Iterator<Item = Rule> {
    FILES.iter().flat_map(|file| read(file))
}

/// The pages of one file. A page whose first line is not as it should be is left out; tests see that none is.
pub fn read(file: &'static str) -> impl Iterator<Item = Rule> {
    let sections = file.split("\n## ").skip(1);
    sections.filter_map(|section| {
        let (title, text) = section.split_once('\n')?;
        let (head, summary) = title.split_once("): ")?;
        let (id, severity) = head.split_once(" (")?;
        let severity = match severity {
            "error" => Severity::Error,
            "warning" => Severity::Warning,
            "info" => Severity::Info,
            _ => return None,
        };
        Some(Rule { id, layer: layer_of(id), severity, summary, source: text })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_read() {
        let written: usize = FILES.iter().map(|file| file.matches("\n## ").count()).sum();
        let read: Vec<Rule> = all().collect();
        assert_eq!(read.len(), written);
        for rule in read {
            let parts = rule.page().matches("\n\n").count();
            assert!(parts >= 1 && !rule.summary.is_empty(), "{} says what, why and what instead", rule.id);
        }
    }
}
