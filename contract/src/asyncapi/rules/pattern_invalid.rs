//! Finds a `pattern`, or a key of `patternProperties`, that is no regular expression of ECMA-262: ranges that run backwards,
//! groups of other dialects, sizes beyond all bounds. Brackets that do not match are `json-schema/pattern`.
//!
//! Why it matters: validators refuse the whole schema, or leave the pattern out.
//!
//! What to do instead: write it as ECMA-262 does: `[a-z]` and not `[z-a]`, no `(?i)` and nothing else that only one language
//! has.

use std::collections::HashMap;

use super::beyond;
use super::{ALL, Check, Context, Sink};
use crate::diagnostic::Severity;
use crate::formats::json_schema;
use crate::rule::{Layer, Rule};
use crate::yaml::Node;

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/pattern-invalid",
        layer: Layer::Beyond,
        severity: Severity::Error,
        summary: "a `pattern` is a regular expression",
        source: include_str!("pattern_invalid.rs"),
    },
    versions: ALL,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut known: HashMap<&str, bool> = HashMap::new();
    let mut is_wrong = |text| *known.entry(text).or_insert_with(|| json_schema::is_wrong_pattern(text));
    for &schema in beyond::schemas(context) {
        let pattern = schema.get("pattern").and_then(|node| Some((node.as_str()?, node.span)));
        let keys = schema.get("patternProperties").and_then(Node::as_mapping).map(|map| map.entries.as_slice());
        let keys = keys.unwrap_or_default().iter().map(|entry| (entry.key.as_str(), entry.key_span));
        for (text, span) in pattern.into_iter().chain(keys) {
            if is_wrong(text) {
                sink.report(span, format!("`{text}` is no regular expression of ECMA-262"));
            }
        }
    }
}
