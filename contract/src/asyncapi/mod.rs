//! The AsyncAPI document: its objects, references, traits, and the way into the [`crate::model`].
//!
//! Read are 2.0 to 2.6, 3.0 and 3.1. Rule ids that start with `asyncapi-`, `asyncapi2-` and `asyncapi3-` are those of the
//! official parser, so that a pipeline can swap the tools; ids of our own start with `asyncapi/`. The entry is
//! [`crate::load`].

mod examples;
mod resolve;
mod rules;
mod schema_format;
mod shape;
mod traits;
mod v2;
mod v3;
mod version;

pub(crate) use resolve::{Documents, is_remote, moved_reference};
pub use v2::PointOfView;
pub(crate) use v2::upgrade;

use crate::diagnostic::Diagnostic;
use crate::model::Contract;
use crate::rule::Rule;
use crate::source::{Reader, Sources};
use crate::yaml::Node;

/// The data of every rule on documents.
pub(crate) fn rules() -> Vec<Rule> {
    rules::all()
}

/// What the shape of a 3.x document lacks.
pub(crate) fn shape_errors(documents: &Documents) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if let Some(root) = documents.root() {
        shape::check(documents, root, &mut found);
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
    view: PointOfView,
    sources: &mut Sources,
    reader: &dyn Reader,
    found: &mut Vec<Diagnostic>,
) -> Option<Contract> {
    let version = version::read(root, found)?;
    let text = root.get("asyncapi").and_then(Node::as_str).unwrap_or(version.as_str());
    if !version.is_2() {
        shape::check(documents, root, found);
    }
    rules::run(&rules::Context { documents, root, version }, found);
    let contract = if version.is_2() {
        v2::lower(documents, root, text, view, sources, reader, found)
    } else {
        v3::lower(documents, root, text, sources, reader, found)
    };
    let messages = contract.iter().flat_map(|contract| &contract.channels).flat_map(|channel| &channel.messages);
    let read = messages.map(|message| message.span).collect();
    examples::check(documents, root, version, &read, sources, reader, found);
    contract
}
