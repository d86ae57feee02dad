//! Pairs of versions that are made to keep the checker busy for ever, or to exhaust the memory or the stack: each ends soon, with
//! a verdict or with *unknown*.

#![allow(clippy::unwrap_used)] // a test may panic
#![allow(clippy::print_stdout)] // and tells what took how long

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use eventpact_compat::asyncapi;
use eventpact_compat::check::{Verdict, check};
use eventpact_compat::mode::Mode;
use eventpact_compat::options::{ContentModel, Options};
use eventpact_compat::protobuf::buf::Category;
use eventpact_compat::rule::Profile;
use eventpact_contract::diagnostic::has_errors;
use eventpact_contract::load::{load_contract, load_schema};
use eventpact_contract::schema::{Format, Schema};
use eventpact_contract::source::{Memory, Sources};
use serde_json::{Value as Json, json};

/// Generous: an unoptimised build on a busy machine, for all profiles and both directions. What is not bounded takes days.
const SOON: Duration = Duration::from_secs(120);

fn parse(name: &str, format: Format, text: String) -> Schema {
    let reader = Memory([(name.to_owned(), text)].into());
    let (schema, found) = load_schema(&mut Sources::new(), &reader, name, Some(format), None);
    assert!(!has_errors(&found), "{:?}", &found[..found.len().min(3)]);
    schema.expect("a schema without errors")
}

/// Compares two versions in every profile; gives the verdicts in the profile `sound`: the new one reads the old one's messages,
/// and the other way round.
fn verdicts(what: &str, old: &Schema, new: &Schema) -> [Verdict; 2] {
    let start = Instant::now();
    let mut options: Vec<Options> = [Profile::Sound, Profile::Confluent].map(Options::from).into();
    match old.format() {
        Format::Protobuf => options.extend(Category::ALL.map(|category| Options::from(Profile::Buf(category)))),
        Format::JsonSchema => options.push(Options { content_model: ContentModel::ClosedWriter, ..Options::default() }),
        Format::Avro => {}
    }
    let run = |options: &Options| check(new, std::slice::from_ref(old), Mode::Full, *options);
    let all: Vec<_> = options.iter().map(run).collect();
    let took = start.elapsed();
    let sound = [1, 0].map(|index| Verdict::of([&all[0][index].report]));
    println!("{what}: {sound:?} in {took:.1?}");
    assert!(took < SOON, "{what} took {took:?}");
    sound
}

fn json_pair(what: &str, old: &Json, new: &Json) -> [Verdict; 2] {
    let schema = |json: &Json| parse("a.json", Format::JsonSchema, json.to_string());
    verdicts(what, &schema(old), &schema(new))
}

#[test]
fn json_schema_of_many_branches() {
    let branches = |count: usize, from: usize| {
        let one = |n: usize| {
            let mut schema = json!({
                "type": "object",
                "properties": { "kind": { "const": format!("k{n}") } },
                "required": ["kind", format!("p{n}")],
            });
            schema["properties"][format!("p{n}")] = json!({ "type": "integer", "minimum": n });
            schema
        };
        (from..from + count).map(one).collect::<Vec<_>>()
    };
    let old = json!({ "oneOf": branches(200, 0) });
    let [backward, _] = json_pair("oneOf of 200 branches, one gone", &old, &json!({ "oneOf": branches(199, 1) }));
    assert_ne!(backward, Verdict::Compatible, "a branch is gone");
    let overlapping = |step: i64| {
        let one = |n: i64| json!({ "type": "integer", "minimum": n * step, "maximum": n * step + 500 });
        json!({ "oneOf": (0..200).map(one).collect::<Vec<_>>() })
    };
    json_pair("oneOf of 200 branches that overlap", &overlapping(10), &overlapping(11));
    let wide = |extra: &str| {
        let properties: serde_json::Map<String, Json> =
            (0..3000).map(|n| (format!("p{n}"), json!({ "type": ["string", "integer", "null"], "maxLength": n + 1 }))).collect();
        let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
        schema["properties"][extra] = json!({ "type": "string" });
        schema
    };
    let both = json_pair("3,000 properties", &wide("more"), &wide("other"));
    assert_eq!(both, [Verdict::Incompatible; 2], "a property that one side alone has is not among the first");
}

#[test]
fn json_schema_of_many_patterns() {
    let patterns = |letter: &str, count: usize| {
        let of = |n: usize| (format!("^{letter}{n}[a-z]+x"), json!({ "type": "string" }));
        json!({ "patternProperties": (0..count).map(of).collect::<serde_json::Map<String, Json>>() })
    };
    for count in [300, 1000] {
        let both = json_pair(&format!("{count} patterns of names, all others"), &patterns("a", count), &patterns("b", count));
        assert_eq!(both, [Verdict::Incompatible; 2]);
    }
}

#[test]
fn json_schema_of_many_values() {
    let values = |from: usize| json!({ "enum": (from..from + 50_000).map(|n| format!("v{n}")).collect::<Vec<_>>() });
    json_pair("50,000 values, the first one replaced", &values(0), &values(1));
}

#[test]
fn json_schema_that_refers_to_itself() {
    let tree = |limit: i32| {
        json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "definitions": {
                "a": { "type": "object", "properties": { "b": { "$ref": "#/definitions/b" }, "c": { "$ref": "#/definitions/c" } } },
                "b": { "anyOf": [{ "$ref": "#/definitions/a" }, { "$ref": "#/definitions/c" }, { "type": "null" }] },
                "c": { "type": "array", "items": { "oneOf": [{ "$ref": "#/definitions/b" }, { "type": "integer", "maximum": limit }] } },
            },
            "$ref": "#/definitions/a",
        })
    };
    let [backward, _] = json_pair("references in circles", &tree(10), &tree(9));
    assert_ne!(backward, Verdict::Compatible);
    let circle = |limit: i32| {
        let one = |n: usize| {
            let next = json!({ "$ref": format!("#/$defs/d{}", (n + 1) % 1000) });
            (format!("d{n}"), json!({ "type": "object", "properties": { "next": next, "text": { "maxLength": limit } } }))
        };
        json!({ "$ref": "#/$defs/d0", "$defs": (0..1000).map(one).collect::<serde_json::Map<_, _>>() })
    };
    let [backward, _] = json_pair("a circle of 1,000 definitions", &circle(3), &circle(2));
    assert_ne!(backward, Verdict::Compatible);
}

#[test]
fn json_schema_that_doubles() {
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let doubling = |limit: i32| {
            let both = |n: usize| json!({ "$ref": format!("#/$defs/d{}", n + 1) });
            let mut all: serde_json::Map<_, _> =
                (0..40).map(|n| (format!("d{n}"), json!({ keyword: [both(n), both(n)] }))).collect();
            all.insert("d40".to_owned(), json!({ "type": "string", "maxLength": limit }));
            json!({ "$ref": "#/$defs/d0", "$defs": all })
        };
        json_pair(&format!("2^40 ways through {keyword}"), &doubling(3), &doubling(2));
    }
    let branches = |limit: usize| {
        let all =
            |n: usize| (0..12).map(|k| json!({ "properties": { format!("p{k}"): { "maxLength": limit + n + k } } })).collect();
        let one = |n: usize| json!({ "allOf": Json::Array(all(n)) });
        json!({ "anyOf": (0..60).map(one).collect::<Vec<_>>() })
    };
    json_pair("60 branches of 12 parts", &branches(3), &branches(2));
}

fn avro_pair(what: &str, old: &Json, new: &Json) -> [Verdict; 2] {
    let schema = |json: &Json| parse("a.avsc", Format::Avro, json.to_string());
    verdicts(what, &schema(old), &schema(new))
}

#[test]
fn avro_of_many_parts() {
    // Each record refers to others, back and forth; nesting is bounded, so they are defined side by side.
    let records = |last: &str| {
        let reference = |n: usize, name: &str| json!({ "name": name, "type": ["null", format!("R{n}")], "default": null });
        let one = |n: usize| {
            let ty = if n == 999 { last } else { "long" };
            let mut fields = vec![json!({ "name": "x", "type": ty })];
            if n > 0 {
                fields.extend([reference(n - 1, "back"), reference(n / 2, "half"), reference(n * 7 % n, "any")]);
            }
            fields.push(reference(n, "own"));
            json!({ "type": "record", "name": format!("R{n}"), "fields": fields })
        };
        let fields: Vec<Json> = (0..1000).map(|n| json!({ "name": format!("f{n}"), "type": one(n) })).collect();
        json!({ "type": "record", "name": "Root", "fields": fields })
    };
    let same = avro_pair("1,000 records that refer to one another", &records("long"), &records("long"));
    assert_eq!(same, [Verdict::Compatible; 2]);
    let [backward, forward] = avro_pair("1,000 records, one field differs", &records("long"), &records("int"));
    assert_eq!([backward, forward], [Verdict::Incompatible, Verdict::Compatible]);
    let union = |count: usize, size: usize| {
        let one = |n: usize| json!({ "type": "record", "name": format!("B{n}"), "fields": [{ "name": "f", "type": "int" }] });
        let mut branches: Vec<Json> = (0..count).map(one).collect();
        branches.push(json!({ "type": "fixed", "name": "F", "size": size }));
        json!(branches)
    };
    let [backward, forward] = avro_pair("unions of 500 branches", &union(500, 4), &union(499, 4));
    assert_eq!([backward, forward], [Verdict::Incompatible, Verdict::Compatible]);
    let unnamed = |keep: usize| {
        // The same names elsewhere: every branch is tried with every other by its simple name.
        let one = |n: usize| {
            let fields: Vec<Json> =
                (0..10).map(|f| json!({ "name": format!("f{f}"), "type": ["null", "string", "long"] })).collect();
            json!({ "type": "record", "name": "Same", "namespace": format!("n{n}"), "fields": fields })
        };
        json!((0..keep).map(one).collect::<Vec<_>>())
    };
    avro_pair("500 branches of one simple name", &unnamed(500), &unnamed(400));
    let renamed = |letter: &str| {
        let one =
            |n: usize| json!({ "type": "record", "name": format!("{letter}{n}"), "fields": [{ "name": "a", "type": "int" }] });
        json!((0..4_000).map(one).collect::<Vec<_>>())
    };
    let both = avro_pair("unions of 4,000 records, all renamed", &renamed("A"), &renamed("B"));
    assert_eq!(both, [Verdict::Incompatible; 2]);
    let used = |ty: &str| {
        let inner: Vec<Json> = (0..3_000).map(|n| json!({ "name": format!("f{n}"), "type": ty })).collect();
        let first = json!({ "name": "first", "type": { "type": "record", "name": "Large", "fields": inner } });
        let more = (0..5_000).map(|n| json!({ "name": format!("more{n}"), "type": "Large" }));
        json!({ "type": "record", "name": "Root", "fields": std::iter::once(first).chain(more).collect::<Vec<_>>() })
    };
    let both = avro_pair("3,000 fields that differ, in 5,000 places", &used("int"), &used("string"));
    assert_eq!(both, [Verdict::Incompatible; 2]);
    let one = |n: usize| json!({ "type": "record", "name": format!("W{n}"), "fields": [] });
    let fields: Vec<Json> = (0..4_000).map(|n| json!({ "name": format!("f{n}"), "type": "int", "default": 0 })).collect();
    let aliases: Vec<String> = (0..4_000).map(|n| format!("W{n}")).collect();
    let all = json!([{ "type": "record", "name": "R", "aliases": aliases, "fields": fields }]);
    let [backward, _] = avro_pair("one record for 4,000 branches", &json!((0..4_000).map(one).collect::<Vec<_>>()), &all);
    assert_eq!(backward, Verdict::Unknown);
    let symbols = |from: usize| {
        let all: Vec<String> = (from..from + 20_000).map(|n| format!("S{n}")).collect();
        json!({ "type": "enum", "name": "E", "symbols": all })
    };
    let [backward, _] = avro_pair("20,000 symbols", &symbols(0), &symbols(1));
    assert_eq!(backward, Verdict::Incompatible);
    let wide = |ty: &str| {
        let fields: Vec<Json> = (0..10_000).map(|n| json!({ "name": format!("f{n}"), "type": ty })).collect();
        json!({ "type": "record", "name": "Wide", "fields": fields })
    };
    let [backward, _] = avro_pair("10,000 fields that all differ", &wide("string"), &wide("long"));
    assert_eq!(backward, Verdict::Incompatible);
}

/// The branches of a large union are looked up, those of a small one are tried in their order: the findings are the same.
#[test]
fn avro_large_unions_are_judged_as_small_ones() {
    let record = |name: &str, fields: Json| json!({ "type": "record", "name": name, "fields": fields });
    let aliased = record("B", json!([{ "name": "x", "type": "int", "aliases": ["y"] }]));
    let both = record("C", json!([{ "name": "x", "type": "int" }, { "name": "y", "type": "int" }]));
    let known = json!({ "type": "record", "name": "New", "aliases": ["Old"], "fields": [{ "name": "x", "type": "string" }] });
    let pairs = [
        (json!([aliased.clone(), both.clone()]), json!([aliased, both])),
        (json!(["null", record("A", json!([{ "name": "x", "type": "int" }]))]), json!(["long", "null"])),
        (json!([record("Old", json!([{ "name": "x", "type": "int" }]))]), json!([known])),
        (json!(["int", record("n.A", json!([]))]), json!(["bytes", "double", record("m.A", json!([]))])),
    ];
    let under = |union: &Json, more: usize| {
        let mut branches = union.as_array().unwrap().clone();
        branches.extend((0..more).map(|n| json!({ "type": "fixed", "name": format!("F{n}"), "size": 1 })));
        parse("a.avsc", Format::Avro, record("Root", json!([{ "name": "u", "type": branches }])).to_string())
    };
    let renamed = |name: &str, more: usize| {
        let mut branches = vec![json!("null"), json!(name)];
        branches.extend((0..more).map(|n| json!({ "type": "fixed", "name": format!("F{n}"), "size": 1 })));
        let ty = if name == "A" { json!(name) } else { json!(branches) };
        parse("a.avsc", Format::Avro, record(name, json!([{ "name": "next", "type": ty }])).to_string())
    };
    let mut all: Vec<[(Schema, Schema); 2]> =
        pairs.iter().map(|(old, new)| [0, 40].map(|more| (under(old, more), under(new, more)))).collect();
    all.push([0, 40].map(|more| (renamed("A", more), renamed("B", more))));
    for [small, large] in &all {
        for profile in [Profile::Sound, Profile::Confluent] {
            let told = |(old, new): &(Schema, Schema)| -> Vec<(&'static str, String)> {
                let checked = check(new, std::slice::from_ref(old), Mode::Backward, profile);
                let findings = checked.iter().flat_map(|one| &one.report.findings);
                // Messages show the first branches of a union.
                findings.map(|found| (found.rule.id, found.path.clone())).collect()
            };
            assert_eq!(told(small), told(large), "{profile}");
        }
    }
}

fn proto_pair(what: &str, old: String, new: String) -> [Verdict; 2] {
    verdicts(what, &parse("a.proto", Format::Protobuf, old), &parse("a.proto", Format::Protobuf, new))
}

#[test]
fn protobuf_of_many_parts() {
    let fields = |ty: &str| {
        let mut text = "syntax = \"proto3\";\nmessage M {\n".to_owned();
        for n in 1..=10_000 {
            writeln!(text, "  {} f{n} = {n};", if n == 9_999 { ty } else { "int64" }).unwrap();
        }
        text + "}\n"
    };
    let [backward, forward] = proto_pair("10,000 fields", fields("int64"), fields("int32"));
    assert_eq!([backward, forward], [Verdict::Incompatible, Verdict::Compatible]);
    let every = |ty: &str, moved: usize| {
        let line = |n: usize| format!("  {ty} f{} = {n};\n", (n + moved) % 5_000 + 1);
        format!("syntax = \"proto3\";\nmessage M {{\n{}}}\n", (1..=5_000).map(line).collect::<String>())
    };
    let [backward, _] = proto_pair("5,000 fields of another type", every("int32", 0), every("string", 0));
    assert_eq!(backward, Verdict::Incompatible);
    let [backward, _] = proto_pair("5,000 names that went round", every("string", 0), every("string", 1));
    assert_eq!(backward, Verdict::Incompatible);
    let renamed = |letter: &str| {
        let one = |n: usize| format!("message {letter}{n} {{ int32 a = 1; {letter}{} n = 2; }}\n", (n + 1) % 5_000);
        format!("syntax = \"proto3\";\n{}", (0..5_000).map(one).collect::<String>())
    };
    proto_pair("5,000 renamed messages", renamed("A"), renamed("B"));
    let graph = |count: usize, step: usize| {
        let one = |n: usize| {
            let to = |way: usize| (n * step + way) % count;
            format!("message M{n} {{ M{} a = 1; M{} b = 2; int32 c = 3; }}\n", to(0), to(1))
        };
        format!("syntax = \"proto3\";\n{}", (0..count).map(one).collect::<String>())
    };
    // Each message of the one meets each message of the other.
    let both = proto_pair("two graphs of messages", graph(997, 2), graph(1_009, 3));
    assert_eq!(both, [Verdict::Unknown; 2]);
    let nested = |ty: &str| {
        let mut text = "syntax = \"proto3\";\nmessage M {\n".to_owned();
        for n in 1..=2_000 {
            let (next, ty) = (n % 2_000 + 1, if n == 2_000 { ty } else { "bool" });
            writeln!(text, "  message N{n} {{ N{next} next = 1; repeated M all = 2; {ty} x = 3; }}\n  N{n} n{n} = {n};").unwrap();
        }
        text + "}\n"
    };
    let [backward, _] = proto_pair("2,000 nested messages that contain one another", nested("bool"), nested("string"));
    assert_eq!(backward, Verdict::Incompatible);
    let chain = |ty: &str| {
        let mut text = "syntax = \"proto2\";\nmessage M { optional N1 first = 1; }\n".to_owned();
        for n in 1..3_000 {
            writeln!(text, "message N{n} {{ required N{} next = 1; }}", n + 1).unwrap();
        }
        text + &format!("message N3000 {{ optional {ty} x = 1; }}\n")
    };
    let file =
        |text: String| text.replace("message M {", "message Root { optional M m = 1; optional string s = 2; }\nmessage M {");
    let deep = |ty: &str| {
        let (text, ty) = (chain(ty), ty);
        assert!(text.contains(ty));
        let reader = Memory([("a.proto".to_owned(), file(text))].into());
        load_schema(&mut Sources::new(), &reader, "a.proto", Some(Format::Protobuf), Some("Root")).0.unwrap()
    };
    // Too deep to be followed: at least it is not called compatible.
    let [backward, _] = verdicts("a chain of 3,000 messages", &deep("string"), &deep("bool"));
    assert_ne!(backward, Verdict::Compatible);
}

#[test]
fn protobuf_of_large_enums_and_ranges() {
    let numbers = |count: usize| {
        let mut text =
            "syntax = \"proto2\";\nmessage M { optional E e = 1; repeated E all = 2; map<string, E> by = 3; }\nenum E {\n"
                .to_owned();
        for n in 0..count {
            writeln!(text, "  V{n} = {n};").unwrap();
        }
        text + "}\n"
    };
    let [backward, forward] = proto_pair("20,000 values of an enum", numbers(20_000), numbers(19_999));
    assert_eq!([backward, forward], [Verdict::Incompatible, Verdict::Compatible]);
    let ranges = |shift: usize| {
        let mut text = "syntax = \"proto2\";\nmessage M {\n".to_owned();
        for n in 0..5_000 {
            let from = 10 * n + 1 + shift;
            writeln!(text, "  extensions {from} to {};\n  reserved {} to {};", from + 3, from + 4, from + 7).unwrap();
        }
        text + "  extensions 100000 to max;\n  optional int32 x = 99999;\n}\n"
    };
    proto_pair("10,000 ranges", ranges(0), ranges(1));
    let oneofs = |count: usize| {
        let mut text = "syntax = \"proto3\";\nmessage M {\n".to_owned();
        let mut number = 0;
        for n in 0..2_000 / count {
            write!(text, "  oneof o{n} {{").unwrap();
            for _ in 0..count {
                number += 1;
                write!(text, " string f{number} = {number};").unwrap();
            }
            text.push_str(" }\n");
        }
        text + "}\n"
    };
    let [backward, _] = proto_pair("2,000 members of oneofs", oneofs(1), oneofs(1_000));
    assert_eq!(backward, Verdict::Incompatible);
}

#[test]
fn asyncapi_of_many_channels() {
    let document = |ty: &str| {
        let mut text = format!(
            "asyncapi: 3.0.0\ninfo: {{ title: t, version: '1' }}\nx-shared: &payload\n  type: object\n  properties:\n    id: {{ type: {ty} }}\nchannels:\n"
        );
        for n in 0..2_000 {
            writeln!(text, "  c{n}:\n    address: a{n}\n    messages:\n      m: {{ payload: *payload }}").unwrap();
        }
        text.push_str("operations:\n");
        for n in 0..2_000 {
            writeln!(text, "  o{n}: {{ action: send, channel: {{ $ref: '#/channels/c{n}' }} }}").unwrap();
        }
        text
    };
    let parse = |text: String| {
        let reader = Memory([("a.yaml".to_owned(), text)].into());
        let (contract, found) = load_contract(&mut Sources::new(), &reader, "a.yaml");
        assert!(!has_errors(&found), "{:?}", &found[..found.len().min(3)]);
        contract.unwrap()
    };
    let (old, new) = (parse(document("integer")), parse(document("string")));
    let start = Instant::now();
    let report = asyncapi::compare(&new, &old, Mode::Full, Profile::Sound);
    println!("2,000 channels: {} findings in {:.1?}", report.findings.len(), start.elapsed());
    assert!(report.findings.len() >= 1_000, "only {} findings", report.findings.len());
    assert!(asyncapi::compare(&new, &new, Mode::Full, Profile::Sound).findings.is_empty());
    assert!(start.elapsed() < SOON, "it took {:?}", start.elapsed());
}
