//! What a comparison of one reader with one writer found.

use eventpact_contract::diagnostic::{Peer, Severity, Witness};
use eventpact_contract::source::Span;

use crate::mode::Direction;
use crate::rule::RuleInfo;

/// A place on one side, with a few words on what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Where.
    pub span: Span,
    /// What is there, in a few words (`symbol RETURNED`, `int`).
    pub text: String,
}

impl Place {
    /// A place and its words.
    pub fn new(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }
}

/// How a peer words the same finding: Avro Java's `SchemaCompatibility`, Confluent's difference types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerWording {
    /// `TYPE_MISMATCH`, `FIELD_SCALAR_KIND_CHANGED`, …
    pub kind: String,
    /// Where, in the peer's own notation (Avro Java: JSON pointer in the reader, `/fields/2/type`).
    pub location: String,
    /// The peer's text (`reader type: INT not compatible with writer type: NULL`).
    pub detail: String,
}

impl PeerWording {
    pub(crate) fn directed(&self, direction: Direction) -> Peer {
        let Self { kind, location, detail } = self.clone();
        Peer { direction: direction.as_str().to_owned(), kind, location, detail }
    }
}

/// One thing that a reader cannot do with what the writer sends.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule.
    pub rule: RuleInfo,
    /// An error breaks; a warning is worth a look.
    pub severity: Severity,
    /// Why, in one sentence that speaks of "the reader" and "the writer".
    pub message: String,
    /// What to do instead.
    pub help: String,
    /// The place in the reader's schema.
    pub reader: Place,
    /// The place in the writer's schema.
    pub writer: Place,
    /// A path without line numbers, for the fingerprint (`/fields/2/type`).
    pub path: String,
    /// How the peer says it; `None` for rules that are ours.
    pub peer: Option<PeerWording>,
    /// The message that proves it.
    pub witness: Option<Witness>,
}

/// The findings of one pair, in the order in which the walker met them.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What was found.
    pub findings: Vec<Finding>,
    /// Why the comparison could not be completed; the verdict is then "unknown" unless an error was found.
    pub unknown: Option<String>,
}

impl Report {
    /// Nothing found yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// No finding is an error, and the comparison was completed.
    pub fn is_compatible(&self) -> bool {
        self.unknown.is_none() && !self.findings.iter().any(|f| f.severity == Severity::Error)
    }
}
