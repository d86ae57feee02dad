//! Damaged Avro: thousands of broken schemas, IDL files and data from a seed. Nothing panics, and nothing becomes larger than the
//! limits allow; what is read all the same can be printed and read again.

#![allow(clippy::unwrap_used)] // a test may panic

#[path = "avro_java/evolve.rs"]
mod evolve;
#[path = "avro_java/random.rs"]
mod random;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use eventpact_contract::diagnostic::{Diagnostic, has_errors};
use eventpact_contract::formats::avro::{self, Protocol, Schema, datum};
use eventpact_contract::source::{Memory, Reader, Sources};
use eventpact_contract::yaml;
use eventpact_tests::cases;
use random::{Rng, Schemas};

/// Generous: an unoptimised build on a busy machine. Quadratic time would be minutes.
const SOON: Duration = Duration::from_secs(60);

fn schema(text: &str) -> (Option<Schema>, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    let file = sources.add("schema.avsc", text);
    let (node, mut found) = yaml::parse(&sources, file);
    let schema = node.and_then(|node| {
        let (schema, more) = avro::parse(&node, &mut |_| None, false);
        found.extend(more);
        schema
    });
    (schema, found)
}

fn idl_with(files: &dyn Reader, text: &str) -> (Option<Protocol>, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    let file = sources.add("main.avdl", text);
    avro::parse_idl(&mut sources, files, file, "main.avdl", true)
}

fn idl(text: &str) -> (Option<Protocol>, Vec<Diagnostic>) {
    idl_with(&Memory::default(), text)
}

/// The first error of an IDL file.
fn error(text: &str) -> String {
    let start = Instant::now();
    let (protocol, found) = idl(text);
    assert!(protocol.is_none() && start.elapsed() < SOON, "{:?}", start.elapsed());
    found.iter().find(|d| has_errors(std::slice::from_ref(*d))).map(|d| format!("{}: {}", d.id, d.message)).unwrap()
}

/// Some characters are replaced, left out, put in or repeated.
fn damaged(text: &str, rng: &mut Rng) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=rng.below(3) {
        let at = rng.below(chars.len().max(1)).min(chars.len().saturating_sub(1));
        let c = *rng.pick(&[
            '{',
            '}',
            '[',
            ']',
            '"',
            '`',
            ',',
            ':',
            ';',
            '<',
            '>',
            '?',
            '@',
            '\\',
            '/',
            '*',
            '0',
            '-',
            '.',
            'u',
            '\n',
            'é',
            '\u{0}',
            '\u{1F600}',
        ]);
        match rng.below(5) {
            0 if !chars.is_empty() => chars[at] = c,
            1 if !chars.is_empty() => {
                chars.remove(at);
            }
            2 => chars.truncate(at),
            3 => {
                let piece: Vec<char> = chars.iter().skip(at).take(rng.below(40)).copied().collect();
                let to = rng.below(chars.len() + 1);
                chars.splice(to..to, piece);
            }
            _ => chars.insert(at, c),
        }
    }
    chars.into_iter().collect()
}

#[test]
fn damaged_schemas_are_refused_or_read() {
    let mut rng = Rng(11);
    let (mut read, mut refused) = (0, 0);
    for _ in 0..6000 {
        let mut json = Schemas::new(&mut rng).root();
        if rng.one_in(2) {
            evolve::damage(&mut json, &mut rng);
        }
        let text = damaged(&json.to_string(), &mut rng);
        let (schema_read, found) = schema(&text);
        let Some(schema_read) = schema_read else {
            assert!(has_errors(&found), "{text}");
            refused += 1;
            continue;
        };
        read += 1;
        let printed = avro::canonical_text(&schema_read);
        let again = schema(&printed).0.unwrap_or_else(|| panic!("{text}\n{printed}"));
        assert_eq!(avro::parsing_canonical_form(&again), avro::parsing_canonical_form(&schema_read), "{text}");
        assert!(!avro::normalized_text(&schema_read).is_empty());
    }
    assert!(read > 150 && refused > 2000, "{read} {refused}");
}

/// Of how many values a value is made.
fn values(value: &datum::Value) -> usize {
    use datum::Value;
    1 + match value {
        Value::Record(list) | Value::Array(list) => list.iter().map(values).sum(),
        Value::Map(entries) => entries.iter().map(|(_, value)| values(value)).sum(),
        Value::Union(_, inner) => values(inner),
        _ => 0,
    }
}

#[test]
fn damaged_data_are_refused_or_read() {
    let mut rng = Rng(12);
    let (mut read, mut refused) = (0, 0);
    for _ in 0..300 {
        let json = Schemas::new(&mut rng).root();
        let mut newer = json.clone();
        evolve::evolve(&mut newer, &mut rng);
        let (Some(writer), Some(reader)) = (schema(&json.to_string()).0, schema(&newer.to_string()).0) else { continue };
        if writer.types.iter().any(|t| matches!(&t.kind, avro::Kind::Union(branches) if branches.is_empty())) {
            continue;
        }
        let good = datum::encode(&writer, &random::value(&writer, writer.root, &mut rng, 0)).unwrap();
        for _ in 0..6 {
            let mut bytes = good.clone();
            match rng.below(4) {
                0 => bytes.truncate(rng.below(bytes.len() + 1)),
                1 => bytes = (0..rng.below(40)).map(|_| rng.next().to_le_bytes()[0]).collect(),
                // A count or a length of many digits; seldom, as a million of empty values takes its time.
                2 if rng.one_in(12) => {
                    let at = rng.below(bytes.len() + 1);
                    bytes.splice(at..at, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
                }
                _ if bytes.is_empty() => {}
                _ => {
                    let at = rng.below(bytes.len());
                    bytes[at] = rng.next().to_le_bytes()[0];
                }
            }
            let limit = 2 * (bytes.len() + 1_000_001);
            for result in [datum::decode(&writer, &bytes), datum::resolve(&writer, &reader, &bytes)] {
                match result {
                    Ok(value) => {
                        assert!(values(&value) <= limit, "{json}");
                        read += 1;
                    }
                    Err(e) => {
                        assert!(!e.to_string().is_empty());
                        refused += 1;
                    }
                }
            }
            let all = datum::resolve_all(&writer, &reader, &bytes);
            assert_eq!(all.is_ok(), datum::resolve(&writer, &reader, &bytes).is_ok(), "{json}");
        }
    }
    assert!(read > 600 && refused > 600, "{read} {refused}");
}

#[test]
fn damaged_idl_is_refused_or_read() {
    let mut rng = Rng(13);
    let files = cases("parse/avro-protocol").into_iter().map(|case| case.join("main.avdl")).filter(|path| path.is_file());
    let texts: Vec<String> = files.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let (mut read, mut refused) = (0, 0);
    for _ in 0..6000 {
        let index = rng.below(texts.len());
        let text = damaged(&texts[index], &mut rng);
        let (protocol, found) = idl(&text);
        assert_eq!(protocol.is_some(), !has_errors(&found), "{text}");
        let Some(protocol) = protocol else {
            refused += 1;
            continue;
        };
        read += 1;
        for (name, id) in protocol.records() {
            let of = protocol.schema_of(id).0.unwrap();
            let printed = avro::resolved_text(&of);
            assert!(schema(&printed).0.is_some(), "{name}: {printed}\n{text}");
        }
    }
    assert!(read > 100 && refused > 2000, "{read} {refused}");
}

#[test]
fn hostile_idl_meets_named_limits() {
    let deep = |open: &str, close: &str, n: usize| format!("{}int{}", open.repeat(n), close.repeat(n));
    for n in [64, 100_000] {
        assert!(error(&format!("record R {{ {} f; }}", deep("array<", ">", n))).starts_with("avro/depth-limit"));
        assert!(error(&format!("record R {{ {} f; }}", deep("union { null, ", "}", n))).contains("avro/depth-limit"));
    }
    let nested = format!("record R {{ int f = {}1{}; }}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(error(&nested).contains("nested deeper"), "{}", error(&nested));
    // A large type that many fields share: copies must not multiply.
    let branches: Vec<String> = (0..2000).map(|n| format!("T{n}")).collect();
    let names: Vec<String> = (0..2000).map(|n| format!("f{n}")).collect();
    let shared = format!("record R {{ union {{ {} }} {}; }}", branches.join(", "), names.join(", "));
    assert!(error(&shared).contains("make more than"), "{}", error(&shared));
    assert!(error(&format!("record R {{ int {}f; }}", "@a(1) ".repeat(50_000))).contains("stands twice"));
    assert!(error(&format!("fixed F({});", "9".repeat(30))).starts_with("avro/idl-syntax"));
    assert!(error("fixed F(1048577);").starts_with("avro/size-limit"));
    assert!(error(&";".repeat(1_000_001)).contains("more than 1000000 words"));
    let large = format!("/* {} */ record R {{ }}", "x".repeat(yaml::MAX_BYTES));
    assert!(error(&large).starts_with("avro/idl-limit"));
}

#[test]
fn wide_idl_takes_linear_time() {
    let start = Instant::now();
    let mut text = String::from("protocol P {");
    for n in 0..5000 {
        write!(text, "/** d */ record R{n} {{ R{}? next; int x = {n}; }} void m{n}(R{n} r);", (n + 1) % 5000).unwrap();
    }
    text.push('}');
    // Each record refers to the next: together they are too deep to be one payload, but every name is known.
    let (protocol, found) = idl(&text);
    let protocol = protocol.unwrap_or_else(|| panic!("{:?}", found.first()));
    assert_eq!((protocol.types.len(), protocol.messages.len()), (5000, 5000));
    assert_eq!(protocol.schema(None).1[0].id, "avro/depth-limit");
    let mut wide = String::from("record R { ");
    for n in 0..50_000 {
        write!(wide, "int f{n} = {n}; ").unwrap();
    }
    assert!(idl(&(wide + "}")).0.is_some());
    assert!(start.elapsed() < SOON, "took {:?}", start.elapsed());
}

#[test]
fn imports_stay_inside_and_end() {
    let files = |list: &[(&str, String)]| Memory(list.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect());
    let first = |files: &dyn Reader, text: &str| idl_with(files, text).1.first().map(|d| d.message.clone()).unwrap_or_default();
    for path in ["../up.avdl", "/etc/passwd", "a/../../b.avdl", "http://host/x.avdl", "file:///x.avdl"] {
        assert!(!first(&Memory::default(), &format!("protocol P {{ import idl \"{path}\"; }}")).is_empty(), "{path}");
    }
    // A cycle: each file is read once.
    let cycle = files(&[
        ("a.avdl", "import idl \"main.avdl\"; import idl \"b.avdl\"; record A { B b; }".to_owned()),
        ("b.avdl", "import idl \"a.avdl\"; record B { A? a; }".to_owned()),
    ]);
    let (protocol, found) = idl_with(&cycle, "import idl \"a.avdl\"; record M { A a; }");
    assert_eq!(protocol.unwrap_or_else(|| panic!("{found:?}")).types.len(), 3);
    let names: Vec<String> = (0..100).map(|n| format!("f{n}.avdl")).collect();
    let chain: Vec<(&str, String)> = names
        .iter()
        .enumerate()
        .map(|(n, name)| (name.as_str(), format!("import idl \"f{}.avdl\"; record R{n} {{ }}", n + 1)))
        .collect();
    assert!(first(&files(&chain), "import idl \"f0.avdl\"; record M { }").contains("longer than"));
}
