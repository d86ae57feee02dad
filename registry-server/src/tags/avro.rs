//! Entities of an Avro schema: `namespace.Record` and `namespace.Record.field`.

use eventpact_registry_client::wire::EntityType;
use serde_json::Value;

use super::{MAX_DEPTH, See};

/// Shows every record and every field of a type with its path, what is outside first.
pub(super) fn visit(node: &mut Value, namespace: &str, depth: usize, see: &mut See<'_>) {
    if depth > MAX_DEPTH {
        return;
    }
    let node = match node {
        Value::Array(branches) => return branches.iter_mut().for_each(|branch| visit(branch, namespace, depth + 1, see)),
        Value::Object(node) => node,
        _ => return,
    };
    for key in ["type", "items", "values"] {
        if let Some(inner) = node.get_mut(key) {
            visit(inner, namespace, depth + 1, see);
        }
    }
    let text = |key: &str| node.get(key).and_then(Value::as_str).map(str::to_owned);
    let (Some("record" | "error"), Some(name)) = (text("type").as_deref(), text("name")) else { return };
    let own = text("namespace").unwrap_or_else(|| namespace.to_owned());
    let path = if name.contains('.') || own.is_empty() { name } else { format!("{own}.{name}") };
    let inside = path.rsplit_once('.').map_or("", |(namespace, _)| namespace).to_owned();
    see(&path, EntityType::Record, node);
    for field in node.get_mut("fields").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(ty) = field.get_mut("type") {
            visit(ty, &inside, depth + 1, see);
        }
        let name = field.get("name").and_then(Value::as_str).map(str::to_owned);
        if let (Some(name), Value::Object(field)) = (name, field) {
            see(&format!("{path}.{name}"), EntityType::Field, field);
        }
    }
}
