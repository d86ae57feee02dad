//! The bodies of the fuzz targets: bytes in, a panic when a promise is broken. `fuzz/` runs them under a fuzzer,
//! `tests/fuzz.rs` over kept findings and a few seeded mutations.
//!
//! The promises are more than "no crash": what is read and printed reads back as the same, and a value that was decoded encodes
//! to bytes that decode to the same value.

#![allow(clippy::missing_panics_doc)] // a panic is how a target reports

use std::collections::BTreeMap;

use eventpact_compat::check::{self, Checked};
use eventpact_compat::mode::{Direction, Mode};
use eventpact_compat::protobuf::buf::Category;
use eventpact_compat::rule::Profile;
use eventpact_contract::diagnostic::{Diagnostic, Options, Severity, Witness, has_errors, json, text};
use eventpact_contract::formats::{avro, json_schema, protobuf};
use eventpact_contract::load;
use eventpact_contract::schema::{Format, Schema};
use eventpact_contract::source::{Memory, Sources};
use eventpact_contract::yaml;
use eventpact_registry::schemas_topic::{Record, Replay};
use eventpact_runtime::codec::framing;

// Where this file is included from, a plain `mod` would look elsewhere.
#[path = "fuzz/router.rs"]
mod router;

pub use router::router;

/// A target: its name and its body.
pub type Target = (&'static str, fn(&[u8]));

/// Every target, as `cargo fuzz list` names them.
pub const TARGETS: [Target; 12] = [
    ("yaml", yaml_load),
    ("asyncapi", asyncapi_load),
    ("avro_parse", avro_parse),
    ("avro_datum", avro_datum),
    ("proto_parse", proto_parse),
    ("jsonschema_parse", json_schema_parse),
    ("avro_diff", avro_diff),
    ("proto_diff", proto_diff),
    ("jsonschema_diff", json_schema_diff),
    ("schemas_topic", schemas_topic),
    ("wire_frame", wire_frame),
    ("router", router),
];

/// The separator between the files of one input: the first is the root.
const BETWEEN_FILES: char = '\0';

/// The files of an input under the names given; what goes beyond these names is left out.
fn files(data: &[u8], names: &[&str]) -> Memory {
    let text = String::from_utf8_lossy(data);
    let parts = names.iter().zip(text.split(BETWEEN_FILES));
    Memory(parts.map(|(name, part)| ((*name).to_owned(), part.to_owned())).collect::<BTreeMap<_, _>>())
}

/// Renders what was found: places must lie in their files, whatever the input was.
fn rendered(found: &[Diagnostic], sources: &Sources) {
    let options = Options { verdict: "invalid", color: true, explained: |_| false };
    assert!(!text::render(found, sources, &options).is_empty());
    let printed = json::render(found, sources, &options);
    serde_json::from_str::<serde_json::Value>(&printed).expect("the findings are JSON");
}

/// Any text through the reader of YAML and JSON.
pub fn yaml_load(data: &[u8]) {
    let mut sources = Sources::new();
    let file = sources.add("input.yaml", String::from_utf8_lossy(data).into_owned());
    let (node, found) = yaml::parse(&sources, file);
    rendered(&found, &sources);
    assert!(node.is_some() || has_errors(&found), "no tree, and nobody says why");
    assert_eq!(yaml::parse(&sources, file), (node, found), "the same text reads differently");
}

/// A document with the files that it may refer to.
pub fn asyncapi_load(data: &[u8]) {
    let reader = files(data, &["asyncapi.yaml", "a.yaml", "b.json", "c.avsc", "d.proto"]);
    let mut sources = Sources::new();
    let (contract, found) = load::load_contract(&mut sources, &reader, "asyncapi.yaml");
    rendered(&found, &sources);
    assert!(contract.is_some() || has_errors(&found), "no contract, and nobody says why");
}

fn schema(reader: &Memory, path: &str, format: Format) -> Option<Schema> {
    let mut sources = Sources::new();
    let (schema, found) = load::load_schema(&mut sources, reader, path, Some(format), None);
    rendered(&found, &sources);
    assert!(schema.is_some() || has_errors(&found), "no schema, and nobody says why");
    schema
}

fn avro_schema(text: &str) -> Option<std::sync::Arc<avro::Schema>> {
    let reader = Memory([("schema.avsc".to_owned(), text.to_owned())].into());
    match schema(&reader, "schema.avsc", Format::Avro) {
        Some(Schema::Avro(schema)) => Some(schema),
        _ => None,
    }
}

/// An Avro schema: its canonical texts read back as the same schema.
pub fn avro_parse(data: &[u8]) {
    clean_or_not(&String::from_utf8_lossy(data));
    let Some(schema) = avro_schema(&String::from_utf8_lossy(data)) else { return };
    let canonical = avro::canonical_text(&schema);
    let form = avro::parsing_canonical_form(&schema);
    if let Some(again) = avro_schema(&canonical) {
        assert_eq!(avro::canonical_text(&again), canonical, "the canonical text is not stable");
        assert_eq!(avro::parsing_canonical_form(&again), form, "the canonical text is another schema");
    }
    let _ = avro::normalized_text(&schema);
}

/// The short way to a schema, without a tree of its text, says the same as the long one, or nothing.
fn clean_or_not(text: &str) {
    let mut sources = Sources::new();
    let file = sources.add("input.avsc", text);
    let clean = avro::parse_clean(&sources, file);
    let (node, mut found) = yaml::parse(&sources, file);
    let schema = node.and_then(|node| {
        let (schema, more) = avro::parse(&node, &mut |_| None, true);
        found.extend(more);
        schema
    });
    if let Some(clean) = clean {
        assert_eq!((format!("{:?}", Some(clean)), found.len()), (format!("{schema:?}"), 0), "two ways, two schemas");
    }
}

/// A schema in the first line, a message behind it: decoded, encoded, decoded.
pub fn avro_datum(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (head, bytes) = (&data[..end], data.get(end + 1..).unwrap_or_default());
    let Some(schema) = avro_schema(&String::from_utf8_lossy(head)) else { return };
    let Ok(value) = avro::datum::decode(&schema, bytes) else { return };
    let encoded = avro::datum::encode(&schema, &value).expect("what was decoded can be encoded");
    let again = avro::datum::decode(&schema, &encoded).expect("what was encoded can be decoded");
    let (first, second) = (avro::datum::to_json(&schema, &value), avro::datum::to_json(&schema, &again));
    assert_eq!(first.to_string(), second.to_string(), "a value changed on its way through its bytes");
    let _ = avro::datum::resolve(&schema, &schema, bytes);
}

/// A `.proto` file with two that it may import: its canonical text reads back as the same.
pub fn proto_parse(data: &[u8]) {
    let mut reader = files(data, &["main.proto", "a.proto", "b.proto"]);
    let Some(Schema::Protobuf(schema)) = schema(&reader, "main.proto", Format::Protobuf) else { return };
    let canonical = protobuf::canonical_text(&schema);
    let _ = protobuf::normalized_text(&schema);
    let _ = protobuf::to_file_descriptor_set(&schema);
    reader.0.insert("main.proto".to_owned(), canonical.clone());
    if let Some(Schema::Protobuf(again)) = self::schema(&reader, "main.proto", Format::Protobuf) {
        assert_eq!(protobuf::canonical_text(&again), canonical, "the canonical text is not stable");
    }
}

/// A JSON Schema of any draft: its canonical text reads back as the same.
pub fn json_schema_parse(data: &[u8]) {
    let mut sources = Sources::new();
    let file = sources.add("schema.json", String::from_utf8_lossy(data).into_owned());
    let Some(node) = yaml::parse(&sources, file).0 else { return };
    let (schema, found) = json_schema::parse(&node, &mut |_| None);
    rendered(&found, &sources);
    assert!(schema.is_some() || has_errors(&found), "no schema, and nobody says why");
    let canonical = json_schema::canonical_text(&node);
    let file = sources.add("canonical.json", canonical.clone());
    if let Some(again) = yaml::parse(&sources, file).0 {
        assert_eq!(json_schema::canonical_text(&again), canonical, "the canonical text is not stable");
    }
}

/// Profiles in which a schema is compared with itself and with another; to other formats than Protobuf those of buf are `sound` once more.
fn profiles(format: Format) -> impl Iterator<Item = Profile> {
    let buf = Category::ALL.into_iter().filter(move |_| format == Format::Protobuf).map(Profile::Buf);
    [Profile::Sound, Profile::Confluent].into_iter().chain(buf)
}

/// Compares two versions: nothing differs from itself, the same question gets the same answer, and each witness is handed to
/// `prove`, with the reader and the writer.
fn diff(old: Option<Schema>, new: Option<Schema>, prove: impl Fn(&Schema, &Schema, &Witness)) {
    for schema in [&old, &new].into_iter().flatten() {
        for profile in profiles(schema.format()) {
            for checked in check::check(schema, std::slice::from_ref(schema), Mode::Full, profile) {
                assert!(checked.report.findings.is_empty(), "{profile}: it differs from itself: {:?}", checked.report.findings);
            }
        }
    }
    let (Some(old), Some(new)) = (old, new) else { return };
    for profile in profiles(new.format()) {
        let run = || check::check(&new, std::slice::from_ref(&old), Mode::Full, profile);
        let found = run();
        assert_eq!(format!("{found:?}"), format!("{:?}", run()), "{profile}: the same question, another answer");
        for Checked { direction, report, .. } in &found {
            let (reader, writer) = if *direction == Direction::Backward { (&new, &old) } else { (&old, &new) };
            for finding in report.findings.iter().filter(|finding| finding.severity == Severity::Error) {
                match &finding.witness {
                    Some(witness) => prove(reader, writer, witness),
                    None => assert!(profile != Profile::Sound || reader.format() == Format::Avro, "no witness: {finding:?}"),
                }
            }
        }
    }
}

/// The two texts of an input.
fn two(data: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(data);
    let (old, new) = text.split_once(BETWEEN_FILES).unwrap_or((&text, ""));
    (old.to_owned(), new.to_owned())
}

fn bytes(witness: &Witness) -> Vec<u8> {
    let hex = witness.hex.as_deref().expect("bytes");
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).expect("hexadecimal")).collect()
}

/// Two Avro schemas: the bytes of a witness are refused by the reader.
pub fn avro_diff(data: &[u8]) {
    let (old, new) = two(data);
    let schema = |text: &str| avro_schema(text).map(Schema::Avro);
    diff(schema(&old), schema(&new), |reader, writer, witness| {
        let (Schema::Avro(reader), Schema::Avro(writer)) = (reader, writer) else { panic!("not Avro") };
        let bytes = bytes(witness);
        let value = avro::datum::decode(writer, &bytes).expect("the writer reads its own bytes");
        assert_eq!(avro::datum::to_json(writer, &value).to_string(), *witness.json, "the JSON is another value");
        assert!(avro::datum::resolve(writer, reader, &bytes).is_err(), "the reader takes {}", witness.json);
    });
}

/// Two `.proto` files.
pub fn proto_diff(data: &[u8]) {
    let (old, new) = two(data);
    let schema =
        |text: &str| schema(&Memory([("main.proto".to_owned(), text.to_owned())].into()), "main.proto", Format::Protobuf);
    // Bytes and what the reader makes of them: `self_check` has a second judge for that.
    diff(schema(&old), schema(&new), |_, _, witness| assert!(!witness.reader_error.is_empty() && bytes(witness).len() < 1 << 20));
}

/// Two JSON Schemas: the validator accepts a witness for the writer and refuses it for the reader.
pub fn json_schema_diff(data: &[u8]) {
    let (old, new) = two(data);
    let schema = |text: &str| {
        let mut sources = Sources::new();
        let file = sources.add("schema.json", text);
        let (schema, found) = json_schema::parse(&yaml::parse(&sources, file).0?, &mut |_| None);
        rendered(&found, &sources);
        schema.filter(|_| !has_errors(&found)).map(|schema| Schema::JsonSchema(schema.into()))
    };
    let valid = |schema: &Schema, value: &serde_json::Value| {
        let Schema::JsonSchema(schema) = schema else { panic!("not JSON Schema") };
        let options = jsonschema::options().with_draft(schema.dialect.draft()).should_validate_formats(false);
        options.build(&schema.document.to_json()).expect("the checker built it, too").is_valid(value)
    };
    diff(schema(&old), schema(&new), |reader, writer, witness| {
        let value: serde_json::Value = serde_json::from_str(&witness.json).expect("a witness is JSON");
        assert!(valid(writer, &value), "the writer cannot send {value}");
        assert!(!valid(reader, &value), "the reader takes {value}");
    });
}

/// Records of the topic `_schemas`, one a line, a tab between key and value: each is written as it was read, and the state that
/// they make is the one that its own records make.
pub fn schemas_topic(data: &[u8]) {
    let mut replay = Replay::default();
    for line in data.split(|byte| *byte == b'\n').take(1000) {
        let tab = line.iter().position(|byte| *byte == b'\t');
        let (key, value) = tab.map_or((line, None), |tab| (&line[..tab], Some(&line[tab + 1..])));
        if let Ok(record) = Record::decode(Some(key), value)
            && !record.value.iter().flat_map(|value| value.values()).any(has_fraction)
        {
            let (key, value) = record.encode();
            assert_eq!(Record::decode(Some(&key), value.as_deref()), Ok(record), "a record changed on its way through its bytes");
        }
        // A refusal leaves the record out.
        let _ = replay.take(Some(key), value, 7);
    }
    let records = |replay: &Replay| replay.records().iter().map(Record::encode).collect::<Vec<_>>();
    let (first, mut again) = (records(&replay), Replay::default());
    for (key, value) in &first {
        again.take(Some(key), value.as_deref(), 7).expect("what we write can be read");
    }
    assert_eq!(records(&again), first, "the records of a state make another state");
}

/// Numbers that the JSON library rounds.
fn has_fraction(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Number(number) => number.is_f64(),
        serde_json::Value::Array(items) => items.iter().any(has_fraction),
        serde_json::Value::Object(map) => map.values().any(has_fraction),
        _ => false,
    }
}

/// The frame of a message: what is read writes as the same, each refusal says why.
pub fn wire_frame(data: &[u8]) {
    let (id, rest) = match framing::read_prefix(data) {
        Ok(read) => read,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let mut prefix = Vec::new();
    framing::write_prefix(id, &mut prefix);
    assert_eq!([&prefix, rest].concat(), data, "the prefix changed on its way");
    match framing::read_indexes(rest, framing::PREFIX_LEN) {
        Ok((indexes, payload)) => {
            assert!((1..=framing::MAX_INDEXES).contains(&indexes.len()) && indexes.iter().all(|index| *index >= 0));
            assert!(rest.ends_with(payload), "the payload is the end of the message");
            let mut again = Vec::new();
            framing::write_indexes(&indexes, &mut again);
            again.extend_from_slice(payload);
            assert!(again.len() <= rest.len(), "we write the shortest form");
            let read = framing::read_indexes(&again, 0).expect("what we write can be read");
            assert_eq!(read, (indexes, payload), "the indexes changed on their way");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
