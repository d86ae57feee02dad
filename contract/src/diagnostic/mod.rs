//! The one [`Diagnostic`] of Eventpact and its renderers, one file per output format.
//!
//! A diagnostic is a value: checks return lists of them. A break shows both ends: the line that changed and the line it was.

mod clean;
mod fingerprint;
pub mod github;
pub mod gitlab;
mod group;
pub mod json;
pub mod junit;
pub mod markdown;
mod project;
pub mod sarif;
pub mod text;

pub use fingerprint::{fingerprints, stable_path};
pub use group::grouped;
pub use project::{Project, RulePage};

use std::sync::Arc;

use crate::rule::Layer;
use crate::source::{Sources, Span};

/// What a renderer needs to know beyond the findings.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// The word that sums up: `compatible`, `incompatible`, `unknown`; `valid`, `invalid`.
    pub verdict: &'a str,
    /// ANSI colours.
    pub color: bool,
    /// `true` for the rule ids that `eventpact explain` has a page on.
    pub explained: fn(&str) -> bool,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The contract is broken or the input is invalid: exit code 1.
    Error,
    /// Worth a look; never changes the exit code.
    Warning,
    /// For your information.
    Info,
}

impl Severity {
    /// The word in every output format.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// A place with a few words on what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is there, in a few words; may be empty.
    pub text: String,
}

impl Label {
    /// A place and its words.
    pub fn new(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }
}

/// A concrete message that the writer can send and the reader cannot read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The message as JSON text (Avro: the JSON encoding of the specification). Many findings may share one.
    pub json: Arc<str>,
    /// The bytes that were encoded with the writer's schema, as lower-case hexadecimal; `None` for textual formats.
    pub hex: Option<Arc<str>>,
    /// What the reader said when it was given these bytes, or what it read instead.
    pub reader_error: String,
}

/// How the checker of a schema registry words a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Who reads whom: `BACKWARD`, `FORWARD`.
    pub direction: String,
    /// `TYPE_MISMATCH`, `FIELD_SCALAR_KIND_CHANGED`, `REQUIRED_ATTRIBUTE_ADDED`, …
    pub kind: String,
    /// Where, in its own notation (Avro Java: a JSON pointer into the reader, `/fields/2/type`).
    pub location: String,
    /// Its text; empty where it has none.
    pub detail: String,
}

/// One finding: rule, places, why, what to do instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The rule id, for example `avro/field-without-default`; a promise, never reused.
    pub id: String,
    /// How bad it is.
    pub severity: Severity,
    /// Why, in one sentence.
    pub message: String,
    /// The line to look at first.
    pub primary: Label,
    /// The other ends.
    pub related: Vec<Label>,
    /// What to do instead.
    pub help: Option<String>,
    /// The message that proves it.
    pub witness: Option<Witness>,
    /// How the checkers of others word it, in each direction; empty for what only we find.
    pub peers: Vec<Peer>,
    /// What profiles say that differ here: `("sound", "incompatible")`; empty for all other findings.
    pub profiles: Vec<(String, &'static str)>,
    /// What the finding is about, without line numbers (`orders/OrderPlaced /fields/2`): with the id it makes the fingerprint.
    pub about: String,
    /// The keys and indexes from the root of the file to the place in it, empty for the root; `None` in files that are
    /// neither YAML nor JSON. What is wrong only by the reference that leads to it has the way through that reference.
    /// [`crate::load`] fills it in from the primary place where it is not set.
    pub path: Option<Vec<String>>,
    /// Which part of the verdict it belongs to: what is found in an AsyncAPI document may go beyond the official parser.
    pub layer: Layer,
    /// What the finding is about, for the fingerprint alone, where that is to be steadier than [`Self::about`]; empty when not.
    pub identity: String,
    /// Set when the team lives with it: such a finding is shown, and makes nothing fail.
    pub accepted: Option<Acceptance>,
    /// The subjects that it breaks (documents, messages of channels): of a change in a file that several refer to, each of them.
    pub affects: Vec<String>,
    /// What went away, and with what: reports for people tell many that went away with the same as one.
    pub gone: Option<Gone>,
}

/// Something that a new version no longer has.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Gone {
    /// Its name.
    pub name: String,
    /// What it was part of: a folder, a document, a file.
    pub with: String,
}

/// Why a team lives with a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// Their reason.
    pub reason: String,
    /// The last day on which it holds, `2026-12-31`; `None` for always.
    pub expires: Option<String>,
}

impl Diagnostic {
    /// A finding with its place; the rest is added with the `with_` methods.
    pub fn new(id: impl Into<String>, severity: Severity, span: Span, message: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            severity,
            message: message.into(),
            primary: Label::new(span, ""),
            related: Vec::new(),
            help: None,
            witness: None,
            peers: Vec::new(),
            profiles: Vec::new(),
            about: String::new(),
            path: None,
            layer: Layer::Syntax,
            identity: String::new(),
            accepted: None,
            affects: Vec::new(),
            gone: None,
        }
    }

    /// An error with its place.
    pub fn error(id: impl Into<String>, span: Span, message: impl Into<String>) -> Self {
        Self::new(id, Severity::Error, span, message)
    }

    /// A warning with its place.
    pub fn warning(id: impl Into<String>, span: Span, message: impl Into<String>) -> Self {
        Self::new(id, Severity::Warning, span, message)
    }

    /// Says what to do instead.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Puts a few words at the primary place.
    #[must_use]
    pub fn with_label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Shows another end.
    #[must_use]
    pub fn with_related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label::new(span, text));
        self
    }

    /// Names what the finding is about, for the fingerprint.
    #[must_use]
    pub fn with_about(mut self, about: impl Into<String>) -> Self {
        self.about = about.into();
        self
    }

    /// Names the value in its file that is wrong, where that is not the one at the primary place.
    #[must_use]
    pub fn with_path(mut self, path: impl IntoIterator<Item = String>) -> Self {
        self.path = Some(path.into_iter().collect());
        self
    }

    /// The path as a JSON pointer (RFC 6901).
    pub fn pointer(&self) -> Option<String> {
        self.path.as_deref().map(crate::yaml::pointer)
    }

    /// What the finding is about, or else the path to its value.
    fn subject(&self) -> String {
        if self.about.is_empty() { self.pointer().unwrap_or_default() } else { self.about.clone() }
    }
}

/// Sorts by file, place and rule, and drops exact repetitions, so that output never flickers.
pub fn sort(diagnostics: &mut Vec<Diagnostic>, sources: &Sources) {
    let name = |d: &Diagnostic| sources.file(d.primary.span.file).name();
    let place = |d: &Diagnostic| (d.primary.span, d.severity);
    diagnostics.sort_by(|a, b| {
        let by_place = name(a).cmp(name(b)).then_with(|| place(a).cmp(&place(b)));
        by_place.then_with(|| a.id.cmp(&b.id)).then_with(|| a.message.cmp(&b.message))
    });
    diagnostics.dedup();
}

/// A text of unknown origin for a terminal or a log: control characters become visible, and a further line starts with a bar, so
/// that none passes as a command to the terminal or to a CI system.
pub fn printable(text: &str) -> String {
    clean::clean(text).replace('\n', "\n  | ")
}

/// `true` when at least one is an error that is not accepted.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error && d.accepted.is_none())
}

/// How many findings have a severity, those that are accepted apart.
pub fn count(diagnostics: &[Diagnostic], severity: Severity) -> usize {
    diagnostics.iter().filter(|d| d.severity == severity && d.accepted.is_none()).count()
}

/// What a finding breaks, when that is more than one subject: how many, and the first of them.
fn affected(found: &Diagnostic) -> Option<String> {
    const SHOWN: usize = 5;
    let all = found.affects.len();
    let shown = found.affects.get(..SHOWN).unwrap_or(&found.affects).join(", ");
    let more = if all > SHOWN { format!(" and {} more", all - SHOWN) } else { String::new() };
    (all > 1).then(|| format!("{all} subjects: {shown}{more}"))
}

/// `2 errors, 1 warning, 3 accepted`, or `no findings`.
fn summary(diagnostics: &[Diagnostic]) -> String {
    let kinds = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "note")];
    let mut parts: Vec<String> = kinds
        .iter()
        .filter_map(|(severity, word)| {
            let found = count(diagnostics, *severity);
            (found > 0).then(|| format!("{found} {word}{}", if found == 1 { "" } else { "s" }))
        })
        .collect();
    if parts.is_empty() {
        parts.push("no findings".to_owned());
    }
    let accepted = diagnostics.iter().filter(|d| d.accepted.is_some()).count();
    if accepted > 0 {
        parts.push(format!("{accepted} accepted"));
    }
    parts.join(", ")
}
