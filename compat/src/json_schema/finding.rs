//! What a rule owns, what it is told, and the finding that it makes of it.

use eventpact_contract::diagnostic::{Severity, Witness};

use crate::report::{Finding, PeerWording, Place};
use crate::rule::Rule;

/// What a rule owns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Check {
    /// Keywords of JSON Schema whose refusal it words, and situations that `owner` names.
    pub(super) keywords: &'static [&'static str],
    /// Difference types of Confluent's registry that belong to it.
    pub(super) differences: &'static [&'static str],
    /// Why it breaks, in one sentence, and what to do instead.
    pub(super) word: fn(&Break) -> (String, &'static str),
}

/// One break, before it is worded.
#[derive(Debug)]
pub(super) struct Break {
    /// The keyword of the reader that refuses, or Confluent's difference type.
    pub(super) keyword: String,
    /// Where in the message: `/lines/0/sku`; empty for the message itself.
    pub(super) at: String,
    /// What the reader has there.
    pub(super) reader: Place,
    /// What the writer has there.
    pub(super) writer: Place,
}

impl Break {
    /// The place in the message for people: `'/lines/0/sku'`, or `the message`.
    pub(super) fn subject(&self) -> String {
        if self.at.is_empty() { "the message".to_owned() } else { format!("'{}'", self.at) }
    }

    /// What the reader says there: `` `maxLength: 5` ``.
    pub(super) fn stated(&self) -> String {
        let text = if self.reader.text.is_empty() { &self.keyword } else { &self.reader.text };
        format!("`{text}`")
    }
}

/// A finding of a rule.
pub(super) fn finding(
    rule: &Rule<Check>,
    found: Break,
    path: String,
    witness: Option<Witness>,
    peer: Option<PeerWording>,
) -> Finding {
    let (message, help) = (rule.check.word)(&found);
    Finding {
        rule: rule.info,
        severity: Severity::Error,
        message,
        help: help.to_owned(),
        reader: found.reader,
        writer: found.writer,
        path,
        peer,
        witness,
    }
}
