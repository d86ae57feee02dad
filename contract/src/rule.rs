//! What a rule on documents is: plain data with a page. The rules themselves are one file each, in `asyncapi/rules/`;
//! what the readers of texts and schemas find has short pages in `rule/pages/`.

mod pages;

pub use pages::read as read_pages;

use crate::diagnostic::{Diagnostic, Severity};

/// Which part of the verdict a rule belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// The text, its references, the schemas in it that can't be read at all: always counts.
    Syntax,
    /// What the official AsyncAPI parser checks too, under its names.
    Parity,
    /// What goes beyond the official parser: decides only when it is asked to (`--strict`).
    Beyond,
}

impl Layer {
    /// The word in every output format.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Parity => "parity",
            Self::Beyond => "beyond",
        }
    }
}

/// The data of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The id: the official parser's name where it has the rule, else `asyncapi/…`. A promise: never reused.
    pub id: &'static str,
    /// Which part of the verdict it belongs to.
    pub layer: Layer,
    /// How bad its findings are by themselves.
    pub severity: Severity,
    /// One line.
    pub summary: &'static str,
    /// The source text of the rule's file: its `//!` lines are the page that `explain` shows. Without such lines, the page.
    pub source: &'static str,
}

impl Rule {
    /// The page: what the rule finds, why that matters, what to do instead.
    pub fn page(&self) -> String {
        if !self.source.starts_with("//!") {
            return self.source.trim().to_owned();
        }
        let lines = self.source.lines().take_while(|line| line.starts_with("//!"));
        lines.map(|line| line.trim_start_matches("//!").trim_start()).collect::<Vec<_>>().join("\n")
    }
}

/// Every rule, sorted by id.
pub fn all() -> Vec<Rule> {
    let mut rules = crate::asyncapi::rules();
    rules.extend(pages::all());
    rules.sort_by_key(|rule| rule.id);
    rules
}

/// The layer of a finding by its id, also of those that are no rule's: `yaml/…`, `protobuf/…`, `avro/…`.
pub fn layer_of(id: &str) -> Layer {
    if let Some(rule) = crate::asyncapi::rules().iter().find(|rule| rule.id == id) {
        return rule.layer;
    }
    match id.split_once('/').map(|(family, _)| family) {
        Some("yaml" | "source" | "protobuf") => Layer::Syntax,
        Some(_) => Layer::Beyond,
        None => Layer::Parity,
    }
}

/// Turns the errors of the beyond layer into warnings: what is left says whether a document is valid for the official parser
/// too. Schemas that stand alone are no matter of that parser: their errors stay.
pub fn demote_beyond(found: &mut [Diagnostic]) {
    for diagnostic in found {
        if diagnostic.severity == Severity::Error && diagnostic.layer == Layer::Beyond {
            diagnostic.severity = Severity::Warning;
        }
    }
}

/// `true` for an error that leaves something out of the contract or makes it doubtful. What goes beyond the official parser and
/// only advises (an example that does not fit, a channel that nobody uses) stops nobody.
pub fn stops(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Error && !crate::asyncapi::advises(&diagnostic.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_sorted() {
        let ids: Vec<&str> = all().iter().map(|rule| rule.id).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ids:?}");
    }

    #[test]
    fn layers() {
        for (id, layer) in [
            ("yaml/duplicate-key", Layer::Syntax),
            ("protobuf/syntax", Layer::Syntax),
            ("invalid-ref", Layer::Parity),
            ("asyncapi3-channel-parameters", Layer::Parity),
            ("asyncapi/parameter-not-described", Layer::Beyond),
            ("avro/unknown-type", Layer::Beyond),
        ] {
            assert_eq!(layer_of(id), layer, "{id}");
        }
    }
}
