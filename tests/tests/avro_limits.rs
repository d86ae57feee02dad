//! Hostile Avro schemas and data: every limit gives a named error, nothing overflows the stack, nothing takes quadratic time.

#![allow(clippy::unwrap_used)] // a test may panic

mod schemas;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use eventpact_compat::avro::{compare, lost};
use eventpact_compat::mode::Direction;
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

/// Two hundred branches on both sides, of records with fields of each other: every pair of branches that could be meant is
/// looked at once.
#[test]
fn wide_unions_of_records_are_bounded() {
    let union = |count: usize, ty: &str| {
        let branch = |n: usize| {
            let next = n / 10 * 10 + (n + 1) % 10;
            format!(
                r#"{{"type":"record","name":"R{n}","fields":[{{"name":"a","type":"{ty}"}},{{"name":"next","type":["null","R{next}"]}}]}}"#
            )
        };
        format!("[{}]", (0..count).map(branch).collect::<Vec<_>>().join(","))
    };
    let start = Instant::now();
    let (old, new) = (parse(&union(200, "int")).unwrap(), parse(&union(200, "string")).unwrap());
    for (reader, writer) in [(&new, &old), (&old, &new), (&old, &old)] {
        for profile in [Profile::Sound, Profile::Confluent] {
            let report = compare(Pair::new(reader, writer), profile);
            assert_eq!(report.is_compatible(), std::ptr::eq(reader, writer), "{:?}", report.unknown);
        }
    }
    assert!(start.elapsed() < SOON, "took {:?}", start.elapsed());
}

/// Every record of one schema meets every record of the other, as no name decides.
#[test]
fn records_that_all_refer_to_each_other_are_compared_once() {
    let mesh = |count: usize, ty: &str| {
        let record = |n: usize| {
            let fields: Vec<String> = (0..count).map(|to| format!(r#"{{"name":"f{to}","type":["null","R{to}"]}}"#)).collect();
            format!(r#"{{"type":"record","name":"R{n}","fields":[{{"name":"a","type":"{ty}"}},{}]}}"#, fields.join(","))
        };
        format!("[{}]", (0..count).map(record).collect::<Vec<_>>().join(","))
    };
    let start = Instant::now();
    let (old, new) = (parse(&mesh(80, "int")), parse(&mesh(80, "string")));
    match (old, new) {
        (Ok(old), Ok(new)) => {
            let report = compare(Pair::new(&new, &old), Profile::Sound);
            assert!(!report.is_compatible());
            assert!(report.findings.len() <= 10_000);
        }
        (old, new) => assert!([old, new].into_iter().filter_map(Result::err).all(|e| e.contains("avro/depth-limit"))),
    }
    assert!(start.elapsed() < SOON, "took {:?}", start.elapsed());
}

/// A hundred thousand symbols, and the same enum in a thousand fields.
#[test]
fn huge_enums_are_compared_once() {
    let text = |prefix: &str| {
        let symbols: Vec<String> = (0..100_000).map(|n| format!("\"{prefix}{n}\"")).collect();
        let uses: Vec<String> = (1..1000).map(|n| format!(r#"{{"name":"f{n}","type":"E"}}"#)).collect();
        format!(
            r#"{{"type":"record","name":"R","fields":[{{"name":"f0","type":{{"type":"enum","name":"E","symbols":[{}]}}}},{}]}}"#,
            symbols.join(","),
            uses.join(",")
        )
    };
    let start = Instant::now();
    let (old, new) = (parse(&text("S")).unwrap(), parse(&text("T")).unwrap());
    let report = compare(Pair::new(&new, &old), Profile::Sound);
    assert_eq!(report.findings.len(), 1, "one finding for all fields");
    let message = &report.findings[0].message;
    assert!(message.contains("'f0', 'f1', 'f2' and 997 more") && message.len() < 1000, "{message}");
    assert!(report.findings[0].witness.is_some());
    assert!(start.elapsed() < SOON, "took {:?}", start.elapsed());
}

/// Each field of a wide record breaks: findings are told up to the limit, and each witness is as long as the record.
#[test]
fn many_breaks_take_linear_time() {
    let wide = |count: usize, ty: &str| {
        let fields: Vec<String> = (0..count).map(|n| format!(r#"{{"name":"f{n}","type":"{ty}"}}"#)).collect();
        parse(&format!(r#"{{"type":"record","name":"Wide","fields":[{}]}}"#, fields.join(","))).unwrap()
    };
    for (count, proved) in [(1000, 400), (9000, 50)] {
        let start = Instant::now();
        let report = compare(Pair::new(&wide(count, "int"), &wide(count, "string")), Profile::Sound);
        assert_eq!(report.findings.len(), count);
        let witnesses = report.findings.iter().filter(|found| found.witness.is_some()).count();
        assert!(witnesses >= proved, "{witnesses} witnesses of {count}");
        assert!(start.elapsed() < SOON, "took {:?}", start.elapsed());
    }
    // What is no error has no limit that makes the verdict unknown.
    let report = compare(Pair::new(&wide(20_000, "double"), &wide(20_000, "long")), Profile::Sound);
    assert!(report.is_compatible(), "{:?}", report.unknown);
    assert!(report.findings.len() >= 1000);
}

/// The same simple name in many namespaces: references find their own, and the comparison goes by the simple name.
#[test]
fn names_that_collide_are_kept_apart() {
    let text = |count: usize| {
        let field = |n: usize| {
            format!(
                r#"{{"name":"f{n}","type":{{"type":"record","name":"Same","namespace":"n{n}","fields":[{{"name":"x","type":"int"}},{{"name":"me","type":["null","Same"]}}]}}}}"#
            )
        };
        format!(r#"{{"type":"record","name":"R","fields":[{}]}}"#, (0..count).map(field).collect::<Vec<_>>().join(","))
    };
    all_at_once(&text(5000));
    let twice = r#"{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"fixed","name":"n.F","size":1}},
        {"name":"b","type":{"type":"fixed","name":"F","namespace":"n","size":2}}]}"#;
    assert!(parse(twice).unwrap_err().contains("avro/name-redefined"));
}

/// A long history, with a version in it that breaks.
#[test]
fn long_histories_are_bounded() {
    let version = |n: usize, default: &str| {
        let fields: Vec<String> = (0..n).map(|n| format!(r#"{{"name":"f{n}","type":"int"{default}}}"#)).collect();
        parse(&format!(r#"{{"type":"record","name":"R","fields":[{}]}}"#, fields.join(","))).unwrap()
    };
    let history: Vec<avro::Schema> = (0..200).map(|n| version(n, r#","default":0"#)).collect();
    let start = Instant::now();
    let history: Vec<&avro::Schema> = history.iter().collect();
    let found = lost(&version(199, ""), &history, Direction::Backward);
    assert!(!found.is_empty() && found.len() <= 200, "{}", found.len());
    assert!(found.iter().all(|(_, finding)| finding.rule.id == "avro/default-lost"));
    assert!(start.elapsed() < SOON, "took {:?}", start.elapsed());
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
