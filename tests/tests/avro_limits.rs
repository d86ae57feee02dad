//! Hostile Avro schemas and data: every limit gives a named error, nothing overflows the stack, nothing takes quadratic time.

#![allow(clippy::unwrap_used)] // a test may panic

mod schemas;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use eventpact_compat::avro::compare;
use eventpact_compat::pair::Pair;
use eventpact_compat::rule::Profile;
use eventpact_contract::formats::avro::{self, datum};
use eventpact_contract::source::Sources;

/// Generous: an unoptimised build on a busy machine. Quadratic time would be minutes.
const SOON: Duration = Duration::from_secs(60);

fn parse(text: &str) -> Result<avro::Schema, String> {
    let (schema, problems) = schemas::avro_schema(&mut Sources::new(), "schema.avsc", text, &BTreeMap::new(), true);
    schema.ok_or_else(|| problems.iter().map(|d| format!("{}: {}", d.id, d.message)).collect::<Vec<_>>().join("; "))
}

/// Parses, prints, compares with itself.
fn all_at_once(text: &str) {
    let start = Instant::now();
    let schema = parse(text).unwrap();
    let again = parse(&avro::canonical_text(&schema)).unwrap();
    assert!(!avro::parsing_canonical_form(&schema).is_empty());
    let report = compare(Pair::new(&schema, &again), Profile::Sound);
    assert!(report.is_compatible(), "{:?}", report.unknown);
    assert!(start.elapsed() < SOON, "took {:?}", start.elapsed());
}

#[test]
fn wide_schemas_take_linear_time() {
    let mut fields = String::new();
    for n in 0..50_000 {
        write!(fields, "{}{{\"name\":\"f{n}\",\"type\":\"int\"}}", if n == 0 { "" } else { "," }).unwrap();
    }
    all_at_once(&format!(r#"{{"type":"record","name":"Wide","fields":[{fields}]}}"#));
    let mut branches = String::new();
    for n in 0..10_000 {
        write!(branches, "{}{{\"type\":\"record\",\"name\":\"R{n}\",\"fields\":[]}}", if n == 0 { "" } else { "," }).unwrap();
    }
    all_at_once(&format!("[{branches}]"));
    let symbols: Vec<String> = (0..50_000).map(|n| format!("\"S{n}\"")).collect();
    all_at_once(&format!(r#"{{"type":"enum","name":"E","symbols":[{}]}}"#, symbols.join(",")));
}

/// Two unions without a common branch: the worst that a comparison can meet. It stops and says so.
#[test]
fn disjoint_unions_end() {
    let union = |prefix: &str, count: usize| {
        let branch = |n: usize| format!(r#"{{"type":"record","name":"{prefix}{n}","fields":[]}}"#);
        format!("[{}]", (0..count).map(branch).collect::<Vec<_>>().join(","))
    };
    let (writer, reader) = (parse(&union("W", 3000)).unwrap(), parse(&union("R", 3000)).unwrap());
    let start = Instant::now();
    let report = compare(Pair::new(&reader, &writer), Profile::Sound);
    assert!(!report.is_compatible());
    assert!(start.elapsed() < SOON, "took {:?}", start.elapsed());
}

#[test]
fn depth_is_limited_in_text_and_by_names() {
    let nested = |depth: usize| format!("{}\"int\"{}", r#"{"type":"array","items":"#.repeat(depth), "}".repeat(depth));
    all_at_once(&nested(avro::MAX_DEPTH - 1));
    assert!(parse(&nested(avro::MAX_DEPTH + 1)).unwrap_err().contains("avro/depth-limit"));
    let chain = |length: usize| {
        let record = |n: usize| format!(r#"{{"type":"record","name":"R{n}","fields":[{{"name":"f","type":"R{}"}}]}}"#, n + 1);
        let records: Vec<String> = (0..length).map(record).collect();
        format!(r#"[{},{{"type":"record","name":"R{length}","fields":[]}}]"#, records.join(","))
    };
    all_at_once(&chain(avro::MAX_LEVELS / 3 - 1));
    for length in [avro::MAX_LEVELS / 3, 20_000] {
        let error = parse(&chain(length)).unwrap_err();
        assert!(error.contains("avro/depth-limit"), "{error}");
    }
}

/// Rings of 13 and 17 records meet in 221 pairs before they come round.
#[test]
fn rings_of_records_are_compared_within_bounds() {
    let ring = |length: usize| {
        let mut text = String::from("\"R0\"");
        for n in (0..length).rev() {
            text =
                format!(r#"{{"type":"record","name":"R","namespace":"n{n}","fields":[{{"name":"f","type":["null",{text}]}}]}}"#);
            text = text.replace("\"R0\"", "\"n0.R\"");
        }
        parse(&text).unwrap()
    };
    let report = compare(Pair::new(&ring(13), &ring(17)), Profile::Sound);
    assert!(report.findings.iter().all(|found| found.rule.id == "avro/namespace-changed"), "{:#?}", report.findings);
    let report = compare(Pair::new(&ring(27), &ring(29)), Profile::Sound);
    assert!(report.unknown.is_some_and(|why| why.contains("levels deep")));
}

/// Each level has two fields of the next: findings and smallest values double with every level.
#[test]
fn doubling_schemas_stay_bounded() {
    let doubling = |inner: &str| {
        let mut text = format!(r#"{{"type":"record","name":"R38","fields":[{{"name":"a","type":"{inner}"}}]}}"#);
        for n in (0..38).rev() {
            let next = n + 1;
            text = format!(
                r#"{{"type":"record","name":"R{n}","fields":[{{"name":"a","type":{text}}},{{"name":"b","type":"R{next}"}}]}}"#
            );
        }
        parse(&text).unwrap()
    };
    let start = Instant::now();
    let report = compare(Pair::new(&doubling("int"), &doubling("string")), Profile::Sound);
    assert!(!report.is_compatible());
    assert!(start.elapsed() < SOON, "took {:?}", start.elapsed());
}

#[test]
fn sizes_and_digits_are_limited() {
    let fixed = |size: &str| parse(&format!(r#"{{"type":"fixed","name":"F","size":{size}}}"#));
    assert!(fixed("1048576").is_ok());
    for size in ["1048577", "18446744073709551615", "1e30"] {
        assert!(fixed(size).is_err(), "{size}");
    }
    assert!(fixed("1048577").unwrap_err().contains("avro/size-limit"));
    let digits = parse(&format!(r#"{{"type":"bytes","logicalType":"decimal","precision":{}}}"#, "9".repeat(30))).unwrap();
    assert!(matches!(digits.root().logical, Some(avro::Logical::Unknown(_))), "an impossible precision is ignored");
    for name in [":", "", ".", "a.", "a..b", "a b"] {
        assert!(parse(&format!(r#"{{"type":"record","name":"{name}","fields":[]}}"#)).is_err(), "{name}");
        assert!(parse(&format!(r#""{name}""#)).is_err(), "{name}");
    }
}

#[test]
fn a_default_that_contains_itself_ends() {
    let text = r#"{"type":"record","name":"R","fields":[
        {"name":"a","type":["null","R"],"default":null},
        {"name":"b","type":{"type":"record","name":"S","fields":[{"name":"s","type":"S","default":{}},{"name":"t","type":"S","default":{}}]},"default":{}}]}"#;
    let schema = parse(text).unwrap();
    let empty = parse(r#"{"type":"record","name":"R","fields":[]}"#).unwrap();
    let error = datum::resolve(&empty, &schema, &[]).unwrap_err();
    assert!(error.message.contains("contains itself"), "{error}");
}

#[test]
fn hostile_data_is_refused() {
    let list = parse(r#"{"type":"record","name":"N","fields":[{"name":"next","type":["null","N"]}]}"#).unwrap();
    assert!(datum::decode(&list, &[2; 10_000]).unwrap_err().message.contains("deeper"));
    assert!(datum::resolve(&list, &list, &[2; 10_000]).unwrap_err().message.contains("deeper"));
    let nulls = parse(r#"{"type":"array","items":"null"}"#).unwrap();
    let huge = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert!(datum::decode(&nulls, &huge).unwrap_err().message.contains("more than"));
    let text = parse("\"string\"").unwrap();
    assert!(datum::decode(&text, &huge).is_err());
    assert_eq!(datum::decode(&text, &[2, b'a', 0]).unwrap_err().to_string(), "1 bytes follow after the value (byte 2)");
}
