//! Tags of Avro schemas: names that clients act on (encryption, masking), kept in the text as `confluent:tags` of a record or a
//! field.
//!
//! Lives here: finding tags in a text, and writing them into it. An entity is named by its path: `namespace.Record` or
//! `namespace.Record.field`.

use eventpact_registry_client::wire::{EntityType, SchemaEntity, SchemaTags};
use serde_json::{Map, Value};

/// The property that holds the tags.
const PROPERTY: &str = "confluent:tags";

/// How deep types are searched; the parser refuses deeper ones.
const MAX_DEPTH: usize = 100;

/// Writes tags into a canonical text, and takes others out. The error names what was not found.
pub(crate) fn edit(text: &str, add: &[SchemaTags], remove: &[SchemaTags]) -> Result<String, String> {
    let mut schema: Value = serde_json::from_str(text).map_err(|cause| cause.to_string())?;
    for (list, change) in [(add, put as fn(&mut Vec<Value>, &str)), (remove, take)] {
        for tags in list {
            let mut found = false;
            visit(&mut schema, "", 0, &mut |entity, node| {
                if *entity == tags.schema_entity {
                    found = true;
                    alter(node, &tags.tags, change);
                }
            });
            if !found {
                let SchemaEntity { entity_path, entity_type } = &tags.schema_entity;
                return Err(format!("No {} '{entity_path}' in the schema", entity_type.as_str()));
            }
        }
    }
    serde_json::to_string(&schema).map_err(|cause| cause.to_string())
}

/// The tags of a text, in the order of the text.
pub(crate) fn of(text: &str) -> Vec<SchemaTags> {
    let mut all = Vec::new();
    if let Ok(mut schema) = serde_json::from_str(text) {
        visit(&mut schema, "", 0, &mut |entity, node| {
            let tags = node.get(PROPERTY).and_then(Value::as_array).into_iter().flatten();
            let tags: Vec<String> = tags.filter_map(Value::as_str).map(str::to_owned).collect();
            if !tags.is_empty() {
                all.push(SchemaTags { schema_entity: entity.clone(), tags });
            }
        });
    }
    all
}

/// The records and fields of a text.
pub(crate) fn entities(text: &str) -> Vec<SchemaEntity> {
    let mut all = Vec::new();
    if let Ok(mut schema) = serde_json::from_str(text) {
        visit(&mut schema, "", 0, &mut |entity, _| all.push(entity.clone()));
    }
    all
}

/// Changes the list of one entity; an empty one is not kept.
fn alter(node: &mut Map<String, Value>, tags: &[String], change: fn(&mut Vec<Value>, &str)) {
    let mut list = node.get(PROPERTY).and_then(Value::as_array).cloned().unwrap_or_default();
    for tag in tags {
        change(&mut list, tag);
    }
    if list.is_empty() {
        node.shift_remove(PROPERTY);
    } else {
        node.insert(PROPERTY.to_owned(), Value::Array(list));
    }
}

fn put(list: &mut Vec<Value>, tag: &str) {
    if !list.iter().any(|known| known == tag) {
        list.push(tag.into());
    }
}

fn take(list: &mut Vec<Value>, tag: &str) {
    list.retain(|known| known != tag);
}

/// Shows every record and every field of a type with its path.
fn visit(node: &mut Value, namespace: &str, depth: usize, see: &mut dyn FnMut(&SchemaEntity, &mut Map<String, Value>)) {
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
    see(&SchemaEntity { entity_path: path.clone(), entity_type: EntityType::Record }, node);
    for field in node.get_mut("fields").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(ty) = field.get_mut("type") {
            visit(ty, &inside, depth + 1, see);
        }
        let name = field.get("name").and_then(Value::as_str).map(str::to_owned);
        if let (Some(name), Value::Object(field)) = (name, field) {
            see(&SchemaEntity { entity_path: format!("{path}.{name}"), entity_type: EntityType::Field }, field);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"type":"record","name":"A","namespace":"n","fields":[{"name":"b","type":["null",{"type":"record","name":"B","fields":[{"name":"c","type":"int"}]}]}]}"#;

    fn tags(path: &str, entity_type: EntityType, tags: &[&str]) -> SchemaTags {
        let schema_entity = SchemaEntity { entity_path: path.to_owned(), entity_type };
        SchemaTags { schema_entity, tags: tags.iter().map(|&tag| tag.to_owned()).collect() }
    }

    #[test]
    fn tags_are_written_found_and_taken_out() {
        let (field, record) = (tags("n.B.c", EntityType::Field, &["PII", "X"]), tags("n.A", EntityType::Record, &["T"]));
        let tagged = edit(TEXT, &[field.clone(), record.clone()], &[]).unwrap();
        assert_eq!(of(&tagged), [record.clone(), field.clone()]);
        assert_eq!(edit(&tagged, std::slice::from_ref(&field), &[]).unwrap(), tagged, "a tag stands there once");
        assert_eq!(edit(&tagged, &[], &[field, record]).unwrap(), TEXT);
        assert!(edit(TEXT, &[tags("n.B.none", EntityType::Field, &["T"])], &[]).is_err());
        assert!(edit(TEXT, &[tags("n.A", EntityType::Field, &["T"])], &[]).is_err());
    }
}
