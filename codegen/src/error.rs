//! Why nothing could be generated.

use eventpact_contract::diagnostic::Diagnostic;
use eventpact_contract::source::Span;

/// Nothing was generated.
#[derive(Debug, thiserror::Error)]
pub enum CodegenError {
    /// The contract asks for something that cannot be generated (yet); each finding has its place.
    #[error("{} in the contract cannot be generated: {}", count(.0), first(.0))]
    Unsupported(Vec<Diagnostic>),
    /// The options do not fit; the text says which one and what it may be.
    #[error("{0}")]
    Options(String),
    /// A template does not fit its data: a mistake in this program.
    #[error("the template {template} cannot be filled: {reason}")]
    Template {
        /// Its name.
        template: String,
        /// What the template engine said.
        reason: String,
    },
    /// Generated code is not Rust: a mistake in this program.
    #[error("the code generated for {file} is not Rust: {reason}")]
    Print {
        /// The file.
        file: String,
        /// What the parser said.
        reason: String,
    },
}

fn count(diagnostics: &[Diagnostic]) -> String {
    if diagnostics.len() == 1 { "one thing".to_owned() } else { format!("{} things", diagnostics.len()) }
}

fn first(diagnostics: &[Diagnostic]) -> &str {
    diagnostics.first().map_or("", |d| d.message.as_str())
}

/// A finding that stops generation.
pub(crate) type Refusal = Box<Diagnostic>;

/// What is not supported, where, and what to do.
pub(crate) fn unsupported(span: Span, message: impl Into<String>, help: impl Into<String>) -> Refusal {
    Box::new(Diagnostic::error("codegen/not-supported", span, message).with_help(help))
}
