//! Hostile input of every kind through the one door, [`load`]: each gets a named error with a place, or a verdict, soon.
//! What concerns one format alone has its own suite (`avro_limits`, `json_schema`, `protobuf`).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use eventpact_contract::diagnostic::{Diagnostic, Options, has_errors, json, text};
use eventpact_contract::load::load;
use eventpact_contract::source::{Memory, Sources};

/// Generous: an unoptimised build on a busy machine. What is not bounded takes minutes, or all memory.
const SOON: Duration = Duration::from_secs(30);

/// Loads the first file of a set.
fn read(files: &[(&str, String)]) -> (Sources, Vec<Diagnostic>) {
    let path = files[0].0;
    let reader = Memory(files.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect::<BTreeMap<_, _>>());
    let mut sources = Sources::new();
    let start = Instant::now();
    let (document, found) = load(&mut sources, &reader, path);
    let options = Options { verdict: "invalid", color: false, explained: |_| false };
    assert!(!text::render(&found, &sources, &options).is_empty());
    assert!(!json::render(&found, &sources, &options).is_empty());
    assert!(start.elapsed() < SOON, "{path} took {:?}", start.elapsed());
    assert!(document.is_some() || has_errors(&found), "{path}: nothing is read, and nobody says why");
    (sources, found)
}

/// Loads the first file and wants an error with this id, whose place holds this text.
fn refused(files: &[(&str, String)], id: &str, place: &str) {
    let (sources, found) = read(files);
    let hit = found
        .iter()
        .any(|d| d.id == id && sources.file(d.primary.span.file).text()[d.primary.span.start as usize..].starts_with(place));
    let shown: Vec<String> =
        found.iter().take(5).map(|d| format!("{} {}: {}", sources.line_column(d.primary.span), d.id, d.message)).collect();
    assert!(hit, "{}: no {id} at {place:?}; found {shown:#?}", files[0].0);
}

fn accepted(files: &[(&str, String)]) {
    let (_, found) = read(files);
    assert!(!has_errors(&found), "{}: {found:?}", files[0].0);
}

fn document(rest: &str) -> String {
    format!("asyncapi: 3.0.0\ninfo: {{ title: t, version: '1' }}\n{rest}")
}

#[test]
fn aliases_that_double_are_counted() {
    let mut laughs = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for n in 1..10 {
        let copies = vec![format!("*a{}", n - 1); 10].join(", ");
        writeln!(laughs, "a{n}: &a{n} [{copies}]").expect("a string takes all");
    }
    refused(&[("laughs.yaml", laughs)], "yaml/too-many-nodes", "*a");
    refused(&[("self.yaml", "a: &a [*a]".to_owned())], "yaml/alias-inside-itself", "*a");
}

#[test]
fn nesting_is_bounded() {
    for (open, name) in
        [("[", "deep.yaml"), ("[", "deep.json"), ("{\"a\":", "deeper.json"), ("{a: ", "deeper.yaml"), ("- ", "dashes.yaml")]
    {
        let (_, found) = read(&[(name, open.repeat(100_000))]);
        assert!(found.iter().any(|d| d.id == "yaml/too-deep" || d.id == "yaml/syntax"), "{name}: {found:?}");
        assert!(found.iter().all(|d| d.primary.span.start < 3_000), "{name} was read on behind the limit: {found:?}");
    }
    let mut avro = String::from("\"int\"");
    for _ in 0..200 {
        avro = format!(r#"{{"type":"array","items":{avro}}}"#);
    }
    let (_, found) = read(&[("deep.avsc", avro)]);
    assert!(found.iter().any(|d| d.id == "avro/depth-limit" || d.id == "yaml/too-deep"), "{found:?}");
    let proto = format!("syntax = \"proto3\";\n{}{}", "message M { ".repeat(200_000), "}".repeat(200_000));
    refused(&[("deep.proto", proto)], "protobuf/too-deep", "");
    let option = format!("syntax = \"proto3\";\noption (x) = {};\nmessage M {{}}", "{ a: ".repeat(100_000));
    let (_, found) = read(&[("option.proto", option)]);
    assert!(has_errors(&found));
}

#[test]
fn all_of_that_doubles_ends() {
    let mut defs = String::new();
    for n in 0..60 {
        let next = n + 1;
        write!(defs, r##""d{n}":{{"allOf":[{{"$ref":"#/$defs/d{next}"}},{{"$ref":"#/$defs/d{next}"}}]}},"##)
            .expect("a string takes all");
    }
    let schema = format!(r##"{{"$defs":{{{defs}"d60":{{"type":"object"}}}},"$ref":"#/$defs/d0"}}"##);
    accepted(&[("doubling.json", schema.clone())]);
    // As the payload of a message with an example, which a naive validator would try for years.
    let channels = format!(
        "channels:\n  c:\n    address: c\n    messages:\n      m:\n        payload: {}\n        examples:\n          - payload: {{ a: 1 }}\n",
        schema.replace("$defs", "definitions").replace("#/definitions", "#/channels/c/messages/m/payload/definitions")
    );
    let (_, found) = read(&[("asyncapi.yaml", document(&channels))]);
    assert!(found.len() < 50, "{} findings", found.len());
}

#[test]
fn references_in_circles_end() {
    let payload =
        "channels:\n  c:\n    address: c\n    messages:\n      m:\n        payload: { $ref: '#/components/schemas/A' }\n";
    let circle =
        "components:\n  schemas:\n    A: { $ref: '#/components/schemas/B' }\n    B: { $ref: '#/components/schemas/A' }\n";
    let (_, found) = read(&[("asyncapi.yaml", document(&format!("{payload}{circle}")))]);
    assert!(!found.is_empty(), "a reference that leads nowhere passes without a word");
    let tree = "components:\n  schemas:\n    A: { type: object, properties: { next: { $ref: '#/components/schemas/A' } } }\n";
    accepted(&[("asyncapi.yaml", document(&format!("{payload}{tree}")))]);
    let files = [
        ("asyncapi.yaml", document("channels: { c: { $ref: 'b.yaml#/c' } }\n")),
        ("b.yaml", "c: { $ref: 'asyncapi.yaml#/channels/c' }\n".to_owned()),
    ];
    let (_, found) = read(&files);
    assert!(has_errors(&found), "a circle through two files passes");
    let a = "syntax = \"proto3\"; import \"b.proto\"; message A {}".to_owned();
    let b = "syntax = \"proto3\"; import \"a.proto\"; message B {}".to_owned();
    let (_, found) = read(&[("a.proto", a), ("b.proto", b)]);
    assert!(found.iter().any(|d| d.id == "protobuf/import-cycle"), "{found:?}");
}

#[test]
fn sizes_and_digits_are_limited() {
    let fixed = r#"{"type":"fixed","name":"F","size":1000000000000}"#;
    refused(&[("fixed.avsc", fixed.to_owned())], "avro/size-limit", "1000000000000");
    let digits = format!(r#"{{"type":"bytes","logicalType":"decimal","precision":{}}}"#, "9".repeat(30));
    let (_, found) = read(&[("decimal.avsc", digits)]);
    assert!(!found.is_empty(), "an impossible precision passes without a word");
    refused(&[("large.yaml", "a: ".repeat(6 * 1024 * 1024))], "yaml/too-large", "a: ");
    let schema = format!(
        "channels:\n  c:\n    address: c\n    messages:\n      m:\n        payload: {{ maxLength: 1{}, minimum: 1e400 }}\n",
        "0".repeat(400)
    );
    read(&[("asyncapi.yaml", document(&schema))]);
}

#[test]
fn repeated_keys_are_shown_at_both_places() {
    for (name, text) in [("twice.yaml", "one: 1\ntwo: 2\none: 3\n"), ("twice.json", "{\"one\": 1,\n\"two\": 2,\n\"one\": 3}")] {
        let (sources, found) = read(&[(name, text.to_owned())]);
        let twice = found.iter().find(|d| d.id == "yaml/duplicate-key").expect("the second key is refused");
        let lines: Vec<usize> = twice.related.iter().map(|label| sources.line_column(label.span).line).collect();
        assert_eq!((sources.line_column(twice.primary.span).line, lines), (3, vec![1]), "{name}");
    }
}

#[test]
fn nothing_outside_of_the_root_is_imported() {
    for path in ["../secret.proto", "/etc/passwd", "a/../../secret.proto", "..\\\\secret.proto", "C:/secret.proto", "a\\0b.proto"]
    {
        let proto = format!("syntax = \"proto3\";\nimport \"{path}\";\nmessage M {{}}");
        let files = [("main.proto", proto), ("secret.proto", "syntax = \"proto3\"; message S {}".to_owned())];
        let (_, found) = read(&files);
        assert!(has_errors(&found), "{path} is imported");
    }
    for path in
        ["../../secret.yaml", "/secret.yaml", "file:///etc/passwd", "..%2F..%2Fsecret.yaml", "https://example.com/secret.yaml"]
    {
        let files = [
            ("docs/asyncapi.yaml", document(&format!("channels: {{ c: {{ $ref: '{path}' }} }}\n"))),
            ("secret.yaml", "address: c\n".to_owned()),
        ];
        let (_, found) = read(&files);
        assert!(has_errors(&found), "{path} is read");
    }
}

#[test]
fn wide_input_takes_linear_time() {
    let mut fields = String::new();
    for n in 0..50_000 {
        write!(fields, "{}{{\"name\":\"f{n}\",\"type\":\"int\"}}", if n == 0 { "" } else { "," }).expect("a string takes all");
    }
    accepted(&[("wide.avsc", format!(r#"{{"type":"record","name":"Wide","fields":[{fields}]}}"#))]);
    let mut proto = String::from("syntax = \"proto3\";\nmessage Wide {\n");
    for n in 0..50_000_u32 {
        // The numbers 19000 to 19999 are Protobuf's own.
        let number = if n < 18_999 { n + 1 } else { n + 1_001 };
        writeln!(proto, "  int32 f{n} = {number};").expect("a string takes all");
    }
    accepted(&[("wide.proto", format!("{proto}}}\n"))]);
    let properties: Vec<String> = (0..50_000).map(|n| format!(r#""p{n}":{{"type":"integer"}}"#)).collect();
    let required: Vec<String> = (0..50_000).map(|n| format!(r#""p{n}""#)).collect();
    let schema = format!(r#"{{"type":"object","properties":{{{}}},"required":[{}]}}"#, properties.join(","), required.join(","));
    accepted(&[("wide.json", schema)]);
}

#[test]
fn ten_thousand_mistakes_are_cut_short() {
    let mut channels = String::from("channels:\n");
    for n in 0..10_000 {
        writeln!(channels, "  c{n}: {{ adress: 'x{n}', messages: [] }}").expect("a string takes all");
    }
    let (_, found) = read(&[("asyncapi.yaml", document(&channels))]);
    assert!(has_errors(&found) && found.len() <= 501, "{} findings", found.len());
}

#[test]
fn many_comments_and_references_take_linear_time() {
    let comments = "// x\n".repeat(200_000);
    accepted(&[("comments.proto", format!("syntax = \"proto3\";\n{comments}message M {{}}\n{comments}"))]);
    let mut chain = String::new();
    for n in 0..20_000 {
        write!(chain, r##""d{n}":{{"$ref":"#/$defs/d{}"}},"##, n + 1).expect("a string takes all");
    }
    accepted(&[("chain.json", format!(r##"{{"$ref":"#/$defs/d0","$defs":{{{chain}"d20000":{{}}}}}}"##))]);
    let fields: Vec<String> = (0..20_000).map(|n| format!(r#"{{"name":"f{n}","type":"nope{n}"}}"#)).collect();
    let record = format!(r#"{{"type":"record","name":"R","fields":[{}]}}"#, fields.join(","));
    refused(&[("nowhere.avsc", record)], "avro/name-undefined", "\"nope0\"");
}

#[test]
fn one_long_name_does_not_make_all_names_long() {
    let fields: Vec<String> =
        (0..10_000).map(|n| format!(r#"{{"name":"f{n}","type":{{"type":"record","name":"r{n}","fields":[]}}}}"#)).collect();
    let schema =
        |namespace: &str| format!(r#"{{"type":"record","name":"R","namespace":"{namespace}","fields":[{}]}}"#, fields.join(","));
    accepted(&[("short.avsc", schema(&format!("{}c", "b.".repeat(500))))]);
    refused(&[("long.avsc", schema(&format!("{}c", "b.".repeat(50_000))))], "avro/name-invalid", "\"r");
    let messages = (0..20_000).map(|n| format!("message M{n} {{ Nope{n} f = 1; }}")).collect::<Vec<_>>().join("\n");
    let deep = format!("syntax = \"proto3\";\npackage {}c;\n{messages}", "p.".repeat(3_000));
    refused(&[("deep.proto", deep)], "protobuf/too-deep", "package");
    let long = format!("syntax = \"proto3\";\nmessage {} {{\n{messages}}}\n", "N".repeat(100_000));
    refused(&[("long.proto", long)], "protobuf/too-deep", "NNN");
    let nowhere = format!("syntax = \"proto3\";\npackage {}c;\n{messages}", "p.".repeat(100));
    refused(&[("nowhere.proto", nowhere)], "protobuf/unknown-type", "Nope0");
}
