//! Avro: what the writer's schema encodes, [`datum::resolve`] must read.

use std::collections::BTreeMap;
use std::sync::Arc;

use eventpact_compat::check::{self, Verdict};
use eventpact_compat::pair::Pair;
use eventpact_compat::report::Report;
use eventpact_compat::rule::Profile;
use eventpact_contract::diagnostic::Severity;
use eventpact_contract::formats::avro::datum::{self, Value};
use eventpact_contract::formats::avro::{self, Kind, Logical, TypeId};
use eventpact_contract::schema::Schema;
use eventpact_contract::source::Sources;
use serde_json::{Value as Json, json};

use crate::evolve::{self, somewhere};
use crate::random::{Rng, Schemas};
use crate::run::{Tally, run, shrink};
use crate::schemas;

/// Values for each pair that is called compatible.
const VALUES: u64 = 8;
/// A value of more parts is cut short.
const MAX_PARTS: usize = 300;

#[test]
fn avro() {
    let tally = run("avro", (1500, 120_000), one);
    assert!(tally.witnesses * 100 >= tally.breaks * 95, "{} of {} breaks have a witness", tally.witnesses, tally.breaks);
}

/// Two versions of a schema.
fn pair(seed: u64) -> (Json, Json) {
    let mut rng = Rng(seed);
    let old = Schemas::new(&mut rng).root();
    let mut new = old.clone();
    for _ in 0..=rng.below(4) {
        if rng.one_in(2) {
            evolve::evolve(&mut new, &mut rng);
        } else {
            widen(&mut new, &mut rng);
        }
    }
    (old, new)
}

/// One change that mostly leaves old values readable, and sometimes does not.
fn widen(root: &mut Json, rng: &mut Rng) {
    let is = |word: &'static str| move |node: &Json| node.get("type").and_then(Json::as_str) == Some(word);
    match rng.below(9) {
        0 => {
            if let Some(node) = somewhere(root, rng, is("enum")) {
                node["default"] = node["symbols"][0].clone();
            }
        }
        1 => {
            if let Some(node) = somewhere(root, rng, is("enum")) {
                node["symbols"].as_array_mut().unwrap().push(json!("LATER"));
            }
        }
        2 => {
            if let Some(node) = somewhere(root, rng, is("record"))
                && let Some(field) = node["fields"].as_array_mut().and_then(|fields| fields.last_mut())
            {
                field["aliases"] = json!(["f0", "was1", "_1"]);
            }
        }
        3 => {
            let word = *rng.pick(&["null", "string", "long", "double", "bytes"]);
            let fits =
                |n: &Json| n.as_array().is_some_and(|a| a.first().is_some_and(Json::is_string)) && !text_of(n).contains(word);
            if let Some(Json::Array(branches)) = somewhere(root, rng, fits) {
                branches.push(json!(word));
            }
        }
        4 => {
            if let Some(node) = somewhere(root, rng, |n| n.get("type").is_some_and(|t| t == "array" || t == "map")) {
                for key in ["items", "values"] {
                    if let Some(inner) = node.get(key).filter(|inner| inner.is_string()).cloned() {
                        node[key] = json!([inner, { "type": "array", "items": "int" }]);
                    }
                }
            }
        }
        5 => {
            if let Some(node) = somewhere(root, rng, |n| n.get("logicalType").is_some()) {
                node.as_object_mut().unwrap().shift_remove("logicalType");
            }
        }
        6 => {
            let words = ["bytes", "int", "long", "string"];
            if let Some(node) = somewhere(root, rng, |n| n.as_str().is_some_and(|s| words.contains(&s))) {
                let logical = *rng.pick(&["date", "timestamp-millis", "uuid", "decimal", "time-micros"]);
                *node = json!({ "type": node.clone(), "logicalType": logical, "precision": 4, "scale": 2 });
            }
        }
        7 => {
            // The whole schema beside other branches.
            if root.is_object() {
                *root = json!(["null", root.clone(), "string"]);
            }
        }
        _ => {
            if let Some(Json::Object(field)) = somewhere(root, rng, |n| n.get("default").is_some() && n.get("symbols").is_none())
            {
                field.shift_remove("default");
            }
        }
    }
}

fn text_of(node: &Json) -> String {
    node.to_string()
}

fn parse(json: &Json) -> Option<Schema> {
    let (schema, _) = schemas::avro_schema(&mut Sources::new(), "schema.avsc", &json.to_string(), &BTreeMap::new(), true);
    schema.map(|schema| Schema::Avro(Arc::new(schema)))
}

fn of(schema: &Schema) -> &avro::Schema {
    let Schema::Avro(schema) = schema else { panic!("not Avro") };
    schema
}

fn one(seed: u64, tally: &mut Tally) -> Result<(), String> {
    let (old, new) = pair(seed);
    let (Some(a), Some(b)) = (parse(&old), parse(&new)) else {
        tally.note("pairs that are no schemas");
        return Ok(());
    };
    for (reader, writer, names) in [(&b, &a, "the second reads the first"), (&a, &b, "the first reads the second")] {
        let report = check::compare(Pair::new(reader, writer), Profile::Sound);
        let verdict = Verdict::of([&report]);
        tally.verdict(verdict);
        count(&report, reader, writer, tally);
        if verdict != Verdict::Compatible {
            continue;
        }
        if refused(&report, reader, writer, tally).is_none() {
            continue;
        }
        let turned = std::ptr::eq(reader, &raw const a);
        let fails = |old: &Json, new: &Json| {
            let (Some(old), Some(new)) = (parse(old), parse(new)) else { return false };
            let (reader, writer) = if turned { (&old, &new) } else { (&new, &old) };
            let report = check::compare(Pair::new(reader, writer), Profile::Sound);
            Verdict::of([&report]) == Verdict::Compatible && refused(&report, reader, writer, &mut Tally::default()).is_some()
        };
        let (old, new) = shrink((old, new), fails);
        let (a, b) = (parse(&old).unwrap(), parse(&new).unwrap());
        let (reader, writer) = if turned { (&a, &b) } else { (&b, &a) };
        let report = check::compare(Pair::new(reader, writer), Profile::Sound);
        let (value, error) = refused(&report, reader, writer, &mut Tally::default()).unwrap();
        return Err(format!("compatible ({names}), but a value is refused\n{old}\n{new}\n{value}\n{error}"));
    }
    Ok(())
}

/// Counts the breaks and proves their witnesses.
fn count(report: &Report, reader: &Schema, writer: &Schema, tally: &mut Tally) {
    for finding in report.findings.iter().filter(|f| f.severity == Severity::Error) {
        tally.breaks += 1;
        if let Some(witness) = &finding.witness {
            schemas::prove_bytes(of(reader), of(writer), witness.hex.as_deref().unwrap(), &witness.json);
            tally.witnesses += 1;
        }
    }
}

/// A value of the writer that the reader refuses, as JSON, and the reader's words.
fn refused(report: &Report, reader: &Schema, writer: &Schema, tally: &mut Tally) -> Option<(Json, String)> {
    let (reader, writer) = (of(reader), of(writer));
    for seed in 0..VALUES {
        let mut values = Values { schema: writer, rng: Rng(seed), parts: 0 };
        let Some(value) = values.make(writer.root, 0) else {
            tally.note("values that do not end");
            continue;
        };
        let bytes = datum::encode(writer, &value).expect("a value of the writer");
        tally.values += 1;
        let Err(error) = datum::resolve(writer, reader, &bytes) else { continue };
        match excuse(&error.message, report) {
            Some(excuse) => tally.note(excuse),
            None => return Some((datum::to_json(writer, &value), error.to_string())),
        }
    }
    None
}

/// What is refused although the verdict is that of Avro Java, "compatible": a warning tells of it.
fn excuse(error: &str, report: &Report) -> Option<&'static str> {
    let warned = |id: &str| report.findings.iter().any(|finding| finding.rule.id == id);
    match () {
        // The specification promotes all bytes to a string.
        () if error.contains("is not UTF-8") && warned("avro/bytes-as-string") => Some("values of bytes that are no string"),
        () if error.contains("two fields of the reader take") && warned("avro/field-taken-twice") => {
            Some("values of a field that two fields of the reader take")
        }
        // Avro Java cuts or pads a default that does not fit, so its schemas are taken; no warning yet.
        () if error.contains("the default is ") => Some("values in need of a default that does not fit its type"),
        () => None,
    }
}

/// Makes values that sit on the boundaries of their types.
struct Values<'s> {
    schema: &'s avro::Schema,
    rng: Rng,
    parts: usize,
}

impl Values<'_> {
    fn make(&mut self, id: TypeId, depth: usize) -> Option<Value> {
        self.parts += 1;
        if depth > 60 {
            return None;
        }
        let small = depth > 6 || self.parts > MAX_PARTS;
        let rng = &mut self.rng;
        let ty = self.schema.get(id);
        Some(match &ty.kind {
            Kind::Null => Value::Null,
            Kind::Boolean => Value::Boolean(rng.one_in(2)),
            Kind::Int => Value::Int(*rng.pick(&[0, 1, -1, 63, 64, -65, 16_777_217, i32::MAX, i32::MIN])),
            Kind::Long => Value::Long(*rng.pick(&[0, 1, -1, 1 << 31, 1 << 40, (1 << 53) + 1, i64::MAX, i64::MIN])),
            Kind::Float => Value::Float(*rng.pick(&[0.0, -0.0, 1.5, 0.1, 3.4e38, f32::NAN, f32::INFINITY])),
            Kind::Double => Value::Double(*rng.pick(&[0.0, -0.0, 0.1, 1e300, -1e-7, f64::NAN, f64::NEG_INFINITY])),
            Kind::Bytes => Value::Bytes(rng.pick(&[&b""[..], &[0, 255, 128], b"text", "Größe".as_bytes()]).to_vec()),
            Kind::String if ty.logical == Some(Logical::Uuid) => Value::String("00000000-0000-4000-8000-000000000000".to_owned()),
            Kind::String => Value::String((*rng.pick(&["", "a", "Größe", "\u{1F600}\"\\\u{1}"])).to_owned()),
            Kind::Fixed(fixed) => Value::Fixed((0..fixed.size).map(|_| rng.next().to_le_bytes()[0]).collect()),
            Kind::Enum(e) if e.symbols.is_empty() => return None,
            Kind::Enum(e) => Value::Enum(rng.below(e.symbols.len())),
            Kind::Record(record) => {
                Value::Record(record.fields.iter().map(|f| self.make(f.ty, depth + 1)).collect::<Option<_>>()?)
            }
            Kind::Array(inner) => {
                let count = if small { 0 } else { rng.below(4) };
                Value::Array((0..count).map(|_| self.make(*inner, depth + 1)).collect::<Option<_>>()?)
            }
            Kind::Map(inner) => {
                let count = if small { 0 } else { rng.below(3) };
                let entries = (0..count).map(|n| Some((format!("k{n}ß"), self.make(*inner, depth + 1)?)));
                Value::Map(entries.collect::<Option<_>>()?)
            }
            Kind::Union(branches) => {
                let leaf = |b: &TypeId| !matches!(self.schema.get(*b).kind, Kind::Record(_) | Kind::Union(_));
                let index = branches.iter().position(leaf).filter(|_| small);
                let index = index.unwrap_or_else(|| self.rng.below(branches.len()));
                Value::Union(index, Box::new(self.make(*branches.get(index)?, depth + 1)?))
            }
        })
    }
}
