//! The Protobuf rows of the recorded corpus: the verdicts of Confluent's schema registry and of buf on the same changes; and
//! every witness before a second judge, prost-reflect.

#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use eventpact_compat::check::{Verdict, compare};
use eventpact_compat::pair::Pair;
use eventpact_compat::report::Report;
use eventpact_compat::rule::Profile;
use eventpact_contract::diagnostic::{Severity, Witness, has_errors};
use eventpact_contract::formats::protobuf;
use eventpact_contract::schema::Schema;
use eventpact_contract::source::Sources;
use eventpact_tests::{folder, shared_data};
use protox::prost_reflect::{Cardinality, DescriptorPool, DynamicMessage, FieldDescriptor, ReflectMessage, Value as Reflected};
use serde_json::Value;

fn parse(text: &str) -> Result<Schema, String> {
    let mut sources = Sources::new();
    let file = sources.add("a.proto", text);
    let (schema, found) = protobuf::parse_files(&mut sources, file, "a.proto", &mut |path| Err(format!("no file {path}")));
    let said = || found.iter().map(|d| format!("{}: {}", d.id, d.message)).collect::<Vec<_>>().join("; ");
    schema.filter(|_| !has_errors(&found)).map(|s| Schema::Protobuf(s.into())).ok_or_else(said)
}

/// The incompatible difference types of a report, as Confluent writes them: `FIELD_KIND_CHANGED #/Order/2`.
fn differences(report: &Report) -> BTreeSet<String> {
    report.findings.iter().filter_map(|f| f.peer.as_ref()).map(|p| format!("{} {}", p.kind, p.location)).collect()
}

/// Those of the corpus: compatible ones are left out.
fn incompatible(row: &Value) -> BTreeSet<String> {
    const INCOMPATIBLE: [&str; 11] = [
        "PACKAGE_CHANGED",
        "MESSAGE_REMOVED",
        "FIELD_KIND_CHANGED",
        "FIELD_SCALAR_KIND_CHANGED",
        "FIELD_NAMED_TYPE_CHANGED",
        "FIELD_NUMERIC_LABEL_CHANGED",
        "REQUIRED_FIELD_ADDED",
        "REQUIRED_FIELD_REMOVED",
        "ONEOF_FIELD_REMOVED",
        "MULTIPLE_FIELDS_MOVED_TO_ONEOF",
        "FIELD_MOVED_TO_EXISTING_ONEOF",
    ];
    let all = row["differences"].as_array().into_iter().flatten().filter_map(Value::as_str);
    all.filter(|d| INCOMPATIBLE.contains(&d.split(' ').next().unwrap_or_default())).map(str::to_owned).collect()
}

#[test]
fn confluent_profile_gives_the_verdicts_of_confluent() {
    let Some(path) = shared_data("compat-own.jsonl") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let (mut directed, mut verdicts, mut kinds, mut older, mut unreadable, mut editions) = (0, 0, 0, 0, 0, 0);
    let mut wrong = Vec::new();
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        if row["format"] != "protobuf" {
            continue;
        }
        let (old, new) = match (parse(row["old"][0].as_str().unwrap()), parse(row["new"].as_str().unwrap())) {
            (Ok(old), Ok(new)) => (old, new),
            (Err(why), _) | (_, Err(why)) => {
                // A row with a mistake, which Confluent cannot read either.
                assert!(row["expected"]["confluent_head"]["BACKWARD"]["exception"].is_string(), "{}: {why}", row["id"]);
                unreadable += 1;
                continue;
            }
        };
        if row["expected"]["confluent_head"]["BACKWARD"]["exception"].is_string() {
            // Confluent cannot read editions. Its rules are followed all the same, so that a registry that can has an answer.
            assert!(row["new"].as_str().unwrap().starts_with("edition"), "{}", row["id"]);
            for pair in [Pair::new(&new, &old), Pair::new(&old, &new)] {
                assert_ne!(Verdict::of([&compare(pair, Profile::Confluent)]), Verdict::Unknown, "{}", row["id"]);
            }
            editions += 1;
            continue;
        }
        for (direction, pair) in [("BACKWARD", Pair::new(&new, &old)), ("FORWARD", Pair::new(&old, &new))] {
            let report = compare(pair, Profile::Confluent);
            let expected = &row["expected"]["confluent_head"][direction];
            let ours = report.is_compatible();
            directed += 1;
            verdicts += usize::from(expected["compatible"] == ours);
            kinds += usize::from(differences(&report) == incompatible(expected));
            older += usize::from(row["expected"]["confluent_8_2_3"][direction]["compatible"] == ours);
            if expected["compatible"] != ours || differences(&report) != incompatible(expected) {
                wrong.push(format!("{} {direction}: {expected}\n   ours {ours} {:?}", row["id"], differences(&report)));
            }
        }
    }
    println!("{directed} directed cases: {verdicts} verdicts and {kinds} sets of differences as HEAD, {older} verdicts as 8.2.3");
    println!("{unreadable} rows that neither reads, {editions} in editions, which only we read");
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
    assert!(directed >= 400, "only {directed} cases");
}

/// The message of a witness as prost-reflect decodes it, by field numbers; `None` when it refuses the bytes. It does not look
/// for required fields, so that is done here.
fn decoded(schema: &Schema, bytes: &[u8], label: Label) -> Option<String> {
    numbers(&dynamic(schema, bytes)?, label)
}

fn dynamic(schema: &Schema, bytes: &[u8]) -> Option<DynamicMessage> {
    let Schema::Protobuf(schema) = schema else { panic!("not Protobuf") };
    let pool = DescriptorPool::from_file_descriptor_set(protobuf::to_file_descriptor_set(schema)).unwrap();
    DynamicMessage::decode(pool.get_message_by_name(&schema.root).unwrap(), bytes).ok()
}

/// What a field is known by.
type Label = fn(&FieldDescriptor) -> String;

fn number(field: &FieldDescriptor) -> String {
    field.number().to_string()
}

fn name(field: &FieldDescriptor) -> String {
    field.name().to_owned()
}

/// What the fields that were not sent mean, here and in messages below.
fn meanings(message: &DynamicMessage) -> String {
    let mut out = String::new();
    for field in message.descriptor().fields().filter(|f| !f.is_list() && !f.is_map()) {
        let meaning = match message.get_field(&field).as_ref() {
            Reflected::Message(inner) if message.has_field(&field) => meanings(inner),
            Reflected::Message(_) => continue,
            value if message.has_field(&field) => format!("{value:?}"),
            value => plain(value, number).unwrap_or_default(),
        };
        write!(out, "{}:{meaning} ", field.number()).unwrap();
    }
    out
}

fn numbers(message: &DynamicMessage, label: Label) -> Option<String> {
    let required = message.descriptor().fields().find(|f| f.cardinality() == Cardinality::Required && !message.has_field(f));
    if required.is_some() {
        return None;
    }
    let mut out = String::new();
    for (field, value) in message.fields() {
        let parts: Option<Vec<String>> = match value {
            Reflected::Message(inner) => Some(vec![numbers(inner, label)?]),
            Reflected::List(items) => items.iter().map(|item| plain(item, label)).collect(),
            Reflected::Map(entries) => {
                let mut entries: Option<Vec<String>> = entries
                    .iter()
                    .map(|(k, v)| Some(format!("{}={}", plain(&k.clone().into(), label)?, plain(v, label)?)))
                    .collect();
                if let Some(entries) = &mut entries {
                    entries.sort();
                }
                entries
            }
            other => Some(vec![plain(other, label)?]),
        };
        write!(out, "{}:{:?} ", label(&field), parts?).ok()?;
    }
    Some(out)
}

/// A value without its type: text as bytes, enums and booleans as integers.
fn plain(value: &Reflected, label: Label) -> Option<String> {
    Some(match value {
        Reflected::Message(inner) => numbers(inner, label)?,
        Reflected::String(text) => format!("{:?}", text.as_bytes()),
        Reflected::Bytes(bytes) => format!("{:?}", bytes.as_ref()),
        Reflected::Bool(truth) => u8::from(*truth).to_string(),
        Reflected::EnumNumber(n) | Reflected::I32(n) => n.to_string(),
        Reflected::I64(n) => n.to_string(),
        Reflected::U32(n) => n.to_string(),
        Reflected::U64(n) => n.to_string(),
        Reflected::F32(n) => format!("{n:?}f"),
        Reflected::F64(n) => format!("{n:?}f"),
        other => format!("{other:?}"),
    })
}

/// The writer's schema reads the bytes of a witness, and the reader's refuses them or reads something else.
fn judge(reader: &Schema, writer: &Schema, rule: &str, witness: &Witness) {
    let hex = witness.hex.as_deref().expect("bytes");
    let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect();
    if rule == "protobuf/text-not-utf8" {
        // prost-reflect checks every text, so it cannot speak for a writer that does not.
        assert_eq!(decoded(reader, &bytes, number), None, "{rule}: the reader takes {hex}");
        return;
    }
    let sent = decoded(writer, &bytes, number).unwrap_or_else(|| panic!("{rule}: the writer cannot have sent {hex}"));
    let read = decoded(reader, &bytes, number);
    if rule == "protobuf/field-numbers-swapped" {
        assert_eq!(read.as_ref(), Some(&sent), "{rule}: {hex} arrives");
        assert_ne!(
            decoded(reader, &bytes, name),
            decoded(writer, &bytes, name),
            "{rule}: the reader reads the names in {hex} as sent"
        );
        return;
    }
    if rule == "protobuf/default-changed" {
        assert_ne!(meanings(&dynamic(reader, &bytes).unwrap()), meanings(&dynamic(writer, &bytes).unwrap()), "{rule}: {hex}");
        return;
    }
    if rule == "protobuf/enum-value-removed" || rule == "protobuf/enum-closed" {
        // prost-reflect keeps what a closed enum does not know; the specification puts it aside.
        return;
    }
    assert_ne!(read.as_ref(), Some(&sent), "{rule}: the reader reads {hex} as it was sent");
}

#[test]
fn sound_profile_proves_each_error() {
    let Some(path) = shared_data("compat-own.jsonl") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let (mut broken, mut wire, mut both, mut judged) = (0, 0, 0, 0);
    let mut apart = Vec::new();
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        if row["format"] != "protobuf" {
            continue;
        }
        // The first message of these files is not always the one that changes: the payload is `Order`, or `M`.
        let read = |text: &str| {
            let mut sources = Sources::new();
            let file = sources.add("a.proto", text);
            let root = if text.contains("message Order ") { "Order" } else { "M" };
            protobuf::parse(&mut sources, file, "a.proto", &mut |_| Err("none".to_owned()), Some(root)).0
        };
        let Some(old) = read(row["old"][0].as_str().unwrap()) else { continue };
        let Some(new) = read(row["new"].as_str().unwrap()) else { continue };
        let (old, new) = (Schema::Protobuf(old.into()), Schema::Protobuf(new.into()));
        let report = compare(Pair::new(&new, &old), Profile::Sound);
        for finding in report.findings.iter().filter(|f| f.severity == Severity::Error) {
            let witness = finding.witness.as_ref().unwrap_or_else(|| panic!("{}: no witness for {}", row["id"], finding.rule.id));
            judge(&new, &old, finding.rule.id, witness);
            judged += 1;
        }
        let ours = Verdict::of([&report]) == Verdict::Compatible;
        let buf = row["expected"]["buf"]["compatible"]["WIRE"].as_bool().unwrap_or(true);
        broken += usize::from(!ours);
        wire += usize::from(!buf);
        both += usize::from(!ours && !buf);
        if ours != buf {
            let rules: Vec<&str> = report.findings.iter().map(|f| f.rule.id).collect();
            apart.push(format!("{} ours {ours} {rules:?} buf {buf} {}", row["id"], row["expected"]["buf"]["rules"]["WIRE"]));
        }
    }
    println!("errors with a witness in {broken} rows, buf WIRE refuses {wire}, both {both}\n{}", apart.join("\n"));
    println!("{judged} witnesses confirmed by prost-reflect");
    assert!(broken > 60, "only {broken} rows broken");
}

/// What the profile `confluent` answers for editions, which the registry cannot read: its own rules on what the features make of a
/// field. (writer, reader, differences)
#[test]
fn editions_are_judged_by_the_rules_of_confluent() {
    let file = |body: &str| format!("edition = \"2023\";\nmessage M {{\n{body}\n}}\n");
    let cases = [
        ("int32 x = 1;", "int64 x = 1;", vec![]),
        ("int32 x = 1;", "sint32 x = 1;", vec!["FIELD_SCALAR_KIND_CHANGED #/M/1"]),
        ("int32 x = 1;", "repeated int32 x = 1;", vec!["FIELD_NUMERIC_LABEL_CHANGED #/M/1"]),
        ("", "int32 x = 1 [features.field_presence = LEGACY_REQUIRED];", vec!["REQUIRED_FIELD_ADDED #/M/1"]),
        // The registry compares no features: two encodings of a message are one type to it.
        ("M x = 1;", "M x = 1 [features.message_encoding = DELIMITED];", vec![]),
    ];
    for (writer, reader, expected) in cases {
        let (w, r) = (parse(&file(writer)).unwrap(), parse(&file(reader)).unwrap());
        let report = compare(Pair::new(&r, &w), Profile::Confluent);
        let expected: BTreeSet<String> = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(differences(&report), expected, "{writer} read as {reader}");
    }
}

/// Rows of Karapace's tests, whose comparison is a port of Confluent's: `id: our verdict, reason` where we differ.
#[test]
fn verdicts_of_karapace() {
    let Some(path) = shared_data("compat-third-party.jsonl") else { return };
    let waivers = std::fs::read_to_string(folder("compat/corpus/protobuf-third-party-waivers.txt")).unwrap();
    let lines = waivers.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let mut waived: BTreeMap<&str, &str> = lines.map(|l| l.split_once(": ").unwrap()).collect();
    let text = std::fs::read_to_string(path).unwrap();
    let (mut count, mut agreed, mut sound) = (0, 0, 0);
    let mut wrong = Vec::new();
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let id = row["id"].as_str().unwrap();
        if !id.starts_with("karapace-proto") {
            continue;
        }
        count += 1;
        let stated = if row["expected"]["compatible"] == true { "compatible" } else { "incompatible" };
        let (old, new) = (parse(row["old"][0].as_str().unwrap()), parse(row["new"].as_str().unwrap()));
        let ours = |profile| match (&old, &new) {
            (Ok(old), Ok(new)) => Verdict::of([&compare(Pair::new(new, old), profile)]).as_str(),
            _ => "unreadable",
        };
        let verdict = ours(Profile::Confluent);
        sound += usize::from(ours(Profile::Sound) == stated);
        if verdict == stated {
            agreed += 1;
        } else if waived.remove(id).is_some_and(|w| w.split_once(", ").unwrap().0 == verdict) {
        } else {
            wrong.push(format!("{id}: ours {verdict}, Karapace {stated}"));
        }
    }
    println!("Karapace: {agreed} of {count} verdicts agree in the profile confluent, {sound} in the profile sound");
    assert_eq!(count, 12);
    assert!(waived.is_empty(), "waivers of rows that agree: {waived:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
