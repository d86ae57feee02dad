//! The AsyncAPI document: its objects, references, traits, and the way into the [`crate::model`].
//!
//! Read are 3.0 and 3.1. Rule ids that start with `asyncapi-` are those of the official parser, so that a pipeline can swap
//! the tools; ids of our own start with `asyncapi/`. The entry is [`crate::load`].

mod resolve;
mod shape;
mod traits;
mod v3;

pub(crate) use resolve::{Documents, is_remote};

use crate::diagnostic::Diagnostic;
use crate::model::Contract;
use crate::source::{Reader, Sources};
use crate::yaml::Node;

/// The versions that are read, for messages.
const SUPPORTED: &str = "3.0.0 and 3.1.0";

/// Checks the document and lowers it into the model.
pub(crate) fn read(
    documents: &Documents,
    root: &Node,
    sources: &mut Sources,
    reader: &dyn Reader,
    found: &mut Vec<Diagnostic>,
) -> Option<Contract> {
    let version = version(root, found)?;
    shape::check(documents, root, found);
    v3::lower(documents, root, version, sources, reader, found)
}

/// The version, when it is one that is read.
fn version<'a>(root: &'a Node, found: &mut Vec<Diagnostic>) -> Option<&'a str> {
    let not_asyncapi = |span, message: String| Diagnostic::error("asyncapi-is-asyncapi", span, message);
    let help = format!("Eventpact reads AsyncAPI {SUPPORTED}");
    let Some(node) = root.get("asyncapi") else {
        found
            .push(not_asyncapi(root.span, "this is no AsyncAPI document: it has no field `asyncapi`".to_owned()).with_help(help));
        return None;
    };
    let Some(text) = node.as_str() else {
        let message = format!("`asyncapi` must be a string, and this is {}", node.kind());
        found.push(not_asyncapi(node.span, message).with_help("put the version in quotes: asyncapi: '3.0.0'"));
        return None;
    };
    let number = text.split('-').next().unwrap_or(text);
    let parts: Vec<&str> = number.split('.').collect();
    match parts.as_slice() {
        ["3", "0" | "1", patch] if patch.bytes().all(|b| b.is_ascii_digit()) && !patch.is_empty() => {
            if *patch != "0" || number.len() < text.len() {
                let message = format!("AsyncAPI {text} is read as 3.{}.0", parts.get(1).unwrap_or(&"0"));
                found.push(Diagnostic::warning("asyncapi/version-unusual", node.span, message));
            }
            Some(text)
        }
        ["2", "0" | "1" | "2" | "3" | "4" | "5" | "6", _] => {
            let message = format!("AsyncAPI {text} is not supported yet");
            let help = format!("{help}: `asyncapi convert` of the official tools turns 2.x into 3.0");
            found.push(Diagnostic::error("asyncapi/version-not-supported", node.span, message).with_help(help));
            None
        }
        _ => {
            found.push(not_asyncapi(node.span, format!("`{text}` is no version of AsyncAPI that is known")).with_help(help));
            None
        }
    }
}
