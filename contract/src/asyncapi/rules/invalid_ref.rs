//! Finds a `$ref` that leads nowhere: to a value that is not there, a file that is not there or can't be read, or a
//! place on the network, which is not visited.
//!
//! Why it matters: what stands behind the reference is missing from everything that is made of the document.
//!
//! What to do instead: correct the pointer or the path; paths are relative to the file that refers. Save remote files
//! beside the document.

use super::{ALL, Check, Context, Sink};
use crate::asyncapi::resolve;
use crate::diagnostic::{Label, Severity};
use crate::rule::{Layer, Rule};
use crate::yaml::Value;
use std::collections::HashSet;

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "invalid-ref",
        layer: Layer::Parity,
        severity: Severity::Error,
        summary: "every reference leads somewhere",
        source: include_str!("invalid_ref.rs"),
    },
    versions: ALL,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut seen = HashSet::new();
    // With `true` for the `properties` of a schema, whose keys are names and no keywords.
    let mut open = vec![(context.root, false)];
    while let Some((node, names)) = open.pop() {
        match &node.value {
            Value::Sequence(items) => open.extend(items.iter().map(|item| (item, false))),
            Value::Mapping(mapping) => {
                open.extend(mapping.entries.iter().map(|entry| (&entry.value, !names && entry.key == "properties")));
                let Some(reference) = mapping.get("$ref") else { continue };
                match reference.as_str() {
                    Some(text) if is_followed(text) => {}
                    // Where a reference is part of the specification its shape was judged already.
                    None if !names && sink.found.iter().all(|found| found.primary.span != reference.span) => {
                        sink.report(reference.span, format!("a reference is a text, and this is {}", reference.kind()));
                        continue;
                    }
                    _ => continue,
                }
                // Other files are looked at as far as something refers to them.
                let Some(target) = context.documents.next(node, sink.found) else { continue };
                if target.span.file != context.root.span.file && seen.insert(std::ptr::from_ref(target)) {
                    open.push((target, false));
                }
                let mut below = Vec::new();
                if context.documents.follow(target, &mut below).is_some() {
                    continue;
                }
                for broken in below {
                    if broken.id == RULE.rule.id {
                        let found = sink.report(reference.span, "this leads to a reference that leads nowhere");
                        found.related.push(Label::new(broken.primary.span, broken.message));
                    } else {
                        sink.found.push(broken);
                    }
                }
            }
            _ => {}
        }
    }
}

/// `false` for files of other schema languages: the reader of payloads opens those.
fn is_followed(reference: &str) -> bool {
    let file = resolve::split(reference).0;
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    !["proto", "avdl", "avpr"].iter().any(|other| extension.eq_ignore_ascii_case(other))
}
