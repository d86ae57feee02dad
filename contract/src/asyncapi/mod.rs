//! The AsyncAPI document: its objects, references, traits, and the way into the [`crate::model`].
//!
//! Read are 2.0 to 2.6, 3.0 and 3.1. Rule ids that start with `asyncapi-`, `asyncapi2-` and `asyncapi3-` are those of the
//! official parser, so that a pipeline can swap the tools; ids of our own start with `asyncapi/`. The entry is
//! [`crate::load`].

mod examples;
mod expression;
mod resolve;
mod rules;
mod schema_format;
mod shape;
mod traits;
mod v2;
mod v3;
mod version;

pub use expression::{Part, RuntimeExpression};
pub(crate) use resolve::{Documents, is_remote, moved_reference, percent_decode, split as split_reference};
pub use v2::PointOfView;
pub(crate) use v2::upgrade;
use v3::payload::Payloads;

use std::collections::HashSet;

use crate::diagnostic::{Diagnostic, Severity};
use crate::load::Options;
use crate::model::Contract;
use crate::rule::{self, Layer, Rule};
use crate::source::{Reader, Sources, Span};
use crate::yaml::Node;

/// The data of every rule on documents.
pub(crate) fn rules() -> Vec<Rule> {
    rules::all()
}

/// What the shape of a document lacks.
pub(crate) fn shape_errors(documents: &Documents) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if let Some(root) = documents.root()
        && let Some(version) = version::read(root, &mut found)
    {
        shape::check(documents, root, version, &mut found);
    }
    found
}

/// `true` for the ids of rules that advise: they go beyond the official parser and leave nothing out of the contract.
pub(crate) fn advises(id: &str) -> bool {
    rules::advises(id) || examples::advises(id)
}

/// Checks the document and lowers it into the model.
pub(crate) fn read(
    documents: &Documents,
    root: &Node,
    options: Options,
    sources: &mut Sources,
    reader: &dyn Reader,
    found: &mut Vec<Diagnostic>,
) -> Option<Contract> {
    let version = version::read(root, found)?;
    shape::check(documents, root, version, found);
    rules::run(&rules::Context::new(documents, root, version), options.errors_only, found);
    let text = root.get("asyncapi").and_then(Node::as_str).unwrap_or(version.as_str());
    let mut own = Vec::new();
    let contract = version.is_2().then(|| v2::lower(documents, root, text, options.point_of_view, sources, reader, &mut own));
    // The examples of 3.x are held against the schemas that were read for the contract; 2.x is rewritten for that.
    let format = if version.is_2() { version.as_str() } else { text };
    let mut payloads = Payloads::new(documents, format, sources, reader);
    let contract = contract.unwrap_or_else(|| v3::lower(documents, root, text, &mut payloads, &mut own));
    // What a rule has said of a place is not said again by the one who stumbles over it.
    let said: HashSet<Span> = found.iter().filter(|d| d.severity == Severity::Error).map(|d| d.primary.span).collect();
    found.extend(own.into_iter().filter(|d| rule::layer_of(&d.id) != Layer::Beyond || !said.contains(&d.primary.span)));
    let messages = contract.iter().flat_map(|contract| &contract.channels).flat_map(|channel| &channel.messages);
    let read = messages.map(|message| message.span).collect();
    examples::check(documents, root, version, &read, payloads, found);
    contract
}
