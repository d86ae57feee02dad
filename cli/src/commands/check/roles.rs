//! What a file of a tree is: an AsyncAPI document, a schema, or a part of something else.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};

use eventpact_contract::formats::json_schema::Dialect;
use eventpact_contract::load::is_descriptor_set;
use eventpact_contract::source::Sources;
use eventpact_contract::yaml::{self, Node};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::input::{Entry, Tree};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// An AsyncAPI document.
    Contract,
    /// A schema.
    Schema,
    /// An Avro protocol or IDL file: each of its types is a document of its own.
    Types,
    /// Whatever else a folder of specs has.
    Part,
}

/// A document that stands for itself: an AsyncAPI document or a schema. Of YAML and JSON files, others are left out.
pub(crate) fn is_root(tree: &Tree, entry: &Entry) -> Result<bool> {
    Ok(role(tree, entry)? != Role::Part)
}

/// The role of a file; only of YAML and JSON files, which can be anything, the text is read.
pub(super) fn role(tree: &Tree, entry: &Entry) -> Result<Role> {
    if tree.registered.contains_key(&entry.path) {
        return Ok(Role::Schema);
    }
    let is_json = match ending(&entry.path).as_str() {
        "avsc" | "proto" => return Ok(Role::Schema),
        "avpr" | "avdl" => return Ok(Role::Types),
        _ if is_descriptor_set(&entry.path) => return Ok(Role::Schema),
        ending => ending == "json",
    };
    let text = tree.reader.read(&entry.path);
    let text = text.map_err(|why| anyhow!("cannot read {}: {why}", tree.reader.display_name(&entry.path)))?;
    Ok(if is_contract(&text) {
        Role::Contract
    } else if is_json && is_protocol(&text) {
        Role::Types
    } else if is_json
        && (entry.path.ends_with(".schema.json") || text.contains("\"$schema\"") || is_avro(&text) || is_object_schema(&text))
        || !is_json && is_yaml_schema(&entry.path, &text)
    {
        Role::Schema
    } else {
        Role::Part
    })
}

/// The ending of a path in small letters, without the dot.
pub(super) fn ending(path: &str) -> String {
    path.rsplit('.').next().unwrap_or("").to_ascii_lowercase()
}

/// Looks for an `asyncapi` key at the start of the text.
fn is_contract(text: &str) -> bool {
    let head = text.char_indices().nth(4096).map_or(text, |(end, _)| text.get(..end).unwrap_or(text));
    head.lines().any(|l| l.starts_with("asyncapi:") || l.starts_with("\"asyncapi\"") || l.starts_with("'asyncapi'"))
        || (head.trim_start().starts_with('{') && head.contains("\"asyncapi\""))
}

/// The JSON of an Avro protocol, whatever its file is called.
fn is_protocol(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Protocol {
        #[serde(rename = "protocol")]
        _name: String,
        types: Option<IgnoredAny>,
        messages: Option<IgnoredAny>,
    }
    let read = || serde_json::from_str::<Protocol>(text);
    text.contains("\"protocol\"") && read().is_ok_and(|protocol| protocol.types.is_some() || protocol.messages.is_some())
}

/// The JSON Schema of an object that does not say what it is: many write none.
fn is_object_schema(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Object {
        #[serde(rename = "type")]
        ty: String,
        properties: BTreeMap<String, Schema>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Schema {
        Object {},
        Boolean(#[allow(dead_code)] bool),
    }
    text.contains("\"properties\"")
        && serde_json::from_str::<Object>(text).is_ok_and(|schema| schema.ty == "object" && !schema.properties.is_empty())
}

/// YAML can be anything: a JSON Schema in it is called one, or names its dialect.
fn is_yaml_schema(path: &str, text: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let names_dialect = || {
        let mut sources = Sources::new();
        let file = sources.add("a.yaml", text);
        let node = yaml::parse(&sources, file).0;
        node.and_then(|node| node.get("$schema").and_then(Node::as_str).map(Dialect::is_meta_schema)).unwrap_or(false)
    };
    [".schema.yaml", ".schema.yml"].iter().any(|ending| path.ends_with(ending)) || (text.contains("$schema") && names_dialect())
}

/// A named type of Avro, whatever its file is called.
fn is_avro(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Named {
        #[serde(rename = "type")]
        ty: String,
        #[serde(rename = "name")]
        _name: String,
        fields: Option<Vec<IgnoredAny>>,
        symbols: Option<Vec<IgnoredAny>>,
    }
    text.contains("\"type\"")
        && serde_json::from_str::<Named>(text).is_ok_and(|named| match named.ty.as_str() {
            "record" | "error" => named.fields.is_some(),
            "enum" => named.symbols.is_some(),
            _ => false,
        })
}
