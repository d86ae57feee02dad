//! An AsyncAPI document in another version: 2.x and 3.0 to 3.0 or 3.1, in the style of its own text.

use std::collections::HashSet;

use crate::asyncapi::{self, Documents, moved_reference};
use crate::diagnostic::{Diagnostic, Severity, has_errors};
use crate::load::Options;
use crate::rule;
use crate::source::{Reader, Sources, Span, resolve_path};
use crate::yaml::{self, Node, Value};

/// The versions that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// 3.0.0
    V3_0,
    /// 3.1.0
    V3_1,
}

impl Target {
    /// As it stands in a document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V3_0 => "3.0.0",
            Self::V3_1 => "3.1.0",
        }
    }
}

/// A converted document.
#[derive(Debug, Clone)]
pub struct Converted {
    /// YAML, or JSON when the document is JSON.
    pub text: String,
    /// What could not be carried over as it was.
    pub notes: Vec<Diagnostic>,
    /// It refers to other files.
    pub refers_to_files: bool,
}

/// Converts the document `path`. `out` is the path that it will have, which relative references are turned to; other files stay
/// as they are. `Err` with what is wrong with the document, or with what the older version can't say.
///
/// ```
/// use eventpact_contract::{convert::{Target, convert}, load::Options, source::{Memory, Sources}};
/// let text = "asyncapi: 2.6.0 # old\ninfo: {title: T, version: 1.0.0}\nchannels: {}\n";
/// let files = Memory([("a.yaml".to_owned(), text.to_owned())].into());
/// let converted = convert(&mut Sources::new(), &files, "a.yaml", "a.yaml", Target::V3_1, Options::default()).unwrap();
/// assert_eq!(converted.text, "asyncapi: 3.1.0 # old\ninfo: {title: T, version: 1.0.0}\nchannels: {}\n");
/// ```
pub fn convert(
    sources: &mut Sources,
    reader: &dyn Reader,
    path: &str,
    out: &str,
    target: Target,
    options: Options,
) -> Result<Converted, Vec<Diagnostic>> {
    let (_, mut found) = crate::load::load_contract_with(sources, reader, path, options);
    rule::demote_beyond(&mut found);
    if has_errors(&found) {
        return Err(found);
    }
    let mut found = Vec::new();
    let documents = Documents::load(sources, reader, path, &mut found);
    let Some(root) = documents.root() else { return Err(found) };
    let is_2 = root.get("asyncapi").and_then(Node::as_str).is_some_and(|version| version.starts_with("2."));
    let (mut node, notes) = if is_2 {
        let mut upgraded = asyncapi::upgrade(&documents, root, target.as_str(), options.point_of_view);
        keep_old_bindings(&mut upgraded.node, &documents, &mut upgraded.notes);
        (upgraded.node, upgraded.notes)
    } else {
        (in_version(root, target)?, Vec::new())
    };
    let mut refers_to_files = false;
    turn_references(&mut node, &documents, out, &mut refers_to_files);
    Ok(Converted { text: yaml::print(&node, sources), notes, refers_to_files })
}

/// Bindings are not checked in 2.x: fields that those of 3.x do not have stay as extensions.
fn keep_old_bindings(node: &mut Node, documents: &Documents, notes: &mut Vec<Diagnostic>) {
    let wrong = asyncapi::shape_errors(&documents.with_root(node.clone()));
    let places: HashSet<Span> = wrong.iter().map(|found| found.primary.span).collect();
    if !places.is_empty() {
        rename(node, false, &places, notes);
    }
}

fn rename(node: &mut Node, in_bindings: bool, places: &HashSet<Span>, notes: &mut Vec<Diagnostic>) {
    match &mut node.value {
        Value::Sequence(items) => items.iter_mut().for_each(|item| rename(item, in_bindings, places, notes)),
        Value::Mapping(map) => {
            for entry in &mut map.entries {
                if in_bindings && places.contains(&entry.key_span) && !entry.key.starts_with("x-") {
                    let renamed = format!("x-{}", entry.key);
                    let message = format!("3.x has no binding `{}` here: it is kept as `{renamed}`", entry.key);
                    notes.push(Diagnostic::warning("asyncapi/convert", entry.key_span, message));
                    entry.key = renamed;
                    continue;
                }
                let inside = in_bindings || entry.key == "bindings" || entry.key.ends_with("Bindings");
                rename(&mut entry.value, inside, places, notes);
            }
        }
        _ => {}
    }
}

/// A 3.x document with another version: 3.1 only adds the bindings of ROS 2.
fn in_version(root: &Node, target: Target) -> Result<Node, Vec<Diagnostic>> {
    let mut lost = Vec::new();
    if target == Target::V3_0 {
        ros2_bindings(root, &mut lost);
    }
    if has_errors(&lost) {
        return Err(lost);
    }
    let mut root = root.clone();
    if let Value::Mapping(map) = &mut root.value {
        for entry in map.entries.iter_mut().filter(|entry| entry.key == "asyncapi") {
            entry.value.value = Value::String(target.as_str().to_owned());
        }
    }
    Ok(root)
}

fn ros2_bindings(node: &Node, lost: &mut Vec<Diagnostic>) {
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(|item| ros2_bindings(item, lost)),
        Value::Mapping(map) => {
            for entry in &map.entries {
                let ros2 = entry.value.as_mapping().filter(|_| entry.key == "bindings").and_then(|map| map.entry("ros2"));
                if let Some(ros2) = ros2 {
                    let message = "AsyncAPI 3.0 has no bindings of ROS 2: they would be lost";
                    lost.push(Diagnostic::new("asyncapi/convert", Severity::Error, ros2.key_span, message));
                }
                ros2_bindings(&entry.value, lost);
            }
        }
        _ => {}
    }
}

/// References of values that came from other files, or whose document goes to another folder, name the same files from there.
fn turn_references(node: &mut Node, documents: &Documents, out: &str, files: &mut bool) {
    match &mut node.value {
        Value::Sequence(items) => items.iter_mut().for_each(|item| turn_references(item, documents, out, files)),
        Value::Mapping(map) => {
            for entry in &mut map.entries {
                match &mut entry.value.value {
                    Value::String(text) if entry.key == "$ref" => {
                        let from = documents.path_of(entry.value.span.file);
                        let (file, fragment) = asyncapi::split_reference(text);
                        let target = if file.is_empty() { Some(from.to_owned()) } else { resolve_path(from, file) };
                        if target.is_some_and(|target| documents.is_root_path(&target)) {
                            *text = format!("#{fragment}");
                        } else if let Some(turned) = moved_reference(text, from, out) {
                            *text = turned;
                        }
                        *files |= !text.starts_with('#') && !asyncapi::is_remote(text);
                    }
                    _ => turn_references(&mut entry.value, documents, out, files),
                }
            }
        }
        _ => {}
    }
}
