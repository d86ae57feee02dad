//! The versions of AsyncAPI, and which of them a document says that it is.

use crate::diagnostic::Diagnostic;
use crate::yaml::Node;

/// The versions that are read, for messages.
const SUPPORTED: &str = "2.0.0 to 2.6.0, 3.0.0 and 3.1.0";

/// A version of the specification, without its patch number: patches change no meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Version {
    V2_0,
    V2_1,
    V2_2,
    V2_3,
    V2_4,
    V2_5,
    V2_6,
    V3_0,
    V3_1,
}

impl Version {
    /// All of them, the oldest first.
    pub(crate) const ALL: [Self; 9] =
        [Self::V2_0, Self::V2_1, Self::V2_2, Self::V2_3, Self::V2_4, Self::V2_5, Self::V2_6, Self::V3_0, Self::V3_1];

    /// As it stands in a document.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::V2_0 => "2.0.0",
            Self::V2_1 => "2.1.0",
            Self::V2_2 => "2.2.0",
            Self::V2_3 => "2.3.0",
            Self::V2_4 => "2.4.0",
            Self::V2_5 => "2.5.0",
            Self::V2_6 => "2.6.0",
            Self::V3_0 => "3.0.0",
            Self::V3_1 => "3.1.0",
        }
    }

    /// `true` for 2.0 to 2.6.
    pub(crate) fn is_2(self) -> bool {
        self < Self::V3_0
    }

    /// The version with these two numbers.
    fn of(major: &str, minor: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.as_str().strip_suffix(".0") == Some(&format!("{major}.{minor}")))
    }
}

/// The version of a document, when it is one that is read; else an error that says which are.
pub(super) fn read(root: &Node, found: &mut Vec<Diagnostic>) -> Option<Version> {
    // The document as a whole is no document of AsyncAPI that is known: that is what the path says.
    let refuse = |span, message: String| Diagnostic::error("asyncapi-is-asyncapi", span, message).with_path([]);
    let help = format!("Eventpact reads AsyncAPI {SUPPORTED}");
    let Some(node) = root.get("asyncapi") else {
        let message = "this is no AsyncAPI document: it has no field `asyncapi`".to_owned();
        found.push(refuse(root.span, message).with_help(help));
        return None;
    };
    let Some(text) = node.as_str() else {
        let message = format!("`asyncapi` must be a string, and this is {}", node.kind());
        found.push(refuse(node.span, message).with_help("put the version in quotes: asyncapi: '3.0.0'"));
        return None;
    };
    let number = text.split('-').next().unwrap_or(text);
    let parts: Vec<&str> = number.split('.').collect();
    let version = match parts.as_slice() {
        [major, minor, patch] if !patch.is_empty() && patch.bytes().all(|b| b.is_ascii_digit()) => Version::of(major, minor),
        _ => None,
    };
    let Some(version) = version else {
        let message = format!("`{text}` is no version of AsyncAPI that is known");
        found.push(refuse(node.span, message).with_help(help));
        return None;
    };
    if text != version.as_str() {
        let message = format!("AsyncAPI {text} is read as {}", version.as_str());
        let help = format!("write {}: other tools refuse {text}", version.as_str());
        found.push(Diagnostic::warning("asyncapi/version-unusual", node.span, message).with_help(help));
    }
    Some(version)
}
