//! The message of a dead letter, decoded with the schema that its id names.

use std::collections::HashMap;
use std::sync::Arc;

use eventpact_contract::formats::{avro, protobuf};
use eventpact_contract::load;
use eventpact_contract::schema::{Format, Schema};
use eventpact_contract::source::{Memory, Sources};
use eventpact_registry_client::{Client, SchemaType};
use eventpact_runtime::codec::framing;
use eventpact_runtime::dlq::DeadLetter;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde_json::Value;

use super::show::hex;

/// A message for people.
pub(super) enum Decoded {
    /// It could be decoded.
    Json {
        /// Format and schema id.
        kind: String,
        /// Its content.
        value: Value,
    },
    /// It could not.
    Raw {
        /// Why.
        why: String,
        /// Its first bytes.
        head: String,
    },
}

/// A body, taken apart: the schema of its id, and the bytes behind the prefix.
pub(super) struct Framed {
    pub(super) id: u32,
    pub(super) schema: Arc<Schema>,
    /// Protobuf: which message of the file.
    pub(super) indexes: Vec<i32>,
    pub(super) payload: Vec<u8>,
}

/// Knows the schemas of the registry that were asked for.
pub(super) struct Bodies {
    client: Client,
    schemas: HashMap<u32, Arc<Schema>>,
    pub(super) pools: Pools,
}

/// The descriptors of Protobuf schemas, made once for each: with the first message.
#[derive(Default)]
pub(super) struct Pools(Vec<(Arc<protobuf::Schema>, Result<DescriptorPool, String>)>);

impl Bodies {
    pub(super) fn new(client: Client) -> Self {
        Self { client, schemas: HashMap::new(), pools: Pools::default() }
    }

    /// Decodes the message for people; a reason when it cannot be.
    pub(super) async fn decode(&mut self, letter: &DeadLetter) -> Decoded {
        let body = letter.message.value.as_deref().unwrap_or_default();
        let decoded = match self.framed(body).await {
            Ok(framed) => {
                let kind = format!("{}, schema id {}", framed.schema.format().registry_type(), framed.id);
                json(&framed, &mut self.pools).map(|value| (kind, value))
            }
            Err(why) => plain(body).map(|value| ("JSON without a schema id".to_owned(), value)).ok_or(why),
        };
        match decoded {
            Ok((kind, value)) => Decoded::Json { kind, value },
            Err(why) => Decoded::Raw { why, head: hex(body, 256) },
        }
    }

    /// Takes a body apart.
    pub(super) async fn framed(&mut self, body: &[u8]) -> Result<Framed, String> {
        let (id, rest) = framing::read_prefix(body).map_err(|e| e.to_string())?;
        let schema = self.schema(id).await?;
        let (indexes, payload) = if schema.format() == Format::Protobuf {
            framing::read_indexes(rest, body.len() - rest.len()).map_err(|e| e.to_string())?
        } else {
            (Vec::new(), rest)
        };
        Ok(Framed { id, schema, indexes, payload: payload.to_vec() })
    }

    async fn schema(&mut self, id: u32) -> Result<Arc<Schema>, String> {
        if let Some(known) = self.schemas.get(&id) {
            return Ok(Arc::clone(known));
        }
        let (text, references) = self.client.schema_with_references(id).await.map_err(|e| e.to_string())?;
        let (format, main) = match text.schema_type {
            Some(SchemaType::Protobuf) => (Format::Protobuf, "schema.proto"),
            Some(SchemaType::Json) => (Format::JsonSchema, "schema.json"),
            _ => (Format::Avro, "schema.avsc"),
        };
        let mut files = Memory::default();
        for (name, text) in references {
            // Avro refers to a type by its full name, which is looked for in a file of that name.
            let name = if format == Format::Avro { format!("{name}.avsc") } else { name };
            files.0.insert(name, text);
        }
        files.0.insert(main.to_owned(), text.schema.clone());
        let mut sources = Sources::new();
        let (schema, found) = match format {
            Format::Protobuf => registered_proto(&mut sources, &files, main),
            _ => load::load_schema(&mut sources, &files, main, Some(format), None),
        };
        let problem = || found.first().map_or_else(|| "unreadable".to_owned(), |d| d.message.clone());
        let schema = Arc::new(schema.ok_or_else(|| format!("the schema of id {id} cannot be read: {}", problem()))?);
        self.schemas.insert(id, Arc::clone(&schema));
        Ok(schema)
    }
}

/// A whole file: which of its messages is meant stands in each message.
fn registered_proto(
    sources: &mut Sources,
    files: &Memory,
    main: &str,
) -> (Option<Schema>, Vec<eventpact_contract::diagnostic::Diagnostic>) {
    let text = files.0.get(main).cloned().unwrap_or_default();
    let file = sources.add(main, text);
    let mut import =
        |path: &str| files.0.get(path).map(|t| (path.to_owned(), t.clone())).ok_or_else(|| "no such reference".to_owned());
    let (schema, found) = protobuf::parse_files(sources, file, main, &mut import);
    (schema.map(|s| Schema::Protobuf(Arc::new(s))), found)
}

fn json(framed: &Framed, pools: &mut Pools) -> Result<Value, String> {
    match &*framed.schema {
        Schema::Avro(schema) => {
            let value = avro::datum::decode(schema, &framed.payload).map_err(|e| e.to_string())?;
            Ok(avro::datum::to_json(schema, &value))
        }
        Schema::JsonSchema(_) => serde_json::from_slice(&framed.payload).map_err(|e| format!("it is not JSON: {e}")),
        Schema::Protobuf(schema) => {
            let name = message_name(schema, &framed.indexes).ok_or("the message indexes name no message of the schema")?;
            let message = pools.decode(schema, &name, &framed.payload)?;
            let options = SerializeOptions::new().skip_default_fields(false);
            message.serialize_with_options(serde_json::value::Serializer, &options).map_err(|e| e.to_string())
        }
    }
}

/// Follows message indexes from the outside in.
pub(super) fn message_name(schema: &protobuf::Schema, indexes: &[i32]) -> Option<String> {
    let mut messages = &schema.main()?.messages;
    let mut name = None;
    for index in indexes {
        let message = messages.get(usize::try_from(*index).ok()?)?;
        name = Some(message.element.full_name.clone());
        messages = &message.messages;
    }
    name
}

impl Pools {
    /// Decodes a Protobuf message by its descriptor.
    pub(super) fn decode(
        &mut self,
        schema: &Arc<protobuf::Schema>,
        name: &str,
        payload: &[u8],
    ) -> Result<DynamicMessage, String> {
        let pool = self.of(schema).as_ref().map_err(Clone::clone)?;
        let message = pool.get_message_by_name(name).ok_or_else(|| format!("the schema has no message {name}"))?;
        DynamicMessage::decode(message, payload).map_err(|e| e.to_string())
    }

    fn of(&mut self, schema: &Arc<protobuf::Schema>) -> &Result<DescriptorPool, String> {
        let index = self.0.iter().position(|(known, _)| Arc::ptr_eq(known, schema)).unwrap_or_else(|| {
            let set = protobuf::to_file_descriptor_set(schema);
            let pool = DescriptorPool::from_file_descriptor_set(set).map_err(|e| e.to_string());
            self.0.push((Arc::clone(schema), pool));
            self.0.len() - 1
        });
        &self.0[index].1
    }
}

/// A body that is JSON by itself.
fn plain(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proto(text: &str) -> Arc<protobuf::Schema> {
        let files = Memory([("schema.proto".to_owned(), text.to_owned())].into());
        match registered_proto(&mut Sources::new(), &files, "schema.proto") {
            (Some(Schema::Protobuf(schema)), _) => schema,
            (_, found) => panic!("{found:#?}"),
        }
    }

    #[test]
    fn descriptors_are_made_once_for_each_schema() {
        let text = r#"syntax = "proto3"; package p; message A { int32 n = 1; message B { string s = 1; } }"#;
        let (schema, other) = (proto(text), proto("syntax = \"proto3\"; package p; message A { bool yes = 1; }"));
        let name = message_name(&schema, &[0, 0]).unwrap();
        let mut pools = Pools::default();
        for _ in 0..3 {
            assert_eq!(pools.decode(&schema, &name, &[10, 1, b'x']).unwrap().to_string(), "s:\"x\"");
            assert_eq!(pools.decode(&schema, "p.A", &[8, 7]).unwrap().to_string(), "n:7");
            assert_eq!(pools.decode(&other, "p.A", &[8, 1]).unwrap().to_string(), "yes:true");
        }
        assert_eq!(pools.0.len(), 2);
        assert!(pools.decode(&other, "p.B", &[]).is_err());
        assert!(pools.decode(&other, "p.A", &[8]).is_err());
    }
}
