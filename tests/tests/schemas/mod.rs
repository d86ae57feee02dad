//! Schemas from texts and folders, for the suites that compare them; and the proof of what a comparison found.

#![allow(dead_code)] // each suite uses a part
#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use eventpact_compat::check::Checked;
use eventpact_compat::mode::Direction;
use eventpact_contract::diagnostic::{Diagnostic, Severity};
use eventpact_contract::formats::{avro, json_schema, protobuf};
use eventpact_contract::schema::Schema;
use eventpact_contract::source::{FileId, Sources};
use eventpact_contract::yaml::{self, Node};

/// The schema in `<case>/<stem>.avsc`, `.proto` or `.json`; imports lie next to it.
pub(crate) fn of_case(sources: &mut Sources, case: &Path, stem: &str) -> Schema {
    let find = |extension: &str| {
        let name = format!("{stem}.{extension}");
        std::fs::read_to_string(case.join(&name)).ok().map(|text| (name, text))
    };
    let show =
        |problems: &[Diagnostic]| problems.iter().map(|d| format!("{}: {}", d.id, d.message)).collect::<Vec<_>>().join("\n");
    if let Some((name, text)) = find("avsc") {
        let (schema, problems) = avro_schema(sources, &name, &text, &BTreeMap::new(), true);
        let schema = schema.unwrap_or_else(|| panic!("{}/{name}:\n{}", case.display(), show(&problems)));
        return Schema::Avro(Arc::new(schema));
    }
    if let Some((name, text)) = find("proto") {
        let file = sources.add(name.clone(), text);
        let mut import = |path: &str| {
            let text = std::fs::read_to_string(case.join(path)).map_err(|e| e.to_string())?;
            Ok((path.to_owned(), text))
        };
        let (schema, problems) = protobuf::parse(sources, file, &name, &mut import, None);
        let schema = schema.unwrap_or_else(|| panic!("{}/{name}:\n{}", case.display(), show(&problems)));
        return Schema::Protobuf(Arc::new(schema));
    }
    let Some((name, text)) = find("json") else { panic!("{} has no {stem}.avsc, .proto or .json", case.display()) };
    let file = sources.add(name.clone(), text);
    let (schema, problems) = json_schema::parse(&node(sources, file), &mut |_| None);
    let schema = schema.unwrap_or_else(|| panic!("{}/{name}:\n{}", case.display(), show(&problems)));
    Schema::JsonSchema(Arc::new(schema))
}

fn node(sources: &Sources, file: FileId) -> Node {
    let (node, problems) = yaml::parse(sources, file);
    node.unwrap_or_else(|| panic!("{}: {problems:?}", sources.file(file).name()))
}

/// An Avro schema from its text; `references` are texts by full name.
pub(crate) fn avro_schema(
    sources: &mut Sources,
    name: &str,
    text: &str,
    references: &BTreeMap<String, String>,
    strict: bool,
) -> (Option<avro::Schema>, Vec<Diagnostic>) {
    let file = sources.add(name, text);
    let (node, mut problems) = yaml::parse(sources, file);
    let Some(node) = node else { return (None, problems) };
    let resolve = &mut |full: &str| {
        let text = references.get(full)?;
        let file = sources.add(full, text.as_str());
        yaml::parse(sources, file).0
    };
    let (schema, more) = avro::parse(&node, resolve, strict);
    problems.extend(more);
    // The short way, without a tree of the text, says the same or nothing.
    if let Some(clean) = avro::parse_clean(sources, file) {
        assert!(problems.is_empty(), "{text}: {problems:?}");
        assert_eq!(format!("{:?}", Some(clean)), format!("{schema:?}"), "{text}");
    }
    (schema, problems)
}

/// Proves every witness of an Avro comparison: its bytes are what the writer's schema makes of its value, and the reader's
/// schema refuses them. Other formats prove theirs in their own suites.
pub(crate) fn prove(checked: &Checked, old: &Schema, new: &Schema) {
    let (Schema::Avro(old), Schema::Avro(new)) = (old, new) else { return };
    let (reader, writer) = if checked.direction == Direction::Backward { (new, old) } else { (old, new) };
    for finding in &checked.report.findings {
        let Some(witness) = &finding.witness else {
            let proved = finding.severity == Severity::Error || finding.rule.id.ends_with("-lost");
            assert!(!proved, "{} at {} has no witness", finding.rule.id, finding.path);
            continue;
        };
        let hex = witness.hex.as_deref().unwrap_or_default();
        if witness.reader_error.starts_with("no error") {
            misread(reader, writer, hex, &witness.json);
        } else {
            prove_bytes(reader, writer, hex, &witness.json);
        }
    }
}

/// Decodes the bytes with the writer's schema, compares the JSON, and wants the reader to take them: for something else, which is
/// in its words.
fn misread(reader: &avro::Schema, writer: &avro::Schema, hex: &str, json: &str) {
    let bytes = bytes(hex);
    let value = avro::datum::decode(writer, &bytes).expect("the writer's schema reads its own bytes");
    assert_eq!(avro::datum::to_json(writer, &value).to_string(), json);
    avro::datum::resolve(writer, reader, &bytes).expect("the reader takes it");
}

fn bytes(hex: &str) -> Vec<u8> {
    let byte = |i: usize| u8::from_str_radix(&hex[i..i + 2], 16).expect("hexadecimal");
    (0..hex.len()).step_by(2).map(byte).collect()
}

/// Decodes the bytes with the writer's schema, compares the JSON, and wants the reader's schema to refuse them.
pub(crate) fn prove_bytes(reader: &avro::Schema, writer: &avro::Schema, hex: &str, json: &str) {
    let bytes = bytes(hex);
    let value = avro::datum::decode(writer, &bytes).expect("the writer's schema reads its own bytes");
    assert_eq!(avro::datum::encode(writer, &value).as_deref(), Ok(&bytes[..]));
    assert_eq!(avro::datum::to_json(writer, &value).to_string(), json);
    let read = avro::datum::resolve(writer, reader, &bytes);
    assert!(read.is_err(), "the reader takes {hex} ({json}) for {read:?}");
}

/// Some values of a schema that visit its branches and symbols in turn, the same ones in every run. Strings and bytes are UTF-8
/// and depth is kept small.
pub(crate) fn samples(schema: &avro::Schema, count: usize) -> Vec<avro::datum::Value> {
    (0..count).filter_map(|seed| Sampler { schema, state: seed as u64 + 1 }.value(schema.root, 0)).collect()
}

struct Sampler<'s> {
    schema: &'s avro::Schema,
    state: u64,
}

impl Sampler<'_> {
    fn next(&mut self, below: usize) -> usize {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.state >> 33).unwrap() % below.max(1)
    }

    fn value(&mut self, id: avro::TypeId, depth: usize) -> Option<avro::datum::Value> {
        use avro::Kind;
        use avro::datum::Value;
        if depth > 40 {
            return None;
        }
        let many = if depth > 4 { 0 } else { self.next(3) };
        Some(match &self.schema.get(id).kind {
            Kind::Null => Value::Null,
            Kind::Boolean => Value::Boolean(self.next(2) == 1),
            Kind::Int => Value::Int([0, -1, 64, i32::MAX, i32::MIN][self.next(5)]),
            Kind::Long => Value::Long([0, -65, 1 << 40, i64::MAX, i64::MIN][self.next(5)]),
            Kind::Float => Value::Float([0.0, -1.5, 3.25e10][self.next(3)]),
            Kind::Double => Value::Double([0.0, 0.1, -2.5e100][self.next(3)]),
            Kind::Bytes => Value::Bytes(vec![0x41; self.next(4)]),
            Kind::String => Value::String(["", "a", "é😀", "text"][self.next(4)].to_owned()),
            Kind::Fixed(fixed) => Value::Fixed(vec![0x7f; fixed.size]),
            Kind::Enum(e) if e.symbols.is_empty() => return None,
            Kind::Enum(e) => Value::Enum(self.next(e.symbols.len())),
            Kind::Array(items) => Value::Array((0..many).filter_map(|_| self.value(*items, depth + 1)).collect()),
            Kind::Map(values) => {
                Value::Map((0..many).filter_map(|i| Some((format!("k{i}"), self.value(*values, depth + 1)?))).collect())
            }
            Kind::Record(record) => {
                let fields: Option<Vec<Value>> = record.fields.iter().map(|f| self.value(f.ty, depth + 1)).collect();
                Value::Record(fields?)
            }
            Kind::Union(branches) => {
                let leaf = |b: &avro::TypeId| matches!(self.schema.get(*b).kind, Kind::Null | Kind::String | Kind::Int);
                let shallow = branches.iter().position(leaf).filter(|_| depth > 6);
                let index = shallow.unwrap_or_else(|| self.next(branches.len()));
                Value::Union(index, Box::new(self.value(*branches.get(index)?, depth + 1)?))
            }
        })
    }
}
