//! Tags in schemas: names that clients act on (encryption, masking), kept in the text as `confluent:tags` of a record or a field.
//!
//! Lives here: finding tags in a text, and writing them into it. What an entity is, and how it is called, differs by format.

mod avro;
mod json;
mod protobuf;

use std::collections::{HashMap, HashSet};

use eventpact_contract::formats::protobuf::file_text;
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
    let known = entities(format, text);
    let paths = Paths::of(format, &known);
    let mut wanted: HashMap<&SchemaEntity, Edit<'_>> = HashMap::new();
    for (list, is_added) in [(add, true), (remove, false)] {
        for SchemaTags { schema_entity: SchemaEntity { entity_path, entity_type }, tags } in list {
            let missing = || format!("java.lang.IllegalArgumentException: No matching path '{entity_path}' found in the schema");
            let edit = wanted.entry(paths.find(entity_path, *entity_type).ok_or_else(missing)?).or_default();
            let tags = tags.iter().map(String::as_str);
            if is_added { edit.add.extend(tags) } else { edit.remove.extend(tags) }
        }
    }
    let edit = |path: &str, entity_type| wanted.get(&SchemaEntity { entity_path: path.to_owned(), entity_type });
    if *format == SchemaType::Protobuf {
        let mut file = protobuf::read(text)?;
        protobuf::visit(&mut file, &mut |path, kind, options| {
            if let Some(edit) = edit(path, kind) {
                let list = edit.apply(&protobuf::tags_of(options, kind));
                protobuf::set_tags(options, kind, &list);
            }
        });
        return Ok(file_text(&file));
    }
    let mut schema: Value = serde_json::from_str(text).map_err(|cause| cause.to_string())?;
    visit(format, &mut schema, &mut |path, kind, node| {
        if let Some(edit) = edit(path, kind) {
            let list = edit.apply(&tags_of(node));
            set_tags(node, list);
        }
    });
    serde_json::to_string(&schema).map_err(|cause| cause.to_string())
}

/// The tags that an entity gets, and those that it then loses.
#[derive(Default)]
struct Edit<'a> {
    add: Vec<&'a str>,
    remove: HashSet<&'a str>,
}

impl Edit<'_> {
    fn apply(&self, list: &[String]) -> Vec<String> {
        let mut seen: HashSet<&str> = list.iter().map(String::as_str).collect();
        let new = self.add.iter().copied().filter(|tag| seen.insert(tag));
        let all = list.iter().map(String::as_str).chain(new).filter(|tag| !self.remove.contains(tag));
        all.map(str::to_owned).collect()
    }
}

/// Entities by the paths under which one finds them.
struct Paths<'a> {
    exact: HashMap<(EntityType, &'a str), &'a SchemaEntity>,
    /// Without their namespace; the first of each name.
    short: HashMap<(EntityType, &'a str), &'a SchemaEntity>,
}

impl<'a> Paths<'a> {
    fn of(format: &SchemaType, entities: &'a [SchemaEntity]) -> Self {
        let (mut exact, mut short) = (HashMap::new(), HashMap::new());
        for entity in entities {
            let (kind, path) = (entity.entity_type, entity.entity_path.as_str());
            exact.entry((kind, path)).or_insert(entity);
            let segments = if kind == EntityType::Record { 1 } else { 2 };
            // A namespace is in front, or the name would be the whole path.
            let dot = path.rmatch_indices('.').nth(segments - 1).filter(|_| *format != SchemaType::Protobuf);
            if let Some(name) = dot.and_then(|(dot, _)| path.get(dot + 1..)) {
                short.entry((kind, name)).or_insert(entity);
            }
        }
        Self { exact, short }
    }

    /// The entity that is meant: by its path, or in Avro and JSON without a namespace.
    fn find(&self, path: &str, kind: EntityType) -> Option<&'a SchemaEntity> {
        let key = (kind, path.strip_prefix('.').unwrap_or(path));
        self.exact.get(&key).or_else(|| self.short.get(&key)).copied()
    }
}

/// The tags of a text, in the order of the text.
pub(crate) fn of(format: &SchemaType, text: &str) -> Vec<SchemaTags> {
    let tagged =
        |(schema_entity, tags): (SchemaEntity, Vec<String>)| (!tags.is_empty()).then_some(SchemaTags { schema_entity, tags });
    all(format, text).into_iter().filter_map(tagged).collect()
}

/// The records and fields of a text.
pub(crate) fn entities(format: &SchemaType, text: &str) -> Vec<SchemaEntity> {
    all(format, text).into_iter().map(|(entity, _)| entity).collect()
}

/// The records and fields of a text with their tags.
fn all(format: &SchemaType, text: &str) -> Vec<(SchemaEntity, Vec<String>)> {
    let mut all = Vec::new();
    let mut put = |path: &str, entity_type, tags| all.push((SchemaEntity { entity_path: path.to_owned(), entity_type }, tags));
    if *format == SchemaType::Protobuf {
        if let Ok(mut file) = protobuf::read(text) {
            protobuf::visit(&mut file, &mut |path, kind, options| put(path, kind, protobuf::tags_of(options, kind)));
        }
    } else if let Ok(mut schema) = serde_json::from_str(text) {
        visit(format, &mut schema, &mut |path, kind, node| put(path, kind, tags_of(node)));
    }
    all
}

fn visit(format: &SchemaType, schema: &mut Value, see: &mut See<'_>) {
    match format {
        SchemaType::Avro => avro::visit(schema, "", 0, see),
        SchemaType::Json => json::visit(schema, "", false, 0, see),
        SchemaType::Protobuf | SchemaType::Other(_) => {}
    }
}

fn tags_of(node: &Map<String, Value>) -> Vec<String> {
    let tags = node.get(PROPERTY).and_then(Value::as_array).into_iter().flatten();
    tags.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// An empty list is not kept.
fn set_tags(node: &mut Map<String, Value>, tags: Vec<String>) {
    if tags.is_empty() {
        node.shift_remove(PROPERTY);
    } else {
        node.insert(PROPERTY.to_owned(), tags.into());
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

    #[test]
    fn messages_and_fields_of_protobuf_are_tagged() {
        let text = "syntax = \"proto3\";\npackage p;\n\nmessage A {\n  string id = 1 [(confluent.field_meta).doc = \"d\"];\n\n  \
                    message B {\n    oneof o {\n      string c = 1;\n    }\n  }\n}\n";
        let list = [
            tags(".A.id", EntityType::Field, &["X"]),
            tags("A.B.c", EntityType::Field, &["Y", "Z"]),
            tags("A.B", EntityType::Record, &["T"]),
        ];
        let tagged = edit(&SchemaType::Protobuf, text, &list, &[]).unwrap();
        let found = of(&SchemaType::Protobuf, &tagged);
        assert_eq!(found, [tags("A.id", EntityType::Field, &["X"]), list[2].clone(), list[1].clone()], "{tagged}");
        assert!(tagged.contains("doc: \"d\""), "{tagged}");
        let plain = edit(&SchemaType::Protobuf, &tagged, &[], &list).unwrap();
        assert!(of(&SchemaType::Protobuf, &plain).is_empty() && !plain.contains("message_meta"), "{plain}");
        for unknown in ["B.c", "p.A.id", "A.B.d"] {
            assert!(edit(&SchemaType::Protobuf, text, &[tags(unknown, EntityType::Field, &["X"])], &[]).is_err(), "{unknown}");
        }
    }
}
