//! Avro of other files as JSON in its place: types that are named and lie in files of their own are defined where they are used
//! first, once for each payload.

use std::collections::HashSet;

use super::{Bundler, entries};
use crate::source::resolve_path;
use crate::yaml::{self, Entry, Mapping, Node, Value};

const PRIMITIVE: &[&str] = &["null", "boolean", "int", "long", "float", "double", "bytes", "string"];
/// Words that stand where names of types do.
const COMPLEX: &[&str] = &["record", "error", "enum", "array", "map", "fixed"];
/// How deep types of other files may name each other.
const MAX_DEPTH: usize = 8;

impl<'d> Bundler<'d, '_> {
    /// The schema behind the references of a payload, complete.
    pub(super) fn avro(&mut self, schema: &'d Node) -> Node {
        let Some(target) = self.documents.follow(schema, &mut Vec::new()) else {
            let named = schema.get("$ref").and_then(Node::as_str).unwrap_or("").to_owned();
            return self.stays(schema, &named, "it is no JSON");
        };
        let path = self.documents.path_of(target.span.file).to_owned();
        let mut defined = HashSet::new();
        names(target, "", &mut defined);
        self.complete(target, "", &path, &mut defined, 0)
    }

    fn complete(&mut self, node: &Node, namespace: &str, path: &str, defined: &mut HashSet<String>, depth: usize) -> Node {
        let value = match &node.value {
            Value::String(name) => return self.named(node, name, namespace, path, defined, depth),
            Value::Sequence(branches) => {
                Value::Sequence(branches.iter().map(|one| self.complete(one, namespace, path, defined, depth)).collect())
            }
            Value::Mapping(map) => {
                let namespace = namespace_of(node, namespace);
                let each = map.entries.iter().map(|entry| {
                    let value = match entry.key.as_str() {
                        "type" | "items" | "values" => self.complete(&entry.value, &namespace, path, defined, depth),
                        "fields" => self.fields(&entry.value, &namespace, path, defined, depth),
                        _ => entry.value.clone(),
                    };
                    Entry { key: entry.key.clone(), key_span: entry.key_span, value }
                });
                Value::Mapping(Mapping { entries: each.collect() })
            }
            other => other.clone(),
        };
        Node { span: node.span, value }
    }

    fn fields(&mut self, list: &Node, namespace: &str, path: &str, defined: &mut HashSet<String>, depth: usize) -> Node {
        let Value::Sequence(items) = &list.value else { return list.clone() };
        let fields = items.iter().map(|field| {
            let each = entries(field).iter().map(|entry| {
                let is_type = entry.key == "type";
                let value =
                    if is_type { self.complete(&entry.value, namespace, path, defined, depth) } else { entry.value.clone() };
                Entry { key: entry.key.clone(), key_span: entry.key_span, value }
            });
            Node { span: field.span, value: Value::Mapping(Mapping { entries: each.collect() }) }
        });
        Node { span: list.span, value: Value::Sequence(fields.collect()) }
    }

    /// A name: that of a type defined in the payload, or the definition from its file.
    fn named(
        &mut self,
        node: &Node,
        name: &str,
        namespace: &str,
        path: &str,
        defined: &mut HashSet<String>,
        depth: usize,
    ) -> Node {
        let full = full_name(name, namespace);
        let known = PRIMITIVE.contains(&name) || COMPLEX.contains(&name) || defined.contains(&full) || defined.contains(name);
        if known || depth > MAX_DEPTH || !self.documents.count_copy() {
            return node.clone();
        }
        let Some(definition) = self.definition(&full, path).or_else(|| self.definition(name, path)) else { return node.clone() };
        names(&definition, "", defined);
        defined.insert(full);
        let mut complete = self.complete(&definition, "", path, defined, depth + 1);
        // A type without a namespace would take over that of what it is put into.
        if let Value::Mapping(map) = &mut complete.value
            && !namespace.is_empty()
            && map.get("namespace").is_none()
            && map.get("name").and_then(Node::as_str).is_some_and(|name| !name.contains('.'))
        {
            let value = Node { span: definition.span, value: Value::String(String::new()) };
            map.entries.push(Entry { key: "namespace".to_owned(), key_span: definition.span, value });
        }
        complete
    }

    /// The file of a type, looked for as the loader does.
    fn definition(&mut self, name: &str, path: &str) -> Option<Node> {
        let simple = name.rsplit('.').next().unwrap_or(name);
        let candidates = [format!("{name}.avsc"), format!("{simple}.avsc"), format!("{}.avsc", name.replace('.', "/"))];
        candidates.iter().find_map(|candidate| {
            let path = resolve_path(path, candidate)?;
            let text = self.reader.read(&path).ok()?;
            let file = self.sources.add(self.reader.display_name(&path), text);
            yaml::parse(self.sources, file).0
        })
    }
}

fn full_name(name: &str, namespace: &str) -> String {
    if name.contains('.') || namespace.is_empty() { name.to_owned() } else { format!("{namespace}.{name}") }
}

fn namespace_of(node: &Node, around: &str) -> String {
    let name = node.get("name").and_then(Node::as_str).unwrap_or("");
    if let Some((namespace, _)) = name.rsplit_once('.') {
        return namespace.to_owned();
    }
    node.get("namespace").and_then(Node::as_str).unwrap_or(around).to_owned()
}

/// The full names of all types that a schema defines.
fn names(node: &Node, around: &str, defined: &mut HashSet<String>) {
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(|item| names(item, around, defined)),
        Value::Mapping(map) => {
            let is_named = matches!(node.get("type").and_then(Node::as_str), Some("record" | "error" | "enum" | "fixed"));
            let namespace = if is_named { namespace_of(node, around) } else { around.to_owned() };
            if let Some(name) = node.get("name").and_then(Node::as_str).filter(|_| is_named) {
                defined.insert(full_name(name, &namespace));
            }
            for entry in map.entries.iter().filter(|entry| matches!(entry.key.as_str(), "type" | "items" | "values" | "fields")) {
                names(&entry.value, &namespace, defined);
            }
        }
        _ => {}
    }
}
