//! Tags in schemas: names that clients act on (encryption, masking), kept in the text as `confluent:tags` of a record or a field.
//!
//! Lives here: finding tags in a text, and writing them into it. What an entity is, and how it is called, differs by format.

mod avro;
mod json;

use eventpact_registry_client::SchemaType;
use eventpact_registry_client::wire::{EntityType, SchemaEntity, SchemaTags};
use serde_json::{Map, Value};

/// The property that holds the tags.
const PROPERTY: &str = "confluent:tags";

/// How deep types are searched; the parser refuses deeper ones.
const MAX_DEPTH: usize = 100;

/// Is shown an entity: its path, its kind, its node.
type See<'a> = dyn FnMut(&str, EntityType, &mut Map<String, Value>) + 'a;

/// Writes tags into a canonical text, and takes others out. The error names what was not found, in the words of the original.
pub(crate) fn edit(format: &SchemaType, text: &str, add: &[SchemaTags], remove: &[SchemaTags]) -> Result<String, String> {
    let mut schema: Value = serde_json::from_str(text).map_err(|cause| cause.to_string())?;
    for (list, change) in [(add, put as fn(&mut Vec<Value>, &str)), (remove, take)] {
        for SchemaTags { schema_entity: SchemaEntity { entity_path, entity_type }, tags } in list {
            let missing = || format!("java.lang.IllegalArgumentException: No matching path '{entity_path}' found in the schema");
            let wanted = resolve(&entities_of(format, &mut schema), entity_path, *entity_type).ok_or_else(missing)?;
            visit(format, &mut schema, &mut |path, kind, node| {
                if *path == *wanted && kind == *entity_type {
                    alter(node, tags, change);
                }
            });
        }
    }
    serde_json::to_string(&schema).map_err(|cause| cause.to_string())
}

/// The path of the entity that is meant: as it is written, or without a namespace the first of this name.
fn resolve(entities: &[SchemaEntity], path: &str, kind: EntityType) -> Option<String> {
    let path = path.strip_prefix('.').unwrap_or(path);
    let of_kind = || entities.iter().filter(|entity| entity.entity_type == kind).map(|entity| entity.entity_path.as_str());
    let segments = if kind == EntityType::Record { 1 } else { 2 };
    let short = || (path.split('.').count() == segments).then(|| format!(".{path}"));
    let exact = of_kind().find(|known| *known == path);
    exact.or_else(|| short().and_then(|short| of_kind().find(|known| known.ends_with(&short)))).map(str::to_owned)
}

/// The tags of a text, in the order of the text.
pub(crate) fn of(format: &SchemaType, text: &str) -> Vec<SchemaTags> {
    let mut all = Vec::new();
    if let Ok(mut schema) = serde_json::from_str(text) {
        visit(format, &mut schema, &mut |path, entity_type, node| {
            let tags = node.get(PROPERTY).and_then(Value::as_array).into_iter().flatten();
            let tags: Vec<String> = tags.filter_map(Value::as_str).map(str::to_owned).collect();
            if !tags.is_empty() {
                all.push(SchemaTags { schema_entity: SchemaEntity { entity_path: path.to_owned(), entity_type }, tags });
            }
        });
    }
    all
}

/// The records and fields of a text.
pub(crate) fn entities(format: &SchemaType, text: &str) -> Vec<SchemaEntity> {
    serde_json::from_str(text).map(|mut schema| entities_of(format, &mut schema)).unwrap_or_default()
}

fn entities_of(format: &SchemaType, schema: &mut Value) -> Vec<SchemaEntity> {
    let mut all = Vec::new();
    visit(format, schema, &mut |path, entity_type, _| {
        all.push(SchemaEntity { entity_path: path.to_owned(), entity_type });
    });
    all
}

/// `true` for the formats whose texts can be tagged.
pub(crate) fn can_be_tagged(format: &SchemaType) -> bool {
    matches!(format, SchemaType::Avro | SchemaType::Json)
}

fn visit(format: &SchemaType, schema: &mut Value, see: &mut See<'_>) {
    match format {
        SchemaType::Avro => avro::visit(schema, "", 0, see),
        SchemaType::Json => json::visit(schema, "", false, 0, see),
        SchemaType::Protobuf | SchemaType::Other(_) => {}
    }
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
        let tagged = edit(&SchemaType::Avro, TEXT, &[field.clone(), record.clone()], &[]).unwrap();
        assert_eq!(of(&SchemaType::Avro, &tagged), [record.clone(), field.clone()]);
        assert_eq!(
            edit(&SchemaType::Avro, &tagged, std::slice::from_ref(&field), &[]).unwrap(),
            tagged,
            "a tag stands there once"
        );
        assert_eq!(edit(&SchemaType::Avro, &tagged, &[], &[field, record]).unwrap(), TEXT);
        assert!(edit(&SchemaType::Avro, TEXT, &[tags("n.B.none", EntityType::Field, &["T"])], &[]).is_err());
        assert!(edit(&SchemaType::Avro, TEXT, &[tags("n.A", EntityType::Field, &["T"])], &[]).is_err());
    }

    #[test]
    fn an_entity_may_be_named_without_its_namespace() {
        for path in ["A.b", ".A.b", "n.A.b"] {
            let edited = edit(&SchemaType::Avro, TEXT, &[tags(path, EntityType::Field, &["T"])], &[]).unwrap();
            assert_eq!(of(&SchemaType::Avro, &edited), [tags("n.A.b", EntityType::Field, &["T"])]);
        }
        assert!(edit(&SchemaType::Avro, TEXT, &[tags("m.A.b", EntityType::Field, &["T"])], &[]).is_err());
    }

    #[test]
    fn properties_and_objects_of_json_schema_are_tagged() {
        let text = r#"{"type":"object","properties":{"a":{"oneOf":[{"type":"object","properties":{"b":{"type":"string"}}}]}}}"#;
        let (inner, whole) =
            (tags("object.a.oneof.0.object.b", EntityType::Field, &["X"]), tags("object", EntityType::Record, &["Y"]));
        let tagged = edit(&SchemaType::Json, text, &[inner.clone(), whole.clone()], &[]).unwrap();
        assert_eq!(of(&SchemaType::Json, &tagged), [whole.clone(), inner.clone()]);
        assert!(tagged.contains(r#""b":{"type":"string","confluent:tags":["X"]}"#), "{tagged}");
        assert_eq!(edit(&SchemaType::Json, &tagged, &[], &[inner, whole]).unwrap(), text);
    }
}
