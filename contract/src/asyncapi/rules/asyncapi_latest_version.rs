//! Finds a document of another version than 3.1.0, the latest one.
//!
//! Why it matters: nothing breaks; newer versions say more, and tools drop old ones some day.
//!
//! What to do instead: `eventpact convert --to 3.1` rewrites the document, or switch this rule off.

use super::{ALL, Check, Context, Sink};
use crate::asyncapi::version::Version;
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi-latest-version",
        layer: Layer::Parity,
        severity: Severity::Info,
        summary: "the document is of the latest version of AsyncAPI",
        source: include_str!("asyncapi_latest_version.rs"),
    },
    versions: ALL,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    if let Some(node) = context.root.get("asyncapi").filter(|node| node.as_str() != Some(Version::V3_1.as_str())) {
        sink.report(node.span, format!("the latest version of AsyncAPI is {}", Version::V3_1.as_str()));
    }
}
