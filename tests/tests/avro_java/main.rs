//! Eventpact's Avro against Avro Java: canonical forms and fingerprints, verdicts on good and broken schemas, decoding with
//! resolution, protocols and IDL. `cargo xtask test avro_java` fetches Avro Java; without it these tests say that they were
//! skipped. Where the two differ by choice, the difference is named here with its reason.

#![allow(clippy::unwrap_used)] // a test may panic
#![allow(clippy::print_stdout)] // tests talk to the person who runs them

mod evolve;
mod oracle;
mod protocols;
mod random;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use eventpact_contract::diagnostic::{Diagnostic, has_errors};
use eventpact_contract::formats::avro::{self, Schema, datum};
use eventpact_contract::source::Sources;
use eventpact_contract::yaml;
use eventpact_tests::folder;
use serde_json::{Value as Json, json};

use oracle::{ask, refusal};
use random::{Rng, Schemas};

fn read(text: &str, strict: bool) -> (Option<Schema>, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    let file = sources.add("schema.avsc", text);
    let (node, mut problems) = yaml::parse(&sources, file);
    let schema = node.and_then(|node| {
        let (schema, more) = avro::parse(&node, &mut |_| None, strict);
        problems.extend(more);
        schema
    });
    (schema, problems)
}

/// Our verdict: the schema, or what is wrong with it.
fn parse(text: &str, strict: bool) -> Result<Schema, String> {
    let (schema, problems) = read(text, strict);
    let shown = || problems.iter().map(|d| format!("{}: {}", d.id, d.message)).collect::<Vec<_>>().join("; ");
    if has_errors(&problems) { Err(shown()) } else { schema.ok_or_else(shown) }
}

fn question(text: &str, strict: bool) -> Json {
    json!({ "op": "parse", "schema": text, "validate": strict })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap();
        out
    })
}

/// Hand-written corners, one schema per line of `tests/avro/corners.jsonl`: as JSON, or as a text where the text matters. Where we
/// decide otherwise than Avro Java on purpose, the row says why.
fn corners() -> Vec<(String, Option<String>)> {
    let rows = std::fs::read_to_string(folder("avro/corners.jsonl")).unwrap();
    let rows = rows.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    let text = |row: &Json| row["text"].as_str().map_or_else(|| row["schema"].to_string(), str::to_owned);
    rows.map(|row| (text(&row), row["choice"].as_str().map(str::to_owned))).collect()
}

fn generated(seed: u64, count: usize) -> Vec<Json> {
    let mut rng = Rng(seed);
    (0..count).map(|_| Schemas::new(&mut rng).root()).collect()
}

/// Compares one accepted schema; the difference, if there is one.
fn compare_texts(schema: &Schema, answer: &Json) -> Option<String> {
    let form = avro::parsing_canonical_form(schema);
    let ours = json!({
        "text": avro::canonical_text(schema),
        "rabin": avro::rabin(&form).cast_signed(),
        "md5": hex(&avro::md5(&form)),
        "sha256": hex(&avro::sha256(&form)),
        "form": form,
    });
    (ours != *answer).then(|| format!("  ours   {ours}\n  theirs {answer}"))
}

fn report(mut wrong: Vec<String>, of: usize) {
    // The shortest ones tell the most.
    wrong.sort_by_key(String::len);
    assert!(wrong.is_empty(), "{} of {of} differ, among them:\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
}

/// What differs between our reading of a text and Java's, and whether it was accepted.
fn difference_of_text(text: &str, strict: bool, answer: &Json) -> (Option<String>, bool) {
    match (parse(text, strict), refusal(answer)) {
        (Ok(schema), None) => (compare_texts(&schema, answer), true),
        (Err(_), Some(_)) => (None, false),
        (Err(ours), None) => (Some(format!("  only we refuse it: {ours}")), false),
        (Ok(_), Some(theirs)) => (Some(format!("  only Java refuses it: {theirs}")), true),
    }
}

#[test]
fn canonical_forms_and_fingerprints() {
    let texts: Vec<String> = generated(1, 1200).iter().map(Json::to_string).collect();
    let Some(answers) = ask(&texts.iter().map(|text| question(text, true)).collect::<Vec<_>>()) else { return };
    let (mut wrong, mut same) = (Vec::new(), 0);
    for (text, answer) in texts.iter().zip(&answers) {
        match difference_of_text(text, true, answer) {
            (None, accepted) => same += usize::from(accepted),
            (Some(difference), _) => wrong.push(format!("{text}\n{difference}")),
        }
    }
    report(wrong, texts.len());
    println!("avro java: {same} schemas with equal text, canonical form and fingerprints");
    assert!(same >= 1000, "{same}");
}

/// `strict` as with validation of defaults in Java, or without.
fn corners_are_decided_alike(strict: bool) {
    let rows = corners();
    let Some(answers) = ask(&rows.iter().map(|(text, _)| question(text, strict)).collect::<Vec<_>>()) else { return };
    let (mut wrong, mut accepted, mut refused) = (Vec::new(), 0, 0);
    for ((text, choice), answer) in rows.iter().zip(&answers) {
        let (difference, good) = difference_of_text(text, strict, answer);
        match (difference, choice) {
            (None, None) if good => accepted += 1,
            (None, None) => refused += 1,
            // Without validation some of Java's limits are gone too.
            (Some(_), Some(_)) => {}
            (None, Some(_)) if !strict => {}
            (Some(difference), None) => wrong.push(format!("{text}\n{difference}")),
            (None, Some(choice)) => wrong.push(format!("{text}\n  differs no longer: {choice}")),
        }
    }
    report(wrong, rows.len());
    println!("avro java: {accepted} corners accepted by both with equal texts, {refused} refused by both (strict: {strict})");
    assert!(accepted >= 300 && refused >= 150, "{accepted} {refused}");
}

#[test]
fn corners_of_the_specification() {
    corners_are_decided_alike(true);
}

#[test]
fn corners_without_validation_of_defaults() {
    corners_are_decided_alike(false);
}

#[test]
fn verdicts_on_broken_schemas() {
    let mut rng = Rng(2);
    let mut texts = Vec::new();
    for schema in generated(3, 2500) {
        let mut broken = schema;
        for _ in 0..=rng.below(2) {
            evolve::damage(&mut broken, &mut rng);
        }
        texts.push(broken.to_string());
    }
    let Some(answers) = ask(&texts.iter().map(|text| question(text, true)).collect::<Vec<_>>()) else { return };
    let (mut wrong, mut accepted, mut refused) = (Vec::new(), 0, 0);
    for (text, answer) in texts.iter().zip(&answers) {
        // Java cannot check a default of a record that it has not read to its end.
        if refusal(answer) == Some("AvroRuntimeException: Schema fields not set yet") {
            continue;
        }
        match difference_of_text(text, true, answer) {
            (None, true) => accepted += 1,
            (None, false) => refused += 1,
            (Some(difference), _) => wrong.push(format!("{text}\n{difference}")),
        }
    }
    report(wrong, texts.len());
    println!("avro java: {accepted} damaged schemas accepted by both, {refused} refused by both");
    assert!(accepted > 500 && refused > 500, "{accepted} {refused}");
}

struct Triple {
    writer: String,
    reader: String,
    bytes: Vec<u8>,
}

fn triples(seed: u64, count: usize) -> Vec<Triple> {
    let mut rng = Rng(seed);
    let mut found = Vec::new();
    while found.len() < count {
        let writer = Schemas::new(&mut rng).root();
        let mut reader = writer.clone();
        for _ in 0..rng.below(4) {
            evolve::evolve(&mut reader, &mut rng);
        }
        let (writer, reader) = (writer.to_string(), reader.to_string());
        let (Ok(from), Ok(_)) = (parse(&writer, false), parse(&reader, false)) else { continue };
        if from.types.iter().any(|t| matches!(&t.kind, avro::Kind::Union(branches) if branches.is_empty())) {
            continue;
        }
        for _ in 0..2 {
            let value = random::value(&from, from.root, &mut rng, 0);
            let mut bytes = datum::encode(&from, &value).unwrap();
            if rng.one_in(10) && !bytes.is_empty() {
                let at = rng.below(bytes.len());
                bytes[at] = rng.next().to_le_bytes()[0];
            }
            found.push(Triple { writer: writer.clone(), reader: reader.clone(), bytes });
        }
    }
    found
}

/// Equal, but for the digits of floats, which the two print differently; whole numbers are the same to the last digit.
fn same(ours: &Json, theirs: &Json) -> bool {
    #[allow(clippy::cast_possible_truncation)]
    match (ours, theirs) {
        (Json::Number(a), Json::Number(b)) if a.is_f64() => {
            a.as_f64() == b.as_f64() || a.as_f64().map(|n| n as f32) == b.as_f64().map(|n| n as f32)
        }
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => ours == theirs,
    }
}

/// Compares a value with the bytes and the JSON that Avro Java made of its own.
fn difference(reader: &Schema, value: &datum::Value, answer: &Json) -> Option<String> {
    let ours = datum::to_json(reader, value);
    let bytes = bytes(answer["hex"].as_str().unwrap());
    let theirs = datum::decode(reader, &bytes).map(|value| datum::to_json(reader, &value));
    if theirs.as_ref() == Ok(&ours) {
        // Java's encoder writes no JSON at all for a record without fields; where it writes some, it must be ours.
        let text: Result<Json, _> = serde_json::from_str(answer["json"].as_str().unwrap());
        if text.as_ref().map_or(true, |theirs| same(&ours, theirs)) {
            return None;
        }
    }
    Some(format!("  ours   {ours}\n  theirs {answer}"))
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn decoding_with_resolution() {
    let triples = triples(4, 6000);
    let questions: Vec<Json> =
        triples.iter().map(|t| json!({ "op": "decode", "writer": t.writer, "reader": t.reader, "hex": hex(&t.bytes) })).collect();
    let Some(answers) = ask(&questions) else { return };
    let (mut wrong, mut read, mut refused) = (Vec::new(), 0, 0);
    let mut by_choice: BTreeMap<&str, usize> = BTreeMap::new();
    for (triple, answer) in triples.iter().zip(&answers) {
        let (writer, reader) = (parse(&triple.writer, false).unwrap(), parse(&triple.reader, false).unwrap());
        let ours = datum::resolve(&writer, &reader, &triple.bytes);
        let found = match (&ours, refusal(answer)) {
            (Err(_), Some(_)) => {
                refused += 1;
                continue;
            }
            (Ok(value), None) => difference(&reader, value, answer),
            _ => Some(format!("  ours   {ours:?}\n  theirs {answer}")),
        };
        let Some(found) = found else {
            read += 1;
            continue;
        };
        match choice(triple, &ours, answer) {
            Some(reason) => *by_choice.entry(reason).or_default() += 1,
            None => wrong.push(format!("{}\n{}\n  {}\n{found}", triple.writer, triple.reader, hex(&triple.bytes))),
        }
    }
    report(wrong, triples.len());
    println!("avro java: {read} data read alike, {refused} refused by both, by choice {by_choice:?}");
    assert!(read >= 2000 && refused >= 300, "{read} {refused}");
}

/// What we write as Avro JSON, Avro Java reads back as the same value; and so do we.
#[test]
fn the_json_encoding() {
    let mut rng = Rng(5);
    let mut rows = Vec::new();
    while rows.len() < 1500 {
        let text = Schemas::new(&mut rng).root().to_string();
        let Ok(schema) = parse(&text, false) else { continue };
        let no_value = |t: &avro::Type| matches!(&t.kind, avro::Kind::Union(branches) if branches.is_empty());
        if schema.types.iter().any(no_value) {
            continue;
        }
        let value = random::value(&schema, schema.root, &mut rng, 0);
        let json = datum::to_json(&schema, &value);
        assert_eq!(datum::from_json(&schema, &json).map(|again| datum::to_json(&schema, &again)), Ok(json.clone()), "{text}");
        rows.push((text, schema, json));
    }
    let question = |(text, _, json): &(String, Schema, Json)| json!({ "op": "json", "schema": text, "json": json.to_string() });
    let Some(answers) = ask(&rows.iter().map(question).collect::<Vec<_>>()) else { return };
    let mut wrong = Vec::new();
    for ((text, schema, json), answer) in rows.iter().zip(&answers) {
        let theirs = match refusal(answer) {
            Some(theirs) => Err(theirs.to_owned()),
            None => datum::decode(schema, &bytes(answer["hex"].as_str().unwrap())).map_err(|e| e.to_string()),
        };
        match theirs.map(|value| datum::to_json(schema, &value)) {
            Ok(theirs) if theirs == *json => {}
            theirs => wrong.push(format!("{text}\n  ours   {json}\n  theirs {theirs:?}")),
        }
    }
    report(wrong, rows.len());
    println!("avro java: {} values read from our JSON", rows.len());
}

/// Why we decide otherwise than Avro Java's decoder, when that is on purpose.
fn choice(triple: &Triple, ours: &Result<datum::Value, datum::DatumError>, answer: &Json) -> Option<&'static str> {
    let compatible = answer["compatible"] == "COMPATIBLE";
    match (ours, refusal(answer)) {
        // The specification knows the bytes 0 and 1; Java takes every other byte for `false`.
        (Err(e), None) if e.message.starts_with("a boolean is byte 0 or 1") => Some("a byte that is no boolean"),
        // Java drops the bits that are left over in the last byte of a number.
        (Err(e), None) if e.message.starts_with("a number has more") || e.message.ends_with("does not fit an int") => {
            Some("a number of too many bits")
        }
        // Java puts U+FFFD into the text, which is another text than the one that was sent.
        (Err(e), None) if e.message.starts_with("a string is not UTF-8") => Some("a text that is not UTF-8"),
        // Java passes over a field that the reader does not have without a look at it.
        (Err(e), None) if e.message.starts_with("symbol ") => Some("an enum out of range in a field that is passed over"),
        // Java's decoder does not look at the names of records, although the specification and Java's own check do.
        (Err(e), None) if !compatible && e.message.starts_with("found record") => Some("records of different names"),
        // A guard of Java 1.12.2 against large arrays counts the bytes of the reader's items, not of the writer's.
        (Ok(_), Some(theirs)) if theirs.contains("Collection claims") => Some("promoted items that Java takes for too many"),
        // Java builds the resolution of a record that contains itself directly for ever.
        (Ok(_), Some("StackOverflowError: null")) => Some("a reader's record that contains itself"),
        // Of a union Java takes only the branch of the same full name, when it is an enum or a fixed.
        (Ok(_), Some(theirs))
            if compatible && theirs.contains("expecting union") && triple.reader.contains("\"moved.elsewhere\"") =>
        {
            Some("a branch that moved to another namespace")
        }
        // Java's decoder finds aliases of fields only in a record of the same full name, although its check ignores namespaces.
        _ if compatible && renamed_and_moved(&triple.reader) => {
            Some("an alias of a field in a record that moved to another namespace")
        }
        // Of a union in a default inside of a default Java takes the first branch, whatever fits.
        (Ok(_), Some(theirs)) if compatible && theirs.contains("No default value for") => {
            Some("a union in the default of a default")
        }
        // Of a default that does not fit its type each makes something else: both warn of it, or refuse it, when they validate.
        _ if doubtful_default(&triple.reader) || doubtful_default(&triple.writer) => Some("a default that does not fit its type"),
        _ => None,
    }
}

fn doubtful_default(text: &str) -> bool {
    read(text, true).1.iter().any(|d| d.id == "avro/default-invalid")
}

/// The two changes of [`evolve`] that meet here.
fn renamed_and_moved(reader: &str) -> bool {
    reader.contains("\"moved.elsewhere\"") && reader.contains("\"name\":\"renamed\"")
}
